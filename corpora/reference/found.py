"""What was found out about the answer on texts that the fits had not seen: the figures of the card."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from storyscope.attribute.calibration import (
    COVERAGE,
    Calibration,
    ece_by_chance,
    expected_calibration_error,
    set_thresholds,
)
from storyscope.attribute.reference import OTHER
from storyscope.attribute.transfer import transfer

SHORT = (225, 400)
"""Lengths, in words, of what counts as a text of about 300 words."""
SURE = 0.9
"""Confidence from which a wrong answer counts as a sure one."""


def errors(
    shares: NDArray[np.float64],
    truth: NDArray[np.int64],
    words: NDArray[np.float64],
    whole: NDArray[np.bool_],
) -> dict[str, dict[str, float]]:
    """Calibration errors of whole texts, and of texts and openings of about 300 words."""
    short = (words >= SHORT[0]) & (words < SHORT[1])
    return {
        name: {
            "texts": int(rows.sum()),
            "right": _share(shares[rows].argmax(axis=1) == truth[rows]),
            "ece": round(expected_calibration_error(shares[rows], truth[rows]), 4),
            "by_chance": round(ece_by_chance(shares[rows]), 4),
        }
        for name, rows in (("whole", whole), ("about 300 words", short))
    }


def people_by_corpus(
    ai: NDArray[np.float64],
    machine: NDArray[np.bool_],
    corpus: NDArray[Any],
    words: NDArray[np.float64],
    together: dict[str, str],
    seed: int,
) -> list[dict[str, Any]]:
    """For each corpus of people: AUC, and models found at cuts that 5% and 1% of its people pass."""
    found = transfer(ai, machine, corpus, words, against=together, seed=seed)
    for row in found:
        people = np.sort(ai[(corpus == row["corpus"]) & ~machine])
        models = ai[(corpus == row["models_from"]) & machine]
        for rate in (0.05, 0.01):
            over = int(np.floor(rate * len(people) + 1e-9))
            row[f"found_at_{rate:g}"] = _share(models > people[len(people) - 1 - over])
    return found


def versions_held_out(said: pd.DataFrame, rows: list[str]) -> list[dict[str, Any]]:
    """For each version of a family, judged by fits without it: how often the family is right."""
    found = []
    models = said[~said["family"].isin(["human", OTHER])]
    for (family, version), part in models.groupby(["family", "version"]):
        top, sure = _reads_like(part, rows)
        right = top == family
        found.append(
            {
                "family": family,
                "version": version,
                "texts": len(part),
                "model": _share(part["ai"].to_numpy() >= 0.5),
                "right": _share(right),
                "other": _share(top == OTHER),
                "wrong_and_sure": _share(~right & (sure > SURE)),
            }
        )
    return found


def strangers(said: pd.DataFrame, rows: list[str]) -> list[dict[str, Any]]:
    """For each maker of other models, judged by fits without it: what its texts are called."""
    found = []
    for maker, part in said[said["family"] == OTHER].groupby("maker"):
        top, sure = _reads_like(part, rows)
        found.append(
            {
                "maker": maker,
                "texts": len(part),
                "model": _share(part["ai"].to_numpy() >= 0.5),
                "other": _share(top == OTHER),
                "family_and_sure": _share(~np.isin(top, ["human", OTHER]) & (sure > SURE)),
                "wrong_and_sure": _share((top != OTHER) & (sure > SURE)),
            }
        )
    return found


def coverage_by_corpus(
    said: pd.DataFrame,
    shares: NDArray[np.float64],
    truth: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> list[dict[str, Any]]:
    """For each corpus, how often sets hold the writer whose thresholds come from the others."""
    words = said["words"].to_numpy(float)
    corpus = said["corpus"].to_numpy(str)
    whole = said["cut"].isna().to_numpy()
    scores = shares[np.arange(len(truth)), truth]
    found = []
    for one in sorted(set(corpus)):
        rest = corpus != one
        sets = Calibration(
            thresholds=set_thresholds(scores[rest], words[rest], weight[rest]), coverage=COVERAGE
        )
        rows = (corpus == one) & whole
        members = sets.sets(shares[rows], words[rows])
        found.append(
            {
                "corpus": one,
                "texts": int(rows.sum()),
                "holds": _share(members[np.arange(rows.sum()), truth[rows]]),
                "size": round(float(members.sum(axis=1).mean()), 2),
            }
        )
    return found


def _reads_like(said: pd.DataFrame, rows: list[str]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """What the answer reads like, and its confidence, as `Panel` has them."""
    shares = said[[f"p {r}" for r in rows]].to_numpy(float)
    models = np.where(np.array(rows) == "human", -1.0, shares)
    place = np.where(said["ai"].to_numpy() < 0.5, rows.index("human"), models.argmax(axis=1))
    return np.array(rows)[place], shares[np.arange(len(place)), place]


def _share(truths: Any) -> float:
    return round(float(np.mean(truths)), 4) if len(truths) else float("nan")
