import importlib.util
import sys
import types
import warnings

import numpy as np
import pytest

from storyscope.compare.cloud import Cloud, block_sums, centre_prompts
from storyscope.compare.design import Design
from storyscope.compare.location import energy, kernel_two_sample, locate, merge, permanova
from storyscope.compare.near import different_prompts, redrawn, unmatched
from storyscope.compare.resample import Groups, Prompts, shuffles, stream
from storyscope.compare.spread import centre_sources, permdisp, spreads


def skbio():
    pytest.importorskip("skbio")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from skbio import DistanceMatrix
        from skbio.stats import distance
    return DistanceMatrix, distance


def test_permanova_is_scikit_bios(points):
    DistanceMatrix, distance = skbio()
    at, squared, label = points
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = distance.permanova(DistanceMatrix(np.sqrt(squared)), label, permutations=9)
    labels = np.vstack([label, shuffles(label, np.zeros(40, int), 199, stream(0, "t"))])
    r2, f = permanova(block_sums(squared, labels, 2), np.array([20, 20]))
    assert f[0] == pytest.approx(theirs["test statistic"])
    assert r2[0] == pytest.approx(f[0] / (f[0] + 38))
    total = ((at - at.mean(axis=0)) ** 2).sum()
    for one, share in zip(labels, r2, strict=True):
        between = ((at[one == 0].mean(axis=0) - at[one == 1].mean(axis=0)) ** 2).sum() * 10
        assert share == pytest.approx(between / total)


@pytest.fixture
def uneven():
    """Thirty-six places in five dimensions, three groups of 18, 12 and 6, the last one loosest."""
    rng = np.random.default_rng(8)
    label = np.repeat([0, 1, 2], [18, 12, 6])
    at = rng.normal(size=(36, 5)) * np.array([1.0, 1.2, 2.0])[label, None] + label[:, None]
    return at, ((at[:, None] - at[None]) ** 2).sum(axis=2), label


def test_permdisp_is_scikit_bios(uneven):
    DistanceMatrix, distance = skbio()
    _, squared, label = uneven
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = distance.permdisp(
            DistanceMatrix(np.sqrt(squared)), label, test="centroid", permutations=9, seed=1
        )
    mean, variance = spreads(squared, label[None, :], 3)
    sizes = np.bincount(label)
    # Theirs takes distances as they come; ours are lengthened by what small groups lose.
    lengthened = sizes / (sizes - 1)
    f = permdisp(mean / np.sqrt(lengthened), variance / lengthened, sizes)
    assert f[0] == pytest.approx(theirs["test statistic"], rel=1e-6)


def test_spreads_are_distances_to_the_mean_place(uneven):
    at, squared, label = uneven
    rng = np.random.default_rng(0)
    labels = np.vstack([label, rng.permutation(label)])
    mean, variance = spreads(squared, labels, 3)
    for row, one in enumerate(labels):
        for g in range(3):
            mine = at[one == g]
            away = np.linalg.norm(mine - mine.mean(axis=0), axis=1)
            away = away * np.sqrt(len(mine) / (len(mine) - 1))
            assert mean[row, g] == pytest.approx(away.mean())
            assert variance[row, g] == pytest.approx(away.var(ddof=1))


def test_spreads_do_not_hang_on_the_size_of_a_group():
    rng = np.random.default_rng(3)
    label = np.repeat([0, 1], [300, 6])
    few = []
    for _ in range(60):
        at = rng.normal(size=(306, 40))
        squared = ((at[:, None] - at[None]) ** 2).sum(axis=2)
        few.append(spreads(squared, label[None, :], 2)[0][0])
    many, small = np.mean(few, axis=0)
    assert small == pytest.approx(many, rel=0.02)
    assert small * np.sqrt(5 / 6) < 0.93 * many  # what it would be without lengthening


def test_permdisp_is_an_analysis_of_variance():
    from scipy.stats import f_oneway

    rng = np.random.default_rng(0)
    groups = [rng.normal(size=n) for n in (10, 7, 13)]
    mean, variance = [[f(g) for g in groups] for f in (np.mean, lambda g: np.var(g, ddof=1))]
    sizes = np.array([10, 7, 13])
    f = permdisp(np.array([mean]), np.array([variance]), sizes)[0]
    assert f == pytest.approx(f_oneway(*groups).statistic)


def test_sources_are_brought_together_and_keep_their_spread(uneven):
    at, squared, label = uneven
    moved = at - np.array([at[label == g].mean(axis=0) for g in range(3)])[label]
    expected = ((moved[:, None] - moved[None]) ** 2).sum(axis=2)
    found = centre_sources(squared, label, 3)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    for before, after in zip(
        spreads(squared, label[None, :], 3), spreads(found, label[None, :], 3), strict=True
    ):
        np.testing.assert_allclose(before, after)


def dcors_energy():
    """Give dcor's own function without the rest of dcor, which compiles for half a minute."""
    spec = importlib.util.find_spec("dcor")
    if spec is None:
        pytest.skip("dcor is not installed")
    bare = types.ModuleType("dcor")
    bare.__path__ = list(spec.submodule_search_locations)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "dcor", bare)
        return importlib.import_module("dcor._energy").energy_distance


def test_energy_distance_is_dcors(points):
    energy_distance = dcors_energy()
    at, squared, label = points
    sums = block_sums(np.sqrt(squared), label, 2)
    value, share = energy(sums, np.array([20, 20]))
    assert value[0] == pytest.approx(energy_distance(at[label == 0], at[label == 1]))
    assert 0 < share[0] < 1


def test_mmd_is_its_definition(points):
    _, squared, label = points
    kernel = kernel_two_sample(squared)
    value = -energy(block_sums(kernel, label, 2), np.array([20, 20]))[0][0]
    a, b = label == 0, label == 1
    expected = kernel[np.ix_(a, a)].mean() + kernel[np.ix_(b, b)].mean()
    assert value == pytest.approx(expected - 2 * kernel[np.ix_(a, b)].mean())


def test_block_sums_add_blocks_with_weights(points):
    _, squared, _ = points
    rng = np.random.default_rng(0)
    label = rng.integers(3, size=40)
    weights = rng.integers(3, size=(2, 40)).astype(float)
    found = block_sums(squared, label, 3, weights)
    for w, sums in zip(weights, found, strict=True):
        for a in range(3):
            for b in range(3):
                inner = (squared * np.outer(w, w))[np.ix_(label == a, label == b)].sum()
                assert sums[a, b] == pytest.approx(inner)
    merged = merge(found, 0)
    assert merged[0, 1, 1] == pytest.approx(found[0, 1:, 1:].sum())


@pytest.fixture
def matched_cloud():
    """A cloud of known places: 3 sources at each of 60 prompts, source 0 two units away."""
    rng = np.random.default_rng(1)
    prompt, source = np.repeat(np.arange(60), 3), np.tile([0, 1, 2], 60)
    at = rng.normal(size=(60, 4))[prompt] * 2 + rng.normal(size=(180, 4)) * 0.5
    at[source == 0, 0] += 2
    squared = ((at[:, None] - at[None]) ** 2).sum(axis=2)
    design = Design(("human", "a", "b"), tuple(f"p{i:02d}" for i in range(60)), source, prompt, 0)
    return at, Cloud(np.arange(180), design, squared), design


def test_centroids_are_freed_of_noise_and_prompts(matched_cloud):
    at, held, design = matched_cloud
    near = different_prompts(held, design, Groups(design.prompt, 0))
    found = locate(held, design, near, permutations=99, seed=0)
    middle = {(a, b): e for a, b, e in found.centroids.pairs}
    assert middle["human", "a"].value == pytest.approx(2, abs=0.2)
    assert middle["human", "a"].low < 2 < middle["human", "a"].high
    assert middle["a", "b"].value < 0.2
    raw = np.linalg.norm(at[1::3].mean(axis=0) - at[2::3].mean(axis=0))
    assert raw > 0.05
    assert found.permanova[1].p == pytest.approx(0.01)
    assert found.permdisp.p > 0.01
    assert found.negative < 1e-9


def test_different_prompts_are_a_loop_over_pairs(matched_cloud):
    _, held, design = matched_cloud
    near = different_prompts(held, design, Groups(design.prompt, 0))
    pairs = [
        held.squared[i, j]
        for i in np.flatnonzero(design.source == 1)
        for j in np.flatnonzero(design.source == 2)
        if design.prompt[i] != design.prompt[j]
    ]
    assert near.values[0, 1, 2] == pytest.approx(np.mean(pairs))
    assert unmatched(near, design).model_model.value == pytest.approx(np.mean(pairs))
    assert not unmatched(near, design).confounded


def test_leaving_prompts_out_is_computing_without_them(matched_cloud):
    _, held, design = matched_cloud
    groups = Groups(design.prompt, 0)
    near = different_prompts(held, design, groups)
    rows = np.flatnonzero(groups.of != 3)
    alone = different_prompts(held.part(rows), design, Groups(design.prompt[rows], 0))
    np.testing.assert_allclose(near.values[1 + 3], alone.values[0])
    pair = groups.left_out()[40 + 7]
    rows = np.flatnonzero(~np.isin(groups.of, pair))
    alone = different_prompts(held.part(rows), design, Groups(design.prompt[rows], 0))
    np.testing.assert_allclose(near.values[1 + 40 + 7], alone.values[0])
    assert len(near.values) == 1 + 40 + 40 * 39 // 2


def test_prompts_drawn_again_count_as_often_as_they_are_drawn(matched_cloud):
    _, held, design = matched_cloud
    draws = Prompts(60, 120, 0)
    found = redrawn(held, design, draws)
    weight = draws.drawn[5][design.prompt]
    a, b = np.flatnonzero(design.source == 0), np.flatnonzero(design.source == 1)
    pairs = np.outer(weight[a], weight[b]) * (design.prompt[a][:, None] != design.prompt[b])
    expected = (pairs * held.squared[np.ix_(a, b)]).sum() / pairs.sum()
    assert found[5, 0, 1] == pytest.approx(expected)


def test_centring_takes_each_prompts_mean_out(matched_cloud):
    at, held, _ = matched_cloud
    left = at - np.repeat(at.reshape(60, 3, 4).mean(axis=1), 3, axis=0)
    np.testing.assert_allclose(centre_prompts(held), left @ left.T, atol=1e-9)


def test_r2_within_prompts_is_that_of_a_block_design(matched_cloud):
    at, held, design = matched_cloud
    near = different_prompts(held, design, Groups(design.prompt, 0))
    part = locate(held, design, near, permutations=19, seed=0).permanova[0]
    cube = at.reshape(60, 3, 4)
    grand = cube.mean(axis=(0, 1))
    by_source = 60 * ((cube.mean(axis=0) - grand) ** 2).sum()
    by_prompt = 3 * ((cube.mean(axis=1) - grand) ** 2).sum()
    total = ((cube - grand) ** 2).sum()
    assert part.r2 == pytest.approx(by_source / total)
    assert part.r2_within == pytest.approx(by_source / (total - by_prompt))


def test_spread_alone_is_told_from_place():
    rng = np.random.default_rng(4)
    prompt, source = np.repeat(np.arange(80), 3), np.tile([0, 1, 2], 80)
    at = rng.normal(size=(240, 6)) * np.where(source == 0, 2.0, 1.0)[:, None]
    squared = ((at[:, None] - at[None]) ** 2).sum(axis=2)
    design = Design(("human", "a", "b"), tuple(f"{i:02d}" for i in range(80)), source, prompt, 0)
    held = Cloud(np.arange(240), design, squared)
    near = different_prompts(held, design, Groups(prompt, 0))
    found = locate(held, design, near, permutations=199, seed=0)
    assert found.permdisp.p == pytest.approx(1 / 200)
    assert found.permdisp.human_model.low > 0
    assert found.centroids.human_model.low == pytest.approx(0, abs=0.3)


def test_no_shared_prompt_gives_no_test():
    rng = np.random.default_rng(0)
    source, prompt = np.repeat([0, 1, 2], 10), np.arange(30)
    at = rng.normal(size=(30, 3))
    squared = ((at[:, None] - at[None]) ** 2).sum(axis=2)
    design = Design(("human", "a", "b"), tuple(f"{i:02d}" for i in range(30)), source, prompt, 0)
    held = Cloud(np.arange(30), design, squared)
    near = different_prompts(held, design, Groups(prompt, 0))
    found = locate(held, design, near, permutations=99, seed=0)
    assert [part.p for part in found.permanova] == [None, None]
    assert found.energy.p is None
    assert found.permdisp.p is None
    assert unmatched(near, design).confounded


def test_pairs_without_enough_in_common_get_the_mean():
    design = Design(("a", "b"), ("p",), np.array([0, 1, 1]), np.zeros(3, int), None)
    squared = np.array([[0, 1, np.nan], [1, 0, 3], [np.nan, 3, 0.0]])
    held = Cloud(np.arange(3), design, squared)
    assert held.filled == 1
    assert held.squared[0, 2] == 2
