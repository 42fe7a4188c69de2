"""Passages kept beside a table: where they stand, how likely they are, and a run that was stopped."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from storyscope.corpus import Corpus, Story, write_corpus
from storyscope.errors import OutputError, StoryscopeError
from storyscope.extract import run, score_to_file
from storyscope.extract.evidence import chance_of, is_evidence
from storyscope.extract.reading import Reading, read
from storyscope.extract.tagger import Tags
from storyscope.table import is_table, read_table

FEW = ["EVT_DEN_01", "TMP_TNS_01", "STY_LEN_01"]
COLUMNS = ["story_id", "feature", "start", "end", "probability"]


def tales(n):
    text = "# The River\n\nHe “opened” the *door* and ran. She waited by the river.\n\n"
    return [Story(f"s{k}", text + "He ran. " * (40 + k), "human", f"p{k}") for k in range(n)]


def test_passages_are_places_in_the_story_as_it_was_given(tmp_path):
    stories = tales(3)
    table = score_to_file(
        Corpus.from_stories(stories), tmp_path / "t.parquet", only=FEW, tagger=False,
        evidence=tmp_path / "p.parquet",
    )  # fmt: skip
    found = pd.read_parquet(tmp_path / "p.parquet")
    assert found.columns.tolist() == COLUMNS
    assert found["story_id"].unique().tolist() == ["s0", "s1", "s2"]
    texts = {s.id: s.text for s in stories}
    events = found[found["feature"] == "EVT_DEN_01"]
    words = [
        texts[s][a:b] for s, a, b in zip(events.story_id, events.start, events.end, strict=True)
    ]
    assert set(words) == {"opened", "ran", "waited"}
    assert found["probability"].isna().all()  # nothing here rests on the tagger
    assert "_evidence" not in table
    assert read_table(tmp_path / "t.parquet").columns.tolist() == table.columns.tolist()


def test_probabilities_are_those_of_the_families_that_a_feature_rests_on():
    parsed = read("She slept. A tower burned in the dream. She woke.")
    tags = Tags.of_labels(3, {"dream": [(1, 1)]})
    tags.chance[:, 0] = [0.1, 0.75, 0.3]
    reading = Reading(parsed.doc, tags)
    whole, last = (0, reading.n), tuple(reading.sentences[2])
    assert chance_of(reading, "TMP_DRM_01", whole) == 0.75
    assert chance_of(reading, "TMP_DRM_01", last) == 0.3
    assert chance_of(reading, "EVT_DEN_01", whole) is None


def test_a_killed_run_goes_on_and_keeps_the_order_of_the_corpus(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SHARD_WORDS", 100)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir(), broken.mkdir()
    how = {"only": FEW, "tagger": False}
    corpus = Corpus.from_stories(tales(6))
    score_to_file(corpus, whole / "t.parquet", **how, evidence=whole / "p.parquet")

    real, calls = run.measure_shard, []

    def stopping(shard, settings):
        calls.append(shard)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(shard, settings)

    monkeypatch.setattr(run, "measure_shard", stopping)
    # The last stories are measured first, so that the parts are in another order.
    with pytest.raises(KeyboardInterrupt):
        score_to_file(
            Corpus.from_stories(tales(6)[::-1]), broken / "t.parquet", **how,
            evidence=broken / "p.parquet",
        )  # fmt: skip
    assert not (broken / "p.parquet").exists()
    monkeypatch.setattr(run, "measure_shard", real)
    with pytest.raises(StoryscopeError, match=r"was made with passages kept \(--evidence\)"):
        score_to_file(corpus, broken / "t.parquet", **how, resume=True)
    score_to_file(corpus, broken / "t.parquet", **how, resume=True, evidence=broken / "p.parquet")
    assert (broken / "p.parquet").read_bytes() == (whole / "p.parquet").read_bytes()
    assert sorted(p.name for p in broken.iterdir()) == ["p.parquet", "t.parquet"]


def test_a_file_of_passages_is_no_table_and_replaces_only_its_like(tmp_path):
    target, passages = tmp_path / "t.parquet", tmp_path / "p.parquet"
    corpus = Corpus.from_stories(tales(1))
    how = {"only": FEW[:1], "tagger": False}
    score_to_file(corpus, target, **how, evidence=passages)
    assert [is_evidence(passages), is_table(passages)] == [True, False]
    assert [is_evidence(target), is_table(target)] == [False, True]
    record = pq.read_metadata(passages).metadata[b"storyscope.passages"]
    assert {"codebook", "measures", "normalisation"} <= set(json.loads(record))
    score_to_file(corpus, target, **how, evidence=passages)
    mine = tmp_path / "mine.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(mine)
    with pytest.raises(OutputError, match="storyscope did not make it"):
        score_to_file(corpus, target, **how, evidence=mine)
    with pytest.raises(OutputError, match="name another file for the passages"):
        score_to_file(corpus, target, **how, evidence=target)
    with pytest.raises(OutputError, match=r"written as \.parquet, not 'p\.csv'"):
        score_to_file(corpus, target, **how, evidence=tmp_path / "p.csv")


def test_the_command_says_how_many_passages_it_wrote(cli, tmp_path):
    write_corpus(Corpus.from_stories(tales(2)), tmp_path / "s.jsonl")
    status, out, err = cli(
        "score", tmp_path / "s.jsonl", "-o", tmp_path / "t.parquet", "--only", "EVT_DEN_01",
        "--fast", "--workers", "1", "--evidence", tmp_path / "p.parquet",
    )  # fmt: skip
    assert status == 0, err
    assert f"p.parquet: {len(pd.read_parquet(tmp_path / 'p.parquet'))} passages." in out
