import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from storyscope.compare.design import Design
from storyscope.compare.rarity import (
    auc,
    clustered_auc,
    cohens_d,
    rarities,
    rarity,
)
from storyscope.compare.resample import Prompts


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
    found = rarities(space, design, pool, [3], {"equal": None})["equal", 3][0]
    for i in (0, 17, 119):
        others = np.flatnonzero(design.prompt != design.prompt[i])
        near = np.sort(np.linalg.norm(space.at[others] - space.at[i], axis=1))[:3]
        assert found[i] == pytest.approx(near.mean())


def test_own_pools_hold_a_source_alone(made):
    space, design = made
    own = np.arange(3)[:, None] == design.source
    found = rarities(space, design, np.arange(120), [4], {"own": own})["own", 4][0]
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
    value, above, below = auc(first, second)
    truth = np.r_[np.ones(30), np.zeros(50)]
    assert value == pytest.approx(roc_auc_score(truth, np.r_[first, second]))
    assert value == pytest.approx(mannwhitneyu(first, second).statistic / 30 / 50)
    assert above.mean() == pytest.approx(below.mean())


def test_clusters_of_one_give_delongs_variance():
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.5, 1, 40), rng.normal(0, 1, 60)
    found = clustered_auc(first, second, np.arange(40), 40 + np.arange(60))
    _, above, below = auc(first, second)
    # DeLong, with the sums of squares over n instead of n - 1 and the clusters' own correction
    variance = above.var() / 40 + below.var() / 60
    half = 1.984 * np.sqrt(variance * 100 / 99)
    assert found.high - found.value == pytest.approx(half, rel=1e-3)


def test_prompts_widen_the_interval_when_their_stories_agree():
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.5, 1, 40), rng.normal(0, 1, 40)
    thrice = (np.repeat(first, 3), np.repeat(second, 3))
    alone = clustered_auc(*thrice, np.arange(120), np.arange(120, 240))
    together = clustered_auc(*thrice, np.repeat(np.arange(40), 3), np.repeat(np.arange(40, 80), 3))
    ratio = (together.high - together.value) / (alone.high - alone.value)
    assert ratio == pytest.approx(np.sqrt(3), rel=0.05)


def test_effect_size_is_its_definition():
    rng = np.random.default_rng(1)
    values, first = rng.normal(size=50), np.arange(50) < 20
    values[first] += 1
    found = cohens_d(values, first, np.arange(50), Prompts(50, 300, 0))
    a, b = values[first], values[~first]
    pooled = np.sqrt((19 * a.var(ddof=1) + 29 * b.var(ddof=1)) / 48)
    assert found.value == pytest.approx((a.mean() - b.mean()) / pooled)
    assert found.low < found.value < found.high


def test_too_small_a_pool_gives_nothing():
    design = Design(("a", "b"), ("p", "q"), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), None)
    space = Space(np.eye(4))
    assert rarity(space, design, Prompts(2, 20, 0), permutations=9, seed=0) is None
