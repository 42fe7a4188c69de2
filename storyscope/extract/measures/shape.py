"""The shape of a story's ends: how it opens, how it closes, and how the close answers the opening."""

from __future__ import annotations

import numpy as np

from storyscope.extract.layers.scenes import sentence_skips
from storyscope.extract.layers.settings import WEATHER, setting_sentences
from storyscope.extract.layers.valence import valences
from storyscope.extract.lexicon import words
from storyscope.extract.measures import (
    ENOUGH_FOR_SERIES,
    NOT_DEFINED,
    Measured,
    measures,
    number,
    once,
    share,
    tokens,
)
from storyscope.extract.measures.escalation import PARTS, crests, grades
from storyscope.extract.measures.events import event_classes, event_verbs
from storyscope.extract.measures.told import level_named
from storyscope.extract.reading import Reading, Span

COGNITION = words("verbs", "cognition", "realise")
INSIGHT = words("plot", "insight")
ABSTRACT, LIGHT = words("plot", "abstract"), words("plot", "light")
STATIVE = words("verbs", "stative")
TERMINAL = frozenset(".!?\"'…”’)")
CLOSURE = ("open", "barely closed", "half closed", "mostly closed", "closed")
MOOD = ("bleak", "dark", "mixed", "bright", "happy")
PRESSURE = 4
"""Grade of tension under which a story has no climax to follow."""
LEAST_FOR_ENDS = 300
"""Words under which a story has no opening and ending apart."""


# ---------------------------------------------------------------- opening


@measures("PLT_OPN_01")
def opening_mode(reading: Reading) -> Measured:
    """What the first two sentences do, decided in the order of the codebook."""
    first = [s for s in reading.sentences if reading.is_word[s.start : s.end].any()][:2]
    if reading.n_words < LEAST_FOR_ENDS or len(first) < 2:
        return NOT_DEFINED
    span = Span(first[0].start, first[1].end)
    return Measured(_opening(reading, first), [span])


def _opening(reading: Reading, first: list[Span]) -> str:
    if reading.quoted[first[0].start : first[0].end].mean() > 0.5:
        return "speech"
    mains = [c for c in reading.clauses if c.main and first[0].start <= c.verb < first[1].end]
    for clause in mains:
        subject = clause.subject if clause.subject >= 0 else clause.verb
        if reading.lemma[subject] in WEATHER or (
            reading.lemma[clause.verb] in ("rain", "snow", "drizzle", "thunder")
        ):
            return "weather"
    described = setting_sentences(reading)
    if any(s.start <= first[1].start for s in described):
        return "setting"
    happening = set(reading.events)
    persons = reading.cast.persons
    for clause in mains:
        if clause.verb in happening and clause.subject in persons:
            return "action"
    if any(clause.subject in persons for clause in mains):
        return "person"
    return "statement"


@measures("PLT_OPN_02")
def first_deed(reading: Reading) -> Measured:
    """Narrated words before the first event that somebody does, as a share of the first 300."""
    if reading.n_narrated < LEAST_FOR_ENDS:
        return NOT_DEFINED
    persons = reading.cast.persons
    subject = {c.verb: c.subject for c in reading.clauses}
    so_far = np.cumsum(reading.narrated)
    for i in event_verbs(reading):
        if subject.get(i, -1) in persons:
            return number(min(float(so_far[i]) / LEAST_FOR_ENDS, 1.0), [(i, i + 1)])
    return number(1.0)


# ---------------------------------------------------------------- ending


@measures("PLT_END_01")
def ending_mode(reading: Reading) -> Measured:
    """What the last sentences do, decided in the order of the codebook."""
    final = _final_sentence(reading)
    return NOT_DEFINED if final is None else Measured(_ending(reading, final), [final])


@once
def _final_sentence(reading: Reading) -> Span | None:
    """The last sentence with a word in it; None where the story breaks off or is too short."""
    sentences = reading.sentences
    if reading.n_words < LEAST_FOR_ENDS or (
        reading.doc[sentences[-1].end - 1].text[-1] not in TERMINAL
    ):
        return None
    return next(s for s in reversed(sentences) if reading.is_word[s.start : s.end].any())


def _ending(reading: Reading, final: Span) -> str:
    if reading.quoted[final.start : final.end].mean() > 0.5:
        return "speech"
    if "?" in reading.lower[final.start : final.end][-2:]:
        return "question"
    if _jumps_ahead(reading):
        return "jump ahead"
    clauses = [c for c in reading.clauses if c.verb >= final.start and not c.quoted]
    persons, happening = reading.cast.persons, set(reading.events)
    mains = [c for c in clauses if c.main]
    if any(reading.lemma[c.verb] in COGNITION and c.subject in persons for c in clauses):
        return "reflection"
    if any(
        c.subject >= 0
        and (reading.lemma[c.subject] in ABSTRACT or _copula_of_abstract(reading, c.verb))
        for c in mains
    ):
        return "reflection"
    if any(c.verb in happening and c.subject in persons for c in mains):
        return "action"
    if not any(c.subject in persons for c in mains):
        return "image"
    return "state"


def _copula_of_abstract(reading: Reading, verb: int) -> bool:
    what = reading.child(verb, "attr")
    return reading.lemma[verb] == "be" and what is not None and reading.lemma[what] in ABSTRACT


def _jumps_ahead(reading: Reading) -> bool:
    """Whether the telling skips time within the last eighth."""
    clock = reading.word_clock
    return any(clock[i] >= 7 / 8 for i in sentence_skips(reading))


@measures("PLT_END_02", tagged=True)
def closure(reading: Reading) -> Measured:
    final = _final_sentence(reading)
    return NOT_DEFINED if final is None else level_named(reading, "closure", CLOSURE, [final])


@measures("PLT_END_10", tagged=True)
def mood_of_the_ending(reading: Reading) -> Measured:
    final = _final_sentence(reading)
    return NOT_DEFINED if final is None else level_named(reading, "end_valence", MOOD, [final])


# ---------------------------------------------------------------- return to the opening


@once
def _part_lemmas(reading: Reading) -> list[dict[str, int]]:
    """First token of every telling lemma of each of ten parts, names and commonest words apart."""
    parts: list[dict[str, int]] = [{} for _ in range(PARTS)]
    clock, persons = reading.word_clock, reading.cast.persons
    for i in np.flatnonzero(reading.is_word).tolist():
        if reading.pos[i] not in ("NOUN", "ADJ", "VERB") or i in persons:
            continue
        lemma = reading.lemma[i]
        if lemma in LIGHT or lemma in STATIVE or len(lemma) < 3:
            continue
        parts[min(int(clock[i] * PARTS), PARTS - 1)].setdefault(lemma, i)
    return parts


@measures("PLT_END_04")
def return_to_opening(reading: Reading) -> Measured:
    """Words the last tenth shares with the first, beyond what the middle shares with the first."""
    if reading.n_words < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    parts = _part_lemmas(reading)
    first, last = parts[0], parts[-1]
    if len(first) < 10 or len(last) < 10:
        return NOT_DEFINED

    def overlap(part: dict[str, int]) -> float:
        return len(first.keys() & part.keys()) / max(len(part), 1)

    usual = float(np.mean([overlap(p) for p in parts[3:8]]))
    back = sorted(last[w] for w in first.keys() & last.keys())
    return number(overlap(last) - usual, tokens(back))


# ---------------------------------------------------------------- resolution


def _mean_valence(reading: Reading, low: float, high: float) -> tuple[float, list[int]] | None:
    clock = reading.narrated_clock
    found = [(i, v) for i, v in valences(reading) if low <= clock[i] < high]
    if len(found) < 6:
        return None
    return float(np.mean([v for _, v in found])), [i for i, _ in found]


@measures("PLT_END_05")
def resolution_valence(reading: Reading) -> Measured:
    """Mean valence of the last fifth less that of what comes before."""
    if reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    before, after = _mean_valence(reading, 0, 0.8), _mean_valence(reading, 0.8, 1.01)
    if before is None or after is None:
        return NOT_DEFINED
    return number(after[0] - before[0], tokens(after[1]))


@measures("PLT_END_06")
def change_of_fortune(reading: Reading) -> Measured:
    """Mean valence of the last fifth less that of the first."""
    if reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    first, last = _mean_valence(reading, 0, 0.2), _mean_valence(reading, 0.8, 1.01)
    if first is None or last is None:
        return NOT_DEFINED
    return number(last[0] - first[0], tokens(last[1]))


@measures("PLT_END_07")
def insight_against_deed(reading: Reading) -> Measured:
    """In the last fifth, verbs of understanding among those and deeds."""
    if reading.n_narrated < LEAST_FOR_ENDS:
        return NOT_DEFINED
    clock, persons = reading.narrated_clock, reading.cast.persons
    insights = [
        c.verb
        for c in reading.clauses
        if not c.quoted
        and clock[c.verb] >= 0.8
        and c.subject in persons
        and not c.negated
        and c.tense != "modal"
        and reading.lemma[c.verb] in INSIGHT
    ]
    kinds = zip(event_verbs(reading), event_classes(reading), strict=True)
    deeds = [
        i for i, kind in kinds if clock[i] >= 0.8 and kind not in ("mind", "perception", "speech")
    ]
    deeds = [i for i in deeds if i not in set(insights)]
    return share(tokens(insights), len(insights) + len(deeds), least=8)


@measures("PLT_END_08", tagged=True)
def denouement(reading: Reading) -> Measured:
    """Share of the story after the last tenth within a grade of the tensest."""
    curve = grades(reading)
    if curve is None or max(curve) < PRESSURE:
        return NOT_DEFINED
    high = max(PRESSURE, max(curve) - 1)
    last = max(k for k in range(PARTS) if curve[k] >= high)
    return number(1 - (last + 1) / PARTS, crests(reading, [last]))


@measures("PLT_END_09")
def last_scene(reading: Reading) -> Measured:
    """Words of the last scene against the mean of the others, as a log."""
    sizes = [int(reading.is_word[s.start : s.end].sum()) for s in reading.scenes]
    if len(sizes) < 3 or min(sizes) == 0:
        return NOT_DEFINED
    last = reading.scenes[-1]
    return number(float(np.log(sizes[-1] / np.mean(sizes[:-1]))), [(last.start, last.end)])
