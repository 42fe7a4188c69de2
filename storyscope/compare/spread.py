"""How widely each source's stories spread about their own centre, and whether equally so.

PERMDISP (Anderson 2006) on distances to centroids. The centroids are brought together before
labels are shuffled, so that a difference of place is not taken for one of spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.cloud import Cloud, spans
from storyscope.compare.resample import MIN_PROMPTS, Estimate, Groups, p_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.design import Design

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Dispersion", "Spread", "centre_sources", "dispersion", "permdisp", "spreads"]

SECOND_ORDER = 20
"""Up to this many groups of prompts are also left out two at a time, which sharpens intervals."""


@dataclass(frozen=True)
class Spread:
    """How far a source's stories lie from their own centroid, on average."""

    source: str
    distance: Estimate


@dataclass(frozen=True)
class Dispersion:
    """PERMDISP: whether the sources spread equally.

    Attributes
    ----------
    f, p : float
        Of the distances to each source's own centroid, labels shuffled within prompts after the
        centroids have been brought together.
    spreads : list of Spread
        Widest first.
    human_model : Estimate, or None
        Spread of people less the mean spread of the models.
    p_human : float, or None
    """

    f: float
    p: float | None
    spreads: list[Spread]
    human_model: Estimate | None
    p_human: float | None


def spreads(squared: Floats, labels: NDArray, k: int) -> tuple[Floats, Floats]:
    """Mean and variance, group by group, of the stories' distances to their group's centroid.

    Parameters
    ----------
    squared : array of shape (n, n)
    labels : array of int, shape (labellings, n)

    Returns
    -------
    Two arrays of shape (labellings, k). A group's own stories pull its centroid towards them, the
    more the fewer they are; distances are lengthened by what that takes from them.
    """
    mean, variance = np.empty((len(labels), k)), np.empty((len(labels), k))
    n = len(squared)
    for span in spans(len(labels), n * k):
        one = labels[span]
        hot = (one[:, :, None] == np.arange(k)).astype(float)
        sizes = np.maximum(hot.sum(axis=1), 1)
        product = (squared @ hot.transpose(1, 0, 2).reshape(n, -1)).reshape(n, -1, k)
        product = product.transpose(1, 0, 2)
        inner = (hot * product).sum(axis=1) / sizes**2 / 2
        own = np.take_along_axis(product, one[:, :, None], axis=2)[:, :, 0]
        own = own / np.take_along_axis(sizes, one, axis=1) - np.take_along_axis(inner, one, axis=1)
        lengthened = np.take_along_axis(sizes / np.maximum(sizes - 1, 1), one, axis=1)
        distance = np.sqrt(np.maximum(own, 0) * lengthened)[:, :, None] * hot
        mean[span] = distance.sum(axis=1) / sizes
        apart = (distance - mean[span][:, None, :] * hot) ** 2
        variance[span] = apart.sum(axis=1) / np.maximum(sizes - 1, 1)
    return mean, variance


def permdisp(mean: Floats, variance: Floats, sizes: Ints) -> Floats:
    """F of an analysis of variance of the distances to centroids, for many labellings."""
    grand = (mean * sizes).sum(axis=1, keepdims=True) / sizes.sum()
    between = (sizes * (mean - grand) ** 2).sum(axis=1) / (len(sizes) - 1)
    within = ((sizes - 1) * variance).sum(axis=1) / (sizes.sum() - len(sizes))
    return between / np.maximum(within, 1e-300)


def centre_sources(squared: Floats, label: Ints, k: int) -> Floats:
    """Squared distances after all groups are moved so that their centroids meet."""
    hot = (label[:, None] == np.arange(k)).astype(float)
    mean = hot / np.maximum(hot.sum(axis=0), 1)
    inner = -squared / 2
    inner = inner - hot @ (mean.T @ inner)
    inner = inner - (inner @ mean) @ hot.T
    own = np.diag(inner)
    return np.maximum(own[:, None] + own - 2 * inner, 0)


def dispersion(cloud: Cloud, design: Design, groups: Groups, labels: NDArray) -> Dispersion:
    """Compare spreads, with the groups' centroids brought together before labels are shuffled."""
    k, h = len(design.sources), design.human
    source = cloud.design.source
    sizes = np.bincount(source, minlength=k)
    held = np.flatnonzero(sizes > 1)
    mean, variance = spreads(centre_sources(cloud.squared, source, k), labels, k)
    near = [spreads(cloud.squared, source[None], k)[0]]
    for left_out in groups.left_out(SECOND_ORDER):
        rows = np.flatnonzero(~np.isin(groups.of, left_out))
        near.append(spreads(cloud.squared[np.ix_(rows, rows)], source[None, rows], k)[0])
    values = np.concatenate(near)
    f = permdisp(mean[:, held], variance[:, held], sizes[held])
    found = [
        Spread(design.sources[s], one)
        for s in held
        if (one := groups.estimate(values[:, s])) is not None
    ]
    human_model, p_human = None, None
    rest = [m for m in design.models if m in held]
    if h is not None and h in held and rest:
        apart = mean[:, h] - mean[:, rest].mean(axis=1)
        human_model = groups.estimate(values[:, h] - values[:, rest].mean(axis=1))
        if len(labels) > 1 and cloud.design.with_people >= MIN_PROMPTS:
            error = variance / np.maximum(sizes, 1)
            error = np.sqrt(error[:, h] + error[:, rest].sum(axis=1) / len(rest) ** 2)
            t = np.abs(apart / np.maximum(error, 1e-300))
            p_human = p_value(t[0], t[1:])
    return Dispersion(
        f=float(f[0]),
        p=p_value(f[0], f[1:]) if len(f) > 1 else None,
        spreads=sorted(found, key=lambda row: -row.distance.value),
        human_model=human_model,
        p_human=p_human,
    )
