"""What changed from old to new: planted changes are found, chance is not."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from storyscope.changes import diff
from storyscope.changes.power import power
from storyscope.changes.result import Power
from storyscope.codebook import default_codebook
from storyscope.compare.design import Design
from storyscope.errors import TableError, TooLittleData
from storyscope.report.changes import is_changes_page, render
from storyscope.table import write_table

MADE = {"codebook": "c1", "measures": 2, "tagger": "t1", "pipeline": "p", "normalisation": {}}


@pytest.fixture
def versions(make_table):
    """Two versions on 40 shared prompts that do not differ, or differ in what is planted."""

    def make(planted=(), by=1.2, prompts=40, seed=0):
        table = make_table(("old", "new"), prompts=prompts, shift=0.0, seed=seed)
        table["TMP_DRM_01"] = "no"
        for feature in planted:
            spread = table[feature].std()
            table.loc[table["source"] == "new", feature] += by * spread
        return [table[table["source"] == s].reset_index(drop=True) for s in ("old", "new")]

    return make


def numeric(table):
    return [c for c in table.columns[4:] if table[c].dtype == float and c[:3] != "STY"]


def test_planted_changes_are_found_in_order_of_size(versions):
    old, _ = versions()
    first, second, third = numeric(old)[:3]
    old, new = versions([first], by=2.0)
    for feature, by in ((second, 1.2), (third, -1.0)):
        new[feature] = new[feature] + by * old[feature].std()
    found = diff(old, new)
    assert [c.feature for c in found.real][:3] == [first, second, third]
    assert found.real[0].size.low > 0.5
    assert found.real[2].size.high < 0
    assert found.real[0].new > found.real[0].old
    assert found.matched
    text = " ".join(found.lines())
    assert "40 shared prompts" in text
    assert "features differ beyond chance" in text
    assert found.tables()[0].rows[0][0] == first


def test_the_same_table_twice_gives_nothing(versions):
    old, _ = versions()
    found = diff(old, old)
    assert found.real == []
    assert "Nothing distinguishes these two." in found.lines()
    assert any("one table twice" in note for note in found.notes)
    assert not found.tables()


@pytest.fixture
def without_power(monkeypatch):
    """Many diffs, fast."""
    monkeypatch.setattr("storyscope.changes.run.power", lambda *_: None)


def test_shuffled_labels_give_no_more_marks_than_promised(versions, without_power):
    old, new = versions()
    both = pd.concat([old, new], ignore_index=True)
    rng = np.random.default_rng(0)
    any_mark = 0
    for _ in range(24):
        flip = rng.random(40) < 0.5
        swapped = both["prompt_id"].map(
            dict(zip(sorted(set(both["prompt_id"])), flip, strict=True))
        )
        label = np.where(swapped, np.where(both["source"] == "old", "new", "old"), both["source"])
        dealt = both.assign(source=label)
        any_mark += bool(diff(dealt[label == "old"], dealt[label == "new"], features="all").real)
    # q below .05 where nothing differs: a mark in at most one diff of twenty, on average.
    assert any_mark <= 4


def test_the_power_that_is_told_is_the_power_that_is_had(versions, monkeypatch):
    feature = numeric(versions()[0])[0]
    told = diff(*versions()).power
    monkeypatch.setattr("storyscope.changes.run.power", lambda *_: None)
    assert 0.2 < told.delta < 0.7
    hits, deltas = 0, []
    for seed in range(20):
        old, new = versions(prompts=40, seed=100 + seed)
        new[feature] = new[feature] + PLANTED * old[feature].std()
        change = next(c for c in diff(old, new).changes if c.feature == feature)
        deltas.append(change.size.value)
        hits += change.real
    # The planted change has about the size that is said to be found four times in five.
    assert np.mean(deltas) == pytest.approx(told.delta, abs=0.08)
    assert 12 <= hits <= 19


PLANTED = 0.87


def test_more_prompts_show_smaller_changes():
    rng = np.random.default_rng(0)

    def told(prompts):
        design = Design(
            ("old", "new"), tuple(map(str, range(prompts))),
            np.tile([0, 1], prompts), np.repeat(np.arange(prompts), 2), None,
        )  # fmt: skip
        return power(rng.normal(size=(2 * prompts, 10)), design, 50, 0)

    few, some, many = told(6), told(30), told(120)
    assert few == Power(6, None)
    assert few.prompts_for(0.4) is None
    assert some.delta > many.delta > 0.15
    assert some.prompts_for(many.delta) == pytest.approx(120, rel=0.3)


def test_where_prompts_are_not_shared_it_is_said_and_prompts_are_shuffled(versions):
    feature = numeric(versions()[0])[0]
    old, new = versions([feature], by=2.0)
    new["prompt_id"] = "other-" + new["prompt_id"]
    found = diff(old, new)
    assert not found.matched
    assert found.real[0].feature == feature
    assert any("share too few prompts" in line for line in found.lines())


def test_stories_on_prompts_of_one_side_alone_are_left_out(versions):
    old, new = versions()
    found = diff(old, new[new["prompt_id"] < "p030"])
    assert found.old.left_out == 10
    assert found.old.stories == found.new.stories == 30
    assert "10 stories of old (old)" in found.notes[-1]


def test_the_order_of_rows_does_not_matter(versions):
    old, new = versions([], seed=3)
    again = diff(old.sample(frac=1, random_state=0), new.sample(frac=1, random_state=1))
    assert again.to_dict() == diff(old, new).to_dict()


@pytest.mark.parametrize("what", ["codebook", "measures", "tagger", "pipeline", "normalisation"])
def test_tables_made_otherwise_are_refused_with_the_way_out(versions, what):
    old, new = versions()
    old.attrs["storyscope"] = MADE
    new.attrs["storyscope"] = {**MADE, what: "another"}
    with pytest.raises(TableError, match=rf"made with .*{what}.*storyscope score"):
        diff(old, new)


def test_a_table_that_does_not_say_what_made_it_is_noted(versions):
    old, new = versions()
    old.attrs["storyscope"] = MADE
    assert "new table does not say what made it" in diff(old, new).notes[0]
    assert diff(old, old).notes == [
        "At every prompt the two hold the same values; is it one table twice?"
    ]


def test_too_little_and_too_many_are_told(versions, table):
    old, new = versions()
    few = old[old["prompt_id"].isin(sorted(set(old["prompt_id"]))[:4])]
    with pytest.raises(TooLittleData, match="4 prompts; a diff needs 5"):
        diff(few, new)
    with pytest.raises(TableError, match=r"3 sources .*name it with --old"):
        diff(table, new)


@pytest.fixture
def written(versions, tmp_path):
    feature = numeric(versions()[0])[0]
    old, new = versions([feature], by=2.0)
    for table in (old, new):
        table.attrs["storyscope"] = MADE
    paths = [write_table(t, tmp_path / f"{n}.parquet") for t, n in ((old, "a"), (new, "b"))]
    return feature, paths


@pytest.mark.parametrize(
    ("condition", "status"),
    [("any", 3), ("1", 3), ("200", 0), ("FEATURE", 3), ("TMP_DRM_01", 0), ("0", 2), ("odd", 2)],
)
def test_fail_if_gives_a_status_to_a_pipeline(written, cli, condition, status):
    feature, (old, new) = written
    asked = feature if condition == "FEATURE" else condition
    assert cli("diff", old, new, "--fail-if", asked)[0] == status


def test_json_says_what_made_it_and_how_to_make_it_again(written, cli):
    feature, (old, new) = written
    status, out, _ = cli("diff", old, new, "--json", "--seed", "7", "--fail-if", "any")
    found = json.loads(out)
    assert status == 3
    assert found["failed"]
    assert found["seed"] == 7
    assert found["changes"][0]["feature"] == feature
    assert found["old"]["made"] == MADE
    assert found["codebook"]
    assert found["commands"] == [f"storyscope diff {old} {new} --json --seed 7 --fail-if any"]


def test_one_table_holds_both_versions(table, tmp_path, cli):
    path = write_table(table, tmp_path / "t.parquet")
    status, out, _ = cli("diff", path, "--old", "m1", "--new", "m2")
    assert status == 0
    assert "m1 (old, 20 stories) and m2 (new, 20 stories) on 20 shared prompts" in out
    assert cli("diff", path, "--old", "m1")[0] == 2
    status, _, err = cli("diff", path, "--old", "m1", "--new", "m9")
    assert status == 1
    assert "it has human, m1, m2" in err


CALM = "She swept the floor. The window was open. A cart went by. She set out two cups and sat. "
DREAM = "That night she dreamed of a red house under the sea. In the dream the stairs were wet. "


def test_passages_of_both_sides_are_shown(tmp_path):
    from storyscope import Corpus, Story, score

    def told(side, extra):
        return [
            Story(f"{side}{k}", CALM * 6 + extra + CALM * (k % 3 + 6), side, f"p{k}")
            for k in range(8)
        ]

    old, new = told("old", ""), told("new", '"Where were you?" he asked. "Nowhere," she said. ' * 6)
    tables = [score(Corpus.from_stories(s), only=["STY_DIA_01"], workers=1) for s in (old, new)]
    found = diff(*tables, features="all", texts=[*old, *new])
    change = found.real[0]
    assert change.feature == "STY_DIA_01"
    by_side = {p.side: p for p in change.passages}
    assert set(by_side) == {"new"}  # the old stories have no speech to show
    text = {s.id: s.text for s in new}[by_side["new"].story]
    shown = by_side["new"]
    assert "Where were you?" in text[shown.start : shown.end]

    other = [Story(s.id, s.text + " He spoke. " * 30, s.source, s.prompt_id) for s in new]
    found = diff(*tables, features="all", texts=old, new_texts=other)
    assert found.real[0].passages == ()
    assert "is not what the table was made of" in found.notes[-1]
    with pytest.raises(TableError, match="None of the stories of the new table"):
        diff(*tables, features="all", texts=old)


def test_what_could_be_shown_is_told_before_what_was_found(versions):
    found = diff(*versions())
    assert "would show a delta" in found.lines()[1]
    assert found.lines()[2] == found.answer()


def test_too_few_prompts_are_told_before_and_in_the_answer(versions):
    few = replace(diff(*versions()), changes=[], power=Power(6, None))
    lines = few.lines()
    assert "too few" in lines[1]
    assert lines[2] == few.answer()
    assert "no sign that the two are the same" in few.answer()
    assert "Nothing distinguishes" not in " ".join(lines)


def test_a_diff_has_a_page(versions, tmp_path, cli):
    feature = numeric(versions()[0])[0]
    old, new = versions([feature], by=2.0)
    for name, table in (("old", old), ("new", new)):
        write_table(table, tmp_path / f"{name}.parquet")
    page = tmp_path / "page.html"
    status, _, err = cli("diff", tmp_path / "old.parquet", tmp_path / "new.parquet", "--html", page)
    assert status == 0, err
    html = page.read_text(encoding="utf-8")
    found = diff(old, new)
    assert is_changes_page(page)
    assert html.index("would show a delta") < html.index(found.answer())
    assert f"<code>{feature}</code>" in html
    assert html.count("<tr data-d=") == len(found.changes)
    assert "The new version has " in html
    for outside in ('src="http', 'href="http', "@import", "url(http", "<link"):
        assert outside not in html
    assert render(found, default_codebook()) == html
    page.write_text("<p>mine", encoding="utf-8")
    status, _, err = cli("diff", tmp_path / "old.parquet", tmp_path / "new.parquet", "--html", page)
    assert (status, page.read_text()) == (1, "<p>mine")
    assert "is not replaced" in err
