"""What is to be written: prompts from a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from storyscope.errors import CorpusError

__all__ = ["MOST_WORDS", "Prompt", "read_prompts"]

MOST_WORDS = 5_000
"""Words of a prompt; what is longer is a text put in the wrong place."""


@dataclass(frozen=True)
class Prompt:
    """What a story is to answer.

    Attributes
    ----------
    id : str
        The ``prompt_id`` of its stories.
    text : str
    words : int or None
        Length asked for; None leaves it to the file of writers.
    """

    id: str
    text: str
    words: int | None = None


def read_prompts(path: str | Path) -> tuple[Prompt, ...]:
    """Read prompts: JSON lines with ``prompt`` and, where they have them, ``id`` and ``words``.

    Raises
    ------
    CorpusError
        If a line is not a prompt; the sentence names it.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise CorpusError(f"There is no file of prompts at {path}.") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise CorpusError(
            f"{path} is not a file of prompts in UTF-8; it needs JSON lines."
        ) from None
    prompts: dict[str, Prompt] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        prompt = _prompt(line, number, f"{path}, line {number}")
        if prompt.id in prompts:
            raise CorpusError(f"{path}, line {number}: the id {prompt.id!r} is used twice.")
        prompts[prompt.id] = prompt
    if not prompts:
        raise CorpusError(f"{path} holds no prompt; it needs JSON lines with a `prompt` each.")
    return tuple(prompts.values())


def _prompt(line: str, number: int, where: str) -> Prompt:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise CorpusError(f"{where} is not JSON; write one object in each line.") from None
    text = row.get("prompt") if isinstance(row, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise CorpusError(f"{where} has no text under `prompt`.")
    if (size := len(text.split())) > MOST_WORDS:
        raise CorpusError(
            f"{where}: the prompt has {size:,} words; a prompt has {MOST_WORDS:,} at most. Is it a "
            "story? `storyscope prompts from` makes prompts of stories."
        )
    words = row.get("words")
    if words is not None and (
        isinstance(words, bool) or not isinstance(words, int) or not 20 <= words <= 100_000
    ):
        raise CorpusError(f"{where}: words is a whole number from 20 to 100,000, not {words!r}.")
    name = row.get("id", row.get("prompt_id", f"p{number:04d}"))
    return Prompt(str(name), text.strip(), words)
