"""Pages as they are printed (PDF): lines back into paragraphs, without what repeats on every page."""

from __future__ import annotations

import io
import re
from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

from storyscope.errors import CorpusError

__all__ = ["Line", "paragraphs_of", "pdf"]

_MOST_PAGES = 5000
_SHARE = 0.2  # of the pages, on which a line at the edge must stand to be a running head
_WIDER = 1.25  # of the usual step between lines, from which it parts paragraphs
_INDENT = 4.0  # points


class Line(NamedTuple):
    """One printed line: where it begins, in points from the lower left corner, and its words."""

    x: float
    y: float
    words: str


def pdf(raw: bytes, left_out: Counter[str]) -> str:
    """Text of a PDF file; page numbers and running heads are left out and counted."""
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    reader = PdfReader(io.BytesIO(raw))
    if reader.is_encrypted and not reader.decrypt(""):
        raise CorpusError("it is locked by a password; save it without one")
    if len(reader.pages) > _MOST_PAGES:
        raise CorpusError(f"it has over {_MOST_PAGES:,} pages; give the story in parts")
    pages = [_lines(page) for page in reader.pages]
    left_out["pages read from PDF; look whether paragraphs and scenes came out well"] += len(pages)
    return paragraphs_of(pages, left_out)


def _lines(page: Any) -> list[Line]:
    """Lines of a page in reading order, each with the place of its first word."""
    found: list[Line] = []
    words, place = "", (0.0, 0.0)

    def visit(text: str, user: list[float], inner: list[float], font: Any, size: float) -> None:
        nonlocal words, place
        # The place in the page is that in the text, moved as the page moves the text.
        x = inner[4] * user[0] + inner[5] * user[2] + user[4]
        y = inner[4] * user[1] + inner[5] * user[3] + user[5]
        for k, part in enumerate(text.split("\n")):
            if k and words.strip():
                found.append(Line(*place, " ".join(words.split())))
                words = ""
            if not words.strip() and part.strip():
                words, place = part, (x, y)
            else:
                words += part

    page.extract_text(visitor_text=visit)
    if words.strip():
        found.append(Line(*place, " ".join(words.split())))
    return found


def paragraphs_of(pages: list[list[Line]], left_out: Counter[str]) -> str:
    r"""Join the lines of pages, with a blank line between paragraphs.

    A paragraph begins with an indent or after a wider step; over the end of a page, where the one
    before it ends short.

    >>> page = [Line(20, 90, "It rained."), Line(10, 80, "All day."), Line(20, 70, "She left.")]
    >>> paragraphs_of([page, [Line(10, 90, "And he"), Line(10, 80, "too.")]], Counter())
    'It rained.\nAll day.\n\nShe left.\nAnd he\ntoo.'
    """
    pages = [list(page) for page in pages]
    _without_edges(pages, left_out)
    steps = Counter(
        round(above.y - line.y)
        for page in pages
        for above, line in pairwise(page)
        if above.y > line.y
    )
    step = steps.most_common(1)[0][0] if steps else 0
    longest = sorted(len(line.words) for page in pages for line in page)
    full = longest[int(0.8 * (len(longest) - 1))] if longest else 0
    margins = [_margin(page) for page in pages]
    indented = any(
        _indented(line, m) for page, m in zip(pages, margins, strict=True) for line in page
    )
    out: list[str] = []
    for page, margin in zip(pages, margins, strict=True):
        for k, line in enumerate(page):
            if k:
                apart = page[k - 1].y - line.y > _WIDER * step or page[k - 1].y < line.y
            else:
                apart = bool(out) and not indented and _ends_short(out[-1], full)
            if out and (apart or _indented(line, margin)):
                out.append("")
            out.append(line.words)
    return "\n".join(out)


def _margin(page: list[Line]) -> float:
    """Where the lines of a page begin that are not indented: left of others, and not alone there."""
    places = Counter(round(line.x) for line in page)
    return (
        min((x for x, n in places.items() if n >= _SHARE * len(page)), default=0.0) if page else 0
    )


def _indented(line: Line, margin: float) -> bool:
    return line.x - margin > _INDENT


def _ends_short(line: str, full: int) -> bool:
    return len(line) < 0.85 * full and line.rstrip("\"'”’)]*").endswith((".", "!", "?", "…", ":"))


def _without_edges(pages: list[list[Line]], left_out: Counter[str]) -> None:
    """Take off lines at the head and foot that repeat, whatever their numbers."""
    fewest = 2 if len(pages) < 5 else max(3, _SHARE * len(pages))
    for edge in (0, -1, 0, -1):  # a title and a number stand on two lines
        kinds = Counter(_kind(page[edge].words) for page in pages if len(page) > 1)
        heads = {kind for kind, n in kinds.items() if n >= (2 if kind == "#" else fewest)}
        heads.discard("")
        for page in pages:
            if page and _kind(page[edge].words) in heads:
                left_out["page numbers and running heads left out"] += 1
                del page[edge]


def _kind(line: str) -> str:
    """A line with its numbers made alike; empty where it is too long for a running head."""
    number = r"\W*(?:page |p\. ?)?(?:\d+|[ivxlc]+)(?: of \d+)?\W*"
    if re.fullmatch(number, line, re.IGNORECASE):
        return "#"
    return re.sub(r"\d+", "#", line) if len(line) <= 80 else ""
