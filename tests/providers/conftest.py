"""A server on loopback that keeps to a schema, as a good one does."""

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

if "chat_server" not in sys.modules:
    spec = spec_from_file_location("chat_server", Path(__file__).with_name("chat_server.py"))
    sys.modules["chat_server"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["chat_server"])
chat_server = sys.modules["chat_server"]

ANSWER = {"colour": "red"}


@pytest.fixture
def chat(monkeypatch):
    """The server; the SDK does not wait long between tries."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("openai._base_client.MAX_RETRY_DELAY", 0.02)
    with chat_server.serving(lambda params: json.dumps(ANSWER)) as state:
        yield state
