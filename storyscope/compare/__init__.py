"""How alike are the sources of stories? Distances, clusters, rarity and what sets each apart.

Start with `compare`; the modules below it hold one idea each and can be used alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from storyscope.codebook import Codebook, FeatureSet
    from storyscope.compare.result import Comparison

__all__ = ["compare"]


def compare(
    table: pd.DataFrame,
    *,
    features: FeatureSet = "narrative",
    by: str = "source",
    human: str = "human",
    seed: int = 0,
    resamples: int = 2000,
    permutations: int = 999,
    progress: Callable[[str, int, int], None] | None = None,
    codebook: Codebook | None = None,
) -> Comparison:
    """Ask of a feature table how close its sources are to one another, and to people.

    Parameters
    ----------
    table : DataFrame
        A feature table (see `storyscope.table`): one row a story. A column `words`, if there is
        one, serves to compare stories of the same length as well.
    features : {"narrative", "style", "all"}
        Which features to use.
    by : str
        The column that tells sources apart: the model, or its family, version or condition.
    human : str
        The name of people among the sources. There need be none.
    seed : int
        Of everything random. The same table and seed give the same result.
    resamples, permutations : int
        Draws of prompts for intervals, shuffles of labels for tests.
    progress : callable, optional
        Told the stage, how much of it is done, and how much there is.
    codebook : Codebook, optional
        Default the shipped one.

    Returns
    -------
    Comparison
        Its `matched.gap` is the primary result: how much farther people are from models than
        models are from one another, at the same prompt. None where no prompt has people and two
        models; `notes` says so, as it says of all else that could not be computed.

    Raises
    ------
    TableError, UnknownFeature
        If the table breaks the codebook.
    TooLittleData
        If fewer than two sources, or no feature with a value, are left to compare.
    """
    from storyscope.compare.run import run

    return run(
        table,
        features=features,
        by=by,
        human=human,
        seed=seed,
        resamples=resamples,
        permutations=permutations,
        progress=progress,
        codebook=codebook,
    )
