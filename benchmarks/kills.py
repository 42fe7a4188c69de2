"""Kill every command that writes, at random moments, and look at what is left.

    python benchmarks/kills.py
    python benchmarks/kills.py --kills 40 --pairs 10 --seed 7

Each command runs in a folder that holds its inputs, the result of an earlier run, and files of the
user's beside it. It is killed with SIGKILL somewhere between its start and the time that it takes.
Then this must hold, or the kill counts as bad:

- **nothing lost**: at the place of the result lies the earlier result or the new one, byte for byte,
  each file of it (a command that goes on with `--resume` must reach the new one);
- **nothing mixed**: of a result in several files, all are of one run (files of `generate` are each whole);
- **no other file touched**: inputs and the user's files are as they were, and nothing is there beside
  them but hidden files under storyscope's own endings and the parts of an unfinished scoring;
- **the next run is not held up**: the same command, run again, ends well and leaves the new result.

Two runs at one place start together: one must write its result, the other must be told so and change
nothing, or come second in order, having started its work after the first had ended. A run that ends
with status 0 must have its own result at the place, unless the other came after it.

`generate`, `pull` and the judge go on by themselves from what they keep (replies, downloads), and start
from nothing here; what they ask for comes from a server on loopback. When a story was written and how
long that took is left out of the comparison.

Writes `results/kills.md` beside this script, or the file that is named. All texts are made by the script
itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from storyscope.codebook import default_codebook
from storyscope.corpus import Story, sampler, write_corpus
from storyscope.paths import LOCK, PARTIAL
from storyscope.table import write_table
from storyscope.version import __version__

SENTENCES = (
    "He opened the door and ran.", "She waited by the river until dark.",
    "It rained all night on the roof.", "The dog barked twice and slept.",
    "They had met years before, in the harbour.", "Nobody spoke of the letter.",
    "She felt a sudden shame.", "A tall man in a grey coat stood at the window.",
)  # fmt: skip
PIECES = list(sampler())
"""Stories of the package, since nothing is said of who wrote the same sentences again and again."""
FEW = ("--only", "EVT_DEN_01", "--only", "TMP_TNS_01", "--only", "STY_LEN_01")
JUDGED = ("--only", "AGE_CST_51", "--only", "AGE_CST_53", "--only", "AGE_CST_55")
QUICK = ("--resamples", "50", "--permutations", "19")
MAPPING = "source: source\nprompt_id: prompt_id\nstory_id: story_id\nname: mine\n"


@dataclass(frozen=True)
class Case:
    """A command that writes: its arguments, and where its result lies.

    `{k}` in the arguments stands for 1 or 2, the input of the earlier run or of the new one, `{url}`
    for the server.

    Attributes
    ----------
    name : str
    arguments, results : tuple of str
    resumes : bool
        Whether `--resume` goes on with what was killed.
    keeps : tuple of str
        What the command keeps to go on from by itself, by how the names of the files begin. Such a
        command has no earlier result: it starts from nothing.
    """

    name: str
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    resumes: bool = False
    keeps: tuple[str, ...] = ()


CASES = (
    Case("score, two workers", ("score", "tales{k}.jsonl", "-o", "out.parquet", "--workers", "2", *FEW),
         ("out.parquet",), resumes=True),
    Case("score to CSV", ("score", "tales{k}.jsonl", "-o", "out.csv", "--workers", "1", *FEW),
         ("out.csv",), resumes=True),
    Case("compare -o", ("compare", "table{k}.parquet", "-o", "comparison", *QUICK), ("comparison",)),
    Case("train", ("train", "table{k}.parquet", "-o", "model", "--no-evaluate"), ("model",)),
    Case("report", ("report", "table{k}.parquet", "-o", "page.html"), ("page.html",)),
    Case("import-table", ("import-table", "judged{k}.csv", "mapping.yaml", "-o", "mine.parquet"),
         ("mine.parquet", "mine.codebook")),
    Case("attribute -o", ("attribute", "tale{k}.txt", "-o", "answers.json"), ("answers.json",)),
    Case("attribute --plot", ("attribute", "tale{k}.txt", "--plot", "answer.png"), ("answer.png",)),
    Case("features --write", ("features", "--codebook", "book{k}", "--write", "written"),
         ("written",)),
    Case("fingerprint", ("fingerprint", "table{k}.parquet"), ()),
    Case("calibrate", ("calibrate", "people{k}", "-o", "mine-model"), ("mine-model",)),
    Case("induce --measured", ("induce", "short{k}.jsonl", "--measured", "-o", "found.yaml"),
         ("found.yaml", "found.csv")),
    Case("generate", ("generate", "prompts.jsonl", "--writers", "writers.yaml", "-o", "corpus"),
         ("corpus/stories.jsonl", "corpus/unwritten.jsonl"), keeps=("corpus/replies.sqlite",)),
    Case("pull", ("pull", "card.yaml", "-o", "pulled"), ("pulled/tales.jsonl.gz",),
         keeps=("pulled/downloads/", "pulled/pulled.json")),
    Case("score --judge", ("score", "few.jsonl", "--judge", "m", "--base-url", "{url}/v1",
                           "--answers", "answers.sqlite", "-o", "judged.parquet", *JUDGED),
         ("judged.parquet", "judged.judged.jsonl", "judged.usage.json"), keeps=("answers.sqlite",)),
)  # fmt: skip


@dataclass
class Tally:
    """What was seen of a command."""

    seconds: float = 0.0
    kills: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)


# ---------------------------------------------------------------- inputs


def tale(seed: int, words: int) -> str:
    draw, text = random.Random(seed), ""
    while len(text.split()) < words:
        text += draw.choice(SENTENCES) + " "
    return text


def table(seed: int) -> pd.DataFrame:
    draw, book, rows = np.random.default_rng(seed), default_codebook(), []
    ids = [f.id for f in book if f.kind == "share"][:12]
    for prompt in range(20):
        for k, source in enumerate(("human", "m1", "m2")):
            shares = draw.beta(2 + k, 4, size=len(ids))
            row = {"story_id": f"{prompt}-{source}", "source": source, "prompt_id": f"p{prompt}",
                   "words": int(draw.integers(400, 900))}  # fmt: skip
            rows.append(row | dict(zip(ids, shares, strict=True)))
    return pd.DataFrame(rows)


def corpus_lines(stories: int) -> bytes:
    """A corpus in JSON lines, three writers to a prompt."""
    rows = [{"id": f"s{n}", "prompt_id": f"p{n // 3}", "source": f"m{n % 3}", "text": tale(n, 120)}
            for n in range(stories)]  # fmt: skip
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


CORPUS = corpus_lines(1500)
CARD = {"name": "tales", "title": "Tales", "origin": "made here", "licence": "CC0",
        "homepage": "https://example.org/tales",
        "parts": {"s": {"layout": "corpus", "files": [
            {"path": "tales.jsonl", "sha256": hashlib.sha256(CORPUS).hexdigest()}]}}}  # fmt: skip


def prepare(home: Path, url: str) -> None:
    """Write what the commands read, and files of a user beside it."""
    from storyscope.codebook import Codebook
    from storyscope.codebook_convert import save_codebook

    book = list(default_codebook())
    for k in (1, 2):
        stories = [
            Story(f"s{n}", tale(100 * k + n, 900), f"m{n % 3}", f"p{n // 3}") for n in range(46)
        ]
        write_corpus(stories, home / f"tales{k}.jsonl")
        short = [
            Story(f"s{n}", tale(500 * k + n, 150), f"m{n % 2}", f"p{n // 2}") for n in range(48)
        ]
        write_corpus(short, home / f"short{k}.jsonl")
        made = table(k)
        write_table(made, home / f"table{k}.parquet")
        judged = made[["story_id", "source", "prompt_id"]].assign(pace=made["words"] + k)
        judged.to_csv(home / f"judged{k}.csv", index=False)
        (home / f"tale{k}.txt").write_text(PIECES[k].text, encoding="utf-8")
        save_codebook(Codebook(book[k : 40 * k], name=f"book{k}"), home / f"book{k}")
        (home / f"people{k}").mkdir()
        for n in range(12):
            path = home / f"people{k}" / f"{n}.txt"
            path.write_text(PIECES[(n + k) % len(PIECES)].text, encoding="utf-8")
    (home / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (home / "letters").mkdir()
    (home / "letters" / "model.json").write_text('{"dear": "reader"}', encoding="utf-8")
    (home / "notes.txt").write_text("Not to be lost.\n", encoding="utf-8")

    (home / "few.jsonl").write_bytes(corpus_lines(8))
    asked = [
        {"id": f"p{n}", "prompt": f"Ferry number {n} is late.", "words": 60} for n in range(12)
    ]
    (home / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked))
    writers = {"writers": [{"name": "quill", "model": "m", "base_url": f"{url}/v1", "workers": 2}]}
    (home / "writers.yaml").write_text(json.dumps(writers))
    (home / "card.yaml").write_text(json.dumps(CARD | {"from": {"url": url}}))


# ---------------------------------------------------------------- a server on loopback


class Home(BaseHTTPRequestHandler):
    """A corpus in pieces, stories in answer to prompts, and answers to a judge's questions."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send the corpus, from where the last start stopped."""
        body = CORPUS if self.path == "/tales.jsonl" else b'{"data": [{"id": "m"}]}'
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        with suppress(OSError):  # the one who asked may be killed
            for at in range(start, len(body), 50_000):
                self.wfile.write(body[at : at + 50_000])
                time.sleep(0.05)

    def do_POST(self) -> None:
        """Answer by what was asked alone, so that every run is told the same."""
        params = json.loads(self.rfile.read(int(self.headers["content-length"])))
        time.sleep(0.05)
        told = params["messages"][-1]["content"]
        schema = params.get("response_format", {}).get("json_schema", {}).get("schema")
        text = judged(schema) if schema else tale(len(told), 60).strip()
        body = json.dumps(
            {"id": "c", "object": "chat.completion", "created": 0, "model": "m",
             "choices": [{"index": 0, "finish_reason": "stop",
                          "message": {"role": "assistant", "content": text}}],
             "usage": {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}}
        ).encode()  # fmt: skip
        with suppress(OSError):
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


def judged(schema: dict[str, Any]) -> str:
    """The first answer that a question offers, to each."""
    said = {}
    for name, entry in schema["properties"].items():
        offered = entry["properties"]["value"]
        offered = offered.get("anyOf", [offered])[0]
        value = offered.get("enum", [offered.get("minimum", "none")])[0]
        said[name] = {"quotes": [SENTENCES[0]], "value": value, "confidence": "high"}
    return json.dumps(said)


@contextmanager
def serving() -> Iterator[str]:
    """The server at a free port; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Home)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


# ---------------------------------------------------------------- running and looking


def command(case: Case, k: int, home: Path, *more: str) -> list[str]:
    url = json.loads((home / "card.yaml").read_text())["from"]["url"]
    arguments = [a.format(k=k, url=url) for a in case.arguments]
    code = "from storyscope.cli import main; main()"
    return [sys.executable, "-c", code, *arguments, *more]


def start(case: Case, k: int, home: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(case, k, home, *more), cwd=home, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(case: Case, k: int, home: Path, *more: str) -> None:
    run = start(case, k, home, *more)
    _, said = run.communicate()
    if run.returncode:
        raise SystemExit(f"{case.name} failed where nothing disturbed it:\n{said}")


def contents(home: Path) -> dict[str, str]:
    """Digest of every file, by its name within the folder."""
    return {p.relative_to(home).as_posix(): digest(p) for p in home.rglob("*") if p.is_file()}


def digest(path: Path) -> str:
    """Digest of a file; of stories that were generated, without when and in how many seconds."""
    content = path.read_bytes()
    if path.parent.name == "corpus" and path.name == "stories.jsonl":
        rows = [json.loads(line) for line in content.splitlines()]
        content = repr([{**row, "seconds": 0, "made": ""} for row in rows]).encode()
    return hashlib.sha256(content).hexdigest()


def of_result(found: dict[str, str], case: Case) -> dict[str, dict[str, str]]:
    """Files of each result of a command."""
    return {
        result: {n: d for n, d in found.items() if n == result or n.startswith(result + "/")}
        for result in case.results
    }


def left_over(name: str, case: Case) -> bool:
    """Whether a file is one that a killed run may leave."""
    parts = Path(name).parts
    own = any(p.startswith(".") and p.endswith((PARTIAL, LOCK)) for p in parts)
    return own or (case.resumes and parts[0] == f"{case.results[0]}.parts") or kept_on(name, case)


def kept_on(name: str, case: Case) -> bool:
    """Whether a file is one that a command goes on from."""
    return bool(case.keeps) and name.startswith(case.keeps)


def faults(
    case: Case, before: dict[str, str], now: dict[str, str], old: dict[str, dict[str, str]],
    new: dict[str, dict[str, str]],
) -> list[str]:  # fmt: skip
    """What is wrong in a folder after a kill."""
    wrong = []
    for result, files in of_result(now, case).items():
        if files not in (old[result], new[result]):
            wrong.append(f"{result} is neither the old nor the new one")
    found = of_result(now, case)
    if found and not case.keeps and found not in (old, new):
        wrong.append("the results are not all of one run")
    results = {n for files in (*of_result(now, case).values(), *old.values()) for n in files}
    for name in before.keys() - results:
        if now.get(name) != before[name]:
            wrong.append(f"{name} was changed")
    for name in now.keys() - before.keys() - results:
        if not left_over(name, case):
            wrong.append(f"{name} is left")
    return wrong


def kill_once(
    case: Case, home: Path, tally: Tally, draw: random.Random, old: dict[str, dict[str, str]],
    new: dict[str, dict[str, str]],
) -> None:  # fmt: skip
    """One run killed, what it left looked at, and the command run again."""
    before = contents(home)
    more: tuple[str, ...] = ()
    run = start(case, 2, home, *more)
    with suppress(subprocess.TimeoutExpired):
        run.wait(draw.uniform(0.1, 1.05) * tally.seconds)
    ended = run.poll() is not None
    run.kill()
    run.communicate()
    time.sleep(0.2)
    now = contents(home)
    tally.kills += 1
    wrong = faults(case, before, now, old, new)
    is_new = case.results and all(of_result(now, case)[r] == new[r] for r in case.results)
    tally.seen["ended first" if ended else "new" if is_new else "old"] += 1
    if case.resumes and (home / f"{case.results[0]}.parts").is_dir():
        more = ("--resume",)
        tally.seen["resumed"] += 1
    since = time.monotonic()
    again = start(case, 2, home, *more)
    _, said = again.communicate()
    if not more and not case.keeps:  # a busy machine is faster and slower by turns
        tally.seconds = time.monotonic() - since
    if again.returncode:
        wrong.append(f"the next run ended with {again.returncode}: {said.strip()[:200]}")
    after = contents(home)
    wrong += [f"then {w}" for w in faults(case, before, after, new, new)]
    wrong += [
        f"then {n} is still left" for n in after if left_over(n, case) and not kept_on(n, case)
    ]
    tally.bad += wrong


def restore(case: Case, home: Path, kept: Path) -> None:
    """Put the earlier result back."""
    tops = {name.split("/")[0] for name in (*case.results, *case.keeps)}
    for path in home.iterdir():
        if left_over(path.name, case) or path.name in tops:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if case.keeps:
        return
    for result in case.results:
        copy = shutil.copytree if (kept / result).is_dir() else shutil.copy2
        copy(kept / result, home / result)


def pair_once(
    case: Case, home: Path, tally: Tally, draw: random.Random, old: dict[str, dict[str, str]],
    new: dict[str, dict[str, str]],
) -> None:  # fmt: skip
    """Two runs at one place: with the earlier input, and with the new one."""
    before = contents(home)
    first = start(case, 1, home)
    time.sleep(draw.uniform(0, 0.5))
    second = start(case, 2, home)
    said = [run.communicate()[1] for run in (first, second)]
    done = [run.returncode == 0 for run in (first, second)]
    now = contents(home)
    wrong = faults(case, before, now, old, new)
    wrong += [f"{n} is left" for n in now if left_over(n, case)]
    for well, text in zip(done, said, strict=True):
        if not well and "Another run is writing" not in text:
            wrong.append(f"a run was told {text.strip()[:200]!r}")
    result = of_result(now, case)
    if done == [True, False] and result != old:
        wrong.append("the first ended well and its result is not there")
    if done == [False, True] and result != new:
        wrong.append("the second ended well and its result is not there")
    if not any(done):
        wrong.append("neither run ended well")
    tally.seen["one told" if sum(done) == 1 else "one after the other"] += 1
    tally.kills += 1
    tally.bad += wrong


# ---------------------------------------------------------------- the page


def page(kills: dict[str, Tally], pairs: dict[str, Tally], seconds: float, seed: int) -> str:
    lines = [
        "# Killed at random, and two at one place",
        "",
        f"Written by `python benchmarks/kills.py` (seed {seed}), storyscope {__version__}, Python "
        f"{platform.python_version()}, {platform.system()}, {os.cpu_count()} processors, "
        f"{seconds / 60:.0f} minutes.",
        "",
        "After each SIGKILL the result is compared byte for byte with the earlier and the new one, all "
        "other files with what they were, and the same command is run again (`--resume` where parts "
        "were kept) and must end with the new result.",
        "",
        "| command | seconds undisturbed | kills | left the old | left the new | had ended | resumed | bad |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, t in kills.items():
        seen = t.seen
        lines.append(
            f"| {name} | {t.seconds:.1f} | {t.kills} | {seen['old']} | {seen['new']} | "
            f"{seen['ended first']} | {seen['resumed']} | {len(t.bad)} |"
        )
    total = sum(t.kills for t in kills.values())
    bad = sum(len(t.bad) for t in kills.values())
    lines += [
        f"| all | | {total} | | | | | {bad} |",
        "",
        "`fingerprint` prints and writes no file: nothing may be there after it that was not before.",
        "`generate`, `pull` and `score --judge` start from nothing and go on from replies and downloads: "
        "the old is that there is no result yet.",
    ]
    if pairs:
        lines += [
            "",
            "Two runs started at one place within half a second of each other:",
            "",
            "| command | pairs | the other was told | one after the other | bad |",
            "|---|--:|--:|--:|--:|",
        ]
    for name, t in pairs.items():
        told, after = t.seen["one told"], t.seen["one after the other"]
        lines.append(f"| {name} | {t.kills} | {told} | {after} | {len(t.bad)} |")
    found = [f"- {name}: {w}" for part in (kills, pairs) for name, t in part.items() for w in t.bad]
    return "\n".join(
        [*lines, "", *(found or ["Nothing lost, nothing mixed, no other file touched."])]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=100, help="in all")
    parser.add_argument("--pairs", type=int, default=20, help="in all, of the first two commands")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", help="a command by its name, as 'train'")
    parser.add_argument("-o", "--output", type=Path, help="default results/kills.md")
    given = parser.parse_args()
    draw, began = random.Random(given.seed), time.monotonic()
    cases = [case for case in CASES if not given.only or case.name in given.only]
    kills: dict[str, Tally] = {}
    pairs: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory(prefix="storyscope-kills-") as folder, serving() as url:
        os.environ.setdefault("STORYSCOPE_CACHE", str(Path(folder) / "cache"))
        inputs = Path(folder) / "inputs"
        inputs.mkdir()
        prepare(inputs, url)
        share = given.kills // len(cases)
        for n, case in enumerate(cases):
            home, kept = Path(folder) / f"home{n}", Path(folder) / f"kept{n}"
            shutil.copytree(inputs, home)
            tally = kills[case.name] = Tally()
            kept.mkdir()
            since = time.monotonic()
            finish(case, 2, home)
            tally.seconds = time.monotonic() - since
            new = of_result(contents(home), case)
            if case.keeps:
                restore(case, home, kept)
            else:
                finish(case, 1, home)
                since = time.monotonic()
                finish(case, 1, home)  # once more, with parses kept, as the runs that are killed
                tally.seconds = time.monotonic() - since
            old = of_result(contents(home), case)
            for result in () if case.keeps else case.results:
                copy = shutil.copytree if (home / result).is_dir() else shutil.copy2
                copy(home / result, kept / result)
            for _ in range(share + (n < given.kills % len(cases))):
                kill_once(case, home, tally, draw, old, new)
                restore(case, home, kept)
            print(
                f"{case.name}: {tally.kills} kills, {dict(tally.seen)}, bad {tally.bad}", flush=True
            )
            if given.pairs and not case.keeps and (case.resumes or given.only):
                paired = pairs[case.name] = Tally()
                for _ in range(given.pairs // 2):
                    pair_once(case, home, paired, draw, old, new)
                    restore(case, home, kept)
                print(f"{case.name}: pairs {dict(paired.seen)}, bad {paired.bad}", flush=True)
    text = page(kills, pairs, time.monotonic() - began, given.seed)
    print(text)
    target = given.output or Path(__file__).parent / "results" / "kills.md"
    if given.output or not given.only:
        target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
