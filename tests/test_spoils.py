"""What spoils a comparison: kept with the table, and said before anything is concluded."""

import json

import pandas as pd
import pytest

from storyscope.compare import compare
from storyscope.corpus import Corpus, Story, audit
from storyscope.errors import TableError
from storyscope.report.page import render
from storyscope.report.summary import summarise
from storyscope.spoils import HEADING, what_spoils
from storyscope.table import join_tables, provenance, read_table, write_table

TALE = "The ferry left at noon and nobody waved. Ines counted the ropes, then the gulls, {n} in all"


def tales(source, ending=".", opening="", times=1, prompts=8):
    """A short text by a source for each prompt."""
    return [
        Story(f"{source}/{p}", opening + " ".join([TALE.format(n=p * 7 + 3)] * times) + ending,
              source, f"p{p}")
        for p in range(prompts)
    ]  # fmt: skip


def with_audit(stories, words):
    """A table of these stories without a feature, and the counts that scoring would keep."""
    table = pd.DataFrame(
        [(s.id, s.source, s.prompt_id, words[s.source]) for s in stories],
        columns=["story_id", "source", "prompt_id", "words"],
    )
    table.attrs["storyscope"] = {"audit": audit(Corpus.from_stories(stories)).counts()}
    return table


@pytest.mark.parametrize(
    ("model", "words", "says"),
    [
        (tales("m"), 900, "Length: 300 words in the middle of human, 900 of m"),
        (tales("m", opening="# The Ferry\n\n"), 300, "Opens with a heading: 100% of m, 0% of the others (taken out"),
        (tales("m", ending=", and then she"), 300, "Endings: 100% of m stop without"),
        (tales("m", ending="!"), 300, ""),
    ],
)  # fmt: skip
def test_each_difference_is_named_with_its_source(model, words, says):
    told = what_spoils(with_audit(tales("human", ending="?") + model, {"human": 300, "m": words}))
    told = [line for line in told if not line.startswith("Copies")]
    assert says in "\n".join(told)
    assert bool(told) == bool(says)


def test_paragraphs_that_were_lost_are_named():
    block = tales("human", times=30)
    parted = [
        Story(s.id.replace("human", "m"), s.text.replace(" in all", " in all.\n\n"), "m", s.prompt_id)
        for s in block
    ]  # fmt: skip
    told = what_spoils(with_audit(block + parted, {"human": 300, "m": 300}))
    assert any(
        line.startswith("Paragraphs lost: 100% of human, 0% of the others (still there")
        for line in told
    )


def test_copies_and_texts_that_are_no_stories_are_counted():
    ropes = "\n".join(
        f"- the {w} rope on the quay" for w in "red blue old new long wet dry torn".split()
    )
    lists = [Story(f"m/{p}", ropes, "m", f"p{p}") for p in range(8)]
    told = "\n".join(what_spoils(with_audit(tales("human") + lists, {"human": 300, "m": 300})))
    assert "7 texts are the same as an earlier one" in told
    assert "Mixed kinds, not stories in prose: list 8 (of m 8)." in told


def test_people_and_models_without_a_common_prompt_come_first(make_table):
    table = make_table()
    assert not any("Prompts" in line for line in what_spoils(table))
    human = table["source"] == "human"
    table.loc[human, "prompt_id"] = "other-" + table.loc[human, "prompt_id"]
    assert what_spoils(table)[0].startswith("Prompts: people and models share none")


def test_the_counts_travel_with_the_table_and_add_up(tmp_path):
    people = with_audit(tales("human"), {"human": 300})
    models = with_audit(tales("m", opening="# The Ferry\n\n"), {"m": 300})
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for table, path in zip((people, models), paths, strict=True):
        write_table(table, path)
    both = join_tables({path.name: read_table(path) for path in paths})
    assert any(line.startswith("Opens with a heading: 100% of m") for line in what_spoils(both))
    assert TALE[:20] not in json.dumps(provenance(both))
    # By another column, counts go with the sources that it puts together.
    both["family"] = both["source"].map({"m": "mill", "human": "human"})
    assert any("100% of mill" in line for line in what_spoils(both, by="family"))
    people.attrs = {}
    assert (
        "not known of 8 stories"
        in what_spoils(join_tables({"models": models, "people": people}))[-1]
    )


@pytest.mark.parametrize("audit", [{"sources": 3}, {"sources": {"m": {"marks": 2}}}, {"near": "x"}])
def test_a_damaged_audit_is_no_table(audit, tmp_path):
    table = with_audit(tales("m"), {"m": 300})
    table.attrs["storyscope"]["audit"] = audit
    write_table(table, tmp_path / "t.parquet")
    with pytest.raises(TableError, match="damaged at 'audit'"):
        read_table(tmp_path / "t.parquet")


def test_scoring_keeps_the_counts(cli, tmp_path):
    path = tmp_path / "tales.jsonl"
    rows = tales("human") + tales("m", opening="# The Ferry\n\n")
    path.write_text(
        "".join(json.dumps({"id": s.id, "text": s.text, "source": s.source, "prompt_id": s.prompt_id}) + "\n"
                for s in rows)
    )  # fmt: skip
    table = tmp_path / "t.parquet"
    status, _, err = cli("score", path, "-o", table, "--fast", "--only", "EVT_DEN_01")
    assert status == 0, err
    kept = provenance(read_table(table))["audit"]
    assert kept["sources"]["m"]["marks"]["opens with a heading"] == 8
    assert "opens with a heading" not in kept["sources"]["m"]["left"]


def test_it_stands_at_the_head_of_comparison_evaluation_and_page(make_table, cli, tmp_path):
    table = make_table(prompts=15)
    table.loc[table["source"] == "m1", "words"] += 3000
    path = tmp_path / "t.parquet"
    write_table(table, path)
    found = compare(table, permutations=19, resamples=50)
    assert found.lines()[:2] == [f"{HEADING}:", f"- {found.spoils[0]}"]
    assert "m1" in found.spoils[0]
    assert found.to_dict()["spoils"] == found.spoils
    html = render(summarise(table, evaluations=[]))
    assert 0 < html.index(found.spoils[0]) < html.index('id="answer"')
    status, out, err = cli("evaluate", path, "--features", "narrative", "--no-tune")
    assert status == 0, err
    assert out.startswith(f"{HEADING}:")
    assert "Best without reading a story: " in out
