"""What writing will cost, before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyscope.generate.run import Talks, done, price_of
from storyscope.generate.turns import Turn
from storyscope.generate.writers import Writer
from storyscope.providers.money import CHARACTERS_PER_TOKEN, Prices, Usage
from storyscope.providers.store import Answers

__all__ = ["Expected", "expect"]

TOKENS_PER_WORD = 1.4


@dataclass(frozen=True)
class Expected:
    """What one writer will be asked for.

    Attributes
    ----------
    writer : str
    requests : int
        First requests still to be made; those for length, refusals and cut-off stories come on top.
    usage : Usage
        Tokens of these requests.
    cost, most : float or None
        US dollars, as expected, and if every reply took all its room and everything had to be
        asked for as often as it may be; None where no price is known.
    """

    writer: str
    model: str
    requests: int
    usage: Usage
    cost: float | None
    most: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**self.__dict__, "usage": self.usage.to_dict()}

    def __str__(self) -> str:
        """For people."""
        tokens = f"{self.usage.input:,} tokens in, about {self.usage.output:,} out"
        price = "price unknown"
        if self.most == 0 and self.requests:
            price = "costs nothing on a server of your own"
        elif self.cost is not None and self.most is not None:
            price = f"about ${self.cost:.2f}, at most ${self.most:.2f}"
        return f"{self.writer} ({self.model}): {self.requests} requests, {tokens}; {price}."


def expect(
    talks: Talks[Any], answers: Answers, prices: Prices, words: int, tries: int = 1
) -> list[Expected]:
    """Reckon what is missing.

    Parameters
    ----------
    talks : mapping
    answers : Answers
    prices : Prices
    words : int
        Length of a reply.
    tries : int
        Times that a story may be written anew for its length.
    """
    found = []
    for writer, many in talks.items():
        missing = [turn for talk in many if isinstance(turn := done(answers, talk), Turn)]
        found.append(_expected(writer, missing, prices, words, tries))
    return found


def _expected(
    writer: Writer, turns: list[Turn], prices: Prices, words: int, tries: int
) -> Expected:
    """One writer's share: later samples of a conversation read those before them."""
    price = price_of(writer, prices)
    total, cost, most = Usage(), 0.0, 0.0
    repeats = max(1, writer.refusals + 1) * (writer.continuations + 1) * (tries + 1)
    for turn in turns:
        story = round(words * TOKENS_PER_WORD)
        steps = writer.samples if writer.way == "in_context" else 1
        stories = writer.samples if turn.schema is not None else 1
        for step in range(steps):
            prompt = round(turn.size / CHARACTERS_PER_TOKEN) + step * story
            usage = Usage(prompt, output=stories * story + prices.thought_tokens, requests=1)
            total += usage
            if price is not None:
                cost += price.cost(usage)
                most += repeats * price.cost(Usage(prompt + story, output=turn.room, requests=1))
    known = price is not None
    return Expected(writer.name, writer.model, total.requests, total,
                    cost if known else None, most if known else None)  # fmt: skip
