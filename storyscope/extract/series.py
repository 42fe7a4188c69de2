"""Statistics of short series: of things at places in a story, and of a curve over its tenths.

A story of a thousand words holds a few dozen of anything, so range, coefficient of variation and
position of the maximum of what is counted measure mostly noise. What is used instead: the mean
position of the things, how they are spaced against chance, and an equivalence test that may answer
"too short to tell". These functions take positions in [0, 1): where each of n things stands.

A curve is a whole grade for each tenth of the story; its changes count from a size that is more
than noise, which the caller names.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "burstiness",
    "centroid",
    "course",
    "flat",
    "log_ratio",
    "monotonicity",
    "reversals",
    "trend",
]

SIGNIFICANT = 1.64
"""Two-sided 10% point of the normal distribution."""
SEGMENTS = 10


# ---------------------------------------------------------------- things at places


def centroid(positions: ArrayLike) -> float:
    """Mean position minus 0.5: negative where things come early, positive where late.

    Its standard error for n evenly spread things is 1 / sqrt(12 n).

    >>> round(centroid([0.5, 0.7, 0.9]), 6)
    0.2
    """
    return float(np.mean(np.asarray(positions, dtype=float))) - 0.5


def flat(positions: ArrayLike) -> bool | None:
    """Whether things are shown to be evenly spread; None where there are too few to tell.

    True only if the 90% interval of the mean position lies inside 0.5 +/- 0.056 (end rates within
    1:2) and the tenths differ no more than one and a half times what chance gives. Below 72 things
    no story can pass, so the answer is None.
    """
    places = np.asarray(positions, dtype=float)
    n = len(places)
    if n < 72:
        return None
    tenth = np.minimum((places * SEGMENTS).astype(int), SEGMENTS - 1)
    counts = np.bincount(tenth, minlength=SEGMENTS)
    dispersion = float(((counts - n / SEGMENTS) ** 2).sum()) / (n * (SEGMENTS - 1) / SEGMENTS)
    margin = SIGNIFICANT / sqrt(12 * n)
    return abs(centroid(places)) + margin <= 0.056 and dispersion < 1.5


def burstiness(positions: ArrayLike) -> float:
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


# ---------------------------------------------------------------- a curve over tenths


def trend(curve: Sequence[float]) -> float:
    """Change from the first part to the last along the fitted line.

    >>> round(trend([1, 2, 3, 4]), 6), round(trend([5, 2, 2]), 6)
    (3.0, -3.0)
    """
    return float(np.polyfit(range(len(curve)), curve, 1)[0]) * (len(curve) - 1)


def monotonicity(curve: Sequence[float]) -> float:
    """Kendall's tau-b between the order of the parts and their values, -1 to 1; 0 if all are equal.

    >>> monotonicity([1, 2, 3, 4]), monotonicity([1, 1]), round(monotonicity([1, 3, 2]), 2)
    (1.0, 0.0, 0.33)
    """
    steps = [(b > a) - (b < a) for a, b in combinations(curve, 2)]
    untied = sum(map(abs, steps))
    return sum(steps) / sqrt(len(steps) * untied) if untied else 0.0


def course(curve: Sequence[float], change: float) -> str:
    """Shape over opening, middle and end (three, four and three tenths of ten).

    One of "level", "rise", "fall", "rise and fall", "fall and rise"; means of two parts differ
    from `change` on.

    >>> course([1, 1, 1, 5, 5, 5, 5, 2, 2, 2], 1)
    'rise and fall'
    """
    cut = round(0.3 * len(curve))
    a, b, c = (float(np.mean(p)) for p in (curve[:cut], curve[cut:-cut], curve[-cut:]))
    steps = [(d >= change) - (d <= -change) for d in (b - a, c - b)]
    if steps[0] * steps[1] < 0:
        return "rise and fall" if steps[0] > 0 else "fall and rise"
    whole = sum(steps) or (c - a >= change) - (c - a <= -change)
    return "rise" if whole > 0 else "fall" if whole < 0 else "level"


def reversals(curve: Sequence[float], change: float) -> int:
    """How often a rise of `change` or more is followed by such a fall, or a fall by a rise.

    A rise or fall is measured from the last turning point, so that several small steps count.

    >>> reversals([2, 5, 5, 1, 2, 4], 2), reversals([2, 3, 2, 3], 2)
    (2, 0)
    """
    low = high = curve[0]
    direction = turns = 0
    for value in curve[1:]:
        low, high = min(low, value), max(high, value)
        if value - low >= change and direction < 1:
            turns += direction == -1
            direction, high = 1, value
        elif high - value >= change and direction > -1:
            turns += direction == 1
            direction, low = -1, value
    return turns
