"""How large a change this design would show, by planting changes into the stories in hand.

Sides are dealt anew within prompts, so that nothing distinguishes them; then one feature of the new
side is moved by more and more, and tested as the diff tests it. A change that stands alone among m
features must reach p < 0.05 / m, which is what Benjamini and Hochberg ask of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from storyscope.changes.result import Power
from storyscope.compare.features import cliffs_delta, shuffled
from storyscope.compare.multiplicity import BOUND
from storyscope.compare.resample import shuffles, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.design import Design

__all__ = ["power"]

FEATURES = 16
"""Graded features that changes are planted into, at most."""
DEALS = 4
"""Times that the sides of each are dealt anew."""
STEPS = np.array([0.15, 0.3, 0.45, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0])
"""Changes that are tried, in standard deviations over stories."""
SURE = 0.8
GIVEN = 0.9
"""Share of stories that must have a value for a feature to be planted into."""
TIED = 0.2
"""Share of them that may have the commonest one."""


def power(values: NDArray[np.float64], design: Design, tested: int, seed: int) -> Power | None:
    """Find the smallest change that is found in four of five diffs.

    Parameters
    ----------
    values : array of shape (stories, features)
        Graded features, missing where undefined.
    design : Design
        Old as source 0, new as source 1.
    tested : int
        Features that the diff tests.
    seed : int
    """
    rng = stream(seed, "power")
    graded = [k for k, column in enumerate(values.T) if _graded(column)]
    if not graded or not tested:
        return None
    chosen = rng.permutation(graded)[:FEATURES]
    prompts = int((design.cells > 0).sum(axis=0).min())
    # Sides that share prompts are dealt within them; others prompt by prompt, all stories together.
    within = bool(((design.cells > 0).sum(axis=1) > 1).any())
    deltas: list[list[float]] = [[] for _ in STEPS]
    found: list[list[bool]] = [[] for _ in STEPS]
    for k in chosen:
        given = np.isfinite(values[:, k])
        value, prompt = values[given, k], design.prompt[given]
        spread = float(value.std())
        for side in _deals(design.source[given], prompt, within, rng):
            new = side == 1
            for step, d, f in zip(STEPS, deltas, found, strict=True):
                moved = value + step * spread * new
                codes = np.unique(moved, return_inverse=True)[1]
                size = cliffs_delta(codes[new], codes[~new], prompt[new], prompt[~new])
                p = shuffled(rankdata(moved)[:, None], new, prompt)
                d.append(size.value)
                sure = size.low is not None and size.low > 0
                f.append(sure and p is not None and p < BOUND / tested)
    share = np.maximum.accumulate([np.mean(f) for f in found])
    mean = [float(np.mean(d)) for d in deltas]
    if share[-1] < SURE:
        return Power(prompts, None)
    at = int(np.argmax(share >= SURE))
    if at == 0:
        return Power(prompts, mean[0])
    part = (SURE - share[at - 1]) / (share[at] - share[at - 1])
    return Power(prompts, round(mean[at - 1] + part * (mean[at] - mean[at - 1]), 2))


def _graded(column: NDArray[np.float64]) -> bool:
    """Whether nearly all stories have a value and few have the same."""
    value = column[np.isfinite(column)]
    if len(value) < GIVEN * len(column):
        return False
    return bool(np.unique(value, return_counts=True)[1].max() <= TIED * len(value))


def _deals(
    side: NDArray[np.int64], prompt: NDArray[np.int64], within: bool, rng: np.random.Generator
) -> NDArray[np.int64]:
    if within:
        return np.asarray(shuffles(side, prompt, DEALS, rng))
    _, first, at = np.unique(prompt, return_index=True, return_inverse=True)
    return np.stack([rng.permutation(side[first])[at] for _ in range(DEALS)])
