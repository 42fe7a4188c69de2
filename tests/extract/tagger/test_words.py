"""What the encoder reads does not change with what people are called or how words are spelt."""

from __future__ import annotations

import pytest

from storyscope.extract.lexicon.spelling import american, british
from storyscope.extract.reading import read
from storyscope.extract.tagger.words import words_read

STORY = (
    "Mrs. {given} {family} came down to the harbor in her gray coat. {given} had organized the "
    "whole day. {other} waited by the boats. \u201cYou traveled far,\u201d {other} told {given}, and "
    "Mrs. {family} laughed at the color of the sky. It was {given}'s first spring away from home."
)


def told(given: str, family: str, other: str) -> list[str]:
    return words_read(read(STORY.format(given=given, family=family, other=other)))


def test_other_names_are_read_alike() -> None:
    plain = told("Anna", "Miller", "Peter")
    assert told("Margaret", "Okafor", "James") == plain
    assert plain[0] == "Mrs. Alex Smith came down to the harbor in her gray coat."
    assert plain[-1].startswith("It was Alex's")


def test_two_people_stay_two() -> None:
    plain = told("Anna", "Miller", "Peter")
    assert "Robin" in plain[2]
    assert "Alex" not in plain[2]
    assert "Robin" in plain[3]
    assert "Alex" in plain[3]


def test_british_and_american_spelling_are_read_alike() -> None:
    text = STORY.format(given="Anna", family="Miller", other="Peter")
    assert british(text) != text
    assert words_read(read(british(text))) == words_read(read(text))


@pytest.mark.parametrize(
    "word",
    "rise wise promise advise exercise surprise noise four hour pour tour your flour devour "
    "genre acre there where cafeteria mumble boulder shoulder would could should concept".split(),
)
def test_words_that_only_look_british_stay(word: str) -> None:
    assert american(word) == word


def test_every_sentence_keeps_its_place() -> None:
    reading = read("It rained. Nobody came.\n\nIn the morning Anna went home, and that was that.")
    assert len(words_read(reading)) == len(reading.sentences)
    assert words_read(reading)[0] == "It rained."
