"""`storyscope features`: what is asked of a story."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyscope.cli import app, hold
from storyscope.cli.options import Json
from storyscope.cli.output import console, grid, note, print_json
from storyscope.errors import StoryscopeError

if TYPE_CHECKING:
    from storyscope.codebook import Codebook

MOST_SHOWN = 40
"""Findings that are printed for reading."""


@app.command()
def features(
    feature: Annotated[
        str | None,
        typer.Argument(help="An id to show in full, or words to search for; default list all."),
    ] = None,
    dimension: Annotated[str | None, typer.Option(help="Only this dimension.")] = None,
    codebook: Annotated[
        Path | None,
        typer.Option(help="Another codebook: a folder of YAML files, one file, or a taxonomy."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the codebook to this folder as YAML files.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(help="Also turn this table of the released layout into a feature table."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where that table goes, .parquet or .csv.")
    ] = Path("table.parquet"),
    check: Annotated[
        bool, typer.Option("--check", help="Check the wording of its questions, story unseen.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List, check and convert the codebook, or show one feature with all that belongs to it.

    storyscope features EVT_ESC_01

    storyscope features "first person"
    """
    from storyscope.codebook import ID_PATTERN, default_codebook
    from storyscope.codebook_validity import describe, validity_of

    if codebook is None:
        book = default_codebook()
    else:
        from storyscope.codebook_convert import check_codebook, read_codebook

        book = read_codebook(codebook)
        for remark in check_codebook(book):
            note(remark)
    if write is not None or table is not None:
        _convert(book, write, table, output, as_json)
        return
    if check:
        _check(book, as_json)
        return
    if feature is not None and (feature in book or ID_PATTERN.fullmatch(feature)):
        found = book[feature]
        if as_json:
            print_json({**found.to_dict(), "validity": validity_of(found)})
            return
        out = console()
        rows = [
            ("id", found.id),
            ("name", found.name),
            ("term", found.term),
            ("dimension", found.dimension),
            ("question", found.question),
            *((("more", found.says(True)), ("less", found.says(False)))
              if found.kind not in ("categorical", "multi") else ()),
            ("kind", found.kind),
            ("unit", found.unit),
            ("range", f"{found.range[0]:g} to {found.range[1]:g}" if found.range else ""),
            *(("value", f"{value}: {meaning}" if meaning else value)
              for value, meaning in found.values.items()),
            ("evidence", found.evidence),
            ("answered by", " and ".join(found.answered_by)),
            ("applies to", found.condition or "every story"),
            ("set", "style" if found.style else "narrative"),
            ("source", found.source),
            *(("example", f"{value}: {text}") for value, text in found.example.items()),
            *((key, ", ".join(value) if isinstance(value, list) else value)
              for key, value in found.card.items()),
            *(("figures", line) for row in validity_of(found) for line in describe(row)),
        ]  # fmt: skip
        for label, value in rows:
            if value != "":
                out.print(f"{label:>12}  {value}", markup=False)
        return
    words = (feature or "").lower().split()
    chosen = [
        f
        for f in (book[i] for i in book.ids(dimension=dimension))
        if all(w in f"{f.id} {f.name} {f.term} {f.question} {f.dimension}".lower() for w in words)
    ]
    if not chosen and words:
        raise StoryscopeError(
            f"No feature has {feature!r} in its id, name or question; try a shorter word, or "
            "`storyscope features` for all."
        )
    if as_json:
        print_json([{**f.to_dict(), "validity": validity_of(f)} for f in chosen])
        return
    listed = [
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
    console().print(grid(["id", "name", "kind", "set", "answered by", "question"], listed))
    console().print(
        f"{len(chosen)} features, codebook {book.version}; `storyscope features ID` shows one.",
        markup=False,
    )


def _check(book: Codebook, as_json: bool) -> None:
    """What the label-blind checks find in the questions of a codebook."""
    from storyscope.validate.questions import CHECKS, check_questions, count_findings

    found = check_questions(book, judged_only=False)
    counts = count_findings(found)
    if as_json:
        findings = [{"feature": f.feature, "check": f.check, "detail": f.detail} for f in found]
        print_json({"features": len(book), "counts": counts, "findings": findings})
        return
    rows = [(name, n, CHECKS[name]) for name, n in counts.items()]
    console().print(grid(["check", "#found", "what it finds"], rows))
    for finding in found[:MOST_SHOWN]:
        console().print(str(finding), markup=False)
    if len(found) > MOST_SHOWN:
        note(f"... and {len(found) - MOST_SHOWN} more; --json prints all.")
    console().print(
        f"{len(found)} findings in {len({f.feature for f in found})} of {len(book)} features.",
        markup=False,
    )


def _is_outside(path: Path) -> bool:
    """Whether a file is a list of cells outside a codebook, by its columns."""
    with path.open("rb") as file:
        return file.readline().rstrip() == b"story_id,feature,raw"


def _convert(
    book: Codebook, write: Path | None, table: Path | None, output: Path, as_json: bool
) -> None:
    """Write a codebook, and a table made with it, in our form."""
    from storyscope.codebook_convert import convert_features, save_codebook
    from storyscope.paths import folder_written_whole, written_whole
    from storyscope.table import check_target, csv_text, is_table, text_cells, write_table

    if write is not None:
        hold(write, folder=True)
    if table is not None:
        hold(check_target(output), is_table, reads=table)
    told: dict[str, Any] = {"features": len(book), "codebook": book.version}
    lines = []
    if write is not None:
        with folder_written_whole(write, "codebook") as partial:
            save_codebook(book, partial)
        told["folder"] = str(write)
        lines.append(f"Wrote {len(book)} features to {write}.")
    if table is not None:
        made = convert_features(table, book)
        write_table(made.table, output)
        told |= {"table": str(output), **made.counts, "absent": list(made.absent)}
        lines.append(
            f"Wrote {output}: {len(made.table):,} rows. {len(made.outside):,} cells are outside "
            f"the codebook, in {told['rows_with_any']:,} rows and {told['features_with_any']} "
            "features; they are missing now."
        )
        if len(made.outside):
            raw = output.with_suffix(".outside.csv")
            with written_whole(raw, _is_outside) as partial:
                text_cells(made.outside, csv_text).to_csv(partial, index=False)
            told["outside"] = str(raw)
            lines.append(f"What stood in them is in {raw}.")
        if made.absent:
            lines.append(f"No column for {len(made.absent)} features, as {made.absent[0]}.")
    if as_json:
        print_json(told)
        return
    for line in lines:
        console().print(line, markup=False)
