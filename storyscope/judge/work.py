"""A judged table from beginning to end: plan, estimate, ask, write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import Codebook, default_codebook
from storyscope.corpus import Corpus, normalise
from storyscope.errors import CorpusError, CostLimit, ModelError
from storyscope.judge.batches import Collected, collect, submit
from storyscope.judge.estimate import Estimate, count_tokens, estimate
from storyscope.judge.judged import (
    Earlier,
    add_answers,
    add_earlier,
    earlier,
    fingerprint,
    sidecar,
    write_sidecar,
)
from storyscope.judge.plan import Plan, judged_features, missing
from storyscope.judge.run import Asked, ask_corpus, roots
from storyscope.paths import written_whole
from storyscope.providers import chat
from storyscope.providers.base import Provider, Request
from storyscope.providers.budget import Budget
from storyscope.providers.claude import Claude, params
from storyscope.providers.money import FREE, Prices, load_prices
from storyscope.providers.services import SERVICES, Service, connect, service_of
from storyscope.providers.store import Answers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Judging"]


@dataclass
class Judging:
    """Questions about a corpus, and the file where their answers are kept.

    Attributes
    ----------
    corpus : Corpus
    plan : Plan
    answers : Answers
    prices : Prices
    codebook : Codebook
    ttl : str or None
        How long stories are kept in the API's prompt cache, "5m" or "1h"; None where every story
        is sent only once, since writing to the cache costs more than plain reading.
    service : Service
        Where the model is asked.
    schema : str
        Whether a server is told the schema of the answers: "auto", "on" or "off".

    Examples
    --------
    >>> from storyscope.corpus import Story
    >>> from tempfile import TemporaryDirectory
    >>> tales = Corpus.from_stories([Story("a", "He ran. " * 90, "human", "p")])
    >>> with TemporaryDirectory() as folder:
    ...     judging = Judging.of(tales, "claude-sonnet-5-5", answers=f"{folder}/answers.sqlite")
    ...     requests = list(judging.prompts())
    ...     judging.answers.close()
    >>> len(requests) == len(judging.plan.dimensions)
    True
    """

    corpus: Corpus
    plan: Plan
    answers: Answers
    prices: Prices
    codebook: Codebook
    ttl: str | None = "5m"
    service: Service = SERVICES[0]
    schema: str = "auto"

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        model: str,
        *,
        only: Iterable[str] = (),
        dimensions: Iterable[str] = (),
        samples: int = 1,
        effort: str | None = None,
        answers: str | Path | None = None,
        prices: str | Path | None = None,
        codebook: Codebook | None = None,
        ttl: str = "5m",
        provider: str | None = None,
        base_url: str | None = None,
        schema: str = "auto",
    ) -> Judging:
        """Prepare; nothing is sent.

        Parameters
        ----------
        corpus : Corpus
        model : str
            As the API names it.
        only, dimensions : iterables of str
            Feature ids and dimensions to ask about; default all that a judge answers.
        samples : int
            Readings of every story; more than one make `reliability` possible.
        effort : str, optional
            How much thought the model is to spend ("low" to "max"); default the API's.
        answers : path, optional
            File of replies; default `default_answers()`.
        prices : path, optional
            Default the file that ships with the package.
        codebook : Codebook, optional
            Default the shipped one.
        ttl : str
            See `Judging`.
        provider, base_url : str, optional
            Who serves the model: see `storyscope.providers.service_of`.
        schema : {"auto", "on", "off"}
            Whether a server is told the schema of the answers.

        Raises
        ------
        ModelError, CodebookError
        """
        book = codebook or default_codebook()
        if samples < 1:
            raise ModelError(f"Every story must be read at least once, not {samples} times.")
        service = service_of(model, provider, base_url)
        plan = Plan(model, judged_features(book, only, dimensions), samples, effort, service)
        alone = len(plan.dimensions) * samples == 1 or service.name != "anthropic"
        priced = load_prices(prices)
        if service.local:
            priced = replace(priced, models={**priced.models, model: FREE})
        return cls(
            corpus, plan, Answers(answers), priced, book, None if alone else ttl, service, schema
        )

    def prompts(self) -> Iterator[str]:
        """The exact requests about the first story, as JSON texts."""
        story = next(iter(self.corpus), None)
        if story is None:
            raise CorpusError(f"The corpus {self.corpus.name!r} has no story to ask about.")
        for ask in self.plan.asks(normalise(story.text).text):
            sent = self._params(ask.request(self.ttl))
            yield json.dumps(sent, ensure_ascii=False, indent=2)

    def _params(self, request: Request) -> dict[str, Any]:
        if self.service.name == "anthropic":
            return params(request)
        return chat.params(
            request, self.service, "prompt" if self.schema == "off" else "json_schema"
        )

    def connect(self) -> Provider:
        """Somebody to ask; the address of a server is tried, nothing else is sent."""
        client = connect(self.service, schema=self.schema)
        client.ready()
        return client

    def _claude(self) -> Claude:
        """The service that takes batches."""
        if not self.service.batches:
            raise ModelError(
                f"Only Claude's maker takes batches, and {self.plan.model} is asked elsewhere; "
                "leave --batch out."
            )
        return Claude()

    def estimate(self, *, batch: bool = False, whole: bool = False) -> Estimate:
        """What is still to be asked, and its price; the API counts tokens if there is a key.

        With `whole`, what all of it would cost if nothing had been asked yet.
        """
        tokens = None
        if self.service.name == "anthropic" and self.service.key_of():
            client = Claude()
            try:
                tokens = count_tokens(self.corpus, self.plan, client)
            finally:
                client.close()
        return estimate(
            self.corpus, self.plan, None if whole else self.answers, self.prices,
            tokens=tokens, batch=batch, ttl=self.ttl,
        )  # fmt: skip

    def budget(self, limit: float | None, *, batch: bool = False) -> Budget:
        """A guard over what is spent on these questions, earlier runs included."""
        price = self.prices.of(self.plan.model) if limit is not None else None
        price = price or self.prices.get(self.plan.model)
        budget = Budget(self.answers, limit, price, batch)
        self.answers.limit_to(roots(self.corpus, self.plan))
        return budget

    def ask_again(self) -> None:
        """Let questions that were refused, cut off or answered unsoundly be asked once more."""
        self.answers.forget_failures(roots(self.corpus, self.plan))

    def ask(
        self,
        *,
        max_cost: float | None = None,
        workers: int = 4,
        watch: Callable[[Asked], None] | None = None,
    ) -> int:
        """Ask whatever is missing, at once; the number of requests made.

        Results of batches that have ended are collected first; what is under way in a batch is not
        asked a second time, see `under_way`.

        Raises
        ------
        CostLimit
            If `max_cost` dollars might be passed; what was answered is kept.
        ModelError
        """
        client = self.connect()
        try:
            if isinstance(client, Claude) and self.answers.batches(open_only=True):
                collect(self.answers, client, self.codebook, self.prices)
            return ask_corpus(
                self.corpus, self.plan, self.answers, client,
                budget=self.budget(max_cost), total=sum(1 for _ in self.corpus),
                workers=workers, watch=watch, ttl=self.ttl,
            )  # fmt: skip
        finally:
            client.close()

    def under_way(self) -> int:
        """Requests about this corpus whose replies are still to come from a batch."""
        return sum(
            (ask := missing(self.answers, first)) is not None and self.answers.pending(ask.key)
            for story in self.corpus
            for first in self.plan.asks(normalise(story.text).text)
        )

    def ask_in_batches(
        self, *, max_cost: float | None = None
    ) -> tuple[Collected, int, CostLimit | None]:
        """Collect what has ended and send what is missing.

        Returns
        -------
        Collected
            What the batches under way gave.
        int
            Requests sent now.
        CostLimit or None
            Why not all was sent.
        """
        client = self._claude()
        try:
            found = collect(self.answers, client, self.codebook, self.prices)
            sent, stopped = submit(
                self.corpus, self.plan, self.answers, client,
                budget=self.budget(max_cost, batch=True), ttl=self.ttl,
            )  # fmt: skip
            return found, sent, stopped
        finally:
            client.close()

    def earlier(self, target: str | Path) -> Earlier | None:
        """The judged table at a path; None if there is none.

        Raises
        ------
        TableError
            If adding to it would lose or mix answers: they are another model's, or about other
            stories.
        """
        return earlier(target, self.corpus, self.plan, self.codebook)

    def add_earlier(self, table: pd.DataFrame, target: str | Path) -> pd.DataFrame:
        """The table with the answers of a judged table that it is going to replace."""
        return add_earlier(table, self.earlier(target), self.codebook)

    def write(
        self, table: pd.DataFrame, target: str | Path, expected: Estimate | None = None
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Add the answers on disk to a table, and write what lies beside it.

        Answers of a judged table that lies at the target already are kept.

        Parameters
        ----------
        table : DataFrame
            A row a story of the corpus.
        target : path
            Where the table will be written; the caller writes it.
        expected : Estimate, optional
            Of the whole, not of what was left; goes into the usage file, to be compared.

        Returns
        -------
        DataFrame
            The table with its judged columns.
        dict
            What the usage file says.

        Raises
        ------
        TableError
            If a judged table lies there that these answers cannot be added to.
        """
        before = self.earlier(target)
        table = add_earlier(table, before, self.codebook)
        values, tally = write_sidecar(
            self.corpus, self.plan, self.answers, sidecar(target, "judged.jsonl"),
            add=before is not None,
        )  # fmt: skip
        usage, cost, outcomes = self.answers.spent(roots(self.corpus, self.plan))
        about = {
            "model": self.plan.model,
            "service": self.service.identity or self.service.name,
            "effort": self.plan.effort,
            "readings": self.plan.samples,
            "questions": len(self.plan.features),
            "codebook": self.codebook.version,
            "texts": fingerprint(self.corpus, frozenset(table["story_id"]))[0],
            "answers": {k: v for k, v in sorted(tally.items()) if ":" not in k},
        }
        record = {
            **about,
            "unanswered": {k.partition(": ")[2]: v for k, v in sorted(tally.items()) if ":" in k},
            "requests": outcomes,
            "usage": usage.to_dict(),
            "cost_usd": cost,
            "prices": self.prices.date_of(self.plan.model),
            "expected": expected.to_dict() if expected is not None else None,
            "features": [f.id for f in self.plan.features],
            "earlier": _earlier_records(before, self.plan),
        }
        with written_whole(sidecar(target, "usage.json")) as partial:
            partial.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")
        return add_answers(table, values, self.plan, self.codebook, about), record


def _earlier_records(before: Earlier | None, plan: Plan) -> list[dict[str, Any]]:
    """What answers to other questions in the same table cost."""
    if before is None:
        return []
    record = dict(before.record)
    records = record.pop("earlier", [])
    asked = record.get("features")
    return records if asked in (None, [f.id for f in plan.features]) else [*records, record]
