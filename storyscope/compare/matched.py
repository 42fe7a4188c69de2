"""How far apart sources are when they answer the same prompt.

The prompt decides more about a story than its writer does, so that stories of different prompts
tell little about how alike two writers are. Here every distance is one between two stories of the
same prompt; prompts weigh the same, and within a prompt pairs of sources do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.multiplicity import holm
from storyscope.compare.resample import (
    MIN_PROMPTS,
    Estimate,
    estimate,
    mean_given,
    over,
    p_value,
    stream,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.design import Design
    from storyscope.compare.distance import Gower, ZScored
    from storyscope.compare.resample import Prompts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = [
    "Apart",
    "Camps",
    "DimensionGap",
    "Gap",
    "Matched",
    "Pair",
    "Pairs",
    "Sensitivity",
    "matched",
]

SAME_LENGTH = 1.25
"""Two stories are of the same length if neither has more than this many times the other's words."""

ANSWERED = 0.95
"""Share of every source's stories that must answer a feature for it to count as complete."""


@dataclass(frozen=True)
class Gap:
    """How much farther people are from the models than the models are from one another.

    Attributes
    ----------
    model_model, model_human : Estimate
        Mean distances at the prompts that have people and at least two models.
    gap : Estimate
        Their difference: `model_human` less `model_model`.
    ratio : Estimate
        `model_human` over `model_model`.
    p : float, or None
        Of the gap, two-sided: which of a prompt's sources is people's is drawn by lot, and the
        mean gap is compared in units of its standard error.
    """

    model_model: Estimate
    model_human: Estimate
    gap: Estimate
    ratio: Estimate
    p: float | None


@dataclass(frozen=True)
class Camps:
    """How far two people, two models, and a model and a person are at the prompts that have all.

    Attributes
    ----------
    two_people, two_models, mixed : Estimate
        Mean distances; two people are stories by authors known to be different.
    models_to_people : Estimate
        `two_models` over `two_people`: below 1, models are closer to one another than people are.
    mixed_to_people, mixed_to_models : Estimate
        `mixed` over either: both above 1, people and models are two camps.
    """

    two_people: Estimate
    two_models: Estimate
    mixed: Estimate
    models_to_people: Estimate
    mixed_to_people: Estimate
    mixed_to_models: Estimate


@dataclass(frozen=True)
class Apart:
    """How far one source stands from the others, beyond how far those are from one another.

    Attributes
    ----------
    source : str
    gap : Estimate
        As in `Gap`, with this source in the place of people.
    p, p_holm : float, or None
        As in `Gap`, and corrected for the number of sources.
    """

    source: str
    gap: Estimate
    p: float | None
    p_holm: float | None


@dataclass(frozen=True)
class Pair:
    """Two sources and their mean distance at the same prompt; None if they share no prompt."""

    a: str
    b: str
    distance: Estimate | None


@dataclass(frozen=True)
class DimensionGap:
    """The gap within one dimension of the codebook.

    Attributes
    ----------
    share : float
        Part of the mean distance at the same prompt that this dimension makes up.
    """

    dimension: str
    share: float
    gap: Estimate
    ratio: Estimate
    p: float | None
    p_holm: float | None


@dataclass(frozen=True)
class Sensitivity:
    """The gap computed in another way, to see whether it hangs on a choice."""

    name: str
    what: str
    gap: Estimate | None
    ratio: Estimate | None
    p: float | None


@dataclass(frozen=True)
class Matched:
    """Distances at the same prompt.

    Attributes
    ----------
    prompts, pairs : int
        Prompts with two stories or more, and pairs of stories in them.
    dropped : int
        Pairs left out because they share too few answers.
    model_model, model_human, human_human : Estimate, or None
        Mean distances between two models, a model and a person, and two people, each over all
        prompts that have such a pair. Two people are stories whose authors are known to differ.
    within : dict of str to Estimate
        Mean distance between two stories of one source at one prompt, where it has several.
    within_model : Estimate, or None
        The same over all models.
    gap : Gap, or None
        The primary result. None where no prompt has people and two models.
    camps : Camps, or None
        None where no prompt has two people, known to be different, and two models.
    within_gap : Estimate, or None
        Distance of models to people less that of models to themselves.
    between_gap : Estimate, or None
        Distance of a model to other models less that to itself.
    apart : list of Apart
        Each source against the rest.
    source_pairs : list of Pair
        Nearest first.
    closest_human, farthest_models : Pair, or None
        The model nearest to people, and the two models farthest from each other.
    dimensions : list of DimensionGap
    without : dict of str to Estimate
        The gap without each of the models.
    sensitivity : list of Sensitivity
    """

    prompts: int
    pairs: int
    dropped: int
    model_model: Estimate | None
    model_human: Estimate | None
    human_human: Estimate | None
    within: dict[str, Estimate]
    within_model: Estimate | None
    gap: Gap | None
    camps: Camps | None
    within_gap: Estimate | None
    between_gap: Estimate | None
    apart: list[Apart]
    source_pairs: list[Pair]
    closest_human: Pair | None
    farthest_models: Pair | None
    dimensions: list[DimensionGap]
    without: dict[str, Estimate]
    sensitivity: list[Sensitivity]


class Pairs:
    """All pairs of stories that answer the same prompt.

    Attributes
    ----------
    left, right, prompt : arrays of int
        Rows of the two stories, and their prompt.
    """

    def __init__(self, design: Design):
        self.design = design
        order = np.argsort(design.prompt, kind="stable")
        starts = np.searchsorted(design.prompt[order], np.arange(len(design.prompts) + 1))
        lefts, rights = [], []
        sizes = np.diff(starts)
        for size in np.unique(sizes[sizes > 1]):
            rows = order[starts[:-1][sizes == size][:, None] + np.arange(size)]
            i, j = np.triu_indices(int(size), 1)
            lefts.append(rows[:, i].ravel())
            rights.append(rows[:, j].ravel())
        none = [np.empty(0, int)]
        self.left, self.right = np.concatenate(lefts or none), np.concatenate(rights or none)
        self.prompt = design.prompt[self.left]

    def __len__(self) -> int:
        return len(self.left)

    @property
    def two_people(self) -> NDArray[np.bool_]:
        """Which pairs are of two people, known to be different ones."""
        design, author = self.design, self.design.author
        if author is None or design.human is None:
            return np.zeros(len(self), bool)
        a, b = author[self.left], author[self.right]
        of_people = (design.source[self.left] == design.human) & (
            design.source[self.right] == design.human
        )
        return of_people & (a != "") & (b != "") & (a != b)

    def cells(self, values: Floats, keep: NDArray[np.bool_] | None = None) -> Floats:
        """Mean of a figure of pairs, by prompt and the two sources: (prompts, sources, sources).

        Missing where there is no such pair. The diagonal holds pairs of one source.
        """
        design, s = self.design, len(self.design.sources)
        use = np.isfinite(values) if keep is None else np.isfinite(values) & keep
        a, b = design.source[self.left[use]], design.source[self.right[use]]
        flat = (self.prompt[use] * s + np.minimum(a, b)) * s + np.maximum(a, b)
        shape = (len(design.prompts), s, s)
        count = np.bincount(flat, minlength=np.prod(shape)).reshape(shape)
        total = np.bincount(flat, values[use], minlength=np.prod(shape)).reshape(shape)
        upper = over(total, count)
        lower = np.triu(np.ones((s, s), bool), 1)
        return np.where(lower.T, upper.transpose(0, 2, 1), upper)


def matched(
    space: Gower,
    design: Design,
    draws: Prompts,
    *,
    words: Floats | None,
    other: ZScored | None,
    permutations: int,
    seed: int,
) -> tuple[Matched, Floats]:
    """Measure distances at the same prompt, and the gap.

    Parameters
    ----------
    words : array, optional
        Length of each story, for the gap at equal length.
    other : ZScored, optional
        The published distance, for comparison.

    Returns
    -------
    What was found, and the distances it rests on, by prompt and two sources: an array of shape
    (prompts, sources, sources) with a missing diagonal.
    """
    pairs = Pairs(design)
    difference, weight = space.by_dimension(pairs.left, pairs.right)
    shared = weight.sum(axis=1)
    enough = shared >= space.min_overlap
    distance = np.full(len(pairs), np.nan)
    distance[enough] = difference[enough].sum(axis=1) / shared[enough]
    cells = pairs.cells(distance)
    human, models = design.human, design.models

    diagonal = np.arange(len(design.sources))
    between = cells.copy()
    between[:, diagonal, diagonal] = np.nan
    self_pairs = cells[:, diagonal, diagonal]
    model_model = mean_given(between[:, models][:, :, models], (1, 2))
    within_model = mean_given(self_pairs[:, models], 1)
    gap = people = two_people = camps = None
    if human is not None:
        people = mean_given(between[:, human], 1)
        gap = _gap(between, human, draws, permutations, seed)
        two_people = pairs.cells(distance, pairs.two_people)[:, human, human]
        camps = _camps(two_people, model_model, people, draws)
    ranked = _source_pairs(between, design, draws)
    of_models = [pair for pair in ranked if human is None or pair.a != design.sources[human]]
    of_people = [pair for pair in ranked if pair not in of_models and pair.distance]
    result = Matched(
        prompts=len(np.unique(pairs.prompt)),
        pairs=len(pairs),
        dropped=int(np.isnan(distance).sum()),
        model_model=draws.mean(model_model),
        model_human=None if people is None else draws.mean(people),
        human_human=None if two_people is None else draws.mean(two_people),
        within={
            name: found
            for s, name in enumerate(design.sources)
            if (found := draws.mean(self_pairs[:, s])) is not None
        },
        within_model=draws.mean(within_model),
        gap=gap,
        camps=camps,
        within_gap=None if people is None else draws.mean(people - within_model),
        between_gap=draws.mean(model_model - within_model),
        apart=_apart(between, design, draws, permutations, seed),
        source_pairs=ranked,
        closest_human=of_people[0] if of_people else None,
        farthest_models=next((pair for pair in of_models[::-1] if pair.distance), None),
        dimensions=_dimensions(pairs, difference, weight, space, draws, permutations, seed),
        without=_without(between, design, draws),
        sensitivity=_sensitivity(pairs, distance, space, other, words, draws, permutations, seed),
    )
    return result, between


def gaps(between: Floats) -> Floats:
    """Distance to a source less distance among the others, by prompt and source.

    `between` is (prompts, sources, sources) with a missing diagonal. Missing where a prompt has
    fewer than three sources. The mean over a prompt's sources is zero in a complete design.
    """
    given = np.isfinite(between)
    values = np.where(given, between, 0)
    to_it, pairs_of_it = values.sum(axis=2), given.sum(axis=2)
    others = values.sum(axis=(1, 2))[:, None] / 2 - to_it
    pairs = given.sum(axis=(1, 2))[:, None] / 2 - pairs_of_it
    usable = (pairs_of_it > 0) & (pairs > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(usable, to_it / pairs_of_it - others / pairs, np.nan)


def lots(gap: Floats, use: NDArray[np.bool_], permutations: int, seed: int) -> Floats:
    """Draw each prompt's odd one out by lot, and studentise the mean gap."""
    rows = gap[use]
    rows = np.take_along_axis(rows, np.argsort(np.isnan(rows), axis=1, kind="stable"), axis=1)
    sizes = (~np.isnan(rows)).sum(axis=1)
    rng = stream(seed, "gap")
    null = np.empty(permutations)
    step = max(1, 4_000_000 // max(len(rows), 1))
    for start in range(0, permutations, step):
        shape = (min(step, permutations - start), len(rows))
        pick = (rng.random(shape) * sizes).astype(int)
        null[start : start + shape[0]] = studentised(rows[np.arange(len(rows)), pick], axis=1)
    return null


def studentised(values: Floats, axis: int = 0) -> Floats:
    """Mean over its standard error; 0 where nothing varies about zero."""
    n = values.shape[axis]
    mean = values.mean(axis=axis)
    error = values.std(axis=axis, ddof=1) / np.sqrt(n)
    return np.divide(mean, error, out=np.zeros_like(mean), where=error > 1e-12)


def _test(gap: Floats, source: int, permutations: int, seed: int) -> float | None:
    use = np.isfinite(gap[:, source])
    if use.sum() < MIN_PROMPTS:
        return None
    observed = float(studentised(gap[use, source]))
    return p_value(abs(observed), np.abs(lots(gap, use, permutations, seed)))


def _gap(between: Floats, human: int, draws: Prompts, permutations: int, seed: int) -> Gap | None:
    gap = gaps(between)
    use = np.isfinite(gap[:, human])
    models = [s for s in range(between.shape[1]) if s != human]
    people = np.where(use, mean_given(between[:, human], 1), np.nan)
    among = np.where(use, mean_given(between[:, models][:, :, models], (1, 2)), np.nan)
    model_model, model_human = draws.mean(among), draws.mean(people)
    difference = draws.mean(gap[:, human])
    if not (model_model and model_human and difference and model_model.value):
        return None
    ratio = estimate(
        model_human.value / model_model.value,
        over(draws.means(people), draws.means(among)),
        difference.n,
    )
    if ratio is None:
        return None
    p = _test(gap, human, permutations, seed)
    return Gap(model_model, model_human, difference, ratio, p)


def _camps(two_people: Floats, two_models: Floats, mixed: Floats, draws: Prompts) -> Camps | None:
    values = [two_people, two_models, mixed]
    use = np.isfinite(values).all(axis=0)
    kept = [np.where(use, value, np.nan) for value in values]
    means = [draws.mean(value) for value in kept]
    drawn = [draws.means(value) for value in kept]
    if not all(mean and mean.value > 0 for mean in means):
        return None
    found: list[Estimate] = [mean for mean in means if mean]
    ratios = [
        estimate(found[a].value / found[b].value, over(drawn[a], drawn[b]), found[a].n)
        for a, b in ((1, 0), (2, 0), (2, 1))
    ]
    return Camps(*found, *[ratio for ratio in ratios if ratio])


def _apart(
    between: Floats, design: Design, draws: Prompts, permutations: int, seed: int
) -> list[Apart]:
    gap = gaps(between)
    known = [
        (s, found)
        for s in range(len(design.sources))
        if (found := draws.mean(gap[:, s])) is not None
    ]
    p = [_test(gap, s, permutations, seed) for s, _ in known]
    rows = [
        Apart(design.sources[s], found, one, adjusted)
        for (s, found), one, adjusted in zip(known, p, holm(p), strict=True)
    ]
    return sorted(rows, key=lambda row: -row.gap.value)


def _source_pairs(between: Floats, design: Design, draws: Prompts) -> list[Pair]:
    names = design.sources
    i, j = np.triu_indices(len(names), 1)
    values = between[:, i, j]
    replicates = draws.means(values)
    counts = np.isfinite(values).sum(axis=0)
    means = mean_given(values, 0)
    rows = [
        Pair(names[a], names[b], estimate(float(means[k]), replicates[:, k], int(counts[k])))
        for k, (a, b) in enumerate(zip(i, j, strict=True))
    ]
    return sorted(rows, key=lambda row: row.distance.value if row.distance else np.inf)


def _without(between: Floats, design: Design, draws: Prompts) -> dict[str, Estimate]:
    """Leave out one model after the other, to see whether the gap hangs on one."""
    if design.human is None or len(design.models) < 3:
        return {}
    found = {}
    for model in design.models:
        rest = [s for s in range(len(design.sources)) if s != model]
        one = draws.mean(gaps(between[:, rest][:, :, rest])[:, design.human])
        if one is not None:
            found[design.sources[model]] = one
    return found


def _dimensions(
    pairs: Pairs,
    difference: Floats,
    weight: Floats,
    space: Gower,
    draws: Prompts,
    permutations: int,
    seed: int,
) -> list[DimensionGap]:
    human = pairs.design.human
    if human is None or len(space.dimensions) < 2:
        return []
    rows: list[DimensionGap] = []
    total = weight.sum(axis=1, keepdims=True)
    parts = np.divide(difference, total, out=np.zeros(difference.shape), where=total > 0)
    for d, name in enumerate(space.dimensions):
        given = weight[:, d] > 0
        apart = np.full(len(pairs), np.nan)
        apart[given] = difference[given, d] / weight[given, d]
        gap = _gap(_off_diagonal(pairs.cells(apart)), human, draws, permutations, seed)
        if gap is None:
            continue
        share = float(parts[:, d].sum() / max(parts.sum(), 1e-12))
        rows.append(DimensionGap(name, share, gap.gap, gap.ratio, gap.p, None))
    adjusted = holm([row.p for row in rows])
    return [replace(row, p_holm=p) for row, p in zip(rows, adjusted, strict=True)]


def _off_diagonal(cells: Floats) -> Floats:
    diagonal = np.arange(cells.shape[1])
    cells[:, diagonal, diagonal] = np.nan
    return cells


def _sensitivity(
    pairs: Pairs,
    distance: Floats,
    space: Gower,
    other: ZScored | None,
    words: Floats | None,
    draws: Prompts,
    permutations: int,
    seed: int,
) -> list[Sensitivity]:
    design = pairs.design
    human = design.human
    if human is None:
        return []
    rows: list[Sensitivity] = []

    def add(name: str, what: str, values: Floats, keep: NDArray[np.bool_] | None = None) -> None:
        gap = _gap(_off_diagonal(pairs.cells(values, keep)), human, draws, permutations, seed)
        if gap is None:
            rows.append(Sensitivity(name, what, None, None, None))
        else:
            rows.append(Sensitivity(name, what, gap.gap, gap.ratio, gap.p))

    if words is not None and np.isfinite(words).all() and (words > 0).all():
        longer = np.abs(np.log(words[pairs.left] / words[pairs.right]))
        close = longer <= np.log(SAME_LENGTH)
        share = f"{100 * close.mean():.0f}%" if len(close) else "none"
        what = f"pairs whose lengths differ by at most a quarter ({share} of the pairs)"
        add("length matched", what, distance, close)
        what = "distances adjusted for the difference in length, by regression"
        add("length adjusted", what, _adjusted(pairs, distance, longer))
    if other is not None:
        what = "one-hot, z-scored Euclidean distance over the same features"
        add("published distance", what, other.pairs(pairs.left, pairs.right))
    complete = _complete(space, design)
    if 0 < complete.sum() < len(complete):
        what = (
            f"the {complete.sum()} features that at least {100 * ANSWERED:.0f}% of every source's "
            "stories answer"
        )
        narrow = type(space)(space.columns.keep(lambda i: bool(complete[i])))
        add("complete features", what, narrow.pairs(pairs.left, pairs.right))
    return rows


def _adjusted(pairs: Pairs, distance: Floats, longer: Floats) -> Floats:
    """Distances less what the difference in length explains, at equal length.

    The slope is that among pairs of one kind (with people or without), so that the gap itself does
    not enter it.
    """
    design = pairs.design
    with_people = (design.source[pairs.left] == design.human) ^ (
        design.source[pairs.right] == design.human
    )
    use = np.isfinite(distance)
    group = with_people[use].astype(int)
    count = np.maximum(np.bincount(group), 1)
    x = longer[use] - (np.bincount(group, longer[use]) / count)[group]
    y = distance[use] - (np.bincount(group, distance[use]) / count)[group]
    spread = float(x @ x)
    slope = float(x @ y) / spread if spread > 1e-12 else 0.0
    return distance - slope * longer


def _complete(space: Gower, design: Design) -> NDArray[np.bool_]:
    present = space.columns.present
    shares = [present[design.of(s)].mean(axis=0) for s in range(len(design.sources))]
    return np.min(shares, axis=0) >= ANSWERED
