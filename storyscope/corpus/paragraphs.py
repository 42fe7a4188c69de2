"""Lines and paragraphs: one line end, one blank line between paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyscope.corpus.edits import Edit
from storyscope.corpus.typography import all_printable

__all__ = ["blank_lines", "flattened", "line_ends", "unparted"]

_LINE_END = re.compile("\r+\n|\r|[\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_GAP = re.compile(r" {3,}")

_PROSE_LINE = 120


def line_ends(text: str) -> Iterator[Edit]:
    """Line ends of other systems, form feeds and Unicode's separators."""
    if all_printable(text):
        return
    for match in _LINE_END.finditer(text):
        yield match.start(), match.end(), "\n\n" if match.group() in "\x0c\u2029" else "\n"


def flattened(text: str) -> Iterator[Edit]:
    """Paragraphs whose breaks became runs of blanks, in a text without any line break."""
    if "\n" in text or "   " not in text.strip():
        return
    gaps = [m.span() for m in _GAP.finditer(text) if m.start() and m.end() < len(text)]
    if len(gaps) > 1:
        yield from ((start, end, "\n\n") for start, end in gaps)


def unparted(text: str) -> Iterator[Edit]:
    """Paragraphs without blank lines between them; verse and lists have shorter lines."""
    if "\n" not in text.strip() or re.search(r"\n[ \t]*\n", text):
        return
    if max(map(len, text.split("\n"))) <= _PROSE_LINE:
        return
    for match in re.finditer(r"(?<=\S)[ \t]*\n[ \t]*(?=\S)", text):
        yield match.start(), match.end(), "\n\n"


def blank_lines(text: str) -> Iterator[Edit]:
    """One blank line where there are several."""
    if "\n\n\n" in text or "\n \n" in text or "\n\t\n" in text:
        for match in _BLANK_LINES.finditer(text):
            yield match.start(), match.end(), "\n\n"
