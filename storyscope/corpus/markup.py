"""What a file format or a publisher put around the words: tags, emphasis marks, page numbers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from storyscope.corpus.edits import Edit

__all__ = ["apparatus", "emphasis", "entities", "escapes", "tags"]

_TAG = re.compile(
    r"<(?P<slash>/?)(?P<name>br|newline|p|div|hr|h[1-6]|li|ul|ol|dl|dt|dd|blockquote|center|i|b|em|"
    r"strong|u|s|small|big|sup|sub|span|font|pre|code|a|abbr|cite|q|del|ins|strike|tt|mark|section|"
    r"article|body|html|img|table|tr|td|th|tbody|wbr|o:p|details|summary|header|main|footer|nav)"
    r"(?:\s[^<>]{0,2000})?/?>|<!--[^>]{0,2000}-->",
    re.IGNORECASE,
)
_BREAKS = {"br": "\n", "newline": "\n", "hr": "\n\n* * *\n\n"} | dict.fromkeys(
    ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "blockquote", "center",
     "section", "article", "tr", "td", "th", "header", "footer", "main"),
    "\n\n",
)  # fmt: skip
_ENTITY = re.compile(
    r"&(?:amp;)*(?P<name>(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
)
_ESCAPE = re.compile(r"\\(?=[*_#>~`\[\]()+-])|^(?:```\w*[ \t]*|(?:>[ \t]*)+)", re.MULTILINE)

_APPARATUS = re.compile(
    r"\[\s*(?:illustration|transcriber['’]?s? note)\b[^\]]{0,2000}\]"
    r"|^[ \t]*(?:\( ?)?illustrated by (?-i:[A-Z])[^\n]{1,60}$"
    r"|^[ \t]*\[\d{1,4}\][ \t]*$|(?<=[^\s\[]) \[\d{1,4}\](?=[\s.,;:!?]|$)"
    r"|\[ ?(?:WP|SP|EU|CW|RF|TT|PI|IP|MP|PM|OT|CC) ?\](?: ?:)?",
    re.IGNORECASE | re.MULTILINE,
)

_MARK = re.compile(r"[*_][*_]*")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_LONGEST_MARK = 3


def tags(text: str) -> Iterator[Edit]:
    """HTML tags; those that part lines or paragraphs leave a break."""
    if "<" not in text:
        return
    for match in _TAG.finditer(text):
        yield match.start(), match.end(), _BREAKS.get((match["name"] or "").lower(), "")


def entities(text: str) -> Iterator[Edit]:
    """HTML entities such as ``&amp;``."""
    if "&" not in text:
        return
    for match in _ENTITY.finditer(text):
        new = html.unescape("&" + match["name"])
        if new != match.group():
            yield match.start(), match.end(), new


def escapes(text: str) -> Iterator[Edit]:
    """Markdown's backslashes, and its marks for quoted and preformatted lines."""
    if "\\" in text or ">" in text or "```" in text:
        for match in _ESCAPE.finditer(text):
            yield match.start(), match.end(), ""


def apparatus(text: str) -> Iterator[Edit]:
    """Remove what an edition or a forum adds: illustration notes, page numbers, tags."""
    if "[" in text or "llustrated" in text or "ILLUSTRATED" in text:
        for match in _APPARATUS.finditer(text):
            yield match.start(), match.end(), ""


@dataclass
class _Run:
    """Emphasis marks that stand together and wait for their counterpart."""

    start: int
    end: int  # shrinks as the marks are paired
    kind: str
    opens_paragraph: bool


def emphasis(text: str) -> Iterator[Edit]:
    """Stars and underscores around emphasised words, paired as Markdown pairs them.

    ``2 * 3``, ``snake_case``, ``f*ck`` and a footnote's star are no emphasis. A star that opens
    or closes a paragraph is, even alone: emphasis over several paragraphs is written so.
    """
    if "*" not in text and "_" not in text:
        return
    found: list[tuple[int, int]] = []
    waiting: list[_Run] = []
    done = 0
    for start, end in _marks(text):
        if _BLANK_LINE.search(text, done, start):
            found += _left_over(waiting)
            waiting = []
        done, kind = end, text[start]
        if end - start <= _LONGEST_MARK:
            before = text[start - 1] if start else "\n"
            after = text[end] if end < len(text) else "\n"
            start = _close(text, start, end, before, after, waiting, found)
            can_open = not (after.isspace() or before.isalnum() or before in "*_" == kind)
            if start < end and can_open:
                waiting.append(_Run(start, end, kind, _at_start(text, start)))
            elif start < end and kind == "*" and _at_end(text, end) and not before.isspace():
                found.append((start, end))
    found += _left_over(waiting)
    for start, end in sorted(found):
        yield start, end, ""


def _marks(text: str) -> Iterator[tuple[int, int]]:
    """Stars or underscores that stand together."""
    for match in _MARK.finditer(text):
        start = match.start()
        for _, same in groupby(match.group()):
            end = start + len(list(same))
            yield start, end
            start = end


def _close(
    text: str,
    start: int,
    end: int,
    before: str,
    after: str,
    waiting: list[_Run],
    found: list[tuple[int, int]],
) -> int:
    """Pair marks with those that wait; what is left of them begins at the returned place."""
    kind = text[start]
    # Tokenised text has a blank before the closing mark: "*Run ! *".
    blank_before = before == " " and start > 1 and text[start - 2] in ".,!?…\"'”’"
    if before.isspace() and not blank_before:
        return start
    while start < end and (opened := _last(waiting, kind)):
        inside_word = after.isalnum() or after == "_"
        if inside_word and (kind == "_" or any(c.isspace() for c in text[opened.end : start])):
            return start
        size = min(end - start, opened.end - opened.start)
        found.append((opened.end - size, opened.end))
        found.append((start, start + size))
        opened.end -= size
        start += size
        del waiting[waiting.index(opened) + (opened.end > opened.start) :]
    return start


def _last(waiting: list[_Run], kind: str) -> _Run | None:
    return next((run for run in reversed(waiting) if run.kind == kind), None)


def _left_over(waiting: list[_Run]) -> list[tuple[int, int]]:
    return [(run.start, run.end) for run in waiting if run.opens_paragraph and run.kind == "*"]


def _at_start(text: str, position: int) -> bool:
    """Whether only a quotation mark stands between a place and its paragraph's beginning."""
    before = text[max(0, position - 4) : position].rstrip("\"'“‘ \t")
    return not before or before.endswith("\n")


def _at_end(text: str, position: int) -> bool:
    after = text[position : position + 4].lstrip("\"'”’ \t")
    return not after or after.startswith("\n")
