"""Train the shipped models on the reference tables and write their cards.

    python corpora/reference/train.py

Reads the tables beside this file (made by build.py) and writes, into ``corpora/`` or ``--into``:

- model: people and five families of models, from narrative features;
- model_all: the same from all features, style among them;
- model_human_ai: people against models, from narrative features;
- model_human_ai_all: the same from all features.

The first two are calibrated on prompts held out (strangers: makers held out), the others on whole
corpora held out. ``--held-out`` keeps what each text was called by a fit that had not seen it.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from card import card
from sklearn.model_selection import GroupKFold

from storyscope.attribute import Attributor
from storyscope.attribute.calibration import expected_calibration_error, operating_points
from storyscope.attribute.evaluation import Evaluation, judged
from storyscope.attribute.reference import (
    OTHER,
    maker_of,
    read_reference,
    six_way,
    two_way,
    weights,
)
from storyscope.attribute.transfer import transfer

HERE = Path(__file__).resolve().parent
SIX = {"background": OTHER}
TWO = {"trees": 250, "rate": 0.08, "jitter": 0.5}
"""Settings, chosen before any final figure was looked at; see docs/findings_attribution.md."""
TOGETHER = {
    "litbank_chunks": "slop5",
    "slop_score": "slop5",
    "magazine_sf": "eqbench_cw3",
    "style_mimic": "eqbench_cw3",
}
"""Corpora that are held out together with another."""
MODELS = {
    "model": ("six", "narrative"),
    "model_all": ("six", "all"),
    "model_human_ai": ("two", "narrative"),
    "model_human_ai_all": ("two", "all"),
}


def fit(
    reference: pd.DataFrame, name: str, seed: int = 0
) -> tuple[Attributor, dict[str, Any], pd.DataFrame]:
    """One of `MODELS`, its summary, and what was said of each text by a fit without it."""
    kind, features = MODELS[name]
    return (train_six if kind == "six" else train_two)(reference, features, seed)


def train_six(
    reference: pd.DataFrame, features: str, seed: int
) -> tuple[Attributor, dict[str, Any], pd.DataFrame]:
    """Six sources and a background, calibrated on prompts and makers held out."""
    table = six_way(reference)
    model = Attributor(features, seed=seed, **SIX)  # type: ignore[arg-type]
    stranger = (table["source"] == OTHER).to_numpy()
    groups = table["prompt_id"].to_numpy(object).copy()
    groups[stranger] = [maker_of(m) for m in table["model"][stranger].fillna("")]
    model.fit(table, groups=groups, sample_weight=weights(table, bands=False))
    whole = table["cut"].isna().to_numpy() & ~stranger
    truth = np.searchsorted(model.classes_, table["source"].to_numpy(str)[whole])
    p = model.held_out_probabilities_[whole]
    summary = {
        **_counts(table),
        "held_out": _held_out(model, p, truth, table[whole]),
        "evaluation": [evaluation(model, table, whole, truth, seed).to_dict()],
    }
    return model, summary, _predictions(model, table)


def evaluation(
    model: Attributor, table: pd.DataFrame, rows: np.ndarray, truth: np.ndarray, seed: int
) -> Evaluation:
    """Figures of whole texts, as `storyscope evaluate` has them; calibrated by prompt."""
    prompts = table["prompt_id"].to_numpy(str)[rows]
    splits = list(GroupKFold(5, shuffle=True, random_state=seed).split(truth, truth, prompts))
    margins = model.held_out_margins_[rows][:, : len(model.classes_)]
    return judged(
        model.features,
        margins,
        truth,
        prompts,
        table["words"].to_numpy(float)[rows],
        [str(c) for c in model.classes_],
        splits,
        n_features=len(model.feature_ids_),
        seed=seed,
    )


def train_two(
    reference: pd.DataFrame, features: str, seed: int
) -> tuple[Attributor, dict[str, Any], pd.DataFrame]:
    """People against models, calibrated on corpora held out, one in turn."""
    table = two_way(reference)
    groups = corpora_together(table)
    model = Attributor(features, folds=len(set(groups)), seed=seed, **TWO)  # type: ignore[arg-type]
    model.fit(table, groups=groups, sample_weight=weights(table))
    whole = table["cut"].isna().to_numpy()
    machine = (table["source"] == "ai").to_numpy()
    ai = model.held_out_probabilities_[:, list(model.classes_).index("ai")]
    truth = (~machine[whole]).astype(int)
    corpus, words = table["corpus"].to_numpy(str), table["words"].to_numpy(float)
    summary = {
        **_counts(table),
        "held_out": _held_out(model, model.held_out_probabilities_[whole], truth, table[whole]),
        "transfer": transfer(
            ai[whole], machine[whole], corpus[whole], words[whole], against=TOGETHER, seed=seed
        ),
        "operating": operating_points(ai[whole], machine[whole], corpus[whole], "ai"),
    }
    return model, summary, _predictions(model, table)


def _predictions(model: Attributor, table: pd.DataFrame) -> pd.DataFrame:
    """What was said of each text by a fit that had seen no text of its group."""
    keys = ["story_id", "source", "prompt_id", "corpus", "model", "family", "words", "cut"]
    found = table[keys].copy()
    for k, source in enumerate(model.classes_):
        found[f"p {source}"] = model.held_out_probabilities_[:, k]
    if model.gate_ is not None:
        words = table["words"].to_numpy(float)
        found["unknown"] = model.gate_.unknown(model.held_out_margins_, words)
    raw = model.held_out_margins_[:, : len(model.classes_)]
    for k, source in enumerate(model.classes_):
        found[f"margin {source}"] = raw[:, k]
    return found


def corpora_together(table: pd.DataFrame) -> np.ndarray:
    """Groups for folds: a corpus each, save that a corpus of people only is joined by one of models.

    So every fold holds both, judged by one fit that has seen neither.
    """
    return table["corpus"].replace(TOGETHER).to_numpy(str)


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
    parser.add_argument("--held-out", type=Path, help="folder for what held-out texts were called")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    reference = read_reference(given.tables)
    for name in given.names or MODELS:
        model, summary, held_out = fit(reference, name, given.seed)
        # With its card a folder is more than a model, which `save` would not replace.
        shutil.rmtree(given.into / name, ignore_errors=True)
        folder = model.save(given.into / name, summary)
        written = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        (folder / "README.md").write_text(card(name, written), encoding="utf-8")
        if given.held_out:
            given.held_out.mkdir(parents=True, exist_ok=True)
            held_out.to_parquet(given.held_out / f"{name}.parquet")
        size = sum(f.stat().st_size for f in folder.iterdir()) / 1e6
        print(f"{name}: {size:.2f} MB, {json.dumps(summary)}", flush=True)


if __name__ == "__main__":
    main()
