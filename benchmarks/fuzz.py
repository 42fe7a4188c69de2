"""Fuzz whatever reads what others wrote, for as long as is asked.

    python benchmarks/fuzz.py
    python benchmarks/fuzz.py --seconds 600 --only readers --seed 7

Each target gets well-formed input of its kind with bytes or values changed. It may do its work, or refuse
with an error of `storyscope.errors`; anything else is a crash and is printed with the input that made it, as
is an input that took over ten seconds. `tests/test_fuzz.py` runs the same targets for a moment each.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from storyscope.errors import StoryscopeError

SLOW = 10.0
"""Seconds after which an input counts as a hang."""

TALE = "She said: “Wait.” He ran —\n\n*** Chapter 2\n\nIt rained; the dog's bark woke them.\n"
ODD = (
    "\x00", "\ud800", "\u202e", "\ufeff", "\u0301" * 50, "🐉", "\r", "\u2028", "“", "”", "'", '"', "*" * 40,
    "#", "<b>", "</p>", "&amp;", "&#x110000;", "$\\frac{", "{{", "<|im_start|>", "=1+1", "\\", "\x85",
    "- ", "1.", "Ã©", "_", "…", "\t", " " * 200,
)  # fmt: skip
ROWS = [
    {"id": "a", "text": TALE, "source": "human", "prompt_id": "p", "title": "T"},
    {"id": "b", "text": TALE * 2, "source": "m1", "prompt_id": "p", "n": 7},
]
BOOK = """dimension: plot
features:
  - id: PLT_AAA_01
    name: pace
    question: How fast is it told?
    kind: scale
    range: [1, 3]
    evidence: a passage
    answered_by: judge
    source: ours
"""
MAPPING = """source: llm
prompt_id: story
story_id: id
name: mine
separator: ";"
columns: [pace]
range: [0, 10]
"""


def changed(draw: random.Random, content: bytes) -> bytes:
    """The same bytes with a few of them replaced, left out, doubled or moved."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(data) + 1)
        length = draw.choice((1, 1, 2, 8, 64))
        match draw.randrange(5):
            case 0:
                data[at : at + length] = draw.randbytes(length)
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length] * draw.randint(1, 40)
            case 3:
                data[at:at] = draw.choice(ODD).encode("utf-8", "surrogatepass")
            case _:
                del data[at:]
    return bytes(data)


def odd_text(draw: random.Random) -> str:
    """Prose with things in it that prose seldom has."""
    parts = TALE.split(" ") * draw.randint(1, 4)
    for _ in range(draw.randint(1, 12)):
        parts.insert(draw.randrange(len(parts) + 1), draw.choice(ODD) * draw.randint(1, 3))
    return draw.choice((" ", "", "\n")).join(parts)


# ---------------------------------------------------------------- targets


def corpora() -> dict[str, bytes]:
    """A small corpus in each form that is read."""
    import pandas as pd

    lines = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    table = pd.DataFrame(ROWS)
    parquet = io.BytesIO()
    table.to_parquet(parquet)
    return {
        "s.jsonl": lines,
        "s.jsonl.gz": gzip.compress(lines),
        "s.json": json.dumps({"stories": ROWS}).encode(),
        "s.csv": table.to_csv(index=False).encode(),
        "s.tsv": table.to_csv(index=False, sep="\t").encode("utf-16"),
        "s.parquet": parquet.getvalue(),
    }


def manuscripts() -> dict[str, bytes]:
    """A small manuscript in the forms that need no other library to be written."""

    def archive(**files: str) -> bytes:
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w") as out:
            for name, text in files.items():
                out.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
        return kept.getvalue()

    body = "<w:body><w:p><w:r><w:t>He ran.</w:t></w:r></w:p></w:body>"
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return {
        "s.txt": TALE.encode(),
        "s.md": TALE.encode(),
        "s.html": f"<html><body><h1>One</h1><p>{TALE}</p></body></html>".encode(),
        "s.rtf": rb"{\rtf1\ansi He ran.\par {\b She} waited \u8212? there.}",
        "s.docx": archive(word__document_xml=f'<w:document xmlns:w="{word}">{body}</w:document>'),
        "s.odt": archive(content_xml="<a><text:p xmlns:text='t'>He ran.</text:p></a>"),
        "s.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    }  # fmt: skip


def readers(draw: random.Random, folder: Path) -> Any:
    """Corpora: a form with its bytes changed."""
    from storyscope.corpus import read_corpus

    name, content = draw.choice(list(corpora().items()))
    given = changed(draw, content)
    (folder / name).write_bytes(given)
    for _ in read_corpus(folder / name):
        pass
    return given


def documents(draw: random.Random, folder: Path) -> Any:
    """Manuscripts: a form with its bytes changed."""
    from storyscope.corpus import read_manuscript

    name, content = draw.choice(list(manuscripts().items()))
    (folder / name).write_bytes(changed(draw, content))
    read_manuscript(folder / name)


def normalisation(draw: random.Random, folder: Path) -> Any:
    """Texts: places map back within the text, and a second time changes nothing."""
    from storyscope.corpus import normalise

    text = odd_text(draw)
    once = normalise(text)
    if once.text:
        start, end = once.offset(0, len(once.text))
        assert 0 <= start <= end <= len(text), ascii(text)
    assert normalise(once.text).text == once.text, ascii(text)


def tables(draw: random.Random, folder: Path) -> Any:
    """Feature tables: bytes of a Parquet or CSV file changed."""
    import pandas as pd

    from storyscope.table import read_table, write_table

    name = draw.choice(("t.parquet", "t.csv"))
    table = pd.DataFrame(
        {"story_id": ["a", "b"], "source": "m", "prompt_id": "p", "words": [500, 600],
         "EVT_DEN_01": [1.0, 2.0]}
    )  # fmt: skip
    write_table(table, folder / name)
    (folder / name).write_bytes(changed(draw, (folder / name).read_bytes()))
    read_table(folder / name)


def codebooks(draw: random.Random, folder: Path) -> Any:
    """Codebooks: YAML with its bytes changed."""
    from storyscope.codebook import load_codebook

    (folder / "book.yaml").write_bytes(changed(draw, BOOK.encode()))
    load_codebook(folder / "book.yaml")


def mappings(draw: random.Random, folder: Path) -> Any:
    """Mappings of columns: YAML with its bytes changed."""
    from storyscope.imported import read_mapping

    (folder / "mapping.yaml").write_bytes(changed(draw, MAPPING.encode()))
    read_mapping(folder / "mapping.yaml")


TARGETS: dict[str, Callable[[random.Random, Path], Any]] = {
    "readers": readers, "documents": documents, "normalisation": normalisation, "tables": tables,
    "codebooks": codebooks, "mappings": mappings,
}  # fmt: skip


def attempt(name: str, seed: int) -> bool:
    """Try one input, made from the seed; whether it was taken and not refused."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            TARGETS[name](random.Random(f"{name} {seed}"), Path(folder))
        except StoryscopeError as error:
            if not str(error).strip():
                raise AssertionError("an error without a word") from error
            return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="For each target.")
    parser.add_argument("--seed", type=int, default=0, help="Where inputs begin.")
    parser.add_argument("--only", action="append", choices=sorted(TARGETS))
    given = parser.parse_args()
    crashes = 0
    for name in given.only or TARGETS:
        until, seed, taken, slowest = time.monotonic() + given.seconds, given.seed, 0, 0.0
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                taken += attempt(name, seed)
            except Exception as error:
                crashes += 1
                print(f"  {name}, seed {seed}: {type(error).__name__}: {ascii(str(error))[:300]}")
            took = time.monotonic() - began
            if took > SLOW:
                crashes += 1
                print(f"  {name}, seed {seed}: {took:.1f} s")
            slowest, seed = max(slowest, took), seed + 1
        print(
            f"{name}: {seed - given.seed:,} inputs, {taken:,} taken, slowest {slowest:.2f} s",
            flush=True,
        )
    raise SystemExit(f"{crashes} crashes or hangs" if crashes else 0)


if __name__ == "__main__":
    main()
