"""`storyscope validate` end to end on small passages, readings and tables of our own."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from storyscope.cli import app
from storyscope.cli.commands import validate as _  # noqa: F401  (registers it)
from storyscope.errors import CorpusError
from storyscope.extract.pipeline import load_pipeline
from storyscope.table import write_table
from storyscope.validate import run
from storyscope.validate.families import FAMILIES
from storyscope.validate.passages import wilson


def passage(k, label, text, sealed):
    return {"id": f"reader_address-{'p' if label else 'n'}{k:02}", "label": label, "text": text,
            "note": "made up", "sealed": sealed}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """Four passages, one of them sealed, and one family's readings."""
    address = (
        "Perhaps you think, dear reader, that nobody was down there; and you would be wrong, as I "
        "shall tell you. "
    )
    plain = (
        "The stair was steep and she went down it slowly, one hand upon the wall, saying nothing. "
    )
    rows = [passage(1, True, address * 2, False), passage(2, True, address * 2, True),
            passage(1, False, plain * 2, False), passage(2, False, plain * 2, True)]  # fmt: skip
    path = tmp_path / "passages" / "reader_address.jsonl"
    path.parent.mkdir()
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return path.parent


def test_open_and_sealed_passages_are_scored_apart(folder):
    rows = run.passage_figures(folder, load_pipeline())
    assert [r["part"] for r in rows] == ["open", "sealed"]
    assert all(r["positives"] == r["negatives"] == 1 for r in rows)
    assert all(r["f1"] == 1.0 for r in rows)


def test_a_family_can_ask_what_is_told(folder, word_tagger, monkeypatch):
    monkeypatch.setitem(FAMILIES, "reader_address", lambda r: bool(r.told("dream")))
    rows = run.passage_figures(folder, load_pipeline())
    assert all(r["recall"] == 0 for r in rows)
    path = folder / "reader_address.jsonl"
    path.write_text(path.read_text().replace("dear reader", "in a dream"))
    rows = run.passage_figures(folder, load_pipeline())
    assert all(r["precision"] == r["recall"] == 1 for r in rows)


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(CorpusError, match="--passages"):
        run.home(tmp_path / "nowhere")


def test_wilson_is_that_of_the_textbook():
    low, high = wilson(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-3)


def test_shipped_readings_are_counted_right():
    rows = run.reading_figures(run.home(None, "readings"))
    assert {row["family"] for row in rows} >= {"free_indirect", "inward_thought", "named_emotion"}
    for row in rows:
        assert 0 <= row["right"] <= row["hits"]
        assert 0 <= row["missed"] <= row["near"]
        if row["hits"]:
            assert row["precision"] == pytest.approx(row["right"] / row["hits"], abs=1e-3)


def planted(tmp_path):
    rng = np.random.default_rng(0)
    n = 80
    source = np.repeat(["human", "gpt"], n)
    table = pd.DataFrame(
        {
            "story_id": [f"s{k}" for k in range(2 * n)],
            "source": source,
            "prompt_id": np.tile([f"p{k}" for k in range(n)], 2),
            "words": rng.integers(600, 700, 2 * n),
            "REV_THM_01": rng.normal(2, 0.3, 2 * n) + (source == "gpt"),
        }
    )
    return write_table(table, tmp_path / "t.parquet")


def test_the_command_prints_findings_and_length_as_json(tmp_path):
    path = planted(tmp_path)
    done = CliRunner().invoke(app, ["validate", "--table", str(path), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    (row,) = found["findings"][str(path)]
    assert (row["feature"], row["verdict"]) == ("REV_THM_01", "confirmed")
    assert abs(found["length"][str(path)][0]["r"]) < 0.4


def test_the_command_prints_passages_for_reading(folder):
    (folder / "readings").mkdir()
    done = CliRunner().invoke(app, ["validate", "--passages", str(folder)], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    assert "reader_address" in done.stdout
    assert "sealed" in done.stdout
