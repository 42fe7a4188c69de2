"""The codebook: every feature that exists, and nothing about how it is computed.

A codebook is a folder of YAML files, one for each narrative dimension. It fixes what a feature
asks, which values it may take and how those values are encoded as numbers, so that one story
encodes the same alone as among ten thousand.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from storyscope.errors import CodebookError, UnknownFeature
from storyscope.guards import read_yaml
from storyscope.paths import data_dir

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DIMENSIONS",
    "FEATURE_SETS",
    "JUDGED",
    "KINDS",
    "Codebook",
    "Feature",
    "FeatureSet",
    "default_codebook",
    "load_codebook",
    "typed_feature",
]

DIMENSIONS = (
    "agents",
    "social networks",
    "events",
    "plot",
    "setting",
    "temporal structure",
    "revelation",
    "perspective",
    "situatedness",
    "style",
)
"""The ten NarraBench dimensions, in the order in which everything lists them."""

KINDS = ("number", "share", "count", "scale", "ordinal", "categorical", "binary", "multi")
NUMERIC = frozenset({"number", "share", "count", "scale"})
FEATURE_SETS = ("narrative", "style", "all")
FeatureSet = Literal["narrative", "style", "all"]
JUDGED = "@judge"
"""Ends the name of the column with a judge's answer to a feature that is measured as well."""

ID_PATTERN = re.compile(r"[A-Z]{3,5}_[A-Z]{2,4}_\d{2,3}")
_ANSWERERS = ("measure", "judge")
_REQUIRED = ("id", "name", "question", "kind", "evidence", "answered_by", "source")
_OPTIONAL = ("term", "reads", "values", "range", "unit", "condition", "style", "card", "example")
_CHOICE = re.compile(r"(?<!\S)([\w-]+)/([\w-]+)(?!\S)")
"""Two words for more and for less, as in "more/fewer flashbacks"."""


@dataclass(frozen=True)
class Feature:
    """One question about how a story is built, with its closed set of answers.

    Attributes
    ----------
    id : str
        Dimension, aspect and number, as in ``EVT_ESC_01``.
    name : str
        A plain noun phrase.
    term : str
        The scholar's word for it, where it has one.
    reads : mapping of str to str
        How ``more`` and ``less`` of it is said after "has": "more flashbacks", "fewer flashbacks".
        Where it is empty, `says` makes both from the name.
    unit : str
        Reads on after a value: "per 1,000 words". A "share of" something is shown as a
        percentage. What follows a semicolon explains the unit and is left out of sentences.
    kind : str
        One of `KINDS`.
    range : tuple of float, or None
        Lowest and highest value of a number, share, count or scale. Values outside it are kept
        in tables and count as its nearest end in distances.
    values : mapping of str to str
        Answers of an ordinal, categorical or multi feature with what each means, in order.
        A binary feature has ``yes`` and ``no``.
    answered_by : tuple of str
        "measure" (computed offline), "judge" (asked of a language model), or both.
    condition : str
        When the feature does not apply; its value is then missing.
    style : bool
        True where it is surface style rather than narrative choice.
    card : mapping
        How the measure was tested and what it cannot see.
    """

    id: str
    name: str
    dimension: str
    question: str
    kind: str
    evidence: str
    answered_by: tuple[str, ...]
    source: str
    values: Mapping[str, str] = field(default_factory=dict)
    range: tuple[float, float] | None = None
    unit: str = ""
    condition: str = ""
    style: bool = False
    card: Mapping[str, Any] = field(default_factory=dict)
    example: Mapping[str, str] = field(default_factory=dict)
    term: str = ""
    reads: Mapping[str, str] = field(default_factory=dict)

    def says(self, more: bool, value: str = "") -> str:
        """More or less of the feature in words that stand after "has".

        Without `reads` that is "more NAME" or "less NAME", for a binary feature "more stories with
        NAME" or "fewer stories with NAME". Of a categorical or multi feature, one answer is spoken
        of at a time.

        Parameters
        ----------
        more : bool
            Whether there is more of it, or less.
        value : str
            The answer spoken of, for a categorical or multi feature.

        Examples
        --------
        >>> book = default_codebook()
        >>> book["TMP_ORD_02"].says(False)
        'fewer flashbacks'
        >>> book["TMP_TNS_01"].says(True, "past")
        'more stories with “past” as the narrative tense'
        """
        if self.reads and not value:
            return self.reads["more" if more else "less"]
        name = self.name if self.name[1:2].isupper() else self.name[:1].lower() + self.name[1:]
        few = "more" if more else "fewer"
        if value:
            how = "among the" if self.kind == "multi" else "as the"
            return f"{few} stories with “{value}” {how} {name}"
        if self.kind == "binary":
            return f"{few} stories with {name}"
        return f"{'more' if more else 'less'} {name}"

    def compared(self, here: float, there: float) -> str:
        """Two means over stories with their unit, as `encode` gives them.

        Shares and answers are shown as percentages; a level of an ordinal feature counts from 0.

        Examples
        --------
        >>> book = default_codebook()
        >>> book["TMP_ORD_02"].compared(1.0, 2.5)
        '1.00 against 2.50 passages per 1,000 words'
        >>> book["TMP_DRM_01"].compared(0.25, 0.5)
        '25% against 50% of stories'
        """
        if self.kind in ("binary", "categorical", "multi"):
            unit = "share of stories"
        elif self.kind == "ordinal":
            unit = f"on a scale from 0 to {len(self.values) - 1}"
        else:
            unit = self.unit.partition(";")[0]
        of_what = unit.removeprefix("share ")
        if of_what != unit:
            shown = [
                f"{100 * v:.0f}%" if abs(v) >= 0.095 else f"{100 * v:.1f}%" for v in (here, there)
            ]
            return f"{shown[0]} against {shown[1]} {of_what}"
        shown = [f"{v:.2f}" if abs(v) < 10 else f"{v:.0f}" for v in (here, there)]
        return f"{shown[0]} against {shown[1]} {unit}".rstrip()

    @property
    def levels(self) -> tuple[str, ...]:
        """Allowed answers in declared order; empty for a numeric feature."""
        return tuple(self.values)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numeric columns that `Codebook.encode` makes of this feature."""
        if self.kind in ("categorical", "multi"):
            return tuple(f"{self.id}={level}" for level in self.levels)
        return (self.id,)

    @property
    def encoding(self) -> dict[str, Any]:
        """What decides the numbers of this feature: id, kind and allowed values."""
        return {
            "id": self.id,
            "kind": self.kind,
            "values": list(self.levels),
            "range": list(self.range) if self.range else None,
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, every field present."""
        return {
            "id": self.id,
            "name": self.name,
            "term": self.term,
            "reads": {}
            if self.kind in ("categorical", "multi")
            else {"more": self.says(True), "less": self.says(False)},
            "dimension": self.dimension,
            "question": self.question,
            "kind": self.kind,
            "values": dict(self.values),
            "range": list(self.range) if self.range else None,
            "unit": self.unit,
            "evidence": self.evidence,
            "answered_by": list(self.answered_by),
            "condition": self.condition,
            "style": self.style,
            "source": self.source,
            "card": dict(self.card),
            "example": dict(self.example),
        }


class Codebook:
    """An ordered, checked set of features.

    >>> book = default_codebook()
    >>> book["TMP_DRM_01"].kind
    'binary'
    >>> "EVT_ESC_01" in book.ids("narrative"), "EVT_ESC_01" in book.ids("style")
    (True, False)
    """

    def __init__(self, features: Iterable[Feature], name: str = "storyscope"):
        self.name = name
        self._features: dict[str, Feature] = {}
        for feature in features:
            if feature.id in self._features:
                raise CodebookError(
                    f"Two features are called {feature.id!r} "
                    f"({self._features[feature.id].name!r} and {feature.name!r}); renumber one."
                )
            self._features[feature.id] = feature

    def __getitem__(self, feature_id: str) -> Feature:
        """The feature; ``ID@judge`` is the same one under that name."""
        try:
            feature = self._features[feature_id.removesuffix(JUDGED)]
        except KeyError:
            raise UnknownFeature(feature_id, self._features) from None
        return feature if feature.id == feature_id else replace(feature, id=feature_id)

    def __contains__(self, feature_id: object) -> bool:
        return feature_id in self._features

    def __iter__(self) -> Iterator[Feature]:
        return iter(self._features.values())

    def __len__(self) -> int:
        return len(self._features)

    def __repr__(self) -> str:
        return f"<Codebook {self.name!r} {self.version}: {len(self)} features>"

    def _repr_html_(self) -> str:
        from storyscope.shown import in_html

        return in_html(
            f"Codebook {self.name}, {self.version}: {len(self)} features",
            columns=("feature", "name", "dimension", "kind"),
            rows=[(f.id, f.name, f.dimension, f.kind) for f in self],
        )

    def ids(
        self,
        features: FeatureSet = "all",
        *,
        dimension: str | None = None,
        answered_by: str | None = None,
    ) -> list[str]:
        """Feature ids of a set, optionally of one dimension or one way of answering."""
        if features not in FEATURE_SETS:
            raise CodebookError(
                f"There is no feature set {features!r}; choose one of {', '.join(FEATURE_SETS)}."
            )
        if dimension is not None and dimension not in self.dimensions:
            raise CodebookError(
                f"There is no dimension {dimension!r}; choose one of {', '.join(self.dimensions)}."
            )
        return [
            f.id
            for f in self
            if (features == "all" or f.style == (features == "style"))
            and (dimension is None or f.dimension == dimension)
            and (answered_by is None or answered_by in f.answered_by)
        ]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that have a feature, the ten of NarraBench first and in their order."""
        present = dict.fromkeys(f.dimension for f in self)
        known = [d for d in DIMENSIONS if d in present]
        return (*known, *(d for d in present if d not in DIMENSIONS))

    @cached_property
    def version(self) -> str:
        """Fingerprint of everything that changes an answer or its encoding."""
        plain = [
            {**f.encoding, "question": f.question, "evidence": f.evidence, "style": f.style}
            for f in self
        ]
        canonical = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return "cb1:" + hashlib.sha256(canonical.encode()).hexdigest()[:12]

    def encode(self, table: pd.DataFrame, ids: Iterable[str] | None = None) -> pd.DataFrame:
        """Feature columns of a table as numbers, by rules fixed in the codebook.

        Numbers, shares, counts and scales stay as they are; an ordinal becomes its rank from 0; a
        binary becomes 0 or 1; a categorical becomes one column an allowed value (``ID=value``),
        and so does a multi-select. Missing stays missing in every column of the feature.

        Parameters
        ----------
        table : DataFrame
            Any table whose feature columns the codebook knows.
        ids : iterable of str, optional
            Features to encode, in this order; default all that the table has.

        Returns
        -------
        DataFrame of float, shape (n_stories, n_columns), with the index of `table`.

        Examples
        --------
        >>> import pandas as pd
        >>> book = default_codebook()
        >>> book.encode(pd.DataFrame({"TMP_DRM_01": ["yes", "no", None]}))["TMP_DRM_01"].tolist()
        [1.0, 0.0, nan]
        """
        import numpy as np
        import pandas as pd

        if ids is None:
            ids = [column for column in table.columns if column in self]
        encoded: dict[str, Any] = {}
        for feature_id in ids:
            feature = self[feature_id]
            column = table[feature_id]
            if feature.kind in NUMERIC:
                encoded[feature_id] = pd.to_numeric(column).astype(float).to_numpy()
                continue
            missing = column.isna().to_numpy()
            if feature.kind == "multi":
                answers = [frozenset(str(v).split("|")) if not m else frozenset()
                           for v, m in zip(column, missing, strict=True)]  # fmt: skip
                for level, name in zip(feature.levels, feature.columns, strict=True):
                    hits = np.array([level in a for a in answers], dtype=float)
                    encoded[name] = np.where(missing, np.nan, hits)
                continue
            levels = ("no", "yes") if feature.kind == "binary" else feature.levels
            rank = {level: i for i, level in enumerate(levels)}
            codes = np.array(
                [np.nan if m else rank[str(v)] for v, m in zip(column, missing, strict=True)],
                dtype=float,
            )
            if feature.kind == "categorical":
                for i, name in enumerate(feature.columns):
                    encoded[name] = np.where(missing, np.nan, (codes == i).astype(float))
            else:
                encoded[feature_id] = codes
        return pd.DataFrame(encoded, index=table.index)


def load_codebook(path: str | Path) -> Codebook:
    """Read and check a codebook: a folder of YAML files, or one file.

    Raises
    ------
    CodebookError
        Naming the file, the feature and the field that breaks the schema.
    """
    return _load(Path(path))


def _load(path: Path, *, shipped: bool = False) -> Codebook:
    files = sorted(path.glob("*.yaml"), key=_dimension_order) if path.is_dir() else [path]
    if not files or not files[0].exists():
        raise CodebookError(f"No codebook at {path}: expected YAML files with features.")
    return Codebook([f for file in files for f in _read_file(file, shipped)], name=path.name)


@lru_cache(maxsize=1)
def default_codebook() -> Codebook:
    """The codebook that ships with the package."""
    book = _load(data_dir("features"), shipped=True)
    book.name = "storyscope"
    return book


def _dimension_order(file: Path) -> tuple[int, str]:
    dimension = file.stem.replace("_", " ")
    known = dimension in DIMENSIONS
    return (DIMENSIONS.index(dimension) if known else len(DIMENSIONS), file.name)


def _read_file(file: Path, shipped: bool) -> list[Feature]:
    try:
        content = read_yaml(file, shipped=shipped)
    except OSError as error:
        raise CodebookError(f"{file} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise CodebookError(f"{file.name} is not valid YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        raise CodebookError(f"{file.name} needs a `dimension` and a list of `features`.")
    dimension = str(content.get("dimension", file.stem.replace("_", " ")))
    return [typed_feature(entry, dimension, file.name) for entry in content["features"]]


def typed_feature(entry: Any, dimension: str, where: str) -> Feature:
    """One feature from its entry in a codebook file.

    Parameters
    ----------
    entry : mapping
        As it stands under ``features``.
    dimension : str
    where : str
        Where it comes from, for the sentence.

    Raises
    ------
    CodebookError
        Naming the entry and the field that breaks the schema.
    """
    try:
        return _feature(entry, dimension, where)
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        label = entry.get("id", "a feature without id")
        raise CodebookError(
            f"{where}, {label}: a field has a value of the wrong type ({error}); features/*.yaml of "
            "the package show the form."
        ) from error


def _feature(entry: Any, dimension: str, where: str) -> Feature:
    """Build one feature, or say which field of which entry is wrong."""
    if not isinstance(entry, dict):
        raise CodebookError(f"{where}: a feature must be a mapping, not {entry!r}.")
    label = f"{where}, {entry.get('id', 'a feature without id')}"

    def fail(what: str) -> CodebookError:
        return CodebookError(f"{label}: {what}")

    if lacking := [key for key in _REQUIRED if not entry.get(key)]:
        raise fail(f"lacks {', '.join(lacking)}.")
    if unknown := [key for key in entry if key not in (*_REQUIRED, *_OPTIONAL)]:
        raise fail(f"has unknown fields {', '.join(map(str, unknown))}.")
    if not ID_PATTERN.fullmatch(entry["id"]):
        raise fail("its id must look like EVT_ESC_01.")
    for key in ("card", "example"):
        if not isinstance(entry.get(key) or {}, dict):
            raise fail(f"{key} must be a mapping of names to texts.")
    kind = entry["kind"]
    if kind not in KINDS:
        raise fail(f"kind {kind!r} is none of {', '.join(KINDS)}.")
    answered_by = entry["answered_by"]
    answered_by = (answered_by,) if isinstance(answered_by, str) else tuple(answered_by)
    if "both" in answered_by:
        answered_by = _ANSWERERS
    if strange := [a for a in answered_by if a not in _ANSWERERS]:
        raise fail(f"answered_by {strange[0]!r} must be measure, judge or both.")

    values = _values(entry.get("values"), kind, fail)
    reads = _reads(entry.get("reads"), kind, fail)
    low_high = _range(entry.get("range"), kind, fail)
    return Feature(
        id=entry["id"],
        name=str(entry["name"]),
        dimension=dimension,
        question=str(entry["question"]).strip(),
        kind=kind,
        evidence=str(entry["evidence"]).strip(),
        answered_by=answered_by,
        source=str(entry["source"]).strip(),
        values=values,
        range=low_high,
        unit=str(entry.get("unit", "")),
        condition=str(entry.get("condition", "")).strip(),
        style=bool(entry.get("style", False)),
        card=entry.get("card") or {},
        example=entry.get("example") or {},
        term=str(entry.get("term", "")),
        reads=reads,
    )


def _reads(given: Any, kind: str, fail: Any) -> dict[str, str]:
    """How more and less is said, from a mapping or a text in which one pair stands for both."""
    if given is None:
        return {}
    if kind in ("categorical", "multi"):
        raise fail(f"a {kind} takes no `reads`: its answers are spoken of one by one.")
    if isinstance(given, str):
        if len(_CHOICE.findall(given)) != 1:
            raise fail(
                "`reads` needs one pair of words for more and less, as in more/fewer gestures."
            )
        return {"more": _CHOICE.sub(r"\1", given), "less": _CHOICE.sub(r"\2", given)}
    if not isinstance(given, dict) or set(given) != {"more", "less"} or not all(given.values()):
        raise fail("`reads` needs a text for `more` and one for `less`.")
    return {key: str(given[key]).strip() for key in ("more", "less")}


def _values(given: Any, kind: str, fail: Any) -> dict[str, str]:
    if kind in NUMERIC:
        if given:
            raise fail(f"a {kind} takes a range, not values.")
        return {}
    if kind == "binary":
        given = given or {"yes": "", "no": ""}
    if isinstance(given, list):
        given = dict.fromkeys(given, "")
    if not isinstance(given, dict) or len(given) < 2:
        raise fail(f"a {kind} needs at least two values.")
    values = {str(value): str(meaning or "").strip() for value, meaning in given.items()}
    if any(isinstance(value, bool) for value in given):
        raise fail("write the values yes and no in quotes; bare they are read as true and false.")
    if kind == "binary" and set(values) != {"yes", "no"}:
        raise fail("a binary has the values yes and no.")
    if bad := [value for value in values if "|" in value or value != value.strip() or not value]:
        raise fail(f"the value {bad[0]!r} is empty, padded or holds a pipe.")
    return values


def _range(given: Any, kind: str, fail: Any) -> tuple[float, float] | None:
    if kind not in NUMERIC:
        if given:
            raise fail(f"a {kind} takes values, not a range.")
        return None
    if kind == "share" and given is None:
        given = [0, 1]
    if not (isinstance(given, list) and len(given) == 2 and given[0] < given[1]):
        raise fail(f"a {kind} needs a range [lowest, highest].")
    low, high = float(given[0]), float(given[1])
    if not (isfinite(low) and isfinite(high)):
        raise fail("a range must end at numbers, not at infinity.")
    return low, high
