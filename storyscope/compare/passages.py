"""The longest passages that stories of one prompt have in common, with where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.compare.likeness import kinds_of_pairs, rows_by_prompt
from storyscope.compare.overlap import longest_run, word_spans
from storyscope.compare.resample import Estimate, Prompts, over, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.compare.design import Design

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Passage", "Verbatim", "find_passages"]

COMPARED = 3000
"""Pairs searched for passages in common."""

LONG = 12
"""A passage in common is long from this many words on."""

SHOWN = 5
"""Passages shown of each kind."""


@dataclass(frozen=True)
class Passage:
    """Words that two stories have in common.

    Attributes
    ----------
    words : int
    first, second : str
        Ids of the stories.
    first_span, second_span : (int, int)
        Characters of the passage in each, the end excluded.
    text : str
        As the first has it.
    """

    words: int
    first: str
    second: str
    first_span: tuple[int, int]
    second_span: tuple[int, int]
    text: str


@dataclass(frozen=True)
class Verbatim:
    """The longest passage that two stories of one prompt have in common.

    Attributes
    ----------
    kind : str
    pairs : int
        Pairs that were searched.
    words : Estimate
        Mean length of the longest passage.
    long : Estimate
        Share of pairs with one of at least 12 words.
    passages : list of Passage
        The longest, each from another prompt.
    """

    kind: str
    pairs: int
    words: Estimate
    long: Estimate
    passages: list[Passage]


def find_passages(
    told: Iterable[Any],
    ids: list[str],
    words: list[Ints],
    design: Design,
    draws: Prompts,
    seed: int,
    tell: Callable[[str, int, int], None],
) -> list[Verbatim]:
    """Find the longest passage in common of pairs of stories, by kind of pair.

    Parameters
    ----------
    told : iterable of Story
        Read once more, for the passages that are shown.
    ids, words : list
        Id and words of each story, words as `Lexicon.read` numbers them.
    """
    masks = kinds_of_pairs(design)
    pairs = _some_pairs(design, masks, seed)
    length = np.zeros(len(pairs), int)
    place = np.zeros((len(pairs), 2), int)
    for i, (a, b) in enumerate(pairs):
        length[i], *place[i] = longest_run(words[a], words[b])
        if i % 100 == 0:
            tell("passages", i, len(pairs))
    tell("passages", len(pairs), len(pairs))
    low = np.minimum(design.source[pairs[:, 0]], design.source[pairs[:, 1]])
    high = np.maximum(design.source[pairs[:, 0]], design.source[pairs[:, 1]])
    shown: dict[str, list[int]] = {}
    found = []
    for kind, mask in masks.items():
        mine = np.flatnonzero(mask[low, high])
        if not len(mine):
            continue
        longest = mine[np.argsort(-length[mine], kind="stable")]
        _, first = np.unique(design.prompt[pairs[longest, 0]], return_index=True)
        shown[kind] = longest[np.sort(first)[:SHOWN]].tolist()
    texts = _texts(told, {ids[s] for rows in shown.values() for i in rows for s in pairs[i]})
    for kind, rows in shown.items():
        mine = np.flatnonzero(masks[kind][low, high])
        prompt, many = design.prompt[pairs[mine, 0]], len(design.prompts)
        mean = draws.mean(_by_prompt(length[mine], prompt, many))
        long = draws.mean(_by_prompt(length[mine] >= LONG, prompt, many))
        if mean is None or long is None:
            continue
        passages = [
            _passage(ids, texts, pairs[i], int(length[i]), place[i]) for i in rows if length[i]
        ]
        found.append(Verbatim(kind, len(mine), mean, long, passages))
    return found


def _by_prompt(values: NDArray, prompt: Ints, prompts: int) -> Floats:
    """Mean of the pairs of each prompt."""
    count = np.bincount(prompt, minlength=prompts)
    total = np.bincount(prompt, values.astype(float), minlength=prompts)
    return over(total, count)


def _some_pairs(design: Design, masks: dict[str, NDArray[np.bool_]], seed: int) -> Ints:
    """Pairs of the same prompt: all, or of each kind and prompt as many as the limit allows."""
    rng = stream(seed, "passages")
    by_prompt = rows_by_prompt(design)
    prompts = list(by_prompt)
    if len(prompts) > COMPARED:
        prompts = sorted(rng.choice(prompts, COMPARED, replace=False).tolist())
    kinds = [mask for mask in masks.values() if mask.any()]
    each = max(1, COMPARED // len(prompts) // len(kinds))
    found = []
    for p in prompts:
        rows = by_prompt[p]
        i, j = np.triu_indices(len(rows), 1)
        a, b = design.source[rows[i]], design.source[rows[j]]
        for mask in kinds:
            mine = np.flatnonzero(mask[np.minimum(a, b), np.maximum(a, b)])
            if len(mine) > each:
                mine = np.sort(rng.choice(mine, each, replace=False))
            found.append(np.column_stack([rows[i[mine]], rows[j[mine]]]))
    return np.concatenate(found)


def _texts(told: Iterable[Any], wanted: set[str]) -> dict[str, str]:
    return {story.id: story.text for story in told if story.id in wanted}


def _passage(
    ids: list[str], texts: dict[str, str], pair: Ints, length: int, place: Ints
) -> Passage:
    spans = []
    for story, start in zip(pair, place, strict=True):
        at = word_spans(texts[ids[story]])
        spans.append((at[start][0], at[start + length - 1][1]))
    first = texts[ids[pair[0]]]
    return Passage(
        words=length,
        first=ids[pair[0]],
        second=ids[pair[1]],
        first_span=spans[0],
        second_span=spans[1],
        text=first[slice(*spans[0])],
    )
