"""How far apart two stories are, by yardsticks that the codebook declares.

`Gower` is the distance everything here uses. Its yardsticks are fixed beforehand, so that adding
a model never moves the distances between the others. `ZScored` is the published alternative,
whose yardsticks are fitted on the table in hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import cdist

from storyscope.codebook import NUMERIC, Codebook

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["MIN_OVERLAP", "Columns", "Gower", "ZScored", "encode"]

MIN_OVERLAP = 0.2
"""Two stories are compared if both answer features that hold this share of the weight."""

_CELLS = 4_000_000
"""Numbers held at once while pairs are compared; bounds memory, changes no result."""


@dataclass(frozen=True)
class Columns:
    """The features of a table as numbers, by kind.

    Attributes
    ----------
    ids, dimensions : tuple of str, one a feature
        Numeric features first, then nominal ones, then multi-selects.
    numeric : array of float, shape (n, features)
        Numbers, shares, counts, scales and ordinals in units of their declared range, so that
        0 is its low end and 1 its high end. Values beyond the range are beyond 0 and 1 here.
    nominal : array of int, shape (n, features)
        Rank of the answer of a categorical or binary feature; -1 is missing.
    sizes : tuple of int
        How many answers each nominal feature allows.
    chosen : tuple of bool arrays, each of shape (n, answers)
        What each multi-select holds; a row without any is missing.
    """

    ids: tuple[str, ...]
    dimensions: tuple[str, ...]
    numeric: Floats
    nominal: NDArray[np.int16]
    sizes: tuple[int, ...]
    chosen: tuple[NDArray[np.bool_], ...]

    def __len__(self) -> int:
        return len(self.numeric)

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Whether story i answers feature j, in the order of `ids`."""
        multi = [c.any(axis=1) for c in self.chosen]
        return np.column_stack([~np.isnan(self.numeric), self.nominal >= 0, *multi])

    def keep(self, wanted: Callable[[int], bool]) -> Columns:
        """Keep the stories, and the features whose place in `ids` is wanted."""
        places = [i for i in range(len(self.ids)) if wanted(i)]
        a, b = self.numeric.shape[1], self.numeric.shape[1] + self.nominal.shape[1]
        numeric = [i for i in places if i < a]
        nominal = [i - a for i in places if a <= i < b]
        return replace(
            self,
            ids=tuple(self.ids[i] for i in places),
            dimensions=tuple(self.dimensions[i] for i in places),
            numeric=self.numeric[:, numeric],
            nominal=self.nominal[:, nominal],
            sizes=tuple(self.sizes[i] for i in nominal),
            chosen=tuple(self.chosen[i - b] for i in places if i >= b),
        )

    def rows(self, rows: Ints) -> Columns:
        """Keep the features, and some of the stories."""
        return replace(
            self,
            numeric=self.numeric[rows],
            nominal=self.nominal[rows],
            chosen=tuple(c[rows] for c in self.chosen),
        )


def encode(table: pd.DataFrame, codebook: Codebook, ids: Sequence[str]) -> Columns:
    """Turn feature columns into numbers by the codebook alone.

    Parameters
    ----------
    table : DataFrame
        As `storyscope.table.check_table` returns it.
    ids : sequence of str
        Features to encode.
    """
    numeric: dict[str, Floats] = {}
    nominal: dict[str, NDArray[np.int16]] = {}
    chosen: dict[str, NDArray[np.bool_]] = {}
    for feature in (codebook[i] for i in ids):
        column = table[feature.id]
        if feature.kind in NUMERIC:
            low, high = feature.range or (0.0, 1.0)
            numeric[feature.id] = (column.to_numpy(dtype=float) - low) / (high - low)
        elif feature.kind == "ordinal":
            rank = column.cat.codes.to_numpy(dtype=float)
            numeric[feature.id] = np.where(rank < 0, np.nan, rank / (len(feature.levels) - 1))
        elif feature.kind == "multi":
            chosen[feature.id] = _answers(column, feature.levels)
        else:
            nominal[feature.id] = column.cat.codes.to_numpy(dtype=np.int16)
    order = (*numeric, *nominal, *chosen)
    return Columns(
        ids=order,
        dimensions=tuple(codebook[i].dimension for i in order),
        numeric=_stack(list(numeric.values()), len(table), float),
        nominal=_stack(list(nominal.values()), len(table), np.int16),
        sizes=tuple(len(codebook[i].levels) for i in nominal),
        chosen=tuple(chosen.values()),
    )


def _stack(columns: list, rows: int, dtype: type) -> NDArray:
    return np.column_stack(columns).astype(dtype) if columns else np.empty((rows, 0), dtype)


def _answers(column: pd.Series, levels: tuple[str, ...]) -> NDArray[np.bool_]:
    """One true or false an allowed answer; all false where the feature is missing."""
    codes, distinct = column.factorize()
    held = [set(str(value).split("|")) for value in distinct] + [set()]
    return np.array([[level in answer for level in levels] for answer in held], bool)[codes]


class Gower:
    """Mean difference over the features that both stories answer, from 0 to 1.

    A numeric or ordinal feature differs by the share of its declared range (values beyond the
    range count as its nearest end), a categorical or binary one by 0 or 1, a multi-select by the
    Jaccard distance. Every dimension weighs the same, and shares its weight among its features.
    The distance is missing where the two stories share too few answers.

    Without missing answers the square root of this distance is Euclidean, so that squared
    Euclidean distances are what this class returns.

    Parameters
    ----------
    columns : Columns
    min_overlap : float
        See `MIN_OVERLAP`.

    Examples
    --------
    >>> columns = Columns(("A", "B"), ("plot", "style"), np.array([[0.2], [0.6]]),
    ...                   np.array([[0], [1]], np.int16), (2,), ())
    >>> Gower(columns).pairs(np.array([0]), np.array([1])).round(3).tolist()
    [0.7]
    """

    def __init__(self, columns: Columns, *, min_overlap: float = MIN_OVERLAP):
        self.columns = columns
        self.min_overlap = min_overlap
        self.dimensions = tuple(dict.fromkeys(columns.dimensions))
        share = [1 / columns.dimensions.count(d) / len(self.dimensions) for d in columns.dimensions]
        self.weights = np.array(share)
        a, b = columns.numeric.shape[1], columns.numeric.shape[1] + columns.nominal.shape[1]
        self._spans = (slice(0, a), slice(a, b), slice(b, len(columns.ids)))
        clipped = np.clip(columns.numeric, 0, 1)
        self._given = np.isfinite(clipped).astype(np.float32)
        self._value = np.nan_to_num(clipped).astype(np.float32)
        self._present = columns.present.astype(np.float32)

    def __len__(self) -> int:
        return len(self.columns)

    def pairs(self, left: Ints, right: Ints) -> Floats:
        """Distance of each pair of rows."""
        distances = np.empty(len(left))
        for span in _spans(len(left), len(self.weights)):
            difference, weight = self.by_dimension(left[span], right[span])
            distances[span] = self._divide(difference.sum(axis=1), weight.sum(axis=1))
        return distances

    def by_dimension(self, left: Ints, right: Ints) -> tuple[Floats, Floats]:
        """Weighted difference and weight of each pair, a column a dimension.

        The distance is the sum of the first over the sum of the second.
        """
        place = [self.dimensions.index(d) for d in self.columns.dimensions]
        weights = np.zeros((len(place), len(self.dimensions)), np.float32)
        weights[np.arange(len(place)), place] = self.weights
        difference = np.zeros((len(left), len(self.dimensions)))
        shared = np.zeros((len(left), len(self.dimensions)))
        for span in _spans(len(left), len(place)):
            i, j = left[span], right[span]
            both = self._present[i] * self._present[j]
            shared[span] = both @ weights
            difference[span] = (both * self._apart(i, j)) @ weights
        return difference, shared

    def _apart(self, i: Ints, j: Ints) -> NDArray[np.float32]:
        """Difference of each pair in each feature; of no meaning where one lacks it."""
        apart = np.empty((len(i), len(self.weights)), np.float32)
        numeric, nominal, multi = self._spans
        apart[:, numeric] = np.abs(self._value[i] - self._value[j])
        apart[:, nominal] = self.columns.nominal[i] != self.columns.nominal[j]
        for place, held in zip(range(multi.start, multi.stop), self.columns.chosen, strict=True):
            union = (held[i] | held[j]).sum(axis=1)
            apart[:, place] = 1 - (held[i] & held[j]).sum(axis=1) / np.maximum(union, 1)
        return apart

    def block(self, rows: Ints, columns: Ints) -> Floats:
        """Distances of some stories (rows) to others (columns).

        All but two parts are matrix products: a numeric difference counts only where both
        answer, which is the city-block distance of zero-filled values less what one-sided
        answers add to it.
        """
        numeric, nominal, multi = self._spans
        w = self.weights.astype(np.float32)
        given_i, given_j = self._present[rows] * w, self._present[columns]
        weight = given_i @ given_j.T
        # Of answers that only can be the same or not: all pairs of them, less the equal ones.
        rest = slice(nominal.start, multi.stop)
        difference = given_i[:, rest] @ given_j[:, rest].T
        if self.columns.nominal.shape[1]:
            difference -= self._one_hot(rows, w[nominal]) @ self._one_hot(columns).T
        for place, held in zip(range(multi.start, multi.stop), self.columns.chosen, strict=True):
            a, b = held[rows].astype(np.float32), held[columns].astype(np.float32)
            shared = a @ b.T
            union = a.sum(axis=1)[:, None] + b.sum(axis=1)
            union -= shared
            np.maximum(union, 1, out=union)
            shared /= union
            shared *= w[place]
            difference -= shared
        if self._value.shape[1]:
            value_i, value_j = self._value[rows] * w[numeric], self._value[columns] * w[numeric]
            difference -= value_i @ (1 - self._given[columns]).T
            difference -= (1 - self._given[rows]) @ value_j.T
            difference += cdist(value_i, value_j, "cityblock")
        return self._divide(np.maximum(difference, 0), weight)

    def _one_hot(self, rows: Ints, weights: NDArray | None = None) -> NDArray[np.float32]:
        codes = self.columns.nominal[rows]
        starts = np.concatenate([[0], np.cumsum(self.columns.sizes)]).astype(int)
        hot = np.zeros((len(codes), starts[-1]), np.float32)
        row, feature = np.nonzero(codes >= 0)
        value = 1 if weights is None else weights[feature]
        hot[row, starts[feature] + codes[row, feature]] = value
        return hot

    def _divide(self, difference: Floats, weight: Floats) -> Floats:
        enough = weight >= max(self.min_overlap, 1e-9)
        ratio = np.divide(difference, weight, out=np.zeros(weight.shape), where=enough)
        ratio[~enough] = np.nan
        return ratio

    @property
    def answered(self) -> Floats:
        """Weight of the features that each story answers, from 0 to 1."""
        return self._present @ self.weights

    def matrix(self, rows: Ints | None = None) -> Floats:
        """All distances among some stories: symmetric, zero on the diagonal."""
        return _matrix(self, np.arange(len(self)) if rows is None else rows)


class ZScored:
    """The published distance: Euclidean over one-hot columns with mean 0 and deviation 1.

    Every answer of a categorical, binary or multi-select feature is a column. A missing answer
    counts as the column's mean, a constant column is left out, and the yardstick depends on the
    stories in the table.
    """

    def __init__(self, columns: Columns):
        self.columns = columns
        parts = [columns.numeric]
        for codes, size in zip(columns.nominal.T, columns.sizes, strict=True):
            hot = (codes[:, None] == np.arange(size)).astype(float)
            parts.append(np.where(codes[:, None] < 0, np.nan, hot))
        for held in columns.chosen:
            parts.append(np.where(held.any(axis=1, keepdims=True), held.astype(float), np.nan))
        self.vectors = z_score(np.hstack(parts))

    def __len__(self) -> int:
        return len(self.columns)

    def pairs(self, left: Ints, right: Ints) -> Floats:
        """Distance of each pair of rows."""
        distances = np.empty(len(left))
        for span in _spans(len(left), self.vectors.shape[1]):
            apart = self.vectors[left[span]] - self.vectors[right[span]]
            distances[span] = np.sqrt(np.einsum("ij,ij->i", apart, apart))
        return distances

    def block(self, rows: Ints, columns: Ints) -> Floats:
        """Distances of some stories (rows) to others (columns)."""
        a, b = self.vectors[rows], self.vectors[columns]
        squared = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * (a @ b.T)
        return np.sqrt(np.maximum(squared, 0)).astype(float)

    def matrix(self, rows: Ints | None = None) -> Floats:
        """All distances among some stories: symmetric, zero on the diagonal."""
        return _matrix(self, np.arange(len(self)) if rows is None else rows)


def z_score(values: Floats) -> NDArray[np.float32]:
    """Columns with mean 0 and deviation 1; constant ones left out, missing values 0."""
    given = ~np.isnan(values)
    count = np.maximum(given.sum(axis=0), 1)
    mean = np.where(given, values, 0).sum(axis=0) / count
    centred = np.where(given, values - mean, 0)
    deviation = np.sqrt((centred**2).sum(axis=0) / count)
    varies = deviation > 1e-12
    return (centred[:, varies] / deviation[varies]).astype(np.float32)


def _spans(pairs: int, width: int) -> list[slice]:
    step = max(1, _CELLS // max(width, 1))
    return [slice(start, start + step) for start in range(0, pairs, step)]


def _matrix(space: Gower | ZScored, rows: Ints) -> Floats:
    matrix = np.empty((len(rows), len(rows)))
    step = max(1, _CELLS // max(len(rows), 1))
    for start in range(0, len(rows), step):
        matrix[start : start + step] = space.block(rows[start : start + step], rows)
    matrix = (matrix + matrix.T) / 2
    np.fill_diagonal(matrix, 0)
    return matrix
