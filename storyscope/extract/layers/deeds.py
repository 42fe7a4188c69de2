"""Who does what to whom, and who wants what: the deeds and goals that the narration tells.

A deed is an affirmed finite clause, outside speech, whose verb is no state, thought or mere being.
"""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, once

__all__ = ["Deed", "deeds", "goals", "protagonist"]

_NO_DEED = words("verbs", "stative", "cognition", "volition", "realise") | frozenset(
    "see hear seem happen".split()
)
_ATTEMPT = words("verbs", "attempt") - frozenset({"fail", "learn", "agree", "threaten", "promise"})
_SELF = frozenset("himself herself myself themselves itself yourself ourselves oneself".split())
_GENERAL = frozenset(
    "you one anyone everyone someone nobody anybody everybody somebody people".split()
)
LEAST_MENTIONS = 20
"""Mentions tied to anybody under which nobody counts as the protagonist."""


class Deed(NamedTuple):
    """A deed by tokens: its verb, who does it and whom it is done to, -1 for nobody."""

    verb: int
    agent: int
    patient: int


@once
def deeds(reading: Reading) -> list[Deed]:
    """Deeds with a person as doer or as whom they are done to, in order.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("Ivo struck Pell. Pell was dragged outside. Ivo would have run. He was tall.")
    >>> [tuple(reading.lower[i] if i >= 0 else "" for i in d) for d in deeds(reading)]
    [('struck', 'ivo', 'pell'), ('dragged', '', 'pell')]
    """
    persons, lower, lemma = reading.cast.persons, reading.lower, reading.lemma
    found = []
    for c in reading.clauses:
        if c.quoted or c.negated or c.tense == "modal" or reading.pos[c.verb] != "VERB":
            continue
        if lemma[c.verb] in _NO_DEED or c.mark in ("if", "unless", "whether"):
            continue
        agent, patient = -1, -1
        subject = c.subject if c.subject in persons and lower[c.subject] not in _GENERAL else -1
        if c.passive:
            patient = subject
            by = reading.child(c.verb, "agent")
            doer = None if by is None else reading.child(by, "pobj")
            agent = doer if doer is not None and doer in persons else -1
        else:
            agent = subject
            target = _target(reading, c.verb)
            if target >= 0 and not _same(reading, agent, target):
                patient = target
        if agent >= 0 or patient >= 0:
            found.append(Deed(c.verb, agent, patient))
    return found


def _target(reading: Reading, verb: int) -> int:
    """The person that a verb has as object, -1 for none."""
    for c in reading.children[verb]:
        if reading.dep[c] in ("dobj", "dative") and reading.lower[c] not in _SELF:
            if reading.dep[c] == "dative" and reading.pos[c] == "ADP":
                inner = reading.child(c, "pobj")
                c = c if inner is None else inner
            if c in reading.cast.persons and reading.lower[c] not in _GENERAL:
                return c
    return -1


def _same(reading: Reading, a: int, b: int) -> bool:
    """Whether two mentions surely mean one person."""
    entity_of = reading.cast.entity_of
    return a >= 0 and a in entity_of and entity_of[a] == entity_of.get(b)


@once
def goals(reading: Reading) -> list[tuple[int, int]]:
    """Tokens [start, end) where somebody wants, plans, tries or refuses to do something.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("She planned to sell the mill. It wanted rain. He used to row.")
    >>> [reading.text_of(g) for g in goals(reading)]
    ['planned to sell']
    """
    persons, lower = reading.cast.persons, reading.lower
    found = []
    for c in reading.clauses:
        if (
            c.quoted
            or c.tense == "modal"
            or c.subject not in persons
            or lower[c.subject] in _GENERAL
        ):
            continue
        if reading.lemma[c.verb] in _ATTEMPT and not (
            c.negated and reading.lemma[c.verb] != "refuse"
        ):
            aim = reading.child(c.verb, "xcomp")
            if aim is not None and aim > c.verb and "to" in lower[c.verb : aim]:
                found.append((c.verb, aim + 1))
                continue
        for k in range(c.verb + 1, min(c.verb + 12, reading.n - 2)):
            if lower[k] in (".", "!", "?"):
                break
            if lower[k : k + 3] in (["in", "order", "to"], ["so", "as", "to"]):
                found.append((k, k + 3))
                break
    return sorted(set(found))


@once
def protagonist(reading: Reading) -> int:
    """Entity with most mentions, the narrator's "I" among them; -1 where too few are tied."""
    cast = reading.cast
    order = cast.recurrent(3)
    tied = sum(len(e.mentions) for e in cast.entities)
    return order[0] if order and tied >= LEAST_MENTIONS else -1
