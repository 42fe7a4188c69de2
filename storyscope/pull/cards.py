"""Cards of corpora: what each is, whose it is, where its files lie and what form they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from storyscope.errors import PullError
from storyscope.guards import read_yaml
from storyscope.paths import data_dir

__all__ = ["Card", "Part", "Place", "Wanted", "find_card", "load_card", "load_cards"]

_KINDS = ("hub", "github", "url")
_CARD = frozenset({
    "name", "title", "origin", "homepage", "licence", "allowed", "from", "parts", "columns", "notes",
})  # fmt: skip
_PLACE = frozenset({*_KINDS, "revision", "api", "raw"})
_PART = frozenset({"layout", "about", "files", "options", "optional"})
_FILE = frozenset({"path", "pattern", "except", "size", "sha256"})


@dataclass(frozen=True)
class Wanted:
    """A file, or all files that a pattern fits.

    Attributes
    ----------
    path : str
        Path at the origin, with forward slashes; a pattern may hold ``*`` and ``?``.
    pattern : bool
    size : int or None
        In bytes; None where it is not known before the download.
    sha256 : str or None
    leave : tuple of str
        Patterns of files that the pattern fits and that are not wanted.
    """

    path: str
    pattern: bool = False
    size: int | None = None
    sha256: str | None = None
    leave: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Files of one form, which become one corpus or one table.

    An `optional` part is fetched only when it is asked for by name.
    """

    name: str
    layout: str
    files: tuple[Wanted, ...]
    about: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False

    @property
    def size(self) -> int:
        """Bytes of the files whose size the card knows."""
        return sum(wanted.size or 0 for wanted in self.files)


@dataclass(frozen=True)
class Place:
    """Where files lie: a dataset of the Hugging Face hub, a GitHub repository, or an address.

    Attributes
    ----------
    kind : {"hub", "github", "url"}
    where : str
        ``owner/name``, or the address before the path of a file.
    revision : str or None
        Commit, tag or branch. None means the newest at the first download, which is recorded
        then and kept to afterwards.
    api, raw : str
        Addresses of GitHub, or of a server that speaks as it does.
    """

    kind: str
    where: str
    revision: str | None = None
    api: str = "https://api.github.com"
    raw: str = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class Card:
    """What is known of a corpus before it is fetched.

    Attributes
    ----------
    name : str
        What `storyscope pull` calls it.
    title, origin, licence, homepage : str
        `licence` is as its owners state it.
    allowed : bool
        Whether the licence lets it be fetched for you; if not, a copy of yours can be converted.
    place : Place
    parts : tuple of Part
    columns : mapping of str to str
        What the columns of the written corpus mean, beside those that every story has.
    notes : tuple of str
        What to know before believing a result on it.
    """

    name: str
    title: str
    origin: str
    licence: str
    homepage: str
    place: Place
    parts: tuple[Part, ...]
    allowed: bool = True
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def chosen(self, names: tuple[str, ...] | list[str] = ()) -> tuple[Part, ...]:
        """Parts by name; without names, all that are not optional."""
        if not names:
            return tuple(part for part in self.parts if not part.optional)
        known = {part.name: part for part in self.parts}
        if strange := [name for name in names if name not in known]:
            raise PullError(f"{self.name} has no part {strange[0]!r}; it has {', '.join(known)}.")
        return tuple(known[name] for name in dict.fromkeys(names))

    def to_dict(self) -> dict[str, Any]:
        """The card as plain data."""
        return {
            "name": self.name,
            "title": self.title,
            "origin": self.origin,
            "licence": self.licence,
            "allowed": self.allowed,
            "homepage": self.homepage,
            "from": {self.place.kind: self.place.where, "revision": self.place.revision},
            "parts": {
                part.name: {
                    "layout": part.layout,
                    "about": part.about,
                    "optional": part.optional,
                    "size": part.size,
                    "files": [
                        {"pattern" if w.pattern else "path": w.path, "size": w.size, "sha256": w.sha256}
                        for w in part.files
                    ],
                }
                for part in self.parts
            },
            "columns": dict(self.columns),
            "notes": list(self.notes),
        }  # fmt: skip


def load_cards() -> dict[str, Card]:
    """Every shipped card by its name, in order of name.

    >>> card = load_cards()["storyscope"]
    >>> card.place.kind, [part.name for part in card.parts]
    ('hub', ['stories', 'features'])
    """
    cards = [load_card(path) for path in sorted((data_dir("corpora") / "cards").glob("*.yaml"))]
    return {card.name: card for card in cards}


def find_card(name: str) -> Card:
    """A shipped card by its name, or a card of yours by the path of its file.

    Raises
    ------
    PullError
        Naming the nearest card there is.
    """
    if name.endswith((".yaml", ".yml")):
        return load_card(name)
    cards = load_cards()
    if name not in cards:
        near = get_close_matches(name, list(cards), n=1, cutoff=0.4)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        raise PullError(
            f"There is no card for {name!r}.{guess} `storyscope pull` lists all {len(cards)}; "
            "a card of your own is given as the path of its .yaml file."
        )
    return cards[name]


def load_card(path: str | Path) -> Card:
    """Read one card and check that it says all it must, in words that are known.

    Raises
    ------
    PullError
        Naming the file and the field.
    """
    path = Path(path)
    try:
        content = read_yaml(path, shipped=path.parent == data_dir("corpora") / "cards")
    except (OSError, ValueError) as error:
        raise PullError(f"The card {path} cannot be read: {str(error).splitlines()[0]}.") from error
    try:
        return _card(content, path)
    except (TypeError, AttributeError, ValueError, KeyError, OverflowError) as error:
        raise PullError(
            f"In the card {path}, a field has a value of the wrong type ({error}); the cards of the "
            "package (corpora/cards) show the form."
        ) from error


def _card(content: Any, path: Path) -> Card:
    _mapping(content, path, "a card", _CARD)
    lacking = [
        key for key in ("name", "title", "origin", "licence", "homepage", "from", "parts")
        if not content.get(key)
    ]  # fmt: skip
    if lacking:
        raise PullError(f"The card {path} lacks {lacking[0]!r}.")
    notes = content.get("notes") or []
    return Card(
        name=_word(content["name"], path),
        title=str(content["title"]),
        origin=str(content["origin"]),
        licence=str(content["licence"]),
        homepage=str(content["homepage"]),
        allowed=bool(content.get("allowed", True)),
        place=_place(content["from"], path),
        parts=tuple(_part(name, part, path) for name, part in content["parts"].items()),
        columns={str(k): str(v) for k, v in (content.get("columns") or {}).items()},
        notes=tuple(map(str, notes if isinstance(notes, list) else [notes])),
    )


def _mapping(content: Any, path: Path, what: str, known: frozenset[str]) -> None:
    if not isinstance(content, dict):
        raise PullError(f"In the card {path}, {what} is not a mapping of names to values.")
    if strange := [str(key) for key in content if key not in known]:
        raise PullError(
            f"In the card {path}, {what} has no field {strange[0]!r}; "
            f"it can have {', '.join(sorted(known))}."
        )


def _word(name: Any, path: Path) -> str:
    """A name that can be that of a folder."""
    name = str(name)
    if not name.replace("_", "").replace("-", "").isalnum():
        raise PullError(
            f"In the card {path}, {name!r} is not a name: use letters, digits, _ and -."
        )
    return name


def _place(content: Any, path: Path) -> Place:
    _mapping(content, path, "'from'", _PLACE)
    kinds = [kind for kind in _KINDS if content.get(kind)]
    if len(kinds) != 1:
        raise PullError(f"In the card {path}, 'from' names one of {', '.join(_KINDS)}.")
    given = {key: str(content[key]) for key in ("revision", "api", "raw") if content.get(key)}
    return Place(kinds[0], str(content[kinds[0]]), **given)


def _part(name: Any, content: Any, path: Path) -> Part:
    from storyscope.pull.layouts import LAYOUTS, TABLES

    _mapping(content, path, f"the part {name!r}", _PART)
    layout = str(content.get("layout", ""))
    if layout not in LAYOUTS and layout not in TABLES:
        known = ", ".join([*LAYOUTS, *TABLES])
        raise PullError(
            f"In the card {path}, the part {name!r} has the layout {layout!r}; known are {known}."
        )
    files = content.get("files")
    if not isinstance(files, list) or not files:
        raise PullError(f"In the card {path}, the part {name!r} lists no files.")
    return Part(
        name=_word(name, path),
        layout=layout,
        files=tuple(_wanted(entry, path) for entry in files),
        about=str(content.get("about", "")),
        options=dict(content.get("options") or {}),
        optional=bool(content.get("optional", False)),
    )


def _wanted(entry: Any, path: Path) -> Wanted:
    _mapping(entry, path, "a file", _FILE)
    where = str(entry.get("path") or entry.get("pattern") or "")
    if not where or where.startswith("/") or ".." in where.split("/"):
        raise PullError(f"In the card {path}, {where!r} is not a path within the origin.")
    sha256 = entry.get("sha256")
    if sha256 is not None and len(str(sha256)) != 64:
        raise PullError(f"In the card {path}, the sha256 of {where} is not 64 digits long.")
    leave = entry.get("except") or []
    return Wanted(
        where,
        pattern="pattern" in entry,
        size=None if entry.get("size") is None else int(entry["size"]),
        sha256=None if sha256 is None else str(sha256).lower(),
        leave=tuple(map(str, leave if isinstance(leave, list) else [leave])),
    )
