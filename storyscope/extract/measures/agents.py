"""Agents: how people are shown, from outside and from inside."""

from __future__ import annotations

from math import log

from storyscope.extract.layers.description import (
    Look,
    bodily_feelings,
    looks,
    named_feelings,
)
from storyscope.extract.layers.thoughts import people_clauses, thoughts
from storyscope.extract.lexicon import words
from storyscope.extract.measures import (
    NOT_DEFINED,
    Measured,
    measures,
    number,
    rate,
    share,
    tokens,
)
from storyscope.extract.measures.told import level_named
from storyscope.extract.reading import Reading

GESTURE = words("verbs", "gesture")
SEE = words("verbs", "see")
EYES = frozenset({"eye", "gaze", "look", "glance", "stare"})
VOICES, SOUNDS = words("body", "voice"), words("body", "voice_sounds")
VOLITION = words("verbs", "volition")


# ---------------------------------------------------------------- outward description


def _told(reading: Reading) -> list[Look]:
    """Looks in narration."""
    quoted = reading.quoted
    return [look for look in looks(reading) if not quoted[look.start]]


@measures("AGE_DES_01")
def look_rate(reading: Reading) -> Measured:
    return rate([k[:2] for k in _told(reading)], reading.n_narrated)


@measures("AGE_DES_02")
def described_mentions(reading: Reading) -> Measured:
    """Share of narrated mentions of people by name or noun that carry an outward description."""
    explicit = [
        m for m in reading.cast.mentions if m.kind != "pronoun" and not reading.quoted[m.head]
    ]
    described = {k.owner for k in _told(reading)}
    return share([m[:2] for m in explicit if m.head in described], len(explicit), least=8)


@measures("AGE_DES_03")
def described_at_first(reading: Reading) -> Measured:
    """Share of recurrent characters who are described outwardly when they first appear."""
    cast = reading.cast
    recurrent = [e for e in cast.recurrent(3) if e != cast.narrator]
    if len(recurrent) < 2:
        return NOT_DEFINED
    spans = []
    for e in recurrent:
        first = cast.entities[e].mentions[0].head
        k = reading.sentence_of[first]
        start = reading.sentences[k].start
        end = reading.sentences[min(k + 1, len(reading.sentences) - 1)].end
        hit = next((look for look in _told(reading) if start <= look.start < end
                    and cast.entity_of.get(look.owner, e) == e), None)  # fmt: skip
        if hit is not None:
            spans.append(hit[:2])
    return Measured(len(spans) / len(recurrent), spans)


@measures("AGE_DES_04")
def outward_share(reading: Reading) -> Measured:
    """Outward looks among looks and inner life together."""
    outside, inside = _told(reading), thoughts(reading)
    return share([k[:2] for k in outside], len(outside) + len(inside), least=5)


def _region(reading: Reading, *regions: str) -> Measured:
    return rate([k[:2] for k in _told(reading) if k.region in regions], reading.n_narrated)


@measures("AGE_DES_05")
def face_looks(reading: Reading) -> Measured:
    return _region(reading, "face", "eyes")


@measures("AGE_DES_06")
def hair_looks(reading: Reading) -> Measured:
    return _region(reading, "hair")


@measures("AGE_DES_07")
def build_looks(reading: Reading) -> Measured:
    return _region(reading, "build")


@measures("AGE_DES_08")
def clothing_looks(reading: Reading) -> Measured:
    return _region(reading, "clothing")


@measures("AGE_DES_09")
def voice_looks(reading: Reading) -> Measured:
    """Voices with an adjective of sound: "a low voice", "his voice was deep"."""
    found = [
        i
        for i, lemma in enumerate(reading.lemma)
        if lemma in VOICES and not reading.quoted[i] and _sounds(reading, i)
    ]
    return rate(tokens(found), reading.n_narrated)


def _sounds(reading: Reading, voice: int) -> bool:
    told = [c for c in reading.children[voice] if reading.dep[c] == "amod"]
    head = reading.head[voice]
    if reading.dep[voice] == "nsubj":
        told += [c for c in reading.children[head] if reading.dep[c] == "acomp"]
    told += [g for c in told for g in reading.children[c] if reading.dep[g] == "conj"]
    return any(reading.lower[c] in SOUNDS for c in told)


@measures("AGE_DES_10")
def gestures(reading: Reading) -> Measured:
    """Small bodily doings of people (nods, shrugs, sighs), per 1,000 narrated words."""
    found = [
        c.verb
        for c in reading.clauses
        if not c.quoted and reading.lemma[c.verb] in GESTURE and c.subject in reading.cast.persons
    ]
    return rate(tokens(found), reading.n_narrated)


@measures("AGE_DES_11")
def glances(reading: Reading) -> Measured:
    """Looks that people cast: verbs of looking and eyes that turn, per 1,000 narrated words."""
    found = []
    for clause in reading.clauses:
        if clause.quoted:
            continue
        by_person = clause.subject in reading.cast.persons and reading.lemma[clause.verb] in SEE
        by_eyes = clause.subject >= 0 and reading.lemma[clause.subject] in EYES
        if by_person or by_eyes:
            found.append(clause.verb)
    return rate(tokens(found), reading.n_narrated)


@measures("AGE_DES_12")
def adjectives_per_mention(reading: Reading) -> Measured:
    """Adjectives that modify or are said of people, per explicit mention in narration."""
    explicit = [
        m for m in reading.cast.mentions if m.kind != "pronoun" and not reading.quoted[m.head]
    ]
    if len(explicit) < 8:
        return NOT_DEFINED
    found = []
    for mention in explicit:
        head = mention.head
        found += [
            c
            for c in reading.children[head]
            if reading.dep[c] == "amod" and reading.pos[c] == "ADJ"
        ]
        verb = reading.head[head]
        if reading.dep[head] == "nsubj" and reading.lemma[verb] in ("be", "seem", "look", "appear"):
            state = reading.child(verb, "acomp")
            if state is not None:
                found.append(state)
    return number(len(found) / len(explicit), tokens(found))


@measures("AGE_DES_13")
def region_spread(reading: Reading) -> Measured:
    """Evenness of looks over face, hair, build, clothing and voice: 0 one region, 1 all alike."""
    found = _told(reading)
    if len(found) < 8:
        return NOT_DEFINED
    counts: dict[str, int] = {}
    for look in found:
        region = "face" if look.region == "eyes" else look.region
        counts[region] = counts.get(region, 0) + 1
    entropy = -sum(c / len(found) * log(c / len(found)) for c in counts.values())
    return number(entropy / log(5), [k[:2] for k in found])


# ---------------------------------------------------------------- feeling


@measures("AGE_EMO_01")
def bodily_rate(reading: Reading) -> Measured:
    return rate([f[:2] for f in bodily_feelings(reading)], reading.n_narrated)


@measures("AGE_EMO_02")
def named_rate(reading: Reading) -> Measured:
    return rate([f[:2] for f in named_feelings(reading)], reading.n_narrated)


@measures("AGE_EMO_03")
def embodied_share(reading: Reading) -> Measured:
    """Bodily feelings among bodily and named ones."""
    bodily, named = bodily_feelings(reading), named_feelings(reading)
    return share([f[:2] for f in bodily], len(bodily) + len(named), least=5)


@measures("AGE_EMO_04")
def part_as_subject(reading: Reading) -> Measured:
    """Among bodily feelings, those where a part of the body acts rather than the person."""
    found = [f for f in bodily_feelings(reading) if f.way != "seat"]
    acting = [f[:2] for f in found if f.way in ("part", "state")]
    return share(acting, len(found), least=4)


@measures("AGE_EMO_05")
def seated_sensations(reading: Reading) -> Measured:
    found = [f[:2] for f in bodily_feelings(reading) if f.way == "seat"]
    return rate(found, reading.n_narrated)


# ---------------------------------------------------------------- inner life


@measures("AGE_INN_01")
def thought_rate(reading: Reading) -> Measured:
    return rate([t[:2] for t in thoughts(reading)], reading.n_narrated)


@measures("AGE_INN_02")
def thought_share(reading: Reading) -> Measured:
    """Share of narrated clauses about people that tell what they think, want or feel."""
    told = [t[:2] for t in thoughts(reading) if t.channel in ("bare", "report", "state")]
    return share(told, len(people_clauses(reading)), least=15)


@measures("AGE_INN_03")
def wanting(reading: Reading) -> Measured:
    """Wants, hopes and plans among inner-life clauses."""
    found = thoughts(reading)
    wants = [t[:2] for t in found if reading.lemma[t.start] in VOLITION]
    return share(wants, len(found), least=6)


@measures("AGE_INN_04")
def reported_thought(reading: Reading) -> Measured:
    """Inner life that reports a whole thought ("knew that ...", "wondered whether ...")."""
    found = thoughts(reading)
    return share([t[:2] for t in found if t.channel == "report"], len(found), least=6)


@measures("AGE_DES_18", tagged=True)
def from_outside(reading: Reading) -> Measured:
    return level_named(reading, "outward")


@measures("AGE_INN_08", tagged=True)
def from_inside(reading: Reading) -> Measured:
    return level_named(reading, "inward")
