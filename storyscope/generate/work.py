"""A corpus from beginning to end: prompts and writers in, stories and what became of the others out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from storyscope.generate.estimate import Expected, expect
from storyscope.generate.prompts import Prompt
from storyscope.generate.run import Asked, Talks, ask_all, done
from storyscope.generate.stories import Written, conversations
from storyscope.generate.turns import Conversation, Turn, spent
from storyscope.generate.writers import Length, Writer, Writers
from storyscope.paths import written_whole
from storyscope.providers.money import Prices, load_prices
from storyscope.providers.store import Answers
from storyscope.version import __version__

__all__ = ["REPLIES", "STORIES", "UNWRITTEN", "Generation", "is_ours", "unwritten"]

STORIES = "stories.jsonl"
"""The corpus."""
UNWRITTEN = "unwritten.jsonl"
"""What was asked for and is not in it, with the reason."""
REPLIES = "replies.sqlite"
"""Every reply, as it came; nothing in it is asked for again."""


@dataclass
class Generation:
    """Stories of some writers in answer to some prompts.

    Attributes
    ----------
    prompts : sequence of Prompt
    writers : Writers
    answers : Answers
    prices : Prices
    """

    prompts: Sequence[Prompt]
    writers: Writers
    answers: Answers
    prices: Prices

    @classmethod
    def of(
        cls,
        prompts: Sequence[Prompt],
        writers: Writers,
        folder: str | Path,
        prices: str | Path | None = None,
    ) -> Generation:
        """Open the folder of a corpus; it is made if it is not there, and nothing is sent."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return cls(prompts, writers, Answers(folder / REPLIES), load_prices(prices))

    @property
    def talks(self) -> Talks[list[Written]]:
        """Every conversation, by writer, prompt by prompt."""
        return {w: list(self._talks(w)) for w in self.writers.writers}

    def _talks(self, writer: Writer) -> Iterator[Callable[[], Conversation[list[Written]]]]:
        length = self.writers.length
        for prompt in self.prompts:
            for place, _ in enumerate(conversations(prompt, writer, length)):
                yield partial(_conversation, prompt, writer, length, place)

    def estimate(self) -> list[Expected]:
        """What is still to be asked, writer by writer."""
        length = self.writers.length
        words = sum(p.words or length.words for p in self.prompts) // len(self.prompts)
        return expect(self.talks, self.answers, self.prices, words, length.tries)

    def ask_again(self) -> int:
        """Let what was refused or cut off be asked for once more; how many stories that is."""
        failed = [w for w in self.written() if isinstance(w, Written) and w.status != "written"]
        self.answers.set_aside(said.key for w in failed for said in w.turns)
        return len(failed)

    def write(
        self, *, max_cost: float | None = None, watch: Callable[[Asked], None] | None = None
    ) -> None:
        """Ask for whatever is missing.

        Raises
        ------
        CostLimit
            If `max_cost` dollars might be passed; what was written is kept.
        ModelError
        """
        ask_all(self.talks, self.answers, self.prices, max_cost=max_cost, watch=watch)

    def written(self) -> Iterator[Written | Turn]:
        """What is on disk: stories, failures, and for what is still to be asked its next turn."""
        for talks in self.talks.values():
            for talk in talks:
                found = done(self.answers, talk)
                if isinstance(found, Turn):
                    yield found
                else:
                    yield from found

    def save(self, folder: str | Path) -> dict[str, Any]:
        """Write the corpus and the list of what is not in it; a summary."""
        folder = Path(folder)
        found = list(self.written())
        stories = [w for w in found if isinstance(w, Written) and w.status == "written"]
        failed = [w for w in found if isinstance(w, Written) and w.status != "written"]
        with written_whole(folder / STORIES, is_ours) as partial_file:
            partial_file.write_text("".join(_line(_story(w)) for w in stories), encoding="utf-8")
        with written_whole(folder / UNWRITTEN, is_ours) as partial_file:
            partial_file.write_text("".join(_line(_failure(w)) for w in failed), encoding="utf-8")
        return {
            "stories": len(stories),
            "missing": sum(isinstance(w, Turn) for w in found),
            "unwritten": dict(Counter(w.status for w in failed)),
            "off_length": sum(not w.fits for w in stories),
            "writers": {w.name: _summary(w, found) for w in self.writers.writers},
        }


def _conversation(
    prompt: Prompt, writer: Writer, length: Length, place: int
) -> Conversation[list[Written]]:
    """One of the conversations of a writer about a prompt, begun."""
    return next(t for i, t in enumerate(conversations(prompt, writer, length)) if i == place)


def _summary(writer: Writer, found: Sequence[Written | Turn]) -> dict[str, Any]:
    mine = [w for w in found if isinstance(w, Written) and w.writer is writer]
    lengths = sorted(w.words for w in mine if w.status == "written")
    return {
        "stories": len(lengths),
        "median_words": lengths[len(lengths) // 2] if lengths else None,
        "unwritten": dict(Counter(w.status for w in mine if w.status != "written")),
        "off_length": sum(not w.fits for w in mine if w.status == "written"),
    }


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _common(w: Written) -> dict[str, Any]:
    usage, last = spent(w.turns), w.turns[-1]
    return {
        "id": f"{w.prompt.id}/{w.writer.name}/{w.sample}",
        "source": w.writer.name,
        "prompt_id": w.prompt.id,
        "prompt": w.prompt.text,
        "sample": w.sample,
        "way": w.writer.way,
        "probability": w.probability,
        "model": w.writer.model,
        "version": last.version,
        "parameters": json.dumps(dict(w.writer.parameters), sort_keys=True),
        "effort": w.writer.effort,
        "stop": last.stop,
        "requests": len(w.turns),
        "tokens_in": usage.prompt,
        "tokens_out": usage.output,
        "seconds": round(sum(said.seconds for said in w.turns), 3),
        "made": datetime.fromtimestamp(last.made, UTC).isoformat(timespec="seconds"),
        "made_by": f"storyscope {__version__}",
    }


def _story(w: Written) -> dict[str, Any]:
    plain = _common(w)
    target = {"words_asked": w.prompt.words, "on_length": w.fits}
    return {"id": plain.pop("id"), "text": w.text, **plain, **target}


def _failure(w: Written) -> dict[str, Any]:
    """A truncated story keeps its text in the replies only: it is not a story."""
    return {**_common(w), "status": w.status, "words": w.words}


def is_ours(path: Path) -> bool:
    """Whether a file of stories was written here."""
    try:
        with path.open(encoding="utf-8") as lines:
            first = json.loads(next(lines, "{}"))
        return str(first.get("made_by", "")).startswith("storyscope ")
    except (OSError, ValueError, AttributeError):
        return False


def unwritten(stories: str | Path) -> dict[str, dict[str, int]]:
    """For a file of stories, how many of each writer were not written, by reason.

    Returns
    -------
    dict
        Empty for stories that were not generated.
    """
    path = Path(stories).parent / UNWRITTEN
    if not path.is_file() or not is_ours(path):
        return {}
    found: dict[str, Counter[str]] = {}
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            found.setdefault(row["source"], Counter())[row["status"]] += 1
    return {source: dict(counts) for source, counts in found.items()}
