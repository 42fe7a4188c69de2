"""Rows as they stand in a file, whatever its format: where, which line, and the named fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from storyscope.corpus.files import readable
from storyscope.corpus.story import BadRow

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BATCH", "Row", "batched", "parquet"]

BATCH = 64  # rows of Parquet held at a time; a row of the wide layout is several whole stories


class Row(NamedTuple):
    """One record of a file, its fields under the names they have there."""

    where: str
    line: int
    fields: dict[str, object]


def parquet(path: Path) -> Iterator[Row | BadRow]:
    """Read the records of a Parquet file, a few at a time; the line is the row's number."""
    import pyarrow.parquet as pq

    with readable(path), pq.ParquetFile(path) as file:
        yield from batched(file.iter_batches(batch_size=BATCH), path.name)


def batched(batches: Iterable[pa.RecordBatch], where: str, first: int = 1) -> Iterator[Row]:
    """Rows of Parquet batches; `first` is the number of the first of them."""
    number = first - 1
    for batch in batches:
        names = batch.schema.names
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            number += 1
            fields = dict(zip(names, values, strict=True))
            fields.pop("__index_level_0__", None)  # pandas leaves its index there
            yield Row(where, number, fields)
