"""Layers against LitBank's gold: events, quotations, speakers, names, mentions of people, he and she."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading
    from storyscope.validate.litbank import GoldText

__all__ = ["gold_people"]


def gold_people(text: GoldText, reading: Reading) -> dict[int, str]:
    """Entity of every mention of a person in the gold, by the mention's head and last token."""
    found: dict[int, str] = {}
    for start, end, kind, _, entity in text.mentions:
        if kind == "PER":
            found[head_of(reading, start, end)] = entity
            found.setdefault(end - 1, entity)
    return found


def head_of(reading: Reading, start: int, end: int) -> int:
    """The token of [start, end) that hangs on one outside, the last where there is none."""
    for i in range(start, end):
        head = reading.head[i]
        if head == i or not start <= head < end:
            return i
    return end - 1
