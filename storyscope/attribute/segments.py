"""A long text cut into stretches that are read one by one."""

from __future__ import annotations

import re

import numpy as np

__all__ = ["MOST_SEGMENTS", "SEGMENT", "WHOLE", "segments", "stretches"]

WHOLE = 4000
"""Words up to which a text is measured in one piece."""
SEGMENT = 1500
"""Words in a segment of a longer text."""
MOST_SEGMENTS = 24
"""Segments read at most; of a longer text, evenly spaced ones."""


def segments(text: str) -> tuple[list[tuple[int, int]], int]:
    r"""Stretches of about `SEGMENT` words that end at paragraph ends, and how many were left out.

    A paragraph of many thousand words is cut where a word ends; a short rest joins the last.

    >>> pieces, skipped = segments(("word " * 1000 + "\n") * 5)
    >>> [len(("word " * 1000 + "\n") * 5), pieces[-1][1], len(pieces), skipped]
    [25005, 25005, 3, 0]
    """
    words = np.array([m.start() for m in re.finditer(r"\S+", text)])
    ends = np.array([m.end() for m in re.finditer(r"\n\s*", text)] + [len(text)])
    before = np.searchsorted(words, ends)  # words before each paragraph end
    pieces: list[tuple[int, int]] = []
    start = first = 0
    while len(words) - first >= SEGMENT:
        k = int(np.searchsorted(before, first + SEGMENT))
        if k < len(ends) and before[k] < first + 2 * SEGMENT:
            cut, following = int(ends[k]), int(before[k])
        else:
            following = first + SEGMENT
            cut = int(words[following]) if following < len(words) else len(text)
        pieces.append((start, cut))
        start, first = cut, following
    if len(words) - first >= SEGMENT // 3 or not pieces:
        pieces.append((start, len(text)))
    else:
        pieces[-1] = (pieces[-1][0], len(text))
    if len(pieces) <= MOST_SEGMENTS:
        return pieces, 0
    chosen = np.linspace(0, len(pieces) - 1, MOST_SEGMENTS).round().astype(int)
    return [pieces[k] for k in chosen], len(pieces) - MOST_SEGMENTS


def stretches(text: str) -> tuple[list[tuple[int, int]], int]:
    """What of a text is read, in stretches, and how many stretches are left out.

    >>> stretches("A short text.")
    ([(0, 13)], 0)
    """
    if len(text.split()) <= WHOLE:
        return [(0, len(text))], 0
    return segments(text)
