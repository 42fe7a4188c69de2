"""Texts that were handed in: who waits, what is being read, and what was found, in memory only."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from storyscope.errors import StoryscopeError
from storyscope.serve.reader import STAGES

__all__ = ["Desk", "Full", "Reader", "ReaderProcess", "ReaderStopped", "Text"]

MOST_WAITING = 64
"""Texts that wait."""
MOST_HELD = 256_000_000
"""Bytes of all texts that are arriving or waiting."""
MOST_KEPT = 300_000_000
"""Characters of results; what is over this is let go, oldest first."""
MOST_RESULTS = 100
SECONDS = 900
"""For one text."""


class Full(Exception):
    """There is no room for another text just now."""


class ReaderStopped(Exception):
    """The process that reads has ended before it had an answer."""


@dataclass
class Text:
    """One text, from when it was handed in until it is forgotten.

    Attributes
    ----------
    id : str
        Not to be guessed; whoever has it may see the text.
    pasted : bool
        Whether it is plain text, whatever its name ends in.
    state : str
        ``waiting``, ``reading``, ``done`` or ``failed``.
    stage : str
        What is being done, while it is read.
    says : str
        The answer in a few words, or why there is none.
    """

    name: str
    raw: bytes = b""
    pasted: bool = False
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    state: str = "waiting"
    stage: str = ""
    says: str = ""
    since: float = field(default_factory=monotonic)
    took: float = 0.0
    data: dict[str, Any] = field(default_factory=dict)
    page: str = ""
    size: int = 0


class Reader(Protocol):
    """Whatever reads a text; `ReaderProcess`, and in tests something quicker."""

    async def start(self) -> None:
        """Make ready; waits until it is."""

    async def read(
        self, name: str, raw: bytes, pasted: bool, tell: Callable[[str], None]
    ) -> dict[str, Any]:
        """The answer of `storyscope.serve.reader.read_text`, or its `error`."""

    async def stop(self) -> None:
        """End at once, whatever is being read."""


class ReaderProcess:
    """The program `storyscope.serve.reader`, started when it is needed.

    Parameters
    ----------
    model : str or Path, optional
        Folder of a model; default the shipped ones.
    """

    def __init__(self, model: str | Path | None = None):
        self.model = model
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the process and wait until it is ready.

        Raises
        ------
        StoryscopeError
            What the process says it lacks.
        ReaderStopped
        """
        if self.process is not None and self.process.returncode is None:
            return
        arguments = [] if self.model is None else [str(self.model)]
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "storyscope.serve.reader",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**29,  # of a line: the page of the longest text and its data
        )
        said = await self._answer()
        if "error" in said:
            raise StoryscopeError(said["error"])

    async def read(
        self, name: str, raw: bytes, pasted: bool, tell: Callable[[str], None]
    ) -> dict[str, Any]:
        """Have a text read.

        Raises
        ------
        ReaderStopped
            If the process ended meanwhile.
        """
        begun: list[str] = []

        def told(stage: str) -> None:
            begun.append(stage)
            tell(stage)

        head = json.dumps({"name": name, "pasted": pasted, "bytes": len(raw)}).encode() + b"\n"
        await self.start()
        try:
            return await self._ask(head + raw, told)
        except ReaderStopped:
            if begun:
                raise
        # It had ended by itself, grown too large, before it saw this text.
        await self.stop()
        await self.start()
        return await self._ask(head + raw, told)

    async def _ask(self, message: bytes, tell: Callable[[str], None]) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(message)
            await self.process.stdin.drain()
        except ConnectionError:
            raise ReaderStopped from None
        while "stage" in (said := await self._answer()):
            tell(said["stage"])
        return said

    async def stop(self) -> None:
        """End the process."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        self.process = None

    async def _answer(self) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise ReaderStopped
        found: dict[str, Any] = json.loads(line)
        return found


class Desk:
    """Takes texts in, has them read one after another, and keeps what was found for a while.

    Parameters
    ----------
    reader : Reader
    seconds : float
        After which a text is given up.
    """

    def __init__(self, reader: Reader, *, seconds: float = SECONDS):
        self.reader = reader
        self.seconds = seconds
        self.texts: dict[str, Text] = {}
        self.waiting: deque[Text] = deque()
        self.reading: Text | None = None
        self.held = 0
        self._come = asyncio.Event()

    def hold(self, size: int) -> None:
        """Set bytes aside for what is arriving.

        Raises
        ------
        Full
        """
        if len(self.waiting) >= MOST_WAITING or self.held + size > MOST_HELD:
            raise Full
        self.held += size

    def release(self, size: int) -> None:
        """Give back what `hold` set aside."""
        self.held -= size

    def hand_in(self, name: str, raw: bytes, *, pasted: bool = False) -> Text:
        """Put a text, for which `hold` was called, at the end of the queue.

        Raises
        ------
        Full
        """
        if len(self.waiting) >= MOST_WAITING:
            raise Full
        text = Text(name, raw, pasted)
        self.texts[text.id] = text
        self.waiting.append(text)
        self._come.set()
        return text

    def before(self, text: Text) -> int:
        """How many texts are read before this one."""
        if text.state != "waiting":
            return 0
        return self.waiting.index(text) + (self.reading is not None)

    async def forget(self, text: Text) -> None:
        """Let go of a text and of all that was found; if it is being read, stop that."""
        self.texts.pop(text.id, None)
        if text.state == "waiting":
            self.waiting.remove(text)
            self._done(text)
        elif text is self.reading:
            await self.reader.stop()

    async def work(self) -> None:
        """Read what comes, for ever.

        Raises
        ------
        StoryscopeError
            If nothing can be read here, because something is missing or damaged.
        """
        try:
            await self.reader.start()
        except ReaderStopped:
            raise StoryscopeError(
                "The process that reads texts ended before it was ready; what it said stands above."
            ) from None
        while True:
            while not self.waiting:
                self._come.clear()
                await self._come.wait()
            self.reading = text = self.waiting.popleft()
            try:
                await self._read(text)
            finally:
                self.reading = None
            self._tidy()

    async def _read(self, text: Text) -> None:
        text.state, text.since, text.stage = "reading", monotonic(), "Loading the models"

        def tell(stage: str) -> None:
            text.stage = stage

        try:
            async with asyncio.timeout(self.seconds):
                said = await self.reader.read(text.name, text.raw, text.pasted, tell)
        except TimeoutError:
            await self.reader.stop()
            said = {
                "error": f"{text.name} was given up after {self.seconds / 60:g} minutes; give it in "
                "parts, or use `storyscope attribute`, which takes its time."
            }
        except ReaderStopped:
            await self.reader.stop()
            said = {
                "error": f"The process that read {text.name} ended, perhaps for want of memory; "
                "hand the text in again, in parts if it is long."
            }
        except StoryscopeError as error:  # of what reads, not of this text
            await self.reader.stop()
            said = {"error": str(error)}
        text.took = monotonic() - text.since
        self._done(text)
        if "error" in said:
            text.state, text.says = "failed", said["error"]
            return
        text.data, text.page = said["data"], said["page"]
        text.says = text.data["headline"]["says"]
        text.size = len(text.page) + len(text.data["text"])
        text.state = "done"

    def _done(self, text: Text) -> None:
        self.release(len(text.raw))
        text.raw = b""

    def _tidy(self) -> None:
        """Let go of the oldest results where there are too many or they are too large."""
        over = [t for t in self.texts.values() if t.state in ("done", "failed")]
        while len(over) > MOST_RESULTS or (len(over) > 1 and sum(t.size for t in over) > MOST_KEPT):
            del self.texts[over.pop(0).id]

    def told(self, text: Text) -> dict[str, Any]:
        """How far a text is, as plain data."""
        return {
            "id": text.id,
            "name": text.name,
            "state": text.state,
            "before": self.before(text),
            "stage": text.stage if text.state == "reading" else "",
            "step": STAGES.index(text.stage) + 1 if text.stage in STAGES else 0,
            "steps": len(STAGES),
            "seconds": round(text.took or monotonic() - text.since, 1),
            "says": text.says,
            "words": text.data.get("words", 0),
        }
