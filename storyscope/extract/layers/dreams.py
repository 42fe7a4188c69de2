"""Dreams and visions that are told, as against the word "dream"."""

from __future__ import annotations

import re
from typing import NamedTuple

from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["Dream", "doubts", "dream_words", "dreams", "visions", "wakings"]

_WAKE = words("verbs", "wake")
_WAKING = re.compile(
    r"\b(?:woke|wakes|waking|awoke|awakes|awakened|awakens|jolted (?:awake|upright)|sat (?:bolt )?upright|"
    r"snapped awake|came awake|only a dream|just a dream|been a dream|been dreaming|been asleep|"
    r"(?:my|his|her|their) eyes (?:flew|snapped|fluttered|shot|opened)|opened (?:my|his|her|their) eyes|"
    r"the dream (?:dissolved|faded|ended|broke|shattered|let|left|was gone|released)|the alarm (?:clock )?(?:rang|went))\b"
)
_ASLEEP = re.compile(
    r"\b(?:fell asleep|falls asleep|drifted off|dozed off|slept|sleep (?:came|took|found|claimed|closed)|"
    r"in (?:my|his|her|their|the) sleep|closed (?:my|his|her|their) eyes and|nodded off)\b"
)
_ENTRY = re.compile(
    r"\b(?:in|during|inside|through) (?:the|a|my|his|her|our|their|this|that|one|another|every|those|these) "
    r"(?:\w+ ){0,2}(?:dream|dreams|nightmare|nightmares)\b"
)
_UNREAL = re.compile(
    r"\b(?:impossibl\w+|suddenly|somehow|melted|dissolved|transformed|turned into|became|flew|flying|floated|floating|"
    r"endless|without (?:end|a face)|no face|faceless|where .{1,20} should have been|as (?:one|things) (?:does|do) in dreams)\b"
)
_DOUBT = re.compile(
    r"\b(?:was (?:it|this|that|i|he|she) (?:real|dreaming|a dream|only a dream|just a dream|imagining|hallucinating)|"
    r"had (?:i|he|she|they|it) (?:dreamed|dreamt|imagined|been a dream|been dreaming)|"
    r"(?:could|couldn't|could not|did not|didn't) tell (?:if|whether) .{0,30}(?:dream|real|awake|asleep)|"
    r"(?:dream|dreams) (?:or|and) (?:real|reality|waking)|not (?:a )?dream|pinched (?:myself|himself|herself)|"
    r"still dreaming|dreaming (?:still|this|it|again)|must (?:be|have been) (?:dreaming|a dream|imagining))\b"
)
_PERSONAL = frozenset("i he she we they you".split())


class Dream(NamedTuple):
    """One dream told: tokens [start, end), and where its waking stands (-1 if it is not told)."""

    start: int
    end: int
    waking: int


@once
def dream_words(reading: Reading) -> list[int]:
    """Every word of dreaming, told or merely mentioned, in narration."""
    return [
        i
        for i, lemma in enumerate(reading.lemma)
        if lemma in ("dream", "nightmare", "dreamt") and not reading.quoted[i]
    ]


@once
def _texts(reading: Reading) -> list[str]:
    return [
        " ".join(reading.lower[i] for i in range(s.start, s.end) if not reading.quoted[i])
        for s in reading.sentences
    ]


@once
def dreams(reading: Reading) -> list[Dream]:
    """Dreams told as scenes, in order.

    A dream is told where a way in ("she dreamed that", "in the dream", a nightmare that begins)
    is followed by at least three finite clauses of what happens in it.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "That night she dreamed. The stairs went on. She climbed. Her father waited above."
    >>> len(dreams(read(told))), len(dreams(read("She dreamed of becoming a doctor.")))
    (1, 0)
    """
    found: list[Dream] = []
    for i in _entries(reading):
        if found and i < found[-1].end:
            continue
        body = _body(reading, i)
        if body is not None:
            found.append(body)
    return found


def _entries(reading: Reading) -> list[int]:
    """Words by which a telling of a dream may begin."""
    entries = []
    dep, lower, lemma, tag = reading.dep, reading.lower, reading.lemma, reading.tag
    for i in dream_words(reading):
        if reading.pos[i] == "VERB":
            if _tells(reading, i):
                entries.append(i)
            continue
        if dep[i] in ("compound", "amod") or lower[i].startswith("daydream"):
            continue
        sentence = reading.sentence(i)
        if "?" in lower[sentence.start : sentence.end]:
            continue
        head = reading.head[i]
        opening = i - sentence.start <= 6
        if dep[i] == "pobj" and lower[head] in ("in", "during", "inside", "through") and opening:
            if any(dep[c] in ("det", "poss") for c in reading.children[i]):
                entries.append(i)
        elif (
            dep[i] == "dobj"
            and lemma[head] in ("have", "dream", "remember")
            and tag[head] in ("VBD", "VBP", "VBZ", "VBN")
        ):
            if dep[head] not in ("advcl", "relcl", "acl") and not _negated(reading, head):
                entries.append(i)
        elif dep[i] in ("nsubj", "nsubjpass") and lemma[head] in (
            "begin", "come", "return", "start", "be", "go", "open", "visit", "change", "follow", "take",
        ):  # fmt: skip
            if dep[head] not in ("advcl", "relcl") and not _negated(reading, head):
                entries.append(i)
    return entries


def _negated(reading: Reading, i: int) -> bool:
    return any(reading.dep[c] == "neg" or reading.tag[c] == "MD" for c in reading.children[i])


def _tells(reading: Reading, i: int) -> bool:
    """Whether a form of the verb "dream" opens a telling: finite, personal, not of an ambition."""
    if reading.tag[i] not in ("VBD", "VBP", "VBZ", "VBN", "VBG"):
        return False
    if reading.dep[i] in ("relcl", "acl", "ccomp", "amod"):
        return False
    subject = reading.child(i, "nsubj")
    if subject is None and reading.dep[i] == "conj":
        subject = reading.child(reading.head[i], "nsubj")
    if subject is None or not (
        subject in reading.cast.persons or reading.lower[subject] in _PERSONAL
    ):
        return False
    for c in reading.children[i]:
        if reading.dep[c] in ("neg", "prt") or reading.tag[c] == "MD":
            return False
        if reading.dep[c] == "dobj" and reading.lower[c] in ("it", "that", "this"):
            return False
        if reading.dep[c] == "prep" and reading.lower[c] in ("of", "about"):
            if any(reading.dep[o] == "pcomp" for o in reading.children[c]):
                return False
    return True


def _body(reading: Reading, entry: int) -> Dream | None:
    """What is told of the dream, up to a waking, the end of the next paragraph, or a return."""
    texts = _texts(reading)
    first = reading.sentence_of[entry]
    paragraph = reading.paragraph_of[entry]
    end, waking = first, -1
    for k in range(first, len(texts)):
        start = reading.sentences[k].start
        if reading.paragraph_of[start] > paragraph + (1 if k - first < 3 else 0):
            break
        if k > first and _WAKING.search(texts[k]):
            waking = start
            break
        if k > first and texts[k].startswith(
            ("now ", "today ", "but now", "that morning", "in the morning")
        ):
            break
        end = k
    span = Span(reading.sentences[first].start, reading.sentences[end].end)
    inside = [
        c
        for c in reading.clauses
        if entry < c.verb < span.end and not c.quoted and c.tense != "modal"
    ]
    if len(inside) < 3:
        return None
    return Dream(span.start, span.end, waking)


@once
def wakings(reading: Reading) -> list[Span]:
    """Narrated sentences in which somebody wakes."""
    return [
        s
        for s, text in zip(reading.sentences, _texts(reading), strict=True)
        if _WAKING.search(text)
    ]


@once
def doubts(reading: Reading) -> list[Span]:
    """Sentences that ask or deny whether what is told was dreamed or imagined."""
    return [
        s for s, text in zip(reading.sentences, _texts(reading), strict=True) if _DOUBT.search(text)
    ]


@once
def visions(reading: Reading) -> list[int]:
    """Visions, hallucinations, apparitions and mirages that somebody has or sees."""
    found = []
    for i, lemma in enumerate(reading.lemma):
        if (
            lemma in ("hallucinate", "hallucination", "apparition", "mirage")
            and not reading.quoted[i]
        ):
            found.append(i)
        elif lemma == "vision" and not reading.quoted[i] and reading.dep[i] in ("dobj", "nsubj"):
            head = reading.lemma[reading.head[i]]
            modified = any(
                reading.dep[c] in ("amod", "poss", "compound") for c in reading.children[i]
            )
            if (
                head in ("have", "see", "come", "appear", "begin", "fade", "return")
                and not modified
            ):
                found.append(i)
    return found
