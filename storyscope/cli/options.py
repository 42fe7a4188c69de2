"""Options that several commands take, each with its one name and wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Table = Annotated[Path, typer.Argument(help="A feature table made by `storyscope score`.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Human = Annotated[str, typer.Option(help="The source that stands for people.")]
Set = Annotated[
    Literal["narrative", "style", "all"], typer.Option("--features", help="Which features to use.")
]
Csv = Annotated[
    Path | None,
    typer.Option("--csv", help="Folder for every figure as CSV, with a dictionary of columns."),
]
Column = Annotated[list[str] | None, typer.Option(help="Column under another name, as text=body.")]
ColumnOfCorpus = Annotated[
    list[str] | None,
    typer.Option(help="Column of that corpus under another name, as text=body."),
]
