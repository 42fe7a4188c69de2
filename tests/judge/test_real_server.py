"""llama.cpp's own server, with a model of random weights, judges a story from end to end.

Such a model says nothing by itself, so that every sound answer is the doing of the schema.
"""

import json
import subprocess
import sys
import time
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from urllib.request import Request, urlopen

import pandas as pd
import pytest

from storyscope.corpus import Corpus, Story
from storyscope.judge.plan import read_answers
from storyscope.judge.run import roots
from storyscope.judge.work import Judging

pytestmark = pytest.mark.skipif(
    find_spec("xllamacpp") is None or find_spec("gguf") is None,
    reason="needs the packages xllamacpp (the server of llama.cpp) and gguf: pip install --group server",
)
HERE = Path(__file__).parent
TALE = "Ada Brook carried the lamp to the cellar. Nobody had been down there since the flood. "


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("llama")
    spec = spec_from_file_location("tiny_model", HERE / "tiny_model.py")
    tiny = module_from_spec(spec)
    spec.loader.exec_module(tiny)
    tiny.make(str(folder / "random.gguf"))
    told = folder / "server.out"
    with told.open("w") as out, (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "llama_server.py"), str(folder / "random.gguf")],
            stdout=out, stderr=log,
        )  # fmt: skip
    try:
        for _ in range(240):
            assert process.poll() is None, (folder / "server.log").read_text()
            if told.read_text().endswith("\n"):
                break
            time.sleep(0.25)
        yield told.read_text().strip() + "/v1"
    finally:
        process.terminate()
        process.wait(30)


def test_a_model_that_knows_nothing_is_held_to_the_answers_on_offer(url, book, tmp_path):
    corpus = Corpus.from_stories([Story("a", TALE * 3, "human", "p")])
    asked = Judging.of(
        corpus, "local", base_url=url, schema="on", codebook=book,
        answers=tmp_path / "answers.sqlite", only=["PLT_TST_01", "PLT_TST_02", "TMP_DRM_01"],
    )  # fmt: skip
    assert asked.ask(workers=1) == 2
    found = list(read_answers(asked.answers, asked.plan, next(iter(corpus))))
    assert [a.feature_id for a in found] == ["PLT_TST_01", "PLT_TST_02", "TMP_DRM_01"]
    for answer in found:
        # One model is served under any name, and the reply says which.
        assert answer.status == "answered", answer.reason
        assert (answer.mode, answer.version) == ("json_schema", "random.gguf")
        assert answer.value in book[answer.feature_id].levels
    usage = asked.answers.spent(roots(corpus, asked.plan))[0]
    assert usage.requests == 2
    assert usage.prompt > 500
    assert asked.ask(workers=1) == 0
    asked.answers.close()


def test_the_command_line_writes_a_judged_table(cli, url, tmp_path, monkeypatch):
    monkeypatch.setenv("STORYSCOPE_ANSWERS", str(tmp_path / "answers.sqlite"))
    rows = [{"id": n, "text": TALE * 3, "source": "human", "prompt_id": "p"} for n in "ab"]
    stories = tmp_path / "stories.jsonl"
    stories.write_text("".join(json.dumps(row) + "\n" for row in rows))
    status, _, err = cli(
        "score", stories, "--fast", "--judge", "local", "--base-url", url, "--schema", "on",
        "--only", "TMP_DRM_01", "-o", tmp_path / "table.parquet",
    )  # fmt: skip
    assert status == 0, err
    table = pd.read_parquet(tmp_path / "table.parquet")
    assert len(table) == 2
    answers = [json.loads(a) for a in (tmp_path / "table.judged.jsonl").read_text().splitlines()]
    assert [(a["feature_id"], a["mode"]) for a in answers] == [("TMP_DRM_01", "json_schema")] * 2


def test_a_story_longer_than_the_window_is_said_to_be_too_long(url, book, tmp_path):
    corpus = Corpus.from_stories([Story("a", TALE * 400, "human", "p")])
    asked = Judging.of(
        corpus, "local", base_url=url, codebook=book, answers=tmp_path / "a.sqlite",
        only=["TMP_DRM_01"],
    )  # fmt: skip
    asked.ask(workers=1)
    (answer,) = read_answers(asked.answers, asked.plan, next(iter(corpus)))
    assert (answer.status, answer.reason) == ("unanswered", "too long")
    asked.answers.close()


def test_what_the_server_may_be_asked_for_is_a_schema_in_its_own_words(url):
    """The request of the protocol alone, so that a change of llama.cpp is told from one of ours."""
    form = {"type": "object", "properties": {"a": {"enum": ["yes", "no"]}}, "required": ["a"],
            "additionalProperties": False}  # fmt: skip
    named = {"name": "answer", "strict": True, "schema": form}
    body = {"model": "any", "messages": [{"role": "user", "content": "Is it?"}], "max_tokens": 200,
            "response_format": {"type": "json_schema", "json_schema": named}}  # fmt: skip
    with urlopen(Request(f"{url}/chat/completions", json.dumps(body).encode())) as reply:
        said = json.load(reply)["choices"][0]["message"]["content"]
    assert json.loads(said)["a"] in ("yes", "no")
