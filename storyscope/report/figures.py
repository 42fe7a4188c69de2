"""Figures of the report, as SVG whose text is text and whose colours follow the page.

Places along a figure are percentages, so that it fits any width while its letters keep their size.
A strip stands in a row of a table, which says the same in figures; the others carry a title and a
description.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from storyscope.compare.figures import HUMAN, colours
from storyscope.guards import shown

if TYPE_CHECKING:
    from storyscope.compare.maps import Projection
    from storyscope.compare.result import Comparison
    from storyscope.compare.tree import Tree

__all__ = [
    "Dot",
    "histogram",
    "lighter",
    "palette",
    "scatter",
    "stack",
    "stories_map",
    "strip",
    "tree",
]

_INSET = 0.03
"""Share of a strip that is left free at either end, so that dots are drawn whole."""
_LINE = 32.0
"""Height of a label on the map, in its own units."""
_LIGHTER = 58
"""Per cent of a source's colour that is left on a dark page, the rest being white."""


@dataclass(frozen=True)
class Dot:
    """A figure with its interval, on a strip.

    Attributes
    ----------
    value : float
    low, high : float, or None
    look : {"full", "hollow", "diamond"}
    """

    value: float
    low: float | None = None
    high: float | None = None
    look: str = "full"


def palette(comparison: Comparison) -> dict[str, tuple[str, str]]:
    """Colour of each source on a light page and on a dark one, the same as in all other figures."""
    found = colours(comparison)
    return {s.name: (found[s.name], lighter(found[s.name])) for s in comparison.about.sources}


def lighter(colour: str) -> str:
    """The same colour on a dark page."""
    if colour == HUMAN:
        return "#f4f4f4"
    return f"color-mix(in srgb, {colour} {_LIGHTER}%, white)"


def _percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.2f}%"


def _figure(name: str, height: int | None, title: str, alt: str, inside: Iterable[str]) -> Markup:
    size = f' height="{height}"' if height is not None else ""
    return Markup(
        f'<svg class="figure" role="img" aria-labelledby="{name}-title {name}-alt" width="100%"{size}>'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-alt">{escape(alt)}</desc>{"".join(inside)}</svg>'
    )


def strip(dots: Sequence[Dot], low: float, high: float, zero: float | None = None) -> Markup:
    r"""Figures with their intervals between `low` and `high`; what they say stands beside it.

    >>> print(str(strip([Dot(0.5, 0.25, 0.75)], 0.0, 1.0)).replace("><", ">\n<"))
    <svg class="strip" aria-hidden="true" width="100%" height="18">
    <line class="axis" x1="3%" x2="97%" y1="9" y2="9"/>
    <line class="whisker" x1="26.50%" x2="73.50%" y1="9" y2="9"/>
    <circle class="full" cx="50.00%" cy="9" r="5"/>
    </svg>
    """

    def at(value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.5
        return _percent(_INSET + (1 - 2 * _INSET) * min(1.0, max(0.0, share)))

    height, apart = 18 if len(dots) < 2 else 24, 10
    drawn = [
        f'<svg class="strip" aria-hidden="true" width="100%" height="{height}">'
        f'<line class="axis" x1="3%" x2="97%" y1="{height // 2}" y2="{height // 2}"/>'
    ]
    if zero is not None and low <= zero <= high:
        drawn.append(f'<line class="zero" x1="{at(zero)}" x2="{at(zero)}" y1="0" y2="{height}"/>')
    for k, dot in enumerate(dots):
        y = height // 2 + (round(apart * (k - (len(dots) - 1) / 2)) if len(dots) > 1 else 0)
        if dot.low is not None and dot.high is not None:
            drawn.append(
                f'<line class="whisker" x1="{at(dot.low)}" x2="{at(dot.high)}" y1="{y}" y2="{y}"/>'
            )
        if dot.look == "diamond":
            drawn.append(
                f'<svg x="{at(dot.value)}" y="{y}" overflow="visible">'
                '<path class="hollow" d="M0 -5.5L5.5 0 0 5.5 -5.5 0z"/></svg>'
            )
        else:
            drawn.append(
                f'<circle class="{dot.look}" cx="{at(dot.value)}" cy="{y}" '
                f'r="{5 if dot.look == "full" else 4}"/>'
            )
    return Markup("".join(drawn) + "</svg>")


def histogram(heights: Sequence[float], most: float) -> Markup:
    """Shares as bars side by side; what they say stands beside it."""
    wide = 100 / max(1, len(heights))
    bars = [
        f'<rect class="bar" x="{k * wide:.2f}%" y="{26 - tall}" width="{wide:.2f}%" height="{tall}"/>'
        for k, h in enumerate(heights)
        if (tall := round(26 * h / most) if most else 0)
    ]
    return Markup(
        '<svg class="strip" aria-hidden="true" width="100%" height="28">'
        f'{"".join(bars)}<line class="axis" x1="0" x2="100%" y1="27" y2="27"/></svg>'
    )


def stack(parts: Sequence[tuple[int, int]], most: int) -> Markup:
    """Counts of sources, given by their places, one after the other; told beside it."""
    drawn, left = [], 0
    for source, count in parts:
        drawn.append(
            f'<rect class="part source-{source}" x="{_percent(left / most)}" y="1" '
            f'width="{_percent(count / most)}" height="16"/>'
        )
        left += count
    return Markup(
        f'<svg class="strip" aria-hidden="true" width="100%" height="18">{"".join(drawn)}</svg>'
    )


def tree(found: Tree, order: Sequence[str], place: Mapping[str, int]) -> Markup:
    """Sources joined by likeness, from left to right; a per cent says how sure a branch is."""
    n, row, labels = len(found.sources), 30, 0.30
    reach = found.branches[-1].height or 1.0
    at = {found.sources.index(name): (0.0, 14 + row * k) for k, name in enumerate(order)}
    lines, texts = [], []

    def x(height: float) -> str:
        return _percent(labels + (0.97 - labels) * height / reach)

    for k, branch in enumerate(found.branches):
        (x0, y0), (x1, y1) = at[branch.left], at[branch.right]
        here = branch.height
        lines += [
            f'<line class="axis" x1="{x(a)}" x2="{x(b)}" y1="{c}" y2="{d}"/>'
            for a, b, c, d in ((x0, here, y0, y0), (here, here, y0, y1), (x1, here, y1, y1))
        ]
        at[n + k] = (here, (y0 + y1) // 2)
        if branch.support is not None and k < n - 2 + (n == 2):
            texts.append(
                f'<text class="tick halo" x="{x(here)}" y="{(y0 + y1) // 2 + 4}" dx="-5" '
                f'text-anchor="end">{branch.support:.0%}</text>'
            )
    for name in order:
        y = at[found.sources.index(name)][1]
        texts.append(
            f'<circle class="full source-{place[name]}" cx="{x(0)}" cy="{y}" r="6"/>'
            f'<text x="{x(0)}" dx="-12" y="{y + 4}" text-anchor="end">{escape(_short(name))}</text>'
        )
    alt = "; ".join(
        f"{' and '.join(map(_short, b.sources))} join at {b.height:.3f}"
        + (f", in {b.support:.0%} of resampled prompts" if b.support is not None else "")
        for b in found.branches
    )
    return _figure(
        "tree", 28 + row * (n - 1), "Sources joined by likeness", f"{alt}.", lines + texts
    )


def stories_map(projection: Projection, sources: Sequence[str], place: Mapping[str, int]) -> Markup:
    """Every story as a point on a plane, with an ellipse for the middle half of each source."""
    wide, tall = 1000.0, 640.0
    low_x, high_x = min(projection.x), max(projection.x)
    low_y, high_y = min(projection.y), max(projection.y)
    scale = 0.96 * min(wide / ((high_x - low_x) or 1), tall / ((high_y - low_y) or 1))

    def xy(x: float, y: float) -> tuple[float, float]:
        return (
            wide / 2 + scale * (x - (low_x + high_x) / 2),
            tall / 2 - scale * (y - (low_y + high_y) / 2),
        )

    points: dict[str, list[str]] = {}
    for name, x, y in zip(sources, projection.x, projection.y, strict=True):
        a, b = xy(x, y)
        points.setdefault(name, []).append(f"M{a:.0f} {b:.0f}h0")
    inside = [
        f'<path class="points source-{place[name]}" d="{"".join(where)}"/>'
        for name, where in points.items()
    ]
    texts = []
    written: list[float] = []
    for shape in sorted(projection.ellipses, key=lambda e: -e.centre[1]):
        a, b = xy(*shape.centre)
        line = max(b, written[-1] + _LINE) if written else b  # labels keep off one another
        written.append(line)
        mark = f"source-{place[shape.source]}"
        inside.append(
            f'<ellipse class="round {mark}" cx="{a:.0f}" cy="{b:.0f}" rx="{scale * shape.axes[0]:.0f}" '
            f'ry="{scale * shape.axes[1]:.0f}" transform="rotate({-shape.angle:.1f} {a:.0f} {b:.0f})"/>'
        )
        texts.append(
            f'<circle class="full {mark}" cx="{_percent(a / wide)}" cy="{_percent(b / tall)}" r="6"/>'
            f'<text class="halo" x="{_percent(a / wide)}" y="{_percent(line / tall)}" dx="9" dy="4">'
            f"{escape(_short(shape.source))}</text>"
        )
    share = sum(projection.explained)
    alt = (
        f"{len(sources)} stories on two axes"
        + (f" that show {share:.0%} of the variation" if projection.explained else "")
        + ". Middles, from left to right: "
        + ", ".join(
            _short(e.source) for e in sorted(projection.ellipses, key=lambda e: e.centre[0])
        )
        + "."
    )
    return _figure(
        "map", None, "Stories by likeness", alt,
        [f'<svg viewBox="0 0 {wide:.0f} {tall:.0f}" width="100%" height="100%">{"".join(inside)}</svg>',
         *texts],
    )  # fmt: skip


def scatter(
    points: Sequence[tuple[str, str, float, float, bool]], named: Iterable[str], alt: str
) -> Markup:
    """Features as points: people's to the left, models' to the right, models apart to the top.

    Parameters
    ----------
    points : sequence of (id, name, x, y, real)
        x from -1 to 1, y from 0 to 1; what is not real is drawn faint.
    named : iterable of str
        Ids of points whose name is written beside them.
    """
    height, top, foot = 440, 16, 34
    high = max([0.2, *(y for _, _, _, y, _ in points)])
    reach = max([0.2, *(abs(x) for _, _, x, _, _ in points)])

    def at(x: float, y: float) -> tuple[str, float]:
        share = 0.5 + 0.47 * x / reach
        return _percent(share), round(top + (height - top - foot) * (1 - y / high), 1)

    base = height - foot
    drawn = [
        f'<rect class="ground" x="0" y="{top - 12}" width="100%" height="{base - top + 12}"/>',
        f'<line class="zero" x1="50%" x2="50%" y1="{top - 12}" y2="{base}"/>',
        f'<text class="tick" x="0" y="{height - 16}">← more in people’s</text>',
        f'<text class="tick" x="50%" y="{height - 16}" text-anchor="middle">alike</text>',
        f'<text class="tick" x="100%" y="{height - 16}" text-anchor="end">more in models’ →</text>',
        f'<text class="tick" x="100%" dx="-4" y="{top + 4}" text-anchor="end">↑ models differ</text>',
        f'<text class="tick" x="100%" dx="-4" y="{base - 6}" text-anchor="end">↓ models agree</text>',
    ]
    wanted, texts = set(named), []
    taken: dict[bool, list[float]] = {True: [], False: []}
    for key, name, x, y, real in points:
        a, b = at(x, y)
        drawn.append(
            f'<circle class="point{"" if real else " faint"}" data-feature="{escape(key)}" '
            f'cx="{a}" cy="{b}" r="{5 if real else 3.5}"><title>{escape(shown(name))}</title></circle>'
        )
        if key in wanted and all(abs(b - other) > 13 for other in taken[x > 0]):
            taken[x > 0].append(b)
            right = x > 0
            texts.append(
                f'<text class="tick halo" x="{a}" y="{b + 4}" dx="{-8 if right else 8}" '
                f'text-anchor="{"end" if right else "start"}">{escape(_short(name, 34))}</text>'
            )
    return _figure("scatter", height, "Features: people against models", alt, drawn + texts)


def _short(name: str, most: int = 20) -> str:
    name = " ".join(shown(name).split())
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"
