"""The local page: drop a story in a browser, see who it reads like and why, on this machine alone."""

from __future__ import annotations

from pathlib import Path

__all__ = ["PORT", "serve"]

PORT = 8765
"""Where the page is, unless another port is named."""


def serve(port: int = PORT, *, show: bool = False, model: str | Path | None = None) -> None:
    """Serve the local page on 127.0.0.1 until the process is stopped.

    Parameters
    ----------
    port : int
        0 takes a free one; the address is printed.
    show : bool
        Open the page in the browser.
    model : str or Path, optional
        Folder made by `storyscope train` or `calibrate`; default the shipped models.

    Raises
    ------
    OutputError
        If the port is taken or may not be used.
    StoryscopeError
        If the models cannot be loaded.
    """
    from storyscope.serve.run import run

    run(port, show=show, model=model)
