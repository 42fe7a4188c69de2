"""`storyscope score`: a corpus into a feature table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from storyscope.cli import app, hold
from storyscope.cli.options import Column, Json
from storyscope.cli.output import console, grid, note, print_json, stages, warn
from storyscope.errors import CorpusError, StoryscopeError

if TYPE_CHECKING:
    from storyscope.corpus import Corpus
    from storyscope.extract import Progress
    from storyscope.extract.cluster import Scored

Engine = Literal["local", "dask"]


@app.command()
def score(
    corpus: Annotated[str, typer.Argument(help="A file or folder of stories.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Table to write, .parquet or .csv; with --engine dask, a folder."
        ),
    ] = Path("table.parquet"),
    evidence: Annotated[
        Path | None,
        typer.Option(help="Also write the passages behind the values, .parquet; holds no text."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this feature; repeatable.")] = None,
    dimension: Annotated[
        list[str] | None, typer.Option(help="Only this dimension; repeatable.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes; 0 takes one a processor.")] = 0,
    resume: Annotated[bool, typer.Option(help="Resume an interrupted run.")] = False,
    spacy_model: Annotated[
        str | None, typer.Option(help="Any English spaCy pipeline; default en_core_web_sm.")
    ] = None,
    fast: Annotated[
        bool,
        typer.Option("--fast", help="Leave the tagger out; features that rest on it stay empty."),
    ] = False,
    as_is: Annotated[
        bool,
        typer.Option("--as-is", help="Take nothing off the texts and mend nothing in them."),
    ] = False,
    source: Annotated[
        str | None, typer.Option(help="Who wrote the stories, where the corpus does not say.")
    ] = None,
    column: Column = None,
    codebook: Annotated[
        Path | None,
        typer.Option(help="Codebook of your own to score by; it is also written beside the table."),
    ] = None,
    measures: Annotated[
        Path | None,
        typer.Option(help="Python file with the measures of that codebook; it is run."),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="End with status 0 although rows were left out.")
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
    provider: Annotated[
        str | None, typer.Option(help="Who serves the judge; default told by the model's name.")
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(help="Server of your own for the judge, as http://localhost:8080/v1."),
    ] = None,
    schema: Annotated[
        str, typer.Option(help="Whether a server is told the form of answers: auto, on or off.")
    ] = "auto",
    engine: Annotated[
        Engine, typer.Option(help="Where the work is done: here, or on a Dask cluster.")
    ] = "local",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of the cluster, as tcp://10.0.0.1:8786.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure every story of a corpus into a feature table; with --judge, also ask a model.

    storyscope score stories.jsonl -o table.parquet
    """
    from storyscope.cli import judge as judging
    from storyscope.cli.tables import own_codebook
    from storyscope.corpus import AS_IS, read_corpus
    from storyscope.extract import score_to_file
    from storyscope.extract.evidence import check_evidence, is_evidence
    from storyscope.table import check_target, is_table, provenance

    if measures is not None and codebook is None:
        raise typer.BadParameter("--measures goes with --codebook, where their features stand")
    if engine == "dask":
        if codebook is not None:
            raise typer.BadParameter("--codebook is for the local engine; leave it out here")
        _on_cluster(
            corpus, output, scheduler=scheduler, columns=columns_of(column), source=source,
            only=only or (), dimensions=dimension or (), resume=resume, spacy_model=spacy_model,
            fast=fast, as_is=as_is, skip_bad=skip_bad, as_json=as_json,
            judged=judge is not None or estimate or dry_run or batch or ask_again,
        )  # fmt: skip
        return
    if scheduler is not None:
        raise typer.BadParameter("--scheduler goes with --engine dask only")
    check_target(output)
    if as_is and judge is not None:
        raise typer.BadParameter(
            "--as-is is for what is measured; the judge is sent the story without what is no part of it"
        )
    path = Path(corpus)
    book = own_codebook(codebook, measures)
    beside = output.with_suffix(".codebook")
    written = codebook is not None and not (beside.exists() and codebook.samefile(beside))
    if written:
        hold(beside, folder=True)
    stories = read_corpus(path, columns=columns_of(column), source=source)
    asked = None
    if judge is not None:
        options = judging.Options(
            judge, only=only, dimensions=dimension, repeat=repeat, batch=batch,
            max_cost=max_cost, answers=answers, prices=prices, ask_again=ask_again,
            provider=provider, base_url=base_url, schema=schema, codebook=book,
        )  # fmt: skip
        asked = options.prepare(stories)
        if dry_run:
            judging.show_prompts(asked)
            return
        if estimate:
            judging.show_estimate(asked, options, as_json)
            return
        judging.check_ready(asked, options)
        asked.earlier(output)
    elif (
        estimate or dry_run or batch or ask_again or provider or base_url
        or max_cost is not None or repeat != 1
    ):  # fmt: skip
        raise typer.BadParameter("this goes with --judge MODEL only")
    if evidence is not None:
        if asked is not None and options.nothing_measured:
            raise typer.BadParameter(
                "--evidence keeps passages of what is measured; these features are all judged"
            )
        hold(check_evidence(evidence, output), is_evidence, reads=path)
    hold(output, is_table, reads=path)
    began = monotonic()
    told: list[str] = []
    with stages(as_json) as update:
        advance = _watcher(update)

        def watch(p: Progress) -> None:
            advance(p)
            if p.stale and not told:
                told.append(
                    f"{p.stale} stories that the unfinished run had measured are gone or not the "
                    "same any more; their rows are thrown away."
                )
                note(told[0])

        if asked is not None and options.nothing_measured:
            table = asked.add_earlier(judging.keys_only(stories, book), output)
        else:
            table = score_to_file(
                stories,
                output,
                only=(only or ()) if asked is None else options.measured,
                dimensions=dimension or (),
                workers=workers,
                resume=resume,
                spacy_model=spacy_model,
                tagger=not fast,
                normalisation=AS_IS if as_is else None,
                watch=watch,
                evidence=evidence,
                codebook=book,
                add=None if asked is None else lambda table: asked.add_earlier(table, output),
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
    if book is not None and written:
        from storyscope.codebook_convert import save_codebook
        from storyscope.paths import folder_written_whole

        with folder_written_whole(beside, "codebook") as partial:
            save_codebook(book, partial)
    seconds = monotonic() - began
    record = provenance(table)
    n_features = len(table.columns) - 4 - len(record["meta"])
    notes = [*record.get("notes", []), *(f"{n} {text}" for text, n in stories.notes.items())]
    if as_is:
        notes.append(
            "texts were read as they are, so that the table joins only tables made --as-is"
        )
    summary: dict[str, Any] = {
        "table": str(output),
        "stories": len(table),
        "words": int(table["words"].sum()),
        "features": n_features,
        "sources": {str(k): int(v) for k, v in table["source"].value_counts().items()},
        "pipeline": record["pipeline"],
        "codebook": record["codebook"],
        "normalised": record["normalised"],
        "notes": [*told, *notes],
        "found": record.get("found", {}),
        "problems": [str(p) for p in stories.problems],
        "seconds": round(seconds, 2),
    }
    if judged is not None:
        summary["judge"] = judged
    if evidence is not None:
        import pyarrow.parquet as pq

        summary["evidence"] = {
            "file": str(evidence),
            "passages": pq.read_metadata(evidence).num_rows,
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
        if evidence is not None:
            n = summary["evidence"]["passages"]
            console().print(f"Wrote {evidence}: {n:,} passages.", markup=False)
        if judged is not None:
            console().print(judging.told(judged), markup=False)
            if said := judging.missing(judged):
                note(said)
        for sentence in told_of_texts(record):
            note(sentence)
        for text in notes:
            note(f"Note: {text}.")
    report_problems(stories, skip_bad)


def _watcher(update: Callable[..., None]) -> Callable[[Progress], None]:
    """Show how far a run is, and how fast it goes."""
    began = monotonic()

    def watch(p: Progress) -> None:
        spent = max(monotonic() - began, 1e-6)
        fresh = p.stories - p.resumed
        rate = f"{fresh / spent:.1f} stories/s" if fresh else ""
        update("scoring (words)", p.words, p.total_words, rate)

    return watch


def _on_cluster(
    corpus: str,
    output: Path,
    *,
    scheduler: str | None,
    columns: dict[str, str] | None,
    source: str | None,
    only: Sequence[str],
    dimensions: Sequence[str],
    resume: bool,
    spacy_model: str | None,
    fast: bool,
    as_is: bool,
    skip_bad: bool,
    judged: bool,
    as_json: bool,
) -> None:
    """Score on a Dask cluster, into a folder of shards."""
    from storyscope.corpus import AS_IS
    from storyscope.extract.cluster import score_on_cluster

    if scheduler is None:
        raise typer.BadParameter("--engine dask needs --scheduler ADDRESS")
    if judged:
        raise typer.BadParameter(
            "--judge and what goes with it are for the local engine; leave them out here"
        )
    if output.suffix.lower() in (".parquet", ".csv"):
        raise typer.BadParameter(
            "--engine dask writes a folder of shards; name one with -o, without an ending"
        )
    hold(output, folder=True)
    began = monotonic()
    with stages(as_json) as update:
        scored = score_on_cluster(
            corpus,
            output,
            scheduler=scheduler,
            columns=columns,
            source=source,
            only=only,
            dimensions=dimensions,
            spacy_model=spacy_model,
            tagger=not fast,
            normalisation=AS_IS if as_is else None,
            resume=resume,
            watch=_watcher(update),
        )
    seconds = monotonic() - began
    record = scored.record
    summary = {
        "table": str(output),
        "stories": scored.stories,
        "words": scored.words,
        "sources": scored.sources,
        "pipeline": record.get("pipeline"),
        "codebook": record["codebook"],
        "normalised": record["normalised"],
        "notes": record["notes"],
        "found": record["found"],
        "problems": [str(problem) for problem in scored.problems],
        "skipped": scored.skipped,
        "seconds": round(seconds, 2),
    }
    if as_json:
        print_json(summary)
    else:
        console().print(grid(["source", "#stories"], list(scored.sources.items())))
        console().print(
            f"Wrote {output}: {scored.stories} stories, {scored.words:,} words in {seconds:.1f} s.",
            markup=False,
        )
        for sentence in told_of_texts(record):
            note(sentence)
        for text in record["notes"]:
            note(f"Note: {text}.")
    for skip in scored.skipped[:20]:
        warn(f"Story {skip['id']!r} was skipped: {skip['reason']}")
    report_problems(scored, skip_bad)
    if scored.skipped and not skip_bad:
        raise StoryscopeError(
            f"{len(scored.skipped)} stories could not be measured and were skipped; the rest is "
            f"done. {output / 'manifest.json'} names them."
        )


def told_of_texts(record: dict[str, Any]) -> list[str]:
    """What was taken off, mended and left in, and which texts are not stories, in sentences."""
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


def report_problems(corpus: Corpus | Scored, skip_bad: bool) -> None:
    """List rows that were kept out, and end with status 1 unless that was allowed.

    It is allowed for single rows, never for a quote that took lines of unknown number with it.
    """
    if not corpus.bad_rows:
        return
    for problem in corpus.problems[:20]:
        warn(str(problem))
    if corpus.bad_rows > 20:
        note(f"... and {corpus.bad_rows - 20} more.")
    rows = "1 bad row was" if corpus.bad_rows == 1 else f"{corpus.bad_rows} bad rows were"
    lines = corpus.bad_lines
    if lines > corpus.bad_rows:
        raise CorpusError(
            f"{rows} left out, and {lines} lines of the file went with that; the rest is done. Mend "
            "the quotes where the first of them begins: --skip-bad is for single rows."
        )
    if not skip_bad:
        raise CorpusError(f"{rows} left out; the rest is done. Mend them, or run with --skip-bad.")
