"""What the tagger said of the stories that were read, each by a model that never saw it.

Training leaves these predictions beside the weights (``corpora/tagger/folds.npz``), so that the
figures of ``storyscope validate --readings`` can be made again by whoever has the readings. The
file holds numbers only: no sentence of a story.

It is an npz archive without pickles. Stories stand one after another in its arrays:

=============== ============== ============================== ==================================
``layout``      int            ()                             `LAYOUT`
``ids``         text           (stories,)                     of the readings
``sentences``   int32          (stories,)                     how many each story has
``chance``      uint16         (all sentences, families)      thousandths, calibrated
``tension``     uint16         (all sentences,)               thousandths
``scales``      float32        (stories, scales)              in the units of each scale
``choices``     uint16         (stories, all answers)         thousandths
``thresholds``  float32        (stories, families)            chosen without the story
``opens``       float32        (stories, families)            chosen without the story
``trained``     text           (any,)                         all that the shipped model was trained on
=============== ============== ============================== ==================================

Columns are in the order of `FAMILIES`, `SCALES` and `CHOICES`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.errors import MissingTagger
from storyscope.extract.tagger.labels import ALONE, CHOICES, FAMILIES, SCALES
from storyscope.extract.tagger.tags import runs_told

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ANSWERS", "Prediction", "read_folds", "read_trained", "write_folds"]

LAYOUT = 2
ARRAYS = {
    "ids", "sentences", "chance", "tension", "scales", "choices", "thresholds", "opens", "trained",
}  # fmt: skip
"""What a file of this layout holds besides its layout."""
ANSWERS = sum(map(len, CHOICES.values()))
"""Answers of all choices together."""


@dataclass(frozen=True)
class Prediction:
    """What was said of one story; rows are the sentences of its reading.

    Attributes
    ----------
    chance : ndarray, shape (sentences, len(FAMILIES))
        Calibrated probability that a sentence tells something of a family, 0 to 1.
    tension : ndarray, shape (sentences,)
        From 0 to 1.
    scales : ndarray, shape (len(SCALES),)
        Expected values, in the units of each scale.
    choices : ndarray, shape (ANSWERS,)
        Probabilities of all answers, choice after choice.
    thresholds : ndarray, shape (len(FAMILIES),)
        Probability from which a sentence counts, chosen without this story.
    opens : ndarray, shape (len(FAMILIES),)
        Probability that a passage reaches somewhere, chosen without this story.
    """

    chance: NDArray[np.float64]
    tension: NDArray[np.float64]
    scales: NDArray[np.float64]
    choices: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    opens: NDArray[np.float64]

    @property
    def told(self) -> NDArray[np.bool_]:
        """Sentences that count, by family: those of the passages that `Tags.told` would give."""
        counted = np.zeros(self.chance.shape, dtype=bool)
        for k, family in enumerate(FAMILIES):
            limits = float(self.thresholds[k]), float(self.opens[k])
            for first, last in runs_told(self.chance[:, k], *limits, family in ALONE):
                counted[first : last + 1, k] = True
        return counted


def write_folds(
    path: str | Path, predictions: Mapping[str, Prediction], trained: Iterable[str] = ()
) -> None:
    """Write predictions by the id of their story, rounded to thousandths.

    `trained` are ids of all stories that the shipped model was trained on, those without a
    prediction among them.
    A sentence counts in the file if and only if it did before.

    Raises
    ------
    ValueError
        If a prediction is not of the shape that `Prediction` gives, or holds no number.

    Examples
    --------
    >>> import tempfile
    >>> limits = np.full(13, 0.5), np.full(13, 0.5)
    >>> one = Prediction(np.full((2, 13), 0.25), np.zeros(2), np.ones(12), np.zeros(ANSWERS), *limits)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_folds(folder + "/folds.npz", {"g1": one})
    ...     read_folds(folder + "/folds.npz")["g1"].chance[:, 0].tolist()
    [0.25, 0.25]
    """
    for story, p in predictions.items():
        _check(story, p)
    every = list(predictions.values())
    np.savez_compressed(
        Path(path),
        layout=np.asarray(LAYOUT),
        ids=np.asarray(list(predictions), dtype=np.str_),
        sentences=np.asarray([len(p.tension) for p in every], dtype=np.int32),
        chance=np.concatenate([_settled(p) for p in every]),
        tension=np.concatenate([_thousandths(p.tension) for p in every]),
        scales=np.asarray([p.scales for p in every], dtype=np.float32).round(3),
        choices=_thousandths(np.asarray([p.choices for p in every])),
        trained=np.asarray(sorted({*predictions, *trained}), dtype=np.str_),
        thresholds=np.asarray([_rounded_up(p.thresholds) for p in every], dtype=np.float32),
        opens=np.asarray([_rounded_up(p.opens) for p in every], dtype=np.float32),
    )


def read_folds(path: str | Path) -> dict[str, Prediction]:
    """Predictions by the id of their story, from `write_folds`.

    Raises
    ------
    MissingTagger
        If the file is missing, damaged or of another layout.
    """
    held = _held(path)
    ends = np.cumsum(held["sentences"])
    chance = np.split(held["chance"] / 1000, ends[:-1])
    tension = np.split(held["tension"] / 1000, ends[:-1])
    return {
        str(story): Prediction(
            chance[k],
            tension[k],
            held["scales"][k].astype(float),
            held["choices"][k] / 1000,
            held["thresholds"][k].astype(float).round(3),
            held["opens"][k].astype(float).round(3),
        )
        for k, story in enumerate(held["ids"])
    }


def read_trained(path: str | Path) -> set[str]:
    """Ids of the stories that the shipped model was trained on.

    Raises
    ------
    MissingTagger
        As `read_folds`.
    """
    return set(_held(path)["trained"].tolist())


def _held(path: str | Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file of this layout."""
    try:
        content = Path(path).read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            held = {name: file[name] for name in file.files}
        layout = int(held["layout"])
    except FileNotFoundError as error:
        raise MissingTagger(
            f"There are no predictions on folds in {path}; training writes them, and --model lets "
            "the shipped tagger read stories that it has not learned from."
        ) from error
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise _damaged(path) from error
    if layout != LAYOUT:
        raise MissingTagger(
            f"The predictions in {path} have layout {layout}, this version of storyscope reads "
            f"layout {LAYOUT}; use the file that came with it."
        )
    if not held.keys() >= ARRAYS:
        raise _damaged(path)
    return held


def _damaged(path: str | Path) -> MissingTagger:
    return MissingTagger(f"The predictions in {path} are damaged; check the file out again.")


def _check(story: str, p: Prediction) -> None:
    n = len(p.tension)
    wanted = {
        "chance": (n, len(FAMILIES)),
        "tension": (n,),
        "scales": (len(SCALES),),
        "choices": (ANSWERS,),
        "thresholds": (len(FAMILIES),),
        "opens": (len(FAMILIES),),
    }
    for name, shape in wanted.items():
        values = np.asarray(getattr(p, name))
        if values.shape != shape:
            raise ValueError(f"{name} of {story!r} has shape {values.shape}, not {shape}.")
        if not np.isfinite(values).all():
            raise ValueError(f"{name} of {story!r} holds values that are no numbers.")


def _thousandths(values: NDArray[np.float64]) -> NDArray[np.uint16]:
    return np.rint(np.clip(np.asarray(values, dtype=float), 0, 1) * 1000).astype(np.uint16)


def _rounded_up(thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.ceil(np.round(np.asarray(thresholds, dtype=float) * 1000, 6)) / 1000)


def _settled(p: Prediction) -> NDArray[np.uint16]:
    """Thousandths on the same side of both thresholds as the probability itself."""
    values = _thousandths(p.chance).astype(np.int64)
    for limits in (p.opens, p.thresholds):
        limit = np.rint(_rounded_up(limits) * 1000).astype(np.int64)
        over = p.chance >= limits
        values = np.where(over, np.maximum(values, limit), np.minimum(values, limit - 1))
    return np.clip(values, 0, 65535).astype(np.uint16)
