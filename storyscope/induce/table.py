"""Stories by patterns: every pattern's value in every story, and what is common enough to test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from storyscope.errors import UnusableText
from storyscope.induce.mine import mine
from storyscope.induce.patterns import Pattern

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.corpus import Story
    from storyscope.extract.pipeline import Pipeline
    from storyscope.extract.tagger import Tagger
    from storyscope.induce.mine import Found

__all__ = ["PatternTable", "common", "pattern_table", "tabulate"]

LEAST_SHARE = 0.05
"""Share of all stories that must hold a pattern; sources are not looked at."""
LEAST_PROMPTS = 10
"""Prompts in whose stories it must stand."""
MOST = 3000
"""Patterns that are kept at most, the most widespread."""
ALIKE = 0.95
"""Correlation over stories from which two patterns count as one: the more widespread or simpler."""


@dataclass(frozen=True)
class PatternTable:
    """What every story holds of every pattern.

    Attributes
    ----------
    patterns : tuple of Pattern
    values : array of shape (stories, patterns)
        In each pattern's unit; NaN where a story has no value.
    ids, sources, prompts : tuple of str
        Of every story.
    words : tuple of int
        Words of every story.
    empty : tuple of str
        Stories left out because nothing in them can be read, with the reason.
    found : tuple of dict
        Of every story its patterns with value and place.
    """

    patterns: tuple[Pattern, ...]
    values: NDArray[np.float64]
    ids: tuple[str, ...]
    sources: tuple[str, ...]
    prompts: tuple[str, ...]
    words: tuple[int, ...] = ()
    empty: tuple[str, ...] = ()
    found: tuple[dict[Pattern, Found], ...] = field(default=(), repr=False)


def pattern_table(
    stories: Sequence[Story],
    *,
    pipeline: Pipeline | None = None,
    tagger: Tagger | bool = True,
    cache: bool = True,
    progress: Callable[[str, int, int, str], None] | None = None,
) -> PatternTable:
    """Read stories and note which patterns each holds.

    Parameters
    ----------
    stories : sequence of Story
    pipeline, tagger, cache
        As `storyscope.extract.annotate.readings` takes them. With the cache, stories that were
        read before are neither parsed nor tagged again.
    progress : callable, optional
        Called with the stage, what is done, of how much, and the rate.
    """
    from storyscope.extract.annotate import check_text, readings

    began, words = monotonic(), 0
    kept: list[tuple[Story, int, dict[Pattern, Found]]] = []
    empty = []
    same: dict[Pattern, Pattern] = {}
    opened = readings((s.text for s in stories), pipeline=pipeline, tagger=tagger, cache=cache)
    for done, (story, one) in enumerate(zip(stories, opened, strict=True), start=1):
        try:
            check_text(one.normalised.text)
        except UnusableText as error:
            empty.append(f"{story.id!r}: {error}")
            continue
        # Most patterns come in many stories: one of each is held.
        held = {same.setdefault(p, p): f for p, f in mine(one.reading).items()}
        kept.append((story, one.reading.n_words, held))
        words += one.reading.n_words
        if progress is not None:
            rate = words / max(monotonic() - began, 1e-6)
            progress("reading (stories)", done, len(stories), f"{rate:,.0f} words/s")
    return tabulate(kept, empty)


def tabulate(
    read: Iterable[tuple[Story, int, dict[Pattern, Found]]], empty: Iterable[str] = ()
) -> PatternTable:
    """Lay out what was found in stories; only patterns that are `common` get a column."""
    kept = list(read)
    stories = [story for story, _, _ in kept]
    found = [patterns for _, _, patterns in kept]
    names = common(found, [s.prompt_id for s in stories])
    at = {pattern: k for k, pattern in enumerate(names)}
    values = np.tile([0.0 if p.counted else np.nan for p in names], (len(kept), 1))
    values = values.reshape(len(kept), len(names))
    for i, patterns in enumerate(found):
        for pattern, one in patterns.items():
            if pattern in at:
                values[i, at[pattern]] = one.value
    distinct = _distinct(values)
    names = [names[k] for k in distinct]
    return PatternTable(
        tuple(names),
        values[:, distinct],
        tuple(s.id for s in stories),
        tuple(s.source for s in stories),
        tuple(s.prompt_id for s in stories),
        tuple(words for _, words, _ in kept),
        tuple(empty),
        tuple({p: patterns[p] for p in names if p in patterns} for patterns in found),
    )


def common(found: Sequence[dict[Pattern, Found]], prompts: Sequence[str]) -> list[Pattern]:
    """Patterns that enough stories of enough prompts hold: the most widespread, then the simplest.

    A pattern is held where its value is above none. Sources are not looked at.
    """
    held: Counter[Pattern] = Counter()
    at: dict[Pattern, set[str]] = {}
    for patterns, prompt in zip(found, prompts, strict=True):
        for pattern, one in patterns.items():
            if one.value > 0:
                held[pattern] += 1
                at.setdefault(pattern, set()).add(prompt)
    least = LEAST_SHARE * len(found)
    names = [p for p, n in held.items() if n >= least and len(at[p]) >= LEAST_PROMPTS]
    return sorted(names, key=lambda p: (-held[p], len(p.parts), p))[:MOST]


def _distinct(values: NDArray[np.float64]) -> list[int]:
    """Columns that vary, without those that say the same as an earlier one."""
    known = np.isfinite(values)
    n = known.sum(axis=0)
    mean = np.where(known, values, 0).sum(axis=0) / np.maximum(n, 1)
    centred = np.where(known, values - mean, 0)
    size = np.sqrt((centred**2).sum(axis=0))
    varies = np.flatnonzero(size > 1e-12)
    unit = centred[:, varies] / size[varies]
    alike = np.abs(unit.T @ unit) >= ALIKE
    kept: list[int] = []
    for k in range(len(varies)):
        if not alike[k, kept].any():
            kept.append(k)
    return [int(varies[k]) for k in kept]
