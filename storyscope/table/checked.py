"""A feature table checked and typed by its codebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storyscope.codebook import ID_PATTERN, JUDGED, NUMERIC, Codebook, default_codebook
from storyscope.errors import TableError, UnknownFeature

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KEYS", "check_table", "feature_ids", "provenance"]

KEYS = ("story_id", "source", "prompt_id")
"""Columns every table begins with."""


def feature_ids(table: pd.DataFrame, codebook: Codebook, features: str = "all") -> list[str]:
    """Features of a set that the table has, in codebook order.

    >>> import pandas as pd
    >>> feature_ids(pd.DataFrame(columns=["story_id", "TMP_DRM_01"]), default_codebook())
    ['TMP_DRM_01']
    """
    present = set(table.columns)
    return [f for f in codebook.ids(features) if f in present]  # type: ignore[arg-type]


def provenance(table: pd.DataFrame) -> dict[str, Any]:
    """What made this table; empty for a table from elsewhere."""
    return dict(table.attrs.get("storyscope", {}))


def check_table(table: pd.DataFrame, codebook: Codebook | None = None) -> pd.DataFrame:
    """The table with its feature columns typed by the codebook.

    Parameters
    ----------
    table : DataFrame
        With the columns of `KEYS`, feature columns, and any others, which are left alone.
    codebook : Codebook, optional
        Default the shipped one.

    Returns
    -------
    DataFrame
        Numeric features as float, all others as ordered or unordered categories with the declared
        values; keys as text; keys first.

    Raises
    ------
    TableError
        For a missing key column, a repeated story id, a value the codebook does not allow, or
        one that is infinite.
    UnknownFeature
        For a column that looks like a feature id and is none.
    """
    import pandas as pd

    codebook = codebook or default_codebook()
    attrs, table = table.attrs, table.copy(deep=False)
    table.attrs = {}  # pandas would copy them anew with every column
    if lacking := [key for key in KEYS if key not in table.columns]:
        raise TableError(
            f"The table has no column {lacking[0]!r}; a feature table begins with "
            f"{', '.join(KEYS)}. Make one with `storyscope score`."
        )
    repeated = table["story_id"].duplicated()
    if repeated.any():
        raise TableError(
            f"The story id {table.loc[repeated, 'story_id'].iloc[0]!r} stands in more than one "
            "row; ids must be unique."
        )
    columns: dict[str, Any] = {key: table[key].astype(str).astype(object) for key in KEYS}
    for name in table.columns:
        if name in columns:
            continue
        if name == "words":
            columns[name] = _numbers(table, name)
            continue
        if str(name).removesuffix(JUDGED) not in codebook:
            if ID_PATTERN.fullmatch(str(name)):
                raise UnknownFeature(str(name), [f.id for f in codebook])
            columns[name] = table[name]
            continue
        feature = codebook[name]
        if feature.kind in NUMERIC:
            numbers = _numbers(table, name, f" ({feature.name})")
            columns[name] = numbers.astype(float)
            continue
        _check_levels(table[name], feature)
        if feature.kind == "multi":
            columns[name] = table[name].astype(object).where(table[name].notna(), None)
        else:
            dtype = pd.CategoricalDtype(feature.levels, ordered=feature.kind == "ordinal")
            text = table[name].astype(object).map(str, na_action="ignore")
            columns[name] = text.astype(dtype)
    checked = pd.DataFrame(columns, index=table.index)
    checked.attrs = dict(attrs)
    return checked


def _numbers(table: pd.DataFrame, name: str, called: str = "") -> pd.Series:
    """A column as numbers, missing ones NaN; anything else, and infinity, is an error."""
    import numpy as np
    import pandas as pd

    try:
        numbers = pd.to_numeric(table[name])
        values = numbers.to_numpy(dtype=float, na_value=np.nan)
    except (ValueError, TypeError, OverflowError) as error:
        raise TableError(f"Column {name}{called} must be numeric: {error}") from None
    if (infinite := np.isinf(values)).any():
        story = table["story_id"].iloc[int(infinite.argmax())]
        raise TableError(
            f"Column {name}{called} holds an infinite value at the story {story!r}; leave the cell "
            "empty where there is no value."
        )
    return numbers


def _check_levels(column: pd.Series, feature: Any) -> None:
    allowed = set(feature.levels)
    for value in column.dropna().unique():
        parts = str(value).split("|") if feature.kind == "multi" else [str(value)]
        if strange := [part for part in parts if part not in allowed]:
            raise TableError(
                f"Column {feature.id} ({feature.name}) holds {strange[0]!r}, which is none of "
                f"{', '.join(feature.levels)}."
            )
