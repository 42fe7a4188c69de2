"""Whether models repeat themselves, and one another.

Within one model, between models, between models and people and between people, at the same prompt
and over different ones: how many words, passages, narrative choices and meanings two stories
share; how many different stories a model tells when asked again; how varied its stories are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.compare.design import Design, Note
from storyscope.compare.layout import Table, plain
from storyscope.compare.likeness import Extra, Likeness, Measure, measure_likeness
from storyscope.compare.overlap import Lexicon, dice
from storyscope.compare.passages import Verbatim, find_passages
from storyscope.compare.resample import Prompts
from storyscope.compare.variety import Variety, measure_variety
from storyscope.corpus import Story, normalise
from storyscope.errors import TableError, TooLittleData

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from storyscope.codebook import Codebook, FeatureSet

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Embed = Callable[[list[str]], Any]
    Progress = Callable[[str, int, int], None]

__all__ = ["PUBLISHED_CUT", "Repetition", "repetition"]

PUBLISHED_CUT = 0.8
"""Mean cosine over which Artificial Hivemind (2025) reports the share of prompts of a model."""


@dataclass(frozen=True)
class Repetition:
    """What `repetition` found out.

    Attributes
    ----------
    stories, prompts : int
    sources : list of str
    quantile, patience : float
        As they were given.
    likeness : list of Likeness
        By shared n-grams, features and meaning, as far as there are any.
    verbatim : list of Verbatim
    variety : list of Variety
        Most varied first; empty without features.
    notes : list of Note
    """

    stories: int
    prompts: int
    sources: list[str]
    quantile: float
    patience: float
    likeness: list[Likeness]
    verbatim: list[Verbatim]
    variety: list[Variety]
    notes: list[Note]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return plain(self)

    def lines(self) -> list[str]:
        """Tell the findings in sentences."""
        from storyscope.compare.repetition_words import repetition_sentences

        return repetition_sentences(self)

    def tables(self) -> list[Table]:
        """Lay the findings out as tables of text."""
        from storyscope.compare.repetition_words import repetition_tables

        return repetition_tables(self)


def repetition(
    stories: Iterable[Story],
    *,
    table: pd.DataFrame | None = None,
    features: FeatureSet = "narrative",
    codebook: Codebook | None = None,
    embed: Embed | None = None,
    same: float | None = None,
    human: str = "human",
    n_grams: tuple[int, ...] = (2, 4),
    score: str | None = None,
    size: str | None = None,
    family: str | None = None,
    condition: str | None = None,
    quantile: float = 0.999,
    patience: float = 0.8,
    seed: int = 0,
    resamples: int = 1000,
    progress: Progress | None = None,
) -> Repetition:
    """Measure how much stories of one prompt repeat one another.

    Parameters
    ----------
    stories : iterable of Story
        A corpus, or a list.
    table : DataFrame, optional
        Feature table of the same stories, joined by story id.
    embed : callable, optional
        Turns a list of texts into an array with a row a text; likeness is the cosine. The shipped
        encoder is `storyscope.extract.meaning.embed`.
    same : float, optional
        Cosine above which two stories count as the same; default as for the other measures.
    score, size, family, condition : str, optional
        Columns (of the stories' `meta`, or of the table) with a story's score, its model's size
        as a number, the model's family, and the condition it was written under.
    quantile : float
        Two stories count as the same if they are more alike than this share of the pairs of
        stories that answer different prompts, except by embeddings where `same` is given.
    patience : float
        Chance that a reader of several stories goes on to the next.

    Returns
    -------
    Repetition

    Raises
    ------
    TooLittleData
        If no prompt has two stories.
    TableError
        If no story has a column that is asked for, or none is in the table.
    """
    tell = progress or (lambda stage, done, total: None)
    told = stories if not hasattr(stories, "__next__") else list(stories)
    design, ids, words, extra, notes = _read(told, table, human, score, size, family, condition)
    if not (design.cells.sum(axis=1) > 1).any():
        raise TooLittleData(
            "Repetition needs prompts with two stories or more; here every story has its own. "
            "Give stories of the same prompt the same prompt_id."
        )
    draws = Prompts(len(design.prompts), resamples, seed)
    measures = [
        Measure(
            f"{n}-grams",
            f"share of distinct runs of {n} words that two stories have in common",
            lambda rows, n=n: dice([words[i] for i in rows], n),  # type: ignore[misc]
        )
        for n in n_grams
    ]
    gower = None
    if table is not None:
        gower, missing = _features(table, codebook, features, ids)
        if missing:
            what = f"{missing} of {len(ids)} stories are not in the table; features leave them out"
            notes.append(Note("story", (), what))
        what = f"one less the distance in {features} features"
        measures.append(Measure("features", what, lambda rows: 1 - gower(rows)))
    if embed is not None:
        vectors = _embedded(told, embed)
        measures.append(
            Measure(
                "meaning",
                "cosine of sentence embeddings, a story being the mean of its windows",
                lambda rows: vectors[rows] @ vectors[rows].T,
                same,
                PUBLISHED_CUT,
            )
        )
    found = []
    for place, measure in enumerate(measures):
        tell("likeness", place, len(measures))
        found.append(
            measure_likeness(
                measure, design, draws, extra, quantile=quantile, patience=patience, seed=seed
            )
        )
    tell("likeness", len(measures), len(measures))
    return Repetition(
        stories=len(design),
        prompts=len(design.prompts),
        sources=list(design.sources),
        quantile=quantile,
        patience=patience,
        likeness=found,
        verbatim=find_passages(told, ids, words, design, draws, seed, tell),
        variety=measure_variety(gower, design, seed) if gower else [],
        notes=notes,
    )


def _read(
    told: Iterable[Story],
    table: pd.DataFrame | None,
    human: str,
    score: str | None,
    size: str | None,
    family: str | None,
    condition: str | None,
) -> tuple[Design, list[str], list[Ints], Extra, list[Note]]:
    lexicon = Lexicon()
    ids, words, source, prompt = [], [], [], []
    wanted = {name: [] for name in (score, size, family, condition) if name}  # type: ignore[var-annotated]
    of_table = {} if table is None else table.set_index("story_id")
    for story in told:
        ids.append(story.id)
        words.append(lexicon.read(normalise(story.text).text, story.prompt))
        source.append(story.source)
        prompt.append(story.prompt_id)
        for name, held in wanted.items():
            value = story.meta.get(name)
            if value is None and table is not None and name in table.columns:
                value = of_table[name].get(story.id)
            held.append(value)
    names = sorted(set(source), key=lambda name: (name != human, name))
    place = {name: i for i, name in enumerate(names)}
    prompts, at = np.unique(np.array(prompt, dtype=str), return_inverse=True)
    design = Design(
        sources=tuple(names),
        prompts=tuple(prompts.tolist()),
        source=np.array([place[name] for name in source]),
        prompt=at,
        human=0 if names and names[0] == human else None,
    )
    notes = []
    for name, held in wanted.items():
        lacking = sum(value is None for value in held)
        if held and lacking == len(held):
            raise TableError(f"Neither the stories nor their table have a column {name!r}.")
        if lacking:
            notes.append(Note("story", (name,), f"missing in {lacking} of {len(held)} stories"))

    def number(name: str | None) -> Floats | None:
        if name is None:
            return None
        return np.array([np.nan if v is None else float(v) for v in wanted[name]])

    def text(name: str | None) -> list[str] | None:
        return None if name is None else ["" if v is None else str(v) for v in wanted[name]]

    columns = Extra(number(score), number(size), text(family) or [""] * len(ids), text(condition))
    return design, ids, words, columns, notes


def _features(
    table: pd.DataFrame, codebook: Codebook | None, features: FeatureSet, ids: list[str]
) -> tuple[Callable[[Ints], Floats], int]:
    """Distances between stories by their places among `ids`; missing for those not in the table."""
    from storyscope.codebook import default_codebook
    from storyscope.compare.distance import Gower, encode
    from storyscope.table import check_table, feature_ids

    codebook = codebook or default_codebook()
    table = check_table(table, codebook)
    space = Gower(encode(table, codebook, feature_ids(table, codebook, features)))
    row = {story: i for i, story in enumerate(table["story_id"])}
    at = np.array([row.get(story, -1) for story in ids])
    if (at < 0).all():
        raise TableError(
            f"None of the stories is in the table: the first story is {ids[0]!r}, the first row "
            f"{next(iter(row), '')!r}. Score this corpus, or give the table that belongs to it."
        )

    def distances(rows: Ints) -> Floats:
        known = at[rows] >= 0
        found = np.full((len(rows), len(rows)), np.nan)
        found[np.ix_(known, known)] = space.matrix(at[rows][known])
        return found

    return distances, int((at < 0).sum())


def _embedded(told: Iterable[Story], embed: Embed) -> Floats:
    vectors = np.asarray(embed([normalise(story.text).text for story in told]), dtype=float)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
