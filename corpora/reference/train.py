"""Train the shipped models on the reference tables and write their cards.

    python corpora/reference/train.py

Reads the tables beside this file (made by build.py) and writes, into ``corpora/`` or ``--into``:

- model: people and five families of models, from narrative features;
- model_all: the same from all features, style among them;
- model_human_ai: people against models, from narrative features;
- model_human_ai_all: the same from all features.

The first two are calibrated on prompts held out, the others on whole corpora held out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from storyscope.attribute import Attributor
from storyscope.attribute.calibration import expected_calibration_error, operating_points
from storyscope.attribute.reference import (
    OTHER,
    PEOPLE,
    read_reference,
    six_way,
    two_way,
    weights,
)

HERE = Path(__file__).resolve().parent
SIX = {"trees": 250, "depth": 3, "background": OTHER}
TWO = {"trees": 250, "depth": 4, "jitter": 0.2}
"""Settings, chosen before any final figure was looked at; see docs/findings_attribution.md."""
MODELS = {
    "model": ("six", "narrative"),
    "model_all": ("six", "all"),
    "model_human_ai": ("two", "narrative"),
    "model_human_ai_all": ("two", "all"),
}


def train_six(reference: pd.DataFrame, features: str, seed: int) -> tuple[Attributor, dict]:
    """Six sources and a background, calibrated on prompts held out."""
    table = six_way(reference)
    model = Attributor(features, seed=seed, **SIX)  # type: ignore[arg-type]
    model.fit(table, sample_weight=weights(table, bands=False))
    whole = table["cut"].isna().to_numpy() & (table["source"] != OTHER).to_numpy()
    truth = np.searchsorted(model.classes_, table["source"].to_numpy(str)[whole])
    p = model.held_out_probabilities_[whole]
    return model, {**_counts(table), "held_out": _held_out(model, p, truth, table[whole])}


def train_two(reference: pd.DataFrame, features: str, seed: int) -> tuple[Attributor, dict]:
    """People against models, calibrated on corpora held out."""
    table = two_way(reference)
    model = Attributor(features, folds=len(PEOPLE), seed=seed, **TWO)  # type: ignore[arg-type]
    model.fit(table, groups=corpora_together(table), sample_weight=weights(table))
    whole = table["cut"].isna().to_numpy()
    truth = (table["source"] == "human").to_numpy()[whole].astype(int)
    p = model.held_out_probabilities_[whole]
    ai = list(model.classes_).index("ai")
    summary = {**_counts(table), "held_out": _held_out(model, p, truth, table[whole])}
    corpus = table["corpus"].to_numpy(str)[whole]
    summary["operating"] = operating_points(p[:, ai], truth == 0, corpus, "ai")
    return model, summary


def corpora_together(table: pd.DataFrame) -> np.ndarray:
    """Groups for folds: a corpus each; corpora that share prompts stay together."""
    return table["corpus"].replace({"slop_score": "slop5"}).to_numpy(str)


def _counts(table: pd.DataFrame) -> dict[str, Any]:
    whole = table[table["cut"].isna()]
    return {
        "texts": {str(k): int(v) for k, v in whole["source"].value_counts().sort_index().items()},
        "openings": int(table["cut"].notna().sum()),
        "corpora": {str(k): int(v) for k, v in whole["corpus"].value_counts().sort_index().items()},
    }


def _held_out(
    model: Attributor, p: np.ndarray, truth: np.ndarray, table: pd.DataFrame
) -> dict[str, float]:
    from sklearn.metrics import f1_score

    words = table["words"].to_numpy(float)
    sets = model.calibration_.sets(p, words)
    return {
        "macro_f1": round(float(f1_score(truth, p.argmax(axis=1), average="macro")), 4),
        "ece": round(expected_calibration_error(p, truth), 4),
        "set_coverage": round(float(sets[np.arange(len(truth)), truth].mean()), 4),
        "set_size": round(float(sets.sum(axis=1).mean()), 3),
    }


def main() -> None:
    """Train every model that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MODELS)}; default all")
    parser.add_argument("--tables", type=Path, default=HERE)
    parser.add_argument("--into", type=Path, default=HERE.parent)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    reference = read_reference(given.tables)
    for name in given.names or MODELS:
        kind, features = MODELS[name]
        fit = train_six if kind == "six" else train_two
        model, summary = fit(reference, features, given.seed)
        card = given.into / name / "README.md"
        text = card.read_text(encoding="utf-8") if card.exists() else None
        folder = model.save(given.into / name, summary)
        if text is not None:
            card.write_text(text, encoding="utf-8")
        size = sum(f.stat().st_size for f in folder.iterdir()) / 1e6
        print(f"{name}: {size:.2f} MB, {json.dumps(summary)}", flush=True)


if __name__ == "__main__":
    main()
