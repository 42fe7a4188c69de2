"""Every figure of a result as tidy tables, for R, pandas and spreadsheets, with a dictionary of columns.

A result is a tree of dataclasses. Each class that holds figures becomes a table, a row per observation;
what the columns mean is read from the docstrings of the classes, so that it cannot drift from them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.compare.resample import Estimate
from storyscope.table import csv_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DICTIONARY", "frames", "write_csv"]

DICTIONARY = "dictionary.csv"

_OF_ESTIMATE = {
    "": "{}",
    "_low": "Lower end of the 95% interval of {}; empty where there are too few prompts for one",
    "_high": "Upper end of the 95% interval of {}",
    "_n": "Prompts that {} rests on",
}
_OWN = {
    "of": "Which one, by the name under which it stands in the result",
    "of_in": "Which one within that",
    "a": "The first of the two",
    "b": "The second of the two",
    "place": "Place in the list, from 0",
    "place_in": "Place in the list within that, from 0",
    "value": "The figure",
}
_NAMES = {
    "id", "feature", "value", "answer", "view", "method", "label", "name", "source", "against", "k",
    "same_prompt", "about", "side", "dimension", "a", "b",
}  # fmt: skip
"""Fields of a list's items that tell them apart, and that tables of what they hold repeat."""
_CELL = str | int | float | np.generic


def frames(result: Any, name: str) -> dict[str, pd.DataFrame]:
    """The figures of a result as tables, by name.

    Parameters
    ----------
    result : Comparison, Fingerprint, Diff, Evaluation or a list of one of them
        Any dataclass of ours.
    name : str
        Begins the names of the tables.

    Returns
    -------
    dict of str to DataFrame
        A row per observation. ``X_low``, ``X_high`` and ``X_n`` belong to the estimate ``X``.

    Examples
    --------
    >>> from storyscope.compare.matched import Apart
    >>> apart = Apart("m1", Estimate(0.1, 0.0, 0.2, 30), 0.04, 0.08)
    >>> frames([apart], "apart")["apart"].columns.tolist()
    ['source', 'gap', 'gap_low', 'gap_high', 'gap_n', 'p', 'p_holm']
    """
    import pandas as pd

    return {table: pd.DataFrame(rows) for table, (rows, _) in _tables(result, name).items()}


def write_csv(result: Any, folder: str | Path, name: str) -> list[Path]:
    """Write `frames` as CSV files, with ``dictionary.csv`` that explains each column.

    Texts that a spreadsheet would take for a formula are marked by an apostrophe. Figures have six
    significant digits; an empty cell is a figure that there is none of.

    Parameters
    ----------
    result, name
        As `frames` takes them.
    folder : str or Path
        Made if need be.

    Returns
    -------
    list of Path
        What was written, the dictionary last.
    """
    import pandas as pd

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written, known = [], []
    for table, (rows, meanings) in _tables(result, name).items():
        path = folder / f"{table}.csv"
        _write(pd.DataFrame(rows), path)
        written.append(path)
        columns = dict.fromkeys(column for row in rows for column in row)
        known += [{"file": path.name, "column": c, "meaning": meanings[c]} for c in columns]
    _write(pd.DataFrame(known), folder / DICTIONARY)
    return [*written, folder / DICTIONARY]


def _write(table: pd.DataFrame, path: Path) -> None:
    plain = table.map(_cell).rename(columns=csv_text)
    plain.to_csv(path, index=False, float_format="%.6g", lineterminator="\n", encoding="utf-8")


def _cell(value: Any) -> Any:
    """A cell that R, pandas and spreadsheets read alike."""
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    return csv_text(value) if isinstance(value, str) else value


# ---------------------------------------------------------------- the walk

Keys = dict[str, tuple[Any, str]]
"""What tells the rows of a table apart: values and meanings by column."""


class _Found(dict[str, tuple[list[dict[str, Any]], dict[str, str]]]):
    """Rows and meanings of columns by table."""

    def add(self, name: str, keys: Keys, cells: Mapping[str, tuple[Any, str]]) -> None:
        """One row."""
        rows, meanings = self.setdefault(name, ([], {}))
        whole = {**keys, **cells}
        rows.append({column: value for column, (value, _) in whole.items()})
        meanings.update({column: said for column, (_, said) in whole.items()})


def _tables(result: Any, name: str) -> _Found:
    found = _Found()
    _walk(result, name, {}, "", found)
    return found


def _walk(value: Any, name: str, keys: Keys, meaning: str, found: _Found) -> None:
    """Put what a field holds into tables."""
    if _is_class(value):
        _walk_class(value, name, keys, {}, found)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _item(inner, name, keys | _key("of", key, keys), meaning, found)
    elif isinstance(value, list | tuple | np.ndarray):
        for place, inner in enumerate(value):
            if _is_class(inner):
                named = any(field.name in _NAMES for field in fields(inner))
                here = {} if named else _key("place", place, keys)
                _item(inner, name, keys | here, meaning, found)
            elif _is_pair(inner):
                ends = {"a": (inner[0], _OWN["a"]), "b": (inner[1], _OWN["b"])}
                found.add(name, keys | ends, _cells("value", inner[2], meaning, ""))
            elif isinstance(inner, tuple) and len(inner) == 2 and isinstance(inner[0], str):
                here = keys | _key("place", place, keys) | _key("of", inner[0], keys)
                found.add(name, here, _cells("value", inner[1], meaning, ""))
            else:
                _item(inner, name, keys | _key("place", place, keys), meaning, found)


def _item(value: Any, name: str, keys: Keys, meaning: str, found: _Found) -> None:
    """One of many: its names go into all that it holds."""
    if _is_class(value):
        said = _attributes(type(value))
        names = {
            label: (getattr(value, label), said[label])
            for label in said
            if label in _NAMES and isinstance(getattr(value, label, None), _CELL)
        }
        _walk_class(value, name, keys, names, found)
    elif isinstance(value, Mapping | list | tuple | np.ndarray):
        _walk(value, name, keys, meaning, found)
    else:
        found.add(name, keys, _cells("value", value, meaning or _OWN["value"], ""))


def _walk_class(value: Any, name: str, keys: Keys, names: Keys, found: _Found) -> None:
    cells: dict[str, tuple[Any, str]] = {}
    inner: dict[str, tuple[Any, str]] = {}
    _open(value, "", cells, inner)
    if cells:
        found.add(name, keys, names | cells)
    together: dict[int, list[str]] = {}
    for label, (held, _) in inner.items():
        if isinstance(held, list) and held and all(isinstance(v, _CELL) for v in held):
            together.setdefault(len(held), []).append(label)
    for labels in (some for some in together.values() if len(some) > 1):
        columns = [[(v, inner[label][1]) for v in inner[label][0]] for label in labels]
        for place, row in enumerate(zip(*columns, strict=True)):
            here = keys | names | _key("place", place, keys)
            found.add(f"{name}_{'_'.join(labels)}", here, dict(zip(labels, row, strict=True)))
        for label in labels:
            del inner[label]
    for label, (held, meaning) in inner.items():
        _walk(held, f"{name}_{label}", keys | names, meaning, found)


def _open(value: Any, before: str, cells: Keys, inner: Keys) -> None:
    """Fields of a class as cells of one row; what has many parts is left for a table of its own."""
    said = _attributes(type(value))
    for field in fields(value):
        label, held = f"{before}{field.name}", getattr(value, field.name)
        meaning = said[field.name]
        if held is None and "Estimate" in str(field.type):
            held = Estimate(np.nan, None, None, 0)
        if held is None or isinstance(held, Estimate | _CELL):
            kind = str(field.type)
            if held is not None or kind.split(" ")[0] in ("str", "int", "float", "bool"):
                cells |= _cells(label, held, meaning, field.name)
        elif isinstance(held, tuple) and len(held) == 2 and all(isinstance(v, float) for v in held):
            cells |= {f"{label}_{n}": (v, f"{meaning} ({n} of 2)") for n, v in enumerate(held, 1)}
        elif _is_class(held) and all(
            isinstance(getattr(held, f.name), Estimate | _CELL | None) for f in fields(held)
        ):
            _open(held, f"{label}_", cells, inner)
        else:
            inner[label] = (held, meaning)


def _is_class(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, Estimate | type)


def _is_pair(value: Any) -> bool:
    """Two names and what lies between them."""
    return (
        isinstance(value, tuple) and len(value) == 3 and all(isinstance(v, str) for v in value[:2])
    )


def _key(label: str, value: Any, keys: Keys) -> Keys:
    label = f"{label}_in" if label in keys else label
    return {label: (value, _OWN.get(label, label))}


def _cells(label: str, value: Any, meaning: str, called: str) -> Keys:
    """A figure as cells, and what each means."""
    if not isinstance(value, Estimate):
        return {label: (value, meaning)}
    parts = (value.value, value.low, value.high, value.n)
    return {
        f"{label}{end}": (part, text.format(meaning if not end else called or label))
        for (end, text), part in zip(_OF_ESTIMATE.items(), parts, strict=True)
    }


def _attributes(kind: type) -> dict[str, str]:
    """What a class says of its attributes, by name; of one it does not list, its own first line."""
    head, _, listed = (inspect.getdoc(kind) or "").partition("Attributes\n----------\n")
    first = head.partition("\n\n")[0].replace("\n", " ").strip()
    found = {field.name: f"{field.name.replace('_', ' ')}: {first}" for field in fields(kind)}
    labels: list[str] = []
    for line in listed.splitlines():
        if named := re.match(r"(\w+(?:, \w+)*)(?: : (.*))?$", line):
            labels = [label for label in named[1].split(", ") if label in found]
            shared = f"{', '.join(labels)}: " if len(labels) > 1 else ""
            found |= dict.fromkeys(labels, shared)
        elif line.startswith("    "):
            found |= {label: f"{found[label].rstrip()} {line.strip()}" for label in labels}
    return {name: _plainly(said) or name.replace("_", " ") for name, said in found.items()}


def _plainly(said: str) -> str:
    """Words of a docstring without its marks."""
    return re.sub(r"``?([^`]+)``?", r"\1", said).strip().rstrip(".:")
