"""Where the files of a card lie today: addresses, sizes and checksums as their origin states them."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from storyscope.errors import PullError
from storyscope.pull.cards import Card, Part, Place, Wanted
from storyscope.pull.download import Remote, explain, opened

__all__ = ["Located", "fits", "locate"]

_MOST_LISTED = 100_000_000
"""Bytes of an origin's list of files."""
_LOGIN = "accept its terms at {home}, then log in with `hf auth login`"


@dataclass(frozen=True)
class Located:
    """Files of each part, and the revision that they belong to (None for plain addresses)."""

    revision: str | None
    parts: dict[str, list[Remote]]


def locate(
    card: Card, parts: Sequence[Part], *, revision: str | None = None, accept_changed: bool = False
) -> Located:
    """Ask the origin which files there are.

    Parameters
    ----------
    revision : str, optional
        Instead of the card's: the one recorded at the first download.
    accept_changed : bool
        Take sizes and checksums from the origin alone, not from the card.

    Raises
    ------
    PullError
        If the origin cannot be reached, does not know the corpus, or lacks a file.
    """
    place = card.place
    revision = revision or place.revision
    if place.kind == "url":
        base = place.where.rstrip("/")
        found = {p.name: [_plain(w, base, accept_changed) for w in p.files] for p in parts}
        return Located(revision, found)
    if place.kind == "github":
        return _github(place, parts, revision, accept_changed)
    return _hub(card, place, parts, revision, accept_changed)


def _plain(wanted: Wanted, base: str, accept_changed: bool) -> Remote:
    if wanted.pattern:
        raise PullError(
            f"{wanted.path!r} is a pattern, and a plain address cannot be asked which files it has; "
            "list the files in the card."
        )
    size, sha256 = (None, None) if accept_changed else (wanted.size, wanted.sha256)
    return Remote(wanted.path, f"{base}/{quote(wanted.path)}", size, sha256)


def _agreed(
    wanted: Wanted, path: str, size: int | None, sha256: str | None, accept_changed: bool
) -> tuple[int | None, str | None]:
    """Size and checksum of a file by the card and by its origin, which must not differ."""
    if accept_changed:
        return size, sha256
    for mine, theirs, what in (
        (wanted.sha256, sha256, "checksum"),
        (wanted.size, size, "size"),
    ):
        if mine is not None and theirs is not None and mine != theirs:
            raise PullError(
                f"The origin has another {path} today than the card knows ({what} {theirs}, not "
                f"{mine}); read what changed there, then take it with --accept-changed."
            )
    return (
        wanted.size if wanted.size is not None else size,
        wanted.sha256 if wanted.sha256 is not None else sha256,
    )


def fits(path: str, wanted: Wanted) -> bool:
    """Whether a file is wanted; ``*`` does not cross a slash.

    >>> fits("results/a.json", Wanted("results/*.json", pattern=True))
    True
    >>> fits("results/old/a.json", Wanted("results/*.json", pattern=True))
    False
    """
    if not wanted.pattern:
        return path == wanted.path
    if path.count("/") != wanted.path.count("/") or not fnmatchcase(path, wanted.path):
        return False
    return not any(fnmatchcase(path, pattern) for pattern in wanted.leave)


def _select(part: Part, paths: list[str], where: str) -> list[tuple[str, Wanted]]:
    """Paths that a part wants, each with what the card says of it."""
    chosen: list[tuple[str, Wanted]] = []
    for wanted in part.files:
        fitting = [path for path in paths if fits(path, wanted)]
        if not fitting:
            near = [path for path in paths if path.split("/")[0] == wanted.path.split("/")[0]]
            has = f" It has {', '.join(sorted(near)[:8])}." if near else ""
            raise PullError(
                f"{where} has no file {wanted.path}; the card is out of date, or its revision is.{has}"
            )
        chosen += [(path, wanted) for path in sorted(fitting)]
    if unsafe := [p for p, _ in chosen if p.startswith("/") or ".." in p.split("/") or "\\" in p]:
        raise PullError(f"{where} has a file called {unsafe[0]!r}, which is not a safe name.")
    return chosen


def _github(
    place: Place, parts: Sequence[Part], revision: str | None, accept_changed: bool
) -> Located:
    """Files of a repository: the tree of a commit gives git's checksum of every one."""
    repo = quote(place.where)
    where = f"github.com/{place.where}"
    commit = _json(f"{place.api}/repos/{repo}/commits/{quote(revision or 'HEAD', safe='')}", where)
    sha = str(commit.get("sha", ""))
    tree = _json(f"{place.api}/repos/{repo}/git/trees/{sha}?recursive=1", where)
    if tree.get("truncated"):
        raise PullError(
            f"{where} has more files than GitHub lists at once; name its files by an address "
            "('from: url:') in a card of your own."
        )
    entries = {e["path"]: e for e in tree.get("tree", []) if e.get("type") == "blob"}
    found: dict[str, list[Remote]] = {}
    for part in parts:
        found[part.name] = []
        for path, wanted in _select(part, list(entries), where):
            stated = entries[path]
            size, sha256 = _agreed(wanted, path, stated.get("size"), None, accept_changed)
            url = f"{place.raw}/{repo}/{sha}/{quote(path)}"
            found[part.name].append(Remote(path, url, size, sha256, stated.get("sha")))
    return Located(sha, found)


def _json(url: str, where: str) -> Any:
    headers = {"Accept": "application/vnd.github+json"}
    if (token := os.environ.get("GITHUB_TOKEN")) and url.startswith("https://api.github.com/"):
        headers["Authorization"] = f"Bearer {token}"
    try:
        with opened(urllib.request.Request(url, headers=headers)) as answer:
            content = answer.read(_MOST_LISTED + 1)
        if len(content) > _MOST_LISTED:
            raise PullError(f"{where}: the list of files is too long to be one.")
        return json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise PullError(explain(error, where)) from error


def _hub(
    card: Card, place: Place, parts: Sequence[Part], revision: str | None, accept_changed: bool
) -> Located:
    """Files of a dataset of the Hugging Face hub, with the checksums that it states."""
    try:
        import huggingface_hub as hub
    except ImportError:
        raise PullError(
            f"{card.name} lies on the Hugging Face hub, which needs one package more: "
            '`pip install "huggingface_hub>=2.4,<3"`.'
        ) from None
    endpoint = os.environ.get("HF_ENDPOINT") or None
    api = hub.HfApi(endpoint=endpoint, library_name="storyscope")
    try:
        info = api.dataset_info(place.where, revision=revision)
        sha = str(info.sha)
        paths = [file.rfilename for file in info.siblings or []]
        chosen = {part.name: _select(part, paths, f"The dataset {place.where}") for part in parts}
        names = sorted({path for files in chosen.values() for path, _ in files})
        listed = api.get_paths_info(place.where, names, revision=sha, repo_type="dataset")
    except PullError:
        raise
    except Exception as error:
        raise PullError(_hub_trouble(error, card, place)) from error
    stated: dict[str, Any] = {file.path: file for file in listed}
    token = hub.get_token()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    found: dict[str, list[Remote]] = {}
    for name, files in chosen.items():
        found[name] = []
        for path, wanted in files:
            lfs = getattr(stated.get(path), "lfs", None)
            size, sha256 = _agreed(
                wanted,
                path,
                getattr(stated.get(path), "size", None),
                lfs.sha256 if lfs else None,
                accept_changed,
            )
            url = hub.hf_hub_url(
                place.where, path, repo_type="dataset", revision=sha, endpoint=endpoint
            )
            blob = None if lfs else getattr(stated.get(path), "blob_id", None)
            found[name].append(Remote(path, url, size, sha256, blob, headers))
    return Located(sha, found)


def _hub_trouble(error: Exception, card: Card, place: Place) -> str:
    """One sentence for what huggingface_hub raised, whichever library it uses below."""
    from huggingface_hub import errors

    where = f"The dataset {place.where} on the Hugging Face hub"
    if isinstance(error, errors.GatedRepoError):
        return f"{where} is gated: {_LOGIN.format(home=card.homepage)}, and run this again."
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{where} has no revision {place.revision!r} any more; correct the card."
    if isinstance(error, errors.RepositoryNotFoundError):
        return (
            f"{where} is not there, or is private: check {card.homepage}, and log in with "
            "`hf auth login` if you have access."
        )
    if isinstance(error, errors.OfflineModeIsEnabled):
        return f"{where} cannot be asked while HF_HUB_OFFLINE is set; unset it and run this again."
    if isinstance(error, errors.HfHubHTTPError) and error.response is not None:
        code = error.response.status_code
        if code in (401, 403):
            return f"{where} wants a login ({code}): {_LOGIN.format(home=card.homepage)}."
        return f"{where} answered {code}; try again later."
    if type(error).__module__.split(".")[0] in ("httpx", "httpx2", "httpcore", "httpcore2") or isinstance(
        error, OSError
    ):  # fmt: skip
        return (
            f"{where} cannot be reached ({str(error).splitlines()[0] if str(error) else 'offline?'}); "
            "check the connection and run this again."
        )
    raise error
