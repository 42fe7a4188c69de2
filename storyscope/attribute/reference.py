"""The reference tables joined: people or model, families and their versions, and how texts weigh.

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
    "FAMILIES",
    "OLD",
    "OTHER",
    "families",
    "family_of",
    "maker_of",
    "read_reference",
    "root_weights",
    "two_way",
    "units",
    "version_folds",
    "version_of",
    "version_weights",
    "weights",
]

OLD = ("magazine_sf", "litbank_chunks")
"""Those printed long before any model: they weigh less, since period sets them apart as well."""
OTHER = "other"
"""Source that stands for models outside the five families."""
OPENING_WEIGHT = 0.15
OLD_WEIGHT = 0.3
FULL_VERSION = 10
"""Texts under which a version in a corpus counts less than by their root."""
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
    """All tables of `corpora/reference` as one, with a column ``cut``.

    Parameters
    ----------
    folder : str or Path
        Where `corpora/reference/build.py` wrote its tables.

    Returns
    -------
    DataFrame
        With ``corpus``, ``family`` (``human``, one of `FAMILIES` or ``other``), ``maker``,
        ``version`` and ``cut``, the number of words to which an opening was cut, missing for
        whole texts.

    Raises
    ------
    TableError
        If a table is not there, was made without families, or with another codebook than the rest.
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
    for name, table in zip(names, tables, strict=True):
        if "family" not in table or "version" not in table:
            raise TableError(
                f"The table {name}.parquet in {folder} does not say which family and version wrote; "
                "make it anew with `python corpora/reference/build.py CORPORA`."
            )
    joined = pd.concat(tables, ignore_index=True)
    for column in joined.columns:
        if isinstance(
            tables[0][column].dtype if column in tables[0] else None, pd.CategoricalDtype
        ):
            joined[column] = joined[column].astype(tables[0][column].dtype)
    joined["cut"] = pd.to_numeric(joined["cut"])
    joined["version"] = joined["version"].fillna("")
    joined.attrs = dict(tables[0].attrs)
    return joined


def two_way(reference: pd.DataFrame) -> pd.DataFrame:
    """People and all models; ``source`` is ``human`` or ``ai``."""
    source = reference["family"].where(reference["family"] == "human", "ai")
    return _with_source(reference, source)


def families(reference: pd.DataFrame) -> pd.DataFrame:
    """Texts of models only; ``source`` is one of `FAMILIES` or ``other``."""
    return _with_source(reference[reference["family"] != "human"], reference["family"])


def version_folds(table: pd.DataFrame, folds: int = 5) -> NDArray[np.int64]:
    """Folds that hold out whole versions of families, and whole makers of the others.

    The versions of a family go round the folds, the largest first, so that every fold leaves some
    version of each family that has two.

    Parameters
    ----------
    table : DataFrame
        As `families` makes it, with ``version`` and ``maker``.
    folds : int

    Returns
    -------
    array of int, shape (n,)

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("claude", "claude", v) for v in "aab"] + [("other", m, m) for m in ("x", "y")]
    >>> version_folds(pd.DataFrame(rows, columns=["source", "maker", "version"]), 2).tolist()
    [0, 0, 1, 1, 0]
    """
    unit = _version_or_maker(table)
    source = table["source"].to_numpy(str)
    size = np.zeros(folds)
    found = np.zeros(len(table), np.int64)
    for one in sorted(set(source)):
        names, count = np.unique(unit[source == one], return_counts=True)
        used: set[int] = set()
        for name in names[np.argsort(-count, kind="stable")]:
            rows = (source == one) & (unit == name)
            free = [f for f in range(folds) if f not in used]
            fold = min(free, key=lambda f: size[f])
            used = set() if len(used) == folds - 1 else used | {fold}
            size[fold] += rows.sum()
            found[rows] = fold
    return found


def units(table: pd.DataFrame) -> NDArray[np.str_]:
    """Which version (or maker, among others) wrote each text, and in which corpus; shape (n, 2).

    Parameters
    ----------
    table : DataFrame
        As `families` makes it.
    """
    return np.column_stack([_version_or_maker(table), table["corpus"].to_numpy(str)])


def _version_or_maker(table: pd.DataFrame) -> NDArray[np.str_]:
    return table["version"].where(table["source"] != OTHER, table["maker"]).to_numpy(str)


def version_weights(table: pd.DataFrame) -> NDArray[np.float64]:
    """How much each text of a model counts in training, 1 on average.

    In each corpus a version (or maker, among others) counts by the root of its texts, and less
    under `FULL_VERSION` of them, so that neither a version with hundreds nor one with a dozen
    decides what its family is; openings count less than whole texts.

    Parameters
    ----------
    table : DataFrame
        As `families` makes it, with ``version``, ``maker``, ``corpus`` and ``cut``.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"source": "gpt", "maker": "gpt", "version": ["o3"] * 40 + ["o1"] * 10,
    ...                       "corpus": "a", "cut": None})
    >>> found = version_weights(table)
    >>> round(float(found[:40].sum() / found[40:].sum()), 2)
    2.0
    """
    count = _count_of_unit(table)
    found = root_weights(table) * np.minimum(count / FULL_VERSION, 1.0)
    return found / found.mean()


def root_weights(table: pd.DataFrame) -> NDArray[np.float64]:
    """How much each text counts where versions (or makers) in a corpus do by the root of theirs.

    Openings count less than whole texts.

    Parameters
    ----------
    table : DataFrame
        As for `version_weights`.
    """
    mass = np.where(table["cut"].isna(), 1.0, OPENING_WEIGHT)
    found: NDArray[np.float64] = mass / np.sqrt(_count_of_unit(table))
    return found


def _count_of_unit(table: pd.DataFrame) -> NDArray[np.int64]:
    """For each text, how many its version (or maker) has in its corpus."""
    _, unit = np.unique(units(table), axis=0, return_inverse=True)
    return np.bincount(unit.ravel())[unit.ravel()]


def _with_source(table: pd.DataFrame, source: pd.Series) -> pd.DataFrame:
    found = table.copy(deep=False)
    found["source"] = source.loc[table.index].astype(object)
    found.attrs = dict(table.attrs)
    return found


def weights(table: pd.DataFrame) -> NDArray[np.float64]:
    """How much each text counts in training, 1 on average.

    Within each corpus sources weigh by the root of their size, openings and old
    prints less than whole new texts, and within each band of length every source weighs the same
    as far as a factor of five allows.

    Parameters
    ----------
    table : DataFrame
        With ``source``, ``corpus``, ``words`` and ``cut``.
    """
    import pandas as pd

    mass = np.where(table["cut"].isna(), 1.0, OPENING_WEIGHT)
    mass = mass * np.where(table["corpus"].isin(OLD), OLD_WEIGHT, 1.0)
    frame = pd.DataFrame(
        {
            "mass": mass,
            "source": table["source"].to_numpy(str),
            "unit": table["corpus"].to_numpy(str) + "\n" + table["source"].to_numpy(str),
            "band": np.digitize(table["words"], LENGTHS),
        }
    )
    size = frame.groupby(["unit"])["mass"].transform("sum")
    frame["mass"] /= np.sqrt(size)
    band = frame.groupby("band")["mass"].transform("sum")
    share = frame.groupby(["band", "source"])["mass"].transform("sum") / band
    kinds = frame.groupby("band")["source"].transform("nunique")
    found = frame["mass"] * np.clip(1 / (kinds * share), 0.2, 5.0)
    result: NDArray[np.float64] = (found / found.mean()).to_numpy()
    return result
