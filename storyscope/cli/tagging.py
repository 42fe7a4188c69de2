"""`storyscope tag`: what is told where, for whoever wants the marked text itself."""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from storyscope.cli import app, hold
from storyscope.cli.options import Column
from storyscope.cli.output import console, note, stages
from storyscope.cli.scoring import columns_of, report_problems


@app.command()
def tag(
    corpus: Annotated[Path, typer.Argument(help="A file or folder of stories.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="JSON lines to write, one per story.")
    ] = Path("tags.jsonl"),
    source: Annotated[
        str | None, typer.Option(help="Who wrote the stories, where the corpus does not say.")
    ] = None,
    column: Column = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows out and still end with status 0.")
    ] = False,
) -> None:
    """Mark what is told where: dreams, flashbacks, conflict, looks and more, and the tension.

    Places are characters of the text as given. Parses and tags are kept in your cache folder, so
    a run that was stopped is quick to repeat.

    storyscope tag stories.jsonl -o tags.jsonl
    """
    from storyscope.corpus import read_corpus
    from storyscope.corpus.findings import Findings, finding_of
    from storyscope.errors import CorpusError, UnusableText
    from storyscope.extract.annotate import Annotation, check_text, readings
    from storyscope.paths import written_whole

    hold(output, is_tags, reads=corpus)
    stories = read_corpus(corpus, columns=columns_of(column), source=source)
    found = Findings()
    began = monotonic()
    total = sum(1 for _ in stories)
    done = words = 0
    empty: list[str] = []
    with (
        written_whole(output, is_tags) as partial,
        stages() as update,
        partial.open("w", encoding="utf-8") as file,
    ):
        opened = readings((s.text for s in stories), cache=True)
        for story, one in zip(stories, opened, strict=True):
            done += 1
            try:
                check_text(one.normalised.text)
            except UnusableText as error:
                empty.append(f"{story.id!r}: {error}")
                continue
            found.add(story.id, finding_of(one.normalised))
            row = {"id": story.id, **Annotation(one).to_dict()}
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
            words += one.reading.n_words
            spent = max(monotonic() - began, 1e-6)
            update("tagging (stories)", done, total, f"{words / spent:,.0f} words/s")
    console().print(
        f"Wrote {output}: {done - len(empty)} stories, {words:,} words in "
        f"{monotonic() - began:.1f} s.",
        markup=False,
    )
    for sentence in found.sentences():
        note(sentence)
    if empty:
        note(f"{len(empty)} stories hold no words and are left out: {'; '.join(empty[:5])}")
    report_problems(stories, skip_bad)
    if empty and not skip_bad:
        raise CorpusError("Stories without words were left out; run with --skip-bad to allow it.")


def is_tags(path: Path) -> bool:
    """Whether a file holds annotations as this command writes them, by its first line."""
    try:
        with path.open(encoding="utf-8") as file:
            first = json.loads(file.readline() or "null")
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(first, dict) and {"id", "sentences", "told", "tension"} <= set(first)
