"""Lines and paragraphs: one line end, one blank line between paragraphs, no hard wraps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyscope.corpus.edits import Edit
from storyscope.corpus.typography import all_printable

__all__ = ["blank_lines", "flattened", "line_ends", "unparted", "wrapped"]

_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_GAP = re.compile(r" {3,}")

_SHORTEST_WRAP, _LONGEST_WRAP = 40, 110
_FEWEST_WRAPS = 6
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


def wrapped(text: str) -> Iterator[Edit]:
    """Lines that a page's width broke, joined again.

    A text counts as wrapped if its lines are of a page's width and most go on in lower case:
    verse begins each line with a capital, and dialogue its own.
    """
    rows = text.split("\n")
    inner = [i for i in range(len(rows) - 1) if rows[i].strip() and rows[i + 1].strip()]
    if len(inner) < _FEWEST_WRAPS or max(map(len, rows)) > _LONGEST_WRAP:
        return
    widths = sorted(len(rows[i].rstrip()) for i in inner)
    full = widths[len(widths) // 2]
    going_on = sum(rows[i + 1].lstrip()[0].islower() for i in inner)
    if full < _SHORTEST_WRAP or going_on < len(inner) / 2:
        return
    position = 0
    for i, row in enumerate(rows[:-1]):
        end = position + len(row)
        following = rows[i + 1]
        if row.strip() and following.strip():
            start = position + len(row.rstrip())
            until = end + 1 + len(following) - len(following.lstrip())
            if len(following) - len(following.lstrip()) > len(row) - len(row.lstrip()):
                yield start, until, "\n\n"  # an indented line begins a paragraph
            elif len(row.rstrip()) > full / 2 or following.lstrip()[0].islower():
                yield start, until, "" if row.rstrip().endswith("-") else " "
        position = end + 1


def blank_lines(text: str) -> Iterator[Edit]:
    """One blank line where there are several."""
    if "\n\n\n" in text or "\n \n" in text or "\n\t\n" in text:
        for match in _BLANK_LINES.finditer(text):
            yield match.start(), match.end(), "\n\n"
