"""Write the tables of docs/findings_comparison.md.

    storyscope demo --json > demo.json
    storyscope compare glimpse_wp.parquet --texts glimpse_wp.jsonl.gz --json > glimpse_wp.json
    python docs/make_comparison.py demo.json glimpse_wp.json hanna_llm.json

A file is known by its name; the page says which command prints which. Tables that need a file which
was not given stay as they are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

PAGE = Path(__file__).resolve().parent / "findings_comparison.md"
CAMPS = (
    ("two people", "two_people"),
    ("two models", "two_models"),
    ("a model and a person", "mixed"),
    ("two models over two people", "models_to_people"),
    ("a model and a person over two people", "mixed_to_people"),
    ("a model and a person over two models", "mixed_to_models"),
)
SETTLED = {"two": "**yes**", "one": "**no**", "unsettled": "**open**"}
APART = 0.05
"""The p of a dimension, by Holm's method, below which it is named."""
Row = dict[str, Any]


def blocks(found: dict[str, Row]) -> dict[str, str]:
    """Tables by the name of their place, as far as the files for them are there."""
    made: dict[str, str] = {}
    if "demo" in found:
        made |= headline(found["demo"]["headline"])
    if {"glimpse_wp", "hanna_llm"} <= set(found):
        both = [found[name] for name in ("glimpse_wp", "hanna_llm")]
        made["matched"] = _table(("", "glimpse_wp", "hanna_llm"), _matched(both))
        made["dimensions"] = _table(("", "glimpse_wp", "hanna_llm"), _dimensions(both))
    if "hanna_llm" in found:
        made["stock"] = _stock(found["hanna_llm"]["stock"])
    if {"demo", "length"} <= set(found):
        runs = [found["demo"]["comparison"], found["length"]]
        made["families"] = _table(("", "all lengths", "889 to 1,800 words"), _families(runs))
    if "ea_repeat" in found:
        made["again"] = _again(found["ea_repeat"])
    if "judged" in found:
        made["judged"] = _table(("", "6,000 stories, 15 models"), _judged(found["judged"]))
    return made


def headline(answer: Row) -> dict[str, str]:
    """Tables of what people and models did at the same prompts, from the demo's answer."""
    first, *others = answer["corpora"]
    sides = [first[side] for side in ("narrative", "style")]
    rows: list[Sequence[Any]] = [
        (what, *(_distance(s["matched"]["camps"][key]) for s in sides)) for what, key in CAMPS[:3]
    ]
    rows += [(what, *(_more(s["matched"]["camps"][key]) for s in sides)) for what, key in CAMPS[3:]]
    rows += [
        ("are models closer than people?", *(f"**{s['closer']}**" for s in sides)),
        ("two camps?", *(SETTLED[s["camps"]] for s in sides)),
        ("stands apart most", *(_source(s["matched"]["apart"][0]) for s in sides)),
        ("stands apart next", *(_source(s["matched"]["apart"][1]) for s in sides)),
    ]
    apart = []
    for name, side in (("built", "narrative"), ("worded", "style")):
        gaps = [one[side]["matched"]["gap"] for one in others]
        apart += [
            (f"{name}: two models", *(_distance(g["model_model"]) for g in gaps)),
            (f"{name}: a model and a person", *(_distance(g["model_human"]) for g in gaps)),
            (f"{name}: farther by", *(_more(g["ratio"]) for g in gaps)),
        ]
    return {
        "camps": _table(("", "how it is built (narrative)", "how it is worded (style)"), rows),
        "one_person": _table(("", *(one["corpus"] for one in others)), apart),
    }


def _matched(both: list[Row]) -> list[Sequence[Any]]:
    gaps = [run["matched"]["gap"] for run in both]
    other = [{s["name"]: s for s in run["matched"]["sensitivity"]} for run in both]
    free = [run["unmatched"] for run in both]
    camps = [_by(run["location"]["permanova"], "label", "human") for run in both]
    rare = [run["rarity"]["main"] for run in both]
    return [
        ("stories; models", *(f"{r['about']['stories']}; {len(r['about']['sources']) - 1}" for r in both)),
        ("two models, same prompt", *(_distance(g["model_model"]) for g in gaps)),
        ("a model and a person, same prompt", *(_distance(g["model_human"]) for g in gaps)),
        ("**gap (primary)**", *(_distance(g["gap"]) for g in gaps)),
        ("ratio", *(_two(g["ratio"]) for g in gaps)),
        ("p; prompts", *(f"{g['p']:.3f}; {g['gap']['n']}" for g in gaps)),
        ("model that stands apart most", *(_apart(run) for run in both)),
        ("model nearest to people", *(_nearest(run) for run in both)),
        ("two models farthest apart", *(_pair(run["matched"]["farthest_models"]) for run in both)),
        ("gap, pairs of about the same length", *(_distance(o["length matched"]["gap"]) for o in other)),
        ("gap, features that nearly all answer", *(_distance(o["complete features"]["gap"]) for o in other)),
        ("ratio by the published distance", *(_two(o["published distance"]["ratio"]) for o in other)),
        ("gap without one model", *(_without(run["matched"]["without"]) for run in both)),
        ("gap over different prompts", *(_distance(f["gap"]) for f in free)),
        ("people against models: R2 (by chance)",
         *(f"{c['r2']:.1%} ({c['expected']:.1%}), p {c['p']:.3f}" for c in camps)),
        ("spread of people less that of models",
         *(f"{_distance(d['human_model'])}, p {d['p_human']:.3f}" for d in (r["location"]["permdisp"] for r in both))),
        ("rarity percentile, people and models", *(f"{r['human']:.2f} and {r['models']:.2f}" for r in rare)),
        ("prompts whose rarest story is people's (by chance)",
         *(f"{_two(r['rarest'])} ({r['chance']:.2f})" for r in rare)),
        ("clusters and people or models, adjusted Rand index", *(_clusters(run, "human") for run in both)),
        ("clusterings in which the gap statistic finds clusters", *(_found(run) for run in both)),
    ]  # fmt: skip


def _dimensions(both: list[Row]) -> list[Sequence[Any]]:
    """Ratios of each dimension, those that stand apart in bold."""
    runs = [{d["dimension"]: d for d in run["matched"]["dimensions"]} for run in both]
    names = sorted(runs[0], key=lambda n: -median(r[n]["ratio"]["value"] for r in runs))
    return [(name, *(_bold(r[name]) for r in runs)) for name in names]


def _bold(found: Row) -> str:
    ratio = _two(found["ratio"])
    return f"**{ratio}**" if found["p_holm"] < APART else ratio


def _stock(found: Row) -> str:
    """What writers reach for: as many different items in effect, and the favourite of most models."""
    rows = []
    for kind in found["kinds"]:
        sources = {s["source"]: s for s in kind["sources"]}
        people = sources.pop(found["human"], None)
        favourite = max(kind["favourites"], key=lambda f: len(f["sources"]), default=None)
        if people is None or favourite is None or len(favourite["sources"]) < 2:
            continue
        share = favourite["human_share"]
        rows.append(
            (kind["kind"], people["m"], f"{median(s['hill']['1']['value'] for s in sources.values()):.1f}",
             f"{people['hill']['1']['value']:.1f}",
             f"{favourite['item']}, {len(favourite['sources'])} of {len(sources)}", f"{share:.0%}")
        )  # fmt: skip
    columns = (
        "",
        "among",
        "models",
        "people",
        "favourite of most models",
        "people's stories with it",
    )
    return _table(columns, rows)


def _families(runs: list[Row]) -> list[Sequence[Any]]:
    free = [run["unmatched"] for run in runs]
    nearest = [min(_models(run), key=lambda p: p["distance"]["value"]) for run in runs]
    sources = [_by(run["location"]["permanova"], "label", "source") for run in runs]
    rare = [run["rarity"]["main"] for run in runs]
    return [
        ("stories", *(run["about"]["stories"] for run in runs)),
        ("two models, same prompt", *(_distance(run["matched"]["model_model"]) for run in runs)),
        ("nearest two", *(_pair(p) for p in nearest)),
        ("farthest two", *(_pair(run["matched"]["farthest_models"]) for run in runs)),
        ("stands apart most", *(_apart(run) for run in runs)),
        ("different prompts: two models", *(_distance(f["model_model"]) for f in free)),
        ("different prompts: a model and a person", *(_distance(f["model_human"]) for f in free)),
        ("different prompts: two people", *(_distance(f["human_human"]) for f in free)),
        ("different prompts: one model", *(_distance(f["within_model"]) for f in free)),
        ("difference, confounded", *(_distance(f["gap"]) for f in free)),
        ("source: R2 (by chance), within prompts",
         *(f"{s['r2']:.1%} ({s['expected']:.1%}), {s['r2_within']:.1%}" for s in sources)),
        ("clusters and sources, adjusted Rand index", *(_clusters(run, "source") for run in runs)),
        ("rarity percentile, people and models", *(f"{r['human']:.2f} and {r['models']:.2f}" for r in rare)),
    ]  # fmt: skip


def _again(run: Row) -> str:
    """Likeness within a model and between models at one prompt."""
    rows = []
    for found in run["repetition"]["likeness"]:
        kinds = {k["name"]: k["same_prompt"] for k in found["kinds"]}
        within = sorted(found["within"].items(), key=lambda item: -item[1]["value"])
        rows.append(
            (found["measure"], *(f"{kinds[k]['value']:.3f}" for k in ("within a model", "between models")),
             f"{within[0][0]} {within[0][1]['value']:.3f}", f"{within[-1][0]} {within[-1][1]['value']:.3f}")
        )  # fmt: skip
    verbatim = {v["kind"]: v for v in run["repetition"]["verbatim"]}
    rows.append(
        ("longest run of words in common",
         *(f"{verbatim[k]['words']['value']:.1f}" for k in ("within a model", "between models")), "", "")
    )  # fmt: skip
    columns = (
        "likeness in",
        "within a model",
        "two models",
        "repeats itself most",
        "repeats itself least",
    )
    return _table(columns, rows)


def _judged(run: Row) -> list[Sequence[Any]]:
    source = _by(run["location"]["permanova"], "label", "source")
    nearest = min(_models(run), key=lambda p: p["distance"]["value"])
    apart = run["matched"]["apart"]
    ranks = sorted(run["rarity"]["main"]["sources"], key=lambda s: -s["percentile"]["value"])
    return [
        ("two models, same prompt", _distance(run["matched"]["model_model"])),
        ("two models, different prompts", _distance(run["unmatched"]["model_model"])),
        ("nearest two", _pair(nearest)),
        ("farthest two", _pair(run["matched"]["farthest_models"])),
        ("stands apart most", _source(apart[0])),
        ("stands apart next", _source(apart[1])),
        ("source: R2 (by chance), within prompts",
         f"{source['r2']:.1%} ({source['expected']:.1%}), {source['r2_within']:.1%}"),
        ("clusters and sources, adjusted Rand index", _clusters(run, "source")),
        ("rarest and most usual, mean percentile",
         "; ".join(f"{s['source']} {s['percentile']['value']:.2f}" for s in (ranks[0], ranks[-1]))),
    ]  # fmt: skip


def _models(run: Row) -> list[Row]:
    """Pairs of models at the same prompt."""
    human = run["about"]["human"]
    return [p for p in run["matched"]["source_pairs"] if human not in (p["a"], p["b"])]


def _apart(run: Row) -> str:
    """The model that stands apart most, people left out."""
    human = run["about"]["human"]
    return _source(next(row for row in run["matched"]["apart"] if row["source"] != human))


def _source(row: Row) -> str:
    return f"{row['source']}, {_distance(row['gap'])}"


def _nearest(run: Row) -> str:
    """The model nearest to people."""
    pair = run["matched"]["closest_human"]
    name = pair["b"] if pair["a"] == run["about"]["human"] else pair["a"]
    return f"{name} {_distance(pair['distance'])}"


def _without(gaps: dict[str, Row]) -> str:
    ordered = sorted(gaps.items(), key=lambda item: item[1]["value"])
    ends = [f"{g['value']:.3f} (without {name})" for name, g in (ordered[0], ordered[-1])]
    return " to ".join(ends)


def _clusters(run: Row, label: str) -> str:
    """Agreement of clusters with a label, as `compare` tells it."""
    found = [
        (a["rand"], c["method"], c["view"], a["k"])
        for c in run["structure"]["clusterings"]
        for a in c["agreement"]
        if a["label"] == label
    ]
    rand, method, view, k = max(found)
    middle = round(median(f[0] for f in found), 2) + 0.0  # takes the sign off a nought
    return f"{middle:.2f} in the middle of {len(found)}, {rand:.2f} at best ({method}, {view}, {k} clusters)"


def _found(run: Row) -> str:
    asked = [c["gap_k"] for c in run["structure"]["clusterings"] if c["gap_k"] is not None]
    return f"{sum(k > 1 for k in asked)} of {len(asked)}"


def _pair(pair: Row) -> str:
    return f"{pair['a']} and {pair['b']} {_distance(pair['distance'])}"


def _distance(found: Row) -> str:
    return _interval(found, 3)


def _two(found: Row) -> str:
    return _interval(found, 2)


def _interval(found: Row, places: int) -> str:
    if found["low"] is None:
        return f"{found['value']:.{places}f}"
    return "{:.{p}f} [{:.{p}f}, {:.{p}f}]".format(
        *(found[k] for k in ("value", "low", "high")), p=places
    )


def _more(ratio: Row) -> str:
    """A ratio and its interval as so much more or less."""
    value, low, high = (round(100 * (ratio[k] - 1)) for k in ("value", "low", "high"))
    if low < 0 < high:
        return f"{_part(value)} ({_part(low)} to {_part(high)})"
    ends = sorted((abs(low), abs(high)))
    return f"{_part(value)} ({ends[0]}% to {ends[1]}%)"


def _part(percent: int) -> str:
    return f"{abs(percent)}% {'less' if percent < 0 else 'more'}"


def _by(rows: Iterable[Row], key: str, value: str) -> Row:
    return next(row for row in rows if row[key] == value)


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    cells = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(c) for c in row) + " |" for row in cells)


def page(text: str, made: dict[str, str]) -> str:
    """The page with its tables made anew; each stands between two comments that name it."""
    for name, table in made.items():
        first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
        if first not in text or last not in text:
            raise SystemExit(
                f"{PAGE.name} has no place for {name!r}: put {first} and {last} where it goes."
            )
        before, rest = text.split(first)
        text = f"{before}{first}\n\n{table}\n\n{last}{rest.split(last)[1]}"
    return text


def main(paths: list[str]) -> None:
    """Take in what was printed, and write the page."""
    found = {Path(path).stem: json.loads(Path(path).read_text(encoding="utf-8")) for path in paths}
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(page(text, blocks(found)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
