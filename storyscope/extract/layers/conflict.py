"""Open conflict between people: blows, threats, insults, accusations, refusals and orders.

Every sign has a weight; a clash is a stretch where enough of them stand together.
"""

from __future__ import annotations

from storyscope.extract.layers.blows import Sign, hostile_deeds
from storyscope.extract.layers.hostile_words import hostile_words
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["Sign", "clashes", "conflict_signs"]

NEARBY = 60
"""Tokens between two signs up to which they belong to one clash."""
ENOUGH = 2.0
PLAY = words("conflict", "play")


@once
def conflict_signs(reading: Reading) -> list[Sign]:
    """Signs of open conflict between people, in order.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read('She struck him in the face. "If you touch her again I will kill you," he said.')
    >>> [s.kind for s in conflict_signs(told)]
    ['blow', 'threat']
    """
    return sorted([*hostile_deeds(reading), *hostile_words(reading)])


@once
def clashes(reading: Reading) -> list[Span]:
    """Stretches of open conflict: signs near one another whose weights add up to two or more.

    A stretch with two words of play, practice or laughter needs twice as much.
    """
    found: list[Span] = []
    group: list[Sign] = []
    for sign in [*conflict_signs(reading), None]:
        if sign is not None and (not group or sign.start - max(s.end for s in group) <= NEARBY):
            group.append(sign)
            continue
        if group:
            found += _clash(reading, group)
        group = [sign] if sign is not None else []
    return found


def _clash(reading: Reading, group: list[Sign]) -> list[Span]:
    start, end = group[0].start, max(s.end for s in group)
    first, last = reading.sentence(start).start, reading.sentence(end - 1).end
    playful = sum(w in PLAY for w in reading.lemma[first:last])
    need = ENOUGH * (2 if playful >= 2 else 1)
    if all(s.kind == "blow" and s.weight <= 1 for s in group):
        need += 1
    return [Span(start, end)] if sum(s.weight for s in group) >= need else []
