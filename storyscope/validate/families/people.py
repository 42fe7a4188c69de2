"""Families of people and places: looks, bodily and named feeling, inner life."""

from __future__ import annotations

from storyscope.extract.layers.description import REGION, looks
from storyscope.extract.layers.emotions import EMOTION_ADJ, EMOTION_NOUN, named_feelings
from storyscope.extract.layers.feelings import PARTS, bodily_feelings
from storyscope.extract.layers.thoughts import people_clauses, thoughts
from storyscope.extract.measures import tokens
from storyscope.extract.reading import Reading
from storyscope.validate.families import family


def _unused(
    reading: Reading, words: frozenset[str], spans: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    taken = {i for a, b in spans for i in range(a, b)}
    return tokens(
        [
            i
            for i, w in enumerate(reading.lemma)
            if w in words and i not in taken and reading.pos[i] in ("NOUN", "ADJ")
        ]
    )


family(
    "outward_description",
    "Is somebody's outward look described here?",
    lambda r: [k[:2] for k in looks(r)],
    lambda r: _unused(r, frozenset(REGION), [k[:2] for k in looks(r)]),
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
    lambda r: [f[:2] for f in bodily_feelings(r)],
    lambda r: _unused(r, frozenset(PARTS), [f[:2] for f in bodily_feelings(r)]),
)
family(
    "named_emotion",
    "Does the narration name a feeling of somebody in the story here?",
    lambda r: [f[:2] for f in named_feelings(r)],
    lambda r: _unused(r, EMOTION_ADJ | EMOTION_NOUN, [f[:2] for f in named_feelings(r)]),
)
