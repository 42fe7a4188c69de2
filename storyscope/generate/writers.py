"""Who writes: a YAML file of writers, and how all of them are to write."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from storyscope.errors import CorpusError, ModelError
from storyscope.guards import read_yaml
from storyscope.providers.services import SCHEMAS, Service, service_of

__all__ = ["WAYS", "Length", "Writer", "Writers", "read_writers"]

WAYS = ("alone", "in_context", "verbalised")
"""How several samples are asked for: each by itself; each after those before, "different from these";
or all in one reply, with the probability that the model gives to each."""


@dataclass(frozen=True)
class Length:
    """How long stories are to be.

    Attributes
    ----------
    words : int
        Target for prompts that name none.
    tolerance : float
        Share of the target by which a story may miss it.
    steer : str
        What is done about a story that ended too short: "retry" has it written anew, "continue"
        has it gone on with. One that is too long is always written anew.
    tries : int
        Times that this is tried; 0 leaves lengths as they come.
    """

    words: int = 1000
    tolerance: float = 0.25
    steer: str = "retry"
    tries: int = 1

    def fits(self, words: int, target: int) -> bool:
        """Whether a story is long enough and not too long.

        >>> Length().fits(800, 1000), Length().fits(1300, 1000)
        (True, False)
        """
        return abs(words - target) <= self.tolerance * target


@dataclass(frozen=True)
class Writer:
    """A model that writes, and how it is asked.

    Attributes
    ----------
    name : str
        The source of its stories.
    model : str
        As its server names it.
    service : Service
    samples : int
        Stories for every prompt.
    way : str
        One of `WAYS`.
    parameters : mapping
        Sent as they are, as ``temperature``.
    effort : str or None
    schema : str
        Whether the server is told the form of a verbalised reply: "auto", "on" or "off".
    workers : int
        Requests under way at a time.
    per_minute : float
        Requests begun in a minute at most; infinite for no limit.
    refusals, continuations : int
        Times that a refused prompt is asked again, and a story that was cut off is gone on with.
    room : int
        Tokens for thought, beside those that the story needs.
    """

    name: str
    model: str
    service: Service
    samples: int = 1
    way: str = "alone"
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    effort: str | None = None
    schema: str = "auto"
    workers: int = 4
    per_minute: float = math.inf
    refusals: int = 1
    continuations: int = 2
    room: int = 4_000


@dataclass(frozen=True)
class Writers:
    """All that a file of writers says."""

    writers: tuple[Writer, ...]
    length: Length = field(default_factory=Length)


_OF_WRITER = {f.name for f in fields(Writer)} - {"service"} | {"provider", "base_url"}
_OF_LENGTH = {f.name for f in fields(Length)}


def read_writers(path: str | Path) -> Writers:
    """Read a file of writers.

    Raises
    ------
    CorpusError
        If it is none; the sentence names the entry and what is wrong with it.
    """
    path = Path(path)
    try:
        content = read_yaml(path)
    except FileNotFoundError:
        raise CorpusError(f"There is no file of writers at {path}.") from None
    if not isinstance(content, dict) or not isinstance(content.get("writers"), list):
        raise CorpusError(
            f"{path} is not a file of writers: it needs a list `writers` with a name and a model each; "
            "docs/generate.md shows one."
        )
    if strange := sorted(set(content) - {"writers", "samples", "length"}):
        raise CorpusError(
            f"{path}: there is no entry {strange[0]!r}; there are writers, samples, length."
        )
    length = _length(content.get("length") or {}, path)
    writers = [_writer(w, content.get("samples", 1), f"{path}, writer {i}")
               for i, w in enumerate(content["writers"], start=1)]  # fmt: skip
    if not writers:
        raise CorpusError(f"{path} names no writer.")
    names = [w.name for w in writers]
    if twice := [n for n in names if names.count(n) > 1]:
        raise CorpusError(f"{path} has two writers of the name {twice[0]!r}; give each its own.")
    return Writers(tuple(writers), length)


def _length(given: Any, path: Path) -> Length:
    if not isinstance(given, dict) or set(given) - _OF_LENGTH:
        raise CorpusError(f"{path}: `length` takes {', '.join(sorted(_OF_LENGTH))} only.")
    made = Length(**given)
    _whole(made.words, 20, 100_000, f"{path}: length.words")
    _whole(made.tries, 0, 10, f"{path}: length.tries")
    if made.steer not in ("retry", "continue"):
        raise CorpusError(f"{path}: length.steer is retry or continue, not {made.steer!r}.")
    if not isinstance(made.tolerance, int | float) or not 0 < made.tolerance < 1:
        raise CorpusError(
            f"{path}: length.tolerance is a share between 0 and 1, not {made.tolerance!r}."
        )
    return made


def _writer(given: Any, samples: Any, where: str) -> Writer:
    if not isinstance(given, dict) or not all(
        isinstance(given.get(n), str) for n in ("name", "model")
    ):
        raise CorpusError(f"{where}: a writer needs a name and a model.")
    if strange := sorted(set(given) - _OF_WRITER):
        raise CorpusError(f"{where}: there is no setting {strange[0]!r}; there are "
                          f"{', '.join(sorted(_OF_WRITER))}.")  # fmt: skip
    plain = {"samples": samples, **given}
    try:
        service = service_of(
            plain["model"], plain.pop("provider", None), plain.pop("base_url", None)
        )
    except ModelError as error:
        raise CorpusError(f"{where} ({given['name']}): {error}") from None
    writer = Writer(service=service, **plain)
    _whole(writer.samples, 1, 1000, f"{where}: samples")
    _whole(writer.workers, 1, 256, f"{where}: workers")
    _whole(writer.room, 0, 200_000, f"{where}: room")
    for name in ("refusals", "continuations"):
        _whole(getattr(writer, name), 0, 20, f"{where}: {name}")
    if writer.way not in WAYS:
        raise CorpusError(f"{where}: way is one of {', '.join(WAYS)}, not {writer.way!r}.")
    if writer.schema not in SCHEMAS:
        raise CorpusError(f"{where}: schema is one of {', '.join(SCHEMAS)}, not {writer.schema!r}.")
    if not isinstance(writer.parameters, dict):
        raise CorpusError(f"{where}: parameters is a mapping, as {{temperature: 1}}.")
    if not isinstance(writer.per_minute, int | float) or not writer.per_minute > 0:
        raise CorpusError(f"{where}: per_minute is a number of requests over 0.")
    return writer


def _whole(value: Any, low: int, high: int, what: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise CorpusError(f"{what} is a whole number from {low} to {high:,}, not {value!r}.")
