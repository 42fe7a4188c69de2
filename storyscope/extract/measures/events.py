"""Events: how much happens, of which kinds, how much of it is real, and who hurts whom."""

from __future__ import annotations

from math import log

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
from storyscope.extract.measures.told import ENOUGH_TO_TELL, spans_told
from storyscope.extract.reading import Reading

HARM, URGENT = words("verbs", "harm"), words("verbs", "urgent")
CONFLICT, COOPERATION = words("verbs", "conflict"), words("verbs", "cooperation")
RESULT, STATIVE = words("verbs", "result"), words("verbs", "stative")
SPEECH = words("verbs", "speech")
CLASSES: dict[str, frozenset[str]] = {
    "speech": words("verbs", "say_report") | (SPEECH - words("verbs", "gesture")),
    "motion": words("verbs", "motion", "place_change"),
    "perception": words("verbs", "see", "hear", "smell", "taste"),
    "mind": words("verbs", "cognition", "volition", "feeling", "realise"),
    "gesture": words("verbs", "gesture"),
    "force": HARM | URGENT,
    "change": RESULT,
}
"""Verb classes; a verb belongs to the first that lists it, and to "other" if none does."""
_CLASS_OF = {lemma: name for name, lemmas in reversed(CLASSES.items()) for lemma in lemmas}
WINDOW = 40
"""Events in a window of fixed size, so that variety does not grow with the length of the story."""
TRYING = words("verbs", "attempt")


# ---------------------------------------------------------------- layers of this dimension


@once
def event_verbs(reading: Reading) -> list[int]:
    """Realis event verbs outside quotations."""
    return [i for i in reading.events if reading.pos[i] == "VERB" and not reading.quoted[i]]


@once
def event_classes(reading: Reading) -> list[str]:
    """Verb class of every narrated event verb."""
    return [_CLASS_OF.get(reading.lemma[i], "other") for i in event_verbs(reading)]


@once
def narrated_mains(reading: Reading) -> list[int]:
    """Main finite clauses outside quotations, by verb."""
    return [c.verb for c in reading.clauses if c.main and not c.quoted]


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
        if clause.quoted or clause.negated or clause.tense == "modal":
            continue
        if clause.subject not in persons or reading.pos[clause.verb] != "VERB":
            continue
        for c in reading.children[clause.verb]:
            if reading.dep[c] in ("dobj", "dative", "iobj") and c in persons:
                found.append(clause.verb)
                break
            towards = reading.dep[c] == "prep" and reading.lower[c] in _TOWARDS
            if towards and any(o in persons for o in reading.children[c]):
                found.append(clause.verb)
                break
    return found


_TOWARDS = frozenset({"at", "with", "against", "to", "from"})


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
        elif verb in happening and (lemma in RESULT or _completed(reading, verb)):
            weight = 7
        else:
            weight = 5
        weights.append((verb, weight))
    return weights


def _completed(reading: Reading, verb: int) -> bool:
    return any(
        reading.dep[c] == "prt" and reading.lower[c] in ("off", "out", "up", "away", "down")
        for c in reading.children[verb]
    )


# ---------------------------------------------------------------- density


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


@measures("EVT_DEN_07")
def subordinate_events(reading: Reading) -> Measured:
    """Events told outside main clauses: in participles, relative and other dependent clauses."""
    mains = set(narrated_mains(reading))
    found = event_verbs(reading)
    return share(tokens([i for i in found if i not in mains]), len(found), least=20)


@measures("EVT_DEN_08")
def uneventful_sentences(reading: Reading) -> Measured:
    happening = {reading.sentence_of[i] for i in reading.events}
    sentences = reading.narrated_sentences
    still = [s for s in sentences if reading.sentence_of[s.start] not in happening]
    return share(still, len(sentences), least=15)


@measures("EVT_DEN_09")
def event_nouns(reading: Reading) -> Measured:
    """Events told as things: "a cry", "the blow", "their departure"."""
    found = [i for i in reading.events if not reading.quoted[i]]
    return share(tokens([i for i in found if reading.pos[i] == "NOUN"]), len(found), least=20)


@measures("EVT_DEN_10")
def slow_start(reading: Reading) -> Measured:
    """Log of event density in the first fifth against the rest; below 0 where little happens."""
    found = event_verbs(reading)
    if reading.n_narrated < ENOUGH_FOR_SERIES or len(found) < 20:
        return NOT_DEFINED
    clock = reading.narrated_clock
    early = [i for i in found if clock[i] < 0.2]
    return number(series.log_ratio(len(early), len(found) - len(early), 0.2, 0.8), tokens(early))


@measures("EVT_DEN_11")
def event_chains(reading: Reading) -> Measured:
    """Narrated sentences that tell three events or more."""
    count: dict[int, int] = {}
    for i in event_verbs(reading):
        sentence = reading.sentence_of[i]
        count[sentence] = count.get(sentence, 0) + 1
    sentences = reading.narrated_sentences
    dense = [s for s in sentences if count.get(reading.sentence_of[s.start], 0) >= 3]
    return share(dense, len(sentences), least=15)


# ---------------------------------------------------------------- what is not, or not quite


@measures("EVT_NEG_01")
def negated(reading: Reading) -> Measured:
    mains = [c for c in reading.clauses if c.main and not c.quoted]
    denied = [(min(c.finite, c.verb), c.verb + 1) for c in mains if c.negated]
    return share(denied, len(mains), least=15)


@measures("EVT_NEG_02")
def unrealised(reading: Reading) -> Measured:
    """Doings that stay attempts, wishes and near things, per 100 narrated main clauses."""
    found: list[tuple[int, int]] = []
    for i, lemma in enumerate(reading.lemma):
        if reading.quoted[i]:
            continue
        if lemma in TRYING and reading.pos[i] == "VERB":
            goal = reading.child(i, "xcomp")
            if goal is not None and reading.tag[goal] == "VB":
                found.append((i, goal + 1))
        elif lemma in ("almost", "nearly"):
            verb = reading.head[i]
            if reading.pos[verb] == "VERB" and reading.tag[verb] in ("VBD", "VBZ", "VBP"):
                found.append((min(i, verb), max(i, verb) + 1))
    return rate(found, len(narrated_mains(reading)), per=100, least=15)


# ---------------------------------------------------------------- kinds of event


def _class_share(reading: Reading, name: str) -> Measured:
    verbs, classes = event_verbs(reading), event_classes(reading)
    part = [i for i, c in zip(verbs, classes, strict=True) if c == name]
    return share(tokens(part), len(verbs), least=20)


@measures("EVT_TYP_01")
def speech_events(reading: Reading) -> Measured:
    return _class_share(reading, "speech")


@measures("EVT_TYP_02")
def motion_events(reading: Reading) -> Measured:
    return _class_share(reading, "motion")


@measures("EVT_TYP_03")
def perception_events(reading: Reading) -> Measured:
    return _class_share(reading, "perception")


@measures("EVT_TYP_04")
def gesture_events(reading: Reading) -> Measured:
    return _class_share(reading, "gesture")


@measures("EVT_TYP_05")
def mental_events(reading: Reading) -> Measured:
    return _class_share(reading, "mind")


@measures("EVT_TYP_06")
def balance_of_types(reading: Reading) -> Measured:
    """Mean evenness over the verb classes in windows of `WINDOW` events."""
    verbs, classes = event_verbs(reading), event_classes(reading)
    if len(verbs) < WINDOW:
        return NOT_DEFINED
    values = []
    for start in range(0, len(verbs) - WINDOW + 1, WINDOW // 2):
        window = classes[start : start + WINDOW]
        shares = [window.count(name) / WINDOW for name in sorted(set(window))]
        values.append(-sum(p * log(p) for p in shares) / log(len(CLASSES) + 1))
    return number(float(np.mean(values)), tokens(verbs))


@measures("EVT_TYP_07")
def variety_of_events(reading: Reading) -> Measured:
    """Mean share of different verbs in windows of `WINDOW` events."""
    verbs = event_verbs(reading)
    if len(verbs) < WINDOW:
        return NOT_DEFINED
    lemmas = [reading.lemma[i] for i in verbs]
    starts = range(0, len(verbs) - WINDOW + 1, WINDOW // 2)
    values = [len(set(lemmas[s : s + WINDOW])) / WINDOW for s in starts]
    return number(float(np.mean(values)), tokens(verbs))


@measures("EVT_TYP_08")
def thingly_events(reading: Reading) -> Measured:
    """Events whose subject is no person: what things, weather and bodies do by themselves."""
    persons = reading.cast.persons
    subject = {c.verb: c.subject for c in reading.clauses}
    known = [i for i in event_verbs(reading) if subject.get(i, -1) >= 0]
    return share(tokens([i for i in known if subject[i] not in persons]), len(known), least=20)


# ---------------------------------------------------------------- between people


@measures("EVT_CON_01")
def conflict_density(reading: Reading) -> Measured:
    mains = narrated_mains(reading)
    return rate(tokens(conflicts(reading)), len(mains), per=100, least=15)


@measures("EVT_CON_02", tagged=True)
def hostile_share(reading: Reading) -> Measured:
    """Sentences of open conflict among those and sentences of kindness outside it, one each added."""
    if reading.n_words < ENOUGH_TO_TELL:
        return NOT_DEFINED
    spans = spans_told(reading, "conflict")
    hostile = sum(p.last - p.first + 1 for p in reading.told("conflict"))
    apart = [i for i in cooperations(reading) if not any(a <= i < b for a, b in spans)]
    kindly = len({reading.sentence_of[i] for i in apart})
    if hostile + kindly < 2:
        return NOT_DEFINED
    return number((hostile + 1) / (hostile + kindly + 2), spans)


@measures("EVT_CON_03")
def harm_rate(reading: Reading) -> Measured:
    found = [i for i in event_verbs(reading) if reading.lemma[i] in HARM]
    return rate(tokens(found), reading.n_narrated)


@measures("EVT_CON_04")
def haste_rate(reading: Reading) -> Measured:
    found = [i for i in event_verbs(reading) if reading.lemma[i] in URGENT - HARM]
    return rate(tokens(found), reading.n_narrated)


@measures("EVT_CON_05", tagged=True)
def violence(reading: Reading) -> Measured:
    """Event verbs of harm inside passages of open conflict, per 1,000 narrated words."""
    spans = spans_told(reading, "conflict")
    harm = [i for i in event_verbs(reading) if reading.lemma[i] in HARM]
    inside = [i for i in harm if any(a <= i < b for a, b in spans)]
    return rate(tokens(inside), reading.n_narrated)


@measures("EVT_CON_06")
def kindness(reading: Reading) -> Measured:
    """Kindly or joint deeds between people, per 100 narrated main clauses."""
    mains = narrated_mains(reading)
    return rate(tokens(cooperations(reading)), len(mains), per=100, least=15)
