"""Sleep and waking in a story: who falls asleep or goes to bed, who wakes, how time passes."""

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
    "RINGS",
    "SLEEP",
    "START",
    "WAKE",
    "Dream",
    "often",
    "paragraph_starts",
    "sleeper",
    "starts_up",
    "taken",
    "time_passes",
    "to_bed",
    "wakes",
    "wakings",
]

WAKE = words("verbs", "wake")
SLEEP = words("verbs", "sleep")
_WAKING = Phrases(words("time", "waking"))
PERSONAL = frozenset("i he she we they you".split())
RINGS = frozenset("phone telephone clock alarm bell radio".split())
_RINGING = frozenset("click ring buzz go blare beep sound shrill chirp vibrate trill".split())
_EYES = frozenset("open fly snap flutter shoot blink spring pop".split())
_AGAIN = frozenset("often always sometimes never usually every ever perhaps maybe if".split())
LEAST = 3
"""Finite clauses of what happens that make a telling."""
REACH = 30
"""Sentences that a dream is followed at most."""
START = frozenset(
    "gasp gasping gasped start startled sweat sweating drenched screaming scream screamed upright jolt "
    "jolted bolt bolted pounding racing hammering panting trembling".split()
)


class Dream(NamedTuple):
    """One dream told: tokens [start, end), where its waking stands (-1 if untold), the way in."""

    start: int
    end: int
    waking: int
    entry: str


def often(reading: Reading, sentence: Span) -> bool:
    """Whether a sentence says that something comes again and again."""
    return bool(_AGAIN & set(reading.lower[sentence.start : sentence.end]))


def sleeper(reading: Reading, sentence: Span, tells: Told) -> int:
    """Token of somebody who falls asleep or sleeps in a sentence, -1 for nobody."""
    for c in tells.clauses:
        if (
            c.negated
            or c.modal
            or c.subject < 0
            or (c.pluperfect and "before" not in tells.words and "sooner" not in tells.words)
        ):
            continue
        if not (reading.lower[c.subject] in PERSONAL or c.subject in reading.cast.persons):
            continue
        if reading.lemma[c.verb] in SLEEP or reading.lemma[c.verb] == "snore":
            return c.subject
        following = reading.lower[c.verb : c.verb + 4]
        if "asleep" in following and reading.lemma[c.verb] in ("fall", "be", "drift", "drop"):
            return c.subject
        if reading.lemma[c.verb] in ("drift", "doze", "nod", "drop", "slip") and following[1:2] == [
            "off"
        ]:
            return c.subject
        nods = reading.lemma[c.verb] == "nod" and following[1:2] in (["over"], ["beside"])
        if nods and not {"head", "to"} & set(following):
            return c.subject
        if reading.lemma[c.verb] == "lie" and following[1:2] == ["down"]:
            return c.subject
        child = reading.child(c.verb, "xcomp")
        if child is not None and reading.lemma[child] in SLEEP | {"snore"}:
            return c.subject
    return -1


def taken(reading: Reading, tells: Told) -> bool:
    """Say, "Sleep took her", "the fever carried him off"."""
    return any(
        c.subject >= 0
        and reading.lemma[c.subject] in ("sleep", "slumber", "fever", "drowsiness")
        and reading.lemma[c.verb] in ("take", "claim", "overtake", "come", "find", "carry")
        for c in tells.mains
    )


def to_bed(reading: Reading, tells: Told) -> bool:
    """Whether somebody goes to bed, lies down, shuts their eyes or sits down for a moment."""
    for c in tells.mains:
        if c.negated or c.modal or c.pluperfect or c.subject < 0:
            continue
        if reading.lower[c.subject] not in PERSONAL and c.subject not in reading.cast.persons:
            continue
        lemma, near = reading.lemma[c.verb], set(reading.lower[c.verb : c.verb + 5])
        goes = lemma in ("go", "climb", "crawl", "lie") or (
            lemma == "get" and near & {"in", "into", "to"}
        )
        if goes and near & {"bed", "bunk"}:
            return True
        if lemma in ("shut", "close") and "eyes" in near:
            return True
    return False


def starts_up(reading: Reading, tells: Told) -> bool:
    """Say, "His chin struck the blotter": a sleeper's own head, or blankets, end it."""
    return any(
        c.subject >= 0
        and reading.lemma[c.subject] in ("chin", "head", "forehead", "elbow")
        and reading.lemma[c.verb] in ("strike", "hit", "jerk", "drop", "knock", "snap", "slip")
        for c in tells.clauses
    )


def time_passes(reading: Reading, sentence: Span) -> bool:
    """Whether a sentence opens with a later time: the morning, the next day."""
    opening = reading.lower[sentence.start : sentence.start + 4]
    return bool({"morning", "dawn", "later", "daylight", "sunrise", "next"} & set(opening))


@once
def paragraph_starts(reading: Reading) -> frozenset[int]:
    """First tokens of all paragraphs."""
    return frozenset(p.start for p in reading.paragraphs)


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
            subject in RINGS
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
