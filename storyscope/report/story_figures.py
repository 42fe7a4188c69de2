"""Figures of a story's page, as SVG whose text is text and whose colours follow the page.

Places along a figure are percentages, so that it fits any width while its letters keep their size;
only the curve is stretched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

__all__ = ["bar", "course", "strip", "timeline"]

_TOP, _CURVE, _ROW = 26, 150, 36
"""Pixels over the curve, of the curve, and of each band."""
_GRADES = ((0.0, "calm"), (0.3, "unease"), (0.5, "open trouble"), (0.7, "high pressure"))
"""Grades of tension as readers gave them, of 1 for the most extreme crisis."""
_SHAPES = {
    "setback": "M-6 -5H6L0 6z",
    "gain": "M-6 5H6L0 -6z",
    "discovery": "M0 -7L6 0 0 7 -6 0z",
}


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _anchor(share: float) -> str:
    return "start" if share < 0.12 else "end" if share > 0.88 else "middle"


def _figure(name: str, height: int, title: str, alt: str, inside: Iterable[str]) -> Markup:
    return Markup(
        f'<svg class="figure" role="img" aria-labelledby="{name}-title {name}-alt" width="100%" '
        f'height="{height}"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-alt">{escape(alt)}</desc>{"".join(inside)}</svg>'
    )


def _axis(y: int) -> list[str]:
    found = [f'<line class="axis" x1="0" x2="100%" y1="{y}" y2="{y}"/>']
    for share in (0, 0.25, 0.5, 0.75, 1):
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        found.append(
            f'<text class="tick" x="{_percent(share)}" y="{y + 15}" text-anchor="{anchor}">{share:.0%}</text>'
        )
    return found


def timeline(tension: Mapping[str, Any], bands: Sequence[Mapping[str, Any]]) -> Markup:
    """The tension over the text with its turning points and climax, and bands of what is told."""
    bottom = _TOP + _CURVE
    drawn: list[str] = []
    for grade, label in _GRADES:
        y = bottom - round(grade * _CURVE)
        drawn.append(f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        drawn.append(f'<text class="tick" x="2" y="{y - 3}">{label}</text>')
    points = " ".join(f"{1000 * x:.1f},{100 - 100 * y:.2f}" for x, y in tension["curve"])
    if points:
        first, last = tension["curve"][0][0], tension["curve"][-1][0]
        drawn.append(
            f'<svg x="0" y="{_TOP}" width="100%" height="{_CURVE}" viewBox="0 0 1000 100" '
            'preserveAspectRatio="none">'
            f'<polygon class="area" points="{1000 * first:.1f},100 {points} {1000 * last:.1f},100"/>'
            f'<polyline class="curve" points="{points}"/></svg>'
        )
    climax = tension["climax"]
    if climax is not None:
        x = _percent(climax["from"])
        drawn.append(
            f'<line class="climax" x1="{x}" x2="{x}" y1="{_TOP - 6}" y2="{bottom}"/>'
            f'<text class="label" x="{x}" y="{_TOP - 11}" '
            f'text-anchor="{_anchor(climax["from"])}">climax</text>'
        )
    for turn in tension["turns"]:
        y = bottom - round(turn["height"] * _CURVE)
        drawn.append(
            f'<svg class="turn" x="{_percent(turn["from"])}" y="{y}" overflow="visible" '
            f'data-p="{turn["id"]}"><path d="{_SHAPES[turn["detail"]]}"/></svg>'
        )
    drawn += _axis(bottom)
    y = bottom + 30
    for band in bands:
        n = len(band["passages"])
        label = f"{band['name']}: {n}"
        drawn.append(f'<text class="label" x="0" y="{y + 10}">{escape(label)}</text>')
        drawn.append(f'<rect class="track" x="0" y="{y + 15}" width="100%" height="12"/>')
        drawn += [
            f'<rect class="band s-{band["family"]}" data-p="{p["id"]}" x="{_percent(p["from"])}" '
            f'y="{y + 15}" width="{_percent(max(p["to"] - p["from"], 0.004))}" height="12"/>'
            for p in band["passages"]
        ]
        y += _ROW
    told = [f"{b['name'].lower()} {len(b['passages'])}" for b in bands if b["passages"]]
    alt = [
        "Mean tension by tenth of the text, of 1: "
        + ", ".join("none" if t is None else f"{t:.2f}" for t in tension["tenths"])
        + ".",
        f"The climax stands at {climax['from']:.0%} of the text."
        if climax is not None
        else "No climax stands out.",
        f"Passages: {', '.join(told) or 'none'}.",
    ]
    title = "Tension over the text, and what is told where"
    return _figure("timeline", y + 4, title, " ".join(alt), drawn)


def course(segments: Sequence[Mapping[str, Any]], label: str) -> Markup:
    """Probability along a long text, a bar for each stretch that was read."""
    end = max(s["end"] for s in segments)
    height, top = 100, 8
    drawn = [
        f'<line class="grid" x1="0" x2="100%" y1="{top + height // 2}" y2="{top + height // 2}"/>',
        f'<text class="tick" x="2" y="{top + height // 2 - 3}">50%</text>',
    ]
    for s in segments:
        share = s["share"]
        tall = max(round(share * height), 1)
        drawn.append(
            f'<rect class="stretch" x="{_percent(s["start"] / end)}" y="{top + height - tall}" '
            f'width="{_percent((s["end"] - s["start"]) / end)}" height="{tall}"/>'
        )
    drawn += _axis(top + height)
    alt = ", ".join(f"{s['share']:.0%}" for s in segments)
    return _figure("course", top + height + 22, f"{label} along the text", alt + ".", drawn)


def bar(share: float) -> Markup:
    """A probability as a bar; the figure stands beside it, so that it is hidden from readers."""
    return Markup(
        '<svg class="bar" aria-hidden="true" width="100%" height="12">'
        '<rect class="track" width="100%" height="12"/>'
        f'<rect class="full" width="{_percent(share)}" height="12"/></svg>'
    )


def strip(first: float, second: float) -> Markup:
    """Where a value stands among two groups of texts: a circle for the first, a diamond for the second."""

    def inset(share: float) -> str:
        return _percent(0.03 + 0.94 * share)

    return Markup(
        '<svg class="strip" aria-hidden="true" width="100%" height="20">'
        '<line class="axis" x1="3%" x2="97%" y1="10" y2="10"/>'
        '<line class="grid" x1="50%" x2="50%" y1="3" y2="17"/>'
        f'<svg x="{inset(second)}" y="10" overflow="visible"><path class="second" d="M0 -7L7 0 0 7 -7 0z"/></svg>'
        f'<circle class="first" cx="{inset(first)}" cy="10" r="5"/></svg>'
    )
