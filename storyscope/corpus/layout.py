"""Which column of a corpus is what: by name, by choice, and by what stands in it.

Two layouts are known. In the long one a row is a story. In the wide one a row is a prompt with a
column ``story_<source>`` for each writer, as the StoryScope release has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from storyscope.corpus.conversations import is_turns
from storyscope.corpus.story import is_no_story

__all__ = ["COLUMNS", "Layout", "choosing", "is_record", "layout_of", "like_a_source", "no_writers"]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "story_id"),
    "text": (
        "text", "story", "story_text", "content",
        "completion", "output", "generation", "response",
        "generations", "completions", "outputs", "responses", "stories", "samples",
    ),
    "source": ("source", "model", "author_model", "writer", "llm"),
    "prompt_id": ("prompt_id", "pid"),
    "prompt": ("prompt", "instruction", "writing_prompt"),
    "title": ("title", "story_title"),
}  # fmt: skip
"""Column names that are recognised in any case and spelling ("Story Text"); the first of each list
that a file has is taken."""

_LIKE_A_SOURCE = (
    "author", "model_name", "llm_name", "generator", "generated_by", "written_by", "provider",
    "engine", "label", "class", "is_ai", "ai", "generated", "is_generated", "is_human", "human",
    "origin", "system", "key",
)  # fmt: skip
_NO_SOURCE = frozenset({
    "id", "title", "text", "prompt", "genre", "theme", "type", "length", "words", "word_count",
    "date", "year", "url", "author", "number", "index", "hash", "source", "summary", "language",
    "lang", "rating", "tags", "score", "status", "category", "name", "chapters", "notes",
})  # fmt: skip
_HUMAN = ("human_story", "human_text")
_STORY_WORDS = 20
_STORY_SHARE = 0.1


@dataclass(frozen=True)
class Layout:
    """What each column of a row is.

    Attributes
    ----------
    roles : mapping of str to str
        Columns by role.
    writers : tuple
        In the wide layout, columns and the sources they name.
    meta : tuple
        Columns and their names among the meta values.
    """

    roles: Mapping[str, str]
    writers: tuple[tuple[str, str], ...]
    meta: tuple[tuple[str, str], ...]


@lru_cache(maxsize=256)
def layout_of(
    names: tuple[str, ...],
    chosen: tuple[tuple[str, str], ...],
    data: frozenset[str] = frozenset(),
) -> Layout:
    """Decide what each column is.

    Parameters
    ----------
    names : tuple of str
    chosen : tuple
        Role and column of those that the user named.
    data : frozenset of str
        Columns that name no writer, whatever they are called.

    Examples
    --------
    >>> layout_of(("Story", "Model ", "genre"), ()).roles
    {'text': 'Story', 'source': 'Model '}
    >>> layout_of(("prompt_id", "story_title", "story_gpt"), ()).writers
    (('story_gpt', 'gpt'),)
    """
    roles = dict(chosen)
    taken = set(roles.values())
    known = {_plain(name): name for name in reversed(names)}
    for role, candidates in COLUMNS.items():
        if role in roles:
            continue
        for candidate in candidates:
            column = candidate if candidate in names else known.get(candidate)
            if column is not None and column not in taken:
                roles[role] = column
                taken.add(column)
                break
    writers: tuple[tuple[str, str], ...] = ()
    if "text" not in roles:
        rest = [name for name in names if name not in taken and name not in data]
        writers = tuple((name, writer) for name in rest if (writer := _writer(name)))
        taken.update(column for column, _ in writers)
    rest = [name for name in names if name not in taken]
    return Layout(roles, writers, tuple((n, f"{n}_" if n in COLUMNS else n) for n in rest))


def is_record(record: Mapping[str, object], text: str | None = None) -> bool:
    """Whether an object has a text, by the names of its fields or the one chosen for it.

    >>> is_record({"story": "It rained."}), is_record({"stories": [{"story": "It rained."}]})
    (True, False)
    """
    if text is not None:
        return text in record
    return any(
        is_turns(name, value)
        or (
            (_plain(name) in COLUMNS["text"] or _writer(name))
            and not (isinstance(value, list) and value and isinstance(value[0], dict))
        )
        for name, value in record.items()
    )


def no_writers(rows: Iterable[Mapping[str, object]], layout: Layout) -> frozenset[str]:
    """Columns of the wide layout that hold no stories in the given rows, only data about them.

    A column of numbers, or one whose cells are all short beside the others', names no writer.

    >>> layout = layout_of(("story_gpt", "story_mood"), ())
    >>> no_writers([{"story_gpt": "word " * 300, "story_mood": "dark"}], layout)
    frozenset({'story_mood'})
    """
    longest: dict[str, int] = {}
    numbers: set[str] = set()
    for row in rows:
        for column, _ in layout.writers:
            value = row.get(column)
            if isinstance(value, str) and not is_no_story(value):
                longest[column] = max(longest.get(column, 0), len(value.split()))
            elif value is not None and value == value and not isinstance(value, str):
                numbers.add(column)
    most = max(longest.values(), default=0)
    return frozenset(
        column
        for column, _ in layout.writers
        if (column in numbers and column not in longest)
        or (column in longest and longest[column] < min(_STORY_WORDS, most * _STORY_SHARE))
    )


def like_a_source(layout: Layout) -> str:
    """The first column that was not taken for the source but is called as one; empty if none is."""
    plain = {_plain(column): column for column, _ in layout.meta}
    return next((plain[name] for name in _LIKE_A_SOURCE if name in plain), "")


def choosing(role: str, column: str) -> str:
    """How to name a column: on the command line and in Python.

    >>> choosing("text", "body")
    '--column text=body, or columns={"text": "body"} in Python'
    """
    return f'--column {role}={column}, or columns={{"{role}": "{column}"}} in Python'


def _plain(name: str) -> str:
    """A column's name in lower case, words parted by one underscore."""
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def _writer(column: str) -> str:
    """Source that a column of the wide layout names; empty if it names none."""
    lower = column.strip().lower()
    if lower in _HUMAN:
        return "human"
    writer = column.strip()[len("story_") :] if lower.startswith("story_") else ""
    return "" if writer.lower() in _NO_SOURCE else writer
