"""Expressions of time in narration."""

from __future__ import annotations

import re
from typing import NamedTuple

from storyscope.corpus.dates import DATE, opening_date
from storyscope.extract.layers.cast import name_tokens
from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, Span, once

__all__ = [
    "UNITS", "TimeExpression", "dates", "entries_by_date", "openings_by_date", "time_expressions",
]  # fmt: skip

UNITS: dict[str, float] = entries("time", "unit")
QUANTITY = words("time", "quantity")
CLOCK = words("time", "clock")
PART_OF_DAY = words("time", "part_of_day", "point_of_day")
WEEKDAY = words("time", "weekday")
MONTH = words("time", "calendar")
FEAST = words("time", "feast")
SEASON = words("time", "season")
LONG = words("time", "long")
NOW = words("time", "deictic_now")
_MEALS = frozenset("breakfast lunch dinner supper".split())
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
    quoted = reading.quoted
    dated = {span.start: span for span in dates(reading)}
    for i in range(reading.n):
        if quoted[i]:
            continue
        if i in dated:
            found.append(TimeExpression(*dated[i], "calendar", 0.0))
            continue
        if found and found[-1].end > i:
            continue
        expression = _counted(reading, i) if reading.lemma[i] in UNITS else None
        if expression is None:
            grain = _named(reading, i)
            expression = TimeExpression(i, i + 1, grain, 0.0) if grain else None
        if expression and (not found or found[-1].end <= expression.start):
            found.append(expression)
    return found


@once
def dates(reading: Reading) -> list[Span]:
    """Dates with their day or year, in any common order and script, in order.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = read("On 3 March it rained. We sailed on 1892-04-01, not on May 4th.")
    >>> [story.text_of(d) for d in dates(story)]
    ['3 March', '1892-04-01', 'May 4th']
    """
    found: list[Span] = []
    for match in DATE.finditer(reading.doc.text):
        span = reading.doc.char_span(*match.span(), alignment_mode="expand")
        if span is not None and (not found or span.start >= found[-1].end):
            found.append(Span(span.start, span.end))
    return found


@once
def entries_by_date(reading: Reading) -> dict[int, int]:
    """First tokens of paragraphs that are a date or open with one as an entry in a diary does.

    Returns
    -------
    dict of int to int
        The first token of each, in order, and the character at which its date ends.
    """
    found: dict[int, int] = {}
    for p in reading.paragraphs:
        if p.start in name_tokens(reading):
            continue
        if length := opening_date(reading.text_of((p.start, min(p.end, p.start + 16)))):
            found[p.start] = reading.doc[p.start].idx + length
    return found


@once
def openings_by_date(reading: Reading) -> list[tuple[int, int]]:
    r"""Sentences [first, last] of every entry's date and of what it says first, in order.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = read("March 3rd\n\nThe cow was ill. Snow fell.\n\n9 March: We sold her.")
    >>> openings_by_date(story)
    [(0, 1), (3, 3)]
    """
    found = []
    for start, date_end in entries_by_date(reading).items():
        first = last = reading.sentence_of[start]
        while (
            last + 1 < len(reading.sentences)
            and reading.characters(reading.sentences[last])[1] <= date_end
        ):
            last += 1
        found.append((first, last))
    return found


def _counted(reading: Reading, i: int) -> TimeExpression | None:
    """A unit of time with its number, as a duration or a recurrence; or a long or bare unit."""
    lemma, lower = reading.lemma[i], reading.lower
    if reading.pos[i] != "NOUN":
        return None
    children = reading.children[i]
    every = [c for c in children if lower[c] in ("every", "each")]
    if every:
        return TimeExpression(min(every), i + 1, "set", 0.0)
    plural = reading.tag[i] == "NNS"
    quantified = [c for c in children if lower[c] in QUANTITY or reading.dep[c] == "nummod"]
    if quantified and (lemma not in PART_OF_DAY or plural):
        return TimeExpression(min(quantified), i + 1, "duration", UNITS[lemma])
    if plural and lower[max(i - 1, 0)] in ("for", "of", "after", "these", "those"):
        return TimeExpression(i, i + 1, "duration", UNITS[lemma])
    if lemma in LONG:
        return TimeExpression(i, i + 1, "long", 0.0)
    if reading.dep[i] in ("npadvmod", "pobj") and lemma in ("day", "week", "month"):
        return TimeExpression(i, i + 1, "day" if lemma == "day" else "calendar", 0.0)
    return None


def _named(reading: Reading, i: int) -> str:
    """Grain of the time that one word names by itself, "" for any other word."""
    word, pos = reading.lower[i], reading.pos[i]
    if i in name_tokens(reading):
        return ""
    if word in NOW:
        return "now"
    if word in CLOCK and pos in ("NOUN", "ADV", "PROPN"):
        return "clock"
    if reading.lemma[i] in PART_OF_DAY and pos in ("NOUN", "PROPN"):
        # A meal names a time only where something is set by it.
        if word in _MEALS and reading.lower[max(i - 1, 0)] not in ("at", "after", "before", "by"):
            return ""
        return "part of day"
    if pos == "PROPN":
        if word in WEEKDAY:
            return "day"
        if (word in MONTH or word in FEAST) and reading.entity[i] in ("DATE", "EVENT"):
            return "calendar"
    if reading.entity[i] == "DATE":
        if reading.lemma[i] in SEASON:
            return "season"
        if _YEAR.fullmatch(word):
            return "year"
    if ":" in word and reading.entity[i] == "TIME":
        return "clock"
    return ""
