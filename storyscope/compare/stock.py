"""Whether writers reach for the same things: names, places, occupations, openings, endings.

Asks of each kind of item how often a source takes its favourite, how many different ones it uses,
and how many models share a favourite, with people beside them. Every figure is of equal numbers
of items, because larger samples hold more kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.compare.design import Note
from storyscope.compare.diversity import concentration, rarefied_hill
from storyscope.compare.layout import Table, plain
from storyscope.compare.resample import (
    MIN_PROMPTS,
    Estimate,
    Prompts,
    estimate,
    normal_interval,
    over,
)
from storyscope.errors import TableError, TooLittleData

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Favourite", "SourceStock", "Stock", "StockKind", "stock"]

SHOWN = 5
RESAMPLES = 300
MIN_ITEMS = 20
"""A source with fewer items of a kind is left out of that kind."""

GROUPS = 50


@dataclass(frozen=True)
class SourceStock:
    """The items of one kind that one source uses.

    Attributes
    ----------
    source : str
    stories, items : int
        Stories with an item, and items. A story counts an item once.
    top : list of (str, float)
        Its favourites, and the share of its stories that have each.
    top_share : Estimate
        Share of its stories with the favourite.
    herfindahl : Estimate
        Chance that two of its items are the same.
    hill : dict of str to Estimate
        Effective number of items among `m`: all of them ("0"), the usual ("1"), the dominant
        ("2").
    m : int
        Items that these numbers are brought to, the same for all sources.
    """

    source: str
    stories: int
    items: int
    top: list[tuple[str, float]]
    top_share: Estimate
    herfindahl: Estimate
    hill: dict[str, Estimate]
    m: int


@dataclass(frozen=True)
class Favourite:
    """An item that is the favourite of several sources."""

    item: str
    sources: list[str]
    human_share: float | None


@dataclass(frozen=True)
class StockKind:
    """One kind of item.

    Attributes
    ----------
    kind : str
    sources : list of SourceStock
        The most stereotyped first, by the effective number of usual items.
    favourites : list of Favourite
        Items that are the favourite of a model, the most shared first, with the share of people's
        stories that have each.
    agreement : float, or None
        Share of pairs of models with the same favourite.
    """

    kind: str
    sources: list[SourceStock]
    favourites: list[Favourite]
    agreement: float | None


@dataclass(frozen=True)
class Stock:
    """What `stock` found out.

    Attributes
    ----------
    human : str
        The source that stands for people.
    kinds : list of StockKind
    notes : list of Note
    """

    human: str
    kinds: list[StockKind]
    notes: list[Note]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return plain(self)

    def lines(self) -> list[str]:
        """Tell the findings in sentences."""
        from storyscope.compare.repetition_words import stock_sentences

        return stock_sentences(self)

    def tables(self) -> list[Table]:
        """Lay the findings out as tables of text."""
        from storyscope.compare.repetition_words import stock_tables

        return stock_tables(self)


def stock(
    items: pd.DataFrame,
    stories: pd.DataFrame,
    *,
    human: str = "human",
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Stock:
    """Count what the stories of each source are stocked with.

    Parameters
    ----------
    items : DataFrame
        Columns `story_id`, `kind` and `item`, a row an item of a story.
    stories : DataFrame
        Columns `story_id`, `source` and `prompt_id`; a feature table will do.

    Raises
    ------
    TableError
        If a column is missing, or an item belongs to no story.
    TooLittleData
        If no source has at least 20 items of a kind.
    """
    _check(items, ("story_id", "kind", "item"), "items")
    _check(stories, ("story_id", "source", "prompt_id"), "stories")
    known = stories.set_index("story_id")
    strange = items.loc[~items["story_id"].isin(known.index), "story_id"]
    if len(strange):
        raise TableError(
            f"An item belongs to story {strange.iloc[0]!r}, which is not in the table."
        )
    items = items.dropna(subset=["item"]).drop_duplicates(["story_id", "kind", "item"])
    items = items.assign(
        source=known["source"].astype(str).loc[items["story_id"]].to_numpy(),
        prompt=known["prompt_id"].astype(str).loc[items["story_id"]].to_numpy(),
    )
    prompts = np.unique(known["prompt_id"].astype(str))
    draws = Prompts(len(prompts), resamples, seed)
    kinds: list[StockKind] = []
    notes: list[Note] = []
    for kind, mine in items.groupby("kind", sort=True):
        found = _kind(str(kind), mine, prompts, draws, human, notes)
        if found:
            kinds.append(found)
    if not kinds:
        raise TooLittleData(
            f"No source has {MIN_ITEMS} items of any kind."
            " Shorter stories hold few; give more of them."
        )
    return Stock(human, kinds, notes)


def _check(table: pd.DataFrame, wanted: tuple[str, ...], name: str) -> None:
    if lacking := [column for column in wanted if column not in table.columns]:
        raise TableError(f"The table of {name} has no column {lacking[0]!r}.")


def _kind(
    kind: str,
    items: pd.DataFrame,
    prompts: NDArray,
    draws: Prompts,
    human: str,
    notes: list[Note],
) -> StockKind | None:
    held = items["source"].value_counts()
    few = sorted(held.index[held < MIN_ITEMS])
    if few:
        what = f"fewer than {MIN_ITEMS} items of the kind {kind!r}; left out there"
        notes.append(Note("source", tuple(few), what))
    names = sorted(held.index[held >= MIN_ITEMS], key=lambda name: (name != human, name))
    if not names:
        return None
    # Somewhat fewer than the smallest source has, so that leaving out prompts leaves enough.
    m = max(2, int(0.8 * items["source"].value_counts()[names].min()))
    rows = [_source(name, items[items["source"] == name], prompts, draws, m) for name in names]
    models = [row for row in rows if row.source != human]
    people = items[items["source"] == human]
    counts = people.groupby("item")["story_id"].nunique()
    told = people["story_id"].nunique()
    shared: dict[str, list[str]] = {}
    for row in models:
        shared.setdefault(row.top[0][0], []).append(row.source)
    favourites = [
        Favourite(item, sources, float(counts.get(item, 0)) / told if told else None)
        for item, sources in sorted(shared.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    pairs = len(models) * (len(models) - 1) / 2
    same = sum(len(s) * (len(s) - 1) / 2 for s in shared.values())
    return StockKind(
        kind=kind,
        sources=sorted(rows, key=lambda row: row.hill["1"].value),
        favourites=favourites,
        agreement=same / pairs if pairs else None,
    )


def _source(
    name: str, items: pd.DataFrame, prompts: NDArray, draws: Prompts, m: int
) -> SourceStock:
    levels, item = np.unique(items["item"].astype(str).to_numpy(dtype=str), return_inverse=True)
    prompt = np.searchsorted(prompts, items["prompt"].to_numpy(dtype=str))
    counts = np.bincount(item, minlength=len(levels))
    first = items.drop_duplicates("story_id")
    told = np.bincount(
        np.searchsorted(prompts, first["prompt"].to_numpy(dtype=str)), minlength=len(prompts)
    )
    order = np.lexsort((levels, -counts))
    best = int(order[0])
    with_best = np.bincount(prompt[item == best], minlength=len(prompts))
    used = len(np.unique(prompt))
    stories = int(told.sum())
    # Counts of every item in every draw of prompts.
    cells = np.zeros((len(prompts), len(levels)), np.float32)
    np.add.at(cells, (prompt, item), 1)
    drawn = (draws.drawn @ cells).astype(float)
    shares = (draws.drawn @ np.column_stack([with_best, told]).astype(np.float32)).astype(float)
    top = over(shares[:, 0], shares[:, 1])
    found = estimate(float(counts[best] / stories), top, used)
    alike = estimate(concentration(counts), _unbiased(drawn, cells, draws), used)
    hill = {}
    for q in (0, 1, 2):
        value = rarefied_hill(counts, q, m)
        hill[str(q)] = _spread(value, counts, cells, q, m, used)
    zero = Estimate(0.0, None, None, used)
    return SourceStock(
        source=name,
        stories=stories,
        items=int(counts.sum()),
        top=[(str(levels[i]), float(counts[i] / stories)) for i in order[:SHOWN]],
        top_share=found or zero,
        herfindahl=alike or zero,
        hill=hill,
        m=m,
    )


def _unbiased(drawn: Floats, cells: NDArray, draws: Prompts) -> Floats:
    """Chance that two items are the same, resampled: pairs from one drawn prompt left out.

    A prompt that is drawn twice would otherwise meet itself.
    """
    weights = draws.drawn.astype(float)
    own = (cells.astype(float) ** 2).sum(axis=1)
    size = cells.sum(axis=1).astype(float)
    same = (drawn**2).sum(axis=1) - (weights**2) @ own
    pairs = drawn.sum(axis=1) ** 2 - (weights**2) @ size**2
    return over(same, pairs)


def _spread(value: float, counts: Ints, cells: NDArray, q: int, m: int, used: int) -> Estimate:
    """Find the interval of a Hill number by leaving out groups of prompts in turn.

    Resampling with replacement repeats items and makes any stock look poorer than it is.
    """
    if used < MIN_PROMPTS:
        return Estimate(value, None, None, used)
    held = np.flatnonzero(cells.any(axis=1))
    groups = np.arange(len(held)) * GROUPS // len(held) if len(held) > GROUPS else held
    without = []
    for group in np.unique(groups):
        rest = counts - cells[held[groups == group]].sum(axis=0).astype(int)
        without.append(rarefied_hill(rest, q, min(m, int(rest.sum()))))
    parts = np.array(without)
    error = sqrt((len(parts) - 1) / len(parts) * float(((parts - parts.mean()) ** 2).sum()))
    return normal_interval(value, error, used)
