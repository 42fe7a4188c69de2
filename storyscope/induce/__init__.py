"""Patterns by which sources of stories may be told apart, found in a corpus and tested on it.

Start with `induce`. `mine` finds patterns in one story, `table` lays them out, `holdout` chooses
and tests them on different prompts, `report` writes what is left as a codebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from storyscope.corpus import Story
    from storyscope.extract.pipeline import Pipeline
    from storyscope.extract.tagger import Tagger
    from storyscope.induce.holdout import Cells
    from storyscope.induce.report import Induction

__all__ = ["induce"]


def induce(
    stories: Iterable[Story],
    *,
    prompts: int | None = None,
    seed: int = 0,
    pipeline: Pipeline | None = None,
    tagger: Tagger | bool = True,
    cache: bool = True,
    progress: Callable[[str, int, int, str], None] | None = None,
) -> Induction:
    """Find narrative patterns that one source has more or less of than the others.

    Patterns are chosen on half of the prompts and tested on the other half, over repeated splits;
    see `storyscope.induce.holdout.held_out`. No model is asked.

    Parameters
    ----------
    stories : iterable of Story
        Of two sources or more that answer the same prompts, at least twenty of them.
    prompts : int, optional
        Read only so many prompts, drawn at random among those that two sources answer.
    seed : int
        Of everything random.
    pipeline, tagger, cache
        As `storyscope.extract.annotate.readings` takes them.
    progress : callable, optional
        Called with the stage, what is done, of how much, and the rate.

    Raises
    ------
    TooLittleData
        For one source, no shared prompts, or too few; before anything is read.

    Examples
    --------
    >>> from storyscope.corpus import Story
    >>> tales = [Story(f"s{k}", "The door was open.", "one", f"p{k}") for k in range(3)]
    >>> try:
    ...     induce(tales)
    ... except Exception as error:
    ...     print(str(error)[:33])
    All stories are by one, and patte
    """
    from storyscope.induce.holdout import cells, held_out
    from storyscope.induce.report import Induction, passages_of
    from storyscope.induce.table import pattern_table

    told = list(stories)
    # Who answered what is known before the long part, and so is whether it can be done at all.
    alone = len({s.prompt_id for s in told}) - _design(told).n_prompts
    told = _shared(told, prompts, seed)
    _design(told)
    table = pattern_table(told, pipeline=pipeline, tagger=tagger, cache=cache, progress=progress)
    laid = cells(table.values, table.sources, table.prompts)
    marks = held_out(laid, seed=seed, progress=progress)
    passages = passages_of(marks, table, told)
    return Induction(table, tuple(marks), laid, passages, alone, seed)


def _design(stories: list[Story]) -> Cells:
    """Who answered what, without any value."""
    import numpy as np

    from storyscope.induce.holdout import cells

    nothing = np.zeros((len(stories), 0))
    return cells(nothing, [s.source for s in stories], [s.prompt_id for s in stories])


def _shared(stories: list[Story], prompts: int | None, seed: int) -> list[Story]:
    """Stories of the prompts that two sources or more answer, or of some of these prompts."""
    import numpy as np

    answered: dict[str, set[str]] = {}
    for story in stories:
        answered.setdefault(story.prompt_id, set()).add(story.source)
    shared = sorted(p for p, by in answered.items() if len(by) > 1)
    drawn = set(np.random.default_rng(seed).permutation(shared)[:prompts].tolist())
    return [s for s in stories if s.prompt_id in drawn]
