"""`storyscope import-table`: a feature table made elsewhere, with a codebook of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyscope.cli import app, hold
from storyscope.cli.output import console, grid, note, print_json


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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Turn a table judged elsewhere into a feature table and a codebook beside it.

    storyscope import-table judged.csv.gz mapping.yaml -o judged.parquet
    """
    from storyscope.codebook_convert import read_codebook, save_codebook
    from storyscope.imported import import_table as run
    from storyscope.imported import read_mapping
    from storyscope.paths import folder_written_whole
    from storyscope.table import check_target, is_table, write_table

    folder = codebook or output.with_suffix(".codebook")
    hold(check_target(output), is_table, reads=file)
    if codebook is None:
        hold(folder, folder=True)
    given = read_codebook(codebook) if codebook else None
    found = run(file, read_mapping(mapping), given)
    if codebook is None:
        with folder_written_whole(folder, "codebook") as partial:
            save_codebook(found.codebook, partial)
            write_table(found.table, output)
    else:
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
    note(f"Go on with: storyscope compare {output} --codebook {folder}")
