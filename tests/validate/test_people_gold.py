"""Scores against gold, on a page annotated by hand and on LitBank where there is a copy."""

import pytest

from storyscope.errors import CorpusError
from storyscope.extract.pipeline import load_pipeline
from storyscope.validate.gold import PARTS, people_gold, score_people
from storyscope.validate.litbank import GoldText, parse_gold

PAGE = [
    ["Mara", "smiled", "at", "Tom", "."],
    ["“", "Where", "is", "the", "boat", "?", "”", "Tom", "asked", "."],
    ["“", "Gone", ",", "”", "said", "Mara", "."],
    ["She", "pointed", "at", "the", "river", "."],
]


def gold(speakers=("tom", "mara"), pronoun="mara"):
    """The page with its people; the annotators may be made to err."""
    mentions = [
        (0, 1, "PER", "PROP", "mara"),
        (3, 4, "PER", "PROP", "tom"),
        (12, 13, "PER", "PROP", "tom"),
        (20, 21, "PER", "PROP", "mara"),
        (22, 23, "PER", "PRON", pronoun),
    ]
    quotations = [(5, 12, speakers[0]), (15, 19, speakers[1])]
    return GoldText("page", PAGE, set(), [(25, 27, "LOC")], mentions, quotations)


def scores(text):
    docs = list(parse_gold([text], load_pipeline()))
    return {row["name"]: row for row in score_people([text], docs)}


def test_a_page_that_is_read_as_annotated_scores_one():
    rows = scores(gold())
    for name in (
        "personal names, exact",
        "quotations, exact",
        "speakers, from the text alone",
        "he and she in narration",
        "names of one person, by pairs",
        "places, by head",
    ):
        row = rows[name]
        assert (row["precision"], row["recall"], row["f1"]) == (1, 1, 1), name
        assert row["interval"] == (1, 1)
    assert rows["personal names, exact"]["n"] == 4


def test_a_page_annotated_otherwise_scores_less():
    rows = scores(gold(speakers=("mara", "mara"), pronoun="tom"))
    assert rows["speakers, from the text alone"]["recall"] == 0.5
    assert rows["he and she in narration"]["recall"] == 0
    assert rows["personal names, exact"]["f1"] == 1


def test_an_unknown_part_is_refused(tmp_path):
    with pytest.raises(CorpusError, match=r"no part 'some'.*held out"):
        people_gold(tmp_path, None, part="some")
    assert PARTS[0] == "held out"


def test_a_folder_without_gold_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="no LitBank annotations"):
        people_gold(tmp_path, None)
