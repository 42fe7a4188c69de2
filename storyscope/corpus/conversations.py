"""A story that a row holds as a conversation: what was asked, and the reply that is the story."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["COLUMNS_OF_TURNS", "from_turns", "is_turns"]

COLUMNS_OF_TURNS = ("messages", "conversations", "conversation", "dialogue", "dialog", "turns")
"""Names of columns that hold a conversation, in any case; the first of them is taken."""

_WHO = ("role", "from")
_WHAT = ("content", "value")
_ASKS = frozenset("user human prompter".split())
_REPLIES = frozenset("assistant gpt model bot ai chatgpt claude".split())
_TOLD = frozenset("system developer".split())


def is_turns(name: str, value: object) -> bool:
    """Whether a field holds the turns of a conversation, as data or as JSON in a cell.

    >>> is_turns("messages", [{"role": "user", "content": "A tale, please."}])
    True
    >>> is_turns("messages", ["One.", "Two."])
    False
    """
    return name.strip().lower() in COLUMNS_OF_TURNS and _turns(value) is not None


def from_turns(fields: Mapping[str, object]) -> tuple[dict[str, object], str]:
    """Fields of a row with ``prompt`` and ``text`` for its conversation, and what is wrong with it.

    OpenAI's layout has ``role`` and ``content``, ShareGPT's ``from`` and ``value``. The story is
    the one reply; which of several would be one, nobody can say.

    >>> talk = [{"from": "human", "value": "A tale?"}, {"from": "gpt", "value": "It rained."}]
    >>> from_turns({"id": "a", "conversations": talk})
    ({'id': 'a', 'prompt': 'A tale?', 'text': 'It rained.'}, '')
    >>> from_turns({"messages": talk[:1]})[1]
    "its conversation has no reply, only what was asked; the story is wanted as the assistant's turn"
    """
    column = min(
        (name for name, value in fields.items() if is_turns(name, value)),
        key=lambda name: COLUMNS_OF_TURNS.index(name.strip().lower()),
    )
    asked: list[str] = []
    replies: list[str] = []
    rest = {name: value for name, value in fields.items() if name != column}
    for turn in _turns(fields[column]) or ():
        who = str(next(turn[key] for key in _WHO if key in turn)).strip().lower()
        what = _text(next((turn[key] for key in _WHAT if key in turn), ""))
        if who in _REPLIES:
            replies.append(what)
        elif who in _ASKS and not replies:
            asked.append(what)
        elif who not in _ASKS | _TOLD:
            return rest, f"its conversation has a turn of {who!r}, which is not known as a role"
    if not replies:
        return rest, (
            "its conversation has no reply, only what was asked; the story is wanted as the "
            "assistant's turn"
        )
    if len(replies) > 1:
        return rest, (
            f"its conversation has {len(replies)} replies, and which of them is the story cannot be "
            "told; leave one, or give the story as a column 'text'"
        )
    given = next((name for name in rest if name.strip().lower() == "prompt"), "")
    if not given:
        rest["prompt"] = "\n\n".join(asked)
    return {**rest, "text": replies[0]}, ""


def _turns(value: object) -> list[dict[str, Any]] | None:
    """The turns that a value is, or that it spells as JSON or as Python prints them."""
    if isinstance(value, str) and value[:2] == "[{" and value[-2:] == "}]":
        spelled = value
        for read in (json.loads, ast.literal_eval):
            try:
                value = read(spelled)
                break
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(turn, dict) and any(key in turn for key in _WHO) for turn in value):
        return value
    return None


def _text(content: object) -> str:
    """What a turn says: text, or the text among the parts of several kinds."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") if isinstance(part, dict) else part for part in content)
        return "\n\n".join(part for part in parts if isinstance(part, str))
    return ""
