"""Opposition without a blow, and spelling: what counts, and what stands one change away."""

import pytest

from storyscope.extract.layers.standing import stands
from storyscope.extract.reading import read


@pytest.mark.parametrize(
    ("told", "kinds"),
    [
        ("The captain refused to open the gate.", ["refusal"]),
        ("The captain decided to open the gate.", []),
        ("He called her a liar.", ["insult"]),
        ("He called her a cab.", []),
        ("The captain ordered them to kneel.", ["order"]),
        ("The captain ordered a beer.", []),
        ("He tore the letter from her hands.", ["opposition"]),
        ("He tore the page from the book.", []),
        ("He wrenched the bag from his arms.", []),
        ("The fist caught his jaw.", ["blow"]),
        ("The sun caught his jaw.", []),
    ],
)
def test_opposition_is_told_by_will_way_or_word(told, kinds):
    assert [s.kind for s in stands(read(told))] == kinds


def test_british_and_american_spellings_have_one_lemma():
    british = read("The grey neighbour crossed the harbour.")
    american = read("The gray neighbor crossed the harbor.")
    assert british.lemma == american.lemma
