"""The narrative traits that are validated on passages: which measure says that one is there."""

from __future__ import annotations

from collections.abc import Callable

from storyscope.extract.layers.emotions import named_feelings
from storyscope.extract.layers.free_indirect import passages
from storyscope.extract.layers.questions import open_questions, unknowns, withholdings
from storyscope.extract.layers.settings import setting_passages
from storyscope.extract.layers.simultaneity import simultaneous
from storyscope.extract.layers.thoughts import thoughts
from storyscope.extract.measures.told import spans_told
from storyscope.extract.reading import Reading

__all__ = ["FAMILIES"]


def _told(label: str) -> Callable[[Reading], bool]:
    return lambda reading: bool(spans_told(reading, label))


FAMILIES: dict[str, Callable[[Reading], bool]] = {
    "bodily_emotion": _told("bodily"),
    "conflict": _told("conflict"),
    "dream_sequence": _told("dream"),
    "flash_forward": _told("flashforward"),
    "flashback": _told("flashback"),
    "free_indirect": lambda r: bool(passages(r)),
    "hedged_epiphany": _told("insight"),
    "inward_thought": lambda r: bool(thoughts(r)),
    "iterative": _told("habit"),
    "named_emotion": lambda r: bool(named_feelings(r)),
    "outward_description": _told("looks"),
    "question_opened": lambda r: bool(open_questions(r) or unknowns(r) or withholdings(r)),
    "reader_address": _told("address"),
    "setting_description": lambda r: bool(setting_passages(r)),
    "simultaneity": lambda r: bool(simultaneous(r)),
    "stated_moral": _told("theme"),
    "time_skip": _told("skip"),
}
"""Whether a passage has a trait, by the name of the file of its passages."""
