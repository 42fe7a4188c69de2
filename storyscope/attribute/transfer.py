"""How a score carries over to corpora that it was not learned from, length told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.metrics import length_lean, pairwise_auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["transfer"]


def transfer(
    scores: NDArray[np.float64],
    machine: NDArray[np.bool_],
    corpora: NDArray[Any],
    words: NDArray[np.float64],
    *,
    against: Mapping[str, str] | None = None,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """For each corpus with people in it, how well its people are told from models.

    Parameters
    ----------
    scores : array of shape (n,)
        Probabilities of a model as the writer, from fits without the text's corpus.
    machine : array of bool, shape (n,)
        Whether a model wrote the text.
    corpora : array of shape (n,)
    words : array of shape (n,)
    against : mapping of str to str, optional
        For a corpus that has people only, the corpus whose models stand in.
    seed : int
        Of the samples that large corpora are paired by.

    Returns
    -------
    list of dict
        ``corpus``, ``people``, ``models`` (counts), ``models_from`` (a corpus), ``auc``,
        ``auc_matched`` (pairs within 10% of one length; None where there is none) and
        ``length_lean``, the rank correlation of score and length within people and within models.

    Examples
    --------
    >>> scores = np.array([0.1, 0.2, 0.3, 0.25, 0.8, 0.9])
    >>> machine = np.array([False, False, False, True, True, True])
    >>> found = transfer(scores, machine, np.array(["a"] * 6), np.full(6, 500.0))
    >>> round(found[0]["auc"], 3), found[0]["people"], found[0]["models_from"]
    (0.889, 3, 'a')
    """
    found = []
    for corpus in sorted(set(corpora[~machine])):
        own = corpora == corpus
        home = str(corpus) if (own & machine).any() else (against or {}).get(str(corpus), "")
        chosen = np.flatnonzero((own & ~machine) | ((corpora == home) & machine))
        truth = machine[chosen].astype(int)
        if truth.all() or not truth.any():
            continue
        p = np.column_stack([1 - scores[chosen], scores[chosen]])
        once = np.ones((1, len(chosen)))
        found.append(
            {
                "corpus": str(corpus),
                "people": int((truth == 0).sum()),
                "models": int(truth.sum()),
                "models_from": home,
                "auc": _figure(pairwise_auc(p, truth, once, seed=seed)[0]),
                "auc_matched": _figure(pairwise_auc(p, truth, once, words[chosen], seed=seed)[0]),
                "length_lean": _figure(length_lean(p, truth, words[chosen])),
            }
        )
    return found


def _figure(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
