"""Ways to cut a table of distances into clusters, and to hold two groupings against each other.

All work on plain arrays: distances of shape (n, n), group numbers of shape (n,).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform
from sklearn.metrics.cluster import expected_mutual_information

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = [
    "adjusted_mutual_information",
    "adjusted_rand",
    "average_linkage",
    "contingency",
    "gap_statistic",
    "k_medoids",
    "silhouette",
    "silhouettes",
    "ward_linkage",
]


LIMIT = 400
"""Stories that the gap statistic looks at."""
AXES = 10
"""Axes of the box that its structureless data fill."""


def average_linkage(distance: Floats, ks: list[int]) -> dict[int, Ints]:
    """Join clusters by mean distance, and cut the tree at each number of clusters."""
    return _cut(linkage(squareform(distance, checks=False), "average"), len(distance), ks)


def ward_linkage(distance: Floats, ks: list[int]) -> dict[int, Ints]:
    """Join clusters so that the spread within them grows least, and cut the tree."""
    return _cut(linkage(squareform(distance, checks=False), "ward"), len(distance), ks)


def _cut(tree: Floats, n: int, ks: list[int]) -> dict[int, Ints]:
    """Undo the last joins: with k - 1 of them undone, k clusters are left."""
    label, found = np.arange(n), {}
    for step in range(n):
        if n - step in ks:
            found[n - step] = np.unique(label, return_inverse=True)[1]
        if step < n - 1:
            label[(label == tree[step, 0]) | (label == tree[step, 1])] = n + step
    return found


def k_medoids(distance: Floats, ks: list[int]) -> dict[int, Ints]:
    """Partition around medoids: greedy start, then the best swap while one helps.

    Swaps are weighed all at once, as in FastPAM (Schubert & Rousseeuw 2021).
    """
    return {k: _pam(distance, k) for k in ks if k <= len(distance)}


def _pam(distance: Floats, k: int) -> Ints:
    n = len(distance)
    medoids = [int(distance.sum(axis=1).argmin())]
    nearest = distance[medoids[0]].copy()
    while len(medoids) < k:
        gain = np.maximum(nearest - distance, 0).sum(axis=1)
        gain[medoids] = -1
        medoids.append(int(gain.argmax()))
        nearest = np.minimum(nearest, distance[medoids[-1]])
    for _ in range(100):
        to = distance[medoids]
        order = np.argsort(to, axis=0, kind="stable")
        cluster, rows = order[0], np.arange(n)
        first = to[cluster, rows]
        if k == 1:
            return np.zeros(n, int)
        second = to[order[1], rows]
        # Change of the total when story x becomes a medoid in the place of cluster c's.
        kept = np.minimum(distance - first, 0)
        lost = np.minimum(distance, second) - first - kept
        hot = (cluster[:, None] == np.arange(k)).astype(float)
        change = kept.sum(axis=1)[:, None] + lost @ hot
        change[medoids] = np.inf
        x, c = np.unravel_index(change.argmin(), change.shape)
        if change[x, c] > -1e-9:
            break
        medoids[int(c)] = int(x)
    return np.argsort(distance[medoids], axis=0, kind="stable")[0]


def silhouette(distance: Floats, label: Ints) -> Floats:
    """Silhouette of each story: 0 for one alone in its cluster."""
    groups, label = np.unique(label, return_inverse=True)
    hot = (label[:, None] == np.arange(len(groups))).astype(float)
    return silhouettes(distance @ hot, label, hot.sum(axis=0))


def silhouettes(totals: Floats, label: Ints, sizes: Floats) -> Floats:
    """Silhouettes from each story's summed distance to every group, shape (n, groups)."""
    rows = np.arange(len(label))
    own = sizes[label]
    inside = totals[rows, label] / np.maximum(own - 1, 1)
    means = totals / np.maximum(sizes, 1)
    means[rows, label] = np.inf
    outside = means.min(axis=1)
    widest = np.maximum(inside, outside)
    widest = np.where(widest > 0, widest, 1)
    return np.where(own > 1, (outside - inside) / widest, 0.0)


def gap_statistic(
    squared: Floats,
    cut: Callable[[Floats, list[int]], dict[int, Ints]],
    most: int,
    rng: np.random.Generator,
    *,
    references: int = 10,
) -> int:
    """Choose the number of clusters by the gap statistic (Tibshirani, Walther & Hastie 2001).

    The spread within clusters is held against that of structureless data: uniform over the box of
    the stories' main axes (classical scaling), at most `AXES` of them. The smallest k is taken
    whose gap reaches that of k + 1 less its error, over `references` such data sets. Tables with
    more than `LIMIT` stories give a random sample.
    """
    if len(squared) > LIMIT:
        places = np.sort(rng.choice(len(squared), LIMIT, replace=False))
        squared = squared[np.ix_(places, places)]
    inner = -squared / 2
    inner = inner - inner.mean(axis=0) - inner.mean(axis=1)[:, None] + inner.mean()
    values, vectors = np.linalg.eigh(inner)
    values, vectors = values[::-1][:AXES], vectors[:, ::-1][:, :AXES]
    use = values > 1e-9 * max(values[0], 1e-300)
    points = vectors[:, use] * np.sqrt(values[use])
    if not points.size:
        return 1
    ks = list(range(1, most + 1))

    def spreads(at: Floats) -> Floats:
        between = ((at[:, None, :] - at[None, :, :]) ** 2).sum(axis=2)
        parts = cut(np.sqrt(between), ks)
        return np.log([max(_within(between, parts[k]), 1e-300) for k in ks])

    low, high = points.min(axis=0), points.max(axis=0)
    null = np.array([spreads(rng.uniform(low, high, points.shape)) for _ in range(references)])
    gap = null.mean(axis=0) - spreads(points)
    error = null.std(axis=0) * np.sqrt(1 + 1 / references)
    for i in range(len(ks) - 1):
        if gap[i] >= gap[i + 1] - error[i + 1]:
            return ks[i]
    return ks[-1]


def _within(squared: Floats, label: Ints) -> float:
    hot = (label[:, None] == np.arange(label.max() + 1)).astype(float)
    sums = np.einsum("ij,ij->j", hot, squared @ hot)
    return float((sums / 2 / np.maximum(hot.sum(axis=0), 1)).sum())


def contingency(cluster: Ints, labels: NDArray) -> Floats:
    """Count stories by cluster and label, for many labellings: (labellings, clusters, labels)."""
    _, cluster = np.unique(cluster, return_inverse=True)
    k, m = int(cluster.max()) + 1, int(labels.max()) + 1
    flat = labels + cluster * m
    flat = flat + (np.arange(len(labels)) * k * m)[:, None]
    return np.bincount(flat.ravel(), minlength=len(labels) * k * m).reshape(-1, k, m).astype(float)


def adjusted_rand(tables: NDArray) -> Floats:
    """Find the adjusted Rand index of each table of counts (Hubert & Arabie 1985)."""

    def choose(x: NDArray) -> NDArray:
        return x * (x - 1) / 2

    both = choose(tables).sum(axis=(1, 2))
    a, b = choose(tables.sum(axis=2)).sum(axis=1), choose(tables.sum(axis=1)).sum(axis=1)
    expected = a * b / choose(tables.sum(axis=(1, 2)))
    most = (a + b) / 2
    same = np.isclose(most, expected)
    return np.where(
        same, np.isclose(both, most) * 1.0, (both - expected) / np.where(same, 1, most - expected)
    )


def adjusted_mutual_information(tables: NDArray) -> Floats:
    """Find the adjusted mutual information of tables with the same margins (Vinh et al. 2010)."""
    tables = tables[:, :, tables[0].sum(axis=0) > 0]
    n = int(tables[0].sum())
    a, b = tables[0].sum(axis=1), tables[0].sum(axis=0)
    if len(a) == len(b) == 1:
        return np.ones(len(tables))
    joint = tables / n
    product = np.outer(a, b) / n**2
    logs = np.log(np.where(joint > 0, joint, 1) / np.where(joint > 0, product, 1))
    mutual = (joint * logs).sum(axis=(1, 2))
    expected = expected_mutual_information(tables[0].astype(np.int64), n)
    entropy = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in (a / n, b / n)]
    span = np.mean(entropy) - expected
    return (mutual - expected) / (span if abs(span) > 1e-12 else 1e-12)
