"""`storyscope induce --model`, from a corpus to a codebook, by a scripted model on loopback."""

import csv
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading

import pytest
import yaml
from servers import chat as server

from storyscope.cli import main  # noqa: F401  (loaded once, before servers wait)
from storyscope.codebook import load_codebook
from storyscope.errors import ModelError, OutputError, TableError
from storyscope.generate.run import ask_all
from storyscope.induce.discover.asking import Looking, Pending
from storyscope.induce.discover.corpora import masked
from storyscope.induce.discover.estimate import expected
from storyscope.induce.discover.stages import STAGES, stage_path
from storyscope.table import read_table

simulation = sys.modules["induce_discovery"]


def command(files, chat, folder, *more):
    corpus, table = files
    return ("induce", corpus, "--model", "m", "--base-url", chat.url, "--table", table,
            "--dimension", "plot", "--discover", "6", "--pilot", "12",
            "-o", folder / "new.yaml", *more)  # fmt: skip


def sent(chat):
    return [json.dumps(r, ensure_ascii=False) for r in chat.log]


def names(made):
    return {s.source for s in made.stories} | {s.id for s in made.stories} | {
        s.prompt_id for s in made.stories
    }  # fmt: skip


def test_planted_differences_are_found_and_no_request_names_a_source(
    files, chat, made, script, tmp_path, cli
):
    status, out, err = cli(*command(files, chat, tmp_path))
    assert status == 0, err
    book = load_codebook(tmp_path / "new.yaml")
    things = {script.wordings[f.question] for f in book}
    assert things <= set(made.truth)
    assert len(things) >= 2
    content = yaml.safe_load((tmp_path / "new.yaml").read_text(encoding="utf-8"))
    for feature in book:
        figures = content["provenance"][feature.id]
        by = made.truth[script.wordings[feature.question]]
        (row,) = [s for s in figures["sources"] if s["source"] == by]
        assert (row["direction"], row["p"] <= 0.05, figures["q"] <= 0.05) == ("more", True, True)
        assert figures["seen_in"][by] == max(figures["seen_in"].values())
        assert not any(name in json.dumps(feature.to_dict()) for name in names(made))
    with (tmp_path / "new.csv").open(encoding="utf-8") as file:
        tried = {r["question_id"]: r for r in csv.DictReader(file)}
    assert {k for k, r in tried.items() if r["kept"] == "True"} == set(book.ids())
    assert f"{len(book)} hold on 12 other prompts" in out
    bodies = sent(chat)
    assert len(bodies) > 500
    assert not [n for n in names(made) for body in bodies if n in body]

    # every stage is on disk; one that is deleted is made again without a request
    stages = {p.name: p.read_bytes() for p in (tmp_path / "new.stages").glob("*.jsonl")}
    assert sorted(stages) == [f"{i}_{name}.jsonl" for i, name in enumerate(STAGES, start=1)]
    before = (tmp_path / "new.yaml").read_bytes()
    for name in stages:
        (tmp_path / "new.stages" / name).unlink()
        assert cli(*command(files, chat, tmp_path))[0] == 0
    again = {p.name: p.read_bytes() for p in (tmp_path / "new.stages").glob("*.jsonl")}
    assert again == stages
    assert (tmp_path / "new.yaml").read_bytes() == before
    assert len(chat.log) == len(bodies)

    # what was found can be asked of a judge at once
    judged = tmp_path / "judged.csv"
    status, _, err = cli("score", files[0], "--judge", "m", "--base-url", chat.url, "--codebook",
                         tmp_path / "new.yaml", "--repeat", "2", "--answers",
                         tmp_path / "a.sqlite", "-o", judged)  # fmt: skip
    assert status == 0, err
    with judged.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(made.stories)
    assert {row[f] for row in rows for f in book.ids()} == {"yes", "no"}
    status, out, err = cli("reliability", judged, "--codebook", tmp_path / "new.yaml", "--json")
    assert status == 0, err
    assert {q["feature"] for q in json.loads(out)["questions"]} == set(book.ids())


@pytest.mark.parametrize("sort", ["planted", "shuffled"])
def test_what_is_there_is_found_and_shuffled_sources_yield_nothing(sort):
    for seed in (11, 12):
        wrong, kept, right, tested = simulation.score(seed, sort)
        assert tested >= 15
        assert wrong == 0
        assert right >= 2 if sort == "planted" else kept == 0


def test_letters_are_fresh_each_time_and_kept_aside(work, made):
    asked = work(runs=3)
    with pytest.raises(Pending):
        asked.until_pilot(_UpTo(asked, "gate"))
    rows = [json.loads(x) for x in stage_path(asked.folder, "letters").read_text().splitlines()]
    orders = {tuple(at["source"] for at in r["letters"].values()) for r in rows[1:]}
    assert len(rows[1:]) == 6
    assert len(orders) >= 4
    for name in ("split", "templates", "comparisons", "questions", "merged", "gate"):
        text = stage_path(asked.folder, name).read_text()
        assert not [s for s in simulation.SOURCES if f'"source": "{s}"' in text]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("most", [5, 20])
def test_a_killed_run_is_gone_on_with_and_nothing_is_asked_twice(
    files, chat, script, tmp_path, cli, most
):
    waiting, let_go, answered = threading.Event(), threading.Event(), []

    def held(params):
        if len(answered) >= most and not let_go.is_set():
            waiting.set()
            raise ConnectionAbortedError
        answered.append(1)
        return script.write(params)

    chat.write = held
    small = ("--discover", "2", "--pilot", "8")
    arguments = [str(a) for a in command(files, chat, tmp_path, *small)]
    code = (
        "from storyscope.induce.discover import run\n"
        "from storyscope.codebook import Codebook, default_codebook\n"
        f"book = Codebook([default_codebook()[f] for f in {simulation.FEATURES!r}], 'existing')\n"
        "run.default_codebook = lambda: book\n"
        "from storyscope.cli import main; main()"
    )
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], env=os.environ,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    assert waiting.wait(240)
    with sqlite3.connect(tmp_path / "new.stages" / "replies.sqlite") as store:
        for _ in range(200):  # what was answered is on disk within moments
            if store.execute("select count(*) from reply").fetchone()[0] == len(answered):
                break
            threading.Event().wait(0.05)
    store.close()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "new.yaml").exists()
    assert len(chat.log) == most
    let_go.set()
    status, _, err = cli(*command(files, chat, tmp_path, *small))
    assert status == 0, err
    with sqlite3.connect(tmp_path / "new.stages" / "replies.sqlite") as store:
        (kept,) = store.execute("select count(*) from reply").fetchone()
    store.close()
    assert len(chat.log) == kept
    compared = [b for b in sent(chat) if "filling in this form" in b]
    assert len(compared) == len(set(compared)) == 8


def test_without_a_table_the_stories_of_the_pilot_are_measured_once(work, made, monkeypatch):
    asked = work(table=None)
    found = asked.run()
    assert found.tests
    known = set(made.codebook.ids())
    assert 0 < found.counts["columns of the existing codebook"] <= len(known)
    measured = read_table(asked.folder / "measured.parquet")
    assert set(measured["story_id"]) == {s.id for s in asked.piloted()}
    assert known & set(measured.columns)

    # what is measured is what the tests rest on: figures are those of the same values as a table
    by_table = work(table=measured).run()
    assert by_table.tests == found.tests

    def again(*_, **__):
        raise AssertionError("measured twice")

    with monkeypatch.context() as patched:
        patched.setattr("storyscope.extract.score", again)
        assert work(table=None).run().tests == found.tests
        stage_path(asked.folder, "tests").unlink()
        assert work(table=None).run().tests == found.tests

    # another pilot's stories are measured anew
    other = work(table=None, seed=1)
    other.run()
    measured = read_table(asked.folder / "measured.parquet")
    assert set(measured["story_id"]) == {s.id for s in other.piloted()}


def test_the_command_line_needs_no_table(files, chat, tmp_path, cli):
    words = [str(a) for a in command(files, chat, tmp_path, "--discover", "2", "--pilot", "8")]
    del words[words.index("--table") : words.index("--table") + 2]
    status, out, err = cli(*words)
    assert status == 0, err
    assert (tmp_path / "new.stages" / "measured.parquet").exists()
    assert "hold on 8 other prompts" in " ".join(out.split())


def test_a_table_of_other_stories_is_said(work, made):
    asked = work(table=made.table.iloc[:3])
    with pytest.raises(TableError, match=r"no row for \d+ stories of the pilot.*leave --table out"):
        asked.run()


def test_an_edited_stage_is_taken_as_it_is(work, chat):
    asked = work()
    found = asked.run()
    path = stage_path(asked.folder, "gate")
    lines = path.read_text().splitlines()
    first = next(i for i, x in enumerate(lines) if '"passed": true' in x)
    dropped = json.loads(lines[first])["id"]
    assert dropped in found.features
    lines[first] = lines[first].replace('"passed": true', '"passed": false')
    path.write_text("\n".join(lines) + "\n")
    again = asked.run()
    assert set(again.features) == set(found.features) - {dropped}
    assert again.counts["questions"] == found.counts["questions"]


def test_a_damaged_stage_is_named_and_left(work):
    asked = work()
    asked.run()
    path = stage_path(asked.folder, "comparisons")
    path.write_text(path.read_text()[:-20])
    with pytest.raises(
        OutputError, match=r"comparisons\.jsonl is damaged in line \d+; mend it, or"
    ):
        asked.run()


def test_a_reply_that_is_not_of_the_form_is_mended_once_and_a_refusal_asked_again(work, chat):
    asked = work()
    chat.faults.extend([server.says("A lamp, perhaps."), None, server.says("", "content_filter")])
    with pytest.raises(Pending):
        asked.until_pilot(_UpTo(asked, "templates"))
    rows = [json.loads(x) for x in stage_path(asked.folder, "templates").read_text().splitlines()]
    assert rows[0]["failed"] == 1
    assert [r.get("failed") for r in rows[1:4]] == [None, "refusal", None]
    assert "it holds no JSON object" in chat.log[1]["messages"][-1]["content"]
    before = len(chat.log)
    assert asked.ask_again() == 1
    with pytest.raises(Pending):
        asked.until_pilot(_UpTo(asked, "templates"))
    assert len(chat.log) == before + 1
    rows = [json.loads(x) for x in stage_path(asked.folder, "templates").read_text().splitlines()]
    assert all("template" in r for r in rows[1:])


class _UpTo:
    """Asks up to the end of a stage, and stops where the next would begin to ask."""

    def __init__(self, work, last):
        self.work, self.last, self.over = work, last, False

    def talks(self, stage, many):
        if self.over:
            Looking(self.work.answers).talks(stage, many)
        ask_all({self.work.reader: many}, self.work.answers, self.work.prices, root="induce")
        self.over = stage == self.last

    def pilot(self, corpus, plan):
        Looking(self.work.answers).pilot(corpus, plan)


def test_a_story_of_a_hundred_thousand_words_is_named_and_the_others_go_on(work, chat, made):
    reply, giant = chat.reply, made.stories[0].prompt_id

    def short_only(params, fault):
        if len(json.dumps(params)) > 100_000:
            return 400, server.error(400, "maximum context length exceeded").body
        return reply(params, fault)

    chat.reply = short_only
    texts = {s.id: s.text for s in made.stories}
    long = [
        type(s)(s.id, texts[s.id] + " word" * 100_000, s.source, s.prompt_id)
        if s.id == made.stories[0].id else s
        for s in made.stories if s.prompt_id == giant or int(s.prompt_id.split("-")[1]) < 11
    ]  # fmt: skip
    for seed in range(20):  # a seed under which that prompt is compared
        asked = work(long, seed=seed)
        if giant in {s.prompt_id for s in asked.compared()}:
            break
    with pytest.raises(Pending):
        asked.until_pilot(_UpTo(asked, "comparisons"))
    rows = [json.loads(x) for x in stage_path(asked.folder, "templates").read_text().splitlines()]
    assert [(r["story"], r["failed"]) for r in rows[1:] if "failed" in r] == [
        (made.stories[0].id, "too long")
    ]
    letters = stage_path(asked.folder, "letters").read_text()
    assert made.stories[0].id not in letters
    chat.reply = lambda params, fault: (400, server.error(400, "context length").body)
    everywhere = work(made.stories, seed=99)
    with pytest.raises(ModelError, match=r"No story could be described \(8 too long\)"):
        everywhere.run()


def test_a_full_disk_stops_the_run_in_a_sentence_and_the_rest_is_kept(work, chat):
    asked = work()
    pages = asked.answers._db.execute("pragma page_count").fetchone()[0]
    asked.answers._db.execute(f"pragma max_page_count = {pages + 6}")
    with pytest.raises(ModelError, match=r"cannot be used .*full.*check that the disk has room"):
        asked.run()
    stopped = len(chat.log)
    asked.answers._db.execute("pragma max_page_count = 1000000")
    kept = asked.answers._db.execute("select count(*) from reply").fetchone()[0]
    assert stopped - 1 <= kept <= stopped
    asked.run()
    total = asked.answers._db.execute("select count(*) from reply").fetchone()[0]
    assert len(chat.log) == total + stopped - kept


def test_an_estimate_and_a_dry_run_send_nothing(files, chat, tmp_path, cli):
    status, out, _ = cli(*command(files, chat, tmp_path, "--estimate"))
    assert status == 0
    assert "templates (m): 24 requests" in out
    assert "costs nothing on a server of your own" in out
    status, out, _ = cli(*command(files, chat, tmp_path, "--dry-run"))
    assert status == 0
    assert "- conflict: what stands against what" in out
    claude = [str(a) for a in command(files, chat, tmp_path, "--estimate", "--json")]
    claude[claude.index("m")] = "claude-sonnet-5-5"
    del claude[claude.index("--base-url") : claude.index("--base-url") + 2]
    status, out, err = cli(*claude)
    assert status == 0, err
    stages = json.loads(out)
    assert [s["writer"] for s in stages] == [
        "templates",
        "comparisons",
        "questions",
        "gate",
        "pilot",
    ]
    assert all(0 < s["cost"] < s["most"] for s in stages)
    assert chat.calls == []


def test_the_estimate_counts_what_is_left(work):
    asked = work()
    assert [e.requests for e in expected(asked)][:2] == [8, 2]
    with pytest.raises(Pending):
        asked.until_pilot(_UpTo(asked, "templates"))
    assert next((e.writer, e.requests) for e in expected(asked)) == ("comparisons", 2)
    asked.run()
    assert expected(asked) == []


def test_claude_is_asked_the_same_and_a_limit_on_cost_holds_over_stages(
    files, chat, made, tmp_path, cli, monkeypatch
):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", chat.url.removesuffix("/v1"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setattr("storyscope.generate.writers.Writer.workers", 1)
    words = [str(a) for a in command(files, chat, tmp_path)]
    words[words.index("m")] = "claude-sonnet-5-5"
    del words[words.index("--base-url") : words.index("--base-url") + 2]
    status, _, err = cli(*words, "--max-cost", "0.12")
    assert status == 1
    assert "Stopped before the limit of $0.12" in err.splitlines()[-1]
    stopped = len(chat.log)
    assert stopped > 5
    status, _, err = cli(*words, "--max-cost", "0.12")
    assert status == 1
    assert len(chat.log) == stopped
    status, out, err = cli(*words, "--max-cost", "100", "--json")
    assert status == 0, err
    found = json.loads(out)
    assert found["requests"] == len(chat.log)
    assert found["cost_usd"] > 0
    assert not [n for n in names(made) for body in sent(chat) if n in body]


def test_two_runs_in_one_folder_are_told_apart(files, chat, tmp_path, cli):
    from storyscope.paths import claimed

    (tmp_path / "new.stages").mkdir()
    waiting, go = threading.Event(), threading.Event()

    def other():
        with claimed(tmp_path / "new.stages" / "replies.sqlite"):
            waiting.set()
            go.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    waiting.wait(60)
    status, _, err = cli(*command(files, chat, tmp_path))
    go.set()
    thread.join()
    assert status == 1
    assert "Another run is writing" in err
    assert chat.log == []


def test_what_somebody_else_made_is_not_replaced(files, chat, tmp_path, cli):
    (tmp_path / "new.yaml").write_text("my own notes\n")
    status, _, err = cli(*command(files, chat, tmp_path))
    assert status == 1
    assert "is not replaced" in err
    assert (tmp_path / "new.yaml").read_text() == "my own notes\n"
    assert chat.calls == []


def closed():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


BAD = {
    "no key": (["--model", "gpt-5"], {}, "key in the environment variable OPENAI_API_KEY"),
    "no server": (["--model", "m", "--base-url", "closed"], {}, "Nothing answers at http://127.0.0.1"),
    "address": (["--model", "m", "--base-url", "localhost"], {}, "not 'localhost'"),
    "nobody": (["--model", "m"], {}, "Nobody is known who serves the model 'm'"),
    "one source": (["--model", "m"], {"source": "quill"}, "All stories are by quill"),
    "one source a prompt": (["--model", "gpt-5"], {"prompt_id": None}, "Only 0 prompts were answered"),
    "dimension": (["--model", "gpt-5", "--dimension", "mood"], {}, "no template for the dimension 'mood'"),
    "few": (["--model", "gpt-5", "--pilot", "3"], {}, "At least 2 prompts are compared and 8 tested"),
    "limit": (["--model", "gpt-5", "--max-cost", "-1"], {}, "not -1.0"),
    "schema": (["--model", "gpt-5", "--schema", "yes"], {}, "not 'yes'"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "change", "says"), BAD.values(), ids=BAD)
def test_bad_input_is_said_in_one_sentence(files, tmp_path, cli, monkeypatch, words, change, says):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    corpus, table = files
    rows = [json.loads(x) for x in corpus.read_text().splitlines()]
    for k, row in enumerate(rows):
        row.update(change)
        if row["prompt_id"] is None:
            row["prompt_id"] = f"p{k}"
    corpus.write_text("".join(json.dumps(r) + "\n" for r in rows))
    if words[:2] == ["--model", "m"] and "--base-url" not in words and "source" in change:
        words = [*words, "--base-url", closed()]
    words = [closed() if w == "closed" else w for w in words]
    status, _, err = cli("induce", corpus, *words, "--table", table, "-o", tmp_path / "n.yaml")
    assert status == 1
    assert says in err.splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "words",
    [
        ["--measured", "--model", "m"],
        ["--measured", "--estimate"],
        ["--measured", "--dimension", "plot"],
        ["--model", "m", "--passages"],
    ],
)
def test_options_of_the_other_half_are_refused(files, cli, words):
    assert cli("induce", files[0], *words)[0] == 2


def test_names_that_are_ordinary_words_stay_in_a_text():
    text = "The human met Quill-7b, and quill-7by."
    assert masked(text, ["quill-7b", "human"]) == "The human met [name], and quill-7by."
