"""Statistics of short series that do not mistake chance for shape.

A story of a thousand words holds a few dozen of anything, so range, coefficient of variation and
position of the maximum measure mostly noise. What is used instead: the mean position of the
things counted, dispersion against what chance gives for that many, windows wide enough to hold
some, and equivalence tests that may answer "too short to tell".

All functions take positions in [0, 1): where in the story each of n things stands.
"""

from __future__ import annotations

from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "burstiness",
    "centroid",
    "course",
    "counts",
    "direction",
    "flat",
    "late_share",
    "log_ratio",
    "monotonicity",
    "peak",
    "unevenness",
]

SIGNIFICANT = 1.64
"""Two-sided 10% point of the normal distribution."""
SEGMENTS = 10
WINDOW = 3
# Mean of the best of 8 overlapping windows of 3 tenths, in standard errors of one window, when
# n things fall evenly; by simulation of 4,000 even stories each (n 15 to 300: 1.40 to 1.44).
_EXPECTED_BEST = 1.42


def counts(positions: Sequence[float], segments: int = SEGMENTS) -> NDArray[np.int64]:
    """How many fall into each of `segments` equal parts."""
    places = np.minimum((np.asarray(positions, dtype=float) * segments).astype(int), segments - 1)
    return np.bincount(places, minlength=segments)


def centroid(positions: Sequence[float]) -> float:
    """Mean position minus 0.5: negative where things come early, positive where late.

    Its standard error for evenly spread things is 1 / sqrt(12 n).

    >>> round(centroid([0.5, 0.7, 0.9]), 6)
    0.2
    """
    return float(np.mean(positions)) - 0.5


def direction(positions: Sequence[float]) -> str:
    """Whether things come late ("rising"), early ("falling"), or neither is shown ("level")."""
    z = centroid(positions) * sqrt(12 * len(positions))
    return "rising" if z > SIGNIFICANT else "falling" if z < -SIGNIFICANT else "level"


def unevenness(positions: Sequence[float], segments: int = SEGMENTS) -> float:
    """How much more the parts differ than chance would have it, 0 to about 1.

    (D - 1) / n with D the dispersion index, whose mean is 1 for any n when things fall evenly.
    """
    observed = counts(positions, segments)
    n = int(observed.sum())
    expected = n / segments
    index = float(((observed - expected) ** 2 / expected).sum()) / (segments - 1)
    return max(0.0, (index - 1) / n)


def peak(positions: Sequence[float]) -> tuple[float, float]:
    """Centre of the fullest window of three tenths, and by how much it exceeds chance.

    Ties go to the window nearest the middle. The excess is the window's share minus the share
    that the best window of an even story of as many things would have.
    """
    observed = counts(positions)
    n = int(observed.sum())
    windows = np.convolve(observed, np.ones(WINDOW, dtype=int), mode="valid")
    centres = (np.arange(len(windows)) + WINDOW / 2) / SEGMENTS
    best = max(range(len(windows)), key=lambda w: (windows[w], -abs(centres[w] - 0.5)))
    even = WINDOW / SEGMENTS
    expected = even + _EXPECTED_BEST * sqrt(even * (1 - even) / n)
    return float(centres[best]), float(windows[best]) / n - expected


def late_share(positions: Sequence[float], start: float = 0.6) -> float:
    """Share that falls after `start`."""
    return float(np.mean(np.asarray(positions) >= start))


def monotonicity(positions: Sequence[float]) -> float:
    """Kendall's tau between the order of ten parts and how full they are, -1 to 1.

    Its standard deviation for an even story is 0.26.
    """
    from scipy.stats import kendalltau

    tau = kendalltau(np.arange(SEGMENTS), counts(positions)).statistic
    return 0.0 if np.isnan(tau) else float(tau)


def course(positions: Sequence[float]) -> str:
    """Shape over three parts, a change counting where it exceeds the 5% point of chance.

    One of "level", "rise", "fall", "rise and fall", "fall and rise".
    """
    first, middle, last = (int(c) for c in counts(positions, 3))
    steps = [_step(first, middle), _step(middle, last)]
    if steps == [0, 0]:
        whole = _step(first, last)
        return ("level", "rise", "fall")[whole]
    moves = [s for s in steps if s]
    if len(moves) == 2 and moves[0] != moves[1]:
        return "rise and fall" if moves[0] > 0 else "fall and rise"
    return "rise" if moves[0] > 0 else "fall"


def _step(a: int, b: int) -> int:
    if a + b == 0:
        return 0
    z = (b - a) / sqrt(a + b)
    return 1 if z > 1.96 else -1 if z < -1.96 else 0


def flat(positions: Sequence[float]) -> bool | None:
    """Whether things are shown to be evenly spread; None where there are too few to tell.

    True only if the 90% interval of the mean position lies inside 0.5 +/- 0.056 (end rates within
    1:2) and the parts differ no more than one and a half times what chance gives. Below 72 things
    no story can pass, so the answer is None.
    """
    n = len(positions)
    if n < 72:
        return None
    margin = SIGNIFICANT / sqrt(12 * n)
    observed = counts(positions)
    index = float(((observed - n / SEGMENTS) ** 2 / (n / SEGMENTS)).sum()) / (SEGMENTS - 1)
    return abs(centroid(positions)) + margin <= 0.056 and index < 1.5


def burstiness(positions: Sequence[float]) -> float:
    """From -1 (regularly spaced) over 0 (chance) to 1 (in bursts), corrected for how many.

    Source: Kim and Jo 2016, a finite-size form of the measure of Goh and Barabasi 2008.
    """
    ordered = np.sort(np.asarray(positions, dtype=float))
    gaps = np.diff(np.concatenate([[0.0], ordered, [1.0]]))
    n = len(gaps)
    r = float(gaps.std() / gaps.mean())
    return (sqrt(n + 1) * r - sqrt(n - 1)) / ((sqrt(n + 1) - 2) * r + sqrt(n - 1))


def log_ratio(late: float, early: float, late_size: float, early_size: float) -> float:
    """Log of the rate in one part over the rate in another, each with half a thing added.

    >>> log_ratio(5, 5, 100, 100)
    0.0
    """
    return log((late + 0.5) / late_size) - log((early + 0.5) / early_size)
