"""`storyscope induce`: patterns and questions that a corpus itself suggests, tested on held-out prompts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyscope.cli import app, hold
from storyscope.cli.options import Column, Json, Seed
from storyscope.cli.output import console, grid, note, print_json, stages
from storyscope.cli.scoring import columns_of, report_problems

if TYPE_CHECKING:
    from storyscope.induce.report import Candidate, Induction

TOP = 10
"""Candidates of a source that are printed; the files hold all."""
WIDEST = 160
"""Characters of a passage that are printed."""


@app.command()
def induce(
    corpus: Annotated[Path, typer.Argument(help="Stories of two sources or more.")],
    measured: Annotated[
        bool,
        typer.Option("--measured", help="Mine patterns from parses and tags; asks no model."),
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(help="Model that compares the stories, blind, and words questions."),
    ] = None,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Codebook to write; figures go beside it as .csv."),
    ] = Path("candidates.yaml"),
    prompts: Annotated[
        int | None,
        typer.Option(
            min=1, help="With --measured: read so many of the shared prompts, drawn at random."
        ),
    ] = None,
    passages: Annotated[
        bool,
        typer.Option(
            "--passages", help="With --measured: write the text of passages into the codebook."
        ),
    ] = False,
    stages_folder: Annotated[
        Path | None,
        typer.Option("--stages", help="Folder of stages and replies; default beside the codebook."),
    ] = None,
    discover: Annotated[int, typer.Option(help="Prompts whose stories the model compares.")] = 10,
    pilot: Annotated[int, typer.Option(help="Other prompts, on which questions are tested.")] = 20,
    runs: Annotated[
        int, typer.Option(min=1, help="Times that stories are compared, under fresh letters.")
    ] = 2,
    dimension: Annotated[
        list[str] | None, typer.Option(help="Only this dimension; repeatable.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(help="Feature table of the stories; default they are measured."),
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Print what the model will cost, and stop.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the next request to the model, and stop.")
    ] = False,
    max_cost: Annotated[
        float | None, typer.Option(help="US dollars that this may cost, in all runs together.")
    ] = None,
    ask_again: Annotated[
        bool, typer.Option("--ask-again", help="Ask once more what was refused or cut off.")
    ] = False,
    prices: Annotated[Path | None, typer.Option(help="Another price file.")] = None,
    provider: Annotated[
        str | None, typer.Option(help="Who serves the model; default told by its name.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Server of your own, as http://localhost:8080/v1.")
    ] = None,
    schema: Annotated[
        str, typer.Option(help="Whether a server is told the form of replies: auto, on or off.")
    ] = "auto",
    seed: Seed = 0,
    column: Column = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows out and still end with status 0.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find what one source does more or less of than others at the same prompts.

    With --measured, patterns are mined from parses and tags, and nothing is sent. With --model, a
    model describes and compares stories without knowing who wrote them, and words questions. Either
    way what was found on some prompts is tested on others, and what holds is written as questions
    for a codebook.

    storyscope induce stories.jsonl --measured -o candidates.yaml
    """
    from storyscope.cli.discovery import Asked
    from storyscope.cli.discovery import discover as with_model
    from storyscope.corpus import read_corpus
    from storyscope.errors import CorpusError, OutputError
    from storyscope.induce import induce as run
    from storyscope.induce.report import (
        is_candidates,
        is_figures,
        write_candidates,
        write_figures,
    )
    from storyscope.paths import written_whole

    if measured == (model is not None):
        raise typer.BadParameter(
            "say --measured, to mine patterns from parses and tags, or --model MODEL, to have a "
            "model compare stories."
        )
    if measured and (
        estimate or dry_run or ask_again or provider or base_url or max_cost is not None
        or stages_folder or dimension or table
    ):  # fmt: skip
        raise typer.BadParameter("this goes with --model MODEL only")
    if model is not None and (prompts is not None or passages):
        raise typer.BadParameter("--prompts and --passages go with --measured only")
    figures = output.with_suffix(".csv")
    if figures == output:
        raise OutputError(
            f"{output} is where the figures go; name a codebook, as {output.stem}.yaml."
        )
    stories = read_corpus(corpus, columns=columns_of(column))
    if model is not None:
        asked = Asked(
            model, provider, base_url, schema, stages_folder, discover, pilot, runs,
            dimension or [], table, estimate, dry_run, max_cost, ask_again, prices, seed,
        )  # fmt: skip
        with_model(corpus, stories, output, asked, as_json)
        report_problems(stories, skip_bad)
        return
    hold(output, is_candidates, reads=corpus)
    hold(figures, is_figures, reads=corpus)
    with stages(as_json) as update:
        found = run(stories, prompts=prompts, seed=seed, progress=update)
    with written_whole(output, is_candidates) as partial:
        write_candidates(found, partial, corpus=stories.name, passages=passages)
    with written_whole(figures, is_figures) as partial:
        write_figures(found, partial)
    if as_json:
        print_json(found.to_dict())
    else:
        _show(found)
        console().print(f"Wrote {output} and {figures}.", markup=False)
    empty = found.table.empty
    if empty:
        note(f"{len(empty)} stories hold no words and are left out: {'; '.join(empty[:5])}")
    report_problems(stories, skip_bad)
    if empty and not skip_bad:
        raise CorpusError("Stories without words were left out; run with --skip-bad to allow it.")


def _show(found: Induction) -> None:
    out = console()
    table, laid = found.table, found.cells
    out.print(
        f"{len(table.ids)} stories, {laid.n_prompts} prompts, {len(laid.sources)} sources; "
        f"{len(table.patterns)} patterns, of which {len(found.kept)} set a source apart on held-out "
        "prompts.",
        markup=False,
    )
    if found.alone:
        few = "1 prompt is" if found.alone == 1 else f"{found.alone} prompts are"
        note(f"{few} left out, since no second source answered.")
    words = found.summary()["mean words by source"]
    short, long = min(words, key=words.get), max(words, key=words.get)
    if words[long] > 1.25 * words[short]:
        note(
            f"Stories by {long} have {words[long]:,} words, by {short} {words[short]:,}. Counts are "
            "taken per 1,000 words; orders and names may still depend on length."
        )
    for source in laid.sources:
        mine = [c for c in found.kept if c.mark.source == source]
        if not mine:
            out.print(f"\n{source}: nothing that holds.", markup=False)
            continue
        columns = [
            "",
            "pattern",
            "unit",
            "#it",
            "#others",
            "#difference",
            "#delta",
            "#q",
            "#stable",
        ]
        out.print(grid(columns, map(_row, mine[:TOP]), _title(source, len(mine))))
        for candidate in mine[:TOP]:
            for passage in candidate.passages:
                text = " ".join(passage.text.split())
                text = text if len(text) <= WIDEST else f"{text[:WIDEST]} ..."
                where = f"{passage.story} {passage.start}-{passage.end}"
                out.print(f"  {candidate.id} {where}: {text}", markup=False)


def _title(source: str, patterns: int) -> str:
    first = f", the first {TOP}" if patterns > TOP else ""
    return f"{source}: {patterns} pattern{'s' * (patterns != 1)}{first}"


def _row(candidate: Candidate) -> list[object]:
    mark = candidate.mark
    return [
        "more" if mark.more else "less",
        f"{candidate.id} {candidate.pattern.name}",
        candidate.pattern.unit,
        *mark.figures,
    ]
