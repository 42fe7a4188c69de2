"""How results are laid out: tables of text, figures in words, and plain data for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from storyscope.compare.resample import Estimate

__all__ = ["SHORT", "Table", "between", "chance", "number", "plain", "tail"]

SHORT = 15
"""Rows of a table that a short print shows."""


@dataclass(frozen=True)
class Table:
    """Something to print.

    Attributes
    ----------
    title : str
    columns : tuple of str
        Those that begin with "#" hold figures.
    rows : sequence of tuple of str
    note : str
        A remark to stand below.
    detail : bool
        Whether it is left out of a short print.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""
    detail: bool = False


def number(value: float | None, digits: int = 3) -> str:
    """Write a number; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def between(found: Estimate | None, digits: int = 3) -> str:
    """Write a figure with its interval, or with the prompts that are too few for one.

    >>> from storyscope.compare.resample import Estimate
    >>> between(Estimate(0.25, 0.2, 0.3, 40)), between(Estimate(0.25, None, None, 1))
    ('0.250 [0.200, 0.300]', '0.250 (1 prompt)')
    """
    if found is None:
        return "–"
    if found.low is None or found.high is None:
        prompts = "prompt" if found.n == 1 else "prompts"
        return f"{found.value:.{digits}f} ({found.n} {prompts})"
    return f"{found.value:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def chance(p: float | None) -> str:
    """Write a p-value.

    >>> chance(0.0004), chance(0.0316), chance(None)
    ('p < 0.001', 'p = 0.032', 'no test')
    """
    if p is None:
        return "no test"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def tail(p: float | None) -> str:
    """Write a p-value in a table.

    >>> tail(0.0004), tail(0.0316), tail(None)
    ('<0.001', '0.032', '–')
    """
    return "<0.001" if p is not None and p < 0.001 else number(p)


def plain(value: Any) -> Any:
    """Turn dataclasses, arrays and numbers into what JSON knows.

    >>> from storyscope.compare.resample import Estimate
    >>> plain(Estimate(1 / 3, float("nan"), None, 4))
    {'value': 0.333333, 'low': None, 'high': None, 'n': 4}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{float(value):.6g}") + 0.0 if isfinite(value) else None
    return value
