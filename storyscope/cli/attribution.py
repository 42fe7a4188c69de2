"""`storyscope train`, `evaluate` and `attribute`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyscope.cli import app, hold
from storyscope.cli.analyse import keep_csv
from storyscope.cli.options import Csv
from storyscope.cli.output import console, grid, note, print_json, print_spoils, stages, warn
from storyscope.cli.scoring import columns_of
from storyscope.cli.tables import Book, opened
from storyscope.errors import CorpusError, TooLittleData, UnusableText
from storyscope.paths import written_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from storyscope.attribute import Attribution, Evaluation
    from storyscope.codebook import Codebook

Table = Annotated[Path, typer.Argument(help="A feature table made by `storyscope score`.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Texts = Annotated[
    Path | None,
    typer.Option(help="The corpus the table was made of, for the words-alone baseline."),
]
Column = Annotated[
    list[str] | None,
    typer.Option(help="Column of that corpus under another name, as text=body."),
]
Set = Annotated[str, typer.Option("--features", help="narrative, style or all.")]


@app.command()
def train(
    table: Table,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the model.")] = Path(
        "model"
    ),
    features: Set = "narrative",
    texts: Texts = None,
    column: Column = None,
    evaluate: Annotated[bool, typer.Option(help="Cross-validate by prompt first.")] = True,
    tune: Annotated[
        bool, typer.Option(help="Choose depth, trees and line by log loss on prompts held out.")
    ] = False,
    background: Annotated[
        str, typer.Option(help="Source that stands for all other writers: learned, never named.")
    ] = "",
    codebook: Book = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    as_json: Json = False,
) -> None:
    """Train an attribution model on a feature table, with cross-validation by prompt.

    storyscope train table.parquet -o model/
    """
    hold(output, folder=True)
    from storyscope.attribute import Attributor
    from storyscope.attribute.tuning import tune as choose

    data, book = opened(table, codebook)
    if background and background not in set(data["source"]):
        raise TooLittleData(
            f"The table has no source {background!r} to be the background; its sources are "
            f"{', '.join(sorted(set(data['source'])))}."
        )
    named = data[data["source"] != background]
    bodies = _bodies(named, texts, column)
    counts = data["source"].value_counts().sort_index()
    summary: dict[str, Any] = {
        "stories": len(data),
        "prompts": int(data["prompt_id"].nunique()),
        "texts": {str(source): int(n) for source, n in counts.items()},
    }
    evaluations: list[Evaluation] = []
    with stages(as_json) as update:
        if evaluate:
            evaluations = _evaluate(named, (features,), bodies, tune, seed, update, book)
            summary["evaluation"] = [e.to_dict() for e in evaluations]
        update("final fit", 0, 1)
        settings = choose(named, features, seed=seed, codebook=book) if tune else {}  # type: ignore[arg-type]
        model = Attributor(features, background=background, seed=seed, **settings).fit(  # type: ignore[arg-type]
            data, codebook=book
        )
        model.save(output, summary)
    if as_json:
        print_json({"model": str(output), "sources": [str(c) for c in model.classes_], **summary})
        return
    if evaluations:
        print_evaluations(evaluations)
    console().print(
        f"Wrote {output}: {len(model.classes_)} sources, {len(model.feature_ids_)} {features} "
        f"features, {len(data)} stories.",
        markup=False,
    )


@app.command("evaluate")
def evaluate_table(
    table: Table,
    texts: Texts = None,
    column: Column = None,
    features: Annotated[
        list[str] | None, typer.Option("--features", help="narrative, style, all; repeatable.")
    ] = None,
    tune: Annotated[
        bool, typer.Option(help="Let every training fold choose its settings (nested).")
    ] = True,
    codebook: Book = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Say how well a table's sources can be told apart on prompts held out.

    storyscope evaluate table.parquet --texts stories.jsonl
    """
    from storyscope.spoils import what_spoils

    if csv is not None:
        hold(csv, folder=True)
    data, book = opened(table, codebook)
    sets = tuple(features) if features else ("narrative", "style", "all")
    bodies = _bodies(data, texts, column)
    with stages(as_json) as update:
        evaluations = _evaluate(data, sets, bodies, tune, seed, update, book)
    if csv is not None:
        keep_csv(evaluations, csv, "evaluation")
    spoils = what_spoils(data)
    if as_json:
        for line in spoils:
            warn(line)
        print_json([e.to_dict() for e in evaluations])
    else:
        print_evaluations(evaluations, spoils)


@app.command()
def attribute(
    texts: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Manuscripts (.txt, .docx, .epub, .pdf ...), folders of them, or - for input.",
            allow_dash=True,
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="Folder made by `storyscope train`; default the shipped models."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write one row per text, .csv or .json.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the answer for one text: a .png, .svg or .pdf file."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(help="Write the page of one text: the answer, its reasons, the text marked."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Feature table whose rows are attributed, each by itself, without texts."
        ),
    ] = None,
    measures: Annotated[
        Path | None,
        typer.Option(help="Python file with the measures of a model's own codebook; it is run."),
    ] = None,
    spacy_model: Annotated[str | None, typer.Option(help="Any English spaCy pipeline.")] = None,
    as_json: Json = False,
) -> None:
    """Say whether a text reads like a person's or a model's, then which family's, and why.

    storyscope attribute story.txt
    """
    from storyscope.attribute.ahead import parsed_ahead

    if output is not None and output.suffix.lower() not in (".csv", ".json"):
        instead = f"; a page is written by --html {output.name}" if ".htm" in output.suffix else ""
        raise UnusableText(f"Answers are written as .csv or .json, not {output.name!r}{instead}.")
    if bool(texts) == (table is not None):
        raise typer.BadParameter("name text files, or a feature table with --table")
    if table is not None and plot is not None:
        raise typer.BadParameter("--plot draws the answer for a text, not for table rows")
    if table is not None and html is not None:
        raise typer.BadParameter("--html shows a text, not table rows")
    if measures is not None:
        from storyscope.extract.own import load_measures

        load_measures(measures)
    if output is not None:
        hold(output, is_answers)
    if plot is not None:
        from storyscope.report.attribution import check_figure, is_figure

        hold(check_figure(plot), is_figure)
    if html is not None:
        from storyscope.report.story_layout import check_page, is_story_page

        hold(check_page(html), is_story_page)
    if table is not None:
        _attribute_rows(table, model, output, as_json)
        return
    paths, bad = _text_files(texts or [])
    alone = len(paths) == 1 and not bad
    if plot is not None and not alone:
        raise UnusableText(f"One text is drawn at a time, not {len(paths)}; name one with --plot.")
    if html is not None and not alone:
        raise UnusableText(
            f"A page shows one text, not {len(paths)}; name one with --html, or call the command for "
            "each."
        )
    named = len(paths) + len(bad)
    bodies: list[tuple[str, str]] = []
    for path in paths:
        try:
            bodies.append((str(path), read_text(path)))
        except UnusableText as error:
            if alone:
                raise
            bad.append(str(error))
    found: list[dict[str, Any]] = []
    ahead = parsed_ahead(bodies[0][1] if alone else "", spacy_model)
    with ahead as feeding, stages(as_json or alone) as update:
        from storyscope.attribute.panel import shipped
        from storyscope.extract.pipeline import load_pipeline

        attributor = shipped(model)
        pipeline = feeding(load_pipeline(spacy_model))
        for k, (name, body) in enumerate(bodies):
            update("attributing", k, len(bodies))
            try:
                if html is not None:
                    from storyscope.report.story import read_story

                    measured = read_story(body, pipeline=pipeline)
                    answer = attributor.attribute(body, pipeline=pipeline, measured=measured)
                else:
                    answer = attributor.attribute(body, pipeline=pipeline)
            except UnusableText as error:
                if alone:
                    raise
                bad.append(f"{name}: {error}")
                continue
            found.append({"text": name, **answer.to_dict()})
            if not as_json and output is None:
                print_attribution(name, answer)
            else:
                for warning in answer.warnings:
                    warn(f"{name}: {warning}")
            if plot is not None:
                from storyscope.report.attribution import save_attribution

                note(f"Drew {save_attribution(answer, plot, Path(name).name)}.")
            if html is not None:
                from storyscope.report import story_page

                page = story_page(
                    body,
                    html,
                    name=Path(name).name if name != "-" else "",
                    answer=answer,
                    model=attributor,
                    measured=measured,
                )
                note(f"Wrote {html}: {len(page['passages'])} passages; open it in a browser.")
    if output is not None:
        write_answers(found, output)
        note(f"Wrote {output}: {len(found)} text{'' if len(found) == 1 else 's'}.")
    if as_json:
        print_json(found[0] if alone and found else found)
    if bad:
        for line in bad:
            warn(line)
        raise UnusableText(f"{len(bad)} of {named} texts could not be attributed.")


def _attribute_rows(path: Path, model: Path | None, output: Path | None, as_json: bool) -> None:
    """Attribute stories from their rows in a feature table, one at a time."""
    from storyscope.attribute.panel import shipped
    from storyscope.table import read_table

    attributor = shipped(model)
    rows = read_table(path, attributor.codebook_)
    found: list[dict[str, Any]] = []
    with stages(as_json or len(rows) == 1) as update:
        for k, name in enumerate(rows["story_id"]):
            update("attributing", k, len(rows))
            answer = attributor.attribute_row(rows.iloc[[k]])
            found.append({"text": str(name), **answer.to_dict()})
            if not as_json and output is None:
                print_attribution(str(name), answer)
    if output is not None:
        write_answers(found, output)
        note(f"Wrote {output}: {len(found)} {'story' if len(found) == 1 else 'stories'}.")
    if as_json:
        print_json(found[0] if len(found) == 1 else found)


def _text_files(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """Files as they are and those of folders, in order; and what in folders cannot be read."""
    from storyscope.corpus import MANUSCRIPTS
    from storyscope.corpus.readers import ABOUT, files_of, no_manuscript

    found: list[Path] = []
    bad: list[str] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = list(files_of(path))
        inside = [file for file in inside if file.stem.lower() not in ABOUT]
        texts = [file for file in inside if file.suffix.lower() in MANUSCRIPTS]
        if not texts:
            raise UnusableText(
                f"The folder {path} holds no text; texts end in {', '.join(MANUSCRIPTS)}."
            )
        found += texts
        bad += [f"{file}: {no_manuscript(file)}" for file in inside if file not in set(texts)]
    return found, bad


_ANSWER = (
    "text", "words", "reads_like", "confidence", "ai", "built", "worded", "set", "no_ground",
    "unlike_reference", "novelty",
)  # fmt: skip
"""Columns that a file of answers begins with."""
_OWN = {
    "people_compared": "texts",
    "people_at_least": "at_least",
    "people_share": "share",
    "people_low": "low",
    "people_high": "high",
}
"""Columns of a calibrated model, and what they are called in an answer."""


def write_answers(found: list[dict[str, Any]], path: Path) -> None:
    """A row a text as CSV, or everything as JSON; whole or not at all."""
    import csv
    import io
    import json

    from storyscope.table import csv_text

    if path.suffix.lower() == ".json":
        content = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    else:
        sources = sorted({s for row in found for s in (*row["set"], *(row["probabilities"] or ()))})
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        names = [f"p {csv_text(s)}" for s in sources]
        own = list(_OWN) if any(row["own_people"] for row in found) else []
        writer.writerow([*_ANSWER, *names, "versions", *own, "warnings"])
        for row in found:
            shares = row["probabilities"] or {}
            cells = [
                row["text"], row["words"], row["reads_like"], row["confidence"], row["ai"],
                row["built"], row["worded"], "|".join(row["set"]), " ".join(row["no_ground"]),
                str(row["unlike_reference"]).lower(), row["novelty"],
                *(shares.get(s) for s in sources),
                "|".join(f"{v} {share:.2f}" for v, share in row["versions"].items()),
                *((row["own_people"] or {}).get(_OWN[name]) for name in own),
                " ".join(row["warnings"]),
            ]  # fmt: skip
            writer.writerow([csv_text(c) if isinstance(c, str) else c for c in cells])
        content = buffer.getvalue()
    with written_whole(path, is_answers) as partial:
        partial.write_text(content, encoding="utf-8", errors="backslashreplace")


def is_answers(path: Path) -> bool:
    """Whether a file holds answers as `write_answers` writes them, by what it says itself."""
    import json

    try:
        content = path.read_text(encoding="utf-8")
        if path.suffix.lower() == ".csv":
            return content.startswith(",".join(_ANSWER) + ",")
        found = json.loads(content)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, list) and all(
        isinstance(row, dict) and {"text", "probabilities", "set", "confidence"} <= set(row)
        for row in found
    )


def read_text(path: Path) -> str:
    """A manuscript or standard input, or one clear sentence about why it is none."""
    from storyscope.corpus import read_manuscript
    from storyscope.corpus.decoding import decode

    try:
        if str(path) == "-":
            return decode(sys.stdin.buffer.read()).text
        found = read_manuscript(path)
    except CorpusError as error:
        name = "standard input: " if str(path) == "-" else ""
        raise UnusableText(f"{name}{error}") from None
    for text, n in found.left_out.items():
        note(f"{path}: {n} {text}.")
    return found.text


def _bodies(
    data: pd.DataFrame, texts: Path | None, column: list[str] | None
) -> dict[str, str] | None:
    """The texts of a table's stories."""
    from storyscope.corpus import read_corpus

    if texts is None:
        return None
    bodies = {s.id: s.text for s in read_corpus(texts, columns=columns_of(column))}
    if missing := set(data["story_id"]) - set(bodies):
        raise UnusableText(
            f"{len(missing)} stories of the table are not in {texts} (first: {min(missing)!r}); "
            "give the corpus that the table was made of, with the same --column options."
        )
    return bodies


def _evaluate(
    data: pd.DataFrame,
    sets: tuple[str, ...],
    bodies: dict[str, str] | None,
    tuned: bool,
    seed: int,
    update: Any,
    book: Codebook | None = None,
) -> list[Evaluation]:
    from storyscope.attribute import evaluate

    return evaluate(
        data,
        feature_sets=sets,  # type: ignore[arg-type]
        texts=bodies,
        tuned=tuned,
        seed=seed,
        progress=lambda stage, done, total: update(f"cross-validating: {stage}", done, total),
        codebook=book,
    )


def print_evaluations(evaluations: list[Evaluation], spoils: Sequence[str] = ()) -> None:
    """What spoils them, figures of every method, then the confusion matrix of the first."""
    from storyscope.attribute.baselines import best_trivial

    out = console()
    print_spoils(spoils)
    first = evaluations[0]
    if first.n_features and (trivial := best_trivial(evaluations)):
        out.print(
            f"From {first.name} features: macro F1 {first.metrics['macro_f1']}. Best without reading "
            f"a story: {trivial.name}, {trivial.metrics['macro_f1']}.",
            markup=False,
        )
    rows: list[tuple[Any, ...]] = [
        (e.name, e.n_features or "", e.metrics["macro_f1"], e.metrics["accuracy"],
         e.metrics["log_loss"], e.metrics["brier"])
        for e in evaluations
    ]  # fmt: skip
    out.print(
        grid(
            ["learned from", "#features", "#macro F1", "#accuracy", "#log loss", "#Brier"],
            rows,
            f"{first.n_stories} stories, {first.n_prompts} prompts, {first.folds} folds by prompt; "
            "95% intervals over prompts",
        )
    )
    rows = [
        (e.name, e.ece_before, e.metrics["ece"], e.ece_chance, e.metrics["auc"],
         e.metrics.get("auc_matched"),
         "" if e.length_lean != e.length_lean else f"{e.length_lean:+.2f}")
        for e in evaluations
    ]  # fmt: skip
    out.print(
        grid(
            ["learned from", "#ECE before", "#ECE after", "#ECE by chance", "#AUC",
             "#AUC, equal length", "#score and length"],
            rows,
            "Calibration out of fold, and the error that perfect answers would show on so many "
            "texts; AUC over pairs of sources, all texts and those within 10% of "
            "one length; rank correlation of scores with length within a source",
        )
    )  # fmt: skip
    total = [sum(row) for row in first.confusion]
    confusion = [
        (source, *(f"{100 * n / max(t, 1):.0f}" for n in row), first.metrics[f"f1 {source}"])
        for source, row, t in zip(first.sources, first.confusion, total, strict=True)
    ]
    out.print(
        grid(
            ["written by", *(f"#{s}" for s in first.sources), "#F1"],
            confusion,
            f"Named as (%), from {first.name} features",
        )
    )
    _print_detection(evaluations)


def _print_detection(evaluations: list[Evaluation]) -> None:
    """How many of models' texts are found at fixed rates of false alarms: by method, then by group."""
    from storyscope.attribute.rates import told

    first = evaluations[0]
    if not first.detection:
        return
    people, models = first.detection[0]["people"], first.detection[0]["models"]
    columns = ["#AUC", *(f"#found at {r}" for r in told(first.detection[0])["rates"])]
    rows = []
    for e in evaluations:
        figures = told(e.detection[0])
        rows.append((e.name, figures["auc"], *figures["rates"].values()))
    console().print(
        grid(
            ["learned from", *columns],
            rows,
            f"Texts of other sources ({models}) found, at cuts that so many of people's ({people}) "
            "pass; 95% intervals over prompts",
        )
    )
    groups = [(r["by"], r["group"], r["people"], r["models"], told(r)) for r in first.detection[1:]]
    if groups:
        console().print(
            grid(
                ["by", "group", "#people", "#models", *columns],
                [(*row, t["auc"], *t["rates"].values()) for *row, t in groups],
                f"The same by group, from {first.name} features; a group with people has its own cut",
            )
        )


CALLED = {"human": "a person", "other": "some other model"}
"""How rows of the shipped answer are called."""


def print_attribution(name: str, answer: Attribution) -> None:
    """One answer for reading: person or model, then which family, then why."""
    from storyscope.codebook import default_codebook

    out = console()
    length = f"{answer.words:,} words" if answer.words else "length unknown"
    out.print(f"{name}: {length}", markup=False)
    for warning in answer.warnings:
        warn(warning)
    if answer.probabilities is None:
        out.print(f"No probabilities: {' '.join(answer.no_ground)}", markup=False)
        return
    for line in [*headline(answer), *(answer.own_people or {}).get("said", ())]:
        out.print(line, markup=False)
    called = CALLED if answer.ai is not None else {}
    rows: list[tuple[Any, ...]] = []
    for source, p in answer.probabilities.items():
        rows.append((called.get(source, source), f"{100 * p:.1f}%", "#" * round(30 * p)))
        if source == answer.reads_like:
            rows += [(f"  nearest: {v}", f"{share:.0%} of it", "") for v, share in
                     list(answer.versions.items())[:3]]  # fmt: skip
    out.print(grid(["reads like", "#probability", ""], rows))
    seen = ""
    if answer.coverage_seen is not None:
        low, high = answer.coverage_seen
        seen = f" (held the writer of {low:.0%} to {high:.0%} of texts, by corpus held out)"
    members = ", ".join(called.get(s, s) for s in answer.set)
    said = [f"{answer.coverage:.0%} set{seen}: {members}"]
    said.append(f"confidence {answer.confidence:.0%}")
    if answer.novelty is not None:
        said.append(f"more unusual than {answer.novelty:.0%} of the reference")
    out.print("; ".join(said), markup=False)
    _print_reasons(answer)
    if answer.passages:
        out.print("Sentences that weigh most, by their characters in the text", markup=False)
    book = default_codebook()
    for passage in answer.passages:
        out.print(f"  {passage.start}-{passage.end}: {passage.text.strip()}", markup=False)
        names = (book[f].name if f in book else f for f in passage.features)
        out.print(f"      {'; '.join(names)}", style="dim", markup=False)
    if answer.segments:
        rows = [(f"{s.start}-{s.end}", s.words, *(f"{100 * p:.0f}" for p in s.probabilities.values()))
                for s in answer.segments]  # fmt: skip
        out.print(
            grid(["characters", "#words", *(f"#{s}" for s in answer.probabilities)], rows,
                 "Course over the text (%)")
        )  # fmt: skip
    note(
        "A probability is about the sources of the reference, not about the world: it does not "
        "prove who wrote a text."
    )


def headline(answer: Attribution) -> list[str]:
    """Person or model with its error rates, and whether build and wording agree."""
    if answer.ai is None:
        return []
    from storyscope.report.story_words import chance

    likelier = "a model's" if answer.ai >= 0.5 else "a person's"
    found = [f"Reads like {likelier}: {chance(max(answer.ai, 1 - answer.ai))}."]
    for point in answer.operating:
        found.append(
            f"The cut that {100 * point['false_positive_rate']:g}% of people's texts pass is "
            f"{'' if point['reached'] else 'not '}reached; {point['recall']:.0%} of models' texts "
            "reach it (corpora held out)."
        )
    if answer.built is not None and answer.worded is not None:
        found.append(
            f"How it is built: {chance(answer.built)} a model's. How it is worded: "
            f"{chance(answer.worded)} a model's."
        )
    return [*found, answer.disagreement] if answer.disagreement else found


def _print_reasons(answer: Attribution) -> None:
    """Sums by dimension first, then the weightiest features, in words."""
    called = {"human": "a person", "ai": "a model"}
    sides = [(answer.speaks_for, answer.features, 10)]
    if answer.family_features:
        sides.append((answer.reads_like or "", answer.family_features, 5))
    sums = ", ".join(f"{d} {v:+.1f}" for d, v in answer.dimensions.items() if abs(v) >= 0.05)
    if sums:
        console().print(f"By dimension (log-odds): {sums}", markup=False)
    for side, features, most in sides:
        rows: list[tuple[Any, ...]] = [
            ("for" if c.contribution > 0 else "against", f"{c.contribution:+.2f}", c.said,
             _value(c.value), c.feature)
            for c in features[:most]
        ]  # fmt: skip
        title = f"What speaks for {called.get(side, side)} and what against"
        console().print(grid(["", "#log-odds", "where it stands", "#here", "feature"], rows, title))


def _value(value: float | str | None) -> str:
    return "none" if value is None else f"{value:.3g}" if isinstance(value, float) else value
