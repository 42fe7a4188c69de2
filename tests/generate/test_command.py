"""The command: five writers killed and gone on with, what is seen afterwards, and bad input."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import pytest
from servers import chat as server

from storyscope.cli import main  # noqa: F401  (loaded once, before servers wait)
from storyscope.corpus import read_corpus

PROMPTS = [{"id": f"p{i}", "prompt": f"Ferry number {i} is late.", "words": 40} for i in range(4)]


def files(folder, writers, prompts=PROMPTS, **more):
    """A file of prompts and a file of writers."""
    asked, who = folder / "prompts.jsonl", folder / "writers.yaml"
    asked.write_text("".join(json.dumps(p) + "\n" for p in prompts), encoding="utf-8")
    who.write_text(json.dumps({"writers": writers, **more}), encoding="utf-8")  # JSON is YAML
    return asked, who


def local(url, name="quill", **more):
    return {"name": name, "model": "m", "base_url": url, **more}


class Held:
    """Writes so many stories, and then none until it is let go."""

    def __init__(self, write, most):
        self.write, self.most, self.let_go = write, most, threading.Event()
        self.waiting = threading.Event()
        self.answered = 0

    def __call__(self, params):
        if self.answered >= self.most and not self.let_go.is_set():
            self.waiting.set()
            raise ConnectionAbortedError
        self.answered += 1
        return self.write(params)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_five_writers_are_killed_and_gone_on_with_and_no_story_is_asked_for_twice(
    tmp_path, cli, monkeypatch
):
    ways = [{}, {}, {"way": "in_context", "samples": 2}, {"way": "verbalised", "samples": 2},
            {"samples": 2}]  # fmt: skip
    with ExitStack() as stack:
        helds = [Held(server.obliging, 2) for _ in ways]
        servers = [stack.enter_context(server.serving(h)) for h in helds]
        writers = [local(s.url, f"w{i}", workers=2, **way)
                   for i, (s, way) in enumerate(zip(servers, ways, strict=True))]  # fmt: skip
        writers[0] = {"name": "w0", "model": "claude-sonnet-5-5", "workers": 2}
        for name, value in (("ANTHROPIC_BASE_URL", servers[0].url.removesuffix("/v1")),
                            ("ANTHROPIC_API_KEY", "k")):  # fmt: skip
            monkeypatch.setenv(name, value)
        asked, who = files(tmp_path, writers)
        command = ["generate", str(asked), "--writers", str(who), "-o", str(tmp_path / "corpus")]
        code = "from storyscope.cli import main; main()"
        process = subprocess.Popen([sys.executable, "-c", code, *command], env=os.environ,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        assert all(h.waiting.wait(240) for h in helds)
        time.sleep(1.0)  # what was answered is on disk long before this
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (tmp_path / "corpus" / "stories.jsonl").exists()
        before = [len(s.log) for s in servers]
        assert before == [2] * 5
        for held in helds:
            held.let_go.set()
        status, out, err = cli(*command)
        assert status == 0, err
        assert "32 stories" in out
        wanted = [4, 4, 8, 4, 8]  # requests: a verbalised reply holds both samples
        assert [len(s.log) for s in servers] == wanted
        for s in servers:
            sent = [json.dumps(r["messages"]) for r in s.log]
            twice = 2 if len(sent) == 8 and len(set(sent)) == 4 else 1
            assert all(sent.count(x) == twice for x in sent)
        stories = list(read_corpus(tmp_path / "corpus" / "stories.jsonl"))
        assert len({s.id for s in stories}) == 32
        assert {s.source for s in stories} == {f"w{i}" for i in range(5)}
        assert cli(*command)[0] == 0
        assert [len(s.log) for s in servers] == wanted
    status, out, _ = cli("corpus", "check", tmp_path / "corpus")
    assert status == 0
    assert "4 prompts answered by every source" in out


def test_a_writer_that_always_refuses_is_named_everywhere(writer, tmp_path, cli):
    asked, who = files(tmp_path, [local(writer.url), local(writer.url, "prude", model="no")])
    obliging = writer.write
    writer.write = lambda p: (
        "I'm sorry, but I can't help with that." if p["model"] == "no" else obliging(p)
    )
    status, out, err = cli("generate", asked, "--writers", who, "-o", tmp_path / "corpus")
    assert status == 1
    assert "4 stories were not written (4 refusal)" in err
    assert "--ask-again" in err
    assert "4 stories." in out
    status, out, _ = cli("corpus", "check", tmp_path / "corpus")
    assert "Asked for but not written by prude: 4 refusal." in out
    status, out, _ = cli("corpus", "check", tmp_path / "corpus", "--json")
    assert json.loads(out)["unwritten"] == {"prude": {"refusal": 4}}


def test_a_corpus_of_which_nothing_was_written_is_said_to_be_empty(writer, tmp_path, cli):
    asked, who = files(tmp_path, [local(writer.url, "prude")])
    writer.write = lambda p: "I'm sorry, but I can't help with that."
    assert cli("generate", asked, "--writers", who, "-o", tmp_path / "corpus")[0] == 1
    status, _, err = cli("corpus", "check", tmp_path / "corpus")
    assert status == 1
    assert "none of the stories that were asked for was written" in err
    assert "not written by prude: 4 refusal. `generate --ask-again`" in err


def test_a_second_run_in_one_folder_is_turned_away(writer, tmp_path, cli):
    from storyscope.paths import claimed

    asked, who = files(tmp_path, [local(writer.url)])
    (tmp_path / "corpus").mkdir()
    waiting, go = threading.Event(), threading.Event()

    def other():
        with claimed(tmp_path / "corpus" / "stories.jsonl"):
            waiting.set()
            go.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    waiting.wait(60)
    status, _, err = cli("generate", asked, "--writers", who, "-o", tmp_path / "corpus")
    go.set()
    thread.join()
    assert status == 1
    assert "Another run is writing" in err
    assert writer.log == []


def test_a_corpus_of_ones_own_is_not_replaced(writer, tmp_path, cli):
    asked, who = files(tmp_path, [local(writer.url)])
    (tmp_path / "corpus").mkdir()
    mine = tmp_path / "corpus" / "stories.jsonl"
    mine.write_text('{"text": "Mine."}\n')
    status, _, err = cli("generate", asked, "--writers", who, "-o", tmp_path / "corpus")
    assert status == 1
    assert "is not replaced" in err
    assert mine.read_text() == '{"text": "Mine."}\n'


def test_an_estimate_and_a_dry_run_send_nothing(writer, tmp_path, cli):
    asked, who = files(tmp_path, [local(writer.url), {"name": "c", "model": "claude-sonnet-5-5"}])
    status, out, _ = cli("generate", asked, "--writers", who, "-o", tmp_path / "c", "--estimate")
    assert status == 0
    assert "quill (m): 4 requests" in out
    assert "about $0.0" in out.split("c (claude-sonnet-5-5)")[1]
    status, out, _ = cli("generate", asked, "--writers", who, "--dry-run")
    assert out.startswith(
        "Write a story of about 40 words in answer to this prompt:\n\nFerry number 0"
    )
    assert writer.calls == []


def closed():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


LONG = [{"id": "p", "prompt": "word " * 100_000}]
ONE = {"name": "a", "model": "m", "base_url": "http://localhost:1/v1"}
BAD = {
    "no key": ([{"name": "a", "model": "gpt-5"}], PROMPTS, {}, "key in the environment variable OPENAI_API_KEY"),
    "no such server": ("closed", PROMPTS, {}, "Nothing answers at http://127.0.0.1"),
    "address": ([{**ONE, "base_url": "localhost"}], PROMPTS, {}, "not 'localhost'"),
    "nobody": ([{"name": "a", "model": "m"}], PROMPTS, {}, "writer 1 (a): Nobody is known who serves"),
    "no model": ([{"name": "a"}], PROMPTS, {}, "a writer needs a name and a model"),
    "no writer": ([], PROMPTS, {}, "names no writer"),
    "twice": ([ONE, ONE], PROMPTS, {}, "two writers of the name 'a'"),
    "setting": ([{**ONE, "temprature": 1}], PROMPTS, {}, "no setting 'temprature'"),
    "way": ([{**ONE, "way": "shout"}], PROMPTS, {}, "alone, in_context, verbalised, not 'shout'"),
    "samples": ([{**ONE, "samples": 0}], PROMPTS, {}, "samples is a whole number from 1"),
    "length": ([ONE], PROMPTS, {"length": {"words": "many"}}, "length.words is a whole number"),
    "long prompt": ([ONE], LONG, {}, "line 1: the prompt has 100,000 words"),
    "no prompt": ([ONE], [{"id": "p"}], {}, "line 1 has no text under `prompt`"),
    "no prompts": ([ONE], [], {}, "holds no prompt"),
    "prompt twice": ([ONE], PROMPTS[:1] * 2, {}, "line 2: the id 'p0' is used twice"),
}  # fmt: skip


@pytest.mark.parametrize(("writers", "prompts", "more", "says"), BAD.values(), ids=BAD)
def test_bad_input_is_said_in_one_sentence(
    tmp_path, cli, monkeypatch, writers, prompts, more, says
):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    writers = [local(closed())] if writers == "closed" else writers
    asked, who = files(tmp_path, writers, prompts, **more)
    status, _, err = cli("generate", asked, "--writers", who, "-o", tmp_path / "corpus")
    assert status == 1
    assert says in err.splitlines()[-1]
    assert "Traceback" not in err


def test_files_that_are_not_there_are_said(tmp_path, cli):
    asked, who = files(tmp_path, [ONE])
    assert "no file of prompts" in cli("generate", tmp_path / "x", "--writers", who)[2]
    assert "no file of writers" in cli("generate", asked, "--writers", tmp_path / "x")[2]
    who.write_text("writers: none")
    assert "is not a file of writers" in cli("generate", asked, "--writers", who)[2]
