"""Where the telling turns to whoever reads it."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from storyscope.extract.layers.person import narrative_person, persons, spoken
from storyscope.extract.lexicon import entries
from storyscope.extract.reading import Reading, once

__all__ = ["Address", "addresses", "generic_you", "letters"]
