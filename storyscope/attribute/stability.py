"""Features that a refit on other prompts would choose again, and stronger than chance would.

Each refit takes half of the prompts. A feature counts for a source when its standardised gap is
larger than the largest that shuffled labels give over all features, with the same sign, in nearly
every refit (stability selection: Meinshausen and Buehlmann 2010).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from storyscope.attribute.linear import knots_of, normal_scores
from storyscope.codebook import Codebook, FeatureSet, default_codebook
from storyscope.table import feature_ids

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["core_features", "fingerprint_features"]

REFITS = 40
SHUFFLED = 10
"""Refits on shuffled labels, whose largest gap says what chance can do."""
OFTEN = 0.8
"""Share of refits in which a feature must come out."""
WIDE = 0.3
"""Gap, in standard deviations, that a core feature must have to every single model."""


def fingerprint_features(
    table: pd.DataFrame,
    *,
    features: FeatureSet = "narrative",
    refits: int = REFITS,
    seed: int = 0,
    codebook: Codebook | None = None,
) -> dict[str, list[str]]:
    """For each source, the features that set it apart from all others together, strongest first.

    Parameters
    ----------
    table : DataFrame
        A feature table with two sources or more.
    features : {"narrative", "style", "all"}
    refits : int
        Refits on halves of the prompts.
    seed : int
    codebook : Codebook, optional
        Default the shipped one.
    """
    names, truth = np.unique(table["source"].to_numpy(str), return_inverse=True)
    refits_of = _Refits(table, features, codebook or default_codebook(), refits, seed)
    everyone = np.ones(len(truth), bool)
    return {
        str(name): refits_of.strongest(refits_of.stable(truth == c, everyone))
        for c, name in enumerate(names)
    }


def core_features(
    table: pd.DataFrame,
    *,
    human: str = "human",
    features: FeatureSet = "narrative",
    refits: int = REFITS,
    seed: int = 0,
    codebook: Codebook | None = None,
) -> list[str]:
    """Features that set people apart from the models together, and from each of them by itself.

    A feature counts when refits choose it for people against all models, and its middle gap to
    every single model has the same sign and at least `WIDE` (after the core set of StoryScope,
    arXiv 2604.03136: stable, above shuffled labels, and a wide gap consistent over the models).

    Parameters
    ----------
    table : DataFrame
        A feature table with the source `human` and others.
    human : str
    features, refits, seed, codebook
        As for `fingerprint_features`.
    """
    source = table["source"].to_numpy(str)
    refits_of = _Refits(table, features, codebook or default_codebook(), refits, seed)
    core = refits_of.stable(source == human, np.ones(len(source), bool))
    for model in sorted(set(source) - {human}):
        gaps = refits_of.middle(source == human, np.isin(source, (human, model)))
        core = {c: gap for c, gap in core.items() if gaps[c] * np.sign(gap) >= WIDE}
    return refits_of.strongest(core)


class _Refits:
    """A table's encoded features, and what refits on halves of its prompts say of two sides."""

    def __init__(
        self, table: pd.DataFrame, features: FeatureSet, book: Codebook, refits: int, seed: int
    ):
        self._ids = [f for f in feature_ids(table, book, features) if table[f].notna().any()]
        matrix = book.encode(table, self._ids).to_numpy(float)
        widths = [len(book[f].columns) for f in self._ids]
        self._owner = np.repeat(np.arange(len(self._ids)), widths)
        self._scores = normal_scores(matrix, knots_of(matrix))
        self._prompts = np.unique(table["prompt_id"].to_numpy(str), return_inverse=True)[1]
        self._refits, self._seed = refits, seed

    def stable(self, side: NDArray[np.bool_], rows: NDArray[np.bool_]) -> dict[int, float]:
        """Middle gap of the columns that nearly every refit chooses, all in one direction."""
        rng = np.random.default_rng(self._seed)
        shuffled = [self._gaps(side, rows, rng, shuffled=True) for _ in range(SHUFFLED)]
        chance = np.abs(shuffled).max()
        gaps = np.array([self._gaps(side, rows, rng) for _ in range(self._refits)])
        often = np.maximum((gaps > chance).mean(axis=0), (gaps < -chance).mean(axis=0))
        middle = np.median(gaps, axis=0)
        return {int(c): float(middle[c]) for c in np.flatnonzero(often >= OFTEN)}

    def middle(self, side: NDArray[np.bool_], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Middle gap of every column."""
        rng = np.random.default_rng(self._seed)
        gaps = [self._gaps(side, rows, rng) for _ in range(self._refits)]
        found: NDArray[np.float64] = np.median(gaps, axis=0)
        return found

    def strongest(self, columns: dict[int, float]) -> list[str]:
        """Features of these columns, that with the widest gap first."""
        widest: dict[str, float] = {}
        for column, gap in columns.items():
            name = self._ids[self._owner[column]]
            widest[name] = max(widest.get(name, 0.0), abs(gap))
        return sorted(widest, key=lambda f: (-widest[f], f))

    def _gaps(
        self,
        side: NDArray[np.bool_],
        rows: NDArray[np.bool_],
        rng: np.random.Generator,
        *,
        shuffled: bool = False,
    ) -> NDArray[np.float64]:
        """Standardised mean difference of either side's stories, at half of the prompts."""
        present = np.unique(self._prompts[rows])
        half = rng.choice(present, max(len(present) // 2, 1), replace=False)
        used = np.flatnonzero(rows & np.isin(self._prompts, half))
        truth = side[used]
        if min(truth.sum(), (~truth).sum()) < 2:
            return np.zeros(self._scores.shape[1])
        if shuffled:
            truth = rng.permutation(truth)
        mine, theirs = self._scores[used][truth], self._scores[used][~truth]
        spread = np.sqrt((mine.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / 2)
        gap = mine.mean(axis=0) - theirs.mean(axis=0)
        found: NDArray[np.float64] = np.divide(
            gap, spread, out=np.zeros_like(gap), where=spread > 1e-9
        )
        return found
