"""Large files cut into pieces, each of which any machine reads by itself: for `score --engine dask`.

A piece is a range of whole lines of a JSON lines file, or of rows within a row group of a Parquet
file. The file is a local path or any URL that `fsspec` opens.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any, NamedTuple

from storyscope.corpus.columns import Part, looked_ahead, stories_of
from storyscope.corpus.decoding import encoding_of, told
from storyscope.corpus.documents import is_document, line_row
from storyscope.corpus.files import COMPRESSED, brief, decoded_lines, readable
from storyscope.corpus.ids import LaterIds
from storyscope.corpus.rows import BATCH, Row, batched
from storyscope.corpus.story import BadRow, Story
from storyscope.errors import CorpusError

__all__ = ["PIECE", "Cut", "Piece", "Read", "cut", "read_piece"]

PIECE = 2_000_000
"""Bytes of a piece: some 70 novellas, three minutes of work with the tagger."""

LINES, TABLES = (".jsonl", ".ndjson", ".json"), (".parquet",)


class Piece(NamedTuple):
    """A stretch of a file.

    Attributes
    ----------
    start, stop : int
        Bytes of a file of lines, or rows within the row group `group`.
    line, row : int
        Number of its first line and of its first row, which is the same but for blank lines.
    group : int or None
        Row group of a Parquet file.
    """

    start: int
    stop: int
    line: int
    row: int
    group: int | None = None


@dataclass(frozen=True)
class Cut:
    """A file cut into pieces, and what its beginning decides for all of them.

    Attributes
    ----------
    url : str
    columns : mapping of str to str
        Chosen columns by role.
    source, name : str
        Who wrote stories of rows that do not say, and what the corpus is called.
    pieces : list of Piece
    data : frozenset of str
        Columns that look like a writer's and are none.
    notes : dict of str to int
    """

    url: str
    columns: Mapping[str, str]
    source: str
    name: str
    pieces: list[Piece]
    data: frozenset[str]
    notes: Mapping[str, int]


@dataclass(frozen=True)
class Read:
    """The stories of a piece, which get their ids when all before them are known.

    Attributes
    ----------
    stories : list of Story
    lines : list of int
        Where each of them stands.
    ids : LaterIds
    problems : list of BadRow
    notes : dict of str to int
    """

    stories: list[Story]
    lines: list[int]
    ids: LaterIds
    problems: list[BadRow]
    notes: Mapping[str, int]


def cut(
    url: str,
    *,
    columns: Mapping[str, str] | None = None,
    source: str | None = None,
    size: int = PIECE,
) -> Cut:
    r"""Cut a file into pieces of about `size` bytes, reading it through once.

    Parameters
    ----------
    url : str
        A path or URL as this machine sees it, ending in ``.jsonl``, ``.ndjson``, ``.json`` (a
        record a line) or ``.parquet``.
    columns, source
        As `storyscope.corpus.read_corpus` takes them.
    size : int
        Bytes.

    Raises
    ------
    CorpusError
        If there is nothing, the ending is another, or the file cannot be cut: compressed, one JSON
        document, or not UTF-8.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with open(f"{folder}/tales.jsonl", "w") as file:
    ...         _ = file.write('{"id": "a", "text": "It rained."}\n{"id": "b", "text": "Snow."}\n')
    ...     found = cut(f"{folder}/tales.jsonl", size=10)
    ...     [read_piece(found, piece).ids.asked for piece in found.pieces]
    [[('a', '')], [('b', '')]]
    """
    name = _name(url)
    ending = PurePosixPath(name).suffix.lower()
    if ending not in (*LINES, *TABLES):
        raise CorpusError(
            f"{url} is cut into pieces for many machines, and a file ending in "
            f"{ending or 'nothing'!r} cannot be"
            + (
                "; unpack it, or write it as Parquet, which packs by itself."
                if ending in COMPRESSED
                else "; write it as JSON lines (.jsonl) or Parquet, or use the local engine."
            )
        )
    with _opened(url) as file:
        if ending in TABLES:
            pieces = list(_row_groups(file, size))
        else:
            _check_lines(file, url)
            pieces = list(_line_ranges(file, size))
    notes: Counter[str] = Counter()
    columns = dict(columns or {})
    found = Cut(url, columns, source or "unknown", name[: -len(ending)], pieces, frozenset(), {})
    rows = (row for piece in pieces for row in _rows(found, piece, notes))
    _, data = looked_ahead(rows, columns, url, notes)
    rows.close()
    return Cut(url, columns, found.source, found.name, pieces, data, dict(notes))


def read_piece(whole: Cut, piece: Piece) -> Read:
    """Read the stories of a piece; their ids are empty, or as the file gives them."""
    notes: Counter[str] = Counter()
    at = 0

    def followed() -> Iterator[Row | BadRow]:
        nonlocal at
        for row in _rows(whole, piece, notes):
            at = row.line
            yield row

    ids = LaterIds()
    found = Read([], [], ids, [], notes)
    for item in stories_of(
        followed(),
        columns=whole.columns,
        source=whole.source,
        where=whole.url,
        name=whole.name,
        notes=notes,
        part=Part(whole.data, ids, piece.row),
    ):
        if isinstance(item, Story):
            found.stories.append(item)
            found.lines.append(at)
        else:
            found.problems.append(item)
    return found


def _name(url: str) -> str:
    return PurePosixPath(url.split("::")[0].split("?")[0]).name


@contextmanager
def _opened(url: str) -> Iterator[IO[bytes]]:
    try:
        if "://" in url:
            import fsspec

            file = fsspec.open(url, "rb").open()
        else:
            file = open(url, "rb")  # noqa: SIM115
    except FileNotFoundError:
        raise CorpusError(
            f"There is nothing at {url} where the workers are; name a place that all of them see."
        ) from None
    except (ImportError, ValueError) as error:  # a protocol that is unknown, or lacks its package
        raise CorpusError(f"{url} cannot be opened on the workers: {brief(error)}.") from error
    with file, readable(url):
        yield file


def _check_lines(file: IO[bytes], url: str) -> None:
    """Refuse what cannot be cut at line ends."""
    head = file.read(1 << 20)
    file.seek(0)
    try:
        name = told(encoding_of(head, whole=False))
    except CorpusError as error:
        raise CorpusError(f"{url} cannot be read: {error}.") from error
    if name:
        raise CorpusError(
            f"{url} is written as {name} and is cut into pieces for many machines, which needs "
            "UTF-8; convert it."
        )
    lines = [line for line in head.decode("utf-8-sig", "replace").splitlines() if line.strip()][:2]
    if is_document(lines):
        raise CorpusError(
            f"{url} is one JSON document, which cannot be cut into pieces; write an object a line "
            "(.jsonl), or use the local engine."
        )


def _line_ranges(file: IO[bytes], size: int) -> Iterator[Piece]:
    start = end = 0
    line = row = 1
    lines = rows = 0
    for text in file:
        end += len(text)
        lines += 1
        rows += not text.isspace()
        if end - start >= size:
            yield Piece(start, end, line, row)
            start, line, row, lines, rows = end, line + lines, row + rows, 0, 0
    if end > start:
        yield Piece(start, end, line, row)


def _row_groups(file: IO[bytes], size: int) -> Iterator[Piece]:
    import pyarrow.parquet as pq

    about = pq.ParquetFile(file).metadata
    row = 1
    for number in range(about.num_row_groups):
        group = about.row_group(number)
        if not group.num_rows:
            continue
        step = max(1, size * group.num_rows // max(group.total_byte_size, 1))
        for start in range(0, group.num_rows, step):
            stop = min(start + step, group.num_rows)
            yield Piece(start, stop, row + start, row + start, number)
        row += group.num_rows


def _rows(whole: Cut, piece: Piece, notes: Counter[str]) -> Iterator[Row | BadRow]:
    where = _name(whole.url)
    with _opened(whole.url) as file:
        if piece.group is not None:
            yield from batched(_slices(file, piece), where, piece.line)
            return
        file.seek(piece.start)
        content = file.read(piece.stop - piece.start)
    encoding = "utf-8" if piece.start else "utf-8-sig"
    lines = decoded_lines(io.BytesIO(content), encoding, whole.url, notes, piece.line)
    for number, line in enumerate(lines, start=piece.line):
        if line.strip():
            yield line_row(where, number, line)


def _slices(file: IO[bytes], piece: Piece) -> Iterator[Any]:
    """The batches of a row group that hold the rows of a piece, cut to them."""
    import pyarrow.parquet as pq

    at = 0
    for batch in pq.ParquetFile(file).iter_batches(batch_size=BATCH, row_groups=[piece.group]):
        first, last = max(piece.start - at, 0), min(piece.stop - at, batch.num_rows)
        if first < last:
            yield batch.slice(first, last - first)
        at += batch.num_rows
        if at >= piece.stop:
            return
