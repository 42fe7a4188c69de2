"""The part of a comparison that reads the stories: repetition and stock, added to a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from storyscope.compare.design import Note
from storyscope.compare.repetition import repetition
from storyscope.compare.stock import stock
from storyscope.compare.stock_items import find_items
from storyscope.errors import CorpusError, TableError, TooLittleData
from storyscope.extract.meaning import embed

if TYPE_CHECKING:
    from storyscope.codebook import Codebook
    from storyscope.compare.result import Comparison

__all__ = ["SAME", "add_columns", "with_texts"]

SAME = 0.8
"""Cosine of the shipped encoder above which two stories count as one; see docs/comparison.md."""


def with_texts(
    result: Comparison,
    table: pd.DataFrame,
    stories: Iterable[Any],
    *,
    codebook: Codebook | None = None,
    score: str | None = None,
    size: str | None = None,
    family: str | None = None,
    condition: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Comparison:
    """Add repetition and stock to a comparison, from the stories that its table was made of.

    Likeness in meaning comes from the shipped sentence encoder.

    Parameters
    ----------
    result : Comparison
        Of `table`; its column, name of people, feature set and seed are used again.
    stories : iterable of Story
        Joined to the table by story id. Stories that the table lacks are left out.
    score, size, family, condition
        See `storyscope.compare.repetition.repetition`.

    Raises
    ------
    CorpusError
        If none of the stories is in the table.
    """
    about = result.about
    source = table[about.by if about.by in table.columns else "source"].astype(object)
    source = source.where(table["source"].astype(str) != about.human, about.human)
    named = dict(zip(table["story_id"].astype(str), source, strict=True))
    compared = {s.name for s in about.sources}
    told = list(stories)
    kept = [
        replace(story, source=str(named[story.id]))
        for story in told
        if str(named.get(story.id)) in compared
    ]
    if not kept:
        raise CorpusError(
            f"None of the {len(told)} stories is in the table (the first is {told[0].id!r}); give "
            "the corpus that the table was made of."
            if told
            else "The corpus of texts holds no story."
        )
    tell = progress or (lambda stage, done, total: None)

    def meaning(texts: list[str]) -> Any:
        return embed(texts, progress=lambda done: tell("meaning (stories)", done, len(texts)))

    notes = list(result.notes)
    repeated, stocked = None, None
    try:
        repeated = repetition(
            kept,
            table=table,
            features=about.features,  # type: ignore[arg-type]
            codebook=codebook,
            embed=meaning,
            same=SAME,
            human=about.human,
            score=score,
            size=size,
            family=family,
            condition=condition,
            seed=about.seed,
            progress=progress,
        )
    except TooLittleData as error:
        notes.append(Note("story", (), str(error).rstrip(".")))
    items = find_items(kept, progress=progress)
    rows = [(story.id, story.source, story.prompt_id) for story in kept]
    listed = pd.DataFrame(rows, columns=["story_id", "source", "prompt_id"])
    try:
        stocked = stock(items, listed, human=about.human, seed=about.seed)
    except TooLittleData as error:
        notes.append(Note("story", (), str(error).rstrip(".")))
    return replace(result, notes=notes, repetition=repeated, stock=stocked)


def add_columns(table: pd.DataFrame, about: pd.DataFrame) -> pd.DataFrame:
    """Join what is known of each source (its family, its size) to every row of a table.

    Parameters
    ----------
    about : DataFrame
        A column ``source`` and others that the table does not have yet.

    Raises
    ------
    TableError
        If there is no such column, a source stands twice, or a column is in the table already.

    Examples
    --------
    >>> table = pd.DataFrame({"source": ["m-70b", "m-8b"], "story_id": ["a", "b"]})
    >>> about = pd.DataFrame({"source": ["m-8b", "m-70b"], "size": [8, 70]})
    >>> add_columns(table, about)["size"].tolist()
    [70, 8]
    """
    if "source" not in about.columns or len(about.columns) < 2:
        raise TableError("What is known of the sources needs a column `source` and another one.")
    if about["source"].duplicated().any():
        twice = about.loc[about["source"].duplicated(), "source"].iloc[0]
        raise TableError(f"The source {twice!r} is described twice.")
    if clash := [c for c in about.columns if c != "source" and c in table.columns]:
        raise TableError(f"The table has a column {clash[0]!r} already; rename the other one.")
    known = about.set_index(about["source"].astype(str))
    joined = {c: table["source"].astype(str).map(known[c]) for c in about.columns if c != "source"}
    added = table.assign(**joined)
    added.attrs = dict(table.attrs)
    return added
