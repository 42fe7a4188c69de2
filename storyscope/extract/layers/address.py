"""The *you* of a telling: letters that greet somebody, and "you" that means anybody."""

from __future__ import annotations

from storyscope.extract.layers.person import narrative_person, persons, spoken
from storyscope.extract.reading import Reading, once

__all__ = ["generic_you", "letters"]

_READERS = frozenset("reader readers listener listeners sir madam".split())
_DEAR = frozenset({"dear", "dearest", "beloved", "to"})
_GREETED = frozenset(
    "comrades friends ladies gentlemen brothers sisters countrymen citizens".split()
)
_CONDITION = frozenset({"if", "when", "whenever", "once", "unless", "until", "where", "wherever"})
_GENERIC_MODALS = frozenset({"can", "cannot", "could", "must", "may", "might", "should", "would"})
_TO_READER = frozenset("ask believe forgive guess imagine pardon suppose think wonder".split())
TOLD_TO = 0.12
"""Share of "you" among personal subjects from which a story counts as told to somebody in it."""
MANY, LONG = 8, 110
"""Personal subjects and narrated words from which that share means anything."""


@once
def letters(reading: Reading) -> int:
    """Token from which the text is a letter or a diary that greets somebody; its end if it is none.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = ["It came by post.", "Dear Anna,", "You will know why I write."]
    >>> reading = read(chr(10).join(told))
    >>> reading.text_of((letters(reading), reading.n))[:4]
    'Dear'
    """
    lower = reading.lower
    for start, end in reading.paragraphs:
        ahead = lower[start : min(end, start + 6)]
        if _READERS & set(ahead) or reading.quoted[start]:
            continue
        alone = end - start <= 8 and lower[end - 1] in (",", ":", "!")
        dear = bool(_DEAR & set(ahead[:2])) or (ahead[:1] and ahead[0] in _GREETED)
        if dear and (alone or (ahead[0] != "to" and "," in ahead)):
            return start
    return reading.n


def _told_to_somebody(reading: Reading) -> bool:
    """Whether the story is told to somebody in it, or of somebody called "you"."""
    found = persons(reading)
    total = sum(map(len, found[:4]))
    yours = set(found.you)
    aimed = sum(c.tense != "modal" for c in reading.clauses if c.verb in yours)
    past = sum(c.tense == "past" for c in reading.clauses if c.verb in yours)
    if past >= 3 and past >= total / 3:
        return True
    if total < MANY or reading.n_narrated < LONG:
        return False
    return narrative_person(reading) == "second" or aimed >= TOLD_TO * total


@once
def generic_you(reading: Reading) -> list[int]:
    """Verbs of narrated clauses in which "you" means anybody: "some nights you could hear it".

    Left out are letters, stories told to somebody in them, and what only a reader is asked to do
    ("you may wonder").

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("If you listened closely you could hear the mill. You left on Monday.")
    >>> [reading.lower[i] for i in generic_you(reading)]
    ['listened', 'hear']
    """
    if _told_to_somebody(reading):
        return []
    masked, letter = spoken(reading), letters(reading)
    found = []
    for clause in reading.clauses:
        verb = clause.verb
        if clause.subject < 0 or reading.lower[clause.subject] != "you" or masked[verb]:
            continue
        if verb >= letter or reading.lemma[verb] in _TO_READER:
            continue
        start, end = reading.sentence(verb)
        said = set(reading.lower[start:end])
        if clause.modal in _GENERIC_MODALS or clause.tense == "present" or said & _CONDITION:
            found.append(verb)
    return found
