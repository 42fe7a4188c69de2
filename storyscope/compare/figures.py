"""Pictures of a comparison, drawn the same way everywhere: one colour a source, people dark.

Each function returns a figure of matplotlib's object interface, so that nothing depends on a
display or on what was drawn before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Ellipse as EllipsePatch

from storyscope.guards import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from storyscope.compare.resample import Estimate
    from storyscope.compare.result import Comparison
    from storyscope.compare.structure import Clustering

__all__ = [
    "FIGURES",
    "colours",
    "draw_clusters",
    "draw_distances",
    "draw_gap",
    "draw_map",
    "draw_rarity",
    "draw_tree",
    "leaves",
    "save_figures",
]

HUMAN = "#1f1f1f"
# Okabe and Ito's palette, told apart by the colour-blind; then Tol's muted one for more sources.
PALETTE = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#B8A800",
    "#332288", "#882255", "#44AA99", "#AA4499", "#117733", "#999933", "#661100",
)  # fmt: skip
SOFT = "#6b6b6b"
STYLE: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "figure.titlesize": 10,
    "figure.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": "#333333",
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "storyscope",
    "svg.fonttype": "path",
    "legend.frameon": False,
    "text.parse_math": False,  # names are plain text, whatever TeX would make of them
}
styled = rc_context(STYLE)
"""Decorates what draws: letters keep the style they were made with."""
WIDTH = 7.0
"""Inches; at 100 dots an inch the 700 pixels that a page shows."""


TOLD_APART = 8
"""With more sources than this the centres of a map are numbered."""


def colours(result: Comparison) -> dict[str, str]:
    """One colour a source: people dark, models in alphabetical order of their names."""
    models = [s.name for s in result.about.sources if not s.human]
    found = {name: _colour(i) for i, name in enumerate(models)}
    return found | {s.name: HUMAN for s in result.about.sources if s.human}


def _colour(place: int) -> str:
    """Colours of the palette, then darker and lighter ones of the same."""
    round_, place = divmod(place, len(PALETTE))
    red, green, blue = (int(PALETTE[place][i : i + 2], 16) for i in (1, 3, 5))
    towards = 255 * (round_ % 2)
    part = 0.0 if round_ == 0 else min(0.9, 0.3 + 0.15 * round_)
    mixed = [round(c + (towards - c) * part) for c in (red, green, blue)]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def short(name: str) -> str:
    """Cut a long name in the middle, keeping both ends.

    >>> short("a-model-with-quite-a-long-name-2025-08-07")
    'a-model-with…-2025-08-07'
    """
    name = " ".join(shown(name).split())
    return name if len(name) <= 24 else f"{name[:12]}…{name[-11:]}"


@styled
def draw_gap(result: Comparison) -> Figure | None:
    """Mean distances by kind of pair, at the same prompt and over different ones."""
    matched, unmatched = result.matched, result.unmatched
    kinds = [
        ("one model, two stories", matched.within_model, unmatched.within_model, SOFT),
        ("two models", matched.model_model, unmatched.model_model, PALETTE[0]),
        ("a model and a person", matched.model_human, unmatched.model_human, PALETTE[5]),
        ("two people", matched.human_human, None, HUMAN),
        ("two stories by people", None, unmatched.human_human, HUMAN),
    ]
    rows = [row for row in kinds if _ends(row[1]) or _ends(row[2])]
    if not rows:
        return None
    figure, axes = _sheet(1.5 + 0.42 * len(rows))
    for place, (_, same, other, colour) in enumerate(rows[::-1]):
        _whisker(axes, same, place + 0.1, colour, filled=True)
        _whisker(axes, other, place - 0.16, colour, filled=False)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows[::-1]])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.margins(x=0.12)
    axes.set_xlabel("mean distance, with 95% interval")
    axes.plot([], [], "o", color=SOFT, markersize=6, label="same prompt")
    axes.plot(
        [], [], "o", color=SOFT, markersize=5, markerfacecolor="white", label="different prompts"
    )
    _legend_below(axes, 2)
    gap = matched.gap
    if gap:
        size = f"{abs(gap.gap.value):.3f}"
        how = "farther from" if gap.gap.value >= 0 else "nearer to"
        title = f"At the same prompt people are {size} {how} models than models from one another"
    elif unmatched.confounded:
        title = "Distances by kind of pair (people and models share no prompt)"
    else:
        title = "Distances by kind of pair"
    _title(figure, title)
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    return figure


def _ends(found: Estimate | None) -> tuple[float, float] | None:
    """Give the interval; None where a figure rests on too few prompts to be drawn."""
    if found is None or found.low is None or found.high is None:
        return None
    return found.low, found.high


def _whisker(axes: Axes, found: Estimate | None, y: float, colour: str, *, filled: bool) -> None:
    ends = _ends(found)
    if found is None or ends is None:
        return
    axes.plot(ends, [y, y], color=colour, linewidth=2.2 if filled else 1.1)
    face = colour if filled else "white"
    axes.plot(
        found.value, y, "o", color=colour, markerfacecolor=face, markersize=7 if filled else 5
    )
    axes.annotate(
        f"{found.value:.3f}", (found.value, y), (0, 5 if filled else -12),
        textcoords="offset points", ha="center", fontsize=8 if filled else 7,
        color=colour if filled else SOFT,
    )  # fmt: skip


@styled
def draw_distances(result: Comparison) -> Figure | None:
    """Mean distance between every two sources at the same prompt."""
    names = _tree_order(result)
    place = {name: i for i, name in enumerate(names)}
    n = len(names)
    values = np.full((n, n), np.nan)
    for pair in result.matched.source_pairs:
        if pair.distance:
            i, j = place[pair.a], place[pair.b]
            values[i, j] = values[j, i] = pair.distance.value
    for name, found in result.matched.within.items():
        if found.low is not None:
            values[place[name], place[name]] = found.value
    if np.isnan(values).all():
        return None
    size = max(3.4, min(7.6, 1.9 + 0.52 * n))
    figure, axes = _sheet(size)
    image = axes.imshow(np.ma.masked_invalid(values), cmap="cividis_r", aspect="auto")
    axes.set_facecolor("#f2f2f2")
    low, high = np.nanmin(values), np.nanmax(values)
    if n <= 12:
        for i in range(n):
            for j in range(n):
                if np.isfinite(values[i, j]):
                    dark = (values[i, j] - low) > 0.5 * (high - low)
                    axes.text(
                        j, i, f"{values[i, j]:.3f}".removeprefix("0"), ha="center", va="center",
                        color="white" if dark else "black", fontsize=8.5,
                    )  # fmt: skip
    labels = [short(name) for name in names]
    axes.set_xticks(range(n), labels, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(n), labels)
    _paint_labels(axes, names, result)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, fraction=0.04, pad=0.02)
    bar.outline.set_visible(False)
    nearest = next((p for p in result.matched.source_pairs if p.distance), None)
    title = "Mean distance at the same prompt"
    if nearest and n > 2:
        title += f": {short(nearest.a)} and {short(nearest.b)} are nearest to each other"
    _title(figure, title)
    return figure


@styled
def draw_tree(result: Comparison) -> Figure | None:
    """Draw the tree of sources, with the share of resampled prompts that shows each branch."""
    tree = result.tree
    if tree is None:
        return None
    n = len(tree.sources)
    palette = colours(result)
    order = leaves(result)
    at = {tree.sources.index(name): (0.0, float(n - 1 - i)) for i, name in enumerate(order)}
    figure, axes = _sheet(1.3 + 0.36 * n)
    for i, branch in enumerate(tree.branches):
        (x0, y0), (x1, y1) = at[branch.left], at[branch.right]
        x = branch.height
        axes.plot([x0, x, x, x1], [y0, y0, y1, y1], color=SOFT, linewidth=1.4)
        at[n + i] = (x, (y0 + y1) / 2)
        if branch.support is not None and i < n - 2 + (n == 2):
            axes.text(
                x, (y0 + y1) / 2, f"{branch.support:.0%}", ha="center", va="center", fontsize=8,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
            )  # fmt: skip
    for leaf in range(n):
        _, y = at[leaf]
        axes.plot(0, y, "o", color=palette[tree.sources[leaf]], markersize=7, clip_on=False)
    axes.set_yticks([at[leaf][1] for leaf in range(n)], [short(s) for s in tree.sources])
    _paint_labels(axes, tree.sources, result, x=False)
    axes.tick_params(axis="y", length=0, pad=8)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0, tree.branches[-1].height * 1.08)
    axes.set_ylim(-0.6, n - 0.4)
    axes.set_xlabel(f"mean distance where branches join, {tree.basis}")
    last = tree.branches[-1]
    single = [tree.sources[p] for p in (last.left, last.right) if p < n]
    title = f"{_who(single[0], result)} join last" if single else "Sources joined by distance"
    _title(figure, f"{title} (per cent: resampled prompts that show the same branch)")
    return figure


@styled
def draw_map(result: Comparison) -> Figure | None:
    """Stories on a plane, with an ellipse for the middle half of each source."""
    projection = next((p for p in result.map.projections if p.method == "scaling"), None)
    if projection is None:
        return None
    palette = colours(result)
    figure, axes = _sheet(5.4)
    sources = np.array(result.map.source)
    x, y = np.array(projection.x), np.array(projection.y)
    for name, colour in palette.items():
        mine = sources == name
        axes.scatter(x[mine], y[mine], s=9, color=colour, alpha=0.35, linewidths=0)
    many = len(projection.ellipses) > TOLD_APART
    for place, shape in enumerate(projection.ellipses, start=1):
        axes.add_patch(
            EllipsePatch(
                shape.centre, 2 * shape.axes[0], 2 * shape.axes[1], angle=shape.angle,
                fill=False, edgecolor=palette[shape.source], linewidth=0.8 if many else 2,
            )
        )  # fmt: skip
        name = short(shape.source)
        axes.plot(
            *shape.centre, "o", color=palette[shape.source], markersize=10 if many else 8,
            markeredgecolor="white", label=f"{place} {name}" if many else name,
        )  # fmt: skip
        if many:
            axes.annotate(
                str(place), shape.centre, ha="center", va="center", fontsize=6, color="white"
            )
    shares = [f" ({share:.0%} of the variation)" for share in projection.explained] or ["", ""]
    axes.set_xlabel(f"first axis{shares[0]}")
    axes.set_ylabel(f"second axis{shares[1]}")
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    _legend_below(axes, 3)
    total = sum(projection.explained)
    note = f": this plane shows {total:.0%} of the variation" if projection.explained else ""
    _title(figure, f"Stories by distance{note}")
    return figure


@styled
def draw_rarity(result: Comparison) -> Figure | None:
    """Percentiles of rarity by source."""
    if result.rarity is None:
        return None
    pool = result.rarity.main
    palette = colours(result)
    n = len(pool.sources)
    figure, axes = _sheet(1.3 + 0.5 * n)
    steps = np.linspace(0, 1, 21)
    most = max(max(row.histogram) for row in pool.sources)
    for i, row in enumerate(pool.sources):
        base = n - 1 - i
        height = np.array(row.histogram) / most * 0.82
        axes.stairs(
            base + height, steps, baseline=base, fill=True, color=palette[row.source], alpha=0.45
        )
        axes.plot([0, 1], [base, base], color="#d0d0d0", linewidth=0.7, zorder=0)
        if ends := _ends(row.percentile):
            axes.plot(
                ends, [base, base], color=palette[row.source], linewidth=3, solid_capstyle="butt"
            )
        axes.plot(
            row.percentile.value, base, "o", color=palette[row.source],
            markeredgecolor="white", markersize=7,
        )  # fmt: skip
    axes.set_yticks(range(n), [short(row.source) for row in pool.sources[::-1]])
    _paint_labels(axes, [row.source for row in pool.sources[::-1]], result, x=False)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.25, n)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 0.9, 1], ["usual", "25%", "50%", "75%", "90%", "rare"])
    axes.axvline(0.9, color="#bbbbbb", linewidth=0.8, linestyle=":")
    axes.set_xlabel(f"percentile of the distance to the {pool.k} nearest stories (dot: mean)")
    first = pool.sources[0]
    _title(
        figure,
        f"{_who(first.source, result)}: {first.top_decile.value:.0%} are among the rarest tenth",
    )
    return figure


@styled
def draw_clusters(result: Comparison) -> Figure | None:
    """Show what each cluster of stories is made of, raw and with the prompts taken out."""
    shown = [c for c in result.structure.clusterings if c.method == "medoids" and c.composition]
    if not shown:
        return None
    palette = colours(result)
    rows: list[tuple[str, dict[str, int]]] = []
    for c in shown:
        view = "as they are" if c.view == "raw" else "prompts taken out"
        rows += [(f"{view}, cluster {i + 1}", part) for i, part in enumerate(c.composition)]
    figure, axes = _sheet(1.9 + 0.3 * len(rows))
    total = max(sum(part.values()) for _, part in rows)
    ticks = []
    y = 0.0
    for place, (_, part) in enumerate(rows):
        if place == len(shown[0].composition):
            y -= 0.6
        left = 0
        for name, colour in palette.items():
            axes.barh(y, part.get(name, 0), left=left, color=colour, height=0.75)
            left += part.get(name, 0)
        axes.text(left + total * 0.01, y, str(left), va="center", fontsize=8, color=SOFT)
        ticks.append(y)
        y -= 1
    axes.set_yticks(ticks, [name for name, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0, total * 1.08)
    axes.set_xlabel("stories")
    for name, colour in palette.items():
        axes.barh(0, 0, color=colour, label=short(name))
    _legend_below(axes, 3)
    _title(figure, _cluster_title(shown))
    return figure


def _cluster_title(shown: Sequence[Clustering]) -> str:
    label = "human" if any(a.label == "human" for c in shown for a in c.agreement) else "source"
    best = max(a.rand for c in shown for a in c.agreement if a.label == label)
    what = "people and models" if label == "human" else "the sources"
    return f"Clusters of stories (medoids) against {what}: adjusted Rand index {best:.2f} at best"


FIGURES = {
    "gap": draw_gap,
    "distances": draw_distances,
    "tree": draw_tree,
    "map": draw_map,
    "rarity": draw_rarity,
    "clusters": draw_clusters,
}
"""Every figure by the name its files get."""


def save_figures(
    result: Comparison, folder: str | Path, formats: Iterable[str] = ("png", "svg", "pdf")
) -> list[Path]:
    """Draw all figures that the comparison has data for.

    Parameters
    ----------
    folder : str or Path
        Made if need be.
    formats : iterable of str
        Endings that matplotlib knows.

    Returns
    -------
    Paths of what was written. The same comparison gives the same bytes.
    """
    folder, formats = Path(folder), tuple(formats)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    # Words stay words, to be searched, read out and edited.
    with rc_context({**STYLE, "svg.fonttype": "none", "pdf.fonttype": 42}):
        for name, draw in FIGURES.items():
            for ending in formats:
                # Drawn anew each time: writing a figure moves its parts a little.
                figure = draw(result)
                if figure is None:
                    break
                path = folder / f"{name}.{ending}"
                note: dict[str, Any] = {
                    "svg": {"Date": None},
                    "png": {"Software": None},
                    "pdf": {"CreationDate": None},
                }
                figure.savefig(path, dpi=200, metadata=note.get(ending))
                written.append(path)
    return written


def _sheet(height: float) -> tuple[Figure, Axes]:
    layout = ConstrainedLayoutEngine(w_pad=0.09, h_pad=0.07)
    figure = Figure(figsize=(WIDTH, height), layout=layout)
    return figure, figure.add_subplot()


def _title(figure: Figure, text: str) -> None:
    figure.suptitle(fill(text, 82), x=0.012, ha="left")


def _legend_below(axes: Axes, columns: int) -> None:
    axes.figure.legend(
        loc="outside lower center", ncols=columns, fontsize=8, handletextpad=0.4, columnspacing=1.2
    )


def _paint_labels(axes: Axes, names: Sequence[str], result: Comparison, *, x: bool = True) -> None:
    """Write each source's name in bold where it is people's."""
    people = {s.name for s in result.about.sources if s.human}
    for labels in [axes.get_yticklabels()] + ([axes.get_xticklabels()] if x else []):
        for label, name in zip(labels, names, strict=False):
            if name in people:
                label.set_fontweight("bold")


def _who(source: str, result: Comparison) -> str:
    """Name the stories of a source."""
    people = any(s.human and s.name == source for s in result.about.sources)
    return "People's stories" if people else f"Stories of {short(source)}"


def leaves(result: Comparison) -> list[str]:
    """List the sources from top to bottom of the tree."""
    tree = result.tree
    assert tree is not None
    n = len(tree.sources)

    def below(place: int) -> list[str]:
        if place < n:
            return [tree.sources[place]]
        branch = tree.branches[place - n]
        parts = sorted((below(branch.left), below(branch.right)), key=len)
        return parts[0] + parts[1]

    return below(n + len(tree.branches) - 1)


def _tree_order(result: Comparison) -> list[str]:
    names = [s.name for s in result.about.sources]
    if result.tree is None:
        return names
    first = leaves(result)
    return first + [name for name in names if name not in first]
