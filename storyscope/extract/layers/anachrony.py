"""Where the telling leaves its now: scenes from before it, glimpses of after it.

Passages told back or ahead are found by their verbs (runs of the pluperfect, the past inside a
present-tense story, "would" for a later time) and by phrases of distance; stock-taking ("he had
lost everything") and single backward glances are not scenes and stay out.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from storyscope.extract.layers.clauses import Clause
from storyscope.extract.layers.tense import past_share
from storyscope.extract.layers.times import phrase_pattern
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["Passage", "flash_forwards", "flashbacks", "pluperfects", "sentence_text"]

STATIVE = words("verbs", "stative")
_BACK = phrase_pattern(words("time", "flashback_onset"))
_AGO = re.compile(
    r"\b(?:ago|earlier|before (?:that|then|this)|back (?:when|then|in)|when (?:i|he|she|they|we) (?:was|were) "
    r"(?:a |an |\w+teen|\w+ty|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|young|little|small))\b"
)
_YEAR = re.compile(r"\b(?:in )?(?:1[5-9]|20)\d\d\b")
_REMEMBER = re.compile(
    r"\b(?:remember(?:ed|s|ing)?|recall(?:ed|s|ing)?|thought back|memory of|came back to (?:him|her|me))\b"
)
_RETURN = re.compile(
    r"^(?:now|today|tonight|but now|and now|here|the memory|that was (?:years|long|then))\b"
)
_AHEAD = phrase_pattern(words("time", "flashforward_onset"))
_LATER = re.compile(
    r"\b(?:years|decades|months|weeks|centuries|generations|long|much|many years) (?:later|after(?:ward|wards)?|from now|hence|on)\b"
    r"|\b(?:in|for) (?:later|future|coming|after) years\b|\byears to come\b|\bone day\b|\bsome day\b|\bsomeday\b"
    r"|\bwould (?:one day|later|eventually|in time|never again|come to|live to|be (?:found|told|said|remembered))\b"
    r"|\b(?:was|were) (?:never )?to (?:be|see|have|find|know|learn|regret|remember|become|die|live|marry|tell)\b"
    r"|\bnot yet\b|\blittle did\b|\bhad (?:i|he|she|they|we) known\b|\bby the time\b"
)


class Passage(NamedTuple):
    """Tokens [start, end) told from another time, and what gave it away."""

    start: int
    end: int
    reason: str


@once
def pluperfects(reading: Reading) -> list[Clause]:
    """Narrated main clauses in the past perfect, outside subordinate and reported ones."""
    return [c for c in reading.clauses if c.pluperfect and c.main and not c.quoted and not c.mark]


@once
def flashbacks(reading: Reading) -> list[Passage]:
    """Scenes told back, in order, not overlapping.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> text = (
    ...     "Ines shut the door. Ten years earlier she had sold the boat. She had wept and the "
    ...     "buyer had laughed at her. He had counted the notes twice. Now she made tea."
    ... )
    >>> [p.reason for p in flashbacks(read(text))]
    ['pluperfect scene']
    """
    sentences = reading.sentences
    kinds = [_sentence_kind(reading, k) for k in range(len(sentences))]
    frame_present = past_share(reading) < 0.5
    passages: list[Passage] = []
    k = 0
    while k < len(sentences):
        passage = (
            _past_in_present(reading, k, kinds) if frame_present else _told_back(reading, k, kinds)
        )
        if passage is None:
            k += 1
            continue
        passages.append(passage)
        while k < len(sentences) and sentences[k].start < passage.end:
            k += 1
    return passages


class _Kind(NamedTuple):
    """What the narrated main clauses of a sentence are: counts."""

    pluperfect: int
    dynamic: int
    past: int
    present: int
    speech: bool


@once
def _clauses_by_sentence(reading: Reading) -> dict[int, list[Clause]]:
    found: dict[int, list[Clause]] = {}
    for clause in reading.clauses:
        found.setdefault(reading.sentence_of[clause.verb], []).append(clause)
    return found


def _sentence_kind(reading: Reading, k: int) -> _Kind:
    pluperfect = dynamic = past = present = 0
    speech = False
    for clause in _clauses_by_sentence(reading).get(k, []):
        if clause.quoted:
            speech = True
            continue
        if not clause.main:
            continue
        if clause.pluperfect:
            pluperfect += 1
            dynamic += _dynamic(reading, clause)
        elif clause.tense == "past":
            past += 1
        elif clause.tense == "present":
            present += 1
    return _Kind(pluperfect, dynamic, past, present, speech)


def _dynamic(reading: Reading, clause: Clause) -> bool:
    """Whether a clause tells of a deed or happening rather than a state or a balance drawn."""
    lemma = reading.lemma[clause.verb]
    return lemma not in STATIVE and reading.pos[clause.verb] == "VERB" and not clause.negated


@once
def _lowered(reading: Reading) -> list[str]:
    return [sentence_text(reading, s) for s in reading.sentences]


def sentence_text(reading: Reading, span: Span) -> str:
    """Lower-case narrated words of a sentence, joined by blanks."""
    return " ".join(reading.lower[i] for i in range(span.start, span.end) if not reading.quoted[i])


def _told_back(reading: Reading, k: int, kinds: list[_Kind]) -> Passage | None:
    """A scene told back in a past-tense story that begins with sentence `k`."""
    kind = kinds[k]
    text = _lowered(reading)[k]
    cue = bool(_BACK.search(text) or _AGO.search(text) or _YEAR.search(text))
    memory = bool(_REMEMBER.search(text))
    if not (kind.pluperfect or cue or memory):
        return None
    window = kinds[k : k + 5]
    pluperfect = sum(w.pluperfect for w in window)
    dynamic = sum(w.dynamic for w in window)
    needed = 2 if cue or memory else 3
    if (
        dynamic < needed
        or pluperfect < needed
        or not (kind.pluperfect or kinds[min(k + 1, len(kinds) - 1)].pluperfect)
    ):
        return None
    end = _back_to_now(reading, k, kinds)
    if end - k < 2:
        return None
    return Passage(reading.sentences[k].start, reading.sentences[end - 1].end, "pluperfect scene")


def _back_to_now(reading: Reading, k: int, kinds: list[_Kind]) -> int:
    """First sentence after the scene told back."""
    texts = _lowered(reading)
    paragraph = reading.paragraph_of[reading.sentences[k].start]
    last_back = k
    j = k + 1
    while j < len(kinds):
        start = reading.sentences[j].start
        if _RETURN.match(texts[j]):
            break
        if kinds[j].pluperfect:
            last_back = j
        elif reading.paragraph_of[start] != paragraph and j - last_back > 1:
            break
        elif j - last_back > 6:
            break
        if reading.paragraph_of[start] != paragraph:
            paragraph = reading.paragraph_of[start]
        j += 1
    return j


def _past_in_present(reading: Reading, k: int, kinds: list[_Kind]) -> Passage | None:
    """A past-tense scene inside a present-tense story that begins with sentence `k`."""
    if not (kinds[k].past and not kinds[k].present):
        return None
    end, past, j = k + 1, kinds[k].past, k + 1
    while j < len(kinds) and not kinds[j].present:
        if kinds[j].past:
            past += kinds[j].past + kinds[j].pluperfect
            end = j + 1
        j += 1
    if end - k < 2 or past < 3:
        return None
    return Passage(
        reading.sentences[k].start, reading.sentences[end - 1].end, "past inside present"
    )


@once
def flash_forwards(reading: Reading) -> list[Passage]:
    """Sentences that tell of a time after the story's now, joined where they follow on."""
    passages: list[Passage] = []
    for k, span in enumerate(reading.sentences):
        text = _lowered(reading)[k]
        if not _AHEAD.search(text) and not _LATER.search(text):
            continue
        clauses = [c for c in _clauses_by_sentence(reading).get(k, []) if not c.quoted and c.main]
        if not any(c.modal in ("would", "will", "shall") and not c.mark for c in clauses):
            continue
        if re.search(r"\bif\b|\bevery\b|\balways\b|\busually\b|\bsometimes\b", text):
            continue
        if passages and passages[-1].end >= span.start - 1:
            passages[-1] = passages[-1]._replace(end=span.end)
        else:
            passages.append(Passage(span.start, span.end, "told ahead"))
    return passages
