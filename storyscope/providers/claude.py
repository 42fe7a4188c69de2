"""Claude: the SDK, with its errors in one sentence and without the key."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any

from storyscope.errors import ModelError
from storyscope.providers.base import Reply, Request
from storyscope.providers.money import Usage
from storyscope.providers.schema import find_json, problem
from storyscope.providers.store import FAILED

__all__ = ["KEY", "Claude", "params", "read_message", "too_long"]

KEY = "ANTHROPIC_API_KEY"
"""The environment variable that holds the key; it is read from nowhere else."""

RETRIES = 6
"""Times the SDK tries again after 408, 409, 429, 5xx and lost connections, waiting as it is told."""


def params(request: Request) -> dict[str, Any]:
    """Arguments for ``messages.create``, or the ``params`` of a batch request."""
    config: dict[str, Any] = {}
    if request.schema is not None:
        config["format"] = {"type": "json_schema", "schema": request.schema}
    if request.effort:
        config["effort"] = request.effort
    return {
        "model": request.model,
        "max_tokens": request.max_tokens,
        **({"system": request.system} if request.system else {}),
        "messages": [
            {
                "role": message.role,
                "content": [
                    _block(text, request.cache if number == place == 0 else None)
                    for place, text in enumerate(message.blocks)
                ],
            }
            for number, message in enumerate(request.messages)
        ],
        **({"output_config": config} if config else {}),
        **request.parameters,
    }


def _block(text: str, cache: str | None) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": text}
    if cache is not None:
        block["cache_control"] = {"type": "ephemeral", "ttl": cache}
    return block


def read_message(message: Any, schema: Mapping[str, Any] | None = None) -> Reply:
    """A message of the SDK; only one that came to its own end, or was cut off, has a text."""
    usage = _usage(message.usage)
    stop = message.stop_reason
    text = "".join(block.text for block in message.content if block.type == "text")
    ended = stop in ("end_turn", "stop_sequence")
    outcome = "answered" if ended else stop if stop in FAILED else "invalid"
    data, mode = None, ""
    if ended and schema is not None:
        data = find_json(text)
        sound = data is not None and not problem(data, schema)
        data, mode = (data, "json_schema") if sound else (None, "ignored")
    said = text if ended or stop == "max_tokens" else ""
    return Reply(said, outcome, usage, str(message.model), str(stop), mode, data)


def _usage(usage: Any) -> Usage:
    """From the ``usage`` of a message of the SDK."""
    written = usage.cache_creation_input_tokens or 0
    detail = getattr(usage, "cache_creation", None)
    hour = (getattr(detail, "ephemeral_1h_input_tokens", 0) or 0) if detail else 0
    return Usage(
        input=usage.input_tokens,
        write_5m=written - hour,
        write_1h=hour,
        read=usage.cache_read_input_tokens or 0,
        output=usage.output_tokens,
        requests=1,
    )


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
    ModelError
        If the environment holds no key.
    """

    def __init__(self, *, retries: int = RETRIES, timeout: float = 600.0):
        import anthropic

        key = os.environ.get(KEY)
        if not key:
            raise ModelError(
                f"Asking a model needs a key in the environment variable {KEY}, and there is none; it is "
                f"read from nowhere else. Set it (`export {KEY}=...`) and run the command again. "
                "`score --estimate`, `score --dry-run` and `judge status` need no key."
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

    def ready(self) -> None:
        """There is a key; whether it is right is told by the first answer."""

    def ask(self, request: Request) -> Reply:
        """One request, answered at once.

        Raises
        ------
        ModelError
            If the API cannot be reached, or will not take this or any request.
        """
        try:
            with self._told():
                plain = params(replace(request, parameters={}))
                made = self._client.messages.create(**plain, extra_body=dict(request.parameters))
        except _TooLong:
            return Reply("", "too long", Usage())
        return read_message(made, request.schema)

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
            raise ModelError(f"The API answered {error.status_code}{_hint(error, said)}") from None
        except sdk.APIConnectionError:
            raise ModelError(
                "The API could not be reached, after several tries. Answers so far are kept; run "
                "the same command again to go on."
            ) from None
        except self._lost:
            raise ModelError(
                "The connection to the API was lost while a reply came in. Answers so far are kept; "
                "run the same command again to go on."
            ) from None
        except sdk.AnthropicError as error:
            raise ModelError(f"The SDK gave up: {self._clean(str(error))[:300]}") from None

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
