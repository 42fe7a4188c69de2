"""Page numbers and running heads, which stand among the lines and break sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from storyscope.corpus.edits import Edit

__all__ = ["pagination"]

_NUMBER = re.compile(
    r"[\[({<|~•*—–_ \t-]*(?P<page>page|pag?\.|pg\.?|p\.|seite)?[ ]?(?P<number>\d{1,4}|[ivxlc]{1,7})"
    r"(?:[ ]?(?:of|/)[ ]?\d{1,4})?[\])}>|~•*—–_ \t-]*",
    re.IGNORECASE,
)
_DRESSED = re.compile(r"[\[({<|~•—–-]|page|pg|p\.|of |/", re.IGNORECASE)
_WITH_NUMBER = re.compile(
    r"(?P<first>\d{1,4})[ \t|•·—–-]+(?P<head>\D{2,60})|(?P<title>\D{2,60}?)[ \t|•·—–-]+(?:page )?(?P<last>\d{1,4})",
    re.IGNORECASE,
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_LONGEST = 70
_FEWEST = 2
_REPEATED = 3
_STEP = 4  # pages that a number may skip, for plates and blank pages
_HIGH, _VERY_HIGH = 4, 20  # sections are numbered from 1; pages may begin anywhere
_STOPS = tuple(".!?…:\"'”’»)]*")


@dataclass(frozen=True)
class _Line:
    """A line that is not blank, and where it stands among such lines."""

    start: int
    end: int
    index: int


def pagination(text: str) -> Iterator[Edit]:
    """Page numbers and running heads; a sentence or word that they part is joined.

    Numbers that rise from page to page are pages if one of them stands within a sentence, if they
    are dressed as such ("- 12 -", "[Pg 12]"), or if they begin higher than sections do. A head is a
    line that comes again and again beside them or with a number of its own.
    """
    if "\n" not in text and "\x0c" not in text:
        return
    lines = _lines(text)
    gone = _numbers(text, lines)
    gone |= _heads(text, lines, gone)
    k = 0
    while k < len(lines):
        if k not in gone:
            k += 1
            continue
        first = k
        while k < len(lines) and k in gone:
            k += 1
        yield _closed(text, lines, first, k)
    if not gone and "\x0c" in text:
        yield from _page_ends(text)


def _lines(text: str) -> list[_Line]:
    found: list[_Line] = []
    start = 0
    for line in re.split("[\n\x0c]", text):
        if stripped := line.strip():
            begin = start + len(line) - len(line.lstrip())
            found.append(_Line(begin, begin + len(stripped), len(found)))
        start += len(line) + 1
    return found


def _numbers(text: str, lines: list[_Line]) -> set[int]:
    """Lines that are page numbers."""
    found: list[tuple[int, int, bool, bool]] = []
    for line in lines:
        if line.end - line.start > 24:
            continue
        match = _NUMBER.fullmatch(text, line.start, line.end)
        if match is None:
            continue
        written = match["number"]
        number = int(written) if written.isdigit() else _roman(written.lower())
        dressed = bool(_DRESSED.search(match.group()))
        if (
            written.isdigit()
            or match["page"]
            or dressed
            or _splits(text, lines, line.index, line.index)
        ):
            found.append(
                (line.index, number, dressed, _splits(text, lines, line.index, line.index))
            )
    gone: set[int] = set()
    run: list[tuple[int, int, bool, bool]] = []
    for item in [*found, (-1, 0, False, False)]:
        if run and not (item[0] >= 0 and 0 < item[1] - run[-1][1] <= _STEP):
            gone |= _pages(run)
            run = []
        if item[0] >= 0:
            run.append(item)
    return gone


def _pages(run: list[tuple[int, int, bool, bool]]) -> set[int]:
    """Of numbers that rise, those that number pages."""
    if any(split for _, _, _, split in run):
        return {index for index, _, _, _ in run}
    rows = [index for index, _, _, _ in run]
    apart = all(b - a > 1 for a, b in zip(rows, rows[1:], strict=False))
    dressed = sum(d for _, _, d, _ in run) > len(run) / 2
    least = _HIGH if dressed else _VERY_HIGH
    return set(rows) if len(run) >= _FEWEST and apart and run[0][1] >= least else set()


def _heads(text: str, lines: list[_Line], numbers: set[int]) -> set[int]:
    """Running heads: the same short line again and again, beside page numbers or with its own."""
    places: dict[str, list[tuple[int, int]]] = {}
    for line in lines:
        if line.end - line.start > _LONGEST or line.index in numbers:
            continue
        whole = text[line.start : line.end]
        if not any(c.isalpha() for c in whole):
            continue
        match = _WITH_NUMBER.fullmatch(whole)
        head = (match["head"] or match["title"]) if match else whole
        number = int(match["first"] or match["last"]) if match else -1
        if match is None and whole[-1] in ".!?…,;:\"'”’" and not whole.isupper():
            continue
        places.setdefault(head.strip(" .|").upper(), []).append((line.index, number))
    gone: set[int] = set()
    for found in places.values():
        if len(found) < _REPEATED:
            if all(n >= 0 for _, n in found) and any(_splits(text, lines, i, i) for i, _ in found):
                gone |= {i for i, _ in found}
            continue
        numbered = [n for _, n in found if n >= 0]
        rising = len(numbered) >= _REPEATED and all(
            a < b for a, b in zip(numbered, numbered[1:], strict=False)
        )
        beside = sum(i - 1 in numbers or i + 1 in numbers for i, _ in found)
        splits = sum(_splits(text, lines, i, i) for i, _ in found)
        # "Chapter 1", "Day 2" rise too, but part no sentence.
        if (rising and splits) or 2 * beside >= len(found) or 2 * splits >= len(found):
            gone |= {i for i, _ in found}
    return gone


def _splits(text: str, lines: list[_Line], first: int, last: int) -> bool:
    """Whether lines stand within a sentence: it does not end before them, and goes on after."""
    if first == 0 or last + 1 >= len(lines):
        return False
    before, after = text[lines[first - 1].end - 1], text[lines[last + 1].start]
    ended = before in _STOPS or lines[first - 1].end - lines[first - 1].start < 15
    return after.islower() and not ended


def _closed(text: str, lines: list[_Line], first: int, after: int) -> Edit:
    """The gap that lines [first, after) leave: nothing within a paragraph, else its break."""
    if first == 0:
        return 0, (lines[after].start if after < len(lines) else len(text)), ""
    start = lines[first - 1].end
    if after >= len(lines):
        return start, len(text), ""
    end = lines[after].start
    if _splits(text, lines, first, after - 1):
        return start, end, "\n" if text[start - 1] in "-\xad¬" or _in_block(text, start) else " "
    apart = "\n\n" in text[start:end] or re.search(r"\n[ \t]*\n", text[start:end])
    indent = text.rfind("\n", 0, end) + 1
    return start, max(indent, start), "\n\n" if apart else "\n"


def _in_block(text: str, end: int) -> bool:
    """Whether a line stands directly below another, as in a wrapped paragraph."""
    start = text.rfind("\n", 0, end)
    return start > 0 and text[start - 1] not in "\n\r\x0c \t"


def _page_ends(text: str) -> Iterator[Edit]:
    """Form feeds within a sentence."""
    for match in re.finditer(r"(?<![ \t\n])[ \t\n]*\x0c[ \t\n\x0c]*", text):
        before, after = text[: match.start()][-1:], text[match.end() : match.end() + 1]
        if before and before not in _STOPS and after.islower():
            yield match.start(), match.end(), " " if before not in "-\xad¬" else "\n"


def _roman(numeral: str) -> int:
    values = [_ROMAN[c] for c in numeral]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
