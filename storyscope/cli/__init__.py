"""The command line: each command opens files, calls one function and prints its result."""

from __future__ import annotations

import errno
import io
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from storyscope.errors import OutputError, StoryscopeError
from storyscope.guards import shown
from storyscope.paths import claimed
from storyscope.version import __version__

__all__ = ["app", "hold", "main"]


class _Stopped(Exception):
    """Ctrl-C or a signal that asks for the end; typer would leave without a word."""


class _Asked(KeyboardInterrupt):
    """A signal that asks for the end, as Ctrl-C does."""

    def __init__(self, number: int):
        super().__init__()
        self.number = number


_TASKS = {
    "Start": ("demo",),
    "Corpora": ("pull", "corpus", "generate", "prompts"),
    "Measuring": ("score", "tag", "judge", "reliability", "import-table"),
    "Comparing": ("compare", "fingerprint", "diff", "induce", "report"),
    "Attributing": ("attribute", "serve", "calibrate", "train", "evaluate"),
    "Features": ("features", "validate"),
}
"""Commands by what they are for, in the order in which `--help` lists them."""


class _Commands(TyperGroup):
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for task, names in _TASKS.items():
            with formatter.section(task):
                formatter.write_dl(
                    [(name, self.commands[name].get_short_help_str(limit=200)) for name in names]
                )

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise _Stopped from stop


app = typer.Typer(
    name="storyscope",
    cls=_Commands,
    help="See how stories are built: score them, compare their writers, attribute a new text.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"storyscope {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and stop.", callback=_version, is_eager=True
    ),
) -> None:
    pass


# ---------------------------------------------------------------- results

_places = ExitStack()
_before: dict[Path, os.stat_result | None] = {}
"""Places of results that this command holds, each as it was before."""


def hold(
    path: Path,
    ours: Callable[[Path], bool] | None = None,
    *,
    folder: bool = False,
    reads: Path | None = None,
) -> None:
    """Keep the place of a result until the command ends; called before any work.

    Parameters
    ----------
    path, ours, folder
        As `storyscope.paths.claimed` takes them.
    reads : Path, optional
        What the command reads, and must not be replaced by what it writes.
    """
    if reads is not None and path.exists() and reads.exists() and path.samefile(reads):
        raise OutputError(f"{path} is what is read here; name another output.")
    _places.enter_context(claimed(path, ours, folder=folder))
    _before[path] = path.stat() if path.exists() else None


def _left() -> str:
    """What a stopped command leaves at the places of its results, in a sentence each."""
    said = []
    for path, before in _before.items():
        now = path.stat() if path.exists() else None
        if now is None:
            said.append(f"Nothing was written to {path}.")
        elif before is not None and now.st_ino == before.st_ino:
            said.append(f"{path} is as it was.")
        else:
            said.append(f"{path} was written.")
    return " ".join(said)


# ---------------------------------------------------------------- the end


def main() -> None:
    """Run the command line; errors that a user can mend become one line and exit status 1."""
    _prepare_streams()
    from storyscope.cli import commands  # noqa: F401  (registers the commands)

    with _signals(), _places:
        _before.clear()
        try:
            try:
                app()
            finally:
                sys.stdout.flush()
        except StoryscopeError as error:
            _end(f"Error: {error}", error, 1)
        except BrokenPipeError as error:
            _end("", error, 1)
        except OSError as error:
            _end(f"Error: {_told(error)}", error, 1)
        except sqlite3.OperationalError as error:
            _end(f"Error: The file of answers cannot be used: {error}.", error, 1)
        except MemoryError as error:
            _end("Error: There is not enough memory for this; give it less at a time.", error, 1)
        except (_Stopped, KeyboardInterrupt) as error:
            stop = error.__cause__ or error
            number = stop.number if isinstance(stop, _Asked) else signal.SIGINT
            kept = "" if hasattr(stop, "__notes__") else _left()
            _end(f"Stopped. {kept}".rstrip(), stop, 128 + number)


def _end(text: str, error: BaseException, status: int) -> NoReturn:
    """Print a line, with what was noted on the error where it passed, and end."""
    with suppress(OSError):
        if text:
            print(shown(" ".join([text, *getattr(error, "__notes__", ())])), file=sys.stderr)
    # What standard output could not take before, it must not be offered again on the way out.
    with suppress(OSError, ValueError):
        try:
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(status) from None


_CURES = {
    errno.ENOSPC: "make room there, and run the command again",
    errno.EDQUOT: "make room there, and run the command again",
    errno.EACCES: "change its permissions, or name another",
    errno.EPERM: "change its permissions, or name another",
    errno.EROFS: "name a place that can be written to",
    errno.ENOENT: "check the spelling of the path",
    errno.ENOTDIR: "check the spelling of the path",
    errno.ENAMETOOLONG: "name a shorter one",
    errno.EMFILE: "allow more open files (`ulimit -n`)",
}


def _told(error: OSError) -> str:
    """What the system refused, where, and what to do.

    >>> _told(OSError(28, "No space left on device", "t.parquet"))
    't.parquet: no space left on device; make room there, and run the command again.'
    """
    if error.errno is None:
        return str(error) or type(error).__name__
    reason = os.strerror(error.errno)
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    cure = f"; {_CURES[error.errno]}" if error.errno in _CURES else ""
    return f"{where}{reason[0].lower()}{reason[1:]}{cure}."


@contextmanager
def _signals() -> Iterator[None]:
    """Take a signal that asks for the end as Ctrl-C is taken, so that the command ends in order."""

    def stop(number: int, frame: Any) -> None:
        raise _Asked(number)

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # `nohup` has it ignored, which it stays.
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _prepare_streams() -> None:
    """Let standard output and error take any character, and be there even if they were closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
