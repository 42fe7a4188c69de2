"""Families of events, plot and setting: escalation, conflict, closure, coincidence, described places."""

from __future__ import annotations

from storyscope.extract.layers.chance import chance_cues, coincidences
from storyscope.extract.layers.conflict import clashes, conflict_signs
from storyscope.extract.layers.endings import CLOSED_FROM, closure_score, ending, story_ending
from storyscope.extract.layers.intensity import ESCALATES_FROM, intense_moments, windows
from storyscope.extract.layers.settings import SCENIC, setting_passages
from storyscope.extract.measures import tokens
from storyscope.extract.reading import Reading
from storyscope.validate.families import Spans, family


def _flat_windows(reading: Reading) -> Spans:
    """Windows with two intense moments or more that do not escalate."""
    at = [m.token for m in intense_moments(reading)]
    return [
        (a, b)
        for a, b, value in windows(reading)
        if value < ESCALATES_FROM and sum(a <= t < b for t in at) >= 2
    ]


def _endings(reading: Reading, closed: bool) -> Spans:
    last = story_ending(reading)
    if last is None or (closure_score(reading, last) >= CLOSED_FROM) != closed:
        return []
    return [last]


def _loose_cues(reading: Reading) -> Spans:
    inside = coincidences(reading)
    cues = [c for c in chance_cues(reading) if c.weight > 0]
    return [c[:2] for c in cues if not any(s.start <= c.start < s.end for s in inside)]


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
    "escalation",
    "Do danger, conflict or stakes rise clearly from the beginning of this passage to its end?",
    lambda r: [(a, b) for a, b, value in windows(r) if value >= ESCALATES_FROM],
    _flat_windows,
)
family(
    "conflict",
    "Are two people or more in open conflict here?",
    lambda r: clashes(r),
    lambda r: [
        s[:2] for s in conflict_signs(r) if not any(c.start <= s.start < c.end for c in clashes(r))
    ],
)
family(
    "closure",
    "Does this ending close its story?",
    lambda r: _endings(r, closed=True),
    lambda r: _endings(r, closed=False),
    lambda r: closure_score(r, ending(r)) >= CLOSED_FROM,
)
family(
    "coincidence",
    "Does chance, accident or mistake turn what happens here?",
    coincidences,
    _loose_cues,
)
family(
    "setting_description",
    "Is a place, landscape or weather described in its own right here?",
    setting_passages,
    _mere_scenery,
)
