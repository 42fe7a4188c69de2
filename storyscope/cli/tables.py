"""Feature tables: one made elsewhere brought in, and each opened with the codebook it goes by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyscope.cli import app, hold
from storyscope.cli.options import Json
from storyscope.cli.output import console, grid, note, print_json

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.codebook import Codebook

Book = Annotated[
    Path | None,
    typer.Option(
        "--codebook",
        help="Codebook or taxonomy of a table made elsewhere; default that beside it, or the shipped.",
    ),
]


def opened(path: Path, codebook: Path | None) -> tuple[pd.DataFrame, Codebook]:
    """A feature table, and the codebook that was named, that lies beside it, or is shipped."""
    from storyscope.codebook import default_codebook
    from storyscope.codebook_convert import read_codebook
    from storyscope.errors import TableError, UnknownFeature
    from storyscope.imported import codebook_of
    from storyscope.table import read_table

    home = codebook or codebook_of(path)
    book = read_codebook(home) if home else default_codebook()
    try:
        return read_table(path, book), book
    except UnknownFeature as error:
        if home:
            raise
        raise TableError(
            f"{path} has a column of another codebook than the shipped one ({error.name}); name "
            "its codebook with --codebook, or bring the table in with `storyscope import-table`."
        ) from None


def own_codebook(path: Path | None, measures: Path | None = None) -> Codebook | None:
    """A codebook of the user's own, with its measures registered; None is the shipped one."""
    if measures is not None:
        from storyscope.extract.own import load_measures

        load_measures(measures)
    if path is None:
        return None
    from storyscope.codebook_convert import read_codebook

    return read_codebook(path)


@app.command("import-table")
def import_table(
    file: Annotated[Path, typer.Argument(help="CSV, TSV (also .gz) or Parquet.")],
    mapping: Annotated[Path, typer.Argument(help="YAML: which column is what.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Table to write, .parquet or .csv.")
    ] = Path("imported.parquet"),
    codebook: Annotated[
        Path | None,
        typer.Option(help="Codebook or taxonomy of the columns; default one is made."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Turn a table judged elsewhere into a feature table and a codebook beside it.

    storyscope import-table judged.csv.gz mapping.yaml -o judged.parquet
    """
    from storyscope.codebook_convert import read_codebook, save_codebook
    from storyscope.imported import import_table as run
    from storyscope.imported import read_mapping
    from storyscope.paths import folder_written_whole
    from storyscope.table import check_target, is_table, write_table

    folder = output.with_suffix(".codebook")
    hold(check_target(output), is_table, reads=file)
    hold(folder, folder=True)
    given = read_codebook(codebook) if codebook else None
    found = run(file, read_mapping(mapping), given)
    with folder_written_whole(folder, "codebook") as partial:
        save_codebook(found.codebook, partial)
        write_table(found.table, output)
    sources = {str(k): int(v) for k, v in found.table["source"].value_counts().items()}
    summary = {
        "table": str(output),
        "codebook": str(folder),
        "stories": len(found.table),
        "features": len([c for c in found.table.columns if c in found.codebook]),
        "sources": sources,
        "prompts": int(found.table["prompt_id"].nunique()),
        "notes": found.notes,
    }
    if as_json:
        print_json(summary)
        return
    console().print(grid(["source", "#stories"], list(sources.items())))
    console().print(
        f"Wrote {output}: {summary['stories']} stories, {summary['features']} features, "
        f"{summary['prompts']} prompts; codebook in {folder}.",
        markup=False,
    )
    for text in found.notes:
        note(f"Note: {text}.")
    note(f"Go on with: storyscope compare {output}")
