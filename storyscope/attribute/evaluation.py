"""How well sources are told apart on prompts held out, with intervals and baselines beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.calibration import (
    expected_calibration_error,
    fit_calibration,
    softmax,
)
from storyscope.attribute.model import Attributor
from storyscope.codebook import FeatureSet, default_codebook
from storyscope.errors import TooLittleData
from storyscope.table import feature_ids

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Evaluation", "Metric", "evaluate", "metrics"]

RESAMPLES = 1000
Progress = Callable[[str, int, int], None]
Method = Callable[[Any, Any], "NDArray[np.float64]"]
"""Takes the rows to learn from and those to judge; gives margins of shape (n_judged, classes)."""


@dataclass(frozen=True)
class Metric:
    """A figure with its 95% interval over prompts."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


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


def metrics(
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    groups: NDArray[Any],
    sources: list[str],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, Metric]:
    """Figures with 95% intervals from a bootstrap over groups (prompts).

    Parameters
    ----------
    probabilities : array of shape (n, classes)
    truth : array of int, shape (n,)
    groups : array of shape (n,)
        Drawn together in the bootstrap.
    sources : list of str
        Names of the classes.
    """
    named = probabilities.argmax(axis=1)
    classes = len(sources)
    picked = np.clip(probabilities[np.arange(len(truth)), truth], 1e-12, 1)
    brier = ((probabilities - np.eye(classes)[truth]) ** 2).sum(axis=1)
    _, group = np.unique(groups, return_inverse=True)
    n_groups = int(group.max()) + 1
    # Per group: confusion counts and sums, so that a resample is a weighted sum.
    cells = np.zeros((n_groups, classes * classes))
    np.add.at(cells, (group, truth * classes + named), 1)
    size = np.bincount(group, minlength=n_groups).astype(float)
    sums = np.column_stack(
        [np.bincount(group, weights=v, minlength=n_groups) for v in (-np.log(picked), brier)]
    )
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=resamples)
    all_once = np.ones((1, n_groups))

    def figures(weights: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
        confusion = (weights @ cells).reshape(-1, classes, classes)
        n = weights @ size
        f1 = _f1(confusion)
        means = (weights @ sums) / n[:, None]
        return {
            "macro_f1": f1.mean(axis=1),
            "accuracy": np.trace(confusion, axis1=1, axis2=2) / n,
            "log_loss": means[:, 0],
            "brier": means[:, 1],
            **{f"f1 {s}": f1[:, c] for c, s in enumerate(sources)},
        }

    point, spread = figures(all_once), figures(draws)
    found = {
        name: Metric(
            round(float(point[name][0]), 4),
            *(round(float(q), 4) for q in np.percentile(spread[name], [2.5, 97.5])),
        )
        for name in point
    }
    value = expected_calibration_error(probabilities, truth)
    few = draws[: min(resamples, 200)]
    eces = [
        expected_calibration_error(probabilities, truth, weight=w[group].astype(float)) for w in few
    ]
    found["ece"] = Metric(
        round(value, 4), *(round(float(q), 4) for q in np.percentile(eces, [2.5, 97.5]))
    )
    return found


def _f1(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of each class, shape (resamples, classes)."""
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    total = confusion.sum(axis=1) + confusion.sum(axis=2)
    values: NDArray[np.float64] = 2 * hits / np.maximum(total, 1e-12)
    return values


def _confusion(truth: NDArray[np.int64], named: NDArray[np.int64], classes: int) -> list[list[int]]:
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (truth, named), 1)
    return [[int(v) for v in row] for row in counts]
