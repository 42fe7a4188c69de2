"""Changes to a text that can be traced back to where they were made."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

__all__ = ["Edit", "Trace", "apply"]

Edit = tuple[int, int, str]
"""Start and end of a place in a text, and what is to stand there instead."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Make edits, which must be in order and must not overlap.

    >>> apply("one  two", [(3, 5, " ")])
    'one two'
    """
    pieces: list[str] = []
    done = 0
    for start, end, new in edits:
        pieces += (text[done:start], new)
        done = end
    pieces.append(text[done:])
    return "".join(pieces)


class Trace:
    """Where the characters of an edited text stood before.

    >>> before = "a *bold*  word"
    >>> edits = [(2, 3, ""), (7, 8, ""), (8, 10, " ")]
    >>> after = apply(before, edits)
    >>> start, end = Trace(edits).back(after.index("bold"), after.index(" word"))
    >>> before[start:end]
    'bold'
    """

    def __init__(self, edits: Sequence[Edit]):
        self._edits = edits
        self._starts: list[int] = []
        self._ends: list[int] = []
        shift = 0
        for start, end, new in edits:
            self._starts.append(start + shift)
            self._ends.append(start + shift + len(new))
            shift += len(new) - (end - start)

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Characters [start, end) of the edited text as a place in the text before."""
        if start == end:
            position, _ = self._character(start)
            return position, position
        return self._character(start)[0], self._character(end - 1)[1]

    def _character(self, position: int) -> tuple[int, int]:
        i = bisect_right(self._starts, position) - 1
        if i < 0:
            return position, position + 1
        start, end, new = self._edits[i]
        if position >= self._ends[i]:
            old = position - self._ends[i] + end
            return old, old + 1
        if len(new) == end - start:  # one for one, as a curly quote for a straight one
            old = start + position - self._starts[i]
            return old, old + 1
        return start, end
