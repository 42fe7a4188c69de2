"""Values of a table as files can hold them, and as a spreadsheet leaves them alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["csv_text", "encodable", "text_cells", "textual", "without_mark"]

# What a spreadsheet takes for a formula, marked or not; numbers are none.
_FORMULA = re.compile(r"'*(?:[=@\t\r]|[+-](?![\d.]+(?:[eE][+-]?\d+)?$))")


def textual(values: Sequence[Any]) -> list[str | None] | None:
    """The values of a column as text, if no file could hold them as they are; None if one can.

    A column cannot be kept as it is if it mixes text, numbers and truth values, if it holds whole
    numbers too large for a file or for a column with gaps, or half of a character.

    >>> textual([1, None, 2.5]), textual(["a", None])
    (None, None)
    >>> textual([1, None, "N/A"]), textual([2**70])
    (['1', None, 'N/A'], ['1180591620717411303424'])
    """
    import pyarrow as pa

    try:
        pa.array(values, from_pandas=True)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        pass
    else:
        if not any(isinstance(v, int) and abs(v) > 2**53 for v in values):
            return None
        if all(isinstance(v, int) for v in values):
            return None
    return [None if v is None or v != v else encodable(str(v)) for v in values]


def encodable(text: str) -> str:
    r"""The text with escapes for what UTF-8 cannot hold, halves of characters.

    >>> encodable("\ud83d and é")
    '\\ud83d and é'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def text_cells(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """The table with every text changed, numbers and missing cells as they are."""
    import pandas as pd

    changed = {}
    for name in table.columns:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            continue
        cells = column.astype(object)
        changed[name] = cells.map(lambda v: change(v) if isinstance(v, str) else v)
    return table.assign(**changed)


def csv_text(text: str) -> str:
    """A text for a cell of a CSV file, marked by an apostrophe if a spreadsheet would reckon it.

    `read_table` takes the mark off again.

    >>> csv_text("=1+1"), csv_text("-5"), csv_text("human")
    ("'=1+1", '-5', 'human')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def without_mark(text: str) -> str:
    """A text as it was before `csv_text`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
