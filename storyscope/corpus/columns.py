"""From the named fields of a row to stories: which column is what, and the ids that are lacking.

Two layouts are known. In the long one a row is a story. In the wide one a row is a prompt with a
column ``story_<source>`` for each writer, as the StoryScope release has it.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache

from storyscope.corpus.rows import Row
from storyscope.corpus.story import BadRow, Story, repeated, unusable
from storyscope.errors import CorpusError

__all__ = ["COLUMNS", "stories_of"]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "story_id"),
    "text": (
        "text", "story", "story_text", "content",
        "completion", "output", "generation", "response",
    ),
    "source": ("source", "model", "author_model", "writer", "llm"),
    "prompt_id": ("prompt_id", "pid"),
    "prompt": ("prompt", "instruction", "writing_prompt"),
    "title": ("title", "story_title"),
}  # fmt: skip
"""Column names that are recognised in any case; the first of each list that a file has is taken."""

_NO_SOURCE = frozenset({
    "id", "title", "text", "prompt", "genre", "theme", "type", "length", "words", "word_count",
    "date", "year", "url", "author", "number", "index", "hash", "source", "summary",
})  # fmt: skip
_HUMAN = ("human_story", "human_text")


@dataclass(frozen=True)
class _Layout:
    """What each column of a row is."""

    roles: Mapping[str, str]
    writers: tuple[tuple[str, str], ...]  # wide layout: column and the source it names
    meta: tuple[tuple[str, str], ...]  # column and its name among the meta values


def stories_of(
    rows: Iterable[Row | BadRow],
    *,
    columns: Mapping[str, str],
    source: str,
    where: str,
    name: str,
    notes: Counter[str],
) -> Iterator[Story | BadRow]:
    """Stories of a file's rows, with what is wrong with the others.

    Parameters
    ----------
    columns : mapping
        Chosen columns by role, which go before the recognised names.
    source : str
        Who wrote a story whose row does not say.
    where, name : str
        The file in messages, and the corpus in the ids of stories that have nothing better.

    Raises
    ------
    CorpusError
        At the end, if there was no story; at the first row, if it lacks a chosen column.
    """
    chosen = tuple(sorted(columns.items()))
    ids = _Ids()
    found: dict[str, None] = {}
    first_problem: BadRow | None = None
    any_story = False
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Row):
            found.update(dict.fromkeys(row.fields))
            if not any_story:
                _has_chosen(row, columns, where)
            layout = _layout(tuple(row.fields), chosen)
            shape = _wide if layout.writers else _long
            items = shape(row, layout, source, f"{name}-{number}", ids, notes)
        else:
            items = iter((row,))
        for item in items:
            if isinstance(item, Story):
                any_story = True
            else:
                first_problem = first_problem or item
            yield item
    if not any_story:
        raise CorpusError(_nothing(where, list(found), columns, first_problem))


@lru_cache(maxsize=256)
def _layout(names: tuple[str, ...], chosen: tuple[tuple[str, str], ...]) -> _Layout:
    """Decide what each column is.

    >>> _layout(("Story", "Model", "genre"), ()).roles
    {'text': 'Story', 'source': 'Model'}
    >>> _layout(("prompt_id", "story_title", "story_gpt"), ()).writers
    (('story_gpt', 'gpt'),)
    """
    roles = dict(chosen)
    taken = set(roles.values())
    lower = {name.lower(): name for name in reversed(names)}
    for role, candidates in COLUMNS.items():
        if role in roles:
            continue
        for candidate in candidates:
            column = candidate if candidate in names else lower.get(candidate)
            if column is not None and column not in taken:
                roles[role] = column
                taken.add(column)
                break
    writers: tuple[tuple[str, str], ...] = ()
    if "text" not in roles:
        writers = tuple((n, w) for n in names if n not in taken and (w := _writer(n)))
        taken.update(column for column, _ in writers)
    rest = [name for name in names if name not in taken]
    return _Layout(roles, writers, tuple((n, f"{n}_" if n in COLUMNS else n) for n in rest))


def _writer(column: str) -> str:
    """Source that a column of the wide layout names; empty if it names none."""
    lower = column.lower()
    if lower in _HUMAN:
        return "human"
    writer = column[len("story_") :] if lower.startswith("story_") else ""
    return "" if writer.lower() in _NO_SOURCE else writer


def _long(
    row: Row, layout: _Layout, source: str, fallback: str, ids: _Ids, notes: Counter[str]
) -> Iterator[Story | BadRow]:
    values = {role: row.fields.get(column) for role, column in layout.roles.items()}
    text = _plain(values.get("text"))
    if "text" not in layout.roles:
        yield BadRow(row.where, row.line, "none of its fields is named as a text is")
        return
    plain = {role: _label(values.get(role)) for role in COLUMNS if role != "text"}
    prompt_id = plain["prompt_id"] or _prompt_id(plain["prompt"])
    writer = plain["source"] or source
    why = _first_fault({**plain, "text": text})
    story_id = plain["id"]
    if not why and story_id:
        why = repeated(story_id, ids.seen)
        if why and layout.roles["id"].lower() == "story_id" and "prompt_id" not in layout.roles:
            why += (
                '; if it names the prompt, read the corpus with columns={"prompt_id": "story_id"}'
            )
    if why:
        yield BadRow(row.where, row.line, why)
        return
    story_id = ids.given(story_id) if story_id else ids.derived(prompt_id, writer, fallback)
    yield Story(
        id=story_id,
        text=str(text),
        source=writer,
        prompt_id=prompt_id or story_id,
        prompt=plain["prompt"],
        title=plain["title"],
        meta=_meta(row, layout),
    )


def _wide(
    row: Row, layout: _Layout, source: str, fallback: str, ids: _Ids, notes: Counter[str]
) -> Iterator[Story | BadRow]:
    plain = {role: _label(row.fields.get(column)) for role, column in layout.roles.items()}
    prompt = plain.get("prompt", "")
    # A row is a prompt here, so that an id of the row names the prompt.
    prompt_id = plain.get("prompt_id") or plain.get("id") or _prompt_id(prompt) or fallback
    meta = _meta(row, layout)
    cells = {column: _plain(row.fields.get(column)) for column, _ in layout.writers}
    if not any(cells.values()):
        names = ", ".join(cells)
        yield BadRow(row.where, row.line, f"there is no story in any of {names}")
        return
    for column, writer in layout.writers:
        text = cells[column]
        if text is None or (isinstance(text, str) and not text.strip()):
            notes[f"empty {column}"] += 1
        elif why := _first_fault({**plain, "text": text, "source": writer}):
            yield BadRow(row.where, row.line, f"in {column}, {why}")
        else:
            yield Story(
                id=ids.derived(prompt_id, writer, fallback),
                text=str(text),
                source=writer,
                prompt_id=prompt_id,
                prompt=prompt,
                title=plain.get("title", ""),
                meta=meta,
            )


class _Ids:
    """Ids given out so far in one pass over a corpus."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._samples: Counter[str] = Counter()

    def given(self, story_id: str) -> str:
        self.seen.add(story_id)
        return story_id

    def derived(self, prompt_id: str, source: str, fallback: str) -> str:
        """``prompt/source``, and ``#2``, ``#3`` for further samples in order of appearance."""
        base = f"{prompt_id}/{source}" if prompt_id else fallback
        story_id = ""
        while not story_id or story_id in self.seen:
            self._samples[base] += 1
            sample = self._samples[base]
            story_id = base if sample == 1 else f"{base}#{sample}"
        return self.given(story_id)


def _prompt_id(prompt: str) -> str:
    """Short name of a prompt's wording, whatever its spacing.

    >>> _prompt_id("A door  opens.") == _prompt_id(" A door opens. ")
    True
    """
    words = " ".join(prompt.split())
    return "p-" + hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:10] if words else ""


def _first_fault(values: Mapping[str, object]) -> str:
    return next((why for role, value in values.items() if (why := unusable(role, value))), "")


def _label(value: object) -> str:
    """Write an id, name or prompt as text: 411.0, as pandas has it, is "411"."""
    value = _plain(value)
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else str(value)


def _meta(row: Row, layout: _Layout) -> dict[str, object]:
    return {name: _plain(row.fields.get(column)) for column, name in layout.meta}


def _plain(value: object) -> object:
    """Make a value one that JSON can hold, missing and not-a-number being None."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _has_chosen(row: Row, columns: Mapping[str, str], where: str) -> None:
    for role, column in columns.items():
        if column not in row.fields:
            raise CorpusError(
                f"{where} has no column {column!r}, which was chosen for {role}; "
                f"it has {_listed(list(row.fields))}."
            )


def _nothing(
    where: str, found: list[str], columns: Mapping[str, str], problem: BadRow | None
) -> str:
    text = repr(columns["text"]) if "text" in columns else ", ".join(COLUMNS["text"])
    has = f"It has the columns {_listed(found)}" if found else "It has no columns"
    first = f" The first problem: {problem}." if problem else ""
    return (
        f"{where} holds no story that could be read. {has}; expected is a text column "
        f"({text}, or story_<source> for each writer), which columns= can name.{first}"
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown
