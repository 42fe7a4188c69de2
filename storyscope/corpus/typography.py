"""Marks that a typewriter lacks, and one form for each: characters, quotes, dashes, blanks.

Every function finds the places to change in a text and leaves the changing to its caller. Each
looks for a sign of work first: most stories lack most of these marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from storyscope.corpus.edits import Edit

__all__ = [
    "all_printable",
    "blanks",
    "characters",
    "composed",
    "dashes",
    "doubled_quotes",
    "edges",
    "ellipses",
    "half_surrogates",
    "invisible",
    "quotes",
]

_INVISIBLE = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SURROGATES = re.compile("[\ud800-\udfff]+")
_PLAIN = {
    **dict.fromkeys("\xa0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))), " "),
    **dict.fromkeys("‐‑", "-"),
    **dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)),
}
_NOT_PLAIN = re.compile(f"[{''.join(_PLAIN)}]")
_NOT_ASCII = re.compile("[\0-\x7f]?[^\0-\x7f]+")

_STRAIGHT = dict.fromkeys("“”„‟″‶〝〞＂«»", '"') | dict.fromkeys("‘’‚‛‹›`´′ʼʻ", "'")
_NOT_STRAIGHT = re.compile(f"[{''.join(_STRAIGHT)}]")
_DOUBLED = re.compile("``|''|´´|‘‘|’’")
_OPENS_DOUBLED = re.compile(r"(?:^|[\s(])''(?=\w)", re.MULTILINE)
_QUOTES = "\"'“”‘’"

# Python's re looks ahead for a set that a pattern begins with, but not for a repeated one: hence
# [x][x]* instead of [x]+, which takes a third of the time.
_DASH = re.compile(r"[—―⸺⸻–‒-][—―⸺⸻–‒-]*(?:[ \t]*[—―⸺⸻–‒-]+)*")
_DOTS = re.compile(r"[.…](?:[.…]+|(?: \.){2,})?")
_FULL_STOP_APART = re.compile(r" ?\.(?=[\s\"'”’]|$)")
_GAP = re.compile("  +")
_GAP_WITH_TAB = re.compile("[ \t]*\t[ \t]*|  +")


@lru_cache(maxsize=4)
def all_printable(text: str) -> bool:
    """Whether a text has nothing but visible characters, plain blanks and line feeds."""
    return text.replace("\n", "").isprintable()


def half_surrogates(text: str) -> Iterator[Edit]:
    """Halves of a pair, which no file can hold; they become U+FFFD, a whole pair its letter."""
    if text.isascii():
        return
    for match in _SURROGATES.finditer(text):
        new = match.group().encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield match.start(), match.end(), new


def invisible(text: str) -> Iterator[Edit]:
    """Byte order marks, zero-width and control characters, soft hyphens."""
    if not all_printable(text):
        for match in _INVISIBLE.finditer(text):
            yield match.start(), match.end(), ""


def characters(text: str) -> Iterator[Edit]:
    """Blanks and hyphens of other kinds, and letters that a typesetter joined."""
    if not text.isascii():
        for match in _NOT_PLAIN.finditer(text):
            yield match.start(), match.end(), _PLAIN[match.group()]


def composed(text: str) -> Iterator[Edit]:
    """Accents written as characters of their own (Unicode NFC)."""
    if unicodedata.is_normalized("NFC", text):
        return
    for match in _NOT_ASCII.finditer(text):
        new = unicodedata.normalize("NFC", match.group())
        if new != match.group():
            yield match.start(), match.end(), new


def doubled_quotes(text: str) -> Iterator[Edit]:
    """Double quotes made of two single marks, where the text uses them to open as well.

    Elsewhere two apostrophes are the ends of a quotation within a quotation.
    """
    if "``" in text or ("''" in text and _OPENS_DOUBLED.search(text)):
        for match in _DOUBLED.finditer(text):
            yield match.start(), match.end(), '"'


def quotes(text: str) -> Iterator[Edit]:
    """Curly, low, angled and accent-like quotation marks and apostrophes."""
    if "`" in text or not text.isascii():
        for match in _NOT_STRAIGHT.finditer(text):
            yield match.start(), match.end(), _STRAIGHT[match.group()]


def dashes(text: str) -> Iterator[Edit]:
    """Every dash as an em dash with a blank on each side.

    Next to a quotation mark, bracket or point on its own side, and at the ends of a line, the
    blank is left out. An en dash between figures becomes a hyphen. A hyphen is a dash if it
    stands between blanks within a line.

    The blanks are for the tokeniser: spaCy's English one keeps ``him.—No``, ``so)—yes`` and
    ``stopped—"Go`` in one piece, and ``What--`` too; with blanks it parts all of them.
    """
    done = 0
    for match in _DASH.finditer(text):
        start, end = match.span()
        mark = match.group()
        if mark == "-" and text[start - 1 : start] not in (" ", "\t"):
            continue
        if mark in ("–", "‒") and _figure(text, start - 1) and _figure(text, end):
            yield start, end, "-"
            done = end
            continue
        while start > done and text[start - 1] in " \t":
            start -= 1
        after_mark = end
        while end < len(text) and text[end] in " \t":
            end += 1
        before = text[start - 1] if start else "\n"
        after = text[end] if end < len(text) else "\n"
        if mark == "-" and (
            end == after_mark or "\n" in (before, after) or (before.isdigit() and after.isdigit())
        ):
            continue  # a hyphen, an item of a list, or a sum
        left = "" if before in "\n([{" or _opens(text, start - 1) else " "
        right = "" if after in "\n)]},.;:!?" or _closes(text, end) else " "
        new = f"{left}—{right}"
        if text[start:end] != new:
            yield start, end, new
        done = end


def ellipses(text: str) -> Iterator[Edit]:
    """Three dots for every ellipsis; after a word they follow it directly, then comes a blank."""
    if ".." not in text and ". ." not in text and "…" not in text:
        return
    done = 0
    for match in _DOTS.finditer(text):
        start, end = match.span()
        if start < done or (end - start < 3 and "…" not in match.group()):
            continue
        if stop := _FULL_STOP_APART.match(text, end):  # "... ." in tokenised text
            end = stop.end()
        before = start
        while before and text[before - 1] in " \t":
            before -= 1
        new = "..."
        if before and text[before - 1].isalnum():
            start = before
            if end < len(text) and text[end].isalnum():
                new = "... "
        if text[start:end] != new:
            yield start, end, new
        done = end


def blanks(text: str) -> Iterator[Edit]:
    """One blank between words, none at the ends of lines."""
    if " \n" in text or "\n " in text or "\t" in text:
        yield from _line_edges(text)
    elif "  " in text:
        for match in _GAP.finditer(text):
            yield match.start(), match.end(), " "


def edges(text: str) -> Iterator[Edit]:
    """Nothing before the first word, nothing after the last."""
    stripped = text.strip()
    start = len(text) - len(text.lstrip())
    if start:
        yield 0, start, ""
    if stripped and start + len(stripped) < len(text):
        yield start + len(stripped), len(text), ""


def _line_edges(text: str) -> Iterator[Edit]:
    start = 0
    for line in text.split("\n"):
        stripped = line.strip(" \t")
        left = start + len(line) - len(line.lstrip(" \t")) if stripped else start + len(line)
        right = left + len(stripped)
        if start < left:
            yield start, left, ""
        for match in _GAP_WITH_TAB.finditer(text, left, right):
            yield match.start(), match.end(), " "
        if right < start + len(line):
            yield right, start + len(line), ""
        start += len(line) + 1


def _figure(text: str, position: int) -> bool:
    return 0 <= position < len(text) and text[position].isdigit()


def _opens(text: str, position: int) -> bool:
    """Whether a quotation mark stands where quotations open."""
    if text[position] not in _QUOTES:
        return False
    return position == 0 or text[position - 1].isspace() or text[position - 1] in "([{"


def _closes(text: str, position: int) -> bool:
    """Whether a quotation mark stands where quotations close."""
    if text[position] not in _QUOTES:
        return False
    return position + 1 == len(text) or not text[position + 1].isalnum()
