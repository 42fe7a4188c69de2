"""Revelation: what the telling gives away, when, and what it makes of it in the end."""

from __future__ import annotations

from storyscope.extract.layers.epiphany import epiphanies
from storyscope.extract.layers.theme import themes
from storyscope.extract.measures import NOT_DEFINED, Measured, measures
from storyscope.extract.reading import Reading

LEAST_SENTENCES = 8
"""Narrated sentences under which a rate of sentences is undefined."""


@measures("REV_THM_01")
def stated_theme(reading: Reading) -> Measured:
    """Narrated sentences that state a theme, per 100; sure ways only."""
    total = len(reading.narrated_sentences)
    if total < LEAST_SENTENCES:
        return NOT_DEFINED
    found = [t[:2] for t in themes(reading) if t.sure]
    return Measured(100 * len(found) / total, found)


@measures("REV_EPI_01")
def hedged_epiphany(reading: Reading) -> Measured:
    """Narrated sentences that offer an insight under a hedge, per 100."""
    total = len(reading.narrated_sentences)
    if total < LEAST_SENTENCES:
        return NOT_DEFINED
    found = [e[:2] for e in epiphanies(reading)]
    return Measured(100 * len(found) / total, found)
