"""From the named fields of a row to stories: their texts, labels, samples and missing ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import NamedTuple

from storyscope.corpus.cells import (
    HALVES,
    TOO_DEEP,
    label_of,
    plain_of,
    samples_in,
    too_deep,
    whole_letters,
)
from storyscope.corpus.conversations import from_turns, is_turns
from storyscope.corpus.ids import Ids, prompt_name
from storyscope.corpus.layout import (
    COLUMNS,
    Layout,
    choosing,
    layout_of,
    like_a_source,
    no_writers,
)
from storyscope.corpus.rows import Row
from storyscope.corpus.sources import note_sources
from storyscope.corpus.story import BadRow, Story, is_missing, is_no_story, repeated, unusable
from storyscope.errors import CorpusError

__all__ = ["Part", "looked_ahead", "stories_of"]

_LOOKED_AT = 50  # rows of the wide layout by which its writers are told from other columns
HOPELESS = 100_000
"""Rows in a row without a story after which a file is given up."""


class Part(NamedTuple):
    """What the rest of a file decides for a stretch of it.

    Attributes
    ----------
    data : frozenset of str
        Columns that look like a writer's and are none, by `looked_ahead`.
    ids : Ids
    first : int
        Number of its first row.
    """

    data: frozenset[str]
    ids: Ids
    first: int


def stories_of(
    rows: Iterable[Row | BadRow],
    *,
    columns: Mapping[str, str],
    source: str,
    where: str,
    name: str,
    notes: Counter[str],
    part: Part | None = None,
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
    part : Part, optional
        What the rest of the file decides, where the rows are a stretch of it; such rows may hold
        no story.

    Raises
    ------
    CorpusError
        At the end, if there was no story; at the first row, if it lacks a chosen column.
    """
    chosen = tuple(sorted(columns.items()))
    found: dict[str, None] = {}
    first_problem: BadRow | None = None
    sources: set[str] = set()
    if part is None:
        rows, data = looked_ahead(iter(rows), columns, where, notes)
        part, whole = Part(data, Ids(), 1), True
    else:
        data, whole = part.data, False
    ids = part.ids
    fruitful = part.first - 1
    for number, row in enumerate(rows, start=part.first):
        if isinstance(row, Row):
            found.update(dict.fromkeys(row.fields))
            row, why = _opened(row, chosen, data, notes)
            layout = layout_of(tuple(row.fields), chosen, data)
            fallback = f"{name}-{number}"
            if why:
                items: Iterator[Story | BadRow] = iter((_bad(row, why),))
            elif layout.writers:
                items = _wide(row, layout, fallback, ids, notes)
            else:
                items = _long(row, layout, source, fallback, ids, notes)
        else:
            items = iter((row,))
        for item in items:
            if isinstance(item, Story):
                sources.add(item.source)
                fruitful = number
            else:
                first_problem = first_problem or item
            yield item
        if number - fruitful == HOPELESS:
            stretch = f"{where}, in the {HOPELESS:,} rows from row {fruitful + 1:,} on,"
            raise CorpusError(_nothing(stretch, list(found), columns, first_problem))
    if not whole:
        return
    if not sources:
        raise CorpusError(_nothing(where, list(found), columns, first_problem))
    note_sources(sources, notes)


def _opened(
    row: Row, chosen: tuple[tuple[str, str], ...], data: frozenset[str], notes: Counter[str]
) -> tuple[Row, str]:
    """A row with its conversation as prompt and text, in whole letters; and why it cannot be used."""
    if any(too_deep(value) for value in row.fields.values()):
        return row, TOO_DEEP
    fields, why = row.fields, ""
    layout = layout_of(tuple(fields), chosen, data)
    if (
        "text" not in layout.roles
        and not layout.writers
        and any(map(is_turns, fields, fields.values()))
    ):
        fields, why = from_turns(fields)
        layout = layout_of(tuple(fields), chosen, data)
    read = {*layout.roles.values(), *(column for column, _ in layout.writers)}
    mended, halves = whole_letters({name: fields[name] for name in fields if name in read})
    if halves:
        notes[HALVES] += halves
    return row._replace(fields={**fields, **mended}), why


def looked_ahead(
    rows: Iterator[Row | BadRow], columns: Mapping[str, str], where: str, notes: Counter[str]
) -> tuple[Iterator[Row | BadRow], frozenset[str]]:
    """Rows as they came, and the columns that look like a writer's and are none.

    Raises
    ------
    CorpusError
        If the first row lacks a chosen column.
    """
    chosen = tuple(sorted(columns.items()))
    head: list[Row | BadRow] = []
    for row in rows:
        head.append(row)
        if isinstance(row, Row) or len(head) == HOPELESS:
            break
    if not head or not isinstance(head[-1], Row):
        return chain(head, rows), frozenset()
    _has_chosen(head[-1], columns, where)
    layout = layout_of(tuple(head[-1].fields), chosen)
    if not layout.writers:
        return chain(head, rows), frozenset()
    head += islice(rows, _LOOKED_AT)
    data = no_writers((row.fields for row in head if isinstance(row, Row)), layout)
    for column in sorted(data):
        notes[f"column that names no writer, as it holds no stories: {column}"] += 1
    return chain(head, rows), data


def _long(
    row: Row, layout: Layout, source: str, fallback: str, ids: Ids, notes: Counter[str]
) -> Iterator[Story | BadRow]:
    if "text" not in layout.roles:
        yield _bad(row, "none of its fields is named as a text is")
        return
    text = samples_in(plain_of(row.fields.get(layout.roles["text"])))
    plain = _labels(row, layout, notes)
    if not plain["source"] and (column := like_a_source(layout)):
        notes[
            f"stories without a source; the column {column} looks like it: "
            f"{choosing('source', column)}"
        ] += 1
    writer = plain["source"] or source
    story_id = plain["id"]
    meta = _meta(row, layout)
    if isinstance(text, list):  # samples for a prompt: an id of the row names the prompt
        prompt_id = plain["prompt_id"] or story_id or prompt_name(plain["prompt"])
        texts = [(item, {"sample": k, **meta}) for k, item in enumerate(text, start=1)]
        story_id = ""
        if not texts:
            yield _bad(row, "its list of samples is empty")
    else:
        prompt_id = plain["prompt_id"] or prompt_name(plain["prompt"])
        texts = [(text, meta)]
    for body, about in texts:
        why = _first_fault({**plain, "text": body})
        if why and isinstance(text, list):
            why = f"in sample {about['sample']}, {why}"
        if not why and story_id:
            why = repeated(story_id, ids.seen)
            if why and layout.roles["id"].lower() == "story_id" and "prompt_id" not in layout.roles:
                why += f"; if it names the prompt, say {choosing('prompt_id', 'story_id')}"
        if why:
            yield _bad(row, why)
            continue
        given = ids.given(story_id) if story_id else ids.derived(prompt_id, writer, fallback)
        yield Story(
            id=given,
            text=str(body),
            source=writer,
            prompt_id=prompt_id or given,
            prompt=plain["prompt"],
            title=plain["title"],
            meta=about,
        )


def _wide(
    row: Row, layout: Layout, fallback: str, ids: Ids, notes: Counter[str]
) -> Iterator[Story | BadRow]:
    plain = _labels(row, layout, notes)
    # A row is a prompt here, so that an id of the row names the prompt.
    prompt_id = plain["prompt_id"] or plain["id"] or prompt_name(plain["prompt"]) or fallback
    meta = _meta(row, layout)
    cells = {column: plain_of(row.fields.get(column)) for column, _ in layout.writers}
    if not any(cells.values()):
        yield _bad(row, f"there is no story in any of {', '.join(cells)}")
        return
    for column, writer in layout.writers:
        text = cells[column]
        if text is None or (isinstance(text, str) and (not text.strip() or is_no_story(text))):
            notes[f"empty {column}"] += 1
        elif why := _first_fault({**plain, "text": text, "source": writer}):
            yield _bad(row, f"in {column}, {why}")
        else:
            yield Story(
                id=ids.derived(prompt_id, writer, fallback),
                text=str(text),
                source=writer,
                prompt_id=prompt_id,
                prompt=plain["prompt"],
                title=plain["title"],
                meta=meta,
            )


def _bad(row: Row, why: str) -> BadRow:
    return BadRow(row.where, row.line, why)


def _labels(row: Row, layout: Layout, notes: Counter[str]) -> dict[str, str]:
    """The names, ids and prompt of a row, without blanks around them; a missing one is empty."""
    labels = {}
    for role in COLUMNS:
        if role == "text":
            continue
        # A column may have an empty name, as the index that pandas writes.
        label = label_of(row.fields.get(layout.roles[role]) if role in layout.roles else None)
        if role in ("id", "source", "prompt_id"):
            bare = label.strip()
            if bare != label:
                notes[f"{role} with blanks around it"] += 1
            label = "" if is_missing(bare) else bare
        labels[role] = label
    return labels


def _first_fault(values: Mapping[str, object]) -> str:
    return next((why for role, value in values.items() if (why := unusable(role, value))), "")


def _meta(row: Row, layout: Layout) -> dict[str, object]:
    return {name: plain_of(row.fields.get(column)) for column, name in layout.meta}


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
    given = {columns["text"]} if "text" in columns else set(COLUMNS["text"])
    if problem and given & {name.lower() for name in found}:
        return f"{where} holds no story that could be read. {has}.{first}"
    return (
        f"{where} holds no story that could be read. {has}; expected is a text column ({text}, or "
        f"story_<source> for each writer). Another name can be given: "
        f"{choosing('text', 'NAME')}.{first}"
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown
