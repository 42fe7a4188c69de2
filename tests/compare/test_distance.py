import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform

from storyscope.compare.distance import Gower, ZScored, encode
from storyscope.table import check_table

FEATURES = ("AGE_AAA_01", "AGE_AAA_03", "AGE_AAA_04", "PLT_AAA_01", "PLT_AAA_02", "PLT_AAA_03")


@pytest.fixture
def three(book):
    """Three stories whose distances can be worked out by hand."""
    table = pd.DataFrame(
        {
            "story_id": ["a", "b", "c"],
            "source": "m",
            "prompt_id": "p",
            "AGE_AAA_01": [2.0, 7.0, 30.0],
            "AGE_AAA_03": ["yes", "no", None],
            "AGE_AAA_04": ["x", "x", "y"],
            "PLT_AAA_01": ["low", "high", "mid"],
            "PLT_AAA_02": ["a|b", "b|c", "a"],
            "PLT_AAA_03": [0.0, None, 5.0],
        }
    )
    return encode(check_table(table, book), book, FEATURES)


# agents: number 0.5, binary 1, categorical 0, each of weight 1/6
# plot: ordinal 1, multi 1 - 1/3, number missing, each of weight 1/6
AB = (0.5 + 1 + 0 + 1 + 2 / 3) / 5
# number 2 to 10 (30 counts as the end of the range), binary missing, ordinal 0.5, multi 1 - 1/2
AC = (0.8 + 1 + 0.5 + 0.5 + 0.5) / 5
BC = (0.3 + 1 + 0.5 + 1) / 4


def test_gower_is_what_the_hand_works_out(three):
    matrix = Gower(three).matrix()
    assert matrix[0, 1] == pytest.approx(AB, abs=1e-6)
    assert matrix[0, 2] == pytest.approx(AC, abs=1e-6)
    assert matrix[1, 2] == pytest.approx(BC, abs=1e-6)
    assert (np.diag(matrix) == 0).all()


def test_dimensions_weigh_the_same_whatever_their_features(three):
    only = three.keep(lambda i: three.ids[i] in ("AGE_AAA_01", "PLT_AAA_01", "PLT_AAA_02"))
    assert Gower(only).pairs(np.array([0]), np.array([1]))[0] == pytest.approx(
        0.5 * 0.5 + 0.25 * 1 + 0.25 * 2 / 3, abs=1e-6
    )


def test_too_little_in_common_is_missing(three):
    wide = Gower(three, min_overlap=0.7)
    assert np.isnan(wide.matrix()[1, 2])
    assert wide.matrix()[0, 1] == pytest.approx(AB, abs=1e-6)
    assert np.isnan(wide.pairs(np.array([1]), np.array([2]))[0])


def test_blocks_pairs_and_dimensions_agree(book, make_table):
    table = check_table(make_table(12, missing=0.15), book)
    space = Gower(encode(table, book, book.ids()), min_overlap=0)
    matrix = space.matrix()
    i, j = np.triu_indices(len(space), 1)
    np.testing.assert_allclose(space.pairs(i, j), matrix[i, j], atol=1e-6)
    np.testing.assert_allclose(matrix, brute_force(table, book), atol=1e-6)
    difference, weight = space.by_dimension(i, j)
    np.testing.assert_allclose(difference.sum(1) / weight.sum(1), matrix[i, j], atol=1e-6)


def brute_force(table, book):
    """Gower's distance as its definition reads, one pair and one feature at a time."""
    count = {d: len(book.ids(dimension=d)) for d in book.dimensions}
    found = np.zeros((len(table), len(table)))
    for i in range(len(table)):
        for j in range(len(table)):
            total = weight = 0.0
            for f in book:
                a, b = table[f.id].iloc[i], table[f.id].iloc[j]
                if pd.isna(a) or pd.isna(b):
                    continue
                if f.range:
                    low, high = f.range
                    d = abs(min(max(a, low), high) - min(max(b, low), high)) / (high - low)
                elif f.kind == "ordinal":
                    d = abs(f.levels.index(a) - f.levels.index(b)) / (len(f.levels) - 1)
                elif f.kind == "multi":
                    one, two = set(a.split("|")), set(b.split("|"))
                    d = 1 - len(one & two) / len(one | two)
                else:
                    d = float(a != b)
                total += d / count[f.dimension]
                weight += 1 / count[f.dimension]
            found[i, j] = total / weight
    return found


def test_the_root_is_euclidean_without_missing_answers(book, make_table):
    table = check_table(make_table(20), book)
    squared = Gower(encode(table, book, book.ids())).matrix()
    inner = -squared / 2
    inner = inner - inner.mean(0) - inner.mean(1)[:, None] + inner.mean()
    assert np.linalg.eigvalsh(inner).min() > -1e-5


def test_one_more_source_moves_no_distance(book, make_table):
    table = check_table(make_table(8, ("human", "m1", "m2", "odd"), shift={"odd": 8.0}), book)
    few = table[table["source"] != "odd"]
    matrix = Gower(encode(table, book, book.ids())).matrix()
    keep = np.flatnonzero(table["source"] != "odd")
    alone = Gower(encode(few, book, book.ids())).matrix()
    np.testing.assert_allclose(alone, matrix[np.ix_(keep, keep)], atol=1e-6)


def test_z_scored_distance_is_scipys(book, make_table):
    table = check_table(make_table(15), book)
    space = ZScored(encode(table, book, book.ids()))
    encoded = book.encode(table)
    wanted = ((encoded - encoded.mean()) / encoded.std(ddof=0)).dropna(axis=1)
    # A binary feature is one column there and two here.
    both = np.column_stack([wanted, wanted["AGE_AAA_03"]])
    distance = squareform(pdist(both))
    np.testing.assert_allclose(space.matrix(), distance, atol=1e-4)
    i, j = np.triu_indices(len(space), 1)
    np.testing.assert_allclose(space.pairs(i, j), distance[i, j], rtol=1e-4)
