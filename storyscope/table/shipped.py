"""The tables that ship with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from storyscope.errors import TableError
from storyscope.paths import data_dir
from storyscope.table.checked import check_table, provenance
from storyscope.table.files import read_table
from storyscope.table.joined import join_tables

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MATCHED", "PEOPLE", "REFERENCE", "matched_tables", "reference_table"]

PEOPLE = (
    "wp_human",
    "hanna_llm",
    "glimpse_wp",
    "wq_calibration",
    "magazine_sf",
    "litbank_chunks",
)
"""Tables of the shipped reference that hold people."""

REFERENCE = ("slop5", *PEOPLE)
"""Tables of the shipped reference: five families of models, and people."""

MATCHED = ("wq_calibration", "glimpse_wp", "hanna_llm")
"""Corpora in which people and models answered the same prompts."""


def reference_table(folder: str | Path | None = None) -> pd.DataFrame:
    """The shipped reference: figures of people and of five model families, as one table.

    ``corpora/reference/README.md`` says where the stories come from and how people and models
    differ there in more than who wrote. The folder's further tables (other models, openings) are
    not in it.

    Parameters
    ----------
    folder : str or Path, optional
        Another folder with tables of the same names.

    Raises
    ------
    TableError
        If the folder holds no table.

    Examples
    --------
    >>> sorted(set(reference_table()["source"]))
    ['claude', 'deepseek', 'gemini', 'gpt', 'human', 'kimi']
    """
    folder = Path(folder) if folder is not None else data_dir("corpora") / "reference"
    paths = [folder / f"{name}.parquet" for name in REFERENCE]
    parts = {path.name: read_table(path) for path in paths if path.exists()}
    if not parts:
        raise TableError(f"There is no feature table in {folder}; reinstall the package.")
    return check_table(join_tables(parts))


def matched_tables(folder: str | Path | None = None) -> dict[str, pd.DataFrame]:
    """The shipped tables in which people and models answered the same prompts, by corpus.

    Parameters
    ----------
    folder : str or Path, optional
        Another folder with a ``matched.parquet`` made by ``corpora/reference/matched.py``.

    Raises
    ------
    TableError
        If the folder holds none.
    """
    folder = Path(folder) if folder is not None else data_dir("corpora") / "reference"
    table = read_table(folder / "matched.parquet")
    parts = {name: table[table["corpus"] == name].reset_index(drop=True) for name in MATCHED}
    record = provenance(table)
    for name, part in parts.items():
        part.attrs = {"storyscope": {**record, "audit": record.get("audits", {}).get(name, {})}}
    return {name: part for name, part in parts.items() if len(part)}
