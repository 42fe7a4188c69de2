"""How pleasant or unpleasant the words of a stretch are.

Source: the word list of VADER (Hutto and Gilbert 2014, MIT), ratings from -4 to 4, looked up word
by word; a negation among the three words before turns a rating round and weakens it.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from storyscope.extract.reading import Reading, once

__all__ = ["valences"]

_NEGATIONS = frozenset("not n't no never without neither nor hardly nothing nobody".split())
_TURNED = -0.5


@once
def valences(reading: Reading) -> list[tuple[int, float]]:
    """Tokens of narration with a rating, and the rating.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read("It was a lovely day and nobody was happy.")
    >>> [(told.lower[i], v > 0) for i, v in valences(told)]
    [('lovely', True), ('happy', False)]
    """
    ratings = _ratings()
    found = []
    for i in np.flatnonzero(reading.narrated).tolist():
        value = ratings.get(reading.lower[i])
        if value is None:
            continue
        if not _NEGATIONS.isdisjoint(reading.lower[max(0, i - 3) : i]):
            value *= _TURNED
        found.append((i, value))
    return found


@cache
def _ratings() -> dict[str, float]:
    spec = find_spec("vaderSentiment")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("vaderSentiment")
    path = Path(spec.submodule_search_locations[0]) / "vader_lexicon.txt"
    ratings = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, value = line.split("\t")[:2]
        if word.isalpha():
            ratings[word.lower()] = float(value)
    return ratings
