"""Tables of text, as spreadsheets, R and people write them: CSV and its relatives."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from storyscope.corpus.files import LONGEST_LINE, text_lines
from storyscope.corpus.quotes import Shape, parted
from storyscope.corpus.rows import Row
from storyscope.corpus.story import BadRow
from storyscope.errors import CorpusError

__all__ = ["cells_of", "delimited", "delimiter_of"]

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LONGEST_FIELD = 2**31 - 1  # csv stops at 131,072 characters by itself: a third of a novel
_LONGEST_NAME = 300
"""Characters from which a cell of the first line is a text and no column's name."""
_SEP = re.compile(r'"?sep=(?P<delimiter>.)"?\s*', re.IGNORECASE | re.DOTALL)


class Record(NamedTuple):
    """One record of a table: where it begins, how many lines it takes, its cells or its fault."""

    line: int
    lines: int
    cells: list[str]
    fault: str = ""


def delimited(path: Path, notes: Counter[str]) -> Iterator[Row | BadRow]:
    """Read the records of a table; the line is that on which the record begins.

    The header decides what stands between cells, a first line ``sep=;`` before it. Records whose
    quotes do not match are read by the shape of their lines where that can be told, and counted
    in `notes`; otherwise the lines that went with them are said.
    """
    header: list[str] | None = None
    for record in records(_Lines(text_lines(path, notes)), path, notes):
        if record.fault:
            yield BadRow(path.name, record.line, record.fault, record.lines)
        elif not any(record.cells):
            continue
        elif header is None:
            header = _header(record.cells, path)
        else:
            filled = (cell if cell != "" else None for cell in record.cells)
            yield Row(path.name, record.line, dict(zip(header, filled, strict=True)))


def cells_of(path: Path, notes: Counter[str]) -> Iterator[list[str]]:
    """Cells of each record of a table, the header first, for readers that know no stories.

    Raises
    ------
    CorpusError
        For the first record that cannot be read.
    """
    header = False
    for record in records(_Lines(text_lines(path, notes)), path, notes):
        if record.fault:
            raise CorpusError(f"{path.name}, line {record.line}: {record.fault}")
        if any(record.cells):
            yield record.cells if header else _header(record.cells, path)
            header = True


def delimiter_of(header: str, expected: str = ",") -> str:
    r"""Tell what stands between the cells of a header line: what parts it into most cells.

    >>> delimiter_of("id;source;text"), delimiter_of("text"), delimiter_of("a\tb, or c")
    (';', ',', '\t')
    """

    def names(delimiter: str) -> int:
        # A name is short and begins with no blank; in "who, or what" the comma is part of a name.
        cells = next(csv.reader([header], delimiter=delimiter), [])
        return sum(0 < len(cell) < 60 and not cell.startswith(" ") for cell in cells)

    return max(_DELIMITERS, key=lambda delimiter: (names(delimiter), delimiter == expected))


class _Lines:
    """Lines with their numbers, which can be put back."""

    def __init__(self, lines: Iterable[str]):
        self._lines = iter(lines)
        self._back: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def records(lines: _Lines, path: Path, notes: Counter[str]) -> Iterator[Record]:
    """Records of a table, its header among them."""
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    delimiter = _begin(lines, path, notes)
    width = 0
    while True:
        start = lines.number + 1
        taken: list[str] = []
        try:
            cells = next(csv.reader(_taking(lines, taken), delimiter=delimiter, strict=True))
            fault = ""
        except StopIteration:
            return
        except csv.Error as error:
            cells, fault = [], _quotes(error)
        shape = None
        if fault:
            shape = Shape.of(taken[0], delimiter, width) if width else None
        elif width and any(cells) and len(cells) != width:
            fault = f"the record has {len(cells)} fields where the header has {width}"
            shape = Shape.of(taken[0], delimiter, width) if len(taken) > 1 else None
            if shape and not any(shape.parts(*pair) for pair in pairwise(taken)):
                shape = None
        width = width or (len(cells) if any(cells) else 0)
        found, count = None, len(taken) if not cells else 1
        if shape is not None:
            lines.put_back(taken)
            block = _block(lines, shape)
            found = parted(block, shape)
            count = len(block)
            if found is not None:
                notes["records whose quotes do not match, read by the shape of their lines"] += 1
                fault = ""
        yield Record(start, count, cells if found is None else found, fault)


def _block(lines: _Lines, shape: Shape) -> list[str]:
    """Take the lines of one record, up to the next line that begins one."""
    block = [next(lines)]
    for line in lines:
        if shape.parts(block[-1], line):
            lines.put_back([line])
            break
        block.append(line)
    return block


def _begin(lines: _Lines, path: Path, notes: Counter[str]) -> str:
    expected = "\t" if ".tsv" in path.name.lower() else ","
    for line in lines:
        if not line.strip("\ufeff \r\n"):
            continue
        if given := _SEP.fullmatch(line.strip("\ufeff")):
            return given["delimiter"]
        lines.put_back([line])
        delimiter = delimiter_of(line, expected)
        if delimiter != expected:
            notes[f"table with {_DELIMITERS[delimiter]} between its cells"] += 1
        return delimiter
    return expected


def _taking(lines: _Lines, taken: list[str]) -> Iterator[str]:
    """Lines, noted as they are taken; a record that takes too many ends."""
    size = 0
    for line in lines:
        taken.append(line)
        size += len(line)
        yield line
        if size > LONGEST_LINE:
            return


def _quotes(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote that opens in this record is never closed"
    return f"the quotes of this record do not match ({error})"


def _header(cells: list[str], path: Path) -> list[str]:
    if any(len(cell) > _LONGEST_NAME for cell in cells):
        raise CorpusError(
            f"The first line of {path} is a row already, not the names of its columns; put a line "
            f"with {len(cells)} names above it, such as id,source,text."
        )
    names = [
        cell.strip("\ufeff\u200b \t\xa0") or f"column_{i}" for i, cell in enumerate(cells, start=1)
    ]
    if twice := [name for name in names if names.count(name) > 1]:
        raise CorpusError(f"The header of {path} names {twice[0]!r} twice; rename one column.")
    return names
