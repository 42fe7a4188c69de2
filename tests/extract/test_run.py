"""A corpus scored: order, workers, resuming, and what goes wrong."""

import json

import pandas as pd
import pytest

from storyscope.corpus import Corpus, Story, read_corpus, write_corpus
from storyscope.errors import CorpusError, StoryscopeError, UnknownFeature
from storyscope.extract import run, score, score_to_file
from storyscope.extract.run import SHARD_WORDS

FEW = ["EVT_DEN_01", "TMP_TNS_01", "STY_LEN_01"]


def tales(n, words=60):
    texts = ["He opened the door and ran. She waited by the river. ", "It rains. She sleeps. "]
    return [
        Story(f"s{k}", texts[k % 2] * (words // 10), f"m{k % 3}", f"p{k // 3}", meta={"size": k})
        for k in range(n)
    ]


def test_rows_stand_in_the_order_of_the_corpus():
    table = score(Corpus.from_stories(tales(7)), only=FEW)
    assert table["story_id"].tolist() == [f"s{k}" for k in range(7)]
    assert table.columns.tolist() == ["story_id", "source", "prompt_id", "size", "words", *sorted(
        FEW, key=lambda f: ["EVT_DEN_01", "TMP_TNS_01", "STY_LEN_01"].index(f))]  # fmt: skip
    assert table.attrs["storyscope"]["stories"] == 7
    assert "en_core_web_sm" in table.attrs["storyscope"]["pipeline"]


def test_a_story_scores_the_same_alone_as_among_others():
    stories = tales(5)
    together = score(Corpus.from_stories(stories), only=FEW)
    alone = score(Corpus.from_stories([stories[3]]), only=FEW)
    pd.testing.assert_series_equal(
        together.iloc[3].drop("words"), alone.iloc[0].drop("words"), check_names=False
    )


def test_workers_do_not_change_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SHARD_WORDS", 300)
    corpus = Corpus.from_stories(tales(24, words=120))
    one = score_to_file(corpus, tmp_path / "one.parquet", only=FEW, workers=1)
    two = score_to_file(corpus, tmp_path / "two.parquet", only=FEW, workers=2)
    pd.testing.assert_frame_equal(one, two)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SHARD_WORDS", 100)
    corpus, target = Corpus.from_stories(tales(12)), tmp_path / "t.parquet"
    measured, real = [], run._measure_shard

    def stopping(shard, settings):
        if len(measured) >= 4:
            raise KeyboardInterrupt
        measured.extend(story.id for story in shard)
        return real(shard, settings)

    monkeypatch.setattr(run, "_measure_shard", stopping)
    with pytest.raises(KeyboardInterrupt):
        score_to_file(corpus, target, only=FEW)
    assert not target.exists()
    with pytest.raises(StoryscopeError, match="--resume"):
        score_to_file(corpus, target, only=FEW)
    with pytest.raises(StoryscopeError, match="other features"):
        score_to_file(corpus, target, only=["EVT_DEN_01"], resume=True)

    again = []

    def watching(shard, settings):
        again.extend(story.id for story in shard)
        return real(shard, settings)

    monkeypatch.setattr(run, "_measure_shard", watching)
    told = []
    table = score_to_file(corpus, target, only=FEW, resume=True, watch=told.append)
    assert table["story_id"].tolist() == [f"s{k}" for k in range(12)]
    assert not set(again) & set(measured)
    assert told[0].resumed == len(measured)
    assert told[-1].stories == 12
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_only_and_dimension_choose_features():
    corpus = Corpus.from_stories(tales(1))
    assert "EVT_DEN_01" not in score(corpus, dimensions=["style"])
    with pytest.raises(UnknownFeature, match="Did you mean"):
        score(corpus, only=["EVT_DEN_1"])


def test_long_columns_and_prompts_stay_out_of_the_table():
    story = Story(
        "a", "He ran home. " * 30, "m", "p", prompt="x" * 50, meta={"note": "y" * 101, "k": 1}
    )
    columns = score(Corpus.from_stories([story]), only=FEW).columns
    assert "k" in columns
    assert "note" not in columns
    assert "prompt" not in columns


def test_bad_rows_are_reported_and_the_rest_is_scored(tmp_path, cli):
    path = tmp_path / "tales.jsonl"
    rows = [
        json.dumps(
            {"id": "a", "text": "He ran to the gate. " * 20, "source": "m", "prompt_id": "p"}
        )
    ]
    path.write_text("\n".join([*rows, "{broken", '{"id": "b", "text": ""}']), encoding="utf-8")
    out = tmp_path / "t.parquet"
    status, printed, said = cli("score", path, "-o", out, "--only", "EVT_DEN_01", "--workers", 1)
    assert status == 1
    assert "tales.jsonl, line 2" in said
    assert "--skip-bad" in said
    assert out.exists()
    assert "1 stories" in printed
    out.unlink()
    status, printed, _ = cli(
        "score", path, "-o", out, "--only", "EVT_DEN_01", "--skip-bad", "--json"
    )
    assert status == 0
    assert json.loads(printed)["problems"]


def test_an_empty_corpus_is_refused(tmp_path):
    path = write_corpus(tales(1), tmp_path / "one.jsonl")
    assert len(score(read_corpus(path), only=FEW)) == 1
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(CorpusError):
        score(read_corpus(path), only=FEW)


def test_shards_are_cut_by_words():
    stories = [Story(str(k), "word " * (SHARD_WORDS // 2 + 1), "m", str(k)) for k in range(4)]
    sizes = [len(shard) for shard in run._shards(Corpus.from_stories(stories), set(), SHARD_WORDS)]
    assert sizes == [2, 2]
