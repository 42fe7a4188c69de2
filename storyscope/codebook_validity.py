"""What is known of how right the measures are: the figures that cards point at by name.

A card says ``rests on: [flashback, ...]``. Each name is a row that ``storyscope validate`` prints: a
family, scale or choice of the tagger, a family of passages, or a layer held against LitBank. The
figures lie in ``features/validity.json``, which ``docs/make_validity.py`` writes, so that no card
holds a figure that has grown old.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from storyscope.paths import data_dir

if TYPE_CHECKING:
    from storyscope.codebook import Feature

__all__ = ["PARTS", "TOLD", "describe", "load_validity", "rests_on", "row_name", "validity_of"]

PARTS = {
    "whole": "whole stories, read",
    "aside": "whole stories, read and kept aside",
    "open": "open passages",
    "sealed": "sealed passages",
    "readings": "real stories, read",
    "gold": "LitBank",
}
"""Where a figure comes from, by its key."""

TOLD = {
    "bodily_emotion": "bodily",
    "dream_sequence": "dream",
    "escalation": "tension",
    "flash_forward": "flashforward",
    "hedged_epiphany": "insight",
    "iterative": "habit",
    "outward_description": "looks",
    "reader_address": "address",
    "stated_moral": "theme",
    "time_skip": "skip",
}
"""Families of passages that ask what the tagger finds under another name."""


@lru_cache(maxsize=1)
def load_validity() -> dict[str, Any]:
    """The shipped figures: ``date``, ``codebook`` (version) and ``rows`` by name.

    >>> sorted(load_validity())[:2]
    ['codebook', 'date']
    """
    path = data_dir("features") / "validity.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def rests_on(feature: Feature) -> list[str]:
    """Names of the rows on which a feature rests, as its card says."""
    named = feature.card.get("rests on", [])
    every = [named] if isinstance(named, str) else list(named)
    return list(dict.fromkeys(map(row_name, every)))


def row_name(name: str) -> str:
    """Name of the row that holds a family's figures.

    >>> row_name("dream_sequence"), row_name("quotations, exact")
    ('dream', 'quotations, exact')
    """
    return TOLD.get(name, name)


def validity_of(feature: Feature) -> list[dict[str, Any]]:
    """Figures of every row on which a feature rests; empty where it rests on none.

    Returns
    -------
    list of dict
        ``rests on`` and, as far as there are such figures, the keys of `PARTS`, each a mapping of
        names to figures.

    Examples
    --------
    >>> from storyscope.codebook import default_codebook
    >>> [row["rests on"] for row in validity_of(default_codebook()["TMP_ORD_04"])]
    ['flashforward']
    """
    rows = load_validity()["rows"]
    return [{"rests on": name, **rows[name]} for name in rests_on(feature) if name in rows]


def describe(row: Mapping[str, Any]) -> list[str]:
    """One row of figures in words, a line for each place they come from.

    Precision, recall, F1 and kappa of what is told are by sentence, rho is that of its share of the
    sentences; rho of a scale, and of tension's level and slope, is over stories.

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
            for key, label in _LABELS
            if figures.get(key) is not None
        ]
        text = ", ".join(said)
        if part in ("whole", "aside"):
            text += _read_whole(figures)
        elif part == "readings":
            verb = "has" if figures["missed"] == 1 else "have"
            text += (
                f", {figures['right']} of {figures['hits']} hits right; "
                f"{figures['missed']} of {figures['near']} near misses {verb} it"
            )
        elif "positives" in figures:
            text += f", on {figures['positives']} with it and {figures['negatives']} without"
        lines.append(f"{row['rests on']}, {what}: {text}")
    return lines


_LABELS = (
    ("precision", "precision"),
    ("recall", "recall"),
    ("f1", "F1"),
    ("accuracy", "accuracy"),
    ("kappa", "kappa"),
    ("rho", "rho"),
    ("r", "r"),
    ("slope_rho", "rho of slope"),
    ("error", "mean absolute error"),
)


def _read_whole(figures: Mapping[str, Any]) -> str:
    """What two readings reach, and how much was read."""
    text = ""
    again = figures.get("again") or {}
    main = next((k for k in ("kappa", "r", "rho") if again.get(k) is not None), None)
    if main is not None:
        text += f"; two readings: {main} {again[main]:.2f}"
    if "sentences" in figures:
        text += f"; told in {figures['sentences']} sentences of {figures['stories']} stories"
    return text


def _span(pair: Any) -> str:
    return f" ({pair[0]:.2f} to {pair[1]:.2f})" if pair else ""
