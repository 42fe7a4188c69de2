"""Judged twins of what the tagger says: which question asks for it, and how far the two agree.

A twin is a closed question whose answer should go with a family, scale or choice of the tagger. It
is held against the measure that the tagger fills, in the same table, and against stories that
were read whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.codebook import JUDGED, NUMERIC, Feature, default_codebook
from storyscope.extract.tagger import CHOICES, FAMILIES, SCALES
from storyscope.judge.agree import LEAST_STORIES
from storyscope.validate.whole import counts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from storyscope.validate.whole.stories import Story

__all__ = ["TWINS", "Twin", "match", "twin_figures"]

RESAMPLES = 1000
TENSION = "tension"


@dataclass(frozen=True)
class Twin:
    """A question and the trait of the tagger that it asks for.

    Attributes
    ----------
    trait : str
        A family, scale or choice of `storyscope.extract.tagger`, or ``tension``.
    judged : str
        Feature that a judge answers.
    measured : str
        Feature that holds the trait in a table; empty where no measure does.
    same : mapping of str to str
        Answers that mean the same, by the name that is compared.
    """

    trait: str
    judged: str
    measured: str = ""
    same: Mapping[str, str] = field(default_factory=dict)


_PERSONS = {f"third {how}": "third" for how in ("limited", "omniscient", "objective")}
_ORDERS = {
    "straight": "linear",
    "with looks back": "mostly linear",
    "in turn": "braided",
    "backwards": "reverse",
}

TWINS = (
    Twin("dream", "TMP_DRM_01", "TMP_DRM_01"),
    Twin("unreal", "TMP_VIS_61", "TMP_DRM_10"),
    Twin("flashback", "TMP_BCK_62", "TMP_ORD_03"),
    Twin("flashforward", "TMP_ORD_55", "TMP_ORD_04"),
    Twin("skip", "TMP_SKP_61", "TMP_DUR_01"),
    Twin("habit", "TMP_HAB_61", "TMP_FRQ_01"),
    Twin("looks", "AGE_DES_61", "AGE_DES_14"),
    Twin("bodily", "AGE_EMO_52", "AGE_EMO_08"),
    Twin("conflict", "PLT_CON_61", "PLT_CON_01"),
    Twin("theme", "REV_THM_61", "REV_THM_08"),
    Twin("insight", "REV_EPI_61", "REV_EPI_01"),
    Twin("address", "SIT_RDR_53", "SIT_RDR_04"),
    Twin("turn", "PLT_TRN_61", "PLT_TRN_01"),
    Twin("outward", "AGE_OUT_61", "AGE_DES_18"),
    Twin("inward", "AGE_INN_51", "AGE_INN_08"),
    Twin("place", "SET_VIV_61", "SET_DES_09"),
    Twin("theme_explicit", "PLT_THM_53"),
    Twin("closure", "PLT_RES_52", "PLT_END_02"),
    Twin("agency", "AGE_ACT_51", "AGE_AGY_05"),
    Twin("surprise", "REV_SUR_61", "REV_SUR_05"),
    Twin("fellow", "SOC_FEL_61", "SOC_REL_04"),
    Twin("end_valence", "PLT_END_61", "PLT_END_10"),
    Twin("stakes_start", "PLT_STK_61", "EVT_ESC_24"),
    Twin("stakes_end", "PLT_STK_62", "EVT_ESC_12"),
    Twin("threads", "PLT_SUB_61"),
    Twin("shape", "EVT_TEN_61", "EVT_ESC_25", {"rise fall": "rise and fall"}),
    Twin("order", "TMP_ORD_51", "TMP_ORD_10", _ORDERS),
    Twin("span", "TMP_SPN_51", "TMP_DUR_06"),
    Twin("tense", "TMP_TNS_01", "TMP_TNS_01"),
    Twin("pov", "PER_POV_01", "PER_POV_01", {"first plural": "first", **_PERSONS}),
    Twin("coincidence", "EVT_CAU_53", "PLT_CHA_01"),
    Twin("twist", "REV_TWI_61", "REV_SUR_06"),
    Twin(TENSION, "EVT_TEN_62", "EVT_ESC_01"),
)
"""A twin for every family, scale and choice, and for the level of tension."""


def twin_figures(
    table: pd.DataFrame,
    stories: Sequence[Story] = (),
    seed: int = 0,
) -> list[dict[str, Any]]:
    """How far judged twins agree with the tagger's measures and with readings.

    Parameters
    ----------
    table : DataFrame
        Feature table with judged answers.
    stories : sequence of Story
        Readings; `match` tells which row is which story.
    seed : int
        Of the resampling of stories.

    Returns
    -------
    list of dict
        A row for each twin and each side that has a value for some story: ``trait``, ``feature``,
        ``name``, ``against`` ("tagger" or "readings"), ``stories`` with both values, ``figure``
        ("kappa" for answers, "rho" for grades), its ``value`` and 95% ``interval``, and ``yes``
        and ``yes_there``: the share of stories in which the judge, and the other side, say yes, or
        more than the lowest grade (None for choices among more than two). Value and interval are
        None with fewer than ten stories, or where one side never varies.

    Examples
    --------
    >>> import pandas as pd
    >>> both = pd.DataFrame({"REV_TWI_61": ["yes", "no"] * 6, "REV_SUR_06": ["yes", "no"] * 6})
    >>> row, = twin_figures(both)
    >>> row["trait"], row["against"], row["stories"], row["value"]
    ('twist', 'tagger', 12, 1.0)
    """
    book = default_codebook()
    found = match(table, stories) if stories else {}
    rows = []
    for twin in TWINS:
        asked = book[twin.judged]
        column = twin.judged + (JUDGED if "measure" in asked.answered_by else "")
        if column not in table:
            continue
        judged = _values(asked, table[column], twin)
        if twin.measured and twin.measured in table:
            measured = _values(book[twin.measured], table[twin.measured], twin)
            rows.append(_row(twin, asked, judged, measured, "tagger", seed))
        if found:
            read = np.full(len(table), None, dtype=object)
            for at, story in found.items():
                read[at] = _as_read(twin, asked, story)
            rows.append(_row(twin, asked, judged, read, "readings", seed))
    return [row for row in rows if row["stories"]]


def match(table: pd.DataFrame, stories: Iterable[Story]) -> dict[int, Story]:
    """Which rows of a table are which stories read.

    A row is a story if it has its id, or if no other row and no other story has the same prompt and
    source (and corpus, where the table has such a column).

    Returns
    -------
    dict of int to Story
        By position of the row, from 0.
    """
    ids = {str(value): at for at, value in enumerate(table["story_id"])}
    keys = [name for name in ("corpus", "prompt_id", "source") if name in table]
    places = list(zip(*(table[name].astype(str) for name in keys), strict=True))
    at = {place: k for k, place in enumerate(places)}
    stories = list(stories)
    wanted = [tuple(getattr(story, name) for name in keys) for story in stories]
    often, asked = Counter(places), Counter(wanted)
    found = {}
    for story, place in zip(stories, wanted, strict=True):
        if story.id in ids:
            found[ids[story.id]] = story
        elif often[place] == asked[place] == 1:
            found[at[place]] = story
    return found


def _values(feature: Feature, column: pd.Series[Any], twin: Twin) -> NDArray[Any]:
    """Grades as numbers, answers by the names that are compared; None where there is no value."""
    ranks = {level: float(i) for i, level in enumerate(feature.levels)}

    def one(value: Any) -> Any:
        if feature.kind in NUMERIC:
            return float(value)
        return ranks[value] if feature.kind == "ordinal" else twin.same.get(value, value)

    missing = column.isna()
    made = [None if gap else one(value) for value, gap in zip(column, missing, strict=True)]
    return np.array([*made, None], dtype=object)[:-1]


def _as_read(twin: Twin, asked: Feature, story: Story) -> Any:
    """What the reading says of the trait, in the form in which the question is answered."""
    if twin.trait in FAMILIES:
        share = float(story.told[:, FAMILIES.index(twin.trait)].mean())
        return ("yes" if share else "no") if asked.kind == "binary" else share
    if twin.trait == TENSION:
        return float(story.tension.mean())
    if twin.trait in SCALES:
        return float(story.scales[list(SCALES).index(twin.trait)])
    answers = CHOICES[twin.trait]
    answer = int(story.choices[list(CHOICES).index(twin.trait)])
    if asked.kind == "ordinal":
        return None if answers[answer] == "unclear" else float(answer)
    said = answers[answer].replace("_", " ")
    return twin.same.get(said, said)


def _row(
    twin: Twin, asked: Feature, judged: NDArray[Any], other: NDArray[Any], against: str, seed: int
) -> dict[str, Any]:
    known = np.array([a is not None and b is not None for a, b in zip(judged, other, strict=True)])
    mine, there = judged[known], other[known]
    graded = asked.kind == "ordinal"
    value = interval = None
    if len(mine) >= LEAST_STORIES and all(len(set(side)) > 1 for side in (mine, there)):
        weights = counts.draw(len(mine), RESAMPLES, seed)
        if graded:
            figure = counts.rank_correlation(weights, mine.astype(float), there.astype(float))
        else:
            figure = counts.kappa(weights, _joint(mine, there))
        value, interval = counts.interval(figure)
    low = SCALES.get(twin.trait, (0.0, 0.0))[0] if against == "readings" else 0.0
    return {
        "trait": twin.trait,
        "feature": asked.id,
        "name": asked.name,
        "against": against,
        "stories": len(mine),
        "figure": "rho" if graded else "kappa",
        "value": value,
        "interval": interval,
        "yes": _yes(asked, mine, 0.0),
        "yes_there": _yes(asked, there, low),
    }


def _joint(mine: NDArray[Any], there: NDArray[Any]) -> NDArray[np.float64]:
    answers = sorted({*mine, *there})
    joint = np.zeros((len(mine), len(answers), len(answers)))
    for k, (a, b) in enumerate(zip(mine, there, strict=True)):
        joint[k, answers.index(a), answers.index(b)] = 1
    return joint


def _yes(asked: Feature, side: NDArray[Any], low: float) -> float | None:
    if not len(side) or asked.kind not in ("binary", "ordinal"):
        return None
    hits = side == "yes" if asked.kind == "binary" else side.astype(float) > low
    return round(float(np.mean(hits)), 3)
