"""Candidates that ask the same, found by how alike their questions are in meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.extract.meaning import embed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.codebook import Codebook

    Vectors = NDArray[np.float32]

__all__ = ["SAME", "merged"]

SAME = 0.80
"""Likeness in meaning from which on two questions are one. Of all pairs of questions in the shipped
codebook fewer than one in a thousand are so alike, and most of these are a measure and its judged
twin."""


def merged(
    questions: Sequence[str], codebook: Codebook | None, same: float = SAME
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Group questions, and look for each group's nearest in a codebook.

    Parameters
    ----------
    questions : sequence of str
    codebook : Codebook or None
        What is asked already.
    same : float
        See `SAME`; groups are joined while the mean likeness between their members reaches it.

    Returns
    -------
    list of dict
        A group each, in the order of its first member: ``members`` (places), ``stands`` (the place
        of the member most like the others), ``likeness`` (least between two members; None for one),
        ``nearest`` and ``nearest_likeness`` in the codebook, and whether it is ``known`` there.
    dict
        ``threshold``, ``candidates``, ``groups``, and the likeness of the two most alike groups that
        were left apart (``closest_apart``).

    Examples
    --------
    >>> asked = ["Does a dog appear in the story?", "Is there a dog in the story?", "Who pays the rent?"]
    >>> groups, told = merged(asked, None, same=0.7)
    >>> [g["members"] for g in groups], told["groups"]
    ([[0, 1], [2]], 2)
    """
    vectors = embed(questions)
    alike = np.clip(vectors @ vectors.T, -1, 1).astype(float)
    labels = _groups(alike, same)
    members = [np.flatnonzero(labels == k).tolist() for k in dict.fromkeys(labels.tolist())]
    known = list(codebook or ())
    others = embed([f.question for f in known]) if known else None
    rows: list[dict[str, Any]] = []
    for group in members:
        inside = alike[np.ix_(group, group)]
        stands = group[int(np.argmax(np.round(inside.mean(axis=1), 6)))]
        row: dict[str, Any] = {
            "members": group,
            "stands": stands,
            "likeness": round(float(inside.min()), 3) if len(group) > 1 else None,
        }
        if others is not None:
            near = others @ vectors[stands]
            best = int(np.argmax(near))
            row |= {
                "nearest": known[best].id,
                "nearest_likeness": round(float(near[best]), 3),
                "known": bool(near[best] >= same),
            }
        rows.append(row)
    apart = [float(alike[np.ix_(a, b)].mean()) for i, a in enumerate(members) for b in members[:i]]
    return rows, {
        "threshold": same,
        "candidates": len(questions),
        "groups": len(rows),
        "closest_apart": round(max(apart), 3) if apart else None,
    }


def _groups(alike: NDArray[np.float64], same: float) -> NDArray[np.int64]:
    """Average linkage over distances in meaning."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(alike) < 2:
        return np.zeros(len(alike), np.int64)
    away = 1 - (alike + alike.T) / 2
    np.fill_diagonal(away, 0)
    tree = linkage(squareform(np.maximum(away, 0), checks=False), "average")
    return np.asarray(fcluster(tree, 1 - same + 1e-9, "distance"), np.int64)
