"""Scales and choices for a story as a whole, given by hand."""

import pytest

from storyscope.codebook import default_codebook
from storyscope.extract.measures import all_measures
from storyscope.extract.reading import Reading, read
from storyscope.extract.tagger.labels import CHOICES, SCALES
from storyscope.extract.tagger.tags import Tags

BOOK = default_codebook()
SENTENCE = "Hedda carried the bread to the long table by the window. "
SCALED = {
    "PLT_END_02": "closure",
    "PLT_END_10": "end_valence",
    "REV_SUR_05": "surprise",
    "AGE_AGY_05": "agency",
    "AGE_DES_18": "outward",
    "AGE_INN_08": "inward",
    "SOC_REL_04": "fellow",
    "SET_DES_09": "place",
    "EVT_ESC_24": "stakes_start",
    "EVT_ESC_12": "stakes_end",
}
CHOSEN = {
    "PLT_CHA_01": "coincidence",
    "REV_SUR_06": "twist",
    "TMP_ORD_10": "order",
    "TMP_DUR_06": "span",
}


@pytest.fixture(scope="module")
def doc():
    return read(SENTENCE * 40).doc


def value(feature, doc, n=40, **tags):
    return all_measures()[feature](Reading(doc, Tags.of_labels(n, **tags))).value


@pytest.mark.parametrize(("feature", "scale"), SCALED.items())
def test_levels_follow_their_scale_from_end_to_end(doc, feature, scale):
    low, high = map(int, SCALES[scale])
    levels = [value(feature, doc, scales={scale: v}) for v in range(low, high + 1)]
    assert tuple(levels) == BOOK[feature].levels
    assert value(feature, doc, scales={scale: low + 0.4}) == levels[0]
    assert value(feature, doc, scales={scale: low + 0.6}) == levels[1]


@pytest.mark.parametrize(("feature", "choice"), CHOSEN.items())
def test_every_answer_of_a_choice_is_a_value(doc, feature, choice):
    found = {value(feature, doc, choices={choice: answer}) for answer in CHOICES[choice]}
    assert found - {None} == set(BOOK[feature].levels)
    assert (None in found) == (choice == "span")


@pytest.mark.parametrize("feature", [*SCALED, *CHOSEN])
def test_a_passage_is_too_short_for_a_whole_story(feature):
    assert value(feature, read(SENTENCE * 5).doc, 5) is None


def test_a_story_that_breaks_off_has_no_ending():
    doc = read(SENTENCE * 40 + "And then the").doc
    assert value("PLT_END_02", doc, 41) is None
    assert value("PLT_END_10", doc, 41) is None
    assert value("AGE_AGY_05", doc, 41) == "some"


def test_the_ending_is_shown(doc):
    reading = Reading(doc, Tags.of_labels(40, scales={"closure": 4}))
    assert all_measures()["PLT_END_02"](reading).spans == [reading.sentences[-1]]
