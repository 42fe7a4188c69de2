"""The tense a story is told in: as a whole, paragraph by paragraph, and sentence by sentence."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.clauses import Clause
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = [
    "TenseRun",
    "Told",
    "dynamic",
    "past_share",
    "pluperfects",
    "story_tense",
    "tense_runs",
    "told",
]

PAST_FROM = 0.70
PRESENT_TO = 0.30
LEAST = 20
"""Narrated main clauses under which a story's tense is not named."""
STATIVE = words("verbs", "stative")


class TenseRun(NamedTuple):
    """Consecutive paragraphs told in one tense, "past" or "present"."""

    tense: str
    start: int
    end: int


class Told(NamedTuple):
    """What the narration of one sentence is made of.

    Attributes
    ----------
    clauses, mains : tuple of Clause
        Narrated finite clauses, and the main ones among them.
    words : tuple of str
        Lower-case narrated tokens.
    """

    clauses: tuple[Clause, ...]
    mains: tuple[Clause, ...]
    words: tuple[str, ...]


@once
def told(reading: Reading) -> list[Told]:
    """What every sentence tells, in the order of `Reading.sentences`.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> [len(t.mains) for t in told(read("He ran home and slept. He slept while she rowed."))]
    [2, 1]
    """
    by_sentence: list[list[Clause]] = [[] for _ in reading.sentences]
    for clause in reading.clauses:
        if not clause.quoted:
            by_sentence[reading.sentence_of[clause.verb]].append(clause)
    quoted = reading.quoted
    return [
        Told(
            tuple(clauses),
            tuple(c for c in clauses if c.main),
            tuple(reading.lower[i] for i in range(*span) if not quoted[i]),
        )
        for span, clauses in zip(reading.sentences, by_sentence, strict=True)
    ]


def dynamic(reading: Reading, clause: Clause) -> bool:
    """Whether a clause tells a deed or happening: no state, no copula, nothing denied."""
    return (
        reading.lemma[clause.verb] not in STATIVE
        and reading.pos[clause.verb] == "VERB"
        and not clause.negated
    )


@once
def pluperfects(reading: Reading) -> list[Clause]:
    """Narrated main clauses in the past perfect, outside subordinate and reported ones."""
    return [c for c in reading.clauses if c.pluperfect and c.main and not c.quoted and not c.mark]


@once
def past_share(reading: Reading) -> float:
    """Past share of narrated main clauses that are past or present; NaN without any."""
    past = present = 0
    for clause in reading.clauses:
        if clause.main and not clause.quoted:
            past += clause.tense == "past"
            present += clause.tense == "present"
    return past / (past + present) if past + present else float("nan")


@once
def story_tense(reading: Reading) -> str | None:
    """One of "past", "present" and "mixed"; None where there are too few clauses to tell.

    What is done carries the tense of a telling: a letter or a wry narrator may say how things are
    in the present all the way. The present perfect looks back and belongs to neither.
    """
    mains = [c for c in reading.clauses if c.main and not c.quoted and c.tense != "modal"]
    if len(mains) < LEAST:
        return None
    deeds = [c.tense for c in mains if dynamic(reading, c) and (c.pluperfect or not c.perfect)]
    few = len(deeds) < LEAST // 2
    value = past_share(reading) if few else deeds.count("past") / len(deeds)
    return "past" if value >= PAST_FROM else "present" if value <= PRESENT_TO else "mixed"


@once
def tense_runs(reading: Reading) -> list[TenseRun]:
    """Runs of paragraphs in one tense; a run of fewer than two paragraphs joins the one before.

    A paragraph counts if it has three narrated main clauses and two thirds of them agree.
    """
    tally: dict[int, list[int]] = {}
    for clause in reading.clauses:
        if clause.main and not clause.quoted and clause.tense != "modal":
            past_present = tally.setdefault(reading.paragraph_of[clause.verb], [0, 0])
            past_present[clause.tense == "present"] += 1
    labelled: list[tuple[str, Span]] = []
    for p, (past, present) in sorted(tally.items()):
        if past + present < 3:
            continue
        if past >= 2 * present:
            labelled.append(("past", reading.paragraphs[p]))
        elif present >= 2 * past:
            labelled.append(("present", reading.paragraphs[p]))
    runs: list[TenseRun] = []
    k = 0
    while k < len(labelled):
        tense, span = labelled[k]
        end = k
        while end + 1 < len(labelled) and labelled[end + 1][0] == tense:
            end += 1
        if end > k or not runs:
            if runs and runs[-1].tense == tense:
                runs[-1] = runs[-1]._replace(end=labelled[end][1].end)
            else:
                runs.append(TenseRun(tense, span.start, labelled[end][1].end))
        k = end + 1
    return runs
