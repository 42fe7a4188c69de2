"""Stories on a plane: principal components, classical scaling, and the sources' ellipses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import eigsh

from storyscope.compare.cloud import Cloud
from storyscope.compare.resample import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.distance import Columns

    Floats = NDArray[np.float64]

__all__ = ["Ellipse", "Map", "Projection", "draw_maps", "project", "scale", "umap_layout"]

POINTS = 1200
"""Stories shown at most."""


@dataclass(frozen=True)
class Ellipse:
    """Where a source's stories lie: half of a normal cloud falls inside.

    Attributes
    ----------
    centre : (float, float)
    axes : (float, float)
        Half lengths.
    angle : float
        Of the longer axis, in degrees against the first axis.
    """

    source: str
    centre: tuple[float, float]
    axes: tuple[float, float]
    angle: float


@dataclass(frozen=True)
class Projection:
    """Stories on a plane.

    Attributes
    ----------
    method : str
        "scaling" (classical scaling of the distances), "components" or "umap".
    explained : list of float
        Share of the variation along each axis; empty for "umap".
    x, y : list of float
    ellipses : list of Ellipse
    loadings : list of list of (str, float)
        For "components": the features that pull most along each axis.
    """

    method: str
    explained: list[float]
    x: list[float]
    y: list[float]
    ellipses: list[Ellipse]
    loadings: list[list[tuple[str, float]]]


@dataclass(frozen=True)
class Map:
    """Projections of the same stories.

    Attributes
    ----------
    story_id, source : list of str
        The stories, in the order of every projection's points.
    projections : list of Projection
    """

    story_id: list[str]
    source: list[str]
    projections: list[Projection]


def draw_maps(cloud: Cloud, columns: Columns, story_ids: NDArray, seed: int) -> Map:
    """Lay the stories of a cloud out on planes.

    Parameters
    ----------
    columns : Columns
        Features of the cloud's stories.
    story_ids : array of str
        Of the cloud's stories.
    """
    shown = np.arange(len(cloud))
    if len(shown) > POINTS:
        shown = np.sort(stream(seed, "points").choice(shown, POINTS, replace=False))
    names, source = cloud.design.sources, cloud.design.source
    projections = []
    for method in ("scaling", "components", "umap"):
        loadings: list[list[tuple[str, float]]] = []
        if method == "scaling":
            points, explained = scale(cloud.squared)
        elif method == "components":
            points, explained, loadings = project(columns)
        else:
            laid_out = umap_layout(cloud.distance, seed)
            if laid_out is None:
                continue
            points, explained = laid_out, []
        projections.append(
            Projection(
                method=method,
                explained=explained,
                x=points[shown, 0].tolist(),
                y=points[shown, 1].tolist(),
                ellipses=[
                    ellipse(name, points[source == s])
                    for s, name in enumerate(names)
                    if (source == s).sum() > 2
                ],
                loadings=loadings,
            )
        )
    return Map([str(i) for i in story_ids[shown]], [names[s] for s in source[shown]], projections)


def scale(squared: Floats) -> tuple[Floats, list[float]]:
    """Classical scaling: the plane that keeps most of the squared distances."""
    inner = -squared / 2
    inner = inner - inner.mean(axis=0) - inner.mean(axis=1)[:, None] + inner.mean()
    start = np.random.default_rng(0).normal(size=len(inner))
    values, vectors = eigsh(inner, k=2, which="LA", v0=start)
    order = np.argsort(-values)
    values, vectors = np.maximum(values[order], 0), vectors[:, order]
    total = max(float(np.trace(inner)), 1e-300)
    return _upright(vectors * np.sqrt(values)), (values / total).tolist()


def project(columns: Columns) -> tuple[Floats, list[float], list[list[tuple[str, float]]]]:
    """Principal components of the features in units of their range, every dimension alike.

    A missing answer counts as the feature's mean.
    """
    parts, owner = [np.clip(columns.numeric, 0, 1)], list(range(columns.numeric.shape[1]))
    place = len(owner)
    for codes, size in zip(columns.nominal.T, columns.sizes, strict=True):
        hot = (codes[:, None] == np.arange(size if size > 2 else 1)).astype(float)
        hot = hot / np.sqrt(2) if size > 2 else hot
        parts.append(np.where(codes[:, None] < 0, np.nan, hot))
        owner += [place] * hot.shape[1]
        place += 1
    for held in columns.chosen:
        share = held / np.sqrt(held.shape[1])
        parts.append(np.where(held.any(axis=1, keepdims=True), share, np.nan))
        owner += [place] * held.shape[1]
        place += 1
    values = np.hstack(parts)
    given = ~np.isnan(values)
    mean = np.where(given, values, 0).sum(axis=0) / np.maximum(given.sum(axis=0), 1)
    weights = np.array([1 / columns.dimensions.count(d) for d in columns.dimensions])
    centred = np.where(given, values - mean, 0) * np.sqrt(weights[owner])
    width = centred.shape[1]
    values, vectors = eigh(centred.T @ centred, subset_by_index=[max(0, width - 2), width - 1])
    pulls = np.zeros((2, width))
    pulls[: len(values)] = vectors.T[::-1]
    points = centred @ pulls.T
    signs = _signs(points)
    total = max(float((centred**2).sum()), 1e-300)
    loadings = []
    for axis in range(2):
        pull = pulls[axis] * signs[axis]
        most = np.argsort(-np.abs(pull), kind="stable")[:6]
        loadings.append([(columns.ids[owner[i]], float(pull[i])) for i in most])
    return points * signs, ((points**2).sum(axis=0) / total).tolist(), loadings


def umap_layout(distance: Floats, seed: int) -> Floats | None:
    """Lay stories out by UMAP, where it is installed; a picture and no evidence."""
    try:
        from umap import UMAP  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None
    near = min(15, len(distance) - 1)
    layout = UMAP(metric="precomputed", n_neighbors=near, random_state=seed)
    return np.asarray(layout.fit_transform(distance), dtype=float)


def _signs(points: Floats) -> Floats:
    """Signs that make each axis skew to the right: they must not hang on the solver."""
    skew = (points**3).sum(axis=0)
    return np.where(skew < 0, -1.0, 1.0)


def _upright(points: Floats) -> Floats:
    return points * _signs(points)


def ellipse(source: str, points: Floats) -> Ellipse:
    """Half of a normal cloud with these points' mean and covariance lies in this ellipse."""
    values, vectors = np.linalg.eigh(np.cov(points.T))
    longer = vectors[:, 1] * (1 if vectors[0, 1] >= 0 else -1)
    half = np.sqrt(np.maximum(values[::-1], 0) * 2 * np.log(2))
    return Ellipse(
        source=source,
        centre=(float(points[:, 0].mean()), float(points[:, 1].mean())),
        axes=(float(half[0]), float(half[1])),
        angle=float(np.degrees(np.arctan2(longer[1], longer[0]))),
    )
