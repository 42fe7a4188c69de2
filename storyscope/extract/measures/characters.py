"""Agents: who the characters are, what they are called, what they do and what they are after."""

from __future__ import annotations

from collections import Counter
from math import exp, log

from storyscope.extract.layers.cast import FEMALE, MALE
from storyscope.extract.layers.deeds import Deed, deeds, goals, protagonist
from storyscope.extract.layers.speakers import turns
from storyscope.extract.layers.thoughts import people_clauses, thoughts
from storyscope.extract.lexicon import entries, words
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
from storyscope.extract.measures.agents import described
from storyscope.extract.measures.told import level_named
from storyscope.extract.reading import Reading

DECIDE, UNDERGO = words("verbs", "decide"), words("verbs", "undergo")
Spans = list[tuple[int, int]]


# ---------------------------------------------------------------- the cast


@once
def _explicit(reading: Reading) -> Spans:
    """Narrated mentions by name or noun that were tied to somebody."""
    quoted = reading.quoted
    return [m[:2] for m in reading.cast.mentions
            if m.kind != "pronoun" and m.entity >= 0 and not quoted[m.head]]  # fmt: skip


@measures("AGE_CAS_01")
def named_cast(reading: Reading) -> Measured:
    """Share of recurrent characters, the narrator apart, who bear a name."""
    cast = reading.cast
    people = [e for e in cast.recurrent(3) if e != cast.narrator]
    named = [cast.entities[e].mentions[0][:2] for e in people if cast.entities[e].named]
    return share(named, len(people), least=2)


@measures("AGE_CAS_02")
def protagonist_share(reading: Reading) -> Measured:
    """Share of the tied mentions that mean the character mentioned most."""
    hero = protagonist(reading)
    if hero < 0:
        return NOT_DEFINED
    entities = reading.cast.entities
    spans = [m[:2] for m in entities[hero].mentions]
    return number(len(spans) / sum(len(e.mentions) for e in entities), spans)


@measures("AGE_CAS_03")
def protagonist_margin(reading: Reading) -> Measured:
    """How far the most mentioned character is ahead of the second, as a share of the first."""
    hero = protagonist(reading)
    order = reading.cast.recurrent(1)
    if hero < 0 or len(order) < 2:
        return NOT_DEFINED
    first, second = (len(reading.cast.entities[e].mentions) for e in order[:2])
    return number(
        (first - second) / first, [m[:2] for m in reading.cast.entities[order[1]].mentions]
    )


@measures("AGE_CAS_04")
def minor_characters(reading: Reading) -> Measured:
    """Characters of one or two mentions who act or speak, per 1,000 narrated words."""
    cast = reading.cast
    doing = {d.agent for d in deeds(reading)}
    speaking = {t.entity for t in turns(reading)}
    found = [
        e.mentions[0][:2]
        for k, e in enumerate(cast.entities)
        if len(e.mentions) <= 2 and (k in speaking or any(m.head in doing for m in e.mentions))
    ]
    return rate(found, reading.n_narrated, least=300)


@measures("AGE_CAS_05")
def women(reading: Reading) -> Measured:
    """Mentions of female characters among those of characters whose gender is told."""
    entities = reading.cast.entities
    female = [m[:2] for e in entities if e.gender == FEMALE for m in e.mentions]
    male = sum(len(e.mentions) for e in entities if e.gender == MALE)
    return share(female, len(female) + male, least=15)


# ---------------------------------------------------------------- names


@measures("AGE_NAM_01")
def naming(reading: Reading) -> Measured:
    """How the main character is referred to: by "I", by name, by role, or by both of these."""
    hero = protagonist(reading)
    if hero < 0:
        return NOT_DEFINED
    mentions = reading.cast.entities[hero].mentions
    if hero == reading.cast.narrator:
        return Measured("first person", [m[:2] for m in mentions[:3]])
    explicit = [m for m in mentions if m.kind != "pronoun"]
    if len(explicit) < 3:
        return NOT_DEFINED
    by_name = sum(m.kind == "name" for m in explicit) / len(explicit)
    kind = "name" if by_name > 0.8 else "role" if by_name < 0.2 else "shifting"
    return Measured(kind, [m[:2] for m in explicit])


@measures("AGE_NAM_02")
def first_naming(reading: Reading) -> Measured:
    """Where the first name of a recurrent character falls, among all words."""
    named = [e for e in reading.cast.entities if e.named and len(e.mentions) >= 3]
    if not named or reading.n_words < 300:
        return NOT_DEFINED
    first = min((m for e in named for m in e.mentions if m.kind == "name"), key=lambda m: m.head)
    return number(float(reading.word_clock[first.head]), [first[:2]])


@measures("AGE_NAM_03")
def named_mentions(reading: Reading) -> Measured:
    """Names among narrated mentions by name or noun."""
    quoted = reading.quoted
    names = [m[:2] for m in reading.cast.mentions
             if m.kind == "name" and not quoted[m.head]]  # fmt: skip
    return share(names, len(_explicit(reading)), least=10)


@measures("AGE_NAM_04")
def full_names(reading: Reading) -> Measured:
    """Recurrent named characters who are ever given more than one name, as in "Noor Haddad"."""
    people = [e for e in reading.cast.entities if e.named and len(e.mentions) >= 3]
    full = [
        m[:2]
        for e in people
        if (m := next((m for m in e.mentions if m.kind == "name" and m.end - m.start > 1), None))
    ]
    return share(full, len(people), least=2)


@once
def _given_names(reading: Reading) -> list[tuple[int, str]]:
    """First token of the fullest name of each recurrent named character, titles left out."""
    titles = words("people", "title_either", "title_female", "title_male")
    found = []
    for e in reading.cast.entities:
        names = [m for m in e.mentions if m.kind == "name"]
        if len(e.mentions) < 3 or not names:
            continue
        for m in names:
            first = m.start
            if reading.lower[first] not in titles:
                found.append((first, reading.lower[first]))
                break
    return found


@measures("AGE_NAM_05")
def name_stock(reading: Reading) -> Measured:
    """Mean log of how many stories in 10,000 have the names of the cast; rare ones count as 2."""
    stock = entries("names", "given")
    found = _given_names(reading)
    if len(found) < 2:
        return NOT_DEFINED
    mean = sum(log(max(stock.get(name, 2), 2) / 2, 10) for _, name in found) / len(found)
    return number(mean, tokens([i for i, _ in found]))


# ---------------------------------------------------------------- doing and bearing


@once
def _by_hero(reading: Reading) -> tuple[list[Deed], list[Deed]]:
    """Deeds that the main character does, and those done to them."""
    hero, entity_of = protagonist(reading), reading.cast.entity_of
    found = deeds(reading)
    done = [d for d in found if entity_of.get(d.agent, -2) == hero]
    borne = [d for d in found if entity_of.get(d.patient, -2) == hero]
    return done, borne


@measures("AGE_AGY_01")
def agency(reading: Reading) -> Measured:
    """Deeds the main character does, among those they do or bear."""
    done, borne = _by_hero(reading)
    return share(tokens([d.verb for d in done]), len(done) + len(borne), least=8)


@measures("AGE_AGY_02")
def agency_course(reading: Reading) -> Measured:
    """Agency of the main character in the last third less that in the first."""
    done, borne = _by_hero(reading)
    if reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    clock = reading.narrated_clock

    def part(low: float, high: float) -> float:
        a = sum(low <= clock[d.verb] < high for d in done)
        b = sum(low <= clock[d.verb] < high for d in borne)
        return (a + 1) / (a + b + 2) if a + b >= 5 else float("nan")

    return number(part(2 / 3, 1.01) - part(0, 1 / 3), tokens([d.verb for d in borne]))


@measures("AGE_AGY_03")
def decisive(reading: Reading) -> Measured:
    """Verbs of deciding and acting upon things among those and verbs of bearing, main character."""
    done, _ = _by_hero(reading)
    decided = [d.verb for d in done if reading.lemma[d.verb] in DECIDE]
    borne = sum(reading.lemma[d.verb] in UNDERGO for d in done)
    return share(tokens(decided), len(decided) + borne, least=6)


@measures("AGE_AGY_04")
def agency_gap(reading: Reading) -> Measured:
    """Share of everybody's deeds that the main character does."""
    done, _ = _by_hero(reading)
    known = sum(d.agent in reading.cast.entity_of for d in deeds(reading))
    if protagonist(reading) < 0:
        return NOT_DEFINED
    return share(tokens([d.verb for d in done]), known, least=12)


@measures("AGE_GOA_01")
def goal_rate(reading: Reading) -> Measured:
    return rate(goals(reading), reading.n_narrated)


# ---------------------------------------------------------------- whose inside, whose feelings


@once
def _minds(reading: Reading) -> Counter[int]:
    """Inner states by whose they are."""
    entity_of = reading.cast.entity_of
    return Counter(entity_of[t.owner] for t in thoughts(reading) if t.owner in entity_of)


@measures("AGE_INN_05")
def one_mind(reading: Reading) -> Measured:
    """Inner states of the one whose mind is shown most, among those of anybody known."""
    minds = _minds(reading)
    if not minds:
        return NOT_DEFINED
    top = minds.most_common(1)[0][0]
    spans = [t[:2] for t in thoughts(reading) if reading.cast.entity_of.get(t.owner, -1) == top]
    return share(spans, sum(minds.values()), least=8)


@measures("AGE_INN_06")
def effective_minds(reading: Reading) -> Measured:
    """Exponential of the entropy of inner states over people: 1 where one mind is shown."""
    minds = _minds(reading)
    total = sum(minds.values())
    if total < 8:
        return NOT_DEFINED
    entropy = -sum(n / total * log(n / total) for n in minds.values())
    return number(exp(entropy), [t[:2] for t in thoughts(reading) if t.owner >= 0])


@measures("AGE_INN_07")
def own_questions(reading: Reading) -> Measured:
    """Questions of the narration among signs of inner life."""
    found = thoughts(reading)
    return share([t[:2] for t in found if t.channel == "question"], len(found), least=8)


# ---------------------------------------------------------------- entrances


@measures("AGE_INT_01", tagged=True)
def entering_in_action(reading: Reading) -> Measured:
    """Recurrent characters whom the first two sentences show doing or saying something."""
    ways = _entrances(reading)
    acting = [span for way, span in ways if way in ("deed", "speech")]
    return share(acting, len(ways), least=2)


@measures("AGE_INT_03", tagged=True)
def entering_by_mention(reading: Reading) -> Measured:
    """Recurrent characters who are first only spoken or thought of by others."""
    ways = _entrances(reading)
    return share([span for way, span in ways if way == "mention"], len(ways), least=2)


@measures("AGE_INT_02")
def late_arrivals(reading: Reading) -> Measured:
    """Recurrent characters who first appear in the second half."""
    people = [e for e in reading.cast.entities if len(e.mentions) >= 3]
    if reading.n_words < 300:
        return NOT_DEFINED
    late = [e.mentions[0][:2] for e in people if reading.word_clock[e.mentions[0].head] >= 0.5]
    return share(late, len(people), least=3)


@once
def _entrances(reading: Reading) -> list[tuple[str, tuple[int, int]]]:
    """For every recurrent character but the narrator: what the first two sentences show first."""
    cast = reading.cast
    events: list[tuple[int, int, str]] = []
    for d in deeds(reading):
        events.append((d.verb, cast.entity_of.get(d.agent, -1), "deed"))
    for t in turns(reading):
        events.append((t.quotation.start, t.entity, "speech"))
    for k, who in described(reading):
        events.append((reading.sentences[k].start, who, "look"))
    for thought in thoughts(reading):
        events.append((thought.start, cast.entity_of.get(thought.owner, -1), "thought"))
    for clause in people_clauses(reading):
        events.append((clause.verb, cast.entity_of.get(clause.subject, -1), "state"))
    events.sort()
    found = []
    for e in cast.recurrent(3):
        if e == cast.narrator:
            continue
        first = cast.entities[e].mentions[0]
        s = reading.sentence_of[first.head]
        start = reading.sentences[s].start
        end = reading.sentences[min(s + 1, len(reading.sentences) - 1)].end
        way = next((w for i, who, w in events if start <= i < end and who == e), "mention")
        found.append((way, (first.start, first.end)))
    return found


@measures("AGE_AGY_05", tagged=True)
def driven_by_decisions(reading: Reading) -> Measured:
    return level_named(reading, "agency")
