"""Everything a report says, as plain data, before any of it is laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from storyscope.codebook import Codebook, FeatureSet, default_codebook
from storyscope.errors import TooLittleData
from storyscope.fingerprints import Fingerprint, fingerprint
from storyscope.report.headline import Headline, headline
from storyscope.table import provenance
from storyscope.version import __version__

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.attribute import Evaluation
    from storyscope.compare.result import Comparison
    from storyscope.report.samples import Sample

__all__ = ["Summary", "summarise"]


@dataclass(frozen=True)
class Summary:
    """What a report holds.

    Attributes
    ----------
    title : str
    comparison : Comparison
    fingerprints : Fingerprint
    evaluations : list of Evaluation
        Cross-validated attribution; empty where there were too few stories.
    samples : list of Sample
    provenance : dict
        What made the table.
    version : str
    codebook : Codebook
    notes : list of str
        What could not be done, and why.
    headline : Headline, or None
        The study's question, answered where people and models share prompts.
    """

    title: str
    comparison: Comparison
    fingerprints: Fingerprint
    evaluations: list[Evaluation]
    samples: list[Sample]
    provenance: dict[str, Any]
    version: str
    codebook: Codebook
    notes: list[str]
    headline: Headline | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; texts of samples are left out."""
        return {
            "title": self.title,
            "headline": self.headline.to_dict() if self.headline else None,
            "storyscope": self.version,
            "codebook": self.codebook.version,
            "provenance": self.provenance,
            "comparison": self.comparison.to_dict(),
            "fingerprints": self.fingerprints.to_dict(),
            "evaluations": [e.to_dict() for e in self.evaluations],
            "samples": [
                {
                    "id": s.id,
                    "shows": s.shows,
                    "values": {f: v for f, _, v, _ in s.values},
                    "attribution": asdict(s.attribution) if s.attribution else None,
                }
                for s in self.samples
            ],
            "notes": self.notes,
        }


def summarise(
    table: pd.DataFrame,
    *,
    features: FeatureSet = "narrative",
    human: str = "human",
    samples: Sequence[Sample] = (),
    matched: Mapping[str, pd.DataFrame] | None = None,
    title: str = "",
    seed: int = 0,
    evaluations: Sequence[Evaluation] | None = None,
    codebook: Codebook | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Summary:
    """Compare, fingerprint and cross-validate a table; see `storyscope.report.report`."""
    from storyscope.attribute import evaluate
    from storyscope.compare import compare

    book = codebook or default_codebook()
    opening = headline(matched, human=human, seed=seed, progress=progress) if matched else None
    comparison = compare(
        table, features=features, human=human, seed=seed, progress=progress, codebook=book
    )
    marks = fingerprint(
        table, features=features, human=human, seed=seed, progress=progress, codebook=book
    )
    notes: list[str] = []
    if evaluations is None:
        try:
            evaluations = evaluate(table, seed=seed, progress=progress, codebook=book)
        except TooLittleData as error:
            evaluations = []
            notes.append(f"Attribution was not cross-validated: {error}")
    sources = [s.name for s in comparison.about.sources]
    return Summary(
        title=title or f"How {len(sources)} sources build their stories",
        comparison=comparison,
        fingerprints=marks,
        evaluations=list(evaluations),
        samples=list(samples),
        provenance=provenance(table),
        version=__version__,
        codebook=book,
        notes=notes,
        headline=opening,
    )
