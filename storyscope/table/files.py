"""Feature tables on disk: Parquet, CSV, and folders of shards."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import JUDGED, Codebook, default_codebook
from storyscope.errors import OutputError, TableError
from storyscope.paths import written_whole
from storyscope.table.cells import csv_text, text_cells, textual, without_mark
from storyscope.table.checked import KEYS, check_table, provenance
from storyscope.table.joined import check_made_alike
from storyscope.table.records import METADATA, read_record, record_in

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = [
    "MANIFEST",
    "MOST_BYTES",
    "MOST_CELLS",
    "check_target",
    "in_pandas",
    "is_table",
    "judged_columns",
    "read_parquet",
    "read_table",
    "write_table",
]

MANIFEST = "manifest.json"
"""File of a folder of shards that names them, with the record of the whole table."""

MOST_CELLS = 200_000_000
"""Rows by columns of a table, as of 400,000 stories by 500 features."""

MOST_BYTES = 4_000_000_000
"""What a Parquet file may unpack to."""


def is_table(path: Path) -> bool:
    """Whether a file is a table that `write_table` wrote, by what it says itself.

    Parquet files carry a record. A CSV file has none and is known by its columns: the keys first,
    and no text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.suffix.lower() != ".csv":
            return METADATA in (pq.read_metadata(path).metadata or {})
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file), [])
    except (pa.ArrowException, OSError, ValueError, csv.Error):
        return False
    return tuple(header[:3]) == KEYS and "text" not in header


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
            arrow = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), METADATA: note})
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
            table = text_cells(table, without_mark).rename(columns=without_mark)
        elif folder:
            arrow, note = _shards_of(path, wanted)
            table = arrow.to_pandas()
        else:
            arrow = read_parquet(path, wanted)
            table = in_pandas(arrow)
            note = record_in((arrow.schema.metadata or {}).get(METADATA, b"{}"))
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
        note = record_in(json.dumps(manifest["record"]).encode())
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
        check_made_alike({f"{folder / MANIFEST}": note, str(folder / name): record})
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
