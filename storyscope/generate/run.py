"""Many conversations with many writers: each at its pace, under one limit, gone on with after a kill."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from storyscope.errors import CostLimit, ModelError
from storyscope.generate.turns import (
    Conversation,
    Missing,
    Said,
    Turn,
    first_turn,
    keep,
    play,
    said_before,
)
from storyscope.generate.writers import Writer
from storyscope.providers.base import Provider
from storyscope.providers.budget import Budget
from storyscope.providers.money import FREE, Price, Prices
from storyscope.providers.services import connect
from storyscope.providers.store import Answers

__all__ = ["Asked", "Talks", "ask_again", "ask_all", "done", "price_of"]

T = TypeVar("T")
Talks = Mapping[Writer, Sequence[Callable[[], Conversation[T]]]]
"""For each writer, conversations to be had; each can be begun any number of times."""


@dataclass(frozen=True)
class Asked:
    """How far a run is."""

    talks: int
    total: int
    requests: int
    cost: float


def price_of(writer: Writer, prices: Prices) -> Price | None:
    """What a writer costs; nothing on a server of one's own."""
    return FREE if writer.service.local else prices.get(writer.model)


def done(answers: Answers, talk: Callable[[], Conversation[T]]) -> T | Turn:
    """What came of a conversation, by what is on disk; or the turn that is still to be asked."""
    try:
        return play(talk(), lambda turn: said_before(answers, turn))
    except Missing as missing:
        return missing.turn


def ask_again(answers: Answers, keys: Iterable[str]) -> None:
    """Let turns be asked once more whose replies led nowhere; what was paid for stays on record."""
    answers.set_aside(keys)


def ask_all(
    talks: Talks[T],
    answers: Answers,
    prices: Prices,
    *,
    max_cost: float | None = None,
    watch: Callable[[Asked], None] | None = None,
    root: str | None = None,
) -> None:
    """Have every conversation that is not at its end, all writers at the same time.

    A writer that cannot be asked stops, and the others go on; its error is raised when they are
    done. Where the limit on cost is reached, all stop.

    Parameters
    ----------
    talks : mapping
    answers : Answers
    prices : Prices
    max_cost : float, optional
        US dollars.
    watch : callable, optional
    root : str, optional
        What the cost is written down under. With it, the limit holds for all that the file of
        answers has on record; default for these conversations alone.

    Raises
    ------
    ModelError, CostLimit
    """
    budgets = {w: Budget(answers, max_cost, _priced(w, prices, max_cost)) for w in talks}
    answers.limit_to(
        (first_turn(talk()).key for many in talks.values() for talk in many)
        if root is None
        else {root, *answers.roots()}
    )
    providers = {writer: connect(writer.service, schema=writer.schema) for writer in talks}
    try:
        for provider in providers.values():
            provider.ready()
        run = _Run(answers, sum(map(len, talks.values())), watch, root)
        with ThreadPoolExecutor(max(1, len(talks))) as pool:
            jobs = [
                pool.submit(run.writer, w, many, providers[w], budgets[w])
                for w, many in talks.items()
            ]
            try:
                wait(jobs)
            except BaseException:
                run.stop.set()
                raise
        errors = [(w, e) for w, job in zip(talks, jobs, strict=True) if (e := job.exception())]
    finally:
        for provider in providers.values():
            provider.close()
    for _, error in sorted(errors, key=lambda pair: isinstance(pair[1], ModelError)):
        if isinstance(error, CostLimit) or not isinstance(error, ModelError):
            raise error
    if errors:
        raise ModelError("; ".join(f"{writer.name}: {error}" for writer, error in errors))


def _priced(writer: Writer, prices: Prices, limit: float | None) -> Price | None:
    price = price_of(writer, prices)
    return prices.of(writer.model) if price is None and limit is not None else price


class _Pace:
    """Lets requests begin no faster than so many in a minute."""

    def __init__(self, per_minute: float):
        self._gap = 60.0 / per_minute
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, stop: threading.Event) -> None:
        with self._lock:
            now = time.monotonic()
            begin = max(now, self._next)
            self._next = begin + self._gap
        stop.wait(begin - now)


class _Stopped(Exception):
    """Another writer reached the limit, or the user stopped the run."""


class _Run:
    """What the threads share."""

    def __init__(
        self,
        answers: Answers,
        total: int,
        watch: Callable[[Asked], None] | None,
        root: str | None,
    ):
        self.answers, self.total, self.watch, self.root = answers, total, watch, root
        self.stop = threading.Event()
        self.talks = self.requests = 0
        self._lock = threading.Lock()

    def writer(
        self,
        writer: Writer,
        talks: Sequence[Callable[[], Conversation[Any]]],
        provider: Provider,
        budget: Budget,
    ) -> None:
        """All conversations with one writer; the first error ends them."""
        pace = _Pace(writer.per_minute)
        halt = threading.Event()

        def have(talk: Callable[[], Conversation[Any]]) -> None:
            root = self.root or first_turn(talk()).key
            try:
                play(talk(), lambda turn: self.answer(turn, root, provider, budget, pace, halt))
            except _Stopped:
                return
            except BaseException as error:
                halt.set()
                if isinstance(error, CostLimit):
                    self.stop.set()
                raise
            with self._lock:
                self.talks += 1
            self.tell(budget)

        with ThreadPoolExecutor(writer.workers) as pool:
            under_way: set[Future[None]] = set()
            for talk in talks:
                if len(under_way) >= writer.workers:
                    finished, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    for future in finished:
                        future.result()
                if self.stop.is_set():
                    break
                under_way.add(pool.submit(have, talk))
            for future in under_way:
                future.result()

    def answer(
        self,
        turn: Turn,
        root: str,
        provider: Provider,
        budget: Budget,
        pace: _Pace,
        halt: threading.Event,
    ) -> Said:
        """The reply to a turn: from disk, or asked for and put there before anything else."""
        try:
            return said_before(self.answers, turn)
        except Missing:
            pass
        budget.hold(turn, root)
        try:
            pace.wait(self.stop)
            if self.stop.is_set() or halt.is_set():
                raise _Stopped
            began = time.monotonic()
            reply = provider.ask(turn.request)
            said = Said(
                reply.text, reply.outcome, reply.usage, reply.model, reply.stop, reply.mode,
                time.monotonic() - began, time.time(), turn.key,
            )  # fmt: skip
            cost = budget.price.cost(reply.usage) if budget.price is not None else None
            keep(self.answers, turn, root, said, cost)
        except BaseException:
            self.answers.release(turn.key)
            raise
        finally:
            budget.settled()
        with self._lock:
            self.requests += 1
        self.tell(budget)
        return said

    def tell(self, budget: Budget) -> None:
        if self.watch is not None:
            with self._lock:
                self.watch(Asked(self.talks, self.total, self.requests, budget.spent))
