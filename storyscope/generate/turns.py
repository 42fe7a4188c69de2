"""Conversations that can be taken up where they stopped.

What is said next depends on nothing but what was said before. So a conversation is written as a
generator that yields a `Turn` and is given what the model `Said`; replies that lie on disk are given
to it again, and only the first that is missing is asked for.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from storyscope.generate.writers import Writer
from storyscope.providers.base import Message, Request
from storyscope.providers.money import Usage
from storyscope.providers.store import Answers

__all__ = ["Conversation", "Missing", "Said", "Turn", "first_turn", "play", "said_before"]

T = TypeVar("T")


@dataclass(frozen=True)
class Turn:
    """One request to a writer.

    Attributes
    ----------
    writer : Writer
    messages : tuple of Message
        All that was said so far, ending with what is asked now.
    room : int
        Tokens that the reply may have.
    about : mapping
        What is written for, as prompt and sample; kept beside the reply.
    attempt : int
        How often the very same was asked before.
    schema : mapping or None
        Form of the reply; None for text.
    cache : str or None
        How long the first block stays in a prompt cache that has to be asked; see `Request`.
    """

    writer: Writer
    messages: tuple[Message, ...]
    room: int
    about: Mapping[str, Any]
    attempt: int = 0
    schema: Mapping[str, Any] | None = None
    cache: str | None = None

    @property
    def request(self) -> Request:
        """As it is sent."""
        return Request(
            self.writer.model, self.messages, "", self.room, self.schema, self.writer.effort,
            self.cache, self.writer.parameters,
        )  # fmt: skip

    @property
    def key(self) -> str:
        """Hash of all that can change the reply, and of what it is for.

        The limit on output is left out, and so are pace and retries: a reply that was cut off is
        kept and gone on with.
        """
        parts = {
            "scheme": 1,
            "writer": self.writer.name,
            "service": self.writer.service.identity or self.writer.service.name,
            "model": self.writer.model,
            "effort": self.writer.effort,
            "parameters": dict(self.writer.parameters),
            "messages": [[m.role, *m.blocks] for m in self.messages],
            "schema": self.schema,
            "about": dict(self.about),
            "attempt": self.attempt,
        }
        canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of the prompt."""
        return sum(len(m.text.encode("utf-8", "surrogatepass")) for m in self.messages)

    @property
    def max_tokens(self) -> int:
        """Tokens that the reply may have."""
        return self.room

    def again(self) -> Turn:
        """The very same, asked once more."""
        return replace(self, attempt=self.attempt + 1)

    def then(self, reply: str, answer: str, room: int | None = None) -> Turn:
        """What is said after a reply."""
        more = (Message.assistant(reply), Message.user(answer))
        return replace(self, messages=self.messages + more, room=room or self.room, attempt=0)


@dataclass(frozen=True)
class Said:
    """What came back, from a model or from disk.

    Attributes
    ----------
    text : str
    outcome : str
        As `storyscope.providers.Reply` has it.
    usage : Usage
    version, stop, mode : str
    seconds : float
        From question to reply.
    made : float
        When, in seconds since 1970.
    key : str
        Of the turn.
    """

    text: str
    outcome: str
    usage: Usage
    version: str = ""
    stop: str = ""
    mode: str = ""
    seconds: float = 0.0
    made: float = 0.0
    key: str = ""


Conversation = Generator[Turn, Said, T]


class Missing(Exception):
    """A reply that is not on disk."""

    def __init__(self, turn: Turn):
        super().__init__(turn.key)
        self.turn = turn


def play(talk: Conversation[T], answer: Callable[[Turn], Said]) -> T:
    """Lead a conversation to its end.

    Parameters
    ----------
    talk : generator
    answer : callable
        Gives the reply to a turn; whatever it raises ends the conversation.
    """
    try:
        turn = next(talk)
        while True:
            turn = talk.send(answer(turn))
    except StopIteration as done:
        return done.value
    finally:
        talk.close()


def first_turn(talk: Conversation[Any]) -> Turn:
    """What a conversation begins with."""
    try:
        return next(talk)
    finally:
        talk.close()


def said_before(answers: Answers, turn: Turn) -> Said:
    """The reply on disk.

    Raises
    ------
    Missing
        If there is none.
    """
    text = answers.reply(turn.key)
    if text is None:
        raise Missing(turn)
    about = answers.about(turn.key)
    kept = {name: about[name] for name in ("outcome", "version", "stop", "mode", "seconds", "made")}
    return Said(text, usage=Usage(**about["usage"]), key=turn.key, **kept)


def keep(answers: Answers, turn: Turn, root: str, said: Said, cost: float | None) -> None:
    """Put a reply on disk with all that is known of it, whatever became of it."""
    about = {
        **turn.about,
        "writer": turn.writer.name,
        "model": turn.writer.model,
        "parameters": dict(turn.writer.parameters),
        "effort": turn.writer.effort,
        "attempt": turn.attempt,
        "outcome": said.outcome,
        "version": said.version,
        "stop": said.stop,
        "mode": said.mode,
        "seconds": round(said.seconds, 3),
        "made": said.made or time.time(),
        "usage": said.usage.to_dict(),
    }
    answers.keep(
        turn.key, root, said.text, about, turn.writer.model, said.usage,
        cost=cost, outcome=said.outcome,
    )  # fmt: skip


def spent(turns: Sequence[Said]) -> Usage:
    """Usage of several replies."""
    total = Usage()
    for said in turns:
        total += said.usage
    return total
