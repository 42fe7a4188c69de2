"""A story in many dresses is one story: the same text after normalisation, the same values."""

import pytest

from storyscope.corpus import normalise
from storyscope.extract.story import measure_text

from .dresses import DRESSES, STORY


@pytest.mark.parametrize("name", DRESSES)
def test_every_dress_comes_off(name):
    assert normalise(DRESSES[name]).text == STORY


@pytest.mark.parametrize("name", DRESSES)
def test_words_of_a_dressed_story_are_traced_back(name):
    found = normalise(DRESSES[name])
    start = found.text.index("swept the leaves")
    first, last = found.offset(start, start + len("swept"))
    assert DRESSES[name][first:last] == "swept"


@pytest.mark.parametrize("name", ["British marks", "thinking", "library", "web page"])
def test_no_value_moves_with_the_dress(name):
    plain, dressed = measure_text(STORY), measure_text(DRESSES[name])
    assert repr(dressed.values) == repr(plain.values)
    feature = next(f for f, m in dressed.measured.items() if m.spans)
    passage = dressed.evidence(feature)[0]
    assert passage.text.split()[0] in DRESSES[name][passage.start : passage.end]
