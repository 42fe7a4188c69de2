"""Where a quotation stands in its story: exactly, after normalisation, or nearly."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

__all__ = ["Locator", "Quote"]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_GAP = re.compile(r"\s*(?:\.\s?\.\s?\.|…|\[\.\.\.\]|\[…\])\s*")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "—": " ", "–": " ", "-": " "})

NEAR = 0.75
"""Share of a quotation's words that must stand together in the story, in order."""
LEAST = 4
"""Words that a quotation needs before a near match is believed."""


@dataclass(frozen=True)
class Quote:
    """What a judge quoted, and where it stands.

    Attributes
    ----------
    text : str
        As the judge wrote it.
    start, end : int or None
        Characters [start, end) of the story; None where it was not found.
    how : str
        "exact", "normalised" (case, quotation marks, dashes, blanks), "fuzzy" or "unlocated".
    """

    text: str
    start: int | None = None
    end: int | None = None
    how: str = "unlocated"


class Locator:
    """Finds quotations in one story.

    >>> story = Locator("The lamp went out. Nobody in the long room spoke for a while.")
    >>> story.find("The lamp went out").how, story.find("the LAMP  went out").how
    ('exact', 'normalised')
    >>> found = story.find("Nobody in the room spoke for a while")
    >>> found.how, story.text[found.start:found.end]
    ('fuzzy', 'Nobody in the long room spoke for a while')
    >>> story.find("She opened the iron gate").how
    'unlocated'
    """

    def __init__(self, text: str):
        self.text = text

    @cached_property
    def _words(self) -> tuple[list[str], list[tuple[int, int]]]:
        plain = self.text.translate(_PLAIN)
        found = [(m.group().casefold(), m.span()) for m in _WORD.finditer(plain)]
        return [word for word, _ in found], [span for _, span in found]

    def find(self, quote: str) -> Quote:
        """The first place that fits, by the strictest way that finds one."""
        wanted = html.unescape(quote).strip()
        if not wanted:
            return Quote(quote)
        if (start := self.text.find(wanted)) >= 0:
            return Quote(quote, start, start + len(wanted), "exact")
        words = [m.group().casefold() for m in _WORD.finditer(wanted.translate(_PLAIN))]
        if span := self._run(words):
            return Quote(quote, *span, "normalised")
        pieces = [p for p in _GAP.split(wanted) if len(p.split()) >= LEAST]
        if len(pieces) > 1:
            places = [self.find(piece) for piece in pieces]
            if all(p.start is not None for p in places):
                first, last = places[0], places[-1]
                if first.start is not None and last.end is not None and first.start < last.end:
                    return Quote(quote, first.start, last.end, "fuzzy")
        if span := self._near(words):
            return Quote(quote, *span, "fuzzy")
        return Quote(quote)

    def _run(self, words: Sequence[str]) -> tuple[int, int] | None:
        """Where the words stand one after another."""
        if not words:
            return None
        have, spans = self._words
        size = len(words)
        first = words[0]
        for i in range(len(have) - size + 1):
            if have[i] == first and have[i : i + size] == list(words):
                return spans[i][0], spans[i + size - 1][1]
        return None

    def _near(self, words: Sequence[str]) -> tuple[int, int] | None:
        """Where most of the words stand in order, around their longest common run."""
        have, spans = self._words
        size = len(words)
        if size < LEAST:
            return None
        matcher = SequenceMatcher(None, have, words, autojunk=False)
        anchor = matcher.find_longest_match()
        if anchor.size < 2:
            return None
        low = max(0, anchor.a - anchor.b - size // 2)
        high = min(len(have), anchor.a + (size - anchor.b) + size // 2)
        blocks = [
            b
            for b in SequenceMatcher(
                None, have[low:high], words, autojunk=False
            ).get_matching_blocks()
            if b.size
        ]
        matched = sum(b.size for b in blocks)
        start, end = low + blocks[0].a, low + blocks[-1].a + blocks[-1].size
        if matched < NEAR * size or matched < NEAR * (end - start):
            return None
        return spans[start][0], spans[end - 1][1]
