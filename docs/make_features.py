"""Write docs/features.md from the codebook.

python docs/make_features.py
"""

from __future__ import annotations

from pathlib import Path

from storyscope.codebook import Feature, default_codebook
from storyscope.codebook_validity import describe, load_validity, rests_on

HERE = Path(__file__).resolve().parent


def page() -> str:
    """The whole page; the test compares it with what is committed."""
    book = default_codebook()
    lines = [
        "# Every feature",
        "",
        "Made from the codebook by `python docs/make_features.py`; do not edit.",
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
        lines.append(f"| {dimension} | {counts[0]} | {counts[1]} | {counts[2]} |")
    for dimension in book.dimensions:
        lines += ["", f"## {dimension.capitalize()}", ""]
        for feature_id in book.ids(dimension=dimension):
            lines += _entry(book[feature_id])
    return "\n".join([*lines[:-1], *_figures()]).rstrip("\n") + "\n"


def _entry(feature: Feature) -> list[str]:
    lines = [f"**{feature.id} {feature.name}.** {feature.question}", ""]
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
    lines.append(f"- answered by: {' and '.join(feature.answered_by)}; source: {feature.source}")
    if rows := rests_on(feature):
        lines.append("- rests on: " + ", ".join(f"[{name}](#{_anchor(name)})" for name in rows))
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
    (HERE / "features.md").write_text(page(), encoding="utf-8")
