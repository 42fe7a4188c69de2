"""Statistics of short series: against closed forms, even stories by simulation, and small curves."""

from math import log

import numpy as np
import pytest

from storyscope.extract import series


@pytest.fixture(scope="module")
def even():
    """Six hundred even stories of 60 things each."""
    return np.random.default_rng(1).random((600, 60))


def test_centroid_has_the_standard_error_it_states(even):
    values = [series.centroid(story) for story in even]
    assert abs(np.mean(values)) < 0.005
    assert np.std(values) == pytest.approx(1 / np.sqrt(12 * 60), rel=0.1)


def test_trend_and_order_of_a_curve():
    assert series.trend([1, 2, 3, 4, 5]) == pytest.approx(4)
    assert series.trend([3, 5, 3]) == pytest.approx(0)
    assert series.monotonicity([5, 4, 2, 1]) == pytest.approx(-1)
    assert series.monotonicity([4, 4, 4]) == 0
    # five pairs of six are untied and in order
    assert series.monotonicity([1, 2, 2, 3]) == pytest.approx(5 / 30**0.5)


@pytest.mark.parametrize(
    ("parts", "course"),
    [((4, 4, 4), "level"), ((2, 4, 6), "rise"), ((6, 4, 2), "fall"), ((2, 6, 2), "rise and fall"),
     ((6, 2, 6), "fall and rise"), ((2, 5, 5), "rise"), ((4, 4.5, 5), "rise"), ((4, 4.5, 4), "level")],
)  # fmt: skip
def test_course_over_opening_middle_and_end(parts, course):
    assert series.course(np.repeat(parts, (3, 4, 3)).tolist(), 1) == course


@pytest.mark.parametrize(
    ("curve", "turns"),
    [([1, 2, 3, 4], 0), ([4, 4, 5, 4], 0), ([1, 3, 5, 3, 1], 1), ([5, 4, 3, 4, 5], 1),
     ([2, 6, 2, 6, 2], 3), ([1, 2, 3, 2, 1, 2, 3], 2)],
)  # fmt: skip
def test_reversals_are_counted_from_the_last_turning_point(curve, turns):
    assert series.reversals(curve, 2) == turns


def test_flat_is_a_claim_that_needs_many_things():
    grid = (np.arange(300) + 0.5) / 300
    assert series.flat(grid) is True
    assert series.flat(grid**2) is False
    assert series.flat(grid[::5]) is None
    rng = np.random.default_rng(4)
    assert np.mean([bool(series.flat(rng.random(300))) for _ in range(200)]) > 0.5


def test_burstiness_of_chance_is_zero_and_of_a_grid_minus_one(even):
    assert abs(np.mean([series.burstiness(story) for story in even])) < 0.03
    assert series.burstiness((np.arange(1, 40)) / 40) == pytest.approx(-1, abs=0.01)
    assert series.burstiness([0.5 + k / 10000 for k in range(40)]) > 0.5


def test_log_ratio_adds_half_a_thing():
    assert series.log_ratio(0, 0, 2, 1) == pytest.approx(-log(2))
    assert series.log_ratio(3, 1, 1, 1) == pytest.approx(log(3.5 / 1.5))
