"""Measures: for every measured feature of the codebook, one pure function of a reading.

A measure takes a `Reading` and returns `Measured`: the value and the tokens it rests on. It
registers under its feature's id; one test holds codebook and measures together.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from math import nan
from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.reading import once

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = [
    "MEASURES",
    "MODULES",
    "NOT_DEFINED",
    "TAGGED",
    "Measured",
    "all_measures",
    "measures",
    "once",
]

MODULES = (
    "agents", "characters", "escalation", "events", "networks", "places", "plot", "perspective", "revelation",
    "setting", "shape", "situatedness", "style", "temporal",
)  # fmt: skip
"""Modules of this package that hold measures, one a dimension."""


class Measured(NamedTuple):
    """Value of a feature, and the stretches of tokens [start, end) that it rests on.

    A numeric value is a float, NaN where it is undefined; any other value is one of the
    feature's declared answers, None where it is undefined.
    """

    value: float | str | None
    spans: Sequence[tuple[int, int]] = ()


NOT_DEFINED = Measured(None)
"""The feature does not apply to this story, by the condition that its codebook entry states."""

Measure = Callable[["Reading"], Measured]
MEASURES: dict[str, Measure] = {}
TAGGED: set[str] = set()
"""Features whose measures ask the tagger; undefined in stories that were read without it."""


def measures(feature_id: str, *, tagged: bool = False) -> Callable[[Measure], Measure]:
    """Register a function as the measure of a feature; `tagged` where it asks the tagger."""

    def register(function: Measure) -> Measure:
        if feature_id in MEASURES:
            raise ValueError(
                f"{feature_id} is measured by {MEASURES[feature_id].__qualname__} already."
            )
        MEASURES[feature_id] = function
        if tagged:
            TAGGED.add(feature_id)
        return function

    return register


def all_measures() -> dict[str, Measure]:
    """Every measure by feature id, in codebook order."""
    from storyscope.codebook import default_codebook

    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
    return {f.id: MEASURES[f.id] for f in default_codebook() if f.id in MEASURES}


# ---------------------------------------------------------------- small shared arithmetic

ENOUGH_WORDS = 80
"""Narrated words under which a rate is undefined."""
ENOUGH_FOR_SERIES = 400
"""Narrated words under which a course over the story is undefined."""


def rate(
    spans: Sequence[tuple[int, int]], size: int, per: int = 1000, least: int = ENOUGH_WORDS
) -> Measured:
    """Things per `per` of `size`; undefined where `size` is under `least`."""
    if size < least:
        return NOT_DEFINED
    return Measured(per * len(spans) / size, spans)


def share(part: Sequence[tuple[int, int]], whole: int, least: int = 5) -> Measured:
    """Part of a whole, 0 to 1; undefined where the whole is under `least`."""
    if whole < least:
        return NOT_DEFINED
    return Measured(len(part) / whole, part)


def number(value: float, spans: Sequence[tuple[int, int]] = ()) -> Measured:
    """A number, NaN becoming undefined."""
    return Measured(None if value != value or value is nan else float(value), spans)


def yes(found: Sequence[tuple[int, int]]) -> Measured:
    """Whether anything was found."""
    return Measured("yes" if found else "no", found)


def tokens(indices: Sequence[int]) -> list[tuple[int, int]]:
    """Single tokens as spans."""
    return [(i, i + 1) for i in indices]
