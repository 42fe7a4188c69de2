"""`storyscope corpus check`: what a corpus is like before anything is measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyscope.cli import app
from storyscope.cli.output import console, grid, print_json, stages
from storyscope.cli.scoring import columns_of, report_problems
from storyscope.errors import CorpusError

if TYPE_CHECKING:
    from storyscope.corpus import Audit

corpus = typer.Typer(
    help="Look at a corpus before it is measured.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(corpus, name="corpus")


@corpus.command()
def check(
    path: Annotated[Path, typer.Argument(help="A file or folder of stories.")],
    column: Annotated[
        list[str] | None, typer.Option(help="Column under another name, as text=body.")
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="End with status 0 although rows were left out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what a corpus holds and what in it would spoil a comparison.

    storyscope corpus check stories.jsonl
    """
    from storyscope.corpus import audit, read_corpus
    from storyscope.generate.work import STORIES, unwritten

    if (path / STORIES).is_file():
        path = path / STORIES
    failed = unwritten(path)
    if failed and path.stat().st_size == 0:
        raise CorpusError(
            f"{path} is empty: none of the stories that were asked for was written. "
            f"{' '.join(_not_written(failed))} `generate --ask-again` asks for them once more."
        )
    stories = read_corpus(path, columns=columns_of(column))
    with stages(as_json) as update:
        found = audit(stories, progress=lambda n: update("reading", n, None))
    if as_json:
        print_json({**found.to_dict(), "unwritten": failed})
    else:
        _print(found)
        for line in _not_written(failed):
            console().print(line, markup=False)
    report_problems(stories, skip_bad)


def _not_written(failed: dict[str, dict[str, int]]) -> list[str]:
    """A sentence for each writer of stories that are not there."""
    return [
        f"Asked for but not written by {source}: "
        f"{', '.join(f'{n} {reason}' for reason, n in sorted(reasons.items()))}."
        for source, reasons in failed.items()
    ]


def _many(n: int, one: str, several: str) -> str:
    return f"{n} {one if n == 1 else several}"


def _print(found: Audit) -> None:
    out = console()
    shared = found.parallel
    out.print(
        f"{found.name}: {_many(found.stories, 'story', 'stories')}, "
        f"{_many(len(found.sources), 'source', 'sources')}, "
        f"{_many(found.prompts, 'prompt', 'prompts')}",
        markup=False,
    )
    if len(found.sources) > 1:
        out.print(
            f"Parallel: {shared.complete} prompts answered by every source, {shared.partial} by "
            f"some, {shared.single} by one; {shared.fewest_samples} to {shared.most_samples} "
            "stories per source and prompt.",
            markup=False,
        )
    else:
        out.print(
            "All stories have one source, so there is nothing to compare; if another column says "
            "who wrote them, name it: --column source=COLUMN.",
            markup=False,
        )
    rows = [
        (name, s.stories, s.prompts, f"{s.words.median:.0f}", f"{s.words.low:.0f}-{s.words.high:.0f}",
         s.short.count, s.truncated.count, s.refusals.count, s.foreign.count)
        for name, s in found.sources.items()
    ]  # fmt: skip
    out.print(
        grid(
            ["source", "#stories", "#prompts", "#median words", "#5-95%", "#short", "#cut off?",
             "#refused?", "#not English?"],
            rows,
        )
    )  # fmt: skip
    for kind, ids in (
        (kind, ids)
        for name in found.sources.values()
        for kind, ids in (("cut off?", name.truncated.ids), ("refused?", name.refusals.ids),
                          ("not English?", name.foreign.ids))
        if ids
    ):  # fmt: skip
        out.print(f"{kind} {', '.join(ids[:5])}{' ...' if len(ids) > 5 else ''}", markup=False)
    out.print(
        f"Duplicates: {sum(d.similarity == 1 for d in found.duplicates)} exact, "
        f"{sum(d.similarity < 1 for d in found.duplicates)} near.",
        markup=False,
    )
    for pair in found.duplicates[:5]:
        out.print(f"  {pair.second} is like {pair.first} ({pair.similarity:.0%})", markup=False)
    if found.leaks:
        leaks = [
            (leak.mark, leak.source, f"{100 * leak.share:.0f}%", f"{100 * leak.others:.0f}%",
             leak.accuracy, leak.left)
            for leak in found.leaks
        ]  # fmt: skip
        out.print(
            grid(
                ["mark that gives a source away", "source", "#has it", "#others", "#accuracy",
                 "#after normalising"],
                leaks,
            )
        )  # fmt: skip
    if found.changes:
        changed = ", ".join(f"{kind} {n:,}" for kind, n in found.changes.items())
        out.print(f"Normalisation changes: {changed}.", markup=False)
    for sentence in found.found.sentences():
        out.print(sentence, markup=False)
    for text, n in found.notes.items():
        out.print(f"Note: {n} {text}.", markup=False)
