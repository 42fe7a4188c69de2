"""Agents: how people are shown, from outside and from inside."""

from __future__ import annotations

from math import log

from storyscope.extract.layers.deeds import protagonist
from storyscope.extract.layers.emotions import named_feelings
from storyscope.extract.layers.thoughts import people_clauses, thoughts
from storyscope.extract.lexicon import entries, words
from storyscope.extract.measures import (
    NOT_DEFINED,
    Measured,
    measures,
    number,
    once,
    rate,
    share,
    tokens,
)
from storyscope.extract.measures.told import (
    first_told,
    lean_told,
    level_named,
    rate_told,
    sentences_told,
    share_told,
)
from storyscope.extract.reading import Reading, Span

GESTURE = words("verbs", "gesture")
SEE = words("verbs", "see")
EYES = frozenset({"eye", "gaze", "look", "glance", "stare"})
VOLITION = words("verbs", "volition")
_COMPOUND = entries("body", "compound_looks")
_BEARING = {"bearing", "gait", "stance", "carriage", "slouch", "age"}
KINDS: dict[str, frozenset[str]] = {
    "face": words("body", "face", "eyes") | {*_COMPOUND["face"], *_COMPOUND["eyes"]},
    "hair": words("body", "hair") | {*_COMPOUND["hair"]},
    "build": words("body", "build", "person_adjectives") | _BEARING | {*_COMPOUND["build"]},
    "clothing": words("body", "clothing") | {*_COMPOUND["clothing"]},
    "voice": words("body", "voice"),
}
"""What a physical description may be of, and the words that say so."""


# ---------------------------------------------------------------- physical description


@measures("AGE_DES_01", tagged=True)
def look_rate(reading: Reading) -> Measured:
    return rate_told(reading, "looks")


@once
def described(reading: Reading) -> list[tuple[int, int]]:
    """Sentences of physical description, and the character of each: the first one mentioned.

    The narrator counts only where nobody else is mentioned; -1 where nobody is.
    """
    cast = reading.cast
    found = dict.fromkeys(sentences_told(reading, "looks"), -1)
    for mention in cast.mentions:
        k = reading.sentence_of[mention.head]
        if mention.entity >= 0 and k in found and found[k] in (-1, cast.narrator):
            found[k] = mention.entity
    return list(found.items())


@measures("AGE_DES_03", tagged=True)
def described_at_first(reading: Reading) -> Measured:
    """Share of recurrent characters who are described in the sentence that brings them, or next."""
    cast = reading.cast
    recurrent = [e for e in cast.recurrent(3) if e != cast.narrator]
    if len(recurrent) < 2:
        return NOT_DEFINED
    looks = dict(described(reading))
    spans = []
    for e in recurrent:
        first = reading.sentence_of[cast.entities[e].mentions[0].head]
        if first in looks or looks.get(first + 1) == e:
            spans.append(reading.sentences[first if first in looks else first + 1])
    return Measured(len(spans) / len(recurrent), spans)


@measures("AGE_DES_04", tagged=True)
def outward_share(reading: Reading) -> Measured:
    """Sentences of physical description among those and sentences that tell inner life."""
    outside = _sentences(reading, sentences_told(reading, "looks"))
    inside = {reading.sentence_of[t.start] for t in thoughts(reading)}
    return share(outside, len(outside) + len(inside), least=5)


def _sentences(reading: Reading, indices: list[int]) -> list[Span]:
    return [reading.sentences[k] for k in indices]


@once
def _of_kind(reading: Reading) -> dict[str, list[int]]:
    """Sentences of physical description by what they describe; one may describe several."""
    found: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for k in sentences_told(reading, "looks"):
        said = {*reading.lemma[slice(*reading.sentences[k])]}
        for kind, named in KINDS.items():
            if said & named:
                found[kind].append(k)
    return found


def _kind(reading: Reading, kind: str) -> Measured:
    """Sentences that describe one thing, per 1,000 words."""
    return rate(_sentences(reading, _of_kind(reading)[kind]), reading.n_words)


@measures("AGE_DES_05", tagged=True)
def face_looks(reading: Reading) -> Measured:
    return _kind(reading, "face")


@measures("AGE_DES_06", tagged=True)
def hair_looks(reading: Reading) -> Measured:
    return _kind(reading, "hair")


@measures("AGE_DES_07", tagged=True)
def build_looks(reading: Reading) -> Measured:
    return _kind(reading, "build")


@measures("AGE_DES_08", tagged=True)
def clothing_looks(reading: Reading) -> Measured:
    return _kind(reading, "clothing")


@measures("AGE_DES_09", tagged=True)
def voice_looks(reading: Reading) -> Measured:
    return _kind(reading, "voice")


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


@measures("AGE_DES_13", tagged=True)
def kinds_of_looks(reading: Reading) -> Measured:
    """Evenness over face, hair, build, clothing and voice: 0 one of them only, 1 all alike."""
    found = {kind: at for kind, at in _of_kind(reading).items() if at}
    total = sum(map(len, found.values()))
    if total < 8:
        return NOT_DEFINED
    entropy = -sum(len(at) / total * log(len(at) / total) for at in found.values())
    spans = _sentences(reading, sorted({k for at in found.values() for k in at}))
    return number(entropy / log(len(KINDS)), spans)


@measures("AGE_DES_14", tagged=True)
def look_share(reading: Reading) -> Measured:
    return share_told(reading, "looks")


@measures("AGE_DES_15", tagged=True)
def first_look(reading: Reading) -> Measured:
    return first_told(reading, "looks")


@measures("AGE_DES_16", tagged=True)
def look_course(reading: Reading) -> Measured:
    return lean_told(reading, "looks")


@measures("AGE_DES_17", tagged=True)
def protagonist_described(reading: Reading) -> Measured:
    """Of described sentences about a known character, those about the protagonist."""
    hero = protagonist(reading)
    if hero < 0:
        return NOT_DEFINED
    known = [(k, who) for k, who in described(reading) if who >= 0]
    of_hero = _sentences(reading, [k for k, who in known if who == hero])
    return share(of_hero, len(known))


# ---------------------------------------------------------------- feeling


@measures("AGE_EMO_01", tagged=True)
def bodily_rate(reading: Reading) -> Measured:
    return rate_told(reading, "bodily")


@measures("AGE_EMO_02")
def named_rate(reading: Reading) -> Measured:
    return rate(named_feelings(reading), reading.n_narrated)


@once
def _felt(reading: Reading) -> tuple[list[int], list[int]]:
    """Sentences in which feeling is shown by the body, and those in which it is named."""
    named = sorted({reading.sentence_of[f.start] for f in named_feelings(reading)})
    return sentences_told(reading, "bodily"), named


@measures("AGE_EMO_03", tagged=True)
def embodied_share(reading: Reading) -> Measured:
    """Sentences with bodily emotion among those and sentences that name a feeling."""
    bodily, named = _felt(reading)
    return share(_sentences(reading, bodily), len(bodily) + len(named), least=5)


@measures("AGE_EMO_06", tagged=True)
def feeling_late(reading: Reading) -> Measured:
    """Sentences with feeling, bodily or named, that stand in the second half, among all."""
    found = _sentences(reading, sorted({k for ks in _felt(reading) for k in ks}))
    late = [s for s in found if reading.word_clock[s.start] >= 0.5]
    return share(late, len(found), least=6)


@measures("AGE_EMO_08", tagged=True)
def bodily_share(reading: Reading) -> Measured:
    return share_told(reading, "bodily")


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
