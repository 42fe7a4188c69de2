from itertools import product

import numpy as np
import pytest

from storyscope.compare.design import Design
from storyscope.compare.distance import Gower, encode
from storyscope.compare.matched import Pairs, gaps, lots, matched, studentised
from storyscope.compare.resample import Prompts
from storyscope.table import check_table


def square(*, ab, ac, ad, bc, bd, cd):
    return np.array([[np.nan, ab, ac, ad], [ab, np.nan, bc, bd], [ac, bc, np.nan, cd],
                     [ad, bd, cd, np.nan]])  # fmt: skip


def test_the_gap_is_what_the_hand_works_out():
    one = square(ab=4, ac=5, ad=6, bc=1, bd=2, cd=3)
    found = gaps(one[None])[0]
    assert found[0] == pytest.approx((4 + 5 + 6) / 3 - (1 + 2 + 3) / 3)
    assert found[1] == pytest.approx((4 + 1 + 2) / 3 - (5 + 6 + 3) / 3)
    assert found.sum() == pytest.approx(0)


def test_a_gap_needs_three_sources():
    one = square(ab=4, ac=np.nan, ad=np.nan, bc=np.nan, bd=np.nan, cd=np.nan)
    assert np.isnan(gaps(one[None])).all()


def test_lots_are_the_exact_permutation_distribution():
    rng = np.random.default_rng(0)
    between = np.stack([square(**dict(zip(("ab", "ac", "ad", "bc", "bd", "cd"), rng.random(6),
                                          strict=True))) for _ in range(5)])  # fmt: skip
    gap = gaps(between)
    exact = [
        studentised(np.array([gap[p, c] for p, c in enumerate(pick)]))
        for pick in product(range(4), repeat=5)
    ]
    drawn = lots(gap, np.ones(5, bool), 20_000, 0)
    at = np.quantile(exact, [0.1, 0.5, 0.9])
    np.testing.assert_allclose(np.quantile(drawn, [0.1, 0.5, 0.9]), at, atol=0.08)


@pytest.fixture
def laid_out():
    def make(table, book):
        table = check_table(table, book)
        sources = sorted(table["source"].unique(), key=lambda s: (s != "human", s))
        prompts, prompt = np.unique(table["prompt_id"].to_numpy(str), return_inverse=True)
        source = np.array([sources.index(s) for s in table["source"]])
        human = 0 if sources[0] == "human" else None
        author = table["author"].to_numpy(str) if "author" in table else None
        design = Design(tuple(sources), tuple(prompts), source, prompt, human, author)
        return Gower(encode(table, book, book.ids())), design

    return make


def find(space, design, **more):
    draws = Prompts(len(design.prompts), 300, 0)
    settings = {"words": None, "other": None, "permutations": 199, "seed": 0} | more
    return matched(space, design, draws, **settings)


def test_means_are_those_of_a_loop_over_prompts(book, make_table, laid_out):
    table = make_table(9, samples=2)
    table["author"] = table["story_id"]
    space, design = laid_out(table, book)
    matrix = space.matrix()
    found, between = find(space, design)
    d_mm, d_mh, d_hh = [], [], []
    for p in range(9):
        rows = {s: np.flatnonzero((design.prompt == p) & (design.source == s)) for s in range(4)}
        d_mh.append(np.mean([matrix[np.ix_(rows[0], rows[s])].mean() for s in (1, 2, 3)]))
        pairs = [(1, 2), (1, 3), (2, 3)]
        d_mm.append(np.mean([matrix[np.ix_(rows[a], rows[b])].mean() for a, b in pairs]))
        d_hh.append(matrix[rows[0][0], rows[0][1]])
    assert found.model_model.value == pytest.approx(np.mean(d_mm), abs=1e-6)
    assert found.model_human.value == pytest.approx(np.mean(d_mh), abs=1e-6)
    assert found.human_human.value == pytest.approx(np.mean(d_hh), abs=1e-6)
    assert found.gap.gap.value == pytest.approx(np.mean(d_mh) - np.mean(d_mm), abs=1e-6)
    assert found.gap.ratio.value == pytest.approx(np.mean(d_mh) / np.mean(d_mm), abs=1e-6)
    assert found.pairs == 9 * 28
    assert set(found.within) == {"human", "m1", "m2", "m3"}
    assert between.shape == (9, 4, 4)


def test_dimensions_and_pairs_add_up(book, make_table, laid_out):
    space, design = laid_out(make_table(12), book)
    found, _ = find(space, design)
    assert sum(d.share for d in found.dimensions) == pytest.approx(1)
    assert len(found.source_pairs) == 6
    values = [pair.distance.value for pair in found.source_pairs]
    assert values == sorted(values)
    assert found.closest_human.a == "human"
    assert "human" not in (found.farthest_models.a, found.farthest_models.b)


def test_a_planted_gap_is_found_and_prompts_alone_make_none(book, make_table, laid_out):
    far = find(*laid_out(make_table(40, shift={"human": 1.5}), book))[0]
    assert far.gap.p == pytest.approx(1 / 200)
    assert far.gap.gap.low > 0
    assert far.apart[0].source == "human"
    none = find(*laid_out(make_table(40, prompt_effect=4.0, seed=1), book))[0]
    assert none.gap.p > 0.05
    assert none.gap.gap.low < 0 < none.gap.gap.high


def test_incomplete_prompts_use_what_is_there(book, make_table, laid_out):
    table = make_table(20)
    table = table[~((table["source"] == "human") & (table["prompt_id"] < "p010"))]
    found, _ = find(*laid_out(table, book))
    assert found.gap.gap.n == 10
    assert found.model_model.n == 20


def test_a_length_effect_is_adjusted_away(book, make_table, laid_out):
    sources = ("human", "m1", "m2")
    table = make_table(150, sources, prompt_effect=0, spread=dict.fromkeys(sources, 0.3))
    human = table["source"] == "human"
    table["words"] = 1000.0
    longer = np.random.default_rng(2).uniform(0.0, 1.0, human.sum())
    table.loc[human, "words"] = 1000 * np.exp(longer)
    for name, slope in (("AGE_AAA_01", 4), ("PLT_AAA_03", 4), ("PLT_AAA_04", 8)):
        table.loc[human, name] += slope * longer
    space, design = laid_out(table, book)
    found, _ = find(space, design, words=table["words"].to_numpy())
    rows = {row.name: row for row in found.sensitivity}
    assert found.gap.gap.low > 0
    assert abs(rows["length adjusted"].gap.value) < 0.3 * found.gap.gap.value
    assert rows["length matched"].gap.value < found.gap.gap.value


def test_pairs_are_those_of_the_same_prompt(book, make_table, laid_out):
    _, design = laid_out(make_table(5), book)
    pairs = Pairs(design)
    assert len(pairs) == 5 * 6
    assert (design.prompt[pairs.left] == design.prompt[pairs.right]).all()
