"""Families of people and places: looks, bodily and named feeling, inner life."""

from __future__ import annotations

from storyscope.extract.layers.emotions import EMOTION_ADJ, EMOTION_NOUN, named_feelings
from storyscope.extract.layers.thoughts import people_clauses, thoughts
from storyscope.extract.lexicon import words
from storyscope.extract.measures import tokens
from storyscope.extract.measures.told import spans_told
from storyscope.extract.reading import Reading
from storyscope.validate.families import Spans, family

_PARTS = words("body", "face", "hair", "eyes", "build")


def _unused(reading: Reading, named: frozenset[str], spans: Spans) -> list[tuple[int, int]]:
    taken = {i for a, b in spans for i in range(a, b)}
    return tokens(
        [
            i
            for i, w in enumerate(reading.lemma)
            if w in named and i not in taken and reading.pos[i] in ("NOUN", "ADJ")
        ]
    )


family(
    "outward_description",
    "Is somebody's outward look described here?",
    lambda r: spans_told(r, "looks"),
    lambda r: _unused(r, _PARTS, spans_told(r, "looks")),
)
family(
    "inward_thought",
    "Is what somebody thinks or feels told from inside here?",
    lambda r: [t[:2] for t in thoughts(r)],
    lambda r: tokens(
        [c.verb for c in people_clauses(r) if not any(t.start == c.verb for t in thoughts(r))]
    ),
    lambda r: bool(thoughts(r)),
)
family(
    "bodily_emotion",
    "Does the body show what somebody feels here?",
    lambda r: spans_told(r, "bodily"),
    lambda r: _unused(r, _PARTS, spans_told(r, "bodily")),
)
family(
    "named_emotion",
    "Does the narration name a feeling of somebody in the story here?",
    named_feelings,
    lambda r: _unused(r, EMOTION_ADJ | EMOTION_NOUN, named_feelings(r)),
)
