"""A long text cut into stretches that are read one by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Ends = tuple[NDArray[np.int64], NDArray[np.int64]]

__all__ = ["MOST_SEGMENTS", "SEGMENT", "WHOLE", "segments", "stretches"]

WHOLE = 4000
"""Words up to which a text is measured in one piece."""
SEGMENT = 1500
"""Words in a segment of a longer text."""
MOST_SEGMENTS = 24
"""Segments read at most; of a longer text, evenly spaced ones."""
_PARAGRAPH_END = re.compile(r"\n\s*")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+(?=[\"'“‘(\[—]*[A-Z0-9])")


def segments(text: str) -> tuple[list[tuple[int, int]], int]:
    r"""Stretches of about `SEGMENT` words that end where sentences end, and how many were left out.

    They end at a paragraph's end where one is near. A text without paragraphs is cut after a
    sentence, one without sentences where a word ends; a short rest joins the last.

    >>> pieces, skipped = segments(("word " * 1000 + "\n") * 5)
    >>> [len(("word " * 1000 + "\n") * 5), pieces[-1][1], len(pieces), skipped]
    [25005, 25005, 3, 0]
    """
    words = np.array([m.start() for m in re.finditer(r"\S+", text)])
    paragraphs = _ends(text, _PARAGRAPH_END, words)
    sentences = _ends(text, _SENTENCE_END, words)
    pieces: list[tuple[int, int]] = []
    start = first = 0
    while len(words) - first >= SEGMENT:
        found = _cut(paragraphs, first + SEGMENT, first + 2 * SEGMENT)
        found = found or _cut(sentences, first + SEGMENT, first + 2 * SEGMENT)
        if found is None:
            following = first + SEGMENT
            found = int(words[following]) if following < len(words) else len(text), following
        pieces.append((start, found[0]))
        start, first = found
    if len(words) - first >= SEGMENT // 3 or not pieces:
        pieces.append((start, len(text)))
    else:
        pieces[-1] = (pieces[-1][0], len(text))
    if len(pieces) <= MOST_SEGMENTS:
        return pieces, 0
    chosen = np.linspace(0, len(pieces) - 1, MOST_SEGMENTS).round().astype(int)
    return [pieces[k] for k in chosen], len(pieces) - MOST_SEGMENTS


def _ends(text: str, pattern: re.Pattern[str], words: NDArray[np.int64]) -> _Ends:
    """Where paragraphs or sentences end, and the words before each end."""
    ends = np.array([m.end() for m in pattern.finditer(text)] + [len(text)])
    return ends, np.searchsorted(words, ends)


def _cut(ends: _Ends, least: int, below: int) -> tuple[int, int] | None:
    """The first end after `least` words, with the words before it; None from `below` words on."""
    places, before = ends
    k = int(np.searchsorted(before, least))
    if k < len(places) and before[k] < below:
        return int(places[k]), int(before[k])
    return None


def stretches(text: str) -> tuple[list[tuple[int, int]], int]:
    """What of a text is read, in stretches, and how many stretches are left out.

    The text is normalised before it is cut: a licence or a line end is not a place to cut at.

    >>> stretches("A short text.")
    ([(0, 13)], 0)
    """
    if len(text.split()) <= WHOLE:
        return [(0, len(text))], 0
    return segments(text)
