"""Families of events and plot: conflict, escalation, closure, coincidence."""

from __future__ import annotations

from storyscope.extract.measures import tokens
from storyscope.extract.measures.events import CONFLICT, conflicts
from storyscope.validate.families import family

family(
    "conflict",
    "Are two people or more in open conflict here?",
    lambda r: tokens(conflicts(r)),
    lambda r: tokens([c.verb for c in r.clauses if not c.quoted and r.lemma[c.verb] in CONFLICT
                      and c.verb not in set(conflicts(r))]),
)  # fmt: skip
