"""Readings made up for tests: a few short stories in our own words, and what a reader says of them."""

import gzip
import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pytest

from storyscope.extract.tagger import CHOICES, FAMILIES, SCALES, Tags
from storyscope.extract.tagger.folds import ANSWERS, Prediction

SENTENCES = (
    "Ida shut the gate.",
    "She dreamt of the mill that night.",
    "In the dream the wheel ran backwards.",
    "Her face was long and brown.",
    '"Give it back," she told him.',
    "He would not.",
    "Every spring they quarrelled so.",
    "A week later the mill was sold.",
    "She saw that she had never wanted it.",
    "The gate hung open.",
)
TENTHS = list(range(1, 11))


def told(*families, n=10):
    """Sentences of each family: `told(("dream", [1, 2]))` counts from 0."""
    table = np.zeros((n, len(FAMILIES)), dtype=bool)
    for family, where in families:
        table[where, FAMILIES.index(family)] = True
    return table


def prediction(chance, tension=None, scales=None, choices=None, threshold=0.5):
    """A prediction from probabilities of sentences, in the middle of everything else."""
    chance = np.asarray(chance, dtype=float)
    middle = [(low + high) / 2 for low, high in SCALES.values()]
    return Prediction(
        chance,
        np.linspace(0, 1, len(chance)) if tension is None else np.asarray(tension, dtype=float),
        np.asarray(middle if scales is None else scales, dtype=float),
        np.zeros(ANSWERS) if choices is None else choices,
        np.full(len(FAMILIES), threshold),
        np.full(len(FAMILIES), threshold),
    )


def row(k, corpus="tales", source="human", **said):
    """One line of a file of readings, with its text."""
    text = f"{k}. " + " ".join(SENTENCES)
    sentences, at = [], len(f"{k}. ")
    for sentence in SENTENCES:
        sentences.append([at, at + len(sentence), 0])
        at += len(sentence) + 1
    reading = {f: [] for f in FAMILIES}
    reading |= dict.fromkeys(SCALES, 2) | {c: answers[0] for c, answers in CHOICES.items()}
    reading |= {"end_valence": 0, "coincidence": 0, "twist": 0, "stakes": [1, 2 + k % 3]}
    reading |= {"tension": [(k + t) % 7 for t in range(10)], "closure": k % 5}
    reading |= said
    return {
        "id": f"t{k}", "corpus": corpus, "source": source, "prompt_id": "p1", "tenths": TENTHS,
        "sha256": hashlib.sha256(text.encode()).hexdigest(), "sentences": sentences,
        "reading": reading, "text": text,
    }  # fmt: skip


def rows(n=24):
    """Stories by people and models, in two corpora; some tell a dream, all have a turn or two."""
    made = []
    for k in range(n):
        said = {"dream": [[2, 3]] if k % 4 == 0 else [], "looks": [[4, 4]] if k % 3 else [],
                "flashback": [[7, 7, "brief"]] if k % 2 else [], "skip": [[8, "weeks"]],
                "turn": [[6, "-"]] + ([[8, "?"]] if k % 2 else []), "habit": [[7, 7]],
                "shape": "flat" if k % 2 else "wave", "twist": int(k % 5 == 0),
                "conflict": [[5, 5 + k % 3]]}  # fmt: skip
        made.append(
            row(k, "tales" if k % 2 else "fables", "human" if k % 3 == 0 else "gpt", **said)
        )
    return made


def write(folder, made, name="readings.jsonl.gz"):
    """Write readings, without their texts."""
    folder.mkdir(exist_ok=True)
    with gzip.open(folder / name, "wt", encoding="utf-8") as file:
        for one in made:
            file.write(json.dumps({k: v for k, v in one.items() if k != "text"}) + "\n")
    return folder


def write_corpora(folder, made):
    """Write the texts, a file a corpus."""
    folder.mkdir(exist_ok=True)
    for corpus in {one["corpus"] for one in made}:
        with gzip.open(folder / f"{corpus}.jsonl.gz", "wt", encoding="utf-8") as file:
            for one in made:
                if one["corpus"] == corpus:
                    file.write(json.dumps({"text": one["text"], "source": one["source"]}) + "\n")
    return folder


@pytest.fixture
def made_up():
    """The functions of this file."""
    return SimpleNamespace(
        told=told, prediction=prediction, row=row, rows=rows, write=write,
        write_corpora=write_corpora,
    )  # fmt: skip


@pytest.fixture
def word_tagger(monkeypatch):
    """A tagger that goes by words: "dream" is a dream, "face" looks, a quotation conflict."""
    words = {"dream": "dream", "face": "looks", '"': "conflict"}

    def tag(reading):
        texts = [reading.text_of(s) for s in reading.sentences]
        hits = {
            family: [(k, k) for k, text in enumerate(texts) if word in text]
            for word, family in words.items()
        }
        return Tags.of_labels(len(texts), hits, tension=[0.5] * len(texts))

    def none_kept(_):
        raise ValueError

    tagger = SimpleNamespace(tag=tag, version="words", to_bytes=lambda _: b"", from_bytes=none_kept)
    monkeypatch.setattr("storyscope.extract.tagger.load_tagger", lambda: tagger)
