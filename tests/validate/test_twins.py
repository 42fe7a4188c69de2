"""Judged twins against the tagger's measures and against readings, with made-up answers."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from storyscope.cli import app
from storyscope.cli.commands import validate as _  # noqa: F401  (registers it)
from storyscope.codebook import default_codebook
from storyscope.errors import TooLittleData
from storyscope.extract.tagger import CHOICES, FAMILIES, SCALES
from storyscope.validate.run import judge_figures
from storyscope.validate.twins import TENSION, TWINS, match, twin_figures
from storyscope.validate.whole.stories import read_stories


@pytest.fixture
def gold(made_up, tmp_path):
    return made_up.write(tmp_path / "gold", made_up.rows())


@pytest.fixture
def stories(gold):
    return read_stories(gold)


def judged(stories, **columns):
    """A table with the stories' ids and the answers that each function gives about a story."""
    keys = {"story_id": [s.id for s in stories], "source": "x", "prompt_id": "p"}
    return pd.DataFrame(keys | {name: list(map(f, stories)) for name, f in columns.items()})


def one(rows):
    (row,) = rows
    return row


def test_every_family_scale_and_choice_has_one_twin():
    assert sorted(t.trait for t in TWINS) == sorted([*FAMILIES, *SCALES, *CHOICES, TENSION])


@pytest.mark.parametrize("twin", TWINS, ids=lambda t: t.trait)
def test_a_twin_is_asked_of_a_judge_and_its_measure_is_of_its_kind(twin):
    book = default_codebook()
    asked = book[twin.judged]
    assert "judge" in asked.answered_by
    assert asked.kind in ("binary", "ordinal", "categorical")
    if twin.measured:
        held = book[twin.measured]
        assert "measure" in held.answered_by
        rests = held.card.get("rests on", [twin.trait])
        assert twin.trait in rests
        assert (asked.kind == "ordinal") == (held.kind in ("number", "share", "ordinal"))
        if asked.kind == "categorical":
            named = {twin.same.get(v, v) for v in held.levels}
            assert len(named & {twin.same.get(v, v) for v in asked.levels}) >= 3


def test_answers_like_the_reading_agree_fully_and_reversed_ones_disagree(stories):
    grades = ["open", "partly", "settled"]
    closure = list(SCALES).index("closure")
    table = judged(
        stories,
        PLT_RES_52=lambda s: grades[int(s.scales[closure] > 1) + int(s.scales[closure] > 3)],
        TMP_VIS_61=lambda s: "no",
        EVT_TEN_61=lambda s: "flat" if s.choices[0] == 0 else "wave",
    )
    table["TMP_DRM_01@judge"] = ["yes" if s.told[:, 0].any() else "no" for s in stories]
    rows = {row["trait"]: row for row in twin_figures(table, stories)}
    assert set(rows) == {"closure", "unreal", "shape", "dream"}
    assert rows["closure"]["value"] > 0.9
    assert rows["dream"]["value"] == rows["shape"]["value"] == 1.0
    assert rows["dream"]["yes"] == rows["dream"]["yes_there"] == 0.25
    assert rows["shape"]["yes"] is None
    assert rows["unreal"]["value"] is None  # neither side ever says yes
    assert (rows["unreal"]["yes"], rows["unreal"]["stories"]) == (0.0, 24)
    turned = table.assign(
        PLT_RES_52=table["PLT_RES_52"].map(dict(zip(grades, grades[::-1], strict=True)))
    )
    assert one(twin_figures(turned[["story_id", "PLT_RES_52"]], stories))["value"] < -0.9


def test_a_judge_who_always_says_yes_shows_in_its_share(stories):
    table = judged(stories, REV_TWI_61=lambda s: "no" if s.id == "t1" else "yes")
    row = one(twin_figures(table, stories))
    assert row["yes"] == pytest.approx(23 / 24, abs=0.001)
    assert row["yes_there"] == pytest.approx(5 / 24, abs=0.001)
    assert row["figure"] == "kappa"
    assert row["value"] < 0.1
    low, high = row["interval"]
    assert low <= row["value"] <= high


def test_kappa_by_hand_against_the_tagger():
    """25 stories: both yes 10, both no 8, judge alone 5, tagger alone 2."""
    pairs = [("yes", "yes")] * 10 + [("no", "no")] * 8 + [("yes", "no")] * 5 + [("no", "yes")] * 2
    table = pd.DataFrame(pairs, columns=["EVT_CAU_53", "PLT_CHA_01"])
    row = one(twin_figures(table))
    assert (row["trait"], row["against"], row["stories"]) == ("coincidence", "tagger", 25)
    chance = (15 * 12 + 10 * 13) / 625
    assert row["value"] == pytest.approx((18 / 25 - chance) / (1 - chance), abs=0.001)
    assert (row["yes"], row["yes_there"]) == (0.6, 0.48)


def test_persons_and_orders_are_compared_by_what_they_mean():
    table = pd.DataFrame(
        {
            "PER_POV_01": ["first plural", "third"] * 6,
            "PER_POV_01@judge": ["first", "third"] * 6,
            "TMP_ORD_51": ["straight", "with looks back"] * 6,
            "TMP_ORD_10": ["linear", "mostly linear"] * 6,
        }
    )
    assert [(r["trait"], r["value"]) for r in twin_figures(table)] == [("order", 1.0), ("pov", 1.0)]


def test_missing_answers_and_few_stories_give_no_figure():
    table = pd.DataFrame(
        {"REV_TWI_61": ["yes", "no", None] * 4, "REV_SUR_06": ["yes", None, "no"] * 4}
    )
    row = one(twin_figures(table))
    assert (row["stories"], row["value"]) == (4, None)
    assert twin_figures(table.assign(REV_SUR_06=None)) == []


def test_a_span_that_the_reader_left_unclear_is_no_grade(stories):
    table = judged(stories[:12], TMP_SPN_51=lambda s: "a day")
    unclear = CHOICES["span"].index("unclear")
    for story in stories[:3]:
        story.choices[list(CHOICES).index("span")] = unclear
    assert one(twin_figures(table, stories))["stories"] == 9


def test_rows_are_matched_by_id_or_by_what_only_one_has(made_up, tmp_path):
    made = [made_up.row(k, source=f"m{k % 3}") | {"prompt_id": f"p{k // 3}"} for k in range(6)]
    made += [made_up.row(9, source="m0") | {"prompt_id": "p0"}]  # p0 and m0 name two stories
    stories = read_stories(made_up.write(tmp_path / "g", made))
    table = pd.DataFrame(
        {
            "story_id": ["a", "t4", "c", "d"],
            "prompt_id": ["p0", "elsewhere", "p1", "p0"],
            "source": ["m0", "elsewhere", "m2", "m2"],
        }
    )
    assert {at: s.id for at, s in match(table, stories).items()} == {1: "t4", 2: "t5", 3: "t2"}
    apart = table.assign(corpus="tales")
    apart.loc[2, "corpus"] = "fables"
    assert {at: s.id for at, s in match(apart, stories).items()} == {1: "t4", 3: "t2"}


def test_the_command_holds_a_judged_table_against_readings(gold, stories, tmp_path):
    path = tmp_path / "table.csv"
    table = judged(stories, REV_TWI_61=lambda s: "yes" if s.choices[-1] else "no")
    table.to_csv(path, index=False)
    arguments = ["validate", "--judge", str(path), "--readings", str(gold)]
    found = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert set(found) == {"judge", "twins"}
    assert one(found["twins"])["value"] == 1.0
    shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"}).stdout
    assert "REV_TWI_61" in shown
    assert "21%" in shown
    refused = CliRunner().invoke(app, [*arguments, "--corpora", str(tmp_path)])
    assert refused.exit_code == 2


def test_a_table_without_judged_answers_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    pd.DataFrame({"story_id": ["a"], "source": "x", "prompt_id": "p", "REV_SUR_06": "no"}).to_csv(
        path, index=False
    )
    with pytest.raises(TooLittleData, match="score CORPUS --judge"):
        judge_figures(path)
