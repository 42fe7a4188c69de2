"""Readings of whole stories, and the texts they are of."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.errors import CorpusError
from storyscope.extract.tagger.folds import ANSWERS, Prediction
from storyscope.extract.tagger.labels import ALONE, CHOICES, FAMILIES, SCALES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["READINGS", "SECOND", "Story", "find_texts", "read_stories"]

READINGS = "readings.jsonl.gz"
SECOND = "readings_second.jsonl.gz"
PEOPLE = "human"
"""The source that stands for people."""


@dataclass(frozen=True)
class Story:
    """One story as a reader read it.

    Attributes
    ----------
    id, corpus, source, sha256, prompt_id : str
        The hash is that of the text in UTF-8.
    sentences : list of (int, int)
        Characters [start, end) of the text as the corpus gives it.
    tenths : list of int
        Sentences up to the end of each tenth, counted from the beginning; ten numbers.
    told : ndarray of bool, shape (sentences, len(FAMILIES))
    tension : ndarray, shape (10,)
        From 0 to 10, for each tenth.
    scales : ndarray, shape (len(SCALES),)
    choices : ndarray of int, shape (len(CHOICES),)
        Index of the answer.
    """

    id: str
    corpus: str
    source: str
    sha256: str
    sentences: list[tuple[int, int]]
    tenths: list[int]
    told: NDArray[np.bool_]
    tension: NDArray[np.float64]
    scales: NDArray[np.float64]
    choices: NDArray[np.int64]
    prompt_id: str = ""

    @property
    def by_people(self) -> bool:
        """Whether a person wrote it."""
        return self.source == PEOPLE

    def as_prediction(self) -> Prediction:
        """The reading as if the tagger had said it, to hold one reading against another."""
        answers = np.zeros(ANSWERS)
        at = 0
        for k, names in enumerate(CHOICES.values()):
            answers[at + self.choices[k]] = 1
            at += len(names)
        tension = np.zeros(len(self.sentences))
        start = 0
        for end, level in zip(self.tenths, self.tension, strict=True):
            tension[start:end] = level / 10
            start = max(start, end)
        limits = np.full(len(FAMILIES), 0.5)
        return Prediction(self.told.astype(float), tension, self.scales, answers, limits, limits)


def read_stories(folder: str | Path, name: str = READINGS) -> list[Story]:
    """Readings of a folder, in their order.

    Raises
    ------
    CorpusError
        If the file is missing, or a line of it is not a whole reading.
    """
    path = Path(folder) / name
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise CorpusError(
            f"There are no readings in {path}; name the folder that holds {name} with --readings."
        ) from error
    stories = []
    for number, line in enumerate(lines, 1):
        try:
            stories.append(_story(json.loads(line)))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise CorpusError(
                f"Line {number} of {path} is not a whole reading ({type(error).__name__}: {error}); "
                "it needs sentences, tenths and a reading with every family, scale and choice."
            ) from error
    if not stories:
        raise CorpusError(f"{path} holds no readings.")
    return stories


def _story(row: Mapping[str, Any]) -> Story:
    said = row["reading"]
    sentences = [(int(a), int(b)) for a, b, *_ in row["sentences"]]
    told = np.zeros((len(sentences), len(FAMILIES)), dtype=bool)
    for k, family in enumerate(FAMILIES):
        for first, last in _ranges(family, said[family]):
            if not 1 <= first <= last <= len(sentences):
                raise ValueError(f"{family} names sentence {last} of {len(sentences)}")
            told[first - 1 : last, k] = True
    tenths, tension = [int(t) for t in row["tenths"]], np.asarray(said["tension"], dtype=float)
    if len(tenths) != 10 or tension.shape != (10,):
        raise ValueError("ten tenths and ten tensions are needed")
    numbers = {**said, "stakes_start": said["stakes"][0], "stakes_end": said["stakes"][1]}
    scales = [min(max(float(numbers[s]), low), high) for s, (low, high) in SCALES.items()]
    choices = [_answer(said[name], answers) for name, answers in CHOICES.items()]
    return Story(
        str(row["id"]), row["corpus"], row["source"], row["sha256"], sentences, tenths, told,
        tension, np.asarray(scales), np.asarray(choices), str(row.get("prompt_id", "")),
    )  # fmt: skip


def _ranges(family: str, said: Sequence[Any]) -> Iterator[tuple[int, int]]:
    for item in said:
        yield (item[0], item[0]) if family in ALONE else (item[0], item[1])


def _answer(said: Any, answers: Sequence[str]) -> int:
    return int(said) if isinstance(said, int) else answers.index(said)


def find_texts(stories: Iterable[Story], folder: str | Path) -> dict[str, str]:
    """Texts of stories by their hash, from the corpora.

    Raises
    ------
    CorpusError
        If a corpus is missing, or does not hold a text.
    """
    wanted: dict[str, dict[str, str]] = {}
    for story in stories:
        wanted.setdefault(story.corpus, {})[story.sha256] = story.id
    found: dict[str, str] = {}
    for corpus, ids in wanted.items():
        path = Path(folder) / f"{corpus}.jsonl.gz"
        if not path.is_file():
            raise CorpusError(
                f"The texts of {len(ids)} readings are missing: there is no {path}; name the "
                "folder of the corpora with --corpora."
            )
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                text = json.loads(line)["text"]
                key = hashlib.sha256(text.encode("utf-8")).hexdigest()
                if key in ids:
                    found[key] = text
        lost = [story_id for key, story_id in ids.items() if key not in found]
        if lost:
            raise CorpusError(
                f"{path} does not hold the text of {len(lost)} of {len(ids)} readings (the first "
                f"is {lost[0]}): it is another version of the corpus than the one that was read."
            )
    return found
