"""What must not move a narrative feature: typography, markup, spelling variant, names, length.

Each story is measured as it is and again re-typeset, respelled or with other names. A feature
stands the test where the mean shift is within a tenth of a standard deviation, few stories move by
more than a fifth of one, and labels hardly ever flip (the bounds of equivalence used throughout this project).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from storyscope.codebook import NUMERIC, default_codebook
from storyscope.corpus import normalise
from storyscope.extract.annotate import readings
from storyscope.extract.measures import TAGGED
from storyscope.extract.reading import Reading
from storyscope.extract.story import measure_reading
from storyscope.extract.tagger import CHOICES, FAMILIES, SCALES
from storyscope.validate.variants import OTHER_NAMES, VARIANTS, variant

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.extract.pipeline import Pipeline

__all__ = ["Shift", "length_correlations", "shifts", "tag_values"]

MEAN_SHIFT = 0.1
"""Largest mean shift that passes, in standard deviations over the stories."""
MOVED = 0.2
"""A story has moved if its value shifts by more than this, in standard deviations."""
SHARE_MOVED = 0.05
FLIPPED = 0.02


@dataclass(frozen=True)
class Shift:
    """How one variant moves one feature, or one thing that the tagger says.

    Attributes
    ----------
    variant, feature : str
        A feature id, or a name from `tag_values`.
    stories : int
        With a value in both.
    mean : float
        Mean shift in standard deviations over the stories; 0 for labels.
    moved : float
        Share of the stories that moved, or whose label flipped.
    defined : float
        Share of the stories whose value became undefined or stopped being so.
    label : bool
        Whether the value is a label.
    basis : str
        "rules", "tagger" (a measure over what the tagger found) or "tags" (what it says itself).
    """

    variant: str
    feature: str
    stories: int
    mean: float
    moved: float
    defined: float
    label: bool
    basis: Literal["rules", "tagger", "tags"] = "rules"

    @property
    def stands(self) -> bool:
        """Whether the feature passes."""
        if self.label:
            return self.moved <= FLIPPED and self.defined <= FLIPPED
        return abs(self.mean) <= MEAN_SHIFT and self.moved <= SHARE_MOVED

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "stands": self.stands}


def shifts(
    texts: Iterable[str],
    pipeline: Pipeline,
    *,
    variants: Iterable[str] = (*VARIANTS, OTHER_NAMES),
    progress: Callable[[int], None] | None = None,
) -> list[Shift]:
    """Measure every text as it is and in each variant.

    Parameters
    ----------
    texts : iterable of str
        Stories as they were given.
    pipeline : Pipeline
    variants : iterable of str
        Names of `VARIANTS`, and `OTHER_NAMES`.
    progress : callable, optional
        Told how many texts are done.

    Returns
    -------
    list of Shift
        One for each variant and feature, and for each variant and thing that the tagger says.
    """
    names = list(variants)
    plain: list[dict[str, Any]] = []
    varied: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for done, text in enumerate(texts, 1):
        normalised, reading = next(readings([text], pipeline=pipeline, cache=True))
        settled = normalised.text
        plain.append(_values(reading))
        for name in names:
            other = normalise(variant(settled, name, reading)).text
            if other == settled:
                varied[name].append(plain[-1])
            else:
                _, again = next(readings([other], pipeline=pipeline, cache=True))
                varied[name].append(_values(again))
        if progress is not None:
            progress(done)
    found = []
    for feature in plain[0] if plain else ():
        numeric = _is_number(feature)
        before = [row[feature] for row in plain]
        scale = _spread(before) if numeric else 1.0
        for name in names:
            after = [row[feature] for row in varied[name]]
            found.append(_shift(name, feature, before, after, scale, numeric))
    return found


def tag_values(reading: Reading) -> dict[str, float | str]:
    """What the tagger says of a story, in one value each.

    Returns
    -------
    dict
        ``told FAMILY``, the share of the sentences that tell it; ``tension``, its mean;
        ``scale NAME`` and ``choice NAME``.
    """
    tags = reading.tags
    n = max(len(reading.sentences), 1)
    values: dict[str, float | str] = {
        f"told {f}": sum(p.last - p.first + 1 for p in reading.told(f)) / n for f in FAMILIES
    }
    values["tension"] = float(tags.tension.mean()) if len(tags.tension) else 0.0
    values |= {f"scale {s}": tags.scales[s] for s in SCALES}
    values |= {f"choice {c}": tags.choice(c) for c in CHOICES}
    return values


def _values(reading: Reading) -> dict[str, Any]:
    measured = {f: m.value for f, m in measure_reading(reading).items()}
    return {**measured, **tag_values(reading)}


def _is_number(name: str) -> bool:
    book = default_codebook()
    return book[name].kind in NUMERIC if name in book else not name.startswith("choice ")


def _basis(name: str) -> Literal["rules", "tagger", "tags"]:
    if name not in default_codebook():
        return "tags"
    return "tagger" if name in TAGGED else "rules"


def _spread(values: list[Any]) -> float:
    given = [v for v in values if v is not None]
    return float(np.std(given)) if len(given) > 1 else 0.0


def _shift(
    name: str, feature: str, before: list[Any], after: list[Any], scale: float, numeric: bool
) -> Shift:
    both = [(a, b) for a, b in zip(before, after, strict=True) if a is not None and b is not None]
    broken = sum((a is None) != (b is None) for a, b in zip(before, after, strict=True))
    defined, basis = broken / max(len(before), 1), _basis(feature)
    if not numeric:
        flipped = sum(a != b for a, b in both) / max(len(both), 1)
        return Shift(name, feature, len(both), 0.0, flipped, defined, True, basis)
    moves = np.array([b - a for a, b in both])
    if scale <= 0 or not len(moves):
        still = not len(moves) or not np.abs(moves).max() > 1e-9
        moved = 0.0 if still else 1.0
        return Shift(name, feature, len(both), moved, moved, defined, False, basis)
    moves = moves / scale
    share = float((np.abs(moves) > MOVED).mean())
    return Shift(name, feature, len(both), float(moves.mean()), share, defined, False, basis)


def length_correlations(table: pd.DataFrame) -> dict[str, float]:
    """Rank correlation of every graded feature with the number of words.

    Sources are taken apart, so that the habits of one do not pass for length.

    Parameters
    ----------
    table : DataFrame
        A feature table with the column ``words``.

    Returns
    -------
    dict of feature id to float
        Mean over the sources, weighted by their stories; labels are counted by their order, yes as 1.
    """
    from scipy.stats import rankdata

    book = default_codebook()
    found = {}
    for feature in (f for f in table.columns if f in book):
        entry = book[feature]
        if entry.kind in ("categorical", "multi"):
            continue
        values = table[feature]
        if entry.kind not in NUMERIC:
            values = values.astype(object).map(
                {level: k for k, level in enumerate(entry.levels)}, na_action="ignore"
            )
            if entry.kind == "binary":
                values = values.map({0: 1.0, 1: 0.0}, na_action="ignore")
        total = weight = 0.0
        for _, rows in table.assign(_value=values.astype(float)).groupby("source", observed=True):
            held = rows[rows["_value"].notna()]
            if len(held) < 20 or held["_value"].nunique() < 2 or held["words"].nunique() < 2:
                continue
            r = np.corrcoef(rankdata(held["_value"]), rankdata(held["words"]))[0, 1]
            total, weight = total + r * len(held), weight + len(held)
        if weight:
            found[feature] = total / weight
    return found
