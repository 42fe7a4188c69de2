"""Exchanges: runs of turns at speech with little narration between them."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.speakers import APART, Turn, turns
from storyscope.extract.reading import Reading, once

__all__ = ["Exchange", "exchanges"]


class Exchange(NamedTuple):
    """Blocks of speech that follow one another closely: the first turn of each, by index."""

    turns: list[int]
    blocks: int


@once
def exchanges(reading: Reading) -> list[Exchange]:
    r"""Runs of two turns or more with little narration between them.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> rain = "It rained. " * 40
    >>> story = '"Where is it?" Mara asked.\n"Gone," said Tom.\n' + rain + '\n"Oh."'
    >>> [len(e.turns) for e in exchanges(read(story))]
    [2]
    """
    found: list[Exchange] = []
    current: list[int] = []
    every = turns(reading)
    for k, turn in enumerate(every):
        if current:
            before = every[current[-1]].quotation.end
            apart = int(reading.narrated[before : turn.quotation.start].sum())
            if apart > APART:
                found.append(_exchange(every, current))
                current = []
        current.append(k)
    if current:
        found.append(_exchange(every, current))
    return [e for e in found if e.blocks > 1]


def _exchange(every: list[Turn], indices: list[int]) -> Exchange:
    """One index a block: the first quotation of each turn."""
    first: dict[int, int] = {}
    for k in indices:
        first.setdefault(every[k].block, k)
    return Exchange(list(first.values()), len(first))
