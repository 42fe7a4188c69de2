"""The Messages API behind the same interface: how single replies are read."""

import json

import pytest
from servers import chat as server

from storyscope.providers import Message, Request, connect, service_of

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["red", "blue"]}},
    "required": ["colour"],
    "additionalProperties": False,
}
FORM = Request("claude-x", (Message.user("The door is red.", "Which colour?"),), "", 50, SCHEMA)


@pytest.fixture
def ask(chat, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", chat.url.removesuffix("/v1"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    provider = connect(service_of("claude-x"))
    yield provider.ask
    provider.close()


def test_an_answer_keeps_to_its_schema_and_names_its_version(chat, ask):
    chat.version = "claude-x-20261130"
    reply = ask(FORM)
    assert reply.data == {"colour": "red"}
    assert (reply.mode, reply.model, reply.stop) == ("json_schema", "claude-x-20261130", "end_turn")
    assert reply.usage.requests == 1


def test_a_text_is_asked_for_without_a_form_and_with_its_parameters(chat, ask):
    chat.write = lambda params: "It is red."
    reply = ask(Request("claude-x", FORM.messages, "", 50, parameters={"made_up": 3}))
    assert (reply.text, reply.mode, reply.data) == ("It is red.", "", None)
    assert "output_config" not in chat.log[0]
    assert chat.log[0]["made_up"] == 3


@pytest.mark.parametrize("text", ['{"colour": "green"}', '{"colour": "re', "Red."])
def test_an_ignored_schema_is_found_out(chat, ask, text):
    chat.faults.append(server.says(text))
    reply = ask(FORM)
    assert (reply.outcome, reply.mode, reply.data) == ("answered", "ignored", None)


def test_thinking_aloud_before_the_answer_is_passed_over(chat, ask):
    chat.faults.append(
        server.says('<think>{"colour": "blue"}?</think>' + json.dumps({"colour": "red"}))
    )
    assert ask(FORM).data == {"colour": "red"}


def test_a_refusal_has_no_text_and_a_cut_has_what_there_is(chat, ask):
    chat.faults.extend([server.says("", "content_filter"), server.says('{"col', "length")])
    assert [(r.outcome, r.text) for r in (ask(FORM), ask(FORM))] == [
        ("refusal", ""), ("max_tokens", '{"col')]  # fmt: skip
