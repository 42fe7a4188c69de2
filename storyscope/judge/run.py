"""Asking at once: story after story, the first request of each writing the prompt cache."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from storyscope.codebook import Feature
from storyscope.corpus import Corpus, Story, normalise
from storyscope.judge.client import Claude, Reply
from storyscope.judge.errors import CostLimit
from storyscope.judge.money import Price, Usage, check_limit
from storyscope.judge.plan import Plan, missing
from storyscope.judge.prompts import SYSTEM, Ask
from storyscope.judge.replies import check
from storyscope.judge.store import FAILED, Answers, Held

__all__ = ["Asked", "Budget", "ask_corpus", "roots", "settle"]

POLL = 0.5
"""Seconds between looks at a request that another process is making."""


@dataclass(frozen=True)
class Asked:
    """How far a run is."""

    stories: int
    total: int
    requests: int
    cost: float | None


class Budget:
    """Keeps what is spent under a limit, requests under way counted at their very worst.

    The accounts lie in the file of answers, so that the limit holds for all processes that ask the
    same questions.

    Parameters
    ----------
    answers : Answers
        With the questions named by its `limit_to`.
    limit : float or None
        US dollars.
    price : Price or None
        None only where there is no limit.
    batch : bool
        Whether requests are batched.

    Raises
    ------
    JudgeError
        If the limit is no amount of money.
    """

    def __init__(
        self, answers: Answers, limit: float | None, price: Price | None, batch: bool = False
    ):
        self.limit, self.price, self.batch = check_limit(limit), price, batch
        self._answers = answers
        self._changed = threading.Condition()

    @property
    def spent(self) -> float:
        """Dollars spent on these questions, in all processes."""
        return self._answers.known_cost()

    def worst(self, ask: Ask) -> float:
        """The most that a request can cost: a token for every two bytes, all the output."""
        if self.price is None:
            return 0.0
        size = len((SYSTEM + ask.text + ask.questions).encode("utf-8", "surrogatepass")) + 4_000
        usage = Usage(write_1h=size // 2, output=ask.max_tokens, requests=1)
        return self.price.cost(usage, batch=self.batch)

    def hold(self, ask: Ask, root: str) -> None:
        """Set money aside for a request, before it is sent.

        While other requests are under way, here or in another process, it waits for what they
        really cost.

        Raises
        ------
        CostLimit
            If what is spent, what cannot be waited for and this request might pass the limit.
        """
        worst = self.worst(ask)
        with self._changed:
            while not (found := self._answers.hold(ask.key, root, worst, self.limit)).taken:
                if not found.passing:
                    raise self.reached(found, worst)
                self._changed.wait(POLL)

    def reached(self, found: Held, worst: float) -> CostLimit:
        """Why a request cannot be made."""
        return CostLimit(
            f"Stopped before the limit of ${self.limit:.2f}: ${found.spent:.4f} is spent, up to "
            f"${found.under_way:.4f} is under way (or was, in a process that was killed) and the "
            f"next request could cost ${worst:.4f}. Answers so far are kept; run again with a "
            "higher --max-cost to go on."
        )

    def under_way(self, ask: Ask, root: str) -> None:
        """Count a request that an earlier run sent in a batch; it cannot be called back."""
        self._answers.hold_under_way(ask.key, root, self.worst(ask))

    def settled(self) -> None:
        """Tell waiting requests that one has come to its end."""
        with self._changed:
            self._changed.notify_all()


def settle(
    answers: Answers,
    key: str,
    root: str,
    about: Mapping[str, Any],
    features: Sequence[Feature],
    reply: Reply,
    price: Price | None,
    *,
    batch: bool = False,
) -> float | None:
    """Write a reply down: with a sound answer it is kept, otherwise it is only put on record.

    Where the codebook at hand lacks some of the questions (a batch collected with another one),
    a readable reply is kept unseen; it was paid for.
    """
    checked = check(reply.text, features)
    sound = checked.items or (checked.readable and len(features) < len(about["features"]))
    cost = price.cost(reply.usage, batch=batch) if price is not None else None
    model = about["model"]
    if reply.outcome == "answered" and sound:
        answers.keep(key, root, reply.text, about, model, reply.usage, batch=batch, cost=cost)
    else:
        outcome = "invalid" if reply.outcome == "answered" else reply.outcome
        answers.fail(key, root, outcome, model, reply.usage, batch=batch, cost=cost)
    return cost


def roots(corpus: Corpus, plan: Plan) -> Iterator[str]:
    """Keys of the first requests of every story: what a corpus' cost is found by."""
    for story in corpus:
        for ask in plan.asks(normalise(story.text).text):
            yield ask.key


def ask_corpus(
    corpus: Corpus,
    plan: Plan,
    answers: Answers,
    client: Claude,
    *,
    budget: Budget,
    total: int,
    workers: int = 4,
    ttl: str | None = "5m",
    watch: Callable[[Asked], None] | None = None,
) -> int:
    """Ask whatever is not known yet; the number of requests made.

    Requests about one story follow one another, so that all but the first read the story from the
    prompt cache; `workers` stories are under way at a time. The first error stops the run once
    the requests under way are done and written down.

    Raises
    ------
    JudgeError, CostLimit
    """
    run = _Run(plan, answers, client, budget, total, ttl, watch)
    with ThreadPoolExecutor(max(1, workers)) as pool:
        under_way: set[Future[None]] = set()
        try:
            for story in corpus:
                if len(under_way) >= max(1, workers):
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
                under_way.add(pool.submit(run.story, story))
            for future in under_way:
                future.result()
        except BaseException:
            run.stop.set()
            raise
    return run.requests


class _Run:
    """What the workers share."""

    def __init__(
        self,
        plan: Plan,
        answers: Answers,
        client: Claude,
        budget: Budget,
        total: int,
        ttl: str | None,
        watch: Callable[[Asked], None] | None,
    ):
        self.ttl = ttl
        self.plan, self.answers, self.client, self.budget = plan, answers, client, budget
        self.total, self.watch = total, watch
        self.stop = threading.Event()
        self.requests = 0
        self.stories = 0
        self._lock = threading.Lock()

    def story(self, story: Story) -> None:
        for first in self.plan.asks(normalise(story.text).text):
            while not self.stop.is_set() and (ask := missing(self.answers, first)) is not None:
                if self.answers.pending(ask.key):
                    break  # in a batch, and paid for there
                self.one(ask, first.key)
        with self._lock:
            self.stories += 1
            if self.watch is not None:
                cost = self.budget.spent if self.budget.price is not None else None
                self.watch(Asked(self.stories, self.total, self.requests, cost))

    def one(self, ask: Ask, root: str) -> None:
        """Make one request, unless another process is making it."""
        if not self.answers.claim(ask.key):
            time.sleep(POLL)
            return
        if answered_now(self.answers, ask):
            self.answers.release(ask.key)
            return
        try:
            self.budget.hold(ask, root)
            reply = self.client.send(ask, self.ttl)
            settle(self.answers, ask.key, root, ask.about, ask.features, reply, self.budget.price)
        except BaseException:
            self.answers.release(ask.key)
            raise
        finally:
            self.budget.settled()
        with self._lock:
            self.requests += 1


def answered_now(answers: Answers, ask: Ask) -> bool:
    """Whether another process answered a request between the look and the claim."""
    return answers.reply(ask.key) is not None or answers.outcome(ask.key) in FAILED
