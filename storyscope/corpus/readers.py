"""Reading a corpus from a file or a folder, whatever its format, and writing one."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from storyscope.corpus.columns import stories_of
from storyscope.corpus.delimited import delimited
from storyscope.corpus.documents import json_rows
from storyscope.corpus.files import COMPRESSED
from storyscope.corpus.layout import COLUMNS, is_record
from storyscope.corpus.manuscripts import MANUSCRIPTS, read_manuscript
from storyscope.corpus.rows import Row, parquet
from storyscope.corpus.story import BadRow, Corpus, Story
from storyscope.errors import CorpusError
from storyscope.paths import written_whole

__all__ = ["ABOUT", "ENDINGS", "files_of", "no_manuscript", "read_corpus", "write_corpus"]

ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", *MANUSCRIPTS)
"""Accepted endings of files; the first five also with ``.gz`` or ``.zst`` after them."""

_PACKABLE = ENDINGS[:5]
ABOUT = ("readme", "license", "licence")
"""Names of files that tell of a folder and hold no story."""
_NO_FILES = re.compile(r"\.|~\$|thumbs\.db$|desktop\.ini$|__macosx$", re.IGNORECASE)
"""What systems and programs leave in folders."""


def read_corpus(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    source: str | None = None,
    name: str | None = None,
) -> Corpus:
    """Open a corpus of stories.

    Parameters
    ----------
    path : str or Path
        A file: JSON in lines or in one document, CSV and its relatives, Parquet, or one story in
        any form that `read_manuscript` reads. Or a folder with such a file a story:
        ``source/prompt.txt``, or ``source/prompt/sample.txt`` for several samples, or
        ``prompt.txt`` alone.
    columns : mapping, optional
        Which column is the ``text``, ``source``, ``prompt_id``, ``prompt``, ``title`` or ``id``,
        where the file calls it something unusual (`COLUMNS` lists what is recognised).
    source : str, optional
        Who wrote the stories of rows that do not say; default ``unknown``.
    name : str, optional
        Default the name of the file or folder.

    Returns
    -------
    Corpus
        Read lazily. The first story has been read already, so that a corpus with none fails here.

    Raises
    ------
    CorpusError
        If there is nothing at `path`, its ending is unknown, the file is damaged, or it holds no
        story; naming the columns found and those expected.

    Notes
    -----
    A story without an id is called ``prompt/source``, and ``prompt/source#2`` and so on for
    further samples in order of appearance. A prompt without an id is called ``p-`` and ten digits
    that its wording decides. A story with neither is called after the file and its row, and is
    its own prompt. Columns without a meaning here are kept in `Story.meta`. A list of samples in
    one row becomes a story each, numbered in ``meta["sample"]``.

    What was found out on the way (encoding, delimiter, quotes that do not match, footnotes left
    out) is counted in `Corpus.notes`.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> row = {"model": "m1", "prompt_id": "p1", "story": "The door was open.", "year": 2025}
    >>> _ = (folder / "tales.jsonl").write_text(json.dumps(row))
    >>> for story in read_corpus(folder / "tales.jsonl"):
    ...     print(story.id, story.text, story.meta)
    p1/m1 The door was open. {'year': 2025}
    """
    path = Path(path)
    columns = dict(columns or {})
    if strange := [role for role in columns if role not in COLUMNS]:
        raise CorpusError(
            f"columns= has no place for {strange[0]!r}; it can name {', '.join(COLUMNS)}."
        )
    if not path.exists():
        raise CorpusError(f"There is nothing at {path}; check the spelling of the path.")
    name = name or _stem(path)
    _format(path)
    read = partial(_read, path, columns, source or "unknown", name)
    corpus = Corpus(read, name=name, path=path)
    first = iter(corpus)
    next(first)
    first.close()
    return corpus


def write_corpus(stories: Iterable[Story], path: str | Path) -> Path:
    """Write stories as JSON lines, whole or not at all, so that reading gives them back equal.

    Parameters
    ----------
    stories : Corpus or iterable of Story
    path : str or Path
        Ending in ``.jsonl`` or ``.jsonl.gz``.

    Returns
    -------
    Path
        The file written. The same stories give the same bytes.

    Raises
    ------
    CorpusError
        If the ending is another, the folder is missing, there is no story, an id stands twice, or
        a meta value bears the name of a story's own field or cannot be written as JSON.
    """
    path = Path(path)
    if not path.name.lower().endswith((".jsonl", ".jsonl.gz")):
        raise CorpusError(f"A corpus is written as .jsonl or .jsonl.gz, not {path.name!r}.")
    if not path.parent.is_dir():
        raise CorpusError(f"The folder {path.parent} does not exist; make it first.")
    with written_whole(path) as hidden, hidden.open("wb") as file:
        if path.suffix.lower() == ".gz":
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                _write_lines(stories, cast(BinaryIO, packed), path)
        else:
            _write_lines(stories, file, path)
    return path


def _write_lines(stories: Iterable[Story], file: BinaryIO, path: Path) -> None:
    seen: set[str] = set()
    for story in stories:
        if story.id in seen:
            raise CorpusError(f"{path} was not written: two stories have the id {story.id!r}.")
        seen.add(story.id)
        own = {role: getattr(story, role) for role in COLUMNS}
        if clash := [key for key in story.meta if key in own]:
            raise CorpusError(
                f"{path} was not written: story {story.id!r} has a meta value called {clash[0]!r}, "
                "which is a field of every story; rename it."
            )
        try:
            line = json.dumps({**own, **story.meta}, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise CorpusError(
                f"{path} was not written: a meta value of story {story.id!r} cannot be JSON "
                f"({error}); make it text or a number."
            ) from error
        # A lone surrogate cannot be UTF-8; as an escape it is still valid JSON.
        file.write(line.encode("utf-8", "backslashreplace") + b"\n")
    if not seen:
        raise CorpusError(f"{path} was not written: there was no story to write.")


def _read(
    path: Path, columns: Mapping[str, str], source: str, name: str, notes: Counter[str]
) -> Iterator[Story | BadRow]:
    return stories_of(
        _rows(path, columns, notes),
        columns=columns,
        source=source,
        where=str(path),
        name=name,
        notes=notes,
    )


def _rows(path: Path, columns: Mapping[str, str], notes: Counter[str]) -> Iterator[Row | BadRow]:
    match _format(path):
        case "folder":
            return _folder(path, notes)
        case ".jsonl" | ".ndjson" | ".json":
            return json_rows(path, notes, partial(is_record, text=columns.get("text")))
        case ".csv" | ".tsv":
            return delimited(path, notes)
        case ".parquet":
            return parquet(path)
        case _:
            return _single(path, notes)


def _single(path: Path, notes: Counter[str]) -> Iterator[Row | BadRow]:
    found = read_manuscript(path)
    notes.update(found.left_out)
    yield Row(path.name, 1, {"id": path.stem, "text": found.text})


def _folder(root: Path, notes: Counter[str]) -> Iterator[Row | BadRow]:
    """Manuscripts of a folder, in the order of their names."""
    any_text = False
    for path in files_of(root):
        *parents, _ = path.relative_to(root).parts
        where = path.relative_to(root).as_posix()
        if path.stem.lower() in ABOUT:
            notes["files about the folder, passed over"] += 1
            continue
        if path.suffix.lower() not in MANUSCRIPTS:
            yield BadRow(where, 1, no_manuscript(path))
            continue
        any_text = True
        match parents:
            case []:
                fields: dict[str, object] = {"prompt_id": path.stem}
            case [source]:
                fields = {"prompt_id": path.stem, "source": source}
            case [source, prompt]:
                fields = {"prompt_id": prompt, "source": source, "sample": path.stem}
            case _:
                yield BadRow(where, 1, "it lies deeper than source/prompt/sample.txt")
                continue
        try:
            found = read_manuscript(path)
        except CorpusError as error:
            yield BadRow(where, 1, str(error).removeprefix(f"{path} ").rstrip("."))
            continue
        notes.update(found.left_out)
        yield Row(where, 1, {**fields, "text": found.text})
    if not any_text:
        raise CorpusError(
            f"The folder {root} holds no story; expected are files such as source/prompt.txt, "
            f"ending in {', '.join(MANUSCRIPTS)}."
        )


def files_of(root: Path) -> Iterator[Path]:
    """All files within a folder, in the order of their names, but for what systems leave there."""
    for folder, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if not _NO_FILES.match(name))
        yield from (Path(folder, file) for file in sorted(files) if not _NO_FILES.match(file))


def no_manuscript(path: Path) -> str:
    """Why a file of a folder is not read as a text."""
    if any(part in ENDINGS for part in map(str.lower, path.suffixes)):
        return "it is a table; read it by itself, not in a folder of texts"
    ending = path.suffix or "nothing"
    return (
        f"it ends in {ending!r}, which is not read; texts end in {', '.join(MANUSCRIPTS)}. "
        "Save it as one of these, or take it out of the folder"
    )


def _format(path: Path) -> str:
    """Find the ending that decides how a path is read; "folder" for one."""
    if path.is_dir():
        return "folder"
    *_, before, last = ["", "", *(suffix.lower() for suffix in path.suffixes)]
    ending = before if last in COMPRESSED else last
    packed = last in COMPRESSED
    if ending not in ENDINGS or (packed and ending not in _PACKABLE):
        raise CorpusError(
            f"{path} ends in {path.suffix or 'nothing'!r}, which is not known; a corpus is a "
            f"folder, or a file ending in {', '.join(ENDINGS)}, the first five also with .gz or "
            ".zst added."
        )
    return ending


def _stem(path: Path) -> str:
    name = path.resolve().name if path.is_dir() else path.name
    for ending in (*COMPRESSED, *ENDINGS):
        if name.lower().endswith(ending) and not path.is_dir():
            name = name[: -len(ending)]
    return name
