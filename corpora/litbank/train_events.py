"""Learn the weights of the realis event scorer from all of LitBank.

    python corpora/litbank/train_events.py litbank_gold.tar.gz

Prints how right the same procedure is on held-out books, and writes ``events.json`` beside the layer.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from storyscope.extract import layers
from storyscope.extract.pipeline import load_pipeline
from storyscope.validate.events import (
    best_threshold,
    collect,
    first_scorer,
    held_out,
    score_rows,
    second_input,
    without_own_book,
)
from storyscope.validate.litbank import read_litbank


def main(path: str) -> None:
    """Train, score by folds of books, and write the weights."""
    from sklearn.linear_model import LogisticRegression

    data = collect(read_litbank(path), load_pipeline())
    probability, said = held_out(data)
    for row in score_rows(data, said):
        print(json.dumps(row))
    n_gold = sum(len(text.events) for text in data.gold)
    everything = np.arange(len(data.label))
    inputs = second_input(data, without_own_book(data, everything))
    mean, sd = inputs.mean(0), inputs.std(0)
    final = first_scorer(data, everything)
    second = LogisticRegression(C=10, max_iter=1000).fit((inputs - mean) / sd, data.label)
    weights: dict[str, Any] = {
        "trained_on": "LitBank realis events, 100 texts, CC BY 4.0 (Sims, Park and Bamman 2019)",
        "threshold": round(best_threshold(probability, data.label, n_gold), 3),
        "bias": round(float(final.intercept_[0]), 4),
        "second": [round(float(w), 4) for w in second.coef_[0]],
        "second_bias": round(float(second.intercept_[0]), 4),
        "mean": [round(float(m), 5) for m in mean],
        "sd": [round(float(s), 5) for s in sd],
        "cues": {
            str(name): round(float(w), 2)
            for name, w in zip(data.names, final.coef_[0], strict=True)
            if abs(w) >= 0.03
        },
    }
    target = Path(layers.__file__).parent / "events.json"
    target.write_text(
        json.dumps(weights, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n",
        encoding="utf-8",
    )
    print(f"wrote {target.name}: {len(weights['cues'])} cues, {target.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1])
