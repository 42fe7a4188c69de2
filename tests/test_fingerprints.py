"""What marks a source: planted marks are found, chance is not."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from storyscope.errors import TooLittleData
from storyscope.fingerprints import cliffs_delta, fingerprint


def test_delta_is_that_of_the_rank_sum():
    rng = np.random.default_rng(0)
    values = np.round(rng.normal(size=60), 1)
    first = (np.arange(60) < 25).astype(float)[None]
    u = mannwhitneyu(values[:25], values[25:]).statistic
    assert cliffs_delta(values, first, 1 - first)[0] == pytest.approx(2 * u / (25 * 35) - 1)


def test_weights_count_as_copies():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    first = np.array([[2.0, 0, 1, 0]])
    second = np.array([[0, 1.0, 0, 3]])
    copied = np.array([1.0, 1, 3, 2, 4, 4, 4])
    mine = np.array([[1.0, 1, 1, 0, 0, 0, 0]])
    assert cliffs_delta(values, first, second)[0] == pytest.approx(
        cliffs_delta(copied, mine, 1 - mine)[0]
    )


def test_a_planted_mark_leads_and_its_interval_excludes_none(make_table):
    table = make_table(("human", "m1", "m2", "m3"), prompts=60, shift=0.0, seed=4)
    low, high = 0, 14
    table["EVT_DEN_01"] = np.where(table["source"] == "m2", 0.8, 0.4) * (
        high - low
    ) + np.random.default_rng(0).normal(0, 1.0, len(table))
    found = fingerprint(table)
    first = found.marks["m2"][0]
    assert first.feature == "EVT_DEN_01"
    assert first.models.low > 0.8
    assert first.people is not None
    assert first.people.low > 0.8
    assert first.stable == 1
    assert first.share > 0.9


def test_by_chance_no_interval_lies_far_from_none(make_table):
    table = make_table(("a", "b", "c"), prompts=80, shift=0.0, seed=7)
    found = fingerprint(table)
    for marks in found.marks.values():
        assert all(min(abs(m.models.low), abs(m.models.high)) < 0.25 or m.models.low < 0 < m.models.high
                   for m in marks)  # fmt: skip
    assert found.human is None


def test_answers_of_a_categorical_feature_are_marks_of_their_own(make_table):
    table = make_table(("a", "b"), prompts=40, shift=0.0)
    table["TMP_TNS_01"] = np.where(table["source"] == "a", "present", "past")
    labels = [m.label for m in fingerprint(table).marks["a"]]
    assert "Narrative tense: present" in labels[:2]


def test_the_order_of_rows_does_not_matter(table):
    one = fingerprint(table)
    two = fingerprint(table.sample(frac=1, random_state=1).reset_index(drop=True))
    assert [m.feature for m in one.marks["m1"]] == [m.feature for m in two.marks["m1"]]


def test_small_sources_are_named_and_left_out(table):
    extra = table.head(3).assign(source="tiny", story_id=["x", "y", "z"])
    import pandas as pd

    found = fingerprint(pd.concat([table, extra], ignore_index=True))
    assert "tiny" not in found.marks
    assert any("tiny has 3 stories" in n for n in found.notes)
    with pytest.raises(TooLittleData):
        fingerprint(table[table["source"] == "m1"])
