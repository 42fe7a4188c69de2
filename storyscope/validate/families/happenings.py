"""Families of events and plot: conflict, escalation, closure, coincidence."""

from __future__ import annotations

from storyscope.extract.layers.conflict import clashes, conflict_signs
from storyscope.validate.families import family

family(
    "conflict",
    "Are two people or more in open conflict here?",
    lambda r: clashes(r),
    lambda r: [
        s[:2] for s in conflict_signs(r) if not any(c.start <= s.start < c.end for c in clashes(r))
    ],
)
