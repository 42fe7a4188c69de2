"""Insights that are offered under a hedge: "perhaps that had been the conversation"."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.generic import clause_span, is_abstract, is_weighty, statements
from storyscope.extract.layers.person import spoken
from storyscope.extract.layers.theme import INNER, POINTS
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["Epiphany", "epiphanies", "hedges"]

ADVERBS = words("telling", "hedge_adverbs")
VERBS, STATES = words("telling", "hedge_verbs"), words("telling", "hedge_states")
MIGHT = frozenset({"may", "might", "could"})
MEANING = frozenset({"mean", "matter", "consist", "love", "forgive", "live"})
DEMONSTRATIVE = frozenset({"that", "this", "it", "these", "those"})
PEOPLE = frozenset({"one", "you", "we", "people", "everyone", "everybody", "nobody", "anybody"})


class Epiphany(NamedTuple):
    """A sentence that offers an insight under a hedge, and the hedge's token."""

    start: int
    end: int
    hedge: int


@once
def hedges(reading: Reading) -> dict[int, int]:
    """Narrated clauses under a hedge, by verb, with the hedge's token.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("Perhaps he slept. It might be that she knew. He ran.")
    >>> [reading.lower[v] for v in hedges(reading)]
    ['slept', 'be', 'knew']
    """
    masked = spoken(reading)
    found: dict[int, int] = {}
    for clause in reading.clauses:
        if masked[clause.verb]:
            continue
        hedge = _hedge(reading, clause, found)
        if hedge >= 0:
            found[clause.verb] = hedge
    return found


def _hedge(reading: Reading, clause: Clause, found: dict[int, int]) -> int:
    """Token that hedges a clause, -1 if there is none."""
    verb, lower, dep = clause.verb, reading.lower, reading.dep
    children = reading.children[verb]
    for c in children:
        if lower[c] in ADVERBS:
            return c
    first = min([verb, *children])
    for i in range(max(reading.sentence(verb).start, first - 3), first):
        if lower[i] in ADVERBS:
            return i
    if clause.modal in MIGHT and reading.lemma[verb] == "be":
        return clause.finite
    head = reading.head[verb]
    if dep[verb] in ("ccomp", "csubj", "advcl") and head != verb:
        if head in found:
            return found[head]
        if reading.lemma[head] in VERBS:
            return head
        if reading.lemma[head] == "be":
            for c in reading.children[head]:
                if lower[c] in STATES:
                    return c
        if lower[head] in STATES:
            return head
    if dep[verb] == "conj" and head in found:
        return found[head]
    return -1


@once
def epiphanies(reading: Reading) -> list[Epiphany]:
    """Narrated sentences that offer a meaning, a truth or a reckoning, and hedge it.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "Perhaps that was what mercy meant. Perhaps the dog had taken it."
    >>> [read(told).text_of(e[:2]) for e in epiphanies(read(told))]
    ['Perhaps that was what mercy meant.']
    """
    under = hedges(reading)
    general = {s.clause.verb for s in statements(reading) if not s.particular}
    found: dict[int, Epiphany] = {}
    for clause in reading.clauses:
        hedge = under.get(clause.verb, -1)
        if hedge >= 0 and _means(reading, clause, clause.verb in general):
            start, end = reading.sentence(clause.verb)
            found.setdefault(start, Epiphany(start, end, hedge))
    return [found[k] for k in sorted(found)]


def _means(reading: Reading, clause: Clause, general: bool) -> bool:
    """Whether a clause says what something means or how life is, rather than a fact."""
    verb, subject = clause.verb, clause.subject
    lower, lemma = reading.lower, reading.lemma
    start, end = clause_span(reading, clause)
    weighty = [i for i in range(start, end) if is_weighty(reading, i)]
    if lemma[verb] == "be":
        attribute = reading.child(verb, "attr")
        clausal = any(
            reading.dep[c] == "ccomp" and c > verb and reading.child(c, "mark") is None
            for c in reading.children[verb]
        )
        if subject >= 0 and lower[subject] in DEMONSTRATIVE:
            if lower[subject] == "it":
                return bool(clausal or (attribute is not None and is_weighty(reading, attribute)))
            named = attribute is not None and (
                any(lower[c] == "the" for c in reading.children[attribute])
                or is_abstract(reading, attribute)
                or lemma[attribute] in POINTS
                or lower[attribute] in ("what", "all", "it")
            )
            return clausal or named or "enough" in lower[verb:end]
        if subject >= 0 and is_abstract(reading, subject) and (attribute is not None or clausal):
            return True
    if subject >= 0 and (lower[subject] in PEOPLE or general):
        return bool(weighty) or lemma[verb] in INNER or lemma[verb] in MEANING
    return False
