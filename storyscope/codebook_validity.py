"""What is known of how right the measures are: the figures that cards point at by name.

A card says ``rests on: [flashback, ...]``. Each name is a row that ``storyscope validate`` prints, a
family of passages or a layer held against LitBank; the figures lie in ``features/validity.json``,
which ``docs/make_validity.py`` writes, so that no card holds a figure that has grown old.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from storyscope.paths import data_dir

if TYPE_CHECKING:
    from storyscope.codebook import Feature

__all__ = ["PARTS", "describe", "load_validity", "rests_on", "validity_of"]

PARTS = {
    "open": "open passages",
    "sealed": "sealed passages",
    "readings": "real stories, read",
    "gold": "LitBank",
}
"""Where a figure comes from, by its key."""


@lru_cache(maxsize=1)
def load_validity() -> dict[str, Any]:
    """The shipped figures: ``date``, ``codebook`` (version) and ``rows`` by name.

    >>> sorted(load_validity())
    ['codebook', 'date', 'rows']
    """
    path = data_dir("features") / "validity.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def rests_on(feature: Feature) -> list[str]:
    """Names of the rows on which a feature rests, as its card says."""
    named = feature.card.get("rests on", [])
    return [named] if isinstance(named, str) else list(named)


def validity_of(feature: Feature) -> list[dict[str, Any]]:
    """Figures of every row on which a feature rests; empty where it rests on none.

    Returns
    -------
    list of dict
        ``rests on`` and, as far as there are such figures, ``open``, ``sealed``, ``readings`` and
        ``gold``, each a mapping of names to figures.

    Examples
    --------
    >>> from storyscope.codebook import default_codebook
    >>> [row["rests on"] for row in validity_of(default_codebook()["TMP_ORD_04"])]
    ['flash_forward']
    """
    rows = load_validity()["rows"]
    return [{"rests on": name, **rows[name]} for name in rests_on(feature) if name in rows]


def describe(row: Mapping[str, Any]) -> list[str]:
    """One row of figures in words, a line for each place they come from.

    >>> describe({"rests on": "flashback", "readings": {"hits": 30, "right": 24, "precision": 0.8,
    ...           "precision_interval": [0.63, 0.91], "near": 30, "missed": 1}})
    ['flashback, real stories, read: precision 0.80 (0.63 to 0.91), 24 of 30 hits right; 1 of 30 near misses has it']
    """
    lines = []
    for part, what in PARTS.items():
        figures = row.get(part)
        if not figures:
            continue
        said = [
            f"{label} {figures[key]:.2f}{_span(figures.get(f'{key}_interval'))}"
            for key, label in (("precision", "precision"), ("recall", "recall"), ("f1", "F1"), ("r", "r"))
            if figures.get(key) is not None
        ]  # fmt: skip
        text = ", ".join(said)
        if part == "readings":
            verb = "has" if figures["missed"] == 1 else "have"
            text += (
                f", {figures['right']} of {figures['hits']} hits right; "
                f"{figures['missed']} of {figures['near']} near misses {verb} it"
            )
        elif "positives" in figures:
            text += f", on {figures['positives']} with it and {figures['negatives']} without"
        lines.append(f"{row['rests on']}, {what}: {text}")
    return lines


def _span(pair: Any) -> str:
    return f" ({pair[0]:.2f} to {pair[1]:.2f})" if pair else ""
