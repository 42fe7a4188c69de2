"""How unusual a story is: how far it lies from its nearest neighbours.

A story's rarity is its mean distance to the 25 nearest stories of a pool, and its percentile
among all stories. Pools hold equally many stories of every source, or the largest source would be
the least rare by its size alone. Stories of the same prompt are never neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from storyscope.compare.matched import lots, studentised
from storyscope.compare.resample import (
    MIN_PROMPTS,
    Estimate,
    estimate,
    normal_interval,
    p_value,
    stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from storyscope.compare.design import Design
    from storyscope.compare.distance import Gower, ZScored
    from storyscope.compare.resample import Prompts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Pool", "Rarity", "SourceRarity", "auc", "clustered_auc", "rarities", "rarity"]

K = 25
ALSO = (5, 10, 50)
LARGEST = 3000
"""Stories of the pool at most."""


@dataclass(frozen=True)
class SourceRarity:
    """Rarity of one source's stories.

    Attributes
    ----------
    source : str
    percentile : Estimate
        Mean percentile among all stories, 0 (usual) to 1 (rare).
    top_decile : Estimate
        Share of its stories among the rarest tenth of all.
    histogram : list of float
        Share of its stories in each twentieth of the percentiles.
    """

    source: str
    percentile: Estimate
    top_decile: Estimate
    histogram: list[float]


@dataclass(frozen=True)
class Pool:
    """Rarity against one pool of stories.

    Attributes
    ----------
    name : str
        "equal": as many stories of each source. "half human": as many of people as of all models
        together, so that people are not rare for being one source among many. "own": of the
        story's own source alone, so that rarity is looseness within the source.
    k : int
        Neighbours.
    size : int
        Stories in the pool.
    unplaced : int
        Stories with fewer than k neighbours that they can be compared with; left out.
    sources : list of SourceRarity
        Rarest first.
    human, models : float, or None
        Mean percentiles.
    d : Estimate, or None
        Cohen's d of people against models, in distances to neighbours.
    auc : Estimate, or None
        Probability that a story of people's is rarer than a model's.
    human_top, models_top : float, or None
        Shares in the rarest decile.
    rarest : Estimate, or None
        Share of prompts whose rarest story is people's, of those with people and models.
    chance : float, or None
        What that share would be if writers were alike.
    p : float, or None
        Of people's rarity less that of models at the same prompt, two-sided, by lot as the gap's.
    """

    name: str
    k: int
    size: int
    unplaced: int
    sources: list[SourceRarity]
    human: float | None
    models: float | None
    d: Estimate | None
    auc: Estimate | None
    human_top: float | None
    models_top: float | None
    rarest: Estimate | None
    chance: float | None
    p: float | None


@dataclass(frozen=True)
class Rarity:
    """Rarity of stories.

    Attributes
    ----------
    per_source : int
        Stories of each source in the pool; fewer of a source that has not as many.
    main : Pool
        Against equal pools with 25 neighbours (fewer, where the pool is small).
    others : list of Pool
        Other numbers of neighbours, and other pools.
    """

    per_source: int
    main: Pool
    others: list[Pool]


def rarity(
    space: Gower | ZScored,
    design: Design,
    draws: Prompts,
    *,
    permutations: int,
    seed: int,
    progress: Callable[[str, int, int], None] | None = None,
) -> Rarity | None:
    """Measure the rarity of every story; None where the pool has too few stories."""
    pool, per_source = _pool(design, seed)
    side = _side(design, pool, per_source)
    if len(pool) < 4 * min(ALSO):
        return None
    ks = sorted(k for k in (K, *ALSO) if k <= len(pool) // 4)
    found = rarities(space, design, pool, ks, {"equal": None, **side}, progress)
    main_k = K if K in ks else ks[-1]
    seen = {
        key: _describe(key[0], key[1], values, size, design, draws, permutations, seed)
        for key, (values, size) in found.items()
        if np.isfinite(values).mean() > 0.9
    }
    main = seen.pop(("equal", main_k), None)
    if main is None:
        return None
    others = [pool for (name, k), pool in seen.items() if name == "equal" or k == main_k]
    return Rarity(per_source=per_source, main=main, others=others)


def _pool(design: Design, seed: int) -> tuple[Ints, int]:
    """Rows of the pool: equally many of each source, drawn by the seed."""
    counts = np.bincount(design.source, minlength=len(design.sources))
    enough = counts[counts >= 20]
    each = int(enough.min()) if len(enough) else int(counts.min())
    each = min(each, LARGEST // len(counts))
    rng = stream(seed, "pool")
    drawn = [np.sort(rng.permutation(design.of(s))[:each]) for s in range(len(design.sources))]
    return np.concatenate(drawn), each


def _side(design: Design, pool: Ints, each: int) -> dict[str, NDArray[np.bool_]]:
    """Other pools, as which stories of the pool each source may look at: (sources, pool)."""
    source = design.source[pool]
    own = np.arange(len(design.sources))[:, None] == source
    side = {"own": own}
    if design.human is not None and len(design.models) > 1:
        share = max(1, (source == design.human).sum() // len(design.models))
        rank = np.arange(len(pool)) - np.searchsorted(source, source)
        half = (source == design.human) | (rank < share)
        side["half human"] = np.broadcast_to(half, own.shape)
    return side


def rarities(
    space: Gower | ZScored,
    design: Design,
    pool: Ints,
    ks: list[int],
    views: dict[str, NDArray[np.bool_] | None],
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[tuple[str, int], tuple[Floats, int]]:
    """Mean distance of each story to its k nearest of the pool, by view of the pool and k.

    Stories of the same prompt do not count. Works in blocks of stories: memory does not grow with
    their number. Missing where fewer than k stories are left.
    """
    n = len(design)
    order = np.argsort(design.source, kind="stable")
    sizes = {
        name: len(pool) if seen is None else int(seen.sum(axis=1).max())
        for name, seen in views.items()
    }
    wanted = [
        (name, k) for name in views for k in ks if name == "equal" or k <= max(sizes[name] // 3, 0)
    ]
    found = {key: np.full(n, np.nan) for key in wanted}
    step = max(1, 3_000_000 // len(pool))
    bounds = np.flatnonzero(np.diff(design.source[order])) + 1
    starts = sorted({*range(0, n, step), *bounds.tolist()})
    for start, stop in zip(starts, [*starts[1:], n], strict=True):
        rows = order[start:stop]
        distance = space.block(rows, pool)
        same = design.prompt[rows][:, None] == design.prompt[pool]
        distance[same | np.isnan(distance)] = np.inf
        for name, seen in views.items():
            here = distance if seen is None else distance[:, seen[design.source[rows[0]]]]
            here_ks = [k for view, k in wanted if view == name and k <= here.shape[1]]
            if not here_ks:
                continue
            nearest = np.sort(np.partition(here, max(here_ks) - 1, axis=1)[:, : max(here_ks)])
            for k in here_ks:
                mean = nearest[:, :k].mean(axis=1)
                found[name, k][rows] = np.where(np.isfinite(mean), mean, np.nan)
        if progress:
            progress("rarity", stop, n)
    return {key: (values, sizes[key[0]]) for key, values in found.items()}


def _describe(
    name: str,
    k: int,
    values: Floats,
    size: int,
    design: Design,
    draws: Prompts,
    permutations: int,
    seed: int,
) -> Pool:
    placed = np.isfinite(values)
    design, values = design.take(np.flatnonzero(placed)), values[placed]
    percentile = (rankdata(values) - 0.5) / len(values)
    top = (percentile > 0.9).astype(float)
    shape = design.cells.shape
    flat = design.prompt * shape[1] + design.source

    def cells(x: Floats) -> Floats:
        total = np.bincount(flat, x, minlength=np.prod(shape)).reshape(shape)
        return np.divide(total, design.cells, out=np.full(shape, np.nan), where=design.cells > 0)

    by_cell, top_by_cell = cells(percentile), cells(top)
    rows = []
    for s, source in enumerate(design.sources):
        mean, share = draws.mean(by_cell[:, s]), draws.mean(top_by_cell[:, s])
        if mean is None or share is None:
            continue
        places = (percentile[design.source == s] * 20).astype(int)
        spread = np.bincount(places, minlength=20) / len(places)
        rows.append(SourceRarity(source, mean, share, spread.tolist()))
    people = _people(values, percentile, top, by_cell, design, draws, permutations, seed)
    return Pool(
        name=name,
        k=k,
        size=size,
        unplaced=int((~placed).sum()),
        sources=sorted(rows, key=lambda row: -row.percentile.value),
        **people,
    )


def _people(
    values: Floats,
    percentile: Floats,
    top: Floats,
    by_cell: Floats,
    design: Design,
    draws: Prompts,
    permutations: int,
    seed: int,
) -> dict:
    names = ("human", "models", "d", "auc", "human_top", "models_top", "rarest", "chance", "p")
    if design.human is None:
        return dict.fromkeys(names)
    human = design.source == design.human
    answered = np.isfinite(by_cell)
    both = answered[:, design.human] & (answered.sum(axis=1) > 1)
    rarest = chance = p = None
    if both.any():
        filled = np.where(answered, by_cell, -np.inf)
        won = np.where(both, filled.argmax(axis=1) == design.human, np.nan)
        rarest = draws.mean(won)
        chance = float((1 / answered[both].sum(axis=1)).mean())
        if both.sum() >= MIN_PROMPTS and permutations:
            count = answered.sum(axis=1, keepdims=True)
            held = np.where(answered, by_cell, 0)
            rest = (held.sum(axis=1, keepdims=True) - held) / np.maximum(count - 1, 1)
            apart = np.where(answered & (count > 1), by_cell - rest, np.nan)
            observed = float(studentised(apart[both, design.human]))
            p = p_value(abs(observed), np.abs(lots(apart, both, permutations, seed)))
    return {
        "human": float(percentile[human].mean()),
        "models": float(percentile[~human].mean()),
        "d": cohens_d(values, human, design.prompt, draws),
        "auc": clustered_auc(
            values[human], values[~human], design.prompt[human], design.prompt[~human]
        ),
        "human_top": float(top[human].mean()),
        "models_top": float(top[~human].mean()),
        "rarest": rarest,
        "chance": chance,
        "p": p,
    }


def cohens_d(
    values: Floats, first: NDArray[np.bool_], prompt: Ints, draws: Prompts
) -> Estimate | None:
    """Difference of means in units of the pooled deviation, with its interval over prompts."""
    n = draws.drawn.shape[1]
    shifted = values - values.mean()
    sums = [
        np.bincount(prompt[side], x[side], minlength=n)
        for side in (first, ~first)
        for x in (np.ones(len(values)), shifted, shifted**2)
    ]

    def effect(totals: Floats) -> Floats:
        n1, a1, b1, n2, a2, b2 = totals
        m1, m2 = a1 / np.maximum(n1, 1), a2 / np.maximum(n2, 1)
        spread = (b1 - n1 * m1**2 + b2 - n2 * m2**2) / np.maximum(n1 + n2 - 2, 1)
        usable = (spread > 1e-18) & (n1 > 1) & (n2 > 1)
        return np.where(usable, (m1 - m2) / np.sqrt(np.where(usable, spread, 1)), np.nan)

    stacked = np.array(sums)
    value = float(effect(stacked.sum(axis=1)))
    drawn = (draws.drawn @ stacked.T.astype(np.float32)).T.astype(float)
    return estimate(value, effect(drawn), len(np.unique(prompt)))


def auc(first: Floats, second: Floats) -> tuple[float, Floats, Floats]:
    """Probability that the first is larger, ties counting half, and each one's part in it."""
    n, m = len(first), len(second)
    ranks = rankdata(np.concatenate([first, second]))
    above = (ranks[:n] - rankdata(first)) / m
    below = 1 - (ranks[n:] - rankdata(second)) / n
    return float(above.mean()), above, below


def clustered_auc(
    first: Floats, second: Floats, first_prompt: Ints, second_prompt: Ints
) -> Estimate | None:
    """Area under the curve with an interval that takes prompts as clusters (Obuchowski 1997)."""
    if not len(first) or not len(second):
        return None
    value, above, below = auc(first, second)
    size = int(max(first_prompt.max(), second_prompt.max())) + 1
    pull = np.bincount(first_prompt, (above - value) / len(first), minlength=size)
    pull += np.bincount(second_prompt, (below - value) / len(second), minlength=size)
    used = len(np.union1d(first_prompt, second_prompt))
    error = sqrt(float((pull**2).sum()) * used / max(used - 1, 1))
    return normal_interval(value, error, used)
