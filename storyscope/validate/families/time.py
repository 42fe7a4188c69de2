"""Families of time: dreams, flashbacks, flash-forwards, habits, skips, simultaneity."""

from __future__ import annotations

from storyscope.extract.layers.anachrony import flashbacks, pluperfects
from storyscope.extract.layers.dreams import dream_words, dreams
from storyscope.extract.layers.habits import habitual
from storyscope.extract.layers.prolepsis import flash_forwards
from storyscope.extract.layers.simultaneity import simultaneous
from storyscope.extract.layers.times import time_expressions, time_skips
from storyscope.extract.measures import tokens
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


def _times_at_openings(reading: Reading) -> list[tuple[int, int]]:
    """Times named within the first six words of a narrated sentence that are taken for no skip."""
    skips = {reading.sentence_of[s.start] for s in time_skips(reading)}
    return [
        (t.start, t.end)
        for t in time_expressions(reading)
        if t.start - reading.sentence(t.start).start < 6
        and reading.sentence_of[t.start] not in skips
    ]


family(
    "time_skip",
    "Does the telling skip over time here?",
    time_skips,
    _times_at_openings,
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
