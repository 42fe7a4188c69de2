"""Which patterns one story holds, how often, and where."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.deeds import protagonist
from storyscope.extract.layers.generic import is_abstract
from storyscope.extract.layers.times import time_expressions
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Span
from storyscope.extract.tagger.labels import FAMILIES
from storyscope.induce.patterns import ACTS, Pattern, act_of

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = ["Found", "mine"]

_BODY = words("body", "face", "hair", "eyes", "build", "voice")
_PLACES = words("place", "interior", "exterior", "scenery", "weather", "structure", "terrain")
_EMPTY = frozenset("be have do seem get become let happen".split())
_REACH = 40
"""Tokens between two events from which they are not a chain."""
_SOON = 5
"""Sentences between two passages within which the second follows the first."""
TENTH = 0.1


class Found(NamedTuple):
    """A pattern in one story.

    Attributes
    ----------
    value : float
        Times per 1,000 narrated words, a share from 0 to 1, or 1 for yes and 0 for no.
    place : (int, int), optional
        Its first place, or the one that decides, as characters [start, end) of the normalised text.
    """

    value: float
    place: tuple[int, int] | None = None


def mine(reading: Reading) -> dict[Pattern, Found]:
    """All patterns of a story.

    A counted pattern that is not there is left out and means none; another pattern that is left
    out has no value for this story.

    Parameters
    ----------
    reading : Reading
        With tags.

    Examples
    --------
    >>> from storyscope.extract.reading import Reading, read
    >>> from storyscope.extract.tagger.tags import Tags
    >>> parsed = read("Silence settled. Ivo took the lamp and walked out. He had been afraid.")
    >>> found = mine(Reading(parsed.doc, Tags.of_labels(3, {"insight": [(2, 2)]})))
    >>> sorted(p.key for p in found if p.kind == "chain")
    ['chain: handling > moving', 'chain: to settle > to take', 'chain: to take > to walk']
    >>> round(found[Pattern("frame", ("abstract", "to settle", ""))].value)
    77
    >>> found[Pattern("ending", ("told", "insight"))].value
    1.0
    """
    if not reading.sentences:
        return {}
    found: dict[Pattern, Found] = {}
    _chains(reading, found)
    _frames(reading, found)
    _orders(reading, found)
    _edges(reading, found)
    _naming(reading, found)
    return found


def _counted(reading: Reading, found: dict[Pattern, Found], at: dict[Pattern, list[Span]]) -> None:
    """Add counted patterns as rates."""
    per = 1000 / max(reading.n_narrated, 1)
    for pattern, spans in at.items():
        found[pattern] = Found(len(spans) * per, reading.characters(spans[0]))


# -------------------------------------------------------------------- events and frames


def _plain(reading: Reading, i: int) -> bool:
    """Whether a verb is an ordinary word, no name that was taken for one."""
    return reading.doc[i].text.islower() and reading.lemma[i].isalpha()


def _chains(reading: Reading, found: dict[Pattern, Found]) -> None:
    quoted = reading.quoted
    told = [
        i for i in reading.events
        if reading.pos[i] == "VERB" and not quoted[i] and _capital_or_plain(reading, i)
    ]  # fmt: skip
    at: dict[Pattern, list[Span]] = defaultdict(list)
    for k, i in enumerate(told):
        after = [i]
        for j in told[k + 1 : k + 3]:
            if j - after[-1] > _REACH:
                break
            after.append(j)
        acts = [act_of(reading.lemma[j]) for j in after]
        for length in range(2, len(after) + 1):
            span = Span(reading.sentence(i).start, reading.sentence(after[length - 1]).end)
            if all(acts[:length]):
                at[Pattern("chain", tuple(acts[:length]))].append(span)
            if length == 2:
                verbs = tuple(f"to {reading.lemma[j]}" for j in after[:2])
                at[Pattern("chain", verbs)].append(span)
    _counted(reading, found, at)


def _capital_or_plain(reading: Reading, i: int) -> bool:
    """An ordinary word, or one whose capital letter only begins its sentence."""
    return _plain(reading, i) or (i == reading.sentence(i).start and reading.lemma[i].isalpha())


def _frames(reading: Reading, found: dict[Pattern, Found]) -> None:
    hero = protagonist(reading)
    at: dict[Pattern, list[Span]] = defaultdict(list)
    for clause in reading.clauses:
        verb = clause.verb
        if (
            clause.quoted or clause.negated or clause.passive or clause.tense == "modal"
            or clause.subject < 0 or reading.pos[verb] != "VERB"
            or reading.lemma[verb] in _EMPTY or not _plain(reading, verb)
        ):  # fmt: skip
            continue
        subject = _type(reading, clause.subject, hero)
        target = reading.child(verb, "dobj", "dative")
        object_ = "" if target is None else _type(reading, target, hero)
        if subject is None or object_ is None:
            continue
        span = reading.sentence(verb)
        at[Pattern("frame", (subject, f"to {reading.lemma[verb]}", object_))].append(span)
        if act := act_of(reading.lemma[verb]):
            at[Pattern("frame", (subject, act, object_))].append(span)
    _counted(reading, found, at)


def _type(reading: Reading, i: int, hero: int) -> str | None:
    """Type of a subject or object; None where it cannot be told."""
    entity = reading.cast.entity_of.get(i, -1)
    if entity >= 0:
        return "protagonist" if entity == hero else "character"
    if i in reading.cast.persons or reading.pos[i] != "NOUN":
        return None
    if reading.lemma[i] in _BODY:
        return "body"
    return "abstract" if is_abstract(reading, i) else "thing"


# -------------------------------------------------------------------- passages


def _orders(reading: Reading, found: dict[Pattern, Found]) -> None:
    told = {family: reading.told(family) for family in FAMILIES}
    for a, b in itertools.combinations([f for f in FAMILIES if told[f]], 2):
        first, other = told[a][0], told[b][0]
        if first.first != other.first:
            place = reading.characters(reading.span_of(min(first, other)))
            before = float(first.first < other.first)
            found[Pattern("order", ("first", a, b))] = Found(before, place)
    row = sorted(itertools.chain(*told.values()), key=lambda p: (p.first, p.last, p.family))
    at: dict[Pattern, list[Span]] = defaultdict(list)
    for one, then in itertools.pairwise(row):
        if one.family != then.family and one.last < then.first <= one.last + _SOON:
            span = Span(reading.sentences[one.last].start, reading.sentences[then.first].end)
            at[Pattern("order", ("next", one.family, then.family))].append(span)
    _counted(reading, found, at)
    if row:
        end = max(p.last for p in row)
        for family in FAMILIES:
            last = [p for p in told[family] if p.last == end]
            where = reading.characters(reading.span_of(last[0])) if last else None
            found[Pattern("order", ("last", family))] = Found(float(bool(last)), where)


# -------------------------------------------------------------------- beginnings and ends


def _edges(reading: Reading, found: dict[Pattern, Found]) -> None:
    clock = reading.word_clock
    middles = [(clock[s.start] + clock[s.end - 1]) / 2 for s in reading.sentences]
    n = len(middles)
    first = [k for k, m in enumerate(middles) if m < TENTH] or [0]
    last = [k for k, m in enumerate(middles) if m >= 1 - TENTH] or [n - 1]
    events = [i for i in reading.events if reading.pos[i] == "VERB" and not reading.quoted[i]]
    for kind, here, edge in (("opening", first, 0), ("ending", last, n - 1)):
        for family in FAMILIES:
            hit = [k for p in reading.told(family) for k in here if p.first <= k <= p.last]
            where = reading.characters(reading.sentences[hit[0]]) if hit else None
            found[Pattern(kind, ("told", family))] = Found(len(hit) / len(here), where)
        span = reading.sentences[edge]
        for move, there in _moves(reading, span).items():
            found[Pattern(kind, (move,))] = Found(float(there), reading.characters(span))
        if events:
            event = events[0] if kind == "opening" else events[-1]
            place = reading.characters(reading.sentence(event))
            for act in ACTS:
                there = act_of(reading.lemma[event]) == act
                found[Pattern(kind, ("act", act))] = Found(float(there), place)


def _moves(reading: Reading, span: Span) -> dict[str, bool]:
    inside = range(span.start, span.end)
    event_tokens, names = set(reading.events), reading.cast.mentions
    paragraph = reading.paragraphs[reading.paragraph_of[span.start]]
    return {
        "speech": bool(reading.quoted[span.start : span.end].any()),
        "name": any(m.kind == "name" and m.head in inside for m in names),
        "time": any(t.start in inside for t in time_expressions(reading)),
        "place": any(reading.pos[i] == "NOUN" and reading.lemma[i] in _PLACES for i in inside),
        "event": any(i in event_tokens for i in inside),
        "alone": paragraph == span,
    }


# -------------------------------------------------------------------- names


def _naming(reading: Reading, found: dict[Pattern, Found]) -> None:
    cast = reading.cast
    if not cast.mentions:
        return

    def add(what: str, value: float, token: int) -> None:
        place = reading.characters(reading.sentence(token))
        found[Pattern("naming", (what,))] = Found(float(value), place)

    for kind in ("name", "noun"):
        hit = [m for m in cast.mentions if m.kind == kind]
        add(f"by {kind}", len(hit) / len(cast.mentions), (hit or cast.mentions)[0].head)
    recurring = [cast.entities[e] for e in cast.recurrent(3)]
    if recurring:
        share = sum(e.named for e in recurring) / len(recurring)
        add("others named", share, recurring[-1].mentions[0].head)
    hero = protagonist(reading)
    if hero < 0:
        return
    mentions = sorted(cast.entities[hero].mentions)
    named = [m for m in mentions if m.kind == "name"]
    first = mentions[0].head
    add("protagonist named", bool(named), named[0].head if named else first)
    add("protagonist by name", len(named) / len(mentions), first)
    add("pronoun first", mentions[0].kind == "pronoun", first)
    start = reading.sentences[0]
    add("named at once", bool(named) and named[0].head < start.end, start.start)
    if named:
        add("full name first", named[0].end - named[0].start >= 2, named[0].head)
