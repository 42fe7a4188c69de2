"""Learn the weights by which "he" and "she" are tied, from LitBank's coreference gold.

    python corpora/litbank/train_pronouns.py litbank_gold.tar.gz

A conditional logistic regression over the candidates of each pronoun. What a pronoun sees depends
on how the ones before it were tied, so the weights are learned in rounds, on histories that they
tied themselves. They are learned from texts 1, 3, 5 ... in order of name, and scored on the others,
which `storyscope.validate.gold` holds out. Prints both accuracies and the weights for
``pronouns.py``.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from storyscope.extract.layers import cast as cast_layer
from storyscope.extract.layers import pronouns as pronoun_layer
from storyscope.extract.layers.cast import Entity, Mention
from storyscope.extract.layers.names import HE
from storyscope.extract.layers.pronouns import CUES, Candidates
from storyscope.extract.pipeline import load_pipeline
from storyscope.extract.reading import Reading
from storyscope.validate.gold import gold_people
from storyscope.validate.litbank import GoldText, parse_gold, read_litbank

STRENGTH = 1.0
"""Strength of the penalty on large weights."""
ROUNDS = 3


@dataclass
class Book:
    """A text before its pronouns are tied: mentions, entities, and who they are in the gold."""

    reading: Reading
    found: list[Mention]
    entities: list[tuple[str, str, bool]]
    gold: dict[int, str]
    meant: dict[int, str]


@dataclass
class Case:
    """One pronoun: cues of its candidates, which of them are right, and what was chosen."""

    cues: np.ndarray
    right: np.ndarray
    quoted: bool
    correct: bool


def main(path: str) -> None:
    """Learn the weights from one half of the books; print its accuracy, the other's, and them."""
    texts = read_litbank(path)
    readings = [Reading(doc) for doc in parse_gold(texts, load_pipeline())]
    report([_book(text, reading) for text, reading in zip(texts, readings, strict=True)])


def report(books: list[Book]) -> None:
    """Print accuracies on both halves and the weights learned from the first."""
    weights = learn(books[::2])
    for part, chosen in (("tuned", books[::2]), ("held out", books[1::2])):
        cases = [case for book in chosen for case in run(book, weights, teach=False)]
        for quoted in (False, True):
            correct = [case.correct for case in cases if case.quoted == quoted]
            print(f"{part}, {'in quotations' if quoted else 'in narration'}: "
                  f"{np.mean(correct):.3f} of {len(correct)}")  # fmt: skip
    for name, weight in zip(CUES, weights, strict=True):
        print(f'    "{name}": {round(float(weight), 2)},')


def _book(text: GoldText, reading: Reading) -> Book:
    kept: dict[str, list] = {}

    def keep(reading: Reading, found: list, entities: list, entity_of: dict) -> float:
        kept["found"] = list(found)
        kept["entities"] = [(e.label, e.gender, e.named) for e in entities]
        return float("nan")

    real = cast_layer.resolve
    cast_layer.resolve = keep
    try:
        cast_layer.find_cast(reading)
    finally:
        cast_layer.resolve = real
    gold = gold_people(text, reading)
    votes: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for mention in kept["found"]:
        if mention.entity >= 0 and mention.kind != "pronoun" and mention.head in gold:
            votes[mention.entity][gold[mention.head]] += 1
    meant = {e: counted.most_common(1)[0][0] for e, counted in votes.items()}
    return Book(reading, kept["found"], kept["entities"], gold, meant)


def run(book: Book, weights: np.ndarray, *, teach: bool) -> list[Case]:
    """Tie a book's pronouns; with `teach` the history is the gold's, else what was chosen."""
    candidates = Candidates(book.reading, [Entity(*told) for told in book.entities])
    cases = []
    for mention in book.found:
        i = mention.head
        gender = HE.get(book.reading.lower[i]) if mention.kind == "pronoun" else None
        if gender is None:
            if mention.entity >= 0 and book.entities[mention.entity][0] != "I":
                candidates.add(i, mention.entity, mention.kind)
            continue
        options = candidates.cues(i, gender)
        chosen = pronoun_layer.best(candidates, i, gender, weights.tolist())
        told = book.gold.get(i)
        right = np.array([bool(told) and book.meant.get(e) == told for e, _ in options])
        if told:
            cues = np.array([row for _, row in options], dtype=float).reshape(-1, len(CUES))
            correct = book.meant.get(chosen) == told
            cases.append(Case(cues, right, candidates.quoted[i], correct))
        if teach and right.any():
            scores = np.array([row for _, row in options], dtype=float) @ weights
            chosen = options[int(np.where(right, scores, -np.inf).argmax())][0]
        if chosen >= 0:
            candidates.tie(i, chosen, gender)
    return cases


def learn(books: list[Book]) -> np.ndarray:
    """Weights learned from books, first on gold histories, then on their own."""
    weights = np.zeros(len(CUES))
    weights[0] = -1.0
    weights = _fit([case for book in books for case in run(book, weights, teach=True)], weights)
    for _ in range(ROUNDS):
        cases = [
            case for book in books for t in (True, False) for case in run(book, weights, teach=t)
        ]
        weights = _fit(cases, weights)
    return weights


def _fit(cases: list[Case], start: np.ndarray) -> np.ndarray:
    from scipy.optimize import minimize

    useful = [(c.cues, c.right) for c in cases if c.right.any() and len(c.right) > 1]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, gradient = 0.0, np.zeros_like(weights)
        for cues, right in useful:
            scores = cues @ weights
            p = np.exp(scores - scores.max())
            p /= p.sum()
            picked = np.where(right, p, 0)
            mass = picked.sum() + 1e-12
            total -= np.log(mass)
            gradient += cues.T @ (p - picked / mass)
        return total + STRENGTH * weights @ weights / 2, gradient + STRENGTH * weights

    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x


if __name__ == "__main__":
    main(sys.argv[1])
