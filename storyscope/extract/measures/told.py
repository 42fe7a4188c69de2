"""Arithmetic that measures over tagged passages share.

A passage is a run of sentences over its family's threshold (`Reading.told`); no probability enters
a value, since probabilities can carry wording.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from storyscope.extract.measures import (
    ENOUGH_FOR_SERIES,
    ENOUGH_WORDS,
    NOT_DEFINED,
    Measured,
    number,
    once,
    yes,
)
from storyscope.extract.reading import Reading, Span
from storyscope.extract.tagger.labels import SCALES

__all__ = [
    "LEVELS",
    "chosen",
    "first_told",
    "lean_told",
    "level",
    "level_named",
    "rate_told",
    "sentences_told",
    "share_told",
    "spans_told",
    "told_at_all",
    "words_in",
]

ENOUGH_TO_TELL = 50
"""Words under which nothing is asked of a story at all."""
ENOUGH_TO_JUDGE = 150
"""Words under which no scale or choice is asked of a story as a whole."""
LEVELS = ("none", "a touch", "some", "much", "dominant")
"""Answers of the scales from 0 to 4."""


@once
def _spans(reading: Reading) -> dict[str, list[Span]]:
    return {}


def spans_told(reading: Reading, family: str) -> list[Span]:
    """Tokens of every passage of a family, in order."""
    kept = _spans(reading)
    if family not in kept:
        kept[family] = [reading.span_of(p) for p in reading.told(family)]
    return kept[family]


def sentences_told(reading: Reading, family: str) -> list[int]:
    """Sentences that stand in passages of a family, in order."""
    return [k for p in reading.told(family) for k in range(p.first, p.last + 1)]


def words_in(reading: Reading, spans: list[Span]) -> int:
    """Words inside spans that do not overlap."""
    return sum(int(reading.is_word[a:b].sum()) for a, b in spans)


def told_at_all(reading: Reading, family: str) -> Measured:
    """Whether any passage of a family is found."""
    if reading.n_words < ENOUGH_TO_TELL:
        return NOT_DEFINED
    return yes(spans_told(reading, family))


def share_told(reading: Reading, family: str) -> Measured:
    """Share of the story's words that stand in passages of a family, corrected for known errors."""
    if reading.n_words < ENOUGH_WORDS:
        return NOT_DEFINED
    spans = spans_told(reading, family)
    share = words_in(reading, spans) / reading.n_words
    return Measured(min(share * reading.tags.corrections[family], 1.0), spans)


def rate_told(reading: Reading, family: str) -> Measured:
    """Passages of a family per 1,000 words, corrected for known errors."""
    if reading.n_words < ENOUGH_WORDS:
        return NOT_DEFINED
    spans = spans_told(reading, family)
    return Measured(1000 * len(spans) * reading.tags.corrections[family] / reading.n_words, spans)


def first_told(reading: Reading, family: str) -> Measured:
    """Where the first passage begins, 0 to 1; undefined where there is none."""
    spans = spans_told(reading, family)
    if not spans or reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    return number(float(reading.word_clock[spans[0].start]), spans[:1])


def lean_told(reading: Reading, family: str, least: int = 3) -> Measured:
    """Mean position of the passages minus 0.5: early or late; undefined under `least` passages."""
    spans = spans_told(reading, family)
    if len(spans) < least or reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    middle = [float(reading.word_clock[(a + b) // 2]) for a, b in spans]
    return number(sum(middle) / len(middle) - 0.5, spans)


def level(reading: Reading, scale: str) -> int | None:
    """Whole level of a scale of the story; None under `ENOUGH_TO_JUDGE` words."""
    if reading.n_words < ENOUGH_TO_JUDGE:
        return None
    return floor(reading.tags.scales[scale] + 0.5)


def level_named(
    reading: Reading,
    scale: str,
    names: Sequence[str] = LEVELS,
    spans: Sequence[tuple[int, int]] = (),
) -> Measured:
    """Whole level of a scale by its name, the lowest first."""
    found = level(reading, scale)
    if found is None:
        return NOT_DEFINED
    return Measured(names[found - int(SCALES[scale][0])], spans)


def chosen(reading: Reading, choice: str) -> str | None:
    """Likeliest answer of a choice for the story; None under `ENOUGH_TO_JUDGE` words."""
    return None if reading.n_words < ENOUGH_TO_JUDGE else reading.tags.choice(choice)
