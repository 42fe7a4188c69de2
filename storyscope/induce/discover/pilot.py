"""Candidates put to a reader on stories of other prompts: how they are answered, and what they add.

What a question adds is tested on what the existing codebook leaves of it. Answers and features are
taken less their mean at each prompt; a ridge regression on the features predicts the answers at
prompts that it has not seen; what is left over is contrasted between the sources of a prompt. Chance
is what shuffling the sources within each prompt gives. Neither the regression nor any condition on
answers looks at a source, so that shuffled sources give uniform p values whatever the regression is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.codebook import Codebook, Feature
from storyscope.compare.multiplicity import benjamini_hochberg
from storyscope.induce.holdout import LEVEL, SHUFFLES, Cells, cells, figures
from storyscope.judge.agree import DROP_BELOW, reliability

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["ANSWERED", "ENTROPY", "LEAST", "RULE", "Tested", "beyond", "pilot_figures", "shuffled"]

LEAST = 8
"""Prompts of the pilot, under which shuffling cannot tell sources apart."""
ANSWERED = 0.8
"""Share of readings that must give an answer."""
ENTROPY = 0.25
"""Share of the most entropy possible that answers must have: of yes and no, four in a hundred."""
FOLDS = 5
_CHUNK = 500

RULE = (
    f"A question is kept if at least {ANSWERED:.0%} of readings answer it, two readings of a story agree "
    f"(Krippendorff's alpha of {DROP_BELOW:g} or more), its answers have at least {ENTROPY:.0%} of the "
    "entropy that they could have, and, of those that meet all this, if sources differ in what the "
    "existing codebook leaves of its answers: the largest standardised contrast of a source with "
    f"the others at the same prompts, against {SHUFFLES:,} shuffles of the sources within prompts, "
    f"adjusted over the questions by Benjamini and Hochberg's method, q at most {LEVEL:g}."
)


@dataclass(frozen=True)
class Tested:
    """How a question fared in the pilot.

    Attributes
    ----------
    feature : str
    answered : float
        Share of readings with an answer; that the question does not apply is none.
    alpha, same : float
        Agreement of two readings: Krippendorff's alpha, and the share that say the same.
    entropy : float
        Of the answers of first readings, as a share of the most possible.
    explained : float
        Share of the variance within prompts that the existing codebook predicts at prompts that it
        has not seen; 0 where it predicts nothing.
    p_alone, p : float
        Of the largest contrast, in the answers themselves and in what the codebook leaves of them.
    q : float
        `p` adjusted; 1 for questions that fail before the test.
    why : str
        Why the question is not kept; empty if it is.
    sources : tuple of dict
        For each source: ``source``, ``direction``, ``here``, ``there``, ``difference``, ``low``, ``high``
        (of the answers themselves; yes is 1, levels count from 0), ``delta`` (Cliff's), and ``p``,
        that of what the codebook leaves, adjusted for the largest contrast over sources.
    """

    feature: str
    answered: float
    alpha: float
    same: float
    entropy: float
    explained: float
    p_alone: float
    p: float
    q: float
    why: str
    sources: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def pilot_figures(
    features: Sequence[Feature],
    lines: Iterable[dict[str, Any]],
    keys: pd.DataFrame,
    known: Floats,
    *,
    seed: int = 0,
    shuffles: int = SHUFFLES,
) -> list[Tested]:
    """Test questions by their answers.

    Parameters
    ----------
    features : sequence of Feature
    lines : iterable of dict
        An answer each: ``story_id``, ``feature_id``, ``sample``, ``status``, ``value``.
    keys : DataFrame
        ``story_id``, ``source`` and ``prompt_id`` of the stories.
    known : array of shape (stories, columns)
        The existing codebook's values of them, NaN where there is none.
    seed, shuffles : int

    Raises
    ------
    TooLittleData
        If sources do not share `LEAST` prompts.
    """
    answers = list(lines)
    book = Codebook(features, "candidates")
    found = reliability(answers, book).questions.set_index("feature")
    encoded = _encoded(answers, features, keys)
    sources, prompts = list(keys["source"]), list(keys["prompt_id"])
    asked = len(keys) * (1 + max((line.get("sample", 0) for line in answers), default=0))
    rng = np.random.default_rng(seed)
    rows = []
    for j, feature in enumerate(features):
        mine = [x for x in answers if x["feature_id"] == feature.id]
        given = sum(x["status"] == "answered" for x in mine) / max(asked, 1)
        first = [x["value"] for x in mine if x["status"] == "answered" and not x.get("sample")]
        alpha = float(found["alpha"].get(feature.id, np.nan))
        row: dict[str, Any] = {
            "feature": feature.id,
            "answered": given,
            "alpha": alpha,
            "same": float(found["same"].get(feature.id, np.nan)),
            "entropy": _entropy(first, len(feature.levels)),
        }
        left, explained = beyond(encoded[:, j], known, prompts)
        laid = cells(encoded[:, [j]], sources, prompts, least=LEAST)
        p_alone, _ = shuffled(laid, shuffles, rng)
        p, by_source = shuffled(cells(left[:, None], sources, prompts, least=LEAST), shuffles, rng)
        row |= {"explained": explained, "p_alone": p_alone, "p": p}
        row["sources"] = tuple(_by_source(laid, by_source, rng))
        rows.append({**row, "why": _fails(row)})
    q = benjamini_hochberg([None if row["why"] else row["p"] for row in rows])
    made = []
    for row, value in zip(rows, q, strict=True):
        why = row["why"]
        if not why and value is not None and value > LEVEL:
            why = "no source stands apart beyond the existing codebook"
        made.append(Tested(**{**row, "why": why}, q=1.0 if value is None else value))
    return made


def _fails(row: dict[str, Any]) -> str:
    """Why a question is not even tested; no source is looked at."""
    if row["answered"] < ANSWERED:
        return f"only {row['answered']:.0%} of readings answer it"
    if row["entropy"] < ENTROPY:
        return "nearly all stories have the same answer"
    if not row["alpha"] >= DROP_BELOW:
        return f"two readings do not agree (alpha {row['alpha']:.2f})"
    return ""


def _encoded(
    answers: Sequence[dict[str, Any]], features: Sequence[Feature], keys: pd.DataFrame
) -> Floats:
    """Answers as numbers, the mean of a story's readings."""
    place = {story: i for i, story in enumerate(keys["story_id"])}
    column = {f.id: j for j, f in enumerate(features)}
    rank = {
        f.id: {v: float(i) for i, v in enumerate(("no", "yes") if f.kind == "binary" else f.levels)}
        for f in features
    }
    total = np.zeros((len(place), len(column)))
    n = np.zeros_like(total)
    for line in answers:
        if line["status"] == "answered":
            at = place[line["story_id"]], column[line["feature_id"]]
            total[at] += rank[line["feature_id"]][line["value"]]
            n[at] += 1
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _entropy(values: Sequence[Any], levels: int) -> float:
    """Of answers, as a share of the most that so many levels allow.

    >>> _entropy(["yes", "no"] * 5, 2), _entropy(["yes"] * 5, 2)
    (1.0, 0.0)
    """
    if not values:
        return 0.0
    share = np.unique(np.asarray(values, dtype=str), return_counts=True)[1] / len(values)
    return float(abs(-(share * np.log2(share)).sum() / np.log2(levels)))


def beyond(values: Floats, known: Floats, prompts: Sequence[str]) -> tuple[Floats, float]:
    """What a codebook leaves of some values.

    Parameters
    ----------
    values : array of shape (stories,)
        NaN where a story has none.
    known : array of shape (stories, columns)
    prompts : sequence of str

    Returns
    -------
    array of shape (stories,)
        The values less their mean at the prompt, and less what the codebook predicts of that at
        prompts that the regression has not seen; NaN where there was none.
    float
        The share of the variance that is predicted. Where it would not be over 0, nothing is taken
        off, and it is 0.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> known, at = rng.normal(size=(200, 3)), [f"p{k // 4}" for k in range(200)]
    >>> left, explained = beyond(known[:, 0] + 0.1 * rng.normal(size=200), known, at)
    >>> explained > 0.9
    True
    """
    there = np.isfinite(values)
    _, group = np.unique(np.asarray(prompts, dtype=str), return_inverse=True)
    left = np.full(len(values), np.nan)
    wanted = _within(values[there, None], group[there])[:, 0]
    left[there] = wanted
    columns = _usable(known[there], group[there])
    folds = np.unique(group[there])
    if not columns.shape[1] or len(folds) < FOLDS or not np.any(wanted):
        return left, 0.0
    from sklearn.linear_model import RidgeCV

    guess = np.zeros(len(wanted))
    for k in range(FOLDS):
        out = np.isin(group[there], folds[k::FOLDS])
        model = RidgeCV(alphas=np.logspace(0, 5, 11), fit_intercept=False)
        guess[out] = model.fit(columns[~out], wanted[~out]).predict(columns[out])
    explained = 1 - float(((wanted - guess) ** 2).sum() / (wanted**2).sum())
    if explained <= 0:
        return left, 0.0
    left[there] = wanted - guess
    return left, explained


def _within(values: Floats, group: NDArray[np.int64]) -> Floats:
    """Values less their mean in each group."""
    n = np.bincount(group)[:, None]
    total = np.zeros((len(n), values.shape[1]))
    np.add.at(total, group, values)
    return values - (total / np.maximum(n, 1))[group]


def _usable(known: Floats, group: NDArray[np.int64]) -> Floats:
    """Columns that vary within prompts, on one scale, a missing value at the middle of its prompt."""
    there = np.isfinite(known)
    filled = np.where(there, known, 0)
    n, total = (
        np.zeros((group.max(initial=0) + 1, known.shape[1])),
        np.zeros((group.max(initial=0) + 1, known.shape[1])),
    )
    np.add.at(n, group, there.astype(float))
    np.add.at(total, group, filled)
    inside = np.where(there, filled - (total / np.maximum(n, 1))[group], 0)
    spread = inside.std(axis=0)
    return inside[:, spread > 1e-9] / spread[spread > 1e-9]


def shuffled(
    laid: Cells, shuffles: int, rng: np.random.Generator
) -> tuple[float, dict[str, float]]:
    """Chance of the largest contrast of any source, and of each source's, in one column.

    Parameters
    ----------
    laid : Cells
        Of one column.
    shuffles : int
    rng : numpy Generator

    Returns
    -------
    float
        Share of shuffles of the sources within prompts whose largest standardised contrast is at
        least as large, in either direction.
    dict of str to float
        The same for the contrast of each source, against the largest of a shuffle.
    """
    contrast, known = laid.contrast[:, 0], laid.known[:, 0].astype(float)
    n = len(laid.sources)
    mine = np.eye(n)[laid.source]
    observed = _means(contrast[None], known[None], mine)[0]
    chance = []
    for begin in range(0, shuffles, _CHUNK):
        b = min(_CHUNK, shuffles - begin)
        order = np.argsort(laid.prompt + rng.random((b, len(contrast))), axis=1)
        chance.append(_means(contrast[order], known[order], mine))
    drawn = np.concatenate(chance)
    spread = drawn.std(axis=0)
    spread[spread < 1e-12] = np.inf
    largest = np.abs(drawn / spread).max(axis=1)
    sizes = np.abs(observed / spread)
    p = (1 + (largest[:, None] >= sizes - 1e-9).sum(axis=0)) / (1 + shuffles)
    return float(p.min()), dict(zip(laid.sources, map(float, p), strict=True))


def _means(contrast: Floats, known: Floats, mine: Floats) -> Floats:
    """Mean contrast of each source, for each order of the rows."""
    return np.asarray((contrast @ mine) / np.maximum(known @ mine, 1))


def _by_source(
    laid: Cells, p: dict[str, float], rng: np.random.Generator
) -> Iterable[dict[str, Any]]:
    everywhere = np.ones(len(laid.source), dtype=bool)
    for s, source in enumerate(laid.sources):
        if not (laid.known[:, 0] & (laid.source == s)).any():
            continue
        here, difference, low, high, delta = figures(laid, 0, s, everywhere, rng)
        yield {
            "source": source,
            "direction": "more" if difference > 0 else "less",
            "here": here,
            "there": here - difference,
            "difference": difference,
            "low": low,
            "high": high,
            "delta": delta,
            "p": p[source],
        }
