"""Whom "he" and "she" mean: the most salient person of fitting gender.

Every person spoken of in the last few sentences is a candidate. What speaks for each is weighed
by a conditional logistic regression whose weights were learned from one half of LitBank's
coreference gold by ``python corpora/litbank/train_pronouns.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log
from operator import mul
from typing import TYPE_CHECKING

from storyscope.extract.layers.names import FEMALE, HE, MALE

if TYPE_CHECKING:
    from storyscope.extract.layers.cast import Entity, Mention
    from storyscope.extract.reading import Reading

__all__ = ["CUES", "Candidates", "best", "resolve"]

REACH = 250
"""Tokens back that a pronoun looks for whom it means."""
SUBJECT = ("nsubj", "nsubjpass")
_HALF = 0.6
"""What is left of somebody's salience after one sentence without a mention."""

_LEARNED = {
    "log distance": -0.23,
    "distance": -0.12,
    "same sentence": 1.66,
    "sentence before": 0.8,
    "two sentences before": 0.11,
    "last was subject": 0.12,
    "last was possessor": 0.17,
    "last was name": -0.24,
    "last was pronoun": 0.06,
    "often": 0.23,
    "salience": 0.53,
    "gender known": 0.9,
    "gender leans": 0.56,
    "named": 0.28,
    "other side of a quotation mark": -2.56,
    "co-argument": -2.07,
    "both subjects": 0.17,
    "subject of its clause": -0.73,
    "nearest": 0.37,
    "last he or she": -0.05,
    "whole story's most": 0.09,
    "quoted and other side": 0.67,
    "possessor of subject's": 0.9,
    "object after subject": -0.3,
}
CUES, WEIGHTS = tuple(_LEARNED), tuple(_LEARNED.values())


class Candidates:
    """Who has been spoken of so far, and how salient each is."""

    def __init__(self, reading: Reading, entities: list[Entity]):
        self.reading, self.entities = reading, entities
        self.quoted: list[bool] = reading.quoted.tolist()
        self.last: dict[int, int] = {}  # entity -> token of its last mention
        self.kind: dict[int, str] = {}
        self.count: Counter[int] = Counter()
        self.leaning: Counter[int] = Counter()  # female minus male pronouns tied so far
        self.salience: dict[int, tuple[int, float]] = {}  # entity -> sentence, weight then
        self.latest = {FEMALE: -1, MALE: -1}  # entity of the last "she" and of the last "he"
        self.order: list[int] = []  # entities by last mention, most recent last

    def gender(self, e: int) -> str:
        """Gender of an entity: told, or that of most pronouns tied to it so far."""
        return (
            self.entities[e].gender
            or (self.leaning[e] > 0) * FEMALE
            or (self.leaning[e] < 0) * MALE
        )

    def add(self, i: int, e: int, kind: str) -> None:
        """Note a mention of an entity."""
        reading = self.reading
        self.last[e], self.kind[e] = i, kind
        self.count[e] += 1
        sentence = reading.sentence_of[i]
        weight = 2.0 if reading.dep[i] in SUBJECT else 1.0
        self.salience[e] = (sentence, self._now(e, sentence) + weight)
        if self.order and self.order[-1] == e:
            return
        if e in self.order[-12:]:
            self.order.remove(e)
        self.order.append(e)

    def tie(self, i: int, e: int, gender: str) -> None:
        """Note a pronoun that was tied to an entity."""
        self.leaning[e] += 1 if gender == FEMALE else -1
        self.latest[gender] = e
        self.add(i, e, "pronoun")

    def _now(self, e: int, sentence: int) -> float:
        then, weight = self.salience.get(e, (sentence, 0.0))
        return weight * _HALF ** min(sentence - then, 12)

    def fitting(self, i: int, gender: str) -> list[int]:
        """Entities of fitting or unknown gender within reach, most recent first."""
        found: list[int] = []
        for e in reversed(self.order):
            if i - self.last[e] > REACH:
                break
            if self.gender(e) in ("", gender) and e not in found:
                found.append(e)
        return found

    def cues(self, i: int, gender: str) -> list[tuple[int, list[float]]]:
        """What speaks for and against each fitting entity."""
        reading = self.reading
        dep, head, lower = reading.dep, reading.head, reading.lower
        relation, governor = dep[i], head[i]
        sentence, quoted = reading.sentence_of[i], self.quoted[i]
        subject = self._subject_above(i)
        most = max(self.count.values(), default=0)
        rows = []
        for rank, e in enumerate(self.fitting(i, gender)):
            token, kind = self.last[e], self.kind[e]
            apart = sentence - reading.sentence_of[token]
            was = dep[token]
            as_subject = was in SUBJECT
            across = self.quoted[token] != quoted
            told = self.entities[e].gender
            rows.append((e, [
                log(1 + i - token), (i - token) / 50, apart == 0, apart == 1, apart == 2,
                as_subject, was in ("poss", "compound"), kind == "name", kind == "pronoun",
                log(1 + self.count[e]), log(1 + self._now(e, sentence)),
                told == gender, not told and self.leaning[e] != 0, self.entities[e].named, across,
                head[token] == governor and not lower[i].endswith("self") and relation not in ("poss", *SUBJECT),
                as_subject and relation in SUBJECT, token == subject and relation not in SUBJECT,
                rank == 0, self.latest[gender] == e, self.count[e] == most, across and quoted,
                token == subject and relation == "poss", as_subject and apart == 0 and relation in ("dobj", "pobj"),
            ]))  # fmt: skip
        return rows

    def _subject_above(self, i: int) -> int:
        """Subject of the clause that a pronoun stands in, -1 if that is the pronoun itself."""
        reading = self.reading
        verb = reading.head[i]
        for _ in range(5):
            if reading.pos[verb] in ("VERB", "AUX"):
                subject = reading.child(verb, *SUBJECT)
                if subject is not None or reading.dep[verb] not in ("conj", "xcomp", "advcl"):
                    return -1 if subject is None or subject == i else subject
            verb = reading.head[verb]
        return -1


def resolve(
    reading: Reading, found: list[Mention], entities: list[Entity], entity_of: dict[int, int]
) -> float:
    """Tie "he" and "she" to entities, in place; returns the share in narration that was tied.

    An entity whose gender is open takes that of the majority of pronouns tied to it so far.
    """
    candidates = Candidates(reading, entities)
    tied = total = 0
    for k, mention in enumerate(found):
        i = mention.head
        gender = HE.get(reading.lower[i]) if mention.kind == "pronoun" else None
        if gender is None:
            if mention.entity >= 0 and entities[mention.entity].label != "I":
                candidates.add(i, mention.entity, mention.kind)
            continue
        told = not candidates.quoted[i]
        total += told
        e = best(candidates, i, gender)
        if e >= 0:
            found[k] = mention._replace(entity=e)
            entity_of[i] = e
            tied += told
            candidates.tie(i, e, gender)
    for e, entity in enumerate(entities):
        entity.gender = candidates.gender(e)
    return tied / total if total else float("nan")


def best(candidates: Candidates, i: int, gender: str, weights: Sequence[float] = WEIGHTS) -> int:
    """The entity that a pronoun most likely means, -1 where nobody fits."""
    chosen, highest = -1, float("-inf")
    for e, cues in candidates.cues(i, gender):
        score = sum(map(mul, weights, cues))
        if score > highest:
            chosen, highest = e, score
    if chosen < 0:  # nobody near: the one spoken of most so far
        fitting = [e for e in candidates.count if candidates.gender(e) in ("", gender)]
        chosen = max(fitting, key=lambda e: (candidates.count[e], -e), default=-1)
    return chosen
