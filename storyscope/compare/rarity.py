"""How unusual a story is: how far it lies from its nearest neighbours.

A story's rarity is its mean distance to the 25 nearest stories of a pool, and its percentile
among all stories. Pools hold equally many stories of every source, or the largest source would be
the least rare by its size alone. Stories of the same prompt are never neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from storyscope.compare.matched import lots, studentised
from storyscope.compare.resample import MIN_PROMPTS, Estimate, Groups, over, p_value, stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from storyscope.compare.design import Design
    from storyscope.compare.distance import Gower, ZScored
    from storyscope.compare.resample import Prompts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Pool", "Rarity", "SourceRarity", "auc", "cohens_d", "rarities", "rarity"]

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
    groups = Groups(design.prompt, seed)
    found = rarities(space, design, pool, ks, {"equal": None, **side}, groups, progress)
    main_k = K if K in ks else ks[-1]
    seen = {
        key: _describe(key[0], key[1], values, size, design, groups, draws, permutations, seed)
        for key, (values, size) in found.items()
        if np.isfinite(values).all(axis=0).mean() > 0.9
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
    groups: Groups,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[tuple[str, int], tuple[NDArray[np.float32], int]]:
    """Mean distance of each story to its k nearest of the pool, by view of the pool and k.

    Stories of the same prompt do not count. Works in blocks of stories: memory does not grow with
    their number. Missing where fewer than k stories are left.

    Returns
    -------
    For each view and k an array of shape (1 + groups, stories), the first row with the whole pool
    and the others without each group of prompts in it, and the size of the pool.
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
    found = {key: np.full((1 + groups.count, n), np.nan, np.float32) for key in wanted}
    step = max(1, 3_000_000 // len(pool))
    bounds = np.flatnonzero(np.diff(design.source[order])) + 1
    starts = sorted({*range(0, n, step), *bounds.tolist()})
    for start, stop in zip(starts, [*starts[1:], n], strict=True):
        rows = order[start:stop]
        distance = space.block(rows, pool)
        same = design.prompt[rows][:, None] == design.prompt[pool]
        distance[same | np.isnan(distance)] = np.inf
        for name, seen in views.items():
            mine = slice(None) if seen is None else seen[design.source[rows[0]]]
            here, group = distance[:, mine], groups.of[pool][mine]
            here_ks = [k for view, k in wanted if view == name and k <= here.shape[1]]
            if here_ks:
                for k, means in _nearest(here, group, here_ks, groups.count).items():
                    found[name, k][:, rows] = means
        if progress:
            progress("rarity", stop, n)
    return {key: (values, sizes[key[0]]) for key, values in found.items()}


def _nearest(
    distance: Floats, group: Ints, ks: list[int], groups: int
) -> dict[int, NDArray[np.float32]]:
    """Mean distance to the nearest k, of all and without each group: (1 + groups, rows)."""
    # A group holds a small part of the pool: so many are seldom lacking once it is left out.
    most = min(distance.shape[1], max(ks) + max(20, 4 * max(ks) // max(groups, 1)))
    near = np.argpartition(distance, most - 1, axis=1)[:, :most]
    values = np.take_along_axis(distance, near, axis=1)
    rank = np.argsort(values, axis=1, kind="stable")
    values, of = np.take_along_axis(values, rank, axis=1), group[np.take_along_axis(near, rank, 1)]
    found = {k: np.empty((1 + groups, len(distance)), np.float32) for k in ks}
    for place in range(1 + groups):
        kept = np.ones(of.shape, bool) if place == 0 else of != place - 1
        count = np.cumsum(kept, axis=1)
        for k in ks:
            first = kept & (count <= k)
            total = np.where(first, values, 0).sum(axis=1)
            found[k][place] = total / np.maximum(np.minimum(count[:, -1], k), 1)
    for means in found.values():
        means[~np.isfinite(means)] = np.nan
    return found


def _describe(
    name: str,
    k: int,
    values: NDArray[np.float32],
    size: int,
    design: Design,
    groups: Groups,
    draws: Prompts,
    permutations: int,
    seed: int,
) -> Pool:
    placed = np.isfinite(values).all(axis=0)
    design, values, of = design.take(np.flatnonzero(placed)), values[:, placed], groups.of[placed]
    human = None if design.human is None else design.source == design.human
    parts = [
        _figures(one[kept], design.source[kept], None if human is None else human[kept], design)
        for place, one in enumerate(values.astype(float))
        for kept in [of != place - 1]
    ]
    figures = {name: groups.estimate(np.array([part[name] for part in parts])) for part in parts[:1]
               for name in part}  # fmt: skip
    percentile = (rankdata(values[0]) - 0.5) / len(values[0])
    rows = []
    for s, source in enumerate(design.sources):
        mean, share = figures[f"percentile {s}"], figures[f"top {s}"]
        if mean is None or share is None:
            continue
        places = (percentile[design.source == s] * 20).astype(int)
        spread = np.bincount(places, minlength=20) / len(places)
        rows.append(SourceRarity(source, _share(mean), _share(share), spread.tolist()))
    people = _people(figures, parts[0], percentile, design, draws, permutations, seed)
    return Pool(
        name=name,
        k=k,
        size=size,
        unplaced=int((~placed).sum()),
        sources=sorted(rows, key=lambda row: -row.percentile.value),
        **people,
    )


def _share(found: Estimate) -> Estimate:
    """Keep the ends of an interval where a share can be."""
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))


def _figures(
    values: Floats, source: Ints, human: NDArray[np.bool_] | None, design: Design
) -> dict[str, float]:
    """All that is told of these stories' rarity, as numbers."""
    percentile = (rankdata(values) - 0.5) / len(values)
    top = percentile > 0.9
    count = np.bincount(source, minlength=len(design.sources))
    ranks = np.bincount(source, percentile, minlength=len(count))
    rare = np.bincount(source, top, minlength=len(count))
    found = {}
    for s, n in enumerate(count):
        found[f"percentile {s}"] = ranks[s] / n if n else np.nan
        found[f"top {s}"] = rare[s] / n if n else np.nan
    if human is not None and human.any() and not human.all():
        found["human"], found["models"] = percentile[human].mean(), percentile[~human].mean()
        found["human top"], found["models top"] = top[human].mean(), top[~human].mean()
        found["d"] = cohens_d(values[human], values[~human])
        # The area under the curve, from the ranks that are known already.
        n, m = int(human.sum()), int((~human).sum())
        found["auc"] = (float(found["human"]) * (n + m) - n / 2) / m
    return found


def _people(
    figures: dict[str, Estimate | None],
    whole: dict[str, float],
    percentile: Floats,
    design: Design,
    draws: Prompts,
    permutations: int,
    seed: int,
) -> dict:
    names = ("human", "models", "d", "auc", "human_top", "models_top", "rarest", "chance", "p")
    if design.human is None or "auc" not in whole:
        return dict.fromkeys(names)
    shape = design.cells.shape
    flat = design.prompt * shape[1] + design.source
    total = np.bincount(flat, percentile, minlength=int(np.prod(shape))).reshape(shape)
    answered = design.cells > 0
    by_cell = over(total, design.cells)
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
        "human": float(whole["human"]),
        "models": float(whole["models"]),
        "d": figures["d"],
        "auc": figures["auc"],
        "human_top": float(whole["human top"]),
        "models_top": float(whole["models top"]),
        "rarest": rarest,
        "chance": chance,
        "p": p,
    }


def cohens_d(first: Floats, second: Floats) -> float:
    """Difference of means in units of the pooled deviation; missing where nothing varies."""
    n, m = len(first), len(second)
    if n + m < 3:
        return float("nan")
    spread = (((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum()) / (
        n + m - 2
    )
    return float((first.mean() - second.mean()) / sqrt(spread)) if spread > 1e-18 else float("nan")


def auc(first: Floats, second: Floats) -> float:
    """Probability that the first is larger, ties counting half.

    >>> auc(np.array([2.0, 3.0]), np.array([1.0, 3.0]))
    0.625
    """
    n, m = len(first), len(second)
    ranks = rankdata(np.concatenate([first, second]))[:n]
    return float((ranks.mean() - (n + 1) / 2) / m)
