"""Ids of stories and prompts that a file does not give."""

from __future__ import annotations

import hashlib
from collections import Counter

__all__ = ["Ids", "LaterIds", "prompt_name"]


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
        return self.next_of(f"{prompt_id}/{source}" if prompt_id else fallback)

    def next_of(self, base: str) -> str:
        """The first id of a series that nobody has."""
        story_id = ""
        while not story_id or story_id in self.seen:
            self._samples[base] += 1
            sample = self._samples[base]
            story_id = base if sample == 1 else f"{base}#{sample}"
        return self.given(story_id)


class LaterIds(Ids):
    """Ids of a stretch of a file, which can be given only when all before it are known.

    Every story gets the empty id for now; `asked` has, for each, the id that the file gives or
    what a series of ids begins with, and the other one empty.

    >>> stretch, ids = LaterIds(), Ids()
    >>> _ = stretch.given("a"), stretch.derived("p1", "m1", "tales-3"), stretch.given("a")
    >>> stretch.named(ids), stretch.asked[1]
    (['a', 'p1/m1', None], ('', 'p1/m1'))
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str]] = []

    def given(self, story_id: str) -> str:
        """Note an id that the file gives."""
        self.asked.append((story_id, ""))
        return story_id

    def derived(self, prompt_id: str, source: str, fallback: str) -> str:
        """Note what the series of ids begins with."""
        self.asked.append(("", f"{prompt_id}/{source}" if prompt_id else fallback))
        return ""

    def named(self, ids: Ids) -> list[str | None]:
        """Ids of the stories, after all that `ids` has given out; None for one used twice."""
        return [
            ids.next_of(base) if base else None if given in ids.seen else ids.given(given)
            for given, base in self.asked
        ]


def prompt_name(prompt: str) -> str:
    """Short name of a prompt's wording, whatever its spacing.

    >>> prompt_name("A door  opens.") == prompt_name(" A door opens. ")
    True
    """
    words = " ".join(prompt.split())
    return "p-" + hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:10] if words else ""
