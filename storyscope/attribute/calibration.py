"""From margins to probabilities that mean what they say, and sets that hold the writer.

The temperature grows as texts get shorter; it is fitted on predictions for prompts that the model
has not seen. Prediction sets are split-conformal, their thresholds taken per length band from the
same held-out predictions (Sadinle, Lei and Wasserman 2019; Angelopoulos and Bates 2021). Where texts
come from several corpora, a threshold is set for a corpus yet to come: nine in ten of those known
would have been held as often as was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BANDS",
    "Calibration",
    "Gate",
    "band_of",
    "ece_by_chance",
    "even_weights",
    "expected_calibration_error",
    "fit_calibration",
    "fit_gate",
    "operating_points",
    "set_thresholds",
    "softmax",
]

BANDS = (0, 250, 500, 1000, 2500)
"""Lower ends, in words, of the length bands for which thresholds are kept."""
COVERAGE = 0.9
"""Share of texts whose writer a prediction set is meant to hold."""
FEW = 20
"""Texts of a corpus in a band under which it has no threshold of its own."""
STRANGERS = 0.2
"""Share of all texts that are taken to come from writers outside the reference."""


def softmax(margins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of margins, shape (n, classes)."""
    shifted = margins - margins.max(axis=1, keepdims=True)
    exponents = np.exp(shifted)
    total: NDArray[np.float64] = exponents / exponents.sum(axis=1, keepdims=True)
    return total


def band_of(words: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index into `BANDS` of each length."""
    return np.searchsorted(np.asarray(BANDS), words, side="right") - 1


class Calibration:
    """A length-dependent temperature and prediction-set thresholds.

    Parameters
    ----------
    level, slope : float
        Log temperature at 1,000 words, and its change when the log of the length falls by one.
    thresholds : list of float
        For each band of `BANDS`, the least probability that stays in the prediction set.
    coverage : float
        What the sets are meant to hold.
    doubt : float
        Share of texts about which margins are taken to say nothing, however large they are.
    """

    def __init__(
        self,
        level: float = 0.0,
        slope: float = 0.0,
        thresholds: list[float] | None = None,
        coverage: float = COVERAGE,
        doubt: float = 0.0,
    ):
        self.level = level
        self.slope = slope
        self.thresholds = thresholds or [0.0] * len(BANDS)
        self.coverage = coverage
        self.doubt = doubt

    def temperature(self, words: NDArray[np.float64]) -> NDArray[np.float64]:
        """Temperature for texts of so many words; unknown lengths count as 1,000."""
        length = np.where(np.isfinite(words), np.clip(words, 50, 5000), 1000.0)
        return np.exp(self.level + self.slope * np.log(1000.0 / length))

    def probabilities(
        self, margins: NDArray[np.float64], words: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Calibrated probabilities, shape (n, classes)."""
        sharp = softmax(margins / self.temperature(words)[:, None])
        return (1 - self.doubt) * sharp + self.doubt / margins.shape[1]

    def sets(
        self, probabilities: NDArray[np.float64], words: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Members of each prediction set; the likeliest class is always one."""
        length = np.where(np.isfinite(words), words, 1000.0)
        least = np.asarray(self.thresholds)[band_of(length)]
        members: NDArray[np.bool_] = probabilities >= least[:, None]
        members[np.arange(len(members)), probabilities.argmax(axis=1)] = True
        return members

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the model file."""
        return {
            "level": self.level,
            "slope": self.slope,
            "thresholds": self.thresholds,
            "bands": list(BANDS),
            "coverage": self.coverage,
            "doubt": self.doubt,
        }

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Calibration:
        """Back from `to_dict`; models saved before have no doubt."""
        return cls(
            plain["level"],
            plain["slope"],
            plain["thresholds"],
            plain["coverage"],
            plain.get("doubt", 0.0),
        )


def fit_calibration(
    margins: NDArray[np.float64],
    truth: NDArray[np.int64],
    words: NDArray[np.float64],
    weight: NDArray[np.float64] | None = None,
    even: NDArray[np.float64] | None = None,
    coverage: float = COVERAGE,
    doubt: float = 0.0,
) -> Calibration:
    """Temperature by least weighted log loss, thresholds by the conformal quantile of each band.

    The two are weighted apart: a probability should mean what it says over the texts that the model
    learned from, a set hold the writer as often for a rare source as for a common one.

    Parameters
    ----------
    margins : array of shape (n, classes)
        Predictions for texts whose prompts the model had not seen.
    truth : array of int, shape (n,)
        Index of the true class.
    words : array of shape (n,)
        Lengths; NaN where unknown.
    weight : array of shape (n,), optional
        Weights of the texts for the temperature; default all alike.
    even : array of shape (n,), optional
        Weights of the texts for the thresholds, see `even_weights`; default `weight`.
    coverage, doubt : float
        As `Calibration` has them; the temperature is fitted beside the doubt.
    """
    from scipy.optimize import minimize

    weight = np.ones(len(truth)) if weight is None else weight
    even = weight if even is None else even
    varied = (
        bool(np.nanstd(np.log(np.maximum(words, 1))) > 0.3) if np.isfinite(words).any() else False
    )

    def loss(parameters: NDArray[np.float64]) -> float:
        slope = parameters[1] if varied else 0.0
        p = Calibration(parameters[0], slope, doubt=doubt).probabilities(margins, words)
        picked = np.clip(p[np.arange(len(truth)), truth], 1e-12, 1)
        # A weak pull towards no dependence on length keeps a small table from inventing one.
        return float(-(weight * np.log(picked)).sum() / weight.sum() + 0.001 * slope**2)

    best = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7})
    level, slope = float(best.x[0]), float(best.x[1]) if varied else 0.0
    calibration = Calibration(round(level, 6), round(slope, 6), coverage=coverage, doubt=doubt)
    p = calibration.probabilities(margins, words)
    scores = p[np.arange(len(truth)), truth]
    calibration.thresholds = set_thresholds(scores, words, even, coverage)
    return calibration


def set_thresholds(
    scores: NDArray[np.float64],
    words: NDArray[np.float64],
    weight: NDArray[np.float64],
    coverage: float = COVERAGE,
    corpora: NDArray[Any] | None = None,
) -> list[float]:
    """For each band of `BANDS`, the least probability that stays in a prediction set.

    Parameters
    ----------
    scores : array of shape (n,)
        Probability of the true writer, for texts that the model had not seen.
    words, weight : arrays of shape (n,)
    coverage : float
        Share of the weight whose writer the sets are to hold.
    corpora : array of shape (n,), optional
        Where the texts come from. With it the coverage is to hold in each corpus, for as large a
        share of the corpora; a band with under three of them takes the texts of every length.

    Examples
    --------
    Eight corpora are easy, two are hard and decide.

    >>> easy, hard = np.tile(np.linspace(0.5, 1, 50), 8), np.tile(np.linspace(0.1, 0.6, 50), 2)
    >>> scores, words = np.concatenate([easy, hard]), np.full(500, 300.0)
    >>> round(set_thresholds(scores, words, np.ones(500))[1], 2)
    0.34
    >>> corpora = np.repeat(list("abcdefghij"), 50)
    >>> round(set_thresholds(scores, words, np.ones(500), corpora=corpora)[1], 2)
    0.14
    """
    bands = band_of(np.where(np.isfinite(words), words, 1000.0))
    found = []
    for band in range(len(BANDS)):
        inside = bands == band
        pool = inside if inside.sum() >= 50 else np.ones(len(scores), bool)
        if corpora is None:
            found.append(_quantile(scores[pool], weight[pool], 1 - coverage))
            continue
        each = _by_corpus(scores, weight, corpora, pool, coverage)
        if len(each) < 3:
            every = np.ones(len(scores), bool)
            each = _by_corpus(scores, weight, corpora, every, coverage)
        found.append(round(float(np.quantile(each, 1 - coverage)), 6) if each else 0.0)
    return found


def _by_corpus(
    scores: NDArray[np.float64],
    weight: NDArray[np.float64],
    corpora: NDArray[Any],
    pool: NDArray[np.bool_],
    coverage: float,
) -> list[float]:
    """A threshold of its own for each corpus that has texts enough in the pool."""
    rows = [np.flatnonzero(pool & (corpora == one)) for one in np.unique(corpora[pool])]
    return [_quantile(scores[r], weight[r], 1 - coverage) for r in rows if len(r) >= FEW]


def _quantile(scores: NDArray[np.float64], weight: NDArray[np.float64], share: float) -> float:
    """Largest score under which lies at most so much of the weight, one more text allowed for."""
    order = np.argsort(scores, kind="stable")
    below = np.cumsum(weight[order]) / (weight.sum() + weight.mean())
    rank = int(np.searchsorted(below, share + 1e-12, side="right"))
    return round(float(scores[order[rank - 1]]), 6) if rank >= 1 else 0.0


def even_weights(
    weight: NDArray[np.float64], truth: NDArray[np.int64], words: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights under which classes count alike within each length band, and bands by their roots.

    So neither the commonest class nor the commonest length decides what a set holds.

    Examples
    --------
    >>> words = np.array([100.0, 100, 100, 2000])
    >>> even_weights(np.ones(4), np.array([0, 0, 1, 0]), words).round(2).tolist()
    [0.63, 0.63, 1.27, 1.46]
    """
    bands = band_of(np.where(np.isfinite(words), words, 1000.0))
    found = np.zeros(len(weight))
    for band in np.unique(bands):
        inside = bands == band
        classes = np.unique(truth[inside])
        for c in classes:
            rows = inside & (truth == c)
            found[rows] = weight[rows] / weight[rows].sum() / len(classes)
        found[inside] *= np.sqrt(inside.sum())
    even: NDArray[np.float64] = found / found.mean()
    return even


class Gate:
    """How likely it is that the writer is none of those known.

    Parameters
    ----------
    level, slope, length : float
        Log odds of a stranger where background and sources have equal margins at 1,000 words, and
        their change with the background's lead and with the log of the shortness.
    """

    def __init__(self, level: float, slope: float, length: float):
        self.level = level
        self.slope = slope
        self.length = length

    def unknown(
        self, margins: NDArray[np.float64], words: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Probabilities of a stranger; the last column of `margins` is the background's."""
        from scipy.special import expit

        odds = self.level + self.slope * _lead(margins) + self.length * _shortness(words)
        found: NDArray[np.float64] = expit(odds)
        return found

    def to_dict(self) -> dict[str, float]:
        """Plain data for the model file."""
        return {"level": self.level, "slope": self.slope, "length": self.length}

    @classmethod
    def from_dict(cls, plain: dict[str, float]) -> Gate:
        """Back from `to_dict`."""
        return cls(plain["level"], plain["slope"], plain["length"])


def fit_gate(
    margins: NDArray[np.float64],
    stranger: NDArray[np.bool_],
    words: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> Gate:
    """Logistic regression on the background's lead over the sources, and on length.

    The probabilities are for a world in which `STRANGERS` of all texts come from strangers.

    Parameters
    ----------
    margins : array of shape (n, classes + 1)
        For texts that the model had not seen, the background last.
    stranger : array of bool, shape (n,)
    words, weight : arrays of shape (n,)
    """
    from scipy.optimize import minimize

    lead, short = _lead(margins), _shortness(words)
    sign = np.where(stranger, 1.0, -1.0)

    def loss(v: NDArray[np.float64]) -> float:
        odds = v[0] + v[1] * lead + v[2] * short
        return float((weight * np.logaddexp(0, -sign * odds)).sum() / weight.sum()) + 0.001 * float(
            v[2] ** 2
        )

    level, slope, length = minimize(loss, np.array([0.0, 1.0, 0.0]), method="Nelder-Mead").x
    # From the share that strangers have by weight to the share that they are taken to have.
    share = weight[stranger].sum() / weight.sum()
    level += np.log(STRANGERS / (1 - STRANGERS)) - np.log(share / (1 - share))
    return Gate(*(round(float(v), 6) for v in (level, slope, length)))


def _lead(margins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds of the last column against all others together."""
    from scipy.special import logsumexp

    lead: NDArray[np.float64] = margins[:, -1] - logsumexp(margins[:, :-1], axis=1)
    return lead


def _shortness(words: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of 1,000 over the length; 0 where the length is unknown."""
    length = np.where(np.isfinite(words), np.clip(words, 50, 5000), 1000.0)
    return np.log(1000.0 / length)


def expected_calibration_error(
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    bins: int = 10,
    weight: NDArray[np.float64] | None = None,
) -> float:
    """Mean gap between confidence and accuracy over bins of equal count.

    Bins of equal count rather than equal width keep a bin with two texts from deciding.

    >>> import numpy as np
    >>> sure = np.tile([0.8, 0.2], (10, 1))
    >>> round(expected_calibration_error(sure, np.array([0] * 8 + [1] * 2), bins=1), 6)
    0.0
    """
    weight = np.ones(len(truth)) if weight is None else weight
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == truth
    order = np.argsort(confidence, kind="stable")
    gap = 0.0
    for part in np.array_split(order, min(bins, len(order))):
        if len(part) == 0 or weight[part].sum() == 0:
            continue
        share = weight[part].sum() / weight.sum()
        gap += share * abs(
            np.average(confidence[part], weights=weight[part])
            - np.average(correct[part], weights=weight[part])
        )
    return float(gap)


def ece_by_chance(
    probabilities: NDArray[np.float64], *, draws: int = 200, bins: int = 10, seed: int = 0
) -> float:
    """Mean calibration error that these probabilities would show if every one of them were true.

    With few texts in a bin, even perfect answers miss by chance; an error near this figure is no
    sign of bad calibration (after Broecker and Smith 2007).

    >>> import numpy as np
    >>> sure = np.tile([0.8, 0.2], (100, 1))
    >>> bool(0.08 < ece_by_chance(sure) < 0.12), bool(ece_by_chance(np.tile(sure, (100, 1))) < 0.012)
    (True, True)
    """
    confidence = np.sort(probabilities.max(axis=1), kind="stable")
    right = np.random.default_rng(seed).random((draws, len(confidence))) < confidence
    parts = np.array_split(np.arange(len(confidence)), min(bins, len(confidence)))
    gaps = [
        len(part) * np.abs(right[:, part].mean(axis=1) - confidence[part].mean()).mean()
        for part in parts
    ]
    return float(np.sum(gaps) / len(confidence))


def operating_points(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    corpora: NDArray[Any],
    source: str,
    rates: tuple[float, ...] = (0.01, 0.001),
) -> list[dict[str, Any]]:
    """Thresholds that let at most so many of the others through, and the recall at each.

    Parameters
    ----------
    scores : array of shape (n,)
        Probabilities of `source` for texts that the model had not seen.
    positive : array of bool, shape (n,)
        Texts of `source`; the others are those that must not reach the threshold.
    corpora : array of shape (n,)
        Each corpus of the others counts alike, so that the largest does not decide.
    source : str
        Name that the points are about.
    rates : tuple of float
        False-positive rates; one below what the number of texts can show gets the threshold that
        none reaches, which the count ``texts`` lets a reader judge.

    Examples
    --------
    >>> scores = np.array([0.1, 0.2, 0.3, 0.9, 0.5, 0.95])
    >>> positive = np.array([False, False, False, False, True, True])
    >>> points = operating_points(scores, positive, np.array(["a"] * 6), "ai", rates=(0.25, 0.01))
    >>> [(p["threshold"], p["recall"]) for p in points]
    [(0.300001, 1.0), (0.900001, 0.5)]
    """
    others = scores[~positive]
    names, place, count = np.unique(corpora[~positive], return_inverse=True, return_counts=True)
    weight = 1 / count[place] / len(names)
    order = np.argsort(-others, kind="stable")
    through = np.cumsum(weight[order])
    found = []
    for rate in rates:
        allowed = int(np.searchsorted(through, rate + 1e-12, side="right"))
        least = float(others[order[allowed]]) if allowed < len(others) else 0.0
        threshold = round(least + 1e-6, 6)
        passed = scores >= threshold
        found.append(
            {
                "source": source,
                "false_positive_rate": rate,
                "threshold": threshold,
                "recall": round(float(passed[positive].mean()), 4),
                "others_through": int(passed[~positive].sum()),
                "texts": len(others),
            }
        )
    return found
