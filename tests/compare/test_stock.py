import numpy as np
import pandas as pd
import pytest

from storyscope.compare.stock import stock
from storyscope.errors import TableError, TooLittleData

NAMES = np.array([f"name{i:03d}" for i in range(100)])


def drawn(rng, source, weights, prompts=60, each=2):
    rows, stories = [], []
    for p in range(prompts):
        story = f"p{p}/{source}"
        stories.append((story, source, f"p{p}"))
        rows += [(story, "name", name) for name in rng.choice(NAMES, each, p=weights)]
    return rows, stories


@pytest.fixture
def tables():
    """Two models that love the same name, and people who do not."""
    rng = np.random.default_rng(0)
    steep = 1 / np.arange(1, 101) ** 1.5
    flat = np.ones(100)
    rows, stories = [], []
    for source, weights in (("human", flat), ("m1", steep), ("m2", steep)):
        more_rows, more_stories = drawn(rng, source, weights / weights.sum())
        rows += more_rows
        stories += more_stories
    items = pd.DataFrame(rows, columns=["story_id", "kind", "item"])
    return items, pd.DataFrame(stories, columns=["story_id", "source", "prompt_id"])


def test_shares_are_counted_by_story(tables):
    items, stories = tables
    found = {row.source: row for row in stock(items, stories).kinds[0].sources}
    mine = items[items["story_id"].str.endswith("/m1")]
    with_it = mine[mine["item"] == "name000"]["story_id"].nunique()
    assert found["m1"].top[0] == ("name000", pytest.approx(with_it / 60))
    assert found["m1"].top_share.value == pytest.approx(with_it / 60)
    assert found["m1"].top_share.low < with_it / 60 < found["m1"].top_share.high
    assert found["m1"].stories == 60


def test_models_are_more_stereotyped_than_people(tables):
    kind = stock(*tables).kinds[0]
    assert kind.sources[-1].source == "human"
    people, model = kind.sources[-1], kind.sources[0]
    for q in "012":
        assert people.hill[q].low > model.hill[q].high
    assert people.herfindahl.high < model.herfindahl.low
    assert people.m == model.m
    assert kind.agreement == 1
    assert kind.favourites[0].item == "name000"
    assert kind.favourites[0].sources == ["m1", "m2"]
    assert kind.favourites[0].human_share < 0.2


def test_the_herfindahl_is_the_chance_of_two_alike(tables):
    items, stories = tables
    row = next(r for r in stock(items, stories).kinds[0].sources if r.source == "m1")
    mine = items[items["story_id"].str.endswith("/m1")].drop_duplicates()["item"].to_numpy()
    pairs = mine[:, None] == mine[None, :]
    n = len(mine)
    assert row.herfindahl.value == pytest.approx((pairs.sum() - n) / (n * (n - 1)))


def test_sources_with_few_items_are_named(tables):
    items, stories = tables
    few = items["story_id"].str.contains("/m2") & ~items["story_id"].isin(["p1/m2", "p2/m2"])
    found = stock(items[~few], stories)
    assert found.notes[0].names == ("m2",)
    assert {row.source for row in found.kinds[0].sources} == {"human", "m1"}
    assert sum("m2" in line for line in found.lines()) == 1, "in the note alone"
    assert "m2" not in {row[0] for table in found.tables() for row in table.rows}
    assert {s["source"] for s in found.to_dict()["kinds"][0]["sources"]} == {"human", "m1"}


def test_items_must_belong_to_stories(tables):
    items, stories = tables
    with pytest.raises(TableError, match="not in the table"):
        stock(items.assign(story_id="nobody"), stories)
    with pytest.raises(TableError, match="no column 'kind'"):
        stock(items.drop(columns="kind"), stories)
    with pytest.raises(TooLittleData):
        stock(items.head(3), stories)


def test_one_prompt_gives_figures_without_an_interval_and_warns_of_nothing(recwarn):
    """Without its only prompt a source has no items left."""
    rows, stories = [], []
    for k in range(30):
        stories.append((f"s{k}", "m", "p"))
        rows.append((f"s{k}", "name", NAMES[k % 7]))
    found = stock(
        pd.DataFrame(rows, columns=["story_id", "kind", "item"]),
        pd.DataFrame(stories, columns=["story_id", "source", "prompt_id"]),
    )
    usual = found.kinds[0].sources[0].hill["2"]
    assert usual.value > 6
    assert usual.low is None
    assert [str(w.message) for w in recwarn] == []


def test_intervals_hold_the_truth():
    weights = 1 / np.arange(1, 101)
    weights /= weights.sum()
    truth = float((weights**2).sum())
    held = 0
    for seed in range(60):
        rows, stories = drawn(np.random.default_rng(seed), "m", weights, each=1)
        found = stock(
            pd.DataFrame(rows, columns=["story_id", "kind", "item"]),
            pd.DataFrame(stories, columns=["story_id", "source", "prompt_id"]),
        )
        row = found.kinds[0].sources[0]
        held += row.herfindahl.low <= truth <= row.herfindahl.high
    assert held >= 52


def test_parts_of_a_firm_are_no_towns():
    from storyscope.compare.stock_items import items_of
    from storyscope.extract.reading import read

    text = "Marta from Accounting waved. He flew to London at noon. In Accounting nobody spoke."
    found = {item for kind, item in items_of(read(text)) if kind == "place name"}
    assert "accounting" not in found
    assert "london" in found
