"""Everything that speaks the OpenAI chat protocol: makers of models, and servers of one's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any

from storyscope.errors import ModelError
from storyscope.providers.base import Message, Mode, Reply, Request
from storyscope.providers.money import Usage
from storyscope.providers.schema import find_json, problem

if TYPE_CHECKING:
    from storyscope.providers.services import Service

__all__ = ["Chat", "params"]

RETRIES = 6
"""Times the SDK tries again after 408, 409, 429, 5xx and lost connections, waiting as it is told."""
MODES: tuple[Mode, ...] = ("json_schema", "json_object", "prompt")
"""Ways to have a reply in a form, the strictest first."""
_TOO_LONG = ("context length", "context_length", "context size", "context window", "maximum context",
             "too long", "too many tokens", "max_model_len")  # fmt: skip
_ENDED = ("stop", "eos", "end_turn", "None", "")


def params(request: Request, service: Service, mode: Mode) -> dict[str, Any]:
    """Arguments for ``chat.completions.create``.

    Where the server is not held to the schema, it stands at the end of the prompt, so that what
    comes before stays the same for a server's prompt cache.
    """
    turns = list(request.messages)
    if request.schema is not None and mode != "json_schema":
        form = json.dumps(request.schema, ensure_ascii=False)
        told = f"Answer with JSON alone, without a word before or after it, of this schema:\n{form}"
        turns[-1] = Message(turns[-1].role, (*turns[-1].blocks, told))
    system = [{"role": "system", "content": request.system}] if request.system else []
    made: dict[str, Any] = {
        "model": request.model,
        "messages": [*system, *({"role": t.role, "content": t.text} for t in turns)],
        service.limit: request.max_tokens,
    }
    if request.effort:
        made["reasoning_effort"] = request.effort
    if request.schema is not None and mode == "json_schema":
        named = {"name": "answer", "strict": True, "schema": request.schema}
        made["response_format"] = {"type": "json_schema", "json_schema": named}
    elif request.schema is not None and mode == "json_object":
        made["response_format"] = {"type": "json_object"}
    return {**made, **request.parameters}


class Chat:
    """Sends requests to one service.

    Parameters
    ----------
    service : Service
    schema : {"auto", "on", "off"}
        Whether the server is told the schema of an answer; "auto" tells it, and falls back to JSON
        of any form and then to the prompt alone where the server does not take that.
    retries : int
        See `RETRIES`.
    timeout : float
        Seconds for one attempt.

    Raises
    ------
    ModelError
        If the SDK is not installed.
    """

    def __init__(
        self,
        service: Service,
        *,
        schema: str = "auto",
        retries: int = RETRIES,
        timeout: float = 600.0,
    ):
        try:
            import openai
        except ImportError:
            raise ModelError(
                "Models other than Claude are asked through a package that is not installed; "
                "install it with `pip install 'storyscope[openai]'`."
            ) from None
        self.service = service
        self._key = service.key_of()
        self._sdk = openai
        # What the environment says of OpenAI's organisations is no other service's business.
        own = None if service.name == "openai" else openai.Omit()
        headers: Any = (
            {} if own is None else dict.fromkeys(("OpenAI-Organization", "OpenAI-Project"), own)
        )
        self._client = openai.OpenAI(
            api_key=self._key or "none", base_url=service.base_url, max_retries=retries,
            timeout=timeout, default_headers=headers,
        )  # fmt: skip
        self._schema = schema
        self._mode = MODES[-1] if schema == "off" else MODES[0]
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ready(self) -> None:
        """Find out whether anything answers at the address; only a server of one's own is tried.

        Raises
        ------
        ModelError
            If nothing does.
        """
        if not self.service.local:
            return
        sdk = self._sdk
        try:
            self._client.with_options(max_retries=0, timeout=10.0).models.list()
        except sdk.APIConnectionError:
            raise ModelError(
                f"Nothing answers at {self.service.base_url}; start the server, or mend --base-url "
                "(docs/judge.md has the lines to start one)."
            ) from None
        except (sdk.APIError, ValueError, TypeError, AttributeError):
            return  # it answers; what it serves is told by the first request

    def ask(self, request: Request) -> Reply:
        """One request, answered at once.

        Raises
        ------
        ModelError
            If the server cannot be reached, or will not take this or any request.
        """
        while True:
            mode = self._mode if request.schema is not None else ""
            try:
                return self._read(self._send(request, mode), request, mode)
            except _TooLong:
                return Reply("", "too long", Usage())
            except _NotTaken as refused:
                if mode in ("", MODES[-1]) or self._schema == "on":
                    said = (
                        " Its schema of answers was not taken; use --schema auto." if mode else ""
                    )
                    raise ModelError(f"{refused}{said}") from None
                with self._lock:
                    if self._mode == mode:
                        self._mode = MODES[MODES.index(mode) + 1]

    def _send(self, request: Request, mode: Mode) -> Any:
        made = params(request, self.service, mode)
        names = ("model", "messages", "response_format", "reasoning_effort", self.service.limit)
        known = {name: made.pop(name) for name in names if name in made}
        with self._told(request.model):
            return self._client.chat.completions.create(**known, extra_body=made)

    def _read(self, found: Any, request: Request, mode: Mode) -> Reply:
        if not getattr(found, "choices", None):
            said = getattr(found, "error", None) or str(found)[:80]
            raise ModelError(
                f"What answers at {self.service.base_url} does not speak the chat protocol, or failed: "
                f"{self._clean(str(said))[:200]!r}. The address of a server usually ends in /v1."
            )
        choice = found.choices[0]
        message, stop = choice.message, str(choice.finish_reason)
        usage, version = _usage(found.usage), _version(found.model or request.model)
        text = message.content or ""
        if getattr(message, "refusal", None) or stop == "content_filter":
            return Reply("", "refusal", usage, version, stop, mode)
        if stop == "length":
            return Reply(text, "max_tokens", usage, version, stop, mode)
        if stop not in _ENDED or not text.strip():
            return Reply("", "invalid", usage, version, stop, mode)
        if request.schema is None:
            return Reply(text, "answered", usage, version, stop)
        data = find_json(text)
        if data is None or problem(data, request.schema):
            held = "ignored" if mode != MODES[-1] else mode
            return Reply(text, "answered", usage, version, stop, held)
        return Reply(text, "answered", usage, version, stop, mode, data)

    # ---------------------------------------------------------------- errors

    @contextmanager
    def _told(self, model: str) -> Iterator[None]:
        sdk = self._sdk
        where = self.service.base_url
        try:
            yield
        except sdk.APIStatusError as error:
            said = self._clean(_said(error))
            if error.status_code in (400, 413, 422) and any(w in said.lower() for w in _TOO_LONG):
                raise _TooLong(said) from None
            sentence = f"{where} answered {error.status_code}{self._hint(error, said, model)}"
            if error.status_code in (400, 415, 422, 501):
                raise _NotTaken(sentence) from None
            raise ModelError(sentence) from None
        except sdk.APIConnectionError:
            raise ModelError(
                f"{where} could not be reached, or lost the connection, after several tries. Answers "
                "so far are kept; run the same command again to go on."
            ) from None
        except sdk.OpenAIError as error:
            raise ModelError(f"The SDK gave up: {self._clean(str(error))[:300]}") from None
        except ValueError:
            raise ModelError(
                f"{where} answered with something that is not JSON. The address of a server usually ends "
                "in /v1; answers so far are kept."
            ) from None

    def _hint(self, error: Any, said: str, model: str) -> str:
        told = f": {said[:300].rstrip('.')}" if said else ""
        status = error.status_code
        if status in (401, 403):
            return f"{told}. Check the key in {self.service.key}."
        if status == 404:
            served = self._served()
            if served:
                return (
                    f"{told}. It has no model {model!r} but {', '.join(served)}; ask one of these."
                )
            return f"{told}. Check the name of the model; the address usually ends in /v1."
        if status == 429 or status >= 500:
            return (
                f", after {RETRIES} more tries{told}. Answers so far are kept; run the same command "
                "again to go on."
            )
        return f"{told}. Nothing was stored for this request."

    def _served(self) -> list[str]:
        """Names of some models that the server has, for an error."""
        try:
            listed = self._client.with_options(max_retries=0, timeout=10.0).models.list()
            return [str(m.id) for m in listed.data][:5]
        except (self._sdk.OpenAIError, ValueError, TypeError, AttributeError):
            return []

    def _clean(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


class _TooLong(Exception):
    """The server will not take a prompt of this length."""


class _NotTaken(Exception):
    """The server does not take a request of this form."""


def _said(error: Any) -> str:
    """What a server says in an error, of whatever form."""
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        body = inner.get("message", inner) if isinstance(inner, dict) else inner
    text = str(body if body is not None else error.message)
    return "" if text.lstrip().startswith("<") else " ".join(text.split())


def _version(model: Any) -> str:
    """The model by the server's name; llama.cpp names a file's place, of which the file is enough."""
    name = str(model)
    return PureWindowsPath(name).name if name.endswith(".gguf") else name


def _usage(usage: Any) -> Usage:
    """Tokens as the protocol reports them; zero where a server does not count."""
    if usage is None:
        return Usage(requests=1)
    detail = getattr(usage, "prompt_tokens_details", None)
    asked = usage.prompt_tokens or 0
    read = min(getattr(detail, "cached_tokens", 0) or 0, asked)
    written = min(getattr(detail, "cache_write_tokens", 0) or 0, asked - read)
    return Usage(
        input=asked - read - written,
        write_5m=written,
        read=read,
        output=usage.completion_tokens or 0,
        requests=1,
    )
