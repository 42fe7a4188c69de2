"""The judged table, from the command line to the analyses."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest
from servers import messages as server

from storyscope.codebook import default_codebook
from storyscope.errors import TableError, UnknownFeature
from storyscope.judge.judged import add_answers, base_table, read_sidecar
from storyscope.table import check_table, feature_ids, read_table, write_table


def test_a_judged_column_stands_beside_the_measured_one(api, judging, book, corpus, tmp_path):
    asked = judging()
    asked.ask()
    measured = base_table(corpus).assign(TMP_DRM_01=["no", None, "yes"])
    table, _ = asked.write(measured, tmp_path / "t.parquet")
    assert list(table.columns[:3]) == ["story_id", "source", "prompt_id"]
    assert table["TMP_DRM_01"].dropna().to_dict() == {0: "no", 2: "yes"}
    assert set(table["TMP_DRM_01@judge"]) <= {"yes", "no"}
    assert table["TMP_DRM_01@judge"].dtype == table["TMP_DRM_01"].dtype
    assert "PLT_TST_01@judge" not in table
    path = write_table(table, tmp_path / "t.parquet")
    again = read_table(path, book)
    pd.testing.assert_frame_equal(again, table)
    assert again.attrs["storyscope"]["judge"]["model"] == "claude-sonnet-5-5"


def test_analyses_take_either_column(book, corpus):
    table = base_table(corpus).assign(
        **{"TMP_DRM_01": ["no", "yes", "yes"], "TMP_DRM_01@judge": ["yes", "no", None]}
    )
    assert feature_ids(table, book) == ["TMP_DRM_01"]
    assert book.encode(table).columns.tolist() == ["TMP_DRM_01"]
    both = book.encode(table, ["TMP_DRM_01", "TMP_DRM_01@judge"])
    assert both["TMP_DRM_01@judge"].tolist()[:2] == [1.0, 0.0]
    assert both["TMP_DRM_01@judge"].isna().tolist() == [False, False, True]


def test_a_judged_column_is_checked_like_any_other(book, corpus):
    table = base_table(corpus)
    with pytest.raises(TableError, match=r"TMP_DRM_01@judge.*'perhaps'.*none of yes, no"):
        check_table(table.assign(**{"TMP_DRM_01@judge": "perhaps"}), book)
    with pytest.raises(UnknownFeature):
        book["TMP_DRM_77@judge"]
    with pytest.raises(UnknownFeature):
        check_table(table.assign(TMP_DRM_77="yes"), book)


def test_undefined_and_unanswered_are_told_apart_beside_the_table(api, judging, corpus, tmp_path):
    def change(message):
        data = json.loads(message["content"][0]["text"])
        data["answers"][2]["value"] = "does not apply"
        message["content"][0]["text"] = json.dumps(data)

    api.faults.extend([server.changed(change), server.stopped("refusal")])
    asked = judging()
    asked.ask(workers=1)
    table, record = asked.write(base_table(corpus), tmp_path / "t.parquet")
    first = table.set_index("story_id").loc["s0"]
    assert first[["PLT_TST_03", "SET_TST_01"]].isna().all()
    lines = {(x["story_id"], x["feature_id"]): x for x in read_sidecar(tmp_path / "t.parquet")}
    assert lines["s0", "PLT_TST_03"]["status"] == "undefined"
    assert lines["s0", "SET_TST_01"]["reason"] == "refusal"
    assert record["unanswered"] == {"refusal": 1}
    assert record["answers"] == {"answered": 16, "unanswered": 1, "undefined": 1}


def test_quotations_stand_in_the_story_as_it_was_given(api, judging, tmp_path):
    """Normalisation moves characters; places are those of the original."""
    from storyscope.corpus import Corpus, Story

    text = "# A Title\n\n" + "“Is it *you*?” she said — twice. " * 60
    corpus = Corpus.from_stories([Story("s", text, "m", "p")])
    api.answer = lambda asked: {"answers": [
        {**entry, "quotes": ['"Is it you?" she said', "never written in it at all"]}
        for entry in server.any_answer(asked)["answers"]]}  # fmt: skip
    asked = judging(corpus)
    asked.ask()
    asked.write(base_table(corpus), tmp_path / "t.parquet")
    for line in read_sidecar(tmp_path / "t.parquet"):
        found, lost = line["quotes"]
        assert text[found["start"] : found["end"]] == "“Is it *you*?” she said"
        assert lost == {"text": "never written in it at all", "start": None, "end": None,
                        "how": "unlocated"}  # fmt: skip


def test_repeated_readings_give_the_table_the_first(api, judging, corpus, tmp_path, book):
    readings = {}

    def answer(asked):
        n = readings[asked.story, asked.questions] = (
            readings.get((asked.story, asked.questions), -1) + 1
        )
        return server.any_answer(asked, n)

    api.answer = answer
    asked = judging(samples=3)
    asked.ask(workers=1)
    table, _ = asked.write(base_table(corpus), tmp_path / "t.parquet")
    for line in read_sidecar(tmp_path / "t.parquet"):
        if line["sample"] == 0:
            feature = line["feature_id"]
            name = f"{feature}@judge" if feature == "TMP_DRM_01" else feature
            got = table.set_index("story_id").loc[line["story_id"], name]
            assert got == line["value"]


def test_a_newer_answer_replaces_that_of_an_earlier_run_and_nothing_else_does(
    judging, book, corpus
):
    asked = judging()
    table = base_table(corpus).assign(PLT_TST_01="well")
    values = {"s0": {"PLT_TST_01": "open"}, "s1": {"PLT_TST_01": None}}
    made = add_answers(table, values, asked.plan, book, {})
    assert made["PLT_TST_01"].dropna().to_dict() == {0: "open", 2: "well"}
    assert made.columns.is_unique


def test_answers_to_other_questions_are_added_to_a_judged_table(api, judging, corpus, tmp_path):
    path = tmp_path / "t.parquet"
    book = judging().codebook
    for dimension in ("plot", "setting"):
        asked = judging(dimensions=[dimension])
        asked.ask()
        base = (
            base_table(corpus).assign(TMP_TST_02=0.5) if dimension == "plot" else base_table(corpus)
        )
        write_table(asked.write(base, path)[0], path)
    table = read_table(path, book)
    judged = ["PLT_TST_01", "PLT_TST_02", "PLT_TST_03", "SET_TST_01"]
    assert table[judged].notna().all().all()
    assert (table["TMP_TST_02"] == 0.5).all()  # nothing was measured the second time
    assert {x["feature_id"] for x in read_sidecar(path)} == set(judged)
    record = json.loads((tmp_path / "t.usage.json").read_text())
    assert record["requests"] == {"answered": 3}
    assert [r["requests"] for r in record["earlier"]] == [{"answered": 3}]


def test_a_judged_table_is_not_mixed_with_what_does_not_belong_to_it(
    api, judging, corpus, book, tmp_path
):
    from storyscope.corpus import Corpus, Story
    from storyscope.judge.work import Judging

    path = tmp_path / "t.parquet"
    asked = judging()
    asked.ask()
    write_table(asked.write(base_table(corpus), path)[0], path)
    before = {p.name: p.read_bytes() for p in tmp_path.glob("t.*")}
    stories = list(corpus)
    fewer = Corpus.from_stories(stories[1:])
    changed = Corpus.from_stories([*stories[1:], Story("s0", "Other. " * 200, "m", "p0")])
    other = Judging.of(corpus, "claude-opus-5-5", answers=tmp_path / "b.sqlite", codebook=book)
    for made, says in (
        (judging(fewer), "lacks 1 of its stories, as 's0'"),
        (judging(changed), "texts of its stories have changed"),
        (other, "its model is 'claude-sonnet-5-5', not 'claude-opus-5-5'"),
    ):
        with pytest.raises(TableError, match=says):
            made.write(base_table(made.corpus), path)
    other.answers.close()
    assert {p.name: p.read_bytes() for p in tmp_path.glob("t.*")} == before
    more = Corpus.from_stories([*stories, Story("s9", "She ran off. " * 200, "m", "p9")])
    made, _ = judging(more).write(base_table(more), path)
    assert made["PLT_TST_01"].notna().tolist() == [True, True, True, False]


@pytest.fixture
def line(tmp_path):
    """A command that measures one feature and asks one question about three stories."""
    rows = [{"id": f"s{i}", "text": f"Tale {i}. " + "He ran to the door. " * 300, "source": "m",
             "prompt_id": "p"} for i in range(3)]  # fmt: skip
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    question = default_codebook().ids(dimension="plot", answered_by="judge")[0]
    return [
        "score", tmp_path / "s.jsonl", "-o", tmp_path / "t.parquet", "--judge", "claude-sonnet-5-5",
        "--only", question, "--only", "EVT_DEN_01", "--answers", tmp_path / "a.sqlite",
    ]  # fmt: skip


@pytest.mark.parametrize("stop", ["limit", "down", "no judge"])
def test_a_run_that_is_stopped_leaves_the_judged_table(api, cli, line, tmp_path, monkeypatch, stop):
    status, _, err = cli(*line)
    assert status == 0, err
    first = read_table(tmp_path / "t.parquet")
    answers = (tmp_path / "t.judged.jsonl").read_bytes()
    setting = default_codebook().ids(dimension="setting", answered_by="judge")[0]
    more = {
        "limit": [*line, "--only", setting, "--max-cost", "0.000001"],
        "down": [*line, "--only", setting],
        "no judge": line[: line.index("--judge")],
    }[stop]
    if stop == "down":
        monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    status, _, err = cli(*more)
    assert status == 1, err
    if stop == "no judge":
        assert "holds 1 columns with a judge's answers, which were paid for" in err
    again = read_table(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(again[first.columns], first)
    assert (tmp_path / "t.judged.jsonl").read_bytes() == answers


def test_nothing_is_asked_for_a_table_that_cannot_be_written(api, cli, line, tmp_path):
    question = line[line.index("--only") + 1]
    at = line.index("--only")
    line = [*line[:at], "--only", question, "--answers", tmp_path / "a.sqlite"]  # nothing measured
    for target, says in (("absent/t.parquet", "does not exist"), ("t.txt", ".parquet or .csv")):
        line[line.index("-o") + 1] = tmp_path / target
        status, _, err = cli(*line)
        assert (status, says in err) == (1, True), err
    assert api.calls == []


def test_twenty_stories_end_to_end_with_a_kill_in_the_middle(shared, api, tmp_path):
    """The command line, killed with -9 and run again: no request is answered twice."""
    with gzip.open(shared / "corpora" / "slop5.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [next(file) for _ in range(20)]
    (tmp_path / "s.jsonl").write_text("".join(rows), encoding="utf-8")
    book = default_codebook()
    questions = [f for f in book.ids(answered_by="judge") if "measure" not in book[f].answered_by]
    dimensions = {book[f].dimension for f in questions}
    line = [
        sys.executable, "-c", "from storyscope.cli import main; main()",
        "score", tmp_path / "s.jsonl", "-o", tmp_path / "t.parquet", "--judge", "claude-opus-5-5",
        "--answers", tmp_path / "a.sqlite", *(x for f in questions for x in ("--only", f)),
    ]  # fmt: skip
    total = 20 * len(dimensions)
    hold = threading.Event()
    posts = [0]
    message = api.message

    def counted(params, fault=None, batch=False):
        posts[0] += 1
        return message(params, fault, batch)

    api.message = counted
    api.faults.extend([*[None] * (total // 2), *[server.held(hold)] * 4])
    process = subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ)
    end = time.monotonic() + 120
    while posts[0] < total // 2 or api.faults:
        assert time.monotonic() < end
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = {(a.story, a.questions) for a in api.log}
    assert len(before) == len(api.log) == total // 2
    hold.set()
    time.sleep(0.3)  # what was under way is answered to nobody
    api.log.clear()
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    after = [(a.story, a.questions) for a in api.log]
    assert not before & set(after)
    assert len(after) == total // 2
    table = read_table(tmp_path / "t.parquet")
    assert table.shape[0] == 20
    assert [c for c in table if c in book] == [f for f in book.ids() if f in questions]
    assert table[questions].notna().all().all()
    assert book.encode(table).shape[0] == 20
    record = json.loads((tmp_path / "t.usage.json").read_text())
    assert record["requests"] == {"answered": total}
    assert record["answers"] == {"answered": 20 * len(questions)}
    assert f"{20 * len(questions)} answers" in done.stdout
