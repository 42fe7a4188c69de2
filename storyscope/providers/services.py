"""Who serves which model, where, and with which key."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from storyscope.errors import ModelError
from storyscope.providers.base import Provider

__all__ = ["SCHEMAS", "SERVICES", "Service", "connect", "service_of"]

SCHEMAS = ("auto", "on", "off")
"""Whether a server is told the schema of an answer: as it takes it, always, never."""


@dataclass(frozen=True)
class Service:
    """A place where models can be asked.

    Attributes
    ----------
    name : str
        For ``--provider``.
    base_url : str
        Empty for what the SDK knows.
    key : str
        Environment variable with the key.
    prefixes : tuple of str
        Beginnings of the names of its models.
    limit : str
        Name of the limit on output in a request.
    local : bool
        Whether it is a server that the user named by its address: it needs no key, has no price
        and is asked in small groups.
    """

    name: str
    base_url: str
    key: str
    prefixes: tuple[str, ...] = ()
    limit: str = "max_tokens"
    local: bool = False

    @property
    def batches(self) -> bool:
        """Whether requests can be sent in batches."""
        return self.name == "anthropic"

    @property
    def identity(self) -> str:
        """What tells answers of this service from those of others; the first one has none."""
        return "" if self.name == "anthropic" else self.base_url if self.local else self.name

    def key_of(self) -> str:
        """The key in the environment, empty if there is none."""
        return os.environ.get(self.key, "")


SERVICES = (
    Service("anthropic", "", "ANTHROPIC_API_KEY", ("claude",)),
    Service(
        "openai", "https://api.openai.com/v1", "OPENAI_API_KEY",
        ("gpt-", "chatgpt-", "o1", "o3", "o4"), "max_completion_tokens",
    ),
    Service(
        "gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY",
        ("gemini-", "gemma-"),
    ),
    Service("deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY", ("deepseek-",)),
    Service("kimi", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY", ("kimi-", "moonshot-")),
)  # fmt: skip
"""Addresses as their makers document them (November 2026)."""

LOCAL_KEY = "STORYSCOPE_API_KEY"
"""Environment variable with the key of a server given by ``--base-url``, should it want one."""


def service_of(model: str, provider: str | None = None, base_url: str | None = None) -> Service:
    """Where a model is asked.

    Parameters
    ----------
    model : str
    provider : str, optional
        Name of a service; default the one whose models begin like this one.
    base_url : str, optional
        Address of a server that speaks the OpenAI chat protocol.

    Raises
    ------
    ModelError
        If nobody is known who serves it, or the address is none.

    Examples
    --------
    >>> service_of("gemini-3-pro").name
    'gemini'
    >>> service_of("any", base_url="http://localhost:8080/v1").local
    True
    """
    if base_url is not None:
        return _local(base_url, provider)
    names = [s.name for s in SERVICES]
    for service in SERVICES:
        if service.name == provider or (provider is None and model.startswith(service.prefixes)):
            return service
    if provider is not None:
        raise ModelError(f"There is no provider {provider!r}; there are {', '.join(names)}.")
    raise ModelError(
        f"Nobody is known who serves the model {model!r}; name --provider ({', '.join(names)}), or "
        "the address of a server with --base-url, as http://localhost:8080/v1."
    )


def _local(base_url: str, provider: str | None) -> Service:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ModelError(
            f"--base-url is the address of a server, as http://localhost:8080/v1, not {base_url!r}."
        )
    if parts.username or parts.password or parts.query:
        raise ModelError(
            "--base-url is an address without a name, password or query; a key goes into the "
            f"environment variable {LOCAL_KEY}."
        )
    if provider is not None:
        raise ModelError("Give --provider or --base-url, not both.")
    return Service("server", base_url.rstrip("/"), LOCAL_KEY, local=True)


def connect(service: Service, *, schema: str = "auto") -> Provider:
    """Somebody who can be asked; nothing is sent by this.

    Parameters
    ----------
    service : Service
    schema : {"auto", "on", "off"}
        Whether the server is told the schema of an answer; "auto" tells it and does without where
        it is not taken.

    Raises
    ------
    ModelError
        If a key or the SDK is missing.
    """
    if schema not in SCHEMAS:
        raise ModelError(f"--schema is one of {', '.join(SCHEMAS)}, not {schema!r}.")
    if not service.key_of() and not service.local:
        raise ModelError(
            f"Asking a model needs a key in the environment variable {service.key}, and there is none; it is "
            f"read from nowhere else. Set it (`export {service.key}=...`) and run the command again. "
            "`--estimate`, `--dry-run` and `judge status` need no key."
        )
    if service.name == "anthropic":
        from storyscope.providers.claude import Claude

        return Claude()
    from storyscope.providers.chat import Chat

    return Chat(service, schema=schema)
