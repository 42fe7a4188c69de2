"""From parallel stories to observations: templates, and blinded comparisons of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from storyscope.corpus import Story, normalise
from storyscope.errors import ModelError
from storyscope.induce.discover import talks
from storyscope.induce.discover.asking import Asker, OneTalk, ended
from storyscope.induce.discover.corpora import sizes
from storyscope.induce.discover.stages import (
    Made,
    Stage,
    digest,
    failures,
    made_stage,
    some,
    stage_path,
)

if TYPE_CHECKING:
    from storyscope.induce.discover.run import Discovery

__all__ = ["comparisons", "letters", "split", "stories_of", "templates"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def split(work: Discovery) -> Stage:
    """Which prompts are compared, and which are kept for the pilot."""
    texts = [[s.id, s.source, s.prompt_id, s.text] for s in work.stories]
    chosen = work.settings
    made_from = digest("split", chosen.discover, chosen.pilot, chosen.seed, texts)

    def make() -> Made:
        asked = sorted({s.prompt_id for s in work.stories})
        order = np.random.default_rng(chosen.seed).permutation(asked).tolist()
        few = sizes(len(asked), chosen.discover, chosen.pilot)
        halves = dict.fromkeys(order[: few[0]], "compared")
        halves |= dict.fromkeys(order[few[0] : sum(few)], "pilot")
        by_prompt: dict[str, list[str]] = {}
        for story in work.stories:
            by_prompt.setdefault(story.prompt_id, []).append(story.id)
        rows = [
            {"prompt_id": p, "half": half, "stories": by_prompt[p]} for p, half in halves.items()
        ]
        return {"compared": few[0], "pilot": few[1]}, rows

    return made_stage(work.folder, "split", made_from, make)


def stories_of(work: Discovery, split: Stage, half: str) -> list[Story]:
    """Stories of the prompts of one half, ``compared`` or ``pilot``."""
    by_id = {s.id: s for s in work.stories}
    return [by_id[i] for row in split.rows if row["half"] == half for i in row["stories"]]


def templates(work: Discovery, split: Stage, asker: Asker) -> Stage:
    """A form filled in about every story that is compared, one for each dimension."""
    chosen = work.settings
    made_from = digest("templates", work.who, chosen.dimensions, split.digest)

    def make() -> Made:
        many: list[OneTalk] = [
            partial(talks.templates, work.reader, story.id, normalise(story.text).text,
                    chosen.dimensions)
            for story in stories_of(work, split, "compared")
        ]  # fmt: skip
        asker.talks("templates", many)
        rows = [row for talk in many for row in ended(work.answers, talk)]
        return failures(rows), rows

    return some(
        made_stage(work.folder, "templates", made_from, make), "No story could be described"
    )


def letters(work: Discovery, templates: Stage) -> Stage:
    """Fresh letters for every comparison; the only place where they meet the sources."""
    chosen = work.settings
    made_from = digest("letters", chosen.runs, chosen.seed, templates.digest)

    def make() -> Made:
        by_id = {s.id: s for s in work.stories}
        parallel: dict[tuple[str, str], list[str]] = {}
        for row in templates.rows:
            if "template" in row:
                place = by_id[row["story"]].prompt_id, row["dimension"]
                parallel.setdefault(place, []).append(row["story"])
        rows = []
        for run in range(chosen.runs):
            for (prompt_id, dimension), ids in parallel.items():
                if len(ids) < 2:
                    continue
                seed = int(digest(chosen.seed, run, prompt_id, dimension), 16)
                order = np.random.default_rng(seed).permutation(ids).tolist()[: len(LETTERS)]
                named = {
                    letter: {"story": i, "source": by_id[i].source}
                    for letter, i in zip(LETTERS, order, strict=False)
                }
                about = {"run": run, "prompt_id": prompt_id, "dimension": dimension}
                rows.append({**about, "letters": named})
        if not rows:
            raise ModelError(
                "No two stories of a prompt were described, so that nothing can be compared; "
                f"{stage_path(work.folder, 'templates')} says why, and --ask-again asks again."
            )
        return {"comparisons": len(rows)}, rows

    return made_stage(work.folder, "letters", made_from, make)


def comparisons(work: Discovery, templates: Stage, letters: Stage, asker: Asker) -> Stage:
    """What sets the stories of a prompt apart, seen under letters."""
    made_from = digest("comparisons", work.who, templates.digest, letters.digest)
    said = {(r["story"], r["dimension"]): r["template"]
            for r in templates.rows if "template" in r}  # fmt: skip

    def make() -> Made:
        many: list[OneTalk] = []
        for row in letters.rows:
            shown = {
                letter: said[at["story"], row["dimension"]] for letter, at in row["letters"].items()
            }
            about = {k: row[k] for k in ("run", "prompt_id", "dimension")}
            many.append(partial(talks.comparison, work.reader, about, shown))
        asker.talks("comparisons", many)
        rows = [ended(work.answers, talk) for talk in many]
        head = {"observations": sum(len(r.get("observations", ())) for r in rows)}
        return {**failures(rows), **head}, rows

    return some(made_stage(work.folder, "comparisons", made_from, make), "No comparison was made")
