"""Where the sources lie, how widely each spreads, and whether their shapes differ.

A difference between two clouds of stories can be one of place or one of spread. PERMANOVA tests
both at once, PERMDISP the spread alone; each is reported beside the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.cloud import Cloud, block_sums, centre_prompts
from storyscope.compare.near import Centroids, Near, centroids
from storyscope.compare.resample import MIN_PROMPTS, p_value, shuffles, stream
from storyscope.compare.spread import Dispersion, dispersion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.design import Design

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = [
    "Location",
    "Partition",
    "TwoSample",
    "energy",
    "kernel_two_sample",
    "locate",
    "merge",
    "permanova",
]


@dataclass(frozen=True)
class Partition:
    """PERMANOVA: the part of all variation that goes with a label.

    Attributes
    ----------
    label : str
        "source", or "human" (people against all models).
    r2, expected : float
        Share of the squared distances, and its mean when labels are shuffled within prompts.
    r2_within : float, or None
        Share of what is left when differences between prompts are taken out.
    f : float
        Pseudo-F.
    p : float, or None
        None where no prompt has stories of two labels.
    """

    label: str
    r2: float
    expected: float | None
    r2_within: float | None
    f: float
    p: float | None


@dataclass(frozen=True)
class TwoSample:
    """People against all models.

    Attributes
    ----------
    statistic : float
    share : float
        Energy: part of the mean distance between the two that is more than within them, 0 to 1.
    p : float, or None
    """

    statistic: float
    share: float | None
    p: float | None


@dataclass(frozen=True)
class Location:
    """Place, spread and shape.

    Attributes
    ----------
    stories, prompts : int
        Size of the sample that this rests on.
    permutations : int
        Shuffles of the labels within prompts; 0 where too few prompts have several sources.
    filled : int
        Pairs given the mean distance because they share too few answers.
    negative : float
        Share of negative eigenvalues of the distances: 0 if they are Euclidean.
    permanova : list of Partition
    permdisp : Dispersion
    energy, mmd : TwoSample, or None
        Energy distance, and the maximum mean discrepancy as a check on it.
    energy_pairs : list of (source, source, float)
        Energy share of each pair of sources.
    centroids : Centroids
    """

    stories: int
    prompts: int
    permutations: int
    filled: int
    negative: float
    permanova: list[Partition]
    permdisp: Dispersion
    energy: TwoSample | None
    mmd: TwoSample | None
    energy_pairs: list[tuple[str, str, float]]
    centroids: Centroids


def permanova(sums: Floats, sizes: Ints) -> tuple[Floats, Floats]:
    """R2 and pseudo-F from the sums of squared distances over pairs of groups."""
    n, k = sizes.sum(), len(sizes)
    total = sums.sum(axis=(1, 2)) / 2 / n
    within = (np.diagonal(sums, axis1=1, axis2=2) / 2 / sizes).sum(axis=1)
    between = np.maximum(total - within, 0)
    f = (between / (k - 1)) / np.maximum(within / (n - k), 1e-300)
    return between / np.maximum(total, 1e-300), f


def energy(sums: Floats, sizes: Ints, a: int = 0, b: int = 1) -> tuple[Floats, Floats]:
    """Energy distance of two groups from the sums of distances, and its share.

    2 E|X - Y| - E|X - X'| - E|Y - Y'|, each mean over all pairs; the share divides by 2 E|X - Y|.
    """
    across = 2 * sums[:, a, b] / sizes[a] / sizes[b]
    within = sums[:, a, a] / sizes[a] ** 2 + sums[:, b, b] / sizes[b] ** 2
    return across - within, (across - within) / np.maximum(across, 1e-300)


def kernel_two_sample(squared: Floats) -> Floats:
    """Gaussian kernel, its width the median distance, for the maximum mean discrepancy."""
    n = len(squared)
    width = float(np.median(squared[np.triu_indices(n, 1)]))
    return np.exp(-squared / max(2 * width, 1e-12))


def merge(sums: Floats, human: int) -> Floats:
    """Turn sums over pairs of sources into sums over people and models."""
    k = sums.shape[1]
    to = np.zeros((k, 2))
    to[np.arange(k), (np.arange(k) != human).astype(int)] = 1
    return to.T @ sums @ to


def locate(cloud: Cloud, design: Design, near: Near, *, permutations: int, seed: int) -> Location:
    """Place, spread and shape of the sources.

    Parameters
    ----------
    design : Design
        Of all stories, of which the cloud may hold a sample.
    near : Near
        As `different_prompts` returns it.
    """
    k = len(design.sources)
    source, prompt = cloud.design.source, cloud.design.prompt
    sizes = np.bincount(source, minlength=k)
    count = min(permutations, 12_000 // k) if _movable(cloud.design) else 0
    shuffled = shuffles(source, prompt, count, stream(seed, "location"))
    labels = np.vstack([source[None, :], shuffled])
    squares = block_sums(cloud.squared, labels, k)
    roots = block_sums(cloud.distance, labels, k)
    human = design.human
    parts = [_partition("source", squares, sizes, cloud, source)]
    energies = mmd = None
    if human is not None:
        two = np.array([sizes[human], sizes.sum() - sizes[human]])
        side = (source != human).astype(int)
        parts.append(_partition("human", merge(squares, human), two, cloud, side))
        testable = cloud.design.with_people >= MIN_PROMPTS
        statistic, share = energy(merge(roots, human), two)
        p = p_value(statistic[0], statistic[1:]) if testable else None
        energies = TwoSample(float(statistic[0]), float(share[0]), p)
        kernel = merge(block_sums(kernel_two_sample(cloud.squared), labels, k), human)
        discrepancy = -energy(kernel, two)[0]
        p = p_value(discrepancy[0], discrepancy[1:]) if testable else None
        mmd = TwoSample(float(discrepancy[0]), None, p)
        if not testable:
            parts[1] = Partition("human", parts[1].r2, None, None, parts[1].f, None)
    places = combinations(range(k), 2)
    return Location(
        stories=len(cloud),
        prompts=len(np.unique(prompt)),
        permutations=count,
        filled=cloud.filled,
        negative=_negative(cloud),
        permanova=parts,
        permdisp=dispersion(cloud, design, near.groups, labels),
        energy=energies,
        mmd=mmd,
        energy_pairs=sorted(
            (
                (design.sources[i], design.sources[j], float(energy(roots[:1], sizes, i, j)[1][0]))
                for i, j in places
            ),
            key=lambda row: row[2],
        ),
        centroids=centroids(near, design),
    )


def _movable(design: Design) -> bool:
    """Whether enough prompts have stories of two sources for labels to be shuffled there."""
    return int(((design.cells > 0).sum(axis=1) > 1).sum()) >= MIN_PROMPTS


def _partition(label: str, sums: Floats, sizes: Ints, cloud: Cloud, groups: Ints) -> Partition:
    r2, f = permanova(sums, sizes)
    tested = len(f) > 1
    return Partition(
        label=label,
        r2=float(r2[0]),
        expected=float(r2[1:].mean()) if tested else None,
        r2_within=_within_prompts(cloud, groups) if tested else None,
        f=float(f[0]),
        p=p_value(f[0], f[1:]) if tested else None,
    )


def _within_prompts(cloud: Cloud, groups: Ints) -> float:
    inner = centre_prompts(cloud)
    # Labels, too, less their mean in each prompt: what is left of them is what can explain.
    _, prompt = np.unique(cloud.design.prompt, return_inverse=True)
    hot = (groups[:, None] == np.unique(groups)).astype(float)
    for column in hot.T:
        column -= (np.bincount(prompt, column) / np.bincount(prompt))[prompt]
    basis, size, _ = np.linalg.svd(hot, full_matrices=False)
    basis = basis[:, size > 1e-9 * max(size.max(), 1e-12)]
    total = float(np.trace(inner))
    return float(np.trace(basis.T @ inner @ basis)) / total if total > 1e-12 else 0.0


def _negative(cloud: Cloud) -> float:
    """Share of negative eigenvalues by size, among up to 500 of the stories."""
    places = np.linspace(0, len(cloud) - 1, min(len(cloud), 500)).astype(int)
    inner = -cloud.squared[np.ix_(places, places)] / 2
    inner = inner - inner.mean(axis=0) - inner.mean(axis=1)[:, None] + inner.mean()
    values = np.linalg.eigvalsh(inner)
    values[np.abs(values) < 1e-9 * np.abs(values).max()] = 0
    return float(-values[values < 0].sum() / max(np.abs(values).sum(), 1e-300))
