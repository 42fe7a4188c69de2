"""Files opened: unpacked, decoded and cut into lines, each within stated bounds."""

from __future__ import annotations

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from storyscope.corpus.decoding import encoding_of, mend, told
from storyscope.errors import CorpusError

__all__ = [
    "COMPRESSED", "LONGEST_LINE", "MOST_WHOLE", "brief", "decoded_lines", "readable", "text_lines",
    "whole",
]  # fmt: skip

COMPRESSED = (".gz", ".zst")

LONGEST_LINE = 64_000_000
"""Characters of one line: some ten million words."""
MOST_WHOLE = 512_000_000
"""Bytes of a file that can only be read whole, such as an indented JSON document."""
_RATIO = 100
_FREE = 16_000_000
"""A compressed file may unpack to sixteen million bytes, and to a hundred times its own size beyond
that: stories pack to a third or a fifth, and what packs better by far is made to fill the memory."""
_HEAD = 1 << 20


def text_lines(path: Path, notes: Counter[str]) -> Generator[str, None, None]:
    r"""Lines of a plain or compressed file as text, with their line ends.

    Lines end as ``\n``, ``\r\n`` or, on old machines, ``\r``. The encoding is judged by the first
    million bytes, and that of a line which breaks it by the line; what was found is counted in
    `notes`.

    Raises
    ------
    CorpusError
        If the file is damaged, no text, unpacks beyond all measure or has a line over
        `LONGEST_LINE`.
    """
    with readable(path), _open(path) as file:
        encoding = _encoding(file.peek(_HEAD), path)
        if name := told(encoding):
            notes[f"file read as {name}, not UTF-8"] += 1
        yield from decoded_lines(file, encoding, path, notes)


def decoded_lines(
    file: IO[bytes], encoding: str, path: str | Path, notes: Counter[str], first: int = 1
) -> Iterator[str]:
    """Lines of an open file as text; `first` is the number of the first of them."""
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    text = io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")
    number = first - 1
    try:
        while line := text.readline(LONGEST_LINE):
            number += 1
            if len(line) >= LONGEST_LINE:
                raise CorpusError(
                    f"Line {number} of {path} is longer than {LONGEST_LINE:,} characters, which no "
                    "story is; write a record a line."
                )
            mended = mend(line)
            if mended is not line and mended != line:
                notes["lines with bytes that are not UTF-8, read as another encoding"] += 1
            yield mended
    finally:
        text.detach()  # whoever opened the file closes it


def whole(path: Path) -> bytes:
    """Read all bytes of a file, unpacked, if they are within `MOST_WHOLE`."""
    with readable(path), _open(path) as file:
        content = file.read(MOST_WHOLE + 1)
    if len(content) > MOST_WHOLE:
        raise CorpusError(
            f"{path} is larger than {MOST_WHOLE:,} bytes and has to be read whole; write it as "
            "JSON lines (.jsonl), a record a line, which can be of any size."
        )
    return content


def _encoding(head: bytes, path: Path) -> str:
    try:
        return encoding_of(head, whole=False)
    except CorpusError as error:
        raise CorpusError(f"{path} cannot be read: {error}.") from error


def _open(path: Path) -> io.BufferedReader[Any]:
    ending = path.suffix.lower()
    file = io.BufferedReader(io.FileIO(path), _HEAD)
    if ending not in COMPRESSED:
        return file
    if ending == ".gz":
        return io.BufferedReader(_Unpacked(gzip.GzipFile(fileobj=file), file, path), _HEAD)
    import pyarrow as pa

    return io.BufferedReader(_Unpacked(pa.CompressedInputStream(file, "zstd"), file, path), _HEAD)


class _Unpacked(io.RawIOBase):
    """An unpacked stream that stops where a file unpacks beyond all measure."""

    def __init__(self, stream: Any, packed: BinaryIO, path: Path):
        self._stream = stream
        self._packed = packed
        self._path = path
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        # What comes before a damaged end is read, where the stream gives it in parts.
        read = getattr(self._stream, "read1", self._stream.read)
        chunk = read(min(len(buffer), 1 << 18))
        self._size += len(chunk)
        if self._size > _FREE + _RATIO * self._packed.tell():
            raise CorpusError(
                f"{self._path} unpacks to more than {_RATIO} times its size, which no text does; "
                "if you trust it, unpack it first."
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._packed.close()
        super().close()


@contextmanager
def readable(path: str | Path) -> Iterator[None]:
    """Say of a damaged or locked file that it is one."""
    try:
        yield
    except PermissionError as error:
        raise CorpusError(f"{path} may not be read; change its permissions.") from error
    except (OSError, EOFError, zlib.error, ValueError) as error:
        # pyarrow's errors are ValueErrors or OSErrors.
        raise CorpusError(
            f"{path} cannot be read ({brief(error)}); it is damaged, cut short, or not what its "
            "ending says. Fetch or write it again."
        ) from error


def brief(error: BaseException) -> str:
    """The first line of an error."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
