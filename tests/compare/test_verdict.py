"""The answer in a sentence: every outcome, from distances one can see."""

import numpy as np
import pytest

from storyscope.compare import compare
from storyscope.compare.matched import Camps, Matched
from storyscope.compare.resample import Estimate
from storyscope.compare.run import same_prompt
from storyscope.compare.verdict import verdict

CLOSER, FARTHER, SAME, WIDE = (0.90, 0.95), (1.10, 1.20), (0.97, 1.02), (0.90, 1.10)


def about(low, high, n=40):
    return Estimate((low + high) / 2, low, high, n)


def made(models_to_people=None, to_people=(1.2, 1.3), to_models=(1.2, 1.3), *, n=40, within=None):
    """Distances at the same prompt with these ratios."""
    one = Estimate(0.1, 0.09, 0.11, n)
    ratios = [about(*ends, n) for ends in (models_to_people or WIDE, to_people, to_models)]
    camps = Camps(one, one, one, *ratios) if models_to_people else None
    rest = dict.fromkeys(Matched.__dataclass_fields__)
    return Matched(**(rest | {"model_model": one, "model_human": one, "camps": camps,
                              "within": within or {}}))  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "closer", "says"),
    [
        (CLOSER, "closer", "stories by two models differ 7% less"),
        (FARTHER, "farther", "stories by two models differ 15% more"),
        (SAME, "no closer", "models are no closer to one another"),
        (WIDE, "unsettled", "it cannot be settled whether models are closer"),
    ],
)
@pytest.mark.parametrize(
    ("to_people", "to_models", "camps", "says_too"),
    [
        ((1.1, 1.2), (1.1, 1.2), "two", "each camp is its own: a model and a person differ 15%"),
        (SAME, (1.1, 1.2), "one", "a model is no farther from a person than another person is"),
        ((1.1, 1.2), SAME, "one", "a person is no farther from a model than another model is"),
        (
            WIDE,
            (1.1, 1.2),
            "unsettled",
            "whether people and models are two camps cannot be settled",
        ),
    ],
)
def test_each_outcome_has_its_sentence(ratio, closer, says, to_people, to_models, camps, says_too):
    found = verdict(made(ratio, to_people, to_models))
    assert (found.closer, found.camps) == (closer, camps)
    assert says in found.sentence
    assert says_too in found.sentence
    assert bool(found.why) == ("unsettled" in (closer, camps))


def test_as_varied_as_people_and_yet_a_camp_is_said_to_be_no_sameness():
    found = verdict(made(SAME))
    assert ", yet each camp is its own" in found.sentence
    assert "is not what sets them off" in found.meaning
    assert ", and each camp is its own" in verdict(made(CLOSER)).sentence


@pytest.mark.parametrize(
    ("matched", "why"),
    [
        (made(), "one person a prompt"),
        (made(within={"human": about(0.1, 0.2)}), "a column 'author' would"),
    ],
)
def test_what_cannot_be_settled_says_why(matched, why):
    found = verdict(matched)
    assert (found.closer, found.camps) == ("unsettled", "unsettled")
    assert why in found.why
    assert why in found.sentence


def test_people_are_told_apart_by_their_authors_alone(book, make_table):
    table = make_table(12, samples=3)
    people = table["source"] == "human"
    nobody = same_prompt(table, features="all", codebook=book)
    assert nobody.human_human is None
    assert "human" in nobody.within
    # Two stories of three are by one person: two pairs of a prompt's three are of two people.
    table["author"] = np.where(people, np.where(table["story_id"].str.endswith("0"), "a", "b"), "")
    known = same_prompt(table, features="all", codebook=book)
    assert known.human_human.n == 12
    assert known.human_human.value != pytest.approx(known.within["human"].value, abs=1e-6)
    table["author"] = np.where(people, "a", "")
    assert same_prompt(table, features="all", codebook=book).camps is None
    notes = [str(note) for note in compare(table.drop(columns="author"), features="all",
                                           codebook=book, permutations=19, resamples=50).notes]  # fmt: skip
    assert any("no column 'author'" in note for note in notes)


def test_planted_camps_and_planted_sameness_are_found(book, make_table):
    table = make_table(60, samples=2, spread={"human": 2.0}, shift={"human": 2.0})
    table["author"] = np.where(table["source"] == "human", table["story_id"], "")
    found = verdict(same_prompt(table, features="all", codebook=book), "all")
    assert (found.closer, found.camps) == ("closer", "two")
    same = make_table(60, samples=2, prompt_effect=0)
    same["author"] = np.where(same["source"] == "human", same["story_id"], "")
    found = verdict(same_prompt(same, features="all", codebook=book), "all")
    assert found.camps != "two"
    assert found.closer in ("no closer", "unsettled")


def test_few_prompts_settle_nothing(book, make_table):
    table = make_table(3, samples=2, shift={"human": 3.0})
    table["author"] = np.where(table["source"] == "human", table["story_id"], "")
    found = verdict(same_prompt(table, features="all", codebook=book), "all")
    assert found.closer == found.camps == "unsettled"
    assert "3 prompts have two people and two models" in found.sentence


def test_a_comparison_tells_the_answer_first(book, make_table):
    table = make_table(12, samples=2)
    table["author"] = np.where(table["source"] == "human", table["story_id"], "")
    result = compare(table, features="all", codebook=book, permutations=19, resamples=50)
    assert result.findings()[1] == verdict(result.matched, "all").sentence
