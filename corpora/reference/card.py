"""The card of a shipped model, from what training saw and found out."""

from __future__ import annotations

from datetime import date
from typing import Any

__all__ = ["card"]

AIM = 0.9
"""AUC that people against models was to reach on every corpus of people held out."""
FILES = """\
| file | holds |
|---|---|
| `booster.ubj`, `line.json` | boosted trees and the straight line |
| `model.json` | settings, columns and their definitions, calibration, what training saw |
| `reference.json`, `novelty.json` | percentiles by source; what is usual in the reference |
"""
CONFOUNDS = """\
## Confounds

- People and the five families share no prompt; the people's texts are of other periods, lengths and genres.
  Part of what says 'human' is period, genre or editing.
- One model a family, one moment, one set of prompts. Siblings of a family are often not named as it
  (docs/findings_attribution.md).
- Texts of a few hundred words are called with little confidence, and should be.
- English prose fiction only.

## Not to be used for

Deciding about a person: no grade, no accusation, no rejection, no payment may rest on it.
It says which of the reference's sources a text is like, with a probability; it is no proof of who or what
wrote it. Nor for texts that are no stories, for other languages, or as a score to write against.
"""


def card(name: str, model: dict[str, Any]) -> str:
    """The card as Markdown.

    Parameters
    ----------
    name : str
        Of the model's folder.
    model : dict
        What its ``model.json`` holds.
    """
    training = model["training"]
    six = "evaluation" in training
    whom = "People and five families of models" if six else "People against models"
    today = date.today()
    parts = [
        f"# {whom}, from {model['features']} features\n",
        f"Trained on {today.day} {today:%B %Y} by `python corpora/reference/train.py {name}`, seed "
        f"{model['settings']['seed']}, codebook `{model['codebook']}`, on the tables of "
        "`corpora/reference` (their card says where the texts come from and on what licence). "
        "JSON and UBJ only.\n",
        FILES,
        _data(model, six),
        _reached(training, six),
        _sources(training) if six else _transfer(training),
        CONFOUNDS,
    ]
    return "\n".join(parts)


def _data(model: dict[str, Any], six: bool) -> str:
    training = model["training"]
    others = (
        "`other` is models outside the five: learned as background, never named. Older and larger "
        "siblings of the five are left out."
        if six
        else "The class `ai` joins every model of the reference, of 2023 to 2025."
    )
    settings = ", ".join(f"{k} {v}" for k, v in model["settings"].items() if v != "")
    return (
        f"## Data\n\nTexts: {_counts(training['texts'])}; and {training['openings']:,} beginnings of "
        f"them. Corpora: {_counts(training['corpora'])}.\n\nThe five families are "
        "claude-sonnet-4-5, deepseek-v3.2-exp, gemini-2.5-flash, gpt-5-mini and kimi-k2-0905, as "
        f"they answered 97 prompts in 2025. {others}\n\nSettings: {settings}.\n"
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in counts.items())


def _reached(training: dict[str, Any], six: bool) -> str:
    held = training["held_out"]
    what = "Prompts held out (strangers: makers held out)" if six else "Whole corpora held out"
    row = (f"{held['macro_f1']:.3f}", f"{held['ece']:.3f}", f"{held['set_coverage']:.3f}",
           f"{held['set_size']:.2f}")  # fmt: skip
    columns = ("macro-F1", "ECE", "90% sets hold the writer", "sources in a set")
    return f"## What it reached\n\n{what}, whole texts:\n\n{_table(columns, [row])}"


def _sources(training: dict[str, Any]) -> str:
    found = training["evaluation"][0]
    metrics = found["metrics"]
    rows = [
        (name.removeprefix("f1 "), f"{v['value']:.3f} [{v['low']:.3f}, {v['high']:.3f}]")
        for name, v in metrics.items()
        if name.startswith("f1 ")
    ]
    return _table(("F1 of", "value, 95% over prompts"), rows) + (
        f"\nAUC of all texts {metrics['auc']['value']:.3f}, of pairs of equal length "
        f"{metrics['auc_matched']['value']:.3f}; rank correlation of scores with length within a "
        f"source {found['length_lean']:+.2f}.\n"
    )


def _transfer(training: dict[str, Any]) -> str:
    rows = [
        (r["corpus"], r["people"], r["models"], r["models_from"], f"{r['auc']:.3f}",
         f"{r['auc_matched']:.3f}", f"{r['length_lean']:+.2f}")
        for r in training["transfer"]
    ]  # fmt: skip
    columns = ("held out", "people", "models", "models from", "AUC", "AUC, equal length",
               "score and length")  # fmt: skip
    points = [
        (f"{r['false_positive_rate']:.1%}", f"{r['threshold']:.4f}", f"{r['recall']:.1%}",
         f"{r['others_through']} of {r['texts']:,}")
        for r in training["operating"]
    ]  # fmt: skip
    low = min(r["auc"] for r in training["transfer"])
    met = (
        "it is met."
        if low >= AIM
        else f"it is **not** met, the lowest is {low:.2f}; short forum stories carry over worst, and "
        "the answer must be unsure there."
    )
    return (
        "Each corpus of people held out in turn, together with the models that it is held against. "
        f"Lengths are within 10% in the second AUC.\n\n{_table(columns, rows)}\n"
        + _table(("false positives", "threshold", "recall", "people above it"), points)
        + f"\nThe aim was an AUC of {AIM:.2f} on each corpus held out: {met}\n"
    )


def _table(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"
