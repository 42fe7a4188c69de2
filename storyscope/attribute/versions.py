"""Which version of a family a text is nearest to: straight lines over normal scores, one family each.

A new version of a family is none of those known, and versions that were met in one corpus only are
known by its prompts and lengths as well; so this names neighbours, and never enters a probability.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from storyscope.attribute.calibration import softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEAST_TEXTS", "Versions", "fit_versions"]

LEAST_TEXTS = 10
"""Texts of a version under which it cannot be learned."""
PENALTY = 0.02
"""Inverse strength of the ridge penalty; versions have few texts, so it is stronger than elsewhere."""
FOLDS = 3


class Versions(NamedTuple):
    """What tells the versions of each family apart.

    Attributes
    ----------
    names : dict of str to list of str
        Versions by family, only families with two or more.
    weights : dict of str to array of shape (versions, n_columns + 1)
        Coefficients over normal scores; the base comes last.
    right : dict of str to float
        Share of texts, prompts held out, whose own version was the nearest of its family's.
    """

    names: dict[str, list[str]]
    weights: dict[str, NDArray[np.float64]]
    right: dict[str, float]

    def shares(self, family: str, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shares of a family's versions, shape (n, versions), for rows of normal scores."""
        weights = self.weights[family]
        return softmax(scores @ weights[:, :-1].T + weights[:, -1])

    def to_dict(self) -> dict[str, Any]:
        """Plain data, numbers shortened."""
        short = {
            f: [[float(f"{v:.4g}") for v in row] for row in w] for f, w in self.weights.items()
        }
        return {"names": self.names, "weights": short, "right": self.right}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Versions:
        """Back from `to_dict`."""
        weights = {f: np.asarray(w, dtype=float) for f, w in plain["weights"].items()}
        return cls(plain["names"], weights, plain["right"])


def fit_versions(
    scores: NDArray[np.float64],
    family: NDArray[Any],
    version: NDArray[Any],
    prompts: NDArray[Any],
) -> Versions:
    """Learn the versions of each family that has two of at least `LEAST_TEXTS` texts.

    Parameters
    ----------
    scores : array of shape (n, n_columns)
        Normal scores, see `linear.normal_scores`.
    family, version, prompts : arrays of shape (n,)

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> version = np.repeat(["one", "two"], 30)
    >>> scores = rng.normal(size=(60, 3)) + 3 * (version == "two")[:, None]
    >>> found = fit_versions(scores, np.repeat("gpt", 60), version, np.tile(np.arange(30), 2))
    >>> found.names, found.right["gpt"] > 0.9
    ({'gpt': ['one', 'two']}, True)
    """
    from sklearn.model_selection import GroupKFold

    found = Versions({}, {}, {})
    for one in sorted(set(family)):
        names, count = np.unique(version[family == one].astype(str), return_counts=True)
        names = names[count >= LEAST_TEXTS]
        if len(names) < 2:
            continue
        rows = np.flatnonzero((family == one) & np.isin(version.astype(str), names))
        truth = np.searchsorted(names, version[rows].astype(str))
        right = []
        groups = prompts[rows]
        if len(set(groups)) >= FOLDS:
            for train, test in GroupKFold(FOLDS).split(rows, truth, groups):
                weights = _lines(scores[rows[train]], truth[train], len(names))
                margins = scores[rows[test]] @ weights[:, :-1].T + weights[:, -1]
                right.append(margins.argmax(axis=1) == truth[test])
        found.names[str(one)] = [str(n) for n in names]
        found.weights[str(one)] = _lines(scores[rows], truth, len(names))
        found.right[str(one)] = round(float(np.concatenate(right).mean()), 3) if right else 0.0
    return found


def _lines(
    scores: NDArray[np.float64], truth: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Coefficients and base of each class, shape (classes, n_columns + 1)."""
    from sklearn.linear_model import LogisticRegression

    weight = 1 / np.sqrt(np.bincount(truth, minlength=classes).clip(1))[truth]
    fitted = LogisticRegression(C=PENALTY, max_iter=300, tol=1e-3)
    fitted.fit(scores, truth, sample_weight=weight / weight.mean())
    found = np.zeros((classes, scores.shape[1] + 1))
    found[:, -1] = -50.0
    coefficients, base = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:
        coefficients, base = (
            np.vstack([-coefficients, coefficients]) / 2,
            np.array([-1, 1]) * base / 2,
        )
    found[fitted.classes_, :-1] = coefficients
    found[fitted.classes_, -1] = base
    return found
