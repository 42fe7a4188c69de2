"""Families of time: dreams, flashbacks, flash-forwards, habits, skips, simultaneity."""

from __future__ import annotations

from storyscope.extract.layers.simultaneity import simultaneous
from storyscope.extract.layers.tense import pluperfects
from storyscope.extract.layers.times import time_expressions
from storyscope.extract.measures import tokens
from storyscope.extract.measures.told import spans_told
from storyscope.extract.reading import Reading
from storyscope.validate.families import Spans, family


def _outside(reading: Reading, named: str, at: list[int]) -> Spans:
    """Tokens that stand in no passage of a family."""
    told = spans_told(reading, named)
    return tokens([i for i in at if not any(s.start <= i < s.end for s in told)])


def _would(reading: Reading) -> list[int]:
    return [c.verb for c in reading.clauses if c.modal == "would" and not c.quoted]


def _openings(reading: Reading) -> list[int]:
    """Times named within the first six words of a narrated sentence."""
    times = time_expressions(reading)
    return [t.start for t in times if t.start - reading.sentence(t.start).start < 6]


family(
    "dream_sequence",
    "Are events inside a dream told here?",
    lambda r: spans_told(r, "dream"),
    lambda r: _outside(r, "dream", [i for i, w in enumerate(r.lemma) if w == "dream"]),
)
family(
    "flashback",
    "Is a scene from before the story's now told here?",
    lambda r: spans_told(r, "flashback"),
    lambda r: _outside(r, "flashback", [c.verb for c in pluperfects(r)]),
)
family(
    "flash_forward",
    "Is a time after the story's now told here?",
    lambda r: spans_told(r, "flashforward"),
    lambda r: _outside(r, "flashforward", _would(r)),
)
family(
    "iterative",
    "Is something told once here that happened many times?",
    lambda r: spans_told(r, "habit"),
    lambda r: _outside(r, "habit", _would(r)),
)
family(
    "time_skip",
    "Does the telling skip over time here?",
    lambda r: spans_told(r, "skip"),
    lambda r: _outside(r, "skip", _openings(r)),
)


def _other_whiles(reading: Reading) -> list[tuple[int, int]]:
    """Narrated "while", "as" and "meanwhile" in sentences without a hit."""
    hit = {reading.sentence_of[s.start] for s in simultaneous(reading)}
    return tokens(
        [
            i
            for i, word in enumerate(reading.lower)
            if word in ("while", "as", "meanwhile")
            and reading.dep[i] in ("mark", "advmod")
            and not reading.quoted[i]
            and reading.sentence_of[i] not in hit
        ]
    )


family(
    "simultaneity",
    "Are different people's doings told as happening at one time here?",
    simultaneous,
    _other_whiles,
)
