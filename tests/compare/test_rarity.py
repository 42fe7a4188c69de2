import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from storyscope.compare.design import Design
from storyscope.compare.rarity import auc, cohens_d, rarities, rarity
from storyscope.compare.resample import Groups, Prompts


class Space:
    """Stories as places, under the interface of the distances."""

    def __init__(self, at):
        self.at = at

    def block(self, rows, columns):
        return np.linalg.norm(self.at[rows][:, None] - self.at[columns][None], axis=2)


@pytest.fixture
def made():
    """Two models close together and people spread widely, at 40 shared prompts."""
    rng = np.random.default_rng(0)
    prompt, source = np.repeat(np.arange(40), 3), np.tile([0, 1, 2], 40)
    at = rng.normal(size=(120, 4)) * np.where(source == 0, 2.5, 1.0)[:, None]
    design = Design(("human", "a", "b"), tuple(f"{i:02d}" for i in range(40)), source, prompt, 0)
    return Space(at), design


def test_neighbours_are_those_of_other_prompts(made):
    space, design = made
    pool = np.arange(120)
    groups = Groups(design.prompt, 0)
    found = rarities(space, design, pool, [3], {"equal": None}, groups)["equal", 3][0][0]
    for i in (0, 17, 119):
        others = np.flatnonzero(design.prompt != design.prompt[i])
        near = np.sort(np.linalg.norm(space.at[others] - space.at[i], axis=1))[:3]
        assert found[i] == pytest.approx(near.mean())


def test_own_pools_hold_a_source_alone(made):
    space, design = made
    own = np.arange(3)[:, None] == design.source
    groups = Groups(design.prompt, 0)
    found = rarities(space, design, np.arange(120), [4], {"own": own}, groups)["own", 4][0][0]
    mine = np.flatnonzero((design.source == 1) & (design.prompt != design.prompt[1]))
    near = np.sort(np.linalg.norm(space.at[mine] - space.at[1], axis=1))[:4]
    assert found[1] == pytest.approx(near.mean())


def test_spread_people_are_rare(made):
    space, design = made
    found = rarity(space, design, Prompts(40, 200, 0), permutations=199, seed=0)
    main = found.main
    assert (main.name, main.k, found.per_source) == ("equal", 25, 40)
    assert main.sources[0].source == "human"
    assert main.human > 0.7 > 0.45 > main.models
    assert main.p == pytest.approx(1 / 200)
    assert main.auc.low > 0.5
    assert main.chance == pytest.approx(1 / 3)
    assert main.rarest.value > 0.6
    assert {pool.k for pool in found.others if pool.name == "equal"} == {5, 10}
    assert sum(main.sources[0].histogram) == pytest.approx(1)
    assert main.human_top > main.models_top


def test_percentiles_are_ranks(made):
    space, design = made
    found = rarity(space, design, Prompts(40, 50, 0), permutations=19, seed=0).main
    weighted = sum(row.percentile.value * 40 for row in found.sources) / 120
    assert weighted == pytest.approx(0.5)


def test_area_under_the_curve_is_the_others():
    rng = np.random.default_rng(1)
    first, second = rng.integers(9, size=30).astype(float), rng.integers(7, size=50).astype(float)
    value = auc(first, second)
    truth = np.r_[np.ones(30), np.zeros(50)]
    assert value == pytest.approx(roc_auc_score(truth, np.r_[first, second]))
    assert value == pytest.approx(mannwhitneyu(first, second).statistic / 30 / 50)


def test_effect_size_is_its_definition():
    rng = np.random.default_rng(1)
    a, b = rng.normal(1, 1, size=20), rng.normal(size=30)
    pooled = np.sqrt((19 * a.var(ddof=1) + 29 * b.var(ddof=1)) / 48)
    assert cohens_d(a, b) == pytest.approx((a.mean() - b.mean()) / pooled)
    assert np.isnan(cohens_d(np.ones(3), np.ones(4)))


def test_leaving_prompts_out_of_the_pool_is_computing_without_them(made):
    space, design = made
    groups = Groups(design.prompt, 0)
    pool = np.arange(len(design))
    whole, size = rarities(space, design, pool, [10], {"equal": None}, groups)["equal", 10]
    assert size == 120
    for group in (0, 7, 39):
        left = pool[groups.of != group]
        alone = rarities(space, design, left, [10], {"equal": None}, groups)["equal", 10][0]
        np.testing.assert_allclose(whole[1 + group], alone[0], rtol=1e-5)


def test_intervals_are_those_of_the_jackknife(made):
    space, design = made
    main = rarity(space, design, Prompts(40, 50, 0), permutations=19, seed=0).main
    groups = Groups(design.prompt, 0)
    parts = []
    for group in range(40):
        rows = np.flatnonzero(groups.of != group)
        far = []
        for row in rows:
            others = rows[design.prompt[rows] != design.prompt[row]]
            far.append(np.sort(space.block(np.array([row]), others)[0])[: main.k].mean())
        people = design.source[rows] == 0
        parts.append(roc_auc_score(people, far))
    error = np.sqrt(39 / 40 * ((np.array(parts) - np.mean(parts)) ** 2).sum())
    assert main.auc.high - main.auc.value == pytest.approx(2.0227 * error, rel=1e-3)


def test_too_small_a_pool_gives_nothing():
    design = Design(("a", "b"), ("p", "q"), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), None)
    space = Space(np.eye(4))
    assert rarity(space, design, Prompts(2, 20, 0), permutations=9, seed=0) is None
