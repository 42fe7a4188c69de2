"""What writers are asked, what is done about what they answer, and what is kept of it."""

import json
import time

import pytest
from servers import chat as server

from storyscope.corpus import read_corpus
from storyscope.errors import CostLimit, ModelError
from storyscope.generate import Length, Prompt
from storyscope.generate.stories import Written
from storyscope.generate.work import unwritten


def told(words, name="x"):
    return server.says(" ".join(["word"] * (words - 1)) + f" {name}.")


def found(work):
    return list(work.written())


def test_every_prompt_gets_a_story_and_nothing_is_asked_twice(writer, work, tmp_path):
    made = work()
    made.write()
    assert [(w.prompt.id, w.status, w.words, w.fits) for w in found(made)] == [
        ("p1", "written", 60, True), ("p2", "written", 90, True)]  # fmt: skip
    made.write()
    again = work()
    again.write()
    assert len(writer.log) == 2
    summary = again.save(tmp_path / "corpus")
    assert summary["stories"] == 2
    assert summary["writers"]["quill"]["median_words"] == 90


def test_all_writers_get_the_same_words(writer, work):
    work(name="one").write()
    work(name="two", model="other", way="in_context", samples=2).write()
    asked = {r["messages"][0]["content"] for r in writer.log}
    assert len(asked) == 2
    assert all("about 60 words" in a for a in asked if "ferry" in a)


def test_a_story_keeps_how_it_came_to_be(writer, work, tmp_path):
    writer.version = "m-2026-11-30"
    made = work(parameters={"temperature": 0.7, "seed": 5})
    made.write()
    made.save(tmp_path / "corpus")
    assert writer.log[0]["temperature"] == 0.7
    assert writer.log[0]["seed"] == 5
    first = next(iter(read_corpus(tmp_path / "corpus" / "stories.jsonl")))
    assert (first.id, first.source, first.prompt_id) == ("p1/quill/0", "quill", "p1")
    assert first.prompt == "A ferry is late."
    assert first.meta["version"] == "m-2026-11-30"
    assert json.loads(first.meta["parameters"]) == {"temperature": 0.7, "seed": 5}
    assert (first.meta["stop"], first.meta["requests"]) == ("stop", 1)
    assert first.meta["tokens_out"] > 0
    assert first.meta["made"][:2] == "20"


def test_in_context_each_story_sees_those_before_it(writer, work):
    made = work(way="in_context", samples=3)
    made.write()
    assert [w.sample for w in found(made)] == [0, 1, 2] * 2
    sizes = [len(r["messages"]) for r in writer.log]
    assert sizes == [1, 3, 5] * 2
    assert "different from these" in writer.log[1]["messages"][-1]["content"]
    assert writer.log[2]["messages"][1]["content"] == found(made)[0].text


def test_verbalised_samples_come_in_one_reply_with_their_probabilities(writer, work):
    made = work(way="verbalised", samples=4)
    made.write()
    assert len(writer.log) == 2
    assert len({w.text for w in found(made)}) == 8
    assert {w.probability for w in found(made)} == {0.1}


WRONG = ["Once upon a time.", '{"stories": []}', '{"stories": [{"text": "One."}]}',
         '{"stories": [{"text": "", "probability": 1}, {"text": "Two.", "probability": 1}]}']  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_verbalised_reply_of_another_form_is_mended_once(writer, work, text):
    writer.faults.append(server.says(text))
    made = work(way="verbalised", samples=2)
    made.write()
    assert len(writer.log) == 3
    assert "That does not do" in writer.log[1]["messages"][-1]["content"]
    assert {w.status for w in found(made)} == {"written"}


def test_a_model_without_json_is_said_and_not_asked_for_ever(writer, work):
    writer.write = lambda params: "I only write prose."
    made = work(way="verbalised", samples=2)
    made.write()
    assert len(writer.log) == 4
    assert [w.status for w in found(made)] == ["invalid"] * 4
    made.write()
    assert len(writer.log) == 4


def test_a_refused_prompt_is_asked_again_and_then_left(writer, work, tmp_path):
    sorry = "I'm sorry, but I can't help with that request."
    writer.faults.extend(
        [server.says(sorry), None, server.says("", "content_filter"), server.says(sorry)]
    )
    made = work()
    made.write()
    assert [(w.status, len(w.turns)) for w in found(made)] == [("written", 2), ("refusal", 2)]
    made.save(tmp_path / "corpus")
    assert unwritten(tmp_path / "corpus" / "stories.jsonl") == {"quill": {"refusal": 1}}
    made.write()
    assert len(writer.log) == 4
    assert made.ask_again() == 1
    made.write()
    assert len(writer.log) == 5
    assert [w.status for w in found(made)] == ["written", "written"]
    usage, _, outcomes = made.answers.spent(_roots(made))
    assert usage.requests == sum(outcomes.values()) == 5  # what was paid for stays on record


def _roots(made):
    from storyscope.generate.turns import first_turn

    return [first_turn(talk()).key for many in made.talks.values() for talk in many]


def test_a_story_that_was_cut_off_is_gone_on_with(writer, work):
    writer.faults.extend([server.says("The ferry left at " + "noon " * 30 + "and", "length"),
                          server.says("nobody waved " + "twice " * 24 + ".")])  # fmt: skip
    made = work()
    made.write()
    first = found(made)[0]
    assert first.status == "written"
    assert "noon and nobody waved" in first.text
    assert writer.log[1]["messages"][1]["content"].endswith("noon and")


def test_what_stays_cut_off_is_no_story(writer, work, tmp_path):
    writer.faults.extend([server.says("The ferry left and", "length")] * 3)
    made = work(continuations=2)
    made.write()
    assert [w.status for w in found(made)] == ["truncated", "written"]
    made.save(tmp_path / "corpus")
    assert [s.prompt_id for s in read_corpus(tmp_path / "corpus" / "stories.jsonl")] == ["p2"]
    row = json.loads((tmp_path / "corpus" / "unwritten.jsonl").read_text())
    assert (row["status"], row["prompt_id"], row["requests"]) == ("truncated", "p1", 3)


def test_a_story_of_the_wrong_length_is_written_anew_and_the_nearer_one_kept(writer, work):
    writer.faults.extend([told(30), told(50, "near"), told(300), told(400)])
    made = work()
    made.write()
    one, two = found(made)
    assert (one.words, one.fits, two.words, two.fits) == (50, True, 300, False)
    assert "has about 30 words and should have 60" in writer.log[1]["messages"][-1]["content"]
    assert len(writer.log) == 4


def test_a_short_story_can_be_gone_on_with(writer, work):
    writer.faults.extend([told(30), told(28)])
    made = work(length=Length(steer="continue"))
    made.write()
    assert found(made)[0].words == 58
    assert "should have 60. Go on with it" in writer.log[1]["messages"][-1]["content"]


def test_length_can_be_left_alone(writer, work):
    writer.faults.append(told(5))
    made = work(length=Length(tries=0))
    made.write()
    assert len(writer.log) == 2
    assert not found(made)[0].fits


def test_thought_is_no_part_of_a_story(writer, work):
    writer.faults.append(server.says("<think>A ferry? Yes.</think>\n" + "The ferry left. " * 20))
    made = work()
    made.write()
    assert found(made)[0].text.startswith("The ferry left.")


def test_a_prompt_beyond_the_models_window_is_left_out(writer, work):
    writer.faults.append(server.error(400, "maximum context length is 512 tokens"))
    made = work()
    made.write()
    assert [w.status for w in found(made)] == ["too long", "written"]


def test_a_limit_on_cost_stops_before_it_is_passed(writer, work, tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("date: 2026-11-30\nassumed: {answer_tokens: 70, thought_tokens: 100}\nmodels:\n"
                      "  m: {input: 1, output: 10, write_5m: 1, write_1h: 1, read: 1}\n")  # fmt: skip
    from dataclasses import replace

    from storyscope.providers.money import load_prices

    made = work(room=1000)
    made.prices = load_prices(prices)
    paid = replace(made.writers.writers[0].service, local=False, key="HOME")
    made.writers = replace(made.writers, writers=(replace(made.writers.writers[0], service=paid),))
    worst = made.estimate()[0].most
    assert worst > 0
    with pytest.raises(CostLimit, match="Stopped before the limit"):
        made.write(max_cost=0.0137)
    assert len(writer.log) == 1
    made.write(max_cost=1.0)
    assert len(writer.log) == 2


def test_a_writer_without_a_price_cannot_be_limited(writer, work):
    from dataclasses import replace

    made = work()
    paid = replace(made.writers.writers[0].service, local=False, key="HOME")
    made.writers = replace(made.writers, writers=(replace(made.writers.writers[0], service=paid),))
    with pytest.raises(ModelError, match="no price for the model 'm'"):
        made.write(max_cost=1.0)
    assert writer.log == []


def test_requests_begin_no_faster_than_they_may(writer, work):
    made = work(prompts=[Prompt(f"p{i}", "A ferry is late.", 60) for i in range(4)],
                per_minute=200, workers=4)  # fmt: skip
    began = time.monotonic()
    made.write()
    assert time.monotonic() - began >= 3 * 0.3
    assert len(writer.log) == 4


def test_an_estimate_counts_what_is_missing_only(writer, work):
    made = work(samples=2)
    before = made.estimate()[0]
    assert (before.requests, before.cost) == (4, 0.0)
    made.write()
    assert made.estimate()[0].requests == 0
    assert all(isinstance(w, Written) for w in made.written())


def test_one_writer_that_fails_does_not_stop_the_others(writer, work):
    from dataclasses import replace

    made = work()
    lame = replace(made.writers.writers[0], name="lame", model="gone")
    made.writers = replace(made.writers, writers=(lame, *made.writers.writers))
    writer.models = ["m"]
    with pytest.raises(ModelError, match=r"lame: .*404: model 'gone' not found"):
        made.write()
    assert [w.status for w in made.written() if isinstance(w, Written)] == ["written"] * 2


def test_a_full_disk_stops_the_run_in_a_sentence_and_no_reply_is_asked_for_twice(writer, work):
    made = work(prompts=[Prompt(f"p{n}", f"Ferry {n} is late.", 1500) for n in range(6)])
    pages = made.answers._db.execute("pragma page_count").fetchone()[0]
    made.answers._db.execute(f"pragma max_page_count = {pages + 6}")
    with pytest.raises(
        ModelError, match=r"replies\.sqlite cannot be used \(.*full\); check that the disk has room"
    ):
        made.write()
    stopped = len(writer.log)
    assert 0 < stopped < 6
    made.answers._db.execute("pragma max_page_count = 1000000")
    made.write()
    assert [w.status for w in found(made)] == ["written"] * 6
    # only the reply that the disk did not hold had to be asked for again
    assert len(writer.log) == 6 + 1
