import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform
from sklearn.decomposition import PCA

from storyscope.compare.distance import encode
from storyscope.compare.maps import ellipse, project, scale
from storyscope.compare.tree import grow
from storyscope.table import check_table


@pytest.fixture
def near():
    """Distances of four sources: a and b near, c next, d far; ten noisy copies of them."""
    one = squareform([1.0, 2, 5, 2.2, 5.1, 5.2])
    rng = np.random.default_rng(0)
    return one, np.stack([squareform(squareform(one) + rng.normal(0, 0.05, 6)) for _ in range(10)])


def test_branches_are_scipys(near):
    distance, replicates = near
    found = grow(("a", "b", "c", "d"), distance, replicates, "same prompt")
    theirs = linkage(squareform(distance), "average")
    assert [b.height for b in found.branches] == pytest.approx(theirs[:, 2].tolist())
    assert [set(b.sources) for b in found.branches] == [{"a", "b"}, {"a", "b", "c"}, set("abcd")]
    assert [b.support for b in found.branches] == [1, 1, 1]


def test_support_counts_resampled_trees(near):
    distance, replicates = near
    other = distance.copy()
    other[0, 1] = other[1, 0] = 3.0
    found = grow(("a", "b", "c", "d"), distance, np.stack([*replicates, *[other] * 10]), "")
    assert found.branches[0].support == pytest.approx(0.5)


def test_sources_without_a_common_prompt_are_left_out(near):
    distance, replicates = near
    distance = distance.copy()
    distance[3, :2] = distance[:2, 3] = np.nan
    found = grow(("a", "b", "c", "d"), distance, replicates, "")
    assert found.left_out == ["d"]
    assert found.sources == ["a", "b", "c"]
    assert grow(("a", "b"), distance[:2, :2], replicates[:, :2, :2], "") is None


def test_scaling_gives_flat_places_back():
    at = np.random.default_rng(0).normal(size=(30, 2)) * [3, 1]
    squared = ((at[:, None] - at[None]) ** 2).sum(axis=2)
    found, explained = scale(squared)
    again = ((found[:, None] - found[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(again, squared, atol=1e-8)
    assert sum(explained) == pytest.approx(1)
    assert explained[0] > explained[1]


def test_scaling_is_scikit_bios():
    ordination = pytest.importorskip("skbio.stats.ordination")
    from skbio import DistanceMatrix

    at = np.random.default_rng(1).normal(size=(25, 6))
    squared = ((at[:, None] - at[None]) ** 2).sum(axis=2)
    found, explained = scale(squared)
    theirs = ordination.pcoa(DistanceMatrix(np.sqrt(squared)), dimensions=24)
    np.testing.assert_allclose(
        np.abs(found), np.abs(theirs.samples.iloc[:, :2].to_numpy()), atol=1e-6
    )
    assert explained == pytest.approx(theirs.proportion_explained[:2].tolist(), abs=1e-6)


def test_components_are_scikit_learns(book, make_table):
    ids = ["AGE_AAA_01", "AGE_AAA_02", "PLT_AAA_03", "PLT_AAA_04"]
    table = check_table(make_table(20), book)
    columns = encode(table, book, ids)
    found, explained, loadings = project(columns)
    theirs = PCA(2).fit(np.clip(columns.numeric, 0, 1))
    np.testing.assert_allclose(
        np.abs(found) * np.sqrt(2),
        np.abs(theirs.transform(np.clip(columns.numeric, 0, 1))),
        atol=1e-8,
    )
    assert explained == pytest.approx(theirs.explained_variance_ratio_.tolist())
    assert {name for name, _ in loadings[0]} == set(ids)


def test_half_of_a_normal_cloud_lies_in_its_ellipse():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(4000, 2)) @ np.array([[2, 0.5], [0, 1]])
    shape = ellipse("m", points)
    angle = np.radians(shape.angle)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    inside = (((points - shape.centre) @ turn / shape.axes) ** 2).sum(axis=1) < 1
    assert inside.mean() == pytest.approx(0.5, abs=0.03)
