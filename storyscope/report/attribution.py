"""One answer of `storyscope attribute` as a figure: who, why, and the course over a long text."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from storyscope.compare.figures import HUMAN, PALETTE, SOFT, STYLE, WIDTH
from storyscope.errors import UnusableText
from storyscope.paths import written_whole
from storyscope.report.story_words import called, chance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from storyscope.attribute import Attribution

__all__ = ["FORMATS", "check_figure", "draw_attribution", "is_figure", "save_attribution"]

FORMATS = (".png", ".svg", ".pdf")
"""Endings of files that a figure can be written to."""
_MAKER = "StoryScope, attribute"
STEPS = 12
"""Features that get a bar of their own; the others share one."""


def save_attribution(answer: Attribution, path: str | Path, name: str = "") -> Path:
    """Draw one answer into a file, whole or not at all.

    Parameters
    ----------
    answer : Attribution
    path : str or Path
        Ends in one of `FORMATS`.
    name : str
        Of the text, for the title.

    Raises
    ------
    UnusableText
        If the ending is another.
    OutputError
        If there is no such folder, or something lies there that is no such figure.
    """
    path = check_figure(path)
    about: dict[str, Any] = {
        ".svg": {"Creator": _MAKER, "Date": None},
        ".png": {"Software": _MAKER},
        ".pdf": {"Creator": _MAKER, "CreationDate": None},
    }
    ending = path.suffix.lower()
    with rc_context(STYLE), written_whole(path, is_figure) as partial:
        figure = draw_attribution(answer, name)
        figure.savefig(partial, format=ending[1:], dpi=160, metadata=about[ending])
    return path


def check_figure(path: str | Path) -> Path:
    """Path of a figure to be drawn, its ending checked.

    Raises
    ------
    UnusableText
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise UnusableText(
            f"A figure is written as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, not {path.name!r}."
        )
    return path


def is_figure(path: Path) -> bool:
    """Whether a file is a figure that `save_attribution` drew, by what it says itself."""
    content = path.read_bytes()
    name = _MAKER.encode()
    return any(
        mark in content
        for mark in (
            b"Software\0" + name,
            b"<dc:title>" + name + b"</dc:title>",
            b"/Creator (" + name + b")",
        )
    )


def draw_attribution(answer: Attribution, name: str = "") -> Figure:
    """Probabilities, the features that make them as a waterfall, and the course over segments.

    The waterfall starts where nothing speaks for the likeliest source against the mean of the
    others, and adds what each feature says, in log-odds.
    """
    if answer.probabilities is None:
        raise UnusableText(
            f"There is no probability to draw for {name or 'the text'}: {' '.join(answer.no_ground)}"
        )
    sources = list(answer.probabilities)
    shown, rest = answer.features[:STEPS], answer.features[STEPS:]
    heights = [0.25 * len(sources) + 0.55, 0.27 * (len(shown) + bool(rest)) + 0.75]
    if answer.segments:
        heights.append(1.9)
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, sum(heights) + 0.5), layout="constrained")
        panels = figure.subplots(len(heights), height_ratios=heights)
        colour = _colours(sources)
        _probabilities(panels[0], answer, answer.probabilities, colour)
        _waterfall(panels[1], answer)
        if answer.segments:
            _course(panels[2], answer, sources, colour)
        length = f"{answer.words:,} words" if answer.words else "length unknown"
        title = f"{name}: {length}" if name else length
        figure.suptitle(f"{title}, {answer.feature_set} features", x=0.012, ha="left")
    return figure


def _colours(sources: list[str]) -> dict[str, str]:
    """One colour a source, the same for the same sources whatever the answer; people dark."""
    models = sorted(s for s in sources if s != "human")
    found = {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(models)}
    return found | {"human": HUMAN}


def _probabilities(
    axes: Axes, answer: Attribution, shares: dict[str, float], colour: dict[str, str]
) -> None:
    rows = np.arange(len(shares))[::-1]
    shipped = answer.ai is not None
    for y, (source, p) in zip(rows, shares.items(), strict=True):
        inside = source in answer.set
        axes.barh(y, p, height=0.66, color=colour[source], alpha=0.95 if inside else 0.4)
        axes.annotate(chance(p), (p, y), xytext=(4, 0), va="center", textcoords="offset points")
    axes.set_yticks(rows, [called(source, shipped) for source in shares])
    axes.set_xlim(0, 1.06)
    axes.set_xticks(np.linspace(0, 1, 5), ["0%", "25%", "50%", "75%", "100%"])
    said = [f"{answer.coverage:.0%} set in full colour", f"confidence {answer.confidence:.0%}"]
    if answer.ai is not None and answer.built is not None and answer.worded is not None:
        said.insert(
            0,
            f"a model {chance(answer.ai)} (built {chance(answer.built)}, worded "
            f"{chance(answer.worded)})",
        )
    axes.set_title(fill("Reads like: " + ", ".join(said), 68), loc="left", fontsize=9)
    axes.tick_params(axis="y", length=0)
    if answer.unlike_reference:
        axes.annotate(
            "unlike the reference", (1, 0), xycoords="axes fraction", xytext=(-2, 5),
            textcoords="offset points", ha="right", color="#a03000", fontweight="bold",
        )  # fmt: skip


def _waterfall(axes: Axes, answer: Attribution) -> None:
    """Steps from nothing, at the top, to the whole case, at the bottom."""
    shown, rest = answer.features[:STEPS], answer.features[STEPS:]
    labels = [f"{c.name}  {_value(c.value)}" for c in shown]
    gains = [c.contribution for c in shown]
    if rest:
        labels.append(f"{len(rest)} other features")
        gains.append(sum(c.contribution for c in rest))
    ends = np.cumsum(gains) if gains else np.zeros(0)
    starts = ends - gains
    rows = np.arange(len(gains))[::-1]
    for y, start, end, gain in zip(rows, starts, ends, gains, strict=True):
        axes.barh(y, gain, left=start, height=0.66, color="#27508a" if gain > 0 else "#b5543a")
        axes.annotate(
            f"{gain:+.2f}", (max(start, end), y), xytext=(4, 0), va="center", fontsize=8,
            textcoords="offset points",
        )  # fmt: skip
        if y:
            axes.vlines(end, y - 1 - 0.33, y - 0.33, color=SOFT, linewidth=0.7)
    axes.axvline(0, color=SOFT, linewidth=0.8)
    axes.set_yticks(rows, labels, fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    low, high = min(0.0, *starts, *ends, 0.0), max(0.1, *starts, *ends, 0.1)
    axes.set_xlim(low - 0.03 * (high - low), high + 0.13 * (high - low))
    axes.set_xlabel("log-odds against the mean of the others")
    side = {"human": "a person", "ai": "a model"}.get(answer.speaks_for, answer.speaks_for)
    axes.set_title(f"What speaks for {side} (blue) and what against (red)", loc="left", fontsize=9)


def _course(axes: Axes, answer: Attribution, sources: list[str], colour: dict[str, str]) -> None:
    """Probability of every source at each segment, at the place where the segment stands."""
    middle = [(s.start + s.end) / 2000 for s in answer.segments]
    for source in sources:
        axes.plot(
            middle, [s.probabilities[source] for s in answer.segments], "o-", markersize=3.5,
            linewidth=1.3, color=colour[source],
            label=called(source, answer.ai is not None), clip_on=False,
        )  # fmt: skip
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
    axes.set_xlim(0, max(s.end for s in answer.segments) / 1000)
    axes.set_xlabel("thousand characters into the text")
    axes.set_title("Course over the text", loc="left", fontsize=9)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)


def _value(value: float | str | None) -> str:
    return "none" if value is None else f"{value:.3g}" if isinstance(value, float) else value
