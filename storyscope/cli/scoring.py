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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure every story of a corpus into a feature table.

    storyscope score stories.jsonl -o table.parquet
    """
    from storyscope.corpus import read_corpus
    from storyscope.extract import Progress, score_to_file
    from storyscope.table import provenance

    stories = read_corpus(corpus, columns=columns_of(column), source=source)
    began = monotonic()
    with stages(as_json) as update:

        def watch(p: Progress) -> None:
            spent = max(monotonic() - began, 1e-6)
            fresh = p.stories - p.resumed
            rate = f"{fresh / spent:.1f} stories/s" if fresh else ""
            update("scoring (words)", p.words, p.total_words, rate)

        table = score_to_file(
            stories,
            output,
            only=only or (),
            dimensions=dimension or (),
            workers=workers,
            resume=resume,
            spacy_model=spacy_model,
            watch=watch,
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
        "problems": [str(p) for p in stories.problems],
        "seconds": round(seconds, 2),
    }
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
    report_problems(stories.problems, skip_bad)


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
