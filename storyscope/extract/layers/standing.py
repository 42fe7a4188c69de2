"""How people stand against one another without a blow: refusing, ordering, barring, parting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyscope.extract.layers.blows import BODY, Sign, is_foe
from storyscope.extract.lexicon import words

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause
    from storyscope.extract.reading import Reading

__all__ = ["stands"]

INSULT, COMMAND = words("conflict", "insult"), words("conflict", "command")
COMPLY, WREST = words("conflict", "comply"), words("conflict", "wrest")
BAR = words("conflict", "bar")
_STRIKERS = frozenset("fist hand elbow knee boot palm thumb foot shoulder".split())
_ARRIVE = frozenset("come go catch land find take connect crack smash hit strike meet".split())
_ONTO = frozenset("into across against on in over round around".split())
_BETWEEN = frozenset("between before across against".split())


def stands(reading: Reading) -> list[Sign]:
    """Narrated signs that one person opposes another by will, way or word.

    Kinds: "refusal" ("she refused to hand it over", "he would not move"), "order" ("he ordered
    them to kneel"), "insult" ("she called him a liar"), "opposition" (barring, wresting, hanging
    up on, pulling apart) and "blow" (a fist or elbow that lands on somebody).

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read("The sergeant ordered them to kneel. She refused to move. He called her a thief.")
    >>> [s.kind for s in stands(told)]
    ['order', 'refusal', 'insult']
    """
    found = []
    for clause in reading.clauses:
        if reading.quoted[clause.verb] or clause.mark in ("if", "unless", "whether"):
            continue
        sign = _of_clause(reading, clause)
        if sign is not None:
            found.append(sign)
    return found


def _of_clause(reading: Reading, clause: Clause) -> Sign | None:
    verb, word = clause.verb, reading.lemma[clause.verb]
    people = reading.cast.persons
    subject = clause.subject
    if clause.negated:
        return _refusal(reading, clause) if subject in people else None
    if clause.tense == "modal" or clause.perfect:
        return None
    if subject >= 0 and reading.lemma[subject] in _STRIKERS and word in _ARRIVE:
        return _landing(reading, verb, subject)
    if subject not in people or subject < 0:
        return None
    if word in ("refuse", "decline") and reading.child(verb, "dobj") is None:
        return Sign(verb, verb + 1, "refusal", 1.0 if word == "refuse" else 0.5)
    if word in ("call", "brand"):
        return _called(reading, verb, subject)
    if word in COMMAND:
        return _command(reading, verb, subject)
    return _in_the_way(reading, verb, subject)


def _refusal(reading: Reading, clause: Clause) -> Sign | None:
    """Find "she would not give way", "he did not obey"."""
    word = reading.lemma[clause.verb]
    if clause.modal == "would" and word in COMPLY:
        return Sign(clause.finite, clause.verb + 1, "refusal", 0.75)
    obey = word in ("obey", "comply", "yield") and clause.tense == "past"
    return Sign(clause.finite, clause.verb + 1, "refusal", 0.75) if obey else None


def _called(reading: Reading, verb: int, subject: int) -> Sign | None:
    """Find "she called him a liar"."""
    end = reading.sentence(verb).end
    for i in range(verb + 1, min(verb + 6, end)):
        if reading.lemma[i] in INSULT and i - 1 > verb:
            whom = reading.child(verb, "dobj", "nsubjpass") or reading.child(i, "nsubj")
            if whom is not None and is_foe(reading, whom, subject):
                return Sign(verb, i + 1, "insult", 1.5)
            nested = reading.child(verb, "ccomp", "oprd")
            inner = None if nested is None else reading.child(nested, "nsubj")
            if inner is not None and is_foe(reading, inner, subject):
                return Sign(verb, i + 1, "insult", 1.5)
    return None


def _command(reading: Reading, verb: int, subject: int) -> Sign | None:
    """Find "he ordered them to kneel", "she forbade it"."""
    whom = reading.child(verb, "dobj", "dative")
    inner = reading.child(verb, "ccomp", "xcomp")
    if whom is None and inner is not None:
        whom = reading.child(inner, "nsubj")
    if whom is None or not is_foe(reading, whom, subject):
        return None
    hard = reading.lemma[verb] in ("forbid", "defy")
    if inner is None and not hard:
        return None
    return Sign(verb, max(verb, whom) + 1, "order", 1.0 if hard else 0.75)


def _in_the_way(reading: Reading, verb: int, subject: int) -> Sign | None:
    """What bars, wrests, parts or shuts off somebody."""
    word, lower = reading.lemma[verb], reading.lower
    thing = reading.child(verb, "dobj")
    around = reading.children[thing] if thing is not None and word in WREST else []
    for c in (*reading.children[verb], *around):
        parted = lower[c] == "apart" and word in WREST
        if parted and thing is not None and is_foe(reading, thing, subject):
            return Sign(verb, c + 1, "blow", 1.5)
        if reading.dep[c] not in ("prep", "agent", "prt"):
            continue
        target = reading.child(c, "pobj")
        if target is None and lower[c] == "in":
            continue
        if target is None:
            inner = reading.child(c, "prep")
            target = None if inner is None else reading.child(inner, "pobj")
        if target is None:
            continue
        theirs = is_foe(reading, target, subject)
        if word in ("hang", "round", "turn") and lower[c] in ("on", "upon") and theirs:
            return Sign(verb, target + 1, "opposition", 0.75)
        thrown = thing is not None and thing not in reading.cast.persons
        if word in ("throw", "fling", "hurl", "swing") and lower[c] == "at" and theirs and thrown:
            return Sign(verb, target + 1, "blow", 1.25)
        wrested = thing is not None and word in WREST and lower[c] == "from"
        if wrested and (theirs or _held_by_other(reading, target, subject)):
            return Sign(verb, target + 1, "opposition", 1.25)
        if word in BAR and lower[c] in _BETWEEN and target in reading.cast.persons:
            return Sign(verb, target + 1, "opposition", 0.75)
        front = lower[c] == "in" and reading.lemma[target] in ("front", "way", "path")
        if word in BAR and front:
            return Sign(verb, target + 1, "opposition", 0.5)
    return None


def _held_by_other(reading: Reading, part: int, subject: int) -> bool:
    """Whether it is out of somebody else's hands, arms or grip."""
    owner = reading.child(part, "poss")
    if owner is None or owner not in reading.cast.persons:
        return False
    held = reading.lemma[part] in ("hand", "arm", "grip", "grasp", "finger", "lap", "mouth", "belt")
    same = {"he": "his", "she": "her", "i": "my", "they": "their", "we": "our", "you": "your"}
    return held and same.get(reading.lower[subject]) != reading.lower[owner]


def _landing(reading: Reading, verb: int, subject: int) -> Sign | None:
    """A fist, hand or elbow that lands on part of somebody: "the hand came across his cheek"."""
    owner = reading.child(subject, "poss")
    for c in reading.children[verb]:
        target = reading.child(c, "pobj") if reading.lower[c] in _ONTO else None
        target = c if reading.dep[c] == "dobj" else target
        if target is None or reading.lemma[target] not in BODY:
            continue
        whose = reading.child(target, "poss")
        if whose is None or whose not in reading.cast.persons:
            continue
        if owner is not None and reading.lower[owner] == reading.lower[whose]:
            continue
        return Sign(min(subject, verb), target + 1, "blow", 1.25)
    return None
