"""Where quotations stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyscope.judge.quotes import Locator

STORY = (
    'The ferry was late. "Give me the rope," said Ines, and the boy — he was nine — gave it to '
    "her.\n\nNobody spoke until the far bank. Then the old man laughed, as he had laughed on the "
    "night of the fire, and the children laughed too; it was a small & crooked sound. <Fin>"
)


@pytest.mark.parametrize(
    ("quote", "how", "found"),
    [
        ("The ferry was late.", "exact", "The ferry was late"),
        ("“Give me the rope,” said Ines", "normalised", "Give me the rope"),
        ("the boy - he was nine - gave it to her", "normalised", "the boy"),
        ("gave it to her. Nobody spoke", "normalised", "gave it to her.\n\nNobody spoke"),
        ("NOBODY SPOKE UNTIL", "normalised", "Nobody spoke until"),
        ("a small &amp; crooked sound", "exact", "a small & crooked"),
        ("crooked sound. &lt;Fin&gt;", "exact", "<Fin>"),
        (
            "Then the old man laughed as he laughed on the night of the fire",
            "fuzzy",
            "Then the old",
        ),
        ("the boy gave it to her", "unlocated", None),  # five words are missing from it
        ("The ferry was late ... Nobody spoke until the far bank", "fuzzy", "The ferry was late"),
        ("Then the young woman wept for the boat", "unlocated", None),
        ("the far country", "unlocated", None),
        ("", "unlocated", None),
        ("...", "unlocated", None),
    ],
)
def test_quotations_are_found_by_the_strictest_way(quote, how, found):
    place = Locator(STORY).find(quote)
    assert place.how == how
    assert place.text == quote
    if found is None:
        assert (place.start, place.end) == (None, None)
    else:
        assert found in STORY[place.start : place.end] or STORY[place.start : place.end] in found


def test_a_long_story_with_repeats_is_searched_in_reasonable_time():
    import time

    text = " ".join(f"the {w} and the {w} of the day" for w in ("sea", "sky", "town")) * 700
    began = time.perf_counter()
    assert Locator(text).find("the sea and the lost sky of the last long day").how in (
        "fuzzy", "unlocated",
    )  # fmt: skip
    assert time.perf_counter() - began < 5


@given(st.data())
def test_any_passage_is_found_where_its_words_stand(data):
    start = data.draw(st.integers(0, len(STORY) - 1))
    end = data.draw(st.integers(start + 1, len(STORY)))
    quote = STORY[start:end]
    place = Locator(STORY).find(quote)
    if quote.strip():
        assert STORY[place.start : place.end] == quote.strip() or place.how != "exact"
        assert place.start is not None
