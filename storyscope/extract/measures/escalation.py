"""Escalation: the course of tension over a story, its stakes, and how dense and quick the telling is.

The tagger gives every sentence a tension. All values here come from its mean over each tenth of
the words, rounded to a whole grade from 0 (calm) over 3 (unease), 5 (open trouble) and 7 (high
pressure) to 10 (the most extreme crisis), as readers gave it: what the wording of single sentences
adds to a number does not reach a table.
"""

from __future__ import annotations

import itertools

import numpy as np

from storyscope.extract import series
from storyscope.extract.measures import (
    ENOUGH_FOR_SERIES,
    ENOUGH_WORDS,
    NOT_DEFINED,
    Measured,
    measures,
    number,
    once,
    tokens,
)
from storyscope.extract.measures.events import event_verbs
from storyscope.extract.measures.told import chosen, level, level_named
from storyscope.extract.reading import Reading, Span

PARTS = 10
CHANGE = 2
"""Grades between two tenths from which a rise or fall is more than noise."""
TREND = 1.5
"""Grades of fitted change over the story from which it rises or falls."""
UNEASE = 3
ENOUGH_SENTENCES = 50
"""Sentences under which a tenth holds too few for a claim that the story is flat."""
STAKES = ("nothing", "comfort", "pride or work", "a bond or livelihood", "a life", "many lives")
SHAPES = {"rise_fall": "rise and fall"}


# ---------------------------------------------------------------- the curve


@once
def _tenths(reading: Reading) -> list[tuple[int, int]]:
    """Sentences [first, last] of every tenth of the words."""
    words = np.flatnonzero(reading.is_word)
    bounds = [k * len(words) // PARTS for k in range(PARTS + 1)]
    sentence = reading.sentence_of
    return [(sentence[words[a]], sentence[words[b - 1]]) for a, b in itertools.pairwise(bounds)]


@once
def _grades(reading: Reading) -> list[int]:
    words = np.flatnonzero(reading.is_word)
    tension = reading.tension[np.asarray(reading.sentence_of)[words]]
    part = np.arange(len(words)) * PARTS // len(words)
    means = np.bincount(part, weights=tension) / np.bincount(part)
    graded: list[int] = np.floor(np.round(10 * means, 4) + 0.5).astype(int).tolist()
    return graded


def grades(reading: Reading, least: int = ENOUGH_FOR_SERIES) -> list[int] | None:
    """Grade of tension of every tenth of the story; None under `least` words."""
    return _grades(reading) if reading.n_words >= least else None


def crests(reading: Reading, parts: range | list[int] = range(PARTS)) -> list[Span]:
    """The tensest sentence of each of these tenths, the first where several are."""
    found = set()
    for k in parts:
        first, last = _tenths(reading)[k]
        found.add(first + int(reading.tension[first : last + 1].argmax()))
    return [reading.sentences[s] for s in sorted(found)]


def peak(curve: list[int]) -> int:
    """The tensest tenth, the last of several: what follows a climax lies lower."""
    return max(range(PARTS), key=lambda k: (curve[k], k))


# ---------------------------------------------------------------- level and course


@measures("EVT_ESC_01", tagged=True)
def tension_level(reading: Reading) -> Measured:
    """Mean grade of tension."""
    curve = grades(reading, least=ENOUGH_WORDS)
    return NOT_DEFINED if curve is None else number(float(np.mean(curve)), crests(reading))


@measures("EVT_ESC_02", tagged=True)
def tension_slope(reading: Reading) -> Measured:
    """Fitted change of tension from the first to the last tenth, in grades."""
    curve = grades(reading)
    return NOT_DEFINED if curve is None else number(series.trend(curve), crests(reading))


@measures("EVT_ESC_03", tagged=True)
def tension_direction(reading: Reading) -> Measured:
    curve = grades(reading)
    return NOT_DEFINED if curve is None else Measured(_direction(curve), crests(reading))


def _direction(curve: list[int]) -> str:
    change = series.trend(curve)
    return "rising" if change >= TREND else "falling" if change <= -TREND else "level"


@measures("EVT_ESC_04", tagged=True)
def peak_position(reading: Reading) -> Measured:
    """Middle of the tensest tenth; undefined where no tenth stands out."""
    curve = grades(reading)
    if curve is None or max(curve) - min(curve) < CHANGE:
        return NOT_DEFINED
    k = peak(curve)
    return number((k + 0.5) / PARTS, crests(reading, [k]))


@measures("EVT_ESC_05", tagged=True)
def peak_prominence(reading: Reading) -> Measured:
    """Highest grade less the mean."""
    curve = grades(reading)
    if curve is None:
        return NOT_DEFINED
    return number(max(curve) - float(np.mean(curve)), crests(reading, [peak(curve)]))


@measures("EVT_ESC_06", tagged=True)
def tension_spread(reading: Reading) -> Measured:
    """Standard deviation of the grades."""
    curve = grades(reading)
    return NOT_DEFINED if curve is None else number(float(np.std(curve)), crests(reading))


@measures("EVT_ESC_07", tagged=True)
def late_tension(reading: Reading) -> Measured:
    """Share of the tension that falls into the last four tenths."""
    curve = grades(reading)
    if curve is None or not sum(curve):
        return NOT_DEFINED
    return number(sum(curve[6:]) / sum(curve), crests(reading, range(6, PARTS)))


@measures("EVT_ESC_08", tagged=True)
def tension_monotonicity(reading: Reading) -> Measured:
    curve = grades(reading)
    return NOT_DEFINED if curve is None else number(series.monotonicity(curve), crests(reading))


@measures("EVT_ESC_09", tagged=True)
def tension_course(reading: Reading) -> Measured:
    curve = grades(reading)
    return NOT_DEFINED if curve is None else Measured(series.course(curve, 1), crests(reading))


@measures("EVT_ESC_10")
def flat_events(reading: Reading) -> Measured:
    """Whether event verbs are shown to be spread evenly."""
    happening = event_verbs(reading)
    if reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    even = series.flat([float(reading.narrated_clock[i]) for i in happening])
    return NOT_DEFINED if even is None else Measured("yes" if even else "no", tokens(happening))


@measures("EVT_ESC_13", tagged=True)
def drop_to_the_ending(reading: Reading) -> Measured:
    """Highest grade less that of the last tenth."""
    curve = grades(reading)
    if curve is None:
        return NOT_DEFINED
    return number(float(max(curve) - curve[-1]), crests(reading, [peak(curve), PARTS - 1]))


@measures("EVT_ESC_15")
def tempo_at_end(reading: Reading) -> Measured:
    """Log ratio of mean sentence length before the last third to that in it."""
    sentences = reading.narrated_sentences
    if len(sentences) < 20 or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    clock = reading.word_clock
    early = [s.end - s.start for s in sentences if clock[s.start] < 2 / 3]
    spans = [s for s in sentences if clock[s.start] >= 2 / 3]
    if len(early) < 6 or len(spans) < 6:
        return NOT_DEFINED
    late = [s.end - s.start for s in spans]
    return number(float(np.log(np.mean(early) / np.mean(late))), spans)


@measures("EVT_ESC_18", tagged=True)
def shape_of_action(reading: Reading) -> Measured:
    """Quiet where no tenth goes beyond unease; else whether tension rises, falls or stays."""
    curve = grades(reading)
    if curve is None:
        return NOT_DEFINED
    return Measured("quiet" if max(curve) <= UNEASE else _direction(curve), crests(reading))


@measures("EVT_ESC_21", tagged=True)
def reversals(reading: Reading) -> Measured:
    curve = grades(reading)
    if curve is None:
        return NOT_DEFINED
    turns = series.reversals(curve, CHANGE)
    return Measured(("none", "one", "several")[min(turns, 2)], crests(reading))


@measures("EVT_ESC_22", tagged=True)
def longest_calm(reading: Reading) -> Measured:
    """Share of the story in its longest run of tenths below unease."""
    curve = grades(reading)
    if curve is None:
        return NOT_DEFINED
    best = run = end = 0
    for k, grade in enumerate(curve, 1):
        run = run + 1 if grade < UNEASE else 0
        if run > best:
            best, end = run, k
    if not best:
        return number(0.0)
    (first, _), (_, last) = _tenths(reading)[end - best], _tenths(reading)[end - 1]
    calm = Span(reading.sentences[first].start, reading.sentences[last].end)
    return number(best / PARTS, [calm])


@measures("EVT_ESC_25", tagged=True)
def tension_shape(reading: Reading) -> Measured:
    shape = chosen(reading, "shape")
    return NOT_DEFINED if shape is None else Measured(SHAPES.get(shape, shape), crests(reading))


@measures("EVT_ESC_26", tagged=True)
def flat_tension(reading: Reading) -> Measured:
    """Whether no two tenths differ by more than noise; undefined where tenths are short."""
    curve = grades(reading)
    if curve is None or len(reading.sentences) < ENOUGH_SENTENCES:
        return NOT_DEFINED
    return Measured("yes" if max(curve) - min(curve) <= CHANGE else "no", crests(reading))


# ---------------------------------------------------------------- stakes


@measures("EVT_ESC_24", tagged=True)
def stakes_at_start(reading: Reading) -> Measured:
    return level_named(reading, "stakes_start", STAKES)


@measures("EVT_ESC_12", tagged=True)
def stakes_at_end(reading: Reading) -> Measured:
    return level_named(reading, "stakes_end", STAKES)


@measures("EVT_ESC_11", tagged=True)
def stakes_growth(reading: Reading) -> Measured:
    """Level of the stakes at the end less that at the start."""
    start, end = level(reading, "stakes_start"), level(reading, "stakes_end")
    return NOT_DEFINED if start is None or end is None else number(float(end - start))
