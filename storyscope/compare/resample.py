"""Chance: seeds, intervals by resampling prompts, and labels shuffled within prompts.

Stories that answer the same prompt are not independent, so whole prompts are drawn for intervals
and labels move only within a prompt for tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import isfinite, sqrt
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = [
    "LEVEL",
    "MIN_PROMPTS",
    "Estimate",
    "Groups",
    "Prompts",
    "interval",
    "mean_given",
    "over",
    "p_value",
    "shuffles",
    "stream",
]

LEVEL = 0.95
"""Level of every interval."""

MIN_PROMPTS = 5
"""Fewer prompts than this give no interval and no test."""

GROUPS = 40
"""Groups of prompts that are left out in turn."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95% interval.

    Attributes
    ----------
    value : float
    low, high : float, or None
        Ends of the interval; None where there are too few prompts for one.
    n : int
        Prompts it rests on.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def stream(seed: int, name: str) -> np.random.Generator:
    """Random numbers for one use, independent of all other uses of the same seed."""
    return np.random.default_rng([seed, crc32(name.encode())])


class Prompts:
    """Prompts drawn again and again with replacement, the same draws for every statistic.

    Attributes
    ----------
    drawn : array of float, shape (resamples, prompts)
        How often each prompt is in each draw.
    """

    def __init__(self, prompts: int, resamples: int, seed: int):
        rng = stream(seed, "bootstrap")
        picks = rng.integers(prompts, size=(resamples, prompts))
        picks += np.arange(resamples)[:, None] * prompts
        counts = np.bincount(picks.ravel(), minlength=resamples * prompts)
        self.drawn = counts.reshape(resamples, prompts).astype(np.float32)

    def means(self, values: ArrayLike) -> Floats:
        """Mean over the prompts of each draw; a row a draw.

        `values` has a row a prompt; missing ones do not count.
        """
        values = np.asarray(values, dtype=float)
        given = np.isfinite(values)
        count = given.sum(axis=0)
        middle = np.where(given, values, 0).sum(axis=0) / np.maximum(count, 1)
        # Less their middle, single precision is enough for them, and twice as fast.
        apart = np.where(given, values - middle, 0).astype(np.float32)
        total = (self.drawn @ apart).astype(float)
        if given.all():
            return middle + total / len(values)
        held = (self.drawn @ given.astype(np.float32)).astype(float)
        shift = np.divide(total, held, out=np.full(total.shape, np.nan), where=held > 0)
        return middle + shift

    def mean(self, values: Floats) -> Estimate | None:
        """Mean over prompts with its interval; None if no prompt has a value."""
        given = np.isfinite(values)
        if not given.any():
            return None
        return estimate(float(values[given].mean()), self.means(values), int(given.sum()))


def estimate(value: float, replicates: Floats, n: int) -> Estimate | None:
    """Put a figure and its resampled values together; None where the figure is undefined."""
    if not isfinite(value):
        return None
    low, high = interval(replicates, n)
    return Estimate(value, low, high, n)


def over(total: NDArray, count: NDArray) -> Floats:
    """Divide; missing where there is nothing to divide by.

    >>> over(np.array([3.0, 1.0]), np.array([2, 0])).tolist()
    [1.5, nan]
    """
    return np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)


def mean_given(values: Floats, axis: int | tuple[int, ...]) -> Floats:
    """Mean of what is there; missing where nothing is."""
    given = np.isfinite(values)
    return over(np.where(given, values, 0).sum(axis=axis), given.sum(axis=axis))


class Groups:
    """Prompts dealt into groups that are left out in turn, for intervals by the jackknife.

    Figures that look at pairs of stories, at ranks or at neighbours are misled by prompts that are
    drawn twice; leaving prompts out does not have that fault.

    Attributes
    ----------
    of : array of int
        Group of each story.
    count : int
    prompts : int
    """

    def __init__(self, prompt: Ints, seed: int):
        distinct, place = np.unique(prompt, return_inverse=True)
        self.prompts = len(distinct)
        self.count = min(self.prompts, GROUPS)
        dealt = stream(seed, "groups").permutation(self.prompts) % max(self.count, 1)
        self.of = dealt[place]

    def left_out(self, second_order: int = GROUPS) -> list[Ints]:
        """Which groups are left out: each, then each pair if there are not too many groups.

        None where the prompts are too few for an interval; nothing might be left of them.
        """
        if self.prompts < MIN_PROMPTS:
            return []
        once = [np.array([i]) for i in range(self.count)]
        if self.count > second_order:
            return once
        return once + [np.array(pair) for pair in combinations(range(self.count), 2)]

    def error(self, values: Floats) -> float:
        """Standard error of a figure from its values with groups left out.

        `values` holds the figure of all prompts, then without each group, then (if known) without
        each pair of groups. What pairs of prompts do together counts twice in the jackknife's
        variance; values without pairs take the surplus out (after Efron & Stein 1981).
        """
        n, parts, both = self.count, values[1 : self.count + 1], values[self.count + 1 :]
        variance = float((n - 1) / n * ((parts - parts.mean()) ** 2).sum())
        if len(both) and n > MIN_PROMPTS:
            i, j = np.triu_indices(n, 1)
            joint = n * values[0] - (n - 1) * (parts[i] + parts[j]) + (n - 2) * both
            # Of figures of the second degree `joint` is 2 / (n - 3) times each pair's own effect.
            effect = float(((joint - joint.mean()) ** 2).sum()) * (n - 3) ** 2 / 4
            effect /= n * (n - 1) / 2
            surplus = effect * (4 / (n - 2) ** 2 - 2 / (n * (n - 1)))
            variance = max(variance - surplus, variance / 2)
        return sqrt(variance)

    def estimate(self, values: Floats) -> Estimate | None:
        """Give a figure, and its interval from its values with groups left out (see `error`)."""
        value = float(values[0])
        if not isfinite(value):
            return None
        if not np.isfinite(values).all() or self.prompts < MIN_PROMPTS:
            return Estimate(value, None, None, self.prompts)
        return normal_interval(value, self.error(values), self.prompts, self.count - 1)


def interval(replicates: Floats, n: int) -> tuple[float | None, float | None]:
    """Percentile interval, widened for few prompts as Student's t widens the normal.

    Plain percentiles are too narrow with few clusters; the levels used here are those of the
    expanded percentile interval (Hesterberg 2015, The American Statistician 69, 371-386).

    >>> interval(np.arange(101.0), 4)
    (None, None)
    """
    replicates = replicates[np.isfinite(replicates)]
    if n < MIN_PROMPTS or len(replicates) < 20:
        return None, None
    tail = norm.cdf(sqrt(n / (n - 1)) * student.ppf((1 - LEVEL) / 2, n - 1))
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return float(low), float(high)


def normal_interval(value: float, error: float, n: int, freedom: int | None = None) -> Estimate:
    """Give a figure and its standard error as an interval of Student's t."""
    if n < MIN_PROMPTS or not isfinite(error):
        return Estimate(value, None, None, n)
    half = float(student.ppf((1 + LEVEL) / 2, freedom or n - 1)) * error
    return Estimate(value, value - half, value + half, n)


def shuffles(labels: Ints, blocks: Ints, count: int, rng: np.random.Generator) -> NDArray:
    """Labels shuffled within blocks, `count` times; a row a shuffle.

    >>> shuffles(np.array([0, 1, 2, 2]), np.array([0, 0, 1, 1]), 2, stream(0, "x"))[:, 2:].tolist()
    [[2, 2], [2, 2]]
    """
    place = np.argsort(blocks, kind="stable")
    _, rank = np.unique(blocks, return_inverse=True)
    shuffled = np.empty((count, len(labels)), labels.dtype)
    step = max(1, 4_000_000 // max(len(labels), 1))
    for start in range(0, count, step):
        rows = min(step, count - start)
        order = np.argsort(rank + rng.random((rows, len(labels))), axis=1)
        shuffled[start : start + rows, place] = labels[order]
    return shuffled


def p_value(observed: float, null: Floats, ties: float = 1.0) -> float:
    """Share of shuffles at least as extreme, the observed one among them.

    Values that differ only by rounding are ties. For figures that take few values `ties` may be
    one half: counted whole they would make such a test reject too seldom.

    >>> p_value(3.0, np.array([1.0, 2.0, 3.0, 4.0]))
    0.6
    """
    slack = 1e-9 * max(1e-300, float(np.nanmax(np.abs(null), initial=0)))
    above = int((null > observed + slack).sum())
    equal = int((null >= observed - slack).sum()) - above
    return (1 + above + ties * equal) / (1 + len(null))
