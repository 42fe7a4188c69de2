"""Temporal structure: tense, order, duration, frequency, and dreams told."""

from __future__ import annotations

from storyscope.extract.layers.simultaneity import simultaneous
from storyscope.extract.layers.tense import past_share, pluperfects, story_tense, tense_runs
from storyscope.extract.layers.thoughts import memories
from storyscope.extract.layers.times import (
    TimeExpression,
    dates,
    openings_by_date,
    time_expressions,
)
from storyscope.extract.lexicon import words
from storyscope.extract.measures import (
    ENOUGH_FOR_SERIES,
    ENOUGH_WORDS,
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
from storyscope.extract.measures.told import (
    chosen,
    first_told,
    lean_told,
    rate_told,
    share_told,
    spans_told,
    told_at_all,
    words_in,
)
from storyscope.extract.reading import Reading, Span
from storyscope.extract.tagger.labels import SIZES

WAKE = words("verbs", "wake")
LASTING = frozenset({"days", "weeks", "months", "years"})
SCENE = 4
"""Sentences from which a flashback is told as a scene."""
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
def past_perfect(reading: Reading) -> Measured:
    return share(tokens([c.verb for c in pluperfects(reading)]), _mains(reading), least=15)


@measures("TMP_ORD_02", tagged=True)
def flashback_rate(reading: Reading) -> Measured:
    return rate_told(reading, "flashback")


@measures("TMP_ORD_03", tagged=True)
def flashback_share(reading: Reading) -> Measured:
    return share_told(reading, "flashback")


@measures("TMP_ORD_04", tagged=True)
def flashforward_rate(reading: Reading) -> Measured:
    return rate_told(reading, "flashforward")


@measures("TMP_ORD_05", tagged=True)
def flashforward_at_end(reading: Reading) -> Measured:
    """Whether the last fifth tells of what comes after, or skips months or years."""
    if reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    far = [span for span, size in _skips(reading) if size in ("months", "years")]
    found = sorted([*spans_told(reading, "flashforward"), *far])
    return yes([s for s in found if reading.word_clock[s.start] >= 0.8])


@measures("TMP_ORD_06", tagged=True)
def anachronies(reading: Reading) -> Measured:
    """Flashbacks and flash-forwards per 1,000 words."""
    back, ahead = rate_told(reading, "flashback"), rate_told(reading, "flashforward")
    if not isinstance(back.value, float) or not isinstance(ahead.value, float):
        return NOT_DEFINED
    return Measured(back.value + ahead.value, sorted([*back.spans, *ahead.spans]))


@measures("TMP_ORD_07", tagged=True)
def first_flashback(reading: Reading) -> Measured:
    return first_told(reading, "flashback")


@measures("TMP_ORD_08")
def remembering(reading: Reading) -> Measured:
    return rate(tokens(memories(reading)), reading.n_narrated)


@measures("TMP_ORD_09")
def past_perfect_course(reading: Reading) -> Measured:
    """Where the past perfect stands: early exposition or late recall."""
    found = [c.verb for c in pluperfects(reading)]
    if len(found) < 6 or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    places = [float(reading.narrated_clock[i]) for i in found]
    return number(sum(places) / len(places) - 0.5, tokens(found))


@measures("TMP_ORD_11", tagged=True)
def flashback_course(reading: Reading) -> Measured:
    return lean_told(reading, "flashback")


@measures("TMP_ORD_12", tagged=True)
def flashbacks_as_scenes(reading: Reading) -> Measured:
    """Of the words told as flashback, those in passages of four sentences or more."""
    found = reading.told("flashback")
    spans = [reading.span_of(p) for p in found if p.last - p.first + 1 >= SCENE]
    total = words_in(reading, spans_told(reading, "flashback"))
    return Measured(words_in(reading, spans) / total, spans) if total else NOT_DEFINED


@measures("TMP_ORD_13", tagged=True)
def longest_flashback(reading: Reading) -> Measured:
    """Sentences of the longest flashback."""
    found = reading.told("flashback")
    if not found or reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    longest = max(found, key=lambda p: p.last - p.first)
    return Measured(float(longest.last - longest.first + 1), [reading.span_of(longest)])


# ---------------------------------------------------------------- duration and frequency


@once
def _entries(reading: Reading) -> list[tuple[Span, str]]:
    """Dates of a diary's entries, after its beginning, and how far each of them skips.

    The tagger reads a date in another way in each script, so that whether it is a skip is decided
    here; how far, by the sentence of the opening that it is surest of.
    """
    chance = reading.chance("skip")
    return [
        (
            reading.sentences[first],
            reading.tags.size(max(range(first, last + 1), key=lambda k: float(chance[k]))),
        )
        for first, last in openings_by_date(reading)
        if first > 0
    ]


@once
def _told_skips(reading: Reading) -> list[tuple[Span, str]]:
    """Sentences at which the tagger sees a skip, outside the openings of a diary's entries."""
    opened = {k for first, last in openings_by_date(reading) for k in range(first, last + 1)}
    return [
        (reading.span_of(p), reading.tags.size(p.first))
        for p in reading.told("skip")
        if p.first not in opened
    ]


@once
def _skips(reading: Reading) -> list[tuple[Span, str]]:
    """Sentences at which time is skipped, and how far, in order."""
    return sorted([*_told_skips(reading), *_entries(reading)])


@measures("TMP_DUR_01", tagged=True)
def skips(reading: Reading) -> Measured:
    """Time skips for 1,000 words; dates, which have more words in one script, are no words."""
    words = reading.n_words - words_in(reading, dates(reading))
    if words < ENOUGH_WORDS:
        return NOT_DEFINED
    told = len(_told_skips(reading)) * reading.tags.corrections["skip"]
    spans = [span for span, _ in _skips(reading)]
    return Measured(1000 * (told + len(_entries(reading))) / words, spans)


@measures("TMP_DUR_02")
def longest_time(reading: Reading) -> Measured:
    """Longest stretch of time that the narration names, in ordinal steps."""
    longest = 0.0
    where: tuple[int, int] | None = None
    for expression in time_expressions(reading):
        length = expression.seconds or _STEP_OF_GRAIN.get(expression.grain, 0.0)
        if length > longest:
            longest, where = length, (expression.start, expression.end)
    if where is None or reading.n_narrated < 200:
        return NOT_DEFINED
    for limit, name in _SPANS:
        if longest < limit:
            return Measured(name, [where])
    return Measured("generations", [where])


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


@measures("TMP_DUR_07", tagged=True)
def long_skips(reading: Reading) -> Measured:
    """Of the time skips whose size is told, those of days or more."""
    sized = [(span, size) for span, size in _skips(reading) if size != "unclear"]
    return share([span for span, size in sized if size in LASTING], len(sized), least=3)


@measures("TMP_DUR_08", tagged=True)
def longest_skip(reading: Reading) -> Measured:
    sized = [(span, size) for span, size in _skips(reading) if size != "unclear"]
    if not sized or reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    span, size = max(sized, key=lambda s: SIZES.index(s[1]))
    return Measured(size, [span])


@measures("TMP_DUR_09", tagged=True)
def skip_at_end(reading: Reading) -> Measured:
    """Whether time is skipped in the last tenth."""
    if reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    return yes([s for s, _ in _skips(reading) if reading.word_clock[s.start] >= 0.9])


@measures("TMP_FRQ_01", tagged=True)
def iterative(reading: Reading) -> Measured:
    return share_told(reading, "habit")


@measures("TMP_FRQ_02", tagged=True)
def iterative_course(reading: Reading) -> Measured:
    return lean_told(reading, "habit")


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


# ---------------------------------------------------------------- dreams, visions, waking


@measures("TMP_DRM_01", tagged=True)
def dream_told(reading: Reading) -> Measured:
    return told_at_all(reading, "dream")


@measures("TMP_DRM_02", tagged=True)
def dream_count(reading: Reading) -> Measured:
    found = told_at_all(reading, "dream")
    return NOT_DEFINED if found.value is None else Measured(float(len(found.spans)), found.spans)


@measures("TMP_DRM_03", tagged=True)
def dream_share(reading: Reading) -> Measured:
    return share_told(reading, "dream")


@measures("TMP_DRM_04", tagged=True)
def dream_position(reading: Reading) -> Measured:
    return first_told(reading, "dream")


@once
def _wakings(reading: Reading) -> list[tuple[int, int]]:
    """Narrated verbs by which a character wakes or is woken, neither denied nor merely possible."""
    persons = reading.cast.persons
    found = []
    for c in reading.clauses:
        if c.quoted or c.modal or c.negated or c.pluperfect or reading.lemma[c.verb] not in WAKE:
            continue
        woken = reading.child(c.verb, "dobj")
        if c.subject in persons if woken is None else woken in persons:
            found.append((c.verb, c.verb + 1))
    return found


@measures("TMP_DRM_07")
def opens_with_waking(reading: Reading) -> Measured:
    if reading.n_words < 200:
        return NOT_DEFINED
    clock = reading.word_clock
    return yes([s for s in _wakings(reading) if clock[s[0]] * reading.n_words < 100])


@measures("TMP_DRM_08")
def ends_with_waking(reading: Reading) -> Measured:
    if reading.n_words < 200:
        return NOT_DEFINED
    return yes([s for s in _wakings(reading) if reading.word_clock[s[0]] >= 0.9])


@measures("TMP_DRM_09")
def dream_words(reading: Reading) -> Measured:
    """The word in narration, told dreams and mere mentions alike."""
    found = [
        i
        for i, lemma in enumerate(reading.lemma)
        if lemma in ("dream", "nightmare", "dreamt") and not reading.quoted[i]
    ]
    return rate(tokens(found), reading.n_narrated)


@measures("TMP_DRM_10", tagged=True)
def vision_told(reading: Reading) -> Measured:
    return told_at_all(reading, "unreal")


@measures("TMP_DRM_11", tagged=True)
def vision_share(reading: Reading) -> Measured:
    return share_told(reading, "unreal")


# ---------------------------------------------------------------- the story as a whole


@measures("TMP_ORD_10", tagged=True)
def order_of_telling(reading: Reading) -> Measured:
    order = chosen(reading, "order")
    return NOT_DEFINED if order is None else Measured(order.replace("_", " "))


@measures("TMP_DUR_06", tagged=True)
def span_of_the_story(reading: Reading) -> Measured:
    span = chosen(reading, "span")
    return NOT_DEFINED if span in (None, "unclear") else Measured(span)
