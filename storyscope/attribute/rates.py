"""How many of models' texts are found at a fixed rate of false alarms among people's.

A cut is taken from people's texts alone, by their ranks: so many of them may lie above it that a
further text by the same people passes it no more often than was promised (split conformal; Vovk,
Gammerman and Shafer 2005). Where there are too few of them for a rate, there is no cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from storyscope.attribute.calibration import BANDS, band_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "RATES",
    "allowed",
    "band_name",
    "cut_at",
    "detection_rates",
    "exact_interval",
    "least_texts",
    "percent",
    "told",
]

RATES = (0.05, 0.01, 0.001)
"""Rates of false alarms at which models' texts are counted."""
FEWEST = 10
"""Texts by people, and by models, under which a group has no row of its own."""
RESAMPLES = 400


def least_texts(rate: float) -> int:
    """Texts by people from which there is a cut at a rate of false alarms.

    >>> least_texts(0.1), least_texts(0.05), least_texts(0.01), least_texts(0.001)
    (9, 19, 99, 999)
    """
    return max(ceil(1 / rate - 1e-9) - 1, 1)


def allowed(texts: int, rate: float) -> int:
    """How many of so many texts by people may lie above a cut; -1 where they are too few for one.

    >>> allowed(19, 0.05), allowed(53, 0.05), allowed(53, 0.01)
    (0, 1, -1)
    """
    return int(rate * (texts + 1) + 1e-9) - 1


def cut_at(people: NDArray[np.float64], rate: float) -> float | None:
    """The score above which at most so many of people's texts lie; None if they are too few.

    A further text by the same people, written and drawn as these were, lies above it with a
    probability of at most `rate`.

    Parameters
    ----------
    people : array of shape (n,)
        Scores of people's texts; higher is more like a model's.
    rate : float
        Share of false alarms that is allowed, 0 to 1.

    Examples
    --------
    >>> cut_at(np.arange(19.0), 0.05), cut_at(np.arange(19.0), 0.1), cut_at(np.arange(19.0), 0.01)
    (18.0, 17.0, None)
    """
    above = allowed(len(people), rate)
    return float(np.sort(people)[::-1][above]) if above >= 0 else None


def exact_interval(k: int, n: int) -> tuple[float, float]:
    """The exact 95% interval of a share, k of n (Clopper and Pearson 1934).

    >>> [round(v, 4) for v in exact_interval(0, 53)], [round(v, 4) for v in exact_interval(2, 53)]
    ([0.0, 0.0672], [0.0046, 0.1298])
    """
    from scipy.stats import beta

    low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return low, high


def percent(rate: float) -> str:
    """A rate in percent, without needless noughts.

    >>> percent(0.05), percent(0.001), percent(1 / 54)
    ('5%', '0.1%', '1.9%')
    """
    return f"{100 * rate:.2g}%" if rate < 0.1 else f"{100 * rate:.3g}%"


def band_name(words: float) -> str:
    """The length band of `BANDS` that a text of so many words is in.

    >>> band_name(120), band_name(700), band_name(9000)
    ('under 250 words', '500 to 999 words', '2,500 words and more')
    """
    band = int(band_of(np.array([words]))[0])
    if band == 0:
        return f"under {BANDS[1]:,} words"
    if band == len(BANDS) - 1:
        return f"{BANDS[band]:,} words and more"
    return f"{BANDS[band]:,} to {BANDS[band + 1] - 1:,} words"


class _People(NamedTuple):
    """Scores of people's texts, ascending, how often each resample has them, and sums of that."""

    scores: NDArray[np.float64]
    weights: NDArray[np.float64]
    below: NDArray[np.float64]


def detection_rates(
    scores: NDArray[np.float64],
    is_model: NDArray[np.bool_],
    prompts: NDArray[Any],
    *,
    groups: Mapping[str, NDArray[Any]] | None = None,
    words: NDArray[np.float64] | None = None,
    against: Mapping[str, str] | None = None,
    rates: tuple[float, ...] = RATES,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> list[dict[str, Any]]:
    """Share of models' texts above the cut that lets so many of people's through, and AUC.

    The first row is of all texts. A group that holds people (a corpus, a length) is judged by a
    cut of its own people, one without people (a family, a version) by that of all people. Groups
    with under `FEWEST` texts on either side are left out.

    Parameters
    ----------
    scores : array of shape (n,)
        Of texts that the model had not seen; higher is more like a model's.
    is_model : array of bool, shape (n,)
    prompts : array of shape (n,)
        Drawn together for the intervals, which are of 95%; cuts are drawn anew each time.
    groups : mapping of str to array of shape (n,), optional
        By name (``corpus``, ``family``, ``version``), the group of each text; empty for none.
    words : array of shape (n,), optional
        Lengths; with them, bands of length are groups as well.
    against : mapping of str to str, optional
        For a corpus that has people only, the corpus whose models stand in; default all models.
    rates : tuple of float
    seed, resamples : int

    Returns
    -------
    list of dict
        ``by``, ``group``, ``people``, ``models`` (counts), ``models_from``, ``auc`` and, for each
        rate, ``rate``, ``found``, the share of models' texts above the cut, and ``needs``, the
        texts by people that there must be. Figures are dicts of ``value``, ``low`` and ``high``;
        ``found`` is None where people's texts are too few.

    Examples
    --------
    >>> people, models = np.arange(100.0), np.arange(50.0, 150.0)
    >>> scores, is_model = np.r_[people, models], np.repeat([False, True], 100)
    >>> (row,) = detection_rates(scores, is_model, np.arange(200))
    >>> [(r["rate"], r["found"] and r["found"]["value"], r["needs"]) for r in row["rates"]]
    [(0.05, 0.54, 19), (0.01, 0.5, 99), (0.001, None, 999)]
    """
    _, prompt = np.unique(np.asarray(prompts, dtype=str), return_inverse=True)
    n_prompts = int(prompt.max()) + 1
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(n_prompts, np.full(n_prompts, 1 / n_prompts), size=resamples)
    weights = np.vstack([np.ones(n_prompts), draws])[:, prompt]

    def people_of(rows: NDArray[np.bool_]) -> _People:
        chosen = np.flatnonzero(rows & ~is_model)
        chosen = chosen[np.argsort(scores[chosen], kind="stable")]
        own = weights[:, chosen]
        return _People(scores[chosen], own, np.pad(own.cumsum(axis=1), ((0, 0), (1, 0))))

    def row(by: str, group: str, people: _People, models: NDArray[np.bool_], home: str) -> Any:
        theirs = scores[models], weights[:, models]
        return {
            "by": by,
            "group": group,
            "people": len(people.scores),
            "models": int(models.sum()),
            "models_from": home,
            "auc": _figure(_auc(people, *theirs)),
            "rates": [_rate(people, *theirs, rate) for rate in rates],
        }

    anyone = np.ones(len(scores), dtype=bool)
    everyone = people_of(anyone)
    if min(len(everyone.scores), int(is_model.sum())) < FEWEST:
        return []
    found = [row("all", "all texts", everyone, is_model, "all")]
    split = {k: np.asarray(v, dtype=object).astype(str) for k, v in (groups or {}).items()}
    if words is not None and np.isfinite(words).all():
        split["length"] = np.array([band_name(w) for w in words])
    for by, names in split.items():
        for group in _in_order(by, names):
            inside = names == group
            people = people_of(inside) if (inside & ~is_model).any() else everyone
            models, home = inside & is_model, group
            if not models.any() and by == "corpus":
                home = (against or {}).get(group, "all")
                models = is_model & (names == home if home != "all" else anyone)
            if min(len(people.scores), int(models.sum())) >= FEWEST:
                found.append(row(by, group, people, models, home))
    return found


def _in_order(by: str, names: NDArray[Any]) -> list[str]:
    """Names by alphabet, lengths from the shortest."""
    present = {str(n) for n in names} - {"", "nan", "None"}
    if by == "length":
        return [b for b in map(band_name, BANDS) if b in present]
    return sorted(present)


def _auc(
    people: _People, scores: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Chance that a model's text scores above a person's, ties counted half, in each resample."""
    low = np.searchsorted(people.scores, scores, side="left")
    high = np.searchsorted(people.scores, scores, side="right")
    wins = (people.below[:, low] + people.below[:, high]) / 2
    pairs = people.below[:, -1] * weights.sum(axis=1)
    with np.errstate(invalid="ignore"):
        result: NDArray[np.float64] = (wins * weights).sum(axis=1) / pairs
    return result


def _rate(
    people: _People, scores: NDArray[np.float64], weights: NDArray[np.float64], rate: float
) -> dict[str, Any]:
    """Share of models' texts above the cut of each resample's own people."""
    found = None
    if cut_at(people.scores, rate) is not None:
        order = np.argsort(scores, kind="stable")
        ascending = scores[order]
        passed = np.pad(weights[:, order].cumsum(axis=1), ((0, 0), (1, 0)))
        values = np.full(len(weights), np.nan)
        for k, below in enumerate(people.below):
            total = below[-1]
            above = allowed(int(total), rate)
            if above < 0 or passed[k, -1] == 0:
                continue
            # The highest person with more than `above` texts at least as high as theirs.
            place = int(np.searchsorted(below, total - above, side="left")) - 1
            through = int(np.searchsorted(ascending, people.scores[place], side="right"))
            values[k] = 1 - passed[k, through] / passed[k, -1]
        found = _figure(values)
    return {"rate": rate, "found": found, "needs": least_texts(rate)}


def _figure(values: NDArray[np.float64]) -> dict[str, float]:
    """The first value, with the interval of the others."""
    drawn = values[1:][np.isfinite(values[1:])]
    low, high = np.percentile(drawn, [2.5, 97.5]) if len(drawn) else (np.nan, np.nan)
    return {
        "value": round(float(values[0]), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `detection_rates` as text: ``auc``, and ``rates`` by rate.

    >>> figure = {"value": 0.9, "low": 0.85, "high": 0.94}
    >>> few = {"rate": 0.01, "found": None, "needs": 99}
    >>> told({"people": 40, "auc": figure, "rates": [{"rate": 0.05, "found": figure}, few]})["rates"]
    {'5%': '0.900 [0.850, 0.940]', '1%': 'too few people (40 of 99)'}
    """

    def shown(figure: Mapping[str, float]) -> str:
        return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"

    return {
        "auc": shown(row["auc"]),
        "rates": {
            percent(r["rate"]): f"too few people ({row['people']:,} of {r['needs']:,})"
            if r["found"] is None
            else shown(r["found"])
            for r in row["rates"]
        },
    }
