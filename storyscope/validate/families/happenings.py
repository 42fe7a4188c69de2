"""Families of plot and setting: open conflict, described places."""

from __future__ import annotations

from storyscope.extract.layers.settings import SCENIC, setting_passages
from storyscope.extract.measures import tokens
from storyscope.extract.measures.told import spans_told
from storyscope.extract.reading import Reading
from storyscope.validate.families import Spans, family


def _mere_scenery(reading: Reading) -> Spans:
    taken = {i for a, b in setting_passages(reading) for i in range(a, b)}
    return tokens(
        [
            i
            for i, lemma in enumerate(reading.lemma)
            if lemma in SCENIC
            and reading.pos[i] == "NOUN"
            and not reading.quoted[i]
            and i not in taken
        ]
    )


family(
    "conflict",
    "Are two people or more in open conflict here?",
    lambda r: spans_told(r, "conflict"),
    lambda r: [],
)
family(
    "setting_description",
    "Is a place, landscape or weather described in its own right here?",
    setting_passages,
    _mere_scenery,
)
