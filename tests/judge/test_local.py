"""A judge on a server of one's own: small groups, evidence first, every answer checked here."""

import json
import socket

import pandas as pd
import pytest
from servers import chat as server

from storyscope.codebook import default_codebook
from storyscope.codebook_convert import read_codebook
from storyscope.errors import ModelError
from storyscope.judge.agree import reliability
from storyscope.judge.judged import read_sidecar
from storyscope.judge.plan import read_answers
from storyscope.judge.prompts import GROUP, SMALL_SYSTEM
from storyscope.providers.store import Answers
from storyscope.table import read_table


def answers_of(params, value=None):
    """A sound answer to all that is asked, by the schema in the request."""
    entries = {}
    for name, entry in form(params)["properties"].items():
        offered = entry["properties"]["value"]
        offered = offered.get("anyOf", [offered])[0]
        first = offered.get("enum", [offered.get("minimum", "indoors")])[0]
        said = value if value in offered.get("enum", ()) else first
        quote = "Ada Brook carried the lamp to the cellar"
        entries[name] = {"quotes": [quote], "value": said, "confidence": "high"}
    return entries


def form(params):
    """The schema, told to the server or standing in the prompt."""
    if "response_format" in params and "json_schema" in params["response_format"]:
        return params["response_format"]["json_schema"]["schema"]
    return json.loads(params["messages"][-1]["content"].rsplit("\n", 1)[1])


@pytest.fixture
def local(monkeypatch):
    """A server of one's own that any model name is served by."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with server.serving(lambda params: json.dumps(answers_of(params))) as state:
        yield state


@pytest.fixture
def asked(local, judging):
    def make(**options):
        return judging(base_url=local.url, **options)

    return make


def test_every_question_is_answered_without_a_key(local, asked, statuses):
    judged = asked()
    assert judged.ask() == 9
    assert set(statuses(judged).values()) == {"answered"}
    assert judged.ask() == 0
    assert all(r["messages"][0]["content"] == SMALL_SYSTEM for r in local.log)


def test_questions_go_in_small_groups_with_their_answers_and_the_evidence_first(local, asked):
    asked(codebook=default_codebook(), dimensions=["plot"]).ask(workers=1)
    sizes = [len(form(r)["properties"]) for r in local.log]
    assert max(sizes) == GROUP < sum(sizes) / 3
    entry = next(iter(form(local.log[0])["properties"].values()))
    assert list(entry["properties"]) == ["quotes", "value", "confidence"]


def test_version_and_mode_stand_with_every_answer(local, asked, corpus):
    local.version = "tiny-q4"
    local.takes = set()
    judged = asked()
    judged.ask(workers=1)
    found = [a for story in corpus for a in read_answers(judged.answers, judged.plan, story)]
    assert {(a.version, a.mode) for a in found} == {("tiny-q4", "prompt")}


@pytest.mark.parametrize(
    "text",
    ['{"PLT_TST_01": {"quotes": [], "val', "The end is happy.", '{"PLT_TST_01": "well"}',
     '{"PLT_TST_01": {"quotes": [], "value": "splendidly", "confidence": "low"}}'],
)  # fmt: skip
def test_an_ignored_schema_is_asked_again_once(local, asked, statuses, text):
    local.faults.append(server.says(text))
    judged = asked(dimensions=["plot"])
    assert judged.ask(workers=1) == 4
    assert set(statuses(judged).values()) == {"answered"}
    assert "not on offer" in local.log[1]["messages"][-1]["content"]


def test_what_stays_wrong_is_unanswered_and_not_asked_a_third_time(local, asked, statuses):
    local.write = lambda params: "I would rather not say."
    judged = asked(dimensions=["plot"])
    assert judged.ask(workers=1) == 6
    assert set(statuses(judged).values()) == {"no allowed answer, asked twice"}
    assert judged.ask() == 0


def test_answers_of_another_server_are_another_judges(local, asked, judging):
    asked().ask()
    with server.serving(local.write) as other:
        elsewhere = judging(base_url=other.url)
        assert elsewhere.ask() == 9


def test_batches_are_said_to_be_for_claude(asked):
    with pytest.raises(ModelError, match="Only Claude's maker takes batches"):
        asked().ask_in_batches()


def test_it_costs_nothing_and_may_be_limited_to_that(local, asked):
    judged = asked()
    assert (
        judged.estimate().lines()[-1] == "It costs nothing: the model is on a server of your own."
    )
    assert judged.ask(max_cost=0.0) == 9
    usage, cost, _ = judged.answers.spent([a.key for a in judged.plan.asks("x")])
    assert (usage.requests, cost) == (0, 0.0)


def test_the_command_judges_with_a_server(local, cli, tmp_path, monkeypatch):
    monkeypatch.setenv("STORYSCOPE_ANSWERS", str(tmp_path / "a.sqlite"))
    rows = [{"id": f"s{i}", "source": "m", "prompt_id": f"p{i}",
             "text": f"Ada Brook carried the lamp to the cellar {i} times. " * 40}
            for i in range(12)]  # fmt: skip
    path, table = tmp_path / "s.jsonl", tmp_path / "t.parquet"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    only = [f"--only={f.id}" for f in default_codebook() if f.answered_by == ("judge",)
            and f.kind == "binary"][:3]  # fmt: skip
    local.write = lambda params: json.dumps(answers_of(params, "yes"))
    status, _, err = cli(
        "score", path, "-o", table, "--judge", "tiny", "--base-url", local.url, *only
    )
    assert status == 0, err
    assert len(local.log) >= 12
    lines = list(read_sidecar(table))
    assert {line["mode"] for line in lines} == {"json_schema"}
    status, out, _ = cli("reliability", table)
    assert status == 0
    assert "Do not believe this judge on" in out
    assert "says yes to 100% of stories" in out


def test_the_command_asks_the_questions_of_a_codebook_of_ones_own(
    local, cli, tmp_path, monkeypatch
):
    monkeypatch.setenv("STORYSCOPE_ANSWERS", str(tmp_path / "a.sqlite"))
    own = tmp_path / "lamps.yaml"
    own.write_text(
        "dimension: setting\nfeatures:\n"
        "  - {id: LMP_CAR_01, name: Lamp carried, question: Does somebody carry a lamp?,\n"
        "     kind: binary, values: {'yes': one is carried, 'no': none is},\n"
        "     evidence: What is carried., answered_by: judge, source: this test}\n",
        encoding="utf-8",
    )
    path, table = tmp_path / "s.jsonl", tmp_path / "t.parquet"
    text = "Ada Brook carried the lamp to the cellar. " * 40
    path.write_text(json.dumps({"id": "s", "source": "m", "prompt_id": "p", "text": text}) + "\n")
    local.write = lambda params: json.dumps(answers_of(params, "yes"))
    asking = ["score", path, "-o", table, "--judge", "tiny", "--base-url", local.url]
    status, _, err = cli(*asking, "--codebook", own)
    assert status == 0, err
    assert [list(form(r)["properties"]) for r in local.log] == [["LMP_CAR_01"]]
    assert [line["value"] for line in read_sidecar(table)] == ["yes"]
    book = read_codebook(table.with_suffix(".codebook"))
    assert book.ids() == ["LMP_CAR_01"]
    assert read_table(table, book)["LMP_CAR_01"].tolist() == ["yes"]
    status, out, err = cli("reliability", table)
    assert (status, "LMP_CAR_01" in out) == (0, True), err


def test_a_judge_at_odds_with_the_measure_is_named():
    book = default_codebook()
    ids = [f"s{i}" for i in range(20)]
    measured = ["yes" if i % 2 else "no" for i in range(20)]
    table = pd.DataFrame({"TMP_DRM_01": measured, "TMP_DRM_01@judge": ["yes"] * 10 + ["no"] * 10})
    lines = [
        {"story_id": s, "feature_id": "TMP_DRM_01", "status": "answered", "value": v}
        for s, v in zip(ids, table["TMP_DRM_01@judge"], strict=True)
    ]
    found = reliability(lines, book, table=table)
    row = found.questions.iloc[0]
    assert (row["yes"], row["measured_yes"]) == (0.5, 0.5)
    assert row["agrees"] < 0.2
    assert "at odds with the measure" in found.doubted["TMP_DRM_01"]
    table["TMP_DRM_01@judge"] = measured
    same = reliability(
        [{**line, "value": v} for line, v in zip(lines, measured, strict=True)], book, table=table
    )
    assert same.doubted == {}


def test_no_answer_is_kept_that_the_server_did_not_end(local, asked, tmp_path):
    local.faults.append(server.says('{"PLT_TST_01": {"quotes": [], "value": "well"', "length"))
    judged = asked(dimensions=["plot"])
    judged.ask(workers=1)
    answers = Answers(judged.answers.path)
    assert answers.outcome(next(judged.plan.asks(_text(judged))).key) == "max_tokens"
    answers.close()


def test_a_full_disk_stops_the_run_in_a_sentence_and_no_answer_is_asked_for_twice(local, asked):
    local.write = lambda params: "I think so. " * 1_000 + json.dumps(answers_of(params))
    judged = asked()
    pages = judged.answers._db.execute("pragma page_count").fetchone()[0]
    judged.answers._db.execute(f"pragma max_page_count = {pages + 12}")
    with pytest.raises(
        ModelError, match=r"cannot be used \(.*full\); check that the disk has room"
    ):
        judged.ask(workers=1)
    stopped = len(local.log)
    assert 0 < stopped < 9
    judged.answers._db.execute("pragma max_page_count = 1000000")
    judged.ask(workers=1)
    assert len(local.log) == 9 + 1


def closed():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def refused(made):
    made["choices"][0]["message"] = {"role": "assistant", "content": None, "refusal": "No."}


@pytest.fixture
def score(local, cli, tmp_path, monkeypatch):
    """The command with one question about two stories, the first as long as is said."""
    monkeypatch.setenv("STORYSCOPE_ANSWERS", str(tmp_path / "a.sqlite"))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def run(*words, times=5):
        tale = "Ada Brook carried the lamp to the cellar. "
        rows = [{"id": i, "text": tale * n, "source": "m"} for i, n in (("a", times), ("b", 5))]
        path = tmp_path / "s.jsonl"
        path.write_text("".join(json.dumps(r) + "\n" for r in rows))
        words = words or ("--judge", "m", "--base-url", local.url)
        only = ("--fast", "--only", "AGE_CST_51", "-o", tmp_path / "t.parquet")
        return cli("score", path, *words, *only)

    return run


BAD = {
    "no key": (("--judge", "gpt-5"), "key in the environment variable OPENAI_API_KEY"),
    "no server": (("--judge", "m", "--base-url", "closed"), "Nothing answers at http://127.0.0.1"),
    "address": (("--judge", "m", "--base-url", "localhost"), "not 'localhost'"),
    "nobody": (("--judge", "m"), "Nobody is known who serves the model 'm'"),
    "no such model": (("--judge", "m", "--base-url", "other"), "no model 'm' but qwen; ask one of these"),
    "no path": (("--judge", "m", "--base-url", "root"), "404. Check the name of the model; the address"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "says"), BAD.values(), ids=BAD)
def test_bad_input_is_said_in_one_sentence(local, score, tmp_path, words, says):
    places = {"closed": closed(), "other": local.url, "root": local.url.removesuffix("/v1")}
    local.models = ["qwen"] if "other" in words else []
    status, _, err = score(*(places.get(w, w) for w in words))
    assert status == 1
    assert says in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not (tmp_path / "t.parquet").exists()


def test_a_model_that_never_answers_as_asked_is_said_with_what_to_do(local, score):
    local.write = lambda params: "I like to chat."
    status, out, err = score()
    assert status == 0
    assert "m: 0 answers, 0 times undefined, 2 unanswered" in out
    assert "2 answers are missing (2: no allowed answer, asked twice); --ask-again asks" in err


def test_a_model_that_always_refuses_is_said_with_what_to_do(local, score):
    local.faults.extend(server.Fault(change=refused) for _ in range(2))
    status, _, err = score()
    assert status == 0
    assert "2 answers are missing (2: refusal); --ask-again asks for them once more" in err


def test_a_story_of_a_hundred_thousand_words_is_named_and_the_others_go_on(local, score):
    reply = local.reply

    def short_only(params, fault):
        if len(json.dumps(params)) > 100_000:
            return 400, server.error(400, "This model's maximum context length is 8192").body
        return reply(params, fault)

    local.reply = short_only
    status, out, err = score(times=12_500)
    assert status == 0
    assert "m: 1 answers, 0 times undefined, 1 unanswered" in out
    assert "(1: too long); --ask-again" in err
    assert "needs a model with a larger window" in err


def _text(judged):
    from storyscope.corpus import normalise

    return normalise(next(iter(judged.corpus)).text).text
