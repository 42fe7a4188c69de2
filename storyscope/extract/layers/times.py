"""Expressions of time, and where the telling skips ahead."""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from storyscope.corpus.dates import DATE, is_date_line
from storyscope.extract.layers.cast import name_tokens
from storyscope.extract.layers.clauses import Clause
from storyscope.extract.layers.tense import Told, told
from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, Span, once

__all__ = [
    "UNITS",
    "TimeExpression",
    "dates",
    "named_time",
    "time_expressions",
    "time_skips",
    "unit_before",
]

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
OCCASION = words("time", "occasion")
PASSING = words("time", "passing_verb")
ARRIVING = words("time", "arriving_verb")
_POINTS = words("time", "point_of_day")
_MEALS = frozenset("breakfast lunch dinner supper".split())
_YEAR = re.compile(r"(1[0-9]|20|21)\d\d(s)?")
_DATED = WEEKDAY | MONTH | FEAST | SEASON | PART_OF_DAY
_LEAD = frozenset(
    "and but then so , perhaps nearly almost about just only barely some exactly early late long "
    "over more than full good".split()
)
MINUTE = 60.0


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
            grain = named_time(reading, i)
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
def _entries(reading: Reading) -> dict[int, Span]:
    """Paragraphs that are a date or open with one as an entry in a diary does, by first token."""
    found = {}
    for paragraph in reading.paragraphs:
        line = reading.text_of((paragraph.start, min(paragraph.end, paragraph.start + 16)))
        if is_date_line(line) and paragraph.start not in name_tokens(reading):
            found[paragraph.start] = Span(
                paragraph.start, min(paragraph.end, reading.sentence(paragraph.start).end)
            )
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


def named_time(reading: Reading, i: int) -> str:
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


# ---------------------------------------------------------------- skips


@once
def time_skips(reading: Reading) -> list[Span]:
    """Where the telling says that it passes over time: the words that say so, in order.

    Found are, in narration and outside the past perfect and the merely possible: so many hours or
    years later; the next morning; time that passes; and, where a paragraph opens, a point of time
    to which it jumps ("by Easter", "that night", "when he woke", "it was spring before").
    Seconds, moments and minutes of waiting are inside a scene.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = read("He sat down. Two years later he sold it. He said that he would call later.")
    >>> [story.text_of(s) for s in time_skips(story)]
    ['Two years later']
    """
    found: list[Span] = []
    opened = {p.start for p in reading.paragraphs}
    after_break = _after_breaks(reading)
    entries = _entries(reading)
    tellings = told(reading)
    for k, (sentence, tells) in enumerate(zip(reading.sentences, tellings, strict=True)):
        if reading.quoted[sentence.start]:
            continue
        if sentence.start in entries:
            found += [entries[sentence.start]] if k else []
            continue
        if k == 0:  # before the first sentence there is nothing to skip from, but time may pass
            skip = _passing(reading, sentence, tells, False)
            found += [skip] if skip else []
            continue
        looks_back = tellings[k - 1].pluperfect > 0
        skip = _skip(reading, sentence, tells, sentence.start in opened, looks_back)
        if skip is None and sentence.start in after_break:
            skip = _resumed(reading, sentence, tells)
        if skip is not None:
            found.append(skip)
    return found


def _after_breaks(reading: Reading) -> set[int]:
    """Where paragraphs begin that follow a line of glyphs."""
    paragraphs = reading.paragraphs
    return {
        after.start
        for before, after in itertools.pairwise(paragraphs)
        if before.end - before.start <= 5 and not reading.is_word[before.start : before.end].any()
    }


def _resumed(reading: Reading, sentence: Span, tells: Told) -> Span | None:
    """After a break: what has changed meanwhile, in the past perfect, or a time of day or year."""
    if tells.mains and tells.mains[0].pluperfect:
        return sentence
    for i in range(sentence.start, min(sentence.start + 8, sentence.end)):
        if named_time(reading, i) not in ("", "now"):
            return sentence
    return None


def _skip(
    reading: Reading, sentence: Span, tells: Told, opens: bool, looks_back: bool
) -> Span | None:
    start = sentence.start
    while start < sentence.end - 1 and reading.lower[start] in _LEAD:
        start += 1
    if not tells.clauses:
        return _heading(reading, sentence, start) if opens else None
    main = (tells.mains or tells.clauses)[0]
    if main.modal or (looks_back and main.pluperfect):
        return None
    return (
        _distance(reading, sentence, tells)
        or _passing(reading, sentence, tells, opens)
        or _opening(reading, Span(start, sentence.end), main, opens)
        or _arrival_by_when(reading, sentence, main)
    )


def unit_before(reading: Reading, i: int, least: float = MINUTE) -> int | None:
    """First token of a counted or plural unit of time that ends just before token `i`."""
    u = i - 1
    if u < 0 or UNITS.get(reading.lemma[u], 0.0) < least:
        return None
    start = u
    while start > 0 and (
        reading.lower[start - 1] in QUANTITY
        or reading.pos[start - 1] == "NUM"
        or reading.lower[start - 1]
        in ("of", "-", "or", "and", "more", "odd", "full", "long", "short", "good")
    ):
        start -= 1
    counted = any(w in QUANTITY or reading.pos[start + k] == "NUM"
                  for k, w in enumerate(reading.lower[start:u]))  # fmt: skip
    return start if counted or reading.tag[u] == "NNS" else None


def _distance(reading: Reading, sentence: Span, tells: Told) -> Span | None:
    """Say, "Two years later", "half a century on", "the next day" in a main clause."""
    lower = reading.lower
    verbs = {c.verb for c in tells.clauses if c.main or c.mark == "when"}
    verbs = {c.verb for c in tells.clauses if c.verb in verbs and not (c.modal or c.pluperfect)}
    for i in range(sentence.start, sentence.end):
        word = lower[i]
        if reading.quoted[i]:
            continue
        if word in ("later", "afterwards", "afterward", "hence", "on", "after"):
            start = unit_before(reading, i)
            if start is None or lower[i - 1] == "minute" or lower[sentence.start] == "now":
                continue
            if word == "after" and not (set(lower[start : i - 1]) & QUANTITY):
                continue  # "in the days after it" is a stretch and no leap
            if word == "on" and UNITS[reading.lemma[i - 1]] < UNITS["week"]:
                continue
            initial = start - sentence.start <= 3
            if initial or (word in ("later", "afterwards") and _modifies(reading, i, verbs)):
                return Span(start, i + 1)
        elif word in ("next", "following") and i + 1 < sentence.end:
            unit = reading.lemma[i + 1]
            dated = UNITS.get(unit, 0.0) >= UNITS["hour"] or lower[i + 1] in _DATED
            if dated and lower[i - 1] not in ("'s", "s") and _modifies(reading, i + 1, verbs):
                return Span(max(i - 1, sentence.start), i + 2)
    return None


def _modifies(reading: Reading, i: int, verbs: set[int]) -> bool:
    """Whether token `i` is an adverbial of one of these verbs, by way of a preposition or unit."""
    for _ in range(3):
        if reading.dep[i] in ("nsubj", "dobj", "poss", "attr", "nsubjpass", "compound", "relcl"):
            return False
        i = reading.head[i]
        if i in verbs:
            return True
    return False


def _passing(reading: Reading, sentence: Span, tells: Told, opens: bool) -> Span | None:
    """Say, "Weeks passed", "two hundred years went by", "winter came"."""
    for clause in tells.mains:
        i = clause.subject
        if i < 0 or clause.modal or clause.perfect or clause.progressive or clause.negated:
            continue
        verb = reading.lemma[clause.verb]
        lemma = reading.lemma[i]
        if lemma == "rest" and (of := reading.child(i, "prep")) is not None:
            lemma = reading.lemma[of + 2 : of + 3][0] if of + 2 < reading.n else ""
        if i not in name_tokens(reading) and lemma in SEASON and verb in ("end", "pass", "go"):
            return Span(i, clause.verb + 1)
        if verb in PASSING and (UNITS.get(lemma, 0.0) >= UNITS["minute"] or lemma == "time"):
            alone = not any(reading.dep[c] == "dobj" for c in reading.children[clause.verb])
            by = verb != "go" or reading.child(clause.verb, "prt", "prep", "advmod") is not None
            if alone and by:
                return Span(min(reading.subtree(i).start, clause.verb), clause.verb + 1)
        dated = lemma in PART_OF_DAY or lemma in SEASON or lemma in WEEKDAY or lemma in FEAST
        dated = dated and i not in name_tokens(reading)
        if (
            opens
            and verb in ARRIVING
            and dated
            and lemma not in _MEALS
            and reading.tag[i] != "NNS"
            and i - sentence.start <= 3
        ):
            return Span(sentence.start, clause.verb + 1)
    return None


def _heading(reading: Reading, sentence: Span, start: int) -> Span | None:
    """A line that is nothing but a time: "Three weeks later", "Day forty"."""
    if sentence.end - sentence.start > 8:
        return None
    lower, lemma = reading.lower, reading.lemma
    if (
        sentence.end - sentence.start <= 4
        and lemma[start] in _DATED
        and start not in name_tokens(reading)
        and reading.tag[start] != "NNS"
    ):
        return sentence
    for i in range(start, sentence.end):
        if lower[i] == "later" and unit_before(reading, i) is not None:
            return sentence
        if lower[i] in ("next", "following") and i + 1 < sentence.end and lemma[i + 1] in UNITS:
            return sentence
    return (
        sentence
        if lemma[start] == "day" and reading.pos[start + 1 : start + 2] == ["NUM"]
        else None
    )


def _opening(reading: Reading, span: Span, main: Clause, opens: bool) -> Span | None:
    """A point of time to which a sentence jumps, named before its verb."""
    lower, lemma = reading.lower, reading.lemma
    stop = span.start
    while stop < min(span.end, span.start + 9, main.finite) and lower[stop] != ",":
        stop += 1
    phrase = lower[span.start : stop]
    if not phrase:
        return None
    first = phrase[0]
    opening = Span(span.start, stop)
    units = [UNITS.get(w, 0.0) for w in lemma[span.start : stop]]
    longest = max(units, default=0.0)
    dated = [
        i
        for i in range(span.start, stop)
        if lower[i] in _DATED
        and i not in name_tokens(reading)
        and reading.tag[i] != "NNS"
        and reading.dep[i] != "compound"
        and reading.dep[i] != "poss"
    ]
    if first in ("after", "within") and longest >= UNITS["hour"]:
        end = span.start + next(k for k, u in enumerate(units) if u >= UNITS["hour"]) + 1
        counted = unit_before(reading, end, UNITS["hour"])
        spent = {"of", "in"} & set(lower[end : end + 4])
        return opening if counted is not None and not spent else None
    if first == "in" and longest >= UNITS["week"] and any(w in QUANTITY for w in phrase):
        return opening
    if (
        first == "one"
        and len(phrase) <= 4
        and ("day" in phrase or (dated and lemma[dated[0]] not in SEASON))
    ):
        return opening
    if phrase[:3] == ["by", "the", "time"]:
        return opening if opens and _impersonal_after(reading, span.start + 3) else None
    if first == "by":
        anchored = dated or longest >= UNITS["day"] or _year(phrase)
        return opening if anchored and lower[stop - 1] not in ("day", "night") else None
    if (
        first in ("on", "in")
        and len(phrase) <= 6
        and any(
            lower[i] in MONTH or lower[i] in FEAST or (first == "on" and lower[i] in WEEKDAY)
            for i in dated
        )
    ):
        return opening
    if phrase[:3] == ["the", "next", "time"]:
        return opening
    if not opens:
        return None
    if phrase in (["later"], ["afterwards"], ["afterward"]):
        return opening if lower[stop] == "," else None
    if first == "later" and dated:
        return opening
    if first == "that" and len(phrase) <= 3 and (dated or longest >= UNITS["weekend"]):
        return opening
    if first in ("on", "at", "in", "toward", "towards") and len(phrase) <= 7:
        # "In winter" and "at night" may be any winter and any night.
        if dated and lower[dated[0] - 1] not in ("in", "at"):
            return opening
        if dated and first == "at" and lower[dated[0]] in _POINTS:
            return opening
        return opening if any(w in OCCASION for w in phrase) else None
    if first in WEEKDAY and len(phrase) <= 3 and dated:
        return opening
    if any(
        a == "another" and UNITS.get(b, 0.0) >= UNITS["week"] for a, b in itertools.pairwise(phrase)
    ):
        return opening
    return opening if first == "day" and reading.pos[span.start + 1] == "NUM" else None


def _impersonal_after(reading: Reading, i: int) -> bool:
    """Whether a clause that begins at token `i` is about leaves, snow or light and no person."""
    clause = next(
        (c for c in reading.clauses if i <= c.subject < i + 4 and c.verb > c.subject), None
    )
    if clause is None or reading.pos[clause.subject] == "PRON":
        return False
    return clause.subject not in reading.cast.persons


def _year(phrase: list[str]) -> bool:
    return any(_YEAR.fullmatch(w) for w in phrase)


def _arrival_by_when(reading: Reading, sentence: Span, main: Clause) -> Span | None:
    """Say, "When he woke", "it was spring before": a jump told by a clause of time."""
    lower, lemma = reading.lower, reading.lemma
    start = sentence.start
    if lower[start] == "when":
        end = min(main.finite, start + 12)
        inner = lemma[start:end]
        if lower[start + 1] == "next" or any(w in ("wake", "awake", "awaken") for w in inner):
            return Span(start, end)
        if "come" in inner and inner[inner.index("come") + 1 : inner.index("come") + 2] == ["to"]:
            return Span(start, end)
        if "open" in inner and ({"them", "eye"} & set(inner) or "them" in lower[start:end]):
            return Span(start, end)
    if lemma[main.verb] == "be" and main.subject >= 0 and lower[main.subject] == "it":
        named = [
            c
            for c in reading.children[main.verb]
            if c > main.verb
            and lower[c] in _DATED
            and c not in name_tokens(reading)
            and reading.dep[c] in ("attr", "acomp", "npadvmod")
        ]
        clause = any(
            reading.dep[c] == "advcl"
            and any(lower[m] in ("before", "when") for m in range(*reading.subtree(c)))
            for c in reading.children[main.verb]
        )
        if named and clause:
            return Span(main.subject, named[0] + 1)
    return None
