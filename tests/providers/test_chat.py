"""The OpenAI chat protocol: one reply, good and bad, through the real SDK."""

import logging
import socket
import sys
import time

import pytest
from servers import chat as server

from storyscope.errors import ModelError
from storyscope.providers import Message, Request, connect, service_of
from storyscope.providers.services import SERVICES

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["red", "blue"]}},
    "required": ["colour"],
    "additionalProperties": False,
}
TEXT = Request("the-model", (Message.user("The door is red.", "Which colour?"),), "Be short.", 50)
FORM = Request("the-model", TEXT.messages, TEXT.system, 50, SCHEMA)


@pytest.fixture
def ask(chat):
    """Asks the server on loopback, as a server of one's own."""
    made = []

    def run(request=FORM, schema="auto", base_url=chat.url):
        if not made or schema != made[-1][0]:
            made.append((schema, connect(service_of("m", base_url=base_url), schema=schema)))
        return made[-1][1].ask(request)

    yield run
    for _, provider in made:
        provider.close()


def test_a_text_comes_back_with_version_usage_and_stop_reason(chat, ask):
    chat.write = lambda params: "It is red."
    chat.version = "the-model-2026-11"
    reply = ask(TEXT)
    assert (reply.text, reply.outcome, reply.stop) == ("It is red.", "answered", "stop")
    assert (reply.model, reply.mode, reply.data) == ("the-model-2026-11", "", None)
    assert reply.usage.requests == 1
    assert reply.usage.input > 0 < reply.usage.output
    assert chat.log[0]["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "The door is red.\n\nWhich colour?"},
    ]


@pytest.mark.parametrize(
    ("said", "version"),
    [("/home/me/models/qwen.gguf", "qwen.gguf"), (r"C:\models\qwen.gguf", "qwen.gguf"),
     ("Qwen/Qwen3-8B", "Qwen/Qwen3-8B")],
)  # fmt: skip
def test_a_version_does_not_tell_where_a_file_lies(chat, ask, said, version):
    chat.version = said
    assert ask(TEXT).model == version


def test_tokens_read_from_a_cache_and_written_to_it_are_told_apart(chat, ask):
    def cached(made):
        made["usage"] = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107,
                         "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30}}  # fmt: skip

    chat.faults.append(server.changed(cached))
    usage = ask(TEXT).usage
    assert (usage.input, usage.read, usage.write_5m, usage.output) == (10, 60, 30, 7)


def test_a_server_of_ones_own_needs_no_key_and_gets_none(chat, ask, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "secret-of-another-service")
    assert ask().data == {"colour": "red"}
    assert "secret" not in str(chat.calls)
    monkeypatch.setenv("STORYSCOPE_API_KEY", "for-this-server")
    connect(service_of("m", base_url=chat.url)).ask(FORM)
    assert chat.calls[-1][2]["authorization"] == "Bearer for-this-server"


def test_the_schema_is_told_and_falls_back_where_it_is_not_taken(chat, ask):
    assert ask().mode == "json_schema"
    chat.takes = {"json_object"}
    first = ask()
    assert (first.mode, first.data) == ("json_object", {"colour": "red"})
    assert "JSON" in chat.log[-1]["messages"][-1]["content"]
    chat.takes = set()
    assert ask().mode == "prompt"
    before = len(chat.calls)
    assert ask().mode == "prompt"
    assert len(chat.calls) == before + 1  # what is not taken is not tried again


def test_a_schema_can_be_insisted_on_or_left_out(chat, ask):
    assert ask(schema="off").mode == "prompt"
    assert "response_format" not in chat.log[-1]
    assert ask(schema="on").mode == "json_schema"
    chat.takes = set()
    with pytest.raises(ModelError, match=r"400.*not supported.*--schema auto"):
        ask(schema="on")
    with pytest.raises(ModelError, match="one of auto, on, off, not 'maybe'"):
        ask(schema="maybe")


IGNORED = {
    "another value": '{"colour": "green"}',
    "another type": '{"colour": 3}',
    "an entry too many": '{"colour": "red", "why": "so"}',
    "no JSON": "It is red, I should think.",
    "half a JSON": '{"colour": "re',
    "a list": '["red"]',
    "nothing but thought": '<think>{"colour": "red"}',
}


@pytest.mark.parametrize("text", IGNORED.values(), ids=IGNORED)
def test_a_schema_that_the_server_took_and_ignored_is_found_out(chat, ask, text):
    chat.faults.append(server.says(text))
    reply = ask()
    assert (reply.outcome, reply.mode, reply.data, reply.text) == (
        "answered",
        "ignored",
        None,
        text,
    )


@pytest.mark.parametrize(
    "text",
    [
        '<think>Blue? {"colour": "blue"} No.</think>{"colour": "red"}',
        'Blue at first.</think>\n{"colour": "red"}',
        '```json\n{"colour": "red"}\n```',
        'Not {"colour": "blue"}, so {"colour": "red"}',
    ],
)
def test_thinking_aloud_before_the_answer_is_passed_over(chat, ask, text):
    chat.faults.append(server.says(text))
    assert ask().data == {"colour": "red"}


ENDS = {
    "refusal": (server.says(None, refusal="I cannot."), "refusal", ""),
    "filter": (server.says("", "content_filter"), "refusal", ""),
    "cut off": (server.says('{"col', "length"), "max_tokens", '{"col'),
    "a tool": (server.says(None, "tool_calls"), "invalid", ""),
    "empty": (server.says(""), "invalid", ""),
}


@pytest.mark.parametrize(("fault", "outcome", "text"), ENDS.values(), ids=ENDS)
def test_a_reply_without_its_own_end_is_no_answer(chat, ask, fault, outcome, text):
    chat.faults.append(fault)
    reply = ask()
    assert (reply.outcome, reply.text, reply.data) == (outcome, text, None)
    assert reply.usage.requests == 1


PASSING = {
    "429": server.error(429, "slow down", retry_after="0.01"),
    "500": server.error(500),
    "503": server.error(503, "loading model"),
    "dropped": server.dropped(),
    "half": server.half(),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_passing_faults_are_ridden_out(chat, ask, fault):
    chat.faults.extend([fault, fault])
    assert ask().data == {"colour": "red"}


def test_a_server_is_left_alone_as_long_as_it_asks(chat, ask):
    chat.faults.append(server.error(429, "slow down", retry_after="0.6"))
    began = time.monotonic()
    ask()
    assert time.monotonic() - began >= 0.6


def test_lasting_faults_are_said_in_one_sentence(chat, ask):
    chat.faults.extend([server.error(500, "out of memory")] * 7)
    with pytest.raises(ModelError, match=r"500, after 6 more tries: out of memory.*again to go on"):
        ask()


def test_a_prompt_that_is_too_long_is_an_outcome(chat, ask):
    said = "the request exceeds the available context size, try increasing it"
    chat.faults.append(server.error(400, said))
    assert ask().outcome == "too long"


def test_nothing_at_the_address_is_said_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(
        ModelError, match=r"Nothing answers at http://127\.0\.0\.1.*start the server"
    ):
        connect(service_of("m", base_url=url)).ready()


def test_another_server_at_the_address_is_said(chat, ask):
    chat.faults.append(server.page())
    with pytest.raises(ModelError, match=r"does not speak the chat protocol.*ends in /v1"):
        ask()


def test_a_wrong_path_is_said(chat, ask):
    with pytest.raises(ModelError, match=r"answered 404.*usually ends in /v1"):
        ask(base_url=chat.url.removesuffix("/v1"))


def test_a_server_without_the_model_names_those_it_has(chat, ask):
    chat.models = ["small", "large"]
    with pytest.raises(ModelError, match=r"404: model 'the-model' not found.*but small, large"):
        ask()


def test_a_key_is_in_no_error_or_log(chat, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("STORYSCOPE_API_KEY", "never-to-be-seen")
    chat.faults.append(server.error(401, "bad key never-to-be-seen"))
    with pytest.raises(
        ModelError, match=r"bad key \[key\]. Check the key in STORYSCOPE_API_KEY"
    ) as e:
        connect(service_of("m", base_url=chat.url)).ask(FORM)
    assert "never-to-be-seen" not in str(e.value) + caplog.text


@pytest.mark.parametrize(
    ("model", "service"),
    [
        ("claude-sonnet-5-5", "anthropic"), ("gpt-5", "openai"), ("o3-mini", "openai"),
        ("gemini-3-pro", "gemini"), ("deepseek-chat", "deepseek"), ("kimi-k2", "kimi"),
    ],
)  # fmt: skip
def test_a_models_name_tells_who_serves_it(model, service):
    assert service_of(model).name == service
    assert service_of("by another name", service).name == service


@pytest.mark.parametrize("service", SERVICES, ids=[s.name for s in SERVICES])
def test_a_missing_key_is_named(service, monkeypatch):
    monkeypatch.delenv(service.key, raising=False)
    with pytest.raises(ModelError, match=f"needs a key in the environment variable {service.key}"):
        connect(service)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "Nobody is known who serves the model 'qwen'.*--base-url"),
        ({"provider": "acme"}, "no provider 'acme'; there are anthropic, openai"),
        ({"base_url": "localhost:8080"}, "not 'localhost:8080'"),
        ({"base_url": "http://me:pw@localhost/v1"}, "without a name, password"),
        ({"base_url": "http://localhost/v1", "provider": "openai"}, "not both"),
    ],
)
def test_a_wrong_choice_of_service_is_said(options, says):
    with pytest.raises(ModelError, match=says):
        service_of("qwen", **options)


def test_a_missing_sdk_is_said_with_the_line_that_installs_it(chat, monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ModelError, match=r"pip install 'storyscope\[openai\]'"):
        connect(service_of("m", base_url=chat.url))
