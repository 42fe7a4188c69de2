"""What the tagger says of one story, and the passages that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from storyscope.extract.tagger.labels import ALONE, CHOICES, DIRECTIONS, FAMILIES, SCALES, SIZES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Passage", "Tags", "runs_told"]


class Passage(NamedTuple):
    """A run of sentences in which one thing is told.

    Attributes
    ----------
    first, last : int
        Sentences [first, last], both within.
    family : str
        One of `FAMILIES`.
    chance : float
        Highest calibrated probability among its sentences, 0 to 1.
    """

    first: int
    last: int
    family: str
    chance: float


def runs_told(
    chance: NDArray[np.floating[Any]], threshold: float, opens: float, alone: bool = False
) -> list[tuple[int, int]]:
    """Runs of sentences [first, last] over a threshold that somewhere reach `opens`.

    With two thresholds a doubtful sentence lengthens a passage and never makes one: of things that
    few stories tell, most lone doubtful sentences tell something else.

    Parameters
    ----------
    chance : ndarray, shape (sentences,)
        Probabilities of one family.
    threshold, opens : float
        From 0 to 1; an `opens` under the threshold changes nothing.
    alone : bool
        Every sentence is a passage of its own.

    Examples
    --------
    >>> runs_told(np.array([0.2, 0.3, 0.9, 0.1, 0.3]), 0.25, 0.6)
    [(1, 2)]
    """
    runs: list[tuple[int, int]] = []
    for i in np.flatnonzero(chance >= threshold).tolist():
        if runs and not alone and runs[-1][1] == i - 1:
            runs[-1] = (runs[-1][0], i)
        else:
            runs.append((i, i))
    return [(a, b) for a, b in runs if chance[a : b + 1].max() >= opens]


@dataclass(frozen=True)
class Tags:
    """Answers of the tagger for one story; rows are sentences in order.

    Attributes
    ----------
    chance : ndarray of float32, shape (sentences, len(FAMILIES))
        Calibrated probability that a sentence tells something of a family, 0 to 1.
    tension : ndarray of float32, shape (sentences,)
        How strained or dangerous the story is there, 0 to 1.
    sizes : ndarray of float32, shape (sentences, len(SIZES))
        If time skips at this sentence, how far: probabilities that add up to 1.
    directions : ndarray of float32, shape (sentences, len(DIRECTIONS))
        If the situation turns at this sentence, where to: probabilities that add up to 1.
    scales : mapping of str to float
        Expected value of every scale of `SCALES`, within its range.
    choices : mapping of str to mapping of str to float
        Probability of every answer of every choice of `CHOICES`.
    thresholds : mapping of str to float
        Probability from which a sentence counts, by family.
    opens : mapping of str to float
        Probability that a passage reaches somewhere, at least the threshold, by family.
    corrections : mapping of str to float
        Precision over recall of a rare family on folds, 1 for the others: what a count is
        multiplied by, so that its mean over stories is right.
    """

    chance: NDArray[np.float32]
    tension: NDArray[np.float32]
    sizes: NDArray[np.float32]
    directions: NDArray[np.float32]
    scales: Mapping[str, float]
    choices: Mapping[str, Mapping[str, float]]
    thresholds: Mapping[str, float]
    opens: Mapping[str, float]
    corrections: Mapping[str, float]

    def of(self, family: str) -> NDArray[np.float32]:
        """Probability of one family for every sentence."""
        return self.chance[:, FAMILIES.index(family)]

    def told(self, family: str) -> list[Passage]:
        """Runs of sentences over the family's threshold that somewhere reach what opens a passage.

        Skips and turns are single moments, so neighbouring sentences are passages of their own.

        Examples
        --------
        >>> tags = Tags.of_labels(4, {"dream": [(1, 2)]})
        >>> [(p.first, p.last, p.chance) for p in tags.told("dream")]
        [(1, 2, 1.0)]
        """
        chance = self.of(family)
        runs = runs_told(chance, self.thresholds[family], self.opens[family], family in ALONE)
        return [Passage(a, b, family, float(chance[a : b + 1].max())) for a, b in runs]

    def size(self, sentence: int) -> str:
        """Likeliest size of a skip at a sentence."""
        return SIZES[int(self.sizes[sentence].argmax())]

    def direction(self, sentence: int) -> str:
        """Likeliest direction of a turn at a sentence."""
        return DIRECTIONS[int(self.directions[sentence].argmax())]

    def choice(self, name: str) -> str:
        """Likeliest answer of a choice."""
        answers = self.choices[name]
        return max(answers, key=lambda a: answers[a])

    @classmethod
    def of_labels(
        cls,
        sentences: int,
        told: Mapping[str, list[tuple[int, int]]] | None = None,
        *,
        tension: list[float] | None = None,
        sizes: Mapping[int, str] | None = None,
        directions: Mapping[int, str] | None = None,
        scales: Mapping[str, float] | None = None,
        choices: Mapping[str, str] | None = None,
    ) -> Tags:
        """Tags that say what a reader said, each with certainty; ranges are [first, last].

        What is not given is told nowhere, calm, in the middle of its scale, or the first answer.
        """
        chance = np.zeros((sentences, len(FAMILIES)), dtype=np.float32)
        for family, ranges in (told or {}).items():
            for first, last in ranges:
                chance[first : last + 1, FAMILIES.index(family)] = 1
        size = np.zeros((sentences, len(SIZES)), dtype=np.float32)
        size[:, -1] = 1
        for sentence, name in (sizes or {}).items():
            size[sentence] = np.eye(len(SIZES), dtype=np.float32)[SIZES.index(name)]
        direction = np.zeros((sentences, len(DIRECTIONS)), dtype=np.float32)
        direction[:, -1] = 1
        for sentence, name in (directions or {}).items():
            direction[sentence] = np.eye(len(DIRECTIONS), dtype=np.float32)[DIRECTIONS.index(name)]
        return cls(
            chance,
            np.asarray(tension if tension is not None else [0.0] * sentences, dtype=np.float32),
            size,
            direction,
            {s: (scales or {}).get(s, (low + high) / 2) for s, (low, high) in SCALES.items()},
            {
                name: {a: float(a == (choices or {}).get(name, answers[0])) for a in answers}
                for name, answers in CHOICES.items()
            },
            dict.fromkeys(FAMILIES, 0.5),
            dict.fromkeys(FAMILIES, 0.5),
            dict.fromkeys(FAMILIES, 1.0),
        )
