"""What a run will cost, before anything is asked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from storyscope.corpus import Corpus, normalise
from storyscope.corpus.suspects import words as words_of
from storyscope.judge.plan import Plan, missing
from storyscope.judge.prompts import SCHEMA, SYSTEM, Ask, story_block
from storyscope.providers.claude import Claude
from storyscope.providers.money import CHARACTERS_PER_TOKEN, FREE, Price, Prices, Usage
from storyscope.providers.store import Answers

__all__ = ["Estimate", "Tokens", "count_tokens", "estimate"]

COUNTED_STORIES = 5
"""Stories whose tokens the API counts; the others are reckoned by their length."""


@dataclass(frozen=True)
class Tokens:
    """How long texts are in tokens.

    Attributes
    ----------
    story, questions : float
        Characters per token of stories and of questions.
    how : str
        Said with every estimate.
    """

    story: float = CHARACTERS_PER_TOKEN
    questions: float = CHARACTERS_PER_TOKEN
    how: str = f"assumed: a token for every {CHARACTERS_PER_TOKEN:g} characters"

    def prefix(self, text: str) -> int:
        """Tokens up to the end of the story."""
        fixed = len(SYSTEM) + len(json.dumps(SCHEMA))
        return round(len(story_block(text)) / self.story + fixed / self.questions)

    def ask(self, ask: Ask) -> int:
        """Tokens of the questions."""
        return round(len(ask.questions) / self.questions)


@dataclass(frozen=True)
class Estimate:
    """What is to be expected.

    Attributes
    ----------
    usage : Usage
        Expected of the requests still to be made.
    known : int
        Requests whose replies are on disk, or that are under way in a batch.
    cost, uncached : float or None
        US dollars; `uncached` is what the same requests cost without cache and batch. None, and so
        the others, where the model has no price.
    input_cost, uncached_input : float or None
        Of these, for the prompts alone.
    most : float or None
        Dollars if every request wrote all that it may, and no story came from the cache.
    tokens : str
        How tokens were counted.
    prices : str
        Date of the price.
    """

    model: str
    stories: int
    words: int
    questions: int
    known: int
    usage: Usage
    cost: float | None
    uncached: float | None
    input_cost: float | None
    uncached_input: float | None
    most: float | None
    tokens: str
    prices: str
    batch: bool = False
    assumed: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**self.__dict__, "usage": self.usage.to_dict()}

    def lines(self) -> list[str]:
        """For people."""
        usage = self.usage
        return [
            f"{self.stories} stories, {self.words:,} words, {self.questions} questions each; "
            f"model {self.model}.",
            f"{usage.requests:,} requests to make, {self.known:,} answered or under way.",
            f"Input {usage.input + usage.write_5m + usage.write_1h:,} tokens, of which "
            f"{usage.write_5m + usage.write_1h:,} written to the cache; "
            f"{usage.read:,} more read from it ({self.tokens}).",
            f"Output {usage.output:,} tokens (assumed: {self.assumed['answer_tokens']} an answer, "
            f"{self.assumed['thought_tokens']:,} of thought a request).",
            *self._priced(),
        ]

    def _priced(self) -> list[str]:
        """What it costs, for people."""
        if self.cost is None or self.most is None:
            return [
                f"No price is known for {self.model}, so that only tokens are counted; for dollars, add "
                "it to a copy of the price file and give that with --prices."
            ]
        if not self.usage.requests:
            return []
        if not self.most:
            return ["It costs nothing: the model is on a server of your own."]
        share = (self.input_cost or 0.0) / self.uncached_input if self.uncached_input else 0.0
        return [
            f"About ${self.cost:.2f}{' in batches' if self.batch else ''}; input is billed at "
            f"{share:.0%} of separate uncached calls. Prices of {self.prices}.",
            f"At most ${self.most:.2f}: no cache hit, every reply as long as it may be, none asked again.",
        ]


def count_tokens(corpus: Corpus, plan: Plan, client: Claude) -> Tokens:
    """Let the API count some stories and all questions."""
    characters = counted = 0
    base = client.count(SYSTEM, ["."], plan.model)
    for number, story in enumerate(corpus):
        if number >= COUNTED_STORIES:
            break
        block = story_block(normalise(story.text).text)
        characters += len(block)
        counted += client.count(SYSTEM, [block], plan.model) - base
    asks = list(Plan(plan.model, plan.dimensions).asks(""))
    asked = sum(client.count(SYSTEM, [ask.questions], plan.model) - base for ask in asks)
    length = sum(len(ask.questions) for ask in asks)
    return Tokens(
        characters / max(counted, 1),
        length / max(asked, 1),
        f"counted by the API on {min(number + 1, COUNTED_STORIES)} stories and all questions",
    )


def estimate(
    corpus: Corpus,
    plan: Plan,
    answers: Answers | None,
    prices: Prices,
    *,
    tokens: Tokens | None = None,
    batch: bool = False,
    ttl: str | None = "5m",
) -> Estimate:
    """What the requests that are still to be made will cost.

    Parameters
    ----------
    corpus : Corpus
    plan : Plan
    answers : Answers or None
        What is known; None counts everything as missing.
    prices : Prices
    tokens : Tokens, optional
        Default a stated assumption.
    batch : bool
        Whether requests go in batches.
    ttl : str or None
        How long a story is kept in the prompt cache, "5m" or "1h"; None keeps it out.
    """
    price = prices.get(plan.model)
    tokens = tokens or Tokens()
    total = _Total(price or FREE, batch, ttl, prices)
    stories = words = known = 0
    for story in corpus:
        text = normalise(story.text).text
        stories += 1
        words += len(words_of(text))
        firsts = list(plan.asks(text))
        asks = [ask for first in firsts if (ask := _next(answers, first)) is not None]
        known += len(firsts) - len(asks)
        total.add(tokens.prefix(text), [(tokens.ask(a), len(a.features), a) for a in asks])
    return Estimate(
        model=plan.model,
        stories=stories,
        words=words,
        questions=len(plan.features) * plan.samples,
        known=known,
        usage=total.usage,
        cost=total.cost if price else None,
        uncached=total.plain if price else None,
        input_cost=total.input_cost if price else None,
        uncached_input=total.plain_input if price else None,
        most=total.most if price else None,
        tokens=tokens.how,
        prices=prices.date_of(plan.model),
        batch=batch,
        assumed={"answer_tokens": prices.answer_tokens, "thought_tokens": prices.thought_tokens},
    )


def _next(answers: Answers | None, first: Ask) -> Ask | None:
    """The request to be made; None if it is answered or under way in a batch."""
    if answers is None:
        return first
    ask = missing(answers, first)
    return None if ask is None or answers.pending(ask.key) else ask


class _Total:
    """Adds up requests as the API will bill them."""

    def __init__(self, price: Price, batch: bool, ttl: str | None, prices: Prices):
        self.price, self.batch, self.ttl, self.prices = price, batch, ttl, prices
        self.usage = Usage()
        self.cost = self.plain = self.input_cost = self.plain_input = self.most = 0.0

    def add(self, prefix: int, asks: Iterable[tuple[int, int, Ask]]) -> None:
        """The requests about one story."""
        cached = self.ttl is not None and prefix >= self.price.least_cached
        for number, (questions, answers, ask) in enumerate(asks):
            output = answers * self.prices.answer_tokens + self.prices.thought_tokens
            plain = Usage(prefix + questions, output=output, requests=1)
            usage = plain
            if cached:
                part = "read" if number else f"write_{self.ttl}"
                usage = Usage(questions, output=output, requests=1) + Usage(**{part: prefix})
            self.usage += usage
            self.cost += self.price.cost(usage, batch=self.batch)
            self.input_cost += self.price.input_cost(usage, batch=self.batch)
            self.plain += self.price.cost(plain)
            self.plain_input += self.price.input_cost(plain)
            worst = Usage(questions, output=ask.max_tokens, requests=1)
            worst += Usage(**{f"write_{self.ttl or '5m'}": prefix})  # some write it unasked
            self.most += self.price.cost(worst, batch=self.batch)
