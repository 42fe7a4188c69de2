"""Our own validation passages: does a measure fire where its trait is, and only there?

The passages (``tests/validation/*.jsonl``, see the README there) were written without sight of the
cue lists. A sealed third is scored apart and is not read while measures are tuned.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scipy.stats import binomtest

from storyscope.errors import CorpusError
from storyscope.extract.annotate import readings
from storyscope.validate.families import FAMILIES

if TYPE_CHECKING:
    from storyscope.extract.pipeline import Pipeline

__all__ = ["Passage", "Score", "read_passages", "score_family", "wilson"]


@dataclass(frozen=True)
class Passage:
    """One labelled passage."""

    id: str
    family: str
    label: bool
    text: str
    sealed: bool


@dataclass(frozen=True)
class Score:
    """Hits and misses of one family, and what follows from them."""

    family: str
    part: str
    hits: int
    false_alarms: int
    misses: int
    correct_rejections: int

    @property
    def precision(self) -> float:
        """Share of alarms that are right; 0 without alarms."""
        return self.hits / max(self.hits + self.false_alarms, 1)

    @property
    def recall(self) -> float:
        """Share of the passages with the trait that are found."""
        return self.hits / max(self.hits + self.misses, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.hits / max(2 * self.hits + self.false_alarms + self.misses, 1)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95% interval of a share.

    >>> tuple(round(x, 2) for x in wilson(17, 20))
    (0.64, 0.95)
    """
    if n == 0:
        return (0.0, 1.0)
    found = binomtest(hits, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def read_passages(folder: str | Path) -> Iterator[Passage]:
    """Read every passage of every family, in order of file and line.

    Raises
    ------
    CorpusError
        If the folder has none.
    """
    files = sorted(Path(folder).glob("*.jsonl"))
    if not files:
        raise CorpusError(f"{folder} holds no validation passages (*.jsonl).")
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield Passage(row["id"], file.stem, row["label"], row["text"], row.get("sealed", False))


def score_family(
    passages: list[Passage], pipeline: Pipeline, sealed: bool | None = None
) -> tuple[Score, list[tuple[Passage, bool]]]:
    """Score one family's passages; also returns what was said of each.

    Parameters
    ----------
    passages : list of Passage
        Of one family.
    pipeline : Pipeline
    sealed : bool, optional
        Only the sealed ones, or only the open ones; default all.
    """
    chosen = [p for p in passages if sealed is None or p.sealed == sealed]
    family = chosen[0].family
    read = readings((p.text for p in chosen), pipeline=pipeline)
    said = [FAMILIES[family](reading) for _, reading in read]
    counts = [0, 0, 0, 0]
    for passage, fired in zip(chosen, said, strict=True):
        counts[(0 if passage.label else 1) if fired else (2 if passage.label else 3)] += 1
    part = "all" if sealed is None else "sealed" if sealed else "open"
    return Score(family, part, *counts), list(zip(chosen, said, strict=True))
