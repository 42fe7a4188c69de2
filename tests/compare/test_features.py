import numpy as np
import pytest
from scipy.stats import chi2, contingency, rankdata

from storyscope.compare.distance import encode
from storyscope.compare.features import cliffs_delta, cramers_v, describe_features, within_prompts
from storyscope.compare.resample import Prompts, shuffles, stream
from storyscope.table import check_table


def test_delta_counts_pairs():
    rng = np.random.default_rng(0)
    a, b = rng.integers(6, size=25), rng.integers(5, size=40)
    found = cliffs_delta(a, b, np.arange(25), np.arange(25, 65))
    pairs = np.sign(a[:, None] - b[None, :])
    assert found.value == pytest.approx(pairs.mean())
    assert found.low < found.value < found.high


def test_delta_of_two_apart_is_one_but_not_surely():
    found = cliffs_delta(np.full(8, 1), np.full(9, 0), np.arange(8), np.arange(8, 17))
    assert found.value == found.high == 1
    assert 0.4 < found.low < 0.9


def test_v_is_scipys_but_for_its_bias():
    tables = np.array([[[30, 12, 8], [10, 25, 15]]], float)
    raw = contingency.association(tables[0].astype(int), method="cramer")
    n = tables.sum()
    phi = max(0, raw**2 * 1 - 2 / (n - 1))
    columns = 3 - (3 - 1) ** 2 / (n - 1)
    rows = 2 - 1 / (n - 1)
    assert cramers_v(tables)[0] == pytest.approx(np.sqrt(phi / (min(rows, columns) - 1)))
    assert cramers_v(np.full((1, 2, 3), 20.0))[0] == 0


def test_two_stories_a_prompt_give_mcnemars_test():
    first = np.tile([True, False], 50)
    prompt = np.repeat(np.arange(50), 2)
    rng = np.random.default_rng(3)
    score = (rng.random(100) < np.where(first, 0.7, 0.4)).astype(float)
    b = ((score[0::2] == 1) & (score[1::2] == 0)).sum()
    c = ((score[0::2] == 0) & (score[1::2] == 1)).sum()
    assert within_prompts(score[:, None], first, prompt) == pytest.approx(
        chi2.sf((b - c) ** 2 / (b + c), 1)
    )


@pytest.mark.parametrize("columns", [1, 3])
def test_p_is_that_of_shuffling(columns):
    rng = np.random.default_rng(columns)
    prompt, source = np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60)
    if columns == 1:
        score = rankdata(rng.normal(size=240) + 0.28 * (source == 0))[:, None]
    else:
        score = np.eye(3)[
            rng.integers(3, size=240) * (rng.random(240) < 0.9 - 0.18 * (source == 0))
        ]
    p = within_prompts(score, source == 0, prompt)
    labels = np.vstack([source, shuffles(source, prompt, 1999, stream(0, "t"))])
    centred = score - np.array([score[prompt == q].mean(axis=0) for q in range(60)])[prompt]
    sums = np.array([centred[one == 0].sum(axis=0) for one in labels])
    inverse = np.linalg.pinv(np.cov(sums[1:].T).reshape(columns, columns))
    size = np.einsum("ij,jk,ik->i", sums, inverse, sums)
    assert p == pytest.approx((size >= size[0]).mean(), abs=0.03)


def test_too_few_mixed_prompts_give_no_p():
    assert within_prompts(np.ones((8, 1)), np.arange(8) < 4, np.arange(8)) is None


@pytest.fixture
def described(book, make_table):
    from storyscope.compare.design import lay_out

    table = check_table(make_table(40, shift={"m1": 1.0}), book)
    table["AGE_AAA_02"] = 0.5
    design, rows, _ = lay_out(table, "source", "human")
    columns = encode(table.iloc[rows], book, book.ids())
    found = describe_features(columns, book, design, Prompts(40, 200, 0))
    return {row.id: row for row in found}, table


def test_rows_hold_means_shares_and_effects(described, book):
    rows, table = described
    assert "AGE_AAA_02" not in rows
    row = rows["AGE_AAA_01"]
    means = table.groupby("source")["AGE_AAA_01"].mean()
    assert row.means == pytest.approx(means.to_dict())
    effects = {(e.source, e.against): e for e in row.effects}
    assert len(effects) == 4 + 3
    assert effects["m1", "models"].size.low > 0
    assert effects["m1", "models"].q < 0.01
    assert effects["m2", "people"].p > 0.001
    yes = (table["AGE_AAA_03"] == "yes").groupby(table["source"]).mean()
    assert rows["AGE_AAA_03"].means == pytest.approx(yes.to_dict())
    assert rows["PLT_AAA_01"].means["m1"] > rows["PLT_AAA_01"].means["m2"]


def test_categories_name_the_answer_that_differs(described):
    rows, table = described
    row = rows["AGE_AAA_04"]
    share = (table["AGE_AAA_04"] == "z").groupby(table["source"]).mean()
    assert row.shares["m1"]["z"] == pytest.approx(share["m1"])
    effect = next(e for e in row.effects if (e.source, e.against) == ("m1", "people"))
    assert effect.measure == "V"
    assert effect.level in ("x", "z")
    multi = next(e for e in rows["PLT_AAA_02"].effects if e.source == "m1")
    assert multi.measure == "delta"
    assert multi.size.value == pytest.approx(multi.difference)
