"""Codebooks and tables of others: the released StoryScope taxonomy and its feature table.

Nothing is guessed on the way. A cell that the taxonomy does not allow becomes missing, is counted,
and is handed back with what stood in it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import DIMENSIONS, NUMERIC, Codebook, Feature, load_codebook
from storyscope.errors import CodebookError, TableError
from storyscope.guards import unpacked
from storyscope.table import check_table, in_pandas, read_parquet

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Converted",
    "check_codebook",
    "convert_features",
    "convert_taxonomy",
    "read_codebook",
    "save_codebook",
]

_KINDS = {
    "categorical": "categorical",
    "ordinal": "ordinal",
    "binary": "binary",
    "scale": "scale",
    "multi_select": "multi",
}
_MISSING = frozenset({"", "__MISSING__", "None", "null", "nan", "NaN"})


def read_codebook(path: str | Path) -> Codebook:
    """A codebook in our form (a folder of YAML, or one file) or a taxonomy in JSON, also ``.gz``.

    Raises
    ------
    CodebookError
        Naming what is wrong with it.
    """
    path = Path(path)
    if path.is_dir() or path.suffix in (".yaml", ".yml"):
        return load_codebook(path)
    if not path.is_file():
        raise CodebookError(f"No codebook at {path}: expected YAML files, or a taxonomy in JSON.")
    try:
        content = json.loads(unpacked(path).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CodebookError(f"{path} is neither YAML nor JSON: {error}") from error
    return convert_taxonomy(content, name=path.name)


def convert_taxonomy(content: Any, name: str = "taxonomy") -> Codebook:
    """A codebook from the released taxonomy, every feature under its own id, in our order.

    Scales of bare numbers stay scales; scales whose points are described become ordinals; binaries
    whose answers are not plainly yes and no become categoricals of two answers. What each was
    is on its card. The 39 features of the style dimension are marked as style; eight more that the
    study withheld from its narrative set are not named in the release, and are not marked.

    Parameters
    ----------
    content : mapping
        ``{"feature_taxonomy": {dimension: {"aspects": {aspect: {"features": [...]}}}}}``, or what
        lies under ``feature_taxonomy``.
    name : str
        What reports call it.

    Raises
    ------
    CodebookError

    Examples
    --------
    >>> point = {"id": "PLT_AAA_001", "name": "N", "question": "Q?", "type": "scale",
    ...          "values": [1, 2, 3], "detection_method": "Look."}
    >>> book = convert_taxonomy({"plot": {"aspects": {"a": {"features": [point]}}}})
    >>> book["PLT_AAA_001"].kind, book["PLT_AAA_001"].range
    ('scale', (1.0, 3.0))
    """
    if not isinstance(content, Mapping):
        raise CodebookError(f"{name} is not a taxonomy: expected a mapping of dimensions.")
    taxonomy = content.get("feature_taxonomy", content)
    features = []
    try:
        for key, dimension in taxonomy.items():
            plain = str(key).replace("_", " ").lower()
            for aspect in dimension["aspects"].values():
                features += [_feature(entry, plain, name) for entry in aspect["features"]]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CodebookError(
            f"{name} is not a taxonomy: each dimension needs `aspects`, each aspect `features` "
            f"({type(error).__name__}: {error})."
        ) from error
    if not features:
        raise CodebookError(f"{name} holds no feature.")
    order = {dimension: i for i, dimension in enumerate(DIMENSIONS)}
    features.sort(key=lambda f: order.get(f.dimension, len(order)))
    return Codebook(features, name=name)


def _feature(entry: Mapping[str, Any], dimension: str, where: str) -> Feature:
    label = f"{where}, {entry.get('id', 'a feature without id')}"
    lacking = [k for k in ("id", "name", "question", "type", "values") if not entry.get(k)]
    if lacking:
        raise CodebookError(f"{label}: lacks {', '.join(lacking)}.")
    released = str(entry["type"])
    if released not in _KINDS:
        raise CodebookError(f"{label}: type {released!r} is none of {', '.join(_KINDS)}.")
    kind = _KINDS[released]
    values = [str(value).strip() for value in entry["values"]]
    if len(set(values)) < len(values) or len(values) < 2 or any("|" in v or not v for v in values):
        raise CodebookError(f"{label}: its values repeat, are empty, hold a pipe or are too few.")
    low_high = None
    if kind == "scale":
        if all(v.lstrip("-").isdigit() for v in values):
            numbers = [float(v) for v in values]
            low_high, values = (min(numbers), max(numbers)), []
        else:
            kind = "ordinal"
    if kind == "binary" and set(values) != {"yes", "no"}:
        kind = "categorical"
    card = {"released as": released}
    if merged := entry.get("merged_from"):
        card["merged from"] = ", ".join(map(str, merged))
    return Feature(
        id=str(entry["id"]),
        name=str(entry["name"]),
        dimension=dimension,
        question=str(entry["question"]).strip(),
        kind=kind,
        evidence=str(entry.get("detection_method") or "not said").strip(),
        answered_by=("judge",),
        source="StoryScope (arXiv 2604.03136), released taxonomy",
        values=dict.fromkeys(values, ""),
        range=low_high,
        style=dimension == "style",
        card=card,
    )


def save_codebook(codebook: Codebook, folder: str | Path) -> Path:
    """Write a codebook as YAML files, one a dimension, that `load_codebook` reads back the same."""
    import yaml

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names: set[str] = set()
    for dimension in codebook.dimensions:
        entries = [_plain(f) for f in codebook if f.dimension == dimension]
        text = yaml.safe_dump(
            {"dimension": dimension, "features": entries},
            sort_keys=False,
            allow_unicode=True,
            width=100,
        )
        path = folder / f"{_file_name(dimension, names)}.yaml"
        path.write_text(text, encoding="utf-8")
    return folder


def _file_name(dimension: str, taken: set[str]) -> str:
    """A name for the file of a dimension, whatever the dimension is called."""
    plain = re.sub(r"[^\w-]+", "_", dimension)[:80].strip("_") or "dimension"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain}_{number}"
    taken.add(name.casefold())
    return name


def _plain(feature: Feature) -> dict[str, Any]:
    given = {**feature.to_dict(), "reads": dict(feature.reads)}
    plain = {k: v for k, v in given.items() if v and k != "dimension"}
    if feature.range is not None:
        plain["range"] = list(feature.range)
    return plain


# ---------------------------------------------------------------- the released feature table


@dataclass(frozen=True)
class Converted:
    """A released feature table made ours.

    Attributes
    ----------
    table : DataFrame
        As `check_table` gives it.
    outside : DataFrame
        Cells that the taxonomy does not allow: ``story_id``, ``feature`` and ``raw``.
    absent : tuple of str
        Features of the codebook that the released table has no column for.
    """

    table: pd.DataFrame
    outside: pd.DataFrame
    absent: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        """Cells outside the taxonomy, rows and features with at least one, and rows in all."""
        return {
            "rows": len(self.table),
            "cells_outside": len(self.outside),
            "rows_with_any": int(self.outside["story_id"].nunique()),
            "features_with_any": int(self.outside["feature"].nunique()),
        }


def convert_features(given: pd.DataFrame | str | Path, codebook: Codebook) -> Converted:
    """A feature table from the released layout: ``prompt_id``, ``source``, and text cells.

    A cell must be one of the values of its feature, letter for letter; a multi-select joins
    several with a pipe, or is a list. A story's id is its prompt and source.

    Parameters
    ----------
    given : DataFrame or path
        A Parquet file, or what it holds.
    codebook : Codebook
        As `convert_taxonomy` makes it.

    Raises
    ------
    TableError
        If a key column is missing, or no column is a feature of the codebook.

    Examples
    --------
    >>> import pandas as pd
    >>> point = {"id": "PLT_AAA_001", "name": "N", "question": "Q?", "type": "multi_select",
    ...          "values": ["sea", "town"], "detection_method": "Look."}
    >>> book = convert_taxonomy({"plot": {"aspects": {"a": {"features": [point]}}}})
    >>> cells = pd.DataFrame({"prompt_id": [1, 2], "source": "human",
    ...                       "PLT_AAA_001": ["town|sea", "town|moon"]})
    >>> made = convert_features(cells, book)
    >>> made.table["PLT_AAA_001"].tolist(), made.outside["raw"].tolist()
    (['sea|town', None], ['town|moon'])
    """
    import pandas as pd

    raw = given if isinstance(given, pd.DataFrame) else _read_parquet(Path(given))
    if lacking := [key for key in ("prompt_id", "source") if key not in raw]:
        raise TableError(
            f"The table has no column {lacking[0]!r}; the released layout has prompt_id, "
            "story_title, source and a column a feature."
        )
    known = [f for f in codebook if f.id in raw]
    if not known:
        raise TableError(
            f"No column of the table is a feature of the codebook {codebook.name!r}; give the "
            "taxonomy that it was made with."
        )
    columns: dict[str, Any] = {
        "story_id": _story_ids(raw),
        "source": raw["source"].astype(str).to_numpy(),
        "prompt_id": raw["prompt_id"].map(_text).to_numpy(),
    }
    if "story_title" in raw:
        columns["title"] = raw["story_title"].to_numpy()
    outside: list[tuple[str, str, str]] = []
    for feature in known:
        values, strange = _column(raw[feature.id], feature)
        columns[feature.id] = values
        outside += [(columns["story_id"][i], feature.id, text) for i, text in strange]
    for name in raw.columns:
        if name not in columns and name not in ("story_title", "source", "prompt_id"):
            columns[str(name)] = raw[name].to_numpy()
    table = pd.DataFrame(columns)
    table.attrs["storyscope"] = {
        "codebook": codebook.version,
        "codebook_name": codebook.name,
        "stories": len(table),
        "cells_outside": len(outside),
        "meta": [c for c in ("title",) if c in columns],
    }
    return Converted(
        check_table(table, codebook),
        pd.DataFrame(outside, columns=["story_id", "feature", "raw"]),
        tuple(f.id for f in codebook if f.id not in raw),
    )


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa

    if not path.is_file():
        raise TableError(f"There is no table at {path}.")
    try:
        return in_pandas(read_parquet(path))
    except (pa.ArrowException, ValueError) as error:
        raise TableError(
            f"{path} is not Parquet ({str(error).splitlines()[0]}); the released feature table is."
        ) from error


def _text(value: Any) -> str:
    """A key as text; whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _story_ids(raw: pd.DataFrame) -> list[str]:
    """Prompt and source; a further row of both is numbered."""
    seen: Counter[str] = Counter()
    ids = []
    for prompt, source in zip(raw["prompt_id"], raw["source"], strict=True):
        name = f"{_text(prompt)}/{source}"
        seen[name] += 1
        ids.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return ids


def _column(cells: pd.Series, feature: Feature) -> tuple[list[Any], list[tuple[int, str]]]:
    """Values of one feature, and the cells that are none of them, by position."""
    import numpy as np
    import pandas as pd

    plain = cells.map(_joined, na_action="ignore")
    codes, distinct = pd.factorize(plain)
    texts = [str(cell).strip() for cell in distinct]
    read = [(None, True) if t in _MISSING else _value(t, feature) for t in texts]
    values = np.array([value for value, _ in read] + [None], dtype=object)  # -1 is missing
    wrong = np.array([not allowed for _, allowed in read] + [False])
    strange = [(int(i), texts[codes[i]]) for i in np.flatnonzero(wrong[codes])]
    return list(values[codes]), strange


def _joined(cell: Any) -> Any:
    """A list of answers as the released layout writes it; anything else as it is."""
    if isinstance(cell, str) or not hasattr(cell, "__iter__"):
        return cell
    return "|".join(str(part) for part in cell)


def _value(text: str, feature: Feature) -> tuple[Any, bool]:
    """The value of a cell, and whether the feature allows it."""
    if feature.kind in NUMERIC:
        assert feature.range is not None
        try:
            number = float(text)
        except ValueError:
            return None, False
        sound = feature.range[0] <= number <= feature.range[1] and number.is_integer()
        return (number, True) if sound else (None, False)
    if feature.kind != "multi":
        return (text, True) if text in feature.values else (None, False)
    parts = {part.strip() for part in text.split("|")}
    if not parts <= set(feature.levels):
        return None, False
    return "|".join(level for level in feature.levels if level in parts), True


def check_codebook(codebook: Codebook) -> list[str]:
    """What is worth a look in a codebook that loads: one sentence each.

    >>> from dataclasses import replace
    >>> from storyscope.codebook import default_codebook
    >>> dream = default_codebook()["TMP_DRM_01"]
    >>> check_codebook(Codebook([replace(dream, dimension="sleep")]))
    ['Not among the ten dimensions: sleep.']
    """
    remarks = []
    if strange := [d for d in codebook.dimensions if d not in DIMENSIONS]:
        remarks.append(f"Not among the ten dimensions: {', '.join(strange)}.")
    names = Counter(f.name for f in codebook)
    if twice := [name for name, n in names.items() if n > 1]:
        remarks.append(f"{len(twice)} names are used more than once, such as {twice[0]!r}.")
    if long := [f.id for f in codebook if len(f.values) > 20]:
        remarks.append(f"More than 20 answers to choose from: {', '.join(long)}.")
    return remarks
