"""Statistics of short series that do not mistake chance for shape.

A story of a thousand words holds a few dozen of anything, so range, coefficient of variation and
position of the maximum measure mostly noise. What is used instead: the mean position of the
things counted, dispersion against what chance gives for that many, windows wide enough to hold
some, and equivalence tests that may answer "too short to tell".

All functions take positions in [0, 1): where in the story each of n things stands, and most take
the weight of each. Things of unequal weight count for fewer: `effective` says for how many.
"""

from __future__ import annotations

from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "burstiness",
    "centroid",
    "counts",
    "course",
    "direction",
    "effective",
    "flat",
    "late_share",
    "log_ratio",
    "longest_gap",
    "monotonicity",
    "peak",
    "reversals",
    "unevenness",
]

SIGNIFICANT = 1.64
"""Two-sided 10% point of the normal distribution."""
SHOWN = 1.28
"""One-sided 10% point."""
SEGMENTS = 10
WINDOW = 3
# Mean of the best of 8 overlapping windows of 3 tenths, in standard errors of one window, when
# n things fall evenly; by simulation of 4,000 even stories each (n 15 to 300: 1.40 to 1.44).
_EXPECTED_BEST = 1.42


def counts(
    positions: ArrayLike, segments: int = SEGMENTS, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """How many, or how much weight, falls into each of `segments` equal parts."""
    places = np.minimum((np.asarray(positions, dtype=float) * segments).astype(int), segments - 1)
    return np.bincount(places, weights=weights, minlength=segments).astype(float)


def effective(weights: ArrayLike) -> float:
    """How many things of equal weight carry as much information as these.

    >>> effective([2, 2, 2]), round(effective([4, 1, 1]), 6)
    (3.0, 2.0)
    """
    w = np.asarray(weights, dtype=float)
    return float(w.sum() ** 2 / (w**2).sum())


def _mean(values: ArrayLike, weights: ArrayLike | None) -> float:
    v = np.asarray(values, dtype=float)
    return float(
        np.average(v, weights=None if weights is None else np.asarray(weights, dtype=float))
    )


def centroid(positions: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean position minus 0.5: negative where things come early, positive where late.

    Its standard error for evenly spread things is 1 / sqrt(12 n), n being `effective`.

    >>> round(centroid([0.5, 0.7, 0.9]), 6)
    0.2
    """
    return _mean(positions, weights) - 0.5


def direction(positions: ArrayLike, weights: ArrayLike | None = None) -> str:
    """Whether things come late ("rising"), early ("falling"), or neither is shown ("level").

    A direction counts as shown beyond the one-sided 10% point of the mean position.
    """
    z = centroid(positions, weights) / _standard_error(positions, weights)
    return "rising" if z > SHOWN else "falling" if z < -SHOWN else "level"


def _standard_error(positions: ArrayLike, weights: ArrayLike | None) -> float:
    """Standard error of the mean position, from how the things themselves are spread."""
    u = np.asarray(positions, dtype=float)
    w = np.ones(len(u)) if weights is None else np.asarray(weights, dtype=float)
    mean = np.average(u, weights=w)
    spread = float(((w * (u - mean)) ** 2).sum())
    return max(sqrt(spread) / float(w.sum()), 1e-9)


def unevenness(
    positions: ArrayLike, weights: ArrayLike | None = None, segments: int = SEGMENTS
) -> float:
    """How much more the parts differ than chance would have it, 0 to about 1.

    (D - 1) / n with D the dispersion index, whose mean is 1 for any n when things fall evenly.
    """
    w = np.ones(len(np.asarray(positions))) if weights is None else np.asarray(weights, dtype=float)
    return max(0.0, (_dispersion(positions, w, segments) - 1) / effective(w))


def _dispersion(positions: ArrayLike, w: NDArray[np.float64], segments: int) -> float:
    observed = counts(positions, segments, w)
    chance = float((w**2).sum()) * (segments - 1) / segments
    return float(((observed - w.sum() / segments) ** 2).sum()) / chance


def peak(positions: ArrayLike, weights: ArrayLike | None = None) -> tuple[float, float]:
    """Centre of the fullest window of three tenths, and by how much it exceeds chance.

    Ties go to the window nearest the middle. The excess is the window's share minus the share
    that the best window of an even story of as many things would have.
    """
    w = np.ones(len(np.asarray(positions))) if weights is None else np.asarray(weights, dtype=float)
    windows = np.convolve(counts(positions, SEGMENTS, w), np.ones(WINDOW), mode="valid")
    centres = (np.arange(len(windows)) + WINDOW / 2) / SEGMENTS
    best = max(range(len(windows)), key=lambda k: (windows[k], -abs(centres[k] - 0.5)))
    even = WINDOW / SEGMENTS
    expected = even + _EXPECTED_BEST * sqrt(even * (1 - even) / effective(w))
    return float(centres[best]), float(windows[best] / w.sum()) - expected


def late_share(positions: ArrayLike, weights: ArrayLike | None = None, start: float = 0.6) -> float:
    """Share that falls after `start`."""
    return _mean(np.asarray(positions, dtype=float) >= start, weights)


def monotonicity(positions: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Kendall's tau between the order of ten parts and how full they are, -1 to 1.

    Its standard deviation for an even story is 0.26.
    """
    parts = counts(positions, SEGMENTS, weights)
    later = np.sign(parts[None, :] - parts[:, None])
    order = np.triu(np.ones((SEGMENTS, SEGMENTS)), 1)
    pairs = order.sum()
    untied = float((np.abs(later) * order).sum())
    # Kendall's tau-b, the parts' own order having no ties.
    return float((later * order).sum() / sqrt(pairs * untied)) if untied else 0.0


def _steps(positions: ArrayLike, weights: ArrayLike | None, parts: int) -> tuple[list[int], int]:
    """Steps between neighbouring parts, and from the first to the last: 1, -1, or 0 by chance."""
    w = np.ones(len(np.asarray(positions))) if weights is None else np.asarray(weights, dtype=float)
    sums, squares = counts(positions, parts, w), counts(positions, parts, w**2)

    def step(a: int, b: int) -> int:
        noise = sqrt(squares[a] + squares[b])
        z = (sums[b] - sums[a]) / noise if noise else 0.0
        return 1 if z > 1.96 else -1 if z < -1.96 else 0

    return [step(k, k + 1) for k in range(parts - 1)], step(0, parts - 1)


def course(positions: ArrayLike, weights: ArrayLike | None = None) -> str:
    """Shape over three parts, a change counting where it exceeds the 5% point of chance.

    One of "level", "rise", "fall", "rise and fall", "fall and rise".
    """
    steps, whole = _steps(positions, weights, 3)
    moves = [s for s in steps if s]
    if not moves:
        return ("level", "rise", "fall")[whole]
    if len(moves) == 2 and moves[0] != moves[1]:
        return "rise and fall" if moves[0] > 0 else "fall and rise"
    return "rise" if moves[0] > 0 else "fall"


def reversals(positions: ArrayLike, weights: ArrayLike | None = None) -> int:
    """How often a rise beyond chance is followed by a fall, or a fall by a rise, over ten parts.

    A rise or fall is measured from the last turning point, so that several small steps count.
    """
    w = np.ones(len(np.asarray(positions))) if weights is None else np.asarray(weights, dtype=float)
    sums, squares = counts(positions, SEGMENTS, w), counts(positions, SEGMENTS, w**2)
    low = high = 0
    trend, turns = 0, 0
    for k in range(1, SEGMENTS):
        low = k if sums[k] < sums[low] else low
        high = k if sums[k] > sums[high] else high
        rise = sums[k] - sums[low] > 1.96 * sqrt(squares[k] + squares[low])
        fall = sums[high] - sums[k] > 1.96 * sqrt(squares[k] + squares[high])
        if rise and trend < 1 and sums[k] > sums[low]:
            turns += trend == -1
            trend, high = 1, k
        elif fall and trend > -1 and sums[high] > sums[k]:
            turns += trend == 1
            trend, low = -1, k
    return turns


def flat(positions: ArrayLike) -> bool | None:
    """Whether things are shown to be evenly spread; None where there are too few to tell.

    True only if the 90% interval of the mean position lies inside 0.5 +/- 0.056 (end rates within
    1:2) and the parts differ no more than one and a half times what chance gives. Below 72 things
    no story can pass, so the answer is None.
    """
    n = len(np.asarray(positions))
    if n < 72:
        return None
    margin = SIGNIFICANT / sqrt(12 * n)
    index = _dispersion(positions, np.ones(n), SEGMENTS)
    return abs(centroid(positions)) + margin <= 0.056 and index < 1.5


def burstiness(positions: ArrayLike) -> float:
    """From -1 (regularly spaced) over 0 (chance) to 1 (in bursts), corrected for how many.

    Source: Kim and Jo 2016, a finite-size form of the measure of Goh and Barabasi 2008.
    """
    ordered = np.sort(np.asarray(positions, dtype=float))
    gaps = np.diff(np.concatenate([[0.0], ordered, [1.0]]))
    n = len(gaps)
    r = float(gaps.std() / gaps.mean())
    return (sqrt(n + 1) * r - sqrt(n - 1)) / ((sqrt(n + 1) - 2) * r + sqrt(n - 1))


def longest_gap(positions: ArrayLike) -> tuple[float, float, float]:
    """Beginning and end of the longest stretch without any, and the log of its length over chance.

    Chance is the mean longest gap of as many things at random places: the harmonic number of the
    gaps over their count.
    """
    ordered = np.concatenate([[0.0], np.sort(np.asarray(positions, dtype=float)), [1.0]])
    gaps = np.diff(ordered)
    k = int(np.argmax(gaps))
    n = len(gaps)
    chance = float((1 / np.arange(1, n + 1)).sum()) / n
    return float(ordered[k]), float(ordered[k + 1]), log(max(float(gaps[k]), 1e-9) / chance)


def log_ratio(late: float, early: float, late_size: float, early_size: float) -> float:
    """Log of the rate in one part over the rate in another, each with half a thing added.

    >>> log_ratio(5, 5, 100, 100)
    0.0
    """
    return log((late + 0.5) / late_size) - log((early + 0.5) / early_size)
