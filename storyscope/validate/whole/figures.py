"""Figures of the tagger on stories that were read whole, by family, scale, choice and group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.extract.tagger import CHOICES, FAMILIES, SCALES
from storyscope.extract.tagger.folds import Prediction
from storyscope.validate.whole import counts
from storyscope.validate.whole.stories import Story

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MEAN_FAMILIES", "MEAN_SCALES", "TENSION", "figures", "figures_by_group"]

RESAMPLES = 1000
LEAST = 10
"""Stories under which a group has no figures of its own."""
TENSION = "tension"
MEAN_FAMILIES, MEAN_SCALES = "mean of families", "mean of scales"
NINE = tuple(SCALES)[:9]
"""Scales with five steps, which one mean can sum up."""


def figures(
    stories: Sequence[Story], predictions: Sequence[Prediction], seed: int = 0
) -> list[dict[str, Any]]:
    """How far predictions agree with readings, each figure with a 95% interval over stories.

    Parameters
    ----------
    stories : sequence of Story
    predictions : sequence of Prediction
        One for each story.
    seed : int
        Of the resampling of stories.

    Returns
    -------
    list of dict
        A row for each family, scale and choice, for tension, and for the means; each has ``name``
        and ``kind``, and for every figure ``FIGURE`` and ``FIGURE_interval`` (None if undefined).

        - family: ``sentences`` and ``stories`` with it; ``precision``, ``recall``, ``f1``, ``ap``
          (average precision) and ``kappa`` by sentence; ``presence_precision``,
          ``presence_recall`` and ``presence_auc`` by story; ``rho`` of its share of the sentences.
        - scale: ``rho`` and ``error`` (mean absolute, in units of the scale).
        - choice: ``accuracy``, ``kappa``, and ``commonest``, what always giving the commonest
          answer would reach.
        - tension: ``r`` over the tenths of a story, the mean over stories; ``rho`` of its mean
          level and ``slope_rho`` of its slope.
    """
    weights = counts.draw(len(stories), RESAMPLES, seed)
    sides = _Sides(stories, predictions)
    rows = [_family(weights, sides, k) for k in range(len(FAMILIES))]
    scales = [_scale(weights, sides, k) for k in range(len(SCALES))]
    kappas = np.stack([r["kappa"] for r in rows])
    rhos = np.stack([r["rho"] for r in scales if r["name"] in NINE])
    rows += scales
    rows += [_choice(weights, sides, k) for k in range(len(CHOICES))]
    rows.append(_tension(weights, sides))
    rows.append({"name": MEAN_FAMILIES, "kind": "mean", "kappa": _mean_known(kappas)})
    rows.append({"name": MEAN_SCALES, "kind": "mean", "rho": _mean_known(rhos)})
    return [_plain(row) for row in rows]


def figures_by_group(
    stories: Sequence[Story],
    predictions: Sequence[Prediction],
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """The same figures for people and models, for each corpus, and for thirds by length.

    Returns
    -------
    list of dict
        ``by`` ("writer", "corpus" or "length"), ``name``, ``stories``, ``sentences`` and ``rows``;
        groups of fewer than `LEAST` stories are left out.
    """
    kept = []
    groups = [g for g in _groups(stories) if len(g[2]) >= LEAST]
    for done, (by, name, chosen) in enumerate(groups, 1):
        mine = [stories[k] for k in chosen]
        kept.append(
            {
                "by": by,
                "name": name,
                "stories": len(mine),
                "sentences": sum(len(s.sentences) for s in mine),
                "rows": figures(mine, [predictions[k] for k in chosen], seed),
            }
        )
        if progress is not None:
            progress("groups of stories", done, len(groups))
    return kept


def _groups(stories: Sequence[Story]) -> list[tuple[str, str, list[int]]]:
    every = range(len(stories))
    groups = [
        ("writer", name, [k for k in every if stories[k].by_people == people])
        for name, people in (("people", True), ("models", False))
    ]
    for corpus in sorted({s.corpus for s in stories}):
        groups.append(("corpus", corpus, [k for k in every if stories[k].corpus == corpus]))
    order = np.argsort([len(s.sentences) for s in stories], kind="stable")
    for third in np.array_split(order, 3):
        if len(third):
            lengths = [len(stories[k].sentences) for k in (third[0], third[-1])]
            name = f"{lengths[0]} to {lengths[1]} sentences"
            groups.append(("length", name, sorted(third.tolist())))
    return groups


@dataclass
class _Sides:
    """Readings and predictions of the same stories."""

    stories: Sequence[Story]
    predictions: Sequence[Prediction]

    def by_story(self, figure: Callable[[Story, Prediction], Any]) -> NDArray[Any]:
        return np.asarray(
            [figure(s, p) for s, p in zip(self.stories, self.predictions, strict=True)]
        )


def _family(weights: NDArray[np.float64], sides: _Sides, k: int) -> dict[str, Any]:
    truth = [s.told[:, k] for s in sides.stories]
    said = [p.told[:, k] for p in sides.predictions]
    scores = [p.chance[:, k] for p in sides.predictions]
    n = np.asarray([len(t) for t in truth], dtype=float)
    true = np.asarray([t.sum() for t in truth], dtype=float)
    alarms = np.asarray([a.sum() for a in said], dtype=float)
    hits = np.asarray([(a & t).sum() for a, t in zip(said, truth, strict=True)], dtype=float)
    precision, recall, f1 = counts.precision_recall(weights, hits, alarms, true)
    joint = np.stack([[n - true - alarms + hits, true - hits], [alarms - hits, hits]])
    has, found = true > 0, alarms > 0
    presence = counts.precision_recall(
        weights, (has & found).astype(float), found.astype(float), has.astype(float)
    )
    highest = np.asarray([s.max() if len(s) else 0.0 for s in scores])
    length = np.maximum(n, 1)
    return {
        "name": FAMILIES[k],
        "kind": "family",
        "sentences": int(true.sum()),
        "stories": int(has.sum()),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "ap": counts.average_precision(weights, scores, truth),
        "kappa": counts.kappa(weights, joint.transpose(2, 0, 1)),
        "presence_precision": presence[0],
        "presence_recall": presence[1],
        "presence_auc": counts.area_under_curve(weights, highest, has),
        "rho": counts.rank_correlation(weights, alarms / length, true / length),
    }


def _scale(weights: NDArray[np.float64], sides: _Sides, k: int) -> dict[str, Any]:
    truth = sides.by_story(lambda s, p: s.scales[k])
    said = sides.by_story(lambda s, p: p.scales[k])
    return {
        "name": list(SCALES)[k],
        "kind": "scale",
        "rho": counts.rank_correlation(weights, said, truth),
        "error": counts.mean(weights, np.abs(said - truth)),
    }


def _choice(weights: NDArray[np.float64], sides: _Sides, k: int) -> dict[str, Any]:
    sizes = [len(answers) for answers in CHOICES.values()]
    at, n = sum(sizes[:k]), sizes[k]
    truth = sides.by_story(lambda s, p: s.choices[k])
    said = sides.by_story(lambda s, p: p.choices[at : at + n].argmax())
    joint = np.zeros((len(truth), n, n))
    joint[np.arange(len(truth)), said, truth] = 1
    share = weights @ np.eye(n)[truth] / np.maximum(weights.sum(axis=1, keepdims=True), 1)
    return {
        "name": list(CHOICES)[k],
        "kind": "choice",
        "accuracy": counts.mean(weights, (said == truth).astype(float)),
        "commonest": share.max(axis=1),
        "kappa": counts.kappa(weights, joint),
    }


def _tension(weights: NDArray[np.float64], sides: _Sides) -> dict[str, Any]:
    said = sides.by_story(lambda s, p: _by_tenth(p.tension, s.tenths))
    truth = sides.by_story(lambda s, p: s.tension / 10)
    within = np.asarray([_pearson(a, b) for a, b in zip(said, truth, strict=True)])
    time = np.linspace(-1, 1, 10)
    return {
        "name": TENSION,
        "kind": "tension",
        "r": counts.mean(weights, within),
        "rho": counts.rank_correlation(weights, said.mean(axis=1), truth.mean(axis=1)),
        "slope_rho": counts.rank_correlation(weights, said @ time, truth @ time),
    }


def _by_tenth(tension: NDArray[np.float64], tenths: Sequence[int]) -> NDArray[np.float64]:
    """Mean tension of each tenth; a tenth without a sentence of its own has that of its last one."""
    means, start = [], 0
    for end in tenths:
        own = tension[start:end] if end > start else tension[max(end - 1, 0) : max(end, 1)]
        means.append(float(own.mean()) if len(own) else 0.0)
        start = max(start, end)
    return np.asarray(means)


def _pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    if np.ptp(a) < 1e-9 or np.ptp(b) < 1e-9:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _mean_known(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(rows)
    total = np.where(known, rows, 0).sum(axis=0)
    return np.asarray(np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, np.ndarray):
            plain[key], plain[f"{key}_interval"] = counts.interval(value)
        else:
            plain[key] = value
    return plain
