"""The result of a comparison: plain data, as JSON, as tables and as sentences.

`Comparison.to_dict()` gives one JSON document. Its keys are the attributes of the classes named
here and nest as they do: `about` (`About`), `notes` (`Note`), `matched` (`Matched`), `unmatched`
(`Unmatched`), `location` (`Location`), `structure` (`Structure`), `rarity` (`Rarity`), `tree`
(`Tree`), `map` (`Map`), `features` (`FeatureRow`), `spoils` (sentences), `verdict` (`Verdict`),
and, where they were asked for, `repetition` (`Repetition`), `stock` (`Stock`) and `published`
(`Published`). An `Estimate` becomes ``{"value", "low", "high", "n"}``. What could not be computed
is null, and `notes` says why. Numbers carry six significant digits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storyscope.compare.layout import Table, plain
from storyscope.spoils import HEADING

if TYPE_CHECKING:
    from storyscope.compare.design import Note
    from storyscope.compare.features import FeatureRow
    from storyscope.compare.location import Location
    from storyscope.compare.maps import Map
    from storyscope.compare.matched import Matched
    from storyscope.compare.near import Unmatched
    from storyscope.compare.published import Published
    from storyscope.compare.rarity import Rarity
    from storyscope.compare.repetition import Repetition
    from storyscope.compare.stock import Stock
    from storyscope.compare.structure import Structure
    from storyscope.compare.tree import Tree

__all__ = ["About", "Comparison", "SourceCount"]

SCHEMA = "storyscope-comparison/1"


@dataclass(frozen=True)
class SourceCount:
    """Stories and prompts of one source."""

    name: str
    human: bool
    stories: int
    prompts: int


@dataclass(frozen=True)
class About:
    """What was compared, and how.

    Attributes
    ----------
    schema : str
        Name and version of this layout.
    features : str
        "narrative", "style" or "all".
    codebook, codebook_name : str
        Its version and name.
    n_features : int
    dimensions : dict of str to int
        Features of each dimension; dimensions weigh the same in distances.
    by, human : str
        The column compared by, and the name of people in it.
    stories, prompts, shared_prompts : int
        The last: prompts answered by two sources or more.
    sources : list of SourceCount
    distance : str
        In words.
    level : float
        Level of intervals.
    seed, resamples, permutations : int
    """

    schema: str
    features: str
    codebook: str
    codebook_name: str
    n_features: int
    dimensions: dict[str, int]
    by: str
    human: str
    stories: int
    prompts: int
    shared_prompts: int
    sources: list[SourceCount]
    distance: str
    level: float
    seed: int
    resamples: int
    permutations: int


@dataclass(frozen=True)
class Comparison:
    """Everything `storyscope.compare.compare` found out.

    Attributes
    ----------
    about : About
    notes : list of Note
        What could not be computed, or must be known, by name.
    matched : Matched
        Distances at the same prompt. `matched.gap` is the declared primary result.
    unmatched : Unmatched
        Distances over different prompts.
    location : Location
    structure : Structure
    rarity : Rarity, or None
    tree : Tree, or None
    map : Map
    features : list of FeatureRow
    repetition : Repetition, or None
    stock : Stock, or None
        Both are read from texts; see `storyscope.compare.with_texts`.
    published : Published, or None
        The StoryScope study's figures beside those of this table.
    spoils : list of str
        What sets the sources apart besides who wrote; see `storyscope.spoils`.
    """

    about: About
    notes: list[Note]
    matched: Matched
    unmatched: Unmatched
    location: Location
    structure: Structure
    rarity: Rarity | None
    tree: Tree | None
    map: Map
    features: list[FeatureRow]
    repetition: Repetition | None = None
    stock: Stock | None = None
    published: Published | None = None
    spoils: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the answer in a sentence (`storyscope.compare.verdict`)."""
        from storyscope.compare.verdict import verdict

        answer = verdict(self.matched, self.about.features, self.about.human)
        return {**plain(self), "verdict": plain(answer)}

    def to_json(self) -> str:
        """One JSON document; the same input and seed give the same bytes."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def _repr_html_(self) -> str:
        from storyscope.shown import in_html

        first = next((shown for shown in self.tables() if not shown.detail), None)
        return in_html(
            f"Comparison: {len(self.about.sources)} sources, {self.about.stories} stories, "
            f"{self.about.n_features} {self.about.features} features",
            lines=self.lines()[:8],
            columns=first.columns if first else (),
            rows=first.rows if first else (),
        )

    def lines(self) -> list[str]:
        """Tell what spoils the comparison, then the findings in sentences, and notes last."""
        head = [f"{HEADING}:", *(f"- {line}" for line in self.spoils)] if self.spoils else []
        return head + self.findings()

    def findings(self) -> list[str]:
        """Tell the findings in sentences, the primary one first and notes last."""
        from storyscope.compare.words import sentences

        more = [part.lines() for part in (self.repetition, self.stock) if part]
        told = sum(more, sentences(self))
        return sorted(told, key=lambda line: line.startswith("Note. "))

    def tables(self) -> list[Table]:
        """Lay the findings out as tables of text."""
        from storyscope.compare.words import tables

        more = [part.tables() for part in (self.published, self.repetition, self.stock) if part]
        return sum(more, tables(self))
