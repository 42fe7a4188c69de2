"""A server that somebody else wrote, with a model of random weights, judges a story from end to end.

Such a model says nothing by itself, so that every sound answer is the doing of the schema.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from urllib.request import urlopen

import pytest

from storyscope.corpus import Corpus, Story
from storyscope.errors import ModelError
from storyscope.judge.plan import read_answers
from storyscope.judge.run import roots
from storyscope.judge.work import Judging

BESIDE = Path(sys.executable).with_name("dasllama-server")
SERVER = shutil.which("dasllama-server") or (str(BESIDE) if BESIDE.exists() else None)

pytestmark = pytest.mark.skipif(
    SERVER is None or find_spec("gguf") is None,
    reason="needs the packages dasllama (a server for GGUF files) and gguf",
)


@pytest.fixture
def url(tmp_path):
    spec = spec_from_file_location("tiny_model", Path(__file__).with_name("tiny_model.py"))
    tiny = module_from_spec(spec)
    spec.loader.exec_module(tiny)
    tiny.make(str(tmp_path / "random.gguf"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [SERVER, "-m", str(tmp_path / "random.gguf"), "--host", "127.0.0.1", "--port", str(port),
               "--gpu", "off", "-t", "1"]  # fmt: skip
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path,
                                   env={**os.environ, "HOME": str(tmp_path)},
                                   start_new_session=True)  # fmt: skip
    address = f"http://127.0.0.1:{port}/v1"
    try:
        for _ in range(240):
            assert process.poll() is None, (tmp_path / "server.log").read_text()
            try:
                urlopen(f"{address}/models", timeout=5).close()
                break
            except OSError:
                time.sleep(0.25)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def test_a_model_that_knows_nothing_is_held_to_the_answers_on_offer(url, book, tmp_path):
    tale = "Ada Brook carried the lamp to the cellar. Nobody had been down there since the flood. "
    corpus = Corpus.from_stories([Story("a", tale * 3, "human", "p")])
    asked = Judging.of(
        corpus, "random.gguf", base_url=url, schema="on", codebook=book,
        answers=tmp_path / "answers.sqlite", only=["PLT_TST_01", "PLT_TST_02", "TMP_DRM_01"],
    )  # fmt: skip
    assert asked.ask(workers=1) == 2
    found = list(read_answers(asked.answers, asked.plan, next(iter(corpus))))
    assert [a.feature_id for a in found] == ["PLT_TST_01", "PLT_TST_02", "TMP_DRM_01"]
    for answer in found:
        assert (answer.status, answer.mode, answer.version) == (
            "answered",
            "json_schema",
            "random.gguf",
        )
        assert answer.value in book[answer.feature_id].levels
    usage = asked.answers.spent(roots(corpus, asked.plan))[0]
    assert usage.requests == 2
    assert usage.prompt > 500
    asked.answers.close()


def test_a_model_that_is_not_served_is_said_with_those_that_are(url, book, tmp_path):
    corpus = Corpus.from_stories([Story("a", "Ada ran home. " * 20, "human", "p")])
    asked = Judging.of(
        corpus, "another", base_url=url, codebook=book, answers=tmp_path / "a.sqlite"
    )
    with pytest.raises(ModelError, match=r"404.*It has no model 'another' but random\.gguf"):
        asked.ask(workers=1)
    asked.answers.close()
