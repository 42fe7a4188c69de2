"""The half of `storyscope induce` that asks a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.cli import hold
from storyscope.cli.output import console, grid, note, print_json, stages

if TYPE_CHECKING:
    from storyscope.corpus import Corpus
    from storyscope.induce.discover import Discovery
    from storyscope.induce.discover.found import Found

__all__ = ["Asked", "discover"]

MOST_LEFT_OUT = 10
"""Candidates that were left out and are named on the screen; the files hold all."""


@dataclass(frozen=True)
class Asked:
    """What the command was told about the model and the way."""

    model: str
    provider: str | None
    base_url: str | None
    schema: str
    stages: Path | None
    discover: int
    pilot: int
    runs: int
    dimensions: list[str]
    table: Path | None
    estimate: bool
    dry_run: bool
    max_cost: float | None
    ask_again: bool
    prices: Path | None
    seed: int


def discover(corpus: Path, stories: Corpus, output: Path, asked: Asked, as_json: bool) -> None:
    """Look for questions, and write those that hold."""
    from storyscope.induce.discover.report import (
        is_figures,
        is_found,
        to_dict,
        write_figures,
        write_found,
    )
    from storyscope.induce.discover.run import REPLIES
    from storyscope.paths import written_whole

    figures = output.with_suffix(".csv")
    folder = asked.stages or output.with_suffix(".stages")
    hold(output, is_found, reads=corpus)
    hold(figures, is_figures, reads=corpus)
    folder.mkdir(parents=True, exist_ok=True)
    hold(folder / REPLIES)
    work = _work(stories, folder, asked)
    if asked.dry_run:
        _show_request(work)
        return
    if asked.estimate:
        _show_estimate(work, as_json)
        return
    if asked.ask_again:
        note(f"{work.ask_again()} requests are made again.")
    _tell_before(work)
    with stages(as_json) as update:
        found = work.run(max_cost=asked.max_cost, progress=update)
    with written_whole(output, is_found) as partial:
        write_found(found, work, partial, corpus=stories.name)
    with written_whole(figures, is_figures) as partial:
        write_figures(found, partial)
    if as_json:
        print_json(to_dict(found))
        return
    _show(found)
    console().print(f"Wrote {output} and {figures}; every stage is in {folder}.", markup=False)
    if found.kept:
        note(
            f"Go on with: storyscope score {corpus} --judge {asked.model} --codebook {output} "
            "-o judged.parquet"
        )


def _work(stories: Corpus, folder: Path, asked: Asked) -> Discovery:
    from storyscope.errors import ModelError
    from storyscope.generate.writers import Writer
    from storyscope.induce.discover import Discovery, Settings
    from storyscope.induce.discover.prompts import FORMS
    from storyscope.providers import service_of
    from storyscope.providers.money import check_limit
    from storyscope.providers.services import SCHEMAS
    from storyscope.table import read_table

    check_limit(asked.max_cost)
    if asked.schema not in SCHEMAS:
        raise ModelError(f"--schema is one of {', '.join(SCHEMAS)}, not {asked.schema!r}.")
    service = service_of(asked.model, asked.provider, asked.base_url)
    settings = Settings(
        tuple(asked.dimensions) or tuple(FORMS), asked.discover, asked.pilot, asked.runs, asked.seed
    )
    table = read_table(asked.table) if asked.table is not None else None
    reader = Writer("reader", asked.model, service, schema=asked.schema)
    return Discovery.of(
        stories, reader, folder, settings=settings, prices=asked.prices, table=table, workers=0
    )


def _show_request(work: Discovery) -> None:
    """Print the first request that is still to be made, word for word."""
    from storyscope.corpus import normalise
    from storyscope.generate.run import done
    from storyscope.generate.turns import Turn
    from storyscope.induce.discover.asking import Looking, Pending

    try:
        work.until_pilot(Looking(work.answers))
    except Pending as pending:
        for talk in pending.many:
            turn = done(work.answers, talk)
            if isinstance(turn, Turn):
                print(turn.messages[-1].text)
                return
        if pending.plan is not None:
            text = normalise(work.piloted()[0].text).text
            print(next(pending.plan.asks(text)).request(None).messages[-1].text)
            return
    note("Every reply is on disk; nothing would be asked.")


def _show_estimate(work: Discovery, as_json: bool) -> None:
    from storyscope.induce.discover.estimate import PILOTED, expected, total

    found = expected(work)
    if as_json:
        print_json([e.to_dict() for e in found])
        return
    for line in found:
        console().print(str(line), markup=False)
    if not found:
        console().print("Every reply is on disk; nothing would be asked.", markup=False)
        return
    if (cost := total(found)) is not None:
        console().print(f"All together about ${cost:.2f}.", markup=False)
    note(
        "The first line is counted; those after it depend on its replies. They assume that "
        f"{PILOTED} questions reach the pilot."
    )


def _tell_before(work: Discovery) -> None:
    from storyscope.induce.discover.estimate import expected, total

    found = expected(work)
    if found:
        requests = sum(e.requests for e in found)
        cost = total(found)
        price = "price unknown" if cost is None else f"about ${cost:.2f}"
        if work.reader.service.local:
            price = "which costs nothing on a server of your own"
        note(f"About {requests:,} requests to {work.reader.model}, {price}.")
    if work.masked:
        note(f"{work.masked} stories named a source in their text; the name is masked.")


def _show(found: Found) -> None:
    out = console()
    counts = found.counts
    out.print(
        f"{counts['questions']} questions from {counts['prompts compared']} prompts, "
        f"{counts['questions after merging']} after merging (likeness of "
        f"{counts['merged at likeness']:g} or more), {counts['passed the gate']} past the gate; "
        f"{counts['kept']} hold on {counts['prompts of the pilot']} other prompts.",
        markup=False,
    )
    if counts["prompts left out, of one source only"]:
        n = counts["prompts left out, of one source only"]
        note(f"{n} {'prompt is' if n == 1 else 'prompts are'} left out: one source only answered.")
    for stage, why in counts["failed"].items():
        told = ", ".join(f"{n} {reason}" for reason, n in why.items())
        note(f"{stage}: {told}; the stage's file names them, --ask-again asks once more.")
    if found.tests:
        columns = ["id", "question", "#answered", "#alpha", "#entropy", "#explained", "#q", "kept"]
        rows = [
            (t.feature, found.features[t.feature].question, f"{t.answered:.0%}", _two(t.alpha),
             _two(t.entropy), f"{t.explained:.0%}", f"{t.q:.3f}", t.why or "yes")
            for t in found.tests
        ]  # fmt: skip
        out.print(grid(columns, rows))
    for test in found.kept:
        for source in test.sources:
            if source["p"] <= 0.05:
                out.print(f"{test.feature}: {_sentence(source)}", markup=False)
    for question, why in found.left_out[:MOST_LEFT_OUT]:
        note(f"Left out: {question} ({why})")
    if len(found.left_out) > MOST_LEFT_OUT:
        note(f"... and {len(found.left_out) - MOST_LEFT_OUT} more.")


def _two(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"


def _sentence(source: dict[str, Any]) -> str:
    return (
        f"{source['direction']} in {source['source']}, {source['here']:.2f} against "
        f"{source['there']:.2f} (difference {source['difference']:+.2f}, 95% "
        f"{source['low']:+.2f} to {source['high']:+.2f}; delta {source['delta']:+.2f})."
    )
