"""How results show themselves in a notebook: a heading, a few lines and a short table, all escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

__all__ = ["MOST", "in_html"]

MOST = 12
"""Rows of a table that are shown."""


def in_html(
    title: str,
    *,
    lines: Iterable[str] = (),
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[Any]] = (),
) -> str:
    """A result as a piece of HTML; columns whose name begins with "#" hold figures.

    >>> shown = in_html("Tale <1>", columns=("a", "#b"), rows=[("x", 0.5)])
    >>> shown[:35], shown[-53:]
    ('<div><p><b>Tale &lt;1&gt;</b></p><t', 'text-align:right">0.5</td></tr></tbody></table></div>')
    """
    parts = [f"<p><b>{escape(title)}</b></p>"]
    if said := "".join(f"<li>{escape(line)}</li>" for line in lines):
        parts.append(f"<ul>{said}</ul>")
    if rows:
        sides = ["right" if c.startswith("#") else "left" for c in columns]
        head = _row("th", [c.removeprefix("#") for c in columns], sides)
        body = "".join(_row("td", row, sides) for row in rows[:MOST])
        parts.append(f"<table><thead>{head}</thead><tbody>{body}</tbody></table>")
        if len(rows) > MOST:
            parts.append(f"<p>... and {len(rows) - MOST} more.</p>")
    return f"<div>{''.join(parts)}</div>"


def _row(tag: str, cells: Sequence[Any], sides: Sequence[str]) -> str:
    shown = (
        "–" if c is None or c != c else f"{c:.3g}" if isinstance(c, float) else str(c)
        for c in cells
    )
    inner = (
        f'<{tag} style="text-align:{side}">{escape(cell)}</{tag}>'
        for side, cell in zip(sides, shown, strict=True)
    )
    return f"<tr>{''.join(inner)}</tr>"
