"""Prices, estimates, and what the server bills."""

import json

import pytest

from storyscope.codebook import default_codebook
from storyscope.corpus import Corpus, Story
from storyscope.errors import ModelError
from storyscope.judge.run import roots
from storyscope.providers.money import Price, Usage, load_prices
from storyscope.providers.services import service_of


def test_shipped_prices_are_dated_and_in_proportion():
    prices = load_prices()
    assert prices.date >= "2026-11-01"
    for name, price in prices.models.items():
        assert prices.date_of(name) >= "2026-07-01", name
        assert 0 < price.read <= 0.1 * price.input + 1e-9, name
        assert 3 * price.input <= price.output <= 5 * price.input, name
        assert price.input <= price.write_5m <= price.write_1h, name
        assert price.batch == 0.5
        if name.startswith("claude"):
            assert prices.date_of(name) == prices.date
            assert price.write_5m == pytest.approx(1.25 * price.input), name
            assert price.write_1h == pytest.approx(2 * price.input), name
            assert price.output == pytest.approx(5 * price.input), name


@pytest.mark.parametrize("maker", ["claude", "gpt", "gemini", "deepseek", "kimi"])
def test_models_of_every_maker_have_a_price(maker):
    """And their names lead to the service that bills it."""
    prices = load_prices()
    names = [name for name in prices.models if name.startswith(maker)]
    assert names
    assert {service_of(name).name for name in names} == {SERVED_BY[maker]}


SERVED_BY = {"claude": "anthropic", "gpt": "openai", "gemini": "gemini", "deepseek": "deepseek",
             "kimi": "kimi"}  # fmt: skip


def test_a_model_without_a_price_is_reckoned_in_tokens_only(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("STORYSCOPE_ANSWERS", str(tmp_path / "answers.sqlite"))
    stories = tmp_path / "s.jsonl"
    stories.write_text(json.dumps({"id": "a", "text": "Ada ran home. " * 40, "source": "m"}) + "\n")
    words = ("score", stories, "--judge", "gpt-of-tomorrow", "--only", "TMP_DRM_01", "--estimate")
    status, out, err = cli(*words)
    assert status == 0, err
    assert "1 requests to make" in out
    assert "No price is known for gpt-of-tomorrow" in " ".join(out.split())
    assert "$" not in out
    found = json.loads(cli(*words, "--json")[1])
    assert found["usage"]["input"] > 100
    assert found["cost"] is None
    assert found["most"] is None


def test_an_estimate_says_of_when_its_price_is(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("STORYSCOPE_ANSWERS", str(tmp_path / "answers.sqlite"))
    stories = tmp_path / "s.jsonl"
    stories.write_text(json.dumps({"id": "a", "text": "Ada ran home. " * 40, "source": "m"}) + "\n")
    status, out, err = cli(
        "score", stories, "--judge", "deepseek-flash", "--only", "TMP_DRM_01", "--estimate"
    )
    assert status == 0, err
    assert "Prices of 2026-10-27." in " ".join(out.split())


def test_a_price_is_the_sum_of_its_parts():
    price = Price(2, 10, 2.5, 4, 0.1)
    usage = Usage(input=1000, write_5m=2000, write_1h=3000, read=4000, output=500, requests=1)
    assert price.cost(usage) == pytest.approx((2000 + 5000 + 12000 + 400 + 5000) / 1e6)
    assert price.cost(usage, batch=True) == pytest.approx(price.cost(usage) / 2)
    assert price.input_cost(usage) == pytest.approx((2000 + 5000 + 12000 + 400) / 1e6)


def test_long_prompts_have_their_own_price():
    price = load_prices().of("claude-haiku-5-5")
    short, long = Usage(100_000, output=10, requests=1), Usage(100_001, output=10, requests=1)
    assert price.cost(short) == pytest.approx((100_000 * 0.1 + 10 * 0.5) / 1e6)
    assert price.cost(long) == pytest.approx((100_001 * 0.5 + 10 * 2.5) / 1e6)
    both = Usage(5_000, read=100_000, requests=1)  # what is cached counts
    assert price.cost(both) == pytest.approx((5_000 * 0.5 + 100_000 * 0.05) / 1e6)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[1, 2]", "not a price file"),
        ("models: {}", "not a price file"),
        ("date: x\nassumed: {answer_tokens: 1, thought_tokens: 1}\nmodels: {m: {input: 1}}",
         "not a price file"),
        ("{", "not a price file"),
    ],
)  # fmt: skip
def test_a_broken_price_file_is_said(tmp_path, text, says):
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(ModelError, match=says):
        load_prices(path)
    with pytest.raises(ModelError, match="no price file"):
        load_prices(tmp_path / "absent.yaml")


def test_an_edited_price_file_is_used(api, judging, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(
        "date: 2030-01-01\nassumed: {answer_tokens: 50, thought_tokens: 0}\nmodels:\n"
        "  claude-sonnet-5-5: {input: 1, output: 1, write_5m: 1, write_1h: 1, read: 1}\n"
    )
    asked = judging(prices=path)
    asked.ask()
    usage, cost, _ = asked.answers.spent(roots(asked.corpus, asked.plan))
    assert cost == pytest.approx((usage.prompt + usage.output) / 1e6)
    assert asked.estimate().prices == "2030-01-01"


@pytest.mark.parametrize("batch", [False, True])
def test_the_estimate_is_what_the_server_bills(api, judging, batch):
    """Input within 2%, when the API counts tokens and every cache entry holds."""
    asked = judging()
    expected = asked.estimate(batch=batch)
    assert "counted by the API on 3 stories" in expected.tokens
    if batch:
        asked.ask_in_batches()
        asked.ask_in_batches()
    else:
        asked.ask(workers=1)
    usage, cost, _ = asked.answers.spent(roots(asked.corpus, asked.plan))
    assert expected.usage.requests == usage.requests == 9
    assert expected.usage.prompt == pytest.approx(usage.prompt, rel=0.02)
    assert expected.usage.write_5m == pytest.approx(usage.write_5m, rel=0.02)
    assert expected.usage.read == pytest.approx(usage.read, rel=0.02)
    assert cost < expected.most
    price = asked.prices.of(asked.plan.model)
    assert expected.input_cost == pytest.approx(price.input_cost(usage, batch=batch), rel=0.02)
    assert asked.estimate().usage.requests == 0


def test_without_a_key_the_assumption_is_said_and_near(api, judging, monkeypatch):
    asked = judging()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    expected = asked.estimate()
    assert "assumed" in " ".join(expected.lines())
    assert api.calls == []
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    asked.ask(workers=1)
    assert expected.usage.prompt == pytest.approx(
        asked.answers.spent(roots(asked.corpus, asked.plan))[0].prompt, rel=0.05
    )


def test_the_estimate_counts_what_is_known_already(api, judging):
    judging(dimensions=["plot"]).ask()
    expected = judging().estimate()
    assert (expected.known, expected.usage.requests) == (3, 6)


def test_short_stories_are_below_what_the_api_caches(api, judging):
    short = Corpus.from_stories([Story("s", "She ran. " * 60, "m", "p")])
    asked = judging(short)
    expected = asked.estimate()
    assert (expected.usage.write_5m, expected.usage.read) == (0, 0)
    asked.ask()
    assert not any(u["cache_creation_input_tokens"] for u in api.usage)


def test_usage_lies_beside_the_table(api, cli, tmp_path):
    rows = [{"id": f"s{i}", "text": f"Tale {i}. " + "He ran to the door. " * 300, "source": "m",
             "prompt_id": "p"} for i in range(2)]  # fmt: skip
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    table = tmp_path / "t.parquet"
    book = default_codebook()
    plot, setting = (book.ids(dimension=d, answered_by="judge")[0] for d in ("plot", "setting"))
    line = ["score", path, "-o", table, "--judge", "claude-sonnet-5-5", "--only", plot,
            "--only", setting, "--only", "EVT_DEN_01", "--answers", tmp_path / "a.sqlite"]  # fmt: skip
    status, out, err = cli(*line, "--estimate", "--json")
    assert status == 0, err
    expected = json.loads(out)
    assert not table.exists()
    status, out, err = cli(*line, "--json")
    assert status == 0, err
    record = json.loads((tmp_path / "t.usage.json").read_text())
    assert record["requests"] == {"answered": 4}
    assert record["expected"]["usage"] == expected["usage"]
    # run again, with nothing left to ask, it still stands beside the whole
    assert cli(*line)[0] == 0
    assert (
        json.loads(table.with_suffix(".usage.json").read_text())["expected"] == record["expected"]
    )
    assert record["cost_usd"] == pytest.approx(
        load_prices().of("claude-sonnet-5-5").cost(Usage(**record["usage"]))
    )
    assert json.loads(out)["judge"]["answers"] == {"answered": 4}
    assert "About $" in err
