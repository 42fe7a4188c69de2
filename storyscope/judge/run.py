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
from storyscope.judge.plan import Plan, missing
from storyscope.judge.prompts import Ask
from storyscope.judge.replies import check
from storyscope.providers.base import Provider, Reply
from storyscope.providers.budget import POLL, Budget
from storyscope.providers.money import Price
from storyscope.providers.store import FAILED, Answers

__all__ = ["Asked", "ask_corpus", "roots", "settle"]


@dataclass(frozen=True)
class Asked:
    """How far a run is."""

    stories: int
    total: int
    requests: int
    cost: float | None


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
    about = {**about, **reply.record}
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
    client: Provider,
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
    ModelError, CostLimit
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
        client: Provider,
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
            reply = self.client.ask(ask.request(self.ttl))
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
