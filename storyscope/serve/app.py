"""The local page's routes, and what a request must be to be answered."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import PurePath
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from storyscope.guards import shown
from storyscope.serve import pages
from storyscope.serve.desk import Desk, Full, Text
from storyscope.serve.guard import Guard, wants_page
from storyscope.serve.openapi import description
from storyscope.serve.pairs import compare_stories

if TYPE_CHECKING:
    from storyscope.errors import StoryscopeError

__all__ = ["MOST_BYTES", "make_app"]

MOST_BYTES = 30_000_000
"""Of one text; a novel in Word or EPUB, with its pictures, has some ten million."""
SECONDS = 60
"""For a text to arrive."""
_FULL = "Too many texts are waiting; try again in a minute."


def make_app(
    desk: Desk, port: int, *, failed: Callable[[StoryscopeError], None] | None = None
) -> Starlette:
    """The application that answers at 127.0.0.1.

    Parameters
    ----------
    desk : Desk
        Where texts go.
    port : int
        Under which the page is asked for.
    failed : callable, optional
        Told why, if nothing can be read here.
    """

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        work = asyncio.create_task(desk.work())

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) and failed is not None:
                failed(error)  # type: ignore[arg-type]

        work.add_done_callback(ended)
        yield
        work.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await work
        await desk.reader.stop()

    routes = [
        Route("/", start),
        Route("/texts", hand_in, methods=["POST"]),
        Route("/texts/{id}", text, methods=["GET", "DELETE"]),
        Route("/texts/{id}/page", page),
        Route("/texts/{id}/data", data),
        Route("/compare", compare),
        Route("/codebook", codebook),
        Route("/openapi.json", openapi),
        Route("/static/{name}", static),
        Route("/favicon.ico", icon),
    ]
    app = Starlette(routes=routes, lifespan=life, exception_handlers={HTTPException: _refused})
    app.add_middleware(Guard, port=port)
    app.state.desk = desk
    return app


# ---------------------------------------------------------------- pages


async def start(request: Request) -> Response:
    """Where texts are dropped."""
    return HTMLResponse(pages.start(MOST_BYTES))


def codebook(request: Request) -> Response:
    """Every feature, or those of a dimension or with some words."""
    asked = request.query_params
    return HTMLResponse(pages.codebook(asked.get("q", ""), asked.get("dimension", "")))


def page(request: Request) -> Response:
    """The page of a text, to look at or (`download`) to keep."""
    found = _done(request)
    if request.query_params.get("download"):
        return HTMLResponse(found.page, headers=_as_file(found, "html"))
    return HTMLResponse(
        pages.story(found), headers={"Content-Security-Policy": pages.story_policy()}
    )


def data(request: Request) -> Response:
    """The same as plain data."""
    found = _done(request)
    body = json.dumps(found.data, ensure_ascii=False, indent=2) + "\n"
    return Response(
        body.encode("utf-8", "backslashreplace"),
        media_type="application/json",
        headers=_as_file(found, "json"),
    )


def compare(request: Request) -> Response:
    """Two texts beside one another."""
    first, second = (_done(request, key) for key in ("first", "second"))
    return HTMLResponse(pages.compare(compare_stories(first.data, second.data), first, second))


async def openapi(request: Request) -> Response:
    """What can be asked here, for programs."""
    return JSONResponse(description(MOST_BYTES))


_STATIC = {
    "ground.css": ("storyscope.report", "templates", "text/css"),  # reports have it too
    "page.css": ("storyscope.serve", "static", "text/css"),
    "bar.css": ("storyscope.serve", "static", "text/css"),
    "start.js": ("storyscope.serve", "static", "text/javascript"),
    "codebook.js": ("storyscope.serve", "static", "text/javascript"),
}
"""Package, folder and type of each file."""


async def static(request: Request) -> Response:
    """Styles and scripts of the pages."""
    name = request.path_params["name"]
    if name not in _STATIC:
        raise HTTPException(404, "There is no such file here.")
    package, folder, kind = _STATIC[name]
    return Response(files(package).joinpath(folder, name).read_bytes(), media_type=kind)


async def icon(request: Request) -> Response:
    """There is none; a browser that asks for one is not told of a fault."""
    return Response(status_code=204)


# ---------------------------------------------------------------- texts


async def hand_in(request: Request) -> Response:
    """Take a text in; whoever handed it in asks how far it is."""
    desk: Desk = request.app.state.desk
    pasted = request.headers.get("content-type", "").partition(";")[0].strip() == "text/plain"
    name = _name(request.query_params.get("name", ""), "The pasted text" if pasted else "The file")
    raw = await _body(request, desk, name)
    try:
        found = desk.hand_in(name, raw, pasted=pasted)
    except Full:
        desk.release(len(raw))
        raise HTTPException(503, _FULL, {"Retry-After": "60"}) from None
    return JSONResponse(
        desk.told(found), status_code=202, headers={"Location": f"/texts/{found.id}"}
    )


async def text(request: Request) -> Response:
    """How far a text is; DELETE forgets it."""
    desk: Desk = request.app.state.desk
    found = _text(request)
    if request.method == "DELETE":
        await desk.forget(found)
        return Response(status_code=204)
    return JSONResponse(desk.told(found))


async def _body(request: Request, desk: Desk, name: str) -> bytes:
    """The bytes of a text, within bounds of size and time."""
    raw = bytearray()
    too_large = False
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                # What is too large is read to its end and dropped: whoever sends it then hears why.
                too_large = too_large or len(raw) + len(chunk) > MOST_BYTES
                if not too_large:
                    desk.hold(len(chunk))
                    raw += chunk
        if too_large:
            raise HTTPException(
                413,
                f"{name} is larger than {MOST_BYTES / 1e6:.0f} MB; give it in parts, or as .txt.",
            )
        if not raw.strip():
            raise HTTPException(400, f"{name} is empty; give a story of a few hundred words.")
    except BaseException as error:
        desk.release(len(raw))
        if isinstance(error, Full):
            raise HTTPException(503, _FULL, {"Retry-After": "60"}) from None
        if isinstance(error, TimeoutError):
            raise HTTPException(
                408, f"{name} did not arrive within {SECONDS} seconds; hand it in again."
            ) from None
        if isinstance(error, ClientDisconnect):
            raise HTTPException(400, "The connection was cut while the text arrived.") from None
        raise
    return bytes(raw)


def _name(given: str, otherwise: str) -> str:
    """What a text is called, on one line.

    >>> _name("C:/drafts/the  gate.docx", "The file"), _name(" ", "The file")
    ('the gate.docx', 'The file')
    """
    name = PurePath(given.replace("\\", "/").replace("\0", "")).name
    return shown(" ".join(name.split()))[:120] or otherwise


def _text(request: Request, key: str = "") -> Text:
    """The text that a request names."""
    desk: Desk = request.app.state.desk
    named = request.query_params.get(key, "") if key else request.path_params["id"]
    if named not in desk.texts:
        raise HTTPException(
            404, "This text is not held here any more; hand it in again on the first page."
        )
    return desk.texts[named]


def _done(request: Request, key: str = "") -> Text:
    """The same, if it has been read."""
    found = _text(request, key)
    if found.state == "failed":
        raise HTTPException(409, found.says)
    if found.state != "done":
        raise HTTPException(409, f"{found.name} has not been read yet; wait until it is.")
    return found


def _as_file(text: Text, ending: str) -> dict[str, str]:
    stem = re.sub(r"[^\w-]+", "-", PurePath(text.name).stem, flags=re.ASCII).strip("-") or "story"
    return {"Content-Disposition": f'attachment; filename="{stem}.{ending}"'}


async def _refused(request: Request, error: Exception) -> Response:
    """One sentence, as a page for people and as JSON for programs."""
    assert isinstance(error, HTTPException)
    said = error.detail
    if error.status_code in (404, 405) and said in ("Not Found", "Method Not Allowed"):
        said = "There is nothing at this address; begin at the first page."
    headers = dict(error.headers or {})
    if wants_page(request.headers.get("accept", "")):
        return HTMLResponse(pages.refused(said), error.status_code, headers)
    return JSONResponse({"error": said}, error.status_code, headers)
