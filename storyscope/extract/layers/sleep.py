"""Waking in a story, and what a dream told is."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.phrases import Phrases
from storyscope.extract.layers.tense import Told, told
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = [
    "LEAST",
    "PERSONAL",
    "REACH",
    "WAKE",
    "Dream",
    "often",
    "wakes",
    "wakings",
]

WAKE = words("verbs", "wake")
_WAKING = Phrases(words("time", "waking"))
PERSONAL = frozenset("i he she we they you".split())
_RINGS = frozenset("phone telephone clock alarm bell radio".split())
_RINGING = frozenset("click ring buzz go blare beep sound shrill chirp vibrate trill".split())
_EYES = frozenset("open fly snap flutter shoot blink spring pop".split())
_AGAIN = frozenset("often always sometimes never usually every ever perhaps maybe if".split())
LEAST = 3
"""Finite clauses of what happens that make a telling."""
REACH = 30
"""Sentences that a dream is followed at most."""


class Dream(NamedTuple):
    """One dream told: tokens [start, end), where its waking stands (-1 if untold), the way in."""

    start: int
    end: int
    waking: int
    entry: str


def often(reading: Reading, sentence: Span) -> bool:
    """Whether a sentence says that something comes again and again."""
    return bool(_AGAIN & set(reading.lower[sentence.start : sentence.end]))


def wakes(reading: Reading, sentence: Span, tells: Told) -> bool:
    """Whether somebody wakes in a sentence of narration."""
    for c in tells.clauses:
        if c.modal or c.negated or c.pluperfect:
            continue
        lemma = reading.lemma[c.verb]
        # "He woke her": the sleeper is the object, and it is a waking all the same.
        wakes = lemma in WAKE and lemma != "rouse" and (lemma != "jolt" or "awake" in tells.words)
        if wakes and c.subject >= 0 and not (c.mark and c.tense == "present"):
            return True
        subject = reading.lemma[c.subject] if c.subject >= 0 else ""
        if (
            subject in _RINGS
            and lemma in _RINGING
            and {"pillow", "bed", "nightstand", "bedside", "locker", "head"} & set(tells.words)
        ):
            return True
        if (
            lemma in _EYES
            and subject == "eye"
            and (lemma == "open" or "open" in reading.lower[c.verb : c.verb + 3])
        ):
            return lemma != "open" or reading.child(c.verb, "dobj") is None
        if (
            lemma == "open"
            and c.mark == "when"
            and {"eye", "eyes", "them"} & set(reading.lower[c.verb : c.verb + 4])
        ):
            return True
        near = reading.lower[c.verb : c.verb + 4]
        if lemma in ("sit", "bolt", "jerk", "snap", "start", "come") and (
            "awake" in near
            or ("upright" in near and "bed" in tells.words)
            or (near[:3] in (["sat", "up", "gasping"], ["sits", "up", "gasping"]))
        ):
            return True
    return bool(_WAKING.find(tells.words))


@once
def wakings(reading: Reading) -> list[Span]:
    """Narrated sentences in which somebody wakes.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = read("She woke at dawn. The noise would have woken her. It was a wake.")
    >>> [story.text_of(s) for s in wakings(story)]
    ['She woke at dawn.']
    """
    return [
        s
        for s, t in zip(reading.sentences, told(reading), strict=True)
        if t.words and wakes(reading, s, t) and _somebody_wakes(reading, t)
    ]


def _somebody_wakes(reading: Reading, tells: Told) -> bool:
    """Whether it is a person who wakes, and more than opened eyes say so."""
    if _WAKING.find(tells.words):
        return True
    for c in tells.clauses:
        lemma = reading.lemma[c.verb]
        flew_open = lemma in _EYES - {"open"} and "open" in reading.lower[c.verb : c.verb + 3]
        if flew_open or (lemma in WAKE and not c.modal and not c.negated):
            woken = [c.subject, *(x for x in reading.children[c.verb] if reading.dep[x] == "dobj")]
            if flew_open or any(
                i >= 0 and (reading.lower[i] in PERSONAL or i in reading.cast.persons)
                for i in woken
            ):
                return True
    return False
