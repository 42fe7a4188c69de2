"""What every request passes first, and what every answer bears."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard", "policy", "wants_page"]


def policy(styles: tuple[str, ...] = (), scripts: tuple[str, ...] = ()) -> str:
    """A Content-Security-Policy: files of this page, and inline blocks of these digests.

    >>> policy(scripts=("sha256-abc=",)).split("; ")[:2]
    ["default-src 'none'", "script-src 'self' 'sha256-abc='"]
    """

    def sources(digests: tuple[str, ...]) -> str:
        return " ".join(["'self'", *(f"'{d}'" for d in digests)])

    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {sources(scripts)}",
            f"style-src {sources(styles)}",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


_HEADERS = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def wants_page(accept: str) -> bool:
    """Whether somebody looks at the answer, rather than a program."""
    return "text/html" in accept


class Guard:
    """Answers only requests for this very address that no other page has made.

    A page of another host can have its name point at 127.0.0.1 (DNS rebinding) or send forms here;
    the first names its own host, the second its own origin.

    Parameters
    ----------
    app : ASGI application
    port : int
    """

    def __init__(self, app: ASGIApp, port: int):
        self.app = app
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.address = f"http://127.0.0.1:{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or let pass; every answer gets the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        status, said = self._refusal(headers, scope["method"])
        if not status:
            await self.app(scope, receive, with_headers)
        elif wants_page(headers.get("accept", "")):
            await PlainTextResponse(said, status)(scope, receive, with_headers)
        else:
            await JSONResponse({"error": said}, status)(scope, receive, with_headers)

    def _refusal(self, headers: Headers, method: str) -> tuple[int, str]:
        """Status and sentence, or 0 for what may pass."""
        if headers.getlist("host") not in ([h] for h in self.hosts):
            return 421, f"This page answers only at {self.address}, on the machine that serves it."
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self.hosts:
            return 403, f"A page of another origin asked; open {self.address} itself."
        # Links from elsewhere may lead to the pages; nothing else may come from there.
        site = headers.get("sec-fetch-site", "none")
        linked = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
        if site not in ("same-origin", "none") and not linked:
            return 403, f"A page of another origin asked; open {self.address} itself."
        return 0, ""
