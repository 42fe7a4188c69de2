"""Insights that are offered under a hedge: "perhaps that had been the conversation"."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.generic import (
    clause_span,
    is_abstract,
    is_particular,
    is_weighty,
    statements,
)
from storyscope.extract.layers.insights import EMPTY, INNER, OWN, POINTS
from storyscope.extract.layers.person import narrative_person, spoken
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["Epiphany", "epiphanies", "hedges"]

ADVERBS = words("telling", "hedge_adverbs")
VERBS, STATES = words("telling", "hedge_verbs"), words("telling", "hedge_states")
MIGHT = frozenset({"may", "might", "could"})
TENTATIVE = frozenset({"wonder", "suspect", "suppose"})
"""Verbs that hedge what they bring whoever their subject is."""
MEANING = frozenset({"mean", "matter", "consist", "lie", "forgive", "live"})
POINTING = frozenset({"that", "this", "it", "these", "those"})
SLIGHT_POINTS = frozenset(
    "thing way kind sort matter fact story problem reason part chance time opportunity".split()
)
PEOPLE = frozenset({"one", "people", "everyone", "everybody", "nobody", "anybody", "anyone"})


class Epiphany(NamedTuple):
    """A sentence that offers an insight under a hedge, and the hedge's token."""

    start: int
    end: int
    hedge: int


@once
def hedges(reading: Reading) -> list[int]:
    """Narrated words that hedge what follows: "perhaps", "it may be that", "I suspect".

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("Perhaps he slept. It might be that she knew. I suppose it rained. He ran.")
    >>> [reading.lower[i] for i in hedges(reading)]
    ['perhaps', 'might', 'suppose']
    """
    masked, lower, lemma = spoken(reading), reading.lower, reading.lemma
    found = []
    for i, word in enumerate(lower):
        if masked[i]:
            continue
        if word in ADVERBS:
            if word != "possibly" or not {"can", "could"} & set(lower[max(i - 3, 0) : i]):
                found.append(i)
        elif word in MIGHT:
            if lower[i + 1 : i + 2] == ["be"] and _brings_that(lower[i + 2 : i + 8]):
                found.append(i)
        elif lemma[i] in VERBS and reading.pos[i] == "VERB":
            subject = reading.child(i, "nsubj")
            own = subject is not None and lower[subject] == "i" and reading.tag[i] != "VBD"
            if own or (lemma[i] in TENTATIVE and _clause_under(reading, i)):
                found.append(i)
        elif lemma[i] in ("seem", "appear"):
            subject = reading.child(i, "nsubj")
            it = subject is not None and lower[subject] == "it"
            if it and _clause_under(reading, i):
                found.append(i)
        elif (word in STATES and _takes_that(reading, i)) or (
            word == "who" and lower[i + 1 : i + 2] == ["knows"]
        ):
            found.append(i)
    return found


def _clause_under(reading: Reading, verb: int) -> bool:
    """Whether a verb takes a finite clause after it: "she wondered if", "it seemed to him that"."""
    return any(reading.dep[c] in ("ccomp", "advcl") and c > verb for c in reading.children[verb])


def _brings_that(ahead: list[str]) -> bool:
    """Whether "it may be" goes on with "that", at once or after "he thought"; or with "only"."""
    return ahead[:1] in (["that"], ["what"], ["it"]) or ("that" in ahead and "," in ahead[:1])


def _takes_that(reading: Reading, i: int) -> bool:
    """Whether "possible", "inclined" or the like brings a clause: "it was possible that"."""
    if reading.lower[i] in ("certain", "sure", "impossible", "unlikely"):
        near = reading.lower[max(i - 3, 0) : i]
        if not {"not", "n't", "less"} & set(near):
            return False
    ahead = reading.lower[i + 1 : i + 12]
    return "that" in ahead or ahead[:2] == ["to", "think"]


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
    general = {s.clause.verb for s in statements(reading) if not s.particular}
    under: dict[int, list[int]] = {}
    for i in hedges(reading):
        under.setdefault(reading.sentence_of[i], []).append(i)
    found: dict[int, Epiphany] = {}
    masked = spoken(reading)
    for clause in reading.clauses:
        k = reading.sentence_of[clause.verb]
        if k in found or clause.subject < 0 or masked[clause.verb]:
            continue
        start, end = reading.sentences[k]
        asked = reading.lower[end - 1] == "?"
        if k in under and (not asked or reading.lower[under[k][0]] in ADVERBS):
            hedge = _over(reading, clause, under[k])
            after = hedge > clause.verb and reading.lower[clause.subject] == "it"
            if hedge >= 0 and not after and _means(reading, clause, clause.verb in general):
                found[k] = Epiphany(start, end, hedge)
        if k not in found and asked and _wonders(reading, clause, start):
            found[k] = Epiphany(start, end, clause.verb)
    return [found[k] for k in sorted(found)]


def _over(reading: Reading, clause: Clause, hedges: list[int]) -> int:
    """Hedge that a clause stands under: in it before its verb, or close before it; -1 if none."""
    wondered = any(reading.lemma[i] == "wonder" for i in hedges)
    opening = min(reading.children[clause.verb], default=clause.verb)
    told_why = clause.mark == "because" and any(i in (opening - 1, opening) for i in hedges)
    if told_why:
        return next(i for i in hedges if i in (opening - 1, opening))
    if not wondered and (
        clause.mark in ("if", "when", "because", "while")
        or reading.dep[clause.verb] in ("relcl", "acl", "advcl")
    ):
        return -1
    if clause.modal in ("will", "would") or clause.mark in ("why", "how", "where"):
        return -1
    first = min([clause.verb, clause.subject, *reading.children[clause.verb]])
    for i in hedges:
        if reading.lower[i] in ADVERBS:
            near = first - 3 <= i <= first or (i <= clause.verb and reading.dep[i] == "advmod")
            if (near and _clausal(reading, i, clause.verb)) or reading.head[i] == clause.verb:
                return i
        elif i <= clause.verb and first - 9 <= i:
            return i
    return -1


def _clausal(reading: Reading, hedge: int, verb: int) -> bool:
    """Whether an adverb hedges a clause, not one noun in it: not "days, perhaps centuries"."""
    head = reading.head[hedge]
    return head == verb or reading.pos[head] not in ("NOUN", "PROPN", "NUM") or head > verb


def _wonders(reading: Reading, clause: Clause, start: int) -> bool:
    """Whether a question asks if this was the meaning: "was this, then, what they had meant?"."""
    verb, subject, lower = clause.verb, clause.subject, reading.lower
    if reading.lemma[verb] != "be" or verb - start > 4:
        return False
    if clause.modal in MIGHT and lower[subject] == "it" and subject < verb:
        simple = lower[verb + 1 : verb + 3] == ["as", "simple"]
        return simple or (lower[verb + 1] == "that" and _general_you(reading, verb))
    if subject <= verb or lower[subject] not in ("this", "that", "it"):
        return False
    if "possible" in lower[subject : subject + 3]:
        return clause.negated and "that" in lower[subject : subject + 5]
    ahead = range(subject, reading.sentence(verb).end)
    what = "what" in lower[subject : subject + 6]
    return what and any(reading.lemma[i] in ("mean", "matter") for i in ahead)


def _general_you(reading: Reading, verb: int) -> bool:
    """Whether anybody is spoken of after a verb: "you", "we", "one", "people"."""
    said = set(reading.lower[verb : reading.sentence(verb).end])
    return bool(said & (PEOPLE | {"you", "we"}))


def _means(reading: Reading, clause: Clause, general: bool) -> bool:
    """Whether a clause says what something means or how life is, rather than a fact."""
    verb, subject = clause.verb, clause.subject
    lower, lemma = reading.lower, reading.lemma
    if lemma[verb] == "be":
        if lower[subject] in POINTING:
            return _points_out(reading, clause)
        if reading.dep[subject] == "csubj" and "what" in lower[subject - 3 : subject]:
            return clause.negated or _meant(
                reading, clause
            )  # "what I had wanted was not the house"
        if reading.tag[subject] == "VBG" and reading.dep[subject] in ("nsubj", "csubj"):
            return reading.child(verb, "attr") is not None
        if reading.dep[subject] == "expl":
            what, end = reading.child(verb, "attr"), reading.sentence(verb).end
            heavy = what is not None and is_weighty(reading, what) and clause.tense == "present"
            numbered = what is not None and reading.child(what, "nummod") is not None
            meant = heavy and not numbered and not is_particular(reading, verb, end)
            return meant or (general and "such" in lower[verb : verb + 4])
        idea = is_abstract(reading, subject) and lemma[subject] not in EMPTY
        if idea and not _owned(reading, subject):
            defined = reading.child(verb, "attr", "ccomp") is not None
            return defined or clause.negated
    inner = lemma[verb] in MEANING or lemma[verb] in INNER
    if is_weighty(reading, subject) and not _owned(reading, subject):
        bare = not any(reading.dep[c] in ("det", "amod") for c in reading.children[subject])
        return inner or clause.modal in MIGHT or (bare and (general or clause.main))
    asked = any(reading.tag[c] in ("WP", "WRB") for c in reading.children[verb])
    if (lower[subject] in PEOPLE or _a_man(reading, subject)) and not asked:
        alike = lemma[verb] == "be" and "like" in lower[verb : verb + 3]
        return clause.negated or alike or _meant(reading, clause)
    if lower[subject] == "you":
        said = lemma[verb] in ("say", "call", "tell")
        told_you = narrative_person(reading) == "second"
        return clause.modal in ("can", "cannot") and not said and not told_you
    if not general or clause.passive or asked:
        return False
    if clause.negated and lower[subject] not in ("you", "we"):
        return True
    heavy = _weighty(reading, clause)
    return heavy if lower[subject] == "we" or lemma[verb] == "be" else inner


def _weighty(reading: Reading, clause: Clause) -> bool:
    return any(is_weighty(reading, i) for i in range(*clause_span(reading, clause)))


def _owned(reading: Reading, noun: int) -> bool:
    """Whether a noun is a particular one: "the question", "his fear", "the child's magic"."""
    return any(reading.lower[c] in OWN or reading.dep[c] == "poss" for c in reading.children[noun])


def _a_man(reading: Reading, subject: int) -> bool:
    """Whether the subject is anybody: "a man", "a person"."""
    human = reading.lemma[subject] in ("man", "woman", "person", "body", "child")
    children = reading.children[subject]
    return (
        human
        and any(reading.lower[c] == "a" for c in children)
        and not any(reading.dep[c] == "prep" for c in children)
    )


def _points_out(reading: Reading, clause: Clause) -> bool:
    """Whether "that was the point", "it is only that we forget", "this was enough"."""
    verb, subject, lower = clause.verb, clause.subject, reading.lower
    attribute = reading.child(verb, "attr")
    if lower[subject] == "it":
        if _is_enough(reading, verb):
            return True
        if clause.tense == "past":
            if attribute is None or not clause.negated:
                return False
            return is_weighty(reading, attribute) and not _owned(reading, attribute)
        meant = (
            attribute is not None
            and is_weighty(reading, attribute)
            and not _owned(reading, attribute)
        )
        only = lower[verb + 1 : verb + 3] in (["only", "that"], ["just", "that"], ["only", "when"])
        return meant or only
    if attribute is None:
        clausal = bool({"what", "how", "why"} & set(lower[verb : verb + 5]))
        governed = reading.dep[verb] == "ccomp" or clause.mark in ("if", "whether")
        inner = reading.child(verb, "ccomp")
        if lower[verb + 1 : verb + 2] == ["all"] and inner is not None:
            return reading.lemma[inner] == "be"  # "that was all a marriage was"
        meant = clausal and (governed or _meant(reading, clause))
        return meant or _is_enough(reading, verb)
    if reading.lemma[attribute] in POINTS or is_weighty(reading, attribute):
        return reading.lemma[attribute] not in SLIGHT_POINTS
    if lower[attribute] in ("all", "whole"):
        of = next((c for c in reading.children[attribute] if lower[c] == "of"), None)
        what = None if of is None else reading.child(of, "pobj")
        weighty = what is not None and is_weighty(reading, what)
        inner = reading.child(attribute, "relcl")
        who = None if inner is None else reading.child(inner, "nsubj", "expl")
        being = inner is not None and reading.lemma[inner] == "be"
        return weighty or (being and who is not None and who not in reading.cast.persons)
    return clause.perfect and any(lower[c] == "the" for c in reading.children[attribute])


def _is_enough(reading: Reading, verb: int) -> bool:
    """Whether "that was enough" is said, not "strong enough" or "enough truth"."""
    state = reading.child(verb, "acomp", "attr")
    return state is not None and reading.lower[state] == "enough"


def _meant(reading: Reading, clause: Clause) -> bool:
    """Whether a clause speaks of what was meant, wanted or lived: "that was what mercy meant"."""
    span = range(*clause_span(reading, clause))
    return any(is_weighty(reading, i) or reading.lemma[i] in INNER for i in span)
