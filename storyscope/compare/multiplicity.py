"""Corrections for asking many questions at once.

One question is declared beforehand as the primary one, the gap, and needs no correction. Tests
that go through the sources are corrected by Holm's method, tests that go through the features by
that of Benjamini and Hochberg.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["BOUND", "benjamini_hochberg", "holm"]

BOUND = 0.05
"""A difference in a feature is called real if its q is below this and its interval excludes none."""


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Adjust so that any wrong rejection at all has the stated probability.

    >>> holm([0.25, 0.5, None, 0.125])
    [0.5, 0.5, None, 0.375]
    """
    places, values = _given(p)
    order = np.argsort(values, kind="stable")
    steps = values[order] * (len(values) - np.arange(len(values)))
    return _spread(len(p), places[order], np.minimum(np.maximum.accumulate(steps), 1))


def benjamini_hochberg(p: Sequence[float | None]) -> list[float | None]:
    """Adjust so that of all rejections the stated share is wrong, on average.

    >>> benjamini_hochberg([0.25, 0.5, None, 0.125])
    [0.375, 0.5, None, 0.375]
    """
    places, values = _given(p)
    order = np.argsort(-values, kind="stable")
    steps = values[order] * len(values) / (len(values) - np.arange(len(values)))
    return _spread(len(p), places[order], np.minimum(np.minimum.accumulate(steps), 1))


def _given(p: Sequence[float | None]) -> tuple[np.ndarray, np.ndarray]:
    values = np.array([np.nan if x is None else x for x in p], dtype=float)
    places = np.flatnonzero(~np.isnan(values))
    return places, values[places]


def _spread(length: int, places: np.ndarray, values: np.ndarray) -> list[float | None]:
    adjusted: list[float | None] = [None] * length
    for place, value in zip(places, values, strict=True):
        adjusted[place] = float(value)
    return adjusted
