"""A report that a person can read: plain data first, then one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from storyscope.attribute import Evaluation
    from storyscope.codebook import Codebook, FeatureSet
    from storyscope.report.samples import Sample

__all__ = ["is_page", "report"]


def report(
    table: pd.DataFrame,
    target: str | Path,
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
) -> dict[str, Any]:
    """Compare, attribute and fingerprint a table's sources, and write one HTML page.

    Parameters
    ----------
    table : DataFrame
        A feature table with two sources or more.
    target : str or Path
        Page to write; nothing in it is fetched from elsewhere.
    features : {"narrative", "style", "all"}
        Set of features that the comparison and the fingerprints use.
    human : str
        The source that stands for people.
    samples : sequence of Sample
        Texts to show with their evidence marked and their attribution.
    matched : mapping of str to DataFrame, optional
        Tables of corpora in which people and models answered the same prompts, by name; the page
        opens with what they say (`storyscope.table.matched_tables` has the shipped ones).
    title : str
        Heading; default names the sources.
    seed : int
        Of everything random.
    evaluations : sequence of Evaluation, optional
        How well the table's sources are told apart, if that is known; default it is found out.
    codebook : Codebook, optional
        Of a table made elsewhere; default the shipped one.
    progress : callable, optional
        Told the stage, how much of it is done, and how much there is.

    Returns
    -------
    dict
        Every number of the page, as plain data.
    """
    from storyscope.paths import claimed
    from storyscope.report.page import write_page
    from storyscope.report.summary import summarise

    with claimed(target, is_page):
        summary = summarise(
            table,
            features=features,
            human=human,
            samples=samples,
            matched=matched,
            title=title,
            seed=seed,
            evaluations=evaluations,
            codebook=codebook,
            progress=progress,
        )
        write_page(summary, Path(target))
    return summary.to_dict()


def is_page(path: Path) -> bool:
    """Whether a file is a page that storyscope wrote, by what it says itself."""
    with path.open("rb") as file:
        return b'<meta name="generator" content="StoryScope">' in file.read(1000)
