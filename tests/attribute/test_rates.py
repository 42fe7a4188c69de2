"""Cuts by rank, and how many models' texts are found at them."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from storyscope.attribute.rates import allowed, cut_at, detection_rates, exact_interval, least_texts


def texts(n=1200, shift=2.0, seed=0):
    """People's scores are normal, models' the same `shift` higher; one prompt a text."""
    rng = np.random.default_rng(seed)
    is_model = np.arange(2 * n) >= n
    return rng.normal(size=2 * n) + shift * is_model, is_model, np.arange(2 * n)


@pytest.mark.parametrize("rate", [0.1, 0.05, 0.01])
@pytest.mark.parametrize("n", [53, 99, 120])
def test_a_promised_rate_is_kept_on_average(n, rate):
    rng = np.random.default_rng(1)
    passed = []
    for _ in range(2000):
        cut = cut_at(rng.normal(size=n), rate)
        if cut is None:
            assert n < least_texts(rate)
            return
        passed.append(norm.sf(cut))
    assert np.mean(passed) == pytest.approx((allowed(n, rate) + 1) / (n + 1), rel=0.06)
    assert np.mean(passed) <= rate * 1.05


def test_ties_never_let_more_through():
    scores = np.array([0.0] * 10 + [1.0] * 10)
    assert (scores > cut_at(scores, 0.1)).sum() <= 1


def test_the_interval_of_a_share_holds_it():
    rng = np.random.default_rng(0)
    held = [low <= 0.07 <= high for low, high in
            (exact_interval(int(k), 60) for k in rng.binomial(60, 0.07, 2000))]  # fmt: skip
    assert np.mean(held) >= 0.95


def test_known_rates_are_found():
    scores, is_model, prompts = texts()
    (row,) = detection_rates(scores, is_model, prompts)
    assert (row["people"], row["models"], row["models_from"]) == (1200, 1200, "all")
    assert row["auc"]["value"] == pytest.approx(roc_auc_score(is_model, scores), abs=1e-4)
    for found in row["rates"]:
        true = norm.sf(norm.isf(found["rate"]) - 2)
        assert found["found"]["low"] <= true <= found["found"]["high"]
        assert found["found"]["value"] == pytest.approx(true, abs=0.09)


def test_without_a_difference_as_many_are_found_as_there_are_false_alarms():
    scores, is_model, prompts = texts(shift=0.0)
    (row,) = detection_rates(scores, is_model, prompts, rates=(0.05,))
    assert row["rates"][0]["found"]["value"] == pytest.approx(0.05, abs=0.02)


def test_too_few_people_have_no_rate():
    scores, is_model, prompts = texts(n=80)
    (row,) = detection_rates(scores, is_model, prompts)
    assert [(r["found"] is None, r["needs"]) for r in row["rates"]] == [
        (False, 19),
        (True, 99),
        (True, 999),
    ]


def test_groups_with_people_have_a_cut_of_their_own():
    scores, is_model, prompts = texts(n=400)
    corpus = np.where(np.arange(800) % 2 == 0, "a", "b")
    scores = scores + 5.0 * (corpus == "b")  # people of b look like models of a
    rows = {
        r["group"]: r
        for r in detection_rates(
            scores, is_model, prompts, groups={"corpus": corpus}, rates=(0.05,)
        )
    }
    assert list(rows) == ["all texts", "a", "b"]
    assert rows["a"]["people"] == 200
    true = norm.sf(norm.isf(0.05) - 2)
    assert rows["a"]["rates"][0]["found"]["value"] == pytest.approx(true, abs=0.12)
    assert rows["b"]["rates"][0]["found"]["value"] == pytest.approx(true, abs=0.12)
    assert rows["all texts"]["rates"][0]["found"]["value"] < 0.5


def test_groups_without_people_are_held_against_all_of_them():
    scores, is_model, prompts = texts(n=200)
    version = np.where(is_model, np.where(np.arange(400) < 300, "v1", "v2"), "")
    version[-3:] = "rare"
    scores[300:] += 3.0
    found = detection_rates(scores, is_model, prompts, groups={"version": version}, rates=(0.05,))
    assert [(r["by"], r["group"], r["people"], r["models"]) for r in found] == [
        ("all", "all texts", 200, 200),
        ("version", "v1", 200, 100),
        ("version", "v2", 200, 97),
    ]
    assert found[2]["rates"][0]["found"]["value"] > found[1]["rates"][0]["found"]["value"] + 0.2


def test_a_corpus_of_people_only_borrows_models():
    scores, is_model, prompts = texts(n=100)
    corpus = np.where(is_model, np.where(np.arange(200) < 150, "m1", "m2"), "p")
    rows = detection_rates(
        scores, is_model, prompts, groups={"corpus": corpus}, against={"p": "m1"}, rates=(0.05,)
    )
    assert [(r["group"], r["people"], r["models"], r["models_from"]) for r in rows[1:]] == [
        ("m1", 100, 50, "m1"),
        ("m2", 100, 50, "m2"),
        ("p", 100, 50, "m1"),
    ]


def test_lengths_are_groups_from_the_shortest():
    scores, is_model, prompts = texts(n=100)
    words = np.where(np.arange(200) % 2 == 0, 300.0, 3000.0)
    rows = detection_rates(scores, is_model, prompts, words=words)
    assert [r["group"] for r in rows[1:]] == ["250 to 499 words", "2,500 words and more"]
    assert [r["people"] for r in rows[1:]] == [50, 50]


def test_intervals_are_wider_when_prompts_decide():
    rng = np.random.default_rng(2)
    prompts = np.repeat(np.arange(40), 20)
    is_model = np.arange(800) % 2 == 0
    scores = rng.normal(size=40)[prompts] + 2 * is_model + 0.1 * rng.normal(size=800)

    def width(groups):
        found = detection_rates(scores, is_model, groups, rates=(0.05,))[0]["rates"][0]["found"]
        return found["high"] - found["low"]

    assert width(prompts) > 1.3 * width(np.arange(800))


def test_one_side_alone_has_no_rates():
    assert detection_rates(np.arange(30.0), np.zeros(30, bool), np.arange(30)) == []
