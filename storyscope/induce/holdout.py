"""Which patterns set a source apart, chosen on half of the prompts and tested on the other half.

A pattern's contrast at a prompt is a source's value minus the mean of the other sources' values
there. Chance is what shuffling the sources within each prompt gives, so that nothing is assumed of
how values are distributed, and prompts, however different, do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.multiplicity import benjamini_hochberg
from storyscope.errors import TooLittleData

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Cells", "Mark", "cells", "figures", "held_out"]

REPEATS = 25
"""Times that the prompts are split in two."""
SCREEN = 2.0
"""Size of the contrast, in deviations of chance, from which a pattern becomes a candidate."""
MOST = 100
"""Candidates of one split, the strongest."""
SHUFFLES = 4999
"""Shuffles behind a p value; the smallest, 0.0002, still counts among `MOST` candidates."""
LEVEL = 0.05
"""False discoveries that are allowed, as a share of all."""
LEAST = 20
"""Prompts with two sources or more, under which nothing is tested."""
LEAST_HALF = 8
"""Prompts of a half at which a source must have a contrast."""
RESAMPLES = 500
_CHUNK = 500


@dataclass(frozen=True)
class Cells:
    """One row per prompt and source: the mean over the stories of both.

    Attributes
    ----------
    contrast : array of shape (rows, patterns)
        A row's value minus the mean of the other sources' at its prompt; 0 where there is none.
    known : bool array of that shape
        Where there is one.
    values : array of that shape
    source, prompt : arrays of int, shape (rows,)
    sources : tuple of str
    n_prompts : int
    """

    contrast: Floats
    known: NDArray[np.bool_]
    values: Floats
    source: NDArray[np.int64]
    prompt: NDArray[np.int64]
    sources: tuple[str, ...]
    n_prompts: int


@dataclass(frozen=True)
class Mark:
    """A pattern that a source has more or less of than the others, with its held-out figures.

    Figures are medians over the splits in which it was a candidate, each worked out on the half
    on which it was not chosen.

    Attributes
    ----------
    pattern : int
        Column of the table.
    source : str
    more : bool
        Whether the source has more of it than the others.
    here, there : float
        Mean of the source, and of the others at the same prompts, each source weighing the same.
    difference, low, high : float
        Mean contrast with its 95% interval over prompts.
    delta : float
        Cliff's delta of the source's stories against the others', from -1 to 1.
    q : float
        Twice the median, over all splits, of the adjusted p value; a split in which it was no
        candidate counts as 1.
    chosen, stable : float
        Share of splits in which it was a candidate, and in which its adjusted p value was at most
        `LEVEL`.
    prompts : int
        Prompts with a contrast in all the table.
    kept : bool
        Whether `q` is at most `LEVEL`.
    """

    pattern: int
    source: str
    more: bool
    here: float
    there: float
    difference: float
    low: float
    high: float
    delta: float
    q: float
    chosen: float
    stable: float
    prompts: int
    kept: bool

    @property
    def figures(self) -> tuple[str, ...]:
        """Its figures as tables show them: here, there, difference, delta, q, stable."""
        return (
            f"{self.here:.2f}",
            f"{self.there:.2f}",
            f"{self.difference:+.2f} ({self.low:+.2f} to {self.high:+.2f})",
            f"{self.delta:+.2f}",
            f"{self.q:.3f}",
            f"{self.stable:.0%}",
        )


def cells(
    values: Floats, sources: Sequence[str], prompts: Sequence[str], *, least: int = LEAST
) -> Cells:
    """Average a table of stories by prompt and source, and contrast the sources at each prompt.

    Parameters
    ----------
    values : array of shape (stories, patterns)
        NaN where a story has none.
    sources, prompts : sequences of str
    least : int
        Prompts that two sources must share.

    Raises
    ------
    TooLittleData
        For one source, prompts that no two sources share, or fewer than `least` that are shared.

    Examples
    --------
    >>> who, at = ["a", "b"] * 20, [f"p{k // 2}" for k in range(40)]
    >>> laid = cells(np.array([[1.0], [0.0]] * 20), who, at)
    >>> laid.contrast[:2, 0].tolist(), laid.sources
    ([1.0, -1.0], ('a', 'b'))
    """
    names, source = np.unique(np.asarray(sources, dtype=str), return_inverse=True)
    if len(names) < 2:
        raise TooLittleData(
            f"All stories are by {names[0] if len(names) else 'nobody'!s}, and patterns set sources "
            "apart: give a corpus of two sources or more, or name the column of sources with "
            "--column source=NAME."
        )
    asked, prompt = np.unique(np.asarray(prompts, dtype=str), return_inverse=True)
    pair, row = np.unique(prompt * len(names) + source, return_inverse=True)
    known = np.isfinite(values)
    n = _sums(known.astype(float), row, len(pair))
    total = _sums(np.where(known, values, 0), row, len(pair))
    with np.errstate(invalid="ignore"):
        mean = total / n
    source, prompt = pair % len(names), pair // len(names)
    per_prompt = np.bincount(prompt, minlength=len(asked))
    shared = int((per_prompt >= 2).sum())
    if shared == 0:
        raise TooLittleData(
            "No prompt was answered by two sources, so that a pattern would tell what was asked "
            "rather than who answered: give a corpus in which sources share prompts "
            "(`storyscope corpus check` shows them)."
        )
    if shared < least:
        raise TooLittleData(
            f"Only {shared} prompts were answered by two sources or more, and half of them are held "
            f"out to test what the other half shows: give at least {least}."
        )
    rows = per_prompt[prompt] >= 2
    mean, source = mean[rows], source[rows]
    _, prompt = np.unique(prompt[rows], return_inverse=True)
    known = np.isfinite(mean)
    filled = np.where(known, mean, 0)
    there = _sums(known.astype(float), prompt, shared)[prompt]
    middle = _sums(filled, prompt, shared)[prompt] / np.maximum(there, 1)
    usable = known & (there >= 2)
    contrast = np.where(usable, (filled - middle) * there / np.maximum(there - 1, 1), 0)
    return Cells(contrast, usable, mean, source, prompt, tuple(map(str, names)), shared)


def held_out(
    laid: Cells,
    *,
    repeats: int = REPEATS,
    shuffles: int = SHUFFLES,
    seed: int = 0,
    progress: Callable[[str, int, int, str], None] | None = None,
) -> list[Mark]:
    """Choose patterns on half of the prompts and test them on the other half, again and again.

    In every split, patterns whose contrast on the first half reaches `SCREEN` are candidates, each
    with a source and a direction. On the other half each gets a one-sided p value from shuffles
    of the sources within prompts, adjusted over the candidates by Benjamini and Hochberg's
    method. A pattern is kept if twice its median adjusted p value over the splits is at most
    `LEVEL`, which asks that it be found in more than half of them.

    Parameters
    ----------
    laid : Cells
    repeats, shuffles, seed : int
    progress : callable, optional
        Called with the stage, what is done, of how much, and a rate.

    Returns
    -------
    list of Mark
        All that were candidates in half of the splits or more: the kept ones first, then the
        others, both from the largest Cliff's delta on.
    """
    rng = np.random.default_rng(seed)
    variance = _chance(laid)
    q: dict[tuple[int, int, int], list[float]] = {}
    halves = []
    for repeat in range(repeats):
        order = rng.permutation(laid.n_prompts)
        first = np.isin(laid.prompt, order[: laid.n_prompts // 2])
        halves.append(~first)
        candidates = _candidates(laid, variance, first)
        p: list[float] = []
        for s in range(len(laid.sources)):
            mine = [(j, sign) for j, of, sign in candidates if of == s]
            p += _p_values(laid, ~first, s, mine, shuffles, rng)
        adjusted = benjamini_hochberg(p)
        for candidate, value in zip(candidates, adjusted, strict=True):
            row = q.setdefault(candidate, [np.nan] * repeats)
            row[repeat] = 1.0 if value is None else value
        if progress is not None:
            progress("testing (splits)", repeat + 1, repeats, "")
    marks = []
    for (j, s, sign), row in q.items():
        chosen = np.isfinite(row)
        if chosen.mean() >= 0.5:
            tested = [half for half, was in zip(halves, chosen, strict=True) if was]
            marks.append(_mark(laid, j, s, sign, np.array(row), tested, rng))
    return sorted(marks, key=lambda m: (not m.kept, -abs(m.delta), m.pattern, m.source))


def _sums(values: Floats, group: NDArray[np.int64], n: int) -> Floats:
    out = np.zeros((n, values.shape[1]))
    np.add.at(out, group, values)
    return out


def _chance(laid: Cells) -> Floats:
    """Variance of one row's contrast under shuffling, by prompt and pattern."""
    n = np.bincount(laid.prompt, minlength=laid.n_prompts)[:, None]
    mean = _sums(laid.contrast, laid.prompt, laid.n_prompts) / n
    return _sums(laid.contrast**2, laid.prompt, laid.n_prompts) / n - mean**2


def _candidates(
    laid: Cells, variance: Floats, half: NDArray[np.bool_]
) -> list[tuple[int, int, int]]:
    """Pattern, source and direction of the strongest contrasts on one half, by source."""
    strong: list[tuple[float, int, int, int]] = []
    for s in range(len(laid.sources)):
        rows = half & (laid.source == s)
        total = laid.contrast[rows].sum(axis=0)
        deviation = np.sqrt(np.maximum(variance[laid.prompt[rows]].sum(axis=0), 0))
        enough = (laid.known[rows].sum(axis=0) >= LEAST_HALF) & (deviation > 1e-12)
        z = np.where(enough, total / np.where(deviation > 1e-12, deviation, 1), 0)
        # Of two sources, one's more is the other's less: said once, of the one with more.
        size = z if len(laid.sources) == 2 else np.abs(z)
        strong += [
            (-float(size[j]), int(j), s, 1 if z[j] > 0 else -1)
            for j in np.flatnonzero(size >= SCREEN)
        ]
    chosen = [(j, s, sign) for _, j, s, sign in sorted(strong)[:MOST]]
    return sorted(chosen, key=lambda c: c[1])


def _p_values(
    laid: Cells,
    half: NDArray[np.bool_],
    s: int,
    candidates: list[tuple[int, int]],
    shuffles: int,
    rng: np.random.Generator,
) -> list[float]:
    """Share of shuffles whose mean contrast goes at least as far in the candidate's direction."""
    if not candidates:
        return []
    columns = np.array([j for j, _ in candidates], dtype=np.int64)
    signs = np.array([sign for _, sign in candidates], dtype=np.float32)
    answered = np.unique(laid.prompt[half & (laid.source == s)])
    rows = np.flatnonzero(half & np.isin(laid.prompt, answered))
    contrast = laid.contrast[rows][:, columns].astype(np.float32) * signs
    known = laid.known[rows][:, columns].astype(np.float32)
    mine = laid.source[rows] == s
    n = known[mine].sum(axis=0)
    observed = contrast[mine].sum(axis=0) / np.maximum(n, 1)
    # Rows of a prompt lie together, so that one of them is drawn by its place among them.
    starts = np.flatnonzero(np.diff(laid.prompt[rows], prepend=-1))
    sizes = np.diff(np.append(starts, len(rows)))
    beyond = np.zeros(len(columns))
    for begin in range(0, shuffles, _CHUNK):
        b = min(_CHUNK, shuffles - begin)
        drawn = starts + (rng.random((b, len(starts))) * sizes).astype(np.int64)
        pick = np.zeros((b, len(rows)), dtype=np.float32)
        pick[np.arange(b)[:, None], drawn] = 1
        means = (pick @ contrast) / np.maximum(pick @ known, 1)
        beyond += (means >= observed - 1e-6).sum(axis=0)
    p = (1 + beyond) / (1 + shuffles)
    return [float(v) if k >= LEAST_HALF else 1.0 for v, k in zip(p, n, strict=True)]


def _mark(
    laid: Cells, j: int, s: int, sign: int, q: Floats, halves: list[NDArray[np.bool_]],
    rng: np.random.Generator,
) -> Mark:  # fmt: skip
    found = np.array([figures(laid, j, s, half, rng) for half in halves])
    here, difference, low, high, delta = map(float, np.median(found, axis=0))
    worst = min(1.0, 2 * float(np.median(np.where(np.isfinite(q), q, 1.0))))
    return Mark(
        j, laid.sources[s], sign > 0, here, here - difference, difference, low, high, delta,
        worst, float(np.isfinite(q).mean()), float((q <= LEVEL).mean()),
        int(laid.known[laid.source == s, j].sum()), worst <= LEVEL,
    )  # fmt: skip


def figures(
    laid: Cells, j: int, s: int, half: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[float, float, float, float, float]:
    """Mean, mean contrast with its interval, and Cliff's delta of a source on some of the rows."""
    from storyscope.fingerprints import cliffs_delta

    rows = half & (laid.source == s) & laid.known[:, j]
    contrast = laid.contrast[rows, j]
    draws = rng.multinomial(len(contrast), np.full(len(contrast), 1 / len(contrast)), RESAMPLES)
    low, high = np.percentile(draws @ contrast / len(contrast), [2.5, 97.5])
    others = half & (laid.source != s) & laid.known[:, j]
    others &= np.isin(laid.prompt, laid.prompt[rows])
    delta = cliffs_delta(laid.values[:, j], rows.astype(float)[None], others.astype(float)[None])
    return float(laid.values[rows, j].mean()), float(contrast.mean()), low, high, float(delta[0])
