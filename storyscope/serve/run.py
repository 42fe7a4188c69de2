"""Takes the port, prints the address and serves until it is stopped."""

from __future__ import annotations

import errno
import os
import socket
import webbrowser
from pathlib import Path

import uvicorn

from storyscope.attribute.panel import shipped
from storyscope.errors import OutputError, StoryscopeError
from storyscope.serve.app import make_app
from storyscope.serve.desk import Desk, ReaderProcess

__all__ = ["run", "server"]

HOST = "127.0.0.1"
MOST_CONNECTIONS = 512
"""More at a time are refused with status 503."""


def run(port: int, *, show: bool = False, model: str | Path | None = None) -> None:
    """Serve; parameters and errors are those of `storyscope.serve.serve`."""
    if model is not None:
        shipped(model)  # a wrong folder is told before a browser is opened
    broken: list[StoryscopeError] = []

    def failed(error: StoryscopeError) -> None:
        broken.append(error)
        serving.should_exit = True

    with _listening(port) as listener:
        port = listener.getsockname()[1]
        serving = server(Desk(ReaderProcess(model)), port, failed=failed)
        address = f"http://{HOST}:{port}"
        print(f"StoryScope is at {address}, for this machine alone. Ctrl-C ends it.", flush=True)
        if show and not webbrowser.open(address):
            print("No browser could be opened; open this address in one.", flush=True)
        serving.run(sockets=[listener])
    if broken:
        raise broken[0]


def server(desk: Desk, port: int, failed: object = None) -> uvicorn.Server:
    """A server of the page that keeps no log: names of files stand in addresses."""
    return uvicorn.Server(
        uvicorn.Config(
            make_app(desk, port, failed=failed),  # type: ignore[arg-type]
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=2,
        )
    )


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name != "nt":  # where it would let two programs have one port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()  # so that a browser opened at once waits instead of being turned away
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is taken" if taken else "cannot be used"
        raise OutputError(
            f"Port {port} of this machine {why}; name another with --port, or 0 for a free one."
        ) from None
    return listener
