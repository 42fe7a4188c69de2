"""Whose mind the telling enters, and how speech and thought are handed on."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.person import spoken
from storyscope.extract.layers.thoughts import thoughts
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, once

__all__ = ["Mind", "guesses", "indirect_speech", "minds", "reported_speech"]

SAY, COGNITION = words("verbs", "say_report"), words("verbs", "cognition")
_TALK = frozenset(
    "tell talk speak ask mention discuss explain describe argue complain thank warn greet apologize "
    "apologise confess praise scold insult promise beg recount relate gossip chat invite".split()
)
_ABOUT = frozenset({"about", "of", "for", "with", "on"})
_NEEDS_ABOUT = frozenset({"ask", "speak", "talk"})
_SEEMED = ("xcomp", "oprd", "acomp", "ccomp", "advcl")
_SEEMING = frozenset({"seem", "appear"})


class Mind(NamedTuple):
    """The first token of an inner state that is told, and whose it is (-1 where unknown)."""

    verb: int
    entity: int


@once
def minds(reading: Reading) -> list[Mind]:
    """Whose inner life is told, in order.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("Ana feared the ice. Piet wondered whether it would hold.")
    >>> [reading.cast.entities[m.entity].label for m in minds(reading)]
    ['Ana', 'Piet']
    """
    who = reading.cast.entity_of
    return [Mind(t.start, who.get(t.owner, -1)) for t in thoughts(reading) if t.owner >= 0]


@once
def guesses(reading: Reading) -> list[int]:
    """Narrated verbs by which a mind is guessed from outside: "he seemed to know".

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("He seemed to know the way. She looked as if she wanted to speak. It rained.")
    >>> [reading.lower[i] for i in guesses(reading)]
    ['seemed', 'wanted']
    """
    masked, lemma = spoken(reading), reading.lemma
    people = reading.cast.persons
    found = []
    for clause in reading.clauses:
        verb = clause.verb
        if masked[verb] or clause.subject not in people:
            continue
        if reading.lower[clause.subject] in ("i", "we", "you"):
            continue
        if lemma[verb] in _SEEMING:
            kinds = ("xcomp",) if lemma[verb] == "appear" else _SEEMED
            guessed = reading.child(verb, *kinds) is not None
        elif lemma[verb] in COGNITION or lemma[verb] in ("want", "feel", "expect", "hope", "fear"):
            alike = clause.mark in ("if", "though") and _as(reading, verb)
            guessed = alike or (clause.modal == "must" and clause.perfect)
        else:
            guessed = False
        if guessed:
            found.append(verb)
    return found


def _as(reading: Reading, verb: int) -> bool:
    """Whether the "if" or "though" of a clause follows "as"."""
    mark = next((c for c in reading.children[verb] if reading.dep[c] == "mark"), -1)
    return mark > 0 and (reading.lower[mark - 1] == "as" or reading.lower[mark] == "as")


# ---------------------------------------------------------------- speech


@once
def indirect_speech(reading: Reading) -> list[int]:
    """Narrated verbs of saying with what was said as a clause: "she said that it was shut".

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read('She said that the road was shut. "Go," he said. The clock said nine.')
    >>> [reading.lower[i] for i in indirect_speech(reading)]
    ['said']
    """
    masked, quoted = spoken(reading), reading.quoted
    people = reading.cast.persons
    found = []
    for clause in reading.clauses:
        verb = clause.verb
        if masked[verb] or reading.lemma[verb] not in SAY or clause.subject not in people:
            continue
        start, end = reading.sentence(verb)
        if quoted[start:end].any() or reading.lower[verb + 1 : verb + 2] == [","]:
            continue
        if clause.modal in ("can", "could") and reading.child(verb, "dobj", "dative") is None:
            continue  # "he could tell that it was late"
        if any(
            (reading.dep[c] == "ccomp" and c > verb)
            or (reading.dep[c] == "xcomp" and c > verb and reading.tag[c] == "VB")
            for c in reading.children[verb]
        ):
            found.append(verb)
    return found


@once
def reported_speech(reading: Reading) -> list[int]:
    """Narrated verbs that tell that there was talk, and of what, without what was said.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("They talked about the harvest. She thanked him. He said nothing.")
    >>> [reading.lower[i] for i in reported_speech(reading)]
    ['talked', 'thanked']
    """
    masked, quoted = spoken(reading), reading.quoted
    people = reading.cast.persons
    indirect = set(indirect_speech(reading))
    found = []
    for clause in reading.clauses:
        verb = clause.verb
        if masked[verb] or reading.lemma[verb] not in _TALK or verb in indirect:
            continue
        if clause.subject not in people or clause.negated or clause.modal:
            continue
        start, end = reading.sentence(verb)
        if quoted[start:end].any() or reading.child(verb, "ccomp") is not None:
            continue
        if start and quoted[start - 1] and verb - start < 4:
            continue  # the tag of a quotation that the parser took for a sentence
        about = any(
            reading.dep[c] == "prep" and reading.lower[c] in _ABOUT for c in reading.children[verb]
        )
        whom = reading.child(verb, "dobj", "dative")
        told = whom is not None and not reading.lower[whom].endswith(("self", "selves"))
        if about or (told and reading.lemma[verb] not in _NEEDS_ABOUT):
            found.append(verb)
    return found
