"""`storyscope compare` as a user meets it."""

import json

import pandas as pd
import pytest

from storyscope.corpus import Story, write_corpus
from storyscope.table import write_table


@pytest.fixture
def table_path(tmp_path, table):
    return write_table(table, tmp_path / "table.parquet")


def compare(cli, *arguments):
    return cli("compare", *arguments, "--resamples", 60, "--permutations", 49)


def test_a_short_print_and_every_table_in_the_folder(cli, table_path, tmp_path):
    status, short, err = compare(cli, table_path, "-o", tmp_path / "found")
    assert status == 0
    assert "Clusters of stories" not in short
    whole = (tmp_path / "found" / "comparison.txt").read_text(encoding="utf-8")
    assert "Clusters of stories" in whole
    assert "comparison.txt" in err
    status, printed, err = compare(cli, table_path, "--full")
    assert status == 0
    assert printed == whole
    assert err == ""


def test_several_tables_are_joined(cli, table, tmp_path):
    parts = [
        write_table(table[table["source"] == source], tmp_path / f"{source}.parquet")
        for source in ("human", "m1", "m2")
    ]
    status, out, _ = compare(cli, *parts, "--json")
    assert status == 0
    assert {s["name"] for s in json.loads(out)["about"]["sources"]} == {"human", "m1", "m2"}
    status, _, err = compare(cli, parts[0], parts[0])
    assert status == 1
    assert "named twice" in err


def test_stories_of_a_length_alone(cli, table, table_path):
    kept = table["words"].between(500, 1500)
    status, out, err = compare(cli, table_path, "--words", 500, 1500, "--json")
    assert status == 0
    assert json.loads(out)["about"]["stories"] == int(kept.sum())
    assert f"{int((~kept).sum())} stories of fewer than 500 or more than 1500 words" in err


def test_texts_and_what_is_said_of_sources(cli, table, table_path, tmp_path):
    places = ("kitchen", "garden", "market", "cellar")
    told = [
        Story(row.story_id, f"Emma ran to the {places[i % 4]}. Emma saw rain fall.",
              row.source, row.prompt_id)
        for i, row in enumerate(table.itertuples())
    ]  # fmt: skip
    corpus = write_corpus(told, tmp_path / "tales.jsonl")
    about = tmp_path / "about.csv"
    pd.DataFrame({"source": ["m1", "m2"], "size": [8, 70], "family": ["m", "m"]}).to_csv(
        about, index=False
    )
    status, out, _ = compare(
        cli, table_path, "--texts", corpus, "--about", about, "--size", "size", "--family",
        "family", "--json",
    )  # fmt: skip
    found = json.loads(out)
    assert status == 0
    assert found["repetition"]["stories"] == len(table)
    assert found["stock"]["kinds"]
    status, out, _ = compare(cli, table_path, "--about", about, "--by", "family", "--json")
    assert {s["name"] for s in json.loads(out)["about"]["sources"]} == {"human", "m"}
    status, _, err = compare(cli, table_path, "--about", tmp_path / "nowhere.csv")
    assert status == 1
    assert "cannot be read as CSV" in err


def test_a_set_of_features_that_is_none_is_wrong_usage(cli, table_path):
    assert compare(cli, table_path, "--features", "most")[0] == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--words", 90000, 99000), "No story has 90000 to 99000 words"),
        (("--texts", "nowhere.jsonl"), "nowhere.jsonl"),
        (("--by", "colour"), "no column 'colour'"),
        (("--about", "nowhere.csv"), "cannot be read as CSV"),
    ],
)
def test_what_is_lacking_is_said_in_one_line(cli, table_path, options, message):
    status, out, err = compare(cli, table_path, *options)
    assert status == 1
    assert message in err
    assert "Traceback" not in err
    assert out == ""


def test_published_figures_without_people_are_noted(cli, table, tmp_path):
    models = write_table(table[table["source"] != "human"], tmp_path / "models.parquet")
    status, out, _ = compare(cli, models, "--published", "--json")
    found = json.loads(out)
    assert status == 0
    assert found["published"] is None
    assert any("published figures need" in note["what"] for note in found["notes"])
    assert cli("compare", models, "--permutations", 5)[0] == 2
