"""A server of files on loopback that can be told to misbehave, or to answer as GitHub or the hub does."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from servers import loopback

COMMIT = "c" * 40


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Handler(loopback.Handler):
    protocol_version = "HTTP/1.0"  # some answers do not say how long they are

    def do_GET(self):
        self.state.answer(self)

    def do_POST(self):
        self.state.asked = self.rfile.read(int(self.headers["Content-Length"]))
        self.state.answer(self)

    do_HEAD = do_GET


class Origin:
    """A server of files on loopback that can be told to misbehave.

    `files` are its contents by path. `cut` is after how many bytes of an answer the connection
    breaks, so many `times`. `log` holds method, path and headers of every request.
    """

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.status: dict[str, int] = {}
        self.moved: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.log: list[tuple[str, str, dict[str, str]]] = []
        self.ranges, self.etag = True, True
        self.cut, self.times, self.pause = 0, 0, 0.0

    def answer(self, request):
        path = unquote(urlsplit(request.path).path).lstrip("/")
        self.log.append((request.command, path, dict(request.headers)))
        if path in self.moved:
            request.send_response(302)
            request.send_header("Location", self.moved[path])
            request.end_headers()
            return
        status = self.status.get(path, 200 if path in self.files else 404)
        if status != 200:
            request.send_response(status)
            for name, value in self.headers.items():
                request.send_header(name, value)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        body, start = self.files[path], 0
        span = request.headers.get("Range", "")
        same = request.headers.get("If-Range") in (None, self.tag(body))
        if span and self.ranges and same:
            start = int(span.removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                request.send_response(416)
                request.end_headers()
                return
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            request.send_response(200)
        if self.etag:
            request.send_header("ETag", self.tag(body))
        request.send_header("Content-Length", str(len(body) - start))
        request.end_headers()
        rest = body[start:]
        if self.times > 0 and len(rest) > self.cut:
            self.times -= 1
            rest = rest[: self.cut]
        for i in range(0, len(rest), 50_000):
            try:
                request.wfile.write(rest[i : i + 50_000])
            except OSError:
                return
            time.sleep(self.pause)
        if start + len(rest) < len(body):
            request.connection.close()

    @staticmethod
    def tag(body: bytes) -> str:
        return f'"{hashlib.md5(body).hexdigest()}"'

    def spans(self, path: str) -> list[str]:
        """The Range of each request for a file."""
        return [h.get("Range", "") for _, p, h in self.log if p == path]

    def repository(self, name: str, files: dict[str, bytes]):
        """Answer as GitHub does for a repository."""
        tree = [
            {"path": p, "type": "blob", "size": len(c), "sha": blob(c)} for p, c in files.items()
        ]
        plain = {
            f"repos/{name}/commits/HEAD": {"sha": COMMIT},
            f"repos/{name}/commits/{COMMIT}": {"sha": COMMIT},
            f"repos/{name}/git/trees/{COMMIT}": {"tree": tree, "truncated": False},
        }
        self.files.update({p: json.dumps(c).encode() for p, c in plain.items()})
        self.files.update({f"{name}/{COMMIT}/{p}": c for p, c in files.items()})

    def hub(self, name: str, files: dict[str, bytes], lfs=()):
        """Answer as the Hugging Face hub does for a dataset."""
        info = {"id": name, "sha": COMMIT, "siblings": [{"rfilename": p} for p in files]}
        paths = [
            {"type": "file", "path": p, "size": len(c), "oid": blob(c)}
            | (
                {"lfs": {"oid": hashlib.sha256(c).hexdigest(), "size": len(c), "pointerSize": 130}}
                if p in lfs
                else {}
            )
            for p, c in files.items()
        ]
        self.files[f"api/datasets/{name}"] = json.dumps(info).encode()
        self.files[f"api/datasets/{name}/revision/{COMMIT}"] = json.dumps(info).encode()
        self.files[f"api/datasets/{name}/paths-info/{COMMIT}"] = json.dumps(paths).encode()
        self.files.update({f"datasets/{name}/resolve/{COMMIT}/{p}": c for p, c in files.items()})


@contextmanager
def serving():
    """An origin on a free port; its `url` goes into cards."""
    origin = Origin()
    with loopback.serving(_Handler, origin) as origin.url:
        yield origin


def results(model: str, stories: int = 3) -> bytes:
    """Answers of one model, as Slop Bench writes them."""
    samples = [
        {"prompt_index": i, "prompt": f"A door {i}.", "output": f"{model} opened it. " * 20}
        for i in range(stories)
    ]
    samples.append({"prompt_index": 150, "prompt": "An essay.", "output": "First, " * 20})
    samples.append({"prompt_index": 9, "prompt": "P.", "output": "", "error": "timeout"})
    return json.dumps({model: {"test_model": model, "samples": samples}}).encode()
