"""Perspective: who tells, whose mind is seen, and in what kind of report."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from storyscope.extract.layers.commentary import remarks, unawareness
from storyscope.extract.layers.free_indirect import free_indirect, passages
from storyscope.extract.layers.generic import past_frame
from storyscope.extract.layers.minds import (
    guesses,
    indirect_speech,
    minds,
    reported_speech,
)
from storyscope.extract.layers.person import intrusions, narrative_person, persons, spoken
from storyscope.extract.lexicon import words
from storyscope.extract.measures import (
    NOT_DEFINED,
    Measured,
    measures,
    once,
    rate,
    share,
    tokens,
)
from storyscope.extract.reading import Reading

ENOUGH_PERSONS = 6
"""Narrated clauses with a personal subject under which their shares are undefined."""
ENOUGH_MINDS = 6
"""Verbs of inner life under which nothing is said of whose they are."""
ENOUGH_SPEECH = 8
"""Speech acts under which their kinds have no shares."""
LEAST_SENTENCES = 8
FIRST = ("first", "first plural")
HEDGES = words("telling", "hedge_adverbs")
_PROXIMAL = frozenset({"now", "here", "today", "tonight", "tomorrow", "yesterday"})
_DISTAL = frozenset({"then", "there"})


def per_sentences(reading: Reading, spans: list[tuple[int, int]]) -> Measured:
    """Things per 100 narrated sentences; undefined under 8."""
    total = len(reading.narrated_sentences)
    if total < LEAST_SENTENCES:
        return NOT_DEFINED
    return Measured(100 * len(spans) / total, spans)


# ---------------------------------------------------------------- person


@measures("PER_POV_01")
def person_of_narration(reading: Reading) -> Measured:
    """First, first plural, second or third, resting on the clauses that say so."""
    person = narrative_person(reading)
    found = persons(reading)
    spans = {
        "first": found.i + found.we,
        "first plural": found.we,
        "second": found.you,
        "third": found.others,
    }
    return Measured(person, tokens(sorted(spans.get(person or "", []))))


@measures("PER_POV_02")
def first_person_share(reading: Reading) -> Measured:
    """Share of narrated clauses with a personal subject whose subject is "I" or "we"."""
    found = persons(reading)
    first = sorted(found.i + found.we)
    return share(tokens(first), len(first) + len(found.you) + len(found.others), ENOUGH_PERSONS)


@measures("PER_POV_03")
def teller_intrudes(reading: Reading) -> Measured:
    """How often a narrator outside the story says "I" or "we"."""
    if narrative_person(reading) != "third":
        return NOT_DEFINED
    return rate(tokens(intrusions(reading)), reading.n_narrated)


@measures("PER_POV_04")
def plural_share(reading: Reading) -> Measured:
    """Share of "we" among first-person clauses."""
    found = persons(reading)
    return share(tokens(found.we), len(found.i) + len(found.we), ENOUGH_PERSONS)


@measures("PER_POV_05")
def watched_from_within(reading: Reading) -> Measured:
    """Share of others among the personal subjects of a first-person story: witness or hero."""
    if narrative_person(reading) not in FIRST:
        return NOT_DEFINED
    found = persons(reading)
    whole = len(found.i) + len(found.we) + len(found.others)
    return share(tokens(found.others), whole, ENOUGH_PERSONS)


# ---------------------------------------------------------------- whose mind


@once
def _known_minds(reading: Reading) -> list[tuple[int, int]] | None:
    """Verb and entity of third-person minds, None where too few are known."""
    if narrative_person(reading) != "third":
        return None
    found = minds(reading)
    known = [(m.verb, m.entity) for m in found if m.entity >= 0]
    if len(known) < ENOUGH_MINDS or len(known) < 0.7 * len(found):
        return None
    return known


@measures("PER_FOC_01")
def focaliser_share(reading: Reading) -> Measured:
    """Share of inner life that belongs to whoever has most of it."""
    known = _known_minds(reading)
    if known is None:
        return NOT_DEFINED
    (top, n), *_ = Counter(e for _, e in known).most_common(1)
    return Measured(n / len(known), tokens([v for v, e in known if e == top]))


@measures("PER_FOC_02")
def focaliser_switches(reading: Reading) -> Measured:
    """Passages from one mind to another, each shown twice or more in a row, per 1,000 words."""
    known = _known_minds(reading)
    if known is None:
        return NOT_DEFINED
    runs: list[tuple[int, int]] = []  # entity, first verb
    start = 0
    for k in range(1, len(known) + 1):
        if k == len(known) or known[k][1] != known[start][1]:
            if k - start >= 2:
                runs.append((known[start][1], known[start][0]))
            start = k
    switches = [b[1] for a, b in pairwise(runs) if a[0] != b[0]]
    return rate(tokens(switches), reading.n_narrated)


@measures("PER_FOC_03")
def minds_entered(reading: Reading) -> Measured:
    """Share of recurrent characters, the narrator apart, into whose mind the telling goes."""
    cast = reading.cast
    recurrent = [e for e in cast.recurrent(4) if e != cast.narrator]
    if len(recurrent) < 2:
        return NOT_DEFINED
    first: dict[int, int] = {}
    for verb, entity in minds(reading):
        if entity in recurrent:
            first.setdefault(entity, verb)
    return Measured(len(first) / len(recurrent), tokens(sorted(first.values())))


@measures("PER_FOC_04")
def guessed_minds(reading: Reading) -> Measured:
    """How often a mind is guessed from outside."""
    return rate(tokens(guesses(reading)), reading.n_narrated)


@measures("PER_FOC_05")
def guessed_share(reading: Reading) -> Measured:
    """Of minds guessed and minds told, the share guessed."""
    outside, inside = guesses(reading), minds(reading)
    return share(tokens(outside), len(outside) + len(inside), ENOUGH_MINDS)


@measures("PER_KNO_01")
def knows_more(reading: Reading) -> Measured:
    """How often the telling says what somebody does not know or notice."""
    return rate(list(unawareness(reading)), reading.n_narrated)


# ---------------------------------------------------------------- free indirect discourse


@once
def _third_past(reading: Reading) -> bool:
    return narrative_person(reading) == "third" and past_frame(reading)


@measures("PER_FID_01")
def free_indirect_questions(reading: Reading) -> Measured:
    """Untagged questions of a mind in third-person past narration, per 100 sentences."""
    if not _third_past(reading):
        return NOT_DEFINED
    found = [c[:2] for c in free_indirect(reading) if c.kind == "question"]
    return per_sentences(reading, found)


@measures("PER_FID_02")
def free_indirect_cues(reading: Reading) -> Measured:
    """Sentences with another cue of free indirect discourse, per 100."""
    if not _third_past(reading):
        return NOT_DEFINED
    found = {c[:2] for c in free_indirect(reading) if c.kind != "question"}
    return per_sentences(reading, sorted(found))


@measures("PER_FID_03")
def free_indirect_passages(reading: Reading) -> Measured:
    """Narrated words in paragraphs with two cues or more, as a share of narrated words."""
    if not _third_past(reading) or reading.n_narrated < 200:
        return NOT_DEFINED
    found = passages(reading)
    inside = sum(int(reading.narrated[a:b].sum()) for a, b in found)
    return Measured(inside / reading.n_narrated, found)


# ---------------------------------------------------------------- speech handed on


@once
def _speech(reading: Reading) -> tuple[list[int], list[int], int]:
    """Indirect and reported speech acts, and how many there are with the direct ones."""
    indirect, reported = indirect_speech(reading), reported_speech(reading)
    return indirect, reported, len(indirect) + len(reported) + len(reading.quotations)


@measures("PER_REP_01")
def indirect_share(reading: Reading) -> Measured:
    """Share of speech acts told as a clause."""
    indirect, _, total = _speech(reading)
    return share(tokens(indirect), total, ENOUGH_SPEECH)


@measures("PER_REP_02")
def reported_share(reading: Reading) -> Measured:
    """Share of speech acts of which only the fact and the subject are told."""
    _, reported, total = _speech(reading)
    return share(tokens(reported), total, ENOUGH_SPEECH)


# ---------------------------------------------------------------- the narrator's voice


def _remarks(reading: Reading, *kinds: str) -> list[tuple[int, int]]:
    return sorted({r[:2] for r in remarks(reading) if r.kind in kinds})


@measures("PER_EVA_01")
def evaluates(reading: Reading) -> Measured:
    """Attitudes and verdicts of the narrator's, per 100 narrated sentences."""
    return per_sentences(reading, _remarks(reading, "attitude", "verdict"))


@measures("PER_REL_01")
def doubts_itself(reading: Reading) -> Measured:
    """Sentences in which a first-person narrator doubts, mends or vouches for the telling."""
    if narrative_person(reading) not in FIRST:
        return NOT_DEFINED
    return per_sentences(reading, _remarks(reading, "memory", "doubt", "repair", "oath"))


@measures("PER_HED_01")
def hedged(reading: Reading) -> Measured:
    """Perhaps, maybe and the like in narration, per 1,000 narrated words."""
    masked = spoken(reading)
    found = [i for i, word in enumerate(reading.lower) if word in HEDGES and not masked[i]]
    return rate(tokens(found), reading.n_narrated)


@measures("PER_DIS_01")
def nearness(reading: Reading) -> Measured:
    """Of words that point from where one stands, the share of here and now in a past telling."""
    if not past_frame(reading):
        return NOT_DEFINED
    masked = spoken(reading)
    near, far = [], []
    for i, word in enumerate(reading.lower):
        if masked[i] or reading.pos[i] not in ("ADV", "NOUN", "PRON") or reading.dep[i] == "expl":
            continue
        if word in _PROXIMAL:
            near.append(i)
        elif word in _DISTAL and reading.dep[i] in ("advmod", "pobj", "pcomp"):
            far.append(i)
    return share(tokens(near), len(near) + len(far), 8)
