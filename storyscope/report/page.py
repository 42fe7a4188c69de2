"""The page: lays a summary out as one HTML file that fetches nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from storyscope.attribute.baselines import best_trivial
from storyscope.codebook import default_codebook
from storyscope.compare.layout import tail
from storyscope.paths import written_whole
from storyscope.report import is_page, rows
from storyscope.report.answers import answers, spoken
from storyscope.report.figures import palette, scatter, stories_map, tree
from storyscope.report.profiles import amount, ranked, unit
from storyscope.report.samples import highlight
from storyscope.spoils import HEADING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Environment

    from storyscope.codebook import Feature
    from storyscope.compare.result import Comparison
    from storyscope.fingerprints import Mark
    from storyscope.report.passages import Excerpt
    from storyscope.report.profiles import Profile
    from storyscope.report.summary import Summary

__all__ = ["environment", "render", "write_page"]

MARKS, MARKS_ALONE = 10, 15
"""Marks of a source, beside others and on a page of its own."""
SHOWN_BY_PASSAGES = 4
"""Marks of a source that are shown by passages."""
LISTED = 8
"""Features listed on either side of the two-group view."""
EDGES = 2
"""Passages of either group in the view of a feature."""


def write_page(summary: Summary, target: Path) -> Path:
    """Render a summary into a file, whole or not at all."""
    html = render(summary)
    with written_whole(target, is_page) as partial:
        partial.write_text(html, encoding="utf-8", errors="backslashreplace")
    return target


def environment() -> Environment:
    """Templates of the report, with the filters that they use."""
    from jinja2 import Environment, PackageLoader

    made = Environment(
        loader=PackageLoader("storyscope.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["figure"] = _figure
    made.filters["percent"] = lambda v: "–" if v is None else f"{100 * v:.0f}%"
    made.filters["embedded"] = _embedded
    return made


def render(summary: Summary) -> str:
    """The page as text; the same summary gives the same bytes."""
    comparison = summary.comparison
    names = [source.name for source in comparison.about.sources]
    place = {name: k for k, name in enumerate(names)}
    said = answers(summary)
    people = comparison.about.human if comparison.about.human in names else ""
    shown = [summary.focus] if summary.focus else list(summary.fingerprints.marks)
    return environment().get_template("page.html").render(
        s=summary,
        about=comparison.about,
        answers=said[:3],
        unusual=said[3] if len(said) > 3 else None,
        lines=[line for line in comparison.findings() if not line.startswith("Note. ")],
        spoils=[line.replace("`", "") for line in comparison.spoils],
        spoils_heading=HEADING,
        tables=comparison.tables(),
        colours=palette(comparison),
        order=place,
        people=people,
        distances=_distances(comparison),
        camps=[f for f in (rows.camps(summary.headline, False), rows.camps(summary.headline, True)) if f]
        if summary.headline
        else [],
        matrix=rows.distances(comparison),
        tree=_tree(comparison, place),
        map=_map(comparison, place),
        spread=[f for f in (rows.dispersion(comparison), rows.rarity(comparison)) if f],
        clusters=rows.clusters(comparison, place),
        evaluation=rows.evaluations(summary.evaluations),
        confusion=rows.confusion(summary.evaluations[0]) if summary.evaluations else None,
        confused=_confused(summary),
        trivial=best_trivial(summary.evaluations),
        marks=[_marks(summary, name) for name in shown if name in summary.fingerprints.marks],
        sides=_sides(summary) if people else None,
        scatter=_scatter(summary) if people else "",
        repeated=_repeated(summary),
        features=_feature_rows(summary, place),
        data=_data(summary, people),
        samples=[_sample(sample) for sample in summary.samples],
        provenance=[
            (key, _told(value))
            for key, value in summary.provenance.items()
            if key in ("pipeline", "tagger", "codebook", "measures", "stories", "normalised")
        ],
    )  # fmt: skip


def _embedded(plain: Any) -> Markup:
    """Plain data as JSON that may stand within a script element."""
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    return str(value)


def _figure(value: Any) -> str:
    """A number for reading; a dash where there is none."""
    if value is None or value != value:
        return "–"
    if isinstance(value, float):
        return (f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}").replace("-", "−")
    return str(value)


# ---------------------------------------------------------------- sections


def _distances(comparison: Comparison) -> list[rows.Rows]:
    found = (rows.kinds_of_pairs(comparison), rows.apart(comparison), rows.dimensions(comparison))
    return [f for f in found if f]


def _tree(comparison: Comparison, place: dict[str, int]) -> Markup | str:
    from storyscope.compare.figures import leaves

    found = comparison.tree
    return tree(found, leaves(comparison), place) if found and len(found.sources) > 2 else ""


def _map(comparison: Comparison, place: dict[str, int]) -> dict[str, Any] | None:
    found = next((p for p in comparison.map.projections if p.method == "scaling"), None)
    if found is None:
        return None
    middles = [(e.source, f"{e.centre[0]:.3f}", f"{e.centre[1]:.3f}") for e in found.ellipses]
    return {
        "figure": stories_map(found, comparison.map.source, place),
        "share": sum(found.explained) if found.explained else None,
        "middles": middles,
    }


def _confused(summary: Summary) -> list[str]:
    """Who is taken for whom most often, in sentences."""
    if not summary.evaluations:
        return []
    told = summary.evaluations[0]
    found = []
    for i, row in enumerate(told.confusion):
        for j, n in enumerate(row):
            if i != j and n:
                found.append((n / (sum(row) or 1), told.sources[i], told.sources[j]))
    found.sort(reverse=True)
    return [
        f"{share:.0%} of the stories of {a} are taken for those of {b}."
        for share, a, b in found[:3]
    ]


def _marks(summary: Summary, source: str) -> dict[str, Any]:
    book, human = summary.codebook, summary.fingerprints.human
    marks = summary.fingerprints.marks[source][: MARKS_ALONE if summary.focus else MARKS]
    people = human is not None and source != human
    shown: list[dict[str, Any]] = []
    quoted: set[tuple[str, int]] = set()
    for mark in marks:
        one = _proof(summary, source, mark)
        places = {(p.story, p.start) for p in one["passages"]} if one else set()
        if (
            one
            and not places & quoted
            and len(shown) < SHOWN_BY_PASSAGES * (2 if summary.focus else 1)
        ):
            shown.append(one)
            quoted |= places
    return {
        "source": source,
        "says": "; ".join(spoken(mark, book[mark.feature]) for mark in marks[:3]),
        "rows": rows.marks(marks, book, summary.shares.get(source, {}), people),
        "passages": shown,
    }


def _proof(summary: Summary, source: str, mark: Mark) -> dict[str, Any] | None:
    """Passages of a mark: of the source where it has more, of the others where it has less."""
    held = summary.passages.get(mark.feature, {})
    feature = summary.codebook[mark.feature]
    if mark.value or not held:
        return None
    more = mark.models.delta > 0
    told = feature.says(more)
    if more:
        found = held.get(source, [])
    else:
        found = [one for name, ones in held.items() if name != source for one in ones[:1]][:2]
    if not found:
        return None
    return {
        "name": told[:1].upper() + told[1:],
        "whose": "" if more else "what it has less of, from others",
        "passages": found[:2],
    }


def _points(summary: Summary) -> list[Profile]:
    return [p for p in summary.profiles if p.delta is not None and p.among is not None]


def _scatter(summary: Summary) -> Markup:
    points = _points(summary)
    left, right = ranked(points, LISTED)
    alt = (
        f"{len(points)} features. Surely more in people’s stories: "
        + (", ".join(p.label for p in left) or "none")
        + ". Surely more in models’: "
        + (", ".join(p.label for p in right) or "none")
        + "."
    )
    named = [p.feature for pair in zip(left, right, strict=False) for p in pair]
    return scatter(
        [(p.feature, p.label, p.delta or 0.0, p.among or 0.0, p.real) for p in points], named, alt
    )


def _sides(summary: Summary) -> dict[str, list[dict[str, Any]]]:
    left, right = ranked(_points(summary), LISTED)
    return {
        side: [{"feature": p.feature, "label": p.label, "delta": p.delta} for p in found]
        for side, found in (("people", left), ("models", right))
    }


def _repeated(summary: Summary) -> dict[str, Any] | None:
    """What texts alone can say: repetition, recurring choices, words in common."""
    repetition, stock = summary.comparison.repetition, summary.comparison.stock
    if repetition is None and stock is None:
        return None
    passages = []
    for kind in repetition.verbatim if repetition else ():
        passages += [(kind.kind, p) for p in kind.passages[:3] if p.words >= 4]
    passages.sort(key=lambda item: -item[1].words)
    return {
        "lines": [line for part in (repetition, stock) if part for line in part.lines()
                  if not line.startswith("Note. ")],
        "verbatim": passages[:10],
        "tables": [t for part in (repetition, stock) if part for t in part.tables()],
    }  # fmt: skip


def _sample(sample: Any) -> dict[str, Any]:
    book = default_codebook()
    features = list(dict.fromkeys(e.feature for e in sample.evidence))
    colours = {feature: k % 8 for k, feature in enumerate(features)}
    return {
        "sample": sample,
        "html": highlight(sample.text, sample.evidence, colours),
        "legend": [(colours[f], book[f].name) for f in features],
    }


# ---------------------------------------------------------------- every feature


def _columns(summary: Summary) -> list[str]:
    """Sources whose means the table of features has."""
    names = [source.name for source in summary.comparison.about.sources]
    if not summary.focus:
        return names
    return [n for n in names if n in (summary.focus, summary.comparison.about.human)]


def _feature_rows(summary: Summary, place: dict[str, int]) -> dict[str, Any]:
    """Every feature with its means, and the largest contrast that any source shows."""
    book, focus = summary.codebook, summary.focus
    names = _columns(summary)
    found = []
    for p in summary.profiles:
        feature = book[p.feature]
        others = [p.sources[n].mean for n in place if n in p.sources and n != focus
                  and n != summary.comparison.about.human]  # fmt: skip
        means = [amount(feature, p.sources[n].mean if n in p.sources else None) for n in names]
        if focus:
            means.append(amount(feature, sum(others) / len(others) if others else None))
        found.append(
            {
                "profile": p,
                "unit": unit(feature),
                "means": means,
                "q": tail(p.q) if p.delta else "–",
            }
        )
    return {
        "names": [*names, "other models"] if focus else names,
        "rows": found,
        "dimensions": list(dict.fromkeys(p.dimension for p in summary.profiles)),
    }


def _data(summary: Summary, people: str) -> dict[str, Any]:
    """What the view of one feature shows, for the script of the page."""
    names = [source.name for source in summary.comparison.about.sources]
    features = {}
    for p in summary.profiles:
        feature = summary.codebook[p.feature]
        features[p.feature] = {
            "name": p.label,
            "dimension": p.dimension,
            "question": feature.question,
            "unit": unit(feature),
            "says": _contrast(p, feature),
            "rows": _strips(p, feature, names),
            "passages": _both_sides(summary.passages.get(p.feature, {}), people, p, names),
        }
    return {
        "sources": names,
        "people": people,
        "features": features,
        "texts": bool(summary.passages),
    }


def _contrast(p: Profile, feature: Feature) -> str:
    if p.delta is None:
        if p.effect is None:
            return ""
        return f"Largest contrast: {p.effect_of} ({rows.signed(f'{p.effect:+.2f}')})."
    ends = (
        "" if p.low is None or p.high is None else f", 95% interval {p.low:+.2f} to {p.high:+.2f}"
    )
    q = "" if p.q is None else f", q {tail(p.q)}"
    figures = f"(delta {p.delta:+.2f}{ends}{q})"
    if not p.real:
        return f"People and models are not surely different in it {figures}.".replace("-", "−")
    told = feature.says(p.delta > 0, p.answer)
    return f"Models’ stories have {told} than people’s {figures}.".replace("-", "−")


def _strips(p: Profile, feature: Feature, names: Iterable[str]) -> list[list[Any]]:
    """By source: its place, where its middle half and its mean stand from 0 to 1, and the mean."""
    held = [v for s in p.sources.values() for v in (s.mean, s.low, s.high)]
    low, high = min(held), max(held)
    if unit(feature) == "% of stories":
        low, high = 0.0, 1.0
    step = (high - low) or 1.0

    def at(value: float) -> float:
        return round((value - low) / step, 4)

    return [
        [k, at(s.low), at(s.mean), at(s.high), amount(feature, s.mean)]
        for k, name in enumerate(names)
        if (s := p.sources.get(name))
    ]


def _both_sides(
    held: dict[str, list[Excerpt]], people: str, p: Profile, names: list[str]
) -> list[list[list[Any]]]:
    """Passages of people and of models; without people of the source that stands out, and others."""
    first = people or p.stands_out
    mine = held.get(first, [])[:EDGES]
    others = [one for n in range(EDGES) for name in names if name != first
              for one in held.get(name, [])[n : n + 1]][:EDGES]  # fmt: skip
    return [
        [[names.index(e.source), e.story, e.before, e.text, e.after] for e in side]
        for side in (mine, others)
    ]
