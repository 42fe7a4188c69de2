import json

import numpy as np
import pandas as pd
import pytest

import storyscope as ss
from storyscope.compare import compare
from storyscope.compare.design import lay_out, sample_prompts
from storyscope.errors import TableError, TooLittleData, UnknownFeature

QUICK = {"resamples": 100, "permutations": 49}


@pytest.fixture
def run(book):
    def run(table, **more):
        return compare(table, codebook=book, **({"features": "all"} | QUICK | more))

    return run


def notes(result):
    return {(note.about, note.names): note.what for note in result.notes}


def test_the_package_offers_it():
    assert ss.compare is compare


def test_a_whole_comparison(run, make_table):
    seen = []
    result = run(
        make_table(24, shift={"human": 1.5}),
        progress=lambda stage, done, total: seen.append((stage, done, total)),
    )
    assert result.matched.gap.gap.value > 0
    assert result.matched.gap.p == pytest.approx(1 / 50)
    assert result.about.stories == 96
    assert [s.name for s in result.about.sources] == ["human", "m1", "m2", "m3"]
    assert result.about.dimensions == {"agents": 4, "plot": 4, "style": 1}
    assert result.tree.branches[-1].support == 1
    assert len(result.map.story_id) == 96
    assert len(result.rarity.main.sources) == 4
    assert all(0 <= done <= total for _, done, total in seen)
    assert {stage for stage, _, _ in seen} == {
        "reading", "matched", "location", "structure", "rarity", "map", "features"
    }  # fmt: skip
    text = " ".join(result.lines())
    assert "farther from the models" in text
    assert all(len(row) == len(t.columns) for t in result.tables() for row in t.rows)


def test_json_holds_every_attribute_and_no_nan(run, make_table):
    result = run(make_table(12, missing=0.1))
    document = json.loads(result.to_json(), parse_constant=lambda name: pytest.fail(name))
    assert set(document) == {
        "about", "notes", "matched", "unmatched", "location", "structure", "rarity", "tree",
        "map", "features", "repetition", "stock", "published", "spoils", "verdict",
    }  # fmt: skip
    assert document["repetition"] is document["stock"] is document["published"] is None
    assert document["about"]["schema"] == "storyscope-comparison/1"
    assert set(document["matched"]["gap"]["gap"]) == {"value", "low", "high", "n"}


def test_same_table_and_seed_give_the_same_bytes_in_any_order(run, make_table):
    table = make_table(15)
    first = run(table).to_json()
    assert run(table.sample(frac=1, random_state=3)).to_json() == first
    assert run(table, seed=1).to_json() != first


def test_other_names_give_the_same_figures(run, make_table):
    table = make_table(15, shift={"m2": 1.0})
    names = {"human": "people", "m1": "zeta", "m2": "beta", "m3": "alpha"}
    one, two = run(table), run(table.assign(source=table["source"].map(names)), human="people")
    assert two.matched.gap.gap.value == pytest.approx(one.matched.gap.gap.value)
    assert two.matched.gap.gap.low == pytest.approx(one.matched.gap.gap.low)
    assert two.location.permanova[0].r2 == pytest.approx(one.location.permanova[0].r2)
    assert two.location.permdisp.f == pytest.approx(one.location.permdisp.f)
    assert two.rarity.main.human == pytest.approx(one.rarity.main.human)
    apart = {names[row.source]: row.gap.value for row in one.matched.apart}
    assert {row.source: row.gap.value for row in two.matched.apart} == pytest.approx(apart)
    best = [max(a.rand for c in r.structure.clusterings for a in c.agreement) for r in (one, two)]
    assert best[0] == pytest.approx(best[1])


def test_feature_sets(run, make_table):
    table = make_table(12)
    assert run(table, features="style").about.n_features == 1
    assert run(table, features="narrative").about.n_features == 8
    with pytest.raises(TooLittleData, match="no style feature"):
        run(table.drop(columns="STY_AAA_01"), features="style")


def test_no_people(run, make_table):
    result = run(make_table(12, ("m1", "m2", "m3")))
    assert result.matched.gap is None
    assert result.matched.model_model
    assert result.rarity.main.auc is None
    assert ("human", ("human",)) in notes(result)
    assert [part.label for part in result.location.permanova] == ["source"]
    said = " ".join(result.lines())
    assert "At the same prompt two sources are" in said
    assert "models" not in said
    assert "two sources" in [row[0] for table in result.tables() for row in table.rows]


def test_people_of_other_prompts_are_flagged(run, make_table):
    models, people = make_table(15, ("m1", "m2")), make_table(15, ("human",), seed=1)
    people["prompt_id"] = "h" + people["prompt_id"]
    people["story_id"] = "h" + people["story_id"]
    result = run(pd.concat([models, people]))
    assert result.matched.gap is None
    assert result.unmatched.confounded
    assert result.unmatched.gap.value is not None
    assert "no prompt has stories of people and of a model" in notes(result)["human", ("human",)]
    assert result.tree.basis == "different prompts"
    assert "human" in result.tree.sources
    assert all(
        e.p is None for f in result.features for e in f.effects if "people" in (e.against, e.source)
    )
    assert "mixes" in " ".join(result.lines())


def test_one_story_and_absent_sources_are_named(run, make_table):
    table = make_table(12)
    table = table[~((table["source"] == "m3") & (table["prompt_id"] > "p000"))]
    table = table[~((table["source"] == "m2") & (table["prompt_id"] > "p008"))]
    found = notes(run(table))
    assert "fewer than 5 stories" in found["source", ("m3",)]
    assert "absent from 3 of the 12 prompts" in found["source", ("m2",)]


def test_empty_and_constant_features_are_named(run, make_table):
    table = make_table(12)
    table["AGE_AAA_01"], table["PLT_AAA_03"], table["PLT_AAA_02"] = None, 1.0, "a|b"
    result = run(table)
    found = notes(result)
    assert "no story has a value" in found["feature", ("AGE_AAA_01",)]
    assert "same in all stories" in found["feature", ("PLT_AAA_03", "PLT_AAA_02")]
    assert "AGE_AAA_01" not in {row.id for row in result.features}


def test_bare_stories_are_set_aside_by_number(run, make_table):
    table = make_table(12)
    table.loc[table.index[:3], table.columns[4:]] = None
    result = run(table)
    assert result.about.stories == 45
    assert (
        "3 stories are set aside and not counted, since features with less than 20%"
        in result.notes[0].what
    )


def test_few_prompts_give_figures_without_intervals(run, make_table):
    result = run(make_table(4, samples=2))
    assert result.matched.gap.gap.low is None
    assert result.matched.gap.p is None
    assert "need 5" in notes(result)["prompt", ()]
    assert result.matched.within["human"].value > 0
    assert result.matched.human_human is None
    assert result.tables()


def test_several_samples_tell_how_far_a_model_is_from_itself(run, make_table):
    result = run(make_table(10, ("m1", "m2"), samples=3, shift={"m1": 1.0}))
    assert set(result.matched.within) == {"m1", "m2"}
    assert result.matched.between_gap.value > 0


def test_two_sources_alone(run, make_table):
    result = run(make_table(12, ("human", "m1")))
    assert result.matched.gap is None
    assert result.matched.model_human
    assert result.tree is None
    assert result.location.centroids.human_model
    assert result.lines()


def test_by_another_column(run, make_table):
    table = make_table(12, ("human", "m1", "m2", "m3"))
    table["family"] = table["source"].map({"m1": "one", "m2": "one", "m3": "two"})
    result = run(table, by="family")
    assert [s.name for s in result.about.sources] == ["human", "one", "two"]
    assert "one" in result.matched.within
    table.loc[table["source"] == "m3", "family"] = None
    table.loc[table.index[5], "family"] = "two"
    found = notes(run(table, by="family"))
    assert "stories have no family" in found["source", ()]


def test_what_cannot_be_compared_says_so(run, make_table):
    table = make_table(12)
    with pytest.raises(TableError, match="no column 'colour'"):
        run(table, by="colour")
    with pytest.raises(TooLittleData, match="needs two sources"):
        run(table[table["source"] == "m1"])
    with pytest.raises(UnknownFeature):
        run(table.rename(columns={"AGE_AAA_01": "AGE_AAA_11"}))
    with pytest.raises(ValueError, match="permutations"):
        run(table, permutations=1)


def test_large_tables_are_sampled_by_whole_prompts(book, make_table):
    table = make_table(60)
    table = table[~((table["source"] == "m3") & (table["prompt_id"] > "p010"))]
    design, _, _ = lay_out(table, "source", "human")
    rows = sample_prompts(design, 80, 0, "t")
    part = design.take(rows)
    assert 60 <= len(rows) <= 120
    assert (part.source == 3).sum() == 11
    whole = design.cells[np.unique(part.prompt)]
    assert (part.cells[np.unique(part.prompt)] == whole).all()
    assert len(sample_prompts(design, 10_000, 0, "t")) == len(design)


def test_clusters_have_no_chance_where_labels_cannot_move(run, make_table):
    models, people = make_table(15, ("m1", "m2")), make_table(15, ("human",), seed=1)
    people["prompt_id"] = "h" + people["prompt_id"]
    people["story_id"] = "h" + people["story_id"]
    result = run(pd.concat([models, people]))
    held = [a for c in result.structure.clusterings for a in c.agreement if a.label == "human"]
    assert held
    assert all(a.p is a.rand_chance is a.rand_expected is None for a in held)
    assert "no prompt has both, so that chance cannot be told" in " ".join(result.lines())
