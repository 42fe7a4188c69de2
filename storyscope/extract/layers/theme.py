"""Where the telling says what the story is about: lessons, truths about life, insights."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.generic import (
    EVERYONE,
    HUMAN,
    Statement,
    clause_span,
    is_abstract,
    is_weighty,
    past_frame,
    statements,
)
from storyscope.extract.layers.person import narrative_person, spoken
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["Theme", "themes"]

INSIGHT, INSIGHT_NOUNS = words("telling", "insight_verbs"), words("telling", "insight_nouns")
_ALWAYS = frozenset("always never only nothing everything forever ever rarely seldom all merely simply even".split())
_OPEN = frozenset("every each any all".split())
_IF = frozenset({"if", "when", "once", "whenever", "until", "unless"})


class Theme(NamedTuple):
    """A sentence in which a theme is stated, and the way in which it is."""

    start: int
    end: int
    way: str


@once
def themes(reading: Reading) -> list[Theme]:
    ways: dict[int, str] = {}
    for statement in statements(reading):
        way = _general(reading, statement)
        if way:
            ways.setdefault(reading.sentence_of[statement.clause.verb], way)
    masked = spoken(reading)
    for clause in reading.clauses:
        if not masked[clause.verb]:
            way = _summing_up(reading, clause) or _insight(reading, clause)
            if way:
                ways.setdefault(reading.sentence_of[clause.verb], way)
    found = []
    for k, way in sorted(ways.items()):
        start, end = reading.sentences[k]
        if "?" not in reading.lower[end - 2 : end]:
            found.append(Theme(start, end, way))
    return found


def _weight(reading: Reading, start: int, end: int) -> int:
    return sum(is_weighty(reading, i) for i in range(start, end))


def _general(reading: Reading, s: Statement) -> str:
    """Way of a general statement in the present that has a theme's weight; empty otherwise."""
    if s.particular or s.end - s.start < 3:
        return ""
    lower, dep, lemma = reading.lower, reading.dep, reading.lemma
    clause, past = s.clause, past_frame(reading)
    verb = clause.verb
    if dep[verb] in ("relcl", "acl") or (dep[verb] == "advcl" and clause.mark not in ("because", "that", "since")):
        return ""
    if clause.mark in ("if", "whether", "when", "as", "while", "like") or clause.perfect:
        return ""
    sentence = reading.sentence(verb)
    governed = dep[verb] == "ccomp" and verb > reading.head[verb]
    copula = lemma[verb] == "be"
    attribute = reading.child(verb, "attr", "acomp")
    heavy = attribute is not None and is_weighty(reading, attribute)
    wh = copula and any(dep[c] == "ccomp" and c > verb for c in reading.children[verb])
    strong = clause.negated or any(lower[i] in _ALWAYS for i in range(s.start, s.end))
    sometimes = "sometimes" in lower[s.start : s.end]
    about = s.about
    weight = _weight(reading, s.start, s.end)
    own = any(lower[i] in ("i", "my", "me") for i in range(sentence.start, sentence.end))
    subject_heavy = is_weighty(reading, clause.subject)
    subject_human = lemma[clause.subject] in HUMAN or lemma[clause.subject] in EVERYONE
    deictic = any(lower[i] in ("here", "now", "today", "tonight", "tomorrow", "this", "these") for i in range(s.start, s.end))
    if deictic:
        return ""
    if about == "some":
        quantifier = next((lower[c] for c in reading.children[clause.subject] if lower[c] in ("some", "most", "no", "not")), "")
        if quantifier == "some" and (past or copula or clause.tense == "modal" or clause.negated):
            return "some"
        if past and (quantifier or strong or copula) and (subject_human or subject_heavy or weight):
            return "some2"
        return ""
    if about == "everyone":
        return "everyone" if past or strong else ""
    if about == "abstract":
        if copula and (heavy or wh or clause.negated or attribute is not None):
            return "abstract copula"
        return "abstract" if past and (subject_heavy or strong) else ""
    if about == "clause":
        if past and (weight or strong or copula):
            return "clause"
        return "clause2" if copula and weight else ""
    if about == "plural":
        if past and (subject_human or strong or weight):
            return "plural"
        return "plural2" if weight and strong else ""
    if about == "there":
        logical = reading.child(verb, "attr", "dobj")
        if past and logical is not None and (is_abstract(reading, logical) or strong):
            return "there"
        return ""
    if about == "a":
        return "a" if past and (copula or weight or clause.negated) else ""
    if about == "one":
        return "one" if past and (weight or strong) else ""
    if about == "we":
        return "we" if past and not own and lower[verb] not in ("shall",) and (weight or strong or clause.passive) else ""
    if about == "you":
        return "you" if past and (weight >= 1) and (strong or clause.tense == "modal" or any(lower[i] in _IF for i in range(s.start, s.end))) else ""
    if sometimes and past:
        return "sometimes"
    return ""


def _summing_up(reading: Reading, clause: Clause) -> str:
    """ "That was the thing about winter": a demonstrative that is said to be the point."""
    i = clause.subject
    lower, lemma = reading.lower, reading.lemma
    if i < 0 or lemma[clause.verb] != "be":
        return ""
    if lower[i] in ("that", "this", "it"):
        attribute = reading.child(clause.verb, "attr")
        if attribute is not None and lemma[attribute] in INSIGHT_NOUNS:
            if any(lower[c] in ("about", "of", "with", "in") and reading.dep[c] == "prep" for c in reading.children[attribute]):
                return "that is the thing"
        about = next((c for c in reading.children[clause.verb] if lower[c] == "about" and reading.dep[c] == "prep"), None)
        if about is not None and any(reading.dep[c] in ("pcomp",) or is_weighty(reading, c) for c in reading.children[about]):
            return "about"
        return ""
    if reading.tag[i] == "VBG" or reading.dep[i] == "csubj":
        about = next((c for c in reading.children[clause.verb] if lower[c] == "about" and reading.dep[c] == "prep"), None)
        return "about" if about is not None else ""
    if lemma[i] in INSIGHT_NOUNS:
        for c in reading.children[clause.verb]:
            if reading.dep[c] == "ccomp" and c > clause.verb:
                inner = [x for x in statements(reading) if x.clause.verb == c]
                if inner and not inner[0].particular:
                    return "the truth is that"
    return ""


def _insight(reading: Reading, clause: Clause) -> str:
    """Somebody comes to see a general truth: "she learned that grief was a kind of love"."""
    head = reading.head[clause.verb]
    if reading.dep[clause.verb] != "ccomp" or clause.verb < head or reading.lemma[head] not in INSIGHT:
        return ""
    if clause.tense != "past" or reading.lemma[clause.verb] != "be" or clause.subject < 0:
        return ""
    attribute = reading.child(clause.verb, "attr", "acomp")
    i = clause.subject
    if attribute is None:
        return ""
    if any(reading.lower[c] in ("the", "his", "her", "my", "their", "this", "that") for c in reading.children[i]):
        return ""
    if (is_weighty(reading, i) or reading.tag[i] == "VBG") and reading.dep[attribute] == "attr":
        return "insight"
    return ""
