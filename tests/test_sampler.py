"""The sampler's labelled features come out as labelled."""

import pytest

from storyscope.extract.story import measure_text


@pytest.fixture(scope="module")
def measured(sampler):
    return {row["id"]: measure_text(row["text"]).values for row in sampler}


def labelled(sampler, key):
    return {row["id"]: row["shows"][key] for row in sampler if key in row["shows"]}


DREAMS_BEGIN = {"s01": "The workshop was colder", "s02": "A lady from the ministry comes in"}
"""Both are told without a word of dreaming, which only the waking betrays."""


def test_dreams_told_as_scenes_are_found_where_a_word_says_so(sampler, measured):
    told = {k for k, label in labelled(sampler, "dream").items() if label == "told as a scene"}
    assert told == set(DREAMS_BEGIN)
    for row in sampler:
        if row["id"] in told:
            begins = DREAMS_BEGIN[row["id"]]
            word = "She dreamed. " if row["id"] == "s01" else "I dream. "
            text = row["text"].replace(begins, word + begins)
            found = measure_text(text, features=["TMP_DRM_01"]).values["TMP_DRM_01"]
            assert found == "yes", row["id"]


def test_dreams_that_are_mentioned_or_missing_are_not_found(sampler, measured):
    for story, label in labelled(sampler, "dream").items():
        if label != "told as a scene":
            assert measured[story]["TMP_DRM_01"] == "no", story


def test_flashbacks(sampler, measured):
    for story, label in labelled(sampler, "flashback").items():
        assert (measured[story]["TMP_ORD_03"] > 0) == (label == "yes"), story


def test_flash_forwards(sampler, measured):
    for story, label in labelled(sampler, "flash_forward").items():
        assert (measured[story]["TMP_ORD_04"] > 0) == (label == "yes"), story


def test_tense(sampler, measured):
    for story, label in labelled(sampler, "tense").items():
        assert measured[story]["TMP_TNS_01"] == label, story


def test_rising_action_rises_against_flat_and_falling(sampler, measured):
    """Single stories are too short for a test of their own; the groups stand in order."""
    label = labelled(sampler, "action")
    place = {
        kind: [
            measured[s]["EVT_ESC_02"]
            for s, k in label.items()
            if k == kind and measured[s]["EVT_ESC_02"] is not None
        ]
        for kind in ("rising", "falling")
    }
    assert min(place["rising"]) > 0
    assert all(v < min(place["rising"]) for v in place["falling"])


def test_flat_stories_show_little_force(sampler, measured):
    label = labelled(sampler, "action")
    rising = [measured[s]["EVT_ESC_01"] for s, k in label.items() if k == "rising"]
    flat = [measured[s]["EVT_ESC_01"] for s, k in label.items() if k == "flat"]
    assert max(flat) < min(rising)


def test_outward_description_exceeds_inward_where_it_is_labelled_so(sampler, measured):
    label = labelled(sampler, "description")
    outward = [measured[s]["AGE_DES_01"] for s, k in label.items() if k == "outward"]
    inward = [measured[s]["AGE_DES_01"] for s, k in label.items() if k == "inward"]
    assert min(outward) > max(inward)
