"""The attributor: a feature table in, calibrated probabilities of the writer out."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from storyscope.attribute.calibration import Calibration, fit_calibration
from storyscope.attribute.novelty import Novelty, fit_novelty
from storyscope.codebook import Codebook, FeatureSet, default_codebook
from storyscope.errors import ModelMismatch, TooLittleData
from storyscope.table import feature_ids, provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.attribute.explain import Attribution

__all__ = ["FORMAT", "Attributor"]

FORMAT = 1
"""Version of the model folder's layout."""
LEAST_STORIES = 10
"""Stories of a source under which it cannot be learned."""


class Attributor(ClassifierMixin, BaseEstimator):
    """Gradient-boosted trees over encoded features, calibrated on prompts held out.

    It obeys scikit-learn's estimator contract on plain arrays, and takes feature tables as they
    are: then sources are the classes, folds keep prompts together, and the encoding is the
    codebook's, so that a single new text is encoded as the training texts were.

    Parameters
    ----------
    features : {"narrative", "style", "all"}
        Which set of the table's features to learn from.
    trees, depth, rate : int, int, float
        Size, depth and learning rate of the boosted trees.
    jitter : float
        Noise added in training to every finely graded column, in its standard deviations. It keeps
        trees from reading a story's length off the fractions that a rate can take.
    copies : int
        Noisy copies of the training data.
    balance : bool
        Whether every class weighs the same.
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

    def __init__(
        self,
        features: FeatureSet = "narrative",
        *,
        trees: int = 300,
        depth: int = 3,
        rate: float = 0.08,
        jitter: float = 0.1,
        copies: int = 3,
        balance: bool = True,
        folds: int = 5,
        seed: int = 0,
    ):
        self.features = features
        self.trees = trees
        self.depth = depth
        self.rate = rate
        self.jitter = jitter
        self.copies = copies
        self.balance = balance
        self.folds = folds
        self.seed = seed

    # ---------------------------------------------------------------- learning

    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any = None,
        *,
        groups: Any = None,
        sample_weight: Any = None,
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

        Raises
        ------
        TooLittleData
            If a table has fewer than two sources or a source with under `LEAST_STORIES` stories.
        """
        matrix, labels, groups, words = self._training_data(X, y, groups)
        self.classes_, truth = np.unique(labels, return_inverse=True)
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
        self._graded = np.array([len(np.unique(c[np.isfinite(c)])) > 12 for c in matrix.T])
        held_out, covered = self._held_out_margins(matrix, truth, groups, weight)
        self.calibration_ = (
            fit_calibration(held_out[covered], truth[covered], words[covered], weight[covered])
            if covered.sum() >= 20
            else Calibration()
        )
        self.held_out_probabilities_ = np.full(held_out.shape, np.nan)
        self.held_out_probabilities_[covered] = self.calibration_.probabilities(
            held_out[covered], words[covered]
        )
        self.booster_ = self._boost(matrix, truth, weight)
        self.novelty_: Novelty | None = None
        if hasattr(self, "codebook_"):
            self.novelty_ = fit_novelty(matrix, words, seed=self.seed)
            self.references_ = _references(matrix, truth, len(self.classes_))
        return self

    def _training_data(
        self,
        X: Any,  # noqa: N803
        y: Any,
        groups: Any,
    ) -> tuple[NDArray[np.float64], NDArray[Any], NDArray[Any] | None, NDArray[np.float64]]:
        if _is_table(X):
            book = default_codebook()
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
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Margins for every story from models that saw no story of its group."""
        from sklearn.model_selection import GroupKFold, StratifiedKFold

        margins = np.zeros((len(truth), len(self.classes_)))
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
            if len(np.unique(truth[train])) < len(self.classes_):
                continue
            booster = self._boost(matrix[train], truth[train], weight[train])
            margins[test] = _margins(booster, matrix[test], len(self.classes_))
            covered[test] = True
        return margins, covered

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
            "num_class": len(self.classes_),
            "max_depth": self.depth,
            "eta": self.rate,
            "subsample": 0.6,
            "colsample_bytree": 0.4,
            "min_child_weight": 1.0,
            "lambda": 2.0,
            "seed": self.seed,
            # Threads cost more than they give on small tables.
            "nthread": (os.cpu_count() or 1) if matrix.size > 30_000 else 1,
            "verbosity": 0,
        }
        return xgboost.train(parameters, data, num_boost_round=self.trees)

    # ---------------------------------------------------------------- answering

    def _matrix(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: N803
        check_is_fitted(self)
        if _is_table(X) and hasattr(self, "codebook_"):
            encoded = self.codebook_.encode(X, self.feature_ids_)
            words = X["words"].to_numpy(float) if "words" in X else np.full(len(X), np.nan)
            return encoded.to_numpy(float), words
        matrix = validate_data(
            self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan"
        )
        return matrix, np.full(len(matrix), np.nan)

    def margins(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Margins before calibration, shape (n, classes)."""
        matrix, _ = self._matrix(X)
        return _margins(self.booster_, matrix, len(self.classes_))

    def decision_function(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Margins as scikit-learn wants them: with two classes, one of shape (n,)."""
        margins = self.margins(X)
        return margins[:, 1] - margins[:, 0] if len(self.classes_) == 2 else margins

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Calibrated probabilities, shape (n, classes), columns in the order of ``classes_``."""
        matrix, words = self._matrix(X)
        margins = _margins(self.booster_, matrix, len(self.classes_))
        return self.calibration_.probabilities(margins, words)

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Likeliest class of every row."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        chosen: NDArray[Any] = self.classes_[likeliest]
        return chosen

    def contributions(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """What each column adds to each class's margin, shape (n, classes, n_columns + 1).

        The last column is the class's base value; a row sums to the margin. Exact tree SHAP
        values, from the booster itself.
        """
        import xgboost

        matrix, _ = self._matrix(X)
        values: NDArray[np.float64] = self.booster_.predict(
            xgboost.DMatrix(matrix), pred_contribs=True
        ).astype(float)
        return values

    def attribute(self, text: str, **options: Any) -> Attribution:
        """Attribute one text; see `storyscope.attribute.explain.attribute_text`."""
        from storyscope.attribute.explain import attribute_text

        return attribute_text(self, text, **options)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    # ---------------------------------------------------------------- on disk

    def save(self, folder: str | Path, summary: dict[str, Any] | None = None) -> Path:
        """Write the model as JSON and UBJ into a folder, whole or not at all.

        Parameters
        ----------
        folder : str or Path
            Made if it is not there; an older model in it is replaced.
        summary : dict, optional
            How it was trained and how well it did; kept as it is.
        """
        check_is_fitted(self)
        if not hasattr(self, "codebook_"):
            raise ModelMismatch("Only a model fitted on a feature table can be saved.")
        folder = Path(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            self.booster_.save_model(partial / "booster.ubj")
            _dump(partial / "model.json", self._description(summary))
            _dump(partial / "reference.json", {"percentiles": self.references_})
            if self.novelty_ is not None:
                self.novelty_.save(partial / "novelty.json")
            os.chmod(partial, 0o755)
            if folder.exists():
                if any(folder.iterdir()) and not (folder / "model.json").exists():
                    raise ModelMismatch(
                        f"The folder {folder} holds other things than a model; name another."
                    )
                shutil.rmtree(folder)
            os.replace(partial, folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        return folder

    def _description(self, summary: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "features": self.features,
            "settings": {k: v for k, v in self.get_params().items() if k != "features"},
            "sources": [str(c) for c in self.classes_],
            "columns": list(self.columns_),
            "codebook": self.codebook_.version,
            "encodings": [self.codebook_[f].encoding for f in self.feature_ids_],
            "table": self.table_,
            "calibration": self.calibration_.to_dict(),
            "training": summary or {},
        }

    @classmethod
    def load(cls, folder: str | Path, codebook: Codebook | None = None) -> Attributor:
        """Read a model written by `save`.

        Raises
        ------
        ModelMismatch
            If there is no model, it is damaged, or its features have other definitions in this
            codebook; the difference is listed.
        """
        import xgboost

        folder, book = Path(folder), codebook or default_codebook()
        try:
            plain = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            percentiles = json.loads((folder / "reference.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ModelMismatch(
                f"There is no model in {folder}; make one with "
                "`storyscope train table.parquet -o model/`."
            ) from None
        except (ValueError, OSError) as error:
            raise ModelMismatch(f"The model in {folder} is damaged: {error}") from error
        if plain.get("format") != FORMAT:
            raise ModelMismatch(
                f"The model in {folder} has layout {plain.get('format')}, this version reads "
                f"{FORMAT}; train it anew."
            )
        if differences := _differences(plain["encodings"], book):
            raise ModelMismatch(
                f"The model in {folder} was made with another codebook ({plain['codebook']}, now "
                f"{book.version}): {'; '.join(differences[:5])}"
                + (f"; and {len(differences) - 5} more" if len(differences) > 5 else "")
                + ". Train it anew."
            )
        model = cls(plain["features"], **plain["settings"])
        model.classes_ = np.array(plain["sources"])
        model.columns_ = tuple(plain["columns"])
        model.feature_ids_ = tuple(e["id"] for e in plain["encodings"])
        model.n_features_in_ = len(model.columns_)
        model.codebook_ = book
        model.table_ = plain["table"]
        model.training_ = plain["training"]
        model.calibration_ = Calibration.from_dict(plain["calibration"])
        model.references_ = percentiles["percentiles"]
        model.booster_ = xgboost.Booster()
        try:
            model.booster_.load_model(folder / "booster.ubj")
        except xgboost.core.XGBoostError as error:
            raise ModelMismatch(
                f"The model in {folder} is damaged: booster.ubj cannot be read. Train it anew."
            ) from error
        novelty = folder / "novelty.json"
        model.novelty_ = Novelty.load(novelty) if novelty.exists() else None
        return model


def _is_table(X: Any) -> bool:  # noqa: N803
    return isinstance(X, pd.DataFrame) and "story_id" in X.columns


def _margins(booster: Any, matrix: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    import xgboost

    raw = booster.predict(xgboost.DMatrix(matrix), output_margin=True)
    return np.asarray(raw, dtype=float).reshape(len(matrix), classes)


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


def _differences(encodings: Iterable[dict[str, Any]], book: Codebook) -> list[str]:
    """How the features of a model differ from those of a codebook, one phrase each."""
    found = []
    for made in encodings:
        if made["id"] not in book:
            found.append(f"{made['id']} is gone")
            continue
        now = book[made["id"]].encoding
        changed = [k for k in made if made[k] != now[k]]
        found += [f"{made['id']} has {k} {now[k]} instead of {made[k]}" for k in changed]
    return found


def _dump(path: Path, plain: dict[str, Any]) -> None:
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
