"""`storyscope generate` and `storyscope prompts`: parallel stories, and prompts made of stories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyscope.cli import app, hold
from storyscope.cli.options import Column, Json
from storyscope.cli.output import console, grid, note, print_json, stages
from storyscope.errors import ModelError

if TYPE_CHECKING:
    from storyscope.generate.run import Asked

prompts = typer.Typer(help="Make writing prompts for `storyscope generate`.", no_args_is_help=True)
app.add_typer(prompts, name="prompts")

MaxCost = Annotated[
    float | None, typer.Option(help="US dollars that this may cost, in all runs together.")
]
PriceFile = Annotated[Path | None, typer.Option(help="Another price file.")]


@app.command()
def generate(
    prompt_file: Annotated[
        Path, typer.Argument(metavar="PROMPTS", help="JSON lines with a `prompt` each.")
    ],
    writers: Annotated[Path, typer.Option(help="YAML file of the models that write.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the corpus.")] = Path(
        "corpus"
    ),
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Print what it will cost, and stop.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Print what writers are told of the first prompt, and stop."
        ),
    ] = False,
    max_cost: MaxCost = None,
    ask_again: Annotated[
        bool, typer.Option("--ask-again", help="Ask once more for what was refused or cut off.")
    ] = False,
    prices: PriceFile = None,
    as_json: Json = False,
) -> None:
    """Have every writer answer every prompt; run again, it asks only for what is missing.

    storyscope generate prompts.jsonl --writers writers.yaml -o corpus/
    """
    from storyscope.generate import Generation, read_prompts, read_writers
    from storyscope.generate.stories import instruction
    from storyscope.generate.work import STORIES, is_ours

    asked, who = read_prompts(prompt_file), read_writers(writers)
    if dry_run:
        for count in sorted({w.samples if w.way == "verbalised" else 1 for w in who.writers}):
            print(instruction(asked[0], who.length, count))
        return
    output.mkdir(parents=True, exist_ok=True)
    hold(output / STORIES, is_ours)
    work = Generation.of(asked, who, output, prices)
    if ask_again and not estimate:
        note(f"{work.ask_again()} stories are asked for again.")
    expected = work.estimate()
    if estimate:
        if as_json:
            print_json([e.to_dict() for e in expected])
        else:
            for line in expected:
                console().print(str(line), markup=False)
        return
    for line in expected:
        note(str(line))
    try:
        with stages(as_json) as update:
            work.write(max_cost=max_cost, watch=lambda at: _show(update, at))
    finally:
        made = work.save(output)
    if as_json:
        print_json(made)
    else:
        _print(made, output)
    if made["unwritten"]:
        told = ", ".join(f"{n} {why}" for why, n in sorted(made["unwritten"].items()))
        raise ModelError(
            f"{sum(made['unwritten'].values())} stories were not written ({told}); "
            f"{output}/unwritten.jsonl names them, and --ask-again asks for them once more."
        )


def _show(update: Any, at: Asked) -> None:
    update("writing", at.talks, at.total, f"{at.requests} requests, ${at.cost:.4f}")


def _print(made: dict[str, Any], output: Path) -> None:
    rows = [
        (name, w["stories"], w["median_words"], w["off_length"], sum(w["unwritten"].values()))
        for name, w in made["writers"].items()
    ]
    columns = [
        "writer",
        "#stories",
        "#median words",
        "#not of the length asked for",
        "#not written",
    ]
    console().print(grid(columns, rows))
    console().print(
        f"Wrote {output}/stories.jsonl: {made['stories']} stories. "
        f"`storyscope corpus check {output}` tells what is in it.",
        markup=False,
    )


@prompts.command("from")
def from_stories(
    corpus: Annotated[Path, typer.Argument(help="A file or folder of stories.")],
    model: Annotated[str, typer.Option(help="Model that reads them.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File of prompts to write.")
    ] = Path("prompts.jsonl"),
    provider: Annotated[
        str | None, typer.Option(help="Who serves it; default told by its name.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Server of your own, as http://localhost:8080/v1.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(help="File of replies; default beside the prompts.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Print what it will cost, and stop.")
    ] = False,
    max_cost: MaxCost = None,
    prices: PriceFile = None,
    column: Column = None,
    as_json: Json = False,
) -> None:
    """Make a writing prompt of every story, without its names and its wording.

    storyscope prompts from stories.jsonl --model claude-sonnet-5-5 -o prompts.jsonl
    """
    from storyscope.cli.scoring import columns_of
    from storyscope.corpus import read_corpus
    from storyscope.generate.estimate import expect
    from storyscope.generate.infer import inferred, is_prompts, save_prompts, talks_of
    from storyscope.generate.run import ask_all
    from storyscope.generate.writers import Writer
    from storyscope.providers import service_of
    from storyscope.providers.money import load_prices
    from storyscope.providers.store import Answers

    writer = Writer("prompts", model, service_of(model, provider, base_url))
    hold(output, is_prompts, reads=corpus)
    talks = talks_of(read_corpus(corpus, columns=columns_of(column)), writer)
    store, priced = Answers(answers or output.with_suffix(".sqlite")), load_prices(prices)
    for line in expect(talks, store, priced, 100, tries=2):
        if estimate:
            console().print(str(line), markup=False)
        else:
            note(str(line))
    if estimate:
        return
    try:
        with stages(as_json) as update:
            ask_all(talks, store, priced, max_cost=max_cost, watch=lambda at: _show(update, at))
    finally:
        made = save_prompts(inferred(store, talks), output)
    if as_json:
        print_json(made)
    else:
        console().print(f"Wrote {output}: {made['prompts']} prompts.", markup=False)
    if made["without"]:
        for story, why in list(made["without"].items())[:20]:
            note(f"{story}: {why}.")
        raise ModelError(
            f"Of {len(made['without'])} stories no prompt could be made; the rest is done."
        )
