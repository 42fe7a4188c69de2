"""The checks of questions: what each finds, what it lets pass, and that ours pass."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from storyscope.codebook import Feature, default_codebook
from storyscope.extract.pipeline import load_pipeline
from storyscope.validate.questions import (
    CHECKS,
    MOST_VALUES,
    Finding,
    check_questions,
    count_findings,
    sample_questions,
)


@pytest.fixture(scope="module")
def nlp():
    return load_pipeline().nlp


GOOD = {
    "binary": Feature(
        id="EVT_TST_01",
        name="Fire",
        dimension="events",
        question="Does a building burn?",
        kind="binary",
        evidence="the burning",
        answered_by=("judge",),
        source="this test",
        values={"yes": "a building burns in a scene", "no": "none does"},
        example={"yes": "The barn was alight.", "no": "The barn was dark."},
    ),
    "ordinal": Feature(
        id="EVT_TST_02",
        name="Fires",
        dimension="events",
        question="How many buildings burn?",
        kind="ordinal",
        evidence="the burning",
        answered_by=("measure", "judge"),
        source="this test",
        values={"none": "none", "one": "a single one", "more": "two and upwards"},
        example={"none": "The town was dark.", "more": "Every street had its fire."},
    ),
    "categorical": Feature(
        id="EVT_TST_03",
        name="Cause of the fire",
        dimension="events",
        question="Is the fire laid, or is it an accident?",
        kind="categorical",
        evidence="the cause",
        answered_by=("judge",),
        source="this test",
        values={
            "no fire": "nothing burns",
            "laid": "somebody sets it",
            "accident": "it breaks out",
        },
        example={"laid": "She struck a match.", "accident": "A lamp fell over."},
    ),
    "scale": Feature(
        id="EVT_TST_04",
        name="Heat",
        dimension="events",
        question="How fierce is the fire?",
        kind="scale",
        evidence="the flames",
        answered_by=("judge",),
        source="this test",
        range=(1, 5),
        unit="1 = it smoulders, 5 = it takes a street",
        condition="there is a fire",
        example={"1": "A thread of smoke.", "5": "By noon the lane was gone."},
    ),
}

FAULTS = [
    ("no meaning", "binary", {"values": {"yes": "", "no": "none does"}}, "yes"),
    (
        "same meaning",
        "ordinal",
        {"values": {"none": "none", "one": "one house", "more": "One house."}},
        "one, more",
    ),
    (
        "overlap",
        "ordinal",
        {
            "values": {
                "none": "none",
                "one": "few houses in town burn",
                "more": "many houses in town burn",
            }
        },
        "one, more",
    ),
    ("vague", "binary", {"question": "Does a significant building burn?"}, "significant"),
    ("vague", "binary", {"values": {"yes": "somewhat", "no": "none does"}}, "yes: somewhat"),
    (
        "too many values",
        "categorical",
        {"values": {f"street {i}": f"house {i} burns, no other" for i in "abcdefgh"}},
        "8",
    ),
    (
        "no zero",
        "ordinal",
        {"values": {"one": "a single building", "more": "two and upwards"}},
        "one to more",
    ),
    (
        "grows with length",
        "ordinal",
        {"question": "How often does a building burn?"},
        "none to more",
    ),
    (
        "no way out",
        "categorical",
        {"values": {"laid": "somebody sets it", "accident": "it breaks out"}},
        "no value",
    ),
    ("unanchored scale", "scale", {"unit": "1 = it smoulders"}, "unit lacks 5 ="),
    (
        "unanchored scale",
        "ordinal",
        {"values": {str(i): "" for i in range(5)}},
        "levels are bare numbers",
    ),
    ("two questions", "binary", {"question": "Is there a fire? Is it put out?"}, "two question"),
    ("two questions", "binary", {"question": "Is there a fire and who lays it?"}, "and who"),
    ("two questions", "binary", {"question": "Does a barn and/or a house burn?"}, "and/or"),
    (
        "two questions",
        "ordinal",
        {"question": "How often do people light or put out fires?"},
        "light or put",
    ),
    ("negated", "binary", {"question": "Does the building not burn?"}, "not"),
    ("surface style", "binary", {"question": "Are there many adjectives?"}, "adjectives"),
    (
        "surface style",
        "ordinal",
        {"values": {"none": "no commas", "one": "one", "more": "two and upwards"}},
        "commas",
    ),
    ("presumes an author", "binary", {"question": "Does the author burn a barn?"}, "author"),
    ("presumes an author", "binary", {"evidence": "signs that it is AI-generated"}, "AI-generated"),
    ("refers elsewhere", "binary", {"evidence": "a fire as in EVT_TST_09"}, "EVT_TST_09"),
    ("no example", "binary", {"example": {"yes": "The barn was alight."}}, "no"),
    ("no example", "categorical", {"example": {"laid": "She struck a match."}}, "two contrasting"),
    (
        "stray example",
        "binary",
        {"example": {"yes": "Alight.", "no": "Dark.", "perhaps": "Smoke."}},
        "perhaps",
    ),
    ("stray example", "binary", {"example": {"yes": "Alight.", "no": "Alight."}}, "two values"),
]


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_question_passes(kind, nlp):
    assert check_questions([GOOD[kind]], nlp=nlp) == []


@pytest.mark.parametrize(("check", "kind", "change", "detail"), FAULTS)
def test_each_fault_is_found_and_named(check, kind, change, detail, nlp):
    bad = replace(GOOD[kind], **change)
    found = [f for f in check_questions([bad], nlp=nlp) if f.check == check]
    assert found, f"{check} was not found"
    assert any(detail in f.detail for f in found)
    assert str(found[0]).startswith(bad.id)


def test_a_question_asked_twice_is_listed_under_the_later_one(nlp):
    again = replace(GOOD["binary"], id="PLT_TST_01", question="Does any building burn?")
    assert check_questions([GOOD["binary"], again], nlp=nlp) == [
        Finding("PLT_TST_01", "asked twice", "EVT_TST_01")
    ]


def test_every_check_has_a_fault_that_it_finds():
    assert {fault[0] for fault in FAULTS} | {"asked twice"} == set(CHECKS)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("categorical", {"values": {"laid": "somebody sets it", "accident": "it breaks out"}}),
        ("ordinal", {"values": {"one": "a single building", "more": "two and upwards"}}),
    ],
)
@pytest.mark.parametrize(
    "way_out", [{"condition": "there is a fire"}, {"card": {"exhaustive": "a fire has a cause"}}]
)
def test_a_condition_or_a_reason_is_a_way_out(kind, change, way_out, nlp):
    example = dict(zip(change["values"], ("Smoke rose.", "Flames rose."), strict=True))
    bare = replace(GOOD[kind], **change, example=example)
    assert check_questions([bare], nlp=nlp)
    assert check_questions([replace(bare, **way_out)], nlp=nlp) == []


def test_alternatives_are_one_question_only_where_they_are_the_values(nlp):
    question = "Does the fire spread or die?"
    closed = replace(GOOD["categorical"], question=question)
    graded = replace(GOOD["ordinal"], question=question)
    assert check_questions([closed], nlp=nlp) == []
    assert [f.check for f in check_questions([graded], nlp=nlp)] == ["two questions"]


def test_words_in_brackets_are_not_a_second_question(nlp):
    asked = replace(GOOD["binary"], question="Does a building burn (a barn that burns and falls)?")
    assert check_questions([asked], nlp=nlp) == []


def test_style_may_ask_about_style(nlp):
    about_commas = replace(GOOD["binary"], question="Are there commas?")
    assert [f.check for f in check_questions([about_commas], nlp=nlp)] == ["surface style"]
    assert check_questions([replace(about_commas, style=True)], nlp=nlp) == []


def test_what_only_a_measure_answers_is_checked_for_its_subject_alone(nlp):
    measured = replace(
        GOOD["binary"], answered_by=("measure",), question="Do sentences grow shorter?", example={}
    )
    assert check_questions([measured], nlp=nlp) == []
    found = check_questions([measured], nlp=nlp, judged_only=False)
    assert [f.check for f in found] == ["surface style"]


def test_seven_values_are_not_too_many(nlp):
    values = {f"{i}": f"street {i}" for i in "abcdefg"}
    assert len(values) == MOST_VALUES
    found = check_questions([replace(GOOD["categorical"], values=values)], nlp=nlp)
    assert "too many values" not in {f.check for f in found}


def test_findings_do_not_depend_on_the_order_of_the_codebook(nlp):
    bad = [replace(GOOD[kind], **change, id=f"EVT_TST_{i:02}") for i, (_, kind, change, _) in
           enumerate(FAULTS) if kind != "binary"]  # fmt: skip
    alone = {f for one in bad for f in check_questions([one], nlp=nlp)}
    together = check_questions(reversed(bad), nlp=nlp)
    assert {f for f in together if f.check != "asked twice"} == alone


def test_counts_list_every_check():
    counts = count_findings([Finding("EVT_TST_01", "overlap", "one, two")])
    assert list(counts) == list(CHECKS)
    assert sum(counts.values()) == counts["overlap"] == 1


def test_how_often_may_be_answered_per_scene(nlp):
    values = {"never": "never", "seldom": "in few of the scenes", "often": "in half of them"}
    example = {"never": "The town was dark.", "often": "Every street had its fire."}
    asked = replace(
        GOOD["ordinal"], question="How often does it burn?", values=values, example=example
    )
    assert check_questions([asked], nlp=nlp) == []


def test_a_new_question_moves_at_most_one_other_out_of_a_sample():
    book = list(default_codebook())
    before = {f.id for f in sample_questions(book, 10, seed=4)}
    for i in range(20):
        more = [replace(GOOD["binary"], id=f"PLT_NEW_{i:02}"), *book]
        assert len(before - {f.id for f in sample_questions(more, 10, seed=4)}) <= 1
    assert before != {f.id for f in sample_questions(book, 10, seed=5)}


def test_a_sample_holds_questions_for_a_reader_only():
    measured = replace(GOOD["scale"], answered_by=("measure",))
    assert sample_questions([measured, GOOD["ordinal"], GOOD["binary"]]) == [GOOD["binary"]]


def test_the_review_covers_forty_questions_of_the_codebook():
    review = (Path(__file__).parents[2] / "docs/questions_review.md").read_text(encoding="utf-8")
    reviewed = re.findall(r"^\| ([A-Z]{3}_[A-Z]{3}_\d{2}) \|", review, re.MULTILINE)
    assert len(set(reviewed)) == len(reviewed) == 40
    assert set(reviewed) <= set(default_codebook().ids(answered_by="judge"))


def test_our_own_questions_pass(nlp):
    found = check_questions(default_codebook(), nlp=nlp)
    assert not found, "\n".join(map(str, found))
