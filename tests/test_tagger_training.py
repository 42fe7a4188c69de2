"""What training sees, on a made-up reading; training itself needs PyTorch and the readings."""

import importlib.util
import sys

import numpy as np
import pytest

from storyscope.extract.tagger import FAMILIES
from storyscope.paths import data_dir


@pytest.fixture(scope="module")
def prepare():
    path = data_dir("corpora") / "tagger" / "prepare.py"
    spec = importlib.util.spec_from_file_location("tagger_prepare", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["tagger_prepare"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["tagger_prepare"]


def row(sentences, **reading):
    told = {f: [] for f in FAMILIES}
    story = {
        "tension": [0, 10], "stakes": [0, 5], "coincidence": 0, "twist": 1, "order": "linear",
        "shape": "flat", "span": "day", "tense": "past", "pov": "first", "threads": 9,
        "end_valence": -2,
    }  # fmt: skip
    scales = dict.fromkeys(
        "outward inward place theme_explicit closure agency surprise fellow".split(), 4
    )
    return {"sentences": sentences, "tenths": [1, 3], "reading": told | story | scales | reading}


def test_labels_are_those_of_the_reading(prepare):
    said = prepare.labels(
        row([[0, 5, 1]] * 3, dream=[[2, 3]], skip=[[3, "days"]], turn=[[1, "-"]]), rare=False
    )
    assert said.told[:, FAMILIES.index("dream")].tolist() == [0, 1, 1]
    assert said.size.tolist() == [-1, -1, 2]
    assert said.direction.tolist() == [0, -1, -1]
    assert said.tension.tolist() == [0, 10, 10]
    assert said.scales[-1] == 1
    assert said.scales[8] == 0


def test_what_was_not_asked_is_no_label(prepare):
    said = prepare.labels({"sentences": [[0, 5, 1]], "reading": {"dream": [[1, 1]]}}, rare=True)
    assert said.told[0, FAMILIES.index("dream")] == 1
    assert np.isnan(said.told[0, FAMILIES.index("looks")])
    assert np.isnan(said.scales).all()


@pytest.mark.parametrize(
    ("ours", "gold", "owner", "place"),
    [
        ([(0, 4), (5, 9)], [[0, 4, 1], [5, 9, 0]], [0, 1], [0, 1]),
        ([(0, 9)], [[0, 3, 1], [4, 9, 0]], [1], [0, 0]),  # one of ours holds two
        ([(0, 3), (4, 9)], [[0, 9, 1]], [0, 0], [1]),  # two of ours in one
        ([(6, 9)], [[0, 4, 1], [5, 9, 0]], [1], [-1, 0]),  # one is not there at all
    ],
)
def test_sentences_go_by_what_they_share(prepare, ours, gold, owner, place):
    found = prepare.overlaps(ours, gold)
    assert found[0].tolist() == owner
    assert found[1].tolist() == place


def test_prompts_stay_in_one_fold(prepare):
    def example(k, group):
        empty = np.zeros(0)
        return prepare.Example(
            str(k), False, False, "a", group, [], empty, empty, empty, None, None, []
        )

    found = [example(k, f"{'ab'[k % 2]}/{k // 4}") for k in range(60)]
    fold = prepare.folds(found, 3)
    by_group = {}
    for e, f in zip(found, fold, strict=True):
        by_group.setdefault(e.group, set()).add(int(f))
    assert all(len(f) == 1 for f in by_group.values())
    assert set(fold) == {0, 1, 2}
    assert prepare.folds(found[:20], 3).tolist() == fold[:20].tolist(), "others moved it"
