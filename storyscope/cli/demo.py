"""`storyscope demo`: the whole job on what ships with the package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyscope.cli import app, hold
from storyscope.cli.options import Json, Seed
from storyscope.cli.output import console, grid, print_json, stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyscope.attribute import Evaluation
    from storyscope.report.samples import Sample

SHOWN = (
    "TMP_DRM_01",
    "TMP_ORD_02",
    "TMP_ORD_04",
    "EVT_ESC_01",
    "AGE_DES_01",
    "AGE_EMO_01",
    "AGE_INN_01",
)
"""Features whose evidence is marked in the sampler's texts."""


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Page to write.")] = Path(
        "storyscope-report.html"
    ),
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Score the shipped sampler, compare and attribute on the shipped reference, write a report.

    storyscope demo
    """
    from storyscope.report import is_page, report

    hold(output, is_page)
    from storyscope.attribute import Panel
    from storyscope.corpus import read_corpus
    from storyscope.extract.story import measure_text
    from storyscope.paths import data_dir
    from storyscope.report.samples import sample_of
    from storyscope.table import matched_tables, reference_table

    shipped = data_dir("corpora")
    stories = list(read_corpus(shipped / "sampler" / "stories.jsonl"))
    samples = []
    with stages(as_json) as update:
        update("scoring the sampler", 0, len(stories))
        model = Panel(shipped / "model")
        for k, story in enumerate(stories):
            measured = measure_text(story.text)
            answer = model.attribute(story.text, measured=measured)
            samples.append(
                sample_of(
                    story,
                    measured,
                    SHOWN,
                    answer,
                    _labels(story.meta.get("shows")),
                    _labels(story.meta.get("missed")),
                )
            )
            update("scoring the sampler", k + 1, len(stories))
        found = report(
            reference_table(),
            output,
            samples=samples,
            matched=matched_tables(),
            title="StoryScope: people and five model families",
            seed=seed,
            evaluations=_evaluations(shipped / "model"),
            progress=update,
        )
    if as_json:
        print_json({"report": str(output.resolve()), **found})
        return
    out = console()
    print_headline(found["headline"])
    rows = [
        (s.id, s.title, s.attribution.words if s.attribution else None,
         *(value for _, _, value, _ in s.values),
         ", ".join(s.attribution.set) if s.attribution else None)
        for s in samples
    ]  # fmt: skip
    names = [f"#{name}" for _, name, _, _ in samples[0].values]
    out.print(
        grid(["id", "title", "#words", *names, "reads like one of"], rows, "The sampler, scored")
    )
    for line in misses(samples):
        out.print(line, markup=False)
    print_findings(found)
    out.print(f"Wrote {output.resolve()} - open it in a browser.", markup=False)


def _labels(given: object) -> dict[str, str]:
    return given if isinstance(given, dict) else {}


def misses(samples: Sequence[Sample]) -> list[str]:
    """What the pieces were written to show and is not found in them, a sentence each."""
    found: dict[tuple[str, str], list[str]] = {}
    for sample in samples:
        for key, why in sample.missed.items():
            found.setdefault((key.replace("_", "-"), why), []).append(sample.title)
    return [
        f"Read wrongly, {key} in {' and '.join(titles)}: {why}."
        for (key, why), titles in found.items()
    ]


def _evaluations(folder: Path) -> list[Evaluation]:
    """How well the shipped models tell families apart, as found when trained."""
    from storyscope.attribute import Attributor, Evaluation

    models = (Attributor.load(folder / name) for name in ("family_built", "family"))
    # The shipped family models left whole versions out, not prompts alone.
    return [
        replace(Evaluation.from_dict(e), held_out="versions")
        for m in models
        for e in m.training_.get("evaluation", [])
    ]


def print_headline(found: dict[str, Any] | None) -> None:
    """The study's question, answered where people and models share prompts."""
    if found:
        out = console()
        for line in (found["sentence"], found["meaning"], f"By wording. {found['wording']}"):
            out.print(line, markup=False)


def print_findings(found: dict[str, Any]) -> None:
    """How well the sources were told apart."""
    rows = [
        (e["name"], e["n_features"] or "",
         "{value:.3f} [{low:.3f}, {high:.3f}]".format(**e["metrics"]["macro_f1"]))
        for e in found["evaluations"]
    ]  # fmt: skip
    if rows:
        guessed = 1 / len(found["evaluations"][0]["sources"])
        rows.append(("nothing: guessing by how common each is", "", f"{guessed:.3f}"))
        console().print(
            grid(
                ["learned from", "#features", "#macro F1"],
                rows,
                f"Telling sources apart, {found['evaluations'][0]['held_out']} held out",
            )
        )
