"""Every measured feature has a card, and what it rests on has figures."""

import importlib.util
from pathlib import Path

import pytest

from storyscope.codebook import default_codebook
from storyscope.codebook_validity import PARTS, describe, load_validity, rests_on, validity_of
from storyscope.validate.families import FAMILIES

ROOT = Path(__file__).resolve().parents[1]
BOOK = default_codebook()
MEASURED = BOOK.ids(answered_by="measure")
ROWS = load_validity()["rows"]
LEAST = 0.7
"""Precision on real stories under which a feature is a graded signal."""


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("make_validity", ROOT / "docs/make_validity.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("feature", MEASURED)
def test_a_measured_feature_says_how_it_was_tested_and_what_it_misses(feature):
    card = BOOK[feature].card
    assert card.get("tested")
    assert card.get("blind")
    assert set(rests_on(BOOK[feature])) <= set(ROWS)


def test_rows_are_families_or_layers_held_against_gold():
    for name, row in ROWS.items():
        assert set(row) <= set(PARTS), name
        assert ("gold" in row) != (name in FAMILIES), name
    assert set(FAMILIES) <= set(ROWS)


def test_what_is_often_wrong_on_real_stories_is_a_graded_signal():
    seldom = {n for n, r in ROWS.items() if r.get("readings", {}).get("precision", 1.0) < LEAST}
    assert seldom
    for feature in MEASURED:
        if seldom & set(rests_on(BOOK[feature])):
            assert BOOK[feature].card.get("signal") == "graded", feature


def test_figures_are_of_this_codebook():
    assert load_validity()["codebook"] == BOOK.version


def test_shares_lie_in_their_intervals():
    for name, row in ROWS.items():
        for part, figures in row.items():
            for key in ("precision", "recall", "f1", "r"):
                if f"{key}_interval" in figures:
                    low, high = figures[f"{key}_interval"]
                    assert low - 1e-9 <= figures[key] <= high + 1e-9, (name, part, key)


def test_figures_are_shown_with_the_feature(cli):
    _, out, _ = cli("features", "TMP_ORD_02")
    for line in describe(validity_of(BOOK["TMP_ORD_02"])[0]):
        assert line in out


def test_the_page_has_the_tables_of_the_figures(maker):
    text = maker.PAGE.read_text(encoding="utf-8")
    made = maker.blocks(maker._load(maker.FIGURES), maker._load(maker.TABLES))
    assert maker.page(text, made) == text, "run `python docs/make_validity.py`"


def test_what_is_printed_becomes_rows(maker):
    said = {
        "readings": [{"family": "closure", "hits": 10, "right": 8, "precision": 0.8, "near": 5,
                      "missed": 1, "agreement": 1.0, "interval": [0.49, 0.94]}],
        "gold": [{"name": "places", "n": 4, "r": 0.51234, "interval": (0.2, 0.7)}],
    }  # fmt: skip
    rows = maker.rows_of(said)
    assert rows["closure"]["readings"]["precision_interval"] == [0.49, 0.94]
    assert rows["places"]["gold"] == {"n": 4, "r": 0.512, "r_interval": [0.2, 0.7]}
