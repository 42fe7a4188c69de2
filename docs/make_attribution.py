"""Write docs/findings_attribution.md from the records of the shipped models.

python docs/make_attribution.py
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from storyscope.attribute.rates import told

HERE = Path(__file__).resolve().parent
PAGE = HERE / "findings_attribution.md"
MODELS = HERE.parent / "corpora" / "model"
ASKED = {"people": "all features", "built": "how it is built", "worded": "how it is worded"}
"""Models of a person or a model by what they learned from."""
Row = dict[str, Any]


def page(models: Path = MODELS) -> str:
    """The page; the test compares it with what is committed."""
    answer = _read(models / "answer.json")["training"]
    people = {name: _read(models / name / "model.json") for name in ASKED}
    family = {n: _read(models / n / "model.json") for n in ("family", "family_built")}
    detection = people["people"]["training"]["detection"]
    return "\n".join(
        [
            HEAD.format(codebook=people["people"]["codebook"]),
            *_short(people, answer, detection),
            *_people(people),
            *_found(people, detection),
            *_families(family, answer),
            *_calibration(people, answer),
            TAIL,
        ]
    )


HEAD = """\
# What attribution reached

Made by `python docs/make_attribution.py` from the records of the shipped models (codebook `{codebook}`);
do not edit. Every figure is of texts that the judging fit had not seen: neither their corpus (person or model) nor
their version or maker (family). 95% intervals are in brackets. The [card of the models](../corpora/model/README.md)
has the same for every version and corpus; what the parts of an answer mean is in [attribution.md](attribution.md).
"""
TAIL = """\
## What these figures do not say

- They hold for texts like those of the reference. People's texts there are forum stories, workshop paragraphs, pulp
  magazine stories and novels of the 19th and early 20th century; most answered other prompts than the models, in other
  periods and at other lengths, and part of what says "person" is that.
- Every model was met under a few sets of prompts. Another prompt ("write like a tired poet") or an edit can move the
  answer; what that does is not in these figures.
- A cut for 0.1% of people's texts rests on about one text in 1,200.

Runs of an earlier state of the measures and models, kept for what was asked only then (single dimensions, core and
fingerprint sets, edited drafts, texts respelled or re-typeset), are in `benchmarks/results/attribution.md`. They
are not figures of the models that ship.
"""


def _short(people: dict[str, Row], answer: Row, detection: list[Row]) -> list[str]:
    """The main figures in sentences."""
    spans = {name: _lowest_highest(m["training"]["people"]) for name, m in people.items()}
    at = {p["false_positive_rate"]: p for p in people["people"]["training"]["operating"]}
    versions, strangers = answer["versions"], answer["strangers"]
    short = next((r for r in detection if r["by"] == "length"), None)
    inside = sum(0.88 <= r["holds"] <= 0.92 for r in answer["coverage"])
    enough = sum(r["holds"] >= 0.88 for r in answer["coverage"])
    least = min(answer["coverage"], key=lambda r: r["holds"])
    lines = [
        "## In short",
        "",
        "- **A person or a model, on a corpus of people never seen**: AUC "
        + "; ".join(f"{spans[n][0]} to {spans[n][1]} by {what}" for n, what in ASKED.items())
        + ". The lowest are on "
        + ", ".join(dict.fromkeys(spans[n][2] for n in ASKED))
        + ". Among texts of equal length the lowest are "
        + ", ".join(_lowest_matched(m["training"]["people"]) for m in people.values())
        + ".",
        f"- **At fixed rates of false alarms**: the cut that about 5% of people's texts pass finds "
        f"{at[0.05]['recall']:.0%} of models' texts, that of 1% {at[0.01]['recall']:.0%}, that of "
        f"0.1% {at[0.001]['recall']:.0%}.",
        f"- **The family of a version never seen** is right for {_mean(versions, 'right'):.0%} of texts, and "
        f"wrong with over 0.9 confidence for {_mean(versions, 'wrong_and_sure'):.1%}. A family "
        "changes with every release, so a new version often reads like none of them, or like another.",
        f"- **Models of other makers** are called models in {_mean(strangers, 'model'):.0%} of texts, and a "
        f"known family with over 0.9 confidence in {_mean(strangers, 'family_and_sure'):.1%}.",
        f"- **90% sets on new corpora** hold the writer in at least 88% on {enough} of "
        f"{len(answer['coverage'])}, within 88 to 92% on {inside}; least {least['holds']:.0%} "
        f"(`{least['corpus']}`). They cannot keep to 90% on a corpus that nobody has met.",
    ]
    if short is not None:
        rate = told(short)["rates"]["5%"]
        lines.append(
            f"- **Short texts** are hard: {short['group']}, {rate} of models' texts are found at 5%."
        )
    return [*lines, ""]


def _people(people: dict[str, Row]) -> list[str]:
    first = people["people"]["training"]["people"]
    rows = []
    for k, row in enumerate(first):
        cells = [m["training"]["people"][k] for m in people.values()]
        rows.append(
            (f"`{row['corpus']}`", row["people"], row["models"], f"`{row['models_from']}`",
             *(f"{c['auc']:.3f}; {_or_none(c['auc_matched'])}" for c in cells))
        )  # fmt: skip
    return [
        "## A person or a model",
        "",
        "AUC; then AUC among texts of equal length. Each corpus of people is held out in turn.",
        "",
        *_table(("held out", "people", "models", "models from", *ASKED.values()), rows),
        "",
    ]


def _found(people: dict[str, Row], detection: list[Row]) -> list[str]:
    operating = [
        (f"{points[0]['false_positive_rate']:.1%}",
         *(f"{p['recall']:.1%} ({p['others_through']} of {p['texts']:,})" for p in points))
        for points in zip(*(m["training"]["operating"] for m in people.values()), strict=True)
    ]  # fmt: skip
    lines = [
        "Models' texts found at cuts over all corpora held out, and in brackets people's texts that pass:",
        "",
        *_table(("aim among people", *ASKED.values()), operating),
        "",
    ]
    for by, title in (("length", "By length"), ("family", "By family")):
        rows = [r for r in detection if r["by"] == by]
        lines += [f"{title}, all features:", "", *_table(*_detected(rows)), ""]
    versions = sorted(
        (r for r in detection if r["by"] == "version"), key=lambda r: r["auc"]["value"]
    )
    if versions:
        lines += [
            f"Of {len(versions)} versions, the five that are hardest to tell from people, by AUC:",
            "",
            *_table(*_detected(versions[:5])),
            "",
        ]
    return lines


def _detected(rows: Sequence[Row]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    figures = [told(r) for r in rows]
    rates = list(figures[0]["rates"]) if figures else []
    cells = [
        (r["group"], r["models"], t["auc"], *t["rates"].values())
        for r, t in zip(rows, figures, strict=True)
    ]
    return ("texts of", "models' texts", "AUC", *(f"found at {rate}" for rate in rates)), cells


def _families(family: dict[str, Row], answer: Row) -> list[str]:
    named = list(dict.fromkeys(r["family"] for r in answer["versions"]))
    rows = []
    for name in named:
        mine = [r for r in answer["versions"] if r["family"] == name]
        rows.append(
            (name, len(mine), sum(r["texts"] for r in mine), f"{_mean(mine, 'model'):.0%}",
             f"{_mean(mine, 'right'):.0%}", f"{_mean(mine, 'other'):.0%}",
             f"{_mean(mine, 'wrong_and_sure'):.1%}", f"{answer['nearest'][name]:.0%}"
             if name in answer["nearest"] else "")
        )  # fmt: skip
    scores = [
        (("all features", "narrative features")[k], *_scores(m["training"]["evaluation"][0]))
        for k, m in enumerate(family.values())
    ]
    makers = [
        (r["maker"], r["texts"], f"{r['model']:.0%}", f"{r['other']:.0%}", f"{r['wrong_and_sure']:.1%}")
        for r in sorted(answer["strangers"], key=lambda r: -r["texts"])[:6]
    ]  # fmt: skip
    return [
        "## Which family",
        "",
        "Whole versions held out, among models' texts alone; guessing each family as often as it occurs would "
        "reach a macro-F1 of one over the number of families:",
        "",
        *_table(("learned from", "families", "texts", "macro-F1", "by guessing", "accuracy"), scores),
        "",
        "The whole answer, for versions never seen; the last column is of versions seen on other prompts:",
        "",
        *_table(("family", "versions", "texts", "called a model", "right family", "some other model",
                 "wrong with over 0.9 confidence", "nearest version is its own"), rows),
        "",
        "Makers never seen, the six with most texts:",
        "",
        *_table(("maker", "texts", "called a model", "some other model",
                 "anything wrong with over 0.9 confidence"), makers),
        "",
    ]  # fmt: skip


def _scores(found: Row) -> tuple[Any, ...]:
    k = len(found["sources"])
    shown = ["{value:.3f} [{low:.3f}, {high:.3f}]".format(**found["metrics"][m])
             for m in ("macro_f1", "accuracy")]  # fmt: skip
    return k, found["n_stories"], shown[0], f"{1 / k:.3f}", shown[1]


def _calibration(people: dict[str, Row], answer: Row) -> list[str]:
    asked = {**{what: people[n]["training"]["errors"] for n, what in ASKED.items()},
             "the whole answer": answer["errors"],
             "the whole answer, versions never met": answer["errors_never_met"],
             "the whole answer, versions known": answer["errors_known"]}  # fmt: skip
    rows = [
        (
            what,
            length,
            e["texts"],
            f"{e['right']:.3f}",
            f"{e['confidence']:.3f}",
            f"{e['ece']:.3f}",
            f"{e['by_chance']:.3f}",
        )
        for what, found in asked.items()
        for length, e in found.items()
    ]
    sets = [
        (
            f"`{r['corpus']}`",
            r["texts"],
            f"{r['holds']:.1%}",
            f"{r['never_met']:.1%}",
            f"{r['size']:.2f}",
        )
        for r in sorted(answer["coverage"], key=lambda r: r["holds"])
    ]
    return [
        "## Calibration and sets",
        "",
        "Expected calibration error, and what perfect probabilities would show by chance on so many texts. The "
        "whole answer is set for models' texts of which half are by versions known and half by versions never met:",
        "",
        *_table(("answer by", "texts", "number", "right", "confidence", "ECE", "by chance"), rows),
        "",
        "Sets that should hold the writer in 90% of texts, on corpora held out, for that mixture; and where no "
        "version was met. They cannot keep to 90% on a corpus that nobody has met:",
        "",
        *_table(
            ("corpus", "texts", "hold the writer", "versions never met", "sources in a set"), sets
        ),
        "",
    ]


def _lowest_highest(rows: Iterable[Row]) -> tuple[str, str, str]:
    ordered = sorted(rows, key=lambda r: r["auc"])
    return f"{ordered[0]['auc']:.3f}", f"{ordered[-1]['auc']:.3f}", f"`{ordered[0]['corpus']}`"


def _lowest_matched(rows: Iterable[Row]) -> str:
    found = min((r for r in rows if r["auc_matched"] is not None), key=lambda r: r["auc_matched"])
    return f"{found['auc_matched']:.3f} (`{found['corpus']}`)"


def _mean(rows: Sequence[Row], key: str) -> float:
    """Mean over texts."""
    return float(sum(r["texts"] * r[key] for r in rows) / sum(r["texts"] for r in rows))


def _or_none(figure: float | None) -> str:
    return "none" if figure is None else f"{figure:.3f}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    cells = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(str(c) for c in row) + " |" for row in cells]


def _read(path: Path) -> Row:
    found: Row = json.loads(path.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
