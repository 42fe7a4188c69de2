"""`storyscope serve`: the local page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyscope.cli import app

__all__ = ["serve_page"]


@app.command("serve")
def serve_page(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")
    ] = 8765,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    model: Annotated[
        Path | None,
        typer.Option(help="Folder made by `train` or `calibrate`; default the shipped models."),
    ] = None,
) -> None:
    """Serve a page on this machine alone: drop a story, see who it reads like and why.

    storyscope serve --open
    """
    from storyscope.serve import serve

    serve(port, show=show, model=model)
