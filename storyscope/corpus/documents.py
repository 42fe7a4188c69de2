"""JSON in the shapes in which stories are kept: lines, lists, by id, by column, nested."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from storyscope.corpus.conversations import is_turns
from storyscope.corpus.decoding import decode, told
from storyscope.corpus.files import brief, text_lines, whole
from storyscope.corpus.rows import Row
from storyscope.corpus.story import BadRow
from storyscope.errors import CorpusError

__all__ = ["json_rows", "records_of"]

Known = Callable[[Mapping[str, object]], bool]
"""Whether an object has a field that is named as a text is."""

_LISTS = ("data", "stories", "rows", "records", "items", "examples", "results", "texts", "samples")
_LONG = 200  # characters from which a bare text is taken for a story


def json_rows(path: Path, notes: Counter[str], known: Known) -> Iterator[Row | BadRow]:
    """Read the records of a JSON file: an object a line, or one document of any known shape.

    Its first lines tell which: a line that is an object by itself begins JSON lines, whatever the
    ending.
    """
    lines = text_lines(path, notes)
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    head = list(islice(numbered, 2))
    if _is_document([line for _, line in head]):
        lines.close()
        yield from _document(path, notes, known)
        return
    alone = len(head) == 1
    for number, line in chain(head, numbered):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield BadRow(path.name, number, f"the line is not valid JSON ({brief(error)})")
            continue
        found = list(records_of(record, known)) if alone else [record]
        yield from (
            _row(path.name, number if not alone else k, item) for k, item in enumerate(found, 1)
        )


def _is_document(lines: list[str]) -> bool:
    first = lines[0].strip() if lines else ""
    if first.startswith("["):
        return True
    if not first.startswith("{") or (len(lines) > 1 and lines[1].lstrip().startswith("{")):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return len(lines) > 1
    return False


def _document(path: Path, notes: Counter[str], known: Known) -> Iterator[Row | BadRow]:
    content = decode(whole(path))
    if name := told(content.encoding):
        notes[f"file read as {name}, not UTF-8"] += 1
    text = content.text.lstrip("\ufeff")
    decoder = json.JSONDecoder()
    start, number = _blank(text, 0), 0
    while start < len(text):
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            raise CorpusError(
                f"{path} is not valid JSON ({brief(error)}); mend it there, or write one object "
                "a line as .jsonl, where a bad line spoils only itself."
            ) from error
        for record in records_of(value, known):
            number += 1
            yield _row(path.name, number, record)
        start = _blank(text, end)


def _blank(text: str, start: int) -> int:
    """Where the next value begins: after blanks, and commas that people leave between objects."""
    while start < len(text) and text[start] in " \t\r\n,":
        start += 1
    return start


def _row(where: str, line: int, record: object) -> Row | BadRow:
    if isinstance(record, dict):
        return Row(where, line, record)
    return BadRow(where, line, f"the record is a JSON {type(record).__name__}, not an object")


def records_of(value: object, known: Known) -> Iterator[object]:
    """Records within a JSON value, whichever of the common shapes it has.

    A list of objects or of texts; an object that is a record; one that holds the list (``{"data":
    [...]}``), whose other plain values go to each record; records by id or under several names,
    which go to ``id`` and ``key``; and a table by columns, as pandas writes it.

    >>> known = lambda record: "text" in record
    >>> list(records_of({"model": "m1", "data": [{"text": "It rained."}]}, known))
    [{'model': 'm1', 'text': 'It rained.'}]
    >>> list(records_of({"a": {"text": "It rained."}, "b": {"text": "It snowed."}}, known))
    [{'id': 'a', 'text': 'It rained.'}, {'id': 'b', 'text': 'It snowed.'}]
    >>> list(records_of({"text": {"0": "It rained."}, "model": {"0": "m1"}}, known))
    [{'text': 'It rained.', 'model': 'm1'}]
    """
    if isinstance(value, list):
        for item in value:
            yield {"text": item} if isinstance(item, str) else item
        return
    if not isinstance(value, dict) or not value:
        yield value
        return
    if (by_column := _by_column(value, known)) is not None:
        yield from by_column
        return
    if known(value):
        yield value
        return
    plain = {k: v for k, v in value.items() if not isinstance(v, dict | list)}
    nested = {k: v for k, v in value.items() if isinstance(v, list) and _objects(v)}
    by_id = {k: v for k, v in value.items() if isinstance(v, dict)}
    if len(nested) > 1 and (kept := [k for k in nested if k.lower() in _LISTS]):
        nested = {kept[0]: nested[kept[0]]}
    if nested:
        for key, items in nested.items():
            more = {"key": key} if len(nested) > 1 else {}
            yield from ({**plain, **more, **item} for item in items)
    elif by_id and not plain and len(by_id) == len(value):
        inner = next(iter(by_id.values()))
        if len(by_id) == 1 and not known(inner):
            yield from records_of(inner, known)
        else:
            yield from ({"id": key, **item} for key, item in by_id.items())
    elif len(plain) > 1 and all(isinstance(v, str) and len(v) >= _LONG for v in value.values()):
        yield from ({"id": key, "text": text} for key, text in plain.items())
    else:
        yield value


def _objects(items: list[object]) -> bool:
    """Whether a list holds records; the turns of a chat are none."""
    return bool(items) and all(isinstance(item, dict) and "role" not in item for item in items)


def _by_column(value: Mapping[str, Any], known: Known) -> Iterator[dict[str, object]] | None:
    """Records of a table whose columns are lists, or objects by row, as pandas writes them."""
    columns, rows = value.get("columns"), value.get("data")
    if (
        isinstance(columns, list)
        and isinstance(rows, list)
        and all(isinstance(r, list) for r in rows)
    ):
        names = [str(name) for name in columns]
        return (dict(zip(names, row, strict=False)) for row in rows)
    cells = list(value.values())
    if not known(value) or any(is_turns(name, column) for name, column in value.items()):
        return None
    if all(isinstance(column, list) for column in cells) and len({len(c) for c in cells}) == 1:
        return (dict(zip(value, row, strict=True)) for row in zip(*cells, strict=True))
    if all(isinstance(column, dict) for column in cells):
        first = cells[0]
        return ({name: column.get(row) for name, column in value.items()} for row in first)
    return None
