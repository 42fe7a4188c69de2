"""What each figure of the report shows, as rows of a table with a strip in each.

So a figure and the numbers behind it are one thing, and a reader without eyes for the first has the
second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

from storyscope.compare.layout import tail
from storyscope.report.figures import Dot, histogram, stack, strip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storyscope.attribute import Evaluation
    from storyscope.codebook import Codebook
    from storyscope.compare.resample import Estimate
    from storyscope.compare.result import Comparison
    from storyscope.fingerprints import Mark
    from storyscope.report.headline import Headline
    from storyscope.report.profiles import Shares

__all__ = ["Grid", "Row", "Rows", "signed"]


@dataclass(frozen=True)
class Row:
    """A label, the strip beside it, and the figures.

    Attributes
    ----------
    label : str
    source : str
        Whose colour the row has; empty for none.
    strip : Markup
    cells : tuple of str
    note : str
        A line under the label.
    """

    label: str
    source: str
    strip: Markup
    cells: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Rows:
    """A figure as a table.

    Attributes
    ----------
    caption : str
        What it shows.
    first : str
        Heading of the labels.
    ends : tuple of str
        Left end, middle (may be empty) and right end of the strips.
    columns : tuple of str
        Headings of the figures.
    rows : list of Row
    """

    caption: str
    first: str
    ends: tuple[str, str, str]
    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Grid:
    """A square of figures, each with its shade from 0 to 5.

    Attributes
    ----------
    caption, corner : str
    names : list of str
    cells : list of list of (str, int)
    """

    caption: str
    corner: str
    names: list[str]
    cells: list[list[tuple[str, int]]]


# ---------------------------------------------------------------- intervals


def _span(values: Iterable[float | None]) -> tuple[float, float]:
    """A scale that holds all values, with ends of few digits."""
    known = [v for v in values if v is not None]
    low, high = min(known), max(known)
    step = max((high - low) / 8, 0.001)
    return round(low - step, 3), round(high + step, 3)


def signed(figure: str) -> str:
    """A figure with the sign of minus, and none before nought.

    >>> signed("-0.03"), signed("-0.000")
    ('−0.03', '0.000')
    """
    return figure.replace("-", "−") if figure.strip("-0.%") else figure.lstrip("-")


def _told(found: Estimate, digits: int = 3, percent: bool = False) -> tuple[str, str]:
    """A figure and its interval as two cells."""

    def one(value: float) -> str:
        return signed(f"{100 * value:.0f}%" if percent else f"{value:.{digits}f}")

    if found.low is None or found.high is None:
        return one(found.value), f"{found.n} prompt{'s' if found.n != 1 else ''}"
    return one(found.value), f"{one(found.low)} to {one(found.high)}"


def _dot(found: Estimate, look: str = "full") -> Dot:
    return Dot(found.value, found.low, found.high, look)


def _ends(found: Iterable[Estimate]) -> tuple[float, float]:
    return _span(v for e in found for v in (e.value, e.low, e.high))


def _plain(
    items: Sequence[tuple[str, str, Estimate]], caption: str, first: str, what: str, *,
    zero: float | None = None, percent: bool = False,
) -> Rows | None:  # fmt: skip
    """Rows of one figure with its interval each."""
    if not items:
        return None
    low, high = _ends(e for _, _, e in items)
    if zero is not None:
        low, high = min(low, zero), max(high, zero)

    def end(value: float) -> str:
        return signed(f"{100 * value:.0f}%" if percent else f"{value:.3f}")

    return Rows(
        caption, first, (end(low), "", end(high)), (what, "95% interval"),
        [Row(label, source, strip([_dot(e)], low, high, zero), _told(e, percent=percent))
         for label, source, e in items],
    )  # fmt: skip


def kinds_of_pairs(result: Comparison) -> Rows | None:
    """Mean distances by who wrote the two stories."""
    m, u = result.matched, result.unmatched
    kinds = [
        ("one model, two stories", m.within_model, u.within_model),
        ("two models", m.model_model, u.model_model),
        ("a model and a person", m.model_human, u.model_human),
        ("two people", m.human_human, None),
        ("two stories by people", None, u.human_human),
    ]
    kinds = [row for row in kinds if row[1] or row[2]]
    if not kinds:
        return None
    low, high = _ends(e for _, *both in kinds for e in both if e)
    rows = []
    for label, same, other in kinds:
        dots = [_dot(e, look) for e, look in ((same, "full"), (other, "hollow")) if e]
        cells = [" (".join(_told(e)) + ")" if e else "–" for e in (same, other)]
        rows.append(Row(label, "", strip(dots, low, high), tuple(cells)))
    return Rows(
        "Mean distance between two stories, by who wrote them (full dots: at the same prompt; hollow: "
        "at different prompts; lines: 95% intervals)",
        "two stories by", (f"{low:.3f}", "", f"{high:.3f}"), ("same prompt", "different prompts"), rows,
    )  # fmt: skip


def camps(headline: Headline, worded: bool) -> Rows | None:
    """Two people, two models, a model and a person at one prompt, by corpus."""
    items = []
    for one in headline.corpora:
        found = one.worded if worded else one.built
        held = found.camps
        for label, estimate in (
            ("two people", held.two_people if held else None),
            ("two models", held.two_models if held else found.model_model),
            ("a model and a person", held.mixed if held else found.model_human),
        ):
            if estimate is not None:
                items.append((f"{one.corpus}: {label}", "", estimate))
    how = "worded" if worded else "built"
    return _plain(
        items,
        f"Mean distance at the same prompt in how stories are {how}",
        "two stories by",
        "distance",
    )


def apart(result: Comparison) -> Rows | None:
    """How much farther each source is from the others than those are from one another."""
    items = [(row.source, row.source, row.gap) for row in result.matched.apart]
    return _plain(
        items, "How far each stands apart: its distance to the others less the distance among those",
        "source", "apart by", zero=0.0,
    )  # fmt: skip


def dimensions(result: Comparison) -> Rows | None:
    """The gap between people and models by dimension."""
    items = [(d.dimension, "", d.gap) for d in result.matched.dimensions]
    return _plain(
        items, "How much farther people are from models than models from one another, by dimension",
        "dimension", "farther by", zero=0.0,
    )  # fmt: skip


def dispersion(result: Comparison) -> Rows | None:
    """How widely each source's stories spread about their own middle."""
    items = [(s.source, s.source, s.distance) for s in result.location.permdisp.spreads]
    return _plain(
        items, "How widely the stories of a source are scattered about their own middle",
        "source", "mean distance to it",
    )  # fmt: skip


def rarity(result: Comparison) -> Rows | None:
    """How unusual each source's stories are."""
    if result.rarity is None:
        return None
    pool = result.rarity.main
    most = max(max(s.histogram) for s in pool.sources)
    return Rows(
        f"How unusual stories are: where they stand among all, by the distance to their {pool.k} nearest "
        "stories. Bars: shares of a source’s stories",
        "source", ("usual", "", "rare"), ("mean", "95% interval", "in the rarest tenth"),
        [Row(s.source, s.source, histogram(s.histogram, most),
             (*_told(s.percentile, percent=True), _told(s.top_decile, percent=True)[0]))
         for s in pool.sources],
    )  # fmt: skip


def clusters(result: Comparison, place: Mapping[str, int]) -> Rows | None:
    """What clusters of stories are made of."""
    found = [c for c in result.structure.clusterings if c.method == "medoids" and c.composition]
    if not found:
        return None
    most = max(sum(part.values()) for c in found for part in c.composition)
    rows = []
    for c in found:
        view = "as they are" if c.view == "raw" else "prompts taken out"
        for k, part in enumerate(c.composition):
            held = [(name, part[name]) for name in place if part.get(name)]
            told = ", ".join(f"{name} {n}" for name, n in held)
            rows.append(
                Row(f"{view}, group {k + 1}", "", stack([(place[s], n) for s, n in held], most),
                    (str(sum(part.values())),), told)
            )  # fmt: skip
    return Rows(
        "Stories grouped by likeness alone (around medoids), and who wrote those of each group",
        "group", ("0", "", str(most)), ("stories",), rows,
    )  # fmt: skip


def evaluations(found: Sequence[Evaluation]) -> Rows | None:
    """Macro-F1 of every method."""
    if not found:
        return None
    rows = []
    for e in found:
        f1 = e.metrics["macro_f1"]
        look = "full" if e.n_features else "hollow"
        label = f"{e.name} ({e.n_features} features)" if e.n_features else e.name
        rows.append(
            Row(label, "", strip([Dot(f1.value, f1.low, f1.high, look)], 0, 1),
                (f"{f1.value:.2f}", f"{f1.low:.2f} to {f1.high:.2f}"))
        )  # fmt: skip
    return Rows(
        "How well writers are told apart, by what is learned from (hollow: no story is read)",
        "learned from", ("0", "", "1"), ("macro-F1", "95% interval"), rows,
    )  # fmt: skip


def marks(
    found: Sequence[Mark], codebook: Codebook, shares: Mapping[str, Shares], people: bool
) -> Rows | None:
    """What marks a source: its contrasts, and the share of stories that show it here and elsewhere."""
    if not found:
        return None
    rows = []
    for mark in found:
        dots = [Dot(mark.models.delta, mark.models.low, mark.models.high)]
        if mark.people is not None:
            dots.append(Dot(mark.people.delta, mark.people.low, mark.people.high, "diamond"))
        here, others, crowd = (
            "–" if share is None else f"{share:.0%}"
            for share in shares[f"{mark.feature}={mark.value}"]
        )
        feature = codebook[mark.feature]
        told = feature.says(mark.models.delta > 0, mark.value)
        cells = (signed(f"{mark.models.delta:+.2f}"), here, others)
        rows.append(
            Row(f"{told[:1].upper()}{told[1:]}", "", strip(dots, -1, 1, 0),
                (*cells, crowd, tail(mark.q)) if people else (*cells, tail(mark.q)),
                feature.compared(mark.mean, mark.models.others))
        )  # fmt: skip
    columns = ("delta", "of its stories", "of other models’")
    return Rows(
        "Dots: against the other models; lines: 95% intervals"
        + ("; diamonds: against people" if people else ""),
        "what it does", ("less", "0", "more"),
        (*columns, "of people’s", "q") if people else (*columns, "q"), rows,
    )  # fmt: skip


# ---------------------------------------------------------------- squares


def distances(result: Comparison) -> Grid | None:
    """Mean distance between every two sources at the same prompt; the nearer, the darker."""
    names = [s.name for s in result.about.sources]
    held: dict[tuple[str, str], float] = {}
    for pair in result.matched.source_pairs:
        if pair.distance:
            held[pair.a, pair.b] = held[pair.b, pair.a] = pair.distance.value
    for name, within in result.matched.within.items():
        if within.low is not None:
            held[name, name] = within.value
    if len(held) < 3:
        return None
    low, high = min(held.values()), max(held.values())
    step = (high - low) or 1.0

    def cell(a: str, b: str) -> tuple[str, int]:
        value = held.get((a, b))
        return ("", 0) if value is None else (f"{value:.3f}", round(5 * (high - value) / step))

    return Grid(
        "Mean distance between two stories of the same prompt; the darker, the nearer", "",
        names, [[cell(a, b) for b in names] for a in names],
    )  # fmt: skip


def confusion(evaluation: Evaluation) -> Grid:
    """Share of each source's stories that was named as each source."""
    cells = []
    for row in evaluation.confusion:
        total = sum(row) or 1
        cells.append([(f"{100 * n / total:.0f}%", round(5 * n / total)) for n in row])
    return Grid(
        f"Who is taken for whom, from {evaluation.name} features: of the stories written by the source on "
        "the left, the share named as the one above",
        "written by", list(evaluation.sources), cells,
    )  # fmt: skip
