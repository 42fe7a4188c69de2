"""What the columns of a foreign table are, as its user says in a small YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any

from storyscope.codebook import ID_PATTERN, KINDS
from storyscope.errors import TableError
from storyscope.guards import read_yaml

__all__ = ["ColumnMapping", "as_mapping", "low_high", "read_mapping", "texts_of"]

DUPLICATES = ("error", "first", "last")


@dataclass(frozen=True)
class ColumnMapping:
    """What the columns of a foreign table are.

    Attributes
    ----------
    source, prompt_id : str
        Columns with the writer and the prompt.
    story_id : tuple of str
        Columns whose values, joined by "/", name a story; default prompt and source.
    name, prefix : str
        Of the codebook, and of the feature ids that columns are given (three to five capitals).
    leave_out : tuple of str
        Columns that are not features.
    keep : tuple of str
        Columns that are not features but stay in the table, as ``words``.
    missing : tuple of str
        Cells that mean "no answer", as an empty cell always does. Anything else is an answer,
        "NA" too.
    duplicates : {"error", "first", "last"}
        What to do with a story that stands in several rows.
    unknown : {"error", "missing"}
        What to do with an answer that a given codebook does not allow.
    separator : str
        Between the answers of one cell of a multi-select.
    range : tuple of float, or None
        Lowest and highest value of numeric columns that say nothing else; without it the range is
        that of the data.
    dimensions : mapping of str to tuple of str
        Columns of each dimension; all others are in the dimension ``answers``.
    style : tuple of str
        Columns that are surface style.
    columns : mapping of str to mapping
        ``kind``, ``values`` (in order), ``range`` and ``name`` of single columns.
    """

    source: str
    prompt_id: str
    story_id: tuple[str, ...] = ()
    name: str = "imported"
    prefix: str = "IMP"
    leave_out: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    duplicates: str = "error"
    unknown: str = "error"
    separator: str = "|"
    range: tuple[float, float] | None = None
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    style: tuple[str, ...] = ()
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def read_mapping(path: str | Path) -> ColumnMapping:
    """Read a mapping from YAML; its keys are the attributes of `ColumnMapping`.

    Raises
    ------
    TableError
        If it is no YAML mapping, lacks a key column or has a key that is not known.
    """
    path = Path(path)
    if not path.is_file():
        raise TableError(
            f"There is no mapping at {path}; check the spelling, or write one as docs/how_to.md "
            "shows it."
        )
    try:
        content = read_yaml(path)
    except (OSError, ValueError) as error:
        raise TableError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise TableError(f"{path} must hold keys such as source: and prompt_id:.")
    return as_mapping(content, str(path))


def as_mapping(content: Mapping[str, Any], where: str = "the mapping") -> ColumnMapping:
    """Check plain data and make a mapping of it.

    >>> as_mapping({"source": "llm", "prompt_id": "story", "story_id": "id"}).story_id
    ('id',)
    """
    known = {f.name for f in fields(ColumnMapping)}
    if strange := [key for key in content if key not in known]:
        raise TableError(
            f"{where} has the key {strange[0]!r}; it can have {', '.join(sorted(known))}."
        )
    if lacking := [key for key in ("source", "prompt_id") if not content.get(key)]:
        raise TableError(f"{where} must say which column is the {lacking[0]}.")
    for key in ("dimensions", "columns"):
        if not isinstance(content.get(key) or {}, Mapping):
            raise TableError(f"{where}: {key} must be a mapping of names, not {content[key]!r}.")
    for column, about in (content.get("columns") or {}).items():
        if not isinstance(about, Mapping):
            raise TableError(f"{where}: what is said of {column} must be a mapping, not {about!r}.")
    for key in ("source", "prompt_id", "name", "prefix", "separator"):
        if not isinstance(content.get(key, ""), str) or content.get(key) == "":
            raise TableError(f"{where}: {key} must be a text, not {content[key]!r}.")
    given = dict(content)
    for key in ("story_id", "leave_out", "keep", "missing", "style"):
        given[key] = texts_of(given.get(key))
    if given.get("range") is not None:
        given["range"] = low_high(given["range"], where)
    given["dimensions"] = {
        str(name): texts_of(columns) for name, columns in (given.get("dimensions") or {}).items()
    }
    given["columns"] = given.get("columns") or {}
    found = ColumnMapping(**given)
    for name, value, allowed in (
        ("duplicates", found.duplicates, DUPLICATES),
        ("unknown", found.unknown, ("error", "missing")),
    ):
        if value not in allowed:
            raise TableError(f"{where}: {name} is {value!r}; it must be {' or '.join(allowed)}.")
    if not ID_PATTERN.fullmatch(f"{found.prefix}_AAA_01"):
        raise TableError(f"{where}: prefix {found.prefix!r} must be three to five capital letters.")
    for column, about in found.columns.items():
        if about.get("kind", "number") not in KINDS:
            raise TableError(
                f"{where}: kind {about['kind']!r} of {column} is none of {', '.join(KINDS)}."
            )
    return found


def texts_of(value: Any) -> tuple[str, ...]:
    """One text or several, as a tuple."""
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def low_high(value: Any, where: str) -> tuple[float, float]:
    """A range, checked."""
    try:
        low, high = (float(x) for x in value)
    except (TypeError, ValueError):
        raise TableError(f"{where}: a range is [lowest, highest], not {value!r}.") from None
    if not -inf < low < high < inf:
        raise TableError(f"{where}: the range {value!r} is empty, or has no end.")
    return low, high
