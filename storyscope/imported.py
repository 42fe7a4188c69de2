"""Feature tables made elsewhere: typed by a codebook of their own, from a small mapping.

A judged table from another project has its own column names, answers and quirks. A mapping says
which columns are keys, which answers have an order, what counts as missing and what to do with
stories that stand twice; the rest is read off the data. The result is a table that every analysis
takes, and a codebook that says what was decided.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import NUMERIC, Codebook, Feature
from storyscope.corpus.delimited import cells_of
from storyscope.errors import CorpusError, TableError
from storyscope.imported_mapping import ColumnMapping, as_mapping, low_high, read_mapping, texts_of
from storyscope.table import check_table, in_pandas, read_parquet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ColumnMapping", "Imported", "as_mapping", "codebook_of", "import_table", "read_mapping"]

MOST_LEVELS = 60
_NOTHING = frozenset("na n/a nan <na> #n/a null nil none - -- . .. ? missing".split())
"""What stands for "no value" in columns of numbers, whatever the mapping says."""


@dataclass(frozen=True)
class Imported:
    """A foreign table made ours.

    Attributes
    ----------
    table : DataFrame
        As `storyscope.table.check_table` gives it.
    codebook : Codebook
    notes : list of str
        What was decided or left out on the way.
    """

    table: pd.DataFrame
    codebook: Codebook
    notes: list[str]


def import_table(
    path: str | Path, mapping: ColumnMapping, codebook: Codebook | None = None
) -> Imported:
    r"""Read a table made elsewhere.

    Parameters
    ----------
    path : str or Path
        CSV, TSV (also with ``.gz``) or Parquet.
    mapping : ColumnMapping
    codebook : Codebook, optional
        One that already describes the columns, which then bear its feature ids. Without it one is
        made: a column of numbers is a number, "yes" and "no" a binary, anything else a category,
        unless the mapping says otherwise.

    Raises
    ------
    TableError
        If a column is missing, a story stands twice and the mapping does not say what to do, or a
        cell does not fit its column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "judged.csv"
    >>> _ = file.write_text("llm,story,tense,pace\nm1,p1,Past,3\nm2,p1,NA,4\n")
    >>> found = import_table(file, as_mapping({"source": "llm", "prompt_id": "story"}))
    >>> found.table["IMP_ANS_01"].tolist(), found.codebook["IMP_ANS_02"].range
    (['Past', 'NA'], (3.0, 4.0))
    """
    notes: list[str] = []
    raw = _read(Path(path), notes)
    where = Path(path).name
    wanted = [mapping.source, mapping.prompt_id, *mapping.story_id, *mapping.leave_out]
    wanted += [*mapping.keep, *mapping.columns, *mapping.style]
    wanted += [column for columns in mapping.dimensions.values() for column in columns]
    if lacking := [column for column in wanted if column not in raw.columns]:
        raise TableError(
            f"{where} has no column {lacking[0]!r}; it has {_few([str(c) for c in raw.columns])}."
        )
    raw = _once(raw, mapping, where, notes)
    keys = {mapping.source, mapping.prompt_id, *mapping.story_id}
    aside = keys | set(mapping.leave_out) | set(mapping.keep)
    columns = [str(column) for column in raw.columns if column not in aside]
    cells = {column: _cells(raw[column], mapping) for column in columns}
    if codebook is None:
        codebook, names = _describe(cells, mapping, notes)
    else:
        names = {column: column for column in columns if column in codebook}
        if extra := [column for column in columns if column not in codebook]:
            notes.append(f"columns that the codebook lacks, left out: {_few(extra)}")
        if not names:
            raise TableError(f"{where} has no column that is a feature of {codebook.name}.")
    for column, feature_id in names.items():
        if codebook[feature_id].kind in NUMERIC:
            cells[column] = _numbers(cells[column], column, notes)
    made = {"story_id": _ids(raw, mapping)}
    made["source"] = raw[mapping.source].astype(str)
    made["prompt_id"] = raw[mapping.prompt_id].astype(str)
    made |= {column: raw[column] for column in mapping.keep}
    for column, feature_id in names.items():
        made[feature_id] = _fit(cells[column], codebook[feature_id], column, mapping, notes)
    import pandas as pd

    table = check_table(pd.DataFrame(made).reset_index(drop=True), codebook)
    table.attrs["storyscope"] = {
        "codebook": codebook.version,
        "imported": {"file": where, "codebook_name": codebook.name, "notes": notes},
    }
    return Imported(table, codebook, notes)


def codebook_of(table: str | Path) -> Path | None:
    """The codebook that `import-table` or `score` wrote beside a table; None where there is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = Path(table)
    folder = table.with_suffix(".codebook")
    if not folder.is_dir():
        return None
    if table.suffix.lower() != ".parquet":
        return folder
    try:
        record = (pq.read_schema(table).metadata or {}).get(b"storyscope", b"")
    except (OSError, pa.ArrowException):
        return None  # reading the table will say what is wrong with it
    return folder if b'"codebook_name"' in record else None


def _read(path: Path, notes: list[str]) -> pd.DataFrame:
    """Every cell as text where the file is text: "NA" is an answer until the mapping denies it."""
    import pandas as pd

    if not path.is_file():
        raise TableError(f"There is no table at {path}.")
    name = path.name.lower()
    if name.endswith(".parquet"):
        try:
            return in_pandas(read_parquet(path))
        except (OSError, ValueError) as error:
            raise TableError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    if not name.removesuffix(".gz").removesuffix(".zst").endswith((".csv", ".tsv")):
        raise TableError(f"{path.name} is not a .csv, .tsv (also .gz, .zst) or .parquet file.")
    found: Counter[str] = Counter()
    try:
        rows = cells_of(path, found)
        header = next(rows, [])
        frame = pd.DataFrame(list(rows), columns=header, dtype=object)
    except CorpusError as error:
        raise TableError(str(error)) from error
    notes += [f"{n} {text}" for text, n in found.items()]
    # R and pandas write the numbers of rows as a first column without a name.
    if header and header[0] == "column_1":
        counted = [str(k) for k in range(len(frame) + 1)]
        if list(frame["column_1"]) in (counted[1:], counted[:-1]):
            notes.append("the first column has no name, only the numbers of rows, and is left out")
            frame = frame.drop(columns="column_1")
    return frame


def _ids(raw: pd.DataFrame, mapping: ColumnMapping) -> pd.Series:
    parts = mapping.story_id or (mapping.prompt_id, mapping.source)
    joined = raw[parts[0]].astype(str)
    for part in parts[1:]:
        joined = joined + "/" + raw[part].astype(str)
    return joined


def _once(raw: pd.DataFrame, mapping: ColumnMapping, where: str, notes: list[str]) -> pd.DataFrame:
    """One row a story."""
    ids = _ids(raw, mapping)
    twice = ids.duplicated(keep=False)
    if not twice.any():
        return raw
    if mapping.duplicates == "error":
        raise TableError(
            f"{where} holds the story {ids[twice].iloc[0]!r} in {int((ids == ids[twice].iloc[0]).sum())} "
            f"rows ({int(ids[twice].nunique())} stories stand more than once). Name the columns "
            "that tell rows apart as story_id, or say duplicates: first."
        )
    kept = ~ids.duplicated(keep="first" if mapping.duplicates == "first" else "last")
    notes.append(
        f"{int(ids[twice].nunique())} stories stand in {int(twice.sum())} rows; the "
        f"{mapping.duplicates} of each is kept and {int((~kept).sum())} rows are left out"
    )
    return raw[kept]


def _cells(column: pd.Series, mapping: ColumnMapping) -> pd.Series:
    """Cells as text or numbers; lists become multi-selects; missing ones None."""
    missing = {*mapping.missing, ""}

    def one(value: Any) -> Any:
        if isinstance(value, list | tuple) or type(value).__name__ == "ndarray":
            return "|".join(str(item).strip() for item in value) or None
        if value is None or value != value:
            return None
        if isinstance(value, bool):
            return "yes" if value else "no"
        text = str(value).strip()
        return None if text in missing else text

    return column.astype(object).map(one, na_action=None)


def _numbers(values: pd.Series, column: str, notes: list[str]) -> pd.Series:
    """Cells of a numeric column without those that say "no value", and with decimal points."""
    nothing = values.map(_says_nothing, na_action="ignore").fillna(False).astype(bool)
    if nothing.any():
        signs = sorted(set(values[nothing]))
        notes.append(
            f"column {column} holds numbers but for {_few(signs)} in {int(nothing.sum())} rows, "
            "which count as missing"
        )
        values = values.where(~nothing, None)
    given = values.dropna().astype(str)
    if given.str.contains(",").any() and given.map(_is_number).all():
        notes.append(f"column {column} writes its numbers with a decimal comma")
        values = values.map(lambda text: text.replace(",", "."), na_action="ignore")
    return values


def _says_nothing(text: Any) -> bool:
    return str(text).casefold() in _NOTHING


def _is_number(text: str) -> bool:
    """Whether a cell is a number, with a point or a comma.

    >>> [_is_number(text) for text in ("3", "-2.5", "2,55", "1e-3", "1,000,000", "three")]
    [True, True, True, True, False, False]
    """
    return re.fullmatch(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?", text) is not None


def _describe(
    cells: Mapping[str, pd.Series], mapping: ColumnMapping, notes: list[str]
) -> tuple[Codebook, dict[str, str]]:
    """Make a codebook for columns that have none."""
    home = {c: name for name, columns in mapping.dimensions.items() for c in columns}
    number: dict[str, int] = {}
    features: list[Feature] = []
    names: dict[str, str] = {}
    fitted: list[str] = []
    for column, values in cells.items():
        dimension = home.get(column, "answers")
        aspect = "".join(x for x in dimension.upper() if x.isascii() and x.isalpha())[:3]
        if len(aspect) < 2:
            raise TableError(f"The dimension {dimension!r} needs a name of at least two letters.")
        number[aspect] = number.get(aspect, 0) + 1
        about = mapping.columns.get(column, {})
        kind, levels, low_high = _kind(column, values, about, mapping, fitted)
        if not kind:
            notes.append(f"column {column} has no answers and is left out")
            number[aspect] -= 1
            continue
        feature_id = f"{mapping.prefix}_{aspect}_{number[aspect]:02d}"
        names[column] = feature_id
        features.append(
            Feature(
                id=feature_id,
                name=str(about.get("name", column)),
                dimension=dimension,
                question=str(about.get("question", f"What does the column {column} say?")),
                kind=kind,
                evidence="As the table's makers judged it.",
                answered_by=("judge",),
                source=mapping.name,
                values=dict.fromkeys(levels, ""),
                range=low_high,
                style=column in mapping.style,
            )
        )
    if fitted:
        notes.append(
            "no range is declared, so that of the data serves, and distances would change with "
            f"other stories: {_few(fitted)}"
        )
    if not features:
        raise TableError("The table has no column with answers beside its keys.")
    return Codebook(features, name=mapping.name), names


def _kind(
    column: str,
    values: pd.Series,
    about: Mapping[str, Any],
    mapping: ColumnMapping,
    fitted: list[str],
) -> tuple[str, tuple[str, ...], tuple[float, float] | None]:
    import pandas as pd

    given = values.dropna().astype(str)
    if given.empty:
        return "", (), None
    kind = str(about.get("kind", ""))
    levels = texts_of(about.get("values"))
    numeric = given[~given.map(_says_nothing)]
    numeric = numeric[numeric.map(_is_number)].str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(numeric, errors="coerce")
    others = given[~given.map(_is_number) & ~given.map(_says_nothing)]
    if not kind:
        if levels:
            kind = "categorical"
        elif others.empty and not numeric.empty:
            kind = "number"
        else:
            kind = "binary" if set(given) <= {"yes", "no"} else "categorical"
    if kind in NUMERIC:
        if about.get("range") is not None:
            return kind, (), low_high(about["range"], f"column {column}")
        if kind == "share":
            return kind, (), (0.0, 1.0)
        if mapping.range:
            return kind, (), mapping.range
        if numbers.empty:
            raise TableError(f"Column {column} is to be a {kind}, but holds no number.")
        low, high = float(numbers.min()), float(numbers.max())
        fitted.append(column)
        return kind, (), (low, high if high > low else low + 1)
    if kind == "binary":
        return kind, ("yes", "no"), None
    if not levels:
        if kind == "ordinal":
            raise TableError(f"Column {column} is ordinal: its mapping must list values in order.")
        if kind == "multi":
            parts = given.str.split(mapping.separator, regex=False).explode().str.strip()
            levels = tuple(sorted(set(parts) - {""}))
        else:
            levels = tuple(sorted(set(given)))
    if len(levels) < 2:
        levels = (*levels, f"not {levels[0]}") if levels else ("yes", "no")
    if len(levels) > MOST_LEVELS:
        nearly = (
            f" It holds numbers but for {_few(sorted(set(others)), 3)}: list that under missing:."
            if len(others) < len(numeric)
            else ""
        )
        raise TableError(
            f"Column {column} has {len(levels)} different answers, so that it is hardly a "
            f"feature.{nearly} List it under leave_out:, or say what kind it is under columns:."
        )
    return kind, levels, None


def _fit(
    values: pd.Series, feature: Feature, column: str, mapping: ColumnMapping, notes: list[str]
) -> pd.Series:
    """Cells of one column as its feature allows them."""
    import pandas as pd

    if feature.kind in NUMERIC:
        numbers = pd.to_numeric(values, errors="coerce")
        strange = values[numbers.isna() & values.notna()]
        return _unknown(numbers.astype(float), strange, feature, column, mapping, notes)
    allowed = set(feature.levels)
    if feature.kind == "multi":
        separator = mapping.separator

        def answers(text: Any) -> Any:
            if not isinstance(text, str):
                return None
            parts = text.replace(separator, "|").split("|")
            return "|".join(dict.fromkeys(part.strip() for part in parts if part.strip())) or None

        values = values.map(answers, na_action=None)
        bad = values.map(lambda v: isinstance(v, str) and not set(v.split("|")) <= allowed)
    elif feature.kind == "binary":
        spelled = {"true": "yes", "false": "no", "1": "yes", "0": "no"}
        values = values.map(
            lambda v: spelled.get(v.lower(), v.lower()) if isinstance(v, str) else v,
            na_action="ignore",
        )
        bad = values.notna() & ~values.isin(allowed)
    else:
        bad = values.notna() & ~values.isin(allowed)
    strange = values[bad.astype(bool)]
    return _unknown(values.where(~bad.astype(bool), None), strange, feature, column, mapping, notes)


def _unknown(
    fitted: pd.Series,
    strange: pd.Series,
    feature: Feature,
    column: str,
    mapping: ColumnMapping,
    notes: list[str],
) -> pd.Series:
    if strange.empty:
        return fitted
    answers = sorted({str(value) for value in strange})
    if mapping.unknown == "error":
        allowed = ", ".join(feature.levels) or f"a number from {feature.range}"
        raise TableError(
            f"Column {column} ({feature.name}) holds {answers[0]!r}, which is not {allowed}. List "
            "it under missing:, mend the mapping, or say unknown: missing."
        )
    notes.append(
        f"{len(strange)} answers to {column} that the codebook does not allow count as missing: "
        f"{_few(answers)}"
    )
    return fitted


def _few(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
