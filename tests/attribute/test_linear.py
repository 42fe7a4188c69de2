"""The straight line beside the trees: what it learns where versions and corpora are told."""

import numpy as np
import pytest

from storyscope.attribute import Attributor
from storyscope.attribute.linear import fit_linear, fit_steady


def leaning(weights):
    """How much a line rests on each column."""
    return np.abs(weights[1] - weights[0])


def test_a_corpus_that_a_class_was_mostly_met_in_is_not_what_sets_it_apart():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 400)
    corpus = (rng.random(800) < np.where(truth, 0.9, 0.1)).astype(int)
    matrix = rng.normal(size=(800, 2)) + 2 * np.column_stack([truth, corpus])
    units = np.column_stack([truth.astype(str), corpus.astype(str)])
    steady = leaning(fit_steady(matrix, truth, np.ones(800), 2, units).weights)
    plain = leaning(fit_linear(matrix, truth, np.ones(800), 2).weights)
    assert plain[1] > 0.4 * plain[0]
    assert steady[1] < 0.1 * steady[0]


def test_the_largest_version_does_not_decide_what_its_class_is_like():
    """Six versions agree in the first column, the largest has a second one of its own."""
    rng = np.random.default_rng(1)
    sizes = {"a1": 600, "a2": 20, "a3": 20, "b1": 220, "b2": 220, "b3": 220}
    version = np.repeat(list(sizes), list(sizes.values()))
    truth = np.char.startswith(version, "b").astype(int)
    matrix = rng.normal(size=(len(truth), 2)) + np.column_stack([2 * truth, 3 * (version == "a1")])
    units = np.column_stack([version, np.full(len(truth), "one corpus")])
    weight = np.ones(len(truth))
    steady = leaning(fit_steady(matrix, truth, weight, 2, units).weights)
    plain = leaning(fit_linear(matrix, truth, weight, 2).weights)
    assert plain[1] > 0.7 * plain[0]
    assert steady[1] < 0.5 * steady[0]


def test_units_reach_the_line_in_every_fold(big_table):
    versions = np.where(big_table["prompt_id"] < "p050", "old", "new")
    units = np.column_stack([versions, np.full(len(big_table), "corpus")])
    settings = {"trees": 0, "linear": 1.0, "copies": 1}
    steady = Attributor("narrative", **settings).fit(big_table, units=units)
    plain = Attributor("narrative", **settings).fit(big_table)
    assert not np.allclose(steady.line_.weights, plain.line_.weights)
    assert not np.allclose(steady.held_out_margins_, plain.held_out_margins_)
    truth = np.searchsorted(steady.classes_, big_table["source"])
    assert (steady.held_out_margins_.argmax(axis=1) == truth).mean() > 0.6


def test_surface_style_is_held_back_less_where_it_is_stretched(big_table):
    settings = {"trees": 0, "linear": 1.0, "penalty": 0.001, "folds": 0}
    plain, stretched = (Attributor("all", style=s, **settings).fit(big_table) for s in (1.0, 3.0))
    columns = np.concatenate(
        [[f.style] * len(f.columns) for f in map(plain.codebook_.__getitem__, plain.feature_ids_)]
    )
    size = [np.abs(m.line_.weights[:, columns]).sum() for m in (plain, stretched)]
    rest = [np.abs(m.line_.weights[:, ~columns]).sum() for m in (plain, stretched)]
    assert size[1] > 2 * size[0]
    assert rest[1] < rest[0]


def test_a_model_without_trees_is_saved_and_explains_itself(big_table, tmp_path):
    model = Attributor("narrative", trees=0, linear=1.0, folds=2).fit(big_table)
    again = Attributor.load(model.save(tmp_path / "model"))
    few = big_table.head(5)
    assert again.predict_proba(few) == pytest.approx(model.predict_proba(few))
    assert again.contributions(few).sum(axis=2) == pytest.approx(again.margins(few), abs=1e-4)
