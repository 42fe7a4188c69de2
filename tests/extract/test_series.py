"""Statistics of short series, against closed forms and against even stories by simulation."""

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


def test_direction_is_wrongly_shown_in_one_even_story_in_five(even):
    shown = [series.direction(story) != "level" for story in even]
    assert 0.14 < np.mean(shown) < 0.27


def test_a_ramp_of_one_to_three_is_found():
    rng = np.random.default_rng(2)
    found = []
    for _ in range(200):
        u = rng.random(400)
        ramp = u[rng.random(400) < (1 + 2 * u) / 3][:60]
        found.append(series.direction(ramp) == "rising")
    assert np.mean(found) > 0.8


def test_unevenness_does_not_grow_with_the_count_of_even_things():
    rng = np.random.default_rng(3)
    few = np.mean([series.unevenness(rng.random(20)) * 20 for _ in range(400)])
    many = np.mean([series.unevenness(rng.random(200)) * 200 for _ in range(400)])
    assert few == pytest.approx(many, abs=0.12)
    assert series.unevenness([0.55] * 30) > 0.5


def test_prominence_is_about_zero_in_even_stories(even):
    assert abs(np.mean([series.peak(story)[1] for story in even])) < 0.01


@pytest.mark.parametrize(
    ("places", "centre"), [([0.5] * 9, 0.45), ([0.95] * 9, 0.85), ([0.02] * 9, 0.15)]
)
def test_peak_stands_where_things_crowd(places, centre):
    found, excess = series.peak([*places, 0.3, 0.7])
    assert abs(found - centre) <= 0.11
    assert excess > 0.2


def test_monotonicity_has_the_spread_of_kendall(even):
    values = [series.monotonicity(story) for story in even]
    assert abs(np.mean(values)) < 0.03
    assert np.std(values) == pytest.approx(0.26, abs=0.03)
    assert series.monotonicity(
        np.repeat(np.arange(10) / 10 + 0.05, np.arange(10))
    ) == pytest.approx(1)


@pytest.mark.parametrize(
    ("parts", "course"),
    [((20, 20, 20), "level"), ((4, 10, 40), "rise"), ((40, 10, 4), "fall"),
     ((4, 40, 4), "rise and fall"), ((40, 4, 40), "fall and rise"), ((10, 16, 22), "rise")],
)  # fmt: skip
def test_course_over_thirds(parts, course):
    places = np.concatenate([np.full(n, (k + 0.5) / 3) for k, n in enumerate(parts)])
    assert series.course(places) == course


def test_reversals_count_turns_beyond_chance(even):
    assert np.mean([series.reversals(story) for story in even]) < 0.5
    counts = [2, 2, 20, 20, 2, 2, 20, 20, 2, 2]
    places = np.repeat(np.arange(10) / 10 + 0.05, counts)
    assert series.reversals(places) == 3


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


def test_longest_gap_of_chance_is_as_expected(even):
    assert abs(np.mean([series.longest_gap(story)[2] for story in even])) < 0.05
    start, end, excess = series.longest_gap([0.1, 0.2, 0.9])
    assert (start, end) == (0.2, 0.9)
    assert excess == pytest.approx(log(0.7 / (25 / 48)))


def test_weights_count_for_fewer_things():
    assert series.effective([3, 3, 3, 3]) == pytest.approx(4)
    assert series.effective([9, 1]) < 1.3
    assert series.centroid([0.2, 0.8], [1, 3]) == pytest.approx(0.15)
    assert series.late_share([0.1, 0.7], [1, 3]) == pytest.approx(0.75)


def test_log_ratio_adds_half_a_thing():
    assert series.log_ratio(0, 0, 2, 1) == pytest.approx(-log(2))
    assert series.log_ratio(3, 1, 1, 1) == pytest.approx(log(3.5 / 1.5))
