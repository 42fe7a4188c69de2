"""Texts read as measures read them: normalised, parsed, and tagged when a measure asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from storyscope.corpus import Normalised, normalise
from storyscope.extract.reading import Reading
from storyscope.extract.tagger import Tags, load_tagger

if TYPE_CHECKING:
    from storyscope.extract.pipeline import Pipeline

__all__ = ["read_tagged"]


def read_tagged(
    texts: Iterable[str], pipeline: Pipeline, *, cache: bool = False
) -> Iterator[tuple[Normalised, Reading]]:
    """Read texts one by one, so that each can be asked what it tells.

    Parameters
    ----------
    texts : iterable of str
        As they were given.
    pipeline : Pipeline
    cache : bool
        Whether parses are kept on disk.

    Returns
    -------
    iterator of (Normalised, Reading)
        The tagger is loaded when a reading is first asked for its tags.
    """
    for text in texts:
        normalised = normalise(text)
        doc = next(pipeline.parse([normalised.text], cache=cache))
        yield normalised, Reading(doc, _tags)


def _tags(reading: Reading) -> Tags:
    return load_tagger().tag(reading)
