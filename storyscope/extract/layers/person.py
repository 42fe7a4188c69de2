"""Who tells the story: the grammatical person of the narration."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Persons", "intrusions", "narrative_person", "persons", "script_lines", "spoken"]

WE, YOU = "we", "you"
THEY = frozenset({"he", "she", "they"})
_OBLIQUE = frozenset({"me", "my", "mine", "myself"})
_TELLING = words("telling", "telling_verbs")
LEAST = 6
"""Narrated clauses with a personal subject under which the person is not named."""


class Persons(NamedTuple):
    """Narrated clauses by their subject, as tokens of their verbs.

    Attributes
    ----------
    i, we, you : list of int
    others : list of int
        He, she, they, names and person nouns.
    aside : list of int
        "I" and "we" as a narrator's remark that leaves the narrator outside ("I must say", "we have
        seen that"): counted in neither `i` nor `we`.
    """

    i: list[int]
    we: list[int]
    you: list[int]
    others: list[int]
    aside: list[int]


@once
def script_lines(reading: Reading) -> list[Span]:
    """Paragraphs that a speaker's name and a colon open, where a story sets its speech so.

    Four such paragraphs are asked for, and a name that comes back: "Note:" is no speaker.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> lines = ["ANN: Where were you?", "BEN (coughs): Out.", "ANN: I waited.", "BEN: I know."]
    >>> story = chr(10).join(lines)
    >>> len(script_lines(read(story))), len(script_lines(read("Note: it rained.")))
    (4, 0)
    """
    found, names = [], []
    for paragraph in reading.paragraphs:
        name = _speaker(reading, paragraph)
        if name:
            found.append(paragraph)
            names.append(name)
    return found if len(found) >= 4 and len(set(names)) <= len(names) / 2 else []


def _speaker(reading: Reading, paragraph: Span) -> str:
    """Name before a colon in the first words of a paragraph, a bracketed direction left out."""
    name: list[str] = []
    depth = 0
    for i in range(paragraph.start, min(paragraph.end, paragraph.start + 16)):
        word = reading.lower[i]
        if word in ("(", "["):
            depth += 1
        elif word[0] in ")]":  # the tokenizer may leave "):" in one piece
            depth -= 1
            if word.endswith(":") and not depth:
                return " ".join(name)
        elif word == ":" and not depth:
            return " ".join(name)
        elif not depth:
            if len(name) == 4 or not (
                reading.doc[i].text[:1].isupper() or word.isdigit() or word == "."
            ):
                return ""
            name.append(word)
    return ""


@once
def spoken(reading: Reading) -> NDArray[np.bool_]:
    """Tokens in quotations or in the lines of a script."""
    lines = script_lines(reading)
    if not lines:
        return reading.quoted
    mask = reading.quoted.copy()
    for start, end in lines:
        mask[start:end] = True
    return mask


@once
def persons(reading: Reading) -> Persons:
    """Sort the narrated clauses by the person of their subject.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> found = persons(read("I shut the gate. We ran, and Ann fell."))
    >>> len(found.i), len(found.we), len(found.others)
    (1, 1, 1)
    """
    found = Persons([], [], [], [], [])
    people, lower, quoted = reading.cast.persons, reading.lower, spoken(reading)
    frame = [c.tense for c in reading.clauses if c.main and not quoted[c.verb]]
    past, present = frame.count("past"), frame.count("present")
    past_frame = past > present
    for clause in reading.clauses:
        if clause.subject < 0 or quoted[clause.verb]:
            continue
        word = lower[clause.subject]
        if word in ("i", WE):
            telling = clause.tense != "past" and reading.lemma[clause.verb] in _TELLING
            kind = found.aside if telling and past_frame else found.i if word == "i" else found.we
        elif word == YOU:
            kind = found.you
        elif word in THEY or clause.subject in people:
            kind = found.others
        else:
            continue
        kind.append(clause.verb)
    return found


@once
def narrative_person(reading: Reading) -> str | None:
    """Person of the narration: "first", "first plural", "second" or "third"; None if too few speak.

    First where "I" and "we" are a fair share of the personal subjects and the narrator has a part
    in the story; a remark of an authorial "I" or "we" does not make a first-person story. Second
    where "you" leads. Plural where hardly any "I" stands beside "we".

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> narrative_person(read("We took the boat. We rowed out. It rained. We sang, and we drank. "
    ...                       "We lost an oar. We drifted."))
    'first plural'
    """
    i, we, you, others, aside = (len(kind) for kind in persons(reading))
    total = i + we + you + others
    if total + aside < LEAST:
        return None
    first = i + we
    if you >= 0.4 * total and you > 3 * first:
        return "second"
    own = sum(w in _OBLIQUE and not q for w, q in zip(reading.lower, spoken(reading), strict=True))
    part = first / max(total, 1)
    bystander = part >= 0.05 and own >= 5 and _past_first(reading) >= 2
    if not bystander and (
        part < 0.12 or (part < 0.2 and own < max(2, 0.25 * first)) or (i == 0 and we < 3)
    ):
        return "third"
    return "first plural" if we >= 3 and we >= 4 * (i + own / 3) else "first"


def _past_first(reading: Reading) -> int:
    """Narrated clauses in the past with "I" or "we"."""
    found = persons(reading)
    verbs = {*found.i, *found.we}
    return sum(c.tense == "past" and c.verb in verbs for c in reading.clauses)


@once
def intrusions(reading: Reading) -> list[int]:
    """Verbs by which a narrator outside the story says "I" or "we" in a story told of others."""
    if narrative_person(reading) != "third":
        return []
    found = persons(reading)
    return sorted(found.i + found.we + found.aside)
