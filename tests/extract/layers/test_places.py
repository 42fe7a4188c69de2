"""Mentions of places: kinds, names by their last word, idioms, and people who are not places."""

from __future__ import annotations

import pytest

from storyscope.extract.layers.places import place_names, place_nouns, place_words
from storyscope.extract.reading import read


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("She crossed the courtyard and went into the chapel.", ["courtyard", "chapel"]),
        ("The wedding took place in a cellar.", ["cellar"]),
        ("In the first place he was late. In the second place he was wet.", []),
        ("They came by car, by bus and by train.", []),
        ("The schoolhouse stood beside the quarry.", ["schoolhouse", "quarry"]),
    ],
)
def test_kinds_of_place_without_idioms_and_vehicles(text, found):
    reading = read(text)
    assert [reading.lower[i] for i in place_nouns(reading)] == found


def test_a_name_counts_by_its_last_word():
    reading = read("They met at the Grand Hotel and walked to Orchard Road.")
    assert [reading.text_of(s) for s in place_names(reading)] == ["Grand Hotel", "Orchard Road"]


def test_somebody_is_no_place():
    reading = read("Chelsea laughed. Chelsea took his hat. He had met Chelsea in Chelsea, he said.")
    people = {reading.lower[m.head] for m in reading.cast.mentions if m.kind == "name"}
    assert not people & {reading.lower[a] for a, _ in place_names(reading)}


def test_quoted_places_are_mentions_too():
    reading = read('"The mill is shut," she said, and went upstairs.')
    assert [reading.lower[i] for i in place_words(reading)] == ["mill", "upstairs"]
