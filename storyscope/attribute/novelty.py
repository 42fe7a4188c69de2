"""Whether a text is unlike everything a model was trained on.

The distance of a text to its nearest training texts, over columns put on the ranks of the
training data, is held against the distances that training texts of like length have to theirs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UNLIKE", "Novelty", "fit_novelty"]

NEIGHBOURS = 5
KEPT = 1500
"""Training texts kept at most, drawn at random."""
COMPONENTS = 30
UNLIKE = 0.99
"""Share of training texts nearer to their neighbours, from which a text is called unlike."""


class Novelty:
    """Where a text stands among the training texts.

    Parameters
    ----------
    knots : array of shape (n_columns, 21)
        Percentiles of each column, by which values become ranks.
    centre : array of shape (n_columns,)
        Mean rank; it stands in for missing values.
    axes : array of shape (n_columns, k)
        Principal axes of the ranks, scaled to unit variance.
    points : array of shape (n_kept, k)
        Training texts on those axes.
    lengths, distances : arrays of shape (n_kept,)
        Their lengths, and distances to their own nearest neighbours.
    """

    def __init__(
        self,
        knots: NDArray[np.float64],
        centre: NDArray[np.float64],
        axes: NDArray[np.float64],
        points: NDArray[np.float64],
        lengths: NDArray[np.float64],
        distances: NDArray[np.float64],
    ):
        self.knots = knots
        self.centre = centre
        self.axes = axes
        self.points = points
        self.lengths = lengths
        self.distances = distances

    def project(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows on the principal axes, shape (n, k)."""
        ranks = np.empty_like(matrix)
        grid = np.linspace(0, 1, self.knots.shape[1])
        for j, knots in enumerate(self.knots):
            ranks[:, j] = np.interp(matrix[:, j], knots, grid)
            # Beyond the training range the rank goes on growing, or a stranger would look ordinary.
            spread = max(knots[-2] - knots[1], 1e-9)
            above, below = matrix[:, j] - knots[-1], knots[0] - matrix[:, j]
            ranks[:, j] += np.clip(above / spread, 0, 1) - np.clip(below / spread, 0, 1)
        ranks = np.where(np.isfinite(matrix), ranks, self.centre)
        projected: NDArray[np.float64] = (ranks - self.centre) @ self.axes
        return projected

    def score(self, matrix: NDArray[np.float64], words: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of training texts of like length that are nearer to their neighbours, 0 to 1."""
        distance = _nearest(self.project(matrix), self.points, skip_self=False)
        scores = np.empty(len(distance))
        for i, (d, n) in enumerate(zip(distance, words, strict=True)):
            like = self.distances
            if np.isfinite(n) and np.isfinite(self.lengths).all():
                nearest = np.argsort(np.abs(np.log(self.lengths / max(n, 1))), kind="stable")[:200]
                like = self.distances[nearest]
            scores[i] = float(np.mean(like < d))
        return scores

    def save(self, path: Path) -> None:
        """Write as JSON, numbers shortened."""
        plain = {
            name: _short(getattr(self, name))
            for name in ("knots", "centre", "axes", "points", "lengths", "distances")
        }
        path.write_text(json.dumps(plain, separators=(",", ":")) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Novelty:
        """Back from `save`."""
        plain = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{name: np.asarray(values, dtype=float) for name, values in plain.items()})


def fit_novelty(matrix: NDArray[np.float64], words: NDArray[np.float64], seed: int = 0) -> Novelty:
    """Learn ranks, axes and typical distances from training rows, missing as NaN."""
    rng = np.random.default_rng(seed)
    columns = matrix.shape[1]
    knots = np.zeros((columns, 21))
    for j in range(columns):
        values = matrix[np.isfinite(matrix[:, j]), j]
        knots[j] = np.percentile(values, np.linspace(0, 100, 21)) if len(values) else 0.0
    blank = Novelty(knots, np.zeros(columns), np.eye(columns), *(np.zeros(0),) * 3)
    ranks = blank.project(np.where(np.isfinite(matrix), matrix, np.nan))
    missing = ~np.isfinite(matrix)
    ranks = np.where(missing, np.nan, ranks)
    centre = np.array([np.nanmean(c) if np.isfinite(c).any() else 0.5 for c in ranks.T])
    centred = np.where(missing, 0.0, ranks - centre)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    k = min(COMPONENTS, int((sizes > 1e-8).sum()))
    axes = directions[:k].T / (sizes[:k] / np.sqrt(max(len(matrix) - 1, 1)))
    kept = np.sort(rng.permutation(len(matrix))[:KEPT])
    novelty = Novelty(knots, centre, axes, np.zeros((0, k)), words[kept], np.zeros(0))
    novelty.points = novelty.project(matrix[kept])
    novelty.distances = _nearest(novelty.points, novelty.points, skip_self=True)
    return novelty


def _nearest(
    rows: NDArray[np.float64], points: NDArray[np.float64], *, skip_self: bool
) -> NDArray[np.float64]:
    """Mean Euclidean distance to the nearest `NEIGHBOURS` points."""
    k = min(NEIGHBOURS + skip_self, len(points))
    result = np.empty(len(rows))
    for start in range(0, len(rows), 512):
        block = rows[start : start + 512]
        square = (block**2).sum(1)[:, None] + (points**2).sum(1)[None] - 2 * block @ points.T
        nearest = np.sort(np.partition(np.maximum(square, 0), k - 1, axis=1)[:, :k], axis=1)
        result[start : start + 512] = np.sqrt(nearest[:, int(skip_self) :]).mean(1)
    return result


def _short(values: NDArray[np.float64]) -> Any:
    if values.ndim == 1:
        return [float(f"{v:.4g}") for v in values]
    return [_short(row) for row in values]
