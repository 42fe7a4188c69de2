"""Rows of a feature table: measured from stories, and put together with what made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from storyscope.codebook import ID_PATTERN, JUDGED
from storyscope.corpus import Story
from storyscope.corpus.audit import Tallies, look_at
from storyscope.corpus.findings import Findings, finding_of
from storyscope.errors import StoryscopeError
from storyscope.extract.settings import Settings
from storyscope.table import KEYS, check_table, encodable, textual
from storyscope.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["like_a_feature", "measure_shard", "short_meta", "table_of"]


def measure_shard(shard: list[Story], settings: Settings) -> list[dict[str, Any]]:
    """Rows of one shard; parses and tags stay in the process that made them."""
    from storyscope.extract.annotate import readings
    from storyscope.extract.evidence import passages_of
    from storyscope.extract.own import load_there
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.extract.story import StoryMeasures, measure_reading

    if settings.files:
        load_there(settings.files, settings.features, settings.measures)
    pipeline = load_pipeline(settings.pipeline)
    opened = readings(
        (story.text for story in shard),
        pipeline=pipeline,
        tagger=settings.tagger is not None,
        normalisation=settings.normalisation,
        cache=True,
    )
    rows = []
    for story, (text, reading) in zip(shard, opened, strict=True):
        try:
            measured = measure_reading(reading, settings.features, settings.codebook)
        except Exception as error:
            error.add_note(f"in the story {story.id!r}")
            raise
        found = StoryMeasures(reading, text, measured)
        values = found.values
        kept = {"_evidence": passages_of(found)} if settings.evidence else {}
        rows.append(
            {
                "story_id": story.id,
                "source": story.source,
                "prompt_id": story.prompt_id,
                **short_meta(story, values),
                "words": reading.n_words,
                **values,
                "_changes": dict(text.changes),
                "_found": finding_of(text),
                "_looked": look_at(story.text, text),
                "_pipeline": pipeline.label,
                **kept,
            }
        )
    return rows


def short_meta(story: Story, values: Container[str]) -> dict[str, Any]:
    """Other columns of the corpus that are short enough to be labels; prompts stay out."""
    return {
        str(name): value
        for name, value in story.meta.items()
        if isinstance(value, str | int | float | bool | None)
        and len(str(value)) <= 100
        and name not in (*KEYS, "words")
        and name not in values
        and not like_a_feature(str(name))
        and not str(name).startswith("_")
    }


def like_a_feature(name: str) -> bool:
    """Whether a column is named as a measured or judged feature is, so that it would pass for one."""
    return ID_PATTERN.fullmatch(name.removesuffix(JUDGED)) is not None


def table_of(
    rows: list[dict[str, Any]], settings: Settings, ids: Collection[str], left_out: Iterable[str]
) -> pd.DataFrame:
    """The table of a whole corpus, a row a story.

    Parameters
    ----------
    rows : list of dict
        As `measure_shard` gives them, with ``_order`` and ``_digest``.
    ids : collection of str
        Ids of all stories, each of which has a row.
    left_out : iterable of str
        Columns of the corpus that are named as features are.
    """
    rows = list({row["story_id"]: row for row in rows}.values())
    if len(rows) != len(ids):
        lacking = min(set(ids) - {row["story_id"] for row in rows})
        raise StoryscopeError(
            f"{len(rows)} of {len(ids)} stories have a row ({lacking!r} has none), so that "
            "no table is written."
        )
    for row in rows:
        row.pop("_digest")
    notes = _made_storable(rows)
    if names := ", ".join(map(encodable, left_out)):
        notes.append(f"columns named as features are, left out: {names}")
    table = _assemble(rows, settings)
    if notes:
        table.attrs["storyscope"]["notes"] = notes
    return table


def _made_storable(rows: list[dict[str, Any]]) -> list[str]:
    """Make columns of the corpus ones that any file can hold; what was done to which."""
    notes = []
    own = {*KEYS, "words"}
    names = dict.fromkeys(name for row in rows for name in row)
    for name in names:
        if name in own or name.startswith("_") or like_a_feature(name):
            continue
        if (text := textual([row.get(name) for row in rows])) is not None:
            for row, value in zip(rows, text, strict=True):
                row[name] = value
            notes.append(
                f"column {encodable(name)} is kept as text, since its values are of several kinds "
                "or no file could hold them"
            )
        if (spelled := encodable(name)) != name:
            while spelled in names:
                spelled += "_"
            for row in rows:
                row[spelled] = row.pop(name, None)
            notes.append(f"column {spelled} has half a character in its name, written as an escape")
    return notes


def _assemble(rows: list[dict[str, Any]], settings: Settings) -> pd.DataFrame:
    """Rows in corpus order as a checked table that records what made it."""
    import pandas as pd

    rows = sorted(rows, key=lambda row: row["_order"])
    changes: Counter[str] = Counter()
    found = Findings()
    tallies = Tallies()
    for row in rows:
        changed, finding = row.pop("_changes"), row.pop("_found")
        story_id, source, prompt_id = (row[name] for name in KEYS)
        tallies.add(story_id, source, prompt_id, row.pop("_looked"), changed, finding)
        changes.update(changed)
        found.add(row["story_id"], finding)
        row.pop("_order")
    pipelines = sorted({row.pop("_pipeline") for row in rows})
    columns = dict.fromkeys(name for row in rows for name in row)
    meta = [c for c in columns if c not in KEYS and c not in settings.features and c != "words"]
    order = [*KEYS, *meta, "words", *settings.features]
    table = pd.DataFrame.from_records(rows, columns=order)
    table.attrs["storyscope"] = {
        "storyscope": __version__,
        "codebook": settings.book.version,
        "measures": settings.measures,
        "pipeline": pipelines[0] if len(pipelines) == 1 else pipelines,
        "tagger": settings.tagger,
        "normalisation": asdict(settings.normalisation),
        "normalised": dict(sorted(changes.items())),
        "found": asdict(found),
        "audit": tallies.counts(),
        "meta": meta,
        "stories": len(rows),
    }
    if settings.codebook is not None:
        table.attrs["storyscope"]["codebook_name"] = settings.codebook.name
    return check_table(table, settings.book)
