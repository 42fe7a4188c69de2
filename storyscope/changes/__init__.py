"""What changed from one version of a writer to the next, or from one run to another.

`diff` compares two feature tables of one source each; the modules below hold one idea each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from storyscope.changes.result import Diff
    from storyscope.codebook import Codebook, FeatureSet
    from storyscope.corpus import Story

__all__ = ["diff"]


def diff(
    old: pd.DataFrame,
    new: pd.DataFrame,
    *,
    features: FeatureSet = "narrative",
    texts: Iterable[Story] | None = None,
    new_texts: Iterable[Story] | None = None,
    seed: int = 0,
    codebook: Codebook | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Diff:
    """List the features in which two versions of a writer differ, the largest change first.

    Parameters
    ----------
    old, new : DataFrame
        Feature tables with stories of one source each. They may hold the same story ids, and one
        table may serve for both: ``diff(t[t["source"] == "a"], t[t["source"] == "b"])``.
    features : {"narrative", "style", "all"}
        Which features to use.
    texts, new_texts : iterable of Story, optional
        The corpora of the tables, for passages; `texts` serves both where there is no other.
    seed : int
        Of everything random.
    codebook : Codebook, optional
        Default the shipped one.
    progress : callable, optional
        Told the stage, how much of it is done, and how much there is.

    Returns
    -------
    Diff
        Where the two share 5 prompts or more, only stories on shared prompts are compared, and
        labels are shuffled within prompts; otherwise all stories, and whole prompts are shuffled.

    Raises
    ------
    TableError
        If a table has several sources or breaks the codebook, or the two were made by different
        codebooks, measures, taggers, pipelines or normalisations.
    TooLittleData
        If a side has fewer than 5 stories or 5 prompts, or no feature has a value.

    Examples
    --------
    >>> from storyscope import reference_table
    >>> table = reference_table()
    >>> claude = table[table["source"] == "claude"]
    >>> diff(claude, claude).real
    []
    """
    from storyscope.changes.run import run

    return run(old, new, features, texts, new_texts, seed, codebook, progress)
