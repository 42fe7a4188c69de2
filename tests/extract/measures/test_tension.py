"""Escalation, read from the tension of sentences given by hand."""

import pytest

from storyscope.codebook import default_codebook
from storyscope.extract.measures import NOT_DEFINED, all_measures
from storyscope.extract.reading import Reading, read
from storyscope.extract.tagger.tags import Tags

SENTENCE = "Hedda carried the bread to the long table by the window. "
TENTHS = 6
"""Sentences in a tenth."""


@pytest.fixture(scope="module")
def doc():
    return read(SENTENCE * (10 * TENTHS)).doc


@pytest.fixture
def story(doc):
    """A story of ten tenths with these grades of tension."""

    def made(*grades, **tags):
        tension = [g / 10 for g in grades for _ in range(TENTHS)]
        return Reading(doc, Tags.of_labels(10 * TENTHS, tension=tension, **tags))

    return made


def value(feature, reading):
    return all_measures()[feature](reading).value


CLIMB = (1, 1, 2, 3, 4, 5, 6, 7, 8, 8)
ARCH = (1, 2, 3, 5, 7, 8, 6, 4, 2, 1)
CALM = (2,) * 10
WAVE = (2, 5, 5, 2, 2, 6, 6, 3, 3, 6)


@pytest.mark.parametrize(
    ("feature", "climb", "arch", "calm"),
    [
        ("EVT_ESC_01", 4.5, 3.9, 2.0),
        ("EVT_ESC_03", "rising", "level", "level"),
        ("EVT_ESC_04", 0.95, 0.55, None),
        ("EVT_ESC_05", 3.5, 4.1, 0.0),
        ("EVT_ESC_07", 29 / 45, 13 / 39, 0.4),
        ("EVT_ESC_09", "rise", "rise and fall", "level"),
        ("EVT_ESC_13", 0, 7, 0),
        ("EVT_ESC_18", "rising", "level", "quiet"),
        ("EVT_ESC_21", "none", "one", "none"),
        ("EVT_ESC_22", 0.3, 0.2, 1.0),
        ("EVT_ESC_26", "no", "no", "yes"),
        ("PLT_END_08", 0.0, 0.4, None),
    ],
)
def test_what_a_curve_says(story, feature, climb, arch, calm):
    for grades, expected in ((CLIMB, climb), (ARCH, arch), (CALM, calm)):
        found = value(feature, story(*grades))
        assert found == (expected if isinstance(expected, str | None) else pytest.approx(expected))


def test_a_climb_turned_round_falls(story):
    up, down = story(*CLIMB), story(*CLIMB[::-1])
    for feature in ("EVT_ESC_02", "EVT_ESC_08"):
        assert value(feature, up) == pytest.approx(-value(feature, down))
        assert value(feature, up) > 0.9
    assert value("EVT_ESC_02", story(*range(10))) == pytest.approx(9)
    assert value("EVT_ESC_18", down) == "falling"
    assert value("EVT_ESC_06", up) == value("EVT_ESC_06", down) > value("EVT_ESC_06", story(*CALM))


def test_waves_turn_several_times(story):
    assert value("EVT_ESC_21", story(*WAVE)) == "several"


def test_what_differs_by_less_than_noise_is_level(story):
    wavering = story(3, 4, 3, 4, 3, 3, 4, 3, 4, 3)
    assert value("EVT_ESC_21", wavering) == "none"
    assert value("EVT_ESC_26", wavering) == "yes"
    assert value("EVT_ESC_04", wavering) is None


def test_tension_counts_by_words_and_small_differences_vanish(doc, story):
    shade = [0.30 + 0.04 * (i % 2) for i in range(10 * TENTHS)]
    assert value("EVT_ESC_01", Reading(doc, Tags.of_labels(60, tension=shade))) == 3
    assert value("EVT_ESC_06", Reading(doc, Tags.of_labels(60, tension=shade))) == 0
    # one long sentence of nine words in ten, and ten short ones
    text = " and ".join(["Hedda carried the bread to the table"] * 12) + ". " + "She sat. " * 5
    reading = read(text)
    tense = [1.0] + [0.0] * (len(reading.sentences) - 1)
    found = value("EVT_ESC_01", Reading(reading.doc, Tags.of_labels(len(tense), tension=tense)))
    assert found > 8


def test_evidence_is_the_tensest_sentence(doc):
    tension = [0.1] * 60
    tension[40] = 0.9
    tension[39] = tension[41] = 0.8
    reading = Reading(doc, Tags.of_labels(60, tension=tension))
    assert all_measures()["EVT_ESC_05"](reading).spans == [reading.sentences[40]]
    assert len(all_measures()["EVT_ESC_01"](reading).spans) == 10


def test_the_longest_calm_is_shown(story):
    reading = story(5, 1, 1, 5, 1, 1, 1, 5, 1, 5)
    found = all_measures()["EVT_ESC_22"](reading)
    assert found.value == pytest.approx(0.3)
    assert found.spans == [(reading.sentences[24].start, reading.sentences[41].end)]


def test_a_short_story_is_too_short_to_be_flat():
    text = (
        "Hedda carried the bread and the milk to the long table by the window and sat down. " * 30
    )
    reading = read(text)
    told = Reading(reading.doc, Tags.of_labels(30, tension=[0.2] * 30))
    assert value("EVT_ESC_26", told) is None
    assert value("EVT_ESC_02", told) == pytest.approx(0)


def test_stakes_grow_by_whole_levels(story):
    reading = story(*CALM, scales={"stakes_start": 1.4, "stakes_end": 3.6})
    assert value("EVT_ESC_24", reading) == "comfort"
    assert value("EVT_ESC_12", reading) == "a life"
    assert value("EVT_ESC_11", reading) == 3


def test_every_shape_has_a_name(story):
    from storyscope.extract.tagger.labels import CHOICES

    found = [
        value("EVT_ESC_25", story(*CALM, choices={"shape": shape})) for shape in CHOICES["shape"]
    ]
    assert sorted(found) == sorted(default_codebook()["EVT_ESC_25"].levels)


def test_a_few_words_have_no_tension():
    reading = read("Hedda slept.")
    reading = Reading(reading.doc, Tags.of_labels(1, tension=[1.0]))
    assert all_measures()["EVT_ESC_01"](reading) == NOT_DEFINED
