"""Manuscripts: a story in the file that its writer or reader has it in, as plain text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from storyscope.corpus.books import docx, epub, joined, odt
from storyscope.corpus.decoding import decode, told
from storyscope.corpus.files import brief, readable
from storyscope.corpus.printed import pdf
from storyscope.errors import CorpusError

__all__ = ["MANUSCRIPTS", "Manuscript", "manuscript_of", "read_manuscript"]

MOST_BYTES = 100_000_000
"""Bytes of a manuscript that are read; a novel with pictures has some ten million."""


@dataclass(frozen=True)
class Manuscript:
    """A story as plain text.

    Attributes
    ----------
    text : str
        Paragraphs between blank lines; headings of chapters begin with ``#``.
    left_out : Counter of str
        What of the file is not in the text, or how it had to be read, with how often.
    """

    text: str
    left_out: Counter[str] = field(default_factory=Counter)


def read_manuscript(path: str | Path) -> Manuscript:
    """Read one story from a file, by its ending.

    Parameters
    ----------
    path : str or Path
        ``.txt``, ``.md`` and ``.html`` in any encoding, ``.docx``, ``.odt``, ``.rtf``, ``.epub``
        or ``.pdf``; any other ending is read as ``.txt`` is. Of a web page the source is given:
        `normalise` finds the story in it.

    Returns
    -------
    Manuscript

    Raises
    ------
    CorpusError
        If the file is missing, no text, damaged, locked by a password, larger than a
        hundred million bytes, or holds no text.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "gate.txt"
    >>> _ = file.write_bytes("“The gate?” she said.".encode("cp1252"))
    >>> found = read_manuscript(file)
    >>> found.text, dict(found.left_out)
    ('“The gate?” she said.', {'file read as Windows-1252, not UTF-8': 1})
    """
    path = Path(path)
    if path.is_dir():
        raise CorpusError(f"{path} is a folder; name the files in it.")
    if not path.exists():
        raise CorpusError(f"There is no file {path}.")
    _check_ending(path)
    if path.stat().st_size > MOST_BYTES:
        raise CorpusError(f"{path} is larger than {MOST_BYTES:,} bytes; give the story in parts.")
    with readable(path):
        raw = path.read_bytes()
    return manuscript_of(raw, path)


def manuscript_of(raw: bytes, name: str | Path) -> Manuscript:
    """Read one story from the bytes of a file, by the ending of its name.

    Parameters
    ----------
    raw : bytes
        The content of the file.
    name : str or Path
        What the file is called; nothing is opened there.

    Raises
    ------
    CorpusError
        As `read_manuscript` does.

    Examples
    --------
    >>> manuscript_of(b"<p>The gate?</p>", "gate.html").text
    '<p>The gate?</p>'
    """
    path = Path(name)
    _check_ending(path)
    left_out: Counter[str] = Counter()
    try:
        text = _READERS.get(path.suffix.lower(), _plain)(raw, left_out)
    except CorpusError as error:
        raise CorpusError(f"{path} cannot be read: {str(error).rstrip('.')}.") from error
    except (
        Exception
    ) as error:  # the readers of others' formats fail in as many ways as there are files
        raise CorpusError(
            f"{path} is not a {path.suffix} file that can be read ({brief(error)}); open it in the "
            "program that wrote it, and save it anew or as .txt."
        ) from error
    if raw.strip() and not text.strip():
        raise CorpusError(f"{path} holds no text; if its pages are pictures, it needs OCR first.")
    return Manuscript(text, left_out)


def _check_ending(path: Path) -> None:
    """Refuse what is known to hold no story, or none that can be read."""
    ending = path.suffix.lower()
    if ending in _TABLES:
        raise CorpusError(
            f"{path} holds a table of stories, not one; measure it with `storyscope score`."
        )
    if ending in _OTHERS:
        raise CorpusError(
            f"{path} ends in {path.suffix!r}, which is not read; save it as .docx or .txt. Texts "
            f"end in {', '.join(MANUSCRIPTS)}."
        )


def _plain(raw: bytes, left_out: Counter[str]) -> str:
    found = decode(raw)
    if name := told(found.encoding):
        left_out[f"file read as {name}, not UTF-8"] += 1
    return found.text.removeprefix("\ufeff")


def _html(raw: bytes, left_out: Counter[str]) -> str:
    """The source of a page, by the encoding that it declares for itself or that its bytes show."""
    declared = re.search(rb"charset=[\"']?([\w-]+)", raw[:2048])
    if declared and not raw.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return raw.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
    return _plain(raw, left_out)


def _rtf(raw: bytes, left_out: Counter[str]) -> str:
    from striprtf.striprtf import rtf_to_text

    if not raw.lstrip().startswith(b"{\\rtf"):
        raise CorpusError("it does not begin as rich text does")
    notes = len(re.findall(rb"\{\\\*?\\?footnote", raw))
    if notes:
        left_out["footnotes left out"] += notes
    text = rtf_to_text(raw.decode("cp1252", "replace"), errors="replace")
    return joined([line.strip() for line in text.split("\n")], left_out)


_READERS: dict[str, Callable[[bytes, Counter[str]], str]] = {
    ".txt": _plain,
    ".text": _plain,
    ".md": _plain,
    ".markdown": _plain,
    ".html": _html,
    ".htm": _html,
    ".xhtml": _html,
    ".docx": docx,
    ".odt": odt,
    ".rtf": _rtf,
    ".epub": epub,
    ".pdf": pdf,
}
MANUSCRIPTS = tuple(_READERS)
"""Endings of files that hold one story."""
_TABLES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".xlsx", ".gz", ".zst")
_OTHERS = (".doc", ".pages", ".wpd", ".wps", ".mobi", ".azw", ".azw3")
