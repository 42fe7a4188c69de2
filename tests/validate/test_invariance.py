"""Variants change what they say and nothing else; features stand, fall and follow length as planted."""

import numpy as np
import pandas as pd
import pytest

from storyscope.corpus import normalise
from storyscope.extract.pipeline import load_pipeline
from storyscope.extract.reading import read
from storyscope.validate.invariance import Shift, length_correlations, shifts
from storyscope.validate.variants import VARIANTS, rename, variant

STORY = """Nadia put the gray kettle on and waited. "You said Tuesday," she told Victor.

He didn't answer -- he never did. The harbor smelled of tar. "I said maybe Tuesday."

She had walked this road ten years before, with her mother, in the rain. Victor laughed and
Nadia set down her cup. It wasn't funny. They had organized nothing."""


@pytest.mark.parametrize("name", sorted(set(VARIANTS) - {"British spelling", "Markdown"}))
def test_normalising_undoes_typography(name):
    plain = normalise(STORY).text
    again = normalise(variant(plain, name)).text
    assert again.split() == plain.split()


def test_british_spelling_changes_words_and_only_words():
    other = variant(STORY, "British spelling")
    assert "grey kettle" in other
    assert "harbour" in other
    assert "organised" in other
    assert len(other.split()) == len(STORY.split())


def test_renaming_is_consistent_and_complete():
    other = rename(STORY, read(STORY))
    assert "Nadia" not in other
    assert "Victor" not in other
    assert other.count("Hannah") == STORY.count("Nadia")


def test_a_story_without_names_is_left_alone():
    text = "The dog barked. Nobody came."
    assert rename(text, read(text)) == text


def test_typography_moves_no_feature_of_a_story(word_tagger):
    names = ("curly quotation marks", "single line breaks", "trailing blanks and CRLF", "tokenised")
    text = "\n\n".join([STORY] * 6)
    found = shifts([text], load_pipeline(), variants=names)
    moved = [(s.variant, s.feature) for s in found if s.moved or s.defined]
    assert len(found) > 4 * 250
    assert not [m for m in moved if not m[1].startswith("STY") and m[0] != "single line breaks"]


def test_what_the_tagger_says_is_held_against_other_dress_too(word_tagger):
    """Tags that go by a name move with it, and only they do."""
    texts = ["Anna Drake met Kafaceb. Kafaceb said nothing. " * 8, "Kafaceb sat. " * 12 + STORY]
    found = shifts(texts, load_pipeline(), variants=["doubled hyphens", "other names"])
    told = {(s.variant, s.feature): s for s in found if s.basis == "tags"}
    assert len(told) == 2 * (13 + 1 + 12 + 7)
    assert not told["other names", "told looks"].stands
    assert told["other names", "told conflict"].stands
    assert told["other names", "choice shape"].stands
    assert told["doubled hyphens", "told looks"].stands
    assert {s.basis for s in found if s.feature in ("AGE_EMO_01", "STY_LEN_01")} <= {
        "rules",
        "tagger",
    }


def test_verdicts():
    still = Shift("d", "f", 100, 0.02, 0.03, 0.0, False)
    assert still.stands
    assert still.to_dict()["stands"]
    assert not Shift("d", "f", 100, 0.2, 0.0, 0.0, False).stands
    assert not Shift("d", "f", 100, 0.0, 0.2, 0.0, False).stands
    assert not Shift("d", "f", 100, 0.0, 0.05, 0.0, True).stands


def test_length_is_taken_within_sources():
    rng = np.random.default_rng(1)
    words = np.r_[rng.normal(500, 50, 200), rng.normal(1500, 50, 200)]
    table = pd.DataFrame(
        {
            "source": np.repeat(["human", "gpt"], 200),
            "words": words,
            "SET_SEN_01": words > 1000,
            "SET_SEN_07": words + rng.normal(0, 10, 400),
            "AGE_EMO_01": (words > 1000) + rng.normal(0, 1, 400),
        }
    ).astype({"SET_SEN_01": float})
    found = length_correlations(table)
    assert "SET_SEN_01" not in found  # constant within either source
    assert found["SET_SEN_07"] > 0.9
    assert abs(found["AGE_EMO_01"]) < 0.2
