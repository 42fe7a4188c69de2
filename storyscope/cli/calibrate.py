"""`storyscope calibrate`: the user's own people set the cut between person and model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyscope.cli import app, hold
from storyscope.cli.attribution import _text_files, read_text
from storyscope.cli.options import Json
from storyscope.cli.output import console, grid, note, print_json, stages, warn
from storyscope.cli.scoring import columns_of
from storyscope.errors import CorpusError, UnusableText

if TYPE_CHECKING:
    from storyscope.attribute.own_people import Given, OwnPeople
    from storyscope.codebook import Codebook

HUMAN = "human"


@app.command()
def calibrate(
    people: Annotated[
        list[Path],
        typer.Argument(
            help="Texts by your people: manuscripts, folders of them, corpora, or feature tables; of "
            "the last two, what is by `human`."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the calibrated model.")
    ] = Path("my-model"),
    model: Annotated[
        Path | None,
        typer.Option(help="Folder made by `storyscope train`; default the shipped models."),
    ] = None,
    rate: Annotated[
        list[float] | None,
        typer.Option(help="Share of false alarms to look for a cut at, as 0.05; repeatable."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Column of a corpus under another name, as text=body.")
    ] = None,
    spacy_model: Annotated[str | None, typer.Option(help="Any English spaCy pipeline.")] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="End with status 0 although texts were left out.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Let texts by your own people say how often they look like a model's.

    A few dozen texts are enough for cuts at 10% and 5% of false alarms; 1% needs 99. For hundreds,
    `storyscope score` them first and give the table: it works in parallel and can be resumed.

    storyscope calibrate our-writers/ -o my-model/
    """
    from storyscope.attribute.own_people import RATES, judge_of, save_calibrated
    from storyscope.attribute.own_people import calibrate as rank
    from storyscope.attribute.panel import shipped
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.paths import data_dir

    rates = tuple(sorted(set(rate or RATES), reverse=True))
    if wrong := [r for r in rates if not 0 < r < 1]:
        raise typer.BadParameter(f"--rate takes a share over 0 and under 1, not {wrong[0]}")
    folder = model or data_dir("corpora") / "model"
    hold(output, folder=True, reads=folder)
    attributor = shipped(folder)
    judge = judge_of(attributor)
    given, told, bad = _given(people, columns_of(column), judge.codebook_)
    named = len(given) + len(bad)
    with stages(as_json) as update:
        found = rank(
            attributor,
            given,
            rates=rates,
            pipeline=load_pipeline(spacy_model) if any(g.text for g in given) else None,
            progress=lambda done: update("reading your people", done, len(given)),
        )
    save_calibrated(found, folder, output, [path.name for path in people])
    bad += found.problems
    if as_json:
        print_json({"model": str(output), **summary(found)})
    else:
        _show(found)
        console().print(
            f"Wrote {output}; ask it with `storyscope attribute STORY --model {output}`.",
            markup=False,
        )
    for sentence in [*told, *_notes(found, known=bool(judge.seen_))]:
        note(sentence)
    for line in bad[:20]:
        warn(line)
    if len(bad) > 20:
        note(f"... and {len(bad) - 20} more.")
    if bad and not skip_bad:
        raise UnusableText(
            f"{len(bad)} of {named} texts were left out; the rest set the cut. Mend them, or run "
            "with --skip-bad."
        )


def summary(found: OwnPeople) -> dict[str, Any]:
    """What was found, without the scores."""
    return {
        "texts": len(found.scores),
        "words": {"least": min(found.words), "most": max(found.words)},
        "left_out": found.left_out,
        "cuts": found.cuts(),
        "too_few": found.too_few(),
    }


def _given(
    people: list[Path], columns: dict[str, str] | None, codebook: Codebook
) -> tuple[list[Given], list[str], list[str]]:
    """Texts and rows by people, what is worth a note, and what cannot be read."""
    from storyscope.attribute.own_people import Given
    from storyscope.corpus import MANUSCRIPTS
    from storyscope.table import is_table

    found: list[Given] = []
    told: list[str] = []
    bad: list[str] = []
    for path in people:
        if path.is_dir() or path.suffix.lower() in MANUSCRIPTS:
            files, unread = _text_files([path])
            bad += unread
            for file in files:
                try:
                    found.append(Given(str(file), read_text(file)))
                except UnusableText as error:
                    bad.append(str(error))
        elif path.is_file() and path.suffix.lower() in (".parquet", ".csv") and is_table(path):
            found += _by_people(path, _rows(path, codebook), told)
        else:
            found += _by_people(path, _stories(path, columns, bad), told)
    return found, told, bad


def _rows(path: Path, codebook: Codebook) -> Iterator[tuple[str, Given]]:
    """Rows of a feature table, each with its source."""
    from storyscope.attribute.own_people import Given
    from storyscope.table import read_table

    table = read_table(path, codebook)
    for k, (name, source) in enumerate(zip(table["story_id"], table["source"], strict=True)):
        yield str(source), Given(str(name), row=table.iloc[[k]])


def _stories(
    path: Path, columns: dict[str, str] | None, bad: list[str]
) -> Iterator[tuple[str, Given]]:
    """Stories of a corpus, each with its source; where it does not say, they are by people."""
    from storyscope.attribute.own_people import Given
    from storyscope.corpus import read_corpus

    stories = read_corpus(path, columns=columns, source=HUMAN)
    for story in stories:
        yield story.source, Given(story.id, story.text)
    bad += [str(problem) for problem in stories.problems]


def _by_people(path: Path, given: Iterator[tuple[str, Given]], told: list[str]) -> list[Given]:
    """Those whose source is `HUMAN`; a note about the others."""
    kept: list[Given] = []
    others: Counter[str] = Counter()
    for source, one in given:
        if source == HUMAN:
            kept.append(one)
        else:
            others[source] += 1
    names = ", ".join(f"{name!r}" for name, _ in others.most_common(3))
    if others and not kept:
        raise CorpusError(
            f"{path} holds no text by {HUMAN!r}, only by {names}; give texts by people, with the "
            f"source {HUMAN!r} or none."
        )
    if others:
        told.append(f"{path}: {others.total()} texts by others ({names}) were not used.")
    return kept


def _notes(found: OwnPeople, *, known: bool) -> list[str]:
    """What does not count, and what cannot be told."""
    said = []
    if repeated := found.left_out.get("repeated"):
        said.append(
            f"{repeated} {'text repeats another' if repeated == 1 else 'texts repeat others'}, "
            "wholly or mostly, and each counts once."
        )
    if learned := found.left_out.get("learned from"):
        said.append(
            f"{learned} {'text is' if learned == 1 else 'texts are'} among what the model learned "
            "from and left out: it knows them, so they look more like people's than new ones."
        )
    if not known:
        said.append(
            "This model does not keep what it learned from, so it cannot be told whether your "
            "texts are among that; if they are, the cuts are too low. Train it anew."
        )
    return said


def _show(found: OwnPeople) -> None:
    """Lengths, and a row for each rate."""
    from storyscope.attribute.rates import percent

    n = len(found.scores)
    rows = []
    for cut in found.cuts():
        name = percent(cut["rate"])
        if cut["cut"] is None:
            rows.append((name, "–", f"too few texts: needs {cut['needs']:,}", "–"))
            continue
        rows.append(
            (name, f"{cut['cut']:+.2f}", f"{cut['above']} of {n}",
             f"{100 * cut['expected']:.1f} ({100 * cut['low']:.1f} to {100 * cut['high']:.1f})")
        )  # fmt: skip
    low, high = min(found.words), max(found.words)
    length = f"{low:,} to {high:,} words" if high else "length unknown"
    console().print(
        grid(
            [
                "false alarms",
                "#cut (log-odds)",
                "#your texts above it",
                "#of 100 further texts (95%)",
            ],
            rows,
            f"{n} texts by your people, {length}",
        )
    )
    if few := found.too_few():
        console().print(few, markup=False)
