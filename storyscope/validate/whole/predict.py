"""What the tagger says of stories that were read: on folds, or of stories it has not learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from storyscope.errors import CorpusError
from storyscope.extract.annotate import readings
from storyscope.extract.tagger import CHOICES, FAMILIES, SCALES
from storyscope.extract.tagger.folds import Prediction, read_folds
from storyscope.paths import data_dir
from storyscope.validate.whole.stories import Story

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.corpus import Normalised
    from storyscope.extract.pipeline import Pipeline
    from storyscope.extract.reading import Reading

__all__ = ["by_model", "on_folds", "owners", "shipped_folds"]


def shipped_folds() -> Path:
    """Where the predictions on folds lie."""
    return data_dir("corpora") / "tagger" / "folds.npz"


def on_folds(stories: Iterable[Story], path: str | Path) -> list[Prediction]:
    """Predictions for stories by models that were trained without them.

    Raises
    ------
    CorpusError
        If a story has none, or other sentences than its reading.
    """
    held = read_folds(path)
    found, lost = [], []
    for story in stories:
        prediction = held.get(story.id)
        if prediction is None:
            lost.append(story.id)
        elif len(prediction.tension) != len(story.sentences):
            raise CorpusError(
                f"The prediction on folds for {story.id} has {len(prediction.tension)} sentences, "
                f"its reading {len(story.sentences)}; both must be of one version of the readings."
            )
        else:
            found.append(prediction)
    if lost:
        raise CorpusError(
            f"{len(lost)} of the stories that were read have no prediction on folds (the first is "
            f"{lost[0]}); for readings that were kept aside use --model."
        )
    return found


def by_model(
    stories: Sequence[Story],
    texts: Mapping[str, str],
    pipeline: Pipeline,
    progress: Callable[[int], None] | None = None,
) -> list[Prediction]:
    """Let the shipped tagger read stories, and put what it says on the readers' sentences."""
    found = []
    given = (texts[story.sha256] for story in stories)
    for story, (normalised, reading) in zip(
        stories, readings(given, pipeline=pipeline), strict=True
    ):
        found.append(_projected(story, normalised, reading))
        if progress is not None:
            progress(len(found))
    return found


def owners(ours: Sequence[tuple[int, int]], theirs: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """For each of their sentences, the one of ours that shares most characters with it.

    Parameters
    ----------
    ours, theirs : sequence of (int, int)
        Characters [start, end) of one text, each in order.

    Returns
    -------
    ndarray of int, shape (len(theirs),)
        -1 where none of ours shares a character; the earlier one where two share as many.

    Examples
    --------
    >>> owners([(0, 5), (6, 20)], [(0, 3), (3, 5), (6, 11), (12, 20), (25, 30)]).tolist()
    [0, 0, 1, 1, -1]
    """
    found = np.full(len(theirs), -1, dtype=np.int64)
    at = 0
    for k, (start, end) in enumerate(theirs):
        while at < len(ours) and ours[at][1] <= start:
            at += 1
        most, i = 0, at
        while i < len(ours) and ours[i][0] < end:
            shared = min(end, ours[i][1]) - max(start, ours[i][0])
            if shared > most:
                most, found[k] = shared, i
            i += 1
    return found


def _projected(story: Story, normalised: Normalised, reading: Reading) -> Prediction:
    tags = reading.tags
    ours = [normalised.offset(*reading.characters(s)) for s in reading.sentences]
    owner = owners(ours, story.sentences)
    there = owner >= 0
    chance = np.where(there[:, None], tags.chance[owner], 0.0) if len(ours) else 0.0
    # Where a sentence fell away in normalising, tension stays what it was before it.
    last = np.maximum.accumulate(np.where(there, owner, 0))
    tension = tags.tension[last] if len(ours) else np.zeros(len(owner))
    return Prediction(
        np.broadcast_to(np.asarray(chance, dtype=float), (len(owner), len(FAMILIES))),
        np.asarray(tension, dtype=float),
        np.asarray([tags.scales[s] for s in SCALES], dtype=float),
        np.asarray([tags.choices[c][a] for c, answers in CHOICES.items() for a in answers]),
        # In single precision, as chances are: a sentence at the threshold itself counts.
        *(
            np.asarray([of[f] for f in FAMILIES], dtype=np.float32).astype(float)
            for of in (tags.thresholds, tags.opens)
        ),
    )
