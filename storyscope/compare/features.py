"""What each feature says of each source: its values, how large the difference, how sure.

Every source is held against the other models and against people. Effect sizes are Cliff's delta
(the probability that a story of the source has the higher value, less that of the lower) and, for
categories, Cramer's V. The p-values are those of shuffling labels within prompts, worked out from
the exact mean and variance of the shuffled sums instead of by drawing (the generalised
Cochran-Mantel-Haenszel test), so that they have no floor and need no seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2

from storyscope.compare.design import MIN_STORIES
from storyscope.compare.multiplicity import benjamini_hochberg
from storyscope.compare.resample import MIN_PROMPTS, Estimate, estimate, normal_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from storyscope.codebook import Codebook
    from storyscope.compare.design import Design
    from storyscope.compare.distance import Columns
    from storyscope.compare.resample import Prompts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Test = Callable[[Floats, NDArray[np.bool_], Ints], float | None]

__all__ = [
    "Effect",
    "FeatureRow",
    "cliffs_delta",
    "cramers_v",
    "describe_features",
    "shuffled",
    "within_prompts",
]

RESAMPLES = 400


@dataclass(frozen=True)
class Effect:
    """One source against others in one feature.

    Attributes
    ----------
    source, against : str
        The latter is "models" (all other models) or "people".
    measure : str
        "delta" (Cliff's; positive where the source has more) or "V" (Cramer's, for categories).
    size : Estimate
    level : str
        For categories and multi-selects the answer whose share differs most; else empty.
    difference : float, or None
        Share of that answer in the source less that in the others.
    p, q : float, or None
        By shuffling labels within prompts, and corrected over the features (Benjamini and
        Hochberg); None where the two share too few prompts.
    """

    source: str
    against: str
    measure: str
    size: Estimate
    level: str
    difference: float | None
    p: float | None
    q: float | None


@dataclass(frozen=True)
class FeatureRow:
    """A feature by source.

    Attributes
    ----------
    id, name, dimension, kind : str
    style : bool
    missing : dict of str to float
        Share of each source's stories without an answer.
    means : dict of str to float
        Mean by source: of the value, of an ordinal's rank from 0, of yes as 1.
    shares : dict of str to dict of str to float
        For categories and multi-selects, the share of each answer by source.
    effects : list of Effect
        Where both sides have at least 5 stories with an answer.
    """

    id: str
    name: str
    dimension: str
    kind: str
    style: bool
    missing: dict[str, float]
    means: dict[str, float]
    shares: dict[str, dict[str, float]]
    effects: list[Effect]


def describe_features(
    columns: Columns,
    codebook: Codebook,
    design: Design,
    draws: Prompts,
    *,
    over_prompts: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[FeatureRow]:
    """Tabulate every feature that varies.

    With `over_prompts`, sides that share too few prompts are tested by shuffling whole prompts,
    see `shuffled`; otherwise they have no p.
    """
    contrasts = _contrasts(design)
    test = shuffled if over_prompts else within_prompts
    rows = []
    for place, feature_id in enumerate(columns.ids):
        feature = codebook[feature_id]
        scores, given = _scores(columns, place)
        if feature.kind == "binary":
            scores = (scores == feature.levels.index("yes")).astype(float)
        if not given.any() or (scores[given] == scores[given][0]).all():
            continue
        by_source = [given & (design.source == s) for s in range(len(design.sources))]
        total = np.bincount(design.source, minlength=len(design.sources))
        row = FeatureRow(
            id=feature.id,
            name=feature.name,
            dimension=feature.dimension,
            kind=feature.kind,
            style=feature.style,
            missing={
                name: 1 - float(by_source[s].sum() / total[s])
                for s, name in enumerate(design.sources)
            },
            means={},
            shares={},
            effects=[],
        )
        if feature.kind in ("categorical", "multi"):
            hot = scores if feature.kind == "multi" else scores == np.arange(len(feature.levels))
            hot = hot.astype(float)
            for s, name in enumerate(design.sources):
                if by_source[s].any():
                    share = hot[by_source[s]].mean(axis=0)
                    row.shares[name] = dict(zip(feature.levels, share.tolist(), strict=True))
            for name, against, first, second in contrasts:
                effect = _choice(
                    hot, given & first, given & second, design, draws, feature.levels, test,
                    exclusive=feature.kind == "categorical",
                )  # fmt: skip
                if effect:
                    row.effects.append(replace(effect, source=name, against=against))
        else:
            low, high = feature.range or (0.0, max(1.0, len(feature.levels) - 1))
            low, high = (0.0, 1.0) if feature.kind == "binary" else (low, high)
            for s, name in enumerate(design.sources):
                if by_source[s].any():
                    row.means[name] = low + (high - low) * float(scores[by_source[s], 0].mean())
            codes = np.zeros(len(given), int)
            codes[given] = np.unique(scores[given, 0], return_inverse=True)[1]
            for name, against, first, second in contrasts:
                effect = _amount(codes, given & first, given & second, design, test)
                if effect:
                    row.effects.append(replace(effect, source=name, against=against))
        rows.append(row)
        if progress:
            progress("features", place + 1, len(columns.ids))
    return _corrected(rows)


def _contrasts(design: Design) -> list[tuple[str, str, NDArray, NDArray]]:
    human = design.human
    found = []
    people = design.source == human if human is not None else np.zeros(len(design), bool)
    for s, name in enumerate(design.sources):
        mine = design.source == s
        others = ~mine & ~people
        if others.any():
            found.append((name, "models", mine, others))
        if s != human and people.any():
            found.append((name, "people", mine, people))
    return found


def _scores(columns: Columns, place: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Values of one feature as columns of numbers, and which stories have them."""
    a, b = columns.numeric.shape[1], columns.numeric.shape[1] + columns.nominal.shape[1]
    given = columns.present[:, place]
    if place < a:
        return np.nan_to_num(columns.numeric[:, [place]]), given
    if place < b:
        return columns.nominal[:, [place - a]].astype(float), given
    return columns.chosen[place - b].astype(float), given


def _amount(
    codes: Ints, first: NDArray, second: NDArray, design: Design, test: Test
) -> Effect | None:
    if min(first.sum(), second.sum()) < MIN_STORIES:
        return None
    size = cliffs_delta(codes[first], codes[second], design.prompt[first], design.prompt[second])
    either = first | second
    counts = np.bincount(codes[either])
    ranks = np.cumsum(counts) - (counts - 1) / 2
    p = test(ranks[codes[either], None], first[either], design.prompt[either])
    return Effect("", "", "delta", size, "", None, p, None)


def _choice(
    hot: Floats,
    first: NDArray,
    second: NDArray,
    design: Design,
    draws: Prompts,
    levels: tuple[str, ...],
    test: Test,
    *,
    exclusive: bool,
) -> Effect | None:
    if min(first.sum(), second.sum()) < MIN_STORIES:
        return None
    difference = hot[first].mean(axis=0) - hot[second].mean(axis=0)
    most = int(np.abs(difference).argmax())
    either = first | second
    p = test(hot[either], first[either], design.prompt[either])
    if exclusive:
        n = len(design.prompts)
        counts = np.stack(
            [
                [np.bincount(design.prompt[side], column[side], minlength=n) for column in hot.T]
                for side in (first, second)
            ]
        )
        value = float(cramers_v(counts.sum(axis=2)[None])[0])
        flat = counts.reshape(-1, n).T.astype(np.float32)
        drawn = (draws.drawn[:RESAMPLES] @ flat).astype(float)
        drawn = drawn.reshape(-1, *counts.shape[:2])
        size = estimate(value, cramers_v(drawn), int((counts.sum(axis=(0, 1)) > 0).sum()))
        measure = "V"
    else:
        one = hot[:, most].astype(int)
        size = cliffs_delta(one[first], one[second], design.prompt[first], design.prompt[second])
        measure = "delta"
    if size is None:
        return None
    return Effect("", "", measure, size, levels[most], float(difference[most]), p, None)


def cliffs_delta(first: Ints, second: Ints, first_prompt: Ints, second_prompt: Ints) -> Estimate:
    """P(first > second) - P(first < second), with prompts as clusters (Obuchowski 1997).

    Values come as ranks from 0, so that counting takes the place of sorting.
    """
    top = int(max(first.max(), second.max())) + 1
    n, m = len(first), len(second)

    def below(values: Ints) -> Floats:
        counts = np.bincount(values, minlength=top)
        return (np.cumsum(counts) - counts / 2) / len(values)

    wins, losses = below(second)[first], 1 - below(first)[second]
    value = float(wins.mean())
    size = int(max(first_prompt.max(), second_prompt.max())) + 1
    pull = np.bincount(first_prompt, (wins - value) / n, minlength=size)
    pull += np.bincount(second_prompt, (losses - value) / m, minlength=size)
    held = np.bincount(first_prompt, minlength=size) + np.bincount(second_prompt, minlength=size)
    used = int((held > 0).sum())
    error = 2 * sqrt(float((pull**2).sum()) * used / max(used - 1, 1))
    # Where every pair agrees nothing varies; one story on each side might still have been other.
    error = max(error, sqrt(1 / n**2 + 1 / m**2))
    found = normal_interval(2 * value - 1, error, used)
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(-1.0, found.low), high=min(1.0, found.high))


def cramers_v(tables: Floats) -> Floats:
    """Bias-corrected Cramer's V of tables of counts (Bergsma 2013), 0 to 1."""
    n = tables.sum(axis=(1, 2))
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    expected = rows[:, :, None] * columns[:, None, :] / np.maximum(n, 1)[:, None, None]
    terms = np.divide(
        (tables - expected) ** 2, expected, out=np.zeros_like(expected), where=expected > 0
    )
    phi = terms.sum(axis=(1, 2)) / np.maximum(n, 1)
    r, c = (rows > 0).sum(axis=1), (columns > 0).sum(axis=1)
    spare = np.maximum(n - 1, 1)
    phi = np.maximum(phi - (r - 1) * (c - 1) / spare, 0)
    least = np.minimum(r - (r - 1) ** 2 / spare, c - (c - 1) ** 2 / spare) - 1
    return np.sqrt(np.divide(phi, least, out=np.zeros_like(phi), where=least > 1e-9))


def within_prompts(scores: Floats, first: NDArray[np.bool_], prompt: Ints) -> float | None:
    """P of a difference in scores when labels are shuffled within prompts.

    Parameters
    ----------
    scores : array of shape (n, columns)
        Several columns are tested together.
    first : array of bool
        Which stories carry the label.

    Returns
    -------
    float, or None
        None if fewer than 5 prompts have stories with and without the label.
    """
    mixed = _mixed(first, prompt)
    if mixed.sum() < MIN_PROMPTS:
        return None
    rows = mixed[prompt]
    return _exact(scores[rows], first[rows], prompt[rows])


def shuffled(scores: Floats, first: NDArray[np.bool_], prompt: Ints) -> float | None:
    """P of a difference in scores: within prompts where enough are shared, else over prompts.

    Where fewer than 5 prompts have stories with and without the label, the stories of a prompt
    count as one, their mean, and the label is shuffled over prompts.

    Parameters
    ----------
    scores : array of shape (n, columns)
    first : array of bool
        Which stories carry the label.

    Returns
    -------
    float, or None
        None if either side has fewer than 5 prompts, or all scores are the same.
    """
    if _mixed(first, prompt).sum() >= MIN_PROMPTS:
        return within_prompts(scores, first, prompt)
    cells, cell = np.unique(2 * prompt + first, return_inverse=True)
    held = np.bincount(cell)[:, None]
    means = np.column_stack([np.bincount(cell, c) for c in scores.T]) / held
    labelled = cells % 2 == 1
    if min(labelled.sum(), (~labelled).sum()) < MIN_PROMPTS:
        return None
    return _exact(means, labelled, np.zeros(len(cells), int))


def _mixed(first: NDArray[np.bool_], prompt: Ints) -> NDArray[np.bool_]:
    """Prompts that have stories with the label and without it."""
    n = np.bincount(prompt)
    k = np.bincount(prompt, first)
    return np.asarray((k > 0) & (k < n))


def _exact(scores: Floats, first: NDArray[np.bool_], block: Ints) -> float | None:
    """P by the exact moments of sums when labels are shuffled within blocks, all of them mixed."""
    n, k = np.bincount(block), np.bincount(block, first)
    size = len(n)
    sums = np.column_stack([np.bincount(block, c, minlength=size) for c in scores.T])
    mean = sums / np.maximum(n, 1)[:, None]
    centred = scores - mean[block]
    excess = centred[first].sum(axis=0)
    # A sum over k of n stories drawn without replacement.
    weight = (k * (n - k) / np.maximum(n * (n - 1), 1))[block]
    spread = centred.T @ (centred * weight[:, None])
    if spread.size == 1:
        return float(chi2.sf(excess[0] ** 2 / spread[0, 0], 1)) if spread[0, 0] > 1e-12 else None
    values, vectors = np.linalg.eigh(spread)
    use = values > 1e-9 * max(float(values.max()), 1e-300)
    if not use.any() or values.max() <= 1e-12:
        return None
    parts = (excess @ vectors[:, use]) ** 2 / values[use]
    return float(chi2.sf(parts.sum(), int(use.sum())))


def _corrected(rows: list[FeatureRow]) -> list[FeatureRow]:
    """Fill in q, contrast by contrast over all features."""
    by_contrast: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for i, row in enumerate(rows):
        for j, effect in enumerate(row.effects):
            by_contrast.setdefault((effect.source, effect.against), []).append((i, j))
    for places in by_contrast.values():
        q = benjamini_hochberg([rows[i].effects[j].p for i, j in places])
        for (i, j), one in zip(places, q, strict=True):
            rows[i].effects[j] = replace(rows[i].effects[j], q=one)
    return rows
