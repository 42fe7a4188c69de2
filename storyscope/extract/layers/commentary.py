"""The narrator's own voice: remarks on the telling, attitudes, doubts, and what is known beforehand."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from storyscope.extract.layers.person import narrative_person, spoken
from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, once

__all__ = ["Remark", "foreshadowings", "remarks", "unawareness"]

PLANNED = words("telling", "planned") | words("time", "report")
_DOUBTED = frozenset({"know", "notice", "see", "suspect", "guess", "realize", "realise", "hear"})
_OF_TELLING = ("i ", "we ", "story", "tale", "say", "us ", "histor", "which is")
_OUTSIDE = frozenset({"he", "she", "they"})


class Remark(NamedTuple):
    """A narrated sentence with a remark of the narrator's, and its kind."""

    start: int
    end: int
    kind: str


@cache
def _patterns(name: str) -> list[tuple[str, re.Pattern[str]]]:
    return [(kind, re.compile(text)) for kind, text in entries("telling", name).items()]


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(entries("telling", name))


@once
def _texts(reading: Reading) -> list[tuple[int, int, str]]:
    """Narrated sentences with their lower-case words joined by blanks."""
    masked, lower = spoken(reading), reading.lower
    return [
        (start, end, " ".join(lower[start:end]))
        for start, end in reading.sentences
        if not masked[start:end].any()
    ]


@once
def remarks(reading: Reading) -> list[Remark]:
    """Remarks of the narrator's.

    Kinds: "meta" on the telling, "attitude", "verdict", and on the narrator's own reliability
    "memory", "doubt", "repair", "oath".

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "As I said, it rained. Fortunately the roof held. I don't remember what she wore."
    >>> [r.kind for r in remarks(read(told))]
    ['meta', 'attitude', 'memory']
    """
    found = []
    own = narrative_person(reading) != "third"
    for start, end, text in _texts(reading):
        told = any(word in text for word in _OF_TELLING)
        for kind, pattern in _patterns("commentary"):
            if (told or kind != "meta") and pattern.search(text):
                found.append(Remark(start, end, kind))
        if own or " i " in f" {text} ":
            for kind, pattern in _patterns("reliability"):
                if pattern.search(text):
                    found.append(Remark(start, end, kind))
    return found


@once
def foreshadowings(reading: Reading) -> list[tuple[int, int]]:
    """Narrated sentences that hint at what is to come: "she was to regret it".

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("She was to regret it. He would walk there daily. Had he known, he'd have run.")
    >>> [reading.text_of(s) for s in foreshadowings(reading)][0]
    'She was to regret it.'
    >>> len(foreshadowings(reading))
    2
    """
    sure, loose = _pattern("foreshadowing"), _pattern("foreshadowing_would")
    found = []
    for start, end, text in _texts(reading):
        if text.endswith("?"):
            continue
        if sure.search(text) or (
            loose.search(text)
            and PLANNED.isdisjoint(reading.lemma[start:end] + reading.lower[start:end])
        ):
            found.append((start, end))
    return found


@once
def unawareness(reading: Reading) -> list[tuple[int, int]]:
    """Narrated sentences that tell what somebody in them does not know or notice.

    "She did not see that the gate stood open"; "he didn't know what to say" is none.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("She did not notice that the gate stood open. He didn't know what to say.")
    >>> [reading.text_of(s) for s in unawareness(reading)]
    ['She did not notice that the gate stood open.']
    """
    pattern, masked = _pattern("unaware"), spoken(reading)
    found = {(start, end) for start, end, text in _texts(reading) if pattern.search(text)}
    for clause in reading.clauses:
        i = clause.subject
        if i < 0 or masked[clause.verb] or not clause.negated or clause.tense != "past":
            continue
        if reading.lemma[clause.verb] not in _DOUBTED:
            continue
        if reading.lower[i] not in _OUTSIDE and i not in reading.cast.persons:
            continue
        if reading.lower[i] in ("i", "we", "you", "who"):
            continue
        what = reading.child(clause.verb, "ccomp")
        if what is None or what < clause.verb:
            continue
        low = min([what, *reading.children[what]])
        if reading.tag[low] not in ("WRB", "WP", "WDT", "TO") and reading.lower[low] not in (
            "if", "whether",
        ):  # fmt: skip
            found.add(reading.sentence(clause.verb)[:2])
    return sorted(found)
