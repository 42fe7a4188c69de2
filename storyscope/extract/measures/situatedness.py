"""Situatedness: how the telling stands to its reader, to other works and to the world."""

from __future__ import annotations

from storyscope.extract.layers.generic import statements
from storyscope.extract.measures import Measured, measures, rate
from storyscope.extract.reading import Reading


@measures("SIT_GEN_01")
def generic_statements(reading: Reading) -> Measured:
    """Statements in general, per 1,000 narrated words."""
    found = [(s.start, s.end) for s in statements(reading) if not s.particular]
    return rate(found, reading.n_narrated)
