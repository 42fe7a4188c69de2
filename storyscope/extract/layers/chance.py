"""Where a story says that chance, accident or mistake had a hand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.phrases import Phrases
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["ChanceCue", "chance_cues", "coincidences"]

WEIGHTS = {
    "chance": 1.5, "encounter": 1.0, "mistake": 1.0, "befall": 0.5, "sameness": 0.5, "unplanned": 0.5,
    "planned": -1.0,
}  # fmt: skip
_PHRASES = {kind: Phrases(words("chance", kind)) for kind in WEIGHTS}
NEARBY = 60
"""Tokens up to which two cues speak of the same turn of events."""
ENOUGH = 1.0


class ChanceCue(NamedTuple):
    """Tokens [start, end) that name chance, the kind of cue, and its weight."""

    start: int
    end: int
    kind: str
    weight: float


@once
def chance_cues(reading: Reading) -> list[ChanceCue]:
    """Cues of chance in narration and speech, in order; arrangement counts against it.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> [c.kind for c in chance_cues(read("By sheer luck she took the wrong train."))]
    ['chance', 'mistake']
    """
    found = [
        ChanceCue(start, end, kind, WEIGHTS[kind])
        for kind, phrases in _PHRASES.items()
        for start, end in phrases.find(reading.lower)
    ]
    for clause in reading.clauses:
        if clause.mark == "if" and clause.pluperfect and not clause.quoted and _would_have(reading, clause):
            found.append(ChanceCue(clause.finite, clause.verb + 1, "near miss", 1.0))
    return sorted(found)


def _would_have(reading: Reading, clause: Clause) -> bool:
    """Whether "if it had" is answered by "would have", as where things nearly went another way."""
    main = reading.head[clause.verb]
    parts = {reading.lower[c] for c in reading.children[main]}
    return reading.dep[clause.verb] == "advcl" and bool(parts & {"would", "'d", "could", "might"}) and (
        bool(parts & {"have", "'ve", "of"})
    )


@once
def coincidences(reading: Reading) -> list[Span]:
    """Stretches whose cues of chance add up to one or more."""
    found: list[Span] = []
    group: list[ChanceCue] = []
    for cue in [*chance_cues(reading), None]:
        if cue is not None and (not group or cue.start - group[-1].end <= NEARBY):
            group.append(cue)
            continue
        if group and sum(c.weight for c in group) >= ENOUGH:
            found.append(Span(group[0].start, max(c.end for c in group)))
        group = [cue] if cue is not None else []
    return found
