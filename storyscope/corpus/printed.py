"""Pages as they are printed (PDF): lines back into paragraphs, without what repeats on every page."""

from __future__ import annotations

import io
import re
from collections import Counter
from itertools import pairwise

from storyscope.errors import CorpusError

__all__ = ["paragraphs_of", "pdf"]

_MOST_PAGES = 5000
_REPEATED = 3  # pages on which a line at the edge must stand to be a running head
_SHARE = 0.2


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
    pages = []
    for page in reader.pages:
        # The layout keeps blank lines and indents, by which paragraphs are told.
        text = page.extract_text(extraction_mode="layout")
        pages.append([line.rstrip() for line in text.split("\n")])
    left_out["pages read from PDF; look whether paragraphs and scenes came out well"] += len(pages)
    return paragraphs_of(pages, left_out)


def paragraphs_of(pages: list[list[str]], left_out: Counter[str]) -> str:
    r"""Join the lines of pages, with a blank line between paragraphs.

    >>> paragraphs_of([["  It rained.", "All day.", "  She left.", "1"], ["And he", "too.", "2"]], Counter())
    'It rained.\nAll day.\n\nShe left.\nAnd he\ntoo.'
    """
    pages = [_stripped(page) for page in pages]
    _without_edges(pages, left_out)
    lines = [line for page in pages for line in _dedented(page)]
    spaced = _spaced(lines)
    out: list[str] = []
    for line in lines:
        bare = re.sub(r"[ \t]{2,}", " ", line.strip())
        if not bare:
            if not spaced or (out and not out[-1]):
                out.append("")
            continue
        if line[0] in " \t" and out and out[-1]:
            out.append("")
        out.append(bare)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()


def _spaced(lines: list[str]) -> bool:
    """Whether a blank line follows nearly every line, as double spacing has it."""
    written = sum(bool(line.strip()) for line in lines)
    alone = sum(bool(a.strip()) and not b.strip() for a, b in pairwise(lines))
    return written > 8 and alone > 0.8 * written


def _stripped(page: list[str]) -> list[str]:
    """A page without the blank lines at its head and foot."""
    written = [k for k, line in enumerate(page) if line.strip()]
    return page[written[0] : written[-1] + 1] if written else []


def _without_edges(pages: list[list[str]], left_out: Counter[str]) -> None:
    """Take off lines at the head and foot that repeat, whatever their numbers."""
    for edge in (0, -1):
        for _ in range(2):  # a title and a number stand on two lines
            kinds = Counter(_kind(page[edge]) for page in pages if len(page) > 2)
            most = max(_REPEATED, _SHARE * len(pages))
            # A line of a number alone is one on the second page already.
            heads = {kind for kind, n in kinds.items() if n >= (2 if kind == "#" else most)}
            heads.discard("")
            for k, page in enumerate(pages):
                if page and _kind(page[edge]) in heads:
                    left_out["page numbers and running heads left out"] += 1
                    pages[k] = _stripped(page[1:] if edge == 0 else page[:-1])


def _kind(line: str) -> str:
    """A line with its numbers made alike; empty where it is too long for a running head."""
    bare = " ".join(line.split())
    if re.fullmatch(r"\W*(?:page |p\. ?)?(?:\d+|[ivxlc]+)(?: of \d+)?\W*", bare, re.IGNORECASE):
        return "#"
    return re.sub(r"\d+", "#", bare) if len(bare) <= 80 else ""


def _dedented(page: list[str]) -> list[str]:
    """Lines without the margin that most of them have; what is left of a blank is an indent."""
    margins = Counter(len(line) - len(line.lstrip()) for line in page if line.strip())
    if not margins:
        return page
    margin = min(m for m, n in margins.items() if n >= 0.2 * sum(margins.values()))
    return [line[min(margin, len(line) - len(line.lstrip())) :] for line in page]
