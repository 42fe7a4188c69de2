"""Corpora from hell: make each, run a command on it, and write down what happened.

    python benchmarks/hell.py
    python benchmarks/hell.py --scale 0.01 --only "one line" --only traversal

Every case writes files that nobody should have, or that somebody made to do harm, into a folder of its
own, and runs one command there in a process of its own. The table says how it ended, in which sentence,
after how many seconds and with how much memory. A case is **bad** if

- it ends in a traceback or by a signal, or uses more processor time than its bound;
- it needs more memory than its bound;
- it writes anything outside the result that was asked for, or changes what it read;
- it ends with another status than the case expects.

`--scale` multiplies the sizes; at 1 the line is 50 MB and the empty stories are a million. Bombs unpack
to 200 or 300 MB at any scale. Writes
`results/hell.md` beside this script, unless told otherwise. All texts are made here.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from storyscope.version import __version__

SENTENCE = "She waited by the river until dark, and nobody spoke of the letter. "
TALE = SENTENCE * 30
CHECK = ("corpus", "check", "stories.jsonl")
SCORE = ("score", "stories.jsonl", "-o", "out.csv", "--workers", "1", "--fast",
         "--only", "EVT_DEN_01")  # fmt: skip
RESULTS = Path(__file__).parent / "results/hell.md"
PATIENCE = 10
WRONG = 1
"""Status where the input was wrong or part of it was left out."""


@dataclass(frozen=True)
class Case:
    """What is made, the command that meets it, and how it may end.

    Attributes
    ----------
    name : str
    make : callable
        Writes the files into a folder; the number scales their size.
    command : tuple of str
    ends : tuple of int
        Statuses that are right.
    megabytes : int
        Memory that the process may take at most.
    seconds : int
        Processor time at a scale of 1; a busy machine may take longer, up to `PATIENCE` times.
    """

    name: str
    make: Callable[[Path, float], None]
    command: tuple[str, ...] = CHECK
    ends: tuple[int, ...] = (0,)
    megabytes: int = 1500
    seconds: int = 600


@dataclass(frozen=True)
class Outcome:
    """How a case ended."""

    case: Case
    status: int | None
    sentence: str
    seconds: float
    megabytes: float
    bad: str


# ---------------------------------------------------------------- what is made


def lines(folder: Path, rows: list[dict[str, object]]) -> None:
    """Write rows as JSON lines; lone surrogates stay escaped."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "stories.jsonl").write_text(text, encoding="utf-8")


def told(text: str, n: int = 6, **more: object) -> list[dict[str, object]]:
    """Make stories of one text, by three sources."""
    return [
        {"id": f"s{k}", "text": f"{text} {k}", "source": f"m{k % 3}", "prompt_id": f"p{k // 3}", **more}
        for k in range(n)
    ]  # fmt: skip


def one_line(folder: Path, scale: float) -> None:
    lines(
        folder, [{"id": "a", "source": "m", "text": SENTENCE * int(50e6 * scale / len(SENTENCE))}]
    )


def empty_stories(folder: Path, scale: float) -> None:
    with open(folder / "stories.jsonl", "w", encoding="utf-8") as file:
        for k in range(int(1e6 * scale)):
            file.write(f'{{"id": "{k}", "source": "m", "text": ""}}\n')


def with_text(text: str) -> Callable[[Path, float], None]:
    return lambda folder, scale: lines(folder, told(text))


def with_ids(*ids: str) -> Callable[[Path, float], None]:
    def make(folder: Path, scale: float) -> None:
        rows = told(TALE, len(ids))
        lines(folder, [row | {"id": name} for row, name in zip(rows, ids, strict=True)])

    return make


def everywhere(value: str) -> Callable[[Path, float], None]:
    """The same words in every field but the numbers."""

    def make(folder: Path, scale: float) -> None:
        rows = told(f"{TALE} {value}", 6, title=value, prompt=value, genre=value)
        lines(
            folder,
            [r | {"id": f"{value}{k}", "source": f"{value}{k % 2}"} for k, r in enumerate(rows)],
        )

    return make


def sources(count: int) -> Callable[[Path, float], None]:
    def make(folder: Path, scale: float) -> None:
        n = max(1, int(count * scale)) if count > 1 else 1
        lines(folder, [{"id": str(k), "text": TALE, "source": f"m{k % n}", "prompt_id": "p"}
                       for k in range(max(n, 4))])  # fmt: skip

    return make


def table_of_sources(folder: Path, scale: float) -> None:
    n = max(200, int(10_000 * scale))
    rows = pd.DataFrame({"story_id": range(n), "source": range(n), "prompt_id": "p", "words": 500,
                         "EVT_DEN_01": 1.5}).astype({"story_id": str, "source": str})  # fmt: skip
    rows.to_parquet(folder / "t.parquet")


def cut_table(folder: Path, scale: float) -> None:
    table_of_sources(folder, 0)
    content = (folder / "t.parquet").read_bytes()
    (folder / "t.parquet").write_bytes(content[: len(content) * 2 // 3])


def packed(
    name: str, *, pack: Callable[[bytes], bytes], line: bytes
) -> Callable[[Path, float], None]:
    def make(folder: Path, scale: float) -> None:
        (folder / name).write_bytes(pack(line * (200_000_000 // len(line))))

    return make


def zstd(content: bytes) -> bytes:
    import pyarrow as pa

    return bytes(pa.compress(content, codec="zstd", asbytes=True))


def zipped(name: str, inner: dict[str, bytes]) -> Callable[[Path, float], None]:
    def make(folder: Path, scale: float) -> None:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as out:
            for path, content in inner.items():
                with out.open(path, "w", force_zip64=True) as file:
                    file.write(content)
                    if path.endswith((".xml", ".xhtml")):
                        for _ in range(300):
                            file.write(b" " * 1_000_000)

    return make


def yaml_bomb(folder: Path, scale: float) -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    (folder / "mapping.yaml").write_text(text)
    (folder / "judged.csv").write_text("source,prompt_id,x\nm,p,1\n")


def yaml_object(folder: Path, scale: float) -> None:
    (folder / "mapping.yaml").write_text(
        "source: !!python/object/apply:os.system ['touch owned']\n"
    )
    (folder / "judged.csv").write_text("source,prompt_id,x\nm,p,1\n")


def tampered_model(folder: Path, scale: float) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "booster.ubj").write_bytes(b"{L\x00\x00" * 1000)
    record = {"format": 2, "files": {"booster.ubj": "0" * 64}, "features": "narrative"}
    (folder / "model" / "model.json").write_text(json.dumps(record))
    (folder / "story.txt").write_text(TALE * 10)


def honest_digest(folder: Path, scale: float) -> None:
    """The record of the tampered model names the digest of the tampered file."""
    tampered_model(folder, scale)
    path = folder / "model" / "model.json"
    digest = hashlib.sha256((folder / "model" / "booster.ubj").read_bytes()).hexdigest()
    path.write_text(path.read_text().replace("0" * 64, digest))


def deep(folder: Path, scale: float) -> None:
    (folder / "stories.jsonl").write_text('{"text": ' + "[" * 100_000 + "]" * 100_000 + "}\n")


def raw(name: str, content: bytes) -> Callable[[Path, float], None]:
    def make(folder: Path, scale: float) -> None:
        (folder / name).write_bytes(content)

    return make


def not_a_number(folder: Path, scale: float) -> None:
    table_of_sources(folder, 0)
    table = pd.read_parquet(folder / "t.parquet").assign(EVT_DEN_01=float("inf"))
    table.to_parquet(folder / "t.parquet")


SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
CONTAINER = (b'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
             b'<rootfile full-path="a.opf"/></rootfiles></container>')  # fmt: skip
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "' + b"ha" * 1000 + b'">'
    + b"".join(b'<!ENTITY %c "%s">' % (n, b"&%c;" % (n - 1) * 50) for n in range(98, 104))
    + b']><w:document xmlns:w="x">&g;</w:document>'
)  # fmt: skip
CONTENT_TYPES = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"></Types>'
)


def laughs(folder: Path, scale: float) -> None:
    """Entities that stand for entities, in the text of a Word document."""
    with zipfile.ZipFile(folder / "s.docx", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", CONTENT_TYPES)
        out.writestr("word/document.xml", LAUGHS)


CASES = (
    Case("50 MB on one line", one_line, ends=(0, WRONG)),
    Case("a million empty stories", empty_stories, ends=(WRONG,), megabytes=600),
    Case("emoji only", with_text("🌊🐉👩‍👩‍👧‍👦" * 200), SCORE, (0, WRONG)),
    Case("emoji among words", with_text(TALE + "🌊🐉👩‍👩‍👧‍👦 " * 50), SCORE),
    Case("right to left", with_text("\u202e" + TALE + " שלום עולם مرحبا " * 50), SCORE, (0, WRONG)),
    Case("NULs and controls", with_text(TALE + "\x00\x01\x1b[2J\x9b31m"), SCORE, (0, WRONG)),
    Case("lone surrogates", with_text(TALE + "\ud800 \udfff"), SCORE, (0, WRONG)),
    Case("combining marks without end", with_text(TALE + "a" + "\u0301" * 100_000), SCORE, (0, WRONG)),
    Case("one word of a million letters", with_text(TALE + "a" * 1_000_000), SCORE, (0, WRONG)),
    Case("10,000 sources, read", sources(10_000)),
    Case("10,000 sources, compared", table_of_sources, ("compare", "t.parquet", "-o", "found"), (WRONG,)),
    Case("one source", sources(1), SCORE, (0, WRONG)),
    Case("duplicate ids", with_ids("a", "a", "b", "b", "c", "c"), ends=(0, WRONG)),
    Case("ids as paths", with_ids("../../etc/passwd", "/etc/passwd", "..", "C:\\a", "~/x", "a/b"), SCORE),
    Case("ids as formulas", with_ids("=cmd()", "@sum", "+1", "-1+2", "\t=x", "|calc"), SCORE),
    Case("script in every field", everywhere(SCRIPT), SCORE, (0, WRONG)),
    Case("terminal escapes in every field", everywhere("\x1b]0;owned\x07\x1b[31m"), SCORE, (0, WRONG)),
    Case("YAML bomb", yaml_bomb, ("import-table", "judged.csv", "mapping.yaml", "-o", "out.parquet"),
         (WRONG,), 400),
    Case("YAML that makes an object", yaml_object,
         ("import-table", "judged.csv", "mapping.yaml", "-o", "out.parquet"), (WRONG,), 400),
    Case("gzip bomb, one line", packed("s.jsonl.gz", pack=gzip.compress, line=b"a" * 1000),
         ("corpus", "check", "s.jsonl.gz"), (WRONG,), 700),
    Case("gzip bomb, short lines", packed("s.jsonl.gz", pack=gzip.compress, line=b"{}\n"),
         ("corpus", "check", "s.jsonl.gz"), (WRONG,), 700),
    Case("zstd bomb", packed("s.jsonl.zst", pack=zstd, line=b"a" * 1000),
         ("corpus", "check", "s.jsonl.zst"), (WRONG,), 700),
    Case("docx bomb", zipped("s.docx", {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": b"<a>"}),
         ("attribute", "s.docx"), (WRONG,), 900),
    Case("docx of a billion laughs", laughs, ("attribute", "s.docx"), (WRONG,), 900),
    Case("epub bomb", zipped("s.epub", {"META-INF/container.xml": CONTAINER, "a.opf": b"<package/>",
                                        "a.xhtml": b"<p>"}),
         ("attribute", "s.epub"), (WRONG,), 900),
    Case("Parquet file cut short", cut_table, ("compare", "t.parquet", "-o", "found"), (WRONG,)),
    Case("infinite values", not_a_number, ("compare", "t.parquet", "-o", "found"), (WRONG,)),
    Case("model tampered with", tampered_model, ("attribute", "story.txt", "--model", "model"), (WRONG,)),
    Case("model and its digest tampered with", honest_digest,
         ("attribute", "story.txt", "--model", "model"), (WRONG,)),
    Case("JSON nested 100,000 deep", deep, ends=(WRONG,)),
    Case("not text at all", raw("stories.jsonl", bytes(range(256)) * 4000), ends=(WRONG,)),
    Case("an empty file", raw("stories.jsonl", b""), ends=(WRONG,)),
    Case("a CSV of one endless quote", raw("s.csv", b'id,source,text\n1,m,"' + b"word " * 200_000),
         ("corpus", "check", "s.csv"), (0, WRONG)),
    Case("an image named story", raw("s.pdf", base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB")),
         ("attribute", "s.pdf"), (WRONG,)),
)  # fmt: skip


# ---------------------------------------------------------------- running and looking


def contents(home: Path) -> dict[str, str]:
    """Digest of every file by its name, hidden ones included."""
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def asked_for(case: Case, name: str) -> bool:
    """Whether a new file belongs to the result of a case."""
    if "-o" not in case.command:
        return False
    result = case.command[case.command.index("-o") + 1]
    stem = result.split(".")[0]
    return name.startswith((f"work/{stem}", f"work/.{result}"))


def peak(pid: int) -> float:
    """Most memory that a process has held so far, in MB; 0 where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1000
    except (OSError, IndexError):
        return 0.0


def busy(pid: int) -> float:
    """Processor seconds that a process has used so far; 0 where it has ended."""
    try:
        after = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(after[11]) + int(after[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return 0.0


def run(case: Case, scale: float) -> Outcome:
    """Make a case, run its command and look at what is left."""
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        work = home / "work"
        work.mkdir()
        case.make(work, scale)
        before = contents(home)
        line = [sys.executable, "-c", "from storyscope.cli import main; main()", *case.command]
        environment = os.environ | {"HOME": str(home), "STORYSCOPE_CACHE": "off", "COLUMNS": "2000"}
        began, most = time.monotonic(), 0.0
        with open(home / "said", "wb") as said, open(home / "shown", "wb") as shown:
            process = subprocess.Popen(line, cwd=work, env=environment, stdout=shown, stderr=said)
            while (
                process.poll() is None
                and busy(process.pid) < case.seconds
                and time.monotonic() - began < PATIENCE * case.seconds
            ):
                most = max(most, peak(process.pid))
                time.sleep(0.02)
            late = process.poll() is None
            if late:
                process.kill()
            process.wait()
        seconds = time.monotonic() - began
        error = (home / "said").read_text(encoding="utf-8", errors="replace")
        output = (home / "shown").read_text(encoding="utf-8", errors="replace")
        now = {n: d for n, d in contents(home).items() if n not in ("said", "shown")}
    wrong = []
    if late:
        wrong.append(f"not done after {case.seconds} s")
    elif process.returncode < 0:
        wrong.append(f"ended by signal {-process.returncode}")
    elif process.returncode not in case.ends:
        wrong.append(f"status {process.returncode}")
    if "Traceback" in error:
        wrong.append("traceback")
    if most > case.megabytes:
        wrong.append(f"over {case.megabytes} MB")
    changed = [n for n, digest in before.items() if now.get(n) != digest]
    wrong += [f"changed {n}" for n in changed]
    wrong += [f"wrote {n}" for n in now.keys() - before.keys() if not asked_for(case, n)]
    if "\x1b]0;" in error + output:
        wrong.append("a terminal escape was shown")
    return Outcome(
        case, None if late else process.returncode, sentence(error, output), seconds, most,
        "; ".join(wrong),
    )  # fmt: skip


def sentence(error: str, output: str) -> str:
    """What the user reads first: the error if there is one, else the last line."""
    said = [line.strip() for line in (error or output).splitlines() if line.strip()]
    first = next((line for line in said if line.startswith("Error")), said[-1] if said else "")
    return first if len(first) < 200 else first[:197] + "..."


def page(outcomes: list[Outcome], scale: float) -> str:
    """The table as Markdown."""
    bad = sum(bool(o.bad) for o in outcomes)
    rows = "".join(
        f"| {o.case.name} | `{o.case.command[0]}` | {'–' if o.status is None else o.status} | "
        f"{escaped(o.sentence)} | {o.seconds:.1f} | {o.megabytes:,.0f} | {escaped(o.bad) or 'no'} |\n"
        for o in outcomes
    )
    return (
        "# Corpora from hell\n\n"
        f"Made by `python benchmarks/hell.py --scale {scale:g}` with storyscope {__version__}, Python "
        f"{platform.python_version()}, {platform.system()}, {os.cpu_count()} cores. Seconds are of a "
        "machine that did other work too.\n\n"
        f"{len(outcomes)} cases, {bad} bad.\n\n"
        "| case | command | status | what it says | seconds | MB | bad |\n"
        "|---|---|---|---|---|---|---|\n" + rows
    )


def escaped(text: str) -> str:
    """Text for a cell of a Markdown table."""
    return (
        "".join(c if c.isprintable() else "\ufffd" for c in text)
        .replace("|", "\\|")
        .replace("<", "&lt;")
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0, help="Part of the full sizes.")
    parser.add_argument("--only", action="append", help="Cases whose name holds these words.")
    parser.add_argument("-o", "--output", type=Path, default=RESULTS)
    given = parser.parse_args()
    chosen = [c for c in CASES if not given.only or any(words in c.name for words in given.only)]
    outcomes = []
    for case in chosen:
        outcome = run(case, given.scale)
        outcomes.append(outcome)
        print(f"{case.name}: {outcome.status}, {outcome.seconds:.1f} s, {outcome.megabytes:,.0f} MB"
              f"{', BAD: ' + outcome.bad if outcome.bad else ''}\n    {outcome.sentence}", flush=True)  # fmt: skip
        if not given.only or given.output != RESULTS:
            given.output.write_text(page(outcomes, given.scale), encoding="utf-8")
    raise SystemExit(any(o.bad for o in outcomes))


if __name__ == "__main__":
    main()
