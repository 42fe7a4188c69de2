"""One diff from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from storyscope.changes.passages import with_passages
from storyscope.changes.power import power
from storyscope.changes.result import Change, Diff, Side
from storyscope.codebook import Codebook, FeatureSet, default_codebook
from storyscope.compare.design import MIN_STORIES, Design
from storyscope.compare.distance import encode
from storyscope.compare.features import FeatureRow, describe_features
from storyscope.compare.multiplicity import BOUND
from storyscope.compare.resample import MIN_PROMPTS, Prompts
from storyscope.errors import TableError, TooLittleData
from storyscope.table import check_table, feature_ids, provenance

if TYPE_CHECKING:
    from storyscope.corpus import Story

    Progress = Callable[[str, int, int], None]

__all__ = ["check_made_alike", "run"]

RESAMPLES = 1000
MADE = ("codebook", "measures", "tagger", "pipeline", "normalisation")
"""What decides the values of a table; tables that differ in one of them do not compare."""


def run(
    old: pd.DataFrame,
    new: pd.DataFrame,
    features: FeatureSet,
    texts: Iterable[Story] | None,
    new_texts: Iterable[Story] | None,
    seed: int,
    codebook: Codebook | None,
    progress: Progress | None,
) -> Diff:
    """See `storyscope.changes.diff`."""
    tell = progress or (lambda stage, done, total: None)
    book = codebook or default_codebook()
    tables = {"old": check_table(old, book), "new": check_table(new, book)}
    notes = check_made_alike(old, new)
    sources = {side: _one_source(side, table) for side, table in tables.items()}
    whole = {side: len(table) for side, table in tables.items()}
    shared = set(tables["old"]["prompt_id"]) & set(tables["new"]["prompt_id"])
    matched = len(shared) >= MIN_PROMPTS
    if matched:
        tables = {s: t[t["prompt_id"].isin(shared)] for s, t in tables.items()}
    tables = {s: t.sort_values("story_id", kind="stable") for s, t in tables.items()}
    for side, table in tables.items():
        _enough(side, sources[side], table)
    joined, design = _laid_out(tables, book)
    ids = feature_ids(joined, book, features)
    if not ids or joined[ids].isna().to_numpy().all():
        raise TooLittleData(
            f"The tables have no {'' if features == 'all' else features + ' '}feature with a value; "
            "make them with `storyscope score`, or ask for another set of features."
        )
    columns = encode(joined, book, ids)
    with threadpool_limits(limits=1, user_api="blas"):
        draws = Prompts(len(design.prompts), RESAMPLES, seed)
        rows = describe_features(
            columns, book, design, draws, over_prompts=not matched, progress=progress
        )
        changes = [change for row in rows if (change := _change(row, book))]
        changes.sort(key=lambda c: (not c.real, -abs(c.size.value), c.feature))
        tell("power", 0, 1)
        tested = sum(change.q is not None for change in changes)
        if not tested:
            notes.append("At every prompt the two hold the same values; is it one table twice?")
        strength = power(columns.numeric, design, tested, seed)
        tell("power", 1, 1)
    if texts is not None or new_texts is not None:
        first = list(texts or ())
        by_side = {"old": first, "new": first if new_texts is None else list(new_texts)}
        by_id = {side: {s.id: s for s in stories} for side, stories in by_side.items()}
        for side, table in tables.items():
            if not set(table["story_id"]) & set(by_id[side]):
                raise TableError(
                    f"None of the stories of the {side} table is among the texts; its first is "
                    f"{table['story_id'].iloc[0]!r}. Give the corpus it was made of."
                )
        changes, more = with_passages(changes, tables, by_id, tell)
        notes += more
    sides = {
        side: Side(
            sources[side],
            len(table),
            int(table["prompt_id"].nunique()),
            whole[side] - len(table),
            {k: v for k, v in provenance(given).items() if k in ("storyscope", *MADE)},
        )
        for (side, table), given in zip(tables.items(), (old, new), strict=True)
    }
    notes += [
        f"{s.left_out} stories of {s.source} ({side}) are on prompts that the other side lacks, and "
        "are left out."
        for side, s in sides.items()
        if s.left_out
    ]
    return Diff(
        sides["old"], sides["new"], matched, features, book.version, book.name, changes, strength,
        notes, seed,
    )  # fmt: skip


def check_made_alike(old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """Refuse tables whose values do not compare; notes where that is not known.

    Raises
    ------
    TableError
        If codebook, measures, tagger, pipeline or normalisation differ.
    """
    first, second = provenance(old), provenance(new)
    if not first and not second:
        return ["Neither table says what made it; their values compare only if the same did."]
    if not first or not second:
        which = "old" if not first else "new"
        return [
            f"The {which} table does not say what made it; values compare only if the same did."
        ]
    for what in MADE:
        if first.get(what) != second.get(what):
            told = (
                f"another {what}"
                if isinstance(first.get(what), dict) or isinstance(second.get(what), dict)
                else f"{what} {_told(first.get(what))} and the new with {_told(second.get(what))}"
            )
            raise TableError(
                f"The old table was made with {told}, so that their values do not compare; score "
                "both corpora with one version and the same settings: "
                "`storyscope score CORPUS -o table.parquet`."
            )
    return []


def _told(value: Any) -> str:
    return "none" if value is None else str(value)


def _one_source(side: str, table: pd.DataFrame) -> str:
    names = sorted(set(table["source"]))
    if len(names) != 1:
        few = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        raise TableError(
            f"The {side} table has {len(names)} sources ({few}), and a diff is of one on each side; "
            f"name it with --{side}."
            if names
            else f"The {side} table has no story."
        )
    return str(names[0])


def _enough(side: str, source: str, table: pd.DataFrame) -> None:
    prompts = table["prompt_id"].nunique()
    if len(table) < MIN_STORIES or prompts < MIN_PROMPTS:
        raise TooLittleData(
            f"{source} ({side}) has {len(table)} stories on {prompts} prompts; a diff needs "
            f"{MIN_PROMPTS} prompts on each side to tell a change from chance."
        )


def _laid_out(tables: dict[str, pd.DataFrame], book: Codebook) -> tuple[pd.DataFrame, Design]:
    """Both sides under one another, old first, whatever the names of stories and sources."""
    parts = [t.assign(source=s, story_id=s + "/" + t["story_id"]) for s, t in tables.items()]
    for part in parts:
        part.attrs = {}
    joined = check_table(pd.concat(parts, ignore_index=True), book)
    prompts, at = np.unique(joined["prompt_id"].to_numpy(dtype=str), return_inverse=True)
    side = (joined["source"] == "new").to_numpy().astype(int)
    return joined, Design(("old", "new"), tuple(prompts.tolist()), side, at, None)


def _change(row: FeatureRow, book: Codebook) -> Change | None:
    effect = next((e for e in row.effects if e.source == "new"), None)
    if effect is None:
        return None
    of = {s: row.shares[s][effect.level] for s in row.shares} if effect.level else row.means
    size = effect.size
    apart = effect.measure == "V" or (
        size.low is not None and size.high is not None and size.low * size.high > 0
    )
    return Change(
        row.id, row.name, row.dimension, row.kind, book[row.id].unit, row.style, effect.level,
        of["old"], of["new"], effect.measure, size, effect.p, effect.q,
        real=apart and effect.q is not None and effect.q < BOUND,
    )  # fmt: skip
