"""Fetching one file over HTTP: on from where it was cut off, whole or not at all, checked."""

from __future__ import annotations

import errno
import hashlib
import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from storyscope.errors import PullError
from storyscope.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Fetched", "Remote", "checksums", "disk_guard", "explain", "fetch", "opened"]

_PIECE = 1 << 18
_TIMEOUT = 60
_ATTEMPTS = 5
_FULL = (errno.ENOSPC, errno.EDQUOT)
MOST_UNSTATED = 1_000_000_000
"""Bytes of a file whose size neither card nor origin states."""
_BUSY = (408, 429, 500, 502, 503, 504)

_UNSAFE = "{} leads to {}, which is not safe to follow; look at the homepage of the corpus."

Progress = Callable[[str, int, int | None], None]
"""Told the file, how many of its bytes are there, and how many it has (None: not known)."""


@dataclass(frozen=True)
class Remote:
    """A file at its origin.

    Attributes
    ----------
    path : str
        Where it lies at the origin, and in the folder of downloads.
    url : str
    size : int or None
    sha256 : str or None
    blob : str or None
        Git's own checksum of the content, which a commit pins.
    headers : mapping
        Sent to the host of `url` only.
    """

    path: str
    url: str
    size: int | None = None
    sha256: str | None = None
    blob: str | None = None
    headers: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Fetched:
    """What came of it.

    Attributes
    ----------
    size : int
    sha256 : str
    checked : str
        What the content was compared with: ``sha256``, ``git`` or ``nothing``.
    received : int
        Bytes received this time; fewer than `size` when an earlier start was gone on with.
    """

    size: int
    sha256: str
    checked: str
    received: int


class _Cut(Exception):
    """The connection broke; what came so far is kept."""


def fetch(
    remote: Remote,
    target: Path,
    *,
    progress: Progress | None = None,
    wait: Callable[[float], Any] = time.sleep,
) -> Fetched:
    """Fetch a file to `target`, which is there only when it is whole and right.

    What has arrived lies in ``target.part`` beside it, so that a killed download goes on there,
    provided that the server can send the rest of the same content. A server that cannot sends all
    of it anew.

    Parameters
    ----------
    progress : callable, optional
        Called with path, bytes so far and bytes in all.
    wait : callable
        Waits so many seconds between attempts.

    Raises
    ------
    PullError
        If the address is wrong or closed, the connection fails for good, the disk is full, or the
        content is not what `remote` says.
    """
    part = target.with_name(target.name + ".part")
    with disk_guard(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        received = _download(remote, part, progress, wait)
        size, sha256, blob = checksums(part)
        checked = _compare(remote, part, size, sha256, blob)
        os.replace(part, target)
        _mark(part).unlink(missing_ok=True)
    return Fetched(size, sha256, checked, received)


def _download(
    remote: Remote, part: Path, progress: Progress | None, wait: Callable[[float], Any]
) -> int:
    received, farthest, attempt = 0, 0, 0
    while True:
        try:
            received += _request(remote, part, progress)
            return received
        except _Cut as cut:
            reason, gained, pause = cut.args
            received += gained
            reached = part.stat().st_size if part.exists() else 0
            # Only getting farther than ever counts: a server that always sends the same first
            # bytes would otherwise be asked for ever.
            attempt = 1 if reached > farthest else attempt + 1
            farthest = max(farthest, reached)
            if attempt >= _ATTEMPTS or (attempt >= 2 and not farthest and not pause):
                kept = " What has arrived is kept." if reached else ""
                raise PullError(f"{reason}{kept}") from cut
            wait(min(pause or 2.0 ** (attempt - 1), 60.0))


def _request(remote: Remote, part: Path, progress: Progress | None) -> int:
    """One request for what is lacking; bytes received.

    Raises
    ------
    _Cut
        With the message, the bytes received, and how long the server wants us to wait.
    """
    have, etag = _kept(remote, part)
    if remote.size is not None and have == remote.size:
        part.touch()
        return 0
    headers = dict(remote.headers)
    if have:
        headers["Range"] = f"bytes={have}-"
        if not _content(remote):  # else the checksum decides, whatever marks a server may change
            headers["If-Range"] = etag
    gained = 0
    most = MOST_UNSTATED if remote.size is None else remote.size
    try:
        with opened(urllib.request.Request(remote.url, headers=headers)) as answer:
            if not _continues(answer, have):
                part.unlink(missing_ok=True)
                if answer.status == 206:
                    raise _Cut(f"The server of {remote.path} sent another part of it.", 0, 0.0)
                have = 0
            total = _total(answer, have)
            if (total or 0) > most:
                raise _too_much(remote, part, most)
            _mark(part).write_text(
                json.dumps({"of": _content(remote), "etag": _strong(answer.headers.get("ETag"))}),
                encoding="utf-8",
            )
            with part.open("ab") as file:
                while piece := answer.read(_PIECE):
                    file.write(piece)
                    gained += len(piece)
                    if have + gained > most:
                        raise _too_much(remote, part, most)
                    if progress:
                        progress(remote.path, have + gained, total or remote.size)
                file.flush()
                os.fsync(file.fileno())
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:  # nothing of it is left to send, or what is kept is of another file
            part.unlink(missing_ok=True)
            raise _Cut(f"The server of {remote.path} sent no rest of it.", 0, 0.0) from error
        if error.code in _BUSY:
            raise _Cut(explain(error, remote.path), gained, _patience(error)) from error
        raise PullError(explain(error, remote.path)) from error
    except (OSError, http.client.HTTPException) as error:
        if getattr(error, "errno", None) in _FULL or getattr(error, "filename", None):
            raise  # of the disk, not of the connection
        raise _Cut(explain(error, remote.path), gained, 0.0) from error
    if total is not None and have + gained < total:
        raise _Cut(f"The connection broke within {remote.path}; run this again.", gained, 0.0)
    return gained


def _too_much(remote: Remote, part: Path, most: int) -> PullError:
    """Why a file that does not end is given up; nothing of it is kept."""
    part.unlink(missing_ok=True)
    _mark(part).unlink(missing_ok=True)
    if remote.size is not None:
        return PullError(
            f"{remote.path} is not what it should be: it has more than {most:,} bytes. Its origin has "
            "changed it: look there, and take the new one with --accept-changed."
        )
    return PullError(
        f"{remote.path} has more than {most:,} bytes, and its card does not state its size; look "
        "at its origin, and state the size in the card if that is right."
    )


def _kept(remote: Remote, part: Path) -> tuple[int, str]:
    """How many bytes of an earlier start can be gone on with, and the mark of their content.

    Without a checksum to come and without the server's mark nobody could tell whether old and new
    bytes belong together, so that such a start is given up.
    """
    have = part.stat().st_size if part.exists() else 0
    try:
        mark = json.loads(_mark(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        mark = {}
    etag = str(mark.get("etag") or "")
    content = _content(remote)
    same = mark.get("of") == content and bool(content or etag)
    if have and (not same or (remote.size is not None and have > remote.size)):
        part.unlink()
        return 0, ""
    return have, etag


def _content(remote: Remote) -> str:
    """The checksum that what arrives must have, if anybody states one."""
    return remote.sha256 or remote.blob or ""


def _mark(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _strong(etag: str | None) -> str:
    """A mark that may stand in If-Range: a weak one promises no equal bytes."""
    return etag if etag and not etag.startswith("W/") else ""


def _continues(answer: Any, have: int) -> bool:
    """Whether the answer is the rest that was asked for, and not all of it anew."""
    span = answer.headers.get("Content-Range", "")
    return bool(have) and answer.status == 206 and span.startswith(f"bytes {have}-")


def _total(answer: Any, have: int) -> int | None:
    length = answer.headers.get("Content-Length")
    return have + int(length) if length and length.isdigit() else None


def _patience(error: urllib.error.HTTPError) -> float:
    after = error.headers.get("Retry-After", "")
    return float(after) if after.isdigit() else 0.0


def checksums(path: Path) -> tuple[int, str, str]:
    """Size, SHA-256, and git's checksum of a file's content.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_bytes(b"hello")
    >>> size, sha256, blob = checksums(path)
    >>> size, sha256[:8], blob[:8]
    (5, '2cf24dba', 'b6fc4c62')
    """
    size = path.stat().st_size
    sha256, blob = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            sha256.update(piece)
            blob.update(piece)
    return size, sha256.hexdigest(), blob.hexdigest()


def _compare(remote: Remote, part: Path, size: int, sha256: str, blob: str) -> str:
    """Refuse content that is not what it should be; say what it was compared with."""
    wrong = ""
    if remote.size is not None and size != remote.size:
        wrong = f"it has {size:,} bytes, not {remote.size:,}"
    elif remote.sha256 and sha256 != remote.sha256:
        wrong = f"its sha256 is {sha256}, not {remote.sha256}"
    elif remote.blob and blob != remote.blob:
        wrong = f"git's checksum of it is {blob}, not {remote.blob}"
    if wrong:
        part.unlink(missing_ok=True)
        _mark(part).unlink(missing_ok=True)
        raise PullError(
            f"{remote.path} is not what it should be: {wrong}; it was thrown away. Run this again; "
            "if that does not help, its origin has changed it: look there, and take the new one "
            "with --accept-changed."
        )
    return "sha256" if remote.sha256 else "git" if remote.blob else "nothing"


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects, but carry no login to another host, and never leave HTTPS."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if new.scheme not in ("http", "https") or (old.scheme, new.scheme) == ("https", "http"):
            raise PullError(_UNSAFE.format(req.full_url, newurl))
        made = super().redirect_request(req, fp, code, msg, headers, newurl)
        if made is not None and old.netloc != new.netloc:
            made.remove_header("Authorization")
        return made


def opened(request: urllib.request.Request) -> Any:
    """The answer to a request, for a `with` statement."""
    if urlsplit(request.full_url).scheme not in ("http", "https"):
        raise PullError(f"{request.full_url} is not an http address.")
    request.add_header("User-Agent", f"storyscope/{__version__}")
    return urllib.request.build_opener(_Redirects).open(request, timeout=_TIMEOUT)


def explain(error: Exception, what: str) -> str:
    """One sentence for what went wrong, with the way out.

    >>> explain(TimeoutError("timed out"), "stories.jsonl")
    'stories.jsonl cannot be reached (timed out); check the connection and run this again.'
    """
    if isinstance(error, urllib.error.HTTPError):
        if error.code in (404, 410):
            return (
                f"{what} is not there any more ({error.code} at {error.url}); the card is out of "
                "date: look at the corpus's homepage and correct its address."
            )
        if error.code == 403 and error.headers.get("X-RateLimit-Remaining") == "0":
            return (
                f"{what}: GitHub answers 60 questions an hour without a login; wait, or put a token "
                "of yours into GITHUB_TOKEN, and run this again."
            )
        if 300 <= error.code < 400:
            return _UNSAFE.format(what, error.headers.get("Location"))
        if error.code in (401, 403):
            return (
                f"{what} may not be read ({error.code} at {error.url}); ask for access at its "
                "homepage and log in (`hf auth login` for the Hugging Face hub)."
            )
        return f"{what}: the server answered {error.code}; try again later."
    reason = getattr(error, "reason", None) or error
    text = str(reason).splitlines()[0] if str(reason) else type(reason).__name__
    return f"{what} cannot be reached ({text}); check the connection and run this again."


@contextmanager
def disk_guard(folder: Path) -> Iterator[None]:
    """Say of a full or closed disk that it is one."""
    try:
        yield
    except PermissionError as error:
        raise PullError(
            f"Nothing may be written in {folder}; choose another folder with -o."
        ) from error
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise PullError(
            f"The disk of {folder} is full; what has arrived is kept: make room, or move the folder "
            "to another disk, and run this again."
        ) from error
