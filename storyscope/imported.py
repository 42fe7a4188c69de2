"""Feature tables made elsewhere: typed by a codebook of their own, from a small mapping.

A judged table from another project has its own column names, answers and quirks. A mapping says
which columns are keys, which answers have an order, what counts as missing and what to do with
stories that stand twice; the rest is read off the data. The result is a table that every analysis
takes, and a codebook that says what was decided.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import ID_PATTERN, KINDS, NUMERIC, Codebook, Feature
from storyscope.errors import TableError
from storyscope.guards import read_yaml, unpacked
from storyscope.table import check_table, read_parquet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ColumnMapping", "Imported", "import_table", "read_mapping"]

DUPLICATES = ("error", "first", "last")
MOST_LEVELS = 60


@dataclass(frozen=True)
class ColumnMapping:
    """What the columns of a foreign table are.

    Attributes
    ----------
    source, prompt_id : str
        Columns with the writer and the prompt.
    story_id : tuple of str
        Columns whose values, joined by "/", name a story; default prompt and source.
    name, prefix : str
        Of the codebook, and of the feature ids that columns are given (three to five capitals).
    leave_out : tuple of str
        Columns that are no features.
    keep : tuple of str
        Columns that are no features but stay in the table, as ``words``.
    missing : tuple of str
        Cells that mean "no answer", as an empty cell always does. Anything else is an answer,
        "NA" too.
    duplicates : {"error", "first", "last"}
        What to do with a story that stands in several rows.
    unknown : {"error", "missing"}
        What to do with an answer that a given codebook does not allow.
    separator : str
        Between the answers of one cell of a multi-select.
    range : tuple of float, or None
        Lowest and highest value of numeric columns that say nothing else; without it the range is
        that of the data.
    dimensions : mapping of str to tuple of str
        Columns of each dimension; all others are in the dimension ``answers``.
    style : tuple of str
        Columns that are surface style.
    columns : mapping of str to mapping
        ``kind``, ``values`` (in order), ``range`` and ``name`` of single columns.
    """

    source: str
    prompt_id: str
    story_id: tuple[str, ...] = ()
    name: str = "imported"
    prefix: str = "IMP"
    leave_out: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    duplicates: str = "error"
    unknown: str = "error"
    separator: str = "|"
    range: tuple[float, float] | None = None
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    style: tuple[str, ...] = ()
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


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


def read_mapping(path: str | Path) -> ColumnMapping:
    """Read a mapping from YAML; its keys are the attributes of `ColumnMapping`.

    Raises
    ------
    TableError
        If it is no YAML mapping, lacks a key column or has a key that is not known.
    """
    path = Path(path)
    if not path.is_file():
        raise TableError(f"There is no mapping at {path}.")
    try:
        content = read_yaml(path)
    except (OSError, ValueError) as error:
        raise TableError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise TableError(f"{path} must hold keys such as source: and prompt_id:.")
    return as_mapping(content, str(path))


def as_mapping(content: Mapping[str, Any], where: str = "the mapping") -> ColumnMapping:
    """Check plain data and make a mapping of it.

    >>> as_mapping({"source": "llm", "prompt_id": "story", "story_id": "id"}).story_id
    ('id',)
    """
    known = {f.name for f in fields(ColumnMapping)}
    if strange := [key for key in content if key not in known]:
        raise TableError(
            f"{where} has the key {strange[0]!r}; it can have {', '.join(sorted(known))}."
        )
    if lacking := [key for key in ("source", "prompt_id") if not content.get(key)]:
        raise TableError(f"{where} must say which column is the {lacking[0]}.")
    for key in ("dimensions", "columns"):
        if not isinstance(content.get(key) or {}, Mapping):
            raise TableError(f"{where}: {key} must be a mapping of names, not {content[key]!r}.")
    for column, about in (content.get("columns") or {}).items():
        if not isinstance(about, Mapping):
            raise TableError(f"{where}: what is said of {column} must be a mapping, not {about!r}.")
    for key in ("source", "prompt_id", "name", "prefix", "separator"):
        if not isinstance(content.get(key, ""), str) or content.get(key) == "":
            raise TableError(f"{where}: {key} must be a text, not {content[key]!r}.")
    given = dict(content)
    for key in ("story_id", "leave_out", "keep", "missing", "style"):
        given[key] = _texts(given.get(key))
    if given.get("range") is not None:
        given["range"] = _low_high(given["range"], where)
    given["dimensions"] = {
        str(name): _texts(columns) for name, columns in (given.get("dimensions") or {}).items()
    }
    given["columns"] = given.get("columns") or {}
    found = ColumnMapping(**given)
    for name, value, allowed in (
        ("duplicates", found.duplicates, DUPLICATES),
        ("unknown", found.unknown, ("error", "missing")),
    ):
        if value not in allowed:
            raise TableError(f"{where}: {name} is {value!r}; it must be {' or '.join(allowed)}.")
    if not ID_PATTERN.fullmatch(f"{found.prefix}_AAA_01"):
        raise TableError(f"{where}: prefix {found.prefix!r} must be three to five capital letters.")
    for column, about in found.columns.items():
        if about.get("kind", "number") not in KINDS:
            raise TableError(
                f"{where}: kind {about['kind']!r} of {column} is none of {', '.join(KINDS)}."
            )
    return found


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def _low_high(value: Any, where: str) -> tuple[float, float]:
    try:
        low, high = (float(x) for x in value)
    except (TypeError, ValueError):
        raise TableError(f"{where}: a range is [lowest, highest], not {value!r}.") from None
    if not -inf < low < high < inf:
        raise TableError(f"{where}: the range {value!r} is empty, or has no end.")
    return low, high


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
    raw = _read(Path(path))
    where = Path(path).name
    notes: list[str] = []
    wanted = [mapping.source, mapping.prompt_id, *mapping.story_id, *mapping.leave_out]
    wanted += [*mapping.keep, *mapping.columns, *mapping.style]
    wanted += [column for columns in mapping.dimensions.values() for column in columns]
    if lacking := [column for column in wanted if column not in raw.columns]:
        raise TableError(
            f"{where} has no column {lacking[0]!r}; it has {', '.join(map(str, raw.columns))}."
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


def _read(path: Path) -> pd.DataFrame:
    """Every cell as text where the file is text: "NA" is an answer until the mapping denies it."""
    import pandas as pd

    if not path.is_file():
        raise TableError(f"There is no table at {path}.")
    name = path.name.lower()
    plain = name.removesuffix(".gz")
    try:
        if plain.endswith(".parquet") and plain == name:
            return read_parquet(path).to_pandas()
        if plain.endswith((".csv", ".tsv")):
            content = unpacked(path)
            separator = "\t" if plain.endswith(".tsv") else ","
            return pd.read_csv(
                io.BytesIO(content), sep=separator, dtype=str, keep_default_na=False, na_values=[]
            )
    except (OSError, ValueError) as error:
        raise TableError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    raise TableError(f"{path.name} is not a .csv, .tsv (also .gz) or .parquet file.")


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
    levels = _texts(about.get("values"))
    numbers = pd.to_numeric(given, errors="coerce")
    if not kind:
        if levels:
            kind = "categorical"
        elif numbers.notna().all():
            kind = "number"
        else:
            kind = "binary" if set(given) <= {"yes", "no"} else "categorical"
    if kind in NUMERIC:
        if about.get("range") is not None:
            return kind, (), _low_high(about["range"], f"column {column}")
        if kind == "share":
            return kind, (), (0.0, 1.0)
        if mapping.range:
            return kind, (), mapping.range
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
        raise TableError(
            f"Column {column} has {len(levels)} different answers, so that it is hardly a feature. "
            "List it under leave_out:, or say what kind it is under columns:."
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
