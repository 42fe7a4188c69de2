"""Requests and replies, good and bad, through the real SDK."""

import json
import logging
import threading
import time

import pytest
from servers import messages as server

from storyscope.corpus import Corpus, Story
from storyscope.errors import CostLimit, ModelError
from storyscope.judge.plan import read_answers


def test_every_question_is_asked_once_and_answered(api, judging, statuses):
    asked = judging()
    assert asked.ask() == 9  # three stories, three dimensions
    assert set(statuses(asked).values()) == {"answered"}
    assert len(statuses(asked)) == 18
    assert asked.ask() == 0
    assert len(api.log) == 9


def test_all_but_the_first_request_read_the_story_from_the_cache(api, judging):
    judging().ask(workers=1)
    wrote = [u["cache_creation_input_tokens"] for u in api.usage]
    read = [u["cache_read_input_tokens"] for u in api.usage]
    assert [w > 0 for w in wrote] == [True, False, False] * 3
    assert [r > 0 for r in read] == [False, True, True] * 3
    assert all(u["input_tokens"] < 250 for u in api.usage)  # the questions alone


def test_a_story_that_is_sent_only_once_is_not_written_to_the_cache(api, judging):
    judging(dimensions=["plot"]).ask()
    assert not any(u["cache_creation_input_tokens"] for u in api.usage)


def test_the_request_is_what_the_sdk_and_the_api_take(api, judging):
    judging().ask()
    params = api.log[0].params
    assert set(params) == {"model", "max_tokens", "system", "messages", "output_config"}
    story, questions = params["messages"][0]["content"]
    assert story["cache_control"] == {"type": "ephemeral", "ttl": "5m"}
    assert "cache_control" not in questions
    assert "PLT_TST_01" in questions["text"]
    assert "herons" in story["text"]
    assert len({json.dumps(a.params["output_config"]) for a in api.log}) == 1


def test_the_judge_is_not_told_who_wrote_it(api, judging):
    story = Story("id-77", "She ran. " * 200, "source-88", "prompt-99", "a prompt", "a title",
                  {"author": "meta-55"})  # fmt: skip
    judging(Corpus.from_stories([story])).ask()
    sent = json.dumps([a.params for a in api.log])
    for secret in ("id-77", "source-88", "prompt-99", "a prompt", "a title", "meta-55"):
        assert secret not in sent


@pytest.mark.parametrize(
    "fault",
    [
        server.error(429, "rate_limit_error", retry_after="0.01"),
        server.error(500),
        server.error(529, "overloaded_error"),
        server.error(408, "timeout"),
        server.dropped(),
    ],
    ids=["429", "500", "529", "408", "dropped"],
)
def test_passing_faults_are_ridden_out(api, judging, statuses, fault):
    api.faults.extend([fault, fault, None, fault])
    asked = judging()
    asked.ask(workers=1)
    assert set(statuses(asked).values()) == {"answered"}
    assert len(api.log) == 9
    assert len(api.calls) == 12


def test_a_reply_cut_off_on_the_wire_is_fetched_again(api, judging, statuses):
    api.faults.append(server.cut())
    asked = judging()
    asked.ask(workers=1)
    assert set(statuses(asked).values()) == {"answered"}
    assert len(api.calls) == 10


def test_the_api_is_left_alone_as_long_as_it_asks(api, judging):
    api.faults.append(server.error(429, "rate_limit_error", retry_after="0.7"))
    began = time.monotonic()
    judging(dimensions=["plot"]).ask(workers=1)
    assert time.monotonic() - began >= 0.7
    assert len(api.log) == 3


def test_a_slow_reply_is_tried_again_after_the_timeout(api, judging, statuses, monkeypatch):
    never = threading.Event()
    api.faults.append(server.held(never))
    monkeypatch.setattr("storyscope.providers.claude.Claude.__init__.__kwdefaults__",
                        {"retries": 2, "timeout": 0.5})  # fmt: skip
    asked = judging()
    asked.ask(workers=1)
    never.set()
    assert set(statuses(asked).values()) == {"answered"}


def test_lasting_faults_stop_the_run_and_keep_what_was_answered(api, judging, monkeypatch):
    monkeypatch.setattr("storyscope.providers.claude.Claude.__init__.__kwdefaults__",
                        {"retries": 1, "timeout": 5.0})  # fmt: skip
    asked = judging()
    api.faults.extend([None, None, None, None, *[server.error(529, "overloaded_error")] * 2])
    with pytest.raises(ModelError, match=r"529.*run the same command again"):
        asked.ask(workers=1)
    assert len(api.log) == 4
    assert asked.ask(workers=1) == 5
    keys = [(a.story, a.questions) for a in api.log]
    assert len(set(keys)) == 9 == len(keys)


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (401, "authentication_error", "Check the key in ANTHROPIC_API_KEY"),
        (404, "not_found_error", "Check the name of the model"),
        (400, "invalid_request_error", "Nothing was stored"),
    ],
)
def test_what_cannot_be_helped_by_trying_again_is_said_in_one_sentence(
    api, judging, status, kind, says
):
    api.faults.append(server.error(status, kind))
    with pytest.raises(ModelError, match=f"answered {status}: no. {says}"):
        judging().ask(workers=1)


def test_the_key_is_in_no_error_log_or_file(api, judging, tmp_path, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    key = "test-key-that-must-never-be-seen"
    api.faults.append(server.error(401, "authentication_error", f"bad key {key}"))
    with pytest.raises(ModelError) as error:
        judging().ask(workers=1)
    assert "bad key [key]" in str(error.value)
    assert error.value.__cause__ is None
    judging().ask()
    assert key not in str(error.value) + caplog.text
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and key.encode() in p.read_bytes()]
    assert any(h.get("Authorization") == f"Bearer {key}" for _, _, h in api.calls)


def test_without_a_key_nothing_is_sent(api, judging, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(ModelError, match="needs a key in the environment"):
        judging().ask()
    judging().estimate()
    list(judging().prompts())
    assert api.calls == []


def test_any_other_end_of_a_reply_is_no_answer_either(api, judging, statuses):
    api.faults.extend([server.stopped("pause_turn"), server.stopped("tool_use")])
    asked = judging()
    assert asked.ask(workers=1) == 10
    assert list(statuses(asked).values()).count("no allowed answer, asked twice") == 3


def test_effort_is_sent_only_if_it_was_asked_for(api, judging):
    judging(dimensions=["plot"]).ask()
    judging(dimensions=["plot"], effort="low").ask()
    configs = [a.params["output_config"] for a in api.log]
    assert [c.get("effort") for c in configs] == [None] * 3 + ["low"] * 3


REFUSALS = ["refusal", "max_tokens", "model_context_window_exceeded"]


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_reply_without_its_own_end_is_unanswered_and_not_kept(api, judging, statuses, reason):
    """Half an answer is in the text; it must not be used."""
    half = '{"answers": [{"feature_id": "PLT_TST_01", "value": "well", "quotes": [], "confid'
    api.faults.append(server.stopped(reason, half))
    asked = judging()
    asked.ask(workers=1)
    got = statuses(asked)
    plot = {k: v for k, v in got.items() if k[1].startswith("PLT") and k[0] == "s0"}
    assert set(plot.values()) == {reason}
    assert len(plot) == 3
    assert sorted(set(got.values())) == sorted({"answered", reason})
    assert asked.answers.spent(list(_roots(asked)))[2] == {"answered": 8, reason: 1}
    assert asked.ask() == 0  # not paid for again unless asked to
    asked.ask_again()
    assert asked.ask() == 1
    assert set(statuses(asked).values()) == {"answered"}


def _roots(asked):
    from storyscope.judge.run import roots

    return roots(asked.corpus, asked.plan)


def test_a_prompt_that_is_too_long_leaves_that_story_unanswered(api, judging, statuses):
    api.faults.extend([server.error(413, "request_too_large"),
                       server.error(400, "invalid_request_error", "prompt is too long: 9 tokens")])  # fmt: skip
    asked = judging()
    asked.ask(workers=1)
    assert list(statuses(asked).values()).count("too long") == 4
    assert list(statuses(asked).values()).count("answered") == 14


def change(entries):
    """A fault that edits the list of answers."""

    def edit(message):
        data = json.loads(message["content"][0]["text"])
        entries(data["answers"])
        message["content"][0]["text"] = json.dumps(data)

    return server.changed(edit)


WRONG = {
    "missing": lambda a: a.pop(0),
    "unknown value": lambda a: a[0].update(value="splendidly"),
    "nearly a value": lambda a: a[0].update(value="wel"),
    "not on offer": lambda a: a[0].update(value="does not apply"),
    "two values": lambda a: a[0].update(value="well|badly"),
    "answered twice": lambda a: a.append({**a[0], "value": _other(a[0]["value"])}),
    "no confidence": lambda a: a[0].pop("confidence"),
    "unknown confidence": lambda a: a[0].update(confidence="certain"),
    "a field too many": lambda a: a[0].update(note="by the way"),
    "quotes no list": lambda a: a[0].update(quotes="text"),
    "null": lambda a: a[0].update(value=None),
    "no entry": lambda a: a.__setitem__(0, "PLT_TST_01"),
}


def _other(value):
    return "badly" if value != "badly" else "open"


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_wrong_or_missing_is_asked_again_by_itself(api, judging, statuses, wrong):
    api.faults.append(change(wrong))
    asked = judging()
    assert asked.ask(workers=1) == 10
    assert api.log[1].features == ["PLT_TST_01"]
    assert api.log[1].story == api.log[0].story
    assert set(statuses(asked).values()) == {"answered"}


@pytest.mark.parametrize("value", ["0", "6", "2.5", "three", "", "nan"])
def test_a_number_outside_its_range_is_no_answer(api, judging, statuses, value):
    bad = change(lambda a: a[2].update(value=value))
    api.faults.append(bad)
    asked = judging(dimensions=["plot"])
    asked.ask(workers=1)
    assert api.log[1].features == ["PLT_TST_03"]


def test_an_answer_that_is_wrong_twice_stays_unanswered(api, judging, statuses):
    wrong = change(lambda a: a[0].update(value="splendidly"))
    api.faults.extend([wrong, wrong])
    asked = judging()
    assert asked.ask(workers=1) == 10
    got = statuses(asked)
    assert "asked twice" in got["s0", "PLT_TST_01"]
    assert got["s0", "PLT_TST_02"] == "answered"
    assert asked.ask() == 0


def test_half_a_json_is_asked_again_once(api, judging, statuses):
    api.faults.append(server.says('{"answers": [{"feature_id": "PLT_TST_01", "val'))
    asked = judging()
    assert asked.ask(workers=1) == 10
    assert api.log[1].features == api.log[0].features
    assert set(statuses(asked).values()) == {"answered"}
    api.faults.extend([server.says("I'd rather not."), server.says("[]")])
    other = judging(Corpus.from_stories([Story("n", "She sang. " * 400, "m", "p")]))
    other.ask(workers=1)
    got = statuses(other)
    assert {v for (_, f), v in got.items() if f.startswith("PLT")} == {
        "no allowed answer, asked twice"
    }


def test_answers_to_questions_that_were_not_asked_are_passed_over(api, judging, statuses):
    stray = {"feature_id": "SET_TST_01", "value": "neither", "quotes": [], "confidence": "low"}
    api.faults.append(change(lambda a: a.append(stray)))
    asked = judging()
    assert asked.ask(workers=1) == 9
    assert set(statuses(asked).values()) == {"answered"}


def test_not_applicable_is_undefined_where_it_is_on_offer(api, judging, statuses):
    api.faults.append(change(lambda a: a[2].update(value="Does not apply")))
    asked = judging()
    asked.ask(workers=1)
    got = statuses(asked)
    assert got.pop(("s0", "PLT_TST_03")) == "undefined"
    assert set(got.values()) == {"answered"}


def test_multi_answers_are_put_in_the_order_of_the_codebook(api, judging):
    api.answer = lambda asked: {"answers": [
        {"feature_id": f, "value": "Outdoors | indoors", "quotes": [], "confidence": "high"}
        for f in asked.features]}  # fmt: skip
    asked = judging(dimensions=["setting"])
    asked.ask()
    values = {a.value for s in asked.corpus for a in read_answers(asked.answers, asked.plan, s)}
    assert values == {"indoors|outdoors"}


def test_repeats_are_requests_of_their_own(api, judging, statuses):
    asked = judging(samples=3)
    assert asked.ask() == 27
    assert judging(samples=2).ask() == 0
    assert judging(samples=4).ask() == 9


def test_the_limit_on_cost_is_never_passed(api, judging):
    """Every reply costs as much as it may: all the output, nothing from the cache."""
    asked = judging()
    worst = asked.budget(None).worst(next(asked.plan.asks("x" * 12_000)))
    price = asked.prices.of(asked.plan.model)
    limit = 3.5 * worst

    bill = api.bill

    def dear(params, text, batch=False):
        usage = bill(params, text, batch)
        usage["cache_creation_input_tokens"] += usage.pop("cache_read_input_tokens")
        usage["cache_read_input_tokens"] = 0
        usage["output_tokens"] = params["max_tokens"]
        usage["cache_creation"]["ephemeral_5m_input_tokens"] = usage["cache_creation_input_tokens"]
        return usage

    api.bill = dear
    with pytest.raises(CostLimit, match="Stopped before the limit"):
        asked.ask(max_cost=limit, workers=3)
    usage, cost, _ = asked.answers.spent(_roots(asked))
    assert limit - worst < cost <= limit  # and not stopped long before it
    assert cost == pytest.approx(price.cost(usage))
    with pytest.raises(CostLimit):  # earlier runs count
        asked.ask(max_cost=limit, workers=1)
    _, cost, _ = asked.answers.spent(_roots(asked))
    assert cost <= limit


def test_a_limit_needs_a_price(api, corpus, book, tmp_path):
    from storyscope.judge.work import Judging

    asked = Judging.of(corpus, "claude-of-tomorrow", answers=tmp_path / "a", codebook=book)
    with pytest.raises(ModelError, match=r"no price for the model 'claude-of-tomorrow'.*--prices"):
        asked.ask(max_cost=1.0)
    assert api.calls == []
    assert asked.ask() == 9
    assert asked.answers.spent(_roots(asked))[1] is None
    asked.answers.close()


@pytest.mark.parametrize("batch", [False, True])
def test_the_limit_holds_for_processes_together(api, judging, batch):
    """Two that look at the accounts before either has spent anything; each would fit alone."""
    one, two = judging(), judging()
    two.answers._owner = "elsewhere:1"
    ask = next(one.plan.asks("x" * 13_000))
    limit = 5.5 * one.budget(None, batch=batch).worst(ask)
    budgets = [j.budget(limit, batch=batch) for j in (one, two)]
    asks = [next(one.plan.asks(f"{n}" + "x" * 12_999)) for n in range(20)]
    for j in (one, two):
        j.answers.limit_to(a.key for a in asks)
    held = []
    for n, a in enumerate(asks):
        j, budget = (one, budgets[0]) if n % 2 else (two, budgets[1])
        if batch:
            row = (a.key, a.key, a.about, budget.worst(a))
            held += j.answers.begin_batch(f"b{n}", "m", [row], limit)[0]
        elif j.answers.hold(a.key, a.key, budget.worst(a), limit).taken:
            held.append(a.key)
    assert held == [a.key for a in asks[:5]]


def test_a_limit_waits_for_another_process_and_goes_on(api, judging):
    one, two = judging(), judging()
    two.answers._owner = "elsewhere:1"
    first = next(two.plan.asks("y" * 12_000))
    worst = two.budget(None).worst(first)
    budget = one.budget(1.5 * worst)
    for j in (one, two):
        j.answers.limit_to([first.key])
    assert two.answers.hold(first.key, first.key, worst, 1.5 * worst).taken
    threading.Timer(0.3, two.answers.release, [first.key]).start()
    began = time.monotonic()
    budget.hold(first, first.key)
    assert time.monotonic() - began > 0.25


def test_what_a_killed_process_had_under_way_counts_as_spent(api, judging):
    """Nobody can tell whether it was served, and billed."""
    one = judging()
    ask = next(one.plan.asks("y" * 12_000))
    budget = one.budget(1.0)
    one.answers.limit_to([ask.key])
    one.answers._owner = f"{one.answers._owner.partition(':')[0]}:999999"
    assert one.answers.hold(ask.key, ask.key, 0.9, 1.0).taken
    with pytest.raises(CostLimit, match="in a process that was killed"):
        budget.hold(ask, ask.key)


@pytest.mark.parametrize("limit", ["nan", "inf", "-1"])
def test_a_limit_that_is_no_amount_of_money_is_refused(api, judging, cli, tmp_path, limit):
    with pytest.raises(ModelError, match=r"amount of US dollars.*--max-cost|--max-cost.*amount"):
        judging().ask(max_cost=float(limit))
    path = tmp_path / "s.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "He ran. " * 90, "source": "m"}) + "\n")
    status, _, err = cli("score", path, "-o", tmp_path / "t.parquet", "--judge", "claude-sonnet-5-5",
                         "--max-cost", limit, "--answers", tmp_path / "b.sqlite")  # fmt: skip
    assert (status, "amount of US dollars" in err) == (1, True)
    assert not (tmp_path / "t.parquet").exists()  # nothing was measured either
    assert api.calls == []
