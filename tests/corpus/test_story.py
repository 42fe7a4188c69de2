import pickle
from dataclasses import FrozenInstanceError

import pytest

from storyscope.corpus import BadRow, Corpus, Story
from storyscope.corpus.cells import HALVES
from storyscope.errors import CorpusError


def tale(story_id="a", text="The gate stood open.", **fields):
    return Story(**{"id": story_id, "text": text, "source": "human", "prompt_id": "p", **fields})


def test_a_story_is_frozen_hashable_and_equal_by_value():
    assert tale() == tale()
    assert hash(tale(meta={"year": [1900]})) == hash(tale(meta={"year": 1}))
    assert tale(meta={"year": 1}) != tale()
    with pytest.raises(FrozenInstanceError):
        tale().text = "Another."


def test_a_corpus_can_be_iterated_again_and_again():
    corpus = Corpus.from_stories(tale(i) for i in "abc")
    assert [s.id for s in corpus] == [s.id for s in corpus] == ["a", "b", "c"]


def test_two_iterations_at_once_report_each_problem_once():
    corpus = Corpus.from_stories([tale("a"), tale("a"), tale("b"), tale("b")])
    list(zip(corpus, corpus, strict=True))
    assert [problem.line for problem in corpus.problems] == [2, 4]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (None, "empty"),
        (7, "a number, not text"),
        (["a"], "a list, not text"),
        ("a\0b", "NUL"),
    ],
)
def test_an_unusable_text_is_kept_out_and_told(text, why):
    corpus = Corpus.from_stories([tale("good"), tale("bad", text)], name="tales")
    assert [story.id for story in corpus] == ["good"]
    (problem,) = corpus.problems
    assert problem.line == 2
    assert problem.where == "tales"
    assert why in problem.why


def test_half_a_character_is_mended_and_counted():
    corpus = Corpus.from_stories([tale("good"), tale("half\ud83d", "A gull \ud83d flew \udc00.")])
    assert [(story.id, story.text) for story in corpus][1] == (
        "half\ufffd",
        "A gull \ufffd flew \ufffd.",
    )
    assert corpus.problems == ()
    assert corpus.notes == {HALVES: 3}


def test_sources_of_nearly_one_name_are_noted_with_the_way_out():
    stories = [Story("a", "One.", "GPT-4", "p"), Story("b", "Two.", "gpt-4 ", "p")]
    corpus = Corpus.from_stories(stories)
    list(corpus)
    (note,) = corpus.notes
    assert "'GPT-4', 'gpt-4 '" in note
    assert "write one name" in note


def test_a_corpus_without_stories_is_an_error():
    with pytest.raises(CorpusError, match="'tales' holds no story"):
        list(Corpus.from_stories([], name="tales"))


def test_a_problem_reads_as_a_sentence():
    assert str(BadRow("a.jsonl", 4, "the text is empty")) == "a.jsonl, line 4: the text is empty"


def test_a_corpus_travels_to_a_worker():
    corpus = pickle.loads(pickle.dumps(Corpus.from_stories([tale()], name="tales")))
    assert corpus.name == "tales"
    assert list(corpus) == [tale()]
