"""Temporal structure: tense, order, duration, frequency, and dreams told."""

from __future__ import annotations

import re

from storyscope.extract.layers.anachrony import flashbacks, pluperfects
from storyscope.extract.layers.dreams import doubts, dream_words, dreams, visions, wakings
from storyscope.extract.layers.habits import habitual
from storyscope.extract.layers.looking_back import memories
from storyscope.extract.layers.prolepsis import flash_forwards
from storyscope.extract.layers.simultaneity import simultaneous
from storyscope.extract.layers.tense import past_share, story_tense, tense_runs
from storyscope.extract.layers.times import TimeExpression, time_expressions, time_skips
from storyscope.extract.measures import (
    ENOUGH_FOR_SERIES,
    NOT_DEFINED,
    Measured,
    measures,
    number,
    once,
    rate,
    share,
    tokens,
    yes,
)
from storyscope.extract.measures.told import chosen
from storyscope.extract.reading import Reading

FREQUENT = frozenset(
    "always often usually sometimes frequently occasionally generally normally".split()
)


# ---------------------------------------------------------------- tense


@measures("TMP_TNS_01")
def tense(reading: Reading) -> Measured:
    return Measured(story_tense(reading))


@measures("TMP_TNS_02")
def past_tense_share(reading: Reading) -> Measured:
    if story_tense(reading) is None:
        return NOT_DEFINED
    return number(past_share(reading))


@measures("TMP_TNS_03")
def tense_shifts(reading: Reading) -> Measured:
    runs = tense_runs(reading)
    if not runs or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    turns = [(run.start, run.start + 1) for run in runs[1:]]
    return Measured(1000 * len(turns) / reading.n_words, turns)


@measures("TMP_TNS_04")
def present_frame(reading: Reading) -> Measured:
    runs = tense_runs(reading)
    if not runs or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    framed = len(runs) >= 3 and runs[0].tense == runs[-1].tense == "present"
    return yes([(runs[0].start, runs[0].end), (runs[-1].start, runs[-1].end)] if framed else [])


@measures("TMP_TNS_05")
def tense_at_end(reading: Reading) -> Measured:
    """Past share in the last 15% minus that of the whole: does the telling arrive in a now?"""
    if story_tense(reading) is None or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    last = [
        c
        for c in reading.clauses
        if c.main and not c.quoted and c.tense != "modal" and reading.word_clock[c.verb] >= 0.85
    ]
    if len(last) < 5:
        return NOT_DEFINED
    now = [c for c in last if c.tense == "present"]
    late = 1 - len(now) / len(last)
    return number(late - past_share(reading), tokens([c.finite for c in now]))


# ---------------------------------------------------------------- order


@once
def _mains(reading: Reading) -> int:
    return sum(c.main and not c.quoted for c in reading.clauses)


@measures("TMP_ORD_01")
def retrospection(reading: Reading) -> Measured:
    return share(tokens([c.verb for c in pluperfects(reading)]), _mains(reading), least=15)


@measures("TMP_ORD_02")
def flashback_density(reading: Reading) -> Measured:
    return rate([p[:2] for p in flashbacks(reading)], reading.n_narrated)


@measures("TMP_ORD_03")
def flashback_share(reading: Reading) -> Measured:
    found = flashbacks(reading)
    return _word_share(reading, [(p.start, p.end) for p in found])


@measures("TMP_ORD_04")
def flashforward_density(reading: Reading) -> Measured:
    return rate([p[:2] for p in flash_forwards(reading)], reading.n_narrated)


@measures("TMP_ORD_05")
def flashforward_at_end(reading: Reading) -> Measured:
    """Whether the last fifth tells of a time well after the story's own."""
    if reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    late = [p[:2] for p in flash_forwards(reading) if reading.word_clock[p.start] >= 0.8]
    late += [
        s for s in time_skips(reading) if reading.word_clock[s.start] >= 0.8 and _far(reading, s)
    ]
    return yes(late)


@measures("TMP_ORD_06")
def order_disruptions(reading: Reading) -> Measured:
    found = [p[:2] for p in flashbacks(reading)] + [p[:2] for p in flash_forwards(reading)]
    return rate(sorted(found), reading.n_narrated)


@measures("TMP_ORD_07")
def first_flashback(reading: Reading) -> Measured:
    """Where the first scene told back begins; undefined where there is none."""
    found = flashbacks(reading)
    if not found or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    return number(float(reading.word_clock[found[0].start]), [found[0][:2]])


@measures("TMP_ORD_08")
def remembering(reading: Reading) -> Measured:
    return rate(tokens(memories(reading)), reading.n_narrated)


@measures("TMP_ORD_09")
def retrospection_course(reading: Reading) -> Measured:
    """Where the pluperfect stands: early exposition or late recall."""
    found = [c.verb for c in pluperfects(reading)]
    if len(found) < 6 or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    places = [float(reading.narrated_clock[i]) for i in found]
    return number(sum(places) / len(places) - 0.5, tokens(found))


def _far(reading: Reading, span: tuple[int, int]) -> bool:
    return bool(re.search(r"year|decade|month|century|generation", reading.text_of(span).lower()))


def _word_share(reading: Reading, spans: list[tuple[int, int]]) -> Measured:
    if reading.n_words < 80:
        return NOT_DEFINED
    covered = sum(int(reading.is_word[a:b].sum()) for a, b in spans)
    return Measured(covered / reading.n_words, spans)


# ---------------------------------------------------------------- duration and frequency


@measures("TMP_DUR_01")
def skips(reading: Reading) -> Measured:
    return rate(time_skips(reading), reading.n_words, least=200)


@measures("TMP_DUR_02")
def span_told(reading: Reading) -> Measured:
    """Longest stretch of time that the narration names, in ordinal steps."""
    longest = 0.0
    where: tuple[int, int] | None = None
    for expression in time_expressions(reading):
        length = expression.seconds or _STEP_OF_GRAIN.get(expression.grain, 0.0)
        if length > longest:
            longest, where = length, (expression.start, expression.end)
    for skip in time_skips(reading):
        for i in range(skip.start, skip.end):
            length = _UNITS.get(reading.lemma[i], 0.0)
            if length > longest:
                longest, where = length, (skip.start, skip.end)
    if where is None or reading.n_narrated < 200:
        return NOT_DEFINED
    for limit, name in _SPANS:
        if longest < limit:
            return Measured(name, [where])
    return Measured("generations", [where])


_UNITS = {
    "second": 1.0, "moment": 1.0, "minute": 60.0, "hour": 3600.0, "night": 30000.0, "morning": 20000.0,
    "evening": 20000.0, "afternoon": 20000.0, "day": 86400.0, "week": 604800.0, "month": 2592000.0,
    "season": 7776000.0, "year": 31536000.0, "decade": 315360000.0, "century": 3153600000.0,
    "generation": 946080000.0,
}  # fmt: skip
_STEP_OF_GRAIN = {"clock": 60.0, "part of day": 20000.0, "day": 86400.0, "season": 7776000.0}
_SPANS = ((3600.0, "minutes"), (86400.0, "hours"), (604800.0, "days"), (31536000.0, "weeks or months"),
          (315360000.0, "years"), (946080000.0, "decades"))  # fmt: skip


@measures("TMP_DUR_03")
def scene_share(reading: Reading) -> Measured:
    """Share of paragraphs shown as scene: speech, or events close together, and no long units."""
    happening = set(reading.events)
    long_units = {
        t.start for t in time_expressions(reading) if t.seconds >= 86400 or t.grain == "set"
    }
    shown, judged = [], 0
    for paragraph in reading.paragraphs:
        n = int(reading.is_word[paragraph.start : paragraph.end].sum())
        if n < 8:
            continue
        judged += 1
        speaks = bool(reading.quoted[paragraph.start : paragraph.end].any())
        dense = sum(i in happening for i in range(*paragraph)) / n >= 0.06
        summed = any(i in long_units for i in range(*paragraph))
        if speaks or (dense and not summed):
            shown.append((paragraph.start, paragraph.end))
    return share(shown, judged, least=6)


@measures("TMP_DUR_04")
def durations(reading: Reading) -> Measured:
    found = [t[:2] for t in time_expressions(reading) if t.grain == "duration"]
    return rate(found, reading.n_narrated)


@measures("TMP_DUR_05")
def long_durations(reading: Reading) -> Measured:
    """Share of named durations that last a week or more."""
    named = [t for t in time_expressions(reading) if t.grain == "duration"]
    return share([t[:2] for t in named if t.seconds >= 604800], len(named), least=4)


@measures("TMP_FRQ_01")
def iterative(reading: Reading) -> Measured:
    return share(tokens(habitual(reading)), _mains(reading), least=15)


@measures("TMP_SIM_01")
def simultaneity(reading: Reading) -> Measured:
    """While, as and meanwhile with different subjects, per 100 main clauses."""
    return rate(simultaneous(reading), _mains(reading), per=100, least=15)


# ---------------------------------------------------------------- naming time


@measures("TMP_EXP_01")
def time_density(reading: Reading) -> Measured:
    return rate([t[:2] for t in time_expressions(reading)], reading.n_narrated)


def _grain_share(reading: Reading, *grains: str) -> Measured:
    dated = [t for t in time_expressions(reading) if t.grain not in ("duration", "set")]
    return share([t[:2] for t in dated if t.grain in grains], len(dated))


@measures("TMP_EXP_02")
def clock_times(reading: Reading) -> Measured:
    return _grain_share(reading, "clock")


@measures("TMP_EXP_03")
def parts_of_day(reading: Reading) -> Measured:
    return _grain_share(reading, "part of day")


@measures("TMP_EXP_04")
def calendar_times(reading: Reading) -> Measured:
    return _grain_share(reading, "day", "calendar", "season", "year")


@measures("TMP_EXP_05")
def long_times(reading: Reading) -> Measured:
    found: list[TimeExpression] = [
        t for t in time_expressions(reading) if t.grain == "long" or t.seconds >= 31536000
    ]
    return rate([t[:2] for t in found], reading.n_narrated)


@measures("TMP_EXP_06")
def deictic_now(reading: Reading) -> Measured:
    """Say, "Now", "today", "tomorrow" in narration: the teller stands inside the told time."""
    found = [t[:2] for t in time_expressions(reading) if t.grain == "now"]
    return rate(found, reading.n_narrated)


@measures("TMP_EXP_07")
def recurrence_named(reading: Reading) -> Measured:
    found = [t[:2] for t in time_expressions(reading) if t.grain == "set"]
    found += [
        (i, i + 1) for i, w in enumerate(reading.lower) if w in FREQUENT and not reading.quoted[i]
    ]
    return rate(sorted(found), reading.n_narrated)


@measures("TMP_EXP_08")
def deadlines(reading: Reading) -> Measured:
    """By, before or until a named time, under a modal or a want."""
    found = []
    for t in time_expressions(reading):
        before = reading.lower[max(t.start - 3, 0) : t.start]
        if {"by", "before", "until", "till", "within"} & set(before):
            sentence = reading.sentence(t.start)
            lowered = set(reading.lower[sentence.start : sentence.end])
            if {
                "must",
                "had",
                "have",
                "need",
                "needed",
                "would",
                "will",
                "could",
                "should",
            } & lowered:
                found.append(t[:2])
    return rate(found, reading.n_narrated)


@measures("TMP_EXP_09")
def opening_time(reading: Reading) -> Measured:
    """Whether the first three narrated sentences name a time."""
    opening = reading.narrated_sentences[:3]
    if len(opening) < 3:
        return NOT_DEFINED
    found = [t[:2] for t in time_expressions(reading) if t.start < opening[-1].end]
    return yes(found)


# ---------------------------------------------------------------- dreams


def _long_enough(reading: Reading) -> bool:
    return reading.n_words >= 50


@measures("TMP_DRM_01")
def dream_told(reading: Reading) -> Measured:
    return yes([d[:2] for d in dreams(reading)]) if _long_enough(reading) else NOT_DEFINED


@measures("TMP_DRM_02")
def dream_count(reading: Reading) -> Measured:
    found = [d[:2] for d in dreams(reading)]
    return Measured(float(len(found)), found) if _long_enough(reading) else NOT_DEFINED


@measures("TMP_DRM_03")
def dream_share(reading: Reading) -> Measured:
    return _word_share(reading, [d[:2] for d in dreams(reading)])


@measures("TMP_DRM_04")
def dream_position(reading: Reading) -> Measured:
    found = dreams(reading)
    if not found:
        return NOT_DEFINED
    return number(float(reading.word_clock[found[0].start]), [found[0][:2]])


@measures("TMP_DRM_05")
def waking_told(reading: Reading) -> Measured:
    return rate(wakings(reading), reading.n_words)


@measures("TMP_DRM_06")
def reality_doubt(reading: Reading) -> Measured:
    found = [(s[0], s[1]) for s in doubts(reading)] + tokens(visions(reading))
    return rate(sorted(found), reading.n_words)


@measures("TMP_DRM_07")
def opens_with_waking(reading: Reading) -> Measured:
    if reading.n_words < 200:
        return NOT_DEFINED
    return yes([s for s in wakings(reading) if reading.word_clock[s.start] * reading.n_words < 100])


@measures("TMP_DRM_08")
def ends_with_waking(reading: Reading) -> Measured:
    if reading.n_words < 200:
        return NOT_DEFINED
    return yes([s for s in wakings(reading) if reading.word_clock[s.start] >= 0.9])


@measures("TMP_DRM_09")
def dream_mentions(reading: Reading) -> Measured:
    """The word in narration, told dreams and mere mentions alike."""
    return rate(tokens(dream_words(reading)), reading.n_narrated)


# ---------------------------------------------------------------- the story as a whole


@measures("TMP_ORD_10", tagged=True)
def order_of_telling(reading: Reading) -> Measured:
    order = chosen(reading, "order")
    return NOT_DEFINED if order is None else Measured(order.replace("_", " "))


@measures("TMP_DUR_06", tagged=True)
def span_of_the_story(reading: Reading) -> Measured:
    span = chosen(reading, "span")
    return NOT_DEFINED if span in (None, "unclear") else Measured(span)
