"""What readings of real stories showed to be no dream, no word to the reader: in our words."""

from __future__ import annotations

import pytest

from storyscope.extract.layers.address import addresses
from storyscope.extract.layers.dreams import dreams
from storyscope.extract.layers.emotions import named_feelings
from storyscope.extract.reading import read


@pytest.mark.parametrize(
    "text",
    [
        "He lay down. The mist came up and he ran along the passage and shouted. He fell. He woke up in a bed.",
        "She slept badly. In the morning the ferryman rowed her over, sang two songs and asked for a coin.",
    ],
)
def test_sleep_alone_tells_no_dream(text):
    assert not dreams(read(text))


@pytest.mark.parametrize(
    "text",
    [
        "Note 6: the goat was seen again at the fence.",
        "I wanted to ask the goat: do you also count the days in cabbages?",
        "Maybe the village had not let us leave.",
        "It hummed with the kind of care that any reader likes.",
    ],
)
def test_no_word_to_the_reader(text):
    assert not addresses(read(text))


def test_what_is_still_found():
    assert dreams(
        read("In the dream she climbed the stairs. They went on. Her father waited above.")
    )
    assert addresses(read("You will ask, I suppose, why the goat was in the church."))


@pytest.mark.parametrize(
    "text",
    [
        "There was anger in her voice.",
        "Relief went through her.",
        "His eyes were full of grief.",
        "She was flustered.",
    ],
)
def test_a_feeling_seen_in_somebody_is_named(text):
    assert named_feelings(read(text))
