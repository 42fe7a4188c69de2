"""Reading a corpus from a file or a folder, whatever its format, and writing one."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from storyscope.corpus.columns import COLUMNS, stories_of
from storyscope.corpus.rows import Row, delimited, json_array, json_lines, parquet, plain_text
from storyscope.corpus.story import BadRow, Corpus, Story
from storyscope.errors import CorpusError
from storyscope.paths import written_whole

__all__ = ["ENDINGS", "read_corpus", "write_corpus"]

ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".txt", ".md")
"""Accepted endings of files; all but the last three also with ``.gz`` or ``.zst`` after them."""

_COMPRESSED = (".gz", ".zst")
_TEXT = (".txt", ".md")
_ABOUT = ("readme", "license", "licence")


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
        A file: JSON lines, a JSON array, CSV, TSV, Parquet, or one story as ``.txt`` or ``.md``.
        Or a folder with a file a story: ``source/prompt.txt``, or ``source/prompt/sample.txt``
        for several samples, or ``prompt.txt`` alone.
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
    its own prompt. Columns without a meaning here are kept in `Story.meta`.

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
        _rows(path, notes),
        columns=columns,
        source=source,
        where=str(path),
        name=name,
        notes=notes,
    )


def _rows(path: Path, notes: Counter[str]) -> Iterator[Row | BadRow]:
    match _format(path):
        case "folder":
            return _folder(path, notes)
        case ".jsonl" | ".ndjson":
            return json_lines(path)
        case ".json":
            return json_array(path)
        case ".csv":
            return delimited(path, ",")
        case ".tsv":
            return delimited(path, "\t")
        case ".parquet":
            return parquet(path)
        case _:
            return iter((plain_text(path, path.name, {"id": path.stem}),))


def _folder(root: Path, notes: Counter[str]) -> Iterator[Row | BadRow]:
    """Text files of a folder, in the order of their names."""
    any_text = False
    for folder, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for file in sorted(files):
            path = Path(folder, file)
            *parents, _ = path.relative_to(root).parts
            if file.startswith("."):
                continue
            if path.suffix.lower() not in _TEXT or path.stem.lower() in _ABOUT:
                notes["files passed over"] += 1
                continue
            any_text = True
            where = path.relative_to(root).as_posix()
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
            yield plain_text(path, where, fields)
    if not any_text:
        raise CorpusError(
            f"The folder {root} holds no story; expected are files such as source/prompt.txt."
        )


def _format(path: Path) -> str:
    """Find the ending that decides how a path is read; "folder" for one."""
    if path.is_dir():
        return "folder"
    *_, before, last = ["", "", *(suffix.lower() for suffix in path.suffixes)]
    ending = before if last in _COMPRESSED else last
    packable = ending in ENDINGS[:5]
    if ending not in ENDINGS or (last in _COMPRESSED and not packable):
        raise CorpusError(
            f"{path} ends in {path.suffix or 'nothing'!r}, which is not known; a corpus is a "
            f"folder, or a file ending in {', '.join(ENDINGS)}, the first five also with .gz or "
            ".zst added."
        )
    return ending


def _stem(path: Path) -> str:
    name = path.resolve().name if path.is_dir() else path.name
    for ending in (*_COMPRESSED, *ENDINGS):
        if name.lower().endswith(ending) and not path.is_dir():
            name = name[: -len(ending)]
    return name
