"""Figures of agreement under weights on stories, so that one formula gives estimate and interval.

Every function takes `weights`, shape (draws, stories): how often each story counts in each draw.
The first draw counts every story once and gives the estimate; the others are resamples. What comes
back has shape (draws,), not a number where a figure is undefined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Draws = NDArray[np.float64]

__all__ = [
    "area_under_curve",
    "average_precision",
    "draw",
    "interval",
    "kappa",
    "mean",
    "precision_recall",
    "rank_correlation",
]

STEPS = 1000
"""Average precision looks at this many thresholds."""


def draw(stories: int, resamples: int, seed: int) -> Draws:
    """Weights: every story once, then resamples of the stories with replacement."""
    rng = np.random.default_rng(seed)
    again = rng.multinomial(stories, np.full(stories, 1 / stories), size=resamples)
    return np.vstack([np.ones(stories), again]).astype(float)


def interval(values: Draws) -> tuple[float | None, list[float] | None]:
    """Estimate and its 95% interval, both rounded to three places; None where undefined.

    The interval is that of the percentiles, made wide enough to hold the estimate.

    >>> interval(np.array([0.5, 0.4, 0.6, 0.5]))
    (0.5, [0.405, 0.595])
    """
    if not np.isfinite(values[0]):
        return None, None
    estimate, spread = float(values[0]), values[1:][np.isfinite(values[1:])]
    if not len(spread):
        return round(estimate, 3), None
    low, high = map(float, np.percentile(spread, [2.5, 97.5]))
    return round(estimate, 3), [round(min(low, estimate), 3), round(max(high, estimate), 3)]


def mean(weights: Draws, values: NDArray[np.float64]) -> Draws:
    """Weighted mean over the stories that have a value."""
    known = np.isfinite(values)
    return _over(weights[:, known] @ values[known], weights[:, known].sum(axis=1))


def precision_recall(
    weights: Draws, hits: NDArray[np.float64], said: NDArray[np.float64], true: NDArray[np.float64]
) -> tuple[Draws, Draws, Draws]:
    """Precision, recall and F1 of counts by story: right ones, said ones, true ones.

    Precision is undefined where nothing is said, recall and F1 where nothing is true.
    """
    h, s, t = weights @ hits, weights @ said, weights @ true
    f1 = np.where(t > 0, _over(2 * h, s + t), np.nan)
    return _over(h, s), _over(h, t), f1


def kappa(weights: Draws, joint: NDArray[np.float64]) -> Draws:
    """Cohen's kappa of counts by story, shape (stories, answers, answers).

    Undefined where either side gives one answer throughout and the other does too.

    >>> kappa(np.ones((1, 1)), np.array([[[20.0, 5.0], [10.0, 15.0]]])).round(2).tolist()
    [0.4]
    """
    k = joint.shape[1]
    table = (weights @ joint.reshape(len(joint), k * k)).reshape(-1, k, k)
    total = np.maximum(table.sum(axis=(1, 2)), 1)
    agreed = np.trace(table, axis1=1, axis2=2) / total
    chance = (table.sum(axis=1) * table.sum(axis=2)).sum(axis=1) / total**2
    return _over(agreed - chance, 1 - chance)


def average_precision(
    weights: Draws, scores: list[NDArray[np.float64]], truth: list[NDArray[np.bool_]]
) -> Draws:
    """Mean precision over recall, of scores from 0 to 1 and truths of every story's sentences."""
    bins = [np.rint(s * STEPS).astype(int) for s in scores]
    every = _histogram(bins)
    right = _histogram([b[t] for b, t in zip(bins, truth, strict=True)])
    gained = weights @ right
    found, said = np.cumsum(gained, axis=1), np.cumsum(weights @ every, axis=1)
    precision = found / np.maximum(said, 1)
    return _over((precision * gained).sum(axis=1), found[:, -1])


def _histogram(bins: list[NDArray[np.int64]]) -> Draws:
    """How often each value stands in each story, the highest value first."""
    return np.stack([np.bincount(b, minlength=STEPS + 1) for b in bins])[:, ::-1].astype(float)


def area_under_curve(
    weights: Draws, scores: NDArray[np.float64], truth: NDArray[np.bool_]
) -> Draws:
    """Chance that a story with the trait scores above one without; ties count half."""
    _, place = np.unique(scores, return_inverse=True)
    with_it = _pooled(weights * truth, place)
    without = _pooled(weights * ~truth, place)
    below = np.cumsum(without, axis=1) - without / 2
    return _over((with_it * below).sum(axis=1), with_it.sum(axis=1) * without.sum(axis=1))


def rank_correlation(weights: Draws, x: NDArray[np.float64], y: NDArray[np.float64]) -> Draws:
    """Spearman's rho over stories, ties at their mean rank."""
    a, b = _ranks(weights, x), _ranks(weights, y)
    n = np.maximum(weights.sum(axis=1, keepdims=True), 1)
    a = a - (weights * a).sum(axis=1, keepdims=True) / n
    b = b - (weights * b).sum(axis=1, keepdims=True) / n
    square = (weights * a * a).sum(axis=1) * (weights * b * b).sum(axis=1)
    return _over((weights * a * b).sum(axis=1), np.sqrt(np.where(square > 1e-9, square, 0)))


def _ranks(weights: Draws, values: NDArray[np.float64]) -> Draws:
    _, place = np.unique(values, return_inverse=True)
    held = _pooled(weights, place)
    ranks = np.cumsum(held, axis=1) - held / 2
    return np.asarray(ranks[:, place])


def _pooled(weights: Draws, place: NDArray[np.int64]) -> Draws:
    """Weights of stories that share a value, added up; columns in order of the values."""
    return np.asarray(weights @ np.eye(int(place.max()) + 1)[place])


def _over(a: Draws, b: Draws) -> Draws:
    return np.divide(a, b, out=np.full(len(a), np.nan), where=b > 0)
