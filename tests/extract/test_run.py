"""A corpus scored: order, workers, resuming, and what goes wrong."""

import json
import multiprocessing
import threading
from dataclasses import replace

import pandas as pd
import pytest

from storyscope.corpus import AS_IS, Corpus, Story, read_corpus, write_corpus
from storyscope.errors import CorpusError, OutputError, StoryscopeError, UnknownFeature
from storyscope.extract import run, score, score_to_file
from storyscope.extract.run import SHARD_WORDS
from storyscope.table import encodable, read_table

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


def test_a_table_keeps_its_audit_without_another_pass(monkeypatch):
    from storyscope.corpus import audit as looked_through

    ends = [
        "and then",
        "I'm sorry, but I can't write this story.",
        "# Dawn\n\nIt was dawn — almost.",
    ]
    told = [*tales(5, words=900), tales(1, words=900)[0]]
    stories = [replace(s, id=f"t{k}", text=s.text + ends[k % 3]) for k, s in enumerate(told)]
    stories.append(Story("r", ends[1], "m1", "p"))
    passes, real = [], Corpus.__iter__
    monkeypatch.setattr(Corpus, "__iter__", lambda self: (passes.append(1), real(self))[1])
    corpus = Corpus.from_stories(stories)
    table = score(corpus, only=FEW)
    assert len(passes) == 2
    kept = table.attrs["storyscope"]["audit"]
    assert kept == looked_through(corpus).counts()
    assert kept["exact"]
    assert kept["sources"]["m1"]["refused"] == 1
    assert {name for one in kept["sources"].values() for name in one} >= {"cut", "marks", "left"}


def test_workers_do_not_change_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SHARD_WORDS", 300)
    corpus = Corpus.from_stories(tales(24, words=120))
    one = score_to_file(corpus, tmp_path / "one.parquet", only=FEW, workers=1)
    two = score_to_file(corpus, tmp_path / "two.parquet", only=FEW, workers=2)
    pd.testing.assert_frame_equal(one, two)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_processes_are_started_where_they_pay(monkeypatch):
    asked = []

    def here(measure, shards, settings, workers):
        asked.append(workers)
        return (measure(shard, settings) for shard in shards)

    monkeypatch.setattr(run, "SHARD_WORDS", 1000)
    monkeypatch.setattr(run, "in_processes", here)
    for words in (980, 1000, 1500):
        told = [Story(str(k), "He ran. " * 10, "m", "p") for k in range(words // 20)]
        score(Corpus.from_stories(told), only=["EVT_DEN_01"], workers=8)
    assert asked == [2, 3]


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SHARD_WORDS", 100)
    corpus, target = Corpus.from_stories(tales(12)), tmp_path / "t.parquet"
    measured, real = [], run.measure_shard

    def stopping(shard, settings):
        if len(measured) >= 4:
            raise KeyboardInterrupt
        measured.extend(story.id for story in shard)
        return real(shard, settings)

    monkeypatch.setattr(run, "measure_shard", stopping)
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

    monkeypatch.setattr(run, "measure_shard", watching)
    told = []
    table = score_to_file(corpus, target, only=FEW, resume=True, watch=told.append)
    assert table["story_id"].tolist() == [f"s{k}" for k in range(12)]
    assert not set(again) & set(measured)
    assert told[0].resumed == len(measured)
    assert told[-1].stories == 12
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tagger": False}, "was made with the tagger (without --fast);"),
        ({"normalisation": AS_IS}, "was made with texts normalised in another way (--as-is);"),
        ({"only": ["EVT_DEN_01"]}, "was made with other features;"),
        (
            {"tagger": False, "only": ["EVT_DEN_01"]},
            "was made with the tagger (without --fast), with other features;",
        ),
    ],
)
def test_a_run_with_other_settings_says_what_differs(stopped, tmp_path, options, said):
    target = tmp_path / "t.parquet"
    stopped(tales(12), target)
    with pytest.raises(StoryscopeError) as found:
        score_to_file(
            Corpus.from_stories(tales(12)), target, **{"only": FEW, **options}, resume=True
        )
    assert said in str(found.value)


def test_parts_of_another_version_are_not_gone_on_with(stopped, tmp_path):
    target = tmp_path / "t.parquet"
    stopped(tales(12), target)
    (tmp_path / "t.parquet.parts" / "settings.txt").write_text("93ab02ffe1d04c55")
    with pytest.raises(StoryscopeError, match="was made with other settings"):
        score_to_file(Corpus.from_stories(tales(12)), target, only=FEW, resume=True)


@pytest.fixture
def stopped(monkeypatch):
    """Score the stories until four are measured, then stop; which are measured after that."""
    monkeypatch.setattr(run, "SHARD_WORDS", 100)
    real = run.measure_shard

    def score_and_stop(stories, target):
        measured = []

        def stopping(shard, settings):
            if len(measured) >= 4:
                raise KeyboardInterrupt
            measured.extend(story.id for story in shard)
            return real(shard, settings)

        def watching(shard, settings):
            after.extend(story.id for story in shard)
            return real(shard, settings)

        monkeypatch.setattr(run, "measure_shard", stopping)
        with pytest.raises(KeyboardInterrupt) as stop:
            score_to_file(Corpus.from_stories(stories), target, only=FEW)
        after = []
        monkeypatch.setattr(run, "measure_shard", watching)
        return stop.value, measured, after

    return score_and_stop


def edited(stories):
    return [replace(stories[0], text=stories[1].text), *stories[1:]]


def under_another_source(stories):
    return [replace(stories[0], source="m9"), *stories[1:]]


def with_another_column(stories):
    return [replace(stories[0], meta={"size": 99}), *stories[1:]]


def without_one(stories):
    return stories[1:]


def with_one_more(stories):
    return [*tales(13)[-1:], *stories]


def in_reverse(stories):
    return stories[::-1]


@pytest.mark.parametrize(
    ("change", "stale", "resumed"),
    [
        (edited, 1, 3),
        (under_another_source, 1, 3),
        (with_another_column, 1, 3),
        (without_one, 1, 3),
        (with_one_more, 0, 4),
        (in_reverse, 0, 4),
    ],
)
def test_a_changed_corpus_is_never_mixed_with_what_was_measured(
    stopped, tmp_path, change, stale, resumed
):
    stories, target = tales(12), tmp_path / "t.parquet"
    stopped(stories, target)
    corpus, told = Corpus.from_stories(change(stories)), []
    score_to_file(corpus, target, only=FEW, resume=True, watch=told.append)
    score_to_file(corpus, tmp_path / "anew.parquet", only=FEW)
    assert target.read_bytes() == (tmp_path / "anew.parquet").read_bytes()
    assert (told[0].stale, told[0].resumed) == (stale, resumed)


def test_a_stopped_run_says_what_is_kept(stopped, tmp_path):
    stop, measured, _ = stopped(tales(12), tmp_path / "t.parquet")
    assert len(measured) == 4
    assert stop.__notes__ == [
        f"4 of 12 stories are measured and kept in {tmp_path / 't.parquet.parts'}; run the same "
        "command with --resume to go on."
    ]


def test_a_part_that_was_deleted_is_measured_again(stopped, tmp_path):
    target = tmp_path / "t.parquet"
    _, _, after = stopped(tales(12), target)
    first = sorted((tmp_path / "t.parquet.parts").glob("*.jsonl"))[0]
    lost = [json.loads(line)["story_id"] for line in first.read_text().splitlines()]
    first.unlink()
    table = score_to_file(Corpus.from_stories(tales(12)), target, only=FEW, resume=True)
    assert after[: len(lost)] == lost
    assert len(table) == 12


def test_a_damaged_part_is_named(stopped, tmp_path):
    target = tmp_path / "t.parquet"
    stopped(tales(12), target)
    part = sorted((tmp_path / "t.parquet.parts").glob("*.jsonl"))[0]
    part.write_text('{"story_id": "s0"')
    with pytest.raises(StoryscopeError, match=r"000001\.jsonl.* is damaged; delete that file"):
        score_to_file(Corpus.from_stories(tales(12)), target, only=FEW, resume=True)


def test_a_corpus_that_changes_while_it_is_scored_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SHARD_WORDS", 100)
    path, target = write_corpus(tales(6), tmp_path / "c.jsonl"), tmp_path / "t.parquet"
    corpus, count = read_corpus(path), run._count

    def counted_then_changed(corpus):
        found = count(corpus)
        write_corpus(tales(7), path)
        return found

    monkeypatch.setattr(run, "_count", counted_then_changed)
    with pytest.raises(CorpusError, match=r"changed while it was scored \(story 's6'"):
        score_to_file(corpus, target, only=FEW)
    assert not target.exists()


def test_two_runs_at_one_target(tmp_path):
    target = tmp_path / "t.parquet"
    score_to_file(Corpus.from_stories(tales(3)), target, only=FEW)
    before = target.read_bytes()
    told = []

    def meanwhile(progress):
        second = threading.Thread(target=again)
        second.start()
        second.join()

    def again():
        try:
            score_to_file(Corpus.from_stories(tales(5)), target, only=FEW)
        except OutputError as error:
            told.append((str(error), target.read_bytes()))

    score_to_file(Corpus.from_stories(tales(4)), target, only=FEW, watch=meanwhile)
    assert "Another run is writing" in told[0][0]
    assert {content for _, content in told} == {before}
    assert len(pd.read_parquet(target)) == 4


@pytest.mark.parametrize("name", ["notes.txt", "000001.jsonl"])
def test_a_folder_of_the_users_is_not_taken_for_parts(tmp_path, name):
    parts = tmp_path / "t.parquet.parts"
    parts.mkdir()
    (parts / name).write_text("mine")
    for resume in (False, True):
        with pytest.raises(OutputError, match="is something else"):
            score_to_file(
                Corpus.from_stories(tales(2)), tmp_path / "t.parquet", only=FEW, resume=resume
            )
    assert (parts / name).read_text() == "mine"


ODD = {
    "next line and line separator": ["a\x85b", "c\u2028d", "e\u2029f\x0bg\x1ch"],
    "half a character": ["a\ud800b", "c", None],
    "beyond 64 bits": [2**64, 1, -(2**70)],
    "beyond 53 bits with a gap": [2**53 + 1, None, 2],
    "N/A among numbers": [1, "N/A", 2.5],
    "truth among numbers": [True, 1, 0.5],
    "half \ud83d a name": [1, 2, 3],
    "returns": ["a\rb", "c\r\nd", "e\nf"],
}


@pytest.mark.parametrize("ending", ["parquet", "csv"])
@pytest.mark.parametrize("name", ODD)
def test_any_column_of_a_corpus_can_be_written(tmp_path, name, ending):
    stories = [
        replace(story, meta={name: value}) for story, value in zip(tales(3), ODD[name], strict=True)
    ]
    corpus = read_corpus(write_corpus(stories, tmp_path / "c.jsonl"))
    target = tmp_path / f"t.{ending}"
    table = score_to_file(corpus, target, only=FEW)
    column = encodable(name)
    assert read_table(target)["story_id"].tolist() == ["s0", "s1", "s2"]
    as_text = {"dtype": str, "keep_default_na": False, "na_values": [""]}
    read = pd.read_csv(target, **as_text) if ending == "csv" else read_table(target)
    written = [v if v is None else encodable(str(v)).replace("\r\n", "\n") for v in ODD[name]]
    found = [None if pd.isna(v) else str(v).replace("\r\n", "\n") for v in read[column]]
    assert found == written
    noted = any(column in note for note in table.attrs["storyscope"].get("notes", []))
    assert noted == (name not in ("next line and line separator", "returns"))


def test_a_column_named_as_a_feature_is_left_out_and_said(tmp_path):
    stories = [replace(story, meta={"EVT_ESC_99": "x", "TMP_DRM_01": 7}) for story in tales(2)]
    table = score_to_file(Corpus.from_stories(stories), tmp_path / "t.parquet", only=FEW)
    assert not {"EVT_ESC_99", "TMP_DRM_01"} & set(table.columns)
    assert table.attrs["storyscope"]["notes"] == [
        "columns named as features are, left out: EVT_ESC_99, TMP_DRM_01"
    ]


def test_a_dead_worker_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SHARD_WORDS", 100)

    def kill(progress):
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(StoryscopeError, match="want of memory; try fewer --workers") as stop:
        score_to_file(
            Corpus.from_stories(tales(40)), tmp_path / "t.csv", only=FEW, workers=2, watch=kill
        )
    assert "--resume" in stop.value.__notes__[0]


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


def test_fast_leaves_out_what_the_tagger_tells(tmp_path, cli):
    path, out = write_corpus(tales(1, words=120), tmp_path / "c.jsonl"), tmp_path / "t.parquet"
    args = ("--only", "EVT_DEN_01", "--only", "TMP_DRM_01", "--workers", 1, "--json")
    status, _, _ = cli("score", path, "-o", out, *args)
    whole = read_table(out)
    assert status == 0
    status, _, _ = cli("score", path, "-o", out, *args, "--fast")
    fast = read_table(out)
    assert status == 0
    assert whole.attrs["storyscope"]["tagger"]
    assert fast.attrs["storyscope"]["tagger"] is None
    assert fast["EVT_DEN_01"].tolist() == whole["EVT_DEN_01"].tolist()
    assert whole["TMP_DRM_01"].notna().all()
    assert fast["TMP_DRM_01"].isna().all()


def test_as_is_takes_nothing_off_and_the_table_says_so(tmp_path, cli):
    story = "<think>A gate, then. And a dog.</think>\n\n" + tales(1, words=120)[0].text
    path = write_corpus([Story("a", story, "m", "p")], tmp_path / "c.jsonl")
    out, args = tmp_path / "t.parquet", ("--only", "EVT_DEN_01", "--fast", "--workers", 1)
    status, _, said = cli("score", path, "-o", out, *args)
    plain = read_table(out)
    assert status == 0
    assert "a model's thinking" in said
    status, _, said = cli("score", path, "-o", out, *args, "--as-is")
    kept = read_table(out)
    assert status == 0
    assert "joins only tables made --as-is" in said
    assert kept.loc[0, "words"] >= plain.loc[0, "words"] + 6
    assert not kept.attrs["storyscope"]["normalisation"]["apparatus"]
    assert not kept.attrs["storyscope"]["found"]["off"]


def test_as_is_is_not_for_the_judge(tmp_path, cli):
    path = write_corpus(tales(1), tmp_path / "c.jsonl")
    status, _, said = cli("score", path, "-o", tmp_path / "t.parquet", "--as-is", "--judge", "m")
    assert status == 2
    assert "--as-is" in said
