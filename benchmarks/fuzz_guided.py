"""Fuzz the targets of `fuzz.py` guided by coverage, with Google's atheris.

    python -m pip install atheris==3.0.0        # into an environment of its own, beside storyscope
    python benchmarks/fuzz_guided.py readers -max_total_time=60

The first argument is a target of `fuzz.py`; what follows is libFuzzer's. A crash prints its traceback and
leaves the bytes that made it beside where it was run; a hang is an input of over ten seconds.
"""

from __future__ import annotations

import random
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["storyscope"]):
    from fuzz import BOOK, MAPPING, SLOW, TALE, corpora, manuscripts, tables

    from storyscope.codebook import load_codebook
    from storyscope.corpus import normalise, read_corpus, read_manuscript
    from storyscope.errors import StoryscopeError
    from storyscope.imported import read_mapping
    from storyscope.judge.quotes import Locator


def as_text(data: bytes) -> str:
    """Any bytes as a text."""
    return data.decode("utf-8", "replace")


def in_file(name: str, data: bytes, read: Any) -> None:
    """Let something read the bytes from a file of that name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        found = read(path)
        if hasattr(found, "__iter__"):
            for _ in found:
                pass


def quotes(data: bytes) -> None:
    """A quote, before the first NUL, in a text after it."""
    quote, _, text = data.partition(b"\0")
    Locator(as_text(text)).find(as_text(quote))


def any_of(files: dict[str, bytes], read: Any) -> Any:
    """The first byte says which form the rest has."""
    names = list(files)
    return lambda data: in_file(names[data[0] % len(names)], data[1:], read) if data else None


def seeded(data: bytes) -> None:
    """Tables: bytes of a file changed, by a seed."""
    with tempfile.TemporaryDirectory() as folder:
        tables(random.Random(data), Path(folder))


TARGETS = {
    "readers": (any_of(corpora(), read_corpus), [bytes([n]) + c for n, c in enumerate(corpora().values())]),
    "documents": (any_of(manuscripts(), read_manuscript),
                  [bytes([n]) + c for n, c in enumerate(manuscripts().values())]),
    "normalisation": (lambda data: normalise(as_text(data)), [TALE.encode()]),
    "quotes": (quotes, [b"He ran\0" + TALE.encode()]),
    "codebooks": (lambda data: in_file("book.yaml", data, load_codebook), [BOOK.encode()]),
    "mappings": (lambda data: in_file("mapping.yaml", data, read_mapping), [MAPPING.encode()]),
    "tables": (seeded, [b"0"]),
}  # fmt: skip


def main() -> None:
    name = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if name not in TARGETS:
        raise SystemExit(f"Name a target: {', '.join(TARGETS)}.")
    run, seeds = TARGETS[name]

    def once(data: bytes) -> None:
        with suppress(StoryscopeError):
            run(data)

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds):
            (Path(folder) / str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, f"-timeout={SLOW:.0f}", folder], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
