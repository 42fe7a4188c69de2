"""Settings chosen inside the training data, so that what is judged never chose them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.calibration import fit_calibration
from storyscope.attribute.model import LEAST_STORIES, Attributor
from storyscope.codebook import Codebook, FeatureSet

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["DEPTHS", "LINEAR", "TREES", "tune"]

DEPTHS = (2, 3)
TREES = (75, 150, 250)
LINEAR = (0.0, 0.3, 0.5)
"""Values tried for each setting; trees and the line's weight cost no further fit."""
MOST = 1500
"""Stories that are looked at; of a larger table, a seeded sample of prompts."""


def tune(
    table: pd.DataFrame,
    features: FeatureSet = "narrative",
    *,
    folds: int = 2,
    seed: int = 0,
    codebook: Codebook | None = None,
) -> dict[str, Any]:
    """Depth, number of trees and weight of the line with the least log loss on prompts held out.

    Parameters
    ----------
    table : DataFrame
        Training stories only.
    features : {"narrative", "style", "all"}
    folds : int
        Folds of prompts.
    seed : int
    codebook : Codebook, optional
        Default the shipped one.

    Returns
    -------
    dict
        Arguments for `Attributor`; empty, which leaves the defaults, for a table too small to be
        parted once more.
    """
    from sklearn.model_selection import GroupKFold

    table = _sample(table, seed)
    prompts = table["prompt_id"].to_numpy(str)
    sources, truth = np.unique(table["source"].to_numpy(str), return_inverse=True)
    words = table["words"].to_numpy(float) if "words" in table else np.full(len(truth), np.nan)
    if len(np.unique(prompts)) < 2 * folds:
        return {}
    splits = list(GroupKFold(folds, shuffle=True, random_state=seed).split(truth, truth, prompts))
    if any(np.bincount(truth[t], minlength=len(sources)).min() < LEAST_STORIES for t, _ in splits):
        return {}
    losses: dict[tuple[int, int, float], float] = {}
    for depth in DEPTHS:
        margins = {(n, x): np.zeros((len(truth), len(sources))) for n in TREES for x in LINEAR}
        for train, test in splits:
            model = Attributor(
                features, depth=depth, trees=max(TREES), linear=0.5, folds=0, seed=seed
            ).fit(table.iloc[train], codebook=codebook)
            trees, line = _parts(model, table.iloc[test])
            for n, x in margins:
                margins[n, x][test] = (1 - x) * trees[n] + x * line
        for (n, x), found in margins.items():
            losses[depth, n, x] = _loss(found, truth, words)
    depth, n, x = min(losses, key=lambda setting: (losses[setting], setting))
    return {"depth": depth, "trees": n, "linear": x}


def _parts(
    model: Attributor, table: pd.DataFrame
) -> tuple[dict[int, NDArray[np.float64]], NDArray[np.float64]]:
    """Margins of so many trees, and those of the line."""
    import xgboost

    matrix = model.codebook_.encode(table, model.feature_ids_).to_numpy(float)
    data = xgboost.DMatrix(matrix)
    trees = {
        n: np.asarray(model.booster_.predict(data, output_margin=True, iteration_range=(0, n)))
        for n in TREES
    }
    assert model.line_ is not None
    return trees, model.line_.margins(matrix)


def _loss(
    margins: NDArray[np.float64], truth: NDArray[np.int64], words: NDArray[np.float64]
) -> float:
    """Log loss at the best temperature."""
    p = fit_calibration(margins, truth, words).probabilities(margins, words)
    return float(-np.log(np.clip(p[np.arange(len(truth)), truth], 1e-12, 1)).mean())


def _sample(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Whole prompts, of about `MOST` stories at most."""
    if len(table) <= MOST:
        return table
    prompts = table["prompt_id"].unique()
    keep = max(int(len(prompts) * MOST / len(table)), 4)
    chosen = np.random.default_rng(seed).choice(prompts, keep, replace=False)
    return table[table["prompt_id"].isin(set(chosen))]
