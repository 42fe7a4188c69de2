"""Whether the tests and intervals of `compare` keep what they promise.

Makes data sets whose truth is known, a thousand of each sort, and counts: how often a test rejects
where there is nothing to find (5% is promised), how often an interval holds the truth (95% is
promised), and how often a planted difference is found. Tables are small, 40 prompts by four
sources, so that a thousand of each sort take about forty minutes of one processor:

    python benchmarks/compare_simulation.py
    python benchmarks/compare_simulation.py --jobs 4
    python benchmarks/compare_simulation.py --sets 100 --output /tmp/quick

A data set depends on its number alone, so that any number of processes gives the same result. An
interrupted run goes on where it stopped, as long as the modules it tests are unchanged. Results
are written to `results/compare_simulation.json` and `.md` beside this script.
"""

from __future__ import annotations

import argparse
import fcntl
import inspect
import json
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

import storyscope
from storyscope.codebook import Codebook, Feature
from storyscope.compare import structure as clustering
from storyscope.compare.cloud import cloud
from storyscope.compare.design import lay_out
from storyscope.compare.distance import Gower, encode
from storyscope.compare.features import describe_features
from storyscope.compare.location import locate
from storyscope.compare.matched import matched
from storyscope.compare.near import (
    different_prompts,
    mean_of,
    squared_between_means,
    unmatched,
)
from storyscope.compare.rarity import rarity
from storyscope.compare.resample import Estimate, Groups, Prompts
from storyscope.table import check_table

SOURCES = ("human", "m1", "m2", "m3")
PERMUTATIONS = 199
RESAMPLES = 999
CLUSTER_INTERVALS = 200
"""Data sets in which intervals of clusters are worked out as well."""

LARGE = 20_000
"""Prompts of the table from which the truth of figures at the same prompt is read."""


@dataclass(frozen=True)
class Scenario:
    """A sort of data set.

    Attributes
    ----------
    what : str
    shift, spread : float
        Of people's latent values, against 0 and 1 for the models.
    prompt : float
        Deviation of what the stories of a prompt have in common.
    prompts : int
    absent : float
        Share of prompts that a source did not answer.
    mixed : bool
        Features of all kinds, or numbers alone, for which a shift leaves the spread as it was.
    clusters : bool
        Whether the clustering is run as well, which takes longest.
    """

    what: str
    shift: float = 0.0
    spread: float = 1.0
    prompt: float = 1.0
    prompts: int = 40
    absent: float = 0.0
    mixed: bool = True
    clusters: bool = False


SCENARIOS = {
    "null": Scenario("all sources write alike", clusters=True),
    "null, incomplete": Scenario(
        "all write alike, but a fifth of the stories is lacking", absent=0.2
    ),
    "null, 15 prompts": Scenario("all write alike, at few prompts", prompts=15),
    "prompts alone": Scenario("all write alike, and the prompt decides nearly all", prompt=3.0),
    "shift": Scenario("people are shifted by half a deviation", shift=0.5),
    "shift, 15 prompts": Scenario("people are shifted, at few prompts", shift=0.5, prompts=15),
    "pure shift": Scenario("people are shifted, numbers alone", shift=0.5, mixed=False),
    "pure spread": Scenario(
        "people spread one and a half times as widely", spread=1.5, mixed=False
    ),
}


def codebook(mixed: bool) -> Codebook:
    """Twelve features in three dimensions."""
    kinds = ["number"] * 12
    if mixed:
        kinds[2:] = ["share", "ordinal", "binary", "categorical", "multi", "number", "count",
                     "ordinal", "binary", "categorical"]  # fmt: skip
    values = {
        "ordinal": {"low": "", "mid": "", "high": ""},
        "binary": {"yes": "", "no": ""},
        "categorical": {"a": "", "b": "", "c": "", "d": ""},
        "multi": {"a": "", "b": "", "c": "", "d": ""},
    }
    ranges = {"number": (-9.0, 9.0), "share": (0.0, 1.0), "count": (0.0, 20.0)}
    return Codebook(
        [
            Feature(
                id=f"SIM_{kind[:3].upper()}_{i + 1:02d}", name=kind, question="", kind=kind,
                dimension=("agents", "plot", "setting")[i % 3], evidence="",
                answered_by=("measure",), source="", values=values.get(kind, {}),
                range=ranges.get(kind),
            )
            for i, kind in enumerate(kinds)
        ],
        name="simulation",
    )  # fmt: skip


def make(
    scenario: Scenario, book: Codebook, rng: np.random.Generator, prompts: int
) -> pd.DataFrame:
    """Draw one table."""
    n = prompts * len(SOURCES)
    prompt, source = np.repeat(np.arange(prompts), len(SOURCES)), np.tile(np.arange(4), prompts)
    human = (source == 0)[:, None]
    z = scenario.prompt * rng.normal(size=(prompts, len(book)))[prompt]
    z = z + rng.normal(size=z.shape) * np.where(human, scenario.spread, 1) + scenario.shift * human
    columns: dict[str, object] = {
        "story_id": [f"p{p:05d}/{SOURCES[s]}" for p, s in zip(prompt, source, strict=True)],
        "source": np.array(SOURCES, object)[source],
        "prompt_id": [f"p{p:05d}" for p in prompt],
    }
    for i, feature in enumerate(book):
        x, share = z[:, i], 1 / (1 + np.exp(-z[:, i]))
        if feature.kind in ("number", "share", "count"):
            value = {"number": x, "share": share, "count": np.round(8 + 2 * x)}[feature.kind]
            columns[feature.id] = np.where(rng.random(n) < 0.05, np.nan, value)
            continue
        levels = np.array(("no", "yes") if feature.kind == "binary" else feature.levels, object)
        if feature.kind == "multi":
            held = x[:, None] + rng.normal(size=(n, len(levels))) > [-1, 0, 0, 1]
            held[~held.any(axis=1), 0] = True
            value = np.array(["|".join(levels[row]) for row in held], object)
        else:
            value = levels[np.minimum((share * len(levels)).astype(int), len(levels) - 1)]
        value[rng.random(n) < 0.05] = None
        columns[feature.id] = value
    table = pd.DataFrame(columns)
    return table[rng.random(n) >= scenario.absent] if scenario.absent else table


def study(scenario: Scenario, book: Codebook, number: int) -> dict[str, object]:
    """One data set: p of every test, and every interval as (value, low, high)."""
    rng = np.random.default_rng([number, 11])
    table = check_table(make(scenario, book, rng, scenario.prompts), book)
    design, rows, _ = lay_out(table, "source", "human")
    columns = encode(table.iloc[rows], book, book.ids())
    space, draws = Gower(columns), Prompts(len(design.prompts), RESAMPLES, number)
    chance = {"permutations": PERMUTATIONS, "seed": number}
    p: dict[str, float | None] = {}
    found: dict[str, object] = {}

    same, _ = matched(space, design, draws, words=None, other=None, **chance)
    found |= same_prompt_figures(same)
    p["gap"] = same.gap.p
    p["apart, a model"] = next(row.p for row in same.apart if row.source == "m1")
    p["gap, one dimension"] = same.dimensions[0].p

    held = cloud(space, design, number)
    groups = Groups(held.design.prompt, number)
    near = different_prompts(held, design, groups)
    place = locate(held, design, near, **chance)
    p["PERMANOVA, source"], p["PERMANOVA, people"] = (part.p for part in place.permanova)
    p["PERMDISP, source"], p["PERMDISP, people"] = place.permdisp.p, place.permdisp.p_human
    p["energy"], p["MMD"] = place.energy.p, place.mmd.p
    models = design.models
    # Squared, since only the squared distance is free of bias and can come out below zero.
    squared = mean_of(squared_between_means(near.values), [0] * len(models), models)
    found["centroids, people and models, squared"] = groups.estimate(squared)
    found["spread, people less models"] = place.permdisp.human_model
    apart = unmatched(near, design)
    found["different prompts, models"] = apart.model_model
    found["different prompts, gap"] = apart.gap

    rare = rarity(space, design, draws, **chance).main
    p["rarity, people"] = rare.p
    found["rarity, AUC"], found["rarity, d"] = rare.auc, rare.d
    people = next(s for s in rare.sources if s.source == "human")
    found["rarity, percentile"], found["rarity, rarest tenth"] = (
        people.percentile,
        people.top_decile,
    )

    for row in describe_features(columns, book, design, draws):
        effect = next(e for e in row.effects if (e.source, e.against) == ("human", "models"))
        p[f"feature, {row.id}"] = effect.p
        if row.kind in ("number", "binary", "ordinal"):
            found[f"delta, {row.id}"] = effect.size

    if scenario.clusters:
        # What is not a test of clusters takes most of the time: the first data sets alone have it.
        whole = number < CLUSTER_INTERVALS
        clustering.HALVES, clustering.REFERENCES = (40, 10) if whole else (0, 2)
        groups_found = clustering.structure(held, **chance)
        p |= cluster_tests(groups_found)
        found |= cluster_figures(groups_found)
    intervals = {
        name: [e.value, e.low, e.high]
        for name, e in found.items()
        if e is not None  # type: ignore[attr-defined]
    }
    return {"p": p, "intervals": intervals}


def same_prompt_figures(same) -> dict[str, object]:
    pair = next(x for x in same.source_pairs if {x.a, x.b} == {"m1", "m2"})
    return {
        "same prompt, models": same.model_model,
        "same prompt, people and models": same.model_human,
        "gap": same.gap.gap,
        "ratio": same.gap.ratio,
        "same prompt, two models": pair.distance,
    }


def cluster_tests(found) -> dict[str, float | None]:
    p = {}
    for c in found.clusterings:
        for a in c.agreement:
            if c.method in ("medoids", "ward") and a.label != "prompt":
                p[
                    f"clusters, {c.view} {c.method} {a.label} at {'k' if a.k == c.k else 'own k'}"
                ] = a.p
    for s in found.silhouettes:
        p[f"silhouette, {s.view} {s.label}"] = s.p
    for m in found.mixing:
        if m.k in (5, 25):
            where = "all prompts" if m.same_prompt else "other prompts"
            p[f"neighbours, {m.k}, {where}"] = m.own_p
    return p


def cluster_figures(found) -> dict[str, Estimate]:
    return {
        f"clusters, {c.view} {c.method} {a.label}": Estimate(a.rand, a.rand_low, a.rand_high, 0)
        for c in found.clusterings
        for a in c.agreement
        if c.method in ("medoids", "ward") and a.rand_low is not None
    }


def truth(scenario: Scenario, book: Codebook) -> dict[str, float]:
    """Figures at the same prompt, and effects, of a table so large that chance hardly counts."""
    rng = np.random.default_rng(7)
    table = check_table(make(scenario, book, rng, LARGE), book)
    design, rows, _ = lay_out(table, "source", "human")
    columns = encode(table.iloc[rows], book, book.ids())
    draws = Prompts(len(design.prompts), 2, 0)
    same, _ = matched(Gower(columns), design, draws, words=None, other=None, permutations=1, seed=0)
    known = {name: e.value for name, e in same_prompt_figures(same).items()}  # type: ignore[attr-defined]
    for row in describe_features(columns, book, design, draws):
        effect = next(e for e in row.effects if (e.source, e.against) == ("human", "models"))
        known[f"delta, {row.id}"] = effect.size.value
    return known


def digest() -> str:
    """Name the state of everything that a data set's result hangs on."""
    modules = ("cloud", "design", "distance", "features", "location", "matched", "near", "rarity",
               "resample", "spread", "structure")  # fmt: skip
    folder = Path(storyscope.__file__).parent / "compare"
    parts = [(folder / f"{name}.py").read_text(encoding="utf-8") for name in modules]
    own = (Scenario, codebook, make, study, same_prompt_figures, cluster_tests, cluster_figures)
    parts += [inspect.getsource(one) for one in own]
    parts += [repr((SCENARIOS, SOURCES, PERMUTATIONS, RESAMPLES))]
    return sha256("".join(parts).encode()).hexdigest()[:12]


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a folder, so that two runs never write to one file."""
    with (path / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit(f"Another run is at work in {path}.") from None
        yield


def one_set(name: str, number: int) -> dict:
    """Study one data set, on one thread."""
    scenario = SCENARIOS[name]
    with threadpool_limits(limits=1):
        start = time.process_time()
        found = study(scenario, codebook(scenario.mixed), number)
    return {"set": number, "seconds": round(time.process_time() - start, 3), **found}


def run(name: str, sets: int, work: Path, jobs: int) -> list[dict]:
    """All data sets of one scenario, going on where an earlier run stopped; 0 jobs add none."""
    path = work / f"{name.replace(',', '').replace(' ', '-')}.jsonl"
    held: dict[int, dict] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # cut off when a run was stopped
        held[row["set"]] = row
    lacking = [number for number in range(sets) if number not in held]
    if not jobs:
        return [held[number] for number in range(sets) if number in held]
    with path.open("a", encoding="utf-8") as file, ProcessPoolExecutor(jobs) as pool:
        file.write("\n")
        found = pool.map(one_set, [name] * len(lacking), lacking, chunksize=5)
        for done, row in enumerate(found, start=1):
            held[row["set"]] = row
            file.write(json.dumps(row) + "\n")
            file.flush()
            if done % 100 == 0 or done == len(lacking):
                print(f"{name}: {sets - len(lacking) + done} of {sets}", flush=True)
    return [held[number] for number in range(sets)]


def summary(name: str, done: list[dict]) -> dict:
    """Rates of rejection and of holding the truth."""
    scenario = SCENARIOS[name]
    known = truth(scenario, codebook(scenario.mixed))
    tests, intervals = {}, {}
    for test in done[0]["p"]:
        p = [one["p"].get(test) for one in done]
        p = [x for x in p if x is not None]
        tests[test] = {"rejected": round(float(np.mean(np.array(p) <= 0.05)), 4), "sets": len(p)}
    for figure in done[0]["intervals"]:
        rows = [one["intervals"][figure] for one in done if figure in one["intervals"]]
        value, low, high = np.array(rows, float).T
        # Where no large table can be had, the truth is the mean of the unbiased estimates.
        real = known.get(figure, float(value.mean()))
        intervals[figure] = {
            "holds": round(float(((low <= real) & (real <= high)).mean()), 4),
            "truth": float(f"{real:.5g}"),
            "truth_from": "a large table" if figure in known else "the mean of the estimates",
            "mean": float(f"{value.mean():.5g}"),
            "above_zero": round(float((low > 0).mean()), 4),
            "sets": len(rows),
        }
    return {
        "what": scenario.what,
        "prompts": scenario.prompts,
        "tests": tests,
        "intervals": intervals,
    }


REJECTED = (0.035, 0.065)
HOLDS = (0.93, 0.97)
"""What is aimed at: rejections where nothing is to be found, intervals that hold the truth."""


def report(document: dict) -> str:
    """Lay the result out for reading."""
    counts = document["sets"].values()
    fewest, most = min(counts), max(counts)
    sets = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
    error = 1.96 * (0.05 * 0.95 / max(fewest, 1)) ** 0.5
    lines = [
        "# What the tests and intervals of `compare` keep of what they promise",
        "",
        f"Made by `benchmarks/compare_simulation.py`: {sets} data sets of each sort, 4 sources, "
        f"12 features, {document['permutations']} shuffles, {document['resamples']} resamples, "
        f"{document['seconds']:,.0f} seconds of processor time. A test at 5% should reject "
        f"{REJECTED[0]:.1%} to {REJECTED[1]:.1%} of data sets in which nothing is to be found; an "
        f"interval of 95% should hold the truth in {HOLDS[0]:.0%} to {HOLDS[1]:.0%}. A rate of 5% "
        f"is itself known to within {error:.1%} in the smallest of these sorts.",
        "",
    ]
    scenarios = document["scenarios"]
    nulls = [name for name in scenarios if is_null(name)]
    others = [name for name in scenarios if not is_null(name)]
    lines += ["## Rejections where nothing is to be found", ""]
    lines += _grid(scenarios, nulls, "tests", "rejected", *REJECTED)
    lines += ["", "## Intervals that hold the truth", ""]
    lines += _grid(scenarios, list(scenarios), "intervals", "holds", *HOLDS)
    lines += ["", "## Planted differences that are found", ""]
    lines += _grid(scenarios, others, "tests", "rejected", 0, 1)
    lines += ["", "## What falls outside the aims", ""]
    lines += [f"- {line}" for line in _outside(scenarios, nulls)]
    lines += ["", "## Sorts of data sets", ""]
    lines += [
        f"- **{name}**: {found['what']} ({found['prompts']} prompts, {document['sets'][name]:,} sets)."
        for name, found in scenarios.items()
    ]
    lines += [
        "",
        "Figures outside the promised range are in bold. Rates of single features are summed up "
        "as the median and, in brackets, the lowest and the highest. Where people spread more "
        "widely (pure spread) but lie at the same place, a test of place should find nothing, and "
        "where they are only shifted (pure shift) a test of spread should find nothing; PERMANOVA, "
        "energy and MMD look at both. The truth is read off one table of 20,000 prompts where that "
        "can be had, and is else the mean of the unbiased estimates (named in the JSON). Intervals "
        f"of clusters are those of the first {CLUSTER_INTERVALS} data sets.",
        "",
    ]
    return "\n".join(lines)


def _outside(scenarios: dict, nulls: list[str]) -> list[str]:
    """Name what misses its aim, and to which side."""
    sides = {
        "Tests that reject too often": ("tests", "rejected", REJECTED[1], 1, nulls),
        "Tests that reject too seldom": ("tests", "rejected", REJECTED[0], -1, nulls),
        "Intervals that are too narrow": ("intervals", "holds", HOLDS[0], -1, list(scenarios)),
        "Intervals that are wider than they need be": (
            "intervals", "holds", HOLDS[1], 1, list(scenarios),
        ),
    }  # fmt: skip
    lines = []
    for title, (part, rate, edge, side, names) in sides.items():
        found: dict[str, list[float]] = {}
        single, cells = 0, 0
        for name in names:
            for label, row in scenarios[name][part].items():
                one = label.startswith(("feature, ", "delta, "))
                cells += one
                if side * (row[rate] - edge) <= 1e-9:
                    continue
                if one:
                    single += 1
                else:
                    found.setdefault(label, []).append(row[rate])
        named = [
            f"{label} ({', '.join(f'{value:.1%}' for value in values)})"
            for label, values in found.items()
        ]
        if single:
            named.append(f"{single} of {cells} of single features")
        lines.append(f"{title}: {'; '.join(named) or 'none'}.")
    return lines


def is_null(name: str) -> bool:
    scenario = SCENARIOS[name]
    return scenario.shift == 0 and scenario.spread == 1


def _grid(
    scenarios: dict, names: list[str], part: str, rate: str, low: float, high: float
) -> list[str]:
    rows: dict[str, dict[str, list[float]]] = {}
    for name in names:
        for label, found in scenarios[name][part].items():
            start = label.split(", ")[0]
            start = "single features" if start in ("feature", "delta") else label
            rows.setdefault(start, {}).setdefault(name, []).append(found[rate])
    lines = [f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for label, by_name in rows.items():
        cells = [_rate(by_name.get(name, []), low, high) for name in names]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return lines


def _rate(values: list[float], low: float, high: float) -> str:
    if not values:
        return ""
    middle = float(np.median(values))
    text = f"{middle:.1%}"
    if len(values) > 1:
        text += f" ({min(values):.1%} to {max(values):.1%})"
    inside = all(low - 1e-9 <= value <= high + 1e-9 for value in values)
    return text if inside else f"**{text}**"


def _write(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=1000, help="data sets of each sort")
    parser.add_argument(
        "--planted-sets", type=int, help="data sets of each sort with something planted; as --sets"
    )
    parser.add_argument(
        "--so-far", action="store_true", help="work nothing out, write what is done up to --sets"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--only", choices=list(SCENARIOS), help="run one sort, write nothing")
    home = Path(__file__).parent / "results" / "compare_simulation"
    parser.add_argument("--output", type=Path, default=home, help="name before .json and .md")
    default = Path(tempfile.gettempdir()) / "storyscope-compare-simulation"
    parser.add_argument("--work", type=Path, default=default, help="folder of unfinished runs")
    args = parser.parse_args()
    planted = args.planted_sets or args.sets
    work = args.work / digest()
    work.mkdir(parents=True, exist_ok=True)
    with alone(work):
        names = [args.only] if args.only else list(SCENARIOS)
        sets = {name: args.sets if is_null(name) else planted for name in names}
        jobs = 0 if args.so_far else args.jobs
        done = {name: run(name, sets[name], work, jobs) for name in names}
    if args.only:
        return
    document = {
        "sets": {name: len(rows) for name, rows in done.items()},
        "sources": list(SOURCES),
        "features": 12,
        "permutations": PERMUTATIONS,
        "resamples": RESAMPLES,
        "seconds": round(sum(row["seconds"] for rows in done.values() for row in rows)),
        "scenarios": {name: summary(name, rows) for name, rows in done.items()},
    }
    args.output.parent.mkdir(parents=True, exist_ok=True)
    _write(args.output.with_suffix(".json"), json.dumps(document, indent=1) + "\n")
    _write(args.output.with_suffix(".md"), report(document))


if __name__ == "__main__":
    main()
