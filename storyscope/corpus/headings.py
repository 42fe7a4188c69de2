"""Titles, chapter headings and scene breaks: the lines of a story that are not told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from storyscope.corpus.dates import is_date_line
from storyscope.corpus.edits import Edit

__all__ = ["SCENE_BREAK", "headings", "is_scene_break", "lines", "opening_lines", "scene_breaks"]

SCENE_BREAK = "* * *"
"""The one form of a scene break, on a line between blank lines."""

_GLYPHS = r"*⁂❖✦✧◆◇●○•·※§☙❧♦~#=_+—–\-"
_BREAK = re.compile(
    rf"(?:[{_GLYPHS}][ \t]*){{3,}}|\*{{1,2}}|[~#⁂❖✦◆●•※§☙❧♦]{{1,2}}|[—–]|--"
    r"|[xX](?: ?[xX]){2,}|-*[oO0](?: ?[oO0]){2}-*|[\[(]?(?:scene|section) break[\])]?",
    re.IGNORECASE,
)

_COUNT = (
    r"(?:\d{1,4}|[ivxlc]{1,8}|(?:the )?(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|"
    r"twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|first|"
    r"second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|final)(?:[ -]\w+)?)"
)
_CHAPTER = re.compile(
    r"(?:(?:chapter|chap\.|part|book|act|scene|volume|canto|letter|adventure|section|episode|stave)"
    rf" {_COUNT}|prologue|epilogue|interlude)"
    r"(?P<rest>$|[ ]?[.:)—–\-]+(?P<name>.{0,70})$|[ ](?P<bare>.{1,70})$)",
    re.IGNORECASE,
)
_TITLE = re.compile(r"(?:title|story title)\s*:\s*\S.*", re.IGNORECASE)
_BY = re.compile(r"by:? [A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,3}", re.IGNORECASE)
_WORD_COUNT = re.compile(r"\W*[\d,]+ words\W*", re.IGNORECASE)
_BOLD = re.compile(r"(\*\*\*?|__)(?P<words>[^*_\n]+)\1:?|(\*\*\*?)(?P<more>.+)\3:?")
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
)
_DATED = re.compile(
    rf"(?:day|night|week|month|year|hour) {_COUNT}\b|{_MONTH}(?: \d|$)|\d{{1,2}} {_MONTH}\b"
    r"|\d{4}\b|\d{1,2}[:./]\d\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
    re.IGNORECASE,
)
_TURN = re.compile(r"(?:human|assistant|user|ai|system|instruction|response)\s*:", re.IGNORECASE)
_ROMAN = re.compile(r"(?=[IVXLC])(?:XC|XL|L?X{0,3}|C)(?:IX|IV|V?I{0,3})")
_NUMERAL = re.compile(rf"(?:(?P<roman>{_ROMAN.pattern})|(?P<arabic>\d{{1,3}}))[.):]?")
_ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}

_LONGEST_HEADING = 120
_LONGEST_TITLE = 200
_APART = 200  # characters of story between two numerals, or they are a list or a countdown


def is_scene_break(line: str) -> bool:
    """Whether a line, stripped, is nothing but a scene break.

    >>> [is_scene_break(line) for line in ("***", "# # #", "-----", "~", "⁂", "...", "No.")]
    [True, True, True, True, True, False, False]
    """
    return len(line) <= _LONGEST_HEADING and _BREAK.fullmatch(line) is not None


@lru_cache(maxsize=4)
def lines(text: str) -> tuple[tuple[int, int], ...]:
    """Where the lines that are not blank begin and end, without the blanks around them."""
    found = []
    start = 0
    for line in text.split("\n"):
        if stripped := line.strip():
            begin = start + line.index(stripped[0])
            found.append((begin, begin + len(stripped)))
        start += len(line) + 1
    return tuple(found)


def headings(text: str) -> Iterator[Edit]:
    """Remove the headings a story opens with; turn those within it into scene breaks."""
    spans = lines(text)
    told = opening_lines(text)
    yield from ((start, end, "") for start, end in spans[:told] if not _break_at(text, start, end))
    numerals = _numerals(text, spans)
    after_chapter = False
    for i, (start, end) in enumerate(spans[told:], start=told):
        line = text[start:end] if end - start <= _LONGEST_HEADING or text[start] == "#" else ""
        last = i == len(spans) - 1  # a heading with nothing after it heads nothing
        if after_chapter and not last and _all_capitals(line):  # its name on a line of its own
            yield start, end, ""
            after_chapter = False
        elif not last and (i in numerals or _is_chapter(line)):
            yield start, end, SCENE_BREAK
            after_chapter = True
        elif line:
            after_chapter = False
            yield from _hash(line, start, last=last)
        else:
            after_chapter = False


def scene_breaks(text: str) -> Iterator[Edit]:
    """Bring scene breaks to one form; drop them at both ends, and where they follow each other."""
    spans = lines(text)
    i = 0
    while i < len(spans):
        if not _break_at(text, *spans[i]):
            i += 1
            continue
        first = i
        while i < len(spans) and _break_at(text, *spans[i]):
            i += 1
        start = spans[first - 1][1] if first else 0
        end = spans[i][0] if i < len(spans) else len(text)
        new = f"\n\n{SCENE_BREAK}\n\n" if first and i < len(spans) else ""
        if text[start:end] != new:
            yield start, end, new


def _break_at(text: str, start: int, end: int) -> bool:
    # Most lines are prose: look at the first character before asking the pattern.
    if end - start > _LONGEST_HEADING:
        return False
    return (not text[start].isalnum() or text[start] in "xXoO0sS") and is_scene_break(
        text[start:end]
    )


def opening_lines(text: str) -> int:
    """How many lines, blank ones not counted, stand before the narration begins."""
    places = [i for i, span in enumerate(lines(text)) if not _break_at(text, *span)]
    spans = tuple(lines(text)[i] for i in places)
    told = 0
    for i, (start, end) in enumerate(spans[:-1]):
        if not _opens_with(text, text[start:end], spans, i, spans[i + 1], after=told > 0):
            break
        told = places[i] + 1
    return told


def _opens_with(
    text: str,
    line: str,
    spans: tuple[tuple[int, int], ...],
    i: int,
    following: tuple[int, int],
    *,
    after: bool,
) -> bool:
    """Whether a line at a story's beginning is a heading; `after` another was found."""
    if len(line) > _LONGEST_TITLE:
        return False
    if _stays(line):
        return False
    if line.startswith("#"):
        return line.lstrip("#").startswith((" ", "\t")) or line.strip("#") == ""
    if len(line) > _LONGEST_HEADING:
        return False
    bare = _without_marks(line)
    if _TITLE.fullmatch(bare) or _is_chapter(line) or _NUMERAL.fullmatch(bare):
        return True
    if after and (_BY.fullmatch(bare) or _WORD_COUNT.fullmatch(bare) or _all_capitals(bare)):
        return True
    alone = "\n\n" in text[spans[i][1] : following[0]].replace(" ", "")
    if _BOLD.fullmatch(line):
        bare = bare.strip('"“”')
        return bare[-1:] not in ".,;…\"'”’" and (alone or bare[-1:] not in "!?")
    if not alone or "**" in bare or not (bare[-1:].isalnum() or bare.endswith(")")):
        return False
    longer = following[1] - following[0] >= max(60, len(line))
    return _all_capitals(bare) or (longer and _capitalised(bare))


def _hash(line: str, start: int, *, last: bool) -> Iterator[Edit]:
    """Treat a Markdown heading within a story; a date or a long line in one is told, and stays."""
    if not line.startswith("#") or not line.lstrip("#").startswith((" ", "\t")):
        return
    words = line.lstrip("# \t")
    if last or len(line) > _LONGEST_HEADING or _stays(line):
        yield start, start + len(line) - len(words), ""
    else:
        yield start, start + len(line), SCENE_BREAK


def _stays(heading: str) -> bool:
    """Whether a heading says when something happens or who speaks, so that it is told."""
    words = _without_marks(heading)
    return bool(_DATED.match(words) or is_date_line(words) or _TURN.match(words))


def _is_chapter(line: str) -> bool:
    """Whether a line is a numbered heading.

    >>> _is_chapter("**Chapter 4: The Gate**"), _is_chapter("Part one of the plan was simple.")
    (True, False)
    """
    if len(line) > _LONGEST_HEADING:
        return False
    match = _CHAPTER.fullmatch(_without_marks(line))
    return match is not None and (match["bare"] is None or _capitalised(match["bare"]))


def _numerals(text: str, spans: tuple[tuple[int, int], ...]) -> frozenset[int]:
    """Find the lines that hold a section's number and nothing else.

    A single letter may be a signature and a figure may be counted down, so that these need a
    neighbour in sequence with some story between.
    """
    found: dict[int, tuple[str, int]] = {}
    for i, (start, end) in enumerate(spans):
        if end - start <= 9 and (match := _NUMERAL.fullmatch(_without_marks(text[start:end]))):
            roman, arabic = match["roman"], match["arabic"]
            found[i] = ("roman", _roman(roman)) if roman else ("arabic", int(arabic))
    sure = set()
    places = list(found)
    for place, following in pairwise(places):
        (kind, number), (next_kind, next_number) = found[place], found[following]
        apart = spans[following][0] - spans[place][1] >= _APART
        if kind == next_kind and next_number == number + 1 and apart:
            sure |= {place, following}
    long_romans = (
        i
        for i, (kind, _) in found.items()
        if kind == "roman" and len(_without_marks(text[slice(*spans[i])]).rstrip(".):")) > 1
    )
    return frozenset(sure.union(long_romans))


def _roman(numeral: str) -> int:
    """Value of a Roman numeral.

    >>> _roman("XIV")
    14
    """
    values = [_ROMAN_DIGITS[letter] for letter in numeral]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _without_marks(line: str) -> str:
    return line.strip("*_#> \t").strip()


def _all_capitals(line: str) -> bool:
    letters = [c for c in line if c.isalpha()]
    return len(line) <= 80 and len(letters) > 1 and all(c.isupper() for c in letters)


def _capitalised(line: str) -> bool:
    """Whether a line is written as titles are.

    >>> _capitalised("The Lighthouse at the End"), _capitalised("He left at noon")
    (True, False)
    """
    words = [w for w in re.split(r"[\s—–-]+", line) if any(c.isalnum() for c in w)]
    if not words or len(words) > 12:
        return False
    strong = [words[0], words[-1], *(w for w in words if len(w.strip("'’\"")) > 4)]
    return all(not (letters := w.lstrip("'\"“‘([")) or not letters[0].islower() for w in strong)
