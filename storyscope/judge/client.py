"""The connection to the API: the SDK, with its errors in one sentence and without the key."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from storyscope.judge.errors import JudgeError
from storyscope.judge.money import Usage
from storyscope.judge.store import FAILED

if TYPE_CHECKING:
    from storyscope.judge.prompts import Ask

__all__ = ["KEY", "Claude", "Reply", "has_key", "read_message", "too_long"]

KEY = "ANTHROPIC_API_KEY"
"""The environment variable that holds the key; it is read from nowhere else."""

RETRIES = 6
"""Times the SDK tries again after 408, 409, 429, 5xx and lost connections, waiting as it is told."""


def has_key() -> bool:
    """Whether there is a key in the environment."""
    return bool(os.environ.get(KEY))


@dataclass(frozen=True)
class Reply:
    """How a request ended.

    Attributes
    ----------
    text : str
        What the model wrote; empty unless it came to its own end.
    outcome : str
        "answered", or why not: "refusal", "max_tokens", "model_context_window_exceeded", "too
        long".
    usage : Usage
    """

    text: str
    outcome: str
    usage: Usage


def read_message(message: Any) -> Reply:
    """A message of the SDK; only one that came to its own end has a text."""
    usage = Usage.of(message.usage)
    reason = message.stop_reason
    if reason in ("end_turn", "stop_sequence"):
        text = "".join(block.text for block in message.content if block.type == "text")
        return Reply(text, "answered", usage)
    return Reply("", reason if reason in FAILED else "invalid", usage)


def too_long(said: str) -> bool:
    """Whether the API says that a story is longer than the model can read."""
    return "prompt is too long" in said.lower()


class Claude:
    """Sends requests.

    Parameters
    ----------
    retries : int
        See `RETRIES`.
    timeout : float
        Seconds for one attempt.

    Raises
    ------
    JudgeError
        If the environment holds no key.
    """

    def __init__(self, *, retries: int = RETRIES, timeout: float = 600.0):
        import anthropic

        key = os.environ.get(KEY)
        if not key:
            raise JudgeError(
                f"Asking a model needs a key in the environment variable {KEY}; it is read from "
                "nowhere else. `--estimate` and `--dry-run` need none."
            )
        self._key = key
        self._sdk = anthropic
        # Replies that are read as a stream fail with the errors of the SDK's own transport.
        transport = import_module(
            anthropic.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]
        )
        self._lost: type[Exception] = transport.TransportError
        self._client = anthropic.Anthropic(
            api_key=key, max_retries=retries, timeout=timeout, open_telemetry=False
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(self, ask: Ask, ttl: str | None = "5m") -> Reply:
        """One request, answered at once.

        Raises
        ------
        JudgeError
            If the API cannot be reached, or will not take this or any request.
        """
        try:
            with self._told():
                return read_message(self._client.messages.create(**ask.params(ttl)))
        except _TooLong:
            return Reply("", "too long", Usage())

    def count(self, system: str, blocks: Sequence[str], model: str) -> int:
        """Tokens of a prompt, as the API counts them; costs nothing."""
        content = [{"type": "text", "text": block} for block in blocks]
        messages: Any = [{"role": "user", "content": content}]
        with self._told():
            counted = self._client.messages.count_tokens(
                model=model, system=system, messages=messages
            )
        return int(counted.input_tokens)

    # ---------------------------------------------------------------- batches

    def send_batch(self, requests: Sequence[dict[str, Any]]) -> str:
        """Send a batch; its id.

        The SDK is not to try again by itself: a batch that was taken and whose reply got lost
        would be made, and paid for, twice. Whoever resumes looks for it first.
        """
        with self._told():
            client = self._client.with_options(max_retries=0)
            return str(client.messages.batches.create(requests=requests).id)  # type: ignore[arg-type]

    def batch(self, batch_id: str) -> Any:
        """How far a batch is; None if the API does not know it."""
        try:
            with self._told():
                return self._client.messages.batches.retrieve(batch_id)
        except _Unknown:
            return None

    def recent_batches(self) -> list[Any]:
        """Batches of this workspace, the latest first, at most a thousand."""
        with self._told():
            return list(self._client.messages.batches.list(limit=1000).data)

    def results(self, batch_id: str) -> Iterator[Any]:
        """Results of a batch that has ended, in any order."""
        with self._told():
            yield from self._client.messages.batches.results(batch_id)

    # ---------------------------------------------------------------- errors

    @contextmanager
    def _told(self) -> Iterator[None]:
        sdk = self._sdk
        try:
            yield
        except sdk.APIStatusError as error:
            said = self._clean(error.api_message or "")
            if error.status_code == 413 or too_long(said):
                raise _TooLong(said) from None
            if error.status_code == 404 and "batch" in str(error.request.url):
                raise _Unknown(said) from None
            raise JudgeError(f"The API answered {error.status_code}{_hint(error, said)}") from None
        except sdk.APIConnectionError:
            raise JudgeError(
                "The API could not be reached, after several tries. Answers so far are kept; run "
                "the same command again to go on."
            ) from None
        except self._lost:
            raise JudgeError(
                "The connection to the API was lost while a reply came in. Answers so far are kept; "
                "run the same command again to go on."
            ) from None
        except sdk.AnthropicError as error:
            raise JudgeError(f"The SDK gave up: {self._clean(str(error))[:300]}") from None

    def _clean(self, text: str) -> str:
        return text.replace(self._key, "[key]")


class _TooLong(Exception):
    """The API will not take a prompt of this length."""


class _Unknown(Exception):
    """The API has no such batch."""


def _hint(error: Any, said: str) -> str:
    said = f": {said[:300]}" if said else ""
    status = error.status_code
    if status in (401, 403):
        return f"{said}. Check the key in {KEY}."
    if status == 404:
        return f"{said}. Check the name of the model."
    if status == 429 or status >= 500:
        return (
            f", after {RETRIES} more tries{said}. Answers so far are kept; run the same command "
            "again to go on."
        )
    return f"{said}. Nothing was stored for this request."
