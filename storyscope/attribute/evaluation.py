"""How well sources are told apart on prompts held out, with intervals and baselines beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.baselines import Method, burrows_delta, length, majority, marks, tfidf
from storyscope.attribute.calibration import (
    ece_by_chance,
    expected_calibration_error,
    fit_calibration,
    softmax,
)
from storyscope.attribute.metrics import Metric, length_lean, metrics
from storyscope.attribute.model import LEAST_STORIES, Attributor
from storyscope.attribute.rates import detection_rates
from storyscope.codebook import Codebook, FeatureSet, default_codebook
from storyscope.errors import TooLittleData
from storyscope.table import feature_ids

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Evaluation", "Metric", "evaluate", "judged", "metrics"]

Progress = Callable[[str, int, int], None]

HUMAN = "human"
GROUPS = ("corpus", "family", "version")
"""Columns by which rates of detection are told apart."""


@dataclass(frozen=True)
class Evaluation:
    """One way of attributing, judged on prompts held out.

    Attributes
    ----------
    name : str
        "narrative", "style", "all", or a baseline.
    n_features, n_stories, n_prompts, folds : int
    metrics : dict of str to Metric
        macro_f1, accuracy, log_loss, brier, ece, ``f1 SOURCE`` for each source, auc, and
        auc_matched: the same over pairs of like length only.
    confusion : list of list of int
        Rows are true sources, columns named ones, both in the order of `sources`.
    sources : list of str
    length_lean : float
        How far scores follow length within a source; see `metrics.length_lean`.
    ece_before : float
        Calibration error of the margins as they are, before a temperature.
    ece_chance : float
        Calibration error that perfect answers would show by chance on so many texts.
    settings : tuple of dict
        What was chosen inside each training fold.
    reliability : list of dict
        Ten bins of equal count: mean confidence, share right, and number of texts.
    held_out : str
        What the tested stories are of that nothing was learned from: prompts, or versions.
    detection : list of dict
        Where ``human`` is a source: how many of the other sources' texts are found at fixed rates
        of false alarms among people's, all and by group; see `rates.detection_rates`.
    """

    name: str
    n_features: int
    n_stories: int
    n_prompts: int
    folds: int
    metrics: dict[str, Metric]
    confusion: list[list[int]]
    sources: list[str]
    length_lean: float = float("nan")
    ece_before: float = float("nan")
    ece_chance: float = float("nan")
    settings: tuple[dict[str, Any], ...] = ()
    reliability: list[dict[str, float]] = field(default_factory=list)
    detection: list[dict[str, Any]] = field(default_factory=list)
    held_out: str = "prompts"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def _repr_html_(self) -> str:
        from storyscope.shown import in_html

        return in_html(
            f"Learned from {self.name}: {self.n_stories} stories, {self.n_prompts} prompts, "
            f"{self.held_out} held out",
            columns=("metric", "#value", "#low", "#high"),
            rows=[(name, m.value, m.low, m.high) for name, m in self.metrics.items()],
        )

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Evaluation:
        """Back from `to_dict`."""
        figures = {name: Metric(**value) for name, value in plain["metrics"].items()}
        return cls(**{**plain, "metrics": figures, "settings": tuple(plain["settings"])})


def evaluate(
    table: pd.DataFrame,
    *,
    feature_sets: tuple[FeatureSet, ...] = ("narrative", "style", "all"),
    texts: Mapping[str, str] | None = None,
    tuned: bool = False,
    folds: int = 5,
    seed: int = 0,
    progress: Progress | None = None,
    codebook: Codebook | None = None,
) -> list[Evaluation]:
    """Cross-validate by prompt, every method on the same folds, calibrated out of fold.

    Parameters
    ----------
    table : DataFrame
        A feature table with at least two sources.
    feature_sets : tuple of str
        Sets to learn from, one evaluation each.
    texts : mapping of story id to text, optional
        Where given, marks of formatting, TF-IDF over words (normalised, and as they are) and
        Burrows' Delta are baselines beside the majority and the length.
    tuned : bool
        Whether each training fold chooses its own settings (see `tuning.tune`).
    folds, seed : int
    progress : callable, optional
        Called with what is done, how many fits are done, and of how many.
    codebook : Codebook, optional
        That of a table made elsewhere; default the shipped one.

    Returns
    -------
    list of Evaluation
        The feature sets in the order given, then the baselines.

    Raises
    ------
    TooLittleData
        If a fold lacks a source, or leaves too few of its stories to learn from.
    """
    from sklearn.model_selection import GroupKFold

    sources, truth = np.unique(table["source"].to_numpy(str), return_inverse=True)
    prompts = table["prompt_id"].to_numpy(str)
    words = table["words"].to_numpy(float) if "words" in table else np.full(len(truth), np.nan)
    folds = min(folds, len(np.unique(prompts)))
    if folds < 2:
        raise TooLittleData("All stories answer one prompt, so none can be held out; give more.")
    splits = list(GroupKFold(folds, shuffle=True, random_state=seed).split(truth, truth, prompts))
    if any(len(np.unique(truth[train])) < len(sources) for train, _ in splits):
        raise TooLittleData(
            "With prompts held out, some folds lack a source altogether; give more prompts, or "
            "sources that share prompts."
        )
    fewest = np.min([np.bincount(truth[t], minlength=len(sources)) for t, _ in splits], axis=0)
    if fewest.min() < LEAST_STORIES:
        raise TooLittleData(
            f"With prompts held out, {fewest.min()} stories of {str(sources[fewest.argmin()])!r} are left "
            f"to learn from; at least {LEAST_STORIES} are needed. Leave it out or add stories."
        )
    chosen: dict[str, list[dict[str, Any]]] = {}
    methods: list[tuple[str, int, Method]] = []
    book = codebook or default_codebook()
    for feature_set in feature_sets:
        n = len(feature_ids(table, book, feature_set))
        chosen[feature_set] = []
        run = _attributor(table, feature_set, seed, tuned, book, chosen[feature_set])
        methods.append((feature_set, n, run))
    methods += _baselines(table, truth, words, texts, len(sources))
    results = []
    done, total = 0, len(methods) * len(splits)
    for name, n_features, method in methods:
        margins = np.zeros((len(truth), len(sources)))
        for train, test in splits:
            margins[test] = method(train, test)
            done += 1
            if progress is not None:
                progress(name, done, total)
        results.append(
            judged(
                name,
                margins,
                truth,
                prompts,
                words,
                [str(s) for s in sources],
                splits,
                n_features=n_features,
                settings=tuple(chosen.get(name, ())),
                groups=groups_of(table),
                seed=seed,
            )
        )
    return results


def groups_of(table: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Columns of a table by which its texts are told apart in `rates.detection_rates`.

    Where people stand beside several other sources, these are groups as well.
    """
    columns = [c for c in GROUPS if c in table]
    found = {c: table[c].astype(object).fillna("").to_numpy(object) for c in columns}
    if "source" in table and table["source"].nunique() > 2:
        found["source"] = table["source"].where(table["source"] != HUMAN, "").to_numpy(object)
    return found


def judged(
    name: str,
    margins: NDArray[np.float64],
    truth: NDArray[np.int64],
    prompts: NDArray[Any],
    words: NDArray[np.float64],
    sources: list[str],
    splits: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    *,
    n_features: int = 0,
    settings: tuple[dict[str, Any], ...] = (),
    groups: Mapping[str, NDArray[Any]] | None = None,
    seed: int = 0,
) -> Evaluation:
    """Figures of margins for texts that were held out, each fold calibrated on the others.

    Parameters
    ----------
    name : str
        What was learned from.
    margins : array of shape (n, classes)
    truth : array of int, shape (n,)
    prompts : array of shape (n,)
        Drawn together for the intervals.
    words : array of shape (n,)
        Lengths; NaN where unknown.
    sources : list of str
        Names of the classes.
    splits : sequence of (rows to fit the calibration on, rows to judge)
    n_features : int
    settings : tuple of dict
        What was chosen in each fold.
    groups : mapping of str to array of shape (n,), optional
        By name, the group of each text, for rates of detection beside those of all texts.
    seed : int
    """
    probabilities = softmax(margins)
    before = expected_calibration_error(probabilities, truth)
    if name != "majority":
        for train, test in splits:
            calibration = fit_calibration(margins[train], truth[train], words[train])
            probabilities[test] = calibration.probabilities(margins[test], words[test])
    known = bool(np.isfinite(words).all())
    return Evaluation(
        name,
        n_features,
        len(truth),
        len(np.unique(prompts)),
        len(splits),
        metrics(probabilities, truth, prompts, sources, words=words, seed=seed),
        _confusion(truth, probabilities.argmax(axis=1), len(sources)),
        sources,
        round(length_lean(probabilities, truth, words), 4) if known else float("nan"),
        round(before, 4),
        round(ece_by_chance(probabilities, seed=seed), 4),
        settings,
        reliability(probabilities, truth),
        _detection(probabilities, truth, prompts, words, sources, groups, seed),
    )


def _detection(
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    prompts: NDArray[Any],
    words: NDArray[np.float64],
    sources: list[str],
    groups: Mapping[str, NDArray[Any]] | None,
    seed: int,
) -> list[dict[str, Any]]:
    """Rates of detection, where there are people."""
    if HUMAN not in sources:
        return []
    human = sources.index(HUMAN)
    return detection_rates(
        1 - probabilities[:, human], truth != human, prompts, groups=groups, words=words, seed=seed
    )


def _attributor(
    table: pd.DataFrame,
    feature_set: FeatureSet,
    seed: int,
    tuned: bool,
    book: Codebook,
    chosen: list[dict[str, Any]],
) -> Method:
    def run(train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.float64]:
        from storyscope.attribute.tuning import tune

        rows = table.iloc[train]
        settings = tune(rows, feature_set, seed=seed, codebook=book) if tuned else {}
        chosen.append(settings)
        model = Attributor(feature_set, folds=0, seed=seed, **settings).fit(rows, codebook=book)
        margins: NDArray[np.float64] = model.margins(table.iloc[test])
        return margins

    return run


def _baselines(
    table: pd.DataFrame,
    truth: NDArray[np.int64],
    words: NDArray[np.float64],
    texts: Mapping[str, str] | None,
    classes: int,
) -> list[tuple[str, int, Method]]:
    found = [("majority", 0, majority(truth, classes))]
    if np.isfinite(words).all():
        found.append(("length alone", 0, length(words, truth, classes)))
    if texts is not None:
        from storyscope.corpus import normalise

        given = [texts[i] for i in table["story_id"]]
        plain = [normalise(text).text for text in given]
        found += [
            ("marks alone", 0, marks(given, truth, classes)),
            ("words (TF-IDF)", 0, tfidf(plain, truth, classes)),
            ("words and marks as given (TF-IDF)", 0, tfidf(given, truth, classes, marks=True)),
            ("150 words (Burrows' Delta)", 0, burrows_delta(plain, truth, classes)),
        ]
    return found


def reliability(
    probabilities: NDArray[np.float64], truth: NDArray[np.int64], bins: int = 10
) -> list[dict[str, float]]:
    """Confidence against the share right, in bins of equal count, least confident first.

    >>> import numpy as np
    >>> reliability(np.tile([0.8, 0.2], (10, 1)), np.array([0] * 8 + [1] * 2), bins=1)
    [{'confidence': 0.8, 'right': 0.8, 'texts': 10}]
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    order = np.argsort(confidence, kind="stable")
    return [
        {
            "confidence": round(float(confidence[part].mean()), 4),
            "right": round(float(right[part].mean()), 4),
            "texts": len(part),
        }
        for part in np.array_split(order, min(bins, len(order)))
        if len(part)
    ]


def _confusion(truth: NDArray[np.int64], named: NDArray[np.int64], classes: int) -> list[list[int]]:
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (truth, named), 1)
    return [[int(v) for v in row] for row in counts]
