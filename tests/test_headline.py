"""A page opens with the answer at the same prompt."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from storyscope.errors import TableError
from storyscope.report.headline import headline
from storyscope.report.page import render
from storyscope.report.summary import summarise
from storyscope.table import matched_tables, write_table


@pytest.fixture
def corpora(make_table):
    """One corpus with two people a prompt, and one with one."""
    two = make_table(prompts=12, samples=2)
    two["author"] = np.where(two["source"] == "human", two["story_id"], "")
    one = make_table(prompts=12, seed=1)
    one["words"] = np.where(one["source"] == "human", 200, 900)
    return {"one_person": one, "two_people": two}


def test_the_corpus_that_settles_most_comes_first(corpora):
    found = headline(corpora)
    assert [one.corpus for one in found.corpora] == ["two_people", "one_person"]
    first, last = found.corpora
    assert found.sentence == first.told.sentence
    assert (first.people, first.models, last.people) == (2, 2, 1)
    assert f"two people {first.built.human_human.value:.3f}" in found.lines()[0]
    assert "two people" not in found.lines()[1]
    assert "one person" in found.lines()[1]
    assert any(
        line.startswith("Length: 200 words in the middle of human, 900 of models")
        for line in last.spoils
    )


def test_the_page_opens_with_it(corpora, table):
    summary = summarise(table, evaluations=[], matched=corpora)
    html = render(summary)
    assert html.index(summary.headline.sentence) < html.index('id="alike"')
    assert html.count(summary.headline.sentence) == 1
    for line in summary.headline.lines():
        assert line in html
    assert summary.to_dict()["headline"]["sentence"] == summary.headline.sentence
    assert "What the answer rests on" not in render(replace(summary, headline=None))


def test_shipped_tables_are_told_apart_by_corpus(corpora, tmp_path):
    with pytest.raises(TableError, match=r"matched\.parquet"):
        matched_tables(tmp_path)
    parts = [table.assign(corpus=name) for name, table in
             zip(("wq_calibration", "glimpse_wp"), corpora.values(), strict=True)]  # fmt: skip
    parts[1]["story_id"] += "b"
    whole = pd.concat(parts, ignore_index=True)
    whole.attrs["storyscope"] = {"audits": {"glimpse_wp": {"sources": {}, "exact": 3, "near": 0}}}
    write_table(whole, tmp_path / "matched.parquet")
    found = matched_tables(tmp_path)
    assert list(found) == ["wq_calibration", "glimpse_wp"]
    assert found["glimpse_wp"].attrs["storyscope"]["audit"]["exact"] == 3
    assert len(found["wq_calibration"]) == len(parts[0])
