"""Distances between sources over stories of different prompts, and between their mean places.

Only pairs of stories of different prompts enter: what two stories share because they answer the
same prompt says nothing of their writers. Intervals come from leaving prompts out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.cloud import Cloud, block_sums
from storyscope.compare.resample import Estimate, Groups, over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.design import Design
    from storyscope.compare.resample import Prompts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = [
    "Centroids",
    "Near",
    "Unmatched",
    "centroids",
    "different_prompts",
    "mean_of",
    "redrawn",
    "squared_between_means",
    "unmatched",
]

RESAMPLES = 400
"""Draws of prompts for trees that need the full matrix."""


@dataclass(frozen=True)
class Near:
    """Mean squared distances between sources over pairs of stories of different prompts.

    Attributes
    ----------
    values : array, shape (1 + groups + pairs of groups, sources, sources)
        Of all prompts, then without each group of prompts, then without each pair of groups.
    groups : Groups
    """

    values: Floats
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


def different_prompts(cloud: Cloud, design: Design, groups: Groups) -> Near:
    """Mean squared distances between sources over pairs of stories of different prompts."""
    k, g = len(design.sources), groups.count
    label = groups.of * k + cloud.design.source
    different = cloud.other_prompt

    def sums(matrix: NDArray) -> Floats:
        blocks = block_sums(matrix, label, g * k)[0].reshape(g, k, g, k).transpose(0, 2, 1, 3)
        total, own = blocks.sum(axis=(0, 1)), blocks[np.arange(g), np.arange(g)]
        touched = blocks.sum(axis=1) + blocks.sum(axis=0) - own
        i, j = np.triu_indices(g, 1)
        both = touched[i] + touched[j] - blocks[i, j] - blocks[j, i]
        return np.concatenate([total[None], total - touched, total - both])

    return Near(_over(sums(np.where(different, cloud.squared, 0)), sums(different * 1.0)), groups)


def redrawn(cloud: Cloud, design: Design, draws: Prompts) -> Floats:
    """Compute the same for prompts drawn with replacement: (resamples, sources, sources)."""
    k = len(design.sources)
    drawn = draws.drawn[: min(RESAMPLES, max(100, 12_000 // k))]
    weights = drawn[:, cloud.design.prompt].astype(float)
    different, source = cloud.other_prompt, cloud.design.source
    total = block_sums(np.where(different, cloud.squared, 0), source, k, weights)
    return _over(total, block_sums(different * 1.0, source, k, weights))


def _over(sums: Floats, pairs: Floats) -> Floats:
    return np.divide(sums, pairs, out=np.full(sums.shape, np.nan), where=pairs > 0.5)


def unmatched(near: Near, design: Design) -> Unmatched:
    """Mean distances over different prompts, to be read beside the matched ones."""
    h, models, groups = design.human, design.models, near.groups
    i, j = (np.array(models)[x] for x in np.triu_indices(len(models), 1))
    among = mean_of(near.values, i, j)
    far = mean_of(near.values, [] if h is None else [h] * len(models), models)
    return Unmatched(
        model_model=groups.estimate(among),
        model_human=groups.estimate(far),
        human_human=None if h is None else groups.estimate(mean_of(near.values, [h], [h])),
        within_model=groups.estimate(mean_of(near.values, models, models)),
        gap=groups.estimate(far - among),
        ratio=groups.estimate(over(far, among)),
        within={
            name: one
            for s, name in enumerate(design.sources)
            if (one := groups.estimate(mean_of(near.values, [s], [s]))) is not None
        },
        confounded=h is not None and not design.with_people,
    )


def mean_of(values: Floats, a: Sequence[int] | Ints, b: Sequence[int] | Ints) -> Floats:
    """Mean over some pairs of sources, a figure for each row of `values`; missing without pairs."""
    if not len(a):
        return np.full(len(values), np.nan)
    return values[:, a, b].mean(axis=1)


def centroids(near: Near, design: Design) -> Centroids:
    """Distances between the mean places of sources."""
    names, h, models, groups = design.sources, design.human, design.models, near.groups
    apart = squared_between_means(near.values)
    i, j = (np.array(models)[x] for x in np.triu_indices(len(models), 1))
    among = mean_of(apart, i, j)
    far = mean_of(apart, [] if h is None else [h] * len(models), models)
    model_model = _root(groups.estimate(among))
    ratio = None
    if model_model and model_model.low:
        # Told only where the models are apart beyond chance: else it divides by nothing.
        ratio = _root(groups.estimate(over(far, among)))
    pairs = []
    for x, y in combinations(range(len(names)), 2):
        one = _root(groups.estimate(mean_of(apart, [x], [y])))
        if one is not None:
            pairs.append((names[x], names[y], one))
    return Centroids(
        human_model=_root(groups.estimate(far)),
        model_model=model_model,
        ratio=ratio,
        pairs=sorted(pairs, key=lambda row: row[2].value),
    )


def squared_between_means(squared: Floats) -> Floats:
    """Squared distances between mean places, from mean squared distances between stories."""
    own = np.diagonal(squared, axis1=-2, axis2=-1)
    return squared - (own[..., :, None] + own[..., None, :]) / 2


def _root(found: Estimate | None) -> Estimate | None:
    """Turn a squared distance and its interval into a distance."""
    if found is None:
        return None
    ends = [None if x is None else sqrt(max(x, 0)) for x in (found.value, found.low, found.high)]
    return Estimate(ends[0] or 0.0, ends[1], ends[2], found.n)
