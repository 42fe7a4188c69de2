"""How the time and memory of `compare` grow with the number of stories.

Makes tables of the published size and shape (61,608 stories of six sources on 10,268 prompts, 304
features of mixed kinds) and smaller ones, and compares each in a process of its own:

    python benchmarks/compare_scale.py
    python benchmarks/compare_scale.py --stories 61608

A run over all sizes writes `results/compare_scale.md` beside this script.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from storyscope.codebook import DIMENSIONS, Codebook, Feature

SOURCES = ("human", "model-a", "model-b", "model-c", "model-d", "model-e")
KINDS = {
    "number": 40, "share": 30, "count": 30, "scale": 60, "ordinal": 40, "categorical": 50,
    "binary": 34, "multi": 20,
}  # fmt: skip
LARGEST = 61_608


def synthetic_codebook() -> Codebook:
    """304 features of every kind over the ten dimensions."""
    features = []
    for kind, count in KINDS.items():
        for i in range(count):
            levels = {"ordinal": 3 + i % 3, "categorical": 3 + i % 7, "multi": 5 + i % 8}.get(
                kind, 0
            )
            values = {f"answer {j}": "" for j in range(levels)}
            features.append(
                Feature(
                    id=f"SYN_{kind[:3].upper()}_{i + 1:02d}",
                    name=f"{kind} {i + 1}",
                    dimension=DIMENSIONS[len(features) % len(DIMENSIONS)],
                    question="",
                    kind=kind,
                    evidence="",
                    answered_by=("judge",),
                    source="synthetic",
                    values={"yes": "", "no": ""} if kind == "binary" else values,
                    range={"share": (0.0, 1.0), "scale": (1.0, 5.0), "count": (0.0, 20.0),
                           "number": (-3.0, 3.0)}.get(kind),
                )
            )  # fmt: skip
    return Codebook(features, name="synthetic")


def synthetic_table(stories: int, seed: int = 0) -> tuple[pd.DataFrame, Codebook]:
    """Stories whose features follow their prompt, their source and chance; 5% are missing."""
    rng = np.random.default_rng(seed)
    book = synthetic_codebook()
    prompts = max(1, stories // len(SOURCES))
    prompt = np.repeat(np.arange(prompts), len(SOURCES))
    source = np.tile(np.arange(len(SOURCES)), prompts)
    n = len(prompt)
    columns: dict[str, object] = {
        "story_id": [f"p{p:05d}/{SOURCES[s]}" for p, s in zip(prompt, source, strict=True)],
        "source": np.array(SOURCES, object)[source],
        "prompt_id": [f"p{p:05d}" for p in prompt],
        "words": rng.integers(800, 6000, n),
    }
    shift = rng.normal(0, 0.25, (len(SOURCES), len(book)))
    shift[0] *= 2
    for i, feature in enumerate(book):
        latent = 0.6 * rng.normal(size=prompts)[prompt] + shift[source, i]
        latent = latent + 0.8 * rng.normal(size=n)
        missing = rng.random(n) < 0.05
        columns[feature.id] = _values(feature, latent, missing, rng)
    return pd.DataFrame(columns), book


def _values(feature: Feature, latent: np.ndarray, missing: np.ndarray, rng) -> object:
    uniform = 1 / (1 + np.exp(-1.7 * latent))
    if feature.range:
        low, high = feature.range
        value = low + (high - low) * uniform
        if feature.kind in ("scale", "count"):
            value = np.round(value)
        return np.where(missing, np.nan, value)
    levels = np.array(("no", "yes") if feature.kind == "binary" else feature.levels, object)
    if feature.kind == "multi":
        held = rng.random((len(latent), len(levels))) < 0.15 + 0.3 * uniform[:, None]
        held[~held.any(axis=1), 0] = True
        keys = held @ (1 << np.arange(len(levels)))
        unique, back = np.unique(keys, return_inverse=True)
        names = ["|".join(levels[[bool(k >> j & 1) for j in range(len(levels))]]) for k in unique]
        answers = np.array(names, object)[back]
    else:
        answers = levels[np.minimum((uniform * len(levels)).astype(int), len(levels) - 1)]
    answers[missing] = None
    return answers


def once(stories: int) -> None:
    """Compare one synthetic table and print what it cost."""
    from storyscope.compare import compare

    table, book = synthetic_table(stories)
    ready = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stages: dict[str, float] = {}
    last = ["reading", time.perf_counter()]

    def progress(stage: str, done: int, total: int) -> None:
        now = time.perf_counter()
        stages[last[0]] = stages.get(last[0], 0) + now - last[1]
        last[:] = [stage, now]

    start, busy = time.perf_counter(), time.process_time()
    result = compare(table, features="all", codebook=book, progress=progress)
    wall, used = time.perf_counter() - start, time.process_time() - busy
    progress("", 0, 0)
    found = {
        "stories": len(table),
        "wall": round(wall, 1),
        "processor": round(used, 1),
        "peak": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "table": round(ready / 2**20, 2),
        "json": round(len(result.to_json()) / 1e6, 1),
        "stages": {name: round(seconds, 1) for name, seconds in stages.items()},
    }
    print(json.dumps(found), flush=True)


def page(rows: list[dict], load: tuple[float, float]) -> str:
    """Lay the rows out for reading."""
    stages = list(rows[-1]["stages"])
    lines = [
        "# What `compare` costs",
        "",
        "Made by `benchmarks/compare_scale.py`: synthetic tables of 304 features of every kind, six "
        f"sources, a story of each at every prompt, all features used, on {os.cpu_count()} "
        "processors of which `compare` uses one. Aimed at: the published size, "
        f"{LARGEST:,} stories, in under 5 minutes and 6 GiB.",
        "",
        f"While this ran {load[0]:.1f} to {load[1]:.1f} processes wanted a processor (mean of the "
        "minute before the start and the end, this one among them). Wall time grows with what else "
        "is at work, processor time hardly.",
        "",
        "| stories | wall | processor | times the size before | peak memory | of it the table | JSON |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    before = 0.0
    for row in rows:
        times = f"{row['processor'] / before:.2f}" if before else ""
        before = row["processor"]
        lines.append(
            f"| {row['stories']:,} | {row['wall']:.1f} s | {row['processor']:.1f} s | {times} | "
            f"{row['peak']:.2f} GiB | {row['table']:.2f} GiB | {row['json']:.1f} MB |"
        )
    lines += ["", "Seconds of wall time by stage:", ""]
    lines += [f"| stories | {' | '.join(stages)} |", f"|---:|{'---:|' * len(stages)}"]
    for row in rows:
        cells = [f"{row['stages'].get(stage, 0):.1f}" for stage in stages]
        lines.append(f"| {row['stories']:,} | {' | '.join(cells)} |")
    lines += [
        "",
        "Pairs at the same prompt, neighbours and features grow with the number of stories. "
        "Location, clusters and map rest on at most 1,500 stories (800 for clusters), so that they "
        "do not grow; no full matrix of all stories is ever made.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--stories", type=int, help="only this many; default doubles up to 61,608")
    wanted = parser.parse_args().stories
    if wanted:
        once(wanted)
        return
    rows, first = [], os.getloadavg()[0]
    for halvings in (4, 3, 2, 1, 0):
        count = LARGEST // 2**halvings
        command = [sys.executable, __file__, "--stories", str(count)]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        print(told, end="", flush=True)
        rows.append(json.loads(told.splitlines()[-1]))
    load = sorted((first, os.getloadavg()[0]))
    target = Path(__file__).parent / "results" / "compare_scale.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(page(rows, (load[0], load[1])), encoding="utf-8")


if __name__ == "__main__":
    main()
