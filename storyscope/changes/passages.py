"""Passages of both sides for the largest changes, by reading the stories again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from storyscope.changes.result import Change, Passage
from storyscope.codebook import NUMERIC, default_codebook
from storyscope.corpus import Normalisation
from storyscope.extract.annotate import readings
from storyscope.extract.measures import all_measures
from storyscope.extract.story import StoryMeasures, measure_reading
from storyscope.table import provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from storyscope.corpus import Story

__all__ = ["same_value", "with_passages"]

SHOWN = 5
"""Changes that are shown by passages."""
EACH = 2
"""Passages of a story."""
SHORT, AROUND = 40, 50
"""A passage of fewer characters stands in brackets, with so many on either side."""


def with_passages(
    changes: list[Change],
    tables: Mapping[str, pd.DataFrame],
    texts: Mapping[str, Mapping[str, Story]],
    progress: Callable[[str, int, int], None],
) -> tuple[list[Change], list[str]]:
    """Add passages to the largest real changes.

    On each side the story is the one whose value is nearest to the side's median; for an answer,
    one that has it where it is commoner, and one that lacks it on the other side.

    Parameters
    ----------
    changes : list of Change
    tables, texts : mapping
        By "old" and "new": the stories that are compared, and the corpus by story id.

    Returns
    -------
    The changes, and notes on stories that are not what their table was made of.
    """
    known = all_measures()
    asked = [c for c in changes if c.real and c.feature in known][:SHOWN]
    wanted = {
        (change.feature, side): story
        for change in asked
        for side, table in tables.items()
        if (story := _typical(change, side, table[table["story_id"].isin(texts[side].keys())]))
    }
    held: dict[tuple[str, str], StoryMeasures] = {}
    of_story: dict[tuple[str, str], list[str]] = {}
    for (feature, side), story in wanted.items():
        of_story.setdefault((side, story), []).append(feature)
    for done, ((side, story), features) in enumerate(of_story.items()):
        progress("passages (stories)", done, len(of_story))
        made = provenance(tables[side]).get("normalisation")
        options = Normalisation(**made) if isinstance(made, dict) else None
        text = texts[side][story].text
        opened = next(readings([text], normalisation=options, cache=True))
        measured = measure_reading(opened.reading, features)
        held[side, story] = StoryMeasures(opened.reading, opened.normalised, measured)
    progress("passages (stories)", len(of_story), len(of_story))
    other: set[str] = set()
    found = []
    for change in changes:
        passages: list[Passage] = []
        for side in tables:
            story = wanted.get((change.feature, side))
            if story is None:
                continue
            measures = held[side, story]
            if not same_value(measures.values[change.feature], change.feature, story, tables[side]):
                other.add(story)
                continue
            passages += [
                Passage(
                    side, story, e.start, e.end, _shown(texts[side][story].text, e.start, e.end)
                )
                for e in measures.evidence(change.feature, limit=EACH)
            ]
        found.append(replace(change, passages=tuple(passages)))
    notes = [
        f"The text of {story} is not what the table was made of, and its passages are left out."
        for story in sorted(other)
    ]
    return found, notes


def _shown(text: str, start: int, end: int) -> str:
    """A passage, and what stands around a short one.

    >>> _shown("He would not go, and nobody asked.", 9, 12)
    'He would [not] go, and nobody asked.'
    """
    if end - start >= SHORT:
        return text[start:end]
    before = text[max(0, start - AROUND) : start]
    after = text[end : end + AROUND]
    return f"{before.lstrip()}[{text[start:end]}]{after.rstrip()}"


def _typical(change: Change, side: str, table: pd.DataFrame) -> str | None:
    """Id of the story that stands for a side."""
    import numpy as np

    column = table[change.feature].dropna()
    if column.empty:
        return None
    ids = table.loc[column.index, "story_id"]
    kind = default_codebook()[change.feature].kind
    if kind in NUMERIC or kind == "ordinal":
        value = column.astype(float) if kind in NUMERIC else column.cat.codes.astype(float)
        apart = np.abs(value - value.median())
        # The median of a rare thing is often none of it: on the side with more, one that has it.
        more = (change.size.value > 0) == (side == "new")
        if more and value.median() == value.min():
            apart = apart.where(value > value.min(), np.inf)
    else:
        answer = change.answer or "yes"
        has = column.map(lambda v: answer in str(v).split("|")).astype(bool)
        more = (change.new > change.old) == (side == "new")
        apart = (has != more).astype(float)
    return str(sorted(zip(apart, ids, strict=True))[0][1])


def same_value(value: Any, feature: str, story: str, table: pd.DataFrame) -> bool:
    """Whether a text gives the value that the table has for it."""
    kept = table.loc[table["story_id"] == story, feature].iloc[0]
    if isinstance(value, int | float):
        return abs(float(value) - float(kept)) <= 1e-6 * max(1.0, abs(float(kept)))
    return str(value) == str(kept)
