"""`storyscope train`, `evaluate` and `attribute`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyscope.cli import app
from storyscope.cli.output import console, grid, note, print_json, stages, warn
from storyscope.errors import UnusableText

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.attribute import Attribution, Evaluation

Table = Annotated[Path, typer.Argument(help="A feature table made by `storyscope score`.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Texts = Annotated[
    Path | None,
    typer.Option(help="The corpus the table was made of, for the words-alone baseline."),
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
    evaluate: Annotated[bool, typer.Option(help="Cross-validate by prompt first.")] = True,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    as_json: Json = False,
) -> None:
    """Train an attribution model on a feature table, with cross-validation by prompt.

    storyscope train table.parquet -o model/
    """
    from storyscope.attribute import Attributor
    from storyscope.table import read_table

    data = read_table(table)
    summary: dict[str, Any] = {"stories": len(data), "prompts": int(data["prompt_id"].nunique())}
    evaluations: list[Evaluation] = []
    with stages(as_json) as update:
        if evaluate:
            evaluations = _evaluate(data, (features,), texts, seed, update)
            summary["evaluation"] = [e.to_dict() for e in evaluations]
        update("final fit", 0, 1)
        model = Attributor(features, seed=seed).fit(data)  # type: ignore[arg-type]
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
    features: Annotated[
        list[str] | None, typer.Option("--features", help="narrative, style, all; repeatable.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    as_json: Json = False,
) -> None:
    """Say how well a table's sources can be told apart on prompts held out.

    storyscope evaluate table.parquet --texts stories.jsonl
    """
    from storyscope.table import read_table

    data = read_table(table)
    sets = tuple(features) if features else ("narrative", "style", "all")
    with stages(as_json) as update:
        evaluations = _evaluate(data, sets, texts, seed, update)
    if as_json:
        print_json([e.to_dict() for e in evaluations])
    else:
        print_evaluations(evaluations)


@app.command()
def attribute(
    texts: Annotated[
        list[Path], typer.Argument(help="Text files, or - for standard input.", allow_dash=True)
    ],
    model: Annotated[
        Path | None,
        typer.Option(help="Folder made by `storyscope train`; default the shipped one."),
    ] = None,
    spacy_model: Annotated[str | None, typer.Option(help="Any English spaCy pipeline.")] = None,
    as_json: Json = False,
) -> None:
    """Say who a text reads like, how sure that is, and what in it says so.

    storyscope attribute story.txt
    """
    from storyscope.attribute import Attributor
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.paths import data_dir

    bodies = [(str(path), read_text(path)) for path in texts]
    attributor = Attributor.load(model or data_dir("corpora") / "model")
    pipeline = load_pipeline(spacy_model)
    found = []
    for name, body in bodies:
        answer = attributor.attribute(body, pipeline=pipeline)
        found.append({"text": name, **answer.to_dict()})
        if not as_json:
            print_attribution(name, answer)
        else:
            for warning in answer.warnings:
                warn(f"{name}: {warning}")
    if as_json:
        print_json(found[0] if len(found) == 1 else found)


def read_text(path: Path) -> str:
    """A text file or standard input, or one clear sentence about why it is none."""
    name = "standard input" if str(path) == "-" else str(path)
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except FileNotFoundError:
        raise UnusableText(f"There is no file {name}.") from None
    except IsADirectoryError:
        raise UnusableText(
            f"{name} is a folder; name text files, or score it with `storyscope score`."
        ) from None
    except OSError as error:
        raise UnusableText(f"{name} cannot be read: {error.strerror}.") from None
    if b"\0" in raw[:8192] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnusableText(f"{name} is no text file; give plain text in UTF-8.")
    try:
        encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnusableText(
            f"{name} is not UTF-8 text (byte {error.start}); save it as UTF-8."
        ) from None


def _evaluate(
    data: pd.DataFrame, sets: tuple[str, ...], texts: Path | None, seed: int, update: Any
) -> list[Evaluation]:
    from storyscope.attribute import evaluate
    from storyscope.corpus import read_corpus

    bodies = {s.id: s.text for s in read_corpus(texts)} if texts else None
    if bodies is not None and (missing := set(data["story_id"]) - set(bodies)):
        raise UnusableText(
            f"{len(missing)} stories of the table are not in {texts} (first: {min(missing)!r}); "
            "give the corpus that the table was made of."
        )
    return evaluate(
        data,
        feature_sets=sets,  # type: ignore[arg-type]
        texts=bodies,
        seed=seed,
        progress=lambda stage, done, total: update(f"cross-validating: {stage}", done, total),
    )


def print_evaluations(evaluations: list[Evaluation]) -> None:
    """Figures of every method, then the confusion matrix of the first."""
    out = console()
    first = evaluations[0]
    rows = [
        (e.name, e.n_features or "", e.metrics["macro_f1"], e.metrics["accuracy"],
         e.metrics["log_loss"], e.metrics["ece"])
        for e in evaluations
    ]  # fmt: skip
    out.print(
        grid(
            ["learned from", "#features", "#macro F1", "#accuracy", "#log loss", "#ECE"],
            rows,
            f"{first.n_stories} stories, {first.n_prompts} prompts, {first.folds} folds by prompt; "
            "95% intervals over prompts",
        )
    )
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


def print_attribution(name: str, answer: Attribution) -> None:
    """One answer for reading."""
    out = console()
    out.print(f"{name}: {answer.words} words, {answer.feature_set} features", markup=False)
    for warning in answer.warnings:
        warn(warning)
    shown = [(s, f"{100 * p:.1f}%", "#" * round(30 * p)) for s, p in answer.probabilities.items()]
    out.print(grid(["reads like", "#probability", ""], shown))
    out.print(
        f"{answer.coverage:.0%} set: {', '.join(answer.set)}"
        + (
            f"; more unusual than {answer.novelty:.0%} of the reference"
            if answer.novelty is not None
            else ""
        ),
        markup=False,
    )
    rows = [
        ("for" if c.contribution > 0 else "against", f"{c.contribution:+.2f}", c.feature, c.name,
         _value(c.value), _place(c.percentiles, answer.likeliest))
        for c in answer.features[:12]
    ]  # fmt: skip
    out.print(
        grid(
            ["", "#log-odds", "feature", "name", "#here", "its place among each source's stories"],
            rows,
            f"What speaks for {answer.likeliest} and what against",
        )
    )
    for passage in answer.passages:
        out.print(f"  {passage.start}-{passage.end}: {passage.text.strip()}", markup=False)
        out.print(f"      {', '.join(passage.features)}", style="dim", markup=False)
    if answer.segments:
        rows = [(f"{s.start}-{s.end}", s.words, *(f"{100 * p:.0f}" for p in s.probabilities.values()))
                for s in answer.segments]  # fmt: skip
        out.print(
            grid(["characters", "#words", *(f"#{s}" for s in answer.probabilities)], rows,
                 "Course over the text (%)")
        )  # fmt: skip
    note(
        "A probability is about the sources of the reference, not about the world: it is no proof "
        "of who wrote a text."
    )


def _value(value: float | str | None) -> str:
    return "none" if value is None else f"{value:.3g}" if isinstance(value, float) else value


def _place(percentiles: dict[str, float], top: str) -> str:
    order = sorted(percentiles, key=lambda s: (s != top, s))
    return ", ".join(f"{s} {100 * percentiles[s]:.0f}%" for s in order)
