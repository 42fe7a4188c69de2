"""Free indirect discourse: somebody's thought in the narrator's past and third person, untagged.

No single sentence proves it. What is found are cues, each of which is likelier in a mind's own
words than in a report; only the questions are right often enough to be counted by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.generic import clauses_by_sentence, past_frame
from storyscope.extract.layers.person import narrative_person, spoken
from storyscope.extract.layers.questions import questions
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["CUES", "Cue", "free_indirect", "passages"]

DOUBT = words("telling", "inner_adverbs")
INTERJECTIONS = words("telling", "interjections")
NEAR = words("telling", "near_deictics")
EPITHETS = words("telling", "epithets")
OUGHT = frozenset({"must", "ought", "should", "need"})
CUES = (
    "question", "fragment", "exclamation", "near", "doubt", "interjection", "epithet", "ought",
    "repair", "one", "judged",
)  # fmt: skip
"""Kinds of cue: a question in the past by its form; one without a finite verb or by its mark; an
exclamation; a word of here and now beside a past; an adverb of one's own judging (surely, of
course); an interjection; a name that people call each other in their heads; a past obligation or
guess (it must be him, then); a thought that corrects itself (no, not fish); "one" or "you" for
anybody in the past; a deed judged (it had been a mistake to come)."""
JUDGED = words("telling", "judged")
_THIRD = frozenset("he she they his her their him them himself herself themselves it".split())
_REPORT = words("verbs", "speech", "cognition") - {"mean", "reason", "figure", "learn"}


class Cue(NamedTuple):
    """A sentence of narration with a cue, and which one."""

    start: int
    end: int
    kind: str


@once
def free_indirect(reading: Reading) -> list[Cue]:
    """Cues of free indirect discourse, in order; none in a first- or second-person story.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "Where had he put it? Surely he would know tomorrow. Now and then a car passed."
    >>> [c.kind for c in free_indirect(read(told))]
    ['question', 'near', 'doubt']
    """
    if narrative_person(reading) in ("first", "first plural", "second"):
        return []
    found: list[Cue] = []
    masked, lower = spoken(reading), reading.lower
    asked = {q.start: q for q in questions(reading)}
    clauses = clauses_by_sentence(reading)
    for k, (start, end) in enumerate(reading.sentences):
        if masked[start:end].any() or end - start < 2:
            continue
        own = clauses.get(k, [])
        if _somebody_says_i(lower, start, end) or _tagged(reading, own):
            continue
        kinds = []
        question = asked.get(start)
        if question is not None:
            if question.general or (not question.past and question.kind != "fragment"):
                continue
            formed = question.kind in ("wh", "yes or no") and past_frame(reading)
            kinds.append("question" if formed else "fragment")
        elif "!" in lower[max(start, end - 2) : end]:
            kinds.append("exclamation")
        past = any(c.tense == "past" or c.modal in ("would", "could", "might") for c in own)
        present = any(c.main and c.tense == "present" for c in own)
        if own and (not past or present) and question is None:
            kinds = [kind for kind in kinds if not present]
        else:
            kinds += _worded(reading, start, end, own)
        found += [Cue(start, end, kind) for kind in dict.fromkeys(kinds)]
    return found


def _somebody_says_i(lower: list[str], start: int, end: int) -> bool:
    return any(lower[i] in ("i", "my", "me", "we", "our") for i in range(start, end))


def _tagged(reading: Reading, clauses: list[Clause]) -> bool:
    """Whether somebody is said to think, say or ask what the sentence holds."""
    for c in clauses:
        told = reading.lemma[c.verb] in _REPORT and c.subject >= 0
        if told and reading.child(c.verb, "ccomp") is not None:
            return True
    return False


def _worded(reading: Reading, start: int, end: int, own: list[Clause]) -> list[str]:
    """Cues by their words in one sentence."""
    lower, kinds = reading.lower, []
    first = lower[start]
    said = lower[start:end]
    if any(w in NEAR for w in said) and _near(reading, start, end, own):
        kinds.append("near")
    if _judges(lower, start, end):
        kinds.append("doubt")
    if first in INTERJECTIONS and (
        lower[start + 1] in (",", "!", ".", ";", ":") or (end - start <= 4 and not own)
    ):
        kinds.append("interjection")
    if any(
        w in EPITHETS and reading.pos[i] in ("NOUN", "PROPN", "ADJ")
        for i, w in enumerate(said, start)
        if w in EPITHETS
    ):
        kinds.append("epithet")
    if any(_obliged(reading, c) for c in own):
        kinds.append("ought")
    if any(_anybody(reading, c) for c in own):
        kinds.append("one")
    if any(_judged(reading, c) for c in own):
        kinds.append("judged")
    if (first in ("no", "yes", "not") and lower[start + 1] in (",", ";", ":", ".", "that")) or (
        "rather" in said and "or" in said
    ):
        kinds.append("repair")
    return kinds


def _near(reading: Reading, start: int, end: int, own: list[Clause]) -> bool:
    """Whether a word of here and now stands by a verb of the past, "now and then" apart."""
    lower = reading.lower
    for i in range(start, end):
        if lower[i] not in NEAR:
            continue
        idiom = lower[i + 1 : i + 3] in (["and", "then"], ["and", "again"])
        if lower[i] == "now" and (idiom or lower[i - 1] in ("by", "until", "just", "till")):
            continue
        wide = lower[i] not in ("now", "here")
        for c in own:
            if c.modal in ("would", "could", "might", "must"):
                return True
            if c.tense == "past" and (wide or (c.main and reading.lemma[c.verb] == "be")):
                return True
    return False


def _judges(lower: list[str], start: int, end: int) -> bool:
    """Whether an adverb of judging opens the sentence or stands between commas."""
    for i in range(start, end):
        if lower[i] in DOUBT and (
            i == start or lower[i - 1] in (",", ";", "-", "--", "–", "—", "and", "but", ":")
        ):
            return True
        if lower[i] == "of" and lower[i + 1 : i + 2] == ["course"]:
            return True
    return False


def _obliged(reading: Reading, clause: Clause) -> bool:
    """Whether a past "must" or "ought" is somebody's own: "it must be him, then"."""
    if clause.modal not in OUGHT or clause.mark or not clause.main:
        return False
    i = clause.subject
    return i >= 0 and (reading.lower[i] in _THIRD or reading.lower[i] in ("one", "there", "that"))


def _anybody(reading: Reading, clause: Clause) -> bool:
    """Whether "one" or "you" stands for anybody in a past of its own: "one could hardly ask"."""
    i = clause.subject
    if i < 0 or clause.tense == "present":
        return False
    if reading.lower[i] == "one":
        return not any(
            reading.dep[c] in ("det", "prep", "amod", "nummod") for c in reading.children[i]
        )
    return reading.lower[i] == "you"


def _judged(reading: Reading, clause: Clause) -> bool:
    """Whether a deed or a state of things is judged: "it had been a mistake to come"."""
    if reading.lemma[clause.verb] != "be" or clause.tense != "past" or clause.subject < 0:
        return False
    if reading.lower[clause.subject] not in ("it", "that", "there", "this"):
        return False
    what = reading.child(clause.verb, "attr", "acomp")
    return what is not None and reading.lemma[what] in JUDGED


@once
def passages(reading: Reading) -> list[Span]:
    """Paragraphs with two cues or more of different sentences or kinds.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> len(passages(read("Where had he put it? Surely he would know tomorrow. He went in.")))
    1
    """
    by: dict[int, list[Cue]] = {}
    for cue in free_indirect(reading):
        by.setdefault(reading.paragraph_of[cue.start], []).append(cue)
    return [Span(*reading.paragraphs[k]) for k, cues in sorted(by.items()) if len(cues) >= 2]
