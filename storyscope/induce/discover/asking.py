"""Who asks: a run, or a look at what would be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from storyscope.corpus import Corpus, normalise
from storyscope.generate.run import Talks, ask_all, done, price_of
from storyscope.generate.turns import Conversation, Turn
from storyscope.generate.writers import Writer
from storyscope.judge.plan import Plan, missing
from storyscope.judge.run import ask_corpus, roots
from storyscope.providers.budget import Budget
from storyscope.providers.money import Prices
from storyscope.providers.services import connect
from storyscope.providers.store import Answers

__all__ = ["ROOT", "Asker", "Asking", "Looking", "OneTalk", "Pending", "Progress", "ended",
           "unanswered"]  # fmt: skip

ROOT = "induce"
"""What all requests but those of the pilot are written down under."""
Progress = Callable[[str, int, int, str], None]
OneTalk = Callable[[], Conversation[Any]]


class Asker(Protocol):
    """Has conversations, or finds out that some are still to be had."""

    def talks(self, stage: str, many: Sequence[OneTalk]) -> None: ...  # noqa: D102

    def pilot(self, corpus: Corpus, plan: Plan) -> None: ...  # noqa: D102


class Pending(Exception):
    """Where a run would begin to ask."""

    def __init__(self, stage: str, many: Sequence[OneTalk] = (), plan: Plan | None = None):
        super().__init__(stage)
        self.stage, self.many, self.plan = stage, many, plan


class Looking:
    """Asks nothing: the first conversation that is missing ends it."""

    def __init__(self, answers: Answers):
        self._answers = answers

    def talks(self, stage: str, many: Sequence[OneTalk]) -> None:
        """Raise `Pending` if a conversation of the stage is not at its end."""
        if any(isinstance(done(self._answers, talk), Turn) for talk in many):
            raise Pending(stage, many)

    def pilot(self, corpus: Corpus, plan: Plan) -> None:
        """Raise `Pending` if an answer is missing."""
        if unanswered(self._answers, corpus, plan):
            raise Pending("pilot", plan=plan)


def ended(answers: Answers, talk: OneTalk) -> Any:
    """What a conversation that was had came to."""
    found = done(answers, talk)
    assert not isinstance(found, Turn)
    return found


def unanswered(answers: Answers, corpus: Corpus, plan: Plan) -> bool:
    """Whether any question is still to be asked."""
    return any(
        missing(answers, first) is not None
        for story in corpus
        for first in plan.asks(normalise(story.text).text)
    )


class Asking:
    """Asks for whatever is missing; where nothing is, nobody is connected."""

    def __init__(
        self,
        reader: Writer,
        answers: Answers,
        prices: Prices,
        max_cost: float | None,
        progress: Progress | None,
    ):
        self._reader, self._answers, self._prices = reader, answers, prices
        self._max_cost, self._progress = max_cost, progress

    def _tell(self, stage: str, at: int, total: int, cost: float | None) -> None:
        if self._progress is not None:
            self._progress(stage, at, total, "" if cost is None else f"${cost:.4f}")

    def talks(self, stage: str, many: Sequence[OneTalk]) -> None:
        """Have the conversations that are not at their end."""
        left = [talk for talk in many if isinstance(done(self._answers, talk), Turn)]
        if left:
            asked: Talks[Any] = {self._reader: left}
            ask_all(
                asked, self._answers, self._prices, max_cost=self._max_cost, root=ROOT,
                watch=lambda at: self._tell(stage, at.talks, at.total, at.cost),
            )  # fmt: skip

    def pilot(self, corpus: Corpus, plan: Plan) -> None:
        """Ask what is not answered about the stories."""
        if not unanswered(self._answers, corpus, plan):
            return
        price = price_of(self._reader, self._prices)
        if price is None and self._max_cost is not None:
            price = self._prices.of(plan.model)
        budget = Budget(self._answers, self._max_cost, price)
        self._answers.limit_to({ROOT, *self._answers.roots(), *roots(corpus, plan)})
        client = connect(self._reader.service, schema=self._reader.schema)
        try:
            client.ready()
            ask_corpus(
                corpus, plan, self._answers, client, budget=budget, total=sum(1 for _ in corpus),
                workers=self._reader.workers,
                watch=lambda at: self._tell("pilot", at.stories, at.total, at.cost),
            )  # fmt: skip
        finally:
            client.close()
