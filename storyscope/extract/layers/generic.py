"""Statements in general: what the telling says of everybody, of kinds of things, of life."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.cast import name_tokens
from storyscope.extract.layers.person import spoken
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["Statement", "clauses_by_sentence", "is_abstract", "past_frame", "statements"]

ABSTRACT = words("telling", "abstract")
EVERYONE = words("telling", "everyone")
_NOT_ABSTRACT = words("telling", "not_abstract")
_ENDINGS = ("ness", "ity", "hood", "ism", "tude")
_MODALS = frozenset({"can", "must", "may", "will", "should", "need", "ought", "cannot", "shall"})
_QUANTIFIERS = frozenset("some most all every each no any many few".split())
_SINGLE = frozenset("every each no any".split())
_UNIVERSAL = frozenset(
    "world heart truth mind past future universe soul dead living young old poor rich".split()
)
_PARTICULAR = frozenset("i me my mine myself he him his himself she her hers herself".split())
_LOOSE_NUMBERS = frozenset({"one", "first", "half", "second", "two"})
_POINTING = frozenset({"this", "that", "these", "those"})
_ENTITIES = frozenset(
    {
        "PERSON",
        "GPE",
        "DATE",
        "TIME",
        "ORG",
        "FAC",
        "LOC",
        "NORP",
        "EVENT",
        "PRODUCT",
        "MONEY",
        "QUANTITY",
        "CARDINAL",
    }
)
_OWN = frozenset("the his her my their our its your these those this that".split())


class Statement(NamedTuple):
    """A narrated clause that speaks in general and in the present.

    Attributes
    ----------
    clause : Clause
    start, end : int
        Tokens [start, end) of the clause.
    about : str
        What it speaks of: "everyone", "we", "you", "one", "plural", "some", "a",
        "abstract", "mass" (a bare singular), "clause" (a gerund, an infinitive, a "what"), "there".
    particular : bool
        Whether somebody or something particular stands in it: a name, a place, a date, "he", "I".
    """

    clause: Clause
    start: int
    end: int
    about: str
    particular: bool


def is_abstract(reading: Reading, i: int) -> bool:
    """Whether a noun names something that cannot be touched."""
    word = reading.lemma[i]
    if i in name_tokens(reading):
        return False
    if reading.pos[i] not in ("NOUN", "PROPN", "PRON") or reading.entity[i] in ("PERSON", "GPE"):
        return False
    return word in ABSTRACT or (word.endswith(_ENDINGS) and word not in _NOT_ABSTRACT)


@once
def past_frame(reading: Reading) -> bool:
    """Whether what people do is told in the past."""
    past = present = mains_past = mains_present = 0
    masked, people = spoken(reading), reading.cast.persons
    for clause in reading.clauses:
        if masked[clause.verb] or clause.tense == "modal":
            continue
        told = clause.tense == "past"
        if clause.subject in people and reading.lower[clause.subject] not in ("you", "we"):
            past += told
            present += not told
        if clause.main:
            mains_past += told
            mains_present += not told
    if past + present >= 4:
        return past >= present
    return mains_past >= 0.4 * (mains_past + mains_present)


@once
def clauses_by_sentence(reading: Reading) -> dict[int, list[Clause]]:
    """Clauses outside quotations by the index of their sentence."""
    found: dict[int, list[Clause]] = {}
    for clause in reading.clauses:
        if not clause.quoted:
            found.setdefault(reading.sentence_of[clause.verb], []).append(clause)
    return found


def _clause_span(reading: Reading, clause: Clause) -> Span:
    """Tokens of a clause with what hangs on it, without the clauses that are joined to it."""
    dep, children = reading.dep, reading.children
    low = high = clause.verb
    stack = [clause.verb]
    while stack:
        i = stack.pop()
        for c in children[i]:
            if (
                i == clause.verb
                and dep[c] in ("conj", "parataxis")
                and reading.pos[c] in ("VERB", "AUX")
            ):
                continue
            if i == clause.verb and dep[c] == "ccomp" and c < clause.verb and clause.subject > c:
                continue
            low, high = min(low, c), max(high, c)
            stack.append(c)
    return Span(low, high + 1)


@once
def statements(reading: Reading) -> list[Statement]:
    """Narrated clauses in the present that speak of something in general.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read("He shut the door. Some wounds never heal. Mercy is not a debt. She slept.")
    >>> [(s.about, s.particular) for s in statements(told)]
    [('some', False), ('abstract', False)]
    """
    found = []
    masked = spoken(reading)
    for clause in reading.clauses:
        if clause.tense == "past" or masked[clause.verb] or clause.progressive:
            continue
        if clause.tense == "modal" and clause.modal not in _MODALS:
            continue
        about = _about(reading, clause)
        if not about:
            continue
        start, end = _clause_span(reading, clause)
        particular = _is_particular(reading, start, end, _tag_subject(reading, clause))
        found.append(Statement(clause, start, end, about, particular))
    return found


def _tag_subject(reading: Reading, clause: Clause) -> int:
    """Who thinks a clause that is broken by its tag ("grief, she saw, was a lodger"); -1 if none."""
    verb, head = clause.verb, reading.head[clause.verb]
    if reading.dep[verb] != "ccomp" or not clause.subject < head < verb:
        return -1
    subject = reading.child(head, "nsubj")
    return -1 if subject is None else subject


def _is_particular(reading: Reading, start: int, end: int, besides: int = -1) -> bool:
    """Whether somebody or something particular, `besides` apart, stands in a stretch."""
    lower, entity, dep = reading.lower, reading.entity, reading.dep
    return any(
        i != besides
        and (
            lower[i] in _PARTICULAR
            or (entity[i] in _ENTITIES and lower[i] not in _LOOSE_NUMBERS)
            or (lower[i] in _POINTING and dep[i] == "det")
        )
        for i in range(start, end)
    )


def _about(reading: Reading, clause: Clause) -> str:
    """Which general thing a clause speaks of; empty where it speaks of something particular."""
    i = clause.subject
    if i < 0:
        return ""
    lower, tag, dep = reading.lower, reading.tag, reading.dep
    word = lower[i]
    if dep[i] == "csubj" or (tag[i] == "VBG" and dep[i] in ("nsubj", "csubj")):
        return "clause"
    if dep[i] == "expl":
        return "there" if word == "there" else ""
    if word == "it":
        return "clause" if _extraposed(reading, clause.verb) else ""
    if word in ("we", "you"):
        return word
    if word in ("what", "whatever", "whoever") and dep[clause.verb] in ("csubj", "ROOT", "nsubj"):
        return "clause" if word != "whoever" else "everyone"
    return _noun_kind(reading, i)


def _determines(word: str, relation: str) -> bool:
    """Whether a dependent of a noun says which or how many."""
    if relation in ("nummod", "poss"):
        return True
    fits = word in _QUANTIFIERS or word in _OWN or word in ("a", "an")
    return fits and relation in ("det", "predet", "amod")


def _noun_kind(reading: Reading, i: int) -> str:
    lower, tag, dep = reading.lower, reading.tag, reading.dep
    word, children = lower[i], reading.children[i]
    determiner = next((lower[c] for c in children if _determines(lower[c], dep[c])), "")
    if word in EVERYONE:
        return "" if determiner in _OWN else "everyone"
    if word in ("somebody", "someone"):
        always = any(lower[c] in ("always", "never") for c in reading.children[reading.head[i]])
        return "everyone" if always else ""
    if word == "one":
        loose = not determiner and not any(dep[c] in ("prep", "amod", "relcl") for c in children)
        return "one" if loose else ""
    if word in ("those", "all", "none", "he", "they", "some", "most"):
        if any(
            (dep[c] == "relcl" and c == i + 2)
            or (dep[c] == "relcl" and word in ("those", "all", "none"))
            for c in children
        ):
            return "everyone"
        return (
            "some"
            if word in ("some", "most") and not any(dep[c] == "prep" for c in children)
            else ""
        )
    if tag[i] not in ("NN", "NNS"):
        return ""
    if determiner in _QUANTIFIERS:
        general = tag[i] == "NNS" or determiner in _SINGLE or is_abstract(reading, i)
        return "some" if general and not _of_the(reading, i) else ""
    if determiner in ("a", "an"):
        return "a"
    if determiner == "the":
        return "abstract" if word in _UNIVERSAL and not _of_the(reading, i) else ""
    if determiner:
        return ""
    if is_abstract(reading, i):
        return "abstract"
    return "plural" if tag[i] == "NNS" else "mass"


def _extraposed(reading: Reading, verb: int) -> bool:
    """Whether "it" stands for a clause that follows: "it is easier to build a wall"."""
    if reading.lemma[verb] not in ("be", "take"):
        return False
    dep = reading.dep
    for c in reading.children[verb]:
        if c > verb and dep[c] in ("xcomp", "csubj") and reading.tag[c] in ("VB", "VBG"):
            return True
        if c > verb and dep[c] in ("acomp", "attr"):
            inner = [
                k for k in reading.children[c] if k > c and dep[k] in ("xcomp", "ccomp", "acl")
            ]
            if any(reading.tag[k] in ("VB", "VBG") for k in inner):
                return True
    return False


def _of_the(reading: Reading, noun: int) -> bool:
    """Whether a noun is one of particular ones: "some of the men", "all her friends"."""
    dep, lower = reading.dep, reading.lower
    for c in reading.children[noun]:
        if dep[c] == "prep" and lower[c] == "of":
            for owner in reading.children[c]:
                if reading.tag[owner] in ("NNP", "PRP") or any(
                    lower[d] in _OWN for d in reading.children[owner]
                ):
                    return True
        if dep[c] in ("poss", "det") and lower[c] in _OWN and lower[c] != "the":
            return True
    return False
