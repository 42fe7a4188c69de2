"""`storyscope calibrate`: tables and corpora in, a model that knows the user's people out."""

import json

import pytest

from storyscope.attribute import Attributor
from storyscope.corpus import Story, write_corpus
from storyscope.table import write_table


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    from tests.conftest import _make_table

    folder = tmp_path_factory.mktemp("models") / "model"
    made = Attributor(trees=15, folds=2).fit(_make_table(("ai", "human"), prompts=40, seed=1))
    return made.save(folder)


@pytest.fixture
def people(make_table, tmp_path):
    table = make_table(("human", "m1"), prompts=30, seed=7)
    return write_table(table, tmp_path / "people.parquet")


def test_a_model_is_calibrated_and_used(cli, model, people, tmp_path, make_table):
    mine = tmp_path / "mine"
    status, out, err = cli("calibrate", people, "--model", model, "-o", mine)
    assert status == 0, err
    assert "30 texts by your people, " in out
    assert "too few texts: needs 99" in out
    assert "Too few texts for 1%: 30 texts support rates down to 3.3%; 1% needs 99." in out
    assert "people.parquet: 30 texts by others ('m1') were not used." in err

    new = write_table(make_table(("ai", "human"), prompts=3, seed=9), tmp_path / "new.parquet")
    status, out, _ = cli("attribute", "--table", new, "--model", mine)
    assert status == 0
    assert "your 30 do" in out or "None of your people's 30 texts" in out
    assert "Your cut for 10% false alarms is" in out
    answers = tmp_path / "answers.csv"
    status, _, _ = cli("attribute", "--table", new, "--model", mine, "-o", answers)
    header, first = answers.read_text(encoding="utf-8").splitlines()[:2]
    assert "people_compared,people_at_least,people_share,people_low,people_high" in header
    assert first.split(",")[header.split(",").index("people_compared")] == "30"


def test_json_has_the_cuts(cli, model, people, tmp_path):
    status, out, _ = cli(
        "calibrate", people, "--model", model, "-o", tmp_path / "mine", "--rate", "0.2", "--json"
    )
    found = json.loads(out)
    assert status == 0
    assert found["texts"] == 30
    (cut,) = found["cuts"]
    assert (cut["rate"], cut["above"], cut["needs"]) == (0.2, 5, 4)
    assert cut["low"] < cut["expected"] <= 0.2 < cut["high"]


def test_what_is_not_by_people_is_refused(cli, model, tmp_path, tale):
    corpus = write_corpus([Story("s", tale, "gpt-9", "p")], tmp_path / "models.jsonl")
    status, _, err = cli("calibrate", corpus, "--model", model, "-o", tmp_path / "mine")
    assert status == 1
    assert "models.jsonl holds no text by 'human', only by 'gpt-9'" in err
    assert not (tmp_path / "mine").exists()


def test_an_empty_text_is_named_and_one_text_sets_no_cut(cli, model, tmp_path, make_table):
    (tmp_path / "empty.txt").write_text("  \n", encoding="utf-8")
    one = write_table(make_table(("human",), prompts=1, seed=7), tmp_path / "one.parquet")
    status, _, err = cli("calibrate", one, "--model", model, "-o", tmp_path / "mine")
    assert status == 1
    assert err.count("Error") == 1
    assert "1 text by your people sets no cut" in err
    many = write_table(make_table(("human",), prompts=12, seed=7), tmp_path / "many.parquet")
    files = [many, tmp_path / "empty.txt"]
    status, _, err = cli("calibrate", *files, "--model", model, "-o", tmp_path / "mine")
    assert status == 1
    assert "empty.txt" in err
    assert "1 of 13 texts were left out" in err
    assert (tmp_path / "mine" / "own_people.json").exists()
    status, _, err = cli("calibrate", *files, "--model", model, "-o", tmp_path / "m", "--skip-bad")
    assert status == 0


def test_the_model_itself_is_not_written_over(cli, model, people):
    status, _, err = cli("calibrate", people, "--model", model, "-o", model)
    assert status == 1
    assert "is what is read here" in err


@pytest.mark.parametrize("rate", ["0", "1", "-0.1", "5"])
def test_a_rate_is_a_share(cli, model, people, tmp_path, rate):
    status, _, err = cli("calibrate", people, "-o", tmp_path / "mine", f"--rate={rate}")
    assert status == 2
    assert "over 0 and under 1" in err
