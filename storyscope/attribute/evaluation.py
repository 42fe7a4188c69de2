"""How well sources are told apart on prompts held out, with intervals and baselines beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.calibration import fit_calibration, softmax
from storyscope.attribute.metrics import Metric, metrics
from storyscope.attribute.model import Attributor
from storyscope.codebook import FeatureSet, default_codebook
from storyscope.errors import TooLittleData
from storyscope.table import feature_ids

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Evaluation", "Metric", "evaluate", "metrics"]

Progress = Callable[[str, int, int], None]
Method = Callable[[Any, Any], "NDArray[np.float64]"]
"""Takes the rows to learn from and those to judge; gives margins of shape (n_judged, classes)."""


@dataclass(frozen=True)
class Evaluation:
    """One way of attributing, judged on prompts held out.

    Attributes
    ----------
    name : str
        "narrative", "style", "all", or a baseline.
    n_features, n_stories, n_prompts, folds : int
    metrics : dict of str to Metric
        macro_f1, accuracy, log_loss, brier, ece, and ``f1 SOURCE`` for each source; baselines
        without probabilities have the first two only.
    confusion : list of list of int
        Rows are true sources, columns named ones, both in the order of `sources`.
    sources : list of str
    """

    name: str
    n_features: int
    n_stories: int
    n_prompts: int
    folds: int
    metrics: dict[str, Metric]
    confusion: list[list[int]]
    sources: list[str]
    extra: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def evaluate(
    table: pd.DataFrame,
    *,
    feature_sets: tuple[FeatureSet, ...] = ("narrative", "style", "all"),
    texts: Mapping[str, str] | None = None,
    folds: int = 5,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Evaluation]:
    """Cross-validate by prompt, every method on the same folds.

    Parameters
    ----------
    table : DataFrame
        A feature table with at least two sources.
    feature_sets : tuple of str
        Sets to learn from, one evaluation each.
    texts : mapping of story id to text, optional
        Where given, TF-IDF over words is a baseline beside the majority.
    folds, seed : int
    progress : callable, optional
        Called with what is done, how many fits are done, and of how many.

    Returns
    -------
    list of Evaluation
    """
    from sklearn.model_selection import GroupKFold

    sources, truth = np.unique(table["source"].to_numpy(str), return_inverse=True)
    prompts = table["prompt_id"].to_numpy(str)
    folds = min(folds, len(np.unique(prompts)))
    splits = list(GroupKFold(folds, shuffle=True, random_state=seed).split(truth, truth, prompts))
    known = [set(truth[train]) for train, _ in splits]
    if any(len(k) < len(sources) for k in known):
        raise TooLittleData(
            "With prompts held out, some folds lack a source altogether; give more prompts, or "
            "sources that share prompts."
        )
    methods: list[tuple[str, int, Method]] = []
    for feature_set in feature_sets:
        n = len(feature_ids(table, default_codebook(), feature_set))
        methods.append((feature_set, n, _attributor(table, feature_set, seed)))
    methods.append(("majority", 0, _majority(truth, len(sources))))
    if texts is not None:
        from storyscope.attribute.baselines import tfidf

        bodies = [texts[i] for i in table["story_id"]]
        methods.append(("words (TF-IDF)", 0, tfidf(bodies, truth, len(sources))))
    results = []
    done, total = 0, len(methods) * len(splits)
    words = table["words"].to_numpy(float) if "words" in table else np.full(len(truth), np.nan)
    for name, n_features, method in methods:
        margins = np.zeros((len(truth), len(sources)))
        for train, test in splits:
            margins[test] = method(train, test)
            done += 1
            if progress is not None:
                progress(name, done, total)
        probabilities = softmax(margins) if n_features == 0 else np.zeros(margins.shape)
        if n_features:
            # Each fold is calibrated on the other folds' predictions, all for prompts held out.
            for train, test in splits:
                calibration = fit_calibration(margins[train], truth[train], words[train])
                probabilities[test] = calibration.probabilities(margins[test], words[test])
        results.append(
            Evaluation(
                name,
                n_features,
                len(truth),
                len(np.unique(prompts)),
                folds,
                metrics(probabilities, truth, prompts, list(sources), seed=seed),
                _confusion(truth, probabilities.argmax(axis=1), len(sources)),
                [str(s) for s in sources],
            )
        )
    return results


def _attributor(table: pd.DataFrame, feature_set: FeatureSet, seed: int) -> Method:
    def run(train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.float64]:
        model = Attributor(feature_set, folds=0, seed=seed).fit(table.iloc[train])
        margins: NDArray[np.float64] = model.margins(table.iloc[test])
        return margins

    return run


def _majority(truth: NDArray[np.int64], classes: int) -> Method:
    def run(train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.float64]:
        share = np.bincount(truth[train], minlength=classes) / len(train)
        return np.tile(np.log(np.maximum(share, 1e-9)), (len(test), 1))

    return run


def _confusion(truth: NDArray[np.int64], named: NDArray[np.int64], classes: int) -> list[list[int]]:
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (truth, named), 1)
    return [[int(v) for v in row] for row in counts]
