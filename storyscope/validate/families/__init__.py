"""The narrative families that are validated: where a measure fires, and where it nearly does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storyscope.extract.reading import Reading

__all__ = ["FAMILIES", "Family", "family"]

Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Family:
    """A trait of narration and how it is found.

    Attributes
    ----------
    name : str
        As the file of its passages is called.
    asks : str
        What a reader is asked of a passage, to be answered yes or no.
    hits : callable
        Stretches of tokens [start, end) where the trait is found.
    near : callable
        Stretches that share its vocabulary or grammar and where it is not found.
    fires : callable
        Whether a passage has the trait.
    """

    name: str
    asks: str
    hits: Callable[[Reading], Spans]
    near: Callable[[Reading], Spans]
    fires: Callable[[Reading], bool]


FAMILIES: dict[str, Family] = {}


def family(
    name: str,
    asks: str,
    hits: Callable[[Reading], Spans],
    near: Callable[[Reading], Spans],
    fires: Callable[[Reading], bool] | None = None,
) -> None:
    """Register a family; by default a passage has the trait where there is any hit."""
    if name in FAMILIES:
        raise ValueError(f"The family {name!r} is registered already.")
    FAMILIES[name] = Family(name, asks, hits, near, fires or (lambda r: bool(hits(r))))


def _register() -> None:
    from storyscope.validate.families import happenings, people, telling, time  # noqa: F401


_register()
