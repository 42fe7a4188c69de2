"""Probabilities that mean what they say, and sets that hold the writer."""

import numpy as np
import pytest

from storyscope.attribute.calibration import (
    Calibration,
    band_of,
    expected_calibration_error,
    fit_calibration,
    set_thresholds,
    softmax,
)


def draw(n, temperature, seed=0, classes=4):
    """Margins that are `temperature` times too bold, and truths drawn from what they should say."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(size=(n, classes)) * 1.5
    p = softmax(honest)
    truth = np.array([rng.choice(classes, p=row) for row in p])
    return honest * temperature, truth


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_found(temperature):
    margins, truth = draw(4000, temperature)
    words = np.full(4000, 1000.0)
    fitted = fit_calibration(margins, truth, words)
    assert np.exp(fitted.level) == pytest.approx(temperature, rel=0.1)
    p = fitted.probabilities(margins, words)
    assert expected_calibration_error(p, truth) < 0.03


def test_shorter_texts_become_less_certain():
    rng = np.random.default_rng(1)
    words = np.exp(rng.uniform(np.log(150), np.log(3000), 6000))
    bold = (1000 / words) ** 0.6
    honest, truth = draw(6000, 1.0, seed=2)
    fitted = fit_calibration(honest * bold[:, None], truth, words)
    assert fitted.slope == pytest.approx(0.6, abs=0.12)
    same = np.tile([[2.0, 0, 0, 0]], (2, 1))
    short, long = fitted.probabilities(same, np.array([150.0, 1500.0]))
    assert short.max() < long.max()


def test_prediction_sets_hold_the_writer_as_often_as_they_say():
    margins, truth = draw(6000, 1.3, seed=3)
    words = np.exp(np.random.default_rng(4).uniform(np.log(160), np.log(3000), 6000))
    fitted = fit_calibration(margins[:3000], truth[:3000], words[:3000], coverage=0.9)
    p = fitted.probabilities(margins[3000:], words[3000:])
    members = fitted.sets(p, words[3000:])
    held = members[np.arange(3000), truth[3000:]]
    for band in np.unique(band_of(words[3000:])):
        inside = held[band_of(words[3000:]) == band]
        assert inside.mean() == pytest.approx(0.9, abs=0.04)
    assert members.any(axis=1).all()


def test_temperature_and_sets_are_weighed_apart():
    rng = np.random.default_rng(5)
    honest, truth = draw(8000, 1.0, seed=6)
    # One class in twenty texts, and for it the model is no better than chance.
    rare = (truth == 3) & (rng.random(8000) < 0.2)
    keep = (truth != 3) | rare
    margins, truth = honest[keep], truth[keep]
    margins[truth == 3] = margins[truth == 3][:, ::-1]
    words = np.full(len(truth), 1000.0)
    weight = np.ones(len(truth))
    even = weight / np.bincount(truth)[truth]
    plain = fit_calibration(margins, truth, words, weight)
    apart = fit_calibration(margins, truth, words, weight, even)
    assert (apart.level, apart.slope) == (plain.level, plain.slope)
    p = apart.probabilities(margins, words)

    def held(calibration, c):
        return calibration.sets(p, words)[np.flatnonzero(truth == c), c].mean()

    mean = np.mean([held(apart, c) for c in range(4)])
    assert mean == pytest.approx(0.9, abs=0.02)
    assert held(apart, 3) > held(plain, 3)


def test_calibration_survives_json():
    one = Calibration(0.3, -0.1, [0.1, 0.2, 0.3, 0.4, 0.5], 0.8)
    two = Calibration.from_dict(one.to_dict())
    assert two.to_dict() == one.to_dict()


def test_ece_of_the_certain_and_wrong_is_one():
    p = np.tile([1.0, 0.0], (20, 1))
    assert expected_calibration_error(p, np.ones(20, dtype=int)) == pytest.approx(1)


def test_no_answer_is_surer_than_the_doubt_allows():
    margins, truth = draw(4000, 1.0, seed=7)
    lost = np.random.default_rng(8).random(4000) < 0.1
    margins[lost] = margins[lost][:, ::-1] * 10  # a writer that is like another, without a doubt
    words = np.full(4000, 1000.0)
    plain = fit_calibration(margins, truth, words)
    fitted = fit_calibration(margins, truth, words, doubt=0.1)
    far = np.array([[50.0, 0, 0, 0]])
    assert fitted.probabilities(far, words[:1])[0] == pytest.approx([0.925, 0.025, 0.025, 0.025])
    assert fitted.level < plain.level  # those without a doubt no longer blunt the rest

    def loss(calibration):
        p = calibration.probabilities(margins, words)
        return -np.log(p[np.arange(4000), truth]).mean()

    assert loss(fitted) < loss(plain)
    again = Calibration.from_dict(fitted.to_dict())
    assert again.probabilities(far, words[:1]) == pytest.approx(
        fitted.probabilities(far, words[:1])
    )
    before = {k: v for k, v in fitted.to_dict().items() if k != "doubt"}
    assert Calibration.from_dict(before).doubt == 0


def test_sets_for_a_corpus_yet_to_come_hold_in_most_corpora():
    """Corpora differ in how hard they are; each is held out in turn."""
    rng = np.random.default_rng(9)
    corpora = np.repeat(np.arange(40), 100)
    scores = np.clip(rng.normal(0.6, 0.1, 4000) + rng.normal(0, 0.15, 40)[corpora], 0, 1)
    words, weight = np.full(4000, 700.0), np.ones(4000)
    held = {"pooled": [], "by corpus": []}
    for one in range(40):
        rest, own = corpora != one, scores[corpora == one]
        for name, of in (("pooled", None), ("by corpus", corpora[rest])):
            least = set_thresholds(scores[rest], words[rest], weight[rest], corpora=of)[2]
            held[name].append((own >= least).mean() >= 0.9)
    assert np.mean(held["by corpus"]) == pytest.approx(0.9, abs=0.05)
    assert np.mean(held["pooled"]) < 0.8
