"""The realis event scorer on LitBank, each book by weights that were learned without it.

Folds are by book. The second scorer is trained on first-scorer predictions for held-out books, so
neither sees a book that it is scored on. ``corpora/litbank/train_events.py`` learns the weights that
ship, from all books.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.extract.layers.events import candidates, no_events, surroundings
from storyscope.extract.reading import Reading
from storyscope.validate.litbank import GoldText, parse_gold, read_litbank, share_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.linear_model import LogisticRegression

    from storyscope.extract.pipeline import Pipeline

__all__ = [
    "best_threshold",
    "collect",
    "events_gold",
    "f1_interval",
    "first_scorer",
    "held_out",
    "score_rows",
    "second_input",
    "without_own_book",
]

RARE = 8
"""Cues seen less often than this are left out."""
STRENGTH = 0.5
"""Inverse regularisation of the first scorer."""
THRESHOLDS = np.arange(0.2, 0.5, 0.01)
OUTER, INNER = 5, 10
"""Folds of books for scoring, and inside a training part for the second scorer's input."""


@dataclass
class Candidates:
    """Every candidate token of every gold text.

    `matrix` has a row a candidate; `book`, `label` and `unreal` have as many entries: which text
    it is of, whether the gold marks it, and whether it is not an event by definition.
    """

    gold: list[GoldText]
    readings: list[Reading]
    tokens: list[list[int]]
    matrix: Any
    names: NDArray[np.str_]
    book: NDArray[np.int64]
    label: NDArray[np.bool_]
    unreal: NDArray[np.bool_]


def collect(gold: list[GoldText], pipeline: Pipeline) -> Candidates:
    """Parse the gold texts and set out the cues of their candidates."""
    from sklearn.feature_extraction import DictVectorizer

    readings = [Reading(doc) for doc in parse_gold(gold, pipeline)]
    rows = [list(candidates(reading)) for reading in readings]
    often = Counter(key for row in rows for _, keys in row for key in set(keys))
    cues = [{key: 1 for key in keys if often[key] >= RARE} for row in rows for _, keys in row]
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(cues)
    unreal = [no_events(reading) for reading in readings]
    return Candidates(
        gold,
        readings,
        [[i for i, _ in row] for row in rows],
        matrix,
        vectorizer.get_feature_names_out(),
        np.repeat(np.arange(len(rows)), [len(r) for r in rows]),
        np.array([i in g.events for g, row in zip(gold, rows, strict=True) for i, _ in row]),
        np.array([i in u for u, row in zip(unreal, rows, strict=True) for i, _ in row]),
    )


def first_scorer(data: Candidates, train: NDArray[np.int64]) -> LogisticRegression:
    """Learn which cues mark an event."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=500)
    return model.fit(data.matrix[train], data.label[train])


def second_input(data: Candidates, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the second scorer sees: the first one's logits and their surroundings."""
    parts = enumerate(zip(data.readings, data.tokens, strict=True))
    return np.vstack(
        [surroundings(reading, tokens, logits[data.book == b]) for b, (reading, tokens) in parts]
    )


def without_own_book(data: Candidates, within: NDArray[np.int64]) -> NDArray[np.float64]:
    """First-scorer logits for every row of `within`, each from a model without its book."""
    from sklearn.model_selection import GroupKFold

    logits = np.zeros(len(data.label))
    folds = min(INNER, len(np.unique(data.book[within])))
    for train, test in GroupKFold(folds).split(within, groups=data.book[within]):
        model = first_scorer(data, within[train])
        logits[within[test]] = model.decision_function(data.matrix[within[test]])
    return logits


def held_out(data: Candidates) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probability of every candidate from scorers that saw nothing of its book, and what is said.

    The threshold of a fold is the one that is best on its training books.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    probability, said = np.zeros(len(data.label)), np.zeros(len(data.label), dtype=bool)
    folds = min(OUTER, len(data.gold))
    for train, test in GroupKFold(folds).split(data.book, groups=data.book):
        logits = without_own_book(data, train)
        logits[test] = first_scorer(data, train).decision_function(data.matrix[test])
        inputs = second_input(data, logits)
        mean, sd = inputs[train].mean(0), inputs[train].std(0) + 1e-9
        model = LogisticRegression(C=10, max_iter=1000)
        model.fit((inputs[train] - mean) / sd, data.label[train])
        p = model.predict_proba((inputs - mean) / sd)[:, 1]
        p[data.unreal] = 0.0
        n_gold = sum(len(data.gold[b].events) for b in np.unique(data.book[train]))
        threshold = best_threshold(p[train], data.label[train], n_gold)
        probability[test], said[test] = p[test], p[test] >= threshold
    return probability, said


def best_threshold(p: NDArray[np.float64], label: NDArray[np.bool_], n_gold: int) -> float:
    """Probability from which calling an event gives the highest F1."""

    def f1(threshold: float) -> float:
        said = p >= threshold
        return float(2 * (said & label).sum() / (said.sum() + n_gold))

    return float(max(THRESHOLDS, key=f1))


def f1_interval(
    counts: NDArray[np.float64],
) -> tuple[float, tuple[float, float]]:
    """F1 over texts, with its 95% interval when texts are drawn anew.

    Parameters
    ----------
    counts : array of shape (n_texts, 3)
        Right, said and true things of every text.

    Examples
    --------
    >>> f1, (low, high) = f1_interval(np.array([[8, 10, 10], [9, 10, 12], [4, 8, 6]], dtype=float))
    >>> round(f1, 3), low <= f1 <= high
    (0.75, True)
    """

    def f1(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        value: NDArray[np.float64] = 2 * rows[..., 0] / (rows[..., 1] + rows[..., 2])
        return value

    draws = np.random.default_rng(0).integers(len(counts), size=(2000, len(counts)))
    low, high = np.quantile(f1(counts[draws].sum(1)), [0.025, 0.975])
    return float(f1(counts.sum(0))), (float(low), float(high))


def events_gold(path: str | Path, pipeline: Pipeline) -> list[dict[str, Any]]:
    """Realis events against LitBank, every text scored by weights learned without it.

    The shipped weights are learned from all of LitBank, so they cannot be scored on it: the same
    procedure is run anew in five folds of books, which takes some minutes.

    Parameters
    ----------
    path : str or Path
        The user's copy of LitBank.
    pipeline : Pipeline

    Returns
    -------
    list of dict
        Two rows. Events by token: `name`, `n` (events in the gold), `texts`, `precision`,
        `recall`, `f1`, `interval` (95% of F1, texts drawn anew), `precision_interval`,
        `recall_interval`. Event density by text: `name`, `n`
        (texts), `r` (Pearson, -1 to 1) and its `interval`.

    Raises
    ------
    CorpusError
        If the path holds no LitBank annotations.
    """
    data = collect(read_litbank(path), pipeline)
    return score_rows(data, held_out(data)[1])


def score_rows(data: Candidates, said: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """What `events_gold` returns, from what was said of every candidate."""
    books = range(len(data.gold))
    right = np.bincount(data.book, weights=said & data.label, minlength=len(books))
    called = np.bincount(data.book, weights=said, minlength=len(books))
    true = np.array([len(text.events) for text in data.gold], dtype=float)
    f1, interval = f1_interval(np.column_stack([right, called, true]))
    size = np.array([len(text.words) for text in data.gold])
    ours, theirs = called / size, true / size
    r = float(np.corrcoef(ours, theirs)[0, 1])
    draws = np.random.default_rng(0).integers(len(size), size=(2000, len(size)))
    rs = [np.corrcoef(ours[d], theirs[d])[0, 1] for d in draws]
    return [
        {
            "name": "realis events, by token",
            "n": int(true.sum()),
            "texts": len(books),
            "precision": float(right.sum() / max(called.sum(), 1)),
            "precision_interval": share_interval(right, called),
            "recall": float(right.sum() / max(true.sum(), 1)),
            "recall_interval": share_interval(right, true),
            "f1": f1,
            "interval": interval,
        },
        {
            "name": "event density, by text",
            "n": len(books),
            "r": r,
            "interval": tuple(float(x) for x in np.quantile(rs, [0.025, 0.975])),
        },
    ]
