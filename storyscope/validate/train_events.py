"""Learn the weights of the realis event scorer from LitBank and print its held-out scores.

    python -m storyscope.validate.train_events litbank_gold.tar.gz

Folds are by book. The second scorer is trained on first-scorer predictions for held-out books, so
neither sees a book that it is scored on. Writes ``events.json`` beside the layer.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from storyscope.extract.layers.events import candidates, surroundings
from storyscope.extract.pipeline import load_pipeline
from storyscope.extract.reading import Reading
from storyscope.validate.litbank import GoldText, parse_gold, read_litbank

RARE = 8
"""Cues seen less often than this are left out."""
STRENGTH = 0.5
"""Inverse regularisation of the first scorer."""


def main(path: str) -> None:
    """Train, score by folds of books, and write the weights."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    gold = read_litbank(path)
    readings = [Reading(doc) for doc in parse_gold(gold, load_pipeline())]
    rows = [list(candidates(reading)) for reading in readings]
    book = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    label = np.array(
        [i in text.events for text, row in zip(gold, rows, strict=True) for i, _ in row]
    )
    often = Counter(key for row in rows for _, keys in row for key in set(keys))
    cues = [
        {key: 1 for key in keys if often[key] >= RARE} for row in rows for _, keys in row
    ]  # fmt: skip
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(cues)

    def first(train: np.ndarray) -> LogisticRegression:
        model = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=500)
        return model.fit(matrix[train], label[train])

    def second_input(logits: np.ndarray) -> np.ndarray:
        return np.vstack(
            [
                surroundings(reading, [i for i, _ in row], logits[book == b])
                for b, (reading, row) in enumerate(zip(readings, rows, strict=True))
            ]
        )

    def held_out(within: np.ndarray) -> np.ndarray:
        """First-scorer logits for every row of `within`, each from a model without its book."""
        logits = np.zeros(len(label))
        for train, test in GroupKFold(10).split(within, groups=book[within]):
            model = first(within[train])
            logits[within[test]] = model.decision_function(matrix[within[test]])
        return logits

    probability = np.zeros(len(label))
    for train, test in GroupKFold(5).split(book, groups=book):
        logits = held_out(train)
        logits[test] = first(train).decision_function(matrix[test])
        inputs = second_input(logits)
        mean, sd = inputs[train].mean(0), inputs[train].std(0)
        model = LogisticRegression(C=10, max_iter=1000)
        model.fit((inputs[train] - mean) / sd, label[train])
        probability[test] = model.predict_proba((inputs[test] - mean) / sd)[:, 1]
    n_gold = sum(len(text.events) for text in gold)
    threshold = _report(probability, label, book, gold, n_gold)

    everything = np.arange(len(label))
    inputs = second_input(held_out(everything))
    mean, sd = inputs.mean(0), inputs.std(0)
    final = first(everything)
    second = LogisticRegression(C=10, max_iter=1000).fit((inputs - mean) / sd, label)
    weights = {
        "trained_on": "LitBank realis events, 100 texts, CC BY 4.0 (Sims, Park and Bamman 2019)",
        "threshold": round(threshold, 3),
        "bias": round(float(final.intercept_[0]), 4),
        "second": [round(float(w), 4) for w in second.coef_[0]],
        "second_bias": round(float(second.intercept_[0]), 4),
        "mean": [round(float(m), 5) for m in mean],
        "sd": [round(float(s), 5) for s in sd],
        "cues": {
            name: round(float(w), 2)
            for name, w in zip(vectorizer.get_feature_names_out(), final.coef_[0], strict=True)
            if abs(w) >= 0.03
        },
    }
    target = Path(__file__).parents[1] / "extract" / "layers" / "events.json"
    target.write_text(
        json.dumps(weights, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n",
        encoding="utf-8",
    )
    print(f"wrote {target.name}: {len(weights['cues'])} cues, {target.stat().st_size / 1e3:.0f} kB")


def _report(
    probability: np.ndarray, label: np.ndarray, book: np.ndarray, gold: list[GoldText], n_gold: int
) -> float:
    """Print precision, recall and F1 by folds; returns the threshold of the best F1."""
    best = (0.0, 0.0)
    for threshold in np.arange(0.2, 0.5, 0.01):
        said = probability >= threshold
        hits = (said & label).sum()
        precision, recall = hits / said.sum(), hits / n_gold
        best = max(best, (2 * precision * recall / (precision + recall), float(threshold)))
    said = probability >= best[1]
    hits = (said & label).sum()
    print(
        f"held-out books: P {hits / said.sum():.3f} R {hits / n_gold:.3f} F1 {best[0]:.3f} "
        f"at {best[1]:.2f}"
    )
    per_text = [said[book == b].sum() / len(text.words) for b, text in enumerate(gold)]
    truth = [len(text.events) / len(text.words) for text in gold]
    print(f"density per text: r {np.corrcoef(per_text, truth)[0, 1]:.3f}")
    return best[1]


if __name__ == "__main__":
    main(sys.argv[1])
