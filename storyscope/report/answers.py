"""The questions a reader comes with, answered in plain words before any figure is shown.

The first three stand at the head of the page, each a sentence with its figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from storyscope.attribute.baselines import best_trivial
from storyscope.compare.verdict import verdict

if TYPE_CHECKING:
    from storyscope.codebook import Feature
    from storyscope.compare.resample import Estimate
    from storyscope.compare.result import Comparison
    from storyscope.fingerprints import Mark
    from storyscope.report.summary import Summary

__all__ = ["Answer", "answers", "spoken"]


@dataclass(frozen=True)
class Answer:
    """A question, its answer in a sentence or two, and how to read the figures in it."""

    question: str
    answer: str
    reading: str


def answers(summary: Summary) -> list[Answer]:
    """What the report says first: likeness, clusters, telling apart; then the unusual."""
    comparison = summary.comparison
    if summary.focus:
        found = [_marked(summary), _stands(summary), _named(summary)]
    else:
        first = _at_one_prompt(summary) or _likeness(comparison)
        found = [first, _clusters(comparison), _apart(summary), _unusual(comparison)]
    return [answer for answer in found if answer is not None]


def _at_one_prompt(summary: Summary) -> Answer | None:
    """The study's question, from corpora in which people and models share prompts."""
    if summary.headline is None:
        return None
    found = summary.headline
    return Answer(
        "Are models closer to one another than people are?",
        found.sentence,
        f"{found.meaning} By wording: {found.wording}",
    )


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
        if not any(sign.isdigit() for sign in found.sentence):  # an answer has its figures
            return Answer(question, f"{found.sentence} {distances}", f"{found.meaning} {reading}")
        return Answer(question, found.sentence, f"{found.meaning} {distances} {reading}")
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
    middle = round(median(agreement.rand for agreement in found), 2) + 0.0
    return Answer(
        "Does each writer’s work form a cluster of its own?",
        f"{_gap_says(result)} The groups that methods draw all the same agree with the writers by "
        f"{middle:.2f} in the middle of {len(found)} groupings and by {best.rand:.2f} at best ({best.k} "
        f"groups), where 1 is perfect and 0 chance: {_follow(best.rand)}.",
        "Agreement is the adjusted Rand index; the best of many groupings flatters. A writer can be "
        "recognisable without forming a cluster.",
    )


def _gap_says(result: Comparison) -> str:
    """Whether there are clusters at all, by the gap statistic: the cautious answer."""
    asked = [c for c in result.structure.clusterings if c.gap_k is not None]
    none = sum(c.gap_k == 1 for c in asked)
    if not asked:
        return "Whether there are clusters at all was not tested."
    if none == len(asked):
        return f"No: the gap statistic finds no clusters at all, by any of {none} methods."
    some = len(asked) - none
    lead = "Mostly not" if none > some else "In part" if none else "Yes"
    return f"{lead}: the gap statistic finds clusters by {some} of {len(asked)} methods."


def _follow(rand: float) -> str:
    """How far groups follow writers, at best."""
    if rand < 0.1:
        return "they fall across the writers"
    if rand < 0.3:
        return "they follow the writers a little, at best"
    return (
        "they often follow the writers, at best" if rand < 0.6 else "at best, they are the writers’"
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


# ---------------------------------------------------------------- one source


def _marked(summary: Summary) -> Answer | None:
    source = summary.focus
    if source not in summary.fingerprints.marks:
        return None
    marks = summary.fingerprints.marks[source]
    question = f"What marks {source}?"
    reading = (
        "A mark is what the source does more or less of than the other models, where chance gives so "
        "much in fewer than 5 of 100 marks."
    )
    if not marks:
        return Answer(question, f"Nothing marks {source} beyond chance.", reading)
    told = "; ".join(spoken(mark, summary.codebook[mark.feature]) for mark in marks[:3])
    return Answer(question, f"{source} has {told}.", reading)


def _stands(summary: Summary) -> Answer | None:
    """How far it is from the others, and which of them is nearest."""
    source, matched = summary.focus, summary.comparison.matched
    pairs = [p for p in matched.source_pairs if p.distance and source in (p.a, p.b)]
    place = [row.source for row in matched.apart]
    if not pairs or source not in place:
        return None
    near, rank = pairs[0], place.index(source) + 1
    row = matched.apart[rank - 1]
    other = near.b if near.a == source else near.a
    which = (
        "most of all sources"
        if rank == 1
        else "least of all sources"
        if rank == len(place)
        else f"more than {len(place) - rank} of the {len(place) - 1} others"
    )
    assert near.distance is not None
    return Answer(
        "How near are the others?",
        f"At the same prompt its stories are nearest to those of {other} "
        f"({_interval(near.distance)} apart), and it stands apart {which}, by {_interval(row.gap)}.",
        "A distance of 0 means alike in every feature. A source stands apart by its distance to the "
        "others less the distance among those.",
    )


def _named(summary: Summary) -> Answer | None:
    """How often its stories are named rightly, and whom they are taken for otherwise."""
    told = next((e for e in summary.evaluations if e.n_features), None)
    if told is None or summary.focus not in told.sources:
        return None
    at = told.sources.index(summary.focus)
    row = told.confusion[at]
    others = [(n, name) for n, name in zip(row, told.sources, strict=True) if name != summary.focus]
    most, name = max(others)
    total = sum(row) or 1
    taken = f"; most often they are taken for {name} ({most / total:.0%})" if most else ""
    return Answer(
        "Can its stories be recognised?",
        f"On {told.held_out} not learned from, {row[at] / total:.0%} of its {total} stories are named "
        f"rightly from {told.name} features, among {len(told.sources)} sources{taken}.",
        "It says nothing of writers that are not in the table.",
    )


def spoken(mark: Mark, feature: Feature) -> str:
    """One mark in words that stand after "has".

    >>> from types import SimpleNamespace
    >>> from storyscope.codebook import default_codebook
    >>> harm = default_codebook()["EVT_CON_03"]
    >>> less = SimpleNamespace(delta=-0.4, others=2.0)
    >>> spoken(SimpleNamespace(feature=harm.id, value="", mean=1.0, models=less), harm)
    'fewer events of harm (1.00 against 2.00 per 1,000 narrated words)'
    """
    told = feature.says(mark.models.delta > 0, mark.value)
    return f"{told} ({feature.compared(mark.mean, mark.models.others)})"
