"""Features that come out again on other prompts, and none where there is nothing to find."""

import numpy as np

from storyscope.attribute.stability import core_features, fingerprint_features


def planted(make_table, prompts=60):
    """No source differs, but people in one feature, and one model in another."""
    table = make_table(("human", "m1", "m2"), prompts=prompts, shift=0.0, seed=4)
    numbers = [c for c in table.columns if c.startswith("AGE_DES")][:2]
    for feature, source in zip(numbers, ("human", "m1"), strict=True):
        values = table[feature].to_numpy().copy()
        mine = (table["source"] == source).to_numpy()
        values[mine] = np.quantile(values, 0.9) + 0.05 * np.ptp(values) * np.random.default_rng(
            0
        ).normal(size=mine.sum())
        table[feature] = np.clip(values, table[feature].min(), table[feature].max())
    return table, numbers


def test_what_was_planted_is_found(make_table):
    table, (of_people, of_model) = planted(make_table)
    found = fingerprint_features(table, refits=12)
    assert found["human"][0] == of_people
    assert found["m1"][0] == of_model
    assert len(found["m2"]) <= 2


def test_the_core_sets_people_apart_from_every_model(make_table):
    table, (of_people, of_model) = planted(make_table)
    core = core_features(table, refits=12)
    assert of_people in core
    assert of_model not in core


def test_nothing_is_found_where_sources_are_alike(make_table):
    table = make_table(("human", "m1", "m2"), prompts=60, shift=0.0, seed=8)
    found = fingerprint_features(table, refits=12)
    assert sum(len(chosen) for chosen in found.values()) <= 1
