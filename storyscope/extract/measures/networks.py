"""Social networks: who is with whom, who talks to whom, and what they are to each other."""

from __future__ import annotations

from storyscope.extract.layers.ties import chance_of_meeting, network, stretches
from storyscope.extract.measures import NOT_DEFINED, Measured, measures, number, share
from storyscope.extract.reading import Reading

LEAST_STRETCHES = 6
"""Stretches of a story under which who is with whom is not asked."""


@measures("SOC_SIZ_01")
def company(reading: Reading) -> Measured:
    """Mean number of people present in a stretch, among stretches with anybody."""
    peopled = [s for s in stretches(reading) if s.present]
    if len(peopled) < LEAST_STRETCHES:
        return NOT_DEFINED
    spans = [s[:2] for s in peopled]
    return number(sum(len(s.present) for s in peopled) / len(peopled), spans)


@measures("SOC_SOL_01")
def solitude(reading: Reading) -> Measured:
    """Share of the stretches with people in which one person is alone."""
    peopled = [s for s in stretches(reading) if s.present]
    alone = [s[:2] for s in peopled if len(s.present) == 1]
    return share(alone, len(peopled), LEAST_STRETCHES)


@measures("SOC_NET_01")
def density(reading: Reading) -> Measured:
    """Pairs that meet, less the pairs that would if everybody's stretches were shuffled."""
    found = network(reading)
    n = len(found.people)
    if n < 3 or found.stretches < LEAST_STRETCHES:
        return NOT_DEFINED
    pairs = n * (n - 1) / 2
    by_chance = sum(
        chance_of_meeting(found.seen[a], found.seen[b], found.stretches)
        for k, a in enumerate(found.people)
        for b in found.people[k + 1 :]
    )
    return number((len(found.weights) - by_chance) / pairs)
