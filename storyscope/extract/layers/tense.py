"""The tense a story is told in, as a whole and paragraph by paragraph."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.reading import Reading, Span, once

__all__ = ["TenseRun", "past_share", "story_tense", "tense_runs"]

PAST_FROM = 0.70
PRESENT_TO = 0.30
LEAST = 20
"""Narrated main clauses under which a story's tense is not named."""


class TenseRun(NamedTuple):
    """Consecutive paragraphs told in one tense, "past" or "present"."""

    tense: str
    start: int
    end: int


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
    """ "past", "present" or "mixed"; None where there are too few clauses to tell."""
    n = sum(c.main and not c.quoted and c.tense != "modal" for c in reading.clauses)
    if n < LEAST:
        return None
    value = past_share(reading)
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
