"""What a question must do in the pilot."""

import numpy as np
import pandas as pd
import pytest

from storyscope.codebook import typed_feature
from storyscope.errors import TooLittleData
from storyscope.induce.discover.gate import faults, feature_of, refused
from storyscope.induce.discover.merge import merged
from storyscope.induce.discover.pilot import pilot_figures, shuffled
from storyscope.induce.holdout import cells

FEATURE = typed_feature(
    {"id": "IND_PLT_01", "name": "Gift", "question": "Is a present refused?", "kind": "binary",
     "values": {"yes": "it is", "no": "nothing of the kind"}, "evidence": "The refusal.",
     "answered_by": "judge", "source": "a test"}, "induced", "here",
)  # fmt: skip
PROMPTS, SOURCES = 20, ("a", "b", "c", "d")


def answered(rng, favoured=0.95, other=0.3, flip=0.02, silent=0.0):
    """Keys, answers of two readings, and what is so in each story."""
    keys = [(f"{s}{p}", s, f"p{p}") for p in range(PROMPTS) for s in SOURCES]
    holds = np.array([rng.random() < (favoured if s == "a" else other) for _, s, _ in keys])
    lines = []
    for (story, _, _), held in zip(keys, holds, strict=True):
        for sample in range(2):
            status = "unanswered" if rng.random() < silent else "answered"
            value = "yes" if held != (rng.random() < flip) else "no"
            lines.append({"story_id": story, "feature_id": "IND_PLT_01", "sample": sample,
                          "status": status, "value": value if status == "answered" else None})  # fmt: skip
    return pd.DataFrame(keys, columns=["story_id", "source", "prompt_id"]), lines, holds


def test_a_difference_that_the_codebook_holds_already_is_not_kept():
    keys, lines, holds = answered(np.random.default_rng(1))
    noise = np.random.default_rng(2).normal(size=(len(keys), 2))
    (found,) = pilot_figures([FEATURE], lines, keys, noise)
    assert found.why == ""
    assert found.q <= 0.01
    (first, *_) = [s for s in found.sources if s["source"] == "a"]
    assert first["direction"] == "more"
    assert first["low"] > 0.3
    known = np.column_stack([noise, holds.astype(float)])
    (known_already,) = pilot_figures([FEATURE], lines, keys, known)
    assert known_already.explained > 0.7
    assert known_already.p_alone <= 0.01
    assert known_already.why == "no source stands apart beyond the existing codebook"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"silent": 0.4}, "of readings answer it"),
        ({"favoured": 0.01, "other": 0.0, "flip": 0.0}, "nearly all stories have the same answer"),
        ({"flip": 0.3}, "two readings do not agree"),
        ({"favoured": 0.3}, "no source stands apart"),
    ],
)
def test_what_fails_is_told(settings, why):
    keys, lines, _ = answered(np.random.default_rng(5), **settings)
    (found,) = pilot_figures([FEATURE], lines, keys, np.zeros((len(keys), 0)))
    assert why in found.why


def test_p_values_of_shuffled_sources_are_uniform():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        keys, _, holds = answered(rng, favoured=0.4, other=0.4)
        laid = cells(holds[:, None].astype(float), list(keys["source"]), list(keys["prompt_id"]))
        found.append(shuffled(laid, 199, rng)[0])
    assert abs(np.mean(found) - 0.5) < 0.08
    assert np.mean(np.array(found) <= 0.05) < 0.1


def test_too_few_prompts_are_refused():
    keys, lines, _ = answered(np.random.default_rng(1))
    few = keys[keys["prompt_id"].isin([f"p{k}" for k in range(5)])].reset_index(drop=True)
    lines = [x for x in lines if x["story_id"] in set(few["story_id"])]
    with pytest.raises(TooLittleData, match="Only 5 prompts"):
        pilot_figures([FEATURE], lines, few, np.zeros((len(few), 0)))


def test_questions_of_other_words_are_one_and_what_is_asked_already_is_known():
    from storyscope.codebook import Codebook

    asked = ["Is a present refused?", "Is a grave visited?", "Is a present refused in the story?"]
    groups, told = merged(asked, Codebook([FEATURE]))
    assert [g["members"] for g in groups] == [[0, 2], [1]]
    assert [g["known"] for g in groups] == [True, False]
    assert groups[0]["likeness"] >= told["threshold"] > told["closest_apart"]


CANDIDATE = {
    "name": "gift", "question": "Is a present refused?", "kind": "binary", "condition": "",
    "answers": [{"value": "Yes", "meaning": "it is"}, {"value": "No", "meaning": "nothing of it"}],
    "evidence": "The refusal.",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"question": "Is a present refused, and who gave it?"}, "one answer is asked of two"),
        ({"question": "Does the author refuse a present?"}, "presupposes who wrote the text"),
        ({"question": "Does Orla refuse a present?"}, "it names Orla"),
        ({"question": "Are there many commas?"}, "wording, typography or spelling"),
        ({"kind": "ordinal"}, "2 answers, not three to five"),
        ({"answers": [{"value": "perhaps", "meaning": "x"}] * 2}, "at least two values"),
    ],
)
def test_the_gate_names_what_is_wrong(change, why):
    made = feature_of({**CANDIDATE, **change}, "IND_PLT_01")
    said = (
        made
        if isinstance(made, str)
        else "; ".join(faults([made], ["Then Orla came in."])["IND_PLT_01"])
    )
    assert (said == "") if why is None else (why in said)


def test_one_no_of_a_reader_is_enough():
    yes = dict.fromkeys(
        ("answerable", "about_telling", "general", "one_thing", "answers_clear"), "yes"
    )
    assert refused({**yes, "why": ""}) == ""
    assert (
        refused({**yes, "general": "no", "why": "only ghost  stories"})
        == "not general: only ghost stories"
    )
