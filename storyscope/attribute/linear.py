"""A linear companion to the trees: multinomial logistic regression over normal scores.

Each column is put on the percentiles of the training data and from there on a normal scale, so
that neither its unit nor its tails matter; a missing value stands in the middle. Where people or
models of another corpus are judged, a straight line goes wrong less often than a tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Linear", "fit_linear", "knots_of", "normal_scores"]

STEPS = 41
"""Percentiles that are kept of each column."""
PENALTY = 0.1
"""Inverse strength of the ridge penalty where none is given, scikit-learn's ``C``."""


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
) -> Linear:
    """Learn from rows with missing values as NaN; a smaller `penalty` keeps coefficients smaller.

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
    fitted.fit(line.scores(matrix), truth, sample_weight=weight)
    coefficients, base = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:
        coefficients, base = np.vstack([-coefficients, coefficients]) / 2, np.repeat(base, 2) / 2
        base = base * [-1, 1]
    line.weights[fitted.classes_] = np.asarray(_short(coefficients))
    line.base[fitted.classes_] = np.asarray(_short(base))
    return line


def _short(values: NDArray[np.float64]) -> Any:
    if values.ndim == 1:
        return [float(f"{v:.5g}") for v in values]
    return [_short(row) for row in values]
