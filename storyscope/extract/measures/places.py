"""Places: where things happen, how that changes, what is named, and how places are coloured."""

from __future__ import annotations

import numpy as np

from storyscope.extract import series
from storyscope.extract.layers.emotions import named_feelings
from storyscope.extract.layers.places import PLACE, in_idiom, place_names
from storyscope.extract.layers.settings import (
    SCENIC,
    scenic_sentences,
    setting_passages,
    setting_scores,
)
from storyscope.extract.layers.times import time_expressions
from storyscope.extract.layers.valence import valences
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
from storyscope.extract.measures.told import level_named, sentences_told
from storyscope.extract.reading import Reading

INTERIOR = words("place", "interior")
EXTERIOR = words("place", "exterior")
NATURE = words("place", "nature")
LIGHT, DARK = words("place", "light"), words("place", "dark")
ONLY_PEOPLE = words("place", "only_people")
SCALES = {name: words("place", f"{name}_scale") for name in ("country", "town", "room")}
MOVES = words("verbs", "place_change")
BODY = words("body", "face", "hair", "eyes", "build")
CLOTHING = words("body", "clothing")
ABSTRACT = words("plot", "abstract")
_LOCATING = frozenset(
    "in at on into inside outside through across along near behind under beyond onto to from toward "
    "towards around over past within".split()
)
_NAMED = frozenset({"GPE", "LOC", "FAC"})
NEAR_WORDS = 80
"""Tokens around a describing sentence in which a feeling counts as near."""


@once
def place_mentions(reading: Reading) -> list[int]:
    """Nouns of rooms, buildings, streets and landscapes in narration that locate something."""
    found = []
    for i, lemma in enumerate(reading.lemma):
        if lemma in PLACE and reading.pos[i] == "NOUN" and not reading.quoted[i]:
            if in_idiom(reading, i):
                continue
            head = reading.head[i]
            located = reading.dep[i] == "pobj" and reading.lower[head] in _LOCATING
            reached = reading.dep[i] == "dobj" and reading.lemma[head] in MOVES
            if located or reached:
                found.append(i)
    return found


@once
def named_places(reading: Reading) -> list[tuple[int, int]]:
    """Names of countries, towns, landscapes and buildings in narration, people's names apart."""
    return [span for span in place_names(reading) if not reading.quoted[span[0]]]


# ---------------------------------------------------------------- where, and how it changes


@measures("SET_PLC_01")
def place_changes(reading: Reading) -> Measured:
    """Somebody goes to, enters or leaves a place, per 1,000 narrated words."""
    persons, located = reading.cast.persons, set(place_mentions(reading))
    happening = set(reading.events)
    subject = {c.verb: c.subject for c in reading.clauses}
    found = []
    for i in happening:
        if reading.quoted[i] or reading.lemma[i] not in MOVES or subject.get(i, -1) not in persons:
            continue
        goals = list(reading.children[i])
        goals += [
            o for c in reading.children[i] if reading.dep[c] == "prep" for o in reading.children[c]
        ]
        place = next((g for g in goals if g in located or reading.entity[g] in _NAMED), None)
        if place is not None:
            found.append((min(i, place), max(i, place) + 1))
    return rate(sorted(found), reading.n_narrated)


@measures("SET_PLC_02")
def interior_share(reading: Reading) -> Measured:
    """Of located things with a plain inside or outside, those inside."""
    known = [
        i
        for i in place_mentions(reading)
        if (reading.lemma[i] in INTERIOR) != (reading.lemma[i] in EXTERIOR)
    ]
    return share(tokens([i for i in known if reading.lemma[i] in INTERIOR]), len(known), least=3)


@measures("SET_PLC_03")
def named_place_rate(reading: Reading) -> Measured:
    return rate(named_places(reading), reading.n_narrated, least=150)


@measures("SET_PLC_04")
def generic_place_rate(reading: Reading) -> Measured:
    return rate(tokens(place_mentions(reading)), reading.n_narrated, least=150)


@measures("SET_PLC_05")
def named_share(reading: Reading) -> Measured:
    """Named places among named and generic ones."""
    named, generic = named_places(reading), place_mentions(reading)
    return share(named, len(named) + len(generic), least=6)


@measures("SET_PLC_06")
def variety_of_places(reading: Reading) -> Measured:
    """Different places among eight mentions in a row, as a mean share."""
    at = sorted([*place_mentions(reading), *(a for a, _ in named_places(reading))])
    if len(at) < 8:
        return NOT_DEFINED
    names = [reading.lemma[i] for i in at]
    values = [len(set(names[k : k + 8])) / 8 for k in range(0, len(names) - 7, 4)]
    return number(float(np.mean(values)), tokens(at))


@measures("SET_PLC_07")
def room_scale(reading: Reading) -> Measured:
    """Nouns on the scale of a room among those of room, town and country, in narration."""
    found: dict[str, list[int]] = {name: [] for name in SCALES}
    for i, lemma in enumerate(reading.lemma):
        if reading.pos[i] == "NOUN" and not reading.quoted[i]:
            for name, nouns in SCALES.items():
                if lemma in nouns:
                    found[name].append(i)
                    break
    return share(tokens(found["room"]), sum(map(len, found.values())), least=8)


# ---------------------------------------------------------------- opening


@measures("SET_GRO_01")
def first_place(reading: Reading) -> Measured:
    """Words before the first place is named, as a share of the first 300; 1 where none is."""
    if reading.n_words < 300:
        return NOT_DEFINED
    at = [*place_mentions(reading), *(a for a, _ in named_places(reading))]
    at += [s.start for s in scenic_sentences(reading)]
    if not at:
        return number(1.0)
    first = min(at)
    return number(min(float(reading.is_word[:first].sum()) / 300, 1.0), [(first, first + 1)])


@measures("SET_GRO_02")
def grounded_opening(reading: Reading) -> Measured:
    """How many of place, time and person are told within the first 100 words."""
    if reading.n_words < 200:
        return NOT_DEFINED
    limit = int(np.searchsorted(np.cumsum(reading.is_word), 100))
    place = [
        i for i in [*place_mentions(reading), *(a for a, _ in named_places(reading))] if i < limit
    ]
    time = [t[0] for t in time_expressions(reading) if t[0] < limit]
    person = [i for i in reading.cast.persons if i < limit and reading.pos[i] in ("NOUN", "PROPN")]
    firsts = sorted(min(found) for found in (place, time, person) if found)
    return Measured(("none", "one", "two", "all three")[len(firsts)], tokens(firsts))


# ---------------------------------------------------------------- description


@measures("SET_DES_05")
def course_of_description(reading: Reading) -> Measured:
    """Mean position of describing sentences among narrated words, minus 0.5."""
    found = scenic_sentences(reading)
    if reading.n_narrated < ENOUGH_FOR_SERIES or len(found) < 5:
        return NOT_DEFINED
    places = [float(reading.narrated_clock[s.start]) for s in found]
    return number(series.centroid(places), found)


@measures("SET_DES_06")
def described_passages(reading: Reading) -> Measured:
    """Narrated words inside passages of description."""
    if reading.n_narrated < 150:
        return NOT_DEFINED
    found = setting_passages(reading)
    inside = sum(int(reading.narrated[a:b].sum()) for a, b in found)
    return number(inside / reading.n_narrated, found)


@measures("SET_DES_08")
def descriptive_weight(reading: Reading) -> Measured:
    """Mean points of narrated sentences as descriptions of a setting."""
    scores = setting_scores(reading)
    if len(scores) < 10:
        return NOT_DEFINED
    return number(sum(s.points for s in scores) / len(scores), scenic_sentences(reading))


@measures("SET_DES_07")
def woven_in(reading: Reading) -> Measured:
    """Scenery named in sentences that describe no place, among all scenery named in narration."""
    inside = {reading.sentence_of[s.start] for s in setting_scores(reading) if s.points >= 1.0}
    scenery = [
        i
        for i, lemma in enumerate(reading.lemma)
        if lemma in SCENIC and reading.pos[i] == "NOUN" and not reading.quoted[i]
    ]
    woven = [i for i in scenery if reading.sentence_of[i] not in inside]
    return share(tokens(woven), len(scenery), least=10)


# ---------------------------------------------------------------- nature, light, things


@measures("SET_NAT_01")
def nature(reading: Reading) -> Measured:
    found = [
        i
        for i, lemma in enumerate(reading.lemma)
        if lemma in NATURE and reading.pos[i] == "NOUN" and not reading.quoted[i]
    ]
    return rate(tokens(found), reading.n_narrated)


@measures("SET_LIG_01")
def light_rate(reading: Reading) -> Measured:
    light, dark = _light_and_dark(reading)
    return rate(tokens(sorted(light + dark)), reading.n_narrated)


@measures("SET_LIG_02")
def darkness(reading: Reading) -> Measured:
    light, dark = _light_and_dark(reading)
    return share(tokens(dark), len(light) + len(dark), least=3)


@once
def _light_and_dark(reading: Reading) -> tuple[list[int], list[int]]:
    """Words of light and of darkness in narration, looks of people apart."""
    light: list[int] = []
    dark: list[int] = []
    for i, lemma in enumerate(reading.lemma):
        if lemma not in LIGHT and lemma not in DARK:
            continue
        if reading.quoted[i] or reading.pos[i] not in ("NOUN", "ADJ"):
            continue
        if reading.dep[i] == "amod" and reading.lemma[reading.head[i]] in BODY | CLOTHING:
            continue
        if (lemma == "night" and reading.dep[i] != "nsubj") or (
            lemma == "black" and reading.pos[i] != "NOUN"
        ):
            continue
        (light if lemma in LIGHT else dark).append(i)
    return light, dark


@measures("SET_OBJ_01")
def handled_things(reading: Reading) -> Measured:
    """Things that somebody takes, opens, carries or otherwise handles, per 1,000 narrated words."""
    persons, happening = reading.cast.persons, set(reading.events)
    subject = {c.verb: c.subject for c in reading.clauses}
    found = []
    for i in happening:
        if reading.quoted[i] or subject.get(i, -1) not in persons:
            continue
        thing = reading.child(i, "dobj")
        if thing is None or reading.pos[thing] != "NOUN" or thing in persons or thing in happening:
            continue
        lemma = reading.lemma[thing]
        if lemma not in BODY and lemma not in ABSTRACT and not lemma.endswith(_ABSTRACT_ENDINGS):
            found.append((min(i, thing), max(i, thing) + 1))
    return rate(sorted(found), reading.n_narrated)


_ABSTRACT_ENDINGS = (
    "ness",
    "tion",
    "sion",
    "ment",
    "ity",
    "ance",
    "ence",
    "ship",
    "hood",
    "ism",
    "ure",
)


# ---------------------------------------------------------------- time and mood of places


@measures("SET_TIM_01")
def dated_places(reading: Reading) -> Measured:
    """Describing sentences that also name a time of day, season or date."""
    found = scenic_sentences(reading)
    dated = {reading.sentence_of[t[0]] for t in time_expressions(reading) if t.grain in _DATES}
    return share([s for s in found if reading.sentence_of[s.start] in dated], len(found), least=4)


_DATES = frozenset({"clock", "part of day", "day", "calendar", "season", "year"})


@measures("SET_TIM_02")
def dated_scenes(reading: Reading) -> Measured:
    """Scenes that say within their first three sentences when they take place."""
    dated = {reading.sentence_of[t[0]] for t in time_expressions(reading) if t.grain in _DATES}
    found = [
        s
        for s in reading.scenes
        if any(reading.sentence_of[s.start] + k in dated for k in range(3))
    ]
    if reading.n_words < 300:
        return NOT_DEFINED
    return share([(s.start, s.start + 1) for s in found], len(reading.scenes), least=1)


@measures("SET_MOO_01")
def mood_mirrored(reading: Reading) -> Measured:
    """How far bright and dark description goes with the rated words around it, -1 to 1.

    Mean product of the signs of a describing sentence's valence and of the narration within
    `NEAR_WORDS` tokens of it, over the sentences that have both.
    """
    pairs = _moods(reading)
    if len(pairs) < 3:
        return NOT_DEFINED
    value = float(np.mean([np.sign(a) * np.sign(b) for _, a, b in pairs]))
    return number(value, [s for s, _, _ in pairs])


@once
def _moods(reading: Reading) -> list[tuple[tuple[int, int], float, float]]:
    rated = valences(reading)
    at = np.array([i for i, _ in rated])
    values = np.array([v for _, v in rated])
    found: list[tuple[tuple[int, int], float, float]] = []
    if not rated:
        return found
    sentences = scenic_sentences(reading)
    describing = {reading.sentence_of[a] for a, _ in sentences}
    scenic = np.array([reading.sentence_of[i] in describing for i in at.tolist()])
    for sentence in sentences:
        start, end = sentence
        inside = (at >= start) & (at < end)
        near = (at >= start - NEAR_WORDS) & (at < end + NEAR_WORDS) & ~scenic
        own, others = float(values[inside].sum()), float(values[near].sum())
        if own and others:
            found.append((sentence, own, others))
    return found


@measures("SET_MOO_02", tagged=True)
def feeling_beside_places(reading: Reading) -> Measured:
    """Describing sentences with a feeling, shown or named, in the sentence before or after."""
    feelings = {reading.sentence_of[f.start] for f in named_feelings(reading)}
    feelings |= {*sentences_told(reading, "bodily")}
    found = scenic_sentences(reading)
    beside = [
        s
        for s in found
        if {reading.sentence_of[s.start] - 1, reading.sentence_of[s.start] + 1} & feelings
    ]
    return share(beside, len(found), least=4)


@measures("SET_PER_01")
def personified_places(reading: Reading) -> Measured:
    """Scenery that does what only people do, among scenery that is the subject of a clause."""
    acting = [
        c
        for c in reading.clauses
        if not c.quoted and c.subject >= 0 and reading.lemma[c.subject] in SCENIC
        and reading.pos[c.subject] == "NOUN"
    ]  # fmt: skip
    found = [c for c in acting if reading.lemma[c.verb] in ONLY_PEOPLE and not c.passive]
    return share(
        [(min(c.subject, c.verb), max(c.subject, c.verb) + 1) for c in found], len(acting), least=4
    )


@measures("SET_DES_09", tagged=True)
def vivid_setting(reading: Reading) -> Measured:
    return level_named(reading, "place")
