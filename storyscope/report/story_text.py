"""A story as HTML with its passages marked, however they nest and cross."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from storyscope.guards import shown

__all__ = ["marked", "pieces"]

_PARAGRAPH = re.compile(r"\S(?:.|\n(?![^\S\n]*\n))*")


def pieces(
    text: str, passages: Iterable[Mapping[str, Any]]
) -> list[list[tuple[int, int, tuple[str, ...]]]]:
    r"""A text cut wherever a passage begins or ends, paragraph by paragraph.

    Parameters
    ----------
    text : str
    passages : iterable of mapping
        With ``id``, ``start`` and ``end``, characters [start, end) of the text.

    Returns
    -------
    list of paragraphs, each a list of (start, end, ids)
        `ids` are those of the passages that hold the piece, the narrowest first.

    Examples
    --------
    >>> one, two = {"id": "a", "start": 0, "end": 5}, {"id": "b", "start": 3, "end": 9}
    >>> pieces("abcd\n\nefgh", [one, two])
    [[(0, 3, ('a',)), (3, 4, ('a', 'b'))], [(6, 9, ('b',)), (9, 10, ())]]
    """
    spans = sorted(
        ((int(p["start"]), int(p["end"]), str(p["id"])) for p in passages),
        key=lambda s: (s[1] - s[0], s),
    )
    spans = [s for s in spans if s[1] > s[0]]
    cuts = sorted({place for start, end, _ in spans for place in (start, end)})
    opens: dict[int, list[int]] = {}
    closes: dict[int, list[int]] = {}
    for k, (start, end, _) in enumerate(spans):
        opens.setdefault(start, []).append(k)
        closes.setdefault(end, []).append(k)
    inside: set[int] = set()
    found = []
    k = 0
    for match in _PARAGRAPH.finditer(text):
        begin, end = match.start(), match.start() + len(match[0].rstrip())
        while k < len(cuts) and cuts[k] <= begin:
            inside.update(opens.get(cuts[k], ()))
            inside.difference_update(closes.get(cuts[k], ()))
            k += 1
        places = [begin]
        row = []
        held = [tuple(sorted(inside))]
        while k < len(cuts) and cuts[k] < end:
            inside.update(opens.get(cuts[k], ()))
            inside.difference_update(closes.get(cuts[k], ()))
            places.append(cuts[k])
            held.append(tuple(sorted(inside)))
            k += 1
        for (a, b), ids in zip(pairwise([*places, end]), held, strict=True):
            row.append((a, b, tuple(spans[i][2] for i in ids)))
        found.append(row)
    return found


def marked(
    text: str,
    passages: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    families: Iterable[str] = (),
    on: Iterable[str] = (),
) -> tuple[Markup, dict[str, str]]:
    r"""The text as HTML, and the id of the piece at which each passage begins.

    Parameters
    ----------
    text : str
    passages : sequence of mapping
        With ``id``, ``group``, ``start`` and ``end``.
    names : mapping of str to str
        What a group is called.
    families : iterable of str
        Groups that can be coloured, and whose passages are labelled where they begin.
    on : iterable of str
        Families that are coloured to begin with.

    Examples
    --------
    >>> html, places = marked("a < b", [{"id": "p0", "group": "dream", "start": 2, "end": 5}],
    ...                       {"dream": "Dream"}, ["dream"], ["dream"])
    >>> print(html.replace(" data-", "\n  data-"))
    <p>a <mark id="at2" class="on f-dream"
      data-p="p0"
      data-g="dream"
      data-b="dream"
      data-begins="Dream" title="Dream">&lt; b</mark></p>
    >>> places
    {'p0': 'at2'}
    """
    group = {str(p["id"]): str(p["group"]) for p in passages}
    known, lit = set(families), set(on)
    places: dict[str, str] = {}
    html: list[str] = []
    for row in pieces(text, passages):
        html.append("<p>")
        for start, end, ids in row:
            words = escape(shown(text[start:end]))
            if not ids:
                html.append(str(words))
                continue
            begin = [group[one] for one in ids if one not in places and group[one] in known]
            for one in ids:
                places.setdefault(one, f"at{start}")
            groups = list(dict.fromkeys(group[one] for one in ids))
            coloured = [g for g in groups if g in lit]
            look = ["on", *(f"{c}-{g}" for c, g in zip("fu", coloured, strict=False))]
            label = ", ".join(dict.fromkeys(names.get(g, g) for g in begin if g in lit))
            attributes = {
                "id": f"at{start}",
                "class": " ".join(look) if coloured else "",
                "data-p": " ".join(ids),
                "data-g": " ".join(groups),
                "data-b": " ".join(dict.fromkeys(begin)),
                "data-begins": label,
                "title": "; ".join(names.get(g, g) for g in groups),
            }
            told = "".join(f' {k}="{escape(v)}"' for k, v in attributes.items() if v)
            html.append(f"<mark{told}>{words}</mark>")
        html.append("</p>\n")
    return Markup("".join(html).strip()), places
