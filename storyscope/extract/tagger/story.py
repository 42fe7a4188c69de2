"""From sentences to the story: plain linear models over what the network says of its sentences.

Four hundred stories are too few to train a network on whole stories, and enough for a line through
some hundreds of well-chosen numbers. The numbers are the same in training and in use.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from storyscope.extract.tagger.labels import FAMILIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["story_numbers"]

_PARTS = 10


def story_numbers(
    sentence: NDArray[np.float32],
    story: NDArray[np.float32],
    cues: NDArray[np.float32],
    states: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Numbers of one story that its scales and choices are read from.

    Parameters
    ----------
    sentence : ndarray, shape (sentences, answers)
        Raw answers of the network: logits of the families first, then the tension.
    story : ndarray, shape (answers,)
        Raw answers for the story.
    cues : ndarray, shape (sentences, len(CUES))
        As `sentence_cues` gives them.
    states : ndarray, shape (sentences, width)
        Mean states of the encoder's frozen layers.

    Returns
    -------
    ndarray of float64, shape (numbers,)
        How much of each family is told (all through, in the first and last third, at most),
        the course of the tension, the network's own guesses, the parse's cues all through and at
        the end, and the mean states all through, in the first and in the last tenth.
    """
    n = len(sentence)
    told = 1 / (1 + np.exp(-np.asarray(sentence[:, : len(FAMILIES)], dtype=float)))
    tension = np.asarray(sentence[:, len(FAMILIES)], dtype=float)
    third, tenth = max(n // 3, 1), max(n // _PARTS, 1)
    cuts = np.linspace(0, n, _PARTS + 1).astype(int)
    course = [tension[a : max(b, a + 1)].mean() for a, b in itertools.pairwise(cuts)]
    return np.concatenate(
        [
            told.mean(0),
            told[:third].mean(0),
            told[-third:].mean(0),
            told.max(0),
            course,
            [tension.max(), tension.std(), np.log(n)],
            np.asarray(story, dtype=float),
            cues.mean(0),
            cues[-tenth:].mean(0),
            states.mean(0),
            states[:tenth].mean(0),
            states[-tenth:].mean(0),
        ]
    )
