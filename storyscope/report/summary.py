"""Everything a report says, as plain data, before any of it is laid out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from storyscope.codebook import Codebook, FeatureSet, default_codebook
from storyscope.errors import TableError, TooLittleData
from storyscope.fingerprints import Fingerprint, fingerprint
from storyscope.report.headline import Headline, headline
from storyscope.report.passages import Excerpt, excerpts
from storyscope.report.profiles import Profile, Shares, profiles, shares
from storyscope.table import provenance
from storyscope.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from storyscope.attribute import Evaluation
    from storyscope.compare.result import Comparison
    from storyscope.corpus import Story
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
    profiles : list of Profile
        Every feature by source, and people against models.
    shares : dict
        By source and ``feature=answer``, the shares of stories that show a mark.
    passages : dict
        By feature and source, at most two passages; empty without texts.
    focus : str
        The source that the page is about; empty where it is about all.
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
    profiles: list[Profile] = field(default_factory=list)
    shares: dict[str, dict[str, Shares]] = field(default_factory=dict)
    passages: dict[str, dict[str, list[Excerpt]]] = field(default_factory=dict)
    focus: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; texts of samples are left out."""
        from storyscope.report.answers import answers

        return {
            "title": self.title,
            "focus": self.focus,
            "answers": [asdict(answer) for answer in answers(self)],
            "headline": self.headline.to_dict() if self.headline else None,
            "storyscope": self.version,
            "codebook": self.codebook.version,
            "provenance": self.provenance,
            "comparison": self.comparison.to_dict(),
            "fingerprints": self.fingerprints.to_dict(),
            "shares": {
                source: {mark: found._asdict() for mark, found in held.items()}
                for source, held in self.shares.items()
            },
            "features": [profile.to_dict() for profile in self.profiles],
            "passages": {
                feature: {source: [p.to_dict() for p in found] for source, found in held.items()}
                for feature, held in self.passages.items()
            },
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
    texts: Iterable[Story] | None = None,
    evidence: str | Path | None = None,
    source: str = "",
    progress: Callable[[str, int, int], None] | None = None,
) -> Summary:
    """Compare, fingerprint and cross-validate a table; see `storyscope.report.report`."""
    from storyscope.attribute import evaluate
    from storyscope.compare import compare
    from storyscope.compare.texts import with_texts

    book = codebook or default_codebook()
    _check_source(table, source)
    notes: list[str] = []
    shown: dict[str, dict[str, list[Excerpt]]] = {}
    stories = list(texts) if texts is not None else []
    if texts is not None:  # before the long part, so that what is wrong with them is said at once
        shown, notes = excerpts(table, stories, evidence=evidence, progress=progress)
    opening = headline(matched, human=human, seed=seed, progress=progress) if matched else None
    comparison = compare(
        table, features=features, human=human, seed=seed, progress=progress, codebook=book
    )
    if texts is not None:
        comparison = with_texts(comparison, table, stories, codebook=book, progress=progress)
    try:
        marks = fingerprint(
            table, features=features, human=human, seed=seed, progress=progress, codebook=book
        )
    except TooLittleData as error:
        if source:  # the page would have nothing to say
            raise
        marks = Fingerprint(
            features, {}, None, len(table), table["prompt_id"].nunique(), False, (str(error),)
        )
    if evaluations is None:
        try:
            evaluations = evaluate(table, seed=seed, progress=progress, codebook=book)
        except TooLittleData as error:
            evaluations = []
            notes.append(f"Attribution was not cross-validated: {error}")
    sources = [s.name for s in comparison.about.sources]
    return Summary(
        title=title
        or (
            f"What marks {source}" if source else f"How {len(sources)} sources build their stories"
        ),
        comparison=comparison,
        fingerprints=marks,
        evaluations=list(evaluations),
        samples=list(samples),
        provenance=provenance(table),
        version=__version__,
        codebook=book,
        notes=notes,
        headline=opening,
        profiles=profiles(table, comparison, book),
        shares=shares(table, marks, book),
        passages=shown,
        focus=source,
    )


def _check_source(table: pd.DataFrame, source: str) -> None:
    names = sorted(set(table["source"].astype(str)))
    if source and source not in names:
        told = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
        raise TableError(f"The table has no source {source!r}; it has {told}.")
