"""What was found out about the answer on texts that the fits had not seen: the figures of the card."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from storyscope.attribute.calibration import (
    COVERAGE,
    Calibration,
    ece_by_chance,
    expected_calibration_error,
    set_thresholds,
)
from storyscope.attribute.linear import fit_linear
from storyscope.attribute.reference import OTHER, weights
from storyscope.attribute.transfer import transfer
from storyscope.codebook import Codebook

SHORT = (225, 400)
"""Lengths, in words, of what counts as a text of about 300 words."""
MIDDLE = (525, 1000)
"""The same of about 700 words."""
SURE = 0.9
"""Confidence from which a wrong answer counts as a sure one."""
TRIVIAL = "STY_LEN_01", "STY_LEN_04", "STY_LEN_05", "STY_PUN_01", "STY_PUN_02", "STY_DIA_01"
"""Measures that read no story, beside the length."""
BLOCK = "STY_LEN_04"
"""Measure that is missing where a text has lost its line breaks, or has under two paragraphs."""
LINE = 0.01
"""Penalty of the lines by which sets of features are compared."""


def errors(
    shares: NDArray[np.float64],
    truth: NDArray[np.int64],
    words: NDArray[np.float64],
    whole: NDArray[np.bool_],
    weight: NDArray[np.float64] | None = None,
) -> dict[str, dict[str, float]]:
    """Calibration errors of whole texts, and of texts and openings of about 300 and 700 words."""
    weight = np.ones(len(truth)) if weight is None else weight
    spans = {"about 300 words": SHORT, "about 700 words": MIDDLE}
    bands = {name: (words >= low) & (words < high) for name, (low, high) in spans.items()}
    return {
        name: {
            "texts": round(weight[rows].sum()),
            "right": _share(shares[rows].argmax(axis=1) == truth[rows], weight[rows]),
            "confidence": _share(shares[rows].max(axis=1), weight[rows]),
            "ece": round(
                expected_calibration_error(shares[rows], truth[rows], weight=weight[rows]), 4
            ),
            "by_chance": round(ece_by_chance(shares[rows]), 4),
        }
        for name, rows in {"whole": whole, **bands}.items()
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


def trivial_by_corpus(
    table: pd.DataFrame, codebook: Codebook, together: dict[str, str]
) -> list[dict[str, Any]]:
    """For each corpus of people, AUC of one measure alone, the best first.

    Which way a measure points is learned from the other corpora, so an AUC may be under one half.
    """
    machine = (table["source"] == "ai").to_numpy()
    corpus, words = table["corpus"].to_numpy(str), table["words"].to_numpy(float)
    home = table["corpus"].replace(together).to_numpy(str)
    whole = table["cut"].isna().to_numpy()
    names = [f for f in TRIVIAL if f in table]
    columns = {codebook[f].name.lower(): table[f].astype(float).to_numpy() for f in names}
    if BLOCK in table:
        columns["one block"] = table[BLOCK].isna().to_numpy(float)
    found: dict[str, list[tuple[float, str]]] = {}
    for name, values in {"length": words, **columns}.items():
        known = values[np.isfinite(values)]
        filled = np.where(np.isfinite(values), values, np.median(known) if len(known) else 0.0)
        order = rankdata(filled) / (len(filled) + 1)
        signed = np.zeros(len(filled))
        for one in set(home):
            rest = whole & (home != one)
            more = order[rest & machine].mean() >= order[rest & ~machine].mean()
            signed[home == one] = order[home == one] if more else 1 - order[home == one]
        for row in transfer(
            signed[whole], machine[whole], corpus[whole], words[whole], against=together
        ):
            found.setdefault(row["corpus"], []).append((float(row["auc"]), name))
    return [
        {"corpus": one, "measures": [{"name": n, "auc": a} for a, n in sorted(rows, reverse=True)]}
        for one, rows in found.items()
    ]


def carry_over(
    table: pd.DataFrame, codebook: Codebook, together: dict[str, str]
) -> list[dict[str, Any]]:
    """How a straight line on some of the features tells people from models on corpora held out.

    Parameters
    ----------
    table : DataFrame
        People and models, as `two_way` makes it.
    codebook : Codebook
        Its cards say what a feature rests on; one that rests on the tagger's reading is tagged.
    together : dict of str to str
        Corpora that are held out together with another.

    Returns
    -------
    list of dict
        ``features`` (which), ``count`` of them and ``auc`` by corpus of people, whole texts.
    """
    measured = [f for f in codebook if "measure" in f.answered_by and f.id in table]
    measured = [f for f in measured if table[f.id].notna().any()]
    told = [f.id for f in measured if not f.style and f.card.get("rests on")]
    plain = [f.id for f in measured if not f.style and not f.card.get("rests on")]
    sets = {"tagged": told, "rules": plain, "style": [f.id for f in measured if f.style]}
    machine = (table["source"] == "ai").to_numpy()
    corpus, words = table["corpus"].to_numpy(str), table["words"].to_numpy(float)
    home = table["corpus"].replace(together).to_numpy(str)
    whole = table["cut"].isna().to_numpy()
    weight = weights(table)
    found = []
    for name, features in sets.items():
        matrix = codebook.encode(table, features).to_numpy(float)
        scores = np.zeros(len(table))
        for one in sorted(set(home)):
            rest = home != one
            own = weight[rest] / np.bincount(machine[rest], weight[rest])[machine[rest].astype(int)]
            own = own / own.mean()
            line = fit_linear(matrix[rest], machine[rest].astype(int), own, 2, LINE)
            margins = line.margins(matrix[~rest])
            scores[~rest] = 1 / (1 + np.exp(margins[:, 0] - margins[:, 1]))
        rows = transfer(
            scores[whole], machine[whole], corpus[whole], words[whole], against=together
        )
        found.append(
            {
                "features": name,
                "count": len(features),
                "auc": {r["corpus"]: r["auc"] for r in rows},
            }
        )
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
    said: pd.DataFrame, shares: NDArray[np.float64], truth: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """For each corpus, how often sets hold the writer whose thresholds come from the others.

    ``holds`` is for the mixture of known versions and such as were never met that ``share`` of
    `said` weighs, ``never_met`` for people and versions never met alone.
    """
    words = said["words"].to_numpy(float)
    corpus = said["corpus"].to_numpy(str)
    whole = said["cut"].isna().to_numpy()
    share = said["share"].to_numpy(float)
    known = said["known"].to_numpy(bool)
    scores = shares[np.arange(len(truth)), truth]
    found = []
    for one in sorted(set(corpus)):
        rest = corpus != one
        thresholds = set_thresholds(
            scores[rest], words[rest], share[rest], COVERAGE, corpora=corpus[rest]
        )
        rows = (corpus == one) & whole
        members = Calibration(thresholds=thresholds).sets(shares[rows], words[rows])
        held = members[np.arange(rows.sum()), truth[rows]]
        found.append(
            {
                "corpus": one,
                "texts": round(share[rows].sum()),
                "holds": _share(held, share[rows]),
                "never_met": _share(held[~known[rows]]),
                "size": round(float(np.average(members.sum(axis=1), weights=share[rows])), 2),
            }
        )
    return found


def _reads_like(said: pd.DataFrame, rows: list[str]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """What the answer reads like, and its confidence, as `Panel` has them."""
    shares = said[[f"p {r}" for r in rows]].to_numpy(float)
    models = np.where(np.array(rows) == "human", -1.0, shares)
    place = np.where(said["ai"].to_numpy() < 0.5, rows.index("human"), models.argmax(axis=1))
    return np.array(rows)[place], shares[np.arange(len(place)), place]


def _share(truths: Any, weight: Any = None) -> float:
    return round(float(np.average(truths, weights=weight)), 4) if len(truths) else float("nan")
