"""The reference tables joined: who is named, who stands for all others, and how texts weigh.

The people come from corpora that differ in period, length and genre, the models from a few sets of
prompts. Weights make corpora, classes and lengths count alike as far as that can be done, so that
what tells corpora or lengths apart is not what says "human".
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from storyscope.errors import TableError
from storyscope.table import REFERENCE, read_table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "OLD",
    "OTHER",
    "family_of",
    "maker_of",
    "read_reference",
    "six_way",
    "two_way",
    "weights",
]

OLD = ("magazine_sf", "litbank_chunks")
"""Those printed long before any model: they weigh less, since period sets them apart as well."""
OTHER = "other"
"""Source that stands for models outside the five families."""
OPENING_WEIGHT = 0.15
OLD_WEIGHT = 0.3
LENGTHS = (250, 500, 1000, 1800)
"""Ends, in words, of the bands within which classes weigh alike."""

_FAMILIES = {
    "claude": r"claude",
    "deepseek": r"deepseek",
    "gemini": r"gemini",
    "gpt": r"gpt|\bo[134]\b",
    "kimi": r"kimi",
}
_MAKERS = {
    "gemma": r"gemma|ifable|darkest-muse",
    "mistral": r"mistral|ministral",
    "llama": r"llama|platypus|beluga",
    "qwen": r"qwen",
}
_UNTOLD = ("llm-2025", "llm-unknown")


def family_of(model: str) -> str:
    """Family of a model by its name: one of the five, ``unknown``, or `OTHER`.

    >>> family_of("chatgpt-4o-latest-2025-03-27"), family_of("gemma-3-4b-it"), family_of("o3")
    ('gpt', 'other', 'gpt')
    """
    if model in _UNTOLD:
        return "unknown"
    found = (f for f, pattern in _FAMILIES.items() if re.search(pattern, model.lower()))
    return next(found, OTHER)


def maker_of(model: str) -> str:
    """Whose model it is or was made from, by its name; a name that tells nothing is its own maker.

    >>> maker_of("allura-org__Gemma-3-Glitter-12B"), maker_of("Beluga-13b"), maker_of("ling-1t")
    ('gemma', 'llama', 'ling-1t')
    """
    found = (m for m, pattern in _MAKERS.items() if re.search(pattern, model.lower()))
    return next(found, model.lower())


def read_reference(folder: str | Path) -> pd.DataFrame:
    """All tables of `corpora/reference` as one, with the columns ``family`` and ``cut``.

    Parameters
    ----------
    folder : str or Path
        Where `corpora/reference/build.py` wrote its tables.

    Returns
    -------
    DataFrame
        ``family`` is ``human``, one of the five, ``other`` or ``unknown``; ``cut`` is the number
        of words to which an opening was cut, missing for whole texts.
    """
    import pandas as pd

    folder = Path(folder)
    names = (*REFERENCE, "machines", "openings")
    if lacking := [n for n in names if not (folder / f"{n}.parquet").exists()]:
        raise TableError(
            f"There is no table {lacking[0]}.parquet in {folder}; make it with "
            "`python corpora/reference/build.py CORPORA`."
        )
    tables = [read_table(folder / f"{n}.parquet") for n in names]
    made = {str(t.attrs.get("storyscope", {}).get("codebook")) for t in tables}
    if len(made) > 1:
        raise TableError(
            f"The tables in {folder} were made with different codebooks ({', '.join(sorted(made))}"
            "); make them anew with `python corpora/reference/build.py CORPORA`."
        )
    joined = pd.concat(tables, ignore_index=True)
    for column in joined.columns:
        if isinstance(
            tables[0][column].dtype if column in tables[0] else None, pd.CategoricalDtype
        ):
            joined[column] = joined[column].astype(tables[0][column].dtype)
    joined["cut"] = pd.to_numeric(joined["cut"])
    joined["family"] = [
        "human" if source == "human" else family_of(model or source)
        for source, model in zip(joined["source"], joined["model"].fillna(""), strict=True)
    ]
    joined.attrs = dict(tables[0].attrs)
    return joined


def six_way(reference: pd.DataFrame) -> pd.DataFrame:
    """People, the five families, and other models as background; ``source`` says which.

    Siblings of the families (older or larger models of the same makers) are left out: they are
    what the answer is tested on.
    """
    core = (reference["corpus"] == "slop5") | (reference["family"] == "human")
    strangers = (reference["family"] == OTHER) & (reference["corpus"] != "wp_human")
    return _with_source(reference[core | strangers], reference["family"])


def two_way(reference: pd.DataFrame) -> pd.DataFrame:
    """People and all models; ``source`` is ``human`` or ``ai``."""
    source = reference["family"].where(reference["family"] == "human", "ai")
    return _with_source(reference, source)


def _with_source(table: pd.DataFrame, source: pd.Series) -> pd.DataFrame:
    found = table.copy(deep=False)
    found["source"] = source.loc[table.index].astype(object)
    found.attrs = dict(table.attrs)
    return found


def weights(table: pd.DataFrame, *, bands: bool = True) -> NDArray[np.float64]:
    """How much each text counts in training, 1 on average.

    Corpora weigh by the root of their size, openings and old prints less than whole new texts, and
    within each band of length every source weighs the same as far as a factor of five allows.

    Parameters
    ----------
    table : DataFrame
        With ``source``, ``corpus``, ``words`` and ``cut``.
    bands : bool
        Whether sources are made to weigh the same within bands of length.
    """
    import pandas as pd

    mass = np.where(table["cut"].isna(), 1.0, OPENING_WEIGHT)
    mass = mass * np.where(table["corpus"].isin(OLD), OLD_WEIGHT, 1.0)
    frame = pd.DataFrame(
        {
            "mass": mass,
            "source": table["source"].to_numpy(str),
            "corpus": table["corpus"].to_numpy(str),
            "band": np.digitize(table["words"], LENGTHS),
        }
    )
    size = frame.groupby(["corpus", "source"])["mass"].transform("sum")
    frame["mass"] /= np.sqrt(size)
    if not bands:
        return (frame["mass"] / frame["mass"].mean()).to_numpy()
    band = frame.groupby("band")["mass"].transform("sum")
    share = frame.groupby(["band", "source"])["mass"].transform("sum") / band
    kinds = frame.groupby("band")["source"].transform("nunique")
    found = frame["mass"] * np.clip(1 / (kinds * share), 0.2, 5.0)
    result: NDArray[np.float64] = (found / found.mean()).to_numpy()
    return result
