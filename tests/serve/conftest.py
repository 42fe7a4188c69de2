"""A local page that answers at once, from stories that were read before the tests."""

import json
import socket
import sys
import threading
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from storyscope.serve.app import make_app
from storyscope.serve.desk import Desk
from storyscope.serve.reader import read_text
from storyscope.serve.run import server

ROOT = Path(__file__).resolve().parents[2]

spec = spec_from_file_location("serve_quick", Path(__file__).with_name("quick.py"))
sys.modules["serve_quick"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["serve_quick"])
from serve_quick import PORT, Quick  # noqa: E402


@pytest.fixture
def quick():
    return Quick()


@pytest.fixture
def client(quick):
    """The page as a browser on this machine asks it."""
    with TestClient(make_app(Desk(quick), PORT), base_url=f"http://127.0.0.1:{PORT}") as found:
        yield found


def settled(client, text):
    """What is told of a text once it is done or has failed."""
    for _ in range(500):
        told = client.get(f"/texts/{text}").json()
        if told["state"] in ("done", "failed"):
            return told
        time.sleep(0.01)
    raise AssertionError(told)


@pytest.fixture
def done():
    return settled


@pytest.fixture(scope="session")
def stories():
    """Two stories of the sampler that mark much, and a version of the first: text by file name."""
    lines = (ROOT / "corpora/sampler/stories.jsonl").read_text(encoding="utf-8").splitlines()
    first, second = (json.loads(line)["text"] for line in lines[:2])
    paragraphs = first.split("\n\n")
    paragraphs[1] = paragraphs[1].replace(" the ", " that ", 3)
    return {
        "first.txt": first,
        "second.txt": second,
        "version.txt": "\n\n".join(paragraphs),
    }


@pytest.fixture(scope="session")
def answers(stories):
    """What the shipped models say of them."""
    from storyscope.attribute.panel import shipped

    model = shipped()
    return {
        name: read_text(text.encode(), name, model, lambda stage: None)
        for name, text in stories.items()
    }


class Serving:
    """The page on a free port, in a thread."""

    def __init__(self, reader):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.server = server(Desk(reader), self.port)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.listener]}, daemon=True
        )

    def __enter__(self):
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *error):
        self.server.should_exit = True
        self.thread.join(20)
        self.listener.close()


@pytest.fixture(scope="session")
def serving():
    return Serving
