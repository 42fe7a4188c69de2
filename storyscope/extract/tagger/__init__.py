"""What is told where: a small trained reader of sentences in their context.

`load_tagger` gives the shipped model; a `Tagger` turns a reading's sentences into `Tags`.
Measures do not call it: they ask a reading (`reading.told("dream")`).
"""

from __future__ import annotations

from storyscope.extract.tagger.labels import CHOICES, DIRECTIONS, FAMILIES, SCALES, SIZES
from storyscope.extract.tagger.model import Tagger, load_tagger
from storyscope.extract.tagger.tags import Passage, Tags

__all__ = [
    "CHOICES",
    "DIRECTIONS",
    "FAMILIES",
    "SCALES",
    "SIZES",
    "Passage",
    "Tagger",
    "Tags",
    "load_tagger",
]
