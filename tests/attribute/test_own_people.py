"""The user's own people: ranks among them, cuts where there are enough, and what does not count."""

import json
from dataclasses import replace

import numpy as np
import pytest

from storyscope.attribute import Attributor
from storyscope.attribute.own_people import (
    FILE,
    Given,
    OwnPeople,
    calibrate,
    judge_of,
    read_own,
    save_calibrated,
)
from storyscope.attribute.panel import shipped
from storyscope.errors import ModelMismatch, TooLittleData


def people(n=53, words=900, **other):
    scores = tuple(float(k) for k in range(n))
    return OwnPeople(scores, (words,) * n, tuple(f"{k:010x}" for k in range(n)), **other)


def rows(table):
    return [Given(name, row=table.iloc[[k]]) for k, name in enumerate(table["story_id"])]


@pytest.fixture(scope="module")
def model(request):
    from tests.conftest import _make_table

    return Attributor(trees=20, folds=2).fit(_make_table(("ai", "human"), prompts=40, seed=1))


@pytest.fixture(scope="module")
def own():
    """Thirty new people's texts."""
    from tests.conftest import _make_table

    return _make_table(("human",), prompts=30, seed=7)


# -------------------------------------------------------------------- ranks


def test_a_text_is_ranked_among_the_people():
    found = people().standing(50.5, 900)
    assert (found["texts"], found["at_least"], found["share"]) == (53, 2, round(2 / 53, 4))
    assert (found["low"], found["high"]) == (0.0046, 0.1298)
    assert found["rank"] == round(3 / 54, 4)
    assert found["said"][0] == (
        "Of 100 texts by your people, about 4 would look at least this much like a model's "
        "(0 to 13, 95%): 2 of your 53 do."
    )


def test_beyond_all_of_them_nothing_is_extrapolated():
    found = people().standing(1000.0, 900)
    assert (found["at_least"], found["share"], found["rank"]) == (0, 0.0, round(1 / 54, 4))
    assert found["said"][0] == (
        "None of your people's 53 texts looks this much like a model's: of 100, up to 7 would (95%)."
    )


def test_cuts_are_only_where_there_are_texts_enough():
    found = people().standing(51.5, 900)
    assert found["cuts"] == [
        {"rate": 0.1, "reached": True},
        {"rate": 0.05, "reached": True},
        {"rate": 0.01, "reached": None},
    ]
    assert people().standing(50.5, 900)["cuts"][1]["reached"] is False
    assert found["said"][-1] == (
        "Too few texts for 1%: 53 texts support rates down to 1.9%; 1% needs 99."
    )
    assert people(99).too_few() == ""


def test_the_least_rate_that_is_named_is_one_that_is_supported():
    for n in range(9, 99):
        down = float(people(n).too_few().split("down to ")[1].split("%")[0]) / 100
        assert down * (n + 1) >= 1 - 1e-9


def test_much_longer_or_shorter_texts_are_told_so():
    mixed = replace(people(), words=(300,) * 5 + (2000,) * 48)
    said = mixed.standing(50.5, 400)["said"][-1]
    assert said.startswith("Only 5 of your people's 53 texts are of about this length")
    assert "this text has 400 words, yours have 300 to 2,000" in said
    assert len(mixed.standing(50.5, 1500)["said"]) == len(mixed.standing(50.5, 400)["said"]) - 1
    nothing = mixed.standing(50.5, 9000)
    assert nothing["share"] is None
    assert nothing["cuts"] == []
    assert "so nothing is said" in nothing["said"][0]


def test_a_text_is_not_compared_with_itself():
    found = people().standing(52.0, 900, f"{52:010x}")
    assert (found["texts"], found["at_least"]) == (52, 0)
    assert "one of those by your people" in found["said"][0]


def test_promised_rates_are_kept_on_people_like_them():
    rng = np.random.default_rng(0)
    passed = {0.1: [], 0.05: []}
    for _ in range(300):
        scores = tuple(sorted(rng.normal(size=60)))
        own = OwnPeople(scores, (900,) * 60, ("",) * 60, (0.1, 0.05))
        for cut in own.cuts():
            share = float((rng.normal(size=100) > cut["cut"]).mean())
            passed[cut["rate"]].append(share)
    assert np.mean(passed[0.1]) == pytest.approx(6 / 61, abs=0.012)
    assert np.mean(passed[0.05]) == pytest.approx(3 / 61, abs=0.01)


# -------------------------------------------------------------------- what counts


def test_people_are_scored_as_the_model_scores(model, own):
    found = calibrate(model, rows(own))
    margins = model.decision_function(own)
    sign = -1 if model.classes_[1] == "human" else 1
    assert found.scores == pytest.approx(sorted(sign * margins), abs=1e-4)
    assert len(found.scores) == 30
    assert found.left_out == {}


def test_texts_that_the_model_learned_from_do_not_count(model, own, make_table):
    learned = make_table(("ai", "human"), prompts=40, seed=1)
    learned = learned[learned["source"] == "human"].head(12)
    found = calibrate(model, [*rows(own), *rows(learned)])
    assert found.left_out == {"learned from": 12}
    assert len(found.scores) == 30
    with pytest.raises(TooLittleData, match=r"12 are among what the model learned from"):
        calibrate(model, rows(learned))


def test_repeated_texts_count_once(model, own):
    again = own.head(3).assign(story_id=["x", "y", "z"])
    found = calibrate(model, [*rows(own), *rows(again)])
    assert found.left_out == {"repeated": 3}
    assert len(found.scores) == 30


def test_one_text_sets_no_cut(model, own):
    with pytest.raises(TooLittleData) as error:
        calibrate(model, rows(own.head(1)))
    assert str(error.value) == (
        "1 text by your people sets no cut: 10% false alarms needs 9, 5% false alarms needs 19, 1% "
        "false alarms needs 99; give more texts."
    )


def test_what_is_no_story_in_english_is_named(model, own):
    play = "ANNA. You came.\n\nPIET. (Laughing.) I said that I would come.\n\n" * 40
    zin = "De man liep naar huis {} en zag dat de deur daar open was en dat er licht brandde. "
    dutch = "".join(zin.format(k) for k in range(40))
    odd = [Given("play.txt", play), Given("huis.txt", dutch), Given("few.txt", "Too short.")]
    found = calibrate(model, [*rows(own), *odd])
    assert len(found.scores) == 30
    assert found.left_out == {"unusable": 3}
    assert [line.split(":")[0] for line in found.problems] == ["play.txt", "huis.txt", "few.txt"]
    assert "script" in found.problems[0]
    assert "English" in found.problems[1]
    with pytest.raises(TooLittleData, match=r"3 cannot be used; the first: play.txt: The text"):
        calibrate(model, odd)


def test_rows_of_long_texts_are_not_compared_with_texts(model, own):
    long = own.assign(words=[4500] + [900] * 29)
    found = calibrate(replace_lengths(model), rows(long))
    assert found.left_out == {"unusable": 1}
    assert "read in stretches" in found.problems[0]


def replace_lengths(model):
    """The model without what it knows of lengths, so that long texts have ground."""
    import copy

    other = copy.copy(model)
    other.novelty_ = None
    return other


def test_a_model_without_people_is_refused(own, make_table):
    two = Attributor(trees=5, folds=0).fit(make_table(("m1", "m2"), prompts=15))
    with pytest.raises(ModelMismatch, match="knows no source 'human'"):
        judge_of(two)


# -------------------------------------------------------------------- on disk


@pytest.fixture
def calibrated(model, own, tmp_path):
    plain = model.save(tmp_path / "plain")
    return save_calibrated(calibrate(model, rows(own)), plain, tmp_path / "mine", ["own.parquet"])


def test_a_calibrated_model_answers_with_the_rank(calibrated, make_table):
    asked = shipped(calibrated)
    new = make_table(("ai", "human"), prompts=10, seed=9)
    by = {"ai": [], "human": []}
    for k in range(len(new)):
        answer = asked.attribute_row(new.iloc[[k]])
        by[new["source"].iloc[k]].append(answer.own_people["share"])
        assert answer.to_dict()["own_people"]["texts"] == 30
    assert np.mean(by["ai"]) < np.mean(by["human"]) - 0.2


def test_a_model_that_was_not_calibrated_says_nothing_of_own_people(model, own, tmp_path):
    asked = shipped(model.save(tmp_path / "plain"))
    assert asked.attribute_row(own.iloc[[0]]).own_people is None


def test_it_is_read_back_as_it_was(calibrated, model, own):
    kept = read_own(calibrated)
    assert kept.scores == calibrate(model, rows(own)).scores
    assert kept.made["from"] == ["own.parquet"]
    assert "story_id" not in (calibrated / FILE).read_text(encoding="utf-8")


def test_a_calibrated_model_can_be_calibrated_again_and_replaced(calibrated, own, tmp_path):
    asked = shipped(calibrated)
    fewer = calibrate(asked, rows(own.head(20)))
    save_calibrated(fewer, calibrated, tmp_path / "again")
    save_calibrated(fewer, calibrated, tmp_path / "again")
    assert len(read_own(tmp_path / "again").scores) == 20


def _unsorted(plain):
    plain["scores"].reverse()


def _shorter(plain):
    del plain["words"][0]


def _of_another(plain):
    plain["made"]["model"] = "0" * 64


def _no_number(plain):
    plain["scores"][0] = "high"


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_unsorted, "is damaged"),
        (_shorter, "is damaged"),
        (_no_number, "is damaged"),
        (_of_another, "was made for another model"),
    ],
)
def test_a_damaged_file_of_people_is_refused(calibrated, damage, says):
    path = calibrated / FILE
    plain = json.loads(path.read_text(encoding="utf-8"))
    damage(plain)
    path.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(ModelMismatch, match=says):
        shipped(calibrated)


def test_a_damaged_model_is_not_copied(model, own, tmp_path):
    plain = model.save(tmp_path / "plain")
    (plain / "booster.ubj").write_bytes(b"nothing")
    with pytest.raises(ModelMismatch, match="damaged"):
        save_calibrated(calibrate(model, rows(own)), plain, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
