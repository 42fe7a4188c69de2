"""Asking a model: the judge's part of `score`, and `storyscope judge` and `reliability`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyscope.cli import app
from storyscope.cli.output import console, grid, note, print_json, stages
from storyscope.cli.tables import Book, opened, own_codebook
from storyscope.errors import CodebookError, TableError

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.codebook import Codebook
    from storyscope.corpus import Corpus
    from storyscope.judge.agree import Reliability
    from storyscope.judge.estimate import Estimate
    from storyscope.judge.work import Judging

judge = typer.Typer(
    help="Batches of questions put to a model: see `storyscope score --judge`.",
    no_args_is_help=True,
)
app.add_typer(judge, name="judge")

AnswersFile = Annotated[
    Path | None, typer.Option(help="File of the model's replies; default in your data folder.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Options:
    """What `score` was told about the judge."""

    def __init__(
        self,
        model: str,
        *,
        only: list[str] | None,
        dimensions: list[str] | None,
        repeat: int,
        batch: bool,
        max_cost: float | None,
        answers: Path | None,
        prices: Path | None,
        ask_again: bool,
        provider: str | None,
        base_url: str | None,
        schema: str,
        codebook: Codebook | None = None,
    ):
        from storyscope.codebook import default_codebook

        self.codebook = codebook or default_codebook()
        self.provider, self.base_url, self.schema = provider, base_url, schema
        self.model, self.only, self.dimensions = model, only or [], dimensions or []
        self.repeat, self.batch, self.max_cost = repeat, batch, max_cost
        self.answers, self.prices, self.ask_again = answers, prices, ask_again

    @property
    def measured(self) -> list[str]:
        """Of the features that were named, those that are measured as well."""
        return [f for f in self.only if "measure" in self.codebook[f].answered_by]

    @property
    def nothing_measured(self) -> bool:
        """Whether nothing that is asked for is measured."""
        book = self.codebook
        if not (self.only or self.dimensions):
            return not book.ids(answered_by="measure")
        return not self.measured and not any(
            book.ids(dimension=d, answered_by="measure") for d in self.dimensions
        )

    def prepare(self, corpus: Corpus) -> Judging:
        """Open the files; nothing is sent."""
        from storyscope.judge.work import Judging

        return Judging.of(
            corpus,
            self.model,
            only=self.only,
            dimensions=self.dimensions,
            samples=self.repeat,
            answers=self.answers,
            prices=self.prices,
            provider=self.provider,
            base_url=self.base_url,
            schema=self.schema,
            codebook=self.codebook,
        )


def keys_only(corpus: Corpus, codebook: Codebook | None) -> pd.DataFrame:
    """A table without a measured feature, for the judged ones to be added to."""
    from storyscope.judge.judged import base_table

    return base_table(corpus, codebook)


def check_ready(judging: Judging, options: Options) -> None:
    """Stop before anything is measured where asking could not begin: no key, price or limit."""
    from storyscope.providers.money import check_limit

    check_limit(options.max_cost)
    judging.connect().close()
    if options.max_cost is not None:
        judging.prices.of(judging.plan.model)


def show_prompts(judging: Judging) -> None:
    """Print the exact requests about the first story."""
    for text in judging.prompts():
        print(text)


def show_estimate(judging: Judging, options: Options, as_json: bool) -> Estimate:
    """Print what the run will cost."""
    expected = judging.estimate(batch=options.batch)
    if as_json:
        print_json(expected.to_dict())
        return expected
    for line in expected.lines():
        console().print(line, markup=False)
    return expected


def ask(judging: Judging, options: Options, as_json: bool) -> tuple[Estimate, bool]:
    """Ask what is missing, its price said first; whether every answer that will come has come.

    The estimate that comes back is of the whole, like the usage that it will stand beside.
    """
    expected = judging.estimate(batch=options.batch)
    for line in expected.lines():
        note(line)
    if expected.known:
        expected = judging.estimate(batch=options.batch, whole=True)
    if options.ask_again:
        judging.ask_again()
    if options.batch:
        found, sent, stopped = judging.ask_in_batches(max_cost=options.max_cost)
        _tell(found.filed, found.free, found.problems)
        if sent or found.waiting or stopped:
            note(f"{sent} requests sent now, {found.waiting} batches under way.")
        if stopped is not None:
            raise stopped
        return expected, not (sent or found.waiting)
    with stages(as_json) as update:
        judging.ask(
            max_cost=options.max_cost,
            watch=lambda at: update("asking (stories)", at.stories, at.total, _spent(at.cost)),
        )
    if waiting := judging.under_way():
        note(f"{waiting} requests are under way in a batch that was sent before.")
    return expected, not waiting


def finish(
    judging: Judging, table: pd.DataFrame, output: Path, expected: Estimate | None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Write the table with its judged columns, and what lies beside it."""
    from storyscope.table import write_table

    table, record = judging.write(table, output, expected)
    write_table(table, output)
    return table, record


def told(record: dict[str, Any]) -> str:
    """One line on what a judged table holds and cost."""
    counts = record["answers"]
    cost = record["cost_usd"]
    usage = record["usage"]
    return (
        f"{record['model']}: {counts.get('answered', 0)} answers, {counts.get('undefined', 0)} "
        f"times undefined, {counts.get('unanswered', 0)} unanswered; {usage['requests']} requests, "
        f"{_spent(cost) or 'price unknown'}."
    )


def missing(record: dict[str, Any]) -> str:
    """What is not answered, why, and what to do about it; empty if nothing is missing."""
    why: dict[str, int] = record["unanswered"]
    if not why:
        return ""
    told = "; ".join(f"{n}: {reason}" for reason, n in sorted(why.items()))
    left = (
        " A story that is too long needs a model with a larger window, or has to be left out."
        if "too long" in why
        else ""
    )
    return (
        f"{sum(why.values())} answers are missing ({told}); --ask-again asks for them once more, and "
        f"another model may do better.{left}"
    )


def _spent(cost: float | None) -> str:
    return "" if cost is None else f"${cost:.4f}"


def _tell(filed: int, free: int, problems: list[str]) -> None:
    if filed or free:
        note(f"{filed} replies collected; {free} requests were not served and cost nothing.")
    for problem in dict.fromkeys(problems):
        note(f"The API said: {problem}")


@judge.command()
def status(answers: AnswersFile = None, as_json: Json = False) -> None:
    """List batches and what they wait for; sends nothing.

    storyscope judge status
    """
    from storyscope.providers.store import Answers

    store = Answers(answers)
    rows = [{**batch, "open": len(store.items(batch["chunk"]))} for batch in store.batches()]
    if as_json:
        print_json({"answers": str(store.path), "batches": rows})
        return
    if not rows:
        console().print(f"No batch was ever sent; answers in {store.path}.", markup=False)
        return
    shown = [(b["id"] or "-", b["model"], b["state"], b["size"], b["open"]) for b in rows]
    console().print(grid(["batch", "model", "state", "#requests", "#without result"], shown))
    console().print(f"Answers in {store.path}.", markup=False)


@judge.command()
def collect(
    answers: AnswersFile = None,
    prices: Annotated[Path | None, typer.Option(help="Price file.")] = None,
    codebook: Annotated[
        Path | None, typer.Option(help="Codebook of your own that the questions stand in.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch the results of batches that have ended.

    storyscope judge collect
    """
    from storyscope.codebook import default_codebook
    from storyscope.judge.batches import Collected
    from storyscope.judge.batches import collect as run
    from storyscope.providers.claude import Claude
    from storyscope.providers.money import load_prices
    from storyscope.providers.store import Answers

    store = Answers(answers)
    book = own_codebook(codebook) or default_codebook()
    # Without a batch there is nothing to fetch, and no key is needed to say so.
    waiting = store.batches(open_only=True)
    found = run(store, Claude(), book, load_prices(prices)) if waiting else Collected()
    if as_json:
        print_json(found.__dict__)
        return
    if not waiting:
        console().print(f"No batches are under way in {store.path}.", markup=False)
        return
    _tell(found.filed, found.free, found.problems)
    console().print(
        f"{found.filed} replies collected, {found.waiting} batches under way. Run the same "
        "`storyscope score ... --judge MODEL --batch` again to go on.",
        markup=False,
    )


@app.command()
def reliability(
    table: Annotated[Path, typer.Argument(help="A table made by `storyscope score --judge`.")],
    drop_below: Annotated[
        float, typer.Option(help="Questions with a lower alpha are to be dropped.")
    ] = 0.667,
    codebook: Book = None,
    as_json: Json = False,
) -> None:
    """Ask how far a model agrees with itself, and whether its evidence is in the stories.

    storyscope reliability table.parquet
    """
    from storyscope.judge.agree import PUBLISHED
    from storyscope.judge.agree import reliability as run
    from storyscope.judge.judged import read_sidecar

    answers = list(read_sidecar(table))
    book: Codebook | None = None
    try:
        measured, book = opened(table, codebook)
    except (CodebookError, TableError) as error:
        if codebook is not None:
            raise
        note(f"The judge is not held against measures: {error}")
        measured = None
    found = run(answers, table=measured, codebook=book, drop_below=drop_below)
    if as_json:
        print_json(found.to_dict())
        return
    out = console()
    columns = [
        "dimension",
        "#questions",
        "#mean alpha",
        "#quotations",
        "#located",
        "#word for word",
    ]
    out.print(grid(columns, found.dimensions.itertuples(index=False)))
    _print_leanings(found)
    if measured is not None and codebook is None:
        note(f"Held against the tagger, question by question: storyscope validate --judge {table}")
    if found.readings < 2:
        out.print("Every story was read once; alpha needs `--repeat 2` or more.", markup=False)
        return
    out.print(
        f"Mean alpha over {found.questions['alpha'].notna().sum()} questions and "
        f"{found.readings} readings: {found.mean:.3f} (published for the same kind of questions: "
        f"{PUBLISHED:.2f}).",
        markup=False,
    )
    for verdict, says in (
        ("drop", f"To drop, alpha under {drop_below:g}"),
        ("never varies", "Alpha is undefined where the answer never varies"),
        ("too little", "Read twice on too few stories to decide"),
    ):
        chosen = found.questions[found.questions["verdict"] == verdict].sort_values("alpha")
        if len(chosen):
            names = [
                f"{f} ({a:.2f})" if a == a else f
                for f, a in zip(chosen["feature"], chosen["alpha"], strict=True)
            ]
            out.print(f"{says}: {', '.join(names)}.", markup=False)


def _print_leanings(found: Reliability) -> None:
    """What speaks for and against the answers to single questions."""
    out = console()
    known = found.questions[found.questions[["yes", "agrees"]].notna().any(axis=1)]
    rows = [
        (q.feature, _share(q.yes), _share(q.measured_yes), "–" if q.agrees != q.agrees else f"{q.agrees:.2f}")
        for q in known.itertuples()
    ]  # fmt: skip
    if rows:
        columns = ["question", "#says yes", "#measured yes", "#alpha with the measure"]
        out.print(grid(columns, rows))
    if found.doubted:
        names = [f"{name}: {why}" for name, why in found.doubted.items()]
        out.print("Do not believe this judge on", markup=False)
        for name in names:
            out.print(f"  {name}", markup=False)


def _share(value: float) -> str:
    return "–" if value != value else f"{value:.0%}"
