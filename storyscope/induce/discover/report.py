"""What a discovery leaves: a codebook with provenance, and a table of every question tried."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from storyscope.induce.discover.found import Found, entry
from storyscope.induce.discover.pilot import RULE, Tested
from storyscope.induce.discover.run import Discovery
from storyscope.induce.discover.stages import MADE_BY

__all__ = ["is_figures", "is_found", "to_dict", "write_figures", "write_found"]

_OF_PILOT = ("answered", "alpha", "same", "entropy", "explained", "p_alone", "p", "q")
_OF_SOURCE = ("here", "there", "difference", "low", "high", "delta", "p")
_COLUMNS = ("question_id", "kept", "why", "question", *_OF_PILOT, "source", "direction",
            *(f"{name}_of_source" if name == "p" else name for name in _OF_SOURCE))  # fmt: skip


def write_found(found: Found, work: Discovery, path: Path, *, corpus: str) -> None:
    """Write what was kept as a codebook file that `load_codebook` reads.

    Sources and figures stand under ``provenance``, apart from the questions.
    """
    import yaml

    entries, provenance = [], {}
    for test in found.kept:
        question = entry(work, test.feature)
        question["card"] = {
            "tested": "in a pilot on prompts that it was not made from; see provenance",
            "blind": "asked of one model only; not held against readings by people",
        }
        entries.append(question)
        provenance[test.feature] = {**found.origins[test.feature], **_figures(test)}
    content = {
        "made_by": MADE_BY,
        "corpus": corpus,
        **found.counts,
        "rule": RULE,
        "dimension": "induced",
        "features": entries,
        "provenance": provenance,
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, encoding="utf-8")


def _figures(test: Tested) -> dict[str, Any]:
    plain = {name: _round(getattr(test, name)) for name in _OF_PILOT}
    return {**plain, "sources": [{k: _round(v) for k, v in s.items()} for s in test.sources]}


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return None if value != value else round(value, 4)
    return value


def to_dict(found: Found) -> dict[str, Any]:
    """Plain data for JSON."""
    tests = [
        {"id": t.feature, "question": found.features[t.feature].question, "kept": not t.why,
         "why": t.why, **_figures(t), **found.origins[t.feature]}
        for t in found.tests
    ]  # fmt: skip
    left_out = [{"question": q, "why": why} for q, why in found.left_out]
    return {**found.counts, "rule": RULE, "tests": tests, "left_out": left_out}


def _rows(found: Found) -> Iterator[dict[str, Any]]:
    for test in found.tests:
        plain = {name: _round(getattr(test, name)) for name in _OF_PILOT}
        for source in test.sources:
            figures = {f"{k}_of_source" if k == "p" else k: _round(v) for k, v in source.items()}
            yield {
                "question_id": test.feature,
                "kept": not test.why,
                "why": test.why,
                "question": found.features[test.feature].question,
                **plain,
                **figures,
            }


def write_figures(found: Found, path: Path) -> None:
    """Write every question of the pilot and source with its figures, as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows(_rows(found))


def is_found(path: Path) -> bool:
    """Whether a file was written by `write_found`, by its first line."""
    return _first_line(path) == f"made_by: {MADE_BY}"


def is_figures(path: Path) -> bool:
    """Whether a file was written by `write_figures`, by its first line."""
    return _first_line(path) == ",".join(_COLUMNS)


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline().strip()
    except (OSError, ValueError):
        return ""
