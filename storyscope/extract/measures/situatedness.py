"""Situatedness: how the telling stands to its reader, to other works and to the world."""

from __future__ import annotations

from storyscope.extract.layers.address import generic_you
from storyscope.extract.layers.commentary import remarks
from storyscope.extract.layers.generic import statements
from storyscope.extract.layers.intertext import (
    dated,
    likened_to_fiction,
    machines_used,
    named,
    works_read,
)
from storyscope.extract.layers.person import narrative_person
from storyscope.extract.measures import (
    ENOUGH_FOR_SERIES,
    NOT_DEFINED,
    Measured,
    measures,
    once,
    rate,
    share,
    tokens,
    yes,
)
from storyscope.extract.measures.perspective import per_sentences
from storyscope.extract.measures.told import rate_told, share_told, spans_told
from storyscope.extract.reading import Reading

TAIL_WORDS = 250
"""Narrated words at either end that count as opening and ending."""
LAST = 0.8
"""Where the last fifth begins; the middle lasts from a fifth to there."""


def _per_words(reading: Reading, spans: list[tuple[int, int]]) -> Measured:
    """Things per 1,000 words, spoken ones included."""
    return rate(spans, reading.n_words)


# ---------------------------------------------------------------- to the reader


@measures("SIT_RDR_01", tagged=True)
def reader_address(reading: Reading) -> Measured:
    return rate_told(reading, "address")


@measures("SIT_RDR_02", tagged=True)
def reader_at_the_frame(reading: Reading) -> Measured:
    """Whether the reader is spoken to in the first or the last 250 narrated words."""
    if reading.n_narrated < 2 * TAIL_WORDS:
        return NOT_DEFINED
    told, inside = spans_told(reading, "address"), reading.narrated
    return yes(
        [s for s in told
         if min(inside[: s.start].sum(), inside[s.end :].sum()) < TAIL_WORDS]
    )  # fmt: skip


@measures("SIT_RDR_03")
def anybody_you(reading: Reading) -> Measured:
    """Clauses in which "you" means anybody, per 1,000 narrated words."""
    if narrative_person(reading) == "second":
        return NOT_DEFINED
    return rate(tokens(generic_you(reading)), reading.n_narrated)


@measures("SIT_RDR_04", tagged=True)
def reader_share(reading: Reading) -> Measured:
    return share_told(reading, "address")


@measures("SIT_MET_01")
def tells_of_telling(reading: Reading) -> Measured:
    """Remarks on the telling itself, per 100 narrated sentences."""
    return per_sentences(reading, [r[:2] for r in remarks(reading) if r.kind == "meta"])


@measures("SIT_MET_02")
def likens_to_fiction(reading: Reading) -> Measured:
    """How often the telling likens its matter to fiction."""
    return rate(tokens(likened_to_fiction(reading)), reading.n_narrated)


# ---------------------------------------------------------------- in general


@once
def _general(reading: Reading) -> list[tuple[int, int]]:
    return [(s.start, s.end) for s in statements(reading) if not s.particular]


def _late_excess(reading: Reading, spans: list[tuple[int, int]]) -> Measured:
    """Things per 100 narrated sentences in the last fifth, minus those in the middle."""
    if reading.n_narrated < ENOUGH_FOR_SERIES:
        return NOT_DEFINED
    clock = reading.narrated_clock
    sentences = [clock[s.start] for s in reading.narrated_sentences]
    late = sum(p >= LAST for p in sentences)
    middle = sum(1 - LAST <= p < LAST for p in sentences)
    if late < 4 or middle < 8:
        return NOT_DEFINED
    at = [(s, clock[s[0]]) for s in spans]
    last = [s for s, p in at if p >= LAST]
    before = [s for s, p in at if 1 - LAST <= p < LAST]
    return Measured(100 * (len(last) / late - len(before) / middle), last + before)


@measures("SIT_GEN_01")
def generic_statements(reading: Reading) -> Measured:
    """Statements in general, per 1,000 narrated words."""
    return rate(_general(reading), reading.n_narrated)


@measures("SIT_GEN_02")
def generic_late(reading: Reading) -> Measured:
    """Sentences with a statement in general: last fifth against the middle."""
    found = {reading.sentence(a)[:2] for a, _ in _general(reading)}
    return _late_excess(reading, sorted(found))


@measures("SIT_GEN_03")
def maxims(reading: Reading) -> Measured:
    """Of statements in general, the share about everybody, people or ideas."""
    found = [s for s in statements(reading) if not s.particular]
    broad = ("everyone", "abstract", "some", "one", "we", "there")
    return share([(s.start, s.end) for s in found if s.about in broad], len(found), 6)


# ---------------------------------------------------------------- other works


@measures("SIT_INT_01")
def names_works(reading: Reading) -> Measured:
    """Works and authors named, and titles read or written, per 1,000 words."""
    return _per_words(reading, list(works_read(reading)))


@measures("SIT_INT_02")
def names_myth(reading: Reading) -> Measured:
    """Figures of myth, scripture and folk tale named, per 1,000 words."""
    return _per_words(reading, named(reading, "myth"))


@measures("SIT_INT_03")
def any_allusion(reading: Reading) -> Measured:
    """Kinds of allusion by name in the first 1,000 words: works, people, myth."""
    if reading.n_words < 500:
        return NOT_DEFINED
    limit = int((reading.is_word.cumsum() <= 1000).sum())
    kinds = {
        "works": list(works_read(reading)),
        "people": named(reading, "people"),
        "myth": named(reading, "myth"),
    }
    near = {k: [s for s in spans if s[0] < limit] for k, spans in kinds.items()}
    present = [k for k, spans in near.items() if spans]
    value = "none" if not present else "one kind" if len(present) == 1 else "several kinds"
    return Measured(value, sorted({s for spans in near.values() for s in spans}))


# ---------------------------------------------------------------- the world outside


@measures("SIT_WLD_01")
def real_places(reading: Reading) -> Measured:
    """Real places named, per 1,000 words."""
    return _per_words(reading, named(reading, "places"))


@measures("SIT_WLD_02")
def real_people(reading: Reading) -> Measured:
    """Real people named, per 1,000 words."""
    return _per_words(reading, named(reading, "people"))


@measures("SIT_WLD_03")
def dates_itself(reading: Reading) -> Measured:
    """Years, wars and ages named, per 1,000 words."""
    return _per_words(reading, list(dated(reading)))


@measures("SIT_WLD_04")
def uses_machines(reading: Reading) -> Measured:
    """Datable machines used, per 1,000 narrated words."""
    return rate(tokens(machines_used(reading)), reading.n_narrated)
