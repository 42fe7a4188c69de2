"""Damage that a file took on its way: letters decoded wrongly, line breaks and marks spelled out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyscope.corpus.edits import Edit

__all__ = ["lost_apostrophes", "mojibake", "spelled_out"]

_RUN = re.compile(r"[^\0-\x7f]+")
_C1 = re.compile("[\x80-\x84\x86-\x9f]")
_MOST_AT_ONCE = 2000  # characters of a line that are decoded together

# Where "’" was lost on the way, English still says that it stood there.
_LOST = re.compile("(?<=[A-Za-z])\ufffd(?=(?:s|t|re|ve|ll|m|d)\\b)|(?<=\\bo)\ufffd(?=clock\\b)")
_ASKED = re.compile(r"(?<=[a-z])\?(?=(?:s|t|re|ve|ll|m|d)\b(?! *\?))")
_LOST_OPENING = re.compile("(?:(?<=^)|(?<=[\\s(—]))\ufffd(?=\\w)", re.MULTILINE)
_LOST_CLOSING = re.compile("(?<=[.,!?…—-])\ufffd(?=[\\s)—,;]|$)", re.MULTILINE)

_ESCAPE = re.compile(
    r"\\(?:r\\n|n|r|t|[\"'’]|u(?P<code>[0-9a-fA-F]{4})(?:\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2}))?)"
)
_CODE = re.compile(r"\\u[0-9a-fA-F]{4}")
_PLAIN = {"r\\n": "\n", "n": "\n", "r": "\n", "t": " "}
_SLASHED = re.compile(r"(?:/n)+")
_CARRIAGE = re.compile(r"_x000[dD]_\n?")
_FEWEST = 2


def mojibake(text: str) -> Iterator[Edit]:
    """Letters whose bytes were read in a wrong encoding, as ``â€œ`` for an opening quote.

    >>> [new for _, _, new in mojibake("â€œYouâ€™ll see,â€\\x9d he said at the cafÃ©.")]
    ['“', '’', '”', 'é']
    """
    if text.isascii():
        return
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    if not (_C1.search(text) or is_bad(text)):
        return
    for start, line in _lines(text):
        if line.isascii():
            continue
        fixed = fix_encoding(line)
        if fixed != line:
            yield from _differences(line, fixed, start)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their places; a very long one in several pieces, parted at blanks."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if end - start > _MOST_AT_ONCE:
            blank = text.rfind(" ", start, start + _MOST_AT_ONCE)
            # A lost non-breaking blank may be a part of the damage: never cut beside a sign of it.
            while blank > start and not (text[blank - 1].isascii() and text[blank + 1].isascii()):
                blank = text.rfind(" ", start, blank)
            end = blank if blank > start else start + _MOST_AT_ONCE
        yield start, text[start:end]
        start = end if text[end : end + 1] != "\n" else end + 1


def _differences(line: str, fixed: str, offset: int) -> Iterator[Edit]:
    """What changed, run by run of letters beyond ASCII, which decoding leaves where they are."""
    old, new = list(_RUN.finditer(line)), list(_RUN.finditer(fixed))
    if _RUN.split(line) == _RUN.split(fixed):
        for before, after in zip(old, new, strict=True):
            if before.group() != after.group():
                yield offset + before.start(), offset + before.end(), after.group()
        return
    start = 0
    while start < min(len(line), len(fixed)) and line[start] == fixed[start]:
        start += 1
    end = 0
    while end < min(len(line), len(fixed)) - start and line[-1 - end] == fixed[-1 - end]:
        end += 1
    yield offset + start, offset + len(line) - end, fixed[start : len(fixed) - end]


def lost_apostrophes(text: str) -> Iterator[Edit]:
    """Apostrophes and quotation marks that became U+FFFD or a question mark.

    >>> [new for _, _, new in lost_apostrophes("I don?t know, and \ufffdit\ufffds late,\ufffd he said.")]
    ['’', '“', '’', '”']
    """
    found = []
    if "\ufffd" in text:
        found += [(m.start(), m.end(), "’") for m in _LOST.finditer(text)]
        opening = [(m.start(), m.end(), "“") for m in _LOST_OPENING.finditer(text)]
        closing = [(m.start(), m.end(), "”") for m in _LOST_CLOSING.finditer(text)]
        if opening and closing:
            found += opening + closing
    if "?" in text:
        found += [(m.start(), m.end(), "’") for m in _ASKED.finditer(text)]
    yield from sorted(found)


def spelled_out(text: str) -> Iterator[Edit]:
    r"""Line breaks, quotation marks and letters that stand as backslash and letter, as in code.

    A line break is read so only where the text has few or none of its own.

    >>> from storyscope.corpus.edits import apply
    >>> story = r"It rained.\n\n\"Again,\" he said.\n\nShe was\u2014well\u2014wet."
    >>> apply(story, list(spelled_out(story))).split("\n\n")
    ['It rained.', '"Again," he said.', 'She was—well—wet.']
    """
    if "\\" in text:
        yield from _backslashes(text)
    elif "/n" in text and "\n" not in text.strip():
        runs = list(_SLASHED.finditer(text))
        if len(runs) >= _FEWEST and any(len(m.group()) > 2 for m in runs):
            for match in runs:
                yield match.start(), match.end(), "\n" * (len(match.group()) // 2)
    elif "_x000" in text:
        for match in _CARRIAGE.finditer(text):
            yield match.start(), match.end(), "\n"


def _backslashes(text: str) -> Iterator[Edit]:
    breaks = text.count("\\n") + text.count("\\r")
    broken = breaks >= _FEWEST and breaks > 2 * text.strip().count("\n")
    marks = text.count('"')
    quoted = broken or (marks > 1 and text.count('\\"') == marks)
    if not (broken or quoted or _CODE.search(text)):
        return
    for match in _ESCAPE.finditer(text):
        what = match.group()[1:]
        if code := match["code"]:
            new = _letters(code, match["low"])
        elif what in ('"', "'", "’"):
            new = what if quoted else match.group()
        else:
            new = _PLAIN[what] if broken else match.group()
        if new != match.group():
            yield match.start(), match.end(), new


def _letters(code: str, low: str | None) -> str:
    """Letters of one or two codes; half a pair becomes U+FFFD."""
    letters = chr(int(code, 16)) + (chr(int(low, 16)) if low else "")
    return letters.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
