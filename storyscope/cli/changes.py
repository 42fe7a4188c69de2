"""`storyscope diff`: what changed between two versions of a model, or two runs."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyscope.cli import app, hold
from storyscope.cli.analyse import keep_csv
from storyscope.cli.options import ColumnOfCorpus, Csv, Json, Seed, Set
from storyscope.cli.output import console, grid, note, print_json, stages
from storyscope.cli.scoring import columns_of
from storyscope.cli.tables import Book, opened

if TYPE_CHECKING:
    from pandas import DataFrame

    from storyscope.changes.result import Diff
    from storyscope.codebook import Codebook
    from storyscope.corpus import Story

FAILED = 3
"""Exit status where the condition of --fail-if is met; 1 and 2 mean that there is no answer."""
LONGEST = 300
"""Characters of a passage that are printed."""


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Feature table of the old version, or of both.")],
    new: Annotated[
        Path | None, typer.Argument(help="Feature table of the new version; default the same.")
    ] = None,
    old_source: Annotated[
        str | None, typer.Option("--old", help="Source of the old version, if there are several.")
    ] = None,
    new_source: Annotated[
        str | None, typer.Option("--new", help="Source of the new version, if there are several.")
    ] = None,
    fail_if: Annotated[
        str | None,
        typer.Option(
            help="End with status 3 if this changed: any, a number of features, a dimension, or a "
            "feature id."
        ),
    ] = None,
    features: Set = "narrative",
    codebook: Book = None,
    texts: Annotated[
        list[Path] | None,
        typer.Option(
            help="Corpus of the tables, for passages; twice for one of OLD and one of NEW."
        ),
    ] = None,
    column: ColumnOfCorpus = None,
    html: Annotated[Path | None, typer.Option(help="Also write a page, .html.")] = None,
    seed: Seed = 0,
    full: Annotated[bool, typer.Option("--full", help="List every feature that varies.")] = False,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """List what changed from one version of a model to the next, or from run to run.

    storyscope diff old.parquet new.parquet --fail-if any
    """
    from storyscope.changes import diff as run
    from storyscope.corpus import read_corpus
    from storyscope.errors import TableError
    from storyscope.report.changes import changes_page, is_changes_page
    from storyscope.report.story_layout import check_page

    if html is not None:
        hold(check_page(html), is_changes_page, reads=old)
    if texts and len(texts) > 2:
        raise typer.BadParameter("--texts is given once, or once for each table.")
    if new is None and (old_source is None or new_source is None):
        raise typer.BadParameter("With one table, name both sources: --old A --new B.")
    if csv is not None:
        hold(csv, folder=True)
    first, book = opened(old, codebook)
    second, other = (first, book) if new is None else opened(new, codebook)
    if book.version != other.version:
        raise TableError(
            f"{old} goes by the codebook {book.name} ({book.version}) and {new} by {other.name} "
            f"({other.version}), so that they do not compare; score both corpora with one version."
        )
    if fail_if is not None:
        _check_condition(fail_if, book)
    sides = _only(first, old, old_source), _only(second, new or old, new_source)
    corpora: list[list[Story]] = [
        list(read_corpus(path, columns=columns_of(column))) for path in texts or []
    ]
    with stages(as_json) as update:
        found = run(
            *sides, features=features, texts=corpora[0] if corpora else None,
            new_texts=corpora[1] if len(corpora) > 1 else None, seed=seed, codebook=book,
            progress=update,
        )  # fmt: skip
    if csv is not None:
        keep_csv(found, csv, "diff")
    failed = fail_if is not None and found.fails(fail_if)
    if html is not None:
        changes_page(found, html, book)
        note(f"Wrote {html}")
    if as_json:
        command = shlex.join(["storyscope", *sys.argv[1:]])
        print_json({**found.to_dict(), "fail_if": fail_if, "failed": failed, "commands": [command]})
    else:
        _show(found, full)
    if failed:
        note(f"Status {FAILED}: --fail-if {fail_if} is met.")
        raise typer.Exit(FAILED)


def _check_condition(condition: str, book: Codebook) -> None:
    known = condition == "any" or condition in book.dimensions or condition in book
    if not known and not (condition.isdecimal() and int(condition) > 0):
        raise typer.BadParameter(
            f"--fail-if takes any, a number of features from 1, a dimension "
            f"({', '.join(book.dimensions)}) or a feature id; {condition!r} is none of these."
        )


def _only(table: DataFrame, path: Path, source: str | None) -> DataFrame:
    """The rows of one source."""
    from storyscope.errors import TableError

    if source is None:
        return table
    kept = table[table["source"] == source]
    if kept.empty:
        names = ", ".join(sorted(set(table["source"]))[:12])
        raise TableError(f"{path} has no source {source!r}; it has {names}.")
    return kept


def _show(found: Diff, full: bool) -> None:
    out = console()
    for line in found.lines():
        out.print(line, markup=False)
    for shown in found.tables(full=full):
        out.print()
        out.print(grid(shown.columns, shown.rows, shown.title))
        out.print(shown.note, style="dim", markup=False)
    for change in found.real:
        if change.passages:
            out.print(f"\n{change.feature} {change.label}", markup=False)
        for p in change.passages:
            text = " ".join(p.text.split())
            text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
            out.print(f"  {p.side} ({p.story}, {p.start}): {text}", markup=False)
