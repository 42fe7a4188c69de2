"""`storyscope compare`, `fingerprint` and `report`: what a table says of its sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyscope.cli import app, hold
from storyscope.cli.options import ColumnOfCorpus, Csv, Human, Json, Seed, Set, Table
from storyscope.cli.output import console, grid, note, print_json, stages, warn
from storyscope.cli.scoring import columns_of
from storyscope.cli.tables import Book, opened

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.console import Console

    from storyscope.compare.result import Comparison


@app.command()
def compare(
    tables: Annotated[
        list[Path],
        typer.Argument(help="Feature tables made by `storyscope score`; several are joined."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for JSON, CSV and pictures.")
    ] = None,
    features: Set = "narrative",
    by: Annotated[
        str, typer.Option(help="Column that tells sources apart: source, family, condition ...")
    ] = "source",
    human: Human = "human",
    codebook: Book = None,
    about: Annotated[
        Path | None, typer.Option(help="CSV: one row per source, and columns such as family, size.")
    ] = None,
    texts: Annotated[
        Path | None, typer.Option(help="The table's corpus: adds repetition and recurring choices.")
    ] = None,
    column: ColumnOfCorpus = None,
    words: Annotated[
        tuple[int, int] | None,
        typer.Option(help="Only stories with LOW to HIGH words."),
    ] = None,
    score: Annotated[str | None, typer.Option(help="Column with a story's score.")] = None,
    size: Annotated[str | None, typer.Option(help="Column with a model's size.")] = None,
    family: Annotated[str | None, typer.Option(help="Column with a model's family.")] = None,
    condition: Annotated[
        str | None, typer.Option(help="Column with the condition a story was written under.")
    ] = None,
    published: Annotated[
        bool | None,
        typer.Option(
            help="The StoryScope study's figures beside this table's; default where the "
            "codebook is the study's."
        ),
    ] = None,
    resamples: Annotated[int, typer.Option(min=50, help="Draws of prompts for intervals.")] = 2000,
    permutations: Annotated[int, typer.Option(min=19, help="Shuffles of labels for tests.")] = 999,
    seed: Seed = 0,
    full: Annotated[
        bool, typer.Option("--full", help="Print every table; a folder always gets them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask how close a table's sources are to one another, and to people.

    storyscope compare table.parquet -o comparison/
    """
    if output is not None:
        hold(output, folder=True)
    from dataclasses import replace

    from storyscope.compare import compare as run
    from storyscope.compare.design import Note
    from storyscope.compare.published import is_released
    from storyscope.compare.published import published as recompute
    from storyscope.compare.texts import with_texts
    from storyscope.corpus import read_corpus
    from storyscope.errors import TableError, TooLittleData
    from storyscope.table import join_tables, read_table

    first, book = opened(tables[0], codebook)
    if len(set(tables)) < len(tables):
        twice = next(path for path in tables if tables.count(path) > 1)
        raise TableError(f"{twice} is named twice; name every table once.")
    others = {str(path): read_table(path, book) for path in tables[1:]}
    data = join_tables({str(tables[0]): first, **others})
    if words is not None:
        data = _of_length(data, *words)
    if about is not None:
        data = _described(data, about)
    # Before the long part, so that what is lacking is said at once.
    stories = list(read_corpus(texts, columns=columns_of(column))) if texts is not None else []
    with stages(as_json) as update:
        found = run(
            data, features=features, by=by, human=human, seed=seed, resamples=resamples,
            permutations=permutations, progress=update, codebook=book,
        )  # fmt: skip
        if texts is not None:
            found = with_texts(
                found, data, stories, codebook=book, score=score, size=size, family=family,
                condition=condition, progress=update,
            )  # fmt: skip
        if published or (published is None and is_released(book)):
            try:
                more = recompute(
                    data, features=features, codebook=book, human=human, seed=seed, progress=update
                )
                found = replace(found, published=more)
            except TooLittleData as error:
                found = replace(found, notes=[*found.notes, Note("human", (), str(error))])
    if output is not None:
        from storyscope.compare.figures import save_figures
        from storyscope.compare.tidy import write_csv
        from storyscope.paths import folder_written_whole

        with folder_written_whole(output, "comparison") as partial:
            (partial / "comparison.json").write_text(found.to_json(), encoding="utf-8")
            save_figures(found, partial)
            write_csv(found, partial / "tables", "comparison")
            with (partial / "comparison.txt").open("w", encoding="utf-8") as file:
                _show(found, console(file), full=True)
    if as_json:
        print_json(found.to_dict())
        return
    _show(found, console(), full=full)
    if output is not None:
        note(
            f"Wrote comparison.json, comparison.txt, every figure as CSV in tables/ (dictionary.csv "
            f"explains the columns), and pictures to {output}."
        )
    elif not full:
        note("--full prints every table; -o FOLDER keeps them, with CSV, pictures and JSON.")


def keep_csv(found: Any, folder: Path, name: str) -> None:
    """Write a result as CSV files into a folder, whole or not at all."""
    from storyscope.compare.tidy import write_csv
    from storyscope.paths import folder_written_whole

    with folder_written_whole(folder, name) as partial:
        written = write_csv(found, partial, name)
    note(f"Wrote {len(written)} files to {folder}; dictionary.csv explains their columns.")


def _of_length(table: DataFrame, low: int, high: int) -> DataFrame:
    """Keep the stories of a length; what is left out is said."""
    from storyscope.errors import TableError

    if "words" not in table.columns:
        raise TableError("The table has no column 'words', so that --words cannot be used.")
    kept = table["words"].between(low, high)
    if not kept.any():
        raise TableError(f"No story has {low} to {high} words.")
    note(
        f"{int((~kept).sum())} stories of fewer than {low} or more than {high} words are left out."
    )
    return table[kept]


def _show(found: Comparison, out: Console, *, full: bool) -> None:
    """Print sentences, then tables."""
    for line in found.lines():
        out.print(line, markup=False)
    out.print()
    for shown in found.tables():
        if full or not shown.detail:
            out.print(grid(shown.columns, shown.rows, shown.title))
            if shown.note:
                out.print(shown.note, style="dim", markup=False)
            out.print()


def _described(table: DataFrame, about: Path) -> DataFrame:
    """The table with what a CSV says of each source."""
    import pandas as pd

    from storyscope.compare.texts import add_columns
    from storyscope.errors import TableError

    try:
        known = pd.read_csv(about)
    except (OSError, ValueError) as error:
        raise TableError(f"{about} cannot be read as CSV: {error}") from error
    return add_columns(table, known)


@app.command()
def fingerprint(
    table: Table,
    features: Set = "narrative",
    human: Human = "human",
    codebook: Book = None,
    top: Annotated[int, typer.Option(help="Marks of a source at most.")] = 10,
    seed: Seed = 0,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """List what marks each source off from the others and from people; what chance gives is not a mark.

    storyscope fingerprint table.parquet
    """
    from storyscope.compare.layout import tail
    from storyscope.fingerprints import fingerprint as run

    if csv is not None:
        hold(csv, folder=True)
    data, book = opened(table, codebook)
    with stages(as_json) as update:
        found = run(
            data, features=features, human=human, top=top, seed=seed, progress=update, codebook=book
        )
    if csv is not None:
        keep_csv(found, csv, "fingerprint")
    if as_json:
        print_json(found.to_dict())
        return
    out = console()
    for source, marks in found.marks.items():
        if not marks:
            out.print(f"{source}: nothing marks this source.\n", markup=False)
            continue
        rows = [
            (m.feature, m.label, f"{m.mean:.3g}", f"{m.models.others:.3g}",
             f"{m.models.delta:+.2f} [{m.models.low:+.2f}, {m.models.high:+.2f}]",
             f"{m.people.delta:+.2f} [{m.people.low:+.2f}, {m.people.high:+.2f}]" if m.people else None,
             f"{100 * m.share:.0f}%", f"{100 * m.stable:.0f}%", tail(m.q))
            for m in marks
        ]  # fmt: skip
        columns = ["feature", "name", "#here", "#others", "#delta to other models", "#delta to people",
                   "#stories beyond", "#stable", "#q"]  # fmt: skip
        out.print(grid(columns, rows, source))
    if found.human and not found.matched:
        warn(
            "People and models answered different prompts here, so a contrast with people also "
            "holds period, genre and length."
        )
    for remark in found.notes:
        note(remark)


@app.command()
def report(
    table: Table,
    output: Annotated[Path, typer.Option("--output", "-o", help="Page to write.")] = Path(
        "storyscope-report.html"
    ),
    features: Set = "narrative",
    human: Human = "human",
    codebook: Book = None,
    texts: Annotated[
        Path | None,
        typer.Option(help="The table's corpus: adds passages, repetition, recurring choices."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(help="Passages that `score --evidence` kept; default a few stories are read."),
    ] = None,
    column: ColumnOfCorpus = None,
    source: Annotated[str, typer.Option(help="Only this source: the page of one writer.")] = "",
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Write one HTML page about a table's sources: how alike, what marks them, how well told apart.

    storyscope report table.parquet --texts stories.jsonl -o report.html
    """
    from storyscope.corpus import read_corpus
    from storyscope.report import is_page
    from storyscope.report import report as run

    if evidence is not None and texts is None:
        raise typer.BadParameter(
            "--evidence holds places without text; name the corpus with --texts."
        )
    hold(output, is_page, reads=table)
    data, book = opened(table, codebook)
    stories = list(read_corpus(texts, columns=columns_of(column))) if texts is not None else None
    with stages(as_json) as update:
        found = run(
            data, output, features=features, human=human, title=title, seed=seed, progress=update,
            codebook=book, texts=stories, evidence=evidence, source=source,
        )  # fmt: skip
    if as_json:
        print_json(found)
    else:
        console().print(f"Wrote {output.resolve()}", markup=False)
