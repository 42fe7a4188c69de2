"""Readings and texts as training sees them: the product's own sentences with their labels.

The gold readings number the sentences of a segmentation of their own. Training and use must see
the same sentences, so every sentence of ours takes the labels of the gold sentence that it
overlaps most; `Example.place` maps answers back for the figures.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from storyscope.extract.annotate import readings
from storyscope.extract.tagger.cues import sentence_cues
from storyscope.extract.tagger.labels import ALONE, CHOICES, DIRECTIONS, FAMILIES, SCALES, SIZES
from storyscope.extract.tagger.windows import word_pieces
from storyscope.extract.tagger.words import words_read

RARE = "readings_rare"
MORE = Path(__file__).resolve().parent / "readings_more.jsonl.gz"
"""Readings of further stories, in the form of the gold files; made under the same brief."""


@dataclass
class Labels:
    """What a reader said; a row is a gold sentence, NaN or -1 where nothing was asked."""

    told: np.ndarray
    size: np.ndarray
    direction: np.ndarray
    tension: np.ndarray
    scales: np.ndarray
    choices: np.ndarray


@dataclass
class Example:
    """One story with its sentences as the product cuts them, and its gold labels."""

    id: str
    rare: bool
    added: bool
    corpus: str
    group: str
    pieces: list[list[int]]
    cues: np.ndarray
    owner: np.ndarray
    place: np.ndarray
    gold: Labels
    second: Labels | None
    tenths: list[int]
    lower: list[list[Any]] = field(default_factory=list)

    def targets(self) -> Labels:
        """Labels of our sentences; the mean of two readings where there are two."""
        gold, own = self.gold, self.owner
        told, tension, scales = gold.told[own].copy(), gold.tension[own] / 10, gold.scales.copy()
        if self.second is not None:
            told = (told + self.second.told[own]) / 2
            tension = (tension + self.second.tension[own] / 10) / 2
            scales = (scales + self.second.scales) / 2
        for family in ALONE:
            column = told[:, FAMILIES.index(family)]
            for i in np.flatnonzero(np.nan_to_num(column) > 0):
                parts = np.flatnonzero(own == own[i])
                longest = parts[np.argmax([len(self.pieces[p]) for p in parts])]
                if i != (parts[0] if family == "skip" else longest):
                    column[i] = 0
        return Labels(told, gold.size[own], gold.direction[own], tension, scales, gold.choices)

    @property
    def size(self) -> int:
        """Word pieces of the story."""
        return sum(map(len, self.pieces))


def labels(row: dict[str, Any], rare: bool) -> Labels:
    """Labels of a line of the gold files."""
    n, said = len(row["sentences"]), row["reading"]
    told = np.full((n, len(FAMILIES)), np.nan, np.float32)
    size, direction = np.full(n, -1), np.full(n, -1)
    for k, family in enumerate(FAMILIES):
        if family not in said:
            continue
        told[:, k] = 0
        for mark in said[family]:
            if family in ALONE:
                told[mark[0] - 1, k] = 1
                into, names = (size, SIZES) if family == "skip" else (direction, DIRECTIONS)
                into[mark[0] - 1] = names.index(mark[1])
            else:
                told[mark[0] - 1 : mark[1], k] = 1
    tension = np.full(n, np.nan, np.float32)
    scales = np.full(len(SCALES), np.nan, np.float32)
    choices = np.full(len(CHOICES), -1)
    if not rare:
        start = 0
        for value, end in zip(said["tension"], row["tenths"], strict=True):
            tension[start:end] = value
            start = end
        values = {
            **said,
            "stakes_start": said["stakes"][0],
            "stakes_end": said["stakes"][1],
            "coincidence": ("no", "yes")[said["coincidence"]],
            "twist": ("no", "yes")[said["twist"]],
        }
        for k, (name, (low, high)) in enumerate(SCALES.items()):
            scales[k] = (min(values[name], high) - low) / (high - low)
        for k, (name, answers) in enumerate(CHOICES.items()):
            choices[k] = answers.index(values[name]) if values[name] in answers else -1
    return Labels(told, size, direction, tension, scales, choices)


def overlaps(ours: list[tuple[int, int]], gold: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """For each of our sentences its gold sentence, and for each gold sentence ours; -1 for none."""
    owner, place = np.full(len(ours), -1), np.full(len(gold), -1)
    best = [0] * len(gold)
    first = 0
    for i, (start, end) in enumerate(ours):
        most = 0
        while first < len(gold) and gold[first][1] <= start:
            first += 1
        for j in range(first, len(gold)):
            if gold[j][0] >= end:
                break
            shared = min(end, gold[j][1]) - max(start, gold[j][0])
            if shared > most:
                most, owner[i] = shared, j
            if shared > best[j]:
                best[j], place[j] = shared, i
    return owner, place


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def examples(gold: Path, corpora: Path, tokenizer: Tokenizer) -> Iterator[Example]:
    """All readings that have a text, in the order of their files: the gold ones, then the added."""
    texts: dict[str, str] = {}
    loaded: set[str] = set()
    second = {r["sha256"]: labels(r, False) for r in lines(gold / "readings_second.jsonl.gz")}
    for path in (gold / "readings.jsonl.gz", gold / f"{RARE}.jsonl.gz", MORE):
        for row in lines(path):
            if row["corpus"] not in loaded:
                loaded.add(row["corpus"])
                for story in lines(corpora / f"{row['corpus']}.jsonl.gz"):
                    digest = hashlib.sha256(story["text"].encode()).hexdigest()
                    texts[digest] = story["text"]
            opened = next(readings([texts[row["sha256"]]], tagger=False, cache=True))
            reading, rare = opened.reading, path.name.startswith(RARE)
            spans = [reading.characters(s) for s in reading.sentences]
            owner, place = overlaps([opened.normalised.offset(*s) for s in spans], row["sentences"])
            family = "slop" if row["corpus"].startswith("slop") else row["corpus"]
            yield Example(
                row["id"],
                rare,
                path == MORE,
                row["corpus"],
                f"{family}/{row['prompt_id']}",
                word_pieces(tokenizer, words_read(reading)),
                sentence_cues(reading),
                owner,
                place,
                labels(row, rare),
                second.get(row["sha256"]) if path != MORE and not rare else None,
                row["tenths"],
            )


def folds(found: list[Example], number: int) -> np.ndarray:
    """Fold of every example: all stories of a prompt in one, whatever other stories there are."""
    return np.array(
        [int(hashlib.sha256(e.group.encode()).hexdigest(), 16) % number for e in found], dtype=int
    )
