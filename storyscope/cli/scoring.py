"""`storyscope score`: a corpus into a feature table."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from storyscope.cli import app
from storyscope.cli.output import console, grid, note, print_json, stages, warn
from storyscope.errors import CorpusError


@app.command()
def score(
    corpus: Annotated[Path, typer.Argument(help="A file or folder of stories.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Table to write, .parquet or .csv.")
    ] = Path("table.parquet"),
    only: Annotated[list[str] | None, typer.Option(help="Only this feature; repeatable.")] = None,
    dimension: Annotated[
        list[str] | None, typer.Option(help="Only this dimension; repeatable.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes; 0 takes one a processor.")] = 0,
    resume: Annotated[bool, typer.Option(help="Go on with a run that was stopped.")] = False,
    spacy_model: Annotated[
        str | None, typer.Option(help="Any English spaCy pipeline; default en_core_web_sm.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Who wrote the stories, where the corpus does not say.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Column under another name, as text=body.")
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows out and still end with status 0.")
    ] = False,
    judge: Annotated[
        str | None, typer.Option(help="Also put questions to this model; costs money.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Print what the judge will cost, and stop.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what the judge is sent on a story, and stop.")
    ] = False,
    max_cost: Annotated[
        float | None, typer.Option(help="US dollars that the judge may cost, in all runs.")
    ] = None,
    repeat: Annotated[int, typer.Option(help="Readings by the judge of every story.")] = 1,
    batch: Annotated[
        bool, typer.Option("--batch", help="Ask in batches: half the price, up to a day.")
    ] = False,
    ask_again: Annotated[
        bool, typer.Option("--ask-again", help="Ask once more what was refused or cut off.")
    ] = False,
    answers: Annotated[
        Path | None, typer.Option(help="File of the judge's replies; default in your data folder.")
    ] = None,
    prices: Annotated[Path | None, typer.Option(help="Another price file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure every story of a corpus into a feature table; with --judge, also ask a model.

    storyscope score stories.jsonl -o table.parquet
    """
    from storyscope.cli import judge as judging
    from storyscope.corpus import read_corpus
    from storyscope.extract import Progress, score_to_file
    from storyscope.table import provenance

    stories = read_corpus(corpus, columns=columns_of(column), source=source)
    asked = None
    if judge is not None:
        options = judging.Options(
            judge, only=only, dimensions=dimension, repeat=repeat, batch=batch,
            max_cost=max_cost, answers=answers, prices=prices, ask_again=ask_again,
        )  # fmt: skip
        asked = options.prepare(stories)
        if dry_run:
            judging.show_prompts(asked)
            return
        if estimate:
            judging.show_estimate(asked, options, as_json)
            return
        judging.check_ready(asked, options)
    elif estimate or dry_run or batch or ask_again or max_cost is not None or repeat != 1:
        raise typer.BadParameter("this goes with --judge MODEL only")
    began = monotonic()
    with stages(as_json) as update:

        def watch(p: Progress) -> None:
            spent = max(monotonic() - began, 1e-6)
            fresh = p.stories - p.resumed
            rate = f"{fresh / spent:.1f} stories/s" if fresh else ""
            update("scoring (words)", p.words, p.total_words, rate)

        if asked is not None and options.nothing_measured:
            table = judging.keys_only(stories)
        else:
            table = score_to_file(
                stories,
                output,
                only=(only or ()) if asked is None else options.measured,
                dimensions=dimension or (),
                workers=workers,
                resume=resume,
                spacy_model=spacy_model,
                watch=watch,
            )
    judged = None
    if asked is not None:
        expected, complete = judging.ask(asked, options, as_json)
        if complete:
            table, judged = judging.finish(asked, table, output, expected)
        else:
            note(
                "The judge's answers are not in the table yet: run `storyscope judge collect` "
                "later, then this command again."
            )
    seconds = monotonic() - began
    record = provenance(table)
    n_features = len(table.columns) - 4 - len(record["meta"])
    summary: dict[str, Any] = {
        "table": str(output),
        "stories": len(table),
        "words": int(table["words"].sum()),
        "features": n_features,
        "sources": {str(k): int(v) for k, v in table["source"].value_counts().items()},
        "pipeline": record["pipeline"],
        "codebook": record["codebook"],
        "normalised": record["normalised"],
        "found": record.get("found", {}),
        "problems": [str(p) for p in stories.problems],
        "seconds": round(seconds, 2),
    }
    if judged is not None:
        summary["judge"] = judged
    if as_json:
        print_json(summary)
    else:
        rows = [(s, n, int(table.loc[table["source"] == s, "words"].median()))
                for s, n in summary["sources"].items()]  # fmt: skip
        console().print(grid(["source", "#stories", "#median words"], rows))
        console().print(
            f"Wrote {output}: {len(table)} stories, {n_features} features, "
            f"{summary['words']:,} words in {seconds:.1f} s ({record['pipeline']}).",
            markup=False,
        )
        if judged is not None:
            console().print(judging.told(judged), markup=False)
    for sentence in told_of_texts(record):
        note(sentence)
    report_problems(stories.problems, skip_bad)


def told_of_texts(record: dict[str, Any]) -> list[str]:
    """What was taken off, mended and left in, and which texts are no stories, in sentences."""
    from storyscope.corpus.findings import Finding, Findings

    groups = {
        group: {what: Finding(**f) for what, f in found.items()}
        for group, found in record.get("found", {}).items()
    }
    sentences = Findings(**groups).sentences()
    if groups.get("kinds"):
        sentences.append(
            "The measures are for stories in prose; the values of other texts say little."
        )
    return sentences


def columns_of(pairs: list[str] | None) -> dict[str, str] | None:
    """``text=body`` options as a mapping."""
    if not pairs:
        return None
    mapping = {}
    for pair in pairs:
        name, _, column = pair.partition("=")
        if not name or not column:
            raise typer.BadParameter(f"--column takes NAME=COLUMN, not {pair!r}")
        mapping[name] = column
    return mapping


def report_problems(problems: Any, skip_bad: bool) -> None:
    """List rows that were kept out, and end with status 1 unless that was allowed."""
    if not problems:
        return
    for problem in problems[:20]:
        warn(str(problem))
    if len(problems) > 20:
        note(f"... and {len(problems) - 20} more.")
    if not skip_bad:
        raise CorpusError(
            f"{len(problems)} bad rows were left out; the rest is done. Mend them, or run with "
            "--skip-bad."
        )
