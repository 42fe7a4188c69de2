"""A tree of the sources, with the share of resampled prompts that shows each branch again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Branch", "Tree", "grow"]

RESAMPLES = 1000


@dataclass(frozen=True)
class Branch:
    """Two parts that join.

    Attributes
    ----------
    left, right : int
        Places of the parts: a source by its place in `Tree.sources`, an earlier branch by its
        place in `Tree.branches` plus the number of sources.
    height : float
        Mean distance between the two parts.
    sources : list of str
        All sources below.
    support : float, or None
        Share of resampled prompts whose tree joins just these sources.
    """

    left: int
    right: int
    height: float
    sources: list[str]
    support: float | None


@dataclass(frozen=True)
class Tree:
    """Average linkage of the mean distances between sources.

    Attributes
    ----------
    basis : str
        "same prompt", or "different prompts" where people share none with the models.
    sources : list of str
    left_out : list of str
        Sources that share no prompt with some other.
    branches : list of Branch
        Nearest first; the last joins all.
    """

    basis: str
    sources: list[str]
    left_out: list[str]
    branches: list[Branch]


def grow(names: tuple[str, ...], distance: Floats, replicates: Floats, basis: str) -> Tree | None:
    """Join sources by mean distance.

    Parameters
    ----------
    distance : array, shape (sources, sources)
        Missing where two sources cannot be compared; the one that lacks most is left out.
    replicates : array, shape (resamples, sources, sources)
    """
    keep = list(range(len(names)))
    off = ~np.eye(len(names), dtype=bool)
    while len(keep) > 1:
        lacking = (np.isnan(distance) & off)[np.ix_(keep, keep)].sum(axis=1)
        if not lacking.any():
            break
        del keep[int(lacking.argmax())]
    if len(keep) < 3:
        return None
    square = np.ix_(keep, keep)
    steps = _join(distance[square])
    clades = _clades(steps, len(keep))
    usable = [
        r
        for r in replicates[:RESAMPLES, square[0], square[1]]
        if not np.isnan(r[off[square]]).any()
    ]
    seen = [set(_clades(_join(r), len(keep))) for r in usable]
    return Tree(
        basis=basis,
        sources=[names[s] for s in keep],
        left_out=[name for s, name in enumerate(names) if s not in keep],
        branches=[
            Branch(
                left=int(step[0]),
                right=int(step[1]),
                height=float(step[2]),
                sources=[names[keep[s]] for s in sorted(clade)],
                support=sum(clade in one for one in seen) / len(seen) if seen else None,
            )
            for step, clade in zip(steps, clades, strict=True)
        ],
    )


def _join(distance: Floats) -> Floats:
    square = (distance + distance.T) / 2
    np.fill_diagonal(square, 0)
    return linkage(squareform(square, checks=False), "average")


def _clades(steps: Floats, n: int) -> list[frozenset[int]]:
    parts = [frozenset([i]) for i in range(n)]
    for step in steps:
        parts.append(parts[int(step[0])] | parts[int(step[1])])
    return parts[n:]
