"""What any attribution must be held against: who writes most, and the words alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["tfidf"]

Method = Callable[[Any, Any], NDArray[np.float64]]


def tfidf(texts: list[str], truth: NDArray[np.int64], classes: int) -> Method:
    """Logistic regression over TF-IDF of words and word pairs, learned on the training fold only.

    Texts are normalised first, so that headings and quotation marks do not answer.
    """
    from storyscope.corpus import normalise

    plain = [normalise(text).text for text in texts]

    def run(train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.float64]:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=50_000)
        matrix = vectorizer.fit_transform([plain[i] for i in train])
        model = LogisticRegression(C=30, max_iter=1000, class_weight="balanced")
        model.fit(matrix, truth[train])
        probabilities = np.zeros((len(test), classes))
        probabilities[:, model.classes_] = model.predict_proba(
            vectorizer.transform([plain[i] for i in test])
        )
        return np.log(np.maximum(probabilities, 1e-12))

    return run
