"""How commands speak: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from storyscope.guards import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.table import Table

__all__ = ["console", "grid", "messages", "note", "print_json", "print_spoils", "stages", "warn"]


def console(file: TextIO | None = None) -> Console:
    """Where results go: standard output, or a file. Only a terminal folds what is wide."""
    if file is None and sys.stdout.isatty():
        return _console()
    width = None if "COLUMNS" in os.environ else 200
    return _console(file=file, soft_wrap=True, width=width)


def messages() -> Console:
    """Where progress, notes and warnings go."""
    return _console(stderr=True, soft_wrap=True)


def _console(**options: Any) -> Console:
    """A console on which no text of a story or a name can steer the terminal."""
    from rich.console import Console

    class Guarded(Console):
        def print(self, *objects: Any, **how: Any) -> None:
            super().print(*(shown(o) if isinstance(o, str) else o for o in objects), **how)

    return Guarded(highlight=False, **options)


def print_spoils(spoils: Sequence[str]) -> None:
    """What sets sources apart besides who wrote, before anything is concluded."""
    from storyscope.spoils import HEADING

    if spoils:
        out = console()
        out.print(f"{HEADING}:", markup=False)
        for line in spoils:
            out.print(f"- {line}", markup=False)


def print_json(plain: Any) -> None:
    """One JSON document on standard output; missing numbers are null."""
    text = json.dumps(_plain(plain), ensure_ascii=False, indent=2)
    # JSON writes out what is below a blank; a terminal obeys these as well.
    text = re.sub("[\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", text)
    sys.stdout.write(text + "\n")


def _plain(value: Any) -> Any:
    """JSON's own types; NaN and infinities become null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if hasattr(value, "item"):
        return _plain(value.item())
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    return str(value)


def note(text: str) -> None:
    """Say something that is not a result."""
    messages().print(text, markup=False)


def warn(text: str) -> None:
    """Say something that the user should look at."""
    messages().print(f"Warning: {text}", style="yellow", markup=False)


def grid(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> Table:
    """A plain table; columns whose name begins with "#" hold figures and stand to the right."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=shown(title) or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False
    )
    for column in columns:
        right = column.startswith("#")
        table.add_column(
            shown(column.lstrip("#")), justify="right" if right else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _cell(value: Any) -> str:
    from rich.markup import escape

    if value is None or value != value:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else escape(shown(str(value)))


@contextmanager
def stages(silent: bool = False) -> Iterator[Any]:
    """A progress bar with rate and time left, on standard error; yields an updating function.

    The function takes what is being done, how much of it is done, and how much there is.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    if silent or not sys.stderr.isatty():
        yield lambda stage, done, total, rate="": None
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=messages(),
        transient=True,
    ) as bar:
        tasks: dict[str, Any] = {}

        def update(stage: str, done: int, total: int, rate: str = "") -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, rate=rate)
            bar.update(tasks[stage], completed=done, total=total, rate=rate)

        yield update
