"""What any attribution must be held against: who writes most, length, and the words alone.

Each takes what it needs of all stories, and gives a function of the rows to learn from and those
to judge that returns margins of shape (n_judged, classes).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from storyscope.attribute.evaluation import Evaluation

__all__ = [
    "DELTA_WORDS",
    "TRIVIAL",
    "Method",
    "best_trivial",
    "burrows_delta",
    "length",
    "majority",
    "marks",
    "tfidf",
]

TRIVIAL = ("majority", "length alone", "marks alone")
"""Baselines that read no story: what any figure must be held against first."""

Method = Callable[[Any, Any], NDArray[np.float64]]

DELTA_WORDS = 150
"""Commonest words that Burrows' Delta is taken over."""


def majority(truth: NDArray[np.int64], classes: int) -> Method:
    """Shares of the classes in the training rows, the same for every text."""

    def run(train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.float64]:
        share = np.bincount(truth[train], minlength=classes) / len(train)
        return np.tile(np.log(np.maximum(share, 1e-9)), (len(test), 1))

    return run


def length(words: NDArray[np.float64], truth: NDArray[np.int64], classes: int) -> Method:
    """Logistic regression on the logarithm of the length and its square: what length gives away."""

    def run(train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.float64]:
        from sklearn.linear_model import LogisticRegression

        x = np.log(np.maximum(words, 1.0))
        x = (x - x[train].mean()) / max(float(x[train].std()), 1e-9)
        columns = np.column_stack([x, x**2])
        model = LogisticRegression(C=10, max_iter=1000, class_weight="balanced")
        return _margins(model.fit(columns[train], truth[train]), columns[test], classes)

    return run


def marks(texts: Sequence[str], truth: NDArray[np.int64], classes: int) -> Method:
    """Logistic regression on headings, quotation marks, dashes and the like, as they are in the texts."""
    from storyscope.corpus.marks import MARKS, marks_of

    borne = [marks_of(text) for text in texts]
    columns = np.array([[mark in own for mark in MARKS] for own in borne], dtype=float)

    def run(train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.float64]:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=10, max_iter=1000, class_weight="balanced")
        return _margins(model.fit(columns[train], truth[train]), columns[test], classes)

    return run


def best_trivial(evaluations: Sequence[Evaluation]) -> Evaluation | None:
    """The best of the baselines that read no story, by macro-F1; None if there is none."""
    found = [e for e in evaluations if e.name in TRIVIAL]
    return max(found, key=lambda e: e.metrics["macro_f1"].value, default=None)


def tfidf(
    texts: Sequence[str], truth: NDArray[np.int64], classes: int, *, marks: bool = False
) -> Method:
    """Logistic regression over TF-IDF of words, learned on the training fold only.

    With `marks`, capitals, punctuation and markdown count as well.
    """

    def run(train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.float64]:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        vectorizer = TfidfVectorizer(
            sublinear_tf=True,
            min_df=2,
            max_features=50_000,
            lowercase=not marks,
            token_pattern=r"\w+|[^\w\s]+" if marks else r"(?u)\b\w\w+\b",
        )
        matrix = vectorizer.fit_transform([texts[i] for i in train])
        model = LogisticRegression(C=30, max_iter=1000, class_weight="balanced")
        model.fit(matrix, truth[train])
        return _margins(model, vectorizer.transform([texts[i] for i in test]), classes)

    return run


def burrows_delta(texts: Sequence[str], truth: NDArray[np.int64], classes: int) -> Method:
    """Nearness to each source's mean of the commonest words' z-scores (Burrows 2002).

    Words, means and spreads are those of the training fold.
    """
    from storyscope.corpus.suspects import words as plain_words

    counted = [plain_words(text) for text in texts]

    def run(train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.float64]:
        from collections import Counter

        pool: Counter[str] = Counter()
        for i in train:
            pool.update(counted[i])
        chosen = [w for w, _ in sorted(pool.items(), key=lambda wc: (-wc[1], wc[0]))[:DELTA_WORDS]]
        place = {w: k for k, w in enumerate(chosen)}

        def rates(rows: NDArray[np.int64]) -> NDArray[np.float64]:
            found = np.zeros((len(rows), len(chosen)))
            for r, i in enumerate(rows):
                for word in counted[i]:
                    if word in place:
                        found[r, place[word]] += 1
                found[r] /= max(len(counted[i]), 1)
            return found

        learned, judged = rates(train), rates(test)
        centre, spread = learned.mean(axis=0), np.maximum(learned.std(axis=0), 1e-9)
        learned, judged = (learned - centre) / spread, (judged - centre) / spread
        margins = np.full((len(test), classes), -1e3)
        for c in np.unique(truth[train]):
            profile = learned[truth[train] == c].mean(axis=0)
            margins[:, c] = -np.abs(judged - profile).mean(axis=1)
        return margins

    return run


def _margins(model: Any, matrix: Any, classes: int) -> NDArray[np.float64]:
    probabilities = np.zeros((matrix.shape[0], classes))
    probabilities[:, model.classes_] = model.predict_proba(matrix)
    return np.log(np.maximum(probabilities, 1e-12))
