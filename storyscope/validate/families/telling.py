"""Families of the telling: morals, epiphanies, reader address, free indirect discourse, questions."""

from __future__ import annotations

from collections.abc import Sequence

from storyscope.extract.layers.free_indirect import free_indirect, passages
from storyscope.extract.layers.generic import statements
from storyscope.extract.layers.person import spoken
from storyscope.extract.layers.questions import (
    open_questions,
    questions,
    unknowns,
    withholdings,
)
from storyscope.extract.measures.told import spans_told
from storyscope.extract.reading import Reading
from storyscope.validate.families import family

Spans = list[tuple[int, int]]


def _others(reading: Reading, tokens: list[int], hits: Sequence[tuple[int, int]]) -> Spans:
    """Sentences of tokens outside the hits, each once."""
    taken = {reading.sentence_of[a] for a, _ in hits}
    left = sorted({reading.sentence_of[i] for i in tokens} - taken)
    return [reading.sentences[k][:2] for k in left]


family(
    "stated_moral",
    "Does the telling state a general truth, a lesson or what the story is about here?",
    lambda r: spans_told(r, "theme"),
    lambda r: _others(r, [s.clause.verb for s in statements(r)], spans_told(r, "theme")),
)
family(
    "hedged_epiphany",
    "Is an insight into what something means, or how life is, offered tentatively here?",
    lambda r: spans_told(r, "insight"),
    lambda r: [],
)


def _narrated_you(reading: Reading) -> list[int]:
    masked = spoken(reading)
    return [
        i for i, w in enumerate(reading.lower) if w in ("you", "your", "reader") and not masked[i]
    ]


family(
    "reader_address",
    "Does the telling speak to the reader here?",
    lambda r: spans_told(r, "address"),
    lambda r: _others(r, _narrated_you(r), spans_told(r, "address")),
)


def _asked(reading: Reading) -> Spans:
    """Open questions and statements that something is not known, as sentences."""
    found = {reading.sentence_of[q.start] for q in open_questions(reading)}
    found |= {reading.sentence_of[i] for i in unknowns(reading)}
    return [reading.sentences[k][:2] for k in sorted(found)]


family(
    "question_opened",
    "Is a question about the story opened here and left open for now?",
    _asked,
    lambda r: _others(r, [q.start for q in questions(r)], _asked(r)),
    lambda r: bool(_asked(r) or withholdings(r)),
)
family(
    "free_indirect",
    "Is somebody's thought told here in the third person and the past without being tagged?",
    lambda r: [c[:2] for c in free_indirect(r) if c.kind == "question"],
    lambda r: sorted(
        {c[:2] for c in free_indirect(r)}
        - {c[:2] for c in free_indirect(r) if c.kind == "question"}
    ),
    lambda r: bool(passages(r)),
)
