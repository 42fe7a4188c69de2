"""The page: lays a summary out as one HTML file that fetches nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from storyscope.attribute.baselines import best_trivial
from storyscope.codebook import default_codebook
from storyscope.paths import written_whole
from storyscope.report import is_page
from storyscope.report.answers import answers
from storyscope.report.figures import all_figures
from storyscope.report.samples import highlight
from storyscope.spoils import HEADING

if TYPE_CHECKING:
    from storyscope.codebook import Feature
    from storyscope.fingerprints import Mark
    from storyscope.report.summary import Summary

__all__ = ["render", "write_page"]


CAPTIONS = {
    "gap": "Mean distance between two stories, by who wrote them. A model and a person against two models "
    "is the question of the study.",
    "distances": "Mean distance between the stories of every two sources.",
    "tree": "Sources joined by likeness; the figure at a branch is the share of resampled prompts that show it.",
    "map": "Every story as a point, nearest to those it is most like; two directions show only part of the "
    "difference. Ellipses hold the middle half of each source.",
    "rarity": "How unusual each source’s stories are: the percentile of their mean distance to their nearest "
    "neighbours.",
    "clusters": "Stories grouped by likeness alone, and who wrote those of each group.",
}
"""What each figure of the comparison shows."""


def write_page(summary: Summary, target: Path) -> Path:
    """Render a summary into a file, whole or not at all."""
    html = render(summary)
    with written_whole(target, is_page) as partial:
        partial.write_text(html, encoding="utf-8", errors="backslashreplace")
    return target


def render(summary: Summary) -> str:
    """The page as text; the same summary gives the same bytes."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("storyscope.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _figure
    environment.filters["percent"] = lambda v: "–" if v is None else f"{100 * v:.0f}%"
    environment.filters["sentence"] = lambda mark: sentence(mark, summary.codebook[mark.feature])
    figures, colour = all_figures(summary)
    sources = [source.name for source in summary.comparison.about.sources]
    evaluations = summary.evaluations
    trivial = best_trivial(evaluations)
    return environment.get_template("page.html").render(
        s=summary,
        about=summary.comparison.about,
        answers=answers(summary),
        lines=[line for line in summary.comparison.findings() if not line.startswith("Note. ")],
        spoils=summary.comparison.spoils,
        spoils_heading=HEADING,
        tables=summary.comparison.tables(),
        figures={name: Markup(svg) for name, svg in figures.items()},
        captions=CAPTIONS,
        colours={name: colour[name] for name in sources},
        order={name: k for k, name in enumerate(sources)},
        samples=[_sample(sample) for sample in summary.samples],
        features=_feature_rows(summary),
        main_evaluation=evaluations[0] if evaluations else None,
        trivial=trivial,
        provenance=[
            (key, _told(value))
            for key, value in summary.provenance.items()
            if key in ("pipeline", "tagger", "codebook", "measures", "stories", "normalised")
        ],
    )


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    return str(value)


def _figure(value: Any) -> str:
    """A number for reading: three significant digits, a dash where there is none."""
    if value is None or value != value:
        return "–"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
    return str(value)


def sentence(mark: Mark, feature: Feature) -> str:
    """One mark in words that stand after "has".

    >>> from types import SimpleNamespace
    >>> from storyscope.codebook import default_codebook
    >>> harm = default_codebook()["EVT_CON_03"]
    >>> less = SimpleNamespace(delta=-0.4, others=2.0)
    >>> sentence(SimpleNamespace(feature=harm.id, value="", mean=1.0, models=less), harm)
    'fewer events of harm (1.00 against 2.00 per 1,000 narrated words)'
    """
    told = feature.says(mark.models.delta > 0, mark.value)
    return f"{told} ({feature.compared(mark.mean, mark.models.others)})"


def _sample(sample: Any) -> dict[str, Any]:
    book = default_codebook()
    features = list(dict.fromkeys(e.feature for e in sample.evidence))
    colours = {feature: k % 8 for k, feature in enumerate(features)}
    return {
        "sample": sample,
        "html": highlight(sample.text, sample.evidence, colours),
        "legend": [(colours[f], book[f].name) for f in features],
    }


def _feature_rows(summary: Summary) -> list[dict[str, Any]]:
    """Every feature with its means, and the largest contrast that any source shows."""
    book = summary.codebook
    rows = []
    for row in summary.comparison.features:
        feature = book[row.id] if row.id in book else None  # noqa: SIM401 (no dict)
        largest = max(row.effects, key=lambda e: abs(e.size.value), default=None)
        rows.append(
            {
                "id": row.id,
                "name": row.name,
                "dimension": row.dimension,
                "question": feature.question if feature else "",
                "unit": feature.unit if feature else "",
                "means": row.means,
                "effect": largest.size.value if largest else None,
                "effect_of": f"{largest.measure}, {largest.source} against {largest.against}"
                if largest
                else "",
            }
        )
    return rows
