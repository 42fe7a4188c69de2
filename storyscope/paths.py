"""Where shipped data lie, and how results are written: owned, by one run at a time, and whole.

Whatever a command leaves behind goes through `written_whole` or `folder_written_whole`. Both refuse
to replace what storyscope did not make, keep a second run away from the same place, and put the
finished result in with one step of the file system, so that a killed run leaves the old one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from storyscope.errors import OutputError
from storyscope.version import __version__

__all__ = ["claimed", "data_dir", "folder_written_whole", "private_folder", "written_whole"]

_PACKAGE = Path(__file__).resolve().parent

RECORD = "made.json"
"""File in every folder that storyscope writes: what it is, and a digest of each file in it."""
PARTIAL = ".storyscope-partial"
"""Ending of the hidden file or folder that becomes the result."""
LOCK = ".storyscope-lock"
"""Ending of the hidden file that a run holds as long as it works on a result."""

Ours = Callable[[Path], bool]
"""Whether storyscope made the file at a path, judged by what the file itself says."""


def data_dir(name: str) -> Path:
    """Folder of shipped data, `name` being "features" or "corpora".

    A wheel carries both folders inside the package; a checkout has them at its top level.

    >>> sorted(p.name for p in data_dir("features").glob("e*.yaml"))
    ['events.yaml']
    """
    for folder in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"The folder {name!r} that belongs to storyscope is missing beside {_PACKAGE}; "
        "reinstall the package."
    )


# ---------------------------------------------------------------- one run at a place


_held: dict[Path, int] = {}
"""Places that this process works on, each with the thread that does."""


@contextmanager
def claimed(path: str | Path, ours: Ours | None = None, *, folder: bool = False) -> Iterator[None]:
    """Keep the place of a result for this thread, from before the work until it is written.

    Parameters
    ----------
    path : str or Path
        Where the result will be written.
    ours : callable, optional
        Tells a file that storyscope made; default any file may be replaced.
    folder : bool
        Whether the result is a folder; its parents are made.

    Raises
    ------
    OutputError
        If another run works on the same place, there is no folder to write into, or something lies
        there that storyscope did not make.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, claimed(Path(folder) / "t.csv"):
    ...     [p.name for p in Path(folder).iterdir()]
    ['.t.csv.storyscope-lock']
    """
    place, me = Path(path).resolve(), threading.get_ident()
    _check(place, path, ours, folder)
    if _held.get(place) == me:
        yield
        return
    if _held.setdefault(place, me) != me:
        raise _busy(path)
    lock, handle = _beside(place, LOCK), None
    try:
        if folder:
            place.parent.mkdir(parents=True, exist_ok=True)
        handle = _locked(lock)
        if handle is None:
            raise _busy(path)
        _check(place, path, ours, folder)  # the run before may have left something else
        yield
    finally:
        del _held[place]
        if handle is not None:
            # Deleted while it is still held: who waits at this very file notices, see `_locked`.
            with suppress(OSError):
                lock.unlink()
            os.close(handle)


def _busy(path: str | Path) -> OutputError:
    return OutputError(
        f"Another run is writing {path}; wait until it has ended, or name another output."
    )


def _beside(place: Path, ending: str) -> Path:
    return place.with_name(f".{place.name}{ending}")


def _locked(lock: Path) -> int | None:
    """The lock file, open and held by this process alone; None if another one holds it."""
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            _lock(handle)
        except BlockingIOError:
            os.close(handle)
            return None
        except BaseException:
            os.close(handle)
            raise
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.stat(lock)):
                return handle
        os.close(handle)  # its holder deleted it in between; the place has a new file, or none


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            raise BlockingIOError from None

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


# ---------------------------------------------------------------- what may be replaced


def _check(place: Path, path: str | Path, ours: Ours | None, folder: bool) -> None:
    """Refuse what lies in the way."""
    if not folder and not place.parent.is_dir():
        raise OutputError(f"The folder {Path(path).parent} does not exist; make it first.")
    try:
        found = place.lstat()
    except FileNotFoundError:
        return
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise OutputError(f"{path} is a device or another special file; name a file of your own.")
    if stat.S_ISDIR(found.st_mode) != folder:
        here, wanted = ("a file", "a folder") if folder else ("a folder", "a file")
        raise OutputError(f"{path} is {here}, where {wanted} is to be written; name another.")
    if folder:
        if why := _not_ours(place):
            raise OutputError(f"The folder {path} {why}; name another, or move it away.")
    elif ours is not None and found.st_size and not ours(place):
        raise OutputError(
            f"{path} is not replaced, since storyscope did not make it, at least not as the result "
            "that is to be written there; name another, or move it away."
        )


def _not_ours(folder: Path) -> str:
    """Why a folder must not be replaced; empty if all that it holds was made by storyscope."""
    others = "holds other things than storyscope made, such as {!r}"
    first = next(folder.iterdir(), None)
    if first is None:
        return ""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        made = {str(name): str(digest) for name, digest in record["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return others.format(first.name)
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if name == RECORD or (path.is_dir() and not path.is_symlink()):
            continue
        if name not in made:
            return others.format(name)
        if _digest(path) != made[name]:
            return f"holds a file that was changed since storyscope made it, {name!r}"
    return ""


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---------------------------------------------------------------- written whole


@contextmanager
def written_whole(path: str | Path, ours: Ours | None = None) -> Iterator[Path]:
    """A hidden file beside `path` to write to; it takes the place of `path` once all is written.

    Whatever goes wrong, `path` stays as it was and the hidden file disappears. A killed process
    leaves it; the next run at the same place clears it away.

    Parameters
    ----------
    path : str or Path
    ours : callable, optional
        As `claimed` takes it.

    Raises
    ------
    OutputError
        As `claimed` raises it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with written_whole(Path(folder) / "note.txt") as partial:
    ...         _ = partial.write_text("done")
    ...     [p.name for p in Path(folder).iterdir()]
    ['note.txt']
    """
    with claimed(path, ours):
        place = Path(path).resolve()
        partial = _beside(place, PARTIAL)
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        try:
            yield partial
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            if place.exists():
                shutil.copymode(place, partial)
            os.replace(partial, place)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def folder_written_whole(path: str | Path, what: str) -> Iterator[Path]:
    """A hidden folder beside `path` to fill; it takes the place of `path` once all is written.

    Beside what is written into it, the folder gets a record, ``made.json``, by which the next run
    knows what it may replace: a folder whose record names all that is in it, unchanged.

    Parameters
    ----------
    path : str or Path
        Made with its parents.
    what : str
        What the folder holds, as "model"; goes into the record.

    Raises
    ------
    OutputError
        As `claimed` raises it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home:
    ...     with folder_written_whole(Path(home) / "notes", "notes") as partial:
    ...         _ = (partial / "one.txt").write_text("done")
    ...     sorted(p.name for p in (Path(home) / "notes").iterdir())
    ['made.json', 'one.txt']
    """
    with claimed(path, folder=True):
        place = Path(path).resolve()
        partial = _beside(place, PARTIAL)
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir()
        try:
            yield partial
            files = sorted(p for p in partial.rglob("*") if p.is_file())
            record = {
                "what": what,
                "storyscope": __version__,
                "files": {p.relative_to(partial).as_posix(): _digest(p) for p in files},
            }
            text = json.dumps(record, indent=1) + "\n"
            (partial / RECORD).write_text(text, encoding="utf-8")
            for file in (*files, partial / RECORD):
                with file.open("rb+") as written:
                    os.fsync(written.fileno())
            if place.exists():
                shutil.copymode(place, partial)
                _exchange(partial, place)
            else:
                os.rename(partial, place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _exchange(new: Path, old: Path) -> None:
    """Let two folders trade places, in one step where the system can do that."""
    import ctypes

    libc: Any = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    names = os.fsencode(new), os.fsencode(old)
    done = -1
    if hasattr(libc, "renameat2"):  # Linux; -100 is "from the working folder", 2 "exchange"
        done = libc.renameat2(-100, names[0], -100, names[1], 2)
    elif hasattr(libc, "renamex_np"):  # macOS
        done = libc.renamex_np(*names, 2)
    if done == 0:
        return
    if libc is not None and ctypes.get_errno() not in (
        0,
        errno.EINVAL,
        errno.ENOSYS,
        errno.ENOTSUP,
    ):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(old))
    aside = _beside(old, ".storyscope-old")
    os.rename(old, aside)
    try:
        os.rename(new, old)
    except BaseException:
        os.rename(aside, old)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner may look into; one that is there stays as it is.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home:
    ...     private_folder(Path(home) / "kept")
    ...     (Path(home) / "kept").is_dir()
    True
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
