"""Open conflict between people: blows, threats, insults, accusations, refusals and orders.

Every sign has a weight; a clash is a stretch where enough of them stand together.
"""

from __future__ import annotations

from storyscope.extract.layers.blows import Sign, hostile_deeds
from storyscope.extract.layers.hostile_words import hostile_words
from storyscope.extract.layers.standing import stands
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["Sign", "clashes", "conflict_signs"]

NEARBY = 60
"""Tokens between two signs up to which they belong to one clash."""
ENOUGH, TOGETHER, MERE = 2.0, 1.5, 2.5
"""Weight from which one sign, two or more, and mere orders and grips, make a clash."""
PLAY = words("conflict", "play")
_MERRY = frozenset({"laugh", "giggle", "tease", "joke"})


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
    deeds = hostile_deeds(reading)
    taken = {i for s in deeds for i in range(s.start, s.end)}
    others = [s for s in stands(reading) if taken.isdisjoint(range(s.start, s.end))]
    return sorted([*deeds, *others, *hostile_words(reading)])


@once
def clashes(reading: Reading) -> list[Span]:
    """Stretches of open conflict: signs near one another whose weights add up to two or more.

    One and a half is enough for two signs that are not only orders and grips; for those, two and a
    half. A stretch with two
    words of play or practice, or with laughter, needs twice as much.
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
    merry = any(w in _MERRY for w in reading.lemma[first:last])
    enough = MERE if len(group) >= 2 else ENOUGH
    if len(group) >= 2 and any(map(_against, group)):
        enough = TOGETHER
    need = enough * (2 if playful >= 2 or merry else 1)
    if all(s.kind == "blow" and s.weight <= 1 for s in group):
        need += 1
    return [Span(start, end)] if sum(s.weight for s in group) >= need else []


def _against(sign: Sign) -> bool:
    """Whether a sign sets somebody against somebody: not an order, a tone or a mere grip."""
    if sign.kind == "blow":
        return sign.weight > 1
    return sign.kind not in ("order", "tone", "weapon") and sign.weight >= 0.75
