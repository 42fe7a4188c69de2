"""Repetition and stock in sentences and in tables of text."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from storyscope.compare.layout import SHORT, Table, between, number
from storyscope.compare.passages import LONG

if TYPE_CHECKING:
    from storyscope.compare.likeness import Likeness
    from storyscope.compare.repetition import Repetition
    from storyscope.compare.stock import Stock

__all__ = ["repetition_sentences", "repetition_tables", "stock_sentences", "stock_tables"]


def repetition_sentences(result: Repetition) -> list[str]:
    """Tell how stories of one prompt repeat one another."""
    lines = [f"Repetition was looked for in {result.stories} stories on {result.prompts} prompts."]
    for likeness in result.likeness:
        parts = [
            f"{kind.name} {between(kind.same_prompt)}"
            + (
                f" (over different prompts {number(kind.different_prompts)})"
                if kind.different_prompts is not None
                else ""
            )
            for kind in likeness.kinds
            if kind.same_prompt
        ]
        if parts:
            lines.append(f"Likeness in {likeness.measure} at the same prompt: {'; '.join(parts)}.")
        lines += _hivemind(likeness)
        if likeness.sizes:
            each = likeness.sizes.by_family
            alone = "; ".join(f"{family} {between(one, 4)}" for family, one in each.items())
            lines.append(
                f"As a model doubles in size within its family, likeness in {likeness.measure} "
                f"within it changes by {between(likeness.sizes.slope, 4)} ({alone})."
            )
    for found in result.verbatim:
        lines.append(
            f"The longest run of words in common {found.kind} is {between(found.words, 1)} words "
            f"on average; {found.long.value:.1%} of pairs share {LONG} words or more in a row."
        )
    return lines + [f"Note. {note}." for note in result.notes]


def _hivemind(likeness: Likeness) -> list[str]:
    """The published figures: shares of prompts over the cut, and writers of the nearest."""
    lines = []
    pooled = likeness.pooled
    if pooled and pooled.within:
        between_models = f", and two models in {pooled.between.value:.0%}" if pooled.between else ""
        lines.append(
            f"In {likeness.measure} a model's stories of one prompt are on average more alike than "
            f"{pooled.cut} in {pooled.within.value:.0%} of cases{between_models}; other encoders "
            "and short answers have other cosines, so that this compares sources, not studies."
        )
    most = likeness.top[-1] if likeness.top else None
    if most and most.n > 1 and likeness.measure == "meaning":
        lines.append(
            f"The {most.n} stories nearest to a story in {likeness.measure} come from "
            f"{between(most.models, 1)} models; chance gives {most.chance:.1f}."
        )
    return lines


def repetition_tables(result: Repetition) -> list[Table]:
    """Lay repetition out as tables of text."""
    found = [_kinds(result), _trends(result)]
    found += [table for likeness in result.likeness for table in _likeness_tables(likeness)]
    passages = [
        (str(p.words), p.first, p.second, p.text if len(p.text) < 120 else p.text[:117] + "...")
        for v in result.verbatim
        for p in v.passages
    ]
    variety = [
        (v.source, str(v.n), f"{v.score:.2f} [{v.low:.2f}, {v.high:.2f}]") for v in result.variety
    ]
    found += [
        Table(
            "Effective number of different stories",
            ("source", "#of", "Vendi score"),
            variety,
            "The interval is over random sets of prompts.",
        ),
        Table(
            "Longest passages in common",
            ("#words", "first", "second", "passage"),
            passages,
            detail=True,
        ),
    ]
    return [table for table in found if table.rows]


def _kinds(result: Repetition) -> Table:
    rows = [
        (
            likeness.measure if place == 0 else "",
            kind.name,
            between(kind.same_prompt),
            number(kind.different_prompts),
        )
        for likeness in result.likeness
        for place, kind in enumerate(likeness.kinds)
    ]
    note = "; ".join(f"{likeness.measure}: {likeness.what}" for likeness in result.likeness) + "."
    return Table("Likeness", ("measure", "", "same prompt", "#different prompts"), rows, note)


def _trends(result: Repetition) -> Table:
    held = [likeness for likeness in result.likeness if likeness.sizes]
    rows = []
    for family in held[0].sizes.families if held and held[0].sizes else ():
        alike = [
            {source: value for source, _, value in likeness.sizes.families.get(family, [])}
            for likeness in held
            if likeness.sizes
        ]
        members = held[0].sizes.families[family] if held[0].sizes else []
        rows += [
            (family, source, f"{size:g}", *(number(one.get(source)) for one in alike))
            for source, size, _ in members
        ]
    columns = ("family", "source", "#size", *(f"#{likeness.measure}" for likeness in held))
    note = "Likeness of two stories of one model at the same prompt: less is more varied."
    return Table("Likeness within models, by size", columns, rows, note)


def _likeness_tables(likeness: Likeness) -> list[Table]:
    title = f"Likeness in {likeness.measure}"
    within = [(name, between(value)) for name, value in likeness.within.items()]
    pairs = [(p.a, p.b, between(p.likeness)) for p in likeness.between[:SHORT]]
    distinct = [
        (d.source, str(d.k), between(d.distinct, 2), between(d.utility, 2))
        for d in likeness.distinct
    ]
    effects = [
        (c.condition, between(c.likeness), between(c.difference)) for c in likeness.conditions
    ]
    same = "" if likeness.same_from is None else (
        f"The same: likeness above {likeness.same_from:.3g}, {likeness.rule}."
    )  # fmt: skip
    pooled = likeness.pooled
    over = [(name, between(value, 2)) for name, value in pooled.by_source.items()] if pooled else []
    top = [(str(t.n), between(t.models, 2), number(t.chance, 2)) for t in likeness.top]
    return [
        Table(f"{title} within a source", ("source", "likeness"), within, detail=True),
        Table(f"{title}: most alike", ("", "", "likeness"), pairs, detail=True),
        Table(
            f"Different stories by {likeness.measure}",
            ("source", "#of k", "different", "utility"),
            distinct,
            same,
            detail=likeness.measure != "meaning",
        ),
        Table(
            f"Prompts at which {likeness.measure} repeats",
            ("source", f"share over {pooled.cut if pooled else ''}"),
            over,
            "Share of prompts whose stories by the source are on average more alike than that.",
            detail=True,
        ),
        Table(
            f"Models among the nearest in {likeness.measure}",
            ("#nearest", "models", "#by chance"),
            top,
            "Of the stories nearest to a model's story at the same prompt, how many models wrote "
            "them: fewer than by chance where models keep to themselves.",
            detail=True,
        ),
        Table(
            f"{title} by condition",
            ("condition", "likeness", "less that of the commonest"),
            effects,
        ),
    ]


def stock_sentences(result: Stock) -> list[str]:
    """Tell what sources reach for."""
    lines = []
    for kind in result.kinds:
        if len(kind.sources) < 2:
            continue
        first = kind.sources[0]
        item, share = first.top[0]
        people = next((s for s in kind.sources if s.source == result.human), None)
        beside = f" (people {between(people.hill['1'], 1)})" if people and people != first else ""
        lines.append(
            f"{kind.kind.capitalize()}: the least varied source is {first.source}, with "
            f"{between(first.hill['1'], 1)} different ones in effect among {first.m}{beside}; its "
            f"favourite, {item!r}, is in {share:.0%} of its stories."
        )
    return lines + [f"Note. {note}." for note in result.notes]


def stock_tables(result: Stock) -> list[Table]:
    """Lay stock out as tables of text."""
    found = [_favourites(result)]
    for kind in result.kinds:
        rows = [
            (s.source, str(s.stories), f"{s.top[0][0]} {between(s.top_share, 2)}",
             between(s.herfindahl), between(s.hill["0"], 1), between(s.hill["1"], 1),
             between(s.hill["2"], 1))
            for s in kind.sources
        ]  # fmt: skip
        note = (
            f"Share of stories with the favourite; chance that two items are the same; numbers of "
            f"different items among {kind.sources[0].m} of each source: all, the usual, the "
            "dominant."
        )
        columns = ("source", "#stories", "favourite", "same twice", "all", "usual", "dominant")
        found.append(Table(f"Stock: {kind.kind}", columns, rows, note, detail=True))
    return [table for table in found if table.rows]


def _favourites(result: Stock) -> Table:
    rows = []
    for kind in result.kinds:
        models = [s for s in kind.sources if s.source != result.human]
        people = next((s for s in kind.sources if s.source == result.human), None)
        if not models:
            continue
        usual = median(s.hill["1"].value for s in models)
        best = kind.favourites[0]
        rows.append(
            (kind.kind, str(kind.sources[0].m), number(usual, 1),
             number(people.hill["1"].value, 1) if people else "–", best.item,
             f"{len(best.sources)} of {len(models)}",
             "–" if best.human_share is None else f"{best.human_share:.0%}")
        )  # fmt: skip
    columns = ("kind", "#among", "#models", "#people", "commonest favourite", "#of models",
               "#people's stories")  # fmt: skip
    note = (
        "Different items in effect among so many of each source (the median model, and people); the "
        "item that is the favourite of most models, and the share of people's stories with it."
    )
    return Table("Recurring choices", columns, rows, note)
