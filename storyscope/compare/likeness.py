"""How alike the stories of one prompt are, by any measure that compares all pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.diversity import classes, utility
from storyscope.compare.resample import Estimate, Prompts, estimate, mean_given, over, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.design import Design

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = [
    "BASELINE",
    "ConditionEffect",
    "Distinct",
    "Extra",
    "Kind",
    "Likeness",
    "Measure",
    "Pooled",
    "SizeTrend",
    "SourcePair",
    "Top",
    "kinds_of_pairs",
    "measure_likeness",
    "rows_by_prompt",
]

KINDS = ("within a model", "between models", "between model and person", "between people")
BASELINE = 400
"""Stories among which likeness over different prompts is taken."""

ORDERS = 20
"""Random orders in which the stories of a prompt are read."""

TOP = (1, 5, 10, 25, 50)
"""Nearest stories whose writers are counted."""


@dataclass(frozen=True)
class Kind:
    """How alike two stories are, by whose they are.

    Attributes
    ----------
    name : str
        One of "within a model", "between models", "between model and person", "between people".
    same_prompt : Estimate, or None
    different_prompts : float, or None
        The same over stories of different prompts: what they share without having been asked for
        the same.
    """

    name: str
    same_prompt: Estimate | None
    different_prompts: float | None


@dataclass(frozen=True)
class SourcePair:
    """How alike the stories of two sources are at the same prompt."""

    a: str
    b: str
    likeness: Estimate


@dataclass(frozen=True)
class Distinct:
    """How many different stories there are among k of one prompt.

    Attributes
    ----------
    source : str
        A source, or "one of each model" for one story of every model at a prompt.
    k : int
    distinct : Estimate
        Mean over prompts and random orders, from 1 to k.
    utility : Estimate, or None
        Mean score to a reader who goes on with the stated patience and counts only new stories;
        None without scores.
    """

    source: str
    k: int
    distinct: Estimate
    utility: Estimate | None


@dataclass(frozen=True)
class Pooled:
    """How often stories of one prompt are on average more alike than a published cut.

    Attributes
    ----------
    cut : float
    within : Estimate, or None
        Share of a model's prompts, every model weighing the same.
    by_source : dict of str to Estimate
        The same for each source that has several stories a prompt, the highest first.
    between : Estimate, or None
        Share of the pairs of models at a prompt.
    """

    cut: float
    within: Estimate | None
    by_source: dict[str, Estimate]
    between: Estimate | None


@dataclass(frozen=True)
class Top:
    """How many models wrote the stories most like a model's story, at the same prompt.

    Attributes
    ----------
    n : int
        Nearest stories, the story itself not among them.
    models : Estimate
        Different models among their writers, mean over stories and prompts.
    chance : float
        The number to be expected if likeness had nothing to do with the writer.
    """

    n: int
    models: Estimate
    chance: float


@dataclass(frozen=True)
class SizeTrend:
    """Whether larger models repeat themselves more.

    Attributes
    ----------
    slope : Estimate
        Change of the likeness within a model as its size doubles, families kept apart. The
        interval is over prompts: it does not speak of models that are not in the table.
    by_family : dict of str to Estimate
        The same within each family.
    families : dict of str to list of (str, float, float)
        Source, size and likeness within it, smallest first, by family.
    """

    slope: Estimate
    by_family: dict[str, Estimate]
    families: dict[str, list[tuple[str, float, float]]]


@dataclass(frozen=True)
class ConditionEffect:
    """How alike a model's stories of one prompt are under a condition.

    Attributes
    ----------
    condition, reference : str
        The latter is the condition with most stories.
    likeness : Estimate
    difference : Estimate, or None
        From the reference, at the same prompts and models.
    """

    condition: str
    reference: str
    likeness: Estimate
    difference: Estimate | None


@dataclass(frozen=True)
class Likeness:
    """Repetition by one measure.

    Attributes
    ----------
    measure, what : str
    kinds : list of Kind
    within : dict of str to Estimate
        Between two stories of one source at one prompt, most alike first.
    between : list of SourcePair
        Most alike first.
    same_from : float, or None
        Two stories count as the same if they are more alike than this; None where there is no
        rule, stories being of one prompt.
    rule : str
        Where that comes from, in words.
    distinct : list of Distinct
    pooled : Pooled, or None
        For measures with a published cut.
    top : list of Top
    sizes : SizeTrend, or None
    conditions : list of ConditionEffect
    """

    measure: str
    what: str
    kinds: list[Kind]
    within: dict[str, Estimate]
    between: list[SourcePair]
    same_from: float | None
    rule: str
    distinct: list[Distinct]
    pooled: Pooled | None
    top: list[Top]
    sizes: SizeTrend | None
    conditions: list[ConditionEffect]


@dataclass(frozen=True)
class Measure:
    """A way to say how alike stories are: all pairs of some of them.

    Attributes
    ----------
    name, what : str
    matrix : callable
    same : float, or None
        Likeness above which two stories are the same; default one that few pairs of different
        prompts exceed.
    cut : float, or None
        Published, for `Pooled`.
    """

    name: str
    what: str
    matrix: Callable[[Ints], Floats]
    same: float | None = None
    cut: float | None = None


@dataclass(frozen=True)
class Extra:
    """Further columns of the stories."""

    score: Floats | None
    size: Floats | None
    family: list[str]
    condition: list[str] | None


def measure_likeness(
    measure: Measure,
    design: Design,
    draws: Prompts,
    extra: Extra,
    *,
    quantile: float,
    patience: float,
    seed: int,
) -> Likeness:
    """Compare all stories of each prompt by one measure."""
    by_prompt = rows_by_prompt(design)
    alike = {p: measure.matrix(rows) for p, rows in by_prompt.items()}
    cells = _cells(alike, by_prompt, design)
    far, same_from = _baseline(measure, design, quantile, seed)
    rule = f"more alike than all but {1 - quantile:.1%} of the pairs of different prompts"
    if measure.same is not None:
        same_from, rule = measure.same, "a fixed bound, see docs/comparison.md"
    names, s = design.sources, len(design.sources)
    within = {
        names[a]: found for a in range(s) if (found := draws.mean(cells[:, a, a])) is not None
    }
    between = [
        SourcePair(names[a], names[b], found)
        for a in range(s)
        for b in range(a + 1, s)
        if (found := draws.mean(cells[:, a, b])) is not None
    ]
    return Likeness(
        measure=measure.name,
        what=measure.what,
        kinds=[
            Kind(kind, draws.mean(mean_given(cells[:, mask], 1)), _mean_or_none(far[mask]))
            for kind, mask in kinds_of_pairs(design).items()
            if mask.any()
        ],
        within=dict(sorted(within.items(), key=lambda item: -item[1].value)),
        between=sorted(between, key=lambda pair: -pair.likeness.value),
        same_from=same_from,
        rule="" if same_from is None else rule,
        distinct=[]
        if same_from is None
        else _distinct(alike, by_prompt, design, draws, extra, same_from, patience, seed),
        pooled=None if measure.cut is None else _pooled(cells, design, draws, measure.cut),
        top=_top(alike, by_prompt, design, draws, seed),
        sizes=_sizes(cells, design, draws, extra),
        conditions=_conditions(alike, by_prompt, design, draws, extra),
    )


def rows_by_prompt(design: Design) -> dict[int, Ints]:
    """Rows of each prompt that has two stories or more."""
    order = np.argsort(design.prompt, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(design.prompt[order])) + 1)
    return {int(design.prompt[rows[0]]): rows for rows in parts if len(rows) > 1}


def _pair_means(alike: Floats, label: Ints, k: int) -> Floats:
    """Mean of a prompt's likenesses by the labels of both, a story with itself left out."""
    hot = (label[:, None] == np.arange(k)).astype(float)
    given = np.isfinite(alike) & ~np.eye(len(alike), dtype=bool)
    total = hot.T @ np.where(given, alike, 0) @ hot
    count = hot.T @ given.astype(float) @ hot
    return over(total, count)


def _cells(alike: dict[int, Floats], by_prompt: dict[int, Ints], design: Design) -> Floats:
    k = len(design.sources)
    cells = np.full((len(design.prompts), k, k), np.nan)
    for p, matrix in alike.items():
        cells[p] = _pair_means(matrix, design.source[by_prompt[p]], k)
    return cells


def kinds_of_pairs(design: Design) -> dict[str, NDArray[np.bool_]]:
    """Which cells of a table of sources by sources belong to which kind of pair."""
    k = len(design.sources)
    diagonal = np.eye(k, dtype=bool)
    person = np.arange(k) == (-1 if design.human is None else design.human)
    upper = np.triu(np.ones((k, k), bool), 1)
    either, both = person[:, None] | person, person[:, None] & person
    masks = (diagonal & ~either, upper & ~either, upper & either, diagonal & both)
    return dict(zip(KINDS, masks, strict=True))


def _mean_or_none(values: Floats) -> float | None:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else None


def _baseline(
    measure: Measure, design: Design, quantile: float, seed: int
) -> tuple[Floats, float | None]:
    """Mean likeness over different prompts by sources, and the likeness that few pairs exceed."""
    rng = stream(seed, "baseline")
    n, k = len(design), len(design.sources)
    rows = np.arange(n) if n <= BASELINE else np.sort(rng.choice(n, BASELINE, replace=False))
    matrix = measure.matrix(rows)
    prompt = design.prompt[rows]
    apart = prompt[:, None] != prompt[None, :]
    means = _pair_means(np.where(apart, matrix, np.nan), design.source[rows], k)
    values = matrix[apart]
    values = values[np.isfinite(values)]
    return means, float(np.quantile(values, quantile)) if len(values) else None


def _pooled(cells: Floats, design: Design, draws: Prompts, cut: float) -> Pooled:
    """Shares of prompts over a published cut, by the mean likeness of each cell of sources."""
    over = np.where(np.isfinite(cells), (cells > cut).astype(float), np.nan)
    masks = kinds_of_pairs(design)
    own = {
        name: found
        for s, name in enumerate(design.sources)
        if (found := draws.mean(over[:, s, s])) is not None
    }
    return Pooled(
        cut,
        draws.mean(mean_given(over[:, masks["within a model"]], 1)),
        dict(sorted(own.items(), key=lambda item: -item[1].value)),
        draws.mean(mean_given(over[:, masks["between models"]], 1)),
    )


def _top(
    alike: dict[int, Floats], by_prompt: dict[int, Ints], design: Design, draws: Prompts, seed: int
) -> list[Top]:
    """Count the writers of the nearest stories, people left out."""
    rng = stream(seed, "top")
    count = {n: np.full(len(design.prompts), np.nan) for n in TOP}
    chance = {n: np.full(len(design.prompts), np.nan) for n in TOP}
    for p, rows in by_prompt.items():
        matrix = alike[p]
        use = np.flatnonzero((design.source[rows] != design.human) & np.isfinite(matrix).any(1))
        use = rng.permutation(use)  # equal likenesses are taken in no order
        matrix, source = matrix[np.ix_(use, use)], design.source[rows[use]]
        if len(np.unique(source)) < 2:
            continue
        np.fill_diagonal(matrix, -np.inf)
        near = source[np.argsort(-np.nan_to_num(matrix, nan=-np.inf), axis=1, kind="stable")]
        for n in TOP:
            if n >= len(use) - 1:  # all the others are the nearest, whoever wrote them
                break
            first = np.sort(near[:, :n], axis=1)
            count[n][p] = (1 + (np.diff(first, axis=1) != 0).sum(axis=1)).mean()
            chance[n][p] = _by_chance(source, n)
    found = []
    for n in TOP:
        models = draws.mean(count[n])
        if models is not None:
            found.append(Top(n, models, float(np.nanmean(chance[n]))))
    return found


def _by_chance(source: Ints, n: int) -> float:
    """Different sources to be expected among n of the others, mean over stories.

    >>> _by_chance(np.array([0, 1, 2]), 1), _by_chance(np.array([0, 0, 1, 1]), 3)
    (1.0, 2.0)
    """
    total = len(source) - 1
    names, held = np.unique(source, return_counts=True)
    expected = 0.0
    for own, weight in enumerate(held / len(source)):
        left = held - (np.arange(len(names)) == own)
        # None of the n is by a source: every one falls among the others.
        steps = np.arange(n)
        missed = np.prod(np.maximum(total - left[:, None] - steps, 0) / (total - steps), axis=1)
        expected += weight * float((1 - missed).sum())
    return float(expected)


def _distinct(
    alike: dict[int, Floats],
    by_prompt: dict[int, Ints],
    design: Design,
    draws: Prompts,
    extra: Extra,
    same_from: float,
    patience: float,
    seed: int,
) -> list[Distinct]:
    """Different stories among k: each source asked again, and the models one story each."""
    rng = stream(seed, "orders")
    found = []
    names = [*design.sources, "one of each model"]
    for place, name in enumerate(names):
        pooled = place == len(design.sources)
        groups: dict[int, Ints] = {}
        for p, rows in by_prompt.items():
            source = design.source[rows]
            mine = source != design.human if pooled else source == place
            groups[p] = np.flatnonzero(mine)
        if pooled:
            sizes = {p: len(np.unique(design.source[by_prompt[p][g]])) for p, g in groups.items()}
        else:
            sizes = {p: len(g) for p, g in groups.items()}
        several = [size for size in sizes.values() if size > 1]
        if not several:
            continue
        k = int(np.median(several))
        count = np.full(len(design.prompts), np.nan)
        worth = np.full(len(design.prompts), np.nan)
        for p, group in groups.items():
            if sizes[p] < k:
                continue
            rows, matrix = by_prompt[p], alike[p]
            if np.isnan(matrix[np.ix_(group, group)]).any():
                continue
            tries = []
            for _ in range(ORDERS):
                order = rng.permutation(group)
                if pooled:
                    _, first = np.unique(design.source[rows[order]], return_index=True)
                    order = order[np.sort(first)]
                order = order[:k]
                new = classes(matrix[np.ix_(order, order)] > same_from)
                scores = np.zeros(k) if extra.score is None else extra.score[rows[order]]
                tries.append((new.sum(), utility(new, scores, patience)))
            count[p], worth[p] = np.mean(tries, axis=0)
        number = draws.mean(count)
        if number is not None:
            value = draws.mean(worth) if extra.score is not None else None
            found.append(Distinct(name, k, number, value))
    return found


def _sizes(cells: Floats, design: Design, draws: Prompts, extra: Extra) -> SizeTrend | None:
    if extra.size is None:
        return None
    k = len(design.sources)
    rows = [design.of(s) for s in range(k)]
    size = np.array([np.nanmedian(extra.size[r]) if np.isfinite(extra.size[r]).any() else np.nan
                     for r in rows])  # fmt: skip
    family = [extra.family[r[0]] if len(r) else "" for r in rows]
    own = cells[:, np.arange(k), np.arange(k)]
    use = [s for s in range(k) if size[s] > 0 and np.isfinite(own[:, s]).any()]
    groups = {f: [s for s in use if family[s] == f] for f in dict.fromkeys(family)}
    groups = {f: members for f, members in groups.items() if len(members) > 1}
    doubled = {f: np.log2(size[m]) - np.log2(size[m]).mean() for f, m in groups.items()}
    groups = {f: m for f, m in groups.items() if (doubled[f] ** 2).sum() > 1e-9}
    slope = _slope(own, groups, doubled, draws)
    if slope is None:
        return None
    alone = {f: _slope(own, {f: m}, doubled, draws) for f, m in groups.items()}
    families = {
        f: sorted(
            ((design.sources[s], float(size[s]), float(np.nanmean(own[:, s]))) for s in m),
            key=lambda row: row[1],
        )
        for f, m in groups.items()
    }
    return SizeTrend(slope, {f: one for f, one in alone.items() if one}, families)


def _slope(
    own: Floats, groups: dict[str, list[int]], doubled: dict[str, Floats], draws: Prompts
) -> Estimate | None:
    """Regress likeness on size within families: a weighted sum of means, resampled by prompt."""
    if not groups:
        return None
    members = [s for m in groups.values() for s in m]
    steps = np.concatenate([doubled[f] for f in groups])
    weights = steps / (steps**2).sum()
    means = np.array([np.nanmean(own[:, s]) for s in members])
    drawn = draws.means(own[:, members]) @ weights
    shared = int(np.isfinite(own[:, members]).all(axis=1).sum())
    return estimate(float(means @ weights), drawn, shared)


def _conditions(
    alike: dict[int, Floats],
    by_prompt: dict[int, Ints],
    design: Design,
    draws: Prompts,
    extra: Extra,
) -> list[ConditionEffect]:
    """Likeness within a model by condition, people left out."""
    if extra.condition is None:
        return []
    label = np.array(extra.condition)
    names, counts = np.unique(label[label != ""], return_counts=True)
    if not len(names):
        return []
    reference = str(names[counts.argmax()])
    k = len(design.sources)
    cells = {}
    for name in names:
        own = np.full((len(design.prompts), k), np.nan)
        for p, matrix in alike.items():
            here = np.flatnonzero(label[by_prompt[p]] == name)
            part = _pair_means(matrix[np.ix_(here, here)], design.source[by_prompt[p][here]], k)
            own[p] = np.diag(part)
        if design.human is not None:
            own[:, design.human] = np.nan
        cells[str(name)] = own
    found = []
    for name, own in cells.items():
        mean = draws.mean(mean_given(own, 1))
        if mean is None:
            continue
        change = None
        if name != reference:
            apart = own - cells[reference]
            change = draws.mean(mean_given(apart, 1))
        found.append(ConditionEffect(name, reference, mean, change))
    return found
