"""A limit on cost that holds over threads and processes."""

from __future__ import annotations

import threading
from typing import Protocol

from storyscope.errors import CostLimit
from storyscope.providers.money import Price, Usage, check_limit
from storyscope.providers.store import Answers, Held

__all__ = ["POLL", "Asking", "Budget"]

POLL = 0.5
"""Seconds between looks at a request that another process is making."""


class Asking(Protocol):
    """What a request must say of itself to be reckoned at its worst.

    Attributes
    ----------
    key : str
        Hash of all that can change the reply.
    size : int
        Bytes of the prompt.
    max_tokens : int
        Room for the reply.
    """

    @property
    def key(self) -> str: ...  # noqa: D102

    @property
    def size(self) -> int: ...  # noqa: D102

    @property
    def max_tokens(self) -> int: ...  # noqa: D102


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
    ModelError
        If the limit is not an amount of money.
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

    def worst(self, ask: Asking) -> float:
        """The most that a request can cost: a token for every two bytes, all the output."""
        if self.price is None:
            return 0.0
        usage = Usage(write_1h=(ask.size + 4_000) // 2, output=ask.max_tokens, requests=1)
        return self.price.cost(usage, batch=self.batch)

    def hold(self, ask: Asking, root: str) -> None:
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

    def under_way(self, ask: Asking, root: str) -> None:
        """Count a request that an earlier run sent in a batch; it cannot be called back."""
        self._answers.hold_under_way(ask.key, root, self.worst(ask))

    def settled(self) -> None:
        """Tell waiting requests that one has come to its end."""
        with self._changed:
            self._changed.notify_all()
