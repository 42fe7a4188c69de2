from itertools import combinations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn import metrics

from storyscope.compare.cloud import Cloud
from storyscope.compare.clusters import (
    adjusted_mutual_information,
    adjusted_rand,
    average_linkage,
    contingency,
    gap_statistic,
    k_medoids,
    silhouette,
    ward_linkage,
)
from storyscope.compare.design import Design
from storyscope.compare.resample import stream
from storyscope.compare.structure import structure


@pytest.fixture
def blobs():
    """Three clear clusters of 25 points and their distances."""
    rng = np.random.default_rng(2)
    label = np.repeat([0, 1, 2], 25)
    at = rng.normal(size=(75, 4)) + np.array([[0] * 4, [6] * 4, [-6, 6, -6, 6]])[label]
    return np.sqrt(((at[:, None] - at[None]) ** 2).sum(axis=2)), label


@pytest.mark.parametrize("method", [average_linkage, ward_linkage, k_medoids])
def test_clear_clusters_are_found(blobs, method):
    distance, label = blobs
    assert metrics.adjusted_rand_score(method(distance, [3])[3], label) == 1
    assert gap_statistic(distance**2, method, 6, stream(0, "t")) == 3


@pytest.mark.parametrize("method", [average_linkage, ward_linkage, k_medoids])
def test_one_cloud_is_one_cluster(method):
    at = np.random.default_rng(0).uniform(size=(80, 3))
    squared = ((at[:, None] - at[None]) ** 2).sum(axis=2)
    assert gap_statistic(squared, method, 6, stream(0, "t")) == 1


@pytest.mark.parametrize(("method", "name"), [(average_linkage, "average"), (ward_linkage, "ward")])
def test_cuts_are_scipys(points, method, name):
    distance = np.sqrt(points[1])
    tree = linkage(squareform(distance, checks=False), name)
    for k, found in method(distance, [1, 2, 5, 9, 40]).items():
        assert len(np.unique(found)) == k
        theirs = fcluster(tree, k, "maxclust")
        assert metrics.adjusted_rand_score(found, theirs) == pytest.approx(1)


def test_medoids_are_the_best_there_are():
    rng = np.random.default_rng(1)
    for _ in range(5):
        at = rng.normal(size=(16, 2))
        distance = np.sqrt(((at[:, None] - at[None]) ** 2).sum(axis=2))
        best = min(distance[list(m)].min(axis=0).sum() for m in combinations(range(16), 3))
        found = k_medoids(distance, [3])[3]
        cost = sum(
            distance[np.ix_(found == c, found == c)].sum(axis=0).min() for c in np.unique(found)
        )
        assert cost <= best * 1.02


def test_silhouettes_are_scikit_learns(blobs, points):
    for distance, label in (blobs, (np.sqrt(points[1]), points[2])):
        expected = metrics.silhouette_samples(distance, label, metric="precomputed")
        np.testing.assert_allclose(silhouette(distance, label), expected, atol=1e-9)
    alone = np.r_[0, np.ones(74, int)]
    assert silhouette(blobs[0], alone)[0] == 0


def test_indices_are_scikit_learns():
    rng = np.random.default_rng(0)
    cluster, labels = rng.integers(4, size=60), rng.integers(3, size=(20, 60))
    labels = np.array([rng.permutation(labels[0]) for _ in labels])
    tables = contingency(cluster, labels)
    rand, information = adjusted_rand(tables), adjusted_mutual_information(tables)
    for i, label in enumerate(labels):
        assert rand[i] == pytest.approx(metrics.adjusted_rand_score(label, cluster))
        assert information[i] == pytest.approx(
            metrics.adjusted_mutual_info_score(label, cluster), abs=1e-9
        )


def test_indices_of_trivial_partitions():
    one = np.zeros(6, int)
    table = contingency(one, one[None, :])
    assert adjusted_rand(table)[0] == 1
    assert adjusted_mutual_information(table)[0] == 1
    table = contingency(one, np.array([[0, 0, 0, 1, 1, 1]]))
    assert adjusted_rand(table)[0] == 0
    assert adjusted_mutual_information(table)[0] == pytest.approx(0)


def made_cloud(shift, prompt_effect, prompts=24):
    rng = np.random.default_rng(3)
    prompt, source = np.repeat(np.arange(prompts), 4), np.tile([0, 1, 2, 3], prompts)
    at = prompt_effect * rng.normal(size=(prompts, 5))[prompt] + rng.normal(size=(4 * prompts, 5))
    at[source == 0] += shift
    squared = ((at[:, None] - at[None]) ** 2).sum(axis=2)
    names = tuple(f"p{i:02d}" for i in range(prompts))
    design = Design(("human", "a", "b", "c"), names, source, prompt, 0)
    return Cloud(np.arange(len(source)), design, squared)


def agreement(found, view, method, label):
    rows = [
        a
        for c in found.clusterings
        if (c.view, c.method) == (view, method)
        for a in c.agreement
        if a.label == label
    ]
    return max(rows, key=lambda a: a.rand)


def test_people_apart_from_models_are_found_when_prompts_are_taken_out():
    found = structure(made_cloud(2.5, 3.0), permutations=99, seed=0)
    best = agreement(found, "centred", "medoids", "human")
    assert best.rand > 0.8
    assert best.p == pytest.approx(0.01)
    assert best.rand_chance[1] < 0.3
    assert best.rand_low <= best.rand
    sides = {s.view: s for s in found.silhouettes if s.label == "human"}
    assert sides["centred"].mean > sides["raw"].mean
    assert sides["centred"].p == pytest.approx(0.01)


def test_prompts_alone_do_not_look_like_writers():
    found = structure(made_cloud(0.0, 4.0), permutations=99, seed=0)
    assert agreement(found, "raw", "ward", "prompt").rand > 0.5
    assert agreement(found, "centred", "medoids", "human").p > 0.02
    assert agreement(found, "centred", "medoids", "source").p > 0.02
    mixing = {(m.k, m.same_prompt): m for m in found.mixing}
    assert mixing[5, False].own == pytest.approx(1, abs=0.3)
    assert mixing[5, False].own_p > 0.02


def test_mixing_is_counted_by_hand():
    held = made_cloud(2.0, 1.0)
    found = next(
        m for m in structure(held, permutations=19, seed=0).mixing if m.k == 5 and not m.same_prompt
    )
    source, prompt = held.design.source, held.design.prompt
    seen = expected = 0.0
    for i in np.flatnonzero(source == 0):
        others = np.flatnonzero(prompt != prompt[i])
        near = others[np.argsort(held.squared[i, others])[:5]]
        seen += (source[near] == 0).mean()
        expected += (source[others] == 0).mean()
    assert found.human_human == pytest.approx(seen / expected)
    assert found.between["human"]["human"] == pytest.approx(seen / expected)
    assert found.own > 1
