"""Choice on one half of the prompts, test on the other: what is planted is found, chance is not."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from storyscope.errors import TooLittleData
from storyscope.induce.holdout import LEVEL, cells, held_out

ROOT = Path(__file__).resolve().parents[2]
QUICK = {"repeats": 9, "shuffles": 1999}


def simulation():
    spec = importlib.util.spec_from_file_location(
        "induce_simulation", ROOT / "benchmarks/induce_simulation.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(prompts=40, sources=("a", "b", "c"), patterns=60, seed=0):
    """Counts of which no source has more, with prompts that differ."""
    rng = np.random.default_rng(seed)
    who = [s for _ in range(prompts) for s in sources]
    at = [f"p{p}" for p in range(prompts) for _ in sources]
    rates = rng.gamma(1.0, 1.0, (prompts, patterns)).repeat(len(sources), axis=0)
    return rng.poisson(rates).astype(float), who, at


def kept(values, who, at, seed=0):
    marks = held_out(cells(values, who, at), seed=seed, **QUICK)
    return [(m.pattern, m.source, m.more) for m in marks if m.kept]


def test_what_is_planted_is_found_with_its_source_and_direction():
    values, who, at = table()
    values[np.array(who) == "b", 3] += 2
    values[:, 5] += 2
    values[np.array(who) == "c", 5] -= 2
    found = kept(values, who, at)
    assert {(3, "b", True), (5, "c", False)} <= set(found)
    assert {j for j, _, _ in found} == {3, 5}


def test_shuffled_sources_leave_nothing():
    values, who, at = table()
    values[np.array(who) == "b", :20] += 2
    assert len(kept(values, who, at)) >= 20
    rng = np.random.default_rng(1)
    mixed = np.array(who).reshape(-1, 3)
    for seed in range(6):
        shuffled = rng.permuted(mixed, axis=1).ravel().tolist()
        assert kept(values, shuffled, at, seed) == []


def test_false_discoveries_stay_rare_and_planted_patterns_are_found():
    made = simulation()
    nothing = [made.score(made.Made(k), k, **QUICK) for k in range(12)]
    planted = [made.score(made.Made(k, planted=10), k, **QUICK) for k in range(6)]
    assert sum(wrong > 0 for wrong, _, _ in nothing) <= 2  # five in a hundred are allowed
    assert sum(w for w, _, _ in planted) <= 0.1 * sum(n for _, n, _ in planted)
    assert sum(right for _, _, right in planted) >= 30


def test_prompts_that_differ_are_no_difference_of_sources():
    values, who, at = table(prompts=30, sources=("a", "b"), patterns=20)
    values += np.repeat(np.arange(30) * 5, 2)[:, None]
    values[np.array(who) == "a", 0] += 3
    assert kept(values, who, at) == [(0, "a", True)]


def test_figures_are_those_of_the_table():
    values, who, at = table(sources=("a", "b"))
    values[:, 0] = [3.0 if s == "a" else 1.0 for s in who]
    (mark,) = [m for m in held_out(cells(values, who, at), **QUICK) if m.pattern == 0]
    assert (mark.source, mark.here, mark.there) == ("a", 3.0, 1.0)
    assert (mark.difference, mark.low, mark.high, mark.delta) == (2.0, 2.0, 2.0, 1.0)
    assert mark.stable == mark.chosen == 1.0
    assert mark.q <= LEVEL
    assert mark.prompts == 40


def test_missing_values_and_samples_of_one_prompt_count_as_they_should():
    values = np.array([[1.0], [3.0], [0.0], [np.nan]] * 25)
    who, at = ["a", "a", "b", "c"] * 25, [f"p{k // 4}" for k in range(100)]
    laid = cells(values, who, at)
    assert laid.contrast[:3, 0].tolist() == [2.0, -2.0, 0.0]
    assert laid.known[:3, 0].tolist() == [True, True, False]


def test_two_sources_are_told_of_once():
    values, who, at = table(sources=("a", "b"))
    values[np.array(who) == "b", 3] += 3
    assert kept(values, who, at) == [(3, "b", True)]


def test_the_same_seed_gives_the_same_figures():
    values, who, at = table()
    laid = cells(values, who, at)
    assert held_out(laid, seed=4, **QUICK) == held_out(laid, seed=4, **QUICK)


@pytest.mark.parametrize(
    ("who", "at", "says"),
    [
        (["a"] * 40, [f"p{k}" for k in range(40)], "All stories are by a"),
        (["a", "b"] * 20, [f"p{k}" for k in range(40)], "No prompt was answered by two sources"),
        (["a", "b"] * 6, [f"p{k // 2}" for k in range(12)], "Only 6 prompts were answered"),
    ],
)
def test_too_little_is_said_in_one_sentence(who, at, says):
    with pytest.raises(TooLittleData, match=says) as error:
        cells(np.zeros((len(who), 1)), who, at)
    assert "give " in str(error.value)


def test_a_table_without_patterns_has_no_marks():
    who, at = ["a", "b"] * 20, [f"p{k // 2}" for k in range(40)]
    assert held_out(cells(np.zeros((40, 0)), who, at), **QUICK) == []
