"""The command line: each command opens files, calls one function and prints its result."""

from __future__ import annotations

import sys

import typer

from storyscope.errors import StoryscopeError
from storyscope.guards import shown
from storyscope.version import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    name="storyscope",
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


def main() -> None:
    """Run the command line; errors that a user can mend become one line and exit status 1."""
    from storyscope.cli import commands  # noqa: F401  (registers the commands)

    try:
        app()
    except StoryscopeError as error:
        print(f"Error: {shown(str(error))}", file=sys.stderr)
        raise SystemExit(1) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        raise SystemExit(130) from None
