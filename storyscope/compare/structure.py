"""Whether stories fall into clusters, and whether those are the clusters of their writers.

Stories are clustered on their distances alone, without looking at who wrote them; then the
clusters are held against writer, kind of writer (person or model) and prompt. Two views are
taken: "raw", in which stories of one prompt lie together, and "centred", in which each prompt's
mean place is taken out, so that only what the writers made of the prompt is left.

Agreement is given as adjusted Rand index and adjusted mutual information, both 0 for chance and 1
for perfect agreement. What chance gives within prompts is not quite 0, and stands beside each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.cluster import HDBSCAN

from storyscope.compare.cloud import Cloud, centre_prompts
from storyscope.compare.clusters import (
    adjusted_mutual_information,
    adjusted_rand,
    average_linkage,
    contingency,
    gap_statistic,
    k_medoids,
    silhouette,
    silhouettes,
    ward_linkage,
)
from storyscope.compare.resample import MIN_PROMPTS, p_value, shuffles, stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from storyscope.compare.design import Design

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Agreement", "Clustering", "Mixing", "Silhouette", "Structure", "structure"]

LIMIT = 800
"""Stories that are clustered; larger tables give whole prompts drawn by the seed."""

METHODS = ("average", "ward", "medoids", "density")

MOST = 10
"""Numbers of clusters that are tried."""

NEIGHBOURS = (5, 10, 25, 50)
HALVES = 40
REFERENCES = 10
"""Half-samples of prompts for intervals; structureless data sets for the gap statistic."""


@dataclass(frozen=True)
class Agreement:
    """How well clusters agree with a label.

    Attributes
    ----------
    label : str
        "human" (person or model), "source" or "prompt".
    k : int
        Number of clusters.
    rand, information : float
        Adjusted Rand index and adjusted mutual information.
    rand_expected, information_expected : float, or None
        Their means when the label is shuffled within prompts (for "prompt": over all stories).
        None, with the next two, where no prompt has stories of two labels.
    rand_chance : (float, float), or None
        Range that holds 95% of the shuffled values.
    p : float, or None
        Of the Rand index.
    rand_low, rand_high : float, or None
        95% interval of the Rand index, from clustering random halves of the prompts anew.
    """

    label: str
    k: int
    rand: float
    information: float
    rand_expected: float | None
    information_expected: float | None
    rand_chance: tuple[float, float] | None
    p: float | None
    rand_low: float | None
    rand_high: float | None


@dataclass(frozen=True)
class Clustering:
    """Clusters of stories by one method.

    Attributes
    ----------
    view : str
        "raw" or "centred".
    method : str
        "average" and "ward" (agglomerative), "medoids" (partition around medoids) or "density"
        (HDBSCAN). Average linkage tends to split off single stories where there are no clusters.
    k : int
        Number of clusters with the highest silhouette; for "density" the number found.
    silhouettes : dict of int to float
        Mean silhouette by number of clusters.
    gap_k : int, or None
        Number of clusters by the gap statistic, which may be 1: no clusters at all.
    sizes : list of int
        Stories in each cluster, largest first.
    composition : list of dict of str to int
        Stories of each source in each cluster.
    noise : int
        Stories in no cluster ("density" alone).
    agreement : list of Agreement
        At `k`, and at as many clusters as the label has values.
    """

    view: str
    method: str
    k: int
    silhouettes: dict[int, float]
    gap_k: int | None
    sizes: list[int]
    composition: list[dict[str, int]]
    noise: int
    agreement: list[Agreement]


@dataclass(frozen=True)
class Silhouette:
    """How much nearer stories lie to their own label than to the next, from -1 to 1.

    Attributes
    ----------
    view, label : str
    mean, expected : float
        The latter with labels shuffled within prompts.
    p : float, or None
    by_group : dict of str to float
    """

    view: str
    label: str
    mean: float
    expected: float | None
    p: float | None
    by_group: dict[str, float]


@dataclass(frozen=True)
class Mixing:
    """Whose stories are a story's nearest neighbours, at other prompts or at all.

    Attributes
    ----------
    k : int
    same_prompt : bool
        Whether stories of the same prompt may be neighbours.
    own : float
        Share of neighbours that are of the same source, over what chance gives.
    own_p : float, or None
    human_human, model_model : float, or None
        The same for people among the neighbours of people, and models among those of models.
    between : dict of str to dict of str to float
        For each source, each source's share among its neighbours over what chance gives.
    """

    k: int
    same_prompt: bool
    own: float
    own_p: float | None
    human_human: float | None
    model_model: float | None
    between: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Structure:
    """Clusters, silhouettes and neighbours of a sample of stories."""

    stories: int
    prompts: int
    clusterings: list[Clustering]
    silhouettes: list[Silhouette]
    mixing: list[Mixing]


def structure(
    cloud: Cloud,
    *,
    permutations: int,
    seed: int,
    progress: Callable[[str, int, int], None] | None = None,
) -> Structure:
    """Cluster the stories of a cloud and hold the clusters against writers and prompts."""
    design = cloud.design
    labels = _labels(design)
    clusterings, silhouettes = [], []
    views = {"raw": cloud.squared}
    several = (design.cells[design.prompt] > 0).sum(axis=1) > 1
    if several.sum() >= 2 * MIN_PROMPTS:
        # A prompt with one story is its own mean: centred, it would lie at zero by construction.
        views["centred"] = _centred(cloud.part(np.flatnonzero(several)))
    steps = len(METHODS) * len(views)
    for place, (view, squared) in enumerate(views.items()):
        rows = np.arange(len(cloud)) if view == "raw" else np.flatnonzero(several)
        part = design.take(rows)
        held = {n: one[rows] for n, one in labels.items() if len(np.unique(one[rows])) > 1}
        for step, method in enumerate(METHODS):
            found = _clustering(view, method, squared, part, held, permutations, seed)
            clusterings.append(found)
            if progress:
                progress("structure", len(METHODS) * place + step + 1, steps)
        for name in ("human", "source"):
            if name in held:
                one = _silhouette(view, name, squared, part, held[name], permutations, seed)
                silhouettes.append(one)
    return Structure(
        stories=len(cloud),
        prompts=len(np.unique(design.prompt)),
        clusterings=clusterings,
        silhouettes=silhouettes,
        mixing=[
            _mixing(cloud, k, same, permutations, seed)
            for same in (False, True)
            for k in NEIGHBOURS
            if k < len(cloud) // 4
        ],
    )


def _labels(design: Design) -> dict[str, Ints]:
    labels = {"source": design.source, "prompt": np.unique(design.prompt, return_inverse=True)[1]}
    if design.human is not None and (design.source == design.human).any():
        labels = {"human": (design.source != design.human).astype(int), **labels}
    return labels


def _centred(cloud: Cloud) -> Floats:
    inner = centre_prompts(cloud)
    own = np.diag(inner)
    squared = np.maximum(own[:, None] + own - 2 * inner, 0)
    np.fill_diagonal(squared, 0)
    return (squared + squared.T) / 2


def _clustering(
    view: str,
    method: str,
    squared: Floats,
    design: Design,
    labels: dict[str, Ints],
    permutations: int,
    seed: int,
) -> Clustering:
    distance = np.sqrt(squared)
    if method == "density":
        least = max(5, len(distance) // 50)
        model = HDBSCAN(metric="precomputed", min_cluster_size=least, copy=True)
        cluster = model.fit_predict(distance)
        silhouettes: dict[int, float] = {}
        k, gap_k = int(cluster.max()) + 1, None
    else:
        cut = {"average": average_linkage, "ward": ward_linkage, "medoids": k_medoids}[method]
        most = min(MOST, len(distance) - 1)
        by_k = cut(distance, list(range(1, most + 1)))
        silhouettes = {i: float(silhouette(distance, by_k[i]).mean()) for i in by_k if i > 1}
        k = max(silhouettes, key=lambda i: (silhouettes[i], -i))
        cluster = by_k[k]
        rng = stream(seed, f"gap {view} {method}")
        gap_k = gap_statistic(squared, cut, most, rng, references=REFERENCES)
    agreement = []
    for name, label in labels.items():
        if view == "centred" and name == "prompt":
            continue  # taken out
        blocks = np.zeros_like(label) if name == "prompt" else design.prompt
        rng = stream(seed, f"agreement {view} {method} {name}")
        natural = int(label.max()) + 1
        count = min(permutations, max(99, 4_000_000 // natural**2))
        shuffled = shuffles(label, blocks, count, rng)
        agreement.append(_agreement(name, k, cluster, label, shuffled, None))
        if method != "density" and natural != k and (method != "medoids" or natural <= 2 * MOST):
            exact = cut(distance, [natural])[natural]
            halves = (
                _halves(distance, cut, natural, label, design.prompt, rng)
                if name != "prompt"
                else None
            )
            agreement.append(_agreement(name, natural, exact, label, shuffled, halves))
        elif method != "density" and natural == k and name != "prompt":
            halves = _halves(distance, cut, k, label, design.prompt, rng)
            agreement[-1] = _agreement(name, k, cluster, label, shuffled, halves)
    order = np.argsort(-np.bincount(cluster[cluster >= 0], minlength=k), kind="stable")
    names = design.sources
    return Clustering(
        view=view,
        method=method,
        k=k,
        silhouettes=silhouettes,
        gap_k=gap_k,
        sizes=[int((cluster == c).sum()) for c in order],
        composition=[
            {
                names[s]: int(((cluster == c) & (design.source == s)).sum())
                for s in range(len(names))
            }
            for c in order
        ],
        noise=int((cluster < 0).sum()),
        agreement=agreement,
    )


def _agreement(
    name: str,
    k: int,
    cluster: Ints,
    label: Ints,
    shuffled: NDArray,
    halves: float | None,
) -> Agreement:
    tables = contingency(cluster, np.vstack([label[None, :], shuffled]))
    rand = adjusted_rand(tables)
    information = adjusted_mutual_information(tables)
    moved = bool((shuffled != label).any())
    low, high = np.quantile(rand[1:], [0.025, 0.975])
    return Agreement(
        label=name,
        k=k,
        rand=float(rand[0]),
        information=float(information[0]),
        rand_expected=float(rand[1:].mean()) if moved else None,
        information_expected=float(information[1:].mean()) if moved else None,
        rand_chance=(float(low), float(high)) if moved else None,
        p=p_value(rand[0], rand[1:], ties=0.5) if moved else None,
        rand_low=None if halves is None else float(max(-1, rand[0] - 1.96 * halves)),
        rand_high=None if halves is None else float(min(1, rand[0] + 1.96 * halves)),
    )


def _halves(
    distance: Floats,
    cut: Callable[[Floats, list[int]], dict[int, Ints]],
    k: int,
    label: Ints,
    prompt: Ints,
    rng: np.random.Generator,
) -> float | None:
    """Estimate the standard error of the Rand index from random halves of the prompts."""
    prompts = np.unique(prompt)
    if len(prompts) < 2 * MIN_PROMPTS:
        return None
    found = []
    for _ in range(HALVES):
        half = rng.choice(prompts, len(prompts) // 2, replace=False)
        rows = np.flatnonzero(np.isin(prompt, half))
        if len(rows) <= k:
            continue
        cluster = cut(distance[np.ix_(rows, rows)], [k])[k]
        found.append(adjusted_rand(contingency(cluster, label[rows][None, :]))[0])
    return float(np.std(found, ddof=1)) if len(found) > 2 else None


def _silhouette(
    view: str,
    name: str,
    squared: Floats,
    design: Design,
    label: Ints,
    permutations: int,
    seed: int,
) -> Silhouette:
    distance = np.sqrt(squared)
    groups, label = np.unique(label, return_inverse=True)
    names = ["people", "models"] if name == "human" else [design.sources[g] for g in groups]
    sizes = np.bincount(label).astype(float)
    count = min(permutations, max(99, 3000 // len(groups)))
    shuffled = shuffles(label, design.prompt, count, stream(seed, f"silhouette {name}"))
    null = np.empty(count)
    step = max(1, 4_000_000 // (len(label) * len(groups)))
    for start in range(0, count, step):
        some = shuffled[start : start + step]
        wide = (some[:, :, None] == np.arange(len(groups))).astype(float)
        wide = wide.transpose(1, 0, 2).reshape(len(label), -1)
        totals = (distance @ wide).reshape(len(label), len(some), -1).transpose(1, 0, 2)
        null[start : start + step] = [
            silhouettes(t.copy(), one, sizes).mean() for t, one in zip(totals, some, strict=True)
        ]
    values = silhouette(distance, label)
    moved = bool((shuffled != label).any())
    return Silhouette(
        view=view,
        label=name,
        mean=float(values.mean()),
        expected=float(null.mean()) if moved else None,
        p=p_value(values.mean(), null) if moved else None,
        by_group={n: float(values[label == g].mean()) for g, n in enumerate(names)},
    )


def _mixing(cloud: Cloud, k: int, same_prompt: bool, permutations: int, seed: int) -> Mixing:
    """Shares of sources among nearest neighbours, over their shares among all candidates."""
    design = cloud.design
    n, s = len(cloud), len(design.sources)
    allowed = ~np.eye(n, dtype=bool) if same_prompt else cloud.other_prompt
    far = np.where(allowed, cloud.squared, np.inf)
    near = np.argpartition(far, k - 1, axis=1)[:, :k]
    candidates = allowed.astype(float) @ (design.source[:, None] == np.arange(s))
    candidates /= np.maximum(candidates.sum(axis=1, keepdims=True), 1)  # one prompt: no candidate

    def ratio(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float | None:
        chance = float(candidates[a][:, b].sum())
        return float(b[design.source[near[a]]].sum() / k) / chance if chance > 0 else None

    each = np.eye(s, dtype=bool)
    own_chance = candidates[np.arange(n), design.source].sum()
    rng = stream(seed, f"mixing {k} {same_prompt}")
    shuffled = shuffles(design.source, design.prompt, permutations, rng)
    labels = np.vstack([design.source[None, :], shuffled])
    own = np.array([(one[near] == one[:, None]).sum() / k for one in labels])
    people = design.human is not None and bool((design.source == design.human).any())
    human = np.arange(s) == design.human
    return Mixing(
        k=k,
        same_prompt=same_prompt,
        own=float(own[0] / own_chance) if own_chance > 0 else float("nan"),
        own_p=p_value(own[0], own[1:]) if (shuffled != design.source).any() else None,
        human_human=ratio(design.source == design.human, human) if people else None,
        model_model=ratio(design.source != design.human, ~human) if people else None,
        between={
            design.sources[a]: {
                design.sources[b]: found
                for b in range(s)
                if (found := ratio(design.source == a, each[b])) is not None
            }
            for a in range(s)
            if (design.source == a).any()
        },
    )
