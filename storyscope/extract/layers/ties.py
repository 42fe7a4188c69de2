"""Who is with whom: the people of every short stretch of a story, and the ties between them.

A stretch is a run of whole sentences of about `STRETCH` words, so that paragraphs, which writers
and formats break in their own ways, do not decide who stands beside whom. Somebody is present
where the narration mentions them or where they speak; a name inside a quotation is only talked of.
"""

from __future__ import annotations

from itertools import combinations
from math import exp, lgamma
from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.speakers import turns
from storyscope.extract.reading import Reading, Span, once

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["STRETCH", "Network", "Stretch", "chance_of_meeting", "network", "stretches"]

STRETCH = 60
"""Words at which a stretch is closed, with the sentence that reaches them."""


class Stretch(NamedTuple):
    """Tokens [start, end) of a few sentences and the entities present in them."""

    start: int
    end: int
    present: frozenset[int]


class Network(NamedTuple):
    """Ties between the recurrent people of a story.

    Attributes
    ----------
    people : list of int
        Entities, most mentioned first.
    weights : dict of (int, int) to int
        Stretches that two of them share; pairs in order of entity, those never met left out.
    seen : dict of int to int
        Stretches in which each is present.
    stretches : int
    """

    people: list[int]
    weights: dict[tuple[int, int], int]
    seen: dict[int, int]
    stretches: int

    def strength(self, person: int) -> int:
        """Weight of all ties of one person."""
        return sum(w for pair, w in self.weights.items() if person in pair)

    @property
    def total(self) -> int:
        """Weight of all ties."""
        return sum(self.weights.values())

    @property
    def centre(self) -> int:
        """Who is present most; ties go to whoever is mentioned more."""
        return max(self.people, key=lambda p: (self.seen[p], -self.people.index(p)))


@once
def stretches(reading: Reading) -> list[Stretch]:
    """Stretches in order, which together cover the story, with who is present.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> rain = "It rained and rained. " * 14
    >>> reading = read("Mara told Tom to go. Tom frowned. " + rain + rain + "Mara smiled at last.")
    >>> [len(s.present) for s in stretches(reading)]
    [2, 1]
    """
    quoted = reading.quoted
    here = [
        (m.head, m.entity) for m in reading.cast.mentions if m.entity >= 0 and not quoted[m.head]
    ]
    here += [(t.quotation.start, t.entity) for t in turns(reading) if t.entity >= 0]
    here.sort()
    found: list[Stretch] = []
    at = 0
    for start, end in _runs(reading):
        present = set()
        while at < len(here) and here[at][0] < end:
            present.add(here[at][1])
            at += 1
        found.append(Stretch(start, end, frozenset(present)))
    return found


def _runs(reading: Reading) -> list[Span]:
    """Runs of sentences of at least `STRETCH` words; a short rest joins the run before it."""
    words = reading.is_word.cumsum().tolist()
    runs: list[Span] = []
    start, before = 0, 0
    for sentence in reading.sentences:
        if words[sentence.end - 1] - before >= STRETCH:
            runs.append(Span(start, sentence.end))
            start, before = sentence.end, words[sentence.end - 1]
    if reading.n and words[-1] > before:
        if runs and words[-1] - before < STRETCH / 2:
            runs[-1] = Span(runs[-1].start, reading.n)
        else:
            runs.append(Span(start, reading.n))
    return runs


@once
def network(reading: Reading) -> Network:
    """Ties between everybody mentioned three times or more.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = "Mara shut the door. Tom saw Mara. Tom frowned. Mara sat, and Tom sat. "
    >>> found = network(read(story * 2))
    >>> [read(story).cast.entities[p].label for p in found.people], list(found.weights.values())
    (['Mara', 'Tom'], [1])
    """
    people = reading.cast.recurrent(3)
    return tie(people, [s.present for s in stretches(reading)])


def tie(people: list[int], present: Sequence[frozenset[int]]) -> Network:
    """The network of some people over the sets of those present."""
    wanted = set(people)
    weights: dict[tuple[int, int], int] = {}
    seen = dict.fromkeys(people, 0)
    for who in present:
        known = sorted(who & wanted)
        for person in known:
            seen[person] += 1
        for pair in combinations(known, 2):
            weights[pair] = weights.get(pair, 0) + 1
    return Network(people, weights, seen, len(present))


def chance_of_meeting(a: int, b: int, n: int) -> float:
    """Probability that two people present in `a` and in `b` of `n` stretches share one by chance.

    Hypergeometric: one minus the chance that all `b` fall outside the `a`.

    >>> chance_of_meeting(1, 1, 4), chance_of_meeting(3, 2, 4)
    (0.25, 1.0)
    """
    if a + b > n:
        return 1.0
    apart = lgamma(n - a + 1) - lgamma(n - a - b + 1) - lgamma(n + 1) + lgamma(n - b + 1)
    return round(1 - exp(apart), 12)
