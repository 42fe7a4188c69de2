"""Two texts, or two versions of one, beside one another: what their pages say, as plain data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

__all__ = ["compare_stories", "rewritten"]

ALIKE = 0.3
"""Share of the words in paragraphs that both have, from which two texts are versions of one."""
_MOST_PARAGRAPHS = 3000
_MOST_CHANGES = 200
"""Changed places that are shown."""


def compare_stories(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Hold what `summarise_story` says of two texts against one another.

    Parameters
    ----------
    first, second : dict
        Two summaries.

    Returns
    -------
    dict
        ``told``: what is told in each, by family: passages, and share of the characters, 0 to 1;
        ``features``: graded features that both answers rest on, the most different first, with
        the value in each and the share of people's texts below it; ``whole``: scales of both;
        ``versions``: what `rewritten` says, or None for different texts.

    Examples
    --------
    >>> none = {"groups": [], "passages": [], "strips": [], "whole": [], "read": True}
    >>> found = compare_stories({**none, "text": "A gate."}, {**none, "text": "A wall."})
    >>> found["told"], found["versions"]
    ([], None)
    """
    return {
        "told": _told(first, second),
        "features": _features(first, second),
        "whole": _whole(first, second),
        "versions": rewritten(first["text"], second["text"]),
    }


def _told(first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for key, story in (("first", first), ("second", second)):
        places = {p["id"]: (p["start"], p["end"]) for p in story["passages"]}
        for group in story["groups"]:
            if group["kind"] != "family":
                continue
            row = rows.setdefault(group["id"], {"id": group["id"], "name": group["name"]})
            inside = [places[p] for p in group["passages"]]
            row[key] = {
                "passages": len(inside),
                "share": sum(b - a for a, b in inside) / max(len(story["text"]), 1),
            }
    return [row for row in rows.values() if "first" in row and "second" in row]


def _features(first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
    def rows(story: dict[str, Any]) -> dict[str, dict[str, Any]]:
        return {
            f["feature"]: {**f, "dimension": strip["dimension"]}
            for strip in story["strips"]
            for f in strip["features"]
        }

    here, there = rows(first), rows(second)
    found = [
        {
            **{k: here[f][k] for k in ("feature", "name", "unit", "dimension")},
            "values": (here[f]["value"], there[f]["value"]),
            "first": here[f]["first"],
            "second": there[f]["first"],
        }
        for f in here
        if f in there
    ]
    return sorted(found, key=lambda f: -abs(f["first"] - f["second"]))


def _whole(first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
    there = {w["id"]: w for w in second["whole"]}
    return [
        {**w, "values": (w["value"], there[w["id"]]["value"])}
        for w in first["whole"]
        if w["id"] in there
    ]


def rewritten(first: str, second: str) -> dict[str, Any] | None:
    r"""What was changed from one version of a text to the other, paragraph by paragraph.

    Parameters
    ----------
    first, second : str

    Returns
    -------
    dict or None
        None for texts that share less than 30% of their words in whole paragraphs, or have more
        than 3,000 paragraphs. Else ``kept``, that share, ``places``, how many places were changed,
        and ``changes``: the first 200 of them, each a list of (how, words), where how is ``same``,
        ``out`` or ``in``.

    Examples
    --------
    >>> a = "The gate stood open all night.\n\nShe went in.\n\nNobody saw her go in."
    >>> found = rewritten(a, a.replace("She went", "She walked"))
    >>> found["places"], found["changes"][0]
    (1, [('same', 'She '), ('out', 'went'), ('in', 'walked'), ('same', ' in.')])
    """
    a, b = _paragraphs(first), _paragraphs(second)
    if not a or not b or max(len(a), len(b)) > _MOST_PARAGRAPHS:
        return None
    steps = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    same = sum(_words(a[i:j]) for how, i, j, _, _ in steps if how == "equal")
    kept = 2 * same / max(_words(a) + _words(b), 1)
    if kept < ALIKE:
        return None
    places = [(a[i:j], b[k:m]) for how, i, j, k, m in steps if how != "equal"]
    return {
        "kept": kept,
        "places": len(places),
        "changes": [
            _change("\n\n".join(out), "\n\n".join(new)) for out, new in places[:_MOST_CHANGES]
        ],
    }


def _change(out: str, new: str) -> list[tuple[str, str]]:
    """Words that went and words that came, with what stayed between them."""
    a, b = (re.findall(r"\s+|[\w’'-]+|.", t) for t in (out, new))
    if max(len(a), len(b)) > 3000:  # quadratic in their length
        return [(how, t) for how, t in (("out", out), ("in", new)) if t]
    found: list[tuple[str, str]] = []
    for how, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if how == "equal":
            found.append(("same", "".join(a[i:j])))
            continue
        found += [(h, "".join(t)) for h, t in (("out", a[i:j]), ("in", b[k:m])) if t]
    return found


def _paragraphs(text: str) -> list[str]:
    return [p.strip() for p in re.split(r"\n\s*\n", text) if p.strip()]


def _words(paragraphs: Iterable[str]) -> int:
    return sum(len(p.split()) for p in paragraphs)
