"""The attributor: a feature table in, calibrated probabilities of the writer out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from storyscope.attribute.calibration import (
    Calibration,
    Gate,
    even_weights,
    fit_calibration,
    fit_gate,
)
from storyscope.attribute.linear import PENALTY, Linear, fit_linear, fit_steady
from storyscope.attribute.novelty import Novelty, fit_novelty
from storyscope.attribute.seen import row_digests
from storyscope.codebook import Codebook, FeatureSet, default_codebook
from storyscope.errors import TooLittleData
from storyscope.table import feature_ids, provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.attribute.answer import Attribution
    from storyscope.attribute.own_people import OwnPeople

__all__ = ["LEAST_STORIES", "Attributor", "Judged"]

LEAST_STORIES = 10
"""Stories of a source under which it cannot be learned."""


class Judged(NamedTuple):
    """What a model says of some rows, and what it read in them.

    Attributes
    ----------
    matrix : array of shape (n, n_columns)
    words : array of shape (n,)
    probabilities : array of shape (n, classes)
    unknown : array of shape (n,)
    contributions : array of shape (n, classes, n_columns + 1)
    margins : array of shape (n, classes) or (n, classes + 1)
        Before calibration; that of the background, if there is one, comes last.
    """

    matrix: NDArray[np.float64]
    words: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    unknown: NDArray[np.float64]
    contributions: NDArray[np.float64]
    margins: NDArray[np.float64]


class Attributor(ClassifierMixin, BaseEstimator):
    """Trees and a straight line over encoded features, calibrated on prompts held out.

    It obeys scikit-learn's estimator contract on plain arrays, and takes feature tables as they
    are: then sources are the classes, folds keep prompts together, and the encoding is the
    codebook's, so that a single new text is encoded as the training texts were.

    Parameters
    ----------
    features : {"narrative", "style", "all"}
        Which set of the table's features to learn from.
    trees, depth, rate : int, int, float
        Size, depth and learning rate of the boosted trees.
    columns : float
        Share of the columns that each tree may use.
    linear : float
        Weight of the linear companion in the margins, 0 to 1; the trees have the rest.
    penalty : float
        Inverse strength of the companion's ridge penalty; smaller carries over to other corpora
        better where features are many and noisy.
    style : float
        How much columns of surface style are stretched for the companion: they are few beside those
        of narrative, and its penalty would hold them back as much. Feature tables only.
    jitter : float
        Noise added in training to every finely graded column, in its standard deviations. It keeps
        trees from reading a story's length off the fractions that a rate can take.
    copies : int
        Noisy copies of the training data.
    balance : bool
        Whether every class weighs the same.
    background : str
        A source that stands for all other writers: it is learned, never named, and its probability
        says how likely the writer is none of the others. Empty for none.
    folds : int
        Folds of prompts for the calibration; 0 leaves probabilities uncalibrated.
    seed : int
        Seed of everything random.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 3)); y = np.where(X[:, 0] > 0, "a", "b")
    >>> Attributor(trees=20).fit(X, y).predict(X[:2]).tolist() == y[:2].tolist()
    True
    """

    own_people_: OwnPeople | None = None
    """The user's people, of a calibrated model."""

    def __init__(
        self,
        features: FeatureSet = "narrative",
        *,
        trees: int = 150,
        depth: int = 3,
        rate: float = 0.12,
        columns: float = 0.25,
        linear: float = 0.4,
        penalty: float = PENALTY,
        style: float = 1.0,
        jitter: float = 0.1,
        copies: int = 2,
        balance: bool = True,
        background: str = "",
        folds: int = 5,
        seed: int = 0,
    ):
        self.features = features
        self.trees = trees
        self.depth = depth
        self.rate = rate
        self.columns = columns
        self.linear = linear
        self.penalty = penalty
        self.style = style
        self.jitter = jitter
        self.copies = copies
        self.balance = balance
        self.background = background
        self.folds = folds
        self.seed = seed

    # ---------------------------------------------------------------- learning

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        groups: Any = None,
        sample_weight: Any = None,
        units: Any = None,
        codebook: Codebook | None = None,
    ) -> Attributor:
        """Learn from a feature table, or from an array with labels.

        Parameters
        ----------
        X : DataFrame or array of shape (n_stories, n_columns)
            A feature table (with a ``source`` column), or numbers; missing is NaN.
        y : array of shape (n_stories,), optional
            Labels; default a table's ``source`` column.
        groups : array of shape (n_stories,), optional
            Texts that must stay in one fold; default a table's ``prompt_id``.
        sample_weight : array of shape (n_stories,), optional
            Weights of the stories, before classes are balanced.
        units : array of str, shape (n_stories, 2), optional
            Which version of its source wrote a story, and in which corpus it was met. With it the
            companion learns what sources keep from version to version, see `linear.fit_steady`,
            and `penalty` and `style` have no part in it.
        codebook : Codebook, optional
            That of a table made elsewhere; default the shipped one.

        Raises
        ------
        TooLittleData
            If a table has fewer than two sources or a source with under `LEAST_STORIES` stories.
        """
        matrix, labels, groups, words = self._training_data(X, y, groups, codebook)
        names, truth = np.unique(labels, return_inverse=True)
        if self.background and self.background in names:
            # The background comes last, so that margins begin with the sources that are named.
            order = np.argsort(names == self.background, kind="stable")
            names, truth = names[order], np.argsort(order)[truth]
            self.classes_ = names[:-1]
        else:
            self.classes_ = names
        if len(self.classes_) < 2:
            raise ValueError(
                f"Cannot tell writers apart with one class only ({self.classes_[0]!r}); "
                "give at least two classes."
            )
        weight = np.ones(len(truth)) if sample_weight is None else np.asarray(sample_weight, float)
        if not (weight > 0).any():
            raise ValueError("All sample weights are zero; give a weight to at least some stories.")
        if self.balance:
            per_class = np.bincount(truth, weights=weight)
            weight = (
                weight * (per_class.sum() / len(per_class) / np.maximum(per_class, 1e-12))[truth]
            )
        self._n_margins = len(names)
        self._graded = np.array([len(np.unique(c[np.isfinite(c)])) > 12 for c in matrix.T])
        units = None if units is None else np.asarray(units).astype(str)
        margins, covered = self._held_out_margins(matrix, truth, groups, weight, units)
        self._calibrate(margins, covered, truth, words, weight)
        self.booster_, self.line_ = self._learn(matrix, truth, weight, units)
        self.novelty_: Novelty | None = None
        self.seen_ = frozenset(row_digests(matrix)) - {""}
        if hasattr(self, "codebook_"):
            known = truth < len(self.classes_)
            self.novelty_ = fit_novelty(matrix[known], words[known], seed=self.seed)
            whole = known & (X["cut"].isna().to_numpy() if "cut" in X else True)
            self.references_ = _references(matrix[whole], truth[whole], len(self.classes_))
        return self

    def _calibrate(
        self,
        margins: NDArray[np.float64],
        covered: NDArray[np.bool_],
        truth: NDArray[np.int64],
        words: NDArray[np.float64],
        weight: NDArray[np.float64],
    ) -> None:
        """Temperature, prediction sets and gate, from margins for groups held out."""
        k = len(self.classes_)
        known = covered & (truth < k)
        self.calibration_ = Calibration()
        if known.sum() >= 20:
            own = weight[known]
            even = own
            if self.balance and (own > 0).all():
                even = even_weights(own, truth[known], words[known])
            self.calibration_ = fit_calibration(
                margins[known, :k], truth[known], words[known], own, even
            )
        self.gate_: Gate | None = None
        if self._n_margins > k and covered.any():
            self.gate_ = fit_gate(
                margins[covered], truth[covered] == k, words[covered], weight[covered]
            )
        self.held_out_margins_ = np.where(covered[:, None], margins, np.nan)
        self.held_out_probabilities_ = np.full((len(truth), k), np.nan)
        self.held_out_probabilities_[covered] = self.calibration_.probabilities(
            margins[covered, :k], words[covered]
        )

    def _training_data(
        self,
        X: Any,
        y: Any,
        groups: Any,
        codebook: Codebook | None,
    ) -> tuple[NDArray[np.float64], NDArray[Any], NDArray[Any] | None, NDArray[np.float64]]:
        if _is_table(X):
            book = codebook or default_codebook()
            used = [f for f in feature_ids(X, book, self.features) if X[f].notna().any()]
            if not used:
                raise TooLittleData(
                    f"The table has no {self.features} feature with a value to learn from."
                )
            labels = np.asarray(X["source"] if y is None else y, dtype=object).astype(str)
            counts = pd.Series(labels).value_counts()
            small = counts[counts < LEAST_STORIES]
            if len(counts) < 2:
                raise TooLittleData(
                    "Attribution needs stories of at least two sources; the table has "
                    f"{len(counts)}."
                )
            if len(small):
                raise TooLittleData(
                    f"The source {small.index[0]!r} has {small.iloc[0]} stories; at least "
                    f"{LEAST_STORIES} are needed to learn one. Leave it out or add stories."
                )
            encoded = book.encode(X, used)
            self.codebook_ = book
            self.feature_ids_ = tuple(used)
            self.columns_ = tuple(encoded.columns)
            self.table_ = provenance(X)
            self.n_features_in_ = encoded.shape[1]
            words = X["words"].to_numpy(float) if "words" in X else np.full(len(X), np.nan)
            grouping = X["prompt_id"].to_numpy() if groups is None else np.asarray(groups)
            return encoded.to_numpy(float), labels, grouping, words
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        matrix, labels = validate_data(
            self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2
        )
        from sklearn.utils.multiclass import check_classification_targets

        check_classification_targets(labels)
        for name in ("codebook_", "feature_ids_", "columns_", "table_", "references_"):
            if hasattr(self, name):
                delattr(self, name)
        return (
            matrix,
            labels,
            None if groups is None else np.asarray(groups),
            np.full(len(labels), np.nan),
        )

    def _held_out_margins(
        self,
        matrix: NDArray[np.float64],
        truth: NDArray[np.int64],
        groups: NDArray[Any] | None,
        weight: NDArray[np.float64],
        units: NDArray[Any] | None,
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Margins for every story from models that saw no story of its group."""
        from sklearn.model_selection import GroupKFold, StratifiedKFold

        margins = np.zeros((len(truth), self._n_margins))
        covered = np.zeros(len(truth), dtype=bool)
        splitter: Any
        if self.folds < 2:
            return margins, covered
        if groups is not None and len(np.unique(groups)) >= self.folds:
            splitter = GroupKFold(self.folds, shuffle=True, random_state=self.seed)
        elif groups is None and np.bincount(truth).min() >= self.folds:
            splitter = StratifiedKFold(self.folds, shuffle=True, random_state=self.seed)
        else:
            return margins, covered
        for train, test in splitter.split(matrix, truth, groups):
            if len(np.unique(truth[train])) < self._n_margins:
                continue
            booster, line = self._learn(
                matrix[train], truth[train], weight[train], None if units is None else units[train]
            )
            margins[test] = _margins(booster, line, matrix[test], self._n_margins, self.linear)
            covered[test] = True
        return margins, covered

    def _learn(
        self,
        matrix: NDArray[np.float64],
        truth: NDArray[np.int64],
        weight: NDArray[np.float64],
        units: NDArray[Any] | None,
    ) -> tuple[Any, Linear | None]:
        booster = self._boost(matrix, truth, weight)
        if self.linear <= 0:
            return booster, None
        if units is not None:
            return booster, fit_steady(matrix, truth, weight, self._n_margins, units)
        scale = self._scale() if hasattr(self, "codebook_") else None
        return booster, fit_linear(matrix, truth, weight, self._n_margins, self.penalty, scale)

    def _scale(self) -> NDArray[np.float64]:
        """How much each column is stretched for the line."""
        used = [self.codebook_[f] for f in self.feature_ids_]
        return np.concatenate([[self.style if f.style else 1.0] * len(f.columns) for f in used])

    def _boost(
        self, matrix: NDArray[np.float64], truth: NDArray[np.int64], weight: NDArray[np.float64]
    ) -> Any:
        import xgboost

        rng = np.random.default_rng(self.seed)
        rows, labels, weights = [matrix], [truth], [weight]
        if self.jitter > 0 and len(matrix) > 1:
            spread = np.zeros(matrix.shape[1])
            finite = np.isfinite(matrix).sum(axis=0) > 1
            spread[finite] = np.nanstd(matrix[:, finite], axis=0)
            spread *= self._graded * self.jitter
            rows = [matrix + rng.normal(size=matrix.shape) * spread for _ in range(self.copies)]
            labels, weights = [truth] * self.copies, [weight / self.copies] * self.copies
        data = xgboost.DMatrix(
            np.vstack(rows), np.concatenate(labels), weight=np.concatenate(weights)
        )
        parameters = {
            "objective": "multi:softprob",
            "num_class": self._n_margins,
            "max_depth": self.depth,
            "eta": self.rate,
            "subsample": 0.6,
            "colsample_bytree": self.columns,
            "min_child_weight": 1.0,
            "lambda": 2.0,
            "max_bin": 64,
            "seed": self.seed,
            # Threads wait for one another: on small tables, or beside other work, one is faster.
            "nthread": 1 if matrix.size < 2_000_000 else (os.cpu_count() or 1),
            "verbosity": 0,
        }
        return xgboost.train(parameters, data, num_boost_round=self.trees)

    # ---------------------------------------------------------------- answering

    def _matrix(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        check_is_fitted(self)
        if _is_table(X) and hasattr(self, "codebook_"):
            encoded = self.codebook_.encode(X, self.feature_ids_)
            words = X["words"].to_numpy(float) if "words" in X else np.full(len(X), np.nan)
            return encoded.to_numpy(float), words
        matrix = validate_data(
            self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan"
        )
        return matrix, np.full(len(matrix), np.nan)

    def _all_margins(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        matrix, words = self._matrix(X)
        margins = _margins(self.booster_, self.line_, matrix, self._n_margins, self.linear)
        return margins, words

    def margins(self, X: Any) -> NDArray[np.float64]:
        """Margins before calibration, shape (n, classes); that of the background is left out."""
        return self._all_margins(X)[0][:, : len(self.classes_)]

    def unknown(self, X: Any) -> NDArray[np.float64]:
        """Probability that the writer is none of ``classes_``, shape (n,); 0 without background.

        It is about a world in which `calibration.STRANGERS` of all texts come from others.
        """
        return self._unknown(*self._all_margins(X))

    def _unknown(
        self, margins: NDArray[np.float64], words: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        return np.zeros(len(margins)) if self.gate_ is None else self.gate_.unknown(margins, words)

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Margins as scikit-learn wants them: with two classes, one of shape (n,)."""
        margins = self.margins(X)
        return margins[:, 1] - margins[:, 0] if len(self.classes_) == 2 else margins

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Calibrated probabilities, shape (n, classes), columns in the order of ``classes_``."""
        margins, words = self._all_margins(X)
        return self.calibration_.probabilities(margins[:, : len(self.classes_)], words)

    def predict(self, X: Any) -> NDArray[Any]:
        """Likeliest class of every row."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        chosen: NDArray[Any] = self.classes_[likeliest]
        return chosen

    def contributions(self, X: Any) -> NDArray[np.float64]:
        """What each column adds to each class's margin, shape (n, classes, n_columns + 1).

        The last column is the class's base value; a row sums to the margin. Exact tree SHAP
        values, from the booster itself, and the products of the line, in their mixture.
        """
        return self._contributions(self._matrix(X)[0])

    def _contributions(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        import xgboost

        values = self.booster_.predict(
            xgboost.DMatrix(matrix), pred_contribs=True, strict_shape=True
        ).astype(float)
        if self.line_ is not None:
            values = (1 - self.linear) * values + self.linear * self.line_.contributions(matrix)
        named: NDArray[np.float64] = values[:, : len(self.classes_)]
        return named

    def judge(self, X: Any) -> Judged:
        """All that is said of each row, encoded once."""
        matrix, words = self._matrix(X)
        margins = _margins(self.booster_, self.line_, matrix, self._n_margins, self.linear)
        return Judged(
            matrix,
            words,
            self.calibration_.probabilities(margins[:, : len(self.classes_)], words),
            self._unknown(margins, words),
            self._contributions(matrix),
            margins,
        )

    def attribute(self, text: str, **options: Any) -> Attribution:
        """Attribute one text; see `storyscope.attribute.explain.attribute_text`."""
        from storyscope.attribute.explain import attribute_text

        return attribute_text(self, text, **options)

    def attribute_row(self, row: pd.DataFrame) -> Attribution:
        """Attribute one row of a feature table; see `storyscope.attribute.explain.attribute_row`."""
        from storyscope.attribute.explain import attribute_row

        return attribute_row(self, row)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    # ---------------------------------------------------------------- on disk

    def save(self, folder: str | Path, summary: dict[str, Any] | None = None) -> Path:
        """Write the model into a folder; see `storyscope.attribute.storage.save_model`."""
        from storyscope.attribute.storage import save_model

        check_is_fitted(self)
        return save_model(self, folder, summary)

    @classmethod
    def load(cls, folder: str | Path, codebook: Codebook | None = None) -> Attributor:
        """Read a model written by `save`; see `storyscope.attribute.storage.load_model`."""
        from storyscope.attribute.storage import load_model

        return load_model(cls, folder, codebook)


def _is_table(X: Any) -> bool:
    return isinstance(X, pd.DataFrame) and "story_id" in X.columns


def _margins(
    booster: Any, line: Linear | None, matrix: NDArray[np.float64], classes: int, linear: float
) -> NDArray[np.float64]:
    import xgboost

    raw = booster.predict(xgboost.DMatrix(matrix), output_margin=True)
    margins = np.asarray(raw, dtype=float).reshape(len(matrix), classes)
    return margins if line is None else (1 - linear) * margins + linear * line.margins(matrix)


def _references(
    matrix: NDArray[np.float64], truth: NDArray[np.int64], classes: int
) -> list[list[list[float] | None]]:
    """For each class and column, the 0th to 100th percentile in steps of 5; None without values."""
    steps = np.linspace(0, 100, 21)
    found: list[list[list[float] | None]] = []
    for c in range(classes):
        inside = matrix[truth == c]
        row: list[list[float] | None] = []
        for column in inside.T:
            values = column[np.isfinite(column)]
            row.append(
                [float(f"{v:.4g}") for v in np.percentile(values, steps)]
                if len(values) >= 5
                else None
            )
        found.append(row)
    return found
