"""`storyscope validate`: how far the measures can be trusted, and on what that rests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from storyscope.cli import app
from storyscope.cli.options import ColumnOfCorpus, Json, Seed
from storyscope.cli.output import console, grid, print_json, stages
from storyscope.cli.readings import print_readings
from storyscope.cli.scoring import columns_of


@app.command()
def validate(
    readings: Annotated[
        Path | None,
        typer.Option(help="Folder of readings of whole stories, against which the tagger is held."),
    ] = None,
    model: Annotated[
        bool,
        typer.Option(
            "--model",
            help="Let the shipped tagger read those stories, but for those it was trained on; "
            "needs --corpora.",
        ),
    ] = False,
    corpora: Annotated[
        Path | None,
        typer.Option(help="Folder of the corpora in which the texts of the readings are."),
    ] = None,
    passages: Annotated[
        Path | None,
        typer.Option(help="Folder of labelled passages; default the checkout's tests/validation."),
    ] = None,
    litbank: Annotated[
        Path | None, typer.Option(help="Your copy of LitBank: a folder or .tar.gz.")
    ] = None,
    table: Annotated[
        list[Path] | None,
        typer.Option(help="Feature table to hold published findings against; repeatable."),
    ] = None,
    invariance: Annotated[
        Path | None,
        typer.Option(help="Corpus whose stories are measured anew in other typography and names."),
    ] = None,
    stories: Annotated[int, typer.Option(help="Stories of that corpus to take.")] = 60,
    column: ColumnOfCorpus = None,
    questions: Annotated[
        bool, typer.Option(help="Check the wording of the questions asked of a judge.")
    ] = False,
    judge: Annotated[
        Path | None,
        typer.Option(
            help="Table with judged answers. Report how well they agree with measures, with the "
            "tagger and with --readings."
        ),
    ] = None,
    spacy_model: Annotated[str | None, typer.Option(help="Any English spaCy pipeline.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Hold what is measured against readings, gold, passages, published findings and altered texts.

    storyscope validate --readings gold
    """
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.validate import run
    from storyscope.validate.whole.run import whole_figures

    if (model or corpora) and (judge or not readings):
        raise typer.BadParameter("--model and --corpora go with --readings, without --judge.")
    pipeline = load_pipeline(spacy_model)
    found: dict[str, Any] = {}
    with stages(as_json) as update:
        if readings and not judge:
            reader = pipeline if model else None
            found["whole"] = whole_figures(readings, corpora, reader, update, seed)
        only = readings or table or invariance or questions or judge
        if passages or not only:
            folder = run.home(passages)
            found["passages"] = run.passage_figures(folder, pipeline, update, seed)
            found["readings"] = run.reading_figures(folder / "readings")
        if litbank:
            found["gold"] = run.gold_figures(litbank, pipeline, update)
        if table:
            found["findings"] = {str(path): run.finding_figures(path, seed) for path in table}
            found["length"] = {str(path): run.length_figures(path) for path in table}
        if invariance:
            found["invariance"] = run.invariance_figures(
                invariance, pipeline, stories, update, columns_of(column)
            )
        if questions:
            found["questions"] = run.question_figures()
        if judge:
            found |= run.judge_figures(judge, readings, seed)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    if "whole" in found:
        print_readings(found["whole"])
    if "gold" in found:
        _gold(found["gold"])
    if "passages" in found:
        _passages(found["passages"])
        _readings(found["readings"])
    for path, rows in found.get("findings", {}).items():
        _findings(path, rows)
    for path, rows in found.get("length", {}).items():
        _length(path, rows)
    if "invariance" in found:
        _invariance(found["invariance"])
    if "questions" in found:
        _plain(found["questions"], "Wording of judged questions")
    if found.get("judge"):
        _plain(found["judge"], "Measure and judge")
    if "twins" in found:
        _twins(found["twins"])


def _span(pair: Any) -> str:
    return f"{pair[0]:.2f} to {pair[1]:.2f}" if pair else "–"


def _gold(rows: list[dict[str, Any]]) -> None:
    shown = [
        (r["name"], r["n"], r.get("precision"), r.get("recall"), r.get("f1", r.get("r")), _span(r["interval"]))
        for r in rows
    ]  # fmt: skip
    columns = ["layer", "#n", "#precision", "#recall", "#F1 or r", "#95%"]
    console().print(grid(columns, shown, "Against LitBank, on texts not learned from"))


def _passages(rows: list[dict[str, Any]]) -> None:
    shown = [
        (r["family"], r["part"], r["positives"], r["negatives"], r["precision"], r["recall"], r["f1"],
         _span(r["f1_interval"]))
        for r in rows
    ]  # fmt: skip
    columns = ["family", "part", "#with", "#without", "#precision", "#recall", "#F1", "#95%"]
    console().print(grid(columns, shown, "Our own passages; sealed ones were never tuned on"))


def _readings(rows: list[dict[str, Any]]) -> None:
    shown = [
        (r["family"], r["hits"], r["right"], r["precision"], _span(r["interval"]), r["near"], r["missed"],
         r["agreement"])
        for r in rows
    ]  # fmt: skip
    columns = ["family", "#hits read", "#right", "#precision", "#95%", "#near misses read",
               "#with the trait", "#readings agree"]  # fmt: skip
    console().print(grid(columns, shown, "Real stories, read twice without knowing the source"))


def _findings(path: str, rows: list[dict[str, Any]]) -> None:
    shown = [
        (r["who"], r["claim"], r["feature"], f"{r['delta']:+.2f}", f"{r['low']:+.2f} to {r['high']:+.2f}", r["verdict"])
        for r in rows
    ]  # fmt: skip
    columns = ["of", "published", "feature", "#delta", "#95%", "verdict"]
    title = f"{path}: published findings at equal lengths (Cliff’s delta)"
    console().print(grid(columns, shown, title))


def _length(path: str, rows: list[dict[str, Any]]) -> None:
    shown = [(r["feature"], r["name"], f"{r['r']:+.2f}") for r in rows[:15]]
    columns = ["feature", "name", "#rank correlation with words"]
    console().print(grid(columns, shown, f"{path}: most tied to length, within sources"))


def _invariance(rows: list[dict[str, Any]]) -> None:
    fallen = [r for r in rows if not r["stands"]]
    shown = [
        (r["variant"], r["feature"], r["stories"], f"{r['mean']:+.2f}", f"{100 * r['moved']:.0f}%",
         f"{100 * r['defined']:.0f}%")
        for r in fallen
    ]  # fmt: skip
    columns = ["changed", "feature", "#stories", "#mean shift (SD)", "#moved", "#defined or not"]
    console().print(grid(columns, shown, "Features that move although the story is the same"))
    kinds = {
        "rules": "measures by rule",
        "tagger": "measures of what the tagger found",
        "tags": "what the tagger says itself",
    }
    for basis, what in kinds.items():
        for variant in dict.fromkeys(r["variant"] for r in rows if r["basis"] == basis):
            mine = [r for r in rows if (r["basis"], r["variant"]) == (basis, variant)]
            console().print(
                f"{variant}, {what}: {sum(r['stands'] for r in mine)} of {len(mine)} stand"
            )


def _twins(rows: list[dict[str, Any]]) -> None:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.0f}%"

    shown = [
        (r["trait"], r["feature"], r["against"], r["stories"], r["figure"], r["value"], _span(r["interval"]),
         share(r["yes"]), share(r["yes_there"]))
        for r in rows
    ]  # fmt: skip
    columns = ["trait", "asked", "against", "#stories", "figure", "#value", "#95%", "#judge says yes",
               "#other side"]  # fmt: skip
    console().print(grid(columns, shown, "A judge against the tagger and against readings"))


def _plain(rows: list[dict[str, Any]], title: str) -> None:
    columns = list(rows[0]) if rows else ["nothing"]
    console().print(grid(columns, [tuple(r.values()) for r in rows], title))
