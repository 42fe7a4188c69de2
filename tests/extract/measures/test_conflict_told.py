"""Conflict and turning points, from passages given by hand."""

import dataclasses

import pytest

from storyscope.extract.measures import NOT_DEFINED, all_measures
from storyscope.extract.reading import Reading, read
from storyscope.extract.tagger.labels import FAMILIES
from storyscope.extract.tagger.tags import Tags

PLAIN = "Ruth carried the heavy basket of wet linen over the yard again. "
SPEECH = '"You took the money from the box and you know it yourself." '
BLOW = "He struck her in the face and she kicked him in the shin. "
HELP = "Ruth helped him and he thanked her. "


@pytest.fixture(scope="module")
def doc():
    """Seventy sentences: 20 to 23 are spoken, 24 and 25 tell of blows, 40 and 41 of kindness."""
    text = PLAIN * 20 + SPEECH * 4 + BLOW * 2 + PLAIN * 14 + HELP * 2 + PLAIN * 28
    reading = read(text)
    assert len(reading.sentences) == 70
    return reading.doc


def measured(feature, doc, told, **tags):
    return all_measures()[feature](Reading(doc, Tags.of_labels(70, told, **tags)))


def value(feature, doc, *ranges, family="conflict", **tags):
    return measured(feature, doc, {family: list(ranges)}, **tags).value


def test_how_much_and_how_often(doc):
    assert value("PLT_CON_01", doc) == 0
    assert value("PLT_CON_06", doc) == 0
    assert value("PLT_CON_01", doc, (0, 69)) == pytest.approx(1)
    one, two = value("PLT_CON_01", doc, (0, 9)), value("PLT_CON_01", doc, (0, 4), (60, 64))
    assert 0.1 < one == pytest.approx(two, abs=0.01)
    once, twice = value("PLT_CON_06", doc, (0, 9)), value("PLT_CON_06", doc, (0, 4), (60, 64))
    assert twice == pytest.approx(2 * once)


def test_rates_are_corrected_for_known_errors(doc):
    tags = Tags.of_labels(70, {"conflict": [(0, 9)]})
    halved = dataclasses.replace(tags, corrections=dict.fromkeys(FAMILIES, 0.5))
    for feature in ("PLT_CON_01", "PLT_CON_06"):
        full, half = (all_measures()[feature](Reading(doc, t)).value for t in (tags, halved))
        assert half == pytest.approx(full / 2)


def test_early_and_late(doc):
    assert value("PLT_CON_02", doc, (2, 3), (8, 9), (20, 21)) < -0.2
    assert value("PLT_CON_02", doc, (50, 51), (60, 61), (66, 67)) > 0.2
    assert value("PLT_CON_02", doc, (2, 3), (60, 61)) is None
    assert value("PLT_CON_07", doc, (35, 36), (60, 61)) == pytest.approx(0.5, abs=0.05)
    assert value("PLT_CON_07", doc) is None


def test_conflict_in_words(doc):
    assert value("PLT_CON_03", doc, (20, 23)) == pytest.approx(1)
    assert value("PLT_CON_03", doc, (0, 9)) == 0
    assert 0.3 < value("PLT_CON_03", doc, (20, 27)) < 0.7
    assert value("PLT_CON_03", doc, (0, 1)) is None


def test_conflict_that_lasts_to_the_end(doc):
    assert value("PLT_CON_05", doc, (0, 50)) == 0
    assert value("PLT_CON_05", doc, (0, 69)) == pytest.approx(1)
    found = measured("PLT_CON_05", doc, {"conflict": [(40, 64)]})
    assert 0.3 < found.value < 0.7
    (span,) = found.spans
    assert Reading(doc).word_clock[span[0]] >= 6 / 7


def test_violence_is_harm_within_conflict(doc):
    assert value("EVT_CON_05", doc, (20, 25)) > 0
    assert value("EVT_CON_05", doc, (20, 23)) == 0


def test_conflict_against_kindness(doc):
    assert value("EVT_CON_02", doc, (20, 25)) == pytest.approx(7 / 10)
    assert value("EVT_CON_02", doc) == pytest.approx(1 / 4)
    assert value("EVT_CON_02", doc, (20, 41)) == pytest.approx(23 / 24)


# ---------------------------------------------------------------- turning points


def test_turns_and_where_they_lead(doc):
    turns = [(5, 5), (30, 30), (31, 31), (60, 60)]
    to = {5: "-", 30: "-", 31: "?", 60: "+"}
    assert value("PLT_TRN_01", doc, *turns, family="turn") == pytest.approx(
        2 * value("PLT_TRN_01", doc, *turns[:2], family="turn")
    )
    assert value("PLT_TRN_02", doc, *turns, family="turn", directions=to) == 0.5
    assert value("PLT_TRN_03", doc, *turns, family="turn", directions=to) == "gain"
    assert value("PLT_TRN_03", doc, *turns[:2], family="turn", directions=to) == "setback"
    assert value("PLT_TRN_03", doc, family="turn") is None
    assert value("PLT_TRN_04", doc, (50, 50), (60, 60), (66, 66), family="turn") > 0.2


def test_a_story_read_without_the_tagger_has_none_of_it(doc):
    from storyscope.extract.story import measure_reading

    found = measure_reading(Reading(doc), ["PLT_CON_01", "EVT_ESC_01", "PLT_CAU_01"])
    assert found["PLT_CON_01"] == found["EVT_ESC_01"] == NOT_DEFINED
    assert found["PLT_CAU_01"].value == 0
