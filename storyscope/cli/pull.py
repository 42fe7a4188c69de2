"""`storyscope pull`: public corpora fetched from their own homes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyscope.cli import app
from storyscope.cli.options import Json
from storyscope.cli.output import console, grid, messages, note, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storyscope.pull import Card, Made, Part, Remote


@app.command()
def pull(
    name: Annotated[
        str, typer.Argument(help="A corpus of the list, or the path of a card; none lists them.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder to bring it to; default its name."),
    ] = None,
    part: Annotated[
        list[str] | None, typer.Option(help="Only this part of it; may be given again.")
    ] = None,
    local: Annotated[
        Path | None,
        typer.Option("--from", help="Convert this copy of yours; nothing is fetched."),
    ] = None,
    accept_changed: Annotated[
        bool,
        typer.Option(
            "--accept-changed", help="Take what its origin has today, whatever the card says."
        ),
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Print its card and fetch nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch a public corpus from its own home, check it, and write it in our layout.

    Licence and origin are shown first. A killed download goes on where it stopped. With no name,
    list the corpora that have a card.

    storyscope pull slop5 -o slop5/
    """
    from storyscope.pull import find_card
    from storyscope.pull import pull as run

    if not name:
        _list(as_json)
        return
    card = find_card(name)
    chosen = card.chosen(part or ())
    if show and as_json:
        print_json(card.to_dict())
        return
    (console() if show else messages()).print(*_about(card, chosen), sep="\n", markup=False)
    if show:
        return
    with _transfers(as_json) as update:
        found = run(
            card,
            output,
            parts=part or (),
            local=local,
            accept_changed=accept_changed,
            progress=update,
            announce=lambda files, revision: _announce(files, revision, update),
        )
    if as_json:
        print_json(found.to_dict())
        return
    for made in found.made:
        _print(made)
    unchecked = [f["path"] for f in found.files if f["checked"] == "nothing"]
    if unchecked and local is None:
        note(
            f"Nobody states a checksum of {', '.join(unchecked[:3])}"
            f"{' and others' if len(unchecked) > 3 else ''}; what came is recorded in "
            f"{found.folder / 'pulled.json'} and compared next time."
        )
    for text in card.notes:
        note(f"Note: {text}")


def _list(as_json: bool) -> None:
    from storyscope.pull import load_cards

    cards = load_cards()
    if as_json:
        print_json([card.to_dict() for card in cards.values()])
        return
    rows = [
        (card.name, card.title, card.licence if card.allowed else f"{card.licence}: not fetched")
        for card in cards.values()
    ]
    console().print(grid(["name", "what it is", "licence"], rows))
    note("`storyscope pull NAME --show` says more; `storyscope pull NAME` fetches it.")


def _about(card: Card, parts: tuple[Part, ...]) -> list[str]:
    """What a person should know before fetching."""
    place = {"hub": "Hugging Face dataset", "github": "GitHub repository", "url": "address"}
    lines = [
        f"{card.name}: {card.title}",
        f"Origin:   {card.origin}",
        f"Licence:  {card.licence}",
        f"Homepage: {card.homepage}",
        f"From:     {place[card.place.kind]} {card.place.where}"
        + (f", revision {card.place.revision}" if card.place.revision else ""),
    ]
    for part in card.parts:
        more = " and more" if any(file.size is None for file in part.files) else ""
        size = f", {_bytes(part.size)}{more}" if part.size else ""
        told = "" if part in parts else f" (not now; --part {part.name})"
        lines.append(f"Part {part.name}{size}: {part.about}{told}")
    return lines


def _announce(files: list[Remote], revision: str | None, update: Any) -> None:
    at = f" at revision {revision}" if revision else ""
    if not files:
        note(f"Every file is here already{at}.")
        return
    known = [f.size for f in files if f.size is not None]
    size = f", {_bytes(sum(known))}" if len(known) == len(files) else ""
    note(f"Fetching {len(files)} file{'s' * (len(files) > 1)}{size}{at}.")
    update.expect([f.path for f in files], sum(known) if len(known) == len(files) else None)


def _print(made: Made) -> None:
    out = console()
    if made.sources:
        out.print(grid(["source", "#stories"], list(made.sources.items())))
    about = f": {made.stories} stories, {made.prompts} prompts" if made.stories else ""
    out.print(f"{made.path}{about}.", markup=False)
    for why, n in made.left_out.items():
        note(f"Left out or changed: {n:,} times {why}.")
    if made.next:
        note(f"Go on with: {made.next}")


def _bytes(size: float) -> str:
    """A size for reading.

    >>> _bytes(577918326), _bytes(900)
    ('578 MB', '900 bytes')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size:.0f} bytes"


class _Silent:
    """What progress is told when nobody watches."""

    def expect(self, paths: list[str], total: int | None) -> None:
        """How much is to come."""

    def __call__(self, path: str, done: int, total: int | None) -> None:
        """How far one file is."""


class _Bars(_Silent):
    """One bar for all downloads, with rate and time left, and one line for what is written."""

    def __init__(self, bar: Any):
        self._bar = bar
        self._task: Any = None
        self._paths: list[str] = []
        self._sizes: dict[str, int] = {}
        self._writing: Any = None

    def expect(self, paths: list[str], total: int | None) -> None:
        """How much is to come."""
        self._paths = paths
        self._task = self._bar.add_task("fetching", total=total)

    def __call__(self, path: str, done: int, total: int | None) -> None:
        """How far one file is, or how many stories are written."""
        if path not in self._paths:
            if self._writing is None:
                self._writing = self._bar.add_task(path, total=None, what="stories")
            self._bar.update(self._writing, completed=done)
            return
        fresh = path not in self._sizes
        self._sizes[path] = done
        number = self._paths.index(path) + 1
        if len(self._paths) == 1 and total:
            self._bar.update(self._task, total=total)
        if fresh and done > 1 << 20:
            # What an earlier start left behind counts as done but not as speed.
            self._bar.reset(self._task, completed=sum(self._sizes.values()))
        self._bar.update(
            self._task,
            completed=sum(self._sizes.values()),
            description=f"{number}/{len(self._paths)} {path.split('/')[-1]}",
        )


@contextmanager
def _transfers(silent: bool) -> Iterator[Any]:
    if silent or not sys.stderr.isatty():
        yield _Silent()
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        Task,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.text import Text

    class Amount(DownloadColumn):
        def render(self, task: Task) -> Text:
            counted = task.fields.get("what")
            return Text(f"{task.completed:,.0f} {counted}") if counted else super().render(task)

    class Rate(TransferSpeedColumn):
        def render(self, task: Task) -> Text:
            counted = task.fields.get("what")
            return Text(f"{task.speed or 0:,.0f}/s") if counted else super().render(task)

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        Amount(),
        Rate(),
        TimeRemainingColumn(),
        console=messages(),
        transient=True,
    ) as bar:
        yield _Bars(bar)
