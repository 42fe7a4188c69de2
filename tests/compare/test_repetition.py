import difflib
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyscope.compare.diversity import (
    classes,
    concentration,
    hill,
    rarefied_hill,
    utility,
    vendi,
)
from storyscope.compare.overlap import Lexicon, dice, longest_run, n_grams
from storyscope.compare.repetition import repetition
from storyscope.compare.repetition_words import _hivemind
from storyscope.corpus import Corpus, Story
from storyscope.errors import TableError, TooLittleData

few_words = st.lists(st.integers(1, 4), max_size=30)


@given(few_words, few_words)
def test_the_longest_run_is_difflibs(first, second):
    length, i, j = longest_run(np.array(first, int), np.array(second, int))
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    assert length == matcher.find_longest_match().size
    assert first[i : i + length] == second[j : j + length]


@given(few_words, few_words, st.integers(1, 4))
def test_shared_n_grams_are_sets(first, second, n):
    def grams(words):
        return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}

    a, b = grams(first), grams(second)
    found = dice([np.array(first, int), np.array(second, int)], n)[0, 1]
    assert found == pytest.approx(2 * len(a & b) / max(1, len(a) + len(b)))
    assert len(np.unique(n_grams(np.array(first, int), n))) == len(a)


def test_words_of_the_prompt_do_not_count():
    lexicon = Lexicon()
    prompt = "Write about a man who lost his hat."
    one = lexicon.read("There was a man who lost his hat. He wept.", prompt)
    two = lexicon.read("I knew a man who lost his hat! He wept.", prompt)
    assert longest_run(one, two)[0] == 2
    assert longest_run(lexicon.read("Don’t go now"), lexicon.read("DON'T GO"))[0] == 2


def test_hill_numbers_of_equal_kinds_are_their_number():
    counts = np.full(7, 4)
    assert [hill(counts, q) for q in (0, 1, 2)] == pytest.approx([7, 7, 7])
    assert hill(np.array([9, 1]), 2) == pytest.approx(1 / (0.81 + 0.01))


def test_rarefied_kinds_are_those_of_random_draws():
    counts = np.array([9, 4, 2, 1, 1])
    pool = np.repeat(np.arange(5), counts)
    rng = np.random.default_rng(0)
    draws = [np.unique(rng.permutation(pool)[:6]).size for _ in range(4000)]
    assert rarefied_hill(counts, 0, 6) == pytest.approx(np.mean(draws), abs=0.05)
    # For q = 2 the sum over drawn shares has a closed form.
    n, m = counts.sum(), 6
    alike = concentration(counts)
    assert rarefied_hill(counts, 2, m) == pytest.approx(1 / (1 / m + (1 - 1 / m) * alike))
    assert rarefied_hill(counts, 1, n) == pytest.approx(hill(counts, 1))


def test_vendi_counts_groups_of_equal_stories():
    apart = np.where(np.eye(6) > 0, 0.0, 1e6)
    assert vendi(apart, 1.0) == pytest.approx(6)
    twins = np.kron(np.where(np.eye(3) > 0, 0.0, 1e6), np.ones((2, 2)))
    assert vendi(twins, 1.0) == pytest.approx(3)


def test_classes_and_utility_are_noveltybenchs():
    same = np.array([[1, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]], bool)
    new = classes(same)
    assert new.tolist() == [True, False, True, False]
    weights = 0.8 ** np.arange(4)
    scores = np.array([5.0, 9, 7, 9])
    expected = (weights[0] * 5 + weights[2] * 7) / weights.sum()
    assert utility(new, scores, 0.8) == pytest.approx(expected)


WORDS = np.array(list("abcdefghijklmnop"))


def tale(rng, stock=(), words=60):
    text = " ".join(rng.choice(WORDS, words))
    return " ".join([text, *stock])


@pytest.fixture
def corpus():
    """Two models of three samples that repeat a passage of their own, and a person, 12 prompts."""
    rng = np.random.default_rng(0)
    stories = []
    for p in range(12):
        for source in ("human", "big", "small"):
            for sample in range(1 if source == "human" else 3):
                passage = {
                    "human": [], "small": [],
                    "big": [f"shared{p} {' '.join(f'w{p}x{i}' for i in range(14))}"],
                }[source]  # fmt: skip
                stories.append(
                    Story(
                        f"p{p}/{source}/{sample}", tale(rng, passage), source, f"p{p}",
                        meta={
                            "size": {"big": 70, "small": 7}.get(source),
                            "family": "one", "rating": 4.0 + sample,
                            "how": "again" if sample == 2 else "alone",
                        },
                    )
                )  # fmt: skip
    return Corpus.from_stories(stories)


@pytest.fixture
def found(corpus):
    return repetition(
        corpus, size="size", family="family", score="rating", condition="how", resamples=200
    )


def test_within_a_model_is_more_alike_than_between(found):
    likeness = next(row for row in found.likeness if row.measure == "4-grams")
    kinds = {kind.name: kind for kind in likeness.kinds}
    assert kinds["within a model"].same_prompt.value > kinds["between models"].same_prompt.value
    assert kinds["between people"].same_prompt is None
    assert list(likeness.within) == ["big", "small"]
    assert likeness.between[0].likeness.n == 12


def test_repeated_stories_are_few_stories(found):
    likeness = next(row for row in found.likeness if row.measure == "4-grams")
    distinct = {row.source: row for row in likeness.distinct}
    assert distinct["big"].k == 3
    assert distinct["big"].distinct.value == pytest.approx(1, abs=0.2)
    assert distinct["small"].distinct.value == pytest.approx(3, abs=0.2)
    assert distinct["small"].utility.value == pytest.approx(5, abs=0.3)
    assert distinct["big"].utility.value < 3
    assert distinct["one of each model"].k == 2


def test_the_passage_is_shown_where_it_stands(found, corpus):
    within = next(row for row in found.verbatim if row.kind == "within a model")
    texts = {story.id: story.text for story in corpus}
    first = within.passages[0]
    assert first.words >= 15
    assert texts[first.first][slice(*first.first_span)] == first.text
    assert texts[first.second][slice(*first.second_span)] == first.text
    assert "shared" in first.text
    assert within.long.value == pytest.approx(0.5)


def test_larger_models_can_repeat_more(found):
    likeness = next(row for row in found.likeness if row.measure == "4-grams")
    assert likeness.sizes.slope.low > 0
    means = {name: value for name, _, value in likeness.sizes.families["one"]}
    expected = (means["big"] - means["small"]) / np.log2(10)
    assert likeness.sizes.slope.value == pytest.approx(expected)


def test_conditions_are_compared_with_the_commonest(found):
    effects = {row.condition: row for row in found.likeness[0].conditions}
    assert set(effects) == {"alone"}
    assert effects["alone"].difference is None


def test_features_and_embeddings_join_in(make_table, book):
    table = make_table(15, ("human", "m1", "m2"), samples=2)
    stories = [
        Story(row.story_id, f"{row.PLT_AAA_02} told {row.story_id}", row.source, row.prompt_id)
        for row in table.itertuples()
    ]
    found = repetition(
        stories, table=table, codebook=book, features="all", resamples=100,
        embed=lambda texts: [[1.0, len(text)] for text in texts],
    )  # fmt: skip
    assert [row.measure for row in found.likeness] == [
        "2-grams",
        "4-grams",
        "features",
        "meaning",
    ]
    features = found.likeness[2]
    assert features.kinds[-1].name == "between people"
    assert features.kinds[-1].same_prompt.n == 15
    assert features.kinds[0].same_prompt.value > features.kinds[0].different_prompts
    assert {row.source for row in found.variety} == {"human", "m1", "m2"}
    assert all(1 < row.score <= row.n for row in found.variety)
    assert json.loads(json.dumps(found.to_dict()))["likeness"]
    assert found.lines()
    assert all(len(row) == len(t.columns) for t in found.tables() for row in t.rows)


def test_varied_sources_have_more_stories_in_effect(make_table, book):
    table = make_table(30, ("m1", "m2"), spread={"m1": 2.0, "m2": 0.3}, prompt_effect=0.2)
    stories = [Story(r.story_id, "x", r.source, r.prompt_id) for r in table.itertuples()]
    found = repetition(stories, table=table, codebook=book, features="all", resamples=50)
    assert [row.source for row in found.variety] == ["m1", "m2"]
    assert found.variety[0].low > found.variety[1].high


def by_vectors(vectors, **more):
    """Repetition of stories whose meaning is given: (source, prompt, vector)."""
    stories = [Story(str(k), "Rain fell.", s, p) for k, (s, p, _) in enumerate(vectors)]
    given = np.array([v for *_, v in vectors], dtype=float)
    found = repetition(stories, embed=lambda texts: given, resamples=50, **more)
    return found.likeness[-1]


def test_the_published_shares_and_the_writers_of_the_nearest():
    """At each prompt `a` repeats itself, `b` and `c` tell something else each time."""
    rng = np.random.default_rng(0)
    stories = []
    for p in range(8):
        own = rng.normal(size=20)
        for _ in range(3):
            stories.append(("a", f"p{p}", own + rng.normal(size=20) * 0.01))
            stories += [(s, f"p{p}", rng.normal(size=20)) for s in "bc"]
    found = by_vectors(stories, same=0.9)
    assert found.pooled.cut == 0.8
    assert found.pooled.by_source["a"].value == 1
    assert found.pooled.by_source["b"].value == 0
    assert found.pooled.within.value == pytest.approx(1 / 3)
    assert found.pooled.between.value == 0
    nearest, five = found.top
    assert (nearest.n, five.n) == (1, 5)
    assert nearest.models.value == 1
    assert five.chance == expected_writers([2, 3, 3], 5)
    assert five.models.value < 3
    distinct = {d.source: d.distinct.value for d in found.distinct}
    assert distinct["a"] == pytest.approx(1)
    assert distinct["b"] == pytest.approx(3)
    assert "fixed bound" in found.rule


def expected_writers(held, n):
    """By drawing."""
    rng = np.random.default_rng(0)
    pool = np.repeat(np.arange(len(held)), held)
    draws = [len(set(rng.permutation(pool)[:n])) for _ in range(20000)]
    return pytest.approx(np.mean(draws), abs=0.02)


def test_writers_that_are_alike_are_met_as_by_chance():
    rng = np.random.default_rng(1)
    stories = [(s, f"p{p}", rng.normal(size=20)) for p in range(30) for s in "aabbccdd"]
    one, five = by_vectors(stories).top
    assert one.models.value == one.chance == 1
    assert five.models.value == pytest.approx(five.chance, abs=0.15)


def test_a_single_prompt_has_distinct_stories_by_a_fixed_bound_only():
    rng = np.random.default_rng(2)
    stories = [(s, "p", rng.normal(size=20)) for s in "aaabbb"]
    assert by_vectors(stories).distinct == []
    assert by_vectors(stories).same_from is None
    fixed = {d.source: d for d in by_vectors(stories, same=0.9).distinct}
    assert fixed["a"].distinct.value == 3
    assert fixed["a"].distinct.low is None


def test_a_table_of_other_stories_is_refused(corpus, make_table, book):
    with pytest.raises(TableError, match="None of the stories is in the table"):
        repetition(corpus, table=make_table(6), codebook=book)


def test_stories_of_their_own_prompts_are_refused():
    stories = [Story(str(i), "One two three.", "m", str(i)) for i in range(4)]
    with pytest.raises(TooLittleData, match="same prompt_id"):
        repetition(stories)


def test_the_same_twice(corpus):
    one, two = (repetition(corpus, resamples=50).to_dict() for _ in range(2))
    assert one == two


def test_a_column_that_nobody_has_is_named():
    told = [Story(f"{p}/{s}", "Rain fell.", s, p) for p in "ab" for s in ("m1", "m2")]
    with pytest.raises(TableError, match="have a column 'params'"):
        repetition(told, size="params")


def test_with_two_models_nothing_is_said_of_the_nearest():
    rng = np.random.default_rng(1)
    stories = [(s, f"p{p}", rng.normal(size=9)) for p in range(8) for s in "ab"]
    assert by_vectors(stories, same=0.9).top == []
    stories += [("c", f"p{p}", rng.normal(size=9)) for p in range(8)]
    found = by_vectors(stories, same=0.9)
    assert [top.n for top in found.top] == [1]
    assert not any(
        "nearest to a story" in line for line in _hivemind(replace(found, measure="meaning"))
    )
