"""``pulled.json``: what is here of a corpus, where it came from, and what it was checked with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from storyscope.errors import PullError
from storyscope.paths import written_whole
from storyscope.pull.cards import Card, Part
from storyscope.pull.download import Remote, checksums

__all__ = ["DOWNLOADS", "RECORD", "Made", "Record"]

DOWNLOADS = "downloads"
RECORD = "pulled.json"


@dataclass(frozen=True)
class Made:
    """What a part became.

    Attributes
    ----------
    part : str
    path : Path
        The corpus, the feature table, or the folder of files.
    stories, prompts : int
    sources : dict of str to int
        Stories of each.
    left_out : dict of str to int
        How often each reason to leave something out occurred.
    next : str
        The command to go on with.
    """

    part: str
    path: Path
    stories: int = 0
    prompts: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    next: str = ""


def _asked(part: Part) -> list[list[str]]:
    """The files that a part asks for, whatever an origin has of them."""
    return [[wanted.path, *wanted.leave] for wanted in part.files]


class Record:
    """``pulled.json``: what is here, where it came from, and what it was checked with."""

    def __init__(self, path: Path, card: Card):
        self.path = path
        self._downloads = path.parent / DOWNLOADS
        self._sound: dict[str, bool] = {}
        try:
            content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        except (OSError, ValueError) as error:
            raise PullError(
                f"{path} is damaged ({error}); delete it, and the files beside it are checked anew."
            ) from error
        if content and content.get("name") != card.name:
            raise PullError(
                f"{path.parent} holds the corpus {content.get('name')!r}; choose another folder "
                "with -o."
            )
        self._content: dict[str, Any] = {
            "name": card.name,
            "title": card.title,
            "origin": card.origin,
            "licence": card.licence,
            "homepage": card.homepage,
            "from": {card.place.kind: card.place.where},
            "revision": content.get("revision"),
            "files": content.get("files", {}),
            "parts": content.get("parts", {}),
            "made": content.get("made", {}),
        }
        if card.place.revision and content.get("asked") not in (None, card.place.revision):
            self._content["revision"] = None  # the card has gone on since
            self._content["parts"] = {}
        self._content["asked"] = card.place.revision

    @property
    def revision(self) -> str | None:
        """The commit of the files that are here."""
        found = self._content["revision"]
        return str(found) if found else None

    def files(self) -> list[dict[str, Any]]:
        """Every file by its path."""
        return [{"path": path, **known} for path, known in sorted(self._content["files"].items())]

    def begin(self, revision: str | None) -> None:
        """Note the revision, so that a later start asks for the same."""
        if revision != self._content["revision"]:
            self._content["parts"] = {}
        self._content["revision"] = revision
        self._write()

    def end(self, part: Part, paths: list[str]) -> None:
        """Note that a part is here whole."""
        self._content["parts"][part.name] = {"asked": _asked(part), "files": paths}
        self._write()

    def add(self, remote: Remote, size: int, sha256: str, checked: str) -> None:
        """Note a file that has arrived."""
        self._content["files"][remote.path] = {
            "url": remote.url,
            "size": size,
            "sha256": sha256,
            "checked": checked,
        }
        self._sound[remote.path] = True
        self._write()

    def complete(self, parts: Sequence[Part], downloads: Path) -> dict[str, list[Path]]:
        """Files of the parts if all are here unharmed; else nothing."""
        found: dict[str, list[Path]] = {}
        for part in parts:
            known = self._content["parts"].get(part.name, {})
            paths = known.get("files", [])
            if known.get("asked") != _asked(part) or not all(map(self._is_sound, paths)):
                return {}
            stated = {w.path: w.sha256 for w in part.files if w.sha256}
            if any(
                self._content["files"][p]["sha256"] != stated.get(p) for p in paths if p in stated
            ):
                return {}
            found[part.name] = [downloads / path for path in paths]
        return found

    def holds(self, remote: Remote, path: Path, accept_changed: bool) -> bool:
        """Whether a file is here already, and is what its origin says."""
        if not path.is_file():
            return False
        size, sha256, blob = checksums(path)
        known = self._content["files"].get(remote.path, {})
        if remote.sha256 or remote.blob:
            same = sha256 == remote.sha256 if remote.sha256 else blob == remote.blob
            same = same and remote.size in (None, size)
            checked = "sha256" if remote.sha256 else "git"
        else:
            same = not accept_changed and sha256 == known.get("sha256")
            checked = str(known.get("checked", "nothing"))
        if same:
            self.add(remote, size, sha256, checked)
        return bool(same)

    def expect(self, remote: Remote, accept_changed: bool) -> Remote:
        """The file as its origin states it, or as it was when it was fetched first."""
        known = self._content["files"].get(remote.path)
        if remote.sha256 or remote.blob or accept_changed or not known:
            return remote
        return replace(remote, size=known["size"], sha256=known["sha256"])

    def sha256_of(self, path: Path) -> str | None:
        """The checksum of a download that was looked at this time."""
        try:
            name = path.relative_to(self._downloads).as_posix()
        except ValueError:
            return None
        known = self._content["files"].get(name)
        return str(known["sha256"]) if known and self._sound.get(name) else None

    def keep(self, made: Made, basis: str) -> None:
        """Note what a part became."""
        plain = {**vars(made), "path": made.path.name, "basis": basis}
        plain.pop("part")
        if made.path.is_file():
            plain["sha256"] = checksums(made.path)[1]
        self._content["made"][made.part] = plain
        self._write()

    def made(self, part: str, basis: str, folder: Path) -> Made | None:
        """What a part became before, if it is still that."""
        known = self._content["made"].get(part)
        if not known or known.get("basis") != basis:
            return None
        path = folder / known["path"]
        if not path.exists() or (path.is_file() and checksums(path)[1] != known.get("sha256")):
            return None
        rest = {k: v for k, v in known.items() if k not in ("basis", "sha256", "path")}
        return Made(part, path, **rest)

    def _is_sound(self, name: str) -> bool:
        if name not in self._sound:
            path = self._downloads / name
            known = self._content["files"].get(name)
            self._sound[name] = bool(
                known and path.is_file() and checksums(path)[1] == known["sha256"]
            )
        return self._sound[name]

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(self.path) as partial:
            text = json.dumps(self._content, indent=2, ensure_ascii=False)
            partial.write_text(text + "\n", encoding="utf-8")
