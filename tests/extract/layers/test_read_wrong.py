"""What readings of real stories showed to name a feeling: in our words."""

from __future__ import annotations

import pytest

from storyscope.extract.layers.emotions import named_feelings
from storyscope.extract.reading import read


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
