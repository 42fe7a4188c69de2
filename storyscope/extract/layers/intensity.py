"""Moments of danger, force, haste, violence and alarm: the material of escalation."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.emotions import named_feelings
from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, once

__all__ = ["Moment", "intense_moments", "rise", "spoken_moments", "windows"]

GRADES = {"mild": 1.0, "firm": 2.0, "strong": 3.0}
_CLASSES = {"verb": "VERB", "noun": "NOUN", "adjective": "ADJ"}
GRADE: dict[tuple[str, str], float] = {
    (pos, lemma): weight
    for grade, weight in GRADES.items()
    for name, pos in _CLASSES.items()
    for lemma in words("intensity", f"{name}_{grade}")
}
"""Weight of a lemma in a word class; where two grades list it, the stronger."""
MANNER = words("intensity", "manner")
FEELING = 2.0
OUTCRY = 1.0
SHORT_ORDER = 6
"""Words up to which a spoken imperative is called out rather than asked for."""
_TAME_OBJECT = {
    verb: frozenset(nouns) for verb, nouns in entries("intensity", "tame_object").items()
}
_TAME_SUBJECT = {
    verb: frozenset(nouns) for verb, nouns in entries("intensity", "tame_subject").items()
}
_TAME_COMPLEMENT = words("intensity", "tame_complement")
_COMMAND = words("intensity", "command")
_CALM = words("intensity", "calm_display")
_ANIMATE = words("intensity", "animate")
_NONE = frozenset({"no", "without", "never", "any", "neither", "nor", "not"})
_STUFF = frozenset(
    "hair color colour applause laughter light flower joy delight water cards".split()
)
_SIMILE = frozenset({"like", "as", "than"})


class Moment(NamedTuple):
    """One sign of intensity.

    `channel` is "deed", "thing", "quality", "manner", "feeling" or, in speech, "outcry"; `weight` runs from 1 (effort,
    disturbance, unease) over 2 (force, haste, pain, alarm) to 3 (life or limb at stake).
    """

    token: int
    weight: float
    channel: str


@once
def intense_moments(reading: Reading) -> list[Moment]:
    """Signs of intensity in narration, in order, at most one a token.

    What is denied, would or might happen, or is only compared to is left out.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read("He screamed and ran. She did not run. The day broke like a wave.")
    >>> [told.lower[m.token] for m in intense_moments(told)]
    ['screamed', 'ran']
    """
    return [m for m in _moments(reading) if not reading.quoted[m.token]]


@once
def spoken_moments(reading: Reading) -> list[Moment]:
    """The same signs inside quotations, and short commands that are called out."""
    found = [m for m in _moments(reading) if reading.quoted[m.token]]
    taken = {m.token for m in found}
    for quotation in reading.quotations:
        for i in range(quotation.start, quotation.end):
            if reading.lower[i] in _COMMAND and i not in taken and _ordered(reading, i):
                found.append(Moment(i, OUTCRY, "outcry"))
    return sorted(found)


def _ordered(reading: Reading, i: int) -> bool:
    """Whether a word is a short command by itself, as in "Get down" and "Don't move"."""
    if reading.dep[i] != "ROOT" or reading.tag[i] not in ("VB", "VBP"):
        return False
    if reading.child(i, "nsubj", "expl") is not None:
        return False
    sentence = reading.sentence(i)
    return sum(reading.is_word[sentence.start : sentence.end]) <= SHORT_ORDER


@once
def _moments(reading: Reading) -> list[Moment]:
    unreal = {c.verb for c in reading.clauses if c.negated or c.tense == "modal" or c.mark == "if"}
    found: dict[int, Moment] = {}
    lemma = reading.lemma
    for i, pos in enumerate(reading.pos):
        if pos == "VERB":
            weight = GRADE.get(("VERB", lemma[i]))
            if weight and i not in unreal and not _tame_deed(reading, i):
                found[i] = Moment(i, weight, "deed")
        elif pos == "NOUN":
            weight = GRADE.get(("NOUN", lemma[i]))
            if weight and not _absent_thing(reading, i):
                found[i] = Moment(i, weight, "thing")
        elif pos == "ADJ":
            weight = GRADE.get(("ADJ", lemma[i]))
            if weight and not _denied(reading, i):
                found[i] = Moment(i, weight, "quality")
        elif pos == "ADV" and reading.lower[i] in MANNER:
            found[i] = Moment(i, 1.0, "manner")
    for feeling in named_feelings(reading):
        tokens = range(feeling.start, feeling.end)
        if any(t in found or lemma[t] in _CALM for t in tokens):
            continue
        if not _dark(reading, feeling):
            continue
        found[feeling.end - 1] = Moment(feeling.end - 1, FEELING, "feeling")
    return [found[i] for i in sorted(found)]


def _dark(reading: Reading, feeling: tuple[int, int]) -> bool:
    return any(reading.lemma[t] in _DARK for t in range(feeling[0], feeling[1]))


_DARK = frozenset(
    "sad angry afraid scared frightened terrified anxious nervous worried ashamed furious annoyed "
    "irritated shocked desperate hopeless miserable heartbroken grief anger rage fury fear terror "
    "horror dread panic anxiety shame guilt humiliation despair misery sorrow".split()
)


def _tame_deed(reading: Reading, i: int) -> bool:
    """Whether a verb of force is none here, by its object, subject or complement."""
    lemma, lower, dep = reading.lemma, reading.lower, reading.dep
    verb = lemma[i]
    subjects, objects = _TAME_SUBJECT.get(verb), _TAME_OBJECT.get(verb)
    if verb in _ANIMATE and not _moves(reading, i):
        return True
    for c in reading.children[i]:
        relation = dep[c]
        if relation == "neg":
            return True
        if relation == "dobj":
            if objects is not None and lemma[c] in objects:
                return True
        elif relation == "nsubj":
            if subjects is not None and lemma[c] in subjects:
                return True
        elif relation in ("acomp", "advmod", "oprd"):
            if verb in ("fall", "break", "lie") and lower[c] in _TAME_COMPLEMENT:
                return True
        elif relation == "prep" and verb in ("fall", "sink", "break"):
            place = reading.child(c, "pobj")
            if place is not None and lemma[place] in _TAME_COMPLEMENT:
                return True
    return False


def _moves(reading: Reading, i: int) -> bool:
    """Whether a verb of motion has a subject that can run or fall: somebody, "it", a creature."""
    j = i
    for _ in range(3):
        subject = reading.child(j, "nsubj")
        if subject is not None:
            return subject in reading.cast.persons or reading.lower[subject] in (
                "it",
                "that",
                "who",
            )
        if reading.dep[j] not in ("conj", "advcl", "xcomp", "ccomp"):
            return reading.dep[j] == "ROOT"
        j = reading.head[j]
    return False


def _absent_thing(reading: Reading, i: int) -> bool:
    """Whether a noun names nothing here: denied, compared to, or part of a compound."""
    if reading.dep[i] in ("compound", "npadvmod") or reading.lower[reading.head[i]] in _SIMILE:
        return True
    if any(
        reading.lower[c] == "of"
        and (reading.child(c, "pobj") or i) > i
        and reading.lemma[reading.child(c, "pobj") or i] in _STUFF
        for c in reading.children[i]
    ):
        return True
    return _denied(reading, i) or reading.lower[reading.head[i]] == "without"


def _denied(reading: Reading, i: int) -> bool:
    return any(reading.lower[c] in _NONE for c in reading.children[i])


# ---------------------------------------------------------------- escalation of a passage

WINDOW_WORDS = 90
"""Words a window has at least; it ends with the sentence in which it has them."""
ESCALATES_FROM = 0.4
"""Rise from which a passage is called escalating."""
ASIDE = 0.25
"""What a moment counts for that is spoken, or told where nothing is happening."""


def rise(reading: Reading, span: tuple[int, int]) -> float:
    """How far the intensity of a passage lies towards its end.

    Sum over its moments, told and spoken, of weight times distance from the middle of the passage
    in words, -0.5 to 0.5. A single strong moment (weight 3) at the very end gives 1.5; what is
    even or absent gives about 0, what comes early a negative number. 0 with fewer than two.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read("They talked of the weather. Tea was served. Then the roof collapsed. She screamed.")
    >>> rise(told, (0, told.n)) > 1, rise(told, (0, 10)) == 0
    (True, True)
    """
    start, end = span
    inside = [(token, w) for token, w in _weighed(reading) if start <= token < end]
    if len(inside) < 2:
        return 0.0
    words_before = reading.is_word[start:end].cumsum()
    total = max(int(words_before[-1]), 1)
    return float(sum(w * (words_before[token - start] / total - 0.5) for token, w in inside))


@once
def _weighed(reading: Reading) -> list[tuple[int, float]]:
    """Moments with what they count for: less in speech, and less in sentences without an event."""
    events = set(reading.events)
    eventful = {reading.sentence_of[i] for i in events}
    found = []
    for m in intense_moments(reading):
        happens = (
            m.token in events if m.channel == "deed" else reading.sentence_of[m.token] in eventful
        )
        found.append((m.token, m.weight * (1.0 if happens else ASIDE)))
    found += [(m.token, m.weight * ASIDE) for m in spoken_moments(reading)]
    return sorted(found)


@once
def windows(reading: Reading) -> list[tuple[int, int, float]]:
    """Consecutive stretches of whole sentences of `WINDOW_WORDS` or more: start, end, `rise`.

    What is left at the end joins the last window; a text shorter than one window is one.
    """
    bounds: list[tuple[int, int]] = []
    start, count = 0, 0
    for sentence in reading.sentences:
        count += int(reading.is_word[sentence.start : sentence.end].sum())
        if count >= WINDOW_WORDS:
            bounds.append((start, sentence.end))
            start, count = sentence.end, 0
    if count and bounds:
        bounds[-1] = (bounds[-1][0], reading.n)
    elif count:
        bounds.append((0, reading.n))
    return [(a, b, rise(reading, (a, b))) for a, b in bounds]
