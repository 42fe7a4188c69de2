"""Where the sources lie, how widely each spreads, and whether their shapes differ.

A difference between two clouds of stories can be one of place or one of spread. PERMANOVA tests
both at once, PERMDISP the spread alone; each is reported beside the other. All of it is worked
out from one full matrix of distances over a stated sample of prompts; shuffled labels become
products of that matrix with columns of ones and zeros.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.design import sample_prompts
from storyscope.compare.resample import (
    MIN_PROMPTS,
    Estimate,
    Groups,
    p_value,
    shuffles,
    stream,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.design import Design
    from storyscope.compare.distance import Gower
    from storyscope.compare.resample import Prompts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = [
    "Centroids",
    "Cloud",
    "Dispersion",
    "Location",
    "Near",
    "Partition",
    "Spread",
    "TwoSample",
    "Unmatched",
    "block_sums",
    "centre_prompts",
    "centre_sources",
    "cloud",
    "different_prompts",
    "energy",
    "kernel_two_sample",
    "locate",
    "permanova",
    "permdisp",
    "redrawn",
    "spreads",
    "unmatched",
]

LIMIT = 1500
"""Stories of the full matrix; larger tables give whole prompts drawn by the seed."""

RESAMPLES = 400
"""Draws of prompts for trees that need the full matrix."""


class Cloud:
    """Stories with all distances among them.

    Attributes
    ----------
    rows : array of int
        The stories, as rows of the whole design.
    design : Design
        That of these stories alone.
    squared : array of float, shape (n, n)
        Gower distances: squared Euclidean distances of the points that stand for the stories.
    filled : int
        Pairs that share too few answers, which were given the mean distance.
    """

    def __init__(self, rows: Ints, design: Design, squared: Floats):
        self.rows = rows
        self.design = design.take(rows)
        missing = np.isnan(squared)
        self.filled = int(missing.sum()) // 2
        if self.filled:
            off_diagonal = ~missing & ~np.eye(len(squared), dtype=bool)
            squared = np.where(missing, squared[off_diagonal].mean(), squared)
        self.squared = squared

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def distance(self) -> Floats:
        """Square roots of the Gower distances, which are Euclidean."""
        return np.sqrt(self.squared)

    @cached_property
    def other_prompt(self) -> NDArray[np.bool_]:
        """Whether two stories answer different prompts."""
        return self.design.prompt[:, None] != self.design.prompt[None, :]

    def part(self, places: Ints) -> Cloud:
        """Keep some of the stories."""
        smaller = Cloud.__new__(Cloud)
        smaller.rows, smaller.design = self.rows[places], self.design.take(places)
        smaller.squared, smaller.filled = self.squared[np.ix_(places, places)], self.filled
        return smaller


@dataclass(frozen=True)
class Near:
    """Mean squared distances between sources over pairs of stories of different prompts.

    Attributes
    ----------
    value : array, shape (sources, sources)
    parts : array, shape (groups, sources, sources)
        The same without each group of prompts.
    groups : Groups
    """

    value: Floats
    parts: Floats
    groups: Groups


@dataclass(frozen=True)
class Unmatched:
    """Mean distances between stories of different prompts: to be read beside the matched ones.

    Attributes
    ----------
    model_model, model_human, human_human, within_model : Estimate, or None
        Between two models, a model and a person, two people, and two stories of one model.
    gap, ratio : Estimate, or None
        As in the matched gap.
    within : dict of str to Estimate
        Between two stories of one source: how varied it is over prompts.
    confounded : bool
        True where people and models share no prompt, so that these figures mix the writers with
        whatever else sets the two corpora apart.
    """

    model_model: Estimate | None
    model_human: Estimate | None
    human_human: Estimate | None
    within_model: Estimate | None
    gap: Estimate | None
    ratio: Estimate | None
    within: dict[str, Estimate]
    confounded: bool


@dataclass(frozen=True)
class Partition:
    """PERMANOVA: the part of all variation that goes with a label.

    Attributes
    ----------
    label : str
        "source", or "human" (people against all models).
    r2, expected : float
        Share of the squared distances, and its mean when labels are shuffled within prompts.
    r2_within : float, or None
        Share of what is left when differences between prompts are taken out.
    f : float
        Pseudo-F.
    p : float, or None
        None where no prompt has stories of two labels.
    """

    label: str
    r2: float
    expected: float | None
    r2_within: float | None
    f: float
    p: float | None


@dataclass(frozen=True)
class Spread:
    """How far a source's stories lie from their own centroid, on average."""

    source: str
    distance: Estimate


@dataclass(frozen=True)
class Dispersion:
    """PERMDISP: whether the sources spread equally.

    Attributes
    ----------
    f, p : float
        Of the distances to each source's own centroid, labels shuffled within prompts after the
        centroids have been brought together.
    spreads : list of Spread
        Widest first.
    human_model : Estimate, or None
        Spread of people less the mean spread of the models.
    p_human : float, or None
    """

    f: float
    p: float | None
    spreads: list[Spread]
    human_model: Estimate | None
    p_human: float | None


@dataclass(frozen=True)
class Centroids:
    """Distances between the mean positions of sources, freed of the bias of small samples.

    Only pairs of stories of different prompts enter, which makes the squared distance unbiased;
    one that comes out negative is given as 0.

    Attributes
    ----------
    human_model, model_model : Estimate, or None
        Root mean square over pairs.
    ratio : Estimate, or None
        Only where the models are apart beyond chance.
    pairs : list of (source, source, Estimate)
        Nearest first.
    """

    human_model: Estimate | None
    model_model: Estimate | None
    ratio: Estimate | None
    pairs: list[tuple[str, str, Estimate]]


@dataclass(frozen=True)
class TwoSample:
    """People against all models.

    Attributes
    ----------
    statistic : float
    share : float
        Energy: part of the mean distance between the two that is more than within them, 0 to 1.
    p : float, or None
    """

    statistic: float
    share: float | None
    p: float | None


@dataclass(frozen=True)
class Location:
    """Place, spread and shape.

    Attributes
    ----------
    stories, prompts : int
        Size of the sample that this rests on.
    permutations : int
        Shuffles of the labels within prompts; 0 where too few prompts have several sources.
    filled : int
        Pairs given the mean distance because they share too few answers.
    negative : float
        Share of negative eigenvalues of the distances: 0 if they are Euclidean.
    permanova : list of Partition
    permdisp : Dispersion
    energy, mmd : TwoSample, or None
        Energy distance, and the maximum mean discrepancy as a check on it.
    energy_pairs : list of (source, source, float)
        Energy share of each pair of sources.
    centroids : Centroids
    """

    stories: int
    prompts: int
    permutations: int
    filled: int
    negative: float
    permanova: list[Partition]
    permdisp: Dispersion
    energy: TwoSample | None
    mmd: TwoSample | None
    energy_pairs: list[tuple[str, str, float]]
    centroids: Centroids


def cloud(space: Gower, design: Design, seed: int, limit: int = LIMIT) -> Cloud:
    """All distances among the stories, or among those of a sample of prompts."""
    rows = sample_prompts(design, limit, seed, "cloud")
    return Cloud(rows, design, space.matrix(rows))


def block_sums(matrix: Floats, labels: NDArray, k: int, weights: Floats | None = None) -> Floats:
    """Add a matrix up over pairs of groups, for many labellings at once.

    Parameters
    ----------
    matrix : array of shape (n, n)
    labels : array of int, shape (n,) or (labellings, n)
        Groups from 0 to k - 1.
    weights : array of shape (labellings, n), optional
        How often each story counts.

    Returns
    -------
    array of shape (labellings, k, k)
    """
    many = len(labels) if labels.ndim == 2 else len(weights) if weights is not None else 1
    sums = np.empty((many, k, k))
    for span in _spans(many, len(matrix) * k):
        one = labels[span] if labels.ndim == 2 else labels[None, :]
        hot = (one[:, :, None] == np.arange(k)).astype(float)
        if weights is not None:
            hot = hot * weights[span][:, :, None]
        wide = hot.transpose(1, 0, 2).reshape(len(matrix), -1)
        product = (matrix @ wide).reshape(len(matrix), -1, k).transpose(1, 0, 2)
        sums[span] = hot.transpose(0, 2, 1) @ product
    return sums


def _spans(many: int, width: int) -> Iterator[slice]:
    step = max(1, 8_000_000 // width)
    yield from (slice(start, min(start + step, many)) for start in range(0, many, step))


def permanova(sums: Floats, sizes: Ints) -> tuple[Floats, Floats]:
    """R2 and pseudo-F from the sums of squared distances over pairs of groups."""
    n, k = sizes.sum(), len(sizes)
    total = sums.sum(axis=(1, 2)) / 2 / n
    within = (np.diagonal(sums, axis1=1, axis2=2) / 2 / sizes).sum(axis=1)
    between = np.maximum(total - within, 0)
    f = (between / (k - 1)) / np.maximum(within / (n - k), 1e-300)
    return between / np.maximum(total, 1e-300), f


def energy(sums: Floats, sizes: Ints, a: int = 0, b: int = 1) -> tuple[Floats, Floats]:
    """Energy distance of two groups from the sums of distances, and its share.

    2 E|X - Y| - E|X - X'| - E|Y - Y'|, each mean over all pairs; the share divides by 2 E|X - Y|.
    """
    across = 2 * sums[:, a, b] / sizes[a] / sizes[b]
    within = sums[:, a, a] / sizes[a] ** 2 + sums[:, b, b] / sizes[b] ** 2
    return across - within, (across - within) / np.maximum(across, 1e-300)


def kernel_two_sample(squared: Floats) -> Floats:
    """Gaussian kernel, its width the median distance, for the maximum mean discrepancy."""
    n = len(squared)
    width = float(np.median(squared[np.triu_indices(n, 1)]))
    return np.exp(-squared / max(2 * width, 1e-12))


def merge(sums: Floats, human: int) -> Floats:
    """Turn sums over pairs of sources into sums over people and models."""
    k = sums.shape[1]
    to = np.zeros((k, 2))
    to[np.arange(k), (np.arange(k) != human).astype(int)] = 1
    return to.T @ sums @ to


def spreads(squared: Floats, labels: NDArray, k: int) -> tuple[Floats, Floats]:
    """Mean and variance, group by group, of the stories' distances to their group's centroid.

    Parameters
    ----------
    squared : array of shape (n, n)
    labels : array of int, shape (labellings, n)

    Returns
    -------
    Two arrays of shape (labellings, k). A group's own stories pull its centroid towards them, the
    more the fewer they are; distances are lengthened by what that takes from them.
    """
    mean, variance = np.empty((len(labels), k)), np.empty((len(labels), k))
    n = len(squared)
    for span in _spans(len(labels), n * k):
        one = labels[span]
        hot = (one[:, :, None] == np.arange(k)).astype(float)
        sizes = np.maximum(hot.sum(axis=1), 1)
        product = (squared @ hot.transpose(1, 0, 2).reshape(n, -1)).reshape(n, -1, k)
        product = product.transpose(1, 0, 2)
        inner = (hot * product).sum(axis=1) / sizes**2 / 2
        own = np.take_along_axis(product, one[:, :, None], axis=2)[:, :, 0]
        own = own / np.take_along_axis(sizes, one, axis=1) - np.take_along_axis(inner, one, axis=1)
        lengthened = np.take_along_axis(sizes / np.maximum(sizes - 1, 1), one, axis=1)
        distance = np.sqrt(np.maximum(own, 0) * lengthened)[:, :, None] * hot
        mean[span] = distance.sum(axis=1) / sizes
        apart = (distance - mean[span][:, None, :] * hot) ** 2
        variance[span] = apart.sum(axis=1) / np.maximum(sizes - 1, 1)
    return mean, variance


def permdisp(mean: Floats, variance: Floats, sizes: Ints) -> Floats:
    """F of an analysis of variance of the distances to centroids, for many labellings."""
    grand = (mean * sizes).sum(axis=1, keepdims=True) / sizes.sum()
    between = (sizes * (mean - grand) ** 2).sum(axis=1) / (len(sizes) - 1)
    within = ((sizes - 1) * variance).sum(axis=1) / (sizes.sum() - len(sizes))
    return between / np.maximum(within, 1e-300)


def centre_sources(squared: Floats, label: Ints, k: int) -> Floats:
    """Squared distances after all groups are moved so that their centroids meet."""
    hot = (label[:, None] == np.arange(k)).astype(float)
    mean = hot / np.maximum(hot.sum(axis=0), 1)
    inner = -squared / 2
    inner = inner - hot @ (mean.T @ inner)
    inner = inner - (inner @ mean) @ hot.T
    own = np.diag(inner)
    return np.maximum(own[:, None] + own - 2 * inner, 0)


def locate(cloud: Cloud, design: Design, near: Near, *, permutations: int, seed: int) -> Location:
    """Place, spread and shape of the sources.

    Parameters
    ----------
    design : Design
        Of all stories, of which the cloud may hold a sample.
    near : Near
        As `different_prompts` returns it.
    """
    k = len(design.sources)
    source, prompt = cloud.design.source, cloud.design.prompt
    sizes = np.bincount(source, minlength=k)
    count = min(permutations, 12_000 // k) if _movable(cloud.design) else 0
    shuffled = shuffles(source, prompt, count, stream(seed, "location"))
    labels = np.vstack([source[None, :], shuffled])
    squares = block_sums(cloud.squared, labels, k)
    roots = block_sums(cloud.distance, labels, k)
    human = design.human
    parts = [_partition("source", squares, sizes, cloud, source)]
    energies = mmd = None
    if human is not None:
        two = np.array([sizes[human], sizes.sum() - sizes[human]])
        side = (source != human).astype(int)
        parts.append(_partition("human", merge(squares, human), two, cloud, side))
        testable = cloud.design.with_people >= MIN_PROMPTS
        statistic, share = energy(merge(roots, human), two)
        p = p_value(statistic[0], statistic[1:]) if testable else None
        energies = TwoSample(float(statistic[0]), float(share[0]), p)
        kernel = merge(block_sums(kernel_two_sample(cloud.squared), labels, k), human)
        discrepancy = -energy(kernel, two)[0]
        p = p_value(discrepancy[0], discrepancy[1:]) if testable else None
        mmd = TwoSample(float(discrepancy[0]), None, p)
        if not testable:
            parts[1] = Partition("human", parts[1].r2, None, None, parts[1].f, None)
    places = combinations(range(k), 2)
    return Location(
        stories=len(cloud),
        prompts=len(np.unique(prompt)),
        permutations=count,
        filled=cloud.filled,
        negative=_negative(cloud),
        permanova=parts,
        permdisp=_dispersion(cloud, design, near.groups, labels),
        energy=energies,
        mmd=mmd,
        energy_pairs=sorted(
            (
                (design.sources[i], design.sources[j], float(energy(roots[:1], sizes, i, j)[1][0]))
                for i, j in places
            ),
            key=lambda row: row[2],
        ),
        centroids=_centroids(near, design),
    )


def _movable(design: Design) -> bool:
    """Whether enough prompts have stories of two sources for labels to be shuffled there."""
    return int(((design.cells > 0).sum(axis=1) > 1).sum()) >= MIN_PROMPTS


def _partition(label: str, sums: Floats, sizes: Ints, cloud: Cloud, groups: Ints) -> Partition:
    r2, f = permanova(sums, sizes)
    tested = len(f) > 1
    return Partition(
        label=label,
        r2=float(r2[0]),
        expected=float(r2[1:].mean()) if tested else None,
        r2_within=_within_prompts(cloud, groups) if tested else None,
        f=float(f[0]),
        p=p_value(f[0], f[1:]) if tested else None,
    )


def centre_prompts(cloud: Cloud) -> Floats:
    """Inner products of the stories' places when each prompt's mean place is taken as zero."""
    _, prompt = np.unique(cloud.design.prompt, return_inverse=True)
    hot = (prompt[:, None] == np.arange(prompt.max() + 1)).astype(float)
    mean = hot / hot.sum(axis=0)
    inner = -cloud.squared / 2
    inner = inner - hot @ (mean.T @ inner)
    return inner - (inner @ mean) @ hot.T


def _within_prompts(cloud: Cloud, groups: Ints) -> float:
    inner = centre_prompts(cloud)
    # Labels, too, less their mean in each prompt: what is left of them is what can explain.
    _, prompt = np.unique(cloud.design.prompt, return_inverse=True)
    hot = (groups[:, None] == np.unique(groups)).astype(float)
    for column in hot.T:
        column -= (np.bincount(prompt, column) / np.bincount(prompt))[prompt]
    basis, size, _ = np.linalg.svd(hot, full_matrices=False)
    basis = basis[:, size > 1e-9 * max(size.max(), 1e-12)]
    total = float(np.trace(inner))
    return float(np.trace(basis.T @ inner @ basis)) / total if total > 1e-12 else 0.0


def _negative(cloud: Cloud) -> float:
    """Share of negative eigenvalues by size, among up to 500 of the stories."""
    places = np.linspace(0, len(cloud) - 1, min(len(cloud), 500)).astype(int)
    inner = -cloud.squared[np.ix_(places, places)] / 2
    inner = inner - inner.mean(axis=0) - inner.mean(axis=1)[:, None] + inner.mean()
    values = np.linalg.eigvalsh(inner)
    values[np.abs(values) < 1e-9 * np.abs(values).max()] = 0
    return float(-values[values < 0].sum() / max(np.abs(values).sum(), 1e-300))


def _dispersion(cloud: Cloud, design: Design, groups: Groups, labels: NDArray) -> Dispersion:
    """Compare spreads, with the groups' centroids brought together before labels are shuffled."""
    k, h = len(design.sources), design.human
    source = cloud.design.source
    sizes = np.bincount(source, minlength=k)
    held = np.flatnonzero(sizes > 1)
    mean, variance = spreads(centre_sources(cloud.squared, source, k), labels, k)
    parts = np.empty((groups.count, k))
    for group in range(groups.count):
        rows = np.flatnonzero(groups.of != group)
        parts[group] = spreads(cloud.squared[np.ix_(rows, rows)], source[None, rows], k)[0][0]
    f = permdisp(mean[:, held], variance[:, held], sizes[held])
    found = [
        Spread(design.sources[s], one)
        for s in held
        if (one := groups.estimate(float(mean[0, s]), parts[:, s])) is not None
    ]
    human_model, p_human = None, None
    rest = [m for m in design.models if m in held]
    if h is not None and h in held and rest:
        apart = mean[:, h] - mean[:, rest].mean(axis=1)
        without = parts[:, h] - parts[:, rest].mean(axis=1)
        human_model = groups.estimate(float(apart[0]), without)
        if len(labels) > 1 and cloud.design.with_people >= MIN_PROMPTS:
            error = variance / np.maximum(sizes, 1)
            error = np.sqrt(error[:, h] + error[:, rest].sum(axis=1) / len(rest) ** 2)
            t = np.abs(apart / np.maximum(error, 1e-300))
            p_human = p_value(t[0], t[1:])
    return Dispersion(
        f=float(f[0]),
        p=p_value(f[0], f[1:]) if len(f) > 1 else None,
        spreads=sorted(found, key=lambda row: -row.distance.value),
        human_model=human_model,
        p_human=p_human,
    )


def different_prompts(cloud: Cloud, design: Design, groups: Groups) -> Near:
    """Mean squared distances between sources over pairs of stories of different prompts."""
    once = np.ones((1, len(cloud)))
    kept = (groups.of != np.arange(groups.count)[:, None]).astype(float)
    parts = _different(cloud, design, np.vstack([once, kept]))
    return Near(parts[0], parts[1:], groups)


def redrawn(cloud: Cloud, design: Design, draws: Prompts) -> Floats:
    """Compute the same for prompts drawn with replacement: (resamples, sources, sources)."""
    drawn = draws.drawn[: min(RESAMPLES, max(100, 12_000 // len(design.sources)))]
    return _different(cloud, design, drawn[:, cloud.design.prompt].astype(float))


def _different(cloud: Cloud, design: Design, weights: Floats) -> Floats:
    """Weighted means over pairs of stories of different prompts; a row of weights a result."""
    k = len(design.sources)
    different = cloud.other_prompt
    sums = block_sums(np.where(different, cloud.squared, 0), cloud.design.source, k, weights)
    pairs = block_sums(different.astype(float), cloud.design.source, k, weights)
    return np.divide(sums, pairs, out=np.full(sums.shape, np.nan), where=pairs > 0)


def unmatched(near: Near, design: Design) -> Unmatched:
    """Mean distances over different prompts, to be read beside the matched ones."""
    h, models, groups = design.human, design.models, near.groups
    i, j = (np.array(models)[x] for x in np.triu_indices(len(models), 1))
    among, among_parts = _mean_of(near, i, j)
    far, far_parts = _mean_of(near, [h] * len(models), models) if h is not None else _NOTHING
    both = bool(len(i)) and h is not None and bool(among)
    own = [_mean_of(near, [s], [s]) for s in range(len(design.sources))]
    return Unmatched(
        model_model=groups.estimate(among, among_parts),
        model_human=groups.estimate(far, far_parts),
        human_human=groups.estimate(*own[h]) if h is not None else None,
        within_model=groups.estimate(*_mean_of(near, models, models)),
        gap=groups.estimate(far - among, far_parts - among_parts) if both else None,
        ratio=groups.estimate(far / among, far_parts / among_parts) if both else None,
        within={
            name: one
            for name, mean in zip(design.sources, own, strict=True)
            if (one := groups.estimate(*mean)) is not None
        },
        confounded=h is not None and not design.with_people,
    )


_NOTHING = (float("nan"), np.full(1, np.nan))


def _mean_of(near: Near, a: Sequence[int] | Ints, b: Sequence[int] | Ints) -> tuple[float, Floats]:
    """Mean over some pairs of sources, whole and without each group of prompts."""
    if not len(a):
        return _NOTHING
    return float(near.value[a, b].mean()), near.parts[:, a, b].mean(axis=1)


def _centroids(near: Near, design: Design) -> Centroids:
    names, h, models, groups = design.sources, design.human, design.models, near.groups
    apart = Near(_between_means(near.value), _between_means(near.parts), groups)
    i, j = (np.array(models)[x] for x in np.triu_indices(len(models), 1))
    among, among_parts = _mean_of(apart, i, j)
    far, far_parts = _mean_of(apart, [h] * len(models), models) if h is not None else _NOTHING
    model_model = _root(groups.estimate(among, among_parts))
    ratio = None
    if model_model and model_model.low:
        # Told only where the models are apart beyond chance: else it divides by nothing.
        ratio = _root(groups.estimate(far / among, far_parts / among_parts))
    pairs = []
    for x, y in combinations(range(len(names)), 2):
        one = _root(groups.estimate(*_mean_of(apart, [x], [y])))
        if one is not None:
            pairs.append((names[x], names[y], one))
    return Centroids(
        human_model=_root(groups.estimate(far, far_parts)),
        model_model=model_model,
        ratio=ratio,
        pairs=sorted(pairs, key=lambda row: row[2].value),
    )


def _between_means(squared: Floats) -> Floats:
    """Squared distances between mean places, from mean squared distances between stories."""
    own = np.diagonal(squared, axis1=-2, axis2=-1)
    return squared - (own[..., :, None] + own[..., None, :]) / 2


def _root(found: Estimate | None) -> Estimate | None:
    """Turn a squared distance and its interval into a distance."""
    if found is None:
        return None
    ends = [None if x is None else sqrt(max(x, 0)) for x in (found.value, found.low, found.high)]
    return Estimate(ends[0] or 0.0, ends[1], ends[2], found.n)
