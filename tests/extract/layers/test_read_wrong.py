"""What readings of real stories showed to be no clash, or to name a feeling: in our words."""

from __future__ import annotations

import pytest

from storyscope.extract.layers.conflict import clashes
from storyscope.extract.layers.emotions import named_feelings
from storyscope.extract.reading import read


@pytest.mark.parametrize(
    "text",
    [
        '"Is that so?" she shot back with a grin. "It is," he said.',
        '"Let\'s get out of this rain," he said, and took her arm.',
        '"Don\'t touch the paint," said the note. "It is wet."',
        '"I\'ll never forget that goat," said Ada. "We will not be late," said Ben.',
        '"We have to keep him shut up for his own good," said the nurse.',
        "All through the dance I was fighting myself.",
    ],
)
def test_no_clash(text):
    assert not clashes(read(text))


def test_what_is_still_found():
    assert clashes(read('"You lied to me," she said, and slapped him in the face.'))


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
