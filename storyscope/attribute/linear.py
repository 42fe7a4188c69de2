"""A linear companion to the trees: a straight line over normal scores.

Each column is put on the percentiles of the training data and from there on a normal scale, so
that neither its unit nor its tails matter; a missing value stands in the middle. Where people or
models of another corpus are judged, a straight line goes wrong less often than a tree.

The line is a multinomial logistic regression, or, where texts say which version of a source wrote
them and in which corpus they were met, Fisher's discriminant for versions that are new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Linear", "fit_linear", "fit_steady", "knots_of", "normal_scores"]

STEPS = 41
"""Percentiles that are kept of each column."""
PENALTY = 0.1
"""Inverse strength of the ridge penalty where none is given, scikit-learn's ``C``."""
FULL = 10
"""Texts from which a version in a corpus counts as much as one with hundreds."""
NOISE = 0.3
"""Variance that is added to every column, in squares of a normal score: what no text has shown."""
ROUNDS = 30
"""Turns in which classes and corpora are told apart; more change nothing in the third digit."""


def knots_of(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Percentiles of every column, shape (n_columns, `STEPS`); 0 where a column has no value."""
    knots = np.zeros((matrix.shape[1], STEPS))
    for j, column in enumerate(matrix.T):
        values = column[np.isfinite(column)]
        if len(values):
            knots[j] = np.percentile(values, np.linspace(0, 100, STEPS))
    # Shortened at once, so that a model read back from its file answers as it did before.
    return np.asarray(_short(knots)).reshape(knots.shape)


def normal_scores(matrix: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normal scores by the percentiles of `knots_of`, 0 where a value is missing.

    Examples
    --------
    >>> column = np.arange(101.0)[:, None]
    >>> normal_scores(np.array([[50.0], [np.nan]]), knots_of(column)).ravel().tolist()
    [0.0, 0.0]
    """
    from scipy.special import ndtri

    found = np.zeros(matrix.shape)
    for j, steps in enumerate(knots):
        low = np.searchsorted(steps, matrix[:, j], side="left")
        high = np.searchsorted(steps, matrix[:, j], side="right")
        between = np.interp(matrix[:, j], steps, np.arange(len(steps)) + 0.5)
        tied = high > low
        share = np.where(tied, (low + high) / 2, between) / len(steps)
        found[:, j] = ndtri(np.clip(share, 0.01, 0.99))
    return np.where(np.isfinite(matrix), found, 0.0)


class Linear:
    """Coefficients over normal scores.

    Parameters
    ----------
    knots : array of shape (n_columns, `STEPS`)
        Percentiles of the training columns.
    weights : array of shape (classes, n_columns)
    base : array of shape (classes,)
    """

    def __init__(
        self,
        knots: NDArray[np.float64],
        weights: NDArray[np.float64],
        base: NDArray[np.float64],
    ):
        self.knots = knots
        self.weights = weights
        self.base = base

    def scores(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Normal scores, 0 where a value is missing, shape (n, n_columns)."""
        return normal_scores(matrix, self.knots)

    def margins(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Margins, shape (n, classes)."""
        return self.scores(matrix) @ self.weights.T + self.base

    def contributions(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each column adds, shape (n, classes, n_columns + 1); the base comes last."""
        parts = self.scores(matrix)[:, None, :] * self.weights[None]
        base = np.broadcast_to(self.base[None, :, None], (len(matrix), len(self.base), 1))
        return np.concatenate([parts, base], axis=2)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the model file, numbers shortened."""
        return {name: _short(getattr(self, name)) for name in ("knots", "weights", "base")}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Linear:
        """Back from `to_dict`."""
        return cls(*(np.asarray(plain[n], dtype=float) for n in ("knots", "weights", "base")))


def fit_linear(
    matrix: NDArray[np.float64],
    truth: NDArray[np.int64],
    weight: NDArray[np.float64],
    classes: int,
    penalty: float = PENALTY,
    scale: NDArray[np.float64] | None = None,
) -> Linear:
    """Learn from rows with missing values as NaN; a smaller `penalty` keeps coefficients smaller.

    Parameters
    ----------
    matrix : array of shape (n, n_columns)
    truth : array of int, shape (n,)
    weight : array of shape (n,)
    classes : int
    penalty : float
        scikit-learn's ``C``.
    scale : array of shape (n_columns,), optional
        By how much a column is stretched before it is learned from: the penalty holds back a
        stretched one less.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 2)); truth = (X[:, 0] > 0).astype(int)
    >>> line = fit_linear(X, truth, np.ones(200), 2)
    >>> bool(((line.margins(X).argmax(1) == truth).mean() > 0.95))
    True
    """
    from sklearn.linear_model import LogisticRegression

    line = Linear(knots_of(matrix), np.zeros((classes, matrix.shape[1])), np.zeros(classes))
    fitted = LogisticRegression(C=penalty, max_iter=500, tol=1e-3)
    scale = np.ones(matrix.shape[1]) if scale is None else scale
    fitted.fit(line.scores(matrix) * scale, truth, sample_weight=weight)
    coefficients, base = fitted.coef_ * scale, fitted.intercept_
    if len(fitted.classes_) == 2:
        coefficients, base = np.vstack([-coefficients, coefficients]) / 2, np.repeat(base, 2) / 2
        base = base * [-1, 1]
    line.weights[fitted.classes_] = np.asarray(_short(coefficients))
    line.base[fitted.classes_] = np.asarray(_short(base))
    return line


def fit_steady(
    matrix: NDArray[np.float64],
    truth: NDArray[np.int64],
    weight: NDArray[np.float64],
    classes: int,
    units: NDArray[Any],
) -> Linear:
    """Learn what a class keeps from one version to the next, and from one corpus to the next.

    Fisher's discriminant. Each class stands where its versions stand on average, after what a
    corpus adds to all that is met in it is taken off. Noise is what varies within a version in one
    corpus, between versions of a class, and between corpora, so that a direction which sets a
    single version or a corpus apart counts for little.

    Parameters
    ----------
    matrix : array of shape (n, n_columns)
        Missing values are NaN.
    truth : array of int, shape (n,)
    weight : array of shape (n,)
    classes : int
    units : array of str, shape (n, 2)
        Version and corpus of each row. However many rows they have, versions in corpora count
        alike from `FULL` rows on.

    Examples
    --------
    The first column sets classes apart, the second corpora, and each class has a corpus of its own
    for the most part.

    >>> rng = np.random.default_rng(0)
    >>> truth = np.repeat([0, 1], 500)
    >>> corpus = (rng.random(1000) < np.where(truth, 0.9, 0.1)).astype(int)
    >>> X = rng.normal(size=(1000, 2)) + 3 * np.column_stack([truth, corpus])
    >>> units = np.column_stack([truth.astype(str), corpus.astype(str)])
    >>> weights = fit_steady(X, truth, np.ones(1000), 2, units).weights
    >>> bool(abs(weights[1, 0]) > 10 * abs(weights[1, 1]))
    True
    """
    line = Linear(knots_of(matrix), np.zeros((classes, matrix.shape[1])), np.zeros(classes))
    scores = line.scores(matrix)
    cells, cell = np.unique(
        np.column_stack([truth.astype(str), units.astype(str)]), axis=0, return_inverse=True
    )
    cell = cell.ravel()
    of_class, (_, corpus) = cells[:, 0].astype(int), np.unique(cells[:, 2], return_inverse=True)
    mass = np.bincount(cell, weights=weight)
    means = np.zeros((len(cells), matrix.shape[1]))
    np.add.at(means, cell, scores * weight[:, None])
    means /= np.maximum(mass, 1e-12)[:, None]
    counts = np.minimum(np.bincount(cell) / FULL, 1.0)
    at_class, at_corpus = _told_apart(means, counts, of_class, corpus, classes)
    inside = scores - means[cell]
    between = means - at_class[of_class] - at_corpus[corpus]
    noise = (inside * weight[:, None]).T @ inside / weight.sum()
    noise += (between * counts[:, None]).T @ between / counts.sum()
    noise += at_corpus.T @ at_corpus / len(at_corpus) + NOISE * np.eye(len(noise))
    line.weights = np.asarray(_short(np.linalg.solve(noise, at_class.T).T))
    line.base = np.asarray(_short(-0.5 * (line.weights * at_class).sum(axis=1)))
    return line


def _told_apart(
    means: NDArray[np.float64],
    counts: NDArray[np.float64],
    of_class: NDArray[np.int64],
    corpus: NDArray[np.int64],
    classes: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means as the sum of what the class and what the corpus adds; a lone corpus adds less."""
    at_class = np.zeros((classes, means.shape[1]))
    at_corpus = np.zeros((corpus.max() + 1, means.shape[1]))
    for _ in range(ROUNDS):
        _filled(at_class, of_class, means - at_corpus[corpus], counts, 1e-12)
        _filled(at_corpus, corpus, means - at_class[of_class], counts, 1.0)
    return at_class, at_corpus


def _filled(
    parts: NDArray[np.float64],
    of: NDArray[np.int64],
    values: NDArray[np.float64],
    counts: NDArray[np.float64],
    shrink: float,
) -> None:
    """Set parts to the means of their values, drawn towards zero as by so many more at zero."""
    parts[:] = 0.0
    np.add.at(parts, of, values * counts[:, None])
    parts /= (np.bincount(of, counts, len(parts)) + shrink)[:, None]


def _short(values: NDArray[np.float64]) -> Any:
    if values.ndim == 1:
        return [float(f"{v:.5g}") for v in values]
    return [_short(row) for row in values]
