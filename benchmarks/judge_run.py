"""A judged table made end to end against the test server, killed with -9 on the way.

python benchmarks/judge_run.py CORPUS [STORIES] [FOLDER]

The command line and the SDK are the real ones; the server answers on loopback with fixed replies, so
nothing leaves the machine and the answers mean nothing. What is shown is that every request is
answered once, that a table comes out whole, and how the estimate compares with what was billed.
Requests go first one by one, then, into a second file of answers, in a batch.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from judge_cost import load_server

ROOT = Path(__file__).resolve().parents[1]
MODEL = "claude-sonnet-5-5"
UNDER_WAY = 4
"""Requests that the command line has under way at a time."""


def spread(corpus: Path, count: int, target: Path) -> None:
    """Write stories spread over the whole corpus, so that every source has some."""
    from storyscope.corpus import read_corpus

    stories = list(read_corpus(corpus))
    chosen = [stories[int(i * len(stories) / count)] for i in range(count)]
    rows = [{"id": s.id, "text": s.text, "source": s.source, "prompt_id": s.prompt_id}
            for s in chosen]  # fmt: skip
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    target.write_text(lines, encoding="utf-8")


def start(*arguments: object) -> subprocess.Popen:
    """Start the command line."""
    return subprocess.Popen(
        [sys.executable, "-c", "from storyscope.cli import main; main()", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(*arguments: object) -> str:
    """Run the command line to its end; what it printed."""
    process = start(*arguments)
    out, err = process.communicate()
    if process.returncode:
        raise SystemExit(err)
    return out


def kill(process: subprocess.Popen, when, patience: float = 900.0) -> None:
    """Kill a process with -9 as soon as a condition holds."""
    end = time.monotonic() + patience
    while not when():
        if process.poll() is not None:
            raise SystemExit(f"It ended before it could be killed: {process.communicate()[1]}")
        if time.monotonic() > end:
            raise SystemExit("It never came to the point at which it was to be killed.")
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def asked(state) -> Counter:
    """How often each request was answered: by story and questions."""
    return Counter((a.story, a.questions) for a in state.log)


def one_by_one(server, state, line: list, total: int) -> None:
    """Half of the requests, a kill with four under way, and the rest."""
    release = threading.Event()
    lost = server.Fault(wait=release, drop=True)  # never answered, so never billed
    state.faults.extend([*[None] * (total // 2), *[lost] * UNDER_WAY])
    kill(start(*line), lambda: not state.faults and len(state.log) == total // 2)
    before = asked(state)
    release.set()
    finish(*line)
    answers = asked(state)
    print(f"one by one: {sum(before.values())} answered before kill -9, {UNDER_WAY} under way and "
          f"lost, {sum(answers.values()) - sum(before.values())} answered after; "
          f"{len(answers)} different requests of {total}, "
          f"answered twice: {sum(n > 1 for n in answers.values())}")  # fmt: skip


def batched(state, line: list, answers: Path, total: int) -> None:
    """A kill before the batch's name is known, one while results are filed, and the rest."""
    make, taken, release = state.make_batch, threading.Event(), threading.Event()

    def slow(requests):
        shown = make(requests)
        taken.set()
        release.wait()
        return shown

    state.make_batch = slow
    kill(start(*line), taken.is_set)
    state.make_batch = make
    release.set()

    def filed() -> int:
        with sqlite3.connect(f"file:{answers}?mode=ro", uri=True, timeout=5) as db:
            return db.execute("select count(*) from spent").fetchone()[0]

    kill(start(*line), lambda: filed() >= total // 4)
    at_kill = filed()
    finish(*line)
    replies = asked(state)
    print(f"batched: killed before the batch's name came back, and again with {at_kill} results "
          f"filed; {len(state.batches)} batch, {len(replies)} different requests of {total}, "
          f"answered twice: {sum(n > 1 for n in replies.values())}, filed {filed()}")  # fmt: skip


def accounts(state, table: Path, expected: dict) -> None:
    """Estimate, usage file and the server's own books."""
    record = json.loads(table.with_suffix(".usage.json").read_text(encoding="utf-8"))
    kinds = {"input": "input_tokens", "write_5m": "cache_creation_input_tokens",
             "read": "cache_read_input_tokens", "output": "output_tokens"}  # fmt: skip
    for ours, theirs in kinds.items():
        billed = sum(u[theirs] for u in state.usage)
        off = expected["usage"][ours] / billed - 1 if billed else 0.0
        print(f"  {ours:9} expected {expected['usage'][ours]:9,} billed {billed:9,} ({off:+.1%}); "
              f"usage file {record['usage'][ours]:9,}")  # fmt: skip
    from storyscope.providers.money import Usage, load_prices

    price = load_prices().of(MODEL)
    batch = expected["batch"]
    paid = price.input_cost(Usage(**record["usage"]), batch=batch)
    print(f"  prompts   expected ${expected['input_cost']:.4f} billed ${paid:.4f} "
          f"({expected['input_cost'] / paid - 1:+.1%}), {paid / expected['uncached_input']:.1%} of separate "
          f"uncached calls; all expected ${expected['cost']:.4f} billed ${record['cost_usd']:.4f}, at "
          f"most ${expected['most']:.4f}; {record['answers']}, {record['requests']}")  # fmt: skip


def run(corpus: Path, count: int, folder: Path) -> None:
    """Everything, a line each."""
    import pandas as pd

    from storyscope.codebook import default_codebook
    from storyscope.table import read_table

    server = load_server()
    book = default_codebook()
    questions = book.ids(answered_by="judge")
    total = count * len({book[f].dimension for f in questions})
    stories = folder / "stories.jsonl"
    spread(corpus, count, stories)
    tables = []
    for name, more in (("direct", []), ("batch", ["--batch"])):
        with server.serving() as state:
            os.environ["ANTHROPIC_BASE_URL"] = state.url
            table, answers = folder / f"{name}.parquet", folder / f"{name}.sqlite"
            line = ["score", stories, "-o", table, "--judge", MODEL, "--answers", answers, *more]
            expected = json.loads(finish(*line, "--estimate", "--json"))
            if not more:
                print(f"{count} stories, {expected['words']:,} words, {len(questions)} questions; "
                      f"tokens {expected['tokens']}")  # fmt: skip
                one_by_one(server, state, line, total)
            else:
                batched(state, line, answers, total)
            accounts(state, table, expected)
            tables.append(read_table(table))
    judged = [c for c in tables[0] if c.removesuffix("@judge") in questions and
              (c.endswith("@judge") or "measure" not in book[c].answered_by)]  # fmt: skip
    same = tables[0][judged].equals(tables[1][judged])
    print(f"table: {len(tables[0])} stories, {len(judged)} judged columns, "
          f"{tables[0][judged].notna().to_numpy().mean():.1%} of their cells filled; the batch gives "
          f"the same answers: {same}; encoded {book.encode(tables[0]).shape}")  # fmt: skip
    found = pd.DataFrame(
        json.loads(finish("validate", "--judge", folder / "direct.parquet", "--json"))["judge"]
    )
    print(f"validate --judge: {len(found)} features with both answers, "
          f"{int((found['stories'] >= 10).sum())} of them on ten stories or more, mean alpha "
          f"{found['alpha'].mean():.2f} (fixed replies agree by chance only)")  # fmt: skip
    print(finish("reliability", folder / "direct.parquet"))


def main() -> None:
    """Run in a folder that is named, or in one that is deleted afterwards."""
    os.environ["ANTHROPIC_API_KEY"] = "none"
    corpus, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20
    if len(sys.argv) > 3:
        folder = Path(sys.argv[3])
        folder.mkdir(parents=True, exist_ok=True)
        run(corpus, count, folder)
        return
    with TemporaryDirectory() as folder:
        run(corpus, count, Path(folder))


if __name__ == "__main__":
    main()
