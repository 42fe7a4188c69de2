"""Asking through the Message Batches API: half the price, some hours' patience.

A batch is written down before it is sent, with the key of every request, so that a run killed at
any moment knows what is under way. Results are filed as they are read; a request that expired,
was cancelled or failed at the API cost nothing, and is simply missing again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from storyscope.codebook import Codebook
from storyscope.corpus import Corpus, normalise
from storyscope.errors import CostLimit, ModelError
from storyscope.judge.plan import Plan, missing
from storyscope.judge.prompts import Ask
from storyscope.judge.run import settle
from storyscope.providers.budget import Budget
from storyscope.providers.claude import Claude, read_message, too_long
from storyscope.providers.money import Price, Prices, Usage
from storyscope.providers.store import Answers

__all__ = ["MOST_BYTES", "MOST_REQUESTS", "Collected", "collect", "submit"]

MOST_REQUESTS = 100_000
"""Requests that the API takes in a batch."""
MOST_BYTES = 256_000_000
"""Bytes that the API takes in a batch; chunks stay under nine tenths of it."""
GRACE = 120.0
"""Seconds by which the clocks of this machine and the API may differ."""


@dataclass
class Collected:
    """What a look at the batches found.

    Attributes
    ----------
    filed : int
        Results read and written down.
    free : int
        Requests that were not served (expired, cancelled, failed at the API) and cost nothing.
    waiting : int
        Batches still under way.
    problems : list of str
        What the API said of requests that failed there.
    """

    filed: int = 0
    free: int = 0
    waiting: int = 0
    problems: list[str] = field(default_factory=list)


def submit(
    corpus: Corpus,
    plan: Plan,
    answers: Answers,
    client: Claude,
    *,
    budget: Budget,
    ttl: str | None = "5m",
    most_requests: int = MOST_REQUESTS,
    most_bytes: int = MOST_BYTES,
) -> tuple[int, CostLimit | None]:
    """Send whatever is not known and not under way; the number of requests sent.

    Requests about one story stand together, so that those after the first can read it from the
    prompt cache. Where the limit on cost is reached, what fits is sent, and the limit returned.
    """
    sent, stopped = 0, None
    wanted = _wanted(corpus, plan, answers, budget)
    while stopped is None:
        chunk: list[tuple[Ask, str]] = []
        size = 0
        for ask, root, length in wanted:
            chunk.append((ask, root))
            size += length
            if len(chunk) >= most_requests or size >= 0.9 * most_bytes:
                break
        if not chunk:
            break
        more, stopped = _send(chunk, plan, answers, client, budget, ttl)
        sent += more
    return sent, stopped


def _wanted(
    corpus: Corpus, plan: Plan, answers: Answers, budget: Budget
) -> Iterator[tuple[Ask, str, int]]:
    """Requests to be made, each with the key of its first form and its length in bytes."""
    seen: set[str] = set()
    for story in corpus:
        for first in plan.asks(normalise(story.text).text):
            ask = missing(answers, first)
            if ask is None or ask.key in seen:
                continue
            seen.add(ask.key)
            if answers.pending(ask.key):
                budget.under_way(ask, first.key)
                continue
            length = len(json.dumps(ask.params()).encode()) + 200
            yield ask, first.key, length


def _send(
    chunk: list[tuple[Ask, str]],
    plan: Plan,
    answers: Answers,
    client: Claude,
    budget: Budget,
    ttl: str | None,
) -> tuple[int, CostLimit | None]:
    """Send a batch of the requests that are still free and within the limit; their number."""
    name = sha256("".join(ask.key for ask, _ in chunk).encode()).hexdigest()[:16]
    name = f"{name}-{time.time_ns():x}"
    worst = {ask.key: budget.worst(ask) for ask, _ in chunk}
    free, refused = answers.begin_batch(
        name,
        plan.model,
        ((ask.key, root, ask.about, worst[ask.key]) for ask, root in chunk),
        budget.limit,
    )
    stopped = budget.reached(refused, max(worst.values())) if refused is not None else None
    if not free:
        return 0, stopped
    requests = [
        {"custom_id": ask.key, "params": ask.params(ttl)} for ask, _ in chunk if ask.key in free
    ]
    try:
        answers.set_batch(name, "sent", client.send_batch(requests))
    except ModelError as error:
        if "could not be reached" not in str(error):
            answers.set_batch(name, "lost")
        raise
    return len(free), stopped


def collect(answers: Answers, client: Claude, codebook: Codebook, prices: Prices) -> Collected:
    """Look at every batch under way and file the results of those that have ended."""
    seen = Collected()
    known = {b["id"] for b in answers.batches()}
    for batch in answers.batches(open_only=True):
        while _look(batch, known, answers, client, codebook, prices, seen):
            batch["id"] = None
    return seen


def _look(
    batch: dict[str, Any],
    known: set[str],
    answers: Answers,
    client: Claude,
    codebook: Codebook,
    prices: Prices,
    seen: Collected,
) -> bool:
    """Look at one batch; true if what was taken for it is another's, so that it must be sought."""
    batch_id = batch["id"] or _find(batch, known, client)
    if batch_id is None:
        if answers.abandoned(batch["owner"], batch["made"]):
            answers.set_batch(batch["chunk"], "lost")
        else:
            seen.waiting += 1
        return False
    known.add(batch_id)
    state = client.batch(batch_id)
    if state is None:
        answers.set_batch(batch["chunk"], "lost", batch_id)
        seen.problems.append(f"The API no longer knows the batch {batch_id}.")
        return False
    answers.set_batch(batch["chunk"], "sent", batch_id)
    if state.processing_status != "ended" or not state.results_url:
        seen.waiting += 1
        return False
    if _file(batch, batch_id, answers, client, codebook, prices.get(batch["model"]), seen):
        return False
    answers.disown(batch["chunk"], batch_id)
    return True


def _find(batch: dict[str, Any], known: Iterable[str], client: Claude) -> str | None:
    """A batch that the API took while the reply to its sender got lost."""
    names = set(known)
    candidates = []
    for other in client.recent_batches():
        counts = other.request_counts
        size = sum((counts.processing, counts.succeeded, counts.errored, counts.canceled,
                    counts.expired))  # fmt: skip
        new = other.created_at.timestamp() >= batch["made"] - GRACE
        if other.id not in names and new and size == batch["size"]:
            candidates.append(str(other.id))
    return candidates[-1] if candidates else None


def _file(
    batch: dict[str, Any],
    batch_id: str,
    answers: Answers,
    client: Claude,
    codebook: Codebook,
    price: Price | None,
    seen: Collected,
) -> bool:
    """Write down the results of a batch that has ended; false if it is another's."""
    items = answers.items(batch["chunk"])
    strangers = 0
    whole = len(items) == batch["size"]  # none was filed before
    for result in client.results(batch_id):
        key = result.custom_id
        if key not in items:
            strangers += 1  # filed before a kill, or another run's batch
            continue
        root, about = items[key]
        if result.result.type != "succeeded":
            seen.free += 1
            if result.result.type == "errored":
                problem = result.result.error.error
                seen.problems.append(f"{problem.type}: {problem.message}")
                if too_long(problem.message):  # it always will be
                    answers.fail(
                        key, root, "too long", batch["model"], Usage(), batch=True, cost=0.0
                    )
            continue
        reply = read_message(result.result.message)
        features = [codebook[f] for f in about["features"] if f in codebook]
        settle(answers, key, root, about, features, reply, price, batch=True)
        seen.filed += 1
    if whole and strangers == batch["size"]:
        return False
    answers.set_batch(batch["chunk"], "done")
    return True
