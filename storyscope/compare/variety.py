"""How varied each source's stories are: Vendi scores at equal numbers of stories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.design import MIN_STORIES
from storyscope.compare.diversity import vendi
from storyscope.compare.resample import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.design import Design

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Variety", "measure_variety"]

DRAWS = 50
"""Random halves of the prompts."""

MOST = 100
"""Stories of one score at most."""

WIDTH = 400
"""Stories whose median distance is the width of the kernel."""


@dataclass(frozen=True)
class Variety:
    """Vendi score of a source: the effective number of different stories among n.

    Attributes
    ----------
    source : str
    n : int
        One story of each of n prompts, the same number for every source.
    score, low, high : float
        Mean over random sets of prompts, and its 95% interval.
    """

    source: str
    n: int
    score: float
    low: float
    high: float


def measure_variety(
    distances: Callable[[Ints], Floats], design: Design, seed: int
) -> list[Variety]:
    """Vendi scores over random halves of the prompts, one story a prompt."""
    held = design.cells > 0
    rich = [s for s in range(len(design.sources)) if held[:, s].sum() >= 2 * MIN_STORIES]
    if not rich:
        return []
    n = int(min(held[:, rich].sum(axis=0).min() // 2, MOST))
    rng = stream(seed, "vendi")
    sample = np.sort(rng.permutation(len(design))[:WIDTH])
    known = distances(sample)
    known = known[np.triu_indices(len(sample), 1)]
    width = float(np.nanmedian(known))
    found = []
    for s in rich:
        rows = rng.permutation(design.of(s))
        _, first = np.unique(design.prompt[rows], return_index=True)
        squared = distances(rows[first])
        whole = np.isfinite(squared).mean(axis=1) > 0.5
        squared = np.nan_to_num(squared[np.ix_(whole, whole)], nan=width)
        if len(squared) < n:
            continue
        scores = []
        for _ in range(DRAWS):
            pick = rng.choice(len(squared), n, replace=False)
            scores.append(vendi(squared[np.ix_(pick, pick)], width))
        middle, half = float(np.mean(scores)), 1.96 * float(np.std(scores, ddof=1))
        found.append(Variety(design.sources[s], n, middle, middle - half, middle + half))
    return sorted(found, key=lambda row: -row.score)
