"""Figures of an attribution with intervals over prompts, and what length has to do with them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.calibration import expected_calibration_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Metric", "length_lean", "metrics", "pairwise_auc"]

RESAMPLES = 1000
LIKE_LENGTH = 0.1
"""Texts count as equally long if the longer has at most this share of words more."""
MOST_PAIRED = 800
"""Texts of a source that are paired at most; of more, a seeded sample."""


@dataclass(frozen=True)
class Metric:
    """A figure with its 95% interval over prompts."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def metrics(
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    groups: NDArray[Any],
    sources: list[str],
    *,
    words: NDArray[np.float64] | None = None,
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
    words : array of shape (n,), optional
        Lengths; with them, ``auc`` over pairs of like length is there too.
    seed, resamples : int

    Returns
    -------
    dict of str to Metric
        ``macro_f1``, ``accuracy``, ``log_loss``, ``brier``, ``f1 SOURCE``, ``ece``, ``auc`` and
        ``auc_matched``.
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

    point, spread = figures(np.ones((1, n_groups))), figures(draws)
    found = {name: _metric(float(point[name][0]), spread[name]) for name in point}
    few = draws[: min(resamples, 200)].astype(float)
    value = expected_calibration_error(probabilities, truth)
    errors = [expected_calibration_error(probabilities, truth, weight=w[group]) for w in few]
    found["ece"] = _metric(value, np.array(errors))
    once = np.vstack([np.ones(n_groups), few])[:, group]
    aucs = pairwise_auc(probabilities, truth, once, seed=seed)
    found["auc"] = _metric(float(aucs[0]), aucs[1:])
    if words is not None and np.isfinite(words).all():
        aucs = pairwise_auc(probabilities, truth, once, words, seed=seed)
        found["auc_matched"] = _metric(float(aucs[0]), aucs[1:])
    return found


def _metric(value: float, spread: NDArray[np.float64]) -> Metric:
    low, high = (
        np.percentile(spread[np.isfinite(spread)], [2.5, 97.5])
        if np.isfinite(spread).any()
        else (np.nan, np.nan)
    )
    return Metric(round(value, 4), round(float(low), 4), round(float(high), 4))


def pairwise_auc(
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    weights: NDArray[np.float64],
    words: NDArray[np.float64] | None = None,
    *,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Chance that of two texts of different sources each is more like its own, 0 to 1.

    The mean over pairs of sources of the area under the curve of their log odds (Hand and Till
    2001). With two sources it is the plain AUC.

    Parameters
    ----------
    probabilities : array of shape (n, classes)
    truth : array of int, shape (n,)
    weights : array of shape (resamples, n)
        One row gives one figure.
    words : array of shape (n,), optional
        Lengths: then only pairs within `LIKE_LENGTH` count, so that length cannot answer.
    seed : int
        Of the sample, where a source has over `MOST_PAIRED` texts.

    Returns
    -------
    array of shape (resamples,)
        NaN where there is no pair.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])
    >>> truth = np.array([0, 0, 1, 1])
    >>> pairwise_auc(p, truth, np.ones((1, 4))).tolist()
    [0.75]
    """
    log = np.log(np.clip(probabilities, 1e-12, 1))
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(truth == c) for c in range(probabilities.shape[1])]
    members = [
        m if len(m) <= MOST_PAIRED else np.sort(rng.choice(m, MOST_PAIRED, replace=False))
        for m in members
    ]
    total, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for a, b in combinations(range(len(members)), 2):
        rows, columns = members[a], members[b]
        score = log[:, a] - log[:, b]
        gap = score[rows][:, None] - score[columns][None]
        right = (gap > 0) + 0.5 * (gap == 0)
        if words is None:
            like = np.ones_like(right)
        else:
            ratio = np.abs(np.log(words[rows])[:, None] - np.log(words[columns])[None])
            like = (ratio <= np.log1p(LIKE_LENGTH)).astype(float)
        left, other = weights[:, rows], weights[:, columns]
        mass = ((left @ like) * other).sum(axis=1)
        hits = ((left @ (right * like)) * other).sum(axis=1)
        some = mass > 0
        total[some] += hits[some] / mass[some]
        pairs += some
    return np.where(pairs > 0, total / np.maximum(pairs, 1), np.nan)


def length_lean(
    probabilities: NDArray[np.float64], truth: NDArray[np.int64], words: NDArray[np.float64]
) -> float:
    """How far scores follow length among texts of one source: a mean rank correlation.

    Of two classes, that of the second's probability with length, within either source, averaged.
    Of more, that of each class's probability within every other source (longer texts are surer of
    their own); the class with the largest absolute value answers. Near 0 is good: a score that
    follows length within a source was learned from length. NaN where nothing varies.

    Examples
    --------
    >>> words = np.array([100.0, 200, 300, 400, 100, 200, 300, 400])
    >>> p = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    >>> truth = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> round(length_lean(np.column_stack([1 - p, p]), truth, words), 6)
    1.0
    """
    from scipy.stats import rankdata

    leans = []
    classes = probabilities.shape[1]
    for c in range(1 if classes == 2 else 0, classes):
        inside = []
        for source in np.unique(truth):
            rows = truth == source
            if (classes > 2 and source == c) or rows.sum() < 4:
                continue
            a, b = rankdata(probabilities[rows, c]), rankdata(words[rows])
            if a.std() > 0 and b.std() > 0:
                inside.append(float(np.corrcoef(a, b)[0, 1]))
        if inside:
            leans.append(float(np.mean(inside)))
    return max(leans, key=abs, default=float("nan"))


def _f1(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of each class, shape (resamples, classes)."""
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    total = confusion.sum(axis=1) + confusion.sum(axis=2)
    values: NDArray[np.float64] = 2 * hits / np.maximum(total, 1e-12)
    return values
