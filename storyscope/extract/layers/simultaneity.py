"""Where the doings of different people are told as happening at one time."""

from __future__ import annotations

from storyscope.extract.layers.clauses import Clause
from storyscope.extract.layers.phrases import Phrases
from storyscope.extract.layers.tense import dynamic, told
from storyscope.extract.layers.times import UNITS
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["simultaneous"]

_PHRASES = Phrases(words("time", "simultaneous"))
_PLACED = frozenset(
    "in on at under beneath below above behind beside outside inside upstairs downstairs across "
    "over beyond elsewhere indoors outdoors opposite near overhead next up down out".split()
)
_GROUP = frozenset({"we", "they", "both", "you"})
_THIRD = frozenset({"he", "she", "they", "his", "her", "their"})
_SAID = words("verbs", "say_report") | frozenset({"know", "see", "note", "do"})
_BODY = frozenset(
    "hand foot finger arm leg knee eye mouth lip head face voice shoulder thumb heel elbow".split()
)
_PERSONAL = frozenset("i you he she we they who everyone everybody someone somebody".split())


@once
def simultaneous(reading: Reading) -> list[Span]:
    """Places where two people's doings are set at the same time, in order.

    "While" and "as" with a deed on either side and different people; "meanwhile", "at that very
    moment" before another person than acted last; a place first, and there somebody in the
    middle of doing something ("Under them in the street a woman was ..."); two people each in the
    middle of something.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = read("Ann dug while her brother slept. While she dug she sang. Ann was thin as he was.")
    >>> [story.text_of(s) for s in simultaneous(story)]
    ['while her brother slept']
    """
    found: list[Span] = []
    last = -1
    busy: int | None = None  # who was last in the middle of doing something, and where
    since: Span | None = None
    for sentence, tells in zip(reading.sentences, told(reading), strict=True):
        acting = [c for c in tells.mains if _acts(reading, c)]
        hit = next((_clause_span(reading, c) for c in tells.clauses if _together(reading, c)), None)
        if "?" in tells.words:
            acting = []
        if hit is None and acting and not acting[0].modal:
            hit = _by_phrase(reading, sentence, acting, last) or _elsewhere(
                reading, sentence, acting
            )
        for clause in acting:
            if _in_the_middle(reading, clause):
                if (
                    hit is None
                    and busy is not None
                    and _differ(reading, busy, _actor(reading, clause))
                ):
                    hit = Span(clause.subject, clause.verb + 1)
                busy, since = _actor(reading, clause), sentence
        if acting:
            last = _actor(reading, acting[-1])
            busy = busy if since is sentence else None
        if hit is not None:
            found.append(hit)
    return found


def _clause_span(reading: Reading, clause: Clause) -> Span:
    return Span(reading.subtree(clause.verb).start, clause.verb + 1)


def _by_phrase(reading: Reading, sentence: Span, acting: list[Clause], last: int) -> Span | None:
    """Say, "Meanwhile" or "at that moment" before somebody else than acted last."""
    phrases = _PHRASES.find(reading.lower[sentence.start : sentence.end])
    if not phrases or reading.quoted[sentence.start + phrases[0][0]] or last < 0:
        return None
    if reading.pos[acting[0].verb] != "VERB" or not _differ(
        reading, last, _actor(reading, acting[0])
    ):
        return None
    return Span(sentence.start + phrases[0][0], sentence.start + phrases[0][1])


def _differ(reading: Reading, one: int, other: int) -> bool:
    """Whether two subjects are different people, as far as can be told."""
    a, b = reading.lower[one], reading.lower[other]
    if a == b or ((a in _GROUP or b in _GROUP) and (a in _PERSONAL or b in _PERSONAL)):
        return False
    entity_of = reading.cast.entity_of
    first, second = entity_of.get(one, -1), entity_of.get(other, -1)
    if (a in _THIRD) != (b in _THIRD) and not {a, b} & {"i", "you"}:
        # "He" beside a name may well be the same man: only man and woman surely differ.
        if first < 0 or second < 0:
            return False
        one_is, other_is = (reading.cast.entities[e].gender for e in (first, second))
        return bool(one_is and other_is) and one_is != other_is
    return first != second or first < 0


def _is_person(reading: Reading, i: int) -> bool:
    return i >= 0 and (reading.lower[i] in _PERSONAL or i in reading.cast.persons)


def _actor(reading: Reading, clause: Clause) -> int:
    """Token of the person who acts, whose hand or foot it may be; -1 where nobody does."""
    i = clause.subject
    if i < 0 or _is_person(reading, i):
        return i
    if reading.lemma[i] in _BODY:
        owner = reading.child(i, "poss")
        if owner is not None:
            return owner
    return -1


def _acts(reading: Reading, clause: Clause) -> bool:
    return _actor(reading, clause) >= 0


def _together(reading: Reading, clause: Clause) -> bool:
    """Whether a clause of time tells of another person's deed than the clause it hangs on."""
    verb, mark = clause.verb, clause.mark
    if mark not in ("while", "as", "whilst") or reading.dep[verb] != "advcl":
        return False
    if clause.modal or clause.perfect or clause.negated or clause.passive:
        return False
    doing = reading.pos[verb] == "VERB" and (mark != "as" or dynamic(reading, clause))
    if not (doing and reading.lemma[verb] not in _SAID) and not (
        mark != "as" and _is_at(reading, verb)
    ):
        return False
    governor = _clause_of(reading).get(reading.head[verb])
    if governor is None or governor.modal or governor.negated or governor.tense != clause.tense:
        return False
    if reading.pos[governor.verb] != "VERB" and not _is_at(reading, governor.verb):
        return False
    one, other = _actor(reading, governor), _actor(reading, clause)
    return one >= 0 and other >= 0 and _differ(reading, one, other)


def _is_at(reading: Reading, verb: int) -> bool:
    """Whether a copula says where somebody is, and not what or how they are."""
    return reading.lemma[verb] == "be" and (
        reading.child(verb, "attr", "acomp") is None
        and reading.child(verb, "prep", "advmod") is not None
    )


@once
def _clause_of(reading: Reading) -> dict[int, Clause]:
    return {c.verb: c for c in reading.clauses}


def _elsewhere(reading: Reading, sentence: Span, acting: list[Clause]) -> Span | None:
    """A sentence that names a place first and then somebody in the middle of doing something."""
    start = sentence.start + (reading.lower[sentence.start] in ("and", "but"))
    if reading.lower[start] not in _PLACED or reading.quoted[start]:
        return None
    named = reading.child(start, "pobj")
    if reading.lower[start + 1] in (",", "that", "this") or (
        named is not None
        and (reading.lemma[named] in UNITS or reading.entity[named] in ("DATE", "TIME"))
    ):
        return None
    for clause in acting:
        if _in_the_middle(reading, clause) and _actor(reading, clause) > start + 1:
            return Span(start, clause.verb + 1)
    return None


def _in_the_middle(reading: Reading, clause: Clause) -> bool:
    """Whether somebody is doing something, and not about to ("was going to")."""
    return (
        clause.progressive and not clause.perfect and not clause.modal
        and not (reading.lemma[clause.verb] == "go" and reading.child(clause.verb, "xcomp") is not None)
    )  # fmt: skip
