"""What was found: candidates as a codebook, figures as a table, and lines to read."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from storyscope.induce.holdout import LEVEL, MOST, REPEATS, SCREEN, SHUFFLES
from storyscope.induce.patterns import CODES, Pattern

if TYPE_CHECKING:
    from storyscope.corpus import Story
    from storyscope.induce.holdout import Cells, Mark
    from storyscope.induce.table import PatternTable

__all__ = [
    "MADE_BY", "RULE", "Candidate", "Induction", "Passage", "is_candidates", "is_figures",
    "passages_of", "write_candidates", "write_figures",
]  # fmt: skip

MADE_BY = "storyscope induce --measured"
RULE = (
    f"Prompts are split in two {REPEATS} times. In each split, a pattern whose contrast on one half "
    f"is at least {SCREEN:g} deviations of chance is a candidate (the {MOST} strongest); on the other "
    f"half its one-sided p value comes from {SHUFFLES:,} shuffles of the sources within prompts, "
    "adjusted over the candidates (Benjamini and Hochberg). It is kept where twice its median "
    f"adjusted p value over all splits is at most {LEVEL:g}; a split in which it was no candidate "
    "counts as 1."
)
PASSAGES = 2
_OFTEN = {"never": "not once", "once": "one time", "several": "two times or more"}
_FIGURES = ("here", "there", "difference", "low", "high", "delta", "q", "stable", "chosen")


class Passage(NamedTuple):
    """Characters [start, end) of a story's text as it was given."""

    story: str
    start: int
    end: int
    text: str


class Candidate(NamedTuple):
    """A pattern that was tested, with its id where it was kept."""

    id: str
    pattern: Pattern
    mark: Mark
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Induction:
    """Patterns that set sources apart on prompts on which they were not chosen.

    Attributes
    ----------
    table : PatternTable
    marks : tuple of Mark
        The kept ones first.
    cells : Cells
    passages : dict of int to tuple of Passage
        By place among the marks.
    alone : int
        Prompts that only one source answered, and that were not read.
    seed : int
    """

    table: PatternTable
    marks: tuple[Mark, ...]
    cells: Cells
    passages: dict[int, tuple[Passage, ...]]
    alone: int = 0
    seed: int = 0

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """All marks with their patterns; one pattern keeps one id, whichever sources it marks."""
        numbers: Counter[str] = Counter()
        ids: dict[Pattern, str] = {}
        rows = []
        for k, mark in enumerate(self.marks):
            pattern = self.table.patterns[mark.pattern]
            if mark.kept and pattern not in ids:
                code = CODES[pattern.kind]
                numbers[code] += 1
                ids[pattern] = f"IND_{code}_{numbers[code]:02}"
            name = ids[pattern] if mark.kept else ""
            rows.append(Candidate(name, pattern, mark, self.passages.get(k, ())))
        return tuple(rows)

    @property
    def kept(self) -> tuple[Candidate, ...]:
        """The candidates that were kept."""
        return tuple(c for c in self.candidates if c.mark.kept)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every candidate with its figures, as plain data."""
        for name, pattern, mark, _ in self.candidates:
            yield {
                "id": name,
                "kept": mark.kept,
                "source": mark.source,
                "direction": "more" if mark.more else "less",
                "pattern": pattern.key,
                "unit": pattern.unit,
                **{f: round(getattr(mark, f), 4) for f in _FIGURES},
                "prompts": mark.prompts,
                "question": pattern.question,
            }

    def summary(self) -> dict[str, Any]:
        """What was read and how it was tested, as plain data."""
        table = self.table
        return {
            "stories": len(table.ids),
            "prompts": self.cells.n_prompts,
            "prompts left out, of one source only": self.alone,
            "mean words by source": {
                s: round(_mean([w for w, by in zip(table.words, table.sources, strict=True)
                                if by == s]))
                for s in self.cells.sources
            },
            "patterns tested": len(table.patterns),
            "kept": len(self.kept),
            "rule": RULE,
            "seed": self.seed,
        }  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; passages by their places, without their text."""
        places = [[list(p[:3]) for p in c.passages] for c in self.candidates]
        rows = [{**r, "passages": p} for r, p in zip(self.rows(), places, strict=True)]
        return {**self.summary(), "candidates": rows}

    def features(self) -> Iterator[dict[str, Any]]:
        """The kept patterns as entries of a codebook, each once and without a source's name."""
        seen = set()
        for name, pattern, _, _ in self.kept:
            if name in seen:
                continue
            seen.add(name)
            entry: dict[str, Any] = {
                "id": name,
                "name": pattern.name[:1].upper() + pattern.name[1:],
                "question": pattern.question,
                "kind": "ordinal" if pattern.counted else "binary",
            }
            if pattern.counted:
                entry["values"] = dict(_OFTEN)
            entry |= {
                "evidence": "One passage of the story that decides the answer.",
                "answered_by": "judge",
                "source": "found by contrasting stories of the same prompts (storyscope induce)",
                "card": {
                    "tested": "measured on held-out prompts; not yet asked of a judge",
                    "blind": "the measure behind it is a parse and a tagger, which both err",
                },
            }
            if pattern.condition:
                entry["condition"] = pattern.condition
            yield entry


def passages_of(
    marks: Sequence[Mark], table: PatternTable, stories: Sequence[Story]
) -> dict[int, tuple[Passage, ...]]:
    """Two passages of each kept mark, of different stories where there are two.

    They come from the source's own stories where it has more of the pattern, from the others'
    where it has less; those stories first that have most of it.
    """
    from storyscope.corpus import normalise

    by_id = {s.id: s for s in stories}
    normalised: dict[str, Any] = {}
    out = {}
    for k, mark in enumerate(marks):
        if not mark.kept:
            break
        pattern = table.patterns[mark.pattern]
        holds = [
            (-found[pattern].value, i)
            for i, found in enumerate(table.found)
            if pattern in found and found[pattern].value > 0
            and (table.sources[i] == mark.source) == mark.more
        ]  # fmt: skip
        found_here = []
        for _, i in sorted(holds)[:PASSAGES]:
            story = by_id[table.ids[i]]
            place = table.found[i][pattern].place
            if place is None:
                continue
            if story.id not in normalised:
                normalised[story.id] = normalise(story.text)
            start, end = normalised[story.id].offset(*place)
            found_here.append(Passage(story.id, start, end, story.text[start:end]))
        out[k] = tuple(found_here)
    return out


def write_candidates(found: Induction, path: Path, *, corpus: str, passages: bool = False) -> None:
    """Write what was kept as a codebook file that `load_codebook` reads.

    Sources, figures and passages stand under ``provenance``, apart from the questions.

    Parameters
    ----------
    found : Induction
    path : Path
    corpus : str
        Name of the corpus.
    passages : bool
        Whether the text of passages is written, beside their places.
    """
    import yaml

    provenance: dict[str, list[dict[str, Any]]] = {}
    for candidate, row in zip(found.candidates, found.rows(), strict=True):
        if not candidate.mark.kept:
            continue
        figures = {k: v for k, v in row.items() if k not in ("id", "kept", "question")}
        figures["passages"] = [
            {
                "story": p.story,
                "start": p.start,
                "end": p.end,
                **({"text": p.text} if passages else {}),
            }
            for p in candidate.passages
        ]
        provenance.setdefault(candidate.id, []).append(figures)
    content = {
        "made_by": MADE_BY,
        "corpus": corpus,
        **found.summary(),
        "dimension": "induced",
        "features": list(found.features()),
        "provenance": provenance,
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, encoding="utf-8")


def write_figures(found: Induction, path: Path) -> None:
    """Write every candidate with its figures, kept or not, as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _columns())
        writer.writeheader()
        writer.writerows(found.rows())


def is_candidates(path: Path) -> bool:
    """Whether a file was written by `write_candidates`, by its first line."""
    return _first_line(path) == f"made_by: {MADE_BY}"


def is_figures(path: Path) -> bool:
    """Whether a file was written by `write_figures`, by its first line."""
    return _first_line(path) == ",".join(_columns())


def _columns() -> list[str]:
    return [
        "id",
        "kept",
        "source",
        "direction",
        "pattern",
        "unit",
        *_FIGURES,
        "prompts",
        "question",
    ]


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline().strip()
    except (OSError, ValueError):
        return ""


def _mean(values: list[int]) -> float:
    return sum(values) / max(len(values), 1)
