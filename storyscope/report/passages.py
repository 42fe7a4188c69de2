"""Short passages that show a feature, from the stories that a table was made of.

They come from a file that `storyscope score --evidence` wrote, or from a few typical stories of each
source that are read again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.errors import CorpusError, TableError
from storyscope.table import provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from storyscope.corpus import Story

__all__ = ["Excerpt", "excerpts", "read_evidence"]

EACH = 2
"""Passages of a feature and source that are kept."""
TYPICAL = 3
"""Stories of a source that are read again where there is no file of passages."""
AT_LEAST, AT_MOST = 30, 240
"""Characters of a passage that stands by itself; longer ones are cut."""
AROUND = 70
"""Characters on either side of a passage."""
MADE = ("codebook", "measures", "tagger", "pipeline")
"""What must be the same for a file of passages to belong to a table."""


@dataclass(frozen=True)
class Excerpt:
    """A passage with what stands around it.

    Attributes
    ----------
    source, story : str
        Who wrote it, and the story's id.
    start, end : int
        Characters [start, end) of the text as it was given.
    before, text, after : str
        A long passage is cut, and ends in "…".
    """

    source: str
    story: str
    start: int
    end: int
    before: str
    text: str
    after: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def excerpts(
    table: pd.DataFrame,
    texts: Iterable[Story],
    *,
    evidence: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[dict[str, dict[str, list[Excerpt]]], list[str]]:
    """At most two short passages of every feature and source, and what could not be shown.

    Parameters
    ----------
    table : DataFrame
    texts : iterable of Story
        Joined to the table by story id; stories that the table lacks are left out.
    evidence : str or Path, optional
        A file that `storyscope score --evidence` wrote.
    progress : callable, optional

    Returns
    -------
    By feature id and source the passages, each of another story where there are several; and notes.

    Raises
    ------
    CorpusError
        If none of the stories is in the table.
    TableError
        If the file of passages cannot be read, or was made otherwise than the table.
    """
    source_of = dict(zip(table["story_id"].astype(str), table["source"].astype(str), strict=True))
    stories = {story.id: story for story in texts if story.id in source_of}
    if not stories:
        raise CorpusError(
            f"None of the stories is in the table, whose first is {next(iter(source_of), '')!r}; give "
            "the corpus that the table was made of."
        )
    notes: list[str] = []
    if evidence is not None:
        rows = read_evidence(evidence, provenance(table))
    else:
        rows, notes = _read_again(table, stories, progress or (lambda stage, done, total: None))
    rows = rows[rows["story_id"].isin(stories.keys())]
    rows = rows.assign(source=rows["story_id"].map(source_of))
    found: dict[str, dict[str, list[Excerpt]]] = {}
    for row in _chosen(rows).itertuples(index=False):
        text = stories[str(row.story_id)].text
        start, end = int(row.start), int(row.end)
        if 0 <= start < end <= len(text):
            one = _excerpt(str(row.source), str(row.story_id), text, start, end)
            found.setdefault(str(row.feature), {}).setdefault(one.source, []).append(one)
    return found, notes


def read_evidence(path: str | Path, made: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of a file of passages, checked against what made a table.

    Raises
    ------
    TableError
        If it is no such file, or codebook, measures, tagger or pipeline differ.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from storyscope.extract.evidence import is_evidence

    path = Path(path)
    if not path.is_file():
        raise TableError(f"There is no file {path}; write it with `storyscope score --evidence`.")
    if not is_evidence(path):
        raise TableError(
            f"{path} holds no passages; write such a file with `storyscope score CORPUS --evidence "
            f"{path.stem}.parquet`."
        )
    try:
        held = pq.read_table(path)
        record = json.loads((held.schema.metadata or {})[b"storyscope.passages"])
        rows: pd.DataFrame = held.to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise TableError(f"{path} cannot be read: {error}") from error
    for what in MADE:
        if what in record and what in made and record[what] != made[what]:
            raise TableError(
                f"The passages of {path} were made with another {what} than the table; write both in "
                f"one run: `storyscope score CORPUS -o table.parquet --evidence {path.name}`."
            )
    return rows


def _read_again(
    table: pd.DataFrame, stories: Mapping[str, Story], tell: Callable[[str, int, int], None]
) -> tuple[pd.DataFrame, list[str]]:
    """Passages of a few stories of each source, those nearest to its usual length."""
    import pandas as pd

    from storyscope.changes.passages import same_value
    from storyscope.corpus import Normalisation
    from storyscope.extract.annotate import readings
    from storyscope.extract.evidence import passages_of
    from storyscope.extract.measures import all_measures
    from storyscope.extract.story import StoryMeasures, measure_reading

    known = [f for f in table.columns if f in all_measures()]
    made = provenance(table).get("normalisation")
    options = Normalisation(**made) if isinstance(made, dict) else None
    chosen = [
        i for _, group in table.groupby("source", sort=True) for i in _typical(group, stories)
    ]
    rows: list[tuple[Any, ...]] = []
    other: list[str] = []
    for done, story in enumerate(chosen):
        tell("passages (stories)", done, len(chosen))
        opened = next(readings([stories[story].text], normalisation=options, cache=True))
        measured = measure_reading(opened.reading, known)
        read = StoryMeasures(opened.reading, opened.normalised, measured)
        kept = table[table["story_id"] == story].iloc[0]
        alike = {
            f for f, v in read.values.items()
            if v is not None and pd.notna(kept[f]) and same_value(v, f, story, table)
        }  # fmt: skip
        if len(alike) < 0.5 * sum(v is not None for v in read.values.values()):
            other.append(story)
            continue
        rows += [(story, *passage) for passage in passages_of(read) if passage[0] in alike]
    tell("passages (stories)", len(chosen), len(chosen))
    notes = [
        f"The text of {story} is not what the table was made of, and no passages of it are shown."
        for story in other
    ]
    return pd.DataFrame(rows, columns=["story_id", "feature", "start", "end", "probability"]), notes


def _typical(group: pd.DataFrame, stories: Mapping[str, Story]) -> list[str]:
    ids = [i for i in group["story_id"].astype(str) if i in stories]
    lengths = {i: len(stories[i].text) for i in ids}
    middle = sorted(lengths.values())[len(ids) // 2] if ids else 0
    return sorted(ids, key=lambda i: (abs(lengths[i] - middle), i))[:TYPICAL]


def _chosen(rows: pd.DataFrame) -> pd.DataFrame:
    """The passages to show: of readable length, surest first, each of another story if possible."""
    size = rows["end"] - rows["start"]
    rows = rows.assign(
        short=size < AT_LEAST, long=size > AT_MOST, odd=(size - 110).abs(),
        sure=rows["probability"].astype(float).fillna(0.0).round(2),
    ).sort_values(
        ["feature", "source", "long", "short", "sure", "odd", "story_id", "start"],
        ascending=[True, True, True, True, False, True, True, True],
    )  # fmt: skip
    nth = rows.groupby(["feature", "source", "story_id"], sort=False).cumcount()
    rows = rows.assign(nth=nth).sort_values(["feature", "source", "nth"], kind="stable")
    return rows.groupby(["feature", "source"], sort=False).head(EACH)


def _excerpt(source: str, story: str, text: str, start: int, end: int) -> Excerpt:
    """A passage, cut if it is long, with the words around it.

    >>> one = _excerpt("m", "s1", "He would not go, and nobody asked.", 9, 12)
    >>> one.before, one.text, one.after
    ('He would ', 'not', ' go, and nobody asked.')
    """
    told = text[start:end]
    if len(told) > AT_MOST:
        told = told[:AT_MOST].rsplit(None, 1)[0] + "…"
        after = ""
    else:
        after = text[end : end + AROUND]
        if end + AROUND < len(text):
            after = after.rpartition(" ")[0] + " …"
    before = text[max(0, start - AROUND) : start]
    if start > AROUND:
        before = "… " + before.partition(" ")[2]
    return Excerpt(source, story, start, end, *(_one_line(part) for part in (before, told, after)))


def _one_line(text: str) -> str:
    """Breaks of lines as single blanks, blanks at the ends kept."""
    words = " ".join(text.split())
    return f"{' ' if text[:1].isspace() and words else ''}{words}{' ' if text[-1:].isspace() and words else ''}"
