"""What the tagger says of a sentence and of a story: names, ranges and how the pieces fit.

Families and scales are those of the brief under which stories were read
(`corpora/tagger/README.md`); everything else in this package takes them from here.
"""

from __future__ import annotations

__all__ = ["ALONE", "CHOICES", "DIRECTIONS", "FAMILIES", "SCALES", "SIZES"]

FAMILIES = (
    "dream",
    "unreal",
    "flashback",
    "flashforward",
    "skip",
    "habit",
    "looks",
    "bodily",
    "conflict",
    "theme",
    "insight",
    "address",
    "turn",
)
"""What a sentence may tell, in the order of the model's outputs."""

ALONE = ("skip", "turn")
"""Families that are told in a moment: each marked sentence is a passage of its own."""

SCALES: dict[str, tuple[float, float]] = {
    "outward": (0, 4),
    "inward": (0, 4),
    "place": (0, 4),
    "theme_explicit": (0, 4),
    "closure": (0, 4),
    "agency": (0, 4),
    "surprise": (0, 4),
    "fellow": (0, 4),
    "end_valence": (-2, 2),
    "stakes_start": (0, 5),
    "stakes_end": (0, 5),
    "threads": (1, 4),
}
"""Numbers for a whole story with their lowest and highest value."""

CHOICES: dict[str, tuple[str, ...]] = {
    "shape": ("flat", "rising", "rise_fall", "falling", "wave"),
    "order": ("linear", "mostly_linear", "braided", "reverse", "frame"),
    "span": ("minutes", "hours", "day", "days", "weeks", "months", "years", "decades", "unclear"),
    "tense": ("past", "present", "mixed"),
    "pov": (
        "first",
        "second",
        "third_limited",
        "third_omniscient",
        "third_objective",
        "mixed",
    ),
    "coincidence": ("no", "yes"),
    "twist": ("no", "yes"),
}
"""Choices for a whole story."""

SIZES = ("minutes", "hours", "days", "weeks", "months", "years", "unclear")
"""How far a skip in time goes."""

DIRECTIONS = ("-", "+", "?")
"""Where a turn leads: a setback, a gain, or another understanding."""
