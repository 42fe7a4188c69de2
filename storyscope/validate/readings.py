"""Measures read on real stories: hits and near misses drawn at random, judged twice, blind.

A drawing names corpus, story and characters, never the text, so that it can be committed and the
reading repeated by whoever has the corpora.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from storyscope.extract.reading import Reading
from storyscope.validate.families import FAMILIES

__all__ = ["Drawn", "draw", "load_readings", "save_readings", "show"]


@dataclass
class Drawn:
    """One place in a story and what two readings said of it.

    Attributes
    ----------
    corpus, story : str
        Which story; `story` is ``prompt_id/source#row``, rows counted from 0.
    start, end : int
        Characters [start, end) of the normalised text.
    kind : str
        "hit" or "near miss".
    first, second : bool or None
        Whether the trait is there, by either reading; None before it is read.
    """

    corpus: str
    story: str
    start: int
    end: int
    kind: str
    first: bool | None = None
    second: bool | None = None


def draw(
    readings: Iterable[tuple[str, str, Reading]], family: str, n: int = 30, seed: int = 0
) -> list[Drawn]:
    """Draw `n` hits and `n` near misses, at most one of each kind from a story.

    Parameters
    ----------
    readings : iterable of (corpus, story, Reading)
        Stories to draw from, in any order that can be repeated.
    family : str
        A key of `FAMILIES`.
    n, seed : int
    """
    found: dict[str, list[Drawn]] = {"hit": [], "near miss": []}
    rng = np.random.default_rng(seed)
    for corpus, story, reading in readings:
        for kind, spans in (
            ("hit", FAMILIES[family].hits(reading)),
            ("near miss", FAMILIES[family].near(reading)),
        ):
            if len(spans):
                start, end = reading.characters(spans[int(rng.integers(len(spans)))])
                found[kind].append(Drawn(corpus, story, start, end, kind))
    chosen = []
    for kind in ("hit", "near miss"):
        order = rng.permutation(len(found[kind]))[:n]
        chosen += [found[kind][k] for k in order]
    return [chosen[k] for k in rng.permutation(len(chosen))]


def show(text: str, drawn: Drawn, around: int = 300) -> str:
    """The place in its context, marked with double brackets; neither source nor kind is shown."""
    a, b = max(0, drawn.start - around), min(len(text), drawn.end + around)
    return f"{text[a : drawn.start]}[[{text[drawn.start : drawn.end]}]]{text[drawn.end : b]}"


def save_readings(drawn: list[Drawn], path: str | Path) -> None:
    """Write as JSON, one place a line."""
    lines = ",\n".join(json.dumps(asdict(d), ensure_ascii=False) for d in drawn)
    Path(path).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def load_readings(path: str | Path) -> list[Drawn]:
    """Back from `save_readings`."""
    return [Drawn(**row) for row in json.loads(Path(path).read_text(encoding="utf-8"))]
