"""Scores carried over to other corpora: length told apart from what is learned."""

import numpy as np
import pytest

from storyscope.attribute.transfer import transfer


def texts(leak, n=300, seed=0):
    """People and models of one corpus; with `leak`, scores follow length and nothing else."""
    rng = np.random.default_rng(seed)
    machine = np.arange(2 * n) >= n
    words = np.exp(rng.normal(6 + 0.8 * machine, 0.5))
    honest = rng.normal(2.0 * machine)
    scores = 1 / (1 + np.exp(-(np.log(words) - 6.4 if leak else honest - 1)))
    return scores, machine, words


def test_a_score_that_is_length_falls_on_pairs_of_one_length():
    scores, machine, words = texts(leak=True)
    (found,) = transfer(scores, machine, np.full(len(words), "a"), words)
    assert found["auc"] > 0.8
    assert found["auc_matched"] == pytest.approx(0.5, abs=0.08)
    assert found["length_lean"] == pytest.approx(1.0, abs=0.01)


def test_an_honest_score_stays():
    scores, machine, words = texts(leak=False)
    (found,) = transfer(scores, machine, np.full(len(words), "a"), words)
    assert found["auc_matched"] == pytest.approx(found["auc"], abs=0.06)
    assert abs(found["length_lean"]) < 0.1


def test_people_without_models_are_held_against_the_models_named():
    scores, machine, words = texts(leak=False)
    corpora = np.where(machine, "m", "p")
    assert transfer(scores, machine, corpora, words) == []
    (found,) = transfer(scores, machine, corpora, words, against={"p": "m"})
    assert found["corpus"] == "p"
    assert found["models_from"] == "m"
    assert found["people"] == 300


def test_where_no_pair_is_alike_in_length_there_is_no_matched_figure():
    scores, machine, _ = texts(leak=False, n=20)
    (found,) = transfer(scores, machine, np.full(40, "a"), np.where(machine, 1000.0, 100.0))
    assert found["auc_matched"] is None
