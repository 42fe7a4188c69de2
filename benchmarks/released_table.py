"""A made-up table of the released layout: its taxonomy loaded, the table encoded and learned from.

python benchmarks/released_table.py TAXONOMY [ROWS] [LEARNED] [FOLDER]

ROWS are made and converted, 61,575 as in the release unless told otherwise; a model learns from the
first LEARNED prompts, 200 unless told otherwise. Every command is the one that a user runs on the
released file: `features` converts, `evaluate` and `train` learn, `attribute --table` answers for
one row that was held back. The table holds no story and no real answer: sources lean towards
different values, so that there is something to learn.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from storyscope.codebook import Codebook

SOURCES = ("human", "claude", "deepseek", "gemini", "gpt", "kimi")
PUBLISHED_ROWS = 61_575
OUTSIDE = "something else entirely"
"""What stands in cells that the taxonomy does not allow."""
SHARE_OUTSIDE = 0.01
SHARE_MISSING = 0.005


def generate(
    codebook: Codebook,
    prompts: int,
    sources: tuple[str, ...] = SOURCES,
    seed: int = 0,
    rows: int | None = None,
    lean: float = 0.1,
) -> pd.DataFrame:
    """Answers as the released table holds them: text, pipes between the answers of a multi-select.

    Parameters
    ----------
    codebook : Codebook
        As `convert_taxonomy` makes it.
    prompts : int
        Every source answers each of them.
    rows : int, optional
        Rows to keep, the last ones left out.
    lean : float
        Share of the answers in which a source says what it favours.
    """
    rng = np.random.default_rng(seed)
    total = prompts * len(sources)
    columns: dict[str, object] = {
        "prompt_id": np.repeat(np.arange(prompts), len(sources)),
        "story_title": [f"Story {i}" for i in range(total)],
        "source": np.tile(np.array(sources, dtype=object), prompts),
    }
    who = np.tile(np.arange(len(sources)), prompts)
    for feature in codebook:
        values = np.array(_answers(feature), dtype=object)
        weights = rng.dirichlet(np.full(len(values), 2.0))
        favourite = rng.integers(0, len(values), len(sources))
        chosen = rng.choice(len(values), total, p=weights)
        chosen = np.where(rng.random(total) < lean, favourite[who], chosen)
        column = values[chosen]
        if feature.kind == "multi":
            other = values[rng.choice(len(values), total, p=weights)]
            both = rng.random(total) < 0.4
            pairs = [f"{a}|{b}" if x and a != b else a
                     for a, b, x in zip(column, other, both, strict=True)]  # fmt: skip
            column = np.array(pairs, dtype=object)
        drawn = rng.random(total)
        column[drawn < SHARE_OUTSIDE] = OUTSIDE
        column[drawn > 1 - SHARE_MISSING] = None
        columns[feature.id] = column
    return pd.DataFrame(columns).head(rows if rows is not None else total)


def _answers(feature) -> list[str]:
    if feature.range is not None:
        return [str(i) for i in range(int(feature.range[0]), int(feature.range[1]) + 1)]
    return list(feature.levels)


def command(*arguments: object) -> tuple[dict | list, float]:
    """Run the command line; its JSON and the seconds it took."""
    began = monotonic()
    done = subprocess.run(
        [sys.executable, "-c", "from storyscope.cli import main; main()", *map(str, arguments), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout), monotonic() - began


def run(taxonomy: Path, rows: int, learned: int, folder: Path) -> None:
    """Everything, a line each."""
    from storyscope.codebook_convert import read_codebook
    from storyscope.table import read_table, write_table

    book = read_codebook(taxonomy)
    print(f"taxonomy: {len(book)} features in {len(book.dimensions)} dimensions")
    given = generate(book, -(-rows // len(SOURCES)), rows=rows)
    given.to_parquet(folder / "released.parquet")
    print(f"generated: {len(given):,} rows, {len(given.columns)} columns")

    told, seconds = command("features", "--codebook", taxonomy, "--write", folder / "book",
                            "--table", folder / "released.parquet", "-o", folder / "table.parquet")  # fmt: skip
    print(f"converted: {told['features']} features, {told['rows']:,} rows, "
          f"{told['cells_outside']:,} cells outside the taxonomy, in {seconds:.1f} s")  # fmt: skip
    strange = int((given == OUTSIDE).sum().sum())
    print(f"cells made to be outside: {strange:,}; raw values kept: "
          f"{len(pd.read_csv(folder / 'table.outside.csv')):,}")  # fmt: skip

    table = read_table(folder / "table.parquet", book)
    began = monotonic()
    encoded = book.encode(table)
    seconds = monotonic() - began
    alone = book.encode(table.iloc[[7]])
    same = np.array_equal(encoded.iloc[[7]].to_numpy(), alone.to_numpy(), equal_nan=True)
    print(f"encoded: {encoded.shape[0]:,} x {encoded.shape[1]} in {seconds:.1f} s; one row alone "
          f"the same: {same}")  # fmt: skip

    first = table["prompt_id"] == "0"
    chosen = table["prompt_id"].astype(int).between(1, learned)
    write_table(table[chosen], folder / "train.parquet")
    write_table(table[first].head(1), folder / "one.parquet")
    found, seconds = command("train", folder / "train.parquet", "--codebook", taxonomy,
                             "-o", folder / "model")  # fmt: skip
    score = found["evaluation"][0]["metrics"]["macro_f1"]
    print(f"trained on {found['stories']:,} rows and evaluated by prompt: macro F1 {score['value']:.3f} "
          f"({score['low']:.3f} to {score['high']:.3f}), in {seconds:.1f} s")  # fmt: skip
    answer, seconds = command("attribute", "--table", folder / "one.parquet",
                              "--model", folder / "model")  # fmt: skip
    likeliest, p = next(iter(answer["probabilities"].items()))
    print(f"one new row alone: {answer['text']} reads like {likeliest} ({p:.1%}), "
          f"{len(answer['features'])} features weigh, in {seconds:.1f} s")  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"largest command: {peak:.1f} GB")


def main() -> None:
    """Run in a folder that is named, or in one that is deleted afterwards."""
    taxonomy = Path(sys.argv[1])
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else PUBLISHED_ROWS
    learned = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    if len(sys.argv) > 4:
        run(taxonomy, rows, learned, Path(sys.argv[4]))
        return
    with TemporaryDirectory() as folder:
        run(taxonomy, rows, learned, Path(folder))


if __name__ == "__main__":
    main()
