"""Whether `induce --measured` finds what is there, and nothing where there is nothing.

Makes tables of patterns whose truth is known, 200 of each sort, of 30 prompts by 5 sources by 200
patterns, runs the whole choice and test on each with its own settings, and counts what is kept:

- ``nothing``: no source differs. Patterns are rare counts, frequent counts, yes or no, and shares;
  they go together in groups of five, prompts differ, and a tenth of the stories is missing.
- ``lengths``: as before, but the stories of the sources are 700 to 1,900 words long.
- ``planted``: ten patterns differ in one source each, in either direction.
- ``shuffled`` (with ``--corpus``): the real table of a corpus, its sources shuffled in each prompt.

    python benchmarks/induce_simulation.py
    python benchmarks/induce_simulation.py --sort planted --runs 20 --output /tmp/quick.json
    python benchmarks/induce_simulation.py --corpus stories.jsonl --prompts 40

A sort takes about three minutes of one free processor. Results are written to
`results/induce_simulation.json` beside this script; sorts that are not run keep theirs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import numpy as np

from storyscope.errors import TooLittleData
from storyscope.induce.holdout import cells, held_out

PROMPTS, SOURCES, PATTERNS, PLANTED = 30, 5, 200, 10
WORDS = (700, 1000, 1300, 1600, 1900)


class Made:
    """A table of patterns with what was planted in it: source and direction by pattern."""

    def __init__(self, seed: int, *, planted: int = 0, lengths: bool = False):
        rng = np.random.default_rng(seed)
        n = PROMPTS * SOURCES
        source, prompt = np.arange(n) % SOURCES, np.arange(n) // SOURCES
        words = np.array(WORDS)[source] if lengths else np.full(n, 1300)
        words = words * rng.uniform(0.8, 1.25, n)
        group = rng.normal(size=(n, PATTERNS // 5)).repeat(5, axis=1)
        asked = rng.normal(size=(PROMPTS, PATTERNS))[prompt]
        lean = 0.4 * group + 0.6 * asked
        self.truth: dict[int, tuple[str, bool]] = {}
        for j in rng.choice(PATTERNS, planted, replace=False):
            s, more = int(rng.integers(SOURCES)), bool(rng.random() < 0.7)
            self.truth[int(j)] = f"m{s}", more
            lean[source == s, j] += 2.0 if more else -2.5
        kind = np.arange(PATTERNS) % 4
        base = rng.uniform(-1.5, 0.5, PATTERNS)  # log of counts per 1,000 words
        counts = rng.poisson(np.exp(base + 0.7 * lean) * words[:, None] / 1000)
        rates = counts / words[:, None] * 1000
        noisy = lean + base + rng.logistic(size=lean.shape)
        yes = (noisy > 0).astype(float)
        yes[rng.random(yes.shape) < 0.3] = np.nan  # the story tells only one of the two
        share = rng.binomial(12, 1 / (1 + np.exp(-lean - base - 1))) / 12
        self.values = np.select([kind == 2, kind == 3], [yes, share], rates)
        there = rng.random(n) >= 0.1
        self.values = self.values[there]
        self.sources = [f"m{s}" for s in source[there]]
        self.prompts = [f"p{p}" for p in prompt[there]]


def shuffled(corpus: Path, prompts: int) -> Callable[[int], Made]:
    """The real table of a corpus, with another shuffle of the sources in every prompt each time."""
    from storyscope.corpus import read_corpus
    from storyscope.induce import _shared
    from storyscope.induce.table import pattern_table

    table = pattern_table(_shared(list(read_corpus(corpus)), prompts, 0))
    sources, at = np.array(table.sources), np.array(table.prompts)

    def make(seed: int) -> Made:
        rng = np.random.default_rng(seed)
        made = Made.__new__(Made)
        made.values, made.truth, made.prompts = table.values, {}, list(at)
        mixed = sources.copy()
        for prompt in np.unique(at):
            rows = np.flatnonzero(at == prompt)
            mixed[rows] = rng.permutation(sources[rows])
        made.sources = [str(s) for s in mixed]
        return made

    return make


def score(made: Made, seed: int, **settings: int) -> tuple[int, int, int]:
    """Kept marks that are wrong, all kept marks, and planted ones among them.

    Where one source has more of a pattern the others have less than the mean of the rest, which is
    no false discovery: a mark is wrong where nothing was planted in its pattern.
    """
    try:
        marks = held_out(cells(made.values, made.sources, made.prompts), seed=seed, **settings)
    except TooLittleData:
        return 0, 0, 0
    kept = [m for m in marks if m.kept]
    wrong = sum(m.pattern not in made.truth for m in kept)
    right = sum(made.truth.get(m.pattern) == (m.source, m.more) for m in kept)
    return wrong, len(kept), right


def run(make: Callable[[int], Made], runs: int, name: str) -> dict[str, float]:
    """Run one sort and sum it up."""
    began, scores, planted = monotonic(), [], 0
    for seed in range(runs):
        made = make(seed)
        planted += len(made.truth)
        scores.append(score(made, seed))
        if (seed + 1) % 20 == 0:
            spent = monotonic() - began
            left = spent / (seed + 1) * (runs - seed - 1)
            print(f"{name}: {seed + 1} of {runs}, {left:.0f} s left", flush=True)
    false = np.array([wrong / max(kept, 1) for wrong, kept, _ in scores])
    return {
        "runs": runs,
        "false discovery rate": round(float(false.mean()), 4),
        "standard error": round(float(false.std(ddof=1) / np.sqrt(runs)), 4),
        "runs with a false discovery": int((false > 0).sum()),
        "kept": sum(kept for _, kept, _ in scores),
        "planted": planted,
        "planted found": sum(right for _, _, right in scores),
        "seconds": round(monotonic() - began, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).parent / "results" / "induce_simulation.json"
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--sort", choices=["nothing", "lengths", "planted"], help="only this one")
    parser.add_argument("--corpus", type=Path, help="shuffle the labels of this corpus instead")
    parser.add_argument("--prompts", type=int, default=40, help="of that corpus")
    parser.add_argument("--output", type=Path, default=here)
    asked = parser.parse_args()
    sorts: dict[str, Callable[[int], Made]] = {
        "nothing": Made,
        "lengths": lambda seed: Made(seed, lengths=True),
        "planted": lambda seed: Made(seed, planted=PLANTED),
    }
    if asked.sort:
        sorts = {asked.sort: sorts[asked.sort]}
    if asked.corpus:
        sorts = {"shuffled": shuffled(asked.corpus, asked.prompts)}
    results = json.loads(asked.output.read_text()) if asked.output.exists() else {}
    for name, make in sorts.items():
        results[name] = run(make, asked.runs, name)
        print(name, results[name], flush=True)
        asked.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
