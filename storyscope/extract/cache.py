"""Parses kept on disk, so that a second scoring with changed measures need not parse again.

One file a text, named by a hash of everything that decides the parse: the text, the pipeline, its
version and spaCy's. The folder may be deleted at any time; several processes may share it. Parses
hold whole texts, so that folder and files are for their owner only.
"""

from __future__ import annotations

import hashlib
import os
import sys
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from storyscope.paths import private_folder

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

    from storyscope.extract.tagger import Tagger, Tags

__all__ = ["LIMIT", "Cache", "ParseCache", "default_folder"]

LIMIT = 4_000_000_000
"""Bytes that the folder may hold; the parses longest unused go first."""

LAYOUT = 1
ATTRIBUTES = [
    "ORTH",
    "LEMMA",
    "TAG",
    "DEP",
    "HEAD",
    "POS",
    "ENT_IOB",
    "ENT_TYPE",
    "SENT_START",
    "SPACY",
]


def default_folder() -> Path | None:
    """Where parses are kept; None where the environment says ``STORYSCOPE_CACHE=off``.

    ``STORYSCOPE_CACHE`` may name another folder.
    """
    named = os.environ.get("STORYSCOPE_CACHE", "")
    if named.lower() in ("off", "0", "none"):
        return None
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "storyscope" / "parses"


class Cache:
    """A folder of files, each named by a hash of all that decides its content.

    Parameters
    ----------
    folder : Path
        Made when the first file is kept.
    limit : int
        Bytes that the folder may hold.
    """

    def __init__(self, folder: Path, limit: int = LIMIT):
        self.folder = folder
        self.limit = limit
        self._kept = 0

    def keep(self, path: Path, content: bytes) -> None:
        """Write a file whole; a full disk or a folder that cannot be written is not an error."""
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            private_folder(self.folder)
            private_folder(path.parent)
            with open(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
                file.write(content)
            os.replace(partial, path)
        except OSError:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            return
        self._kept += 1
        if self._kept % 500 == 1:
            self.trim()

    def trim(self) -> None:
        """Delete what is longest unused until the folder is within its limit."""
        files = []
        for path in self.folder.glob("*/*.*"):
            try:
                status = path.stat()
            except OSError:
                continue  # another process was faster
            files.append((status.st_mtime, status.st_size, path))
        size = sum(s for _, s, _ in files)
        for _, length, path in sorted(files, key=lambda f: (f[0], str(f[2]))):
            if size <= self.limit:
                break
            path.unlink(missing_ok=True)
            size -= length

    @staticmethod
    def touch(path: Path) -> None:
        """Mark a file as used."""
        with suppress(OSError):
            os.utime(path)


class ParseCache(Cache):
    """A folder of parses.

    Parameters
    ----------
    folder : Path
        Made when the first parse is kept.
    pipeline : str
        Name and version of the spaCy pipeline.
    limit : int
        Bytes that the folder may hold.
    """

    def __init__(self, folder: Path, pipeline: str, limit: int = LIMIT):
        import spacy

        super().__init__(folder, limit)
        self._made_by = f"{LAYOUT}|{pipeline}|spacy {spacy.__version__}|"

    def path(self, text: str, tagger: str = "") -> Path:
        """File of a text's parse, or of its tags by a tagger, whether it is there or not."""
        made_by = self._made_by + (f"tags {tagger}|" if tagger else "")
        key = hashlib.sha256((made_by + text).encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / key[:2] / (f"{key}.tags" if tagger else f"{key}.spacy")

    def get(self, text: str, vocab: Vocab) -> Doc | None:
        """The parse of a text, or None if it is not kept or its file is damaged."""
        from spacy.tokens import DocBin

        path = self.path(text)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        try:
            doc = next(iter(DocBin().from_bytes(content).get_docs(vocab)))
        except (ValueError, KeyError, StopIteration, zlib.error, TypeError):
            path.unlink(missing_ok=True)
            return None
        if doc.text != text:
            return None
        self.touch(path)
        return doc

    def put(self, text: str, doc: Doc) -> None:
        """Keep a parse; a full disk or a folder that cannot be written is not an error."""
        from spacy.tokens import DocBin

        self.keep(self.path(text), DocBin(attrs=ATTRIBUTES, docs=[doc]).to_bytes())

    def get_tags(self, text: str, tagger: Tagger) -> Tags | None:
        """The tags of a text by one tagger, or None if they are not kept or damaged."""
        path = self.path(text, tagger.version)
        try:
            tags = tagger.from_bytes(path.read_bytes())
        except OSError:
            return None
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
            path.unlink(missing_ok=True)
            return None
        self.touch(path)
        return tags

    def put_tags(self, text: str, tagger: Tagger, tags: Tags) -> None:
        """Keep tags beside the parse, in a file of their own, so that neither hangs on the other."""
        self.keep(self.path(text, tagger.version), tagger.to_bytes(tags))
