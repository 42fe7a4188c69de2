"""Cross-validation by prompt, its figures and its intervals."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss

from storyscope.attribute import evaluate
from storyscope.attribute.evaluation import metrics
from storyscope.errors import TooLittleData


def test_figures_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), size=200)
    truth = rng.integers(0, 3, 200)
    found = metrics(p, truth, np.arange(200) // 4, ["a", "b", "c"])
    named = p.argmax(axis=1)
    assert found["macro_f1"].value == pytest.approx(
        f1_score(truth, named, average="macro"), abs=1e-4
    )
    assert found["log_loss"].value == pytest.approx(log_loss(truth, p), abs=1e-3)
    assert found["f1 b"].value == pytest.approx(f1_score(truth, named, average=None)[1], abs=1e-4)
    for metric in found.values():
        assert metric.low <= metric.value + 0.02
        assert metric.value - 0.02 <= metric.high


def test_intervals_are_wider_when_prompts_decide():
    rng = np.random.default_rng(1)
    truth = np.tile([0, 1], 200)
    right = np.repeat(rng.random(40) < 0.6, 10)
    p = np.where((truth == 1) == right, 0.9, 0.1)
    p = np.column_stack([1 - p, p])
    by_prompt = metrics(p, truth, np.arange(400) // 10, ["a", "b"])["accuracy"]
    by_story = metrics(p, truth, np.arange(400), ["a", "b"])["accuracy"]
    assert by_prompt.high - by_prompt.low > 2 * (by_story.high - by_story.low)


def test_every_method_stands_on_the_same_stories(big_table):
    told = []
    results = evaluate(
        big_table, feature_sets=("narrative", "style"), folds=3, progress=lambda *a: told.append(a)
    )
    assert [r.name for r in results] == ["narrative", "style", "majority", "length alone"]
    assert {sum(map(sum, r.confusion)) for r in results} == {len(big_table)}
    assert results[0].metrics["macro_f1"].low > results[2].metrics["macro_f1"].high
    assert told[-1][1:] == (12, 12)


def test_words_alone_are_a_baseline_from_the_same_folds(table):
    texts = {
        row.story_id: f"word{row.source} " * 20 + f"and the prompt {row.prompt_id}"
        for row in table.itertuples()
    }
    results = evaluate(table, feature_sets=("narrative",), texts=texts, folds=4)
    words = next(r for r in results if r.name.startswith("words"))
    assert words.metrics["macro_f1"].value == 1.0


def test_sources_without_shared_prompts_are_refused(table):
    one_each = table.copy()
    one_each["prompt_id"] = one_each["source"]
    with pytest.raises(TooLittleData, match="prompts"):
        evaluate(one_each)


def test_too_few_stories_are_counted_where_prompts_are_held_out(make_table):
    with pytest.raises(
        TooLittleData, match=r"prompts held out, 8 stories of '\w+' are left to learn"
    ):
        evaluate(make_table(prompts=11))


def test_rates_of_detection_stand_beside_auc(make_table):
    table = make_table(("human", "ai"), prompts=60, shift=1.5)
    table["version"] = np.where(table["source"] == "ai", "v1", None)
    results = evaluate(table, feature_sets=("narrative",), folds=3)
    rows = results[0].detection
    assert [(r["by"], r["group"]) for r in rows[:2]] == [("all", "all texts"), ("version", "v1")]
    assert {r["by"] for r in rows[2:]} == {"length"}
    assert (rows[0]["people"], rows[0]["models"]) == (60, 60)
    assert rows[0]["auc"]["value"] == pytest.approx(results[0].metrics["auc"].value, abs=1e-3)
    five, one, _ = rows[0]["rates"]
    assert 0 <= five["found"]["low"] <= five["found"]["value"] <= five["found"]["high"] <= 1
    assert (one["found"], one["needs"]) == (None, 99)
    assert results[0].from_dict(results[0].to_dict()) == results[0]


def test_other_sources_are_found_one_by_one_and_without_people_there_are_no_rates(table):
    named = evaluate(table, feature_sets=("narrative",), folds=3)[0].detection
    assert [(r["group"], r["people"], r["models"]) for r in named if r["by"] == "source"] == [
        ("m1", 20, 20),
        ("m2", 20, 20),
    ]
    models = table[table["source"] != "human"]
    assert evaluate(models, feature_sets=("narrative",), folds=3)[0].detection == []
