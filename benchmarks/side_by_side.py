"""What storyscope costs and how right it is, beside what a user would pick instead, in one table.

    python benchmarks/side_by_side.py ../shared/corpora --others others/bin/python

The second interpreter has the other tools; `others.py` says which. Each part runs in processes of its own, so
that the most memory it held can be told; what parts found lies in `results/side_by_side.json`, and `--only PART`
makes one of them anew. Speeds are words per second of processor time, so that what else a machine does
counts little; ratios are within a part. Takes a quarter of an hour on two idle cores.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parent / "corpora" / "reference"
KEPT = HERE / "results" / "side_by_side.json"
PAGE = HERE / "results" / "side_by_side.md"
PUBLISHED = 61_608
LONG = 5_000
"""Words of the story that is attributed."""
PEOPLE = {"trees": 250, "rate": 0.08, "jitter": 0.5}
TOGETHER = {"litbank_chunks": "slop5", "magazine_sf": "eqbench_cw3"}
"""Corpora of people only, and whose models they are held against; both are held out at once."""
OTHERS = {
    "spacy": "bare spaCy (en_core_web_sm)",
    "descriptives": "TextDescriptives, without its `quality`",
    "lmscan": "lmscan",
    "tfidf": "TF-IDF of words",
}


# ---------------------------------------------------------------- clocks and inputs


def timed(function: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds of one call, children that have ended included."""

    def busy() -> float:
        own, others = (
            resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime

    wall, used = time.perf_counter(), busy()
    function()
    return time.perf_counter() - wall, busy() - used


def peak(who: int = resource.RUSAGE_SELF) -> float:
    """Most memory held, in MB."""
    return resource.getrusage(who).ru_maxrss / 1000


@contextmanager
def cache_in(folder: str) -> Iterator[None]:
    """Parses are kept there, or not at all with "off"."""
    before = os.environ.get("STORYSCOPE_CACHE")
    os.environ["STORYSCOPE_CACHE"] = folder
    try:
        yield
    finally:
        os.environ.pop("STORYSCOPE_CACHE")
        if before is not None:
            os.environ["STORYSCOPE_CACHE"] = before


def stories_of(work: Path, name: str) -> list[dict[str, Any]]:
    """Rows that `prepare` wrote."""
    return [json.loads(line) for line in (work / name).read_text("utf-8").splitlines()]


def prepare(corpora: Path, work: Path, stories: int, people: int, prompts: int) -> None:
    """Write the stories of all parts, normalised as they are measured."""
    from storyscope.corpus import normalise

    def write(name: str, rows: list[dict[str, Any]]) -> None:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (work / name).write_text(text, encoding="utf-8")

    with gzip.open(corpora / "slop5.jsonl.gz", "rt", encoding="utf-8") as file:
        slop = [json.loads(line) for line in file]
    kept = ("prompt_id", "source", "text")
    chosen = [{k: row[k] for k in kept} for row in slop]
    write("speed.jsonl", [{**row, "id": str(n)} for n, row in enumerate(chosen[:stories])])
    write("growth.jsonl", [{**row, "id": str(n)} for n, row in enumerate(chosen[:32])])
    with gzip.open(corpora / "magazine_sf.jsonl.gz", "rt", encoding="utf-8") as file:
        long = [t for line in file if len((t := json.loads(line)["text"]).split()) >= LONG][:2]
    for number, text in enumerate(long):
        (work / f"long{number}.txt").write_text(" ".join(text.split(" ")[:LONG]), encoding="utf-8")

    texts = reference_texts(corpora)
    for name, rows in (("people", two_way_rows(people)), ("families", family_rows(prompts))):
        write(f"{name}.jsonl", [{**r, "text": normalise(texts[r["id"]]).text} for r in rows])


def reference_texts(corpora: Path) -> dict[str, str]:
    """Texts of the shipped reference by their ids there."""
    spec = importlib.util.spec_from_file_location("build", REFERENCE / "build.py")
    build = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(build)  # type: ignore[union-attr]
    found = {s.id: s.text for s in build.machines(corpora)}
    for name in build.REFERENCE:
        found |= {s.id: s.text for s in build.reference(corpora, name)}
    return found


def two_way_rows(most: int) -> list[dict[str, Any]]:
    """People of six corpora and as many models' stories, with the corpora that are held out together."""
    import pandas as pd

    from storyscope.attribute.reference import read_reference, two_way

    table = two_way(read_reference(REFERENCE))
    table = table[table["cut"].isna()]
    parts = []
    for corpus in sorted(table[table["source"] == "human"]["corpus"].unique()):
        home = TOGETHER.get(corpus, corpus)
        own = table[(table["corpus"] == corpus) & (table["source"] == "human")]
        models = table[(table["corpus"] == home) & (table["source"] != "human")]
        parts += [part.sample(min(most, len(part)), random_state=0) for part in (own, models)]
    return [
        {"id": row.story_id, "truth": row.source, "fold": TOGETHER.get(row.corpus, row.corpus),
         "corpus": row.corpus, "words": row.words}
        for row in pd.concat(parts).itertuples()
    ]  # fmt: skip


def family_rows(prompts: int) -> list[dict[str, Any]]:
    """Stories of five families on the same prompts, in five folds of prompts."""
    from storyscope.attribute.reference import read_reference

    table = read_reference(REFERENCE)
    table = table[(table["corpus"] == "slop5") & table["cut"].isna()]
    names = sorted(table["prompt_id"].unique())[:prompts]
    fold = {name: number % 5 for number, name in enumerate(names)}
    return [
        {"id": row.story_id, "truth": row.family, "fold": str(fold[row.prompt_id]),
         "prompt": row.prompt_id, "words": row.words}
        for row in table[table["prompt_id"].isin(names)].itertuples()
    ]  # fmt: skip


# ---------------------------------------------------------------- parts


def steps(work: Path) -> dict[str, Any]:
    """Seconds of every step on the same stories, one thread, and of whole scorings."""
    from storyscope.corpus import Corpus, Story, normalise
    from storyscope.extract import score
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.extract.reading import Reading
    from storyscope.extract.story import measure_reading
    from storyscope.extract.tagger import load_tagger

    rows = stories_of(work, "speed.jsonl")
    corpus = Corpus.from_stories(
        [Story(r["id"], r["text"], r["source"], r["prompt_id"]) for r in rows]
    )
    texts = [normalise(row["text"]).text for row in rows]
    pipeline, tagger = load_pipeline(), load_tagger()
    least: dict[str, float] = {}

    def clock(name: str, function: Callable[[], object]) -> None:
        least[name] = min(least.get(name, float("inf")), timed(function)[1])

    with cache_in("off"):
        score(Corpus.from_stories(list(corpus)[:2]))  # all is loaded before the clock runs
        for _ in range(2):
            clock("normalise", lambda: [normalise(row["text"]) for row in rows])
            docs = []
            clock("parse", lambda: docs.extend(pipeline.parse(texts)))  # noqa: B023
            readings = [Reading(doc, lambda r: tagger.tag(r)) for doc in docs]
            clock("tag", lambda: [reading.tags for reading in readings])  # noqa: B023
            clock("measure", lambda: [measure_reading(reading) for reading in readings])  # noqa: B023
            clock("bare nlp.pipe", lambda: list(pipeline.nlp.pipe(texts, batch_size=4)))
            clock("score", lambda: score(corpus))
            clock("score --fast", lambda: score(corpus, tagger=False))
    with tempfile.TemporaryDirectory() as folder, cache_in(folder):
        score(corpus)
        for _ in range(2):
            clock("score again, parses and tags kept", lambda: score(corpus))
    words = sum(len(text.split()) for text in texts)
    return {"stories": len(rows), "words": words, "seconds": least, "megabytes": peak()}


def growth(work: Path) -> dict[str, Any]:
    """Scoring of 1 to 16 times as many stories by the command, and by more processes."""
    rows = stories_of(work, "growth.jsonl")
    found = []
    for times, workers in ((1, 1), (2, 1), (4, 1), (8, 1), (16, 1), (16, 2)):
        part = rows[: len(rows) * times // 16]
        text = "".join(json.dumps(row) + "\n" for row in part)
        (work / "part.jsonl").write_text(text, encoding="utf-8")
        code = (
            "import resource, sys; from storyscope.cli import app, commands; "
            "app(sys.argv[1:], standalone_mode=False); "
            "print(max(resource.getrusage(w).ru_maxrss for w in (0, -1)) / 1000)"
        )
        line = [sys.executable, "-c", code, "score", "part.jsonl", "-o", f"{times}-{workers}.parquet",
                "--workers", str(workers)]  # fmt: skip
        said: list[str] = []

        def run(line: list[str] = line, said: list[str] = said) -> None:
            done = subprocess.run(
                line, cwd=work, check=True, capture_output=True, text=True,
                env=os.environ | {"STORYSCOPE_CACHE": "off"},
            )  # fmt: skip
            said.append(done.stdout)

        wall, used = timed(run)
        found.append(
            {"stories": len(part), "words": sum(len(r["text"].split()) for r in part), "wall": wall,
             "seconds": used, "workers": workers, "megabytes": float(said[0].split()[-1])}
        )  # fmt: skip
    return {"runs": found}


def compare(work: Path, stories: int) -> dict[str, Any]:
    """`compare` on a made-up table of the published size."""
    line = [sys.executable, str(HERE / "compare_scale.py"), "--stories", str(stories)]
    return json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)


def train(work: Path, stories: int) -> dict[str, Any]:
    """`train` on the same table: six sources, all features, calibrated on five folds of prompts."""
    from compare_scale import synthetic_table

    from storyscope.attribute import Attributor

    table, book = synthetic_table(stories)
    wall, used = timed(lambda: Attributor("all").fit(table, codebook=book))
    return {"stories": len(table), "wall": wall, "seconds": used, "megabytes": peak()}


def attribute(work: Path, others: str) -> dict[str, Any]:
    """One story of 5,000 words: from a cold start, and when all is loaded."""
    import storyscope as ss

    def run(line: list[str]) -> Callable[[], object]:
        env = os.environ | {"STORYSCOPE_CACHE": "off"}
        return lambda: subprocess.run(line, cwd=work, check=True, capture_output=True, env=env)

    cold = [
        sys.executable,
        "-c",
        "from storyscope.cli import main; main()",
        "attribute",
        "long0.txt",
    ]
    found = {"cold": min(timed(run(cold)) for _ in range(2))}
    found["memory cold"] = peak(resource.RUSAGE_CHILDREN), 0.0
    found["lmscan cold"] = min(timed(run([others, "-m", "lmscan", "long0.txt"])) for _ in range(2))
    with cache_in("off"):
        ss.attribute((work / "long0.txt").read_text("utf-8"))
        text = (work / "long1.txt").read_text("utf-8")
        found["warm"] = min(timed(lambda: ss.attribute(text)) for _ in range(2))
    with tempfile.TemporaryDirectory() as folder, cache_in(folder):
        ss.attribute(text)
        found["again, parse and tags kept"] = timed(lambda: ss.attribute(text))
    return {name: list(pair) for name, pair in found.items()} | {"words": len(text.split())}


def speed(work: Path, others: str) -> dict[str, Any]:
    """How fast the other tools read the stories of `steps`."""
    words = sum(len(row["text"].split()) for row in stories_of(work, "speed.jsonl"))
    found = {t: json.loads(asked(others, "speed", t, str(work / "speed.jsonl"))) for t in OTHERS}
    return {"words": words, "tools": found}


def asked(others: str, *arguments: str) -> str:
    """What `others.py` prints in its own environment."""
    line = [others, str(HERE / "others.py"), *arguments]
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True, env=env).stdout


def right(work: Path, others: str) -> dict[str, Any]:
    """Person or model on corpora held out, and which family on prompts held out, by every tool."""
    import numpy as np

    from storyscope.attribute import Attributor
    from storyscope.attribute.metrics import metrics
    from storyscope.attribute.reference import family_of, read_reference
    from storyscope.attribute.transfer import transfer

    table = read_reference(REFERENCE).set_index("story_id", drop=False)

    def ours(name: str, label: str, settings: dict[str, Any]) -> dict[str, Any]:
        rows = stories_of(work, name)
        part = table.loc[[row["id"] for row in rows]].copy()
        part["source"] = [row["truth"] for row in rows]
        folds = np.array([row["fold"] for row in rows])
        model = Attributor(label, folds=len(set(folds)), **settings)  # type: ignore[arg-type]
        model.fit(part.reset_index(drop=True), groups=folds)
        return {"p": model.held_out_probabilities_, "n": len(model.feature_ids_)}

    found: dict[str, Any] = {}
    rows = stories_of(work, "people.jsonl")
    said = json.loads(asked(others, "right", str(work / "people.jsonl")))
    machine = np.array([row["truth"] != "human" for row in rows])
    column = sorted({row["truth"] for row in rows}).index("ai")
    scores = {f"storyscope, {s}": ours("people.jsonl", s, PEOPLE)["p"][:, column]
              for s in ("all", "narrative")}  # fmt: skip
    scores |= {OTHERS[t]: np.array(said[t])[:, column] for t in ("tfidf", "descriptives")}
    scores[OTHERS["lmscan"]] = np.array(said["lmscan"])
    corpora, words = (np.array([row[key] for row in rows]) for key in ("corpus", "words"))
    found["people"] = {
        name: transfer(score, machine, corpora, words.astype(float), against=TOGETHER)
        for name, score in scores.items()
    }

    rows = stories_of(work, "families.jsonl")
    said = json.loads(asked(others, "right", str(work / "families.jsonl")))
    names = sorted({row["truth"] for row in rows})
    truth = np.array([names.index(row["truth"]) for row in rows])
    prompts = np.array([row["prompt"] for row in rows])
    guesses = np.zeros((len(rows), len(names)))
    for n, confidences in enumerate(said["lmscan names"]):
        for model, confidence in confidences.items():
            if (family := family_of(model.lower())) in names:
                guesses[n, names.index(family)] += confidence
    chances = {f"storyscope, {s}": ours("families.jsonl", s, {})["p"]
               for s in ("all", "narrative", "style")}  # fmt: skip
    chances |= {OTHERS[t]: np.array(said[t]) for t in ("tfidf", "descriptives")}
    chances[OTHERS["lmscan"]] = (guesses + 1e-6) / (guesses + 1e-6).sum(axis=1, keepdims=True)
    found["families"] = {
        name: str(metrics(p, truth, prompts, names)["macro_f1"]) for name, p in chances.items()
    }
    return found | {
        "texts": {name: len(stories_of(work, f"{name}.jsonl")) for name in ("people", "families")},
        "prompts": len(set(prompts)),
        "columns": said["columns"],
    }


def environment(work: Path) -> dict[str, Any]:
    """Size of what `pip install storyscope` brings, by the files that each package lists."""
    from packaging.requirements import Requirement

    found, queue, total = set(), ["storyscope"], 0
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if name != "storyscope":
            total += sum(
                path.stat().st_size for file in package.files or () if file.suffix != ".pyc"
                and (path := Path(str(file.locate()))).is_file()
            )  # fmt: skip
        for line in package.requires or ():
            need = Requirement(line)
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                queue.append(need.name.lower())
    data = sum(f.stat().st_size for d in ("storyscope", "corpora", "features")
               for f in (HERE.parent / d).rglob("*") if f.is_file() and f.suffix != ".pyc")  # fmt: skip
    return {"packages": len(found) - 1, "megabytes": total / 1e6, "own": data / 1e6}


PARTS: dict[str, Callable[[Path, argparse.Namespace], dict[str, Any]]] = {
    "steps": lambda work, given: steps(work),
    "others": lambda work, given: speed(work, given.others),
    "growth": lambda work, given: growth(work),
    "attribute": lambda work, given: attribute(work, given.others),
    "right": lambda work, given: right(work, given.others),
    "compare": lambda work, given: compare(work, given.rows),
    "train": lambda work, given: train(work, given.rows),
    "environment": lambda work, given: environment(work),
}


# ---------------------------------------------------------------- the page


def page(found: dict[str, Any]) -> str:
    """Lay what was found out for reading."""
    from storyscope.version import __version__

    s, rate = found["steps"], lambda seconds: f"{found['steps']['words'] / seconds:,.0f}"
    clock, bare = s["seconds"], s["seconds"]["bare nlp.pipe"]
    lines = [
        "# Side by side",
        "",
        f"Written by `python benchmarks/side_by_side.py`, storyscope {__version__}, Python "
        f"{platform.python_version()}, {platform.system()}, {os.cpu_count()} processors. Speeds are words "
        "per second of processor time on one core; so many processes wanted a processor meanwhile: "
        + ", ".join(f"{name} {part['load']:.1f}" for name, part in found.items()) + ".",
        "",
        "## Reading",
        "",
        f"{s['stories']} stories of `slop5`, {s['words']:,} words, the better of two rounds.",
        "",
        "| | words per second | times bare spaCy | peak memory |",
        "|---|--:|--:|--:|",
    ]  # fmt: skip
    for name, seconds in clock.items():
        memory = f"{s['megabytes']:,.0f} MB" if name == "score" else ""
        lines.append(f"| storyscope: {name} | {rate(seconds)} | {seconds / bare:.2f} | {memory} |")
    words = found["others"]["words"]
    for tool, part in found["others"]["tools"].items():
        times = part["seconds"] / words / (bare / s["words"])
        lines.append(
            f"| {OTHERS[tool]} | {words / part['seconds']:,.0f} | {times:.2f} | "
            f"{part['megabytes']:,.0f} MB |"
        )
    lines += [
        "",
        "`normalise` to `measure` are the steps of `score`. Memory is that of the process that did all of "
        "storyscope's lines; the others had one each.",
        "",
        "## More stories, more processes",
        "",
        "The command `score`, cache off, start and loading counted; memory is that of the largest process.",
        "",
        "| stories | words | workers | wall | processor | words per second of wall | peak memory |",
        "|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for run in found["growth"]["runs"]:
        lines.append(
            f"| {run['stories']} | {run['words']:,} | {run['workers']} | {run['wall']:.1f} s | "
            f"{run['seconds']:.1f} s | {run['words'] / run['wall']:,.0f} | {run['megabytes']:,.0f} MB |"
        )
    c, t, a = found["compare"], found["train"], found["attribute"]
    lines += [
        "",
        "## A large table",
        "",
        "Made up: 304 features of every kind, six sources, a story of each at every prompt (`compare_scale.py`).",
        "",
        "| | stories | wall | processor | peak memory |",
        "|---|--:|--:|--:|--:|",
        f"| compare | {c['stories']:,} | {c['wall']:.0f} s | {c['processor']:.0f} s | {c['peak']:.1f} GB |",
        f"| train, with its calibration on five folds | {t['stories']:,} | {t['wall']:.0f} s | "
        f"{t['seconds']:.0f} s | {t['megabytes'] / 1000:.1f} GB |",
        "",
        f"## One story of {a['words']:,} words attributed",
        "",
        "| | wall | processor |",
        "|---|--:|--:|",
    ]
    for name in ("cold", "warm", "again, parse and tags kept", "lmscan cold"):
        lines.append(f"| {name} | {a[name][0]:.1f} s | {a[name][1]:.1f} s |")
    e, r = found["environment"], found["right"]
    corpora = [row["corpus"] for row in next(iter(r["people"].values()))]
    lines += [
        "",
        f"Cold is a new process, which holds up to {a['memory cold'][0]:,.0f} MB. What is installed with storyscope "
        f"takes {e['megabytes']:,.0f} MB ({e['packages']} packages, without compiled bytecode), storyscope itself "
        f"with its data {e['own']:,.0f} MB.",
        "",
        "## How right",
        "",
        f"Person or model, {r['texts']['people']:,} whole texts: area under the curve on each corpus, nothing of which "
        "was learned from. Everyone learns from the same stories, normalised alike; lmscan is asked as it comes.",
        "",
        f"| | {' | '.join(corpora)} | mean | mean, equal length |",
        f"|---|{'--:|' * (len(corpora) + 2)}",
    ]
    for name, rows in r["people"].items():
        cells = " | ".join(f"{row['auc']:.3f}" for row in rows)
        matched = [row["auc_matched"] for row in rows if row["auc_matched"] is not None]
        lines.append(f"| {name} | {cells} | {sum(row['auc'] for row in rows) / len(rows):.3f} | "
                     f"{sum(matched) / len(matched):.3f} |")  # fmt: skip
    lines += [
        "",
        f"Which of five families, {r['texts']['families']} stories on {r['prompts']} prompts in five folds of prompts:",
        "",
        "| | macro-F1 [95% interval over prompts] |",
        "|---|--:|",
        *(f"| {name} | {value} |" for name, value in r["families"].items()),
        "",
        "TF-IDF and TextDescriptives are followed by a logistic regression. Words say who wrote more surely than "
        "construction does; `narrative` shuts wording out on purpose. The shipped models learn from all of the "
        "reference ([corpora/model](../../corpora/model/README.md)); these learn from the sample only.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("corpora", type=Path, help="Folder of gzipped JSON lines.")
    parser.add_argument(
        "--others", default=sys.executable, help="Interpreter with the other tools."
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="Only this part anew.")
    parser.add_argument(
        "--stories", type=int, default=16, help="Stories that speeds are measured on."
    )
    parser.add_argument(
        "--people", type=int, default=40, help="People and models of a corpus, at most."
    )
    parser.add_argument("--prompts", type=int, default=40, help="Prompts that families answer.")
    parser.add_argument(
        "--rows", type=int, default=PUBLISHED, help="Rows that are compared and learned."
    )
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.others = str(Path(given.others).absolute())  # a link, which must not be followed
    if given.part:
        print(json.dumps(PARTS[given.part](given.work, given)))
        return
    found = json.loads(KEPT.read_text("utf-8")) if given.only and KEPT.exists() else {}
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        prepare(given.corpora, Path(folder), given.stories, given.people, given.prompts)
        for name in given.only or PARTS:
            began = time.monotonic()
            line = [sys.executable, __file__, *sys.argv[1:], "--part", name, "--work", folder]
            said = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout
            found[name] = json.loads(said.splitlines()[-1]) | {"load": os.getloadavg()[0]}
            print(f"{name}: {time.monotonic() - began:.0f} s\n    {found[name]}", flush=True)
            KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if set(found) >= set(PARTS):
        PAGE.write_text(page({name: found[name] for name in PARTS}), encoding="utf-8")


if __name__ == "__main__":
    main()
