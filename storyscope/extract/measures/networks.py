"""Social networks: who is with whom, who talks to whom, and what they are to each other."""

from __future__ import annotations

from collections import Counter
from math import log

from storyscope.extract.layers.deeds import deeds
from storyscope.extract.layers.exchanges import exchanges
from storyscope.extract.layers.speakers import Turn, called, turns
from storyscope.extract.layers.thoughts import people_clauses
from storyscope.extract.layers.ties import chance_of_meeting, network, stretches
from storyscope.extract.lexicon import words
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
from storyscope.extract.measures.told import level_named
from storyscope.extract.reading import Reading

LEAST_STRETCHES = 6
"""Stretches of a story under which who is with whom is not asked."""
WINDOW = 500
"""Words of the windows in which a circle is counted."""
KIN = words("people", "kin_female", "kin_male", "kin_either")
FRIENDS, AUTHORITY = words("people", "friends"), words("people", "authority")
HOSTILE, KINDLY = words("verbs", "conflict", "harm"), words("verbs", "cooperation")
_ADDRESS = frozenset(
    "sir madam ma'am lord lordship majesty highness captain doctor officer boss master".split()
)
_ORDERING = frozenset("order command obey report salute serve dismiss bow kneel summon".split())
_EACH = frozenset({"each", "one"})


# ---------------------------------------------------------------- together and alone


@measures("SOC_SIZ_01")
def company(reading: Reading) -> Measured:
    """Mean number of people present in a stretch, among stretches with anybody."""
    peopled = [s for s in stretches(reading) if s.present]
    if len(peopled) < LEAST_STRETCHES:
        return NOT_DEFINED
    spans = [s[:2] for s in peopled]
    return number(sum(len(s.present) for s in peopled) / len(peopled), spans)


@measures("SOC_SIZ_02")
def circle(reading: Reading) -> Measured:
    """Mean number of people mentioned twice or more in windows of 500 words."""
    clock = reading.is_word.cumsum()
    windows = int(reading.n_words // WINDOW)
    if windows < 1:
        return NOT_DEFINED
    counted: list[Counter[int]] = [Counter() for _ in range(windows)]
    for m in reading.cast.mentions:
        k = int((clock[m.head] - 1) // WINDOW)
        if m.entity >= 0 and k < windows:
            counted[k][m.entity] += 1
    sizes = [sum(n >= 2 for n in c.values()) for c in counted]
    return number(sum(sizes) / windows, [e.mentions[0][:2] for e in reading.cast.entities])


@measures("SOC_SOL_01")
def solitude(reading: Reading) -> Measured:
    """Share of the stretches with people in which one person is alone."""
    peopled = [s for s in stretches(reading) if s.present]
    alone = [s[:2] for s in peopled if len(s.present) == 1]
    return share(alone, len(peopled), LEAST_STRETCHES)


@measures("SOC_SOL_02")
def longest_solitude(reading: Reading) -> Measured:
    """Longest run of stretches with the same one person alone, as a share of all stretches."""
    found = stretches(reading)
    if len(found) < 2 * LEAST_STRETCHES:
        return NOT_DEFINED
    best: list[tuple[int, int]] = []
    run: list[tuple[int, int]] = []
    who: frozenset[int] = frozenset()
    for s in found:
        if len(s.present) > 1:
            run = []
        elif s.present and s.present != who:
            run, who = [s[:2]], s.present
        elif s.present or run:
            run = [*run, s[:2]]
        best = max(best, run, key=len)
    return number(len(best) / len(found), best)


# ---------------------------------------------------------------- the network


@measures("SOC_NET_01")
def density(reading: Reading) -> Measured:
    """Pairs that meet, less the pairs that would if everybody's stretches were shuffled."""
    found = network(reading)
    n = len(found.people)
    if n < 3 or found.stretches < LEAST_STRETCHES:
        return NOT_DEFINED
    pairs = n * (n - 1) / 2
    by_chance = sum(
        chance_of_meeting(found.seen[a], found.seen[b], found.stretches)
        for k, a in enumerate(found.people)
        for b in found.people[k + 1 :]
    )
    return number((len(found.weights) - by_chance) / pairs, _meetings(reading))


@once
def _meetings(reading: Reading) -> list[tuple[int, int]]:
    """Stretches in which two or more recurrent people are present."""
    known = set(network(reading).people)
    return [s[:2] for s in stretches(reading) if len(s.present & known) > 1]


@measures("SOC_NET_02")
def centralisation(reading: Reading) -> Measured:
    """Freeman's centralisation of strength: 1 where all ties run to one person, 0 where even."""
    found = network(reading)
    n = len(found.people)
    if n < 3 or found.total < 5:
        return NOT_DEFINED
    strengths = [found.strength(p) for p in found.people]
    most = max(strengths)
    return number(sum(most - s for s in strengths) / ((n - 2) * found.total), _meetings(reading))


@measures("SOC_NET_03")
def centre_share(reading: Reading) -> Measured:
    """Share of the weight of all ties that runs to whoever is present most."""
    found = network(reading)
    if len(found.people) < 3 or found.total < 5:
        return NOT_DEFINED
    return number(found.strength(found.centre) / found.total, _meetings(reading))


@measures("SOC_NET_04")
def closest_pair(reading: Reading) -> Measured:
    """Share of the weight of all ties that the strongest one has."""
    found = network(reading)
    if len(found.people) < 3 or found.total < 5:
        return NOT_DEFINED
    pair = max(found.weights, key=lambda p: (found.weights[p], -p[0], -p[1]))
    spans = [s[:2] for s in stretches(reading) if set(pair) <= s.present]
    return number(found.weights[pair] / found.total, spans)


# ---------------------------------------------------------------- talk


@once
def _spoken(reading: Reading) -> tuple[list[Turn], dict[int, int]]:
    """Turns whose speaker is known, and words spoken by each."""
    known = [t for t in turns(reading) if t.entity >= 0]
    count = reading.is_word.cumsum()
    spoken: Counter[int] = Counter()
    for t in known:
        a, b = t.quotation
        spoken[t.entity] += int(count[b - 1] - count[a])
    return known, dict(spoken)


@measures("SOC_DIA_01")
def turn_balance(reading: Reading) -> Measured:
    """Evenness of the words spoken by the two who speak most: 1 alike, 0 only one of them."""
    known, spoken = _spoken(reading)
    two = sorted(spoken.values(), reverse=True)[:2]
    if len(known) < 6 or len(two) < 2 or sum(two) < 30:
        return NOT_DEFINED
    shares = [w / sum(two) for w in two if w]
    return number(-sum(p * log(p, 2) for p in shares), [t.quotation for t in known])


@measures("SOC_DIA_02")
def leading_pair(reading: Reading) -> Measured:
    """Share of the changes of speaker that are between the two who change most."""
    found = exchanges(reading)
    pairs: Counter[frozenset[int]] = Counter()
    spans: dict[frozenset[int], list[tuple[int, int]]] = {}
    every = turns(reading)
    for exchange in found:
        for a, b in zip(exchange.turns, exchange.turns[1:], strict=False):
            who = frozenset((every[a].entity, every[b].entity))
            if len(who) == 2 and -1 not in who:
                pairs[who] += 1
                spans.setdefault(who, []).append(every[b].quotation)
    total = sum(pairs.values())
    if total < 5:
        return NOT_DEFINED
    best = max(pairs, key=lambda p: (pairs[p], -min(p), -max(p)))
    return share(spans[best], total, least=5)


@measures("SOC_DIA_03")
def asking(reading: Reading) -> Measured:
    """Quotations that hold a question."""
    lower = reading.lower
    asked = [
        t.quotation for t in turns(reading) if "?" in lower[t.quotation.start : t.quotation.end]
    ]
    return share(asked, len(turns(reading)), least=8)


@measures("SOC_DIA_04")
def exchange_length(reading: Reading) -> Measured:
    """Mean number of turns in an exchange."""
    found = exchanges(reading)
    if len(turns(reading)) < 6 or not found:
        return NOT_DEFINED
    every = turns(reading)
    spans = [(every[e.turns[0]].quotation.start, every[e.turns[-1]].quotation.end) for e in found]
    return number(sum(e.blocks for e in found) / len(found), spans)


@measures("SOC_DIA_05")
def addressing(reading: Reading) -> Measured:
    """Quotations that call somebody by name, role or kinship."""
    found = [t.quotation for t in turns(reading) if called(reading, t.quotation)]
    return share(found, len(turns(reading)), least=8)


@measures("SOC_DIA_06")
def voices(reading: Reading) -> Measured:
    """Recurrent characters, the narrator among them, who ever speak."""
    people = reading.cast.recurrent(3)
    speaking = {t.entity for t in turns(reading)}
    found = [reading.cast.entities[p].mentions[0][:2] for p in people if p in speaking]
    return share(found, len(people), least=2) if turns(reading) else NOT_DEFINED


# ---------------------------------------------------------------- what they are to each other


@once
def _explicit(reading: Reading) -> list[int]:
    return [m.head for m in reading.cast.mentions if m.kind != "pronoun"]


@measures("SOC_REL_01")
def kinship(reading: Reading) -> Measured:
    """Mentions of people by a word of kinship: somebody's mother, a daughter, Mum."""
    kin = [i for i in _explicit(reading) if reading.lemma[i] in KIN]
    return share(tokens(kin), len(_explicit(reading)), least=15)


@measures("SOC_REL_02")
def friendship(reading: Reading) -> Measured:
    """Mentions of people as friends, colleagues, neighbours, lovers."""
    friends = [i for i in _explicit(reading) if reading.lemma[i] in FRIENDS]
    return share(tokens(friends), len(_explicit(reading)), least=15)


@measures("SOC_REL_03")
def authority(reading: Reading) -> Measured:
    """Marks of rank between people: officers and masters, "sir", orders given and obeyed."""
    lower, lemma = reading.lower, reading.lemma
    ranks = {i for i in _explicit(reading) if lemma[i] in AUTHORITY}
    ranks |= {i for i, w in enumerate(lower) if w in _ADDRESS and reading.quoted[i]}
    ranks |= {c.verb for c in people_clauses(reading) if lemma[c.verb] in _ORDERING}
    return rate(tokens(sorted(ranks)), reading.n_words)


# ---------------------------------------------------------------- dealings


@once
def _dealings(reading: Reading) -> list[tuple[int, int, int]]:
    """Verbs with one person as doer and another as object: (verb, doer, other) as tokens."""
    return [(d.verb, d.agent, d.patient) for d in deeds(reading) if d.agent >= 0 and d.patient >= 0]


@measures("SOC_ACT_01")
def dealings(reading: Reading) -> Measured:
    return rate(tokens([d[0] for d in _dealings(reading)]), reading.n_narrated)


@measures("SOC_ACT_02")
def hostility(reading: Reading) -> Measured:
    """Hostile dealings among hostile and kindly ones."""
    found = [
        d.verb for d in deeds(reading) if d.agent >= 0 and _towards(reading, d.verb, d.patient)
    ]
    hostile = [v for v in found if reading.lemma[v] in HOSTILE]
    kindly = sum(reading.lemma[v] in KINDLY and reading.lemma[v] not in HOSTILE for v in found)
    return share(tokens(hostile), len(hostile) + kindly, least=4)


def _towards(reading: Reading, verb: int, patient: int) -> bool:
    """Whether a deed is done to somebody, or with, at or for them."""
    if patient >= 0:
        return True
    return any(
        reading.lower[c] in ("with", "at", "against", "for", "to")
        and reading.child(c, "pobj") in reading.cast.persons
        for c in reading.children[verb]
        if reading.dep[c] in ("prep", "dative")
    )


@measures("SOC_ACT_03")
def one_sidedness(reading: Reading) -> Measured:
    """How far dealings run one way: mean over pairs of |there - back| / (there + back)."""
    entity_of = reading.cast.entity_of
    ways: Counter[tuple[int, int]] = Counter()
    for _, a, b in _dealings(reading):
        if a in entity_of and b in entity_of and entity_of[a] != entity_of[b]:
            ways[entity_of[a], entity_of[b]] += 1
    pairs = {(min(p), max(p)) for p in ways}
    total = sum(ways.values())
    if total < 6:
        return NOT_DEFINED
    uneven = sum(abs(ways[a, b] - ways[b, a]) for a, b in pairs)
    return number(uneven / total, tokens([v for v, _, _ in _dealings(reading)]))


@measures("SOC_GRP_01")
def group_action(reading: Reading) -> Measured:
    """Clauses whose subject is "we" or "they", or several people, among those about people."""
    found = people_clauses(reading)
    several = [c.verb for c in found if _several(reading, c.subject)]
    return share(tokens(several), len(found), least=15)


def _several(reading: Reading, subject: int) -> bool:
    if reading.lower[subject] in ("we", "they"):
        return True
    return any(
        reading.dep[c] == "conj" and c in reading.cast.persons for c in reading.children[subject]
    )


@measures("SOC_GRP_02")
def reciprocity(reading: Reading) -> Measured:
    """Rate of "each other", "one another" and "together" in narration."""
    lower = reading.lower
    found = [
        (i, i + 2)
        for i in range(reading.n - 1)
        if lower[i] in _EACH and lower[i + 1] in ("other", "another") and not reading.quoted[i]
        and (lower[i], lower[i + 1]) in (("each", "other"), ("one", "another"))
    ]  # fmt: skip
    found += [(i, i + 1) for i, w in enumerate(lower) if w == "together" and not reading.quoted[i]]
    return rate(sorted(found), reading.n_narrated)


# ---------------------------------------------------------------- change


@measures("SOC_CHG_01")
def changed_company(reading: Reading) -> Measured:
    """How far the people of the last third differ from those of the first: 0 alike, 1 others.

    One less the overlap of the two distributions of presence over people.
    """
    found = stretches(reading)
    third = len(found) // 3
    if third < 4:
        return NOT_DEFINED
    first, last = (
        Counter(p for s in part for p in s.present) for part in (found[:third], found[-third:])
    )
    a, b = sum(first.values()), sum(last.values())
    if min(a, b) < 4:
        return NOT_DEFINED
    overlap = sum(min(first[p] / a, last[p] / b) for p in first)
    return number(1 - overlap, [s[:2] for s in (*found[:third], *found[-third:]) if s.present])


@measures("SOC_CHG_02")
def gathering(reading: Reading) -> Measured:
    """Log of the people present at a time in the last third over that in the first."""
    found = stretches(reading)
    third = len(found) // 3
    if third < 4:
        return NOT_DEFINED
    first, last = (
        sum(len(s.present) for s in part) / third for part in (found[:third], found[-third:])
    )
    if not first and not last:
        return NOT_DEFINED
    return number(log((last + 0.5) / (first + 0.5)), [s[:2] for s in found[-third:] if s.present])


@measures("SOC_REL_04", tagged=True)
def fellowship(reading: Reading) -> Measured:
    return level_named(reading, "fellow")
