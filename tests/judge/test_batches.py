"""Batches: chunks, results that come later or never, and kills in between."""

import os
from itertools import pairwise

import pytest
from servers import messages as server

from storyscope.corpus import normalise
from storyscope.errors import ModelError
from storyscope.judge import batches
from storyscope.judge.run import roots


def test_a_batch_is_sent_collected_and_read(api, judging, statuses):
    asked = judging()
    found, sent, stopped = asked.ask_in_batches()
    assert (found.filed, found.waiting, sent, stopped) == (0, 0, 9, None)
    assert set(statuses(asked).values()) == {"not asked yet"}
    found, sent, _ = asked.ask_in_batches()
    assert (found.filed, found.free, found.waiting, sent) == (9, 0, 0, 0)
    assert set(statuses(asked).values()) == {"answered"}
    assert len(api.batches) == 1


def test_requests_about_a_story_stand_together_and_share_its_cache_entry(api, judging):
    judging().ask_in_batches()
    stories = [a.story for a in api.log]
    assert sum(a != b for a, b in pairwise(stories)) == 2
    assert [u["cache_read_input_tokens"] > 0 for u in api.usage] == [False, True, True] * 3
    assert all(u["batch"] for u in api.usage)


def test_batched_requests_are_put_on_record_at_half_the_price(api, judging):
    asked = judging()
    asked.ask_in_batches()
    asked.ask_in_batches()
    usage, cost, _ = asked.answers.spent(roots(asked.corpus, asked.plan))
    assert cost == pytest.approx(asked.prices.of("claude-sonnet-5-5").cost(usage) / 2)


def test_what_is_under_way_is_not_sent_again(api, judging):
    api.batch_ends = False
    asked = judging()
    assert asked.ask_in_batches()[1] == 9
    found, sent, _ = asked.ask_in_batches()
    assert (found.waiting, sent, len(api.batches)) == (1, 0, 1)
    api.end_batch("msgbatch_0000")
    assert asked.ask_in_batches()[0].filed == 9


def test_what_is_under_way_in_a_batch_is_not_asked_at_once_as_well(api, judging, statuses):
    api.batch_ends = False
    judging(dimensions=["plot"]).ask_in_batches()
    asked = judging()
    assert asked.ask() == 6
    assert asked.under_way() == 3
    assert {a.features[0][:3] for a in api.log} == {"TMP", "SET"}
    api.end_batch("msgbatch_0000")
    assert asked.ask() == 0
    assert asked.under_way() == 0
    assert set(statuses(asked).values()) == {"answered"}
    assert len(api.log) == 9


def test_two_processes_that_look_at_the_same_time_send_each_request_once(api, judging, statuses):
    """Both have found the same requests missing before either has sent its batch."""
    one, two = judging(), judging()
    client = batches.Claude()
    budgets = [j.budget(None, batch=True) for j in (one, two)]
    found = [[(ask, root) for ask, root, _ in batches._wanted(j.corpus, j.plan, j.answers, budget)]
             for j, budget in zip((one, two), budgets, strict=True)]  # fmt: skip
    assert two.answers.claim(found[1][0][0].key)  # and one of them is being asked at once
    two.answers._owner = two.answers._owner.replace(":", "-elsewhere:")
    sent = [batches._send(chunk, j.plan, j.answers, client, budget, "5m")[0]
            for chunk, j, budget in zip(found, (one, two), budgets, strict=True)]  # fmt: skip
    client.close()
    assert [len(chunk) for chunk in found] == [9, 9]
    assert sent == [8, 0]
    assert [len(b["requests"]) for b in api.batches.values()] == [8]
    two.answers._owner = one.answers._owner
    two.answers.release(found[1][0][0].key)
    one.ask_in_batches()
    one.ask_in_batches()
    assert set(statuses(one).values()) == {"answered"}
    assert len(api.log) == 9


def test_chunks_stay_under_the_limits(api, judging, monkeypatch):
    asked = judging()
    monkeypatch.setattr(batches, "MOST_REQUESTS", 4)
    monkeypatch.setattr(batches.submit, "__kwdefaults__",
                        {**batches.submit.__kwdefaults__, "most_requests": 4})  # fmt: skip
    asked.ask_in_batches()
    assert [len(b["requests"]) for b in api.batches.values()] == [4, 4, 1]


def test_chunks_stay_under_the_limit_of_bytes(api, judging, monkeypatch):
    asked = judging()
    monkeypatch.setattr(batches.submit, "__kwdefaults__",
                        {**batches.submit.__kwdefaults__, "most_bytes": 60_000})  # fmt: skip
    asked.ask_in_batches()
    import json

    sizes = [len(json.dumps(b["requests"]).encode()) for b in api.batches.values()]
    assert len(sizes) > 1
    assert max(sizes) < 60_000


def test_what_expired_or_failed_at_the_api_cost_nothing_and_is_sent_again(api, judging, statuses):
    api.batch_faults = {0: "expired", 3: "errored", 4: "canceled"}
    asked = judging()
    asked.ask_in_batches()
    api.batch_faults = {}
    found, sent, _ = asked.ask_in_batches()
    assert (found.filed, found.free, sent) == (6, 3, 3)
    assert found.problems == ["invalid_request_error: bad request"]
    asked.ask_in_batches()
    assert set(statuses(asked).values()) == {"answered"}
    assert asked.answers.spent(roots(asked.corpus, asked.plan))[0].requests == 9


def test_a_batch_that_expires_as_a_whole(api, judging, statuses):
    api.batch_faults = dict.fromkeys(range(9), "expired")
    asked = judging()
    asked.ask_in_batches()
    api.batch_faults = {}
    found, sent, _ = asked.ask_in_batches()
    assert (found.filed, found.free, sent) == (0, 9, 9)
    asked.ask_in_batches()
    assert set(statuses(asked).values()) == {"answered"}


def test_a_story_too_long_for_a_batched_request_is_not_sent_for_ever(api, judging, statuses):
    api.batch_faults = {0: "too long"}
    asked = judging()
    asked.ask_in_batches()
    api.batch_faults = {}
    found, sent, _ = asked.ask_in_batches()
    assert (found.filed, found.free, sent) == (8, 1, 0)
    assert list(statuses(asked).values()).count("too long") == 3


def test_wrong_and_refused_items_of_a_batch(api, judging, statuses):
    """A refusal stands; half a JSON is asked again once, by itself."""
    api.batch_faults = {0: server.stopped("refusal"), 4: server.says('{"answers": [{"fea')}
    asked = judging()
    asked.ask_in_batches()
    api.batch_faults = {}
    found, sent, _ = asked.ask_in_batches()
    assert (found.filed, sent) == (9, 1)
    asked.ask_in_batches()
    got = statuses(asked)
    assert sorted(got.values()).count("refusal") == 3
    assert list(got.values()).count("answered") == 15
    assert asked.ask_in_batches()[1] == 0


def test_killed_after_the_api_took_the_batch_and_before_its_name_was_known(api, judging, statuses):
    """The batch is found by its size and time, and its results by their keys."""
    asked = judging()
    api.batch_create_faults.append(server.dropped())
    with pytest.raises(ModelError, match="could not be reached"):
        asked.ask_in_batches()
    assert len(api.batches) == 1
    assert asked.answers.batches()[0]["state"] == "sending"
    found, sent, _ = asked.ask_in_batches()
    assert (found.filed, sent, len(api.batches)) == (9, 0, 1)
    assert set(statuses(asked).values()) == {"answered"}


def test_a_batch_of_the_same_size_that_is_not_ours_is_passed_over(api, judging, statuses):
    """Somebody else's batch was made at about the same time; ours stands behind it."""
    asked, other = judging(), judging(answers=judging().answers.path.with_name("other.sqlite"),
                                      samples=1, effort="low")  # fmt: skip
    other.ask_in_batches()
    api.batch_create_faults.append(server.dropped())
    with pytest.raises(ModelError, match="could not be reached"):
        asked.ask_in_batches()
    assert [len(b["requests"]) for b in api.batches.values()] == [9, 9]
    found, sent, _ = asked.ask_in_batches()
    assert (found.filed, found.waiting, sent, len(api.batches)) == (9, 0, 0, 2)
    assert set(statuses(asked).values()) == {"answered"}
    states = {b["id"]: b["state"] for b in asked.answers.batches()}
    assert states == {"msgbatch_0000": "not ours", "msgbatch_0001": "done"}
    assert asked.ask_in_batches()[:2] == (batches.Collected(), 0)


def test_killed_before_the_api_took_the_batch(api, judging, statuses, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    asked = judging()
    with monkeypatch.context() as patch:
        patch.setattr("storyscope.providers.claude.Claude.send_batch", killed)
        with pytest.raises(KeyboardInterrupt):
            asked.ask_in_batches()
    found, sent, _ = asked.ask_in_batches()
    assert (found.waiting, sent) == (1, 0)  # its process is alive: perhaps it is sending still
    with asked.answers._writing() as db:
        db.execute("update batch set owner = replace(owner, ?, '999999999')", (str(os.getpid()),))
    found, sent, _ = asked.ask_in_batches()
    assert (found.waiting, sent) == (0, 9)
    asked.ask_in_batches()
    assert set(statuses(asked).values()) == {"answered"}


def test_a_batch_that_the_api_refuses_is_free_to_be_sent_again(api, judging):
    asked = judging()
    api.batch_create_faults.append(server.error(400, "invalid_request_error", "too much"))
    with pytest.raises(ModelError, match="answered 400: too much"):
        asked.ask_in_batches()
    assert asked.ask_in_batches()[1] == 9


def test_a_batch_that_is_gone_is_said(api, judging):
    api.batch_ends = False
    asked = judging()
    asked.ask_in_batches()
    api.batches.clear()
    found, sent, _ = asked.ask_in_batches()
    assert found.problems == ["The API no longer knows the batch msgbatch_0000."]
    assert sent == 9


def test_killed_while_results_were_filed(api, judging, statuses, monkeypatch):
    asked = judging()
    asked.ask_in_batches()
    keep = type(asked.answers).keep
    count = iter(range(100))

    def dying(self, *arguments, **named):
        if next(count) == 5:
            raise KeyboardInterrupt
        keep(self, *arguments, **named)

    monkeypatch.setattr(type(asked.answers), "keep", dying)
    with pytest.raises(KeyboardInterrupt):
        asked.ask_in_batches()
    monkeypatch.setattr(type(asked.answers), "keep", keep)
    found, sent, _ = asked.ask_in_batches()
    assert (found.filed, sent) == (4, 0)
    assert asked.answers.spent(roots(asked.corpus, asked.plan))[0].requests == 9
    assert set(statuses(asked).values()) == {"answered"}


def test_results_cut_off_on_the_wire_are_fetched_again(api, judging, statuses):
    asked = judging()
    asked.ask_in_batches()
    api.result_faults.append(server.cut())
    with pytest.raises(ModelError, match="connection to the API was lost"):
        asked.ask_in_batches()
    found, sent, _ = asked.ask_in_batches()
    assert (found.filed > 0, found.waiting, sent, len(api.batches)) == (True, 0, 0, 1)
    assert asked.answers.spent(roots(asked.corpus, asked.plan))[0].requests == 9
    assert set(statuses(asked).values()) == {"answered"}


def test_results_that_the_api_withholds_for_a_while(api, judging, statuses):
    asked = judging()
    asked.ask_in_batches()
    api.result_faults.extend([server.error(529, "overloaded_error"), server.error(500)])
    assert asked.ask_in_batches()[0].filed == 9


def test_the_limit_on_cost_holds_for_what_is_under_way(api, judging):
    api.batch_ends = False
    asked = judging()
    ask = next(asked.plan.asks("x" * 13_000))
    limit = 4.5 * asked.budget(None, batch=True).worst(ask)
    _, sent, stopped = asked.ask_in_batches(max_cost=limit)
    assert 3 <= sent <= 5
    assert "Stopped before the limit" in str(stopped)
    _, more, stopped = asked.ask_in_batches(max_cost=limit)
    assert more == 0
    assert stopped is not None


def test_collecting_nothing_needs_no_key_and_collecting_something_says_how_to_give_one(
    api, judging, cli, monkeypatch, tmp_path
):
    asked = judging()
    asked.ask_in_batches()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    status, out, err = cli("judge", "collect", "--answers", tmp_path / "none.sqlite")
    assert (status, err) == (0, "")
    assert "No batches are under way" in out
    status, out, err = cli("judge", "collect", "--answers", asked.answers.path)
    assert (status, out) == (1, "")
    assert "export ANTHROPIC_API_KEY=..." in err
    assert "`judge status` need no key" in err


def test_status_and_collect_on_the_command_line(api, judging, statuses, cli):
    api.batch_ends = False
    asked = judging()
    asked.ask_in_batches()
    path = asked.answers.path
    status, out, err = cli("judge", "status", "--answers", path)
    assert (status, err) == (0, "")
    assert "msgbatch_0000" in out
    assert "sent" in out
    status, out, err = cli("judge", "collect", "--answers", path)
    assert "0 replies collected, 1 batches under way" in out
    api.end_batch("msgbatch_0000")
    status, out, err = cli("judge", "collect", "--answers", path)
    assert (status, "9 replies collected, 0 batches under way" in out) == (0, True), err
    # the shipped codebook lacks these questions, and still no paid reply is lost
    assert set(statuses(asked).values()) == {"answered"}


@pytest.mark.parametrize(
    ("named", "outcome"), [(True, "invalid"), (False, "answered")], ids=["own", "shipped"]
)
def test_what_a_batch_answers_is_checked_by_the_codebook_that_is_named(
    api, judging, cli, tmp_path, named, outcome
):
    """The questions of a codebook of one's own are known to no other."""
    entry = {"value": "splendidly", "quotes": [], "confidence": "high"}
    api.answer = lambda asked: {
        "answers": [{"feature_id": f"PLT_TST_0{k}", **entry} for k in (1, 2, 3)]
    }
    asked = judging(dimensions=["plot"])
    asked.ask_in_batches()
    own = ["--codebook", tmp_path / "book/plot.yaml"] if named else []
    status, out, err = cli("judge", "collect", "--answers", asked.answers.path, *own)
    assert (status, "3 replies collected" in out) == (0, True), err
    text = normalise(next(iter(asked.corpus)).text).text
    assert asked.answers.outcome(next(asked.plan.asks(text)).key) == outcome
