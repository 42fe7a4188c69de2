"""The published figures of the StoryScope study, and the same ones of the table in hand.

The study (arXiv 2604.03136) places stories in the space of its one-hot encoded, z-scored features
and gives distances between the centroids of people and of five models, and the rarity of stories
by their 25 nearest neighbours. Its table is published without the texts of people; with it these
figures can be computed anew, in the study's own way: no story is kept from being a neighbour of
another of its prompt, and all sources stand in one pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata

from storyscope.codebook import Codebook, FeatureSet, default_codebook
from storyscope.compare.design import Design, lay_out
from storyscope.compare.distance import ZScored, encode
from storyscope.compare.layout import Table, plain
from storyscope.compare.rarity import auc, cohens_d
from storyscope.compare.resample import stream
from storyscope.errors import TooLittleData
from storyscope.table import check_table, feature_ids

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["PUBLISHED", "Figure", "Published", "is_released", "published"]

K = 25
POOL = 10_000
"""Stories among which neighbours are looked for; a larger table gives a sample by the seed."""

PUBLISHED = {
    "centroids: people and models, mean": 6.6,
    "centroids: two models, mean": 4.3,
    "centroids: ratio of the two": 1.6,
    "centroids: people and the nearest model": 6.2,
    "centroids: the two farthest models": 6.0,
    "radius: people": 33.2,
    "radius: models": 27.4,
    "rarity: mean percentile, people": 0.71,
    "rarity: mean percentile, models": 0.49,
    "rarity: Cohen's d": 0.83,
    "rarity: AUC": 0.73,
    "rarity: people in the rarest tenth": 0.247,
    "rarity: models in the rarest tenth": 0.071,
    "rarity: prompts whose rarest story is people's": 0.578,
}
"""What the study gives, by name."""


@dataclass(frozen=True)
class Figure:
    """One published figure and the table's own; None where it cannot be computed."""

    name: str
    published: float
    found: float | None


@dataclass(frozen=True)
class Published:
    """Published figures beside those of a table.

    Attributes
    ----------
    figures : list of Figure
    features : str
    n_features, columns : int
        Features, and columns they are encoded as.
    stories, prompts, pool : int
    """

    figures: list[Figure]
    features: str
    n_features: int
    columns: int
    stories: int
    prompts: int
    pool: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return plain(self)

    def tables(self) -> list[Table]:
        """Lay the figures out as a table of text."""
        rows = [
            (f.name, f"{f.published:g}", "–" if f.found is None else f"{f.found:.3g}")
            for f in self.figures
        ]
        note = f"{self.stories} stories, {self.n_features} {self.features} features."
        return [
            Table("Published figures and this table's", ("", "#published", "#here"), rows, note)
        ]


def is_released(codebook: Codebook) -> bool:
    """Whether a codebook is the study's taxonomy, by features that only it has.

    >>> is_released(default_codebook())
    False
    """
    return all(name in codebook for name in ("SIT_MET_303", "AGENT_EMO_009", "EVT_SCH_011"))


def published(
    table: pd.DataFrame,
    *,
    features: FeatureSet = "narrative",
    codebook: Codebook | None = None,
    human: str = "human",
    seed: int = 0,
    pool: int = POOL,
    progress: Callable[[str, int, int], None] | None = None,
) -> Published:
    """Compute the published figures for a table with people and at least two models.

    Raises
    ------
    TooLittleData
        If there are no people, or fewer than two models.
    """
    codebook = codebook or default_codebook()
    table = check_table(table, codebook)
    ids = feature_ids(table, codebook, features)
    design, rows, _ = lay_out(table, "source", human)
    if design.human is None or len(design.models) < 2:
        raise TooLittleData(
            f"The published figures need a source {human!r} and two models; this table has "
            f"{', '.join(design.sources)}."
        )
    space = ZScored(encode(table.iloc[rows], codebook, ids))
    vectors = space.vectors
    centres = np.array([vectors[design.of(s)].mean(axis=0) for s in range(len(design.sources))])
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    to_people = apart[design.human, design.models]
    i, j = np.triu_indices(len(design.models), 1)
    among = apart[np.ix_(design.models, design.models)][i, j]
    radius = np.linalg.norm(vectors - centres[design.source], axis=1)
    people = design.source == design.human
    held = np.arange(len(design))
    if len(held) > pool:
        held = np.sort(stream(seed, "published").choice(held, pool, replace=False))
    rare = _neighbours(space, held, progress)
    found = {
        "centroids: people and models, mean": to_people.mean(),
        "centroids: two models, mean": among.mean(),
        "centroids: ratio of the two": to_people.mean() / among.mean() if among.mean() else None,
        "centroids: people and the nearest model": to_people.min(),
        "centroids: the two farthest models": among.max(),
        "radius: people": radius[people].mean(),
        "radius: models": radius[~people].mean(),
        **_rarity(rare, people, design),
    }
    figures = [
        Figure(name, value, None if found[name] is None else float(found[name]))
        for name, value in PUBLISHED.items()
    ]
    return Published(
        figures, features, len(ids), vectors.shape[1], len(design), len(design.prompts), len(held)
    )


def _neighbours(
    space: ZScored, pool: NDArray, progress: Callable[[str, int, int], None] | None
) -> Floats:
    """Mean distance of each story to its 25 nearest others of the pool."""
    n, k = len(space), min(K, len(pool) - 2)
    found = np.empty(n)
    step = max(1, 4_000_000 // len(pool))
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        distance = space.block(rows, pool)
        distance[rows[:, None] == pool] = np.inf
        found[rows] = np.partition(distance, k - 1, axis=1)[:, :k].mean(axis=1)
        if progress:
            progress("rarity", int(rows[-1]) + 1, n)
    return found


def _rarity(rare: Floats, people: NDArray[np.bool_], design: Design) -> dict[str, Any]:
    percentile = rankdata(rare) / len(rare)
    top = percentile > 0.9
    a, b = rare[people], rare[~people]
    best = np.full(len(design.prompts), -np.inf)
    np.maximum.at(best, design.prompt, rare)
    answered = design.cells > 0
    both = answered[:, design.human] & (answered.sum(axis=1) > 1)
    of_people = np.full(len(design.prompts), -np.inf)
    np.maximum.at(of_people, design.prompt[people], a)
    return {
        "rarity: mean percentile, people": percentile[people].mean(),
        "rarity: mean percentile, models": percentile[~people].mean(),
        "rarity: Cohen's d": d if np.isfinite(d := cohens_d(a, b)) else None,
        "rarity: AUC": auc(a, b),
        "rarity: people in the rarest tenth": top[people].mean(),
        "rarity: models in the rarest tenth": top[~people].mean(),
        "rarity: prompts whose rarest story is people's": (
            (of_people == best)[both].mean() if both.any() else None
        ),
    }
