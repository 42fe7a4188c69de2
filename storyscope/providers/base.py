"""What is asked of a model and what comes back, whoever serves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from storyscope.providers.money import Usage

__all__ = ["Message", "Mode", "Provider", "Reply", "Request"]

Mode = str
"""How an answer was held to its schema: "json_schema" (by the server), "json_object" (JSON of any
form, the schema in the prompt), "prompt" (the prompt alone), "ignored" (the server took the schema
and the reply does not keep to it), or "" where there is no schema."""


@dataclass(frozen=True)
class Message:
    """One turn of a conversation.

    Attributes
    ----------
    role : str
        "user" or "assistant".
    blocks : tuple of str
        The text, cut where a prompt cache may end: all up to the end of the first block.
    """

    role: str
    blocks: tuple[str, ...]

    @classmethod
    def user(cls, *blocks: str) -> Message:
        """What we say."""
        return cls("user", blocks)

    @classmethod
    def assistant(cls, text: str) -> Message:
        """What the model said."""
        return cls("assistant", (text,))

    @property
    def text(self) -> str:
        """All blocks."""
        return "\n\n".join(self.blocks)


@dataclass(frozen=True)
class Request:
    """Everything that is sent.

    Attributes
    ----------
    model : str
        As the server names it.
    messages : tuple of Message
    system : str
    max_tokens : int
        Room for the reply, thought included.
    schema : mapping or None
        JSON schema that the reply must keep to; None for text.
    effort : str or None
        How much thought the model is to spend; None leaves that to the server.
    cache : str or None
        How long the first block stays in a prompt cache that has to be asked, "5m" or "1h".
    parameters : mapping
        Anything else that the server understands, such as ``temperature``.
    """

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    max_tokens: int = 8_000
    schema: Mapping[str, Any] | None = None
    effort: str | None = None
    cache: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """How a request ended.

    Attributes
    ----------
    text : str
        What the model wrote. A reply that did not come to its own end has a text only where it was
        cut off at the limit on output.
    outcome : str
        "answered", or why not: "refusal", "max_tokens", "model_context_window_exceeded", "too
        long" or "invalid".
    usage : Usage
    model : str
        The version that answered, as the server names it; empty if nothing did.
    stop : str
        The server's own word for why the reply ended.
    mode : str
        See `Mode`.
    data : object
        The reply as JSON where a schema was given and it keeps to it; otherwise None.
    """

    text: str
    outcome: str
    usage: Usage
    model: str = ""
    stop: str = ""
    mode: Mode = ""
    data: Any = None

    @property
    def record(self) -> dict[str, str]:
        """What is kept beside the text: who answered, and how it was held to its form."""
        return {"version": self.model, "stop": self.stop, "mode": self.mode}


class Provider(Protocol):
    """Who can be asked."""

    def ask(self, request: Request) -> Reply:
        """Send one request and wait for its end.

        Raises
        ------
        ModelError
            If the server cannot be reached, or will not take this or any request.
        """

    def ready(self) -> None:
        """Find out whether asking can begin.

        Raises
        ------
        ModelError
            If nothing answers there.
        """

    def close(self) -> None:
        """Close the connections."""
