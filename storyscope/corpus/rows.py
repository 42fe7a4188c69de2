"""Rows as they stand in a file, whatever its format: where, which line, and the named fields."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from storyscope.corpus.story import BadRow
from storyscope.errors import CorpusError

__all__ = ["Row", "delimited", "json_array", "json_lines", "parquet", "plain_text"]

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LONGEST_FIELD = 2**31 - 1  # csv stops at 131,072 characters by itself: a third of a novel
_BATCH = 64  # rows of Parquet held at a time; a row of the wide layout is several whole stories


class Row(NamedTuple):
    """One record of a file, its fields under the names they have there."""

    where: str
    line: int
    fields: dict[str, object]


def json_lines(path: Path) -> Iterator[Row | BadRow]:
    """Read the records of a JSON lines file."""
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            yield BadRow(path.name, number, _not_utf8(error))
        except (ValueError, RecursionError) as error:
            yield BadRow(path.name, number, f"the line is not valid JSON ({_brief(error)})")
        else:
            yield _record(path.name, number, record)


def json_array(path: Path) -> Iterator[Row | BadRow]:
    """Read the records of a JSON file that holds one array; the whole file is read at once."""
    content = b"".join(_lines(path))
    if not content.lstrip().startswith(b"["):  # JSON lines under the wrong ending are common
        yield from json_lines(path)
        return
    try:
        records = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CorpusError(
            f"{path} is not a valid JSON array ({_brief(error)}); mend it there, or write one "
            "object a line as .jsonl, where a bad line spoils only itself."
        ) from error
    for number, record in enumerate(records, start=1):
        yield _record(path.name, number, record)


def delimited(path: Path, delimiter: str) -> Iterator[Row | BadRow]:
    """Read the records of a CSV or TSV file; the line is that on which the record begins."""
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    # Bytes that are not UTF-8 become surrogates, which the check of each field finds and reports.
    lines = (line.decode("utf-8", "surrogateescape") for line in _lines(path))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(path.name, start, f"the quotes of this record do not match ({error})")
            continue
        if not any(cells):
            continue
        if header is None:
            header = _header(cells, path)
        elif len(cells) != len(header):
            why = f"the record has {len(cells)} fields where the header has {len(header)}"
            yield BadRow(path.name, start, why)
        else:
            filled = (cell if cell != "" else None for cell in cells)
            yield Row(path.name, start, dict(zip(header, filled, strict=True)))


def parquet(path: Path) -> Iterator[Row | BadRow]:
    """Read the records of a Parquet file, a few at a time; the line is the row's number."""
    import pyarrow.parquet as pq

    number = 0
    with _readable(path), pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            names = batch.schema.names
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                fields = dict(zip(names, values, strict=True))
                fields.pop("__index_level_0__", None)  # pandas leaves its index there
                yield Row(path.name, number, fields)


def plain_text(path: Path, where: str, fields: dict[str, object]) -> Row | BadRow:
    """Read a whole text file as one record, beside what its place says about it."""
    with _readable(path):
        content = path.read_bytes()
    if content.startswith(_UTF16):
        return BadRow(where, 1, "the file is UTF-16; save it as UTF-8")
    if b"\0" in content:
        return BadRow(where, 1, "this is a binary file, not text")
    try:
        return Row(where, 1, {**fields, "text": content.decode("utf-8-sig")})
    except UnicodeDecodeError as error:
        return BadRow(where, 1, _not_utf8(error))


def _record(where: str, line: int, record: object) -> Row | BadRow:
    if isinstance(record, dict):
        return Row(where, line, record)
    return BadRow(where, line, f"the record is a JSON {type(record).__name__}, not an object")


def _header(cells: list[str], path: Path) -> list[str]:
    names = [cell.strip() or f"column_{i}" for i, cell in enumerate(cells, start=1)]
    if twice := [name for name in names if names.count(name) > 1]:
        raise CorpusError(f"The header of {path} names {twice[0]!r} twice; rename one column.")
    return names


def _lines(path: Path) -> Iterator[bytes]:
    """Lines of a plain or compressed file, without a byte order mark."""
    with _readable(path), _open(path) as file:
        for number, line in enumerate(cast("Iterable[bytes]", file)):
            if number == 0:
                if line.startswith(_UTF16):
                    raise CorpusError(f"{path} is UTF-16; save it as UTF-8.")
                line = line.removeprefix(codecs.BOM_UTF8)
            yield line


def _open(path: Path) -> BinaryIO:
    match path.suffix.lower():
        case ".gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        case ".zst":
            import pyarrow as pa

            return io.BufferedReader(pa.input_stream(str(path), compression="zstd"))
        case _:
            return path.open("rb")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say of a damaged or locked file that it is one."""
    try:
        yield
    except PermissionError as error:
        raise CorpusError(f"{path} may not be read; change its permissions.") from error
    except (OSError, EOFError, zlib.error, ValueError) as error:
        # pyarrow's errors are ValueErrors or OSErrors.
        raise CorpusError(
            f"{path} cannot be read ({_brief(error)}); it is damaged, cut short, or not what its "
            "ending says. Fetch or write it again."
        ) from error


def _not_utf8(error: UnicodeDecodeError) -> str:
    byte = error.object[error.start]
    return f"byte 0x{byte:02X} at position {error.start} is not UTF-8; save the file as UTF-8"


def _brief(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
