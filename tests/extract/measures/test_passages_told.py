"""Measures of what is told, on a story whose sentences are tagged by hand."""

from functools import lru_cache

import pytest

from storyscope.extract.measures import TAGGED, all_measures
from storyscope.extract.reading import Reading, read
from storyscope.extract.tagger import Tags

MEASURES = all_measures()
STRETCH = (
    "Mara Quill shut the gate and walked slowly down to the cold water.",
    "Tom Barnes sat on the wall of the old yard with a net.",
    "He mended the brown net and did not once turn his face to the road.",
    "The rain fell on the roof and ran along the wall to the ditch.",
    '"I shall not go out in the boat again today," said Mara to him.',
)
STORY = " ".join(STRETCH * 9)
N = 45
LAST = N - 1


@lru_cache(maxsize=8)
def parsed(text):
    return read(text)


def value(feature, told, text=STORY, **more):
    return measured(feature, told, text, **more).value


def measured(feature, told, text=STORY, **more):
    reading = parsed(text)
    tags = Tags.of_labels(len(reading.sentences), told, **more)
    return MEASURES[feature](Reading(reading.doc, tags))


def test_the_story_has_a_sentence_for_every_label():
    assert len(parsed(STORY).sentences) == N
    assert parsed(STORY).n_words > 400


FAMILY = {
    "TMP_ORD_02": "flashback", "TMP_ORD_03": "flashback", "TMP_ORD_04": "flashforward",
    "TMP_ORD_06": "flashback", "TMP_DUR_01": "skip", "TMP_FRQ_01": "habit", "TMP_DRM_02": "dream",
    "TMP_DRM_03": "dream", "TMP_DRM_11": "unreal", "AGE_DES_01": "looks", "AGE_DES_14": "looks",
    "AGE_EMO_01": "bodily", "AGE_EMO_08": "bodily", "REV_THM_01": "theme", "REV_THM_08": "theme",
    "REV_EPI_01": "insight", "REV_EPI_03": "insight", "SIT_RDR_01": "address",
    "SIT_RDR_04": "address",
}  # fmt: skip


@pytest.mark.parametrize("feature", FAMILY)
def test_more_that_is_told_counts_more_and_nothing_counts_none(feature):
    assert feature in TAGGED
    some, more = {FAMILY[feature]: [(3, 3)]}, {FAMILY[feature]: [(3, 3), (20, 22)]}
    assert value(feature, {}) == 0 < value(feature, some) < value(feature, more)
    assert len(measured(feature, some).spans) == 1
    assert value(feature, some, "Mara slept.") is None


@pytest.mark.parametrize(
    ("feature", "family"),
    [("TMP_ORD_07", "flashback"), ("TMP_DRM_04", "dream"), ("AGE_DES_15", "looks"),
     ("REV_EPI_05", "insight")],
)  # fmt: skip
def test_where_the_first_passage_begins(feature, family):
    assert value(feature, {}) is None
    assert value(feature, {family: [(0, 1), (30, 31)]}) == 0
    assert 0.6 < value(feature, {family: [(30, 31)]}) < 0.75


@pytest.mark.parametrize(
    ("feature", "family"),
    [("TMP_ORD_11", "flashback"), ("TMP_FRQ_02", "habit"), ("AGE_DES_16", "looks"),
     ("REV_THM_03", "theme"), ("REV_EPI_02", "insight")],
)  # fmt: skip
def test_early_and_late_have_opposite_signs(feature, family):
    early, late = [(0, 0), (3, 4), (8, 8)], [(36, 36), (40, 41), (44, 44)]
    assert value(feature, {family: early}) < -0.3
    assert value(feature, {family: late}) > 0.3
    assert value(feature, {family: early[:2]}) is None


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(("feature", "family"), [("TMP_DRM_01", "dream"), ("TMP_DRM_10", "unreal")])
def test_told_at_all(feature, family):
    assert value(feature, {}) == "no"
    assert value(feature, {family: [(5, 7)]}) == "yes"
    assert value(feature, {family: [(0, 0)]}, "She dreamed.") is None


def test_two_dreams_are_two():
    assert value("TMP_DRM_02", {"dream": [(5, 7), (20, 21)]}) == 2


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("Mara woke at dawn. ", "yes"),
        ("The noise woke Mara. ", "yes"),
        ("Mara would have woken. ", "no"),
        ("The town woke at dawn. ", "no"),
        ('"Mara woke at dawn," he said. ', "no"),
    ],
)
def test_opens_and_ends_with_waking(text, opens):
    rest = " ".join(STRETCH * 4) + " "
    assert value("TMP_DRM_07", {}, text + rest) == opens
    assert value("TMP_DRM_08", {}, rest + text) == opens
    assert value("TMP_DRM_08", {}, text + rest) == "no"


def test_flashbacks_and_flash_forwards_are_anachronies():
    back, ahead = {"flashback": [(5, 7)]}, {"flashforward": [(30, 30)]}
    both = measured("TMP_ORD_06", back | ahead)
    assert both.value == pytest.approx(2 * value("TMP_ORD_02", back))
    assert len(both.spans) == 2


def test_a_flashback_of_four_sentences_is_a_scene():
    scene, brief = (5, 8), (20, 22)
    assert value("TMP_ORD_12", {"flashback": [scene]}) == 1
    assert value("TMP_ORD_12", {"flashback": [brief]}) == 0
    assert 0.5 < value("TMP_ORD_12", {"flashback": [scene, brief]}) < 0.7
    assert value("TMP_ORD_12", {}) is None
    assert value("TMP_ORD_13", {"flashback": [scene, brief]}) == 4
    assert value("TMP_ORD_13", {}) is None


def test_an_ending_that_reaches_far_ahead():
    assert value("TMP_ORD_05", {"flashforward": [(43, 43)]}) == "yes"
    assert value("TMP_ORD_05", {"flashforward": [(10, 10)]}) == "no"
    assert value("TMP_ORD_05", {"skip": [(42, 42)]}, sizes={42: "years"}) == "yes"
    assert value("TMP_ORD_05", {"skip": [(42, 42)]}, sizes={42: "hours"}) == "no"


def test_sizes_of_time_skips():
    told = {"skip": [(5, 5), (12, 12), (20, 20), (30, 30)]}
    sizes = {5: "hours", 12: "days", 20: "weeks", 30: "unclear"}
    assert value("TMP_DUR_07", told, sizes=sizes) == pytest.approx(2 / 3)
    assert value("TMP_DUR_08", told, sizes=sizes) == "weeks"
    assert value("TMP_DUR_07", told, sizes={5: "hours"}) is None
    assert value("TMP_DUR_08", told) is None


def test_a_time_skip_at_the_end():
    assert value("TMP_DUR_09", {"skip": [(43, 43)]}) == "yes"
    assert value("TMP_DUR_09", {"skip": [(20, 20)]}) == "no"


# ---------------------------------------------------------------- people


LOOKS = (
    "Mara Quill was a tall woman with grey hair.",
    "Tom Barnes wore a torn coat and heavy boots.",
    "He had a narrow face and green eyes.",
    "Her voice was low.",
    "She opened the gate and he went in.",
)
PORTRAITS = " ".join(LOOKS * 5 + STRETCH * 3)
FIRST_FOUR = [(5 * k, 5 * k + 3) for k in range(5)]


@pytest.mark.parametrize(
    ("feature", "described"),
    [("AGE_DES_05", 2), ("AGE_DES_06", 0), ("AGE_DES_07", 0), ("AGE_DES_08", 1), ("AGE_DES_09", 3)],
)
def test_what_is_described(feature, described):
    other = (described + 1) % 4
    assert value(feature, {"looks": [(described, described)]}, PORTRAITS) > 0
    assert value(feature, {"looks": [(other, other)]}, PORTRAITS) == 0


def test_description_of_everything_is_more_varied_than_of_clothes():
    assert value("AGE_DES_13", {"looks": FIRST_FOUR}, PORTRAITS) > 0.9
    clothes = [(5 * k + 1, 5 * k + 1) for k in range(5)]
    assert value("AGE_DES_13", {"looks": clothes}, PORTRAITS) is None


def test_described_when_first_met():
    assert value("AGE_DES_03", {"looks": [(0, 1)]}, PORTRAITS) == 1
    assert value("AGE_DES_03", {"looks": [(0, 0)]}, PORTRAITS) == 0.5
    assert value("AGE_DES_03", {"looks": [(25, 30)]}, PORTRAITS) == 0


def test_whose_looks():
    mara = [(5 * k, 5 * k) for k in range(5)]
    tom = [(5 * k + 1, 5 * k + 1) for k in range(5)]
    shares = {value("AGE_DES_17", {"looks": who}, PORTRAITS) for who in (mara, tom)}
    assert shares == {0.0, 1.0}
    assert value("AGE_DES_17", {"looks": mara + tom}, PORTRAITS) == 0.5
    assert value("AGE_DES_17", {"looks": mara[:1]}, PORTRAITS) is None


def test_the_one_who_sees_is_not_the_one_described():
    text = "I saw that Tom Barnes wore a torn coat. " * 6 + "I sat down. I ate. I slept. " * 8
    every = [(k, k) for k in range(6)]
    assert value("AGE_DES_17", {"looks": every}, text) == 0
    assert value("AGE_DES_17", {"looks": [(k, k) for k in range(6, 12)]}, text) == 1


def test_outer_and_inner_description():
    text = " ".join(["Mara knew the way.", "Mara Quill was tall."] * 10)
    tall = [(k, k) for k in range(1, 20, 2)]
    assert value("AGE_DES_04", {"looks": tall}, text) == 0.5
    assert value("AGE_DES_04", {}, text) == 0


def test_a_described_entrance_is_none_in_action():
    text = " ".join(["Mara Quill rowed home.", "Tom Barnes rowed away.", "They sat."] * 8)
    assert value("AGE_INT_01", {}, text) == 1
    assert value("AGE_INT_01", {"looks": [(0, 0)]}, text) == 0.5


def test_bodily_and_named_emotion():
    text = " ".join(["Mara was ashamed.", "Her jaw tightened.", "She rowed home."] * 6)
    jaws = [(3 * k + 1, 3 * k + 1) for k in range(6)]
    assert value("AGE_EMO_03", {"bodily": jaws}, text) == 0.5
    assert value("AGE_EMO_03", {}, text) == 0


def test_emotion_that_gathers_late():
    early, late = [(0, 7)], [(30, 37)]
    assert value("AGE_EMO_06", {"bodily": early}) == 0
    assert value("AGE_EMO_06", {"bodily": late}) == 1


def test_feeling_beside_places():
    text = " ".join(
        ["The wind moved through the dark pines above the frozen lake.", "She sat.", "He sat."] * 6
    )
    beside = {"bodily": [(3 * k + 1, 3 * k + 1) for k in range(6)]}
    assert value("SET_MOO_02", {}, text) == 0
    assert value("SET_MOO_02", beside, text) == 1


# ---------------------------------------------------------------- theme, insight, reader


@pytest.mark.parametrize(
    ("feature", "family"), [("REV_THM_02", "theme"), ("REV_EPI_04", "insight")]
)
def test_in_the_last_tenth(feature, family):
    assert value(feature, {family: [(38, LAST)]}) == "yes"
    assert value(feature, {family: [(30, 34)]}) == "no"
    assert value(feature, {family: [(0, 0)]}, " ".join(STRETCH)) is None


def test_who_says_the_theme():
    narrated, said = [(0, 0), (5, 5), (10, 10)], [(4, 4), (9, 9), (14, 14)]
    assert value("REV_THM_09", {"theme": narrated}) == 0
    assert value("REV_THM_09", {"theme": said}) == 1
    assert value("REV_THM_09", {"theme": said + narrated}) == 0.5
    assert value("REV_THM_09", {"theme": said[:2]}) is None


def test_the_reader_at_the_frame_is_not_the_reader_in_the_middle():
    text = " ".join(STRETCH * 18)
    assert value("SIT_RDR_02", {"address": [(0, 0)]}, text) == "yes"
    assert value("SIT_RDR_02", {"address": [(88, 88)]}, text) == "yes"
    assert value("SIT_RDR_02", {"address": [(42, 46)]}, text) == "no"
    assert value("SIT_RDR_02", {"address": [(0, 0)]}, " ".join(STRETCH * 2)) is None
