"""Who wrote which story at which prompt, and what that allows to be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from storyscope.compare.resample import MIN_PROMPTS, stream
from storyscope.errors import TableError, TooLittleData

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

__all__ = ["MIN_STORIES", "Design", "Note", "lay_out", "sample_prompts"]

MIN_STORIES = 5
"""A source with fewer stories is set aside."""
MOST_SOURCES = 100
"""With more, a comparison is refused: a hundred take about a minute, a thousand would a day."""


@dataclass(frozen=True)
class Note:
    """Something that could not be computed, or that a reader must know.

    Attributes
    ----------
    about : str
        "story", "source", "prompt", "feature", "distance", "human" or "size".
    names : tuple of str
        Which ones.
    what : str
        What is the matter, and what follows from it.
    """

    about: str
    names: tuple[str, ...]
    what: str

    def __str__(self) -> str:
        few = ", ".join(self.names[:6])
        more = f" and {len(self.names) - 6} more" if len(self.names) > 6 else ""
        return f"{few}{more}: {self.what}" if few else self.what


@dataclass(frozen=True)
class Design:
    """The stories that are compared, by source and prompt.

    Attributes
    ----------
    sources : tuple of str
        People first, then the models by name.
    source, prompt : arrays of int, one a story
        Places in `sources` and `prompts`.
    prompts : tuple of str
    human : int, or None
        0 where people are among the sources.
    author : array of str, or None
        Who wrote each story, where the table says so; "" is not known. Names need tell people
        apart within a prompt only.
    """

    sources: tuple[str, ...]
    prompts: tuple[str, ...]
    source: Ints
    prompt: Ints
    human: int | None
    author: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.source)

    @property
    def models(self) -> list[int]:
        """Places of the sources that are not people."""
        return [s for s in range(len(self.sources)) if s != self.human]

    @cached_property
    def cells(self) -> Ints:
        """Stories of each source at each prompt, shape (prompts, sources)."""
        shape = (len(self.prompts), len(self.sources))
        flat = np.bincount(self.prompt * shape[1] + self.source, minlength=shape[0] * shape[1])
        return flat.reshape(shape)

    @property
    def with_people(self) -> int:
        """Prompts that people and at least one model answered."""
        if self.human is None:
            return 0
        answered = self.cells > 0
        return int((answered[:, self.human] & (answered.sum(axis=1) > 1)).sum())

    def of(self, source: int) -> Ints:
        """Rows of one source's stories."""
        return np.flatnonzero(self.source == source)

    def take(self, rows: Ints) -> Design:
        """Keep the sources and prompts, and some of the stories."""
        author = None if self.author is None else self.author[rows]
        return replace(self, source=self.source[rows], prompt=self.prompt[rows], author=author)


def lay_out(table: pd.DataFrame, by: str, human: str) -> tuple[Design, Ints, list[Note]]:
    """Find the sources and prompts of a table.

    Parameters
    ----------
    by : str
        The column that tells whom to compare. Where it is not "source", a story whose source is
        `human` still counts as people's.

    Returns
    -------
    The design, the rows of the table it holds (in the order of story ids, so that the order of
    the table does not matter), and notes on what was set aside or is missing.

    Raises
    ------
    TableError
        If there is no such column.
    TooLittleData
        If fewer than two sources are left.
    """
    if by not in table.columns:
        raise TableError(f"The table has no column {by!r} to compare by.")
    notes: list[Note] = []
    label = table[by].astype(object).where(table[by].notna(), None)
    if by != "source":
        label = label.where(table["source"] != human, human)
    nameless = label.isna().to_numpy()
    if nameless.any():
        what = f"{nameless.sum()} stories have no {by} and are set aside"
        notes.append(Note("source", (), what))
    label = label.astype(str)
    counts = label[~nameless].value_counts()
    few = sorted(counts.index[counts < MIN_STORIES])
    if few:
        what = f"set aside, having fewer than {MIN_STORIES} stories"
        notes.append(Note("source", tuple(few), what))
    kept = np.flatnonzero(~nameless & ~label.isin(few).to_numpy())
    kept = kept[np.argsort(table["story_id"].to_numpy(dtype=str)[kept], kind="stable")]
    names = sorted(set(label.iloc[kept]), key=lambda name: (name != human, name))
    if len(names) < 2:
        raise TooLittleData(
            f"A comparison needs two sources with at least {MIN_STORIES} stories each; "
            f"by {by!r} this table has {', '.join(names) or 'none'}."
        )
    if len(names) > MOST_SOURCES:
        raise TableError(
            f"By {by!r} this table has {len(names):,} sources with at least {MIN_STORIES} stories, "
            f"and a comparison takes {MOST_SOURCES} at most: its time grows with the third power of "
            "their number. Name a column that puts several together (--by family), or leave some out."
        )
    place = {name: i for i, name in enumerate(names)}
    prompts, prompt = np.unique(table["prompt_id"].to_numpy(dtype=str)[kept], return_inverse=True)
    design = Design(
        sources=tuple(names),
        prompts=tuple(prompts.tolist()),
        source=np.array([place[name] for name in label.iloc[kept]]),
        prompt=prompt,
        human=0 if names[0] == human else None,
        author=_authors(table)[kept] if "author" in table.columns else None,
    )
    return design, kept, notes + _limits(design, human)


def _authors(table: pd.DataFrame) -> NDArray[np.str_]:
    column = table["author"].astype(object)
    return column.where(column.notna(), "").astype(str).str.strip().to_numpy(dtype=str)


def _limits(design: Design, human: str) -> list[Note]:
    """Say what this design cannot answer."""
    notes = []
    answered = design.cells > 0
    shared = answered.sum(axis=1) > 1
    if shared.sum() < MIN_PROMPTS:
        what = (
            f"{shared.sum()} prompts were answered by two sources or more; intervals and tests at "
            f"the same prompt need {MIN_PROMPTS}"
        )
        notes.append(Note("prompt", (), what))
    for s, name in enumerate(design.sources):
        lacking = int((shared & ~answered[:, s]).sum())
        if lacking:
            what = f"absent from {lacking} of the {shared.sum()} prompts that sources share"
            notes.append(Note("source", (name,), what))
    if design.human is None:
        notes.append(Note("human", (human,), "no such source, so that nothing is said of people"))
    elif not design.with_people:
        what = (
            "no prompt has stories of people and of a model, so that they are compared over "
            "different prompts; what differs may be the prompts, the period, the length or the "
            "corpus as well as the writers"
        )
        notes.append(Note("human", (human,), what))
    elif (design.cells[:, design.human] > 1).sum() < MIN_PROMPTS:
        what = "one story a prompt, so that how far people are from one another is not known there"
        notes.append(Note("human", (human,), what))
    elif design.author is None or not (design.author[design.of(design.human)] != "").any():
        what = (
            "several stories at a prompt, but no column 'author' says that they are by different "
            "people, so that how far two people are from each other is not known"
        )
        notes.append(Note("human", (human,), what))
    return notes


def sample_prompts(design: Design, limit: int, seed: int, name: str) -> Ints:
    """Rows of whole prompts, drawn until the sources share `limit` stories about evenly.

    All rows, if there are no more than that. A prompt that alone exceeds the limit is thinned.
    """
    if len(design) <= limit:
        return np.arange(len(design))
    rng = stream(seed, name)
    quota = max(1, limit // len(design.sources))
    order = rng.permutation(len(design.prompts))
    taken = np.zeros(len(design.prompts), bool)
    cells = np.minimum(design.cells, max(1, quota))
    for s in np.argsort(design.cells.sum(axis=0), kind="stable"):
        need = quota - cells[taken, s].sum()
        fresh = [p for p in order if not taken[p] and cells[p, s]]
        reach = np.searchsorted(np.cumsum(cells[fresh, s]), need, side="right")
        taken[fresh[: max(0, int(reach))]] = True
    rows = np.flatnonzero(taken[design.prompt])
    if len(rows) > 2 * limit:
        rows = np.sort(rng.choice(rows, limit, replace=False))
    return rows
