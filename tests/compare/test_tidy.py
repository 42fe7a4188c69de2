"""Results as tidy CSV files: whole, explained, and safe in a spreadsheet."""

import csv
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import storyscope as ss
from storyscope.attribute.evaluation import Evaluation
from storyscope.attribute.metrics import Metric
from storyscope.compare.tidy import DICTIONARY, frames, write_csv


@pytest.fixture(scope="module")
def comparison(big_table):
    """Four sources on shared prompts; one has a formula for a name."""
    table = big_table.assign(source=big_table["source"].replace("m1", "=1+1"))
    return ss.compare(table, resamples=50, permutations=19)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_per_observation_with_its_interval(comparison):
    made = frames(comparison, "c")
    pairs = made["c_matched_source_pairs"]
    assert len(pairs) == len(comparison.matched.source_pairs)
    first = comparison.matched.source_pairs[0]
    assert pairs.loc[0, ["a", "b", "distance", "distance_n"]].tolist() == [
        first.a, first.b, first.distance.value, first.distance.n]  # fmt: skip
    means = made["c_features_means"]
    assert len(means) == sum(len(f.means) for f in comparison.features)
    assert made["c_matched"].loc[0, "gap_gap"] == comparison.matched.gap.gap.value
    assert set(made["c_structure_clusterings_agreement"]) >= {
        "view",
        "method",
        "k",
        "label",
        "rand",
    }


def test_every_figure_of_the_json_is_in_a_table(comparison):
    """Nothing is lost on the way: each number of the document stands in some table."""
    told = set()

    def look(value):
        if isinstance(value, dict | list):
            for inner in value.values() if isinstance(value, dict) else value:
                look(inner)
        elif isinstance(value, float):
            told.add(value)

    document = json.loads(comparison.to_json())
    look({k: v for k, v in document.items() if k != "verdict"})  # made of the others
    tables = frames(comparison, "c").values()
    found = np.sort(
        np.concatenate([t.select_dtypes("number").to_numpy(float).ravel() for t in tables])
    )
    found = found[np.isfinite(found)]
    assert len(told) > 200
    for value in told:
        near = found[np.searchsorted(found, value - 2e-5 * abs(value)) :][:1]
        assert near.size, value
        assert abs(near[0] - value) <= 2e-5 * abs(value), value


def test_every_column_is_explained(comparison, tmp_path):
    *files, dictionary = write_csv(comparison, tmp_path, "c")
    assert dictionary.name == DICTIONARY
    known = {(row["file"], row["column"]): row["meaning"] for row in rows(dictionary)}
    for path in files:
        for column in pd.read_csv(path).columns:
            assert known[path.name, column].strip(), (path.name, column)
    assert "lower end" in known["c_matched_source_pairs.csv", "distance_low"].lower()


def test_no_cell_is_a_formula_and_truth_reads_in_r(comparison, tmp_path):
    write_csv(comparison, tmp_path, "c")
    names = [row["name"] for row in rows(tmp_path / "c_about_sources.csv")]
    assert "'=1+1" in names
    assert "=1+1" not in names
    assert {row["human"] for row in rows(tmp_path / "c_about_sources.csv")} == {"TRUE", "FALSE"}


def test_the_same_comparison_gives_the_same_bytes(comparison, tmp_path):
    for name in ("one", "two"):
        write_csv(comparison, tmp_path / name, "c")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_evaluations_stand_under_one_another():
    one = Evaluation(
        "all", 1, 2, 3, 4, {"accuracy": Metric(0.5, 0.4, 0.6)}, [[1, 0], [2, 3]], ["a", "b"]
    )
    made = frames([one, replace(one, name="style")], "e")
    assert made["e"]["name"].tolist() == ["all", "style"]
    assert made["e_metrics"].query("name == 'style'")[["of", "value", "low"]].values.tolist() == [
        ["accuracy", 0.5, 0.4]]  # fmt: skip
    assert made["e_confusion"].query("name == 'all'")["value"].tolist() == [1, 0, 2, 3]


def test_commands_write_them(table, tmp_path, cli):
    path = ss.write_table(table, tmp_path / "t.parquet")
    status, _, err = cli("fingerprint", path, "--csv", tmp_path / "marks")
    assert status == 0, err
    assert (tmp_path / "marks" / DICTIONARY).is_file()
    assert rows(tmp_path / "marks" / "fingerprint.csv")[0]["n_stories"] == str(len(table))
    status, _, err = cli("diff", path, "--old", "m1", "--new", "m2", "--csv", tmp_path / "diff")
    assert status == 0, err
    assert "size_low" in rows(tmp_path / "diff" / "diff_changes.csv")[0]
