"""What is studied: a story, and an ordered set of stories that need not fit in memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from storyscope.corpus.cells import HALVES, whole_letters
from storyscope.corpus.sources import note_sources
from storyscope.errors import CorpusError

__all__ = ["MOST_PROBLEMS", "BadRow", "Corpus", "Story"]

MOST_PROBLEMS = 1000
"""Rows kept out that a corpus lists; those beyond are counted only."""
LONGEST_TEXT = 20_000_000
"""Characters of one story; the longest novels have some twelve million."""

_MISSING = r"nan|<na>|n/?a|#n/a|null|nil|none"
_NO_STORY = re.compile(
    rf"{_MISSING}|undefined|missing|empty|-+|\?+|\.+"
    r"|(?:\[ ?|<|\()[a-z][a-z _/:.'-]{0,40}(?: ?\]|>|\))[.!]?",
    re.IGNORECASE,
)
"""What stands in a cell without a story: pandas' nan, R's NA, [removed], [Blocked] and the like."""


@dataclass(frozen=True, slots=True)
class Story:
    """One text with who wrote it and what it answers.

    Attributes
    ----------
    id : str
        Unique in its corpus.
    text : str
        As it was found; `storyscope.corpus.normalise` makes it comparable.
    source : str
        A model's name, ``human``, or ``unknown``.
    prompt_id : str
        Stories with the same prompt share it. A story without a prompt is its own.
    prompt, title : str
        Empty where the corpus has none.
    meta : mapping
        Every other column under its own name; a missing value is None.

    Examples
    --------
    >>> Story("p1/human", "The door was open.", source="human", prompt_id="p1").title
    ''
    """

    id: str
    text: str
    source: str
    prompt_id: str
    prompt: str = ""
    title: str = ""
    meta: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was kept out of a corpus, and why.

    Attributes
    ----------
    where : str
    line : int
        The first of its lines.
    why : str
    lines : int
        How many lines of the file went with it: more than one where quotes do not match, so that
        its end cannot be told.

    Examples
    --------
    >>> print(BadRow("tales.jsonl", 3, "the text is empty"))
    tales.jsonl, line 3: the text is empty
    >>> print(BadRow("tales.csv", 3, "a quote is never closed", 38))
    tales.csv, lines 3 to 40: a quote is never closed
    """

    where: str
    line: int
    why: str
    lines: int = 1

    def __str__(self) -> str:
        if self.lines > 1:
            return f"{self.where}, lines {self.line} to {self.line + self.lines - 1}: {self.why}"
        return f"{self.where}, line {self.line}: {self.why}"


Reader = Callable[[Counter[str]], Iterator[Story | BadRow]]
"""Reads a corpus from its beginning, and counts what is worth a note."""


class Corpus:
    """Stories in order, read anew from their files each time they are iterated.

    Rows that cannot be used are kept out and listed in `problems`, the first `MOST_PROBLEMS` of
    them, once the corpus has been iterated to its end. Make one with `storyscope.corpus.read_corpus` or
    `Corpus.from_stories`.

    Attributes
    ----------
    name : str
        What reports call it.
    path : Path or None
        Where it was read from; None for stories held in memory.
    notes : dict of str to int
        Things that do no harm but are worth knowing (empty cells, files passed over), counted over
        the last complete iteration.
    bad_rows, bad_lines : int
        How many rows were kept out, listed or not, and how many lines of the file went with them.

    Examples
    --------
    >>> tales = [Story("a", "One.", "human", "p"), Story("a", "Two.", "human", "p")]
    >>> corpus = Corpus.from_stories(tales, name="tales")
    >>> [story.text for story in corpus]
    ['One.']
    >>> print(*corpus.problems)
    tales, line 2: id 'a' is used twice (first in an earlier row)
    """

    def __init__(self, read: Reader, *, name: str, path: Path | None = None):
        self.name = name
        self.path = path
        self.notes: dict[str, int] = {}
        self.bad_rows = 0
        self.bad_lines = 0
        self._read = read
        # Reading is deterministic, so that a second pass finds the same rows: a dict keeps each
        # once and in order, however often and however far the corpus is iterated.
        self._problems: dict[BadRow, None] = {}

    @classmethod
    def from_stories(cls, stories: Iterable[Story], *, name: str = "stories") -> Corpus:
        """Make a corpus held in memory, checked as a file would be."""
        return cls(partial(_held, tuple(stories), name), name=name)

    @property
    def problems(self) -> tuple[BadRow, ...]:
        """Rows kept out so far, in the order of the file."""
        return tuple(self._problems)

    def __iter__(self) -> Generator[Story, None, None]:
        notes: Counter[str] = Counter()
        rows = lines = 0
        for item in self._read(notes):
            if isinstance(item, BadRow):
                rows, lines = rows + 1, lines + item.lines
                self.bad_rows = max(self.bad_rows, rows)
                self.bad_lines = max(self.bad_lines, lines)
                if len(self._problems) < MOST_PROBLEMS:
                    self._problems[item] = None
            else:
                yield item
        self.notes = dict(notes)

    def __repr__(self) -> str:
        return f"<Corpus {self.name!r} from {self.path or 'memory'}>"


def _held(stories: tuple[Story, ...], name: str, notes: Counter[str]) -> Iterator[Story | BadRow]:
    seen: set[str] = set()
    sources: set[str] = set()
    for line, story in enumerate(stories, start=1):
        own = ("id", "text", "source", "prompt_id", "prompt", "title")
        fields, halves = whole_letters({field: getattr(story, field) for field in own})
        if halves:
            notes[HALVES] += halves
            story = replace(story, **fields)  # type: ignore[arg-type]
        if why := unusable("text", story.text) or repeated(story.id, seen):
            yield BadRow(name, line, why)
            continue
        seen.add(story.id)
        sources.add(story.source)
        yield story
    if not seen:
        raise CorpusError(f"The corpus {name!r} holds no story that could be read.")
    note_sources(sources, notes)


def is_missing(label: str) -> bool:
    """Whether a name or id only says that there is none.

    >>> is_missing("nan"), is_missing("Nan Shepherd")
    (True, False)
    """
    return re.fullmatch(_MISSING, label.strip(), re.IGNORECASE) is not None


def is_no_story(text: str) -> bool:
    """Whether a text only says that there is none.

    >>> [is_no_story(text) for text in ("NULL", "-", "[removed]", "[ Removed by Reddit ]", "None came.")]
    [True, True, True, True, False]
    """
    return len(text) < 60 and _NO_STORY.fullmatch(text.strip()) is not None


def unusable(name: str, value: object) -> str:
    """Why a field's value cannot stand in a story; empty if it can.

    >>> unusable("text", "  "), unusable("title", "")
    ('the text is empty', '')
    >>> unusable("text", 12)
    'the text is a number, not text'
    >>> unusable("text", "[removed]")
    "the text is '[removed]', which says that there is no story"
    """
    if value is None or value == "":
        return "the text is empty" if name == "text" else ""
    if not isinstance(value, str):
        kind = "number" if isinstance(value, int | float) else type(value).__name__
        return f"the {name} is a {kind}, not text"
    if "\0" in value:
        return f"the {name} holds NUL bytes, so that it is not text or is damaged"
    if name == "text" and not value.strip():
        return "the text is empty"
    if name == "text" and is_no_story(value):
        return f"the text is {value.strip()!r}, which says that there is no story"
    if len(value) > LONGEST_TEXT:
        return (
            f"the {name} has {len(value):,} characters, more than the longest novel "
            f"({LONGEST_TEXT:,} are read); give it in parts"
        )
    return ""


def repeated(story_id: str, seen: set[str]) -> str:
    """Why an id cannot be used again; empty if it is new."""
    return f"id {story_id!r} is used twice (first in an earlier row)" if story_id in seen else ""
