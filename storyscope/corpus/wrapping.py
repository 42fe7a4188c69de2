"""Lines that a page's width broke, found and joined again; words cut at their ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from storyscope.corpus.edits import Edit

__all__ = ["cut_words", "wrapped"]

_FEWEST_PAIRS = 5
_FEWEST_BROKEN = 3
_FEWEST_NARROW = 8  # verse may fit a narrow width by chance
_NARROWEST, _WIDEST = 20, 400
_EVEN = 0.9  # share of broken lines that one width explains, where the setter filled every line
_UNEVEN = 0.85  # the same, where lines were left a little short
_SLACK = 0.12  # by this much of the width
_SLACK_FROM = 50
_OFTEN = 0.25  # share of the gaps of one size that break a sentence, or the gap parts paragraphs
_SENTENCE_END = tuple(".!?…:;\"'”’»«“)]*_—–")
_SOFT = re.compile(
    "(?<=\\w)[\xad¬][ \\t]*\\n?[ \\t]*(?=\\w)|(?<=\\w)-[\xad¬][ \\t]*\\n?[ \\t]*(?=\\w)"
)
_SPLIT_WORD = re.compile(r"\b([^\W\d_]{1,14})- ([a-z]{1,14})\b")
_NO_HALF = frozenset("and or to but nor than the a in of".split())
_KNOWN = 2.5  # frequency of a word, in powers of ten a thousand million words
_AT_END = re.compile(r"(?<![^\W\d_]-)(?<!-)\b([^\W\d_]+)-[ \t]*\n[ \t]*([^\W\d_]+)")
_LAST_PART = re.compile(r"([^\W\d_]+)-\Z")
_FIRST_PART = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")


@dataclass(frozen=True)
class _Row:
    """One line that is not blank."""

    start: int  # of its first character that is no blank
    end: int  # after its last one
    width: int  # with what it is indented by
    indent: int
    gap: int  # blank lines before it


def wrapped(text: str) -> Iterator[Edit]:
    """Lines that a page's width broke, joined again.

    A text counts as wrapped if sentences go on over its line ends, and if one width explains where
    they do: the next word would not have fitted. Verse breaks sentences too, but at any width. Each
    line is then judged by itself: a long line, a short one or a list among the others stays.
    """
    rows = _rows(text)
    layout = _layout(text, rows)
    if layout is None:
        return
    width, inner = layout
    steps = list(zip(rows, rows[1:], strict=False))
    parted = sum(following.gap > inner for _, following in steps)
    set_in = sum(following.indent > row.indent for row, following in steps)
    by_indent = set_in > parted  # how paragraphs begin, else by blank lines or after short lines
    for row, following in steps:
        if following.gap > inner:
            if inner:
                yield row.end, following.start, "\n\n"
            continue
        ends = text[row.end - 1] in _SENTENCE_END
        broken = _breaks_sentence(text, row, following)
        fits = row.width <= width + 2
        full = fits and _reach(text, row, following) > width * (1 - _SLACK)
        full = full or (fits and not ends and row.width > 0.75 * width)
        deeper = following.indent > row.indent + broken
        if deeper or (by_indent and following.indent and ends and not broken):
            yield row.end, following.start, "\n\n"
        elif full or broken:
            yield _join(text, row.end, following.start)
        elif inner or not parted or by_indent:
            yield row.end, following.start, "\n\n"


def _rows(text: str) -> list[_Row]:
    rows = []
    start = gap = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            indent = len(line) - len(line.lstrip())
            begin = start + indent
            rows.append(_Row(begin, begin + len(stripped), indent + len(stripped), indent, gap))
            gap = 0
        else:
            gap += 1
        start += len(line) + 1
    return rows


def _layout(text: str, rows: list[_Row]) -> tuple[int, int] | None:
    """Width of the lines and blank lines between them; None where they were not wrapped."""
    if len(rows) <= _FEWEST_PAIRS:
        return None
    pairs: dict[int, int] = {}
    broken: dict[int, list[tuple[_Row, _Row]]] = {}
    for row, following in zip(rows, rows[1:], strict=False):
        pairs[following.gap] = pairs.get(following.gap, 0) + 1
        if row.width <= _WIDEST and _breaks_sentence(text, row, following):
            broken.setdefault(following.gap, []).append((row, following))
    for gap in sorted(broken, reverse=True):
        found = broken[gap]
        if len(found) < max(_FEWEST_BROKEN, _OFTEN * pairs[gap] if gap else 0):
            continue
        reaches = [(row.width, _reach(text, row, following)) for row, following in found]
        width, even = _best_width(reaches)
        fewest = _FEWEST_BROKEN if width >= _SLACK_FROM else _FEWEST_NARROW
        if width >= _NARROWEST and even >= _EVEN * len(found) and len(found) >= fewest:
            return width, gap
        slack = [(low, round(high / (1 - _SLACK))) for low, high in reaches]
        width, uneven = _best_width(slack)
        if width >= _SLACK_FROM and uneven >= _UNEVEN * len(found):
            return width, gap
    return None


def _best_width(reaches: list[tuple[int, int]]) -> tuple[int, int]:
    """The width that most lines are explained by: as long as they are, too short for one more word."""
    steps: dict[int, int] = {}
    for low, high in reaches:
        steps[low] = steps.get(low, 0) + 1
        steps[high] = steps.get(high, 0) - 1
    best = count = most = 0
    for width in sorted(steps):
        count += steps[width]
        if count > most:
            best, most = width, count
    return best, most


def _reach(text: str, row: _Row, following: _Row) -> int:
    """Length of a line had it taken the next line's first word; a cut word's next letters."""
    blank = text.find(" ", following.start, following.end)
    word = (blank if blank >= 0 else following.end) - following.start
    return row.width + 1 + word


def _breaks_sentence(text: str, row: _Row, following: _Row) -> bool:
    """Whether a sentence goes on over a line end."""
    if not text[following.start].islower():
        return False
    last = text[row.end - 1]
    if last == "-":
        return row.end - row.start > 1 and text[row.end - 2].isalpha()
    return last not in _SENTENCE_END or last in ";:—–"


def _join(text: str, end: int, start: int) -> Edit:
    """Two lines made one: with a blank, or with nothing where the line end cuts a word."""
    if text[end - 1] in "\xad¬":
        return end - 1, start, ""
    if text[end - 1] != "-" or end < 2 or not (text[end - 2].isalpha() and text[start].isalpha()):
        return end, start, " "
    left = _LAST_PART.search(text[max(0, end - 40) : end])
    right = _FIRST_PART.match(text, start)
    if left and right and text[start].islower() and _is_one_word(text, left[1], right[0]):
        return end - 1, start, ""
    return end, start, ""


def cut_words(text: str) -> Iterator[Edit]:
    """Words that a line end cut: by a soft hyphen, a "not" sign or a hyphen.

    A hyphen goes if the whole word is one, or stands elsewhere in the text; "well-known" keeps it.

    >>> from storyscope.corpus.edits import apply
    >>> line = "She lis-\\ntened to a well-\\nknown, remem¬ bered song."
    >>> apply(line, list(cut_words(line)))
    'She listened to a well-known, remembered song.'
    """
    found: list[Edit] = []
    if "\xad" in text or "¬" in text:
        found += [(m.start(), m.end(), "") for m in _SOFT.finditer(text)]
    if "-\n" in text or "- " in text or "- \n" in text:
        found += _hyphens(text)
    done = 0
    for start, end, new in sorted(found):
        if start >= done:
            yield start, end, new
            done = end


def _hyphens(text: str) -> Iterator[Edit]:
    for match in _AT_END.finditer(text):
        left, right = match.groups()
        hyphen = match.end(1)
        if right[0].islower() and _is_one_word(text, left, right):
            yield hyphen, match.start(2), ""
        else:
            yield hyphen + 1, match.start(2), ""
    loose = [
        match
        for match in _SPLIT_WORD.finditer(text)
        if match[2] not in _NO_HALF and not _is_word(match[1]) and _is_word(match[1] + match[2])
    ]
    if len(loose) > 1:
        for match in loose:
            yield match.end(1), match.start(2), ""


def _is_one_word(text: str, left: str, right: str) -> bool:
    whole, parted = (left + right).lower(), f"{left}-{right}".lower()
    known = _words_of(text)
    if whole in known or parted in known:
        return whole in known
    return _is_word(whole) or not (_is_word(left) and _is_word(right))


@lru_cache(maxsize=2)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _is_word(word: str) -> bool:
    from wordfreq import zipf_frequency

    return bool(zipf_frequency(word.lower(), "en") >= _KNOWN)
