"""Families of time: dreams, flashbacks, flash-forwards, habits, skips, simultaneity."""

from __future__ import annotations

from storyscope.extract.layers.anachrony import flash_forwards, flashbacks, pluperfects
from storyscope.extract.layers.dreams import dream_words, dreams
from storyscope.extract.layers.times import time_skips
from storyscope.extract.measures import tokens
from storyscope.extract.measures.temporal import habitual
from storyscope.extract.reading import Reading
from storyscope.validate.families import family

family(
    "dream_sequence",
    "Are events inside a dream told here?",
    lambda r: [d[:2] for d in dreams(r)],
    lambda r: tokens(
        [i for i in dream_words(r) if not any(d.start <= i < d.end for d in dreams(r))]
    ),
)


def _unused_pluperfects(reading: Reading) -> list[tuple[int, int]]:
    inside = flashbacks(reading)
    return tokens(
        [c.verb for c in pluperfects(reading) if not any(p.start <= c.verb < p.end for p in inside)]
    )


family(
    "flashback",
    "Is a scene from before the story's now told here?",
    lambda r: [p[:2] for p in flashbacks(r)],
    _unused_pluperfects,
)
family(
    "flash_forward",
    "Is a time after the story's now told here?",
    lambda r: [p[:2] for p in flash_forwards(r)],
    lambda r: tokens([c.verb for c in r.clauses if c.modal == "would" and not c.quoted]),
)
family(
    "iterative",
    "Is something told once here that happened many times?",
    lambda r: tokens(habitual(r)),
    lambda r: tokens([c.verb for c in r.clauses if c.modal == "would" and not c.quoted]),
    lambda r: len(habitual(r)) >= 2,
)
family(
    "time_skip",
    "Does the telling skip over time here?",
    time_skips,
    lambda r: tokens([i for i, w in enumerate(r.lower) if w in ("later", "next", "after")]),
)
