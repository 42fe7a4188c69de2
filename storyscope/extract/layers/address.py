"""Where the telling turns to whoever reads it."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.generic import clauses_by_sentence
from storyscope.extract.layers.person import narrative_person, persons, spoken
from storyscope.extract.lexicon import entries
from storyscope.extract.reading import Reading, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["Address", "addresses", "generic_you", "letters"]

_YOU = frozenset({"you", "your", "yours", "yourself", "yourselves", "thou", "thee", "thy"})
_READERS = frozenset("reader readers listener listeners sir madam".split())
_DEAR = frozenset({"dear", "dearest", "beloved", "to"})
_GREETED = frozenset(
    "comrades friends ladies gentlemen brothers sisters countrymen citizens".split()
)
_TRIGGERS = (
    _YOU
    | _READERS
    | frozenset("me us page pages chapter chapters paragraph paragraphs line lines those".split())
)
_IMPERATIVE = "imagine"
_TO_YOU = frozenset({"told", "you will", "you can", "ask", "what would you", "i know you"})
_ATTEND = frozenset(
    (
        "look listen see watch remember notice mark observe trust believe bear forgive hear gather "
        "wait note consider keep mind ask"
    ).split()
)
"""Commands by which a teller asks for the reader's attention or patience."""
_ASKED = frozenset(
    "know see remember understand think believe suppose wonder recall notice follow".split()
)
"""What a teller asks whether the reader does it."""
_CLOSE = 3
"""Sentences within which a command needs another turn to the reader beside it."""
_ALWAYS_FIT = frozenset({"reader"})
"""Ways that name the reader, and so hold in a story told to somebody in it as well."""
_CONDITION = frozenset({"if", "when", "whenever", "once", "unless", "until", "where", "wherever"})
_GENERIC_MODALS = frozenset({"can", "cannot", "could", "must", "may", "might", "should", "would"})
_TELLER = frozenset({"i", "we", "you", "my", "our"})
_HABIT = frozenset({"always", "never", "sometimes", "usually", "often"})
TOLD_TO = 0.12
"""Share of "you" among personal subjects from which a story counts as told to somebody in it."""
MANY, LONG = 8, 110
"""Personal subjects and narrated words from which that share means anything."""


class Address(NamedTuple):
    """A sentence that turns to the reader, and the way in which it does."""

    start: int
    end: int
    way: str


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    know = "|".join(map(str, entries("telling", "reader_verbs")))
    part = "|".join(map(str, entries("telling", "book_parts")))
    return [
        (way, re.compile(pattern.replace("{know}", know).replace("{part}", part)))
        for way, pattern in entries("telling", "reader_address").items()
    ]


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


@once
def addresses(reading: Reading) -> list[Address]:
    """Narrated sentences in which the teller speaks to the reader.

    In a story told to somebody in it (a letter, a lover, oneself as "you") only sentences count
    that name the reader.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "You will ask, I suppose, why I stayed. Some nights you could hear the mill."
    >>> [a.way for a in addresses(read(told))]
    ['you will']
    """
    found = []
    lower, masked = reading.lower, spoken(reading)
    told_to = _told_to_somebody(reading)
    letter = letters(reading)
    for start, end in reading.sentences:
        words = lower[start:end]
        if end - start < 3 or (_TRIGGERS.isdisjoint(words) and not _commands(reading, start)):
            continue
        if masked[start:end].any():
            words = ["-" if masked[i] else lower[i] for i in range(start, end)]
        if not _own_words(reading, start, end):
            continue
        text = " ".join(words)
        to_you = not _YOU.isdisjoint(words)
        for way, pattern in _patterns():
            if (told_to or start >= letter) and way not in _ALWAYS_FIT:
                continue
            if not to_you and way in _TO_YOU:
                continue
            if pattern.search(text) and _fits(reading, way, start, end):
                found.append(Address(start, end, way))
                break
    if told_to:
        return found
    return sorted({*found, *_bidden(reading, found, letter)})


def _bidden(reading: Reading, found: list[Address], letter: int) -> list[Address]:
    """Commands to attend ("look at him there") that stand near another turn to the reader."""
    masked, lower = spoken(reading), reading.lower
    taken = {reading.sentence_of[a.start] for a in found}
    turned = dict.fromkeys(taken, True)
    bidden: list[int] = []
    for k, (start, end) in enumerate(reading.sentences):
        if k in taken or start >= letter or masked[start:end].any() or end - start < 3:
            continue
        words = set(lower[start:end])
        if "your" in words or not _own_words(reading, start, end):
            continue
        if _attends(reading, start, end):
            bidden.append(k)
        you_now = any(
            c.tense != "past" and c.subject >= 0 and lower[c.subject] == "you"
            for c in _clauses_in(reading, start, end)
        )
        turned[k] = you_now and not (words & _CONDITION or words & _HABIT)
    return [
        Address(*reading.sentences[k][:2], "attend")
        for k in bidden
        if (
            "me" in lower[slice(*reading.sentences[k][:2])]
            and len(range(*reading.sentences[k][:2])) > 5
        )
        or any(turned.get(j, False) for j in range(k - _CLOSE, k + _CLOSE + 1) if j != k)
    ]


def _attends(reading: Reading, start: int, end: int) -> bool:
    """Whether a sentence commands attention: a bare verb of looking or hearing at its head."""
    if reading.lower[start][:1].isdigit() or reading.lower[start] in ("-", "*"):
        return False  # an item of a list
    for i in range(start, min(start + 3, end)):
        if reading.lemma[i] in _ATTEND and reading.tag[i] in ("VB", "VBP"):
            alone = reading.child(i, "nsubj", "nsubjpass", "aux") is None
            return reading.dep[i] in ("ROOT", "ccomp") and alone
    return False


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


def _commands(reading: Reading, start: int) -> bool:
    """Whether a sentence opens with a bare verb, "now" or "but" before it."""
    return any(reading.tag[i] in ("VB", "VBP") for i in range(start, min(start + 3, reading.n)))


def _own_words(reading: Reading, start: int, end: int) -> bool:
    """Whether a sentence is the teller's: not said or thought by somebody, not in capitals."""
    lower = reading.lower
    for clause in _clauses_in(reading, start, end):
        verb = reading.lemma[clause.verb]
        said = verb in ("say", "tell", "think", "whisper", "ask", "write", "shout", "add")
        other = clause.subject >= 0 and lower[clause.subject] not in ("you", "i", "some", "they")
        if said and other and clause.tense == "past" and clause.main:
            return False
    return not all(reading.doc[i].is_upper for i in range(start, end) if reading.is_word[i])


def _clauses_in(reading: Reading, start: int, end: int) -> list[Clause]:
    return [
        c for c in clauses_by_sentence(reading).get(reading.sentence_of[start], []) if c.verb < end
    ]


def _fits(reading: Reading, way: str, start: int, end: int) -> bool:
    """What the grammar must bear out for a pattern to count."""
    lower = reading.lower
    said = set(lower[start:end])
    if way == _IMPERATIVE:
        # "Note 6:" and "Note: all copies" are headings.
        headed = lower[start] == "note" and (
            ":" in lower[start : start + 4] or any(w[:1].isdigit() or w == "#" for w in said)
        )
        return not headed and _bare(reading, start, end)
    if way == "do you" and "?" in said and _YOU & said:
        return bool(_ASKED & said)
    if way == "parenthesis" and ("you", "know") in pairwise(lower[start:end]):
        others = sum(w in _YOU for w in lower[start:end]) > 1
        return not others and narrative_person(reading) != "first"
    if way == "ask" and _spoken_in(reading, start, end):
        return False  # a character called "you" asks
    if way == "hear me" and end - start <= 4:
        return "bear" in said or "believe" in said or "trust" in said
    if way in ("you will", "you can"):
        return not (said & _CONDITION or said & _HABIT)
    if way == "page":
        clauses = _clauses_in(reading, start, end)
        told_now = any(c.tense != "past" and c.main for c in clauses)
        return told_now and bool(said & _TELLER)
    if way == "told":
        return not ("could" in said and "n't" in said)
    if way == "whoever":
        return ":" not in said
    return True


def _spoken_in(reading: Reading, start: int, end: int) -> bool:
    return any(w in ('"', "'") for w in reading.lower[start:end])


def _bare(reading: Reading, start: int, end: int) -> bool:
    """Whether the sentence's first verb is a command: a bare root without a subject."""
    if end - start < 6:
        return False
    for i in range(start, min(start + 4, end)):
        if reading.tag[i] in ("VB", "VBP") and reading.dep[i] == "ROOT":
            return reading.child(i, "nsubj", "nsubjpass", "aux") is None
    return False


@once
def generic_you(reading: Reading) -> list[int]:
    """Verbs of narrated clauses in which "you" means anybody: "some nights you could hear it".

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("If you listened closely you could hear the mill. You left on Monday.")
    >>> [reading.lower[i] for i in generic_you(reading)]
    ['listened', 'hear']
    """
    found = []
    masked = spoken(reading)
    if _told_to_somebody(reading):
        return []
    aimed = {reading.sentence_of[a.start] for a in addresses(reading)}
    for clause in reading.clauses:
        if clause.subject < 0 or reading.lower[clause.subject] != "you" or masked[clause.verb]:
            continue
        k = reading.sentence_of[clause.verb]
        if k in aimed:
            continue
        start, end = reading.sentences[k]
        said = set(reading.lower[start:end])
        if clause.modal in _GENERIC_MODALS or clause.tense == "present" or said & _CONDITION:
            found.append(clause.verb)
    return found
