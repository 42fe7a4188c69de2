"""The questions a reader comes with, answered in plain words before any figure is shown."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from storyscope.attribute.baselines import best_trivial
from storyscope.compare.verdict import verdict

if TYPE_CHECKING:
    from storyscope.compare.resample import Estimate
    from storyscope.compare.result import Comparison
    from storyscope.report.summary import Summary

__all__ = ["Answer", "answers"]


@dataclass(frozen=True)
class Answer:
    """A question, its answer in a sentence or two, and how to read the figures in it."""

    question: str
    answer: str
    reading: str


def answers(summary: Summary) -> list[Answer]:
    """What the report says first: likeness, clusters, the unusual, and telling apart."""
    comparison = summary.comparison
    found = [_likeness(comparison), _clusters(comparison), _unusual(comparison), _apart(summary)]
    return [answer for answer in found if answer is not None]


def _interval(found: Estimate, scale: float = 1.0, digits: int = 3) -> str:
    if found.low is None or found.high is None:
        return f"{found.value * scale:.{digits}f}"
    low, high = found.low * scale, found.high * scale
    return f"{found.value * scale:.{digits}f} (95% interval {low:.{digits}f} to {high:.{digits}f})"


def _likeness(result: Comparison) -> Answer | None:
    matched, unmatched = result.matched, result.unmatched
    reading = (
        "A distance of 0 means alike in every feature, 1 opposite in all; each narrative dimension "
        "weighs the same."
    )
    question = "Are models closer to one another than people are?"
    about = result.about
    if found := verdict(matched, about.features, about.human):
        distances = f"At the same prompt: {found.distances}."
        return Answer(question, f"{found.sentence} {found.meaning} {distances}", reading)
    if unmatched.gap is not None and unmatched.model_model and unmatched.model_human:
        gap = unmatched.gap
        side = "more" if gap.value > 0 else "less"
        return Answer(
            "Are these models closer to one another than to these people?",
            "The table cannot settle it: people and models answered different prompts here. Over "
            f"different prompts a model and a person are {abs(gap.value):.3f} {side} apart than two "
            f"models ({unmatched.model_human.value:.3f} against {unmatched.model_model.value:.3f}), "
            "and period, genre, length and prompt are part of that figure.",
            reading,
        )
    if matched.model_model is not None:
        nearest = matched.source_pairs[0] if matched.source_pairs else None
        pair = f" The nearest pair is {nearest.a} and {nearest.b}." if nearest is not None else ""
        return Answer(
            "How close are the sources to one another?",
            f"At the same prompt two of them are {_interval(matched.model_model)} apart.{pair}",
            reading,
        )
    return None


def _clusters(result: Comparison) -> Answer | None:
    found = [
        agreement
        for clustering in result.structure.clusterings
        for agreement in clustering.agreement
        if agreement.label == "source"
    ]
    if not found:
        return None
    best = max(found, key=lambda agreement: agreement.rand)
    rand, middle = best.rand, round(median(agreement.rand for agreement in found), 2)
    words = (
        "No: grouped by likeness alone, stories fall across their writers"
        if rand < 0.1
        else "Weakly: grouped by likeness alone, stories follow their writers a little"
        if rand < 0.3
        else "In part: grouped by likeness alone, stories often follow their writers"
        if rand < 0.6
        else "Yes: grouped by likeness alone, stories cluster by writer"
    )
    return Answer(
        "Does each writer’s work form a cluster of its own?",
        f"{words} (agreement {rand:.2f} at best, {best.k} groups; {middle + 0.0:.2f} in the middle of "
        f"{len(found)} groupings).",
        "Agreement is the adjusted Rand index: 0 is chance, 1 means that groups and writers "
        "coincide. A writer can be recognisable without forming a cluster.",
    )


def _unusual(result: Comparison) -> Answer | None:
    if result.rarity is None:
        return None
    ranked = sorted(result.rarity.main.sources, key=lambda s: -s.percentile.value)
    if len(ranked) < 2:
        return None
    first, last = ranked[0], ranked[-1]
    return Answer(
        "Whose stories are the most unusual?",
        f"Those of {first.source}: on average more unusual than {100 * first.percentile.value:.0f}% of all "
        f"stories; those of {last.source} are the least so ({100 * last.percentile.value:.0f}%).",
        f"Unusual means far from its {result.rarity.main.k} nearest neighbours; 50% is ordinary.",
    )


def _apart(summary: Summary) -> Answer | None:
    told = [e for e in summary.evaluations if e.n_features]
    if not told:
        return None
    first = told[0]
    score = first.metrics["macro_f1"]
    trivial = best_trivial(summary.evaluations)
    against = (
        f"; without reading a story, {trivial.name} reaches {trivial.metrics['macro_f1'].value:.2f}"
        if trivial
        else ""
    )
    return Answer(
        "Can a new story’s writer be told from how it is built?",
        f"Among these {len(first.sources)} sources and on {first.held_out} not learned from, a "
        f"macro-F1 of "
        f"{score.value:.2f} (95% interval {score.low:.2f} to {score.high:.2f}) from "
        f"{first.name} features{against}.",
        "Macro-F1 is 1 where every story is named rightly. It says nothing of writers that are not "
        "in the table.",
    )
