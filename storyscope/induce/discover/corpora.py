"""Which stories take part, and what of them a model may see."""

from __future__ import annotations

import re
from collections.abc import Sequence

from storyscope.corpus import Story
from storyscope.errors import TooLittleData
from storyscope.induce.discover.pilot import LEAST

__all__ = ["masked", "shared", "sizes"]


def shared(stories: Sequence[Story], discover: int, pilot: int) -> tuple[list[Story], int]:
    """Stories of prompts that two sources answered, and how many prompts had one only."""
    sources = sorted({s.source for s in stories})
    if len(sources) < 2:
        raise TooLittleData(
            f"All stories are by {sources[0] if sources else 'nobody'}, and questions are to set "
            "sources apart: give a corpus of two sources or more, or name the column of sources "
            "with --column source=NAME."
        )
    answered: dict[str, set[str]] = {}
    for story in stories:
        answered.setdefault(story.prompt_id, set()).add(story.source)
    both = {p for p, by in answered.items() if len(by) > 1}
    if len(both) < LEAST + 2:
        raise TooLittleData(
            f"Only {len(both)} prompts were answered by two sources or more; some are compared and "
            f"at least {LEAST} others are held out to test what that shows: give at least "
            f"{LEAST + 2}."
        )
    if discover < 2 or pilot < LEAST:
        raise TooLittleData(
            f"At least 2 prompts are compared and {LEAST} tested, not {discover} and {pilot}."
        )
    return [s for s in stories if s.prompt_id in both], len(answered) - len(both)


def sizes(n: int, discover: int, pilot: int) -> tuple[int, int]:
    """Prompts that are compared, and those of the pilot."""
    compared = discover
    if n < compared + pilot:
        compared = min(compared, max(2, min(n // 3, n - LEAST)))
        pilot = min(pilot, n - compared)
    return compared, pilot


def masked(text: str, names: Sequence[str]) -> str:
    """A text without names of sources, as far as they cannot be ordinary words.

    >>> masked("I am Quill-7b, a human.", ["quill-7b", "human"])
    'I am [name], a human.'
    """
    for name in names:
        if not re.fullmatch(r"[^\W\d_]+", name):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[name]", text, flags=re.IGNORECASE)
    return text
