"""Every measured feature has a card, and what it rests on has figures."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

from storyscope.codebook import default_codebook
from storyscope.codebook_validity import (
    PARTS,
    TOLD,
    describe,
    load_validity,
    rests_on,
    row_name,
    validity_of,
)
from storyscope.extract.tagger import CHOICES, SCALES
from storyscope.extract.tagger import FAMILIES as TAGS
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
    tagged = {*TAGS, *SCALES, *CHOICES, "tension", "mean of families", "mean of scales"}
    passages = {row_name(name) for name in FAMILIES}
    for name, row in ROWS.items():
        assert set(row) <= set(PARTS), name
        assert ("gold" in row) != (name in passages | tagged), name
    assert passages <= set(ROWS)


def test_passages_of_a_tagged_family_share_its_row():
    assert set(TOLD.values()) <= {*TAGS, "tension"}
    assert not set(TOLD) & set(ROWS)
    card = SimpleNamespace(card={"rests on": ["dream_sequence", "dream", "closure"]})
    assert rests_on(card) == ["dream", "closure"]


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
            for key in ("precision", "recall", "f1", "kappa", "rho", "r"):
                if figures.get(f"{key}_interval"):
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


WHOLE = {
    "whole": {
        "from": "folds", "stories": 40, "sentences": 900, "left_out": 0,
        "rows": [
            {"name": "dream", "kind": "family", "sentences": 12, "stories": 5, "precision": 0.6,
             "precision_interval": [0.4, 0.8], "recall": 0.5, "recall_interval": None, "f1": 0.545,
             "ap": 0.5, "kappa": 0.53, "kappa_interval": [0.3, 0.7], "presence_precision": None,
             "presence_recall": 0.4, "presence_auc": 0.9, "rho": 0.61,
             "again": {"stories": 9, "kappa": 0.8, "kappa_interval": [0.7, 0.9]}},
            {"name": "closure", "kind": "scale", "rho": 0.7, "rho_interval": [0.6, 0.8],
             "error": 0.5, "again": None},
            {"name": "twist", "kind": "choice", "accuracy": 0.9, "commonest": 0.8, "kappa": 0.4,
             "again": None},
            {"name": "tension", "kind": "tension", "r": 0.66, "rho": 0.7, "slope_rho": 0.5,
             "again": {"stories": 9, "r": 0.88}},
            {"name": "mean of families", "kind": "mean", "kappa": 0.5, "again": None},
        ],
        "groups": [{"by": "writer", "name": "people", "stories": 12, "sentences": 300, "rows": [
            {"name": "dream", "kind": "family", "kappa": 0.4, "kappa_interval": [0.1, 0.6]},
            {"name": "mean of families", "kind": "mean", "kappa": 0.4},
        ]}],
    },
}  # fmt: skip


def test_whole_readings_become_rows_and_tables(maker):
    rows, tables = maker.rows_of(WHOLE), maker.tables_of(WHOLE)
    assert rows["dream"]["whole"]["kappa"] == 0.53
    assert tables["whole"]["whole"]["groups"][0]["figures"] == {
        "dream": {"kappa": 0.4, "kappa_interval": [0.1, 0.6]}
    }
    made = maker.blocks({"date": "d", "codebook": "c", "rows": rows}, tables)
    shown = "0.60 (0.40–0.80) | 0.50 | 0.55 | 0.50 | 0.53 (0.30–0.70) | 0.80 (0.70–0.90)"
    assert f"| dream | 12 | {shown} |" in made["told"]
    assert "| dream | 5 |  | 0.40 | 0.90 | 0.61 |  |" in made["presence"]
    assert "| tension | 0.66 | 0.70 | 0.50 | 0.88 |" in made["tension"]
    assert "| mean of families | 0.50 |  |" in made["mean_kappa"]
    assert "| dream | kappa | 0.40 (0.10–0.60) |" in made["groups"]
    assert made["read"] == "40 stories, 900 sentences."


def test_a_card_tells_what_readings_say_of_its_family(maker):
    rows = maker.rows_of(WHOLE)
    (line,) = describe({"rests on": "dream", **rows["dream"]})
    assert line == (
        "dream, whole stories, read: precision 0.60 (0.40 to 0.80), recall 0.50, F1 0.55, "
        "kappa 0.53 (0.30 to 0.70), rho 0.61; two readings: kappa 0.80; "
        "told in 12 sentences of 5 stories"
    )
    (line,) = describe({"rests on": "closure", **rows["closure"]})
    assert line == "closure, whole stories, read: rho 0.70 (0.60 to 0.80), mean absolute error 0.50"


def test_a_new_run_replaces_a_part_and_leaves_the_others(maker):
    old = {"dream": {"whole": {"kappa": 0.1}, "open": {"f1": 0.2}}, "gone": {"whole": {}}}
    merged = maker._merged(old, {"looks": {"whole": {"kappa": 0.9}}})
    assert merged == {"looks": {"whole": {"kappa": 0.9}}, "dream": {"open": {"f1": 0.2}}}
