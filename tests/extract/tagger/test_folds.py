"""Predictions on folds come back as they were written, and damage is said."""

import numpy as np
import pytest

from storyscope.errors import MissingTagger
from storyscope.extract.tagger import FAMILIES, SCALES
from storyscope.extract.tagger.folds import ANSWERS, Prediction, read_folds, write_folds


def made(n, seed=0, threshold=0.31234, opens=0.6):
    rng = np.random.default_rng(seed)
    return Prediction(
        rng.random((n, len(FAMILIES))), rng.random(n), rng.normal(size=len(SCALES)),
        rng.random(ANSWERS), np.full(len(FAMILIES), threshold), np.full(len(FAMILIES), opens),
    )  # fmt: skip


def test_predictions_come_back_to_a_thousandth_story_by_story(tmp_path):
    given = {"g2": made(7, 1), "g1": made(1, 2), "g9": made(40, 3)}
    write_folds(tmp_path / "f.npz", given)
    found = read_folds(tmp_path / "f.npz")
    assert list(found) == ["g2", "g1", "g9"]
    for story, p in given.items():
        for name in ("tension", "scales", "choices"):
            assert np.abs(getattr(found[story], name) - getattr(p, name)).max() <= 0.00051
        assert np.abs(found[story].chance - p.chance).max() <= 0.002
        assert np.abs(found[story].thresholds - p.thresholds).max() <= 0.001
        assert np.abs(found[story].opens - p.opens).max() <= 0.001


def test_rounding_moves_no_sentence_over_its_threshold(tmp_path):
    near = np.full((4, len(FAMILIES)), 0.5)
    near[:, 0] = [0.31233, 0.31234, 0.3125, 0.3119]
    near[:, 1] = [0.3124, 0.60004, 0.3119, 0.3124]
    near[:, 2] = [0.3124, 0.59996, 0.3119, 0.3124]
    one = made(4, opens=0.6)
    opens = one.opens.copy()
    opens[0] = 0.31234
    given = Prediction(near, one.tension, one.scales, one.choices, one.thresholds, opens)
    write_folds(tmp_path / "f.npz", {"g1": given})
    assert read_folds(tmp_path / "f.npz")["g1"].told.tolist() == given.told.tolist()


def test_the_same_predictions_are_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        write_folds(tmp_path / name, {"g1": made(5)})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_wrong_shapes_and_missing_numbers_are_refused(tmp_path):
    one = made(3)
    short = Prediction(
        one.chance[:2], one.tension, one.scales, one.choices, one.thresholds, one.opens
    )
    with pytest.raises(ValueError, match="chance of 'g1'"):
        write_folds(tmp_path / "f.npz", {"g1": short})
    one.scales[0] = np.nan
    with pytest.raises(ValueError, match="scales of 'g1'"):
        write_folds(tmp_path / "f.npz", {"g1": one})


def test_missing_damaged_and_other_files_are_said(tmp_path):
    path = tmp_path / "f.npz"
    with pytest.raises(MissingTagger, match="no predictions on folds"):
        read_folds(path)
    write_folds(path, {"g1": made(3)})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MissingTagger, match="damaged"):
        read_folds(path)
    np.savez(path, layout=np.asarray(99))
    with pytest.raises(MissingTagger, match="layout 99"):
        read_folds(path)
    np.savez(path, layout=np.asarray(1), ids=np.asarray(["g1"]))
    with pytest.raises(MissingTagger, match="damaged"):
        read_folds(path)
