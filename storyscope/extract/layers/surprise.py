"""Turns of subject and of mood from one stretch of a story to the next, against chance.

Raw divergence of neighbouring stretches measures their size more than the story, so each value is
taken beside what the same story gives when its words, or its sentences, are shuffled. Idea of
novelty between segments: Barron, Huang, Spang and DeDeo 2018; Piper, Xu and Kolaczyk 2023.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from storyscope.extract.reading import Reading, once

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Turn", "mood_turn", "subject_turns"]

SEGMENT = 100
"""Content words a stretch."""
LEAST_SEGMENTS = 4
BLOCK = 8
"""Sentences on either side of a turn of mood."""
SHUFFLES = 200
CELLS = 4_000_000
"""Counts held at a time, 8 bytes each and a few copies."""
_CONTENT = frozenset({"NOUN", "VERB", "ADJ"})
_LIGHT = frozenset("be have do go get say make come take know see look thing one".split())


class Turn(NamedTuple):
    """Turns between neighbouring stretches.

    Attributes
    ----------
    excess : float
        Mean divergence of neighbours minus its mean under shuffling.
    largest : float
        The largest minus the mean of the largest under shuffling, in standard deviations of that.
    position : float or None
        Where the largest stands, 0 to 1; None where it is within the 95% of chance.
    token : int
        Token at which the later stretch of the largest begins.
    """

    excess: float
    largest: float
    position: float | None
    token: int


@once
def subject_turns(reading: Reading) -> Turn | None:
    """Turns of subject; None where there are under four stretches of a hundred content words.

    Jensen-Shannon divergence in bits between the lemmas of neighbouring stretches.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> a = "The sailor tied the rope and the boat rocked on the grey water near the old pier. "
    >>> b = "The judge opened the court and the lawyer read the law to the silent jury again. "
    >>> turn = subject_turns(read(a * 25 + b * 25))
    >>> turn.position is not None and turn.largest > 3, subject_turns(read(a))
    (True, None)
    """
    where = [
        i
        for i, kind in enumerate(reading.pos)
        if kind in _CONTENT and reading.lemma[i] not in _LIGHT and reading.is_word[i]
    ]
    n = len(where) // SEGMENT
    if n < LEAST_SEGMENTS:
        return None
    _, codes = np.unique([reading.lemma[i] for i in where[: n * SEGMENT]], return_inverse=True)
    width = int(codes.max()) + 1
    observed = _neighbours(codes[None], n, width)[0]
    chance = _neighbours(_shuffled(codes.astype(np.int32)), n, width)
    k = int(observed.argmax())
    return _turn(observed, chance, k, (k + 1) / n, where[(k + 1) * SEGMENT])


def _table(size: int) -> NDArray[np.float64]:
    """Values of p log p for how often a lemma may stand in `size` words."""
    p = np.arange(size + 1) / size
    table: NDArray[np.float64] = p * np.log2(np.where(p > 0, p, 1.0))
    return table


_ONE, _TWO = _table(SEGMENT), _table(2 * SEGMENT)


def _shuffled(values: NDArray[Any]) -> NDArray[Any]:
    """The values in `SHUFFLES` orders, a row each, always the same."""
    rows = np.tile(values, (SHUFFLES, 1))
    np.random.default_rng(0).permuted(rows, axis=1, out=rows)
    return rows


def _neighbours(codes: NDArray[Any], n: int, width: int) -> NDArray[np.float64]:
    """Divergences of the n - 1 pairs of neighbouring stretches, for every row of codes.

    A count for every row, stretch and lemma at once would grow with the square of a story's
    length, so that a few stretches are counted at a time.
    """
    result = np.empty((len(codes), n - 1))
    step = max(1, CELLS // (len(codes) * width))
    for first in range(0, n - 1, step):
        last = min(first + step, n - 1)
        part = codes[:, first * SEGMENT : (last + 1) * SEGMENT]
        shape = (len(part), last + 1 - first, width)
        rows = np.arange(part.size).reshape(part.shape) // SEGMENT
        counts = np.bincount((rows * width + part).ravel(), minlength=math.prod(shape))
        counts = counts.reshape(shape)
        entropy = -_ONE[counts].sum(axis=2)
        both = -_TWO[counts[:, :-1] + counts[:, 1:]].sum(axis=2)
        result[:, first:last] = both - (entropy[:, :-1] + entropy[:, 1:]) / 2
    return result


def _turn(
    observed: NDArray[np.float64],
    chance: NDArray[np.float64],
    k: int,
    position: float,
    token: int,
) -> Turn:
    best = chance.max(axis=1)
    largest = (observed[k] - best.mean()) / max(float(best.std()), 1e-9)
    shown = observed[k] > np.quantile(best, 0.95)
    excess = float(observed.mean() - chance.mean())
    return Turn(excess, float(largest), position if shown else None, token)


@once
def mood_turn(reading: Reading) -> Turn | None:
    """Turns of mood: the valence of eight sentences against the eight before; None under 32.

    Valence by VADER's lexicon (see `STY_SEN_01`), names apart (Grace, Hope); differences in its units.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> glad, sad = "She smiled with joy and love. ", "He wept in grief and terror. "
    >>> turn = mood_turn(read(glad * 20 + sad * 20))
    >>> round(turn.position, 2), turn.largest > 3
    (0.5, True)
    """
    from storyscope.extract.measures.style import _vader

    lexicon, lower, pos = _vader(), reading.lower, reading.pos
    each = [0.0 if k == "PROPN" else lexicon.get(w, 0.0) for w, k in zip(lower, pos, strict=True)]
    total = np.concatenate([[0.0], np.cumsum(each)])
    valence = np.array([total[b] - total[a] for a, b in reading.sentences])
    n = len(valence)
    if n < 4 * BLOCK:
        return None
    observed = _blocks(valence[None])[0]
    chance = _blocks(_shuffled(valence))
    k = int(observed.argmax())
    token = reading.sentences[k + BLOCK].start
    return _turn(observed, chance, k, (k + BLOCK) / n, token)


def _blocks(valence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Absolute differences of means on either side of every place with a whole block on both."""
    total = np.cumsum(np.pad(valence, ((0, 0), (1, 0))), axis=1)
    means = (total[:, BLOCK:] - total[:, :-BLOCK]) / BLOCK
    result: NDArray[np.float64] = np.abs(means[:, BLOCK:] - means[:, :-BLOCK])
    return result
