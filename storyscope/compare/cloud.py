"""Stories with all distances among them, and sums of those over groups of stories.

Location, spread, clusters and maps are worked out from one full matrix of distances over a stated
sample of prompts; shuffled labels become products of that matrix with columns of ones and zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.design import sample_prompts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.design import Design
    from storyscope.compare.distance import Gower

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Cloud", "block_sums", "centre_prompts", "cloud", "spans"]

LIMIT = 1500
"""Stories of the full matrix; larger tables give whole prompts drawn by the seed."""


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


def cloud(space: Gower, design: Design, seed: int) -> Cloud:
    """All distances among the stories, or among those of a sample of prompts."""
    rows = sample_prompts(design, LIMIT, seed, "cloud")
    return Cloud(rows, design, space.matrix(rows))


def block_sums(matrix: NDArray, labels: NDArray, k: int, weights: Floats | None = None) -> Floats:
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
    for span in spans(many, len(matrix) * k):
        one = labels[span] if labels.ndim == 2 else labels[None, :]
        hot = (one[:, :, None] == np.arange(k)).astype(float)
        if weights is not None:
            hot = hot * weights[span][:, :, None]
        wide = hot.transpose(1, 0, 2).reshape(len(matrix), -1)
        product = (matrix @ wide).reshape(len(matrix), -1, k).transpose(1, 0, 2)
        sums[span] = hot.transpose(0, 2, 1) @ product
    return sums


def spans(many: int, width: int) -> Iterator[slice]:
    """Cut `many` columns of this width into parts that memory can hold."""
    step = max(1, 8_000_000 // width)
    yield from (slice(start, min(start + step, many)) for start in range(0, many, step))


def centre_prompts(cloud: Cloud) -> Floats:
    """Inner products of the stories' places when each prompt's mean place is taken as zero."""
    _, prompt = np.unique(cloud.design.prompt, return_inverse=True)
    hot = (prompt[:, None] == np.arange(prompt.max() + 1)).astype(float)
    mean = hot / hot.sum(axis=0)
    inner = -cloud.squared / 2
    inner = inner - hot @ (mean.T @ inner)
    return inner - (inner @ mean) @ hot.T
