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

FAMILIES = ("claude", "deepseek", "gemini", "gpt", "kimi")
"""Families of models that are named."""
_FAMILIES = {
    "claude": r"claude",
    "deepseek": r"deepseek",
    "gemini": r"gemini",
    "gpt": r"gpt|\bo[134]\b",
    "kimi": r"kimi",
}
_MAKERS = {
    "gemma": r"gemma|ifable|darkest-muse",
    "mistral": r"mistral|ministral|suri",
    "llama": r"llama|platypus|beluga",
    "qwen": r"qwen",
    "glm": r"glm|longwriter",
    "yi": r"^yi",
    "internlm": r"internlm",
    "minimax": r"minimax",
    "phi": r"^phi",
}
_SAME = {
    "claude3-haiku": "claude-3-haiku",
    "claude-3-opus-20240229": "claude-3-opus",
    "claude-3-sonnet-20240229": "claude-3-sonnet",
    "claude-3.5-haiku-20241022": "claude-3.5-haiku",
    "claude35": "claude-3.5-sonnet",
    "claude3.5-sonnet": "claude-3.5-sonnet",
    "claude-3-5-sonnet": "claude-3.5-sonnet",
    "claude-3-5-sonnet-20241022": "claude-3.5-sonnet",
    "claude3.7-sonnet": "claude-3.7-sonnet",
    "claude-3-7-sonnet": "claude-3.7-sonnet",
    "claude-sonnet-4-5": "claude-sonnet-4.5",
    "llm-2025": "claude-sonnet-4.5",
    "deepseek_chat_api": "deepseek-chat-2024",
    "deepseek-v3.2-exp": "deepseek-v3.2",
    "gemini15_pro": "gemini-1.5-pro",
    "gemini-2.0-flash-001": "gemini-2.0-flash",
    "gemini-2.0-pro-exp-02-05": "gemini-2.0-pro",
    "gemini-2.5-pro-exp-03-25": "gemini-2.5-pro",
    "gemini-3-flash-preview": "gemini-3-flash",
    "gpt4o_0806": "gpt-4o",
    "chatgpt-4o-latest-2025-01-29": "chatgpt-4o",
    "chatgpt-4o-latest-2025-03-27": "chatgpt-4o",
    "gpt-4.5-preview": "gpt-4.5",
    "gpt-5-mini-2025-08-07": "gpt-5-mini",
    "o1_mini": "o1-mini",
    "gemma2_27b": "gemma-2-27b-it",
    "glm4_api": "glm-4",
    "glm4_9b": "glm-4-9b",
    "internlm25_20b": "internlm-2.5-20b",
    "internlm25_7b": "internlm-2.5-7b",
    "llama31_70b": "llama-3.1-70b-instruct",
    "llama31_8b": "llama-3.1-8b-instruct",
    "longwriter_9b": "longwriter-9b",
    "mistral-nemo": "mistral-nemo-instruct-2407",
    "mistral_7b_v02": "mistral-7b-v0.2",
    "mistral_large_api": "mistral-large-2024",
    "neo_7b_v01": "neo-7b-v0.1",
    "phi35_moe": "phi-3.5-moe",
    "qwen2_72b": "qwen2-72b",
    "qwen2_7b": "qwen2-7b",
    "qwen_max": "qwen-max-2024",
    "suri_7b": "suri-7b",
    "yi15_34b": "yi-1.5-34b",
    "yi_large": "yi-large",
}
"""Names under which corpora list a model, where they are not its own."""


def version_of(name: str) -> str:
    """A model's own name, in small letters, whatever a corpus calls it.

    >>> version_of("anthropic__claude-3-haiku"), version_of("llm-2025"), version_of("Llama-7b")
    ('claude-3-haiku', 'claude-sonnet-4.5', 'llama-7b')
    """
    plain = name.rsplit("__", 1)[-1].lower()
    return _SAME.get(plain, plain)


def family_of(version: str) -> str:
    """Family of a model by its name: one of `FAMILIES`, or `OTHER`.

    >>> family_of("chatgpt-4o"), family_of("gemma-3-4b-it"), family_of("o3")
    ('gpt', 'other', 'gpt')
    """
    found = (f for f, pattern in _FAMILIES.items() if re.search(pattern, version.lower()))
    return next(found, OTHER)


def maker_of(version: str) -> str:
    """Whose model it is or was made from, by its name; a name that tells nothing is its own maker.

    >>> maker_of("gemma-3-glitter-12b"), maker_of("beluga-13b"), maker_of("ling-1t")
    ('gemma', 'llama', 'ling-1t')
    """
    family = family_of(version)
    found = (m for m, pattern in _MAKERS.items() if re.search(pattern, version.lower()))
    return family if family != OTHER else next(found, version.lower())


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
