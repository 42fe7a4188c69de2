"""Where the sources lie, how widely each spreads, and whether their shapes differ.

A difference between two clouds of stories can be one of place or one of spread. PERMANOVA tests
both at once, PERMDISP the spread alone; each is reported beside the other. All of it is worked
out from one full matrix of distances over a stated sample of prompts; shuffled labels become
products of that matrix with columns of ones and zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.design import sample_prompts
from storyscope.compare.matched import lots, studentised
from storyscope.compare.resample import (
    MIN_PROMPTS,
    Estimate,
    estimate,
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
    "cloud",
    "different_prompts",
    "energy",
    "kernel_two_sample",
    "locate",
    "permanova",
    "spatial_medians",
    "unmatched",
]

LIMIT = 1500
"""Stories of the full matrix; larger tables give whole prompts drawn by the seed."""

RESAMPLES = 400
"""Draws of prompts for intervals that need the full matrix."""


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
    drawn : array, shape (resamples, sources, sources)
    prompts : int
    """

    value: Floats
    drawn: Floats
    prompts: int


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
    """How far a source's stories lie from their own spatial median, on average."""

    source: str
    distance: Estimate


@dataclass(frozen=True)
class Dispersion:
    """PERMDISP: whether the sources spread equally.

    Attributes
    ----------
    f, p : float
        Of the distances to each source's own spatial median, labels shuffled within prompts.
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


def spatial_medians(squared: Floats, labels: Ints, k: int) -> Floats:
    """Distance of every point to the spatial median of its own group.

    The median is a weighted mean of the group's points, found by Weiszfeld's steps on the weights
    alone, so that no coordinates are needed.
    """
    distance = np.zeros(len(labels))
    for group in range(k):
        rows = np.flatnonzero(labels == group)
        if not len(rows):
            continue
        inner = squared[np.ix_(rows, rows)]
        weights = np.full(len(rows), 1 / len(rows))
        for _ in range(500):
            cross = inner @ weights
            apart = np.sqrt(np.maximum(cross - weights @ cross / 2, 1e-16))
            fresh = (1 / apart) / (1 / apart).sum()
            moved = np.abs(fresh - weights).max()
            weights = fresh
            if moved < 1e-10:
                break
        cross = inner @ weights
        distance[rows] = np.sqrt(np.maximum(cross - weights @ cross / 2, 0))
    return distance


def anova_f(values: Floats, labels: NDArray, k: int) -> Floats:
    """F of a one-way analysis of variance, for many labellings of the same values."""
    f = np.empty(len(labels))
    n = len(values)
    total = float(((values - values.mean()) ** 2).sum())
    sizes = np.maximum(np.bincount(labels[0], minlength=k), 1)
    for row, one in enumerate(labels):
        means = np.bincount(one, values, minlength=k) / sizes
        between = float((sizes * (means - values.mean()) ** 2).sum())
        f[row] = (between / (k - 1)) / max((total - between) / (n - k), 1e-300)
    return f


def locate(
    cloud: Cloud, design: Design, draws: Prompts, near: Near, *, permutations: int, seed: int
) -> Location:
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
        permdisp=_dispersion(cloud, design, draws, labels, seed),
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


def _dispersion(
    cloud: Cloud, design: Design, draws: Prompts, labels: NDArray, seed: int
) -> Dispersion:
    k = len(design.sources)
    source, prompt = cloud.design.source, cloud.design.prompt
    sizes = np.bincount(source, minlength=k)
    distance = spatial_medians(cloud.squared, source, k)
    # A group's own points pull its median towards them, the more the fewer there are.
    distance = distance * np.sqrt(sizes / np.maximum(sizes - 1, 1))[source]
    f = anova_f(distance, labels, k)
    flat = prompt * k + source
    shape = (len(design.prompts), k)
    count = np.bincount(flat, minlength=np.prod(shape)).reshape(shape)
    total = np.bincount(flat, distance, minlength=np.prod(shape)).reshape(shape)
    cells = np.divide(total, count, out=np.full(shape, np.nan), where=count > 0)
    means, replicates = np.nanmean(cells[:, sizes > 0], axis=0), draws.means(cells)
    counts = np.isfinite(cells).sum(axis=0)
    spreads = []
    for place, s in enumerate(np.flatnonzero(sizes)):
        one = estimate(float(means[place]), replicates[:, s], int(counts[s]))
        if one is not None:
            spreads.append(Spread(design.sources[s], one))
    human_model, p_human = None, None
    if design.human is not None and sizes[design.human]:
        h, rest = design.human, [m for m in design.models if sizes[m]]
        value = float(np.nanmean(cells[:, h]) - np.mean([np.nanmean(cells[:, m]) for m in rest]))
        spread = replicates[:, h] - replicates[:, rest].mean(axis=1)
        human_model = estimate(value, spread, int(counts[h]))
        p_human = _paired(cells, h, len(labels) - 1, seed)
    return Dispersion(
        f=float(f[0]),
        p=p_value(f[0], f[1:]) if len(f) > 1 else None,
        spreads=sorted(spreads, key=lambda row: -row.distance.value),
        human_model=human_model,
        p_human=p_human,
    )


def _paired(cells: Floats, human: int, permutations: int, seed: int) -> float | None:
    """Whether one source's figure differs from the others' at the same prompt, two-sided."""
    given = np.isfinite(cells)
    count = given.sum(axis=1, keepdims=True)
    rest = np.where(given, cells, 0).sum(axis=1, keepdims=True) - np.where(given, cells, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.where(given & (count > 1), cells - rest / (count - 1), np.nan)
    use = np.isfinite(apart[:, human])
    if use.sum() < MIN_PROMPTS or permutations < 1:
        return None
    observed = float(studentised(apart[use, human]))
    return p_value(abs(observed), np.abs(lots(apart, use, permutations, seed)))


def different_prompts(cloud: Cloud, design: Design, draws: Prompts) -> Near:
    """Mean squared distances between sources over pairs of different prompts, and resampled."""
    k = len(design.sources)
    source, prompt = cloud.design.source, cloud.design.prompt
    apart = np.where(cloud.other_prompt, cloud.squared, 0)
    counts = cloud.design.cells.astype(float)
    same = (counts[:, :, None] * counts[:, None, :]).reshape(len(counts), -1)

    def mean(sums: Floats, weights: Floats) -> Floats:
        held = weights @ counts
        pairs = held[:, :, None] * held[:, None, :]
        pairs = pairs - ((weights**2) @ same).reshape(-1, k, k)
        return np.divide(sums, pairs, out=np.full(sums.shape, np.nan), where=pairs > 0)

    once = np.ones((1, len(design.prompts)))
    value = mean(block_sums(apart, source, k), once)[0]
    drawn = draws.drawn[: min(RESAMPLES, max(100, 12_000 // k))].astype(float)
    resampled = mean(block_sums(apart, source, k, drawn[:, prompt]), drawn)
    return Near(value, resampled, len(np.unique(prompt)))


def unmatched(near: Near, design: Design) -> Unmatched:
    """Mean distances over different prompts, to be read beside the matched ones."""
    h, models, value, drawn = design.human, design.models, near.value, near.drawn
    i, j = (np.array(models)[x] for x in np.triu_indices(len(models), 1))

    def one(found: Floats, replicates: Floats) -> Estimate | None:
        return estimate(float(found), replicates, near.prompts)

    def over(a: Ints | list[int], b: Ints | list[int]) -> Estimate | None:
        if not len(a):
            return None
        return one(value[a, b].mean(), drawn[:, a, b].mean(axis=1))

    people = gap = ratio = None
    if h is not None:
        people = over([h] * len(models), models)
        if len(i):
            far, drawn_far = value[h, models].mean(), drawn[:, h, models].mean(axis=1)
            among, drawn_among = value[i, j].mean(), drawn[:, i, j].mean(axis=1)
            gap = one(far - among, drawn_far - drawn_among)
            ratio = one(far / among, drawn_far / drawn_among)
    return Unmatched(
        model_model=over(i, j),
        model_human=people,
        human_human=None if h is None else over([h], [h]),
        within_model=over(models, models),
        gap=gap,
        ratio=ratio,
        within={
            name: found
            for s, name in enumerate(design.sources)
            if (found := over([s], [s])) is not None
        },
        confounded=h is not None and not design.with_people,
    )


def _centroids(near: Near, design: Design) -> Centroids:
    names, h, n = design.sources, design.human, near.prompts

    def squared(mean: Floats) -> Floats:
        own = np.diagonal(mean, axis1=-2, axis2=-1)
        return mean - (own[..., :, None] + own[..., None, :]) / 2

    value, drawn = squared(near.value), squared(near.drawn)

    def root(x: Floats) -> Floats:
        return np.sqrt(np.maximum(x, 0))

    def over(a: Ints | list[int], b: Ints | list[int]) -> tuple[Estimate | None, Floats, Floats]:
        middle, spread = value[a, b].mean(), drawn[:, a, b].mean(axis=1)
        return estimate(float(root(middle)), root(spread), n), root(middle), root(spread)

    models = design.models
    i, j = (np.array(models)[x] for x in np.triu_indices(len(models), 1))
    among = over(i, j) if len(i) else None
    people = over([h] * len(models), models) if h is not None else None
    ratio = None
    if among and people and among[1] > 0:
        quotient = np.divide(people[2], among[2], out=np.full(len(people[2]), np.nan),
                             where=among[2] > 0)  # fmt: skip
        ratio = estimate(float(people[1] / among[1]), quotient, n)
    a, b = np.triu_indices(len(names), 1)
    pairs = []
    for x, y in zip(a, b, strict=True):
        one = estimate(float(root(value[x, y])), root(drawn[:, x, y]), n)
        if one is not None:
            pairs.append((names[x], names[y], one))
    return Centroids(
        human_model=people[0] if people else None,
        model_model=among[0] if among else None,
        ratio=ratio,
        pairs=sorted(pairs, key=lambda row: row[2].value),
    )
