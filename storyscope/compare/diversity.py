"""How many different things there are: Hill numbers, Vendi scores, distinct classes.

All of these grow with the number of things looked at, so that each is brought to equal numbers
before two sources are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["classes", "concentration", "hill", "rarefied_hill", "utility", "vendi"]


def hill(counts: NDArray, q: float) -> float:
    """Effective number of kinds: all (q = 0), the usual (1), the dominant (2).

    >>> hill(np.array([5, 5]), 1), hill(np.array([5, 0]), 2)
    (2.0, 1.0)
    """
    share = counts[counts > 0] / counts.sum()
    if q == 1:
        return float(np.exp(-(share * np.log(share)).sum()))
    return float((share**q).sum() ** (1 / (1 - q)))


def concentration(counts: NDArray) -> float:
    """Herfindahl index without bias: the chance that two different items are of one kind.

    >>> concentration(np.array([2, 2]))
    0.3333333333333333
    """
    n = counts.sum()
    return float((counts * (counts - 1)).sum() / (n * (n - 1))) if n > 1 else float("nan")


def rarefied_hill(counts: NDArray, q: float, m: int) -> float:
    """Hill number to be expected of m items drawn without replacement (Chao et al. 2014).

    Exact for every q: the numbers of kinds that occur k times among the m are expected values of
    hypergeometric draws.

    >>> round(rarefied_hill(np.array([3, 1]), 0, 2), 6)
    1.5
    """
    counts = counts[counts > 0].astype(int)
    n = int(counts.sum())
    if m >= n:
        return hill(counts, q)
    k = np.arange(1, m + 1)
    sizes, many = np.unique(counts, return_counts=True)
    c = sizes[:, None]
    reachable = (k <= c) & (m - k <= n - c)
    log = _log_choose(c, k) + _log_choose(n - c, m - k) - _log_choose(np.array(n), np.array(m))
    frequency = many @ np.where(reachable, np.exp(np.where(reachable, log, 0)), 0)
    share = k / m
    if q == 0:
        return float(frequency.sum())
    if q == 1:
        return float(np.exp(-(frequency * share * np.log(share)).sum()))
    return float((frequency * share**q).sum() ** (1 / (1 - q)))


def _log_choose(n: NDArray, k: NDArray) -> Floats:
    k = np.clip(k, 0, np.maximum(n, 0))
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def vendi(squared: Floats, width: float) -> float:
    """Effective number of different stories (Friedman & Dieng 2023), between 1 and their number.

    Parameters
    ----------
    squared : array, shape (n, n)
        Gower distances. Their kernel, exp(-distance / (2 width)), is positive semidefinite where
        one minus the distance is not.
    width : float
        The same for all that are compared.

    Examples
    --------
    >>> vendi(np.zeros((3, 3)), 1.0)
    1.0
    """
    values = np.linalg.eigvalsh(np.exp(-squared / (2 * width)) / len(squared))
    values = values[values > 1e-12]
    return round(float(np.exp(-(values * np.log(values)).sum())), 12)


def classes(same: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which stories of a series are new: none of the first ones of earlier kinds is the same.

    >>> classes(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], bool)).tolist()
    [True, False, True]
    """
    new = np.zeros(len(same), bool)
    for i in range(len(same)):
        new[i] = not same[i, new].any()
    return new


def utility(new: NDArray[np.bool_], scores: Floats, patience: float) -> float:
    """Mean score of a series to a reader who goes on with a given probability.

    Only a story that is new counts; the weights of places fall off with `patience`.

    >>> utility(np.array([True, False]), np.array([4.0, 9.0]), 0.5)
    2.6666666666666665
    """
    weights = patience ** np.arange(len(new))
    return float((weights * scores * new).sum() / weights.sum())
