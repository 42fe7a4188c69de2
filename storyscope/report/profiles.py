"""Every feature as a reader may ask for it: by source, and people against models."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from storyscope.codebook import NUMERIC
from storyscope.fingerprints import shows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from storyscope.codebook import Codebook, Feature
    from storyscope.compare.features import Effect, FeatureRow
    from storyscope.compare.result import Comparison
    from storyscope.fingerprints import Fingerprint

__all__ = ["Place", "Profile", "Shares", "amount", "profiles", "ranked", "shares", "unit"]


@dataclass(frozen=True)
class Place:
    """Where a source's stories stand in one feature.

    Attributes
    ----------
    mean : float
        In the feature's unit; the share of yes, or of the answer spoken of; of an ordinal its rank.
    low, high : float
        The middle half of the stories; both the mean where an answer is counted.
    n : int
        Stories with a value.
    """

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Profile:
    """One feature.

    Attributes
    ----------
    feature, name, dimension, kind : str
    style : bool
    answer : str
        Of a categorical or multi feature the answer that differs most; else empty.
    sources : dict of str to Place
    delta, low, high : float, or None
        Models against people, -1 to 1: above 0, models have more. None without people.
    q : float, or None
        Of that; None where people and models share too few prompts.
    real : bool
        Whether the interval excludes none and q, where there is one, is below 0.05.
    among : float, or None
        How far the models differ: the largest contrast, 0 to 1, of one of them with the others.
    stands_out : str
        Which model that is.
    effect, effect_of : float and str
        The largest contrast of any source, and which that is.
    """

    feature: str
    name: str
    dimension: str
    kind: str
    style: bool
    answer: str
    sources: dict[str, Place]
    delta: float | None
    low: float | None
    high: float | None
    q: float | None
    real: bool
    among: float | None
    stands_out: str
    effect: float | None
    effect_of: str

    @property
    def label(self) -> str:
        """Name, with the answer where it is about one."""
        return f"{self.name}: {self.answer}" if self.answer else self.name

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


class Shares(NamedTuple):
    """Shares of stories that show a mark; None where no story has a value."""

    here: float | None
    others: float | None
    people: float | None


def profiles(table: pd.DataFrame, comparison: Comparison, codebook: Codebook) -> list[Profile]:
    """A profile of every feature that the comparison tells of, in its order."""
    names = [source.name for source in comparison.about.sources]
    table = table.copy(deep=False)
    table.attrs = {}  # pandas would copy them anew with every column
    source = table["source"].astype(str).to_numpy()
    found = []
    for row in comparison.features:
        against = _effect(row, comparison.about.human, "models")
        largest = max(row.effects, key=lambda e: abs(e.size.value), default=None)
        about = against if against and against.level else largest
        answer = about.level if about else ""
        column = f"{row.id}={answer}" if answer else row.id
        encoded = codebook.encode(table, [row.id])
        if column not in encoded:  # a categorical feature without any contrast
            continue
        values = encoded[column].to_numpy(float)
        places = {}
        for name in names:
            mine = values[(source == name) & (values == values)]
            if len(mine):
                places[name] = _place(mine, spread=row.kind in NUMERIC or row.kind == "ordinal")
        delta, low, high = _towards_models(against)
        q = against.q if against else None
        sure = low is not None and high is not None and low * high > 0
        if against and against.measure == "V":  # never below 0, so that its interval says little
            sure = q is not None
        models = [
            e for e in row.effects if e.against == "models" and e.source != comparison.about.human
        ]
        among = max(models, key=lambda e: abs(e.size.value), default=None)
        found.append(
            Profile(
                row.id, row.name, row.dimension, row.kind, row.style, answer, places, delta, low, high,
                q, sure and (q is None or q < 0.05),
                abs(among.size.value) if among else None, among.source if among else "",
                largest.size.value if largest else None,
                f"{largest.source} against {largest.against}{' (V)' if largest.measure == 'V' else ''}"
                if largest
                else "",
            )
        )  # fmt: skip
    return found


def _effect(row: FeatureRow, source: str, against: str) -> Effect | None:
    return next((e for e in row.effects if (e.source, e.against) == (source, against)), None)


def _towards_models(found: Effect | None) -> tuple[float | None, float | None, float | None]:
    """A contrast of people with models, seen from the models."""
    if found is None:
        return None, None, None
    size = found.size
    if found.measure == "V":  # has no sign of its own
        side = -1.0 if (found.difference or 0) > 0 else 1.0
        ends = (size.low, size.high) if side > 0 else (size.high, size.low)
        low, high = (None if e is None else side * e for e in ends)
        return side * size.value, low, high
    return (
        -size.value,
        None if size.high is None else -size.high,
        None if size.low is None else -size.low,
    )


def _place(values: Any, *, spread: bool) -> Place:
    import numpy as np

    mean = float(values.mean())
    low, high = np.percentile(values, [25, 75]).tolist() if spread else (mean, mean)
    return Place(round(mean, 6), round(low, 6), round(high, 6), len(values))


def unit(feature: Feature) -> str:
    """What a value of a feature is counted in, as it stands in a table.

    >>> from storyscope.codebook import default_codebook
    >>> book = default_codebook()
    >>> unit(book["TMP_ORD_02"]), unit(book["TMP_DRM_01"])
    ('passages per 1,000 words', '% of stories')
    """
    if feature.kind in ("binary", "categorical", "multi"):
        return "% of stories"
    if feature.kind == "ordinal":
        return f"rank, 0 to {len(feature.values) - 1}"
    plain = feature.unit.partition(";")[0]
    of_what = plain.removeprefix("share ")
    return f"% {of_what}" if of_what != plain else plain


def amount(feature: Feature, value: float | None) -> str:
    """A value of a feature as it stands in a table, in `unit`.

    >>> from storyscope.codebook import default_codebook
    >>> book = default_codebook()
    >>> amount(book["TMP_ORD_02"], 2.5), amount(book["TMP_DRM_01"], 0.25)
    ('2.50', '25%')
    """
    if value is None or value != value:
        return "–"
    if unit(feature).startswith("% "):
        return f"{100 * value:.0f}%" if abs(value) >= 0.095 or not value else f"{100 * value:.1f}%"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"


def ranked(found: Sequence[Profile], most: int = 12) -> tuple[list[Profile], list[Profile]]:
    """The features in which people, and those in which models, have surely more, largest first."""
    real = sorted((p for p in found if p.real and p.delta), key=lambda p: -abs(p.delta or 0))
    return [p for p in real if (p.delta or 0) < 0][:most], [p for p in real if (p.delta or 0) > 0][
        :most
    ]


def shares(
    table: pd.DataFrame, marked: Fingerprint, codebook: Codebook
) -> dict[str, dict[str, Shares]]:
    """Of every mark, the share of stories that show it: of its source, of other models, of people.

    `storyscope.fingerprints.shows` says which stories do.

    Returns
    -------
    By source, and by ``feature=answer``.
    """
    import numpy as np

    table = table.copy(deep=False)
    table.attrs = {}
    source = table["source"].astype(str).to_numpy()
    found: dict[str, dict[str, Shares]] = {}
    for name, marks in marked.marks.items():
        others = np.isin(source, [s for s in marked.marks if s not in (name, marked.human)])
        if not others.any():
            others = source != name
        for mark in marks:
            column = f"{mark.feature}={mark.value}" if mark.value else mark.feature
            values = codebook.encode(table, [mark.feature])[column].to_numpy(float)
            beyond = shows(values, values[others], more=mark.models.delta >= 0)
            known = np.isfinite(values)

            def share(group: Any, beyond: Any = beyond, known: Any = known) -> float | None:
                mine = group & known
                return float(beyond[mine].mean()) if mine.any() else None

            crowd = share(source == marked.human) if marked.human and name != marked.human else None
            found.setdefault(name, {})[f"{mark.feature}={mark.value}"] = Shares(
                share(source == name), share(others), crowd
            )
    return found
