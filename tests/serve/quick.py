"""A reader that takes no time, the port that its page is asked for at, and two bad files."""

import asyncio
import io
import zipfile

PORT = 8765
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


def bomb():
    """A Word file of a few thousand bytes that unpacks to two hundred million."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w>" + b" " * 200_000_000 + b"</w>")
    return file.getvalue()


class Quick:
    """A reader that takes no time: it has `answers` by name, or else says what it was given."""

    def __init__(self, answers=None, gate=None):
        self.answers = answers or {}
        self.gate = gate
        self.read_so_far = []
        self.stopped = 0

    async def start(self):
        pass

    async def read(self, name, raw, pasted, tell):
        tell("Opening the file")
        while self.gate is not None and not self.gate.is_set():
            await asyncio.sleep(0.01)
        self.read_so_far.append(name)
        return self.answers.get(name) or blank(name, raw.decode("utf-8", "replace"))

    async def stop(self):
        self.stopped += 1


def blank(name, text):
    """An answer without any figure."""
    data = {"name": name, "text": text, "words": len(text.split()), "warnings": [],
            "headline": {"says": f"Read {name}", "family": "", "sentences": []},
            "answer": {"built": None, "worded": None}, "caveat": "", "tension": None,
            "groups": [], "passages": [], "strips": [], "whole": []}  # fmt: skip
    return {"data": data, "page": "<html><body>\n<p>A page</p></body></html>"}
