"""Perspective: who tells, whose mind is seen, and in what kind of report."""

from __future__ import annotations

from storyscope.extract.layers.person import intrusions, narrative_person, persons
from storyscope.extract.measures import (
    NOT_DEFINED,
    Measured,
    measures,
    rate,
    tokens,
)
from storyscope.extract.reading import Reading

ENOUGH_PERSONS = 6
"""Narrated clauses with a personal subject under which their shares are undefined."""


# ---------------------------------------------------------------- person


@measures("PER_POV_01")
def person_of_narration(reading: Reading) -> Measured:
    """First, first plural, second or third, resting on the clauses that say so."""
    person = narrative_person(reading)
    found = persons(reading)
    spans = {
        "first": found.i + found.we,
        "first plural": found.we,
        "second": found.you,
        "third": found.others,
    }
    return Measured(person, tokens(sorted(spans.get(person or "", []))))


@measures("PER_POV_02")
def first_person_share(reading: Reading) -> Measured:
    """Share of narrated clauses with a personal subject whose subject is "I" or "we"."""
    found = persons(reading)
    first = sorted(found.i + found.we)
    total = len(first) + len(found.you) + len(found.others)
    if total < ENOUGH_PERSONS:
        return NOT_DEFINED
    return Measured(len(first) / total, tokens(first))


@measures("PER_POV_03")
def teller_intrudes(reading: Reading) -> Measured:
    """How often a teller outside the story says "I" or "we"."""
    if narrative_person(reading) != "third":
        return NOT_DEFINED
    return rate(tokens(intrusions(reading)), reading.n_narrated)
