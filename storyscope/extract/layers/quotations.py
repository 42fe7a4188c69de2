"""Where the story quotes speech, whichever way it marks it."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.lexicon import words

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading, Span

__all__ = ["Quotation", "find_quotations"]

SPEECH = words("verbs", "speech")
OPENING_DASH = frozenset({"—", "–", "-", "--", "―"})
OPENING = OPENING_DASH | {"(", "[", "'"}
INNER_END = frozenset({".", ",", "!", "?", "...", "—", "-", "--", "?!", "!?", "..", ";", "…"})
ENDS = frozenset({".", "!", "?", "...", "—", "?!", "!?", "..", "…", '"', "'", ")"})
LONG_ENOUGH = 6
"""Words from which a quoted stretch is speech whatever surrounds it."""
UNCLOSED = 300
"""Tokens to its paragraph's end from which an unclosed mark is taken for a slip of one sentence."""


class Quotation(NamedTuple):
    """Tokens [start, end) of one quotation, its marks included."""

    start: int
    end: int


def find_quotations(reading: Reading) -> list[Quotation]:
    """Quotations in order: double quotes, else single quotes; opening dashes beside or alone.

    Marks are toggled inside a paragraph; an odd one runs to the paragraph's end. A stretch of
    under `LONG_ENOUGH` words that neither ends in punctuation nor stands by a verb of saying is a
    mention, such as a title or a word at arm's length, and no speech.

    Source: toggling with paragraph reset is the rule of LitBank-era systems; measured on LitBank.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read('"Go," she said. The sign read "exit" in red.')
    >>> [reading.text_of(q) for q in reading.quotations]
    ['"Go,"']
    """
    double = [q for p in reading.paragraphs for q in _double(reading, p) if _is_speech(reading, q)]
    single: list[Quotation] = []
    if sum(w == "'" for w in reading.lower) > 2 * len(double):
        single = [
            q for p in reading.paragraphs for q in _single(reading, p) if _is_speech(reading, q)
        ]
    chosen = max(double, single, key=len)
    dashes = _dashes(reading)
    if not chosen or len(dashes) < len(chosen):
        return chosen or dashes
    # Speech by dashes, and a notice or a title in marks beside it.
    starts = [d.start for d in dashes]
    apart = [q for q in chosen if not _within(q, dashes, starts)]
    return sorted(dashes + apart)


def _double(reading: Reading, paragraph: Span) -> list[Quotation]:
    """Double quotes toggled; a mark that plainly opens or closes by its spacing is believed."""
    doc, lower = reading.doc, reading.lower
    found, opened = [], -1
    for i in range(paragraph.start, paragraph.end):
        if lower[i] != '"':
            continue
        before = i > paragraph.start and not doc[i - 1].whitespace_ and lower[i - 1] not in OPENING
        after = i + 1 < paragraph.end and not doc[i].whitespace_ and reading.is_word[i + 1]
        if opened < 0:
            if (before and not after) or _closes(reading, i):
                continue  # closes nothing
            opened = i
        elif i - opened == 1:
            opened = i  # nobody quotes nothing: the mark before it closed something
        elif after and not before and i - opened > 1:
            found.append(Quotation(opened, i))  # opens anew: the last one was never closed
            opened = i
        else:
            found.append(Quotation(opened, i + 1))
            opened = -1
    if opened >= 0 and paragraph.end - opened > 1:
        end = paragraph.end if paragraph.end - opened <= UNCLOSED else reading.sentence(opened).end
        found.append(Quotation(opened, end))
    return found


def _closes(reading: Reading, i: int) -> bool:
    """Whether a mark with blanks on both sides follows the end of speech: `Where? " he said`."""
    if not 0 < i < reading.n - 1:
        return False
    after = reading.doc[i + 1].text[:1]
    return reading.lower[i - 1] in ("?", "!") and after.islower()


def _single(reading: Reading, paragraph: Span) -> list[Quotation]:
    """Single quotes that open after a blank before a word and close after punctuation."""
    doc, lower = reading.doc, reading.lower
    found, opened = [], None
    for i in range(paragraph.start, paragraph.end):
        word = lower[i]
        if opened is None:
            at_start = (
                i == paragraph.start or bool(doc[i - 1].whitespace_) or lower[i - 1] in OPENING_DASH
            )
            glued = i + 1 < paragraph.end and not doc[i].whitespace_
            if word == "'" and at_start and glued:
                opened = i
        elif word in ("'", "''") and lower[i - 1] in INNER_END:
            found.append(Quotation(opened, i + 1))
            opened = None
    return found


def _within(quotation: Quotation, dashes: list[Quotation], starts: list[int]) -> bool:
    k = bisect_right(starts, quotation.start) - 1
    return k >= 0 and quotation.start < dashes[k].end


def _dashes(reading: Reading) -> list[Quotation]:
    """Paragraphs that open with a dash, where at least three do; items of a list have no point."""
    opening = [
        p
        for p in reading.paragraphs
        if reading.lower[p.start] in OPENING_DASH and reading.lower[p.end - 1] in ENDS
    ]
    return [Quotation(p.start, p.end) for p in opening] if len(opening) >= 3 else []


def _is_speech(reading: Reading, quotation: Quotation) -> bool:
    start, end = quotation
    lower = reading.lower
    n_words = int(reading.is_word[start:end].sum())
    if n_words == 0:
        return False
    if n_words >= LONG_ENOUGH:
        return True
    if lower[end - 1] not in {'"', "'", "''"}:
        return True  # unclosed: runs to the paragraph's end
    after = reading.lemma[end : min(end + 4, reading.n)]
    before = reading.lemma[max(start - 3, 0) : start]
    said = any(w in SPEECH for w in after) or any(w in SPEECH for w in before)
    if end - start > 2 and lower[end - 2] in INNER_END:
        # "They called it "the house," and left it": a stop inside the marks is mere custom.
        inside = start > 0 and reading.is_word[start - 1] and lower[end - 2] in (",", ".")
        opens = start == 0 or reading.sentences[reading.sentence_of[start]].start >= start
        return said or opens or not inside
    return any(w in SPEECH for w in after) or (bool(before) and before[-1] in {",", ":"} and said)
