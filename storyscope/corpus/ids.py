"""Ids of stories and prompts that a file does not give."""

from __future__ import annotations

import hashlib
from collections import Counter

__all__ = ["Ids", "prompt_name"]


class Ids:
    """Ids given out so far in one pass over a corpus."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._samples: Counter[str] = Counter()

    def given(self, story_id: str) -> str:
        """Note an id that the file gives."""
        self.seen.add(story_id)
        return story_id

    def derived(self, prompt_id: str, source: str, fallback: str) -> str:
        """``prompt/source``, and ``#2``, ``#3`` for further samples in order of appearance."""
        base = f"{prompt_id}/{source}" if prompt_id else fallback
        story_id = ""
        while not story_id or story_id in self.seen:
            self._samples[base] += 1
            sample = self._samples[base]
            story_id = base if sample == 1 else f"{base}#{sample}"
        return self.given(story_id)


def prompt_name(prompt: str) -> str:
    """Short name of a prompt's wording, whatever its spacing.

    >>> prompt_name("A door  opens.") == prompt_name(" A door opens. ")
    True
    """
    words = " ".join(prompt.split())
    return "p-" + hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:10] if words else ""
