"""Summings-up, insights and what things stand for: themes that are no general statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyscope.extract.layers.generic import (
    EVERYONE,
    HUMAN,
    clause_span,
    is_abstract,
    is_particular,
    is_weighty,
    past_frame,
    statements,
    tag_subject,
)
from storyscope.extract.layers.person import spoken
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["asserted", "came_to_see", "is_human", "is_valued", "standing_for", "way_of_insight"]

INSIGHT, SEEN = words("telling", "insight_verbs"), words("telling", "seen")
INNER = words("telling", "inner_verbs")
POINTS, EMPTY = words("telling", "points"), words("telling", "empty")
TOKENS, VALUES = words("telling", "tokens"), words("telling", "values")
ALWAYS, NEAR, OWN = words("telling", "always"), words("telling", "near"), words("telling", "own")
LEARNED = frozenset({"learn", "understand", "realize", "realise", "teach"})
PRONOUNS = frozenset({"i", "he", "she", "we", "they", "you"})


def asserted(reading: Reading, verb: int) -> bool:
    """Whether a clause is the teller's own, or what somebody comes to see, up to its root."""
    dep, head, lower = reading.dep, reading.head, reading.lower
    i = verb
    for _ in range(8):
        if dep[i] in ("ROOT", "parataxis"):
            return True
        if dep[i] == "ccomp" and head[i] < i:
            question = any(reading.tag[c] in ("WRB", "WP", "WDT") for c in reading.children[i])
            if question or reading.lemma[head[i]] not in INSIGHT | {"be"}:
                return False
        elif dep[i] == "advcl":
            marks = {lower[c] for c in reading.children[i] if dep[c] == "mark"}
            if not marks & {"because", "since", "for"}:
                return False
        elif dep[i] == "acl":
            if reading.lemma[head[i]] not in POINTS:
                return False
        elif dep[i] not in ("conj", "xcomp", "csubj", "pcomp", "ccomp"):
            return False
        i = head[i]
    return False


def is_human(reading: Reading, i: int) -> bool:
    """Whether a noun names people, or a human being as such."""
    return reading.lemma[i] in HUMAN or reading.lemma[i] in EVERYONE


def way_of_insight(reading: Reading, clause: Clause) -> str:
    """Way in which a clause sums up, tells an insight or a maxim; empty if in none."""
    return _summed_up(reading, clause) or _seen(reading, clause) or _maxim(reading, clause)


# ---------------------------------------------------------------- summings-up and insights


def _summed_up(reading: Reading, clause: Clause) -> str:
    """Way of a summing-up ("that was the thing about winter"); empty otherwise."""
    if reading.lemma[clause.verb] == "be":
        way = (
            _about(reading, clause)
            or _pointed(reading, clause)
            or _learned(reading, clause)
            or _denied(reading, clause)
        )
        if way:
            return way
    return _sometimes(reading, clause)


def _about(reading: Reading, clause: Clause) -> str:
    """Find "winning was never about the cup", "it was about letting go"."""
    verb, subject = clause.verb, clause.subject
    lower, dep = reading.lower, reading.dep
    about = next(
        (c for c in reading.children[verb] if lower[c] == "about" and dep[c] == "prep"), None
    )
    if about is None or any(reading.tag[c] == "WP" for c in reading.children[about]):
        return ""
    named = reading.tag[subject] == "VBG" or is_weighty(reading, subject)
    if not named and lower[subject] not in ("that", "this", "it"):
        return ""
    gerund = reading.child(about, "pcomp") is not None
    if not gerund and not any(
        is_weighty(reading, i) for i in range(about, reading.subtree(about).end)
    ):
        return ""
    return "not about X" if named or came_to_see(reading, verb) else "it was about"


def _pointed(reading: Reading, clause: Clause) -> str:
    """Find "that was the thing about winter" and "the truth is that doors only close"."""
    verb, subject = clause.verb, clause.subject
    lower, dep, lemma = reading.lower, reading.dep, reading.lemma
    attribute = reading.child(verb, "attr")
    if lower[subject] in ("that", "this") and attribute is not None and clause.main:
        children = reading.children[attribute]
        if lemma[attribute] in POINTS and any(lower[c] == "the" for c in children):
            for c in children:
                noun = reading.child(c, "pobj", "pcomp") if dep[c] == "prep" else None
                if noun is not None and _of_a_kind(reading, noun):
                    return "that is the thing"
    if lemma[subject] in POINTS and dep[subject] == "nsubj":
        stated = {c for c in reading.children[verb] if dep[c] == "ccomp" and c > verb}
        for s in statements(reading) if stated else ():
            heavy = any(is_weighty(reading, i) for i in range(s.start, s.end))
            if s.clause.verb in stated and not s.particular and heavy:
                return "the truth is"
    return ""


def _of_a_kind(reading: Reading, noun: int) -> bool:
    """Whether a noun stands for a kind, for an idea or for all the world."""
    if reading.tag[noun] in ("PRP", "NNP", "NNPS", "DT", "WP"):
        return False
    if reading.lower[noun] in ("world", "heart", "dead", "living", "human", "truth"):
        return True
    if any(reading.lower[k] in OWN | {"a", "an", "all"} for k in reading.children[noun]):
        return False
    return is_human(reading, noun) or is_abstract(reading, noun) or reading.tag[noun] == "VBG"


def _learned(reading: Reading, clause: Clause) -> str:
    """Find "what I learned is this"."""
    verb, subject = clause.verb, clause.subject
    if reading.dep[subject] != "csubj" or reading.lemma[subject] not in LEARNED:
        return ""
    told = reading.child(verb, "attr", "ccomp", "nsubj")
    if told is None or (reading.dep[told] != "ccomp" and reading.lower[told] != "this"):
        return ""
    return "what I learned"


def _denied(reading: Reading, clause: Clause) -> str:
    """Find "it was never a gift": what a thing turns out not to have been."""
    verb = clause.verb
    if clause.tense != "past" or reading.child(verb, "attr") is None:
        return ""
    if reading.dep[clause.subject] == "expl" or clause.subject in reading.cast.persons:
        return ""
    never = any(reading.lower[c] == "never" for c in reading.children[verb])
    return "it was never" if never else ""


def _sometimes(reading: Reading, clause: Clause) -> str:
    """Find "sometimes the smallest changes matter most", in the present amid the past."""
    verb, subject, lower = clause.verb, clause.subject, reading.lower
    first = max(reading.sentence(verb).start, subject - 6)
    if clause.tense == "past" or "sometimes" not in lower[first:verb] or lower[subject] in PRONOUNS:
        return ""
    start, end = clause_span(reading, clause)
    if is_particular(reading, start, end) or not past_frame(reading):
        return ""
    best = any(
        reading.tag[i] in ("JJS", "RBS") or is_weighty(reading, i) for i in range(start, end)
    )
    said = reading.lemma[verb] == "be" or reading.lemma[verb] in INNER
    plain = lower[subject] not in ("it", "that", "this") or "enough" in lower[verb:end]
    return "sometimes" if (best or (said and plain)) and asserted(reading, verb) else ""


def came_to_see(reading: Reading, verb: int) -> bool:
    """Whether a clause is what somebody came to see: "she learned that ..."."""
    head = reading.head[verb]
    return reading.dep[verb] == "ccomp" and head < verb and reading.lemma[head] in INSIGHT


def _seen(reading: Reading, clause: Clause) -> str:
    """Find a general truth that somebody saw: "she learned that grief was a kind of love"."""
    verb, i = clause.verb, clause.subject
    if clause.tense != "past" or not came_to_see(reading, verb):
        return ""
    if reading.lemma[verb] != "be" or reading.child(verb, "attr") is None:
        return ""
    if reading.lemma[reading.head[verb]] not in SEEN:
        return ""
    if any(reading.lower[c] in OWN for c in reading.children[i]):
        return ""
    if is_particular(reading, *clause_span(reading, clause)):
        return ""
    return "insight" if is_weighty(reading, i) or reading.tag[i] == "VBG" else ""


def _maxim(reading: Reading, clause: Clause) -> str:
    """Find a general truth in the past of a mind: "people were larger than their worst day"."""
    verb, i = clause.verb, clause.subject
    if clause.tense != "past" or clause.perfect or clause.passive or not clause.main:
        return ""
    lower = reading.lower
    people = lower[i] in EVERYONE or lower[i] in ("men", "women", "children")
    if not people and not is_weighty(reading, i):
        return ""
    if any(
        reading.dep[c] in ("det", "poss", "prep", "relcl", "acl", "amod")
        for c in reading.children[i]
    ):
        return ""
    start, end = clause_span(reading, clause)
    if is_particular(reading, start, end, tag_subject(reading, clause)) or any(
        lower[k] in NEAR or lower[k] in ("them", "they") for k in range(start, end)
    ):
        return ""
    copula = reading.lemma[verb] == "be"
    attribute = reading.child(verb, "attr")
    compared = copula and "than" in lower[verb:end]
    lasting = any(lower[k] in ("always", "never", "only") for k in reading.children[verb])
    if people:
        return "maxim" if compared or (lasting and reading.lemma[verb] in INNER) else ""
    defined = (
        copula
        and attribute is not None
        and (
            clause.negated
            or any(lower[c] in ("a", "an", "only") for c in reading.children[attribute])
        )
    )
    return "maxim" if compared or defined or lasting else ""


# ---------------------------------------------------------------- what things stand for


def is_valued(reading: Reading, i: int) -> bool:
    """Whether somebody learns, teaches or thinks of "the importance of" something."""
    if reading.dep[i] not in ("dobj", "pobj", "conj"):
        return False
    head = reading.head[i]
    if reading.lower[head] == "about":
        head = reading.head[head]
    learned = reading.lemma[head] in SEEN or reading.lemma[head] in ("appreciate", "reflect")
    return learned and _of_weight(reading, i)


def _of_weight(reading: Reading, i: int) -> bool:
    """Whether what follows a noun ("a testament to ...") is an idea or a doing."""
    for c in reading.children[i]:
        if reading.lower[c] in ("of", "to", "for") or reading.dep[c] in ("acl", "ccomp"):
            end = min(reading.subtree(c).end, c + 14)
            if reading.child(c, "pcomp") is not None:
                return True
            if any(is_weighty(reading, k) for k in range(c, end)):
                return True
    return False


@once
def standing_for(reading: Reading) -> list[int]:
    """Nouns by which the telling says what a thing stands for ("a testament to hope").

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("The wall was a testament to their love. He had proof of the sale.")
    >>> [reading.lower[i] for i in standing_for(reading)]
    ['testament']
    """
    masked = spoken(reading)
    return [
        i
        for i, lemma in enumerate(reading.lemma)
        if lemma in TOKENS and not masked[i] and _of_weight(reading, i)
    ]
