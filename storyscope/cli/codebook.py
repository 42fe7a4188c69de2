"""`storyscope features`: what is asked of a story."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyscope.cli import app
from storyscope.cli.output import console, grid, print_json


@app.command()
def features(
    feature: Annotated[
        str | None, typer.Argument(help="A feature id to show in full; default list all.")
    ] = None,
    dimension: Annotated[str | None, typer.Option(help="Only this dimension.")] = None,
    codebook: Annotated[
        Path | None, typer.Option(help="Another codebook: a folder of YAML files, or one file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the codebook, or show one feature with question, values and evidence.

    storyscope features EVT_ESC_01
    """
    from storyscope.codebook import default_codebook, load_codebook

    book = load_codebook(codebook) if codebook else default_codebook()
    if feature is not None:
        found = book[feature]
        if as_json:
            print_json(found.to_dict())
            return
        out = console()
        rows = [
            ("id", found.id),
            ("name", found.name),
            ("dimension", found.dimension),
            ("question", found.question),
            ("kind", found.kind),
            ("unit", found.unit),
            ("range", f"{found.range[0]:g} to {found.range[1]:g}" if found.range else ""),
            *(("value", f"{value}: {meaning}" if meaning else value)
              for value, meaning in found.values.items()),
            ("evidence", found.evidence),
            ("answered by", " and ".join(found.answered_by)),
            ("applies to", found.condition),
            ("set", "style" if found.style else "narrative"),
            ("source", found.source),
            *((f"card: {key}", value) for key, value in found.card.items()),
        ]  # fmt: skip
        for label, value in rows:
            if value != "":
                out.print(f"{label:>12}  {value}", markup=False)
        return
    chosen = [book[f] for f in book.ids(dimension=dimension)]
    if as_json:
        print_json([f.to_dict() for f in chosen])
        return
    rows = [
        (
            f.id,
            f.name,
            f.kind,
            "style" if f.style else "narrative",
            "+".join(f.answered_by),
            f.question,
        )
        for f in chosen
    ]
    console().print(grid(["id", "name", "kind", "set", "answered by", "question"], rows))
    console().print(
        f"{len(chosen)} features, codebook {book.version}; `storyscope features ID` shows one.",
        markup=False,
    )
