"""Repetition and stock in sentences and in tables of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyscope.compare.result import Table
from storyscope.compare.words import between, number

if TYPE_CHECKING:
    from storyscope.compare.likeness import Likeness
    from storyscope.compare.repetition import Repetition
    from storyscope.compare.stock import Stock

__all__ = ["repetition_sentences", "repetition_tables", "stock_sentences", "stock_tables"]


def repetition_sentences(result: Repetition) -> list[str]:
    """Tell how stories of one prompt repeat one another."""
    lines = [
        f"{result.stories} stories of {len(result.sources)} sources on {result.prompts} prompts."
    ]
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
        if likeness.sizes:
            lines.append(
                f"As a model of a family doubles in size, likeness in {likeness.measure} within it "
                f"changes by {between(likeness.sizes.slope, 4)}."
            )
    for found in result.verbatim:
        lines.append(
            f"The longest run of words in common is {between(found.words, 1)} words on average "
            f"{found.kind}; {found.long.value:.1%} of pairs share 12 words or more in a row."
        )
    return lines + [f"Note. {note}." for note in result.notes]


def repetition_tables(result: Repetition) -> list[Table]:
    """Lay repetition out as tables of text."""
    found = [table for likeness in result.likeness for table in _likeness_tables(likeness)]
    passages = [
        (str(p.words), p.first, p.second, p.text if len(p.text) < 120 else p.text[:117] + "...")
        for v in result.verbatim
        for p in v.passages
    ]
    variety = [
        (v.source, str(v.n), f"{v.score:.2f} [{v.low:.2f}, {v.high:.2f}]") for v in result.variety
    ]
    found += [
        Table("Longest passages in common", ("words", "first", "second", "passage"), passages),
        Table("Effective number of different stories", ("source", "of", "Vendi score"), variety),
    ]
    return [table for table in found if table.rows]


def _likeness_tables(likeness: Likeness) -> list[Table]:
    title = f"Likeness in {likeness.measure}"
    kinds = [
        (kind.name, between(kind.same_prompt), number(kind.different_prompts))
        for kind in likeness.kinds
    ]
    within = [(name, between(value)) for name, value in likeness.within.items()]
    pairs = [(p.a, p.b, between(p.likeness)) for p in likeness.between[:12]]
    distinct = [
        (d.source, str(d.k), between(d.distinct, 2), between(d.utility, 2))
        for d in likeness.distinct
    ]
    effects = [
        (c.condition, between(c.likeness), between(c.difference)) for c in likeness.conditions
    ]
    same = f"The same: likeness above {likeness.same_from:.3g}."
    return [
        Table(title, ("", "same prompt", "different prompts"), kinds, likeness.what),
        Table(f"{title}: within a source", ("source", "likeness"), within),
        Table(f"{title}: most alike", ("", "", "likeness"), pairs),
        Table(
            f"Different stories by {likeness.measure}",
            ("source", "of k", "different", "utility"),
            distinct,
            same,
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
        first = kind.sources[0]
        item, share = first.top[0]
        lines.append(
            f"Of the kind {kind.kind!r} {first.source} uses {between(first.hill['1'], 1)} "
            f"different ones in effect among {first.m}; {share:.0%} of its stories have {item!r}."
        )
        if kind.favourites and len(kind.favourites[0].sources) > 1:
            shared = kind.favourites[0]
            lines.append(
                f"{shared.item!r} is the favourite of {len(shared.sources)} models"
                + (
                    f" and stands in {shared.human_share:.0%} of people's stories."
                    if shared.human_share is not None
                    else "."
                )
            )
    return lines + [f"Note. {note}." for note in result.notes]


def stock_tables(result: Stock) -> list[Table]:
    """Lay stock out as tables of text."""
    found = []
    for kind in result.kinds:
        rows = [
            (s.source, str(s.stories), f"{s.top[0][0]} {between(s.top_share, 2)}",
             between(s.herfindahl), between(s.hill["0"], 1), between(s.hill["1"], 1),
             between(s.hill["2"], 1))
            for s in kind.sources
        ]  # fmt: skip
        note = f"Numbers of different ones among {kind.sources[0].m} items of each source."
        columns = ("source", "stories", "favourite", "same twice", "all", "usual", "dominant")
        found.append(Table(f"Stock: {kind.kind}", columns, rows, note))
    return found
