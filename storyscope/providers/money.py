"""What asking costs: prices from a dated file, usage as the API reports it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from storyscope.errors import ModelError
from storyscope.guards import read_yaml

__all__ = ["CHARACTERS_PER_TOKEN", "FREE", "Price", "Prices", "Usage", "check_limit", "load_prices"]

CHARACTERS_PER_TOKEN = 3.5
"""Assumed where tokens cannot be counted. English prose has 3 to 4.5, by model; on the high side."""

_MILLION = 1_000_000
_DATE = re.compile(r"\d{8}|\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Usage:
    """Tokens of one or more requests.

    Attributes
    ----------
    input : int
        Read anew and not written to the cache.
    write_5m, write_1h : int
        Read anew and written to the prompt cache for five minutes or an hour.
    read : int
        Read from the cache.
    output : int
        Written, thought included.
    requests : int
    """

    input: int = 0
    write_5m: int = 0
    write_1h: int = 0
    read: int = 0
    output: int = 0
    requests: int = 0

    def __add__(self, other: Usage) -> Usage:
        pairs = zip(asdict(self).items(), asdict(other).values(), strict=True)
        return Usage(**{name: mine + theirs for (name, mine), theirs in pairs})

    def to_dict(self) -> dict[str, int]:
        """Plain data."""
        return asdict(self)

    @property
    def prompt(self) -> int:
        """All tokens of the prompts, however they were billed."""
        return self.input + self.write_5m + self.write_1h + self.read


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens of one model.

    `least_cached` is the shortest prefix, in tokens, that the API keeps; a shorter one is billed
    as plain input. `long` holds the prices of requests whose prompt is longer than `long_from`.
    `date` says when the price was compared with the published one; empty for the date of the file.
    """

    input: float
    output: float
    write_5m: float
    write_1h: float
    read: float
    least_cached: int = 1024
    batch: float = 0.5
    long_from: int | None = None
    long: Price | None = None
    date: str = ""

    def cost(self, usage: Usage, *, batch: bool = False) -> float:
        """Dollars for the tokens of one request, or of several of the same price level.

        >>> Price(2, 10, 2.5, 4, 0.1).cost(Usage(input=1_000_000, read=1_000_000), batch=True)
        1.05
        """
        price = self._at(usage)
        written = usage.output * price.output / _MILLION
        return price.input_cost(usage, batch=batch) + price._factor(batch) * written

    def input_cost(self, usage: Usage, *, batch: bool = False) -> float:
        """Dollars for the prompts alone."""
        price = self._at(usage)
        read = (
            usage.input * price.input
            + usage.write_5m * price.write_5m
            + usage.write_1h * price.write_1h
            + usage.read * price.read
        )
        return price._factor(batch) * read / _MILLION

    def _at(self, usage: Usage) -> Price:
        """The prices that hold for a request of this length."""
        if self.long is None or self.long_from is None or usage.requests > 1:
            return self
        return self.long if usage.prompt > self.long_from else self

    def _factor(self, batch: bool) -> float:
        return self.batch if batch else 1.0


FREE = Price(0.0, 0.0, 0.0, 0.0, 0.0)
"""What a server of one's own costs."""


@dataclass(frozen=True)
class Prices:
    """The price file.

    Attributes
    ----------
    date : str
        When the prices were last compared with the published ones, where a price has no date.
    models : mapping of str to Price
    answer_tokens, thought_tokens : int
        Assumed output for one answer, and for the thought before the answers of a request.
    """

    date: str
    models: Mapping[str, Price] = field(default_factory=dict)
    answer_tokens: int = 70
    thought_tokens: int = 1500

    def get(self, model: str) -> Price | None:
        """The price of a model, dated names (``model-20251001``) counting as the model.

        >>> load_prices().get("gpt-6.2-sol-2026-11-17") == load_prices().get("gpt-6.2-sol")
        True
        """
        names = [name for name in self.models if model == name or _dated(model, name)]
        return self.models[max(names, key=len)] if names else None

    def date_of(self, model: str) -> str:
        """When the price of a model was compared with the published one."""
        price = self.get(model)
        return (price.date if price else "") or self.date

    def of(self, model: str) -> Price:
        """As `get`, but a model without a price is an error."""
        price = self.get(model)
        if price is None:
            raise ModelError(
                f"The price file of {self.date} has no price for the model {model!r}; it knows "
                f"{', '.join(self.models)}. Copy it, add the model and give it with --prices."
            )
        return price


def _dated(model: str, name: str) -> bool:
    tail = model.removeprefix(name + "-")
    return tail != model and _DATE.fullmatch(tail) is not None


def check_limit(limit: float | None) -> float | None:
    """A limit on cost that is one: US dollars, 0 or more; None for no limit.

    >>> check_limit(20.0)
    20.0
    """
    if limit is not None and not 0 <= limit < math.inf:
        raise ModelError(
            f"The limit on cost (--max-cost) is an amount of US dollars, 0 or more, not {limit}; "
            "leave it out to ask without a limit."
        )
    return limit


def load_prices(path: str | Path | None = None) -> Prices:
    """Read a price file; default the one that ships with the package.

    >>> load_prices().of("claude-haiku-4-5-20251001").input
    1.0
    """
    path = Path(path) if path else Path(__file__).with_name("prices.yaml")
    try:
        content = read_yaml(path, shipped=path.parent == Path(__file__).parent)
        assumed = content["assumed"]
        models = {str(name): _price(entry) for name, entry in content["models"].items()}
        return Prices(
            str(content["date"]),
            models,
            int(assumed["answer_tokens"]),
            int(assumed["thought_tokens"]),
        )
    except OSError as error:
        raise ModelError(f"There is no price file at {path} ({error.strerror}).") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ModelError(
            f"{path} is not a price file: {type(error).__name__} {error}. It needs a date, "
            "`assumed` and `models`; the shipped prices.yaml shows the form."
        ) from None


def _price(entry: Mapping[str, Any]) -> Price:
    plain = dict(entry)
    long = plain.pop("long", None)
    long_from = plain.pop("long_from", None)
    date = str(plain.pop("date", ""))
    numbers = {name: float(value) for name, value in plain.items()}
    if strange := [name for name, value in numbers.items() if not 0 <= value < math.inf]:
        raise ValueError(f"{strange[0]} is not an amount of money")
    least = int(numbers.pop("least_cached", 1024))
    return Price(
        **numbers,
        least_cached=least,
        long_from=int(long_from) if long_from else None,
        long=_price(long) if long else None,
        date=date,
    )
