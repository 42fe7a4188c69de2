"""What `compare` and `train` cost on a table as large as the published corpus.

    python benchmarks/published_size.py [--prompts 10268] [--only train]

The table is made up of the shipped reference: six sources answer every prompt, and a story has each
value from one of two shipped stories by its source, the first of them on the same shipped prompt;
figures get a little noise. Both commands are those that a user runs, in a process each. What they
took goes into `results/published_size.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

PROMPTS = 10_268
COMMANDS = {
    "compare": ("compare", "table.parquet", "-o", "comparison"),
    "train": ("train", "table.parquet", "-o", "model", "--no-evaluate"),
}
RESULTS = Path(__file__).parent / "results"
RUN = """
import json, resource, sys, time
from storyscope.cli import app, commands
began = time.monotonic()
app(sys.argv[1:], standalone_mode=False)
used = resource.getrusage(resource.RUSAGE_SELF)
print()
print(json.dumps([time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20]))
"""


def resampled(prompts: int, seed: int = 0) -> pd.DataFrame:
    """A story of each source at every prompt, its values drawn from shipped stories."""
    from storyscope.codebook import default_codebook
    from storyscope.table import feature_ids, reference_table

    book, shipped = default_codebook(), reference_table()
    rng = np.random.default_rng(seed)
    sources = sorted(set(shipped["source"]))
    alike = np.array(sorted(shipped.loc[shipped["source"] == sources[0], "prompt_id"].unique()))
    drawn = alike[rng.integers(len(alike), size=prompts)]
    first, second = [], []
    for source in sources:
        mine = np.flatnonzero(shipped["source"] == source)
        place = {p: i for i, p in zip(mine, shipped["prompt_id"].iloc[mine], strict=True)}
        any_of = rng.choice(mine, prompts)
        first.append([place.get(p, i) for p, i in zip(drawn, any_of, strict=True)])
        second.append(rng.choice(mine, prompts))
    one, two = np.concatenate(first), np.concatenate(second)
    names = [f"p{p:05d}" for p in range(prompts)]
    words = shipped["words"].to_numpy()[one] * rng.uniform(0.9, 1.1, len(one))
    columns: dict[str, object] = {
        "story_id": [f"{p}/{source}" for source in sources for p in names],
        "source": np.repeat(sources, prompts),
        "prompt_id": names * len(sources),
        "words": words.astype(int),
    }
    for name in feature_ids(shipped, book, "all"):
        column, feature = shipped[name], book[name]
        taken = column.array.take(np.where(rng.random(len(one)) < 0.6, one, two))
        if feature.kind in ("number", "share"):
            noise = rng.normal(0, 0.1 * np.nanstd(column.to_numpy(float)), len(one))
            taken = np.clip(np.asarray(taken, float) + noise, *(feature.range or (None, None)))
        columns[name] = taken
    table = pd.DataFrame(columns)
    table.attrs = {"storyscope": {**shipped.attrs["storyscope"], "stories": len(table)}}
    return table


def measured(folder: Path, name: str) -> dict[str, float]:
    """Seconds of wall and of processor, and the most memory in GiB, of one command."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *COMMANDS[name]],
        cwd=folder, check=True, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    wall, busy, peak = json.loads(done.stdout.splitlines()[-1])
    return {"wall": wall, "processor": busy, "peak": peak, "load": os.getloadavg()[0]}


def page(found: dict) -> str:
    """Lay out what was measured."""
    lines = [
        "# `compare` and `train` at the published size",
        "",
        f"Made by `benchmarks/published_size.py`: {found['stories']:,} stories of six sources on "
        f"{found['prompts']:,} prompts, {found['columns']} measured features, drawn from the shipped "
        f"reference; the Parquet file has {found['megabytes']:.0f} MB. On {os.cpu_count()} processors, "
        "with other work on them: processor time hardly hangs on that, wall time does. Both commands "
        "as they come, on narrative features; `train` without its cross-validation (`--no-evaluate`), "
        "which fits five models more where the final one and its calibration fit six.",
        "",
        "| | wall | processor | most memory | processes that wanted a processor |",
        "|---|--:|--:|--:|--:|",
    ]
    for name in COMMANDS:
        if row := found.get(name):
            lines.append(
                f"| {name} | {row['wall']:.0f} s | {row['processor']:.0f} s | {row['peak']:.1f} GiB | "
                f"{row['load']:.1f} |"
            )
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prompts", type=int, default=PROMPTS)
    parser.add_argument("--only", choices=COMMANDS, action="append", help="Measure this one anew.")
    given = parser.parse_args()
    kept = RESULTS / "published_size.json"
    found = json.loads(kept.read_text("utf-8")) if given.only and kept.exists() else {}
    from storyscope.table import write_table

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.monotonic()
        table = resampled(given.prompts)
        write_table(table, folder / "table.parquet")
        found |= {
            "stories": len(table),
            "prompts": given.prompts,
            "columns": table.shape[1] - 4,
            "megabytes": (folder / "table.parquet").stat().st_size / 1e6,
        }
        print(f"made in {time.monotonic() - began:.0f} s, {peak():.1f} GiB", flush=True)
        del table
        for one in given.only or COMMANDS:
            found[one] = measured(folder, one)
            print(one, found[one], flush=True)
            kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "published_size.md").write_text(page(found), encoding="utf-8")


def peak() -> float:
    """Most memory that this process held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
