"""Expressions of time, and where the telling skips ahead."""

from __future__ import annotations

import re
from typing import NamedTuple

from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["TimeExpression", "phrase_pattern", "time_expressions", "time_skips"]

UNITS: dict[str, float] = entries("time", "unit")
CLOCK = words("time", "clock")
PART_OF_DAY = words("time", "part_of_day")
WEEKDAY = words("time", "weekday")
CALENDAR = words("time", "calendar")
SEASON = words("time", "season")
LONG = words("time", "long")
NOW = words("time", "deictic_now")
FREQUENCY = words("time", "frequency")
_QUANTITY = frozenset(
    "a an one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty "
    "fifty sixty hundred thousand few several many some couple half dozen another".split()
)
_SKIP = words("time", "skip_initial")
_YEAR = re.compile(r"(1[0-9]|20|21)\d\d(s)?")


class TimeExpression(NamedTuple):
    """Tokens [start, end) that name a time.

    `grain` is one of clock, part of day, day, calendar, season, year, long, now, set, or
    duration; `seconds` the length of a duration's unit, 0 elsewhere.
    """

    start: int
    end: int
    grain: str
    seconds: float


@once
def time_expressions(reading: Reading) -> list[TimeExpression]:
    """Expressions of time in narration, in order; each word counts once.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> [t.grain for t in time_expressions(read("She waited two hours. At noon it rained."))]
    ['duration', 'part of day']
    """
    found: list[TimeExpression] = []
    lower, lemma, pos = reading.lower, reading.lemma, reading.pos
    for i in range(reading.n):
        if reading.quoted[i]:
            continue
        word = lower[i]
        grain = ""
        start, seconds = i, 0.0
        if lemma[i] in UNITS and pos[i] == "NOUN":
            quantified = [
                c
                for c in reading.children[i]
                if lower[c] in _QUANTITY or reading.dep[c] == "nummod"
            ]
            every = [c for c in reading.children[i] if lower[c] in ("every", "each")]
            if every:
                grain, start = "set", min(every)
            elif quantified and (lemma[i] not in PART_OF_DAY or reading.tag[i] == "NNS"):
                grain, start, seconds = "duration", min(quantified), UNITS[lemma[i]]
            elif reading.tag[i] == "NNS" and lower[max(i - 1, 0)] in (
                "for",
                "of",
                "after",
                "these",
                "those",
            ):
                grain, seconds = "duration", UNITS[lemma[i]]
            elif lemma[i] in LONG:
                grain = "long"
            elif lemma[i] == "day" and reading.dep[i] in ("npadvmod", "pobj"):
                grain = "day"
            elif lemma[i] in ("week", "month") and reading.dep[i] in ("npadvmod", "pobj"):
                grain = "calendar"
        if not grain:
            if word in CLOCK and pos[i] in ("NOUN", "ADV", "PROPN") and word not in ("am",):
                grain = "clock"
            elif lemma[i] in PART_OF_DAY and pos[i] in ("NOUN", "PROPN"):
                grain = "part of day"
            elif word in WEEKDAY and pos[i] == "PROPN":
                grain = "day"
            elif word in CALENDAR and pos[i] == "PROPN" and reading.entity[i] in ("DATE", "EVENT"):
                grain = "calendar"
            elif lemma[i] in SEASON and reading.entity[i] == "DATE":
                grain = "season"
            elif word in NOW:
                grain = "now"
            elif _YEAR.fullmatch(word) and reading.entity[i] == "DATE":
                grain = "year"
            elif ":" in word and reading.entity[i] == "TIME":
                grain = "clock"
        if grain and (not found or found[-1].end <= start):
            found.append(TimeExpression(start, i + 1, grain, seconds))
    return found


@once
def time_skips(reading: Reading) -> list[Span]:
    """Paragraph openings in narration that say time has passed, before the first verb or comma.

    A subordinate "when she called later" or a date inside the sentence does not count.
    """
    found = []
    for k, paragraph in enumerate(reading.paragraphs):
        if k == 0 or reading.quoted[paragraph.start]:
            continue
        stop = paragraph.start
        while stop < min(paragraph.end, paragraph.start + 10):
            if _ends_opening(reading, stop):
                break
            stop += 1
        opening = reading.lower[paragraph.start : stop]
        if _says_time_passed(opening):
            found.append(Span(paragraph.start, max(stop, paragraph.start + 1)))
        elif stop + 3 < paragraph.end and _says_time_passed(
            reading.lower[paragraph.start : paragraph.start + 4], verbs=True
        ):
            found.append(Span(paragraph.start, paragraph.start + 4))
    return found


def _ends_opening(reading: Reading, i: int) -> bool:
    """Whether token `i` ends an opening phrase: a comma or a finite verb."""
    return reading.lower[i] in {",", ".", ";", ":", "—", "--"} or reading.tag[i] in (
        "VBD", "VBZ", "VBP", "MD",
    )  # fmt: skip


def _says_time_passed(opening: list[str], *, verbs: bool = False) -> bool:
    phrase = " ".join(opening)
    if not verbs and opening and opening[0] in ("when", "if", "as", "because", "though"):
        return any(w in opening[:2] for w in ("morning", "dawn", "spring", "winter", "summer"))
    for n in range(1, 5):
        start = " ".join(opening[:n])
        if start in _SKIP and (not verbs or n >= 2):
            return True
    return not verbs and bool(
        re.search(
            r"\b(later|passed|earlier that|the (next|following) \w+|the \w+ after|by the time)\b",
            phrase,
        )
        and re.search(
            r"\b(second|moment|minute|hour|day|week|month|year|decade|centur|night|morning|evening|"
            r"afternoon|spring|summer|autumn|winter|time)",
            phrase,
        )
    )


def phrase_pattern(phrases: frozenset[str]) -> re.Pattern[str]:
    """One pattern for many phrases, whole words, longest first."""
    ordered = sorted(phrases, key=lambda p: (-len(p), p))
    return re.compile(r"\b(?:" + "|".join(re.escape(p) for p in ordered) + r")\b")
