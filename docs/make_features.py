"""Write docs/features.md, and a page for each dimension in docs/features/, from the codebook.

python docs/make_features.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from storyscope.codebook import Feature, default_codebook
from storyscope.codebook_validity import describe, load_validity, rests_on

HERE = Path(__file__).resolve().parent
MADE = "Made from the codebook by `python docs/make_features.py`; do not edit."


def pages() -> dict[str, str]:
    """Every page by its place in docs/; the test compares them with what is committed."""
    examples = json.loads((HERE / "examples.json").read_text(encoding="utf-8"))
    book = default_codebook()
    found = {"features.md": _overview()}
    for dimension in book.dimensions:
        lines = [f"# {dimension.capitalize()}", "", MADE, ""]
        for feature_id in book.ids(dimension=dimension):
            lines += _entry(book[feature_id], examples.get(feature_id))
        found[_place(dimension)] = "\n".join(lines).rstrip("\n") + "\n"
    return found


def _place(dimension: str) -> str:
    return f"features/{dimension.replace(' ', '_')}.md"


def _overview() -> str:
    """How many features there are, how an entry reads, and what the measures rest on."""
    book = default_codebook()
    lines = [
        "# Every feature",
        "",
        MADE,
        "",
        f"{len(book)} features, of which {len(book.ids('narrative'))} narrative and "
        f"{len(book.ids('style'))} style; {len(book.ids(answered_by='measure'))} are measured, "
        f"{len(book.ids(answered_by='judge'))} can be asked of a judge.",
        "",
        "| dimension | features | measured | judged |",
        "|---|---|---|---|",
    ]
    for dimension in book.dimensions:
        counts = [
            len(book.ids(dimension=dimension, answered_by=a)) for a in (None, "measure", "judge")
        ]
        link = f"[{dimension}]({_place(dimension)})"
        lines.append(f"| {link} | {counts[0]} | {counts[1]} | {counts[2]} |")
    return "\n".join([*lines, *ENTRY, *_figures()]).rstrip("\n") + "\n"


ENTRY = """
## How to read an entry

Each entry opens with the feature's name, its id and the question that it answers. Then it says:

- **term**: what scholars call it, where that is another word.
- **kind and range**: a number, share, count, scale, binary, ordinal, categorical or multi-select feature, and its
  unit or answers. Values outside a range stay in tables and count as its nearest end in distances.
- **reads**: how reports say more and less of it.
- **evidence** and **applies to**: what in the text counts, and when the feature is undefined.
- **example**: of a measured feature, the piece of the [sampler](../corpora/sampler/README.md) with the highest value
  and a passage of it, in italics; of a question for a judge, what a value looks like.
- **rests on**: the part of the reader whose errors it inherits, with figures below; **tested** and **blind** say how
  it was tested and what it cannot see.

`storyscope features ID` prints the same in the terminal.
""".split("\n")


def _entry(feature: Feature, example: dict[str, Any] | None) -> list[str]:
    lines = [f"## {feature.name} ({feature.id})", "", feature.question, ""]
    if feature.term:
        lines.append(f"- term: {feature.term}")
    if feature.range is not None:
        unit = f"; {feature.unit}" if feature.unit else ""
        lines.append(f"- {feature.kind} from {feature.range[0]:g} to {feature.range[1]:g}{unit}")
    else:
        values = ", ".join(f"{v} ({m})" if m else v for v, m in feature.values.items())
        lines.append(f"- {feature.kind}: {values}")
    if feature.kind not in ("categorical", "multi"):
        lines.append(f"- reads: {feature.says(True)}; {feature.says(False)}")
    lines.append(f"- evidence: {feature.evidence}")
    if feature.condition:
        lines.append(f"- applies to: {feature.condition}")
    if example:
        value = example["value"]
        said = f"{value:.3g}" if isinstance(value, float) else value
        quote = f": {example['passage']}" if example["passage"] else ""
        lines.append(f"- example: {said} in \u201c{example['piece']}\u201d{quote}")
    lines += [f"- example of {value}: {text}" for value, text in feature.example.items()]
    lines.append(f"- answered by: {' and '.join(feature.answered_by)}; source: {feature.source}")
    if rows := rests_on(feature):
        lines.append(
            "- rests on: " + ", ".join(f"[{name}](../features.md#{_anchor(name)})" for name in rows)
        )
    lines += [f"- {key}: {value}" for key, value in feature.card.items() if key != "rests on"]
    return [*lines, ""]


def _figures() -> list[str]:
    """What the features rest on, each with its figures."""
    found = load_validity()
    lines = [
        "",
        "## What the measures rest on",
        "",
        f"Figures of {found['date']}, codebook `{found['codebook']}`; 95% intervals in brackets. "
        "[How they were got](validity.md).",
        "",
    ]
    for name, row in found["rows"].items():
        lines += [f'<a id="{_anchor(name)}"></a>**{name}**', ""]
        lines += [
            f"- {line.removeprefix('row, ')}" for line in describe({"rests on": "row", **row})
        ]
        lines.append("")
    return lines


def _anchor(name: str) -> str:
    return "row-" + "".join(c if c.isalnum() else "-" for c in name)


if __name__ == "__main__":
    (HERE / "features").mkdir(exist_ok=True)
    for place, text in pages().items():
        (HERE / place).write_text(text, encoding="utf-8")
