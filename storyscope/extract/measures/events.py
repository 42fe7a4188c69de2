"""Events: how much happens, how intense it is, and how that runs through the story."""

from __future__ import annotations

import numpy as np

from storyscope.extract import series
from storyscope.extract.lexicon import words
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
)
from storyscope.extract.reading import Reading

HARM = words("verbs", "harm")
URGENT = words("verbs", "urgent")
PERIL = words("plot", "peril_nouns")
CONFLICT = words("verbs", "conflict")
COOPERATION = words("verbs", "cooperation")
STAKES = words("plot", "stakes")
RESULT = words("verbs", "result")
STATIVE = words("verbs", "stative")
SPEECH = words("verbs", "speech")
LEAST_CUES = 15
"""Intense moments under which no course is read from them."""


# ---------------------------------------------------------------- layers of this dimension


@once
def event_verbs(reading: Reading) -> list[int]:
    """Realis event verbs outside quotations."""
    return [i for i in reading.events if reading.pos[i] == "VERB" and not reading.quoted[i]]


@once
def intense(reading: Reading) -> list[int]:
    """Narrated moments of force, haste, harm or peril.

    Event verbs of harm or haste, and nouns of peril that are neither negated nor compounds.
    """
    happening = set(event_verbs(reading))
    found = [i for i in happening if reading.lemma[i] in HARM or reading.lemma[i] in URGENT]
    for i, lemma in enumerate(reading.lemma):
        if (
            lemma in PERIL
            and reading.pos[i] == "NOUN"
            and not reading.quoted[i]
            and reading.dep[i] not in ("compound", "npadvmod")
            and not any(reading.lower[c] in ("no", "any", "without") for c in reading.children[i])
            and reading.lower[reading.head[i]] not in ("like", "without", "of")
        ):
            found.append(i)
    return sorted(found)


@once
def intense_positions(reading: Reading) -> list[float]:
    """Where the intense moments stand among narrated words."""
    return [float(reading.narrated_clock[i]) for i in intense(reading)]


@once
def stakes(reading: Reading) -> list[int]:
    """Words of what may be lost or won, in narration and speech."""
    return [i for i, w in enumerate(reading.lemma) if w in STAKES and reading.is_word[i]]


@once
def conflicts(reading: Reading) -> list[int]:
    """Open conflict between people: affirmative verbs that set one person against another."""
    return [i for i in _between_people(reading) if reading.lemma[i] in CONFLICT]


@once
def cooperations(reading: Reading) -> list[int]:
    """Kindly or joint action between people."""
    return [i for i in _between_people(reading) if reading.lemma[i] in COOPERATION]


@once
def _between_people(reading: Reading) -> list[int]:
    """Narrated, affirmative, non-modal verbs with a person as subject and another as object."""
    persons = reading.cast.persons
    found = []
    for clause in reading.clauses:
        if (
            clause.quoted
            or clause.negated
            or clause.tense == "modal"
            or clause.subject not in persons
        ):
            continue
        if reading.pos[clause.verb] != "VERB":
            continue
        for c in reading.children[clause.verb]:
            if reading.dep[c] in ("dobj", "dative", "iobj") and c in persons:
                found.append(clause.verb)
                break
            if reading.dep[c] == "prep" and reading.lower[c] in (
                "at",
                "with",
                "against",
                "to",
                "from",
            ):
                if any(o in persons for o in reading.children[c]):
                    found.append(clause.verb)
                    break
    return found


@once
def narrated_mains(reading: Reading) -> list[int]:
    """Main finite clauses outside quotations, by verb."""
    return [c.verb for c in reading.clauses if c.main and not c.quoted]


@once
def eventfulness_weights(reading: Reading) -> list[tuple[int, int]]:
    """Verb and weight of every narrated main clause: 7 change of state, 5 process, 2 state, 0 none.

    Source: the weights of the Hamburg eventfulness scheme (Vauth, Hatzel, Gius and Biemann 2021).
    """
    happening = set(reading.events)
    weights = []
    for clause in reading.clauses:
        if not clause.main or clause.quoted:
            continue
        verb, lemma = clause.verb, reading.lemma[clause.verb]
        if clause.negated or clause.tense == "modal":
            weight = 0
        elif reading.pos[verb] == "AUX" or lemma in STATIVE:
            weight = 2
        elif verb in happening and (
            lemma in RESULT
            or any(
                reading.dep[c] == "prt" and reading.lower[c] in ("off", "out", "up", "away", "down")
                for c in reading.children[verb]
            )
        ):
            weight = 7
        else:
            weight = 5
        weights.append((verb, weight))
    return weights


# ---------------------------------------------------------------- intensity and its course


@measures("EVT_ESC_01")
def intensity_level(reading: Reading) -> Measured:
    return rate(tokens(intense(reading)), reading.n_narrated)


def _enough(reading: Reading) -> bool:
    return reading.n_narrated >= ENOUGH_FOR_SERIES and len(intense(reading)) >= LEAST_CUES


@measures("EVT_ESC_02")
def intensity_slope(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return number(series.centroid(intense_positions(reading)), tokens(intense(reading)))


@measures("EVT_ESC_03")
def intensity_direction(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return Measured(series.direction(intense_positions(reading)), tokens(intense(reading)))


@measures("EVT_ESC_04")
def peak_position(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    centre, _ = series.peak(intense_positions(reading))
    return number(centre, _inside(reading, centre - 0.15, centre + 0.15))


@measures("EVT_ESC_05")
def peak_prominence(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    centre, excess = series.peak(intense_positions(reading))
    return number(excess, _inside(reading, centre - 0.15, centre + 0.15))


@measures("EVT_ESC_06")
def intensity_unevenness(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return number(series.unevenness(intense_positions(reading)), tokens(intense(reading)))


@measures("EVT_ESC_07")
def late_intensity(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return number(series.late_share(intense_positions(reading)), _inside(reading, 0.6, 1.0))


@measures("EVT_ESC_08")
def intensity_monotonicity(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return number(series.monotonicity(intense_positions(reading)), tokens(intense(reading)))


@measures("EVT_ESC_09")
def intensity_course(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return Measured(series.course(intense_positions(reading)), tokens(intense(reading)))


@measures("EVT_ESC_10")
def flat_intensity(reading: Reading) -> Measured:
    """Events, not intense moments, are counted: only they are numerous enough for the claim."""
    happening = event_verbs(reading)
    if reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    level = series.flat([float(reading.narrated_clock[i]) for i in happening])
    return NOT_DEFINED if level is None else Measured("yes" if level else "no", tokens(happening))


@measures("EVT_ESC_11")
def stakes_growth(reading: Reading) -> Measured:
    found = stakes(reading)
    if reading.n_words < ENOUGH_FOR_SERIES or len(found) < 8:
        return NOT_DEFINED
    clock = reading.word_clock[found]
    early, late = int((clock < 1 / 3).sum()), int((clock >= 2 / 3).sum())
    return number(series.log_ratio(late, early, 1, 1), tokens(found))


@measures("EVT_ESC_12")
def stakes_level(reading: Reading) -> Measured:
    return rate(tokens(stakes(reading)), reading.n_words)


@measures("EVT_ESC_13")
def wind_down(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    places = np.asarray(intense_positions(reading))
    before = int(((places >= 0.5) & (places < 0.9)).sum())
    end = int((places >= 0.9).sum())
    return number(series.log_ratio(before, end, 0.4, 0.1), _inside(reading, 0.5, 1.0))


@measures("EVT_ESC_14")
def intensity_bursts(reading: Reading) -> Measured:
    if not _enough(reading):
        return NOT_DEFINED
    return number(series.burstiness(intense_positions(reading)), tokens(intense(reading)))


@measures("EVT_ESC_15")
def tempo_at_end(reading: Reading) -> Measured:
    """Log ratio of median sentence length before the last third to that in it."""
    sentences = reading.narrated_sentences
    if len(sentences) < 20 or reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    clock = reading.word_clock
    early = [s.end - s.start for s in sentences if clock[s.start] < 2 / 3]
    late = [s.end - s.start for s in sentences if clock[s.start] >= 2 / 3]
    if len(early) < 6 or len(late) < 6:
        return NOT_DEFINED
    spans = [s for s in sentences if clock[s.start] >= 2 / 3]
    return number(float(np.log(np.mean(early) / np.mean(late))), spans)


def _inside(reading: Reading, low: float, high: float) -> list[tuple[int, int]]:
    places = zip(intense(reading), intense_positions(reading), strict=True)
    return [(i, i + 1) for i, place in places if low <= place < high]


# ---------------------------------------------------------------- density of events


@measures("EVT_DEN_01")
def event_density(reading: Reading) -> Measured:
    return rate(tokens(event_verbs(reading)), reading.n_narrated, per=100)


@measures("EVT_DEN_02")
def event_trend(reading: Reading) -> Measured:
    found = event_verbs(reading)
    if reading.n_narrated < ENOUGH_FOR_SERIES or len(found) < 20:
        return NOT_DEFINED
    return number(series.centroid([float(reading.narrated_clock[i]) for i in found]), tokens(found))


@measures("EVT_DEN_03")
def eventfulness(reading: Reading) -> Measured:
    weights = eventfulness_weights(reading)
    if len(weights) < 10:
        return NOT_DEFINED
    spans = [(v, v + 1) for v, w in weights if w == 7]
    return number(sum(w for _, w in weights) / len(weights), spans)


@measures("EVT_DEN_04")
def changes_of_state(reading: Reading) -> Measured:
    weights = eventfulness_weights(reading)
    return share([(v, v + 1) for v, w in weights if w == 7], len(weights), least=10)


@measures("EVT_DEN_05")
def event_clusters(reading: Reading) -> Measured:
    """Whether events come in bursts or evenly."""
    found = event_verbs(reading)
    if len(found) < 25:
        return NOT_DEFINED
    places = [float(reading.narrated_clock[i]) for i in found]
    return number(series.burstiness(places), tokens(found))


@measures("EVT_DEN_06")
def non_events(reading: Reading) -> Measured:
    """Main clauses of what does not, might or would happen."""
    weights = eventfulness_weights(reading)
    return share([(v, v + 1) for v, w in weights if w == 0], len(weights), least=10)


@measures("EVT_CON_01")
def conflict_density(reading: Reading) -> Measured:
    mains = narrated_mains(reading)
    return rate(tokens(conflicts(reading)), len(mains), per=100, least=15)


@measures("EVT_CON_02")
def hostile_share(reading: Reading) -> Measured:
    """Hostile deeds among hostile and kindly ones, with one of each added against small counts."""
    hostile, kindly = conflicts(reading), cooperations(reading)
    if len(hostile) + len(kindly) < 3:
        return NOT_DEFINED
    value = (len(hostile) + 1) / (len(hostile) + len(kindly) + 2)
    return number(value, tokens(hostile))


@measures("EVT_CON_03")
def harm_rate(reading: Reading) -> Measured:
    found = [i for i in event_verbs(reading) if reading.lemma[i] in HARM]
    return rate(tokens(found), reading.n_narrated)


@measures("EVT_CON_04")
def haste_rate(reading: Reading) -> Measured:
    found = [i for i in event_verbs(reading) if reading.lemma[i] in URGENT - HARM]
    return rate(tokens(found), reading.n_narrated)
