import numpy as np
import pytest
from scipy.stats import bootstrap, norm

from storyscope.compare.multiplicity import benjamini_hochberg, holm
from storyscope.compare.resample import (
    Groups,
    Prompts,
    interval,
    normal_interval,
    p_value,
    shuffles,
    stream,
)


def test_streams_differ_by_name_and_by_seed():
    first = stream(1, "a").random()
    assert first == stream(1, "a").random()
    assert len({first, stream(1, "b").random(), stream(2, "a").random()}) == 3


def test_draws_hold_as_many_prompts_as_there_are():
    assert (Prompts(17, 50, 0).drawn.sum(axis=1) == 17).all()


def test_the_mean_and_its_interval_are_those_of_scipy():
    values = np.random.default_rng(3).gamma(2, size=400)
    found = Prompts(400, 4000, 0).mean(values)
    assert found.value == pytest.approx(values.mean())
    theirs = bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=1)
    low, high = theirs.confidence_interval
    assert found.low == pytest.approx(low, abs=0.02)
    assert found.high == pytest.approx(high, abs=0.02)


def test_missing_prompts_do_not_count():
    values = np.array([1.0, np.nan, 3.0, np.nan, 2.0, 2.0, 2.0])
    found = Prompts(7, 200, 0).mean(values)
    assert found.value == 2
    assert found.n == 5
    assert Prompts(7, 200, 0).mean(np.full(7, np.nan)) is None


def test_few_prompts_give_wider_intervals_and_very_few_none():
    replicates = norm.ppf(np.linspace(0.0005, 0.9995, 1000))
    widths = [np.diff(interval(replicates, n))[0] for n in (6, 20, 1000)]
    assert widths[0] > widths[1] > widths[2] > 3.9
    # Student's t with 5 degrees of freedom, times the root of 6/5 that resampling loses
    assert widths[0] == pytest.approx(2 * 2.571 * np.sqrt(6 / 5), abs=0.15)
    assert interval(replicates, 4) == (None, None)


def test_normal_interval_is_students():
    found = normal_interval(1.0, 0.5, 11)
    assert found.high - 1 == pytest.approx(0.5 * 2.228, abs=1e-3)


def test_labels_move_only_within_their_block():
    labels = np.array([0, 1, 2, 0, 1, 1])
    blocks = np.array([0, 0, 0, 1, 1, 2])
    many = shuffles(labels, blocks, 600, stream(0, "t"))
    assert many.shape == (600, 6)
    assert (np.sort(many[:, :3], axis=1) == [0, 1, 2]).all()
    assert (np.sort(many[:, 3:5], axis=1) == [0, 1]).all()
    assert (many[:, 5] == 1).all()
    counts = np.unique(many[:, :3], axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert counts.min() > 60


def test_p_counts_the_observed_value():
    assert p_value(9.0, np.arange(9.0)) == 0.1
    assert p_value(0.0, np.arange(9.0)) == 1.0


def test_corrections_are_scipys():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(0).random(20) ** 2
    np.testing.assert_allclose(benjamini_hochberg(list(p)), false_discovery_control(p))
    order = np.argsort(p)
    expected = np.minimum(np.maximum.accumulate(p[order] * np.arange(20, 0, -1)), 1)
    np.testing.assert_allclose(np.array(holm(list(p)))[order], expected)
    assert holm([None, None]) == [None, None]


def test_leaving_out_pairs_gives_the_variance_of_a_mean_over_pairs():
    """Of a mean over pairs without any effect of single units: 2 / (n (n - 1)) times theirs."""
    rng = np.random.default_rng(2)
    n, ratios = 12, []
    groups = Groups(np.arange(n), 0)
    i, j = np.triu_indices(n, 1)
    for _ in range(400):
        u = rng.normal(size=n)
        h = np.outer(u, u)
        once = [np.delete(np.delete(h, k, 0), k, 1) for k in range(n)]
        twice = [np.delete(np.delete(h, (a, b), 0), (a, b), 1) for a, b in zip(i, j, strict=True)]
        values = [m[np.triu_indices(len(m), 1)].mean() for m in (h, *once, *twice)]
        ratios.append(
            (groups.error(np.array(values)) ** 2, groups.error(np.array(values[: 1 + n])) ** 2)
        )
    better, plain = np.mean(ratios, axis=0) / (2 / (n * (n - 1)))
    # Not quite 1: it is never taken to be less than half of the plain jackknife's.
    assert 0.9 < better < 1.45
    assert plain > 1.8


def test_leaving_out_gives_the_error_of_a_mean():
    values = np.random.default_rng(0).normal(size=30)
    groups = Groups(np.arange(30), 0)
    everything = range(30)
    of = np.array([np.flatnonzero(groups.of == g)[0] for g in everything])
    whole = [values.mean()] + [np.delete(values, of[left]).mean() for left in groups.left_out()]
    expected = values.std(ddof=1) / np.sqrt(30)
    assert groups.error(np.array(whole)) == pytest.approx(expected)
    assert groups.error(np.array(whole[:31])) == pytest.approx(expected)
    found = groups.estimate(np.array(whole))
    assert found.high - found.value == pytest.approx(expected * 2.0452, rel=1e-4)
