"""One comparison from beginning to end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from storyscope.codebook import Codebook, FeatureSet, default_codebook
from storyscope.compare.cloud import Cloud, cloud
from storyscope.compare.design import Design, Note, lay_out, sample_prompts
from storyscope.compare.distance import MIN_OVERLAP, Columns, Gower, ZScored, encode
from storyscope.compare.features import describe_features
from storyscope.compare.location import locate
from storyscope.compare.maps import draw_maps
from storyscope.compare.matched import Matched, matched
from storyscope.compare.near import Near, different_prompts, redrawn, unmatched
from storyscope.compare.rarity import rarity
from storyscope.compare.resample import LEVEL, Groups, Prompts, mean_given
from storyscope.compare.result import SCHEMA, About, Comparison, SourceCount
from storyscope.compare.structure import LIMIT, structure
from storyscope.compare.tree import Tree, grow
from storyscope.errors import TooLittleData
from storyscope.spoils import what_spoils
from storyscope.table import check_table, feature_ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Progress = Callable[[str, int, int], None]

__all__ = ["run", "same_prompt"]

DISTANCE = (
    "Gower: mean difference over the features that both stories answer, each in units of the "
    "range its codebook declares, every dimension weighing the same"
)


@threadpool_limits.wrap(limits=1, user_api="blas")
def run(
    table: pd.DataFrame,
    *,
    features: FeatureSet,
    by: str,
    human: str,
    seed: int,
    resamples: int,
    permutations: int,
    progress: Progress | None,
    codebook: Codebook | None,
) -> Comparison:
    """See `storyscope.compare.compare`.

    Linear algebra runs on one thread: then the result does not hang on the number of processors,
    and many small products are not slowed by threads that wait for one another.
    """
    if permutations < 19 or resamples < 50:
        raise ValueError("A comparison needs at least 19 permutations and 50 resamples.")
    tell = progress or (lambda stage, done, total: None)
    codebook = codebook or default_codebook()
    tell("reading", 0, 1)
    whole = check_table(table, codebook)
    table, columns, design, notes = _lay_out(whole, features, by, human, codebook)
    spoils = what_spoils(whole, by=by, human=human)
    tell("reading", 1, 1)

    space = Gower(columns)
    draws = Prompts(len(design.prompts), resamples, seed)
    tell("matched", 0, 1)
    at_same_prompt, between = matched(
        space, design, draws, words=_words(table), other=ZScored(columns),
        permutations=permutations, seed=seed,
    )  # fmt: skip
    if at_same_prompt.dropped:
        what = (
            f"{at_same_prompt.dropped} of {at_same_prompt.pairs} pairs share answers to features with "
            f"less than {MIN_OVERLAP:.0%} of the weight, and are left out"
        )
        notes.append(Note("distance", (), what))
    tell("matched", 1, 1)

    tell("location", 0, 1)
    held = cloud(space, design, seed)
    if len(held) < len(design):
        what = (
            f"location, structure and map rest on {len(held)} of {len(design)} stories: whole "
            "prompts drawn by the seed"
        )
        notes.append(Note("size", (), what))
    near = different_prompts(held, design, Groups(held.design.prompt, seed))
    location = locate(held, design, near, permutations=permutations, seed=seed)
    tell("location", 1, 1)
    places = sample_prompts(held.design, LIMIT, seed, "structure")
    part = held.part(places) if len(places) < len(held) else held
    clusters = structure(part, permutations=permutations, seed=seed, progress=progress)
    rare = rarity(space, design, draws, permutations=permutations, seed=seed, progress=progress)
    tell("map", 0, 1)
    tree = _tree(design, draws, between, near, held)
    story_ids = table["story_id"].to_numpy()[held.rows]
    drawn = draw_maps(held, columns.rows(held.rows), story_ids, seed)
    tell("map", 1, 1)
    return Comparison(
        about=_about(table, design, columns, codebook, features, by, human,
                     seed, resamples, permutations),
        notes=notes,
        matched=at_same_prompt,
        unmatched=unmatched(near, design),
        location=location,
        structure=clusters,
        rarity=rare,
        tree=tree,
        map=drawn,
        features=describe_features(columns, codebook, design, draws, progress=progress),
        spoils=spoils,
    )  # fmt: skip


def same_prompt(
    table: pd.DataFrame,
    *,
    features: FeatureSet = "narrative",
    human: str = "human",
    seed: int = 0,
    resamples: int = 2000,
    codebook: Codebook | None = None,
) -> Matched:
    """Distances at the same prompt alone, without all else that a comparison holds.

    Raises
    ------
    TableError, UnknownFeature, TooLittleData
        As `storyscope.compare.compare`.
    """
    codebook = codebook or default_codebook()
    laid = _lay_out(check_table(table, codebook), features, "source", human, codebook)
    draws = Prompts(len(laid.design.prompts), resamples, seed)
    return matched(
        Gower(laid.columns), laid.design, draws, words=_words(laid.table), other=None,
        permutations=999, seed=seed,
    )[0]  # fmt: skip


class _Laid(NamedTuple):
    """A table that is laid out for comparison."""

    table: pd.DataFrame
    columns: Columns
    design: Design
    notes: list[Note]


def _lay_out(
    table: pd.DataFrame, features: FeatureSet, by: str, human: str, codebook: Codebook
) -> _Laid:
    ids = feature_ids(table, codebook, features)
    if not ids or table[ids].isna().to_numpy().all():
        raise TooLittleData(
            f"The table has no {'' if features == 'all' else features + ' '}feature with a value; "
            "make one with `storyscope score`, or ask for another set of features."
        )
    columns = encode(table, codebook, ids)
    bare = Gower(columns).answered < MIN_OVERLAP
    notes = [_bare_note(table, by, bare)] if bare.any() else []
    design, rows, more = lay_out(table[~bare], by, human)
    rows = np.flatnonzero(~bare)[rows]
    table, columns = table.iloc[rows], columns.rows(rows)
    return _Laid(table, columns, design, notes + more + _feature_notes(columns))


def _bare_note(table: pd.DataFrame, by: str, bare: NDArray[np.bool_]) -> Note:
    label = table[by if by in table.columns else "source"].astype(str)
    counts = label[bare].value_counts().sort_index()
    each = ", ".join(f"{n} of {name}" for name, n in counts.items())
    many = "story is" if bare.sum() == 1 else "stories are"
    what = (
        f"{bare.sum()} {many} set aside and not counted, since features with less than "
        f"{MIN_OVERLAP:.0%} of the weight have a value there, mostly for want of length: {each}"
    )
    return Note("story", (), what)


def _feature_notes(columns: Columns) -> list[Note]:
    """Features that say nothing, by name."""
    empty, constant = [], []
    values = np.column_stack([columns.numeric, columns.nominal])
    for place, feature_id in enumerate(columns.ids):
        given = columns.present[:, place]
        if not given.any():
            empty.append(feature_id)
            continue
        multi = place - values.shape[1]
        held = values[given, place] if multi < 0 else columns.chosen[multi][given]
        if (held == held[0]).all():
            constant.append(feature_id)
    notes = []
    if empty:
        notes.append(Note("feature", tuple(empty), "no story has a value, so that nothing is used"))
    if constant:
        what = "the same in all stories: they count as agreement in distances and tell nothing else"
        notes.append(Note("feature", tuple(constant), what))
    return notes


def _tree(
    design: Design, draws: Prompts, between: NDArray[np.float64], near: Near, held: Cloud
) -> Tree | None:
    """From distances at the same prompt, if people and models share any."""
    if design.human is not None and not design.with_people:
        drawn = redrawn(held, design, draws)
        return grow(design.sources, near.values[0], drawn, "different prompts")
    mean = mean_given(between, 0)
    drawn = draws.means(between.reshape(len(between), -1)).reshape(-1, *mean.shape)
    return grow(design.sources, mean, drawn, "same prompt")


def _words(table: pd.DataFrame) -> NDArray[np.float64] | None:
    if "words" not in table.columns:
        return None
    return pd.to_numeric(table["words"], errors="coerce").to_numpy(dtype=float)


def _about(
    table: pd.DataFrame,
    design: Design,
    columns: Columns,
    codebook: Codebook,
    features: str,
    by: str,
    human: str,
    seed: int,
    resamples: int,
    permutations: int,
) -> About:
    cells = design.cells
    return About(
        schema=SCHEMA,
        features=features,
        codebook=codebook.version,
        codebook_name=codebook.name,
        n_features=len(columns.ids),
        dimensions={d: n for d in codebook.dimensions if (n := Counter(columns.dimensions)[d])},
        by=by,
        human=human,
        stories=len(design),
        prompts=len(design.prompts),
        shared_prompts=int(((cells > 0).sum(axis=1) > 1).sum()),
        sources=[
            SourceCount(
                name, s == design.human, int(cells[:, s].sum()), int((cells[:, s] > 0).sum())
            )
            for s, name in enumerate(design.sources)
        ],
        distance=DISTANCE,
        level=LEVEL,
        seed=seed,
        resamples=resamples,
        permutations=permutations,
    )
