"""Figures of the report, as SVG text: those of the comparison, of fingerprints, of attribution."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from storyscope.compare.figures import (
    FIGURES,
    HUMAN,
    PALETTE,
    SOFT,
    STYLE,
    WIDTH,
    colours,
    styled,
)
from storyscope.guards import shown

if TYPE_CHECKING:
    from storyscope.attribute import Evaluation
    from storyscope.fingerprints import Mark
    from storyscope.report.headline import Headline
    from storyscope.report.summary import Summary

__all__ = ["all_figures", "svg"]


def all_figures(summary: Summary) -> tuple[dict[str, str], dict[str, str]]:
    """Every figure of the report by name, and the colour of every source."""
    colour = colours(summary.comparison)
    drawn: dict[str, str] = {}
    with rc_context(STYLE):
        for name, draw in FIGURES.items():
            figure = draw(summary.comparison)
            if figure is not None:
                drawn[name] = svg(figure)
        if summary.headline:
            drawn["camps"] = svg(draw_camps(summary.headline))
        for source, marks in summary.fingerprints.marks.items():
            if marks:
                figure = draw_marks(marks[:10], colour.get(source, SOFT))
                drawn[f"marks-{source}"] = svg(figure)
        if summary.evaluations:
            drawn["evaluation"] = svg(draw_evaluations(summary.evaluations))
            drawn["confusion"] = svg(draw_confusion(summary.evaluations[0], colour))
    return drawn, colour


def svg(figure: Figure) -> str:
    """A figure as SVG to stand inside a page: no XML head, no fixed size, the same bytes each time."""
    handle = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(handle, format="svg", metadata={"Date": None, "Creator": None})
    text = handle.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Ids repeat from figure to figure; the first bytes of the picture tell them apart.
    mark = format(abs(hash_of(text)), "x")[:8]
    text = re.sub(r'id="([^"]+)"', rf'id="{mark}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{mark}-\1"', text)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{mark}-\1)", text)


def hash_of(text: str) -> int:
    """A number that is the same in every process, unlike `hash`."""
    import zlib

    return zlib.crc32(text.encode())


@styled
def draw_camps(headline: Headline) -> Figure:
    """Two people, two models, a model and a person at one prompt, by corpus and set of features."""
    corpora = headline.corpora[::-1]
    figure = Figure(figsize=(WIDTH, 1.0 + 0.75 * len(corpora)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, title in ((left, "how they are built"), (right, "how they are worded")):
        for place, one in enumerate(corpora):
            found = one.built if axes is left else one.worded
            camps = found.camps
            rows = (
                ("two people", camps.two_people if camps else None, HUMAN, 0.26),
                ("two models", camps.two_models if camps else found.model_model, PALETTE[0], 0.0),
                ("a model and a person", camps.mixed if camps else found.model_human, PALETTE[5], -0.26),
            )  # fmt: skip
            for label, estimate, colour, shift in rows:
                if estimate is None or estimate.low is None or estimate.high is None:
                    continue
                y = place + shift
                known = label in axes.get_legend_handles_labels()[1]
                axes.hlines(y, estimate.low, estimate.high, color=colour, linewidth=2)
                axes.plot(estimate.value, y, "o", color=colour, label=None if known else label)
                axes.annotate(f"{estimate.value:.3f}", (estimate.high, y), xytext=(5, 0),
                              va="center", textcoords="offset points", fontsize=8)  # fmt: skip
        axes.set_title(title)
        axes.set_yticks(range(len(corpora)), [one.corpus for one in corpora])
        axes.set_ylim(-0.5, len(corpora) - 0.5)
        axes.margins(x=0.2)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="#e6e6e6", linewidth=0.7)
    drawn = dict(zip(*left.get_legend_handles_labels()[::-1], strict=True))
    labels = [
        label for label in ("two people", "two models", "a model and a person") if label in drawn
    ]
    figure.legend([drawn[label] for label in labels], labels, loc="outside lower center", ncols=3)
    return figure


@styled
def draw_marks(marks: tuple[Mark, ...], colour: str) -> Figure:
    """Cliff's delta of a source's marks against other models, and against people if there are any."""
    figure = Figure(figsize=(WIDTH, 0.5 + 0.29 * len(marks)), layout="constrained")
    axes = figure.add_subplot()
    rows = np.arange(len(marks))[::-1]
    delta = np.array([m.models.delta for m in marks])
    low = np.array([m.models.low for m in marks])
    high = np.array([m.models.high for m in marks])
    axes.barh(rows, delta, height=0.62, color=colour, alpha=0.85, label="against other models")
    axes.hlines(rows, low, high, color="#333333", linewidth=1)
    people = [(y, m.people) for y, m in zip(rows, marks, strict=True) if m.people is not None]
    if people:
        axes.hlines([y for y, _ in people], [p.low for _, p in people], [p.high for _, p in people],
                    color=SOFT, linewidth=0.8, linestyles=(0, (2, 2)))  # fmt: skip
        axes.scatter(
            [p.delta for _, p in people], [y for y, _ in people], marker="D", s=22, zorder=3,
            facecolor="white", edgecolor="#333333", linewidth=1, label="against people",
            clip_on=False,
        )  # fmt: skip
    axes.axvline(0, color=SOFT, linewidth=0.8)
    axes.set_yticks(rows, [_shortened(m.label, 42) for m in marks])
    axes.tick_params(axis="y", length=0)
    ends = [*low, *high, *(p.low for _, p in people), *(p.high for _, p in people)]
    limit = max(0.5, float(np.nanmax(np.abs(ends))) + 0.05)
    axes.set_xlim(-min(limit, 1), min(limit, 1))
    axes.set_xlabel("less  ←  Cliff's delta  →  more")
    axes.spines["left"].set_visible(False)
    return figure


@styled
def draw_evaluations(evaluations: list[Evaluation]) -> Figure:
    """Macro-F1 of every method with its interval."""
    figure = Figure(figsize=(WIDTH, 0.55 + 0.34 * len(evaluations)), layout="constrained")
    axes = figure.add_subplot()
    rows = np.arange(len(evaluations))[::-1]
    for y, evaluation in zip(rows, evaluations, strict=True):
        metric = evaluation.metrics["macro_f1"]
        plain = evaluation.n_features == 0
        axes.hlines(y, metric.low, metric.high, color=SOFT if plain else "#27508a", linewidth=2)
        axes.plot(metric.value, y, "o", color=SOFT if plain else "#27508a",
                  markerfacecolor="white" if plain else "#27508a")  # fmt: skip
        axes.annotate(f"{metric.value:.2f}", (metric.high, y), xytext=(7, 0), va="center",
                      textcoords="offset points")  # fmt: skip
    names = [f"{e.name} ({e.n_features} features)" if e.n_features else e.name for e in evaluations]
    axes.set_yticks(rows, names)
    axes.set_ylim(-0.6, len(evaluations) - 0.4)
    axes.set_xlim(0, 1.06)
    axes.set_xlabel("macro-F1")
    return figure


@styled
def draw_confusion(evaluation: Evaluation, colour: dict[str, str]) -> Figure:
    """Share of each source's stories that was named as each source."""
    counts = np.array(evaluation.confusion, dtype=float)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    n = len(share)
    figure = Figure(figsize=(min(WIDTH, 2.2 + 0.75 * n), 0.9 + 0.42 * n), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for i in range(n):
        for j in range(n):
            axes.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center",
                      color="white" if share[i, j] > 0.6 else "#333333")  # fmt: skip
    names = [_shortened(s, 18) for s in evaluation.sources]
    axes.set_xticks(
        range(n), names, rotation=0 if n <= 6 else 35, ha="center" if n <= 6 else "left"
    )
    axes.set_yticks(range(n), names)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for label, source in zip(axes.get_yticklabels(), evaluation.sources, strict=True):
        label.set_color(colour.get(source, "#333333"))
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def _shortened(text: str, most: int) -> str:
    text = " ".join(shown(text).split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
