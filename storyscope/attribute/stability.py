"""Features that a refit on other prompts would choose again, and stronger than chance would.

Each refit takes half of the prompts. A feature counts for a source when its standardised gap is
larger than the largest that shuffled labels give over all features, with the same sign, in nearly
every refit (stability selection: Meinshausen and Buehlmann 2010).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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
    choose = _chooser(table, features, codebook or default_codebook(), refits, seed)
    return {
        str(name): choose(truth == c, np.ones(len(truth), bool)) for c, name in enumerate(names)
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
    """Features that set people apart from every single model, in the same direction.

    Parameters
    ----------
    table : DataFrame
        A feature table with the source `human` and others.
    human : str
    features, refits, seed, codebook
        As for `fingerprint_features`.
    """
    source = table["source"].to_numpy(str)
    book = codebook or default_codebook()
    choose = _chooser(table, features, book, refits, seed, signed=True)
    kept: list[str] = []
    for k, model in enumerate(sorted(set(source) - {human})):
        rows = np.isin(source, (human, model))
        found = choose(source == model, rows)
        kept = found if k == 0 else [f for f in kept if f in set(found)]
    return [f.rstrip("+-") for f in kept]


def _chooser(
    table: pd.DataFrame,
    features: FeatureSet,
    book: Codebook,
    refits: int,
    seed: int,
    *,
    signed: bool = False,
) -> Callable[[NDArray[np.bool_], NDArray[np.bool_]], list[str]]:
    """A function of (stories of one side, stories that count) that chooses features."""
    ids = [f for f in feature_ids(table, book, features) if table[f].notna().any()]
    matrix = book.encode(table, ids).to_numpy(float)
    owner = np.repeat(np.arange(len(ids)), [len(book[f].columns) for f in ids])
    scores = normal_scores(matrix, knots_of(matrix))
    prompts = np.unique(table["prompt_id"].to_numpy(str), return_inverse=True)[1]

    def choose(side: NDArray[np.bool_], rows: NDArray[np.bool_]) -> list[str]:
        rng = np.random.default_rng(seed)
        shuffled = [_gaps(scores, side, rows, prompts, rng, shuffled=True) for _ in range(SHUFFLED)]
        chance = np.abs(shuffled).max()
        gaps = np.array([_gaps(scores, side, rows, prompts, rng) for _ in range(refits)])
        often = np.maximum((gaps > chance).mean(axis=0), (gaps < -chance).mean(axis=0))
        middle = np.median(gaps, axis=0)
        chosen: dict[str, float] = {}
        for column in np.flatnonzero(often >= OFTEN):
            name = ids[owner[column]]
            if signed:
                name += "+" if middle[column] > 0 else "-"
            chosen[name] = max(chosen.get(name, 0.0), abs(float(middle[column])))
        return sorted(chosen, key=lambda f: (-chosen[f], f))

    return choose


def _gaps(
    scores: NDArray[np.float64],
    side: NDArray[np.bool_],
    rows: NDArray[np.bool_],
    prompts: NDArray[np.int64],
    rng: Any,
    *,
    shuffled: bool = False,
) -> NDArray[np.float64]:
    """Standardised mean difference of either side's stories, at half of the prompts."""
    present = np.unique(prompts[rows])
    half = rng.choice(present, max(len(present) // 2, 1), replace=False)
    used = np.flatnonzero(rows & np.isin(prompts, half))
    truth = side[used]
    if min(truth.sum(), (~truth).sum()) < 2:
        return np.zeros(scores.shape[1])
    if shuffled:
        truth = rng.permutation(truth)
    mine, theirs = scores[used][truth], scores[used][~truth]
    spread = np.sqrt((mine.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / 2)
    gap = mine.mean(axis=0) - theirs.mean(axis=0)
    found: NDArray[np.float64] = np.divide(gap, spread, out=np.zeros_like(gap), where=spread > 1e-9)
    return found
