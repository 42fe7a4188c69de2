"""How far a judge agrees with itself, and with the measures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from storyscope.codebook import JUDGED, NUMERIC, Codebook, Feature, default_codebook
from storyscope.errors import TooLittleData

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DROP_BELOW", "PUBLISHED", "Reliability", "agreement", "alpha", "reliability"]

DROP_BELOW = 0.667
"""Krippendorff (2004): below this not even tentative conclusions should be drawn."""
PUBLISHED = 0.90
"""Mean alpha of repeated judging in the study whose method this follows (arXiv 2604.03136)."""
LEAST_STORIES = 10
"""Stories with two readings under which a question's alpha decides nothing."""

ALWAYS = 0.95
"""Share of one answer from which a question tells nothing about stories, only about the judge."""
AT_ODDS = 0.2
"""Alpha of judge and measure under which one of the two is not to be believed."""

SILENT = 0.2
"""Share of readings without a usable answer above which the others are a choice of stories."""

Level = Literal["nominal", "ordinal", "interval"]


def alpha(ratings: ArrayLike, level: Level = "nominal") -> float:
    """Krippendorff's alpha for any number of readings, with gaps.

    Parameters
    ----------
    ratings : array of float, shape (n_readings, n_units)
        Codes; NaN where a reading has none. Units with fewer than two are left out.
    level : {"nominal", "ordinal", "interval"}
        How far apart two codes are.

    Returns
    -------
    float
        1 for perfect agreement, 0 for what chance gives, below 0 for less. NaN where nothing
        varies or no unit was read twice: agreement then means nothing.

    Notes
    -----
    Krippendorff (2011), Computing Krippendorff's alpha-reliability: coincidences of pairs within
    units, each unit's weighted by one over its readings less one.

    Examples
    --------
    >>> round(alpha([[1, 2, 3, 1], [1, 2, 3, 2]]), 3)
    0.667
    """
    codes = np.asarray(ratings, dtype=float)
    codes = codes[:, (~np.isnan(codes)).sum(axis=0) >= 2]
    values = np.unique(codes[~np.isnan(codes)])
    if len(values) < 2:
        return float("nan")
    counts = (codes[:, :, None] == values).sum(axis=0).astype(float)  # units by values
    per_unit = counts.sum(axis=1)
    weighted = counts / (per_unit - 1)[:, None]
    coincidences = weighted.T @ counts - np.diag(weighted.sum(axis=0))
    totals = coincidences.sum(axis=1)
    distance = _distance(values, totals, level)
    observed = (coincidences * distance).sum()
    expected = (np.outer(totals, totals) * distance).sum() / (totals.sum() - 1)
    return float(1 - observed / expected)


def _distance(
    values: NDArray[np.float64], totals: NDArray[np.float64], level: Level
) -> NDArray[np.float64]:
    """Squared distance of every two values."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    if level == "interval":
        return (values[:, None] - values) ** 2
    upto = np.cumsum(totals)
    middle = upto - totals / 2
    return (middle[:, None] - middle) ** 2


def _level(feature: Feature) -> Level:
    if feature.kind == "ordinal":
        return "ordinal"
    return "interval" if feature.kind in NUMERIC else "nominal"


@dataclass
class Reliability:
    """How reliable a judged table is.

    Attributes
    ----------
    questions : DataFrame
        A row a question: ``feature``, ``dimension``, ``level``, ``stories`` read more than once,
        ``alpha``, the shares ``same`` (readings that say the same as the first), ``undefined``
        and ``unanswered``, and the ``verdict``: "keep", "drop", "never varies" or "too little".
        For questions of yes and no, ``yes`` is the share of yes in the first reading, and
        ``measured_yes`` the share by the measure, where there is one; ``agrees`` is alpha of judge
        and measure. ``doubt`` says why the judge should not be believed here, empty if nothing
        speaks against it.
    dimensions : DataFrame
        A row a dimension: mean ``alpha``, ``quotes`` given, and the shares of them ``located``,
        and of these found ``exact``.
    readings : int
        Most readings of any story.
    """

    questions: pd.DataFrame
    dimensions: pd.DataFrame
    readings: int
    notes: list[str] = field(default_factory=list)

    @property
    def drop(self) -> list[str]:
        """Questions whose alpha is too low."""
        return list(self.questions.loc[self.questions["verdict"] == "drop", "feature"])

    @property
    def doubted(self) -> dict[str, str]:
        """Questions on which this judge should not be believed, with the reason."""
        found = self.questions[self.questions["doubt"] != ""]
        return dict(zip(found["feature"], found["doubt"], strict=True))

    @property
    def mean(self) -> float:
        """Mean alpha of the questions that have one."""
        return float(self.questions["alpha"].mean())

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "readings": self.readings,
            "mean_alpha": self.mean,
            "published_mean_alpha": PUBLISHED,
            "drop_below": DROP_BELOW,
            "drop": self.drop,
            "doubted": self.doubted,
            "questions": self.questions.to_dict("records"),
            "dimensions": self.dimensions.to_dict("records"),
            "notes": self.notes,
        }


def reliability(
    lines: Iterable[dict[str, Any]],
    codebook: Codebook | None = None,
    *,
    table: pd.DataFrame | None = None,
    drop_below: float = DROP_BELOW,
) -> Reliability:
    """Agreement of repeated readings, question by question.

    "Does not apply" is an answer like any other here: two readings that differ in it disagree.
    For graded questions, which have no place for it, only readings that give a grade count.

    Parameters
    ----------
    lines : iterable of dict
        As `read_sidecar` gives them.
    codebook : Codebook, optional
        Default the shipped one.
    table : DataFrame, optional
        The judged table; with it, answers are held against the measures of the same features.
    drop_below : float
        Questions with a lower alpha are to be dropped.

    Returns
    -------
    Reliability
        Of a table that was read once only, alphas are NaN; the location of evidence is known.
    """
    import pandas as pd

    book = codebook or default_codebook()
    answers: dict[str, dict[str, dict[int, Any]]] = defaultdict(lambda: defaultdict(dict))
    states: dict[str, Counter[str]] = defaultdict(Counter)
    quotes: dict[str, Counter[str]] = defaultdict(Counter)
    readings = 0
    for line in lines:
        feature_id, sample = line["feature_id"], line.get("sample", 0)
        if feature_id not in book:
            continue
        states[feature_id][line["status"]] += 1
        readings = max(readings, sample + 1)
        if line["status"] != "unanswered":
            answers[feature_id][line["story_id"]][sample] = line.get("value")
        for quote in line.get("quotes", ()):
            quotes[book[feature_id].dimension][quote["how"]] += 1
    measured = _against_measures(table, book)
    rows = []
    for feature_id in (f for f in book.ids() if f in states):
        units = list(answers[feature_id].values())
        row = _row(book[feature_id], units, states[feature_id], drop_below)
        row |= _leaning(book[feature_id], units) | measured.get(feature_id, {})
        rows.append({**row, "doubt": _doubt(row, len(units), drop_below)})
    questions = pd.DataFrame(
        rows,
        columns=["feature", "dimension", "level", "stories", "alpha", "same", "undefined",
                 "unanswered", "verdict", "yes", "measured_yes", "agrees", "doubt"],
    )  # fmt: skip
    return Reliability(questions, _by_dimension(questions, quotes, book), readings)


def _row(
    feature: Feature,
    units: Sequence[dict[int, Any]],
    states: Counter[str],
    drop_below: float,
) -> dict[str, Any]:
    level = _level(feature)
    matrix = _codes(feature, units)
    twice = (~np.isnan(matrix)).sum(axis=0) >= 2
    value = alpha(matrix, level) if twice.any() else float("nan")
    known = [(unit[0], unit[s]) for unit in units if 0 in unit for s in unit if s]
    total = sum(states.values())
    if twice.sum() < LEAST_STORIES:
        verdict = "too little"
    elif value != value:
        verdict = "never varies"
    else:
        verdict = "drop" if value < drop_below else "keep"
    return {
        "feature": feature.id,
        "dimension": feature.dimension,
        "level": level,
        "stories": int(twice.sum()),
        "alpha": value,
        "same": sum(a == b for a, b in known) / len(known) if known else float("nan"),
        "undefined": states["undefined"] / total,
        "unanswered": states["unanswered"] / total,
        "verdict": verdict,
    }


def _leaning(feature: Feature, units: Sequence[dict[int, Any]]) -> dict[str, float]:
    """The share of yes in first readings; NaN for other questions."""
    first = [unit[0] for unit in units if unit.get(0) is not None]
    yes = feature.kind == "binary" and first
    share = sum(v == "yes" for v in first) / len(first) if yes else float("nan")
    return {"yes": share, "measured_yes": float("nan"), "agrees": float("nan")}


def _against_measures(table: pd.DataFrame | None, book: Codebook) -> dict[str, dict[str, float]]:
    """The share of yes by the measure, and its agreement with the judge."""
    if table is None:
        return {}
    try:
        found = agreement(table, book).set_index("feature")["alpha"]
    except TooLittleData:
        return {}
    shares = {
        f: float((table.loc[table[f].notna() & table[f + JUDGED].notna(), f] == "yes").mean())
        for f in found.index
        if book[f].kind == "binary"
    }
    return {f: {"agrees": a, "measured_yes": shares.get(f, float("nan"))} for f, a in found.items()}


def _doubt(row: dict[str, Any], stories: int, drop_below: float) -> str:
    """Why a judge should not be believed on a question."""
    if row["unanswered"] > SILENT:
        return f"gave no usable answer in {row['unanswered']:.0%} of readings"
    if row["verdict"] == "drop":
        return f"contradicts itself (alpha {row['alpha']:.2f}, under {drop_below:g})"
    if row["agrees"] < AT_ODDS:
        return f"at odds with the measure (alpha {row['agrees']:.2f})"
    if stories >= LEAST_STORIES and row["yes"] >= ALWAYS:
        return f"says yes to {row['yes']:.0%} of stories"
    return ""


def _codes(feature: Feature, units: Sequence[dict[int, Any]]) -> NDArray[np.float64]:
    """Readings by stories, as numbers."""
    size = max((max(unit) + 1 for unit in units if unit), default=1)
    matrix = np.full((size, len(units)), np.nan)
    ranks = {level: i for i, level in enumerate(feature.levels)}
    others: dict[Any, int] = {}
    for j, unit in enumerate(units):
        for sample, value in unit.items():
            if feature.kind in NUMERIC:
                matrix[sample, j] = np.nan if value is None else float(value)
            elif feature.kind == "ordinal":
                matrix[sample, j] = np.nan if value is None else ranks[value]
            else:
                matrix[sample, j] = others.setdefault(value, len(others))
    return matrix


def _by_dimension(
    questions: pd.DataFrame, quotes: dict[str, Counter[str]], book: Codebook
) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for dimension in book.dimensions:
        mine = questions[questions["dimension"] == dimension]
        if mine.empty:
            continue
        found = quotes[dimension]
        total = sum(found.values())
        located = total - found["unlocated"]
        rows.append(
            {
                "dimension": dimension,
                "questions": len(mine),
                "alpha": float(mine["alpha"].mean()) if mine["alpha"].notna().any() else np.nan,
                "quotes": total,
                "located": located / total if total else np.nan,
                "exact": found["exact"] / total if total else np.nan,
            }
        )
    return pd.DataFrame(
        rows, columns=["dimension", "questions", "alpha", "quotes", "located", "exact"]
    )


def agreement(table: pd.DataFrame, codebook: Codebook | None = None) -> pd.DataFrame:
    """Measure against judge, for every feature that a table has from both.

    Parameters
    ----------
    table : DataFrame
        With columns ``ID`` and ``ID@judge``, as `storyscope score --judge` writes it.
    codebook : Codebook, optional
        Default the shipped one.

    Returns
    -------
    DataFrame
        A row a feature: ``feature``, ``name``, ``kind``; ``stories`` that have both values;
        ``alpha`` (Krippendorff, at the feature's level) and, for graded features, Spearman's
        ``rho``, which forgives two scales that differ; the share ``same`` for all others;
        ``only_measure`` and ``only_judge``, stories where just one gives a value. Figures are NaN
        where fewer than ten stories have both values, or one side never varies.

    Raises
    ------
    TooLittleData
        If no feature is there from both.

    Examples
    --------
    >>> import pandas as pd
    >>> both = pd.DataFrame({"TMP_DRM_01": ["yes", "no"] * 6, "TMP_DRM_01@judge": ["yes", "no"] * 6})
    >>> agreement(both)[["feature", "stories", "alpha", "same"]].values.tolist()
    [['TMP_DRM_01', 12, 1.0, 1.0]]
    """
    import pandas as pd
    from scipy.stats import spearmanr

    book = codebook or default_codebook()
    rows = []
    for feature in book:
        if feature.id not in table or feature.id + JUDGED not in table:
            continue
        measured, judged = table[feature.id], table[feature.id + JUDGED]
        both = (measured.notna() & judged.notna()).to_numpy()
        graded = feature.kind in NUMERIC or feature.kind == "ordinal"
        value = rho = same = float("nan")
        if both.sum() >= LEAST_STORIES:
            pairs = zip(measured[both], judged[both], strict=True)
            codes = _codes(feature, [{0: a, 1: b} for a, b in pairs])
            value = alpha(codes, _level(feature))
            varies = all(len(np.unique(row)) > 1 for row in codes)
            if graded and varies:
                rho = float(spearmanr(codes[0], codes[1]).statistic)
            if not graded:
                same = float((codes[0] == codes[1]).mean())
        rows.append(
            {
                "feature": feature.id,
                "name": feature.name,
                "kind": feature.kind,
                "stories": int(both.sum()),
                "alpha": value,
                "rho": rho,
                "same": same,
                "only_measure": int((measured.notna() & judged.isna()).sum()),
                "only_judge": int((measured.isna() & judged.notna()).sum()),
            }
        )
    if not rows:
        raise TooLittleData(
            "The table has no feature both measured and judged (columns ID and ID@judge); make one "
            "with `storyscope score CORPUS --judge MODEL`."
        )
    return pd.DataFrame(rows)
