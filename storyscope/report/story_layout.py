"""A story's own page: lays its summary out as one HTML file that fetches nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from storyscope.errors import OutputError
from storyscope.guards import shown
from storyscope.paths import written_whole
from storyscope.report.story import TOLD
from storyscope.report.story_figures import bar, course, strip, timeline
from storyscope.report.story_text import marked
from storyscope.report.story_words import called, chance

__all__ = ["ON", "check_page", "is_story_page", "render", "write_story_page"]

ON = ("dream", "unreal", "flashback", "flashforward", "skip", "conflict")
"""Families that are coloured in the text to begin with."""
_MARK = b'<meta name="generator" content="StoryScope, story">'
_COLUMNS = (
    ("words", "Words"),
    ("tension", "Tension"),
    ("speech", "Speech"),
    *((f, TOLD[f][0]) for f in TOLD if f != "turn"),
)
"""Measures of a chapter."""


def check_page(path: str | Path) -> Path:
    """Path of a page to be written, its ending checked.

    Raises
    ------
    OutputError
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"A page is written as .html, not {path.name!r}; name such a file.")
    return path


def write_story_page(summary: dict[str, Any], target: Path) -> Path:
    """Render a summary of `summarise_story` into a file, whole or not at all."""
    html = render(summary)
    with written_whole(target, is_story_page) as partial:
        partial.write_text(html, encoding="utf-8", errors="backslashreplace")
    return target


def is_story_page(path: Path) -> bool:
    """Whether a file is a story's page that storyscope wrote, by what it says itself."""
    with path.open("rb") as file:
        return _MARK in file.read(1000)


def render(summary: dict[str, Any]) -> str:
    """The page as text; the same summary gives the same bytes."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("storyscope.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share: f"{100 * share:.0f}%"
    environment.filters["chance"] = chance
    environment.filters["signed"] = lambda value: f"{value:+.2f}".replace("-", "−")
    environment.filters["bar"] = bar
    names = {g["id"]: g["name"] for g in summary["groups"]} | {"climax": "Climax"}
    families = [g["id"] for g in summary["groups"] if g["kind"] == "family"]
    text, places = marked(summary["text"], summary["passages"], names, families, ON)
    answer = summary["answer"]
    shipped = answer["ai"] is not None
    bands = [b for b in summary["bands"] if b["passages"]]
    return environment.get_template("story.html").render(
        s=summary,
        a=answer,
        title=shown(summary["name"]) or "A story",
        text=text,
        places=places,
        shares=[
            (called(source, shipped), share) for source, share in (answer["probabilities"] or {}).items()
        ],
        groups={g["id"]: g for g in summary["groups"]},
        families=[g for g in summary["groups"] if g["kind"] == "family"],
        features=[g for g in summary["groups"] if g["kind"] == "feature"],
        on=ON,
        told=TOLD,
        first="People" if shipped else summary["side"],
        second="Models" if shipped else "the others",
        first_texts="people’s texts" if shipped else f"{summary['side']}’s texts",
        second_texts="models’ texts" if shipped else "the others’ texts",
        strip=strip,
        timeline=timeline(summary["tension"], bands) if summary["tension"] else "",
        absent=[b["name"].lower() for b in summary["bands"] if not b["passages"]],
        course=_course(answer),
        columns=_COLUMNS,
        chapters=_chapters(summary["chapters"]),
    )  # fmt: skip


def _course(answer: dict[str, Any]) -> dict[str, Any] | None:
    """The answer along a long text: its figure and what that shows."""
    if not answer["segments"]:
        return None
    shipped = answer["ai"] is not None
    label = "Probability of a model" if shipped else f"Probability of {answer['reads_like']}"
    rows = [
        {
            **segment,
            "share": 1 - segment["probabilities"]["human"]
            if shipped
            else segment["probabilities"][answer["reads_like"]],
        }
        for segment in answer["segments"]
    ]
    return {"label": label, "figure": course(rows, label), "rows": rows}


def _chapters(chapters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Chapters with their cells: the figure as shown, and its shade from 0 to 5 within the column."""
    most = {key: max((c[key] for c in chapters), default=0) or 1 for key, _ in _COLUMNS}
    return [
        {
            **chapter,
            "cells": [
                (_cell(key, chapter[key]), round(5 * chapter[key] / most[key]))
                for key, _ in _COLUMNS
            ],
        }
        for chapter in chapters
    ]


def _cell(key: str, value: float) -> str:
    if key in ("words", "skip"):
        return f"{value:,}"
    if key == "tension":
        return f"{value:.2f}"
    if 0 < value < 0.005:
        return "<1%"
    return f"{value:.0%}" if value else "–"
