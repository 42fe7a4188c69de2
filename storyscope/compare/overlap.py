"""Stories that use the same words: shared n-grams and the longest passage in common.

Words are compared without case and with plain apostrophes. What stands in the prompt may be
repeated by every story, and does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Lexicon", "dice", "longest_run", "n_grams", "word_spans"]

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
QUOTED = 4
"""So many words in a row, if they stand in the prompt, are taken as quoted from it."""

_BASE = np.uint64(0x9E3779B97F4A7C15)


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text begin and end.

    >>> word_spans("Don’t go.")
    [(0, 5), (6, 8)]
    """
    return [match.span() for match in WORD.finditer(text)]


class Lexicon:
    """Numbers for words, the same for all texts that one lexicon reads."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._quoted = 0

    def read(self, text: str, prompt: str = "") -> Ints:
        """Turn words into numbers.

        A passage that stands in the prompt becomes numbers that no other story has.
        """
        words = self._words(text)
        asked = self._words(prompt)
        if len(asked) >= QUOTED and len(words) >= QUOTED:
            known = np.isin(n_grams(words, QUOTED), n_grams(asked, QUOTED))
            hidden = np.convolve(known, np.ones(QUOTED, int)) > 0
            words = words.copy()
            words[hidden] = -1 - self._quoted - np.arange(int(hidden.sum()))
            self._quoted += int(hidden.sum())
        return words

    def _words(self, text: str) -> Ints:
        numbers = self._numbers
        found = [
            numbers.setdefault(match.group().lower().replace("’", "'"), len(numbers) + 1)
            for match in WORD.finditer(text)
        ]
        return np.array(found, dtype=np.int64)


def n_grams(words: Ints, n: int) -> NDArray[np.uint64]:
    """Give each run of n words a number, equal for equal runs."""
    if len(words) < n:
        return np.empty(0, np.uint64)
    mixed = _mix(words)
    found = np.zeros(len(words) - n + 1, np.uint64)
    for place in range(n):
        found = found * _BASE + mixed[place : len(words) - n + 1 + place]
    return found


def _mix(words: Ints) -> NDArray[np.uint64]:
    """Spread small numbers over all 64 bits, so that sums of runs do not meet by chance."""
    x = words.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def dice(stories: Sequence[Ints], n: int) -> Floats:
    """Share of distinct n-grams that two stories have in common, for all pairs.

    Twice the common ones over the sum of both, 0 to 1. Longer stories share more by chance.
    """
    kinds = [np.unique(n_grams(words, n)) for words in stories]
    held = np.concatenate(kinds) if kinds else np.empty(0, np.uint64)
    _, column = np.unique(held, return_inverse=True)
    sizes = np.array([len(kind) for kind in kinds])
    ends = np.concatenate([[0], np.cumsum(sizes)])
    ones = np.ones(len(column), np.float32)
    table = csr_array((ones, column, ends), shape=(len(kinds), int(column.max(initial=0)) + 1))
    common = (table @ table.T).toarray().astype(float)
    total = sizes[:, None] + sizes[None, :]
    return np.divide(2 * common, total, out=np.zeros(common.shape), where=total > 0)


def longest_run(first: Ints, second: Ints) -> tuple[int, int, int]:
    """Longest run of words in common: its length, and where it begins in each.

    >>> longest_run(np.array([5, 1, 2, 3, 9]), np.array([1, 2, 3, 4]))
    (3, 1, 0)
    """
    sums = [_prefix(first), _prefix(second)]
    best, low, high = (0, 0, 0), 0, min(len(first), len(second))
    leap = 8  # most pairs share fewer words in a row: leap up first, then halve
    while low < high:
        length = min(leap, high) if leap else (low + high + 1) // 2
        place = _common(sums, length)
        if place is None:
            high, leap = length - 1, 0
        else:
            low, leap, best = length, 2 * leap, (length, *place)
    return best


def _prefix(words: Ints) -> NDArray[np.uint64]:
    """Add weighted words up to each place, for comparing runs of any length."""
    with np.errstate(over="ignore"):
        powers = np.multiply.accumulate(np.full(len(words), _BASE, np.uint64))
        return np.concatenate([[np.uint64(0)], np.cumsum(_mix(words) * powers, dtype=np.uint64)])


def _common(sums: Iterable[NDArray[np.uint64]], length: int) -> tuple[int, int] | None:
    """Places of one run of this length that both have; None if there is none."""
    runs = []
    for sum_ in sums:
        places = np.arange(len(sum_) - length)
        # Dividing by a power of the base brings runs of different places to the same weight.
        runs.append((sum_[places + length] - sum_[places]) * _inverse_powers(len(places)))
    shared, i, j = np.intersect1d(runs[0], runs[1], return_indices=True)
    if not len(shared):
        return None
    first = int(i.argmin())
    return int(i[first]), int(j[first])


def _inverse_powers(count: int) -> NDArray[np.uint64]:
    inverse = np.uint64(pow(int(_BASE), -1, 2**64))
    with np.errstate(over="ignore"):
        steps = np.full(count, inverse, np.uint64)
        return np.multiply.accumulate(steps) if count else steps
