"""Kill every command that writes, at random moments, and look at what is left.

    python benchmarks/kills.py
    python benchmarks/kills.py --kills 40 --pairs 10 --seed 7

Each command runs in a folder that holds its inputs, the result of an earlier run, and files of the
user's beside it. It is killed with SIGKILL somewhere between its start and the time that it takes.
Then this must hold, or the kill counts as bad:

- **nothing lost**: at the place of the result lies the earlier result or the new one, byte for byte,
  each file of it (a command that goes on with `--resume` must reach the new one);
- **nothing mixed**: of a result in several files, all are of one run;
- **no other file touched**: inputs and the user's files are as they were, and nothing is there beside
  them but hidden files under storyscope's own endings and the parts of an unfinished scoring;
- **the next run is not held up**: the same command, run again, ends well and leaves the new result.

Two runs at one place start together: one must write its result, the other must be told so and change
nothing, or come second in order, having started its work after the first had ended. A run that ends
with status 0 must have its own result at the place, unless the other came after it.

Writes `results/kills.md` beside this script. All texts are made by the script itself.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from storyscope.codebook import default_codebook
from storyscope.corpus import Story, write_corpus
from storyscope.paths import LOCK, PARTIAL
from storyscope.table import write_table
from storyscope.version import __version__

SENTENCES = (
    "He opened the door and ran.", "She waited by the river until dark.",
    "It rained all night on the roof.", "The dog barked twice and slept.",
    "They had met years before, in the harbour.", "Nobody spoke of the letter.",
    "She felt a sudden shame.", "A tall man in a grey coat stood at the window.",
)  # fmt: skip
FEW = ("--only", "EVT_DEN_01", "--only", "TMP_TNS_01", "--only", "STY_LEN_01")
QUICK = ("--resamples", "50", "--permutations", "19")
MAPPING = "source: source\nprompt_id: prompt_id\nstory_id: story_id\nname: mine\n"


@dataclass(frozen=True)
class Case:
    """A command that writes: its arguments, and where its result lies.

    `{k}` in the arguments stands for 1 or 2, the input of the earlier run or of the new one.
    """

    name: str
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    resumes: bool = False


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


def prepare(home: Path) -> None:
    """Write what the commands read, and files of a user beside it."""
    from storyscope.codebook import Codebook
    from storyscope.codebook_convert import save_codebook

    book = list(default_codebook())
    for k in (1, 2):
        stories = [
            Story(f"s{n}", tale(100 * k + n, 900), f"m{n % 3}", f"p{n // 3}") for n in range(46)
        ]
        write_corpus(stories, home / f"tales{k}.jsonl")
        made = table(k)
        write_table(made, home / f"table{k}.parquet")
        judged = made[["story_id", "source", "prompt_id"]].assign(pace=made["words"] + k)
        judged.to_csv(home / f"judged{k}.csv", index=False)
        (home / f"tale{k}.txt").write_text(tale(k, 1600), encoding="utf-8")
        save_codebook(Codebook(book[k : 40 * k], name=f"book{k}"), home / f"book{k}")
    (home / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (home / "letters").mkdir()
    (home / "letters" / "model.json").write_text('{"dear": "reader"}', encoding="utf-8")
    (home / "notes.txt").write_text("Not to be lost.\n", encoding="utf-8")


# ---------------------------------------------------------------- running and looking


def command(case: Case, k: int, *more: str) -> list[str]:
    arguments = [a.format(k=k) for a in case.arguments]
    code = "from storyscope.cli import main; main()"
    return [sys.executable, "-c", code, *arguments, *more]


def start(case: Case, k: int, home: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(case, k, *more), cwd=home, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(case: Case, k: int, home: Path, *more: str) -> None:
    run = start(case, k, home, *more)
    _, said = run.communicate()
    if run.returncode:
        raise SystemExit(f"{case.name} failed where nothing disturbed it:\n{said}")


def contents(home: Path) -> dict[str, str]:
    """Digest of every file, by its name within the folder."""
    return {
        p.relative_to(home).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in home.rglob("*")
        if p.is_file()
    }


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
    return own or (case.resumes and parts[0] == f"{case.results[0]}.parts")


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
    if found and found not in (old, new):
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
    if not more:  # a busy machine is faster and slower by turns
        tally.seconds = time.monotonic() - since
    if again.returncode:
        wrong.append(f"the next run ended with {again.returncode}: {said.strip()[:200]}")
    after = contents(home)
    wrong += [f"then {w}" for w in faults(case, before, after, new, new)]
    wrong += [f"then {n} is still left" for n in after if left_over(n, case)]
    tally.bad += wrong


def restore(case: Case, home: Path, kept: Path) -> None:
    """Put the earlier result back."""
    for path in home.iterdir():
        if left_over(path.name, case) or path.name in case.results:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
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
    parser.add_argument("--only", help="a command by its name, as 'train'")
    given = parser.parse_args()
    draw, began = random.Random(given.seed), time.monotonic()
    cases = [case for case in CASES if given.only in (None, case.name)]
    kills: dict[str, Tally] = {}
    pairs: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory(prefix="storyscope-kills-") as folder:
        os.environ.setdefault("STORYSCOPE_CACHE", str(Path(folder) / "cache"))
        inputs = Path(folder) / "inputs"
        inputs.mkdir()
        prepare(inputs)
        share = given.kills // len(cases)
        for n, case in enumerate(cases):
            home, kept = Path(folder) / f"home{n}", Path(folder) / f"kept{n}"
            shutil.copytree(inputs, home)
            tally = kills[case.name] = Tally()
            finish(case, 2, home)
            new = of_result(contents(home), case)
            finish(case, 1, home)
            since = time.monotonic()
            finish(case, 1, home)  # once more, with parses kept, as the runs that are killed
            tally.seconds = time.monotonic() - since
            old = of_result(contents(home), case)
            kept.mkdir()
            for result in case.results:
                copy = shutil.copytree if (home / result).is_dir() else shutil.copy2
                copy(home / result, kept / result)
            for _ in range(share + (n < given.kills % len(cases))):
                kill_once(case, home, tally, draw, old, new)
                restore(case, home, kept)
            print(
                f"{case.name}: {tally.kills} kills, {dict(tally.seen)}, bad {tally.bad}", flush=True
            )
            if case.resumes or given.only:
                paired = pairs[case.name] = Tally()
                for _ in range(given.pairs // 2):
                    pair_once(case, home, paired, draw, old, new)
                    restore(case, home, kept)
                print(f"{case.name}: pairs {dict(paired.seen)}, bad {paired.bad}", flush=True)
    text = page(kills, pairs, time.monotonic() - began, given.seed)
    print(text)
    if given.only is None:
        target = Path(__file__).parent / "results" / "kills.md"
        target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
