"""Layers of events, settings and valence: a case, and a case one change away."""

import pytest

from storyscope.extract.layers.settings import (
    scenic_sentences,
    setting_passages,
    setting_scores,
    setting_sentences,
)
from storyscope.extract.layers.valence import valences
from storyscope.extract.reading import read


def told(reading, tokens):
    return [reading.lower[i] for i in tokens]


# ---------------------------------------------------------------- events


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("Petra opened the door and climbed the stairs.", ["opened", "climbed"]),
        ("Petra did not open the door.", []),
        ("Petra would open the door if he knocked.", []),
        ("Petra might have climbed out.", []),
        ("She opens the door. She climbs the stairs. She runs out.", ["opens", "climbs", "runs"]),
    ],
)
def test_events_are_what_happens(text, events):
    reading = read(text)
    assert told(reading, reading.events) == events


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("A row of poplars lined the canal.", True),
        ("Beyond the barn lay a wide brown field.", True),
        ("There was a rusty pump in the yard.", True),
        ("The room smelled of wax and old paper.", True),
        ("She crossed the yard to the rusty pump.", False),
        ("He opened the door of the barn.", False),
        ("There was a pause.", False),
        ("Was the field wide?", False),
        ("His eyes were two wells.", False),
        ("A city is not a heap of houses.", False),
    ],
)
def test_sentences_that_describe_a_place(text, described):
    assert bool(setting_sentences(read(text))) == described


def test_passages_join_neighbours():
    text = (
        "The road ran between two walls. Grey moss hung from the stones, and beyond the last gate "
        "lay the marsh. Anders walked on."
    )
    reading = read(text)
    (passage,) = setting_passages(reading)
    assert reading.text_of(passage).endswith("lay the marsh.")
    assert set(setting_sentences(reading)) <= set(scenic_sentences(reading))
    assert all(s.points >= 0 for s in setting_scores(reading))


def test_renaming_changes_no_setting():
    text = "{0} stood by the wall. Grey houses lined the street. {0} waited."
    found = [len(setting_sentences(read(text.format(n)))) for n in ("Ruth", "Bartholomew")]
    assert found == [1, 1]


# ---------------------------------------------------------------- valence


def test_a_negation_turns_a_rating_round():
    plain, negated = read("It was a happy day."), read("It was not a happy day.")
    (a,), (b,) = ([v for _, v in valences(r)] for r in (plain, negated))
    assert a > 0 > b
    assert valences(read('"Happy birthday," he said.')) == []
