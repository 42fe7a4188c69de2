"""A server on loopback that keeps to a schema, as a good one does."""

import json

import pytest
from servers import chat as chat_server

ANSWER = {"colour": "red"}


@pytest.fixture
def chat(monkeypatch):
    """The server; the SDK does not wait long between tries."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("openai._base_client.MAX_RETRY_DELAY", 0.02)
    with chat_server.serving(lambda params: json.dumps(ANSWER)) as state:
        yield state
