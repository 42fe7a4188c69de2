"""A report that a person can read: plain data first, then one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from storyscope.attribute import Attributor, Evaluation, Panel
    from storyscope.attribute.answer import Attribution
    from storyscope.codebook import Codebook, FeatureSet
    from storyscope.corpus import Story
    from storyscope.extract.pipeline import Pipeline
    from storyscope.extract.story import StoryMeasures
    from storyscope.report.samples import Sample

__all__ = ["is_page", "report", "story_page"]


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
    texts: Iterable[Story] | None = None,
    evidence: str | Path | None = None,
    source: str = "",
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
    texts : iterable of Story, optional
        The corpus of the table: adds passages, repetition and recurring choices.
    evidence : str or Path, optional
        The passages of that corpus, as ``storyscope score --evidence`` keeps them; default a few
        stories of each source are read again.
    source : str
        Makes it the page of this source alone.
    progress : callable, optional
        Told the stage, how much of it is done, and how much there is.

    Returns
    -------
    dict
        Every number of the page, as plain data; ``docs/report.md`` says what its keys hold.

    Raises
    ------
    TableError
        If the table has no such source, or the passages were made otherwise than the table.
    CorpusError
        If none of the stories is in the table.
    TooLittleData
        If fewer than two sources have enough stories.
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
            texts=texts,
            evidence=evidence,
            source=source,
            progress=progress,
        )
        write_page(summary, Path(target))
    return summary.to_dict()


def is_page(path: Path) -> bool:
    """Whether a file is a page that storyscope wrote, by what it says itself."""
    with path.open("rb") as file:
        return b'<meta name="generator" content="StoryScope">' in file.read(1000)


def story_page(
    text: str,
    target: str | Path,
    *,
    name: str = "",
    answer: Attribution | None = None,
    model: Panel | Attributor | None = None,
    measured: StoryMeasures | None = None,
    pipeline: Pipeline | None = None,
) -> dict[str, Any]:
    """Read one story, and write its page: who it reads like, why, and what is told where.

    Parameters
    ----------
    text : str
        A story, as it was given.
    target : str or Path
        Page to write; nothing in it is fetched from elsewhere.
    name : str
        Of the story, for the heading.
    answer : Attribution, optional
        Who it reads like, if that is known; default `model` is asked.
    model : Panel or Attributor, optional
        Default the shipped models.
    measured : StoryMeasures, optional
        What `story.read_story` says of this very text, if that is at hand.
    pipeline : Pipeline, optional
        Default that of `load_pipeline`.

    Returns
    -------
    dict
        All that the page shows, as plain data; ``docs/story_page.md`` says what its keys hold.

    Raises
    ------
    UnusableText
        For a text of fewer than 80 words.
    OutputError
        If the ending is not ``.html``, there is no such folder, or something lies there that is no
        such page.
    """
    from storyscope.paths import claimed
    from storyscope.report.story import summarise_story
    from storyscope.report.story_layout import check_page, is_story_page, write_story_page

    target = check_page(target)
    with claimed(target, is_story_page):
        summary = summarise_story(
            text, name=name, answer=answer, model=model, measured=measured, pipeline=pipeline
        )
        write_story_page(summary, target)
    return summary
