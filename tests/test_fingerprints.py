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


def test_by_chance_nothing_marks_a_source(make_table):
    counts = []
    for seed in range(5):
        table = make_table(("a", "b", "c"), prompts=30, shift=0.0, seed=seed)
        table["TMP_DRM_01"] = "no"  # the fixture lets it differ by source
        found = fingerprint(table, resamples=60)
        counts += [len(marks) for marks in found.marks.values()]
        assert found.human is None
    # q below .05 with no true difference: a source has any mark in about one of twenty tables.
    assert len(counts) == 15
    assert sum(n > 0 for n in counts) <= 3


def test_marks_stop_at_the_last_real_one(make_table):
    table = make_table(("a", "b", "c"), prompts=40, shift=0.0, seed=3)
    rng = np.random.default_rng(0)
    table["EVT_DEN_01"] = np.where(table["source"] == "a", 9.0, 5.0) + rng.normal(0, 1, len(table))
    table["TMP_DRM_01"] = "no"
    marks = fingerprint(table).marks["a"]
    assert marks[0].feature == "EVT_DEN_01"
    assert len(marks) <= 3
    assert all(m.q < 0.05 and m.models.low * m.models.high > 0 for m in marks)


def test_where_people_have_prompts_of_their_own_whole_prompts_are_shuffled(make_table):
    table = make_table(("human", "a", "b"), prompts=40, shift=0.0, seed=5)
    person = table["source"] == "human"
    table.loc[person, "prompt_id"] = "own-" + table.loc[person, "prompt_id"]
    rng = np.random.default_rng(0)
    table["EVT_DEN_01"] = np.where(person, 9.0, 5.0) + rng.normal(0, 1, len(table))
    found = fingerprint(table)
    assert found.marks["human"][0].feature == "EVT_DEN_01"
    assert not found.matched


def test_too_few_prompts_give_no_marks_and_a_note(make_table):
    table = make_table(("a", "b"), prompts=4, samples=5, shift=2.0)
    found = fingerprint(table)
    assert found.marks == {"a": (), "b": ()}
    assert "4 prompts" in found.notes[0]


def test_a_source_without_marks_is_told_so(make_table, tmp_path, cli):
    from storyscope.table import write_table

    table = make_table(("a", "b"), prompts=12, shift=0.0, seed=1)
    table["TMP_DRM_01"] = "no"
    status, out, _ = cli("fingerprint", write_table(table, tmp_path / "t.parquet"))
    assert status == 0
    assert "a: nothing marks this source." in out


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
    assert any("tiny has 3 of the" in n for n in found.notes)
    with pytest.raises(TooLittleData):
        fingerprint(table[table["source"] == "m1"])


def test_too_few_stories_are_told_with_the_way_out(make_table):
    with pytest.raises(TooLittleData, match=r"\(a 4, b 4\)\. Score more stories"):
        fingerprint(make_table(prompts=4, sources=("a", "b")))
    whole = make_table(prompts=12, sources=("a", "b", "c"))
    few = whole[(whole["source"] != "c") | (whole["prompt_id"] < "p003")]
    assert any("c has 3 of the 10 stories" in note for note in fingerprint(few).notes)
