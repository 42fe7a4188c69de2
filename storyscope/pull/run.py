"""A card carried out: files fetched and checked, stories written, all of it recorded."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from storyscope.corpus import Story, write_corpus
from storyscope.errors import PullError
from storyscope.pull.cards import Card, Part, Wanted
from storyscope.pull.download import Progress, Remote, checksums, disk_guard, fetch
from storyscope.pull.layouts import LAYOUTS, TABLES
from storyscope.pull.places import fits, locate
from storyscope.pull.record import DOWNLOADS, RECORD, Made, Record

__all__ = ["Made", "Pulled", "pull"]

_FORM = 1  # of the written files; raised when a layout writes something else than before


@dataclass(frozen=True)
class Pulled:
    """A corpus that is here.

    Attributes
    ----------
    card : Card
    folder : Path
    revision : str or None
        Of the origin's files.
    files : tuple of dict
        ``path``, ``size``, ``sha256`` and what it was ``checked`` with, for each file.
    made : tuple of Made
    received : int
        Bytes received this time.
    """

    card: Card
    folder: Path
    revision: str | None
    files: tuple[dict[str, Any], ...]
    made: tuple[Made, ...]
    received: int

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "name": self.card.name,
            "licence": self.card.licence,
            "origin": self.card.origin,
            "homepage": self.card.homepage,
            "folder": str(self.folder),
            "revision": self.revision,
            "received": self.received,
            "files": list(self.files),
            "made": [{**vars(made), "path": str(made.path)} for made in self.made],
        }


def pull(
    card: Card,
    folder: str | Path | None = None,
    *,
    parts: Sequence[str] = (),
    local: str | Path | None = None,
    accept_changed: bool = False,
    progress: Progress | None = None,
    announce: Callable[[list[Remote], str | None], None] | None = None,
    wait: Callable[[float], Any] = time.sleep,
) -> Pulled:
    """Bring a corpus here, or what is lacking of it.

    Parameters
    ----------
    card : Card
        From `find_card` or `load_card`.
    folder : path, optional
        Where to; default a folder of the card's name. It gets the corpus, the files as they came
        (``downloads``) and a record of both (``pulled.json``).
    parts : sequence of str
        Parts of the card; default all that are not optional.
    local : path, optional
        Convert this file or folder of yours; nothing is fetched.
    accept_changed : bool
        Take what the origin has now, though it is not what card or record say.
    progress : callable, optional
        Called with a file's path, bytes so far, and bytes in all.
    announce : callable, optional
        Called with the files still to fetch and their revision before anything is fetched.

    Raises
    ------
    PullError
        If something cannot be fetched, is not what it should be, or may not be fetched at all.
    """
    chosen = card.chosen(list(parts))
    folder = Path(folder or card.name)
    if folder.exists() and not folder.is_dir():
        raise PullError(f"{folder} is a file; choose a folder with -o.")
    if local is None and not card.allowed:
        raise PullError(
            f"{card.name} may not be fetched for you: licence {card.licence}. Get it at "
            f"{card.homepage} on its own terms, and convert your copy with "
            f"`storyscope pull {card.name} --from FILE`."
        )
    with disk_guard(folder), _alone(folder):
        record = Record(folder / RECORD, card)
        received, revision = 0, None
        if local is not None:
            here = {part.name: _mine(part, Path(local), accept_changed) for part in chosen}
        else:
            here, revision, received = _fetch_all(
                card, chosen, folder, record, accept_changed, progress, announce, wait
            )
        made = tuple(
            _convert(card, part, here[part.name], folder, record, progress) for part in chosen
        )
    return Pulled(card, folder, revision, tuple(record.files()), made, received)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One pull at a time in a folder, which disappears again if nothing was put into it."""
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _locked(folder):
            for pattern in (f".{RECORD}.*", ".*.jsonl.gz.*", ".*.parquet.*"):
                for left in folder.glob(pattern):  # half-written by a start that was killed
                    left.unlink()
            yield
    finally:
        if new and not any(folder.iterdir()):
            folder.rmdir()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # Windows cannot lock a folder
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PullError(
                f"Another `storyscope pull` is at work in {folder}; wait for it, or choose another "
                "folder with -o."
            ) from None
        yield
    finally:
        os.close(handle)


def _fetch_all(
    card: Card,
    parts: Sequence[Part],
    folder: Path,
    record: Record,
    accept_changed: bool,
    progress: Progress | None,
    announce: Callable[[list[Remote], str | None], None] | None,
    wait: Callable[[float], Any],
) -> tuple[dict[str, list[Path]], str | None, int]:
    """Files of each part, their revision, and the bytes that it took."""
    downloads = folder / DOWNLOADS
    if not accept_changed and (known := record.complete(parts, downloads)):
        return known, record.revision, 0
    recorded = None if accept_changed else record.revision
    listed = locate(card, parts, revision=recorded, accept_changed=accept_changed)
    record.begin(listed.revision)
    wanted = {remote.path: remote for files in listed.parts.values() for remote in files}
    lacking = [
        remote
        for remote in wanted.values()
        if not record.holds(remote, downloads / remote.path, accept_changed)
    ]
    _check_room(lacking, downloads)
    if announce:
        announce(lacking, listed.revision)
    received = 0
    for remote in lacking:
        expected = record.expect(remote, accept_changed)
        found = fetch(expected, downloads / remote.path, progress=progress, wait=wait)
        received += found.received
        record.add(remote, found.size, found.sha256, found.checked)
    for part in parts:
        record.end(part, [remote.path for remote in listed.parts[part.name]])
    here = {
        name: [downloads / remote.path for remote in files] for name, files in listed.parts.items()
    }
    return here, listed.revision, received


def _check_room(lacking: Sequence[Remote], downloads: Path) -> None:
    """Refuse to begin what cannot fit; the corpus written takes about as much as the downloads."""
    need = 0
    for remote in lacking:
        part = downloads / (remote.path + ".part")
        need += (remote.size or 0) - (part.stat().st_size if part.exists() else 0)
    place = next(p for p in (downloads, *downloads.parents) if p.exists())
    free = shutil.disk_usage(place).free
    if need > 0 and free < need:
        raise PullError(
            f"The disk of {place} has {free / 1e6:,.0f} MB free and {need / 1e6:,.0f} MB are to come; "
            "make room or choose a folder on another disk with -o."
        )


def _mine(part: Part, place: Path, accept_changed: bool) -> list[Path]:
    """Files of the user's own that a part asks for."""
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise PullError(f"There is nothing at {place}; check the spelling of the path.")
    names = {p.relative_to(place).as_posix(): p for p in sorted(place.rglob("*")) if p.is_file()}
    found: list[Path] = []
    for wanted in part.files:
        tail = wanted.path.split("/")[-1]
        fitting = [p for name, p in names.items() if fits(name, wanted)] or [
            p for p in names.values() if fits(p.name, _tail(wanted, tail))
        ]
        if not fitting:
            raise PullError(f"{place} holds no {wanted.path}, which the part {part.name!r} needs.")
        for path in fitting if wanted.sha256 and not accept_changed else ():
            if (sha256 := checksums(path)[1]) != wanted.sha256:
                raise PullError(
                    f"{path} is not the file that the card knows (sha256 {sha256}, not "
                    f"{wanted.sha256}); fetch it again, or take it as it is with --accept-changed."
                )
        found += fitting
    return list(dict.fromkeys(found))


def _tail(wanted: Wanted, tail: str) -> Wanted:
    """The same wish without its folder, for files of the user's that lie flat."""
    return replace(wanted, path=tail, leave=tuple(p.split("/")[-1] for p in wanted.leave))


def _convert(
    card: Card,
    part: Part,
    files: Sequence[Path],
    folder: Path,
    record: Record,
    progress: Progress | None,
) -> Made:
    """Write what a part becomes, unless it was written from these very files before."""
    basis = _basis(part, files, record)
    if (done := record.made(part.name, basis, folder)) is not None:
        return done
    left_out: Counter[str] = Counter()
    if part.layout in TABLES:
        told = TABLES[part.layout](files, part.options, folder, left_out)
        path = folder / str(told["file"])
        made = Made(
            part.name,
            path,
            int(told.get("stories", 0)),
            int(told.get("prompts", 0)),
            dict(told.get("sources", {})),
            dict(left_out),
            str(told.get("next", "")),
        )
    else:
        stories = LAYOUTS[part.layout](files, part.options, left_out)
        count = _Count(stories, part.name, progress)
        several = sum(p.layout in LAYOUTS for p in card.parts) > 1
        name = f"{card.name}_{part.name}" if several else card.name
        path = folder / f"{name}.jsonl.gz"
        write_corpus(count, path)
        if not count.stories:
            path.unlink(missing_ok=True)
            raise PullError(
                f"{', '.join(p.name for p in files[:3])} hold no story of the form that the card "
                f"says ({part.layout})."
            )
        made = Made(
            part.name,
            path,
            count.stories,
            len(count.prompts),
            dict(sorted(count.sources.items())),
            dict(left_out),
            f"storyscope corpus check {path}",
        )
    record.keep(made, basis)
    return made


class _Count:
    """Stories on their way into a file, counted."""

    def __init__(self, stories: Iterator[Story], part: str, progress: Progress | None):
        self._stories, self._part, self._progress = stories, part, progress
        self.stories = 0
        self.sources: Counter[str] = Counter()
        self.prompts: set[str] = set()

    def __iter__(self) -> Iterator[Story]:
        for story in self._stories:
            self.stories += 1
            self.sources[story.source] += 1
            self.prompts.add(story.prompt_id)
            if self._progress and self.stories % 100 == 0:
                self._progress(f"writing {self._part}", self.stories, None)
            yield story


def _basis(part: Part, files: Sequence[Path], record: Record) -> str:
    """What decides the written file: the content of its sources, the layout and its options."""
    sums = [record.sha256_of(path) or checksums(path)[1] for path in files]
    plain = [_FORM, part.layout, part.options, sums, [path.name for path in files]]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
