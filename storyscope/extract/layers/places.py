"""Mentions of places: nouns of rooms, buildings, streets and landscapes, and names of places."""

from __future__ import annotations

from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, once

__all__ = ["PLACE", "in_idiom", "place_names", "place_nouns", "place_words"]

PLACE = words("place", "interior", "exterior", "whole")
_MENTIONED = (PLACE | words("place", "kinds")) - words("place", "no_mention")
"""Kinds of place, bar nouns that as often are no place: vehicles, views, sides, banks and plains."""
_AS_NAME = PLACE | words("place", "of_names")
_IDIOMS = words("place", "place_idioms")
_PART_OF_NAME = ("compound", "amod", "nmod")
_NAMED = frozenset({"GPE", "LOC", "FAC"})
_MAYBE = frozenset({"ORG", "PERSON", "PRODUCT", "WORK_OF_ART", "EVENT", ""})
_TITLES = frozenset({"mr.", "mrs.", "ms.", "miss", "dr.", "mr", "mrs", "ms", "dr"})
_WHERE = frozenset({"home", "upstairs", "downstairs"})


@once
def place_nouns(reading: Reading) -> list[int]:
    """Nouns that mention a place by its kind, quoted ones included.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read("The wedding took place in a cellar. She left the house for another country.")
    >>> [told.lower[i] for i in place_nouns(told)]
    ['cellar', 'house', 'country']
    """
    found = []
    for i, lemma in enumerate(reading.lemma):
        if lemma not in _MENTIONED or reading.pos[i] != "NOUN":
            continue
        if reading.dep[i] in _PART_OF_NAME or in_idiom(reading, i):
            continue
        found.append(i)
    return found


def in_idiom(reading: Reading, i: int) -> bool:
    """Whether a noun of place stands in a fixed phrase: "in the first place", "in no country"."""
    before = reading.lower[max(0, i - 2) : i]
    word = reading.lower[i]
    phrases = {f"{before[-1]} {word}"} if before else set()
    if len(before) == 2:
        phrases.add(f"{before[0]} {before[1]} {word}")
    if i + 1 < reading.n:
        phrases.add(f"{word} {reading.lower[i + 1]}")
    return not phrases.isdisjoint(_IDIOMS)


@once
def place_names(reading: Reading) -> list[tuple[int, int]]:
    """Names of countries, towns, landscapes and buildings, as tokens [start, end).

    A name counts by the label of the entity recogniser, people's names apart, or by its last word:
    "Chancery Lane", "the Grand Hotel".

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read("She had come from Lisbon to live in Orchard Road. In Orchard Road it rained.")
    >>> [told.text_of(span) for span in place_names(told)]
    ['Lisbon', 'Orchard Road', 'Orchard Road']
    """
    persons = reading.cast.persons
    people = {
        reading.lower[i]
        for m in reading.cast.mentions
        if m.kind == "name"
        for i in range(m.start, m.end)
    }
    found: list[tuple[int, int]] = []
    for i, kind in enumerate(reading.entity):
        if reading.pos[i] != "PROPN" or i in persons or reading.lower[i] in _TITLES:
            continue
        saint = i > 0 and reading.lower[i - 1] == "st." and bool(found) and found[-1][1] == i
        by_word = kind in _MAYBE and _ends_in_place(reading, i)
        if kind not in _NAMED and not by_word and not saint:
            continue
        if found and found[-1][1] == i:
            found[-1] = (found[-1][0], i + 1)
        else:
            found.append((i, i + 1))
    # Who is somebody elsewhere in the story is no place here.
    return [(a, b) for a, b in found if b - a > 1 or reading.lower[a] not in people]


def _ends_in_place(reading: Reading, i: int) -> bool:
    """Whether a run of capitalised names from token `i` on ends in a kind of place."""
    last = i
    while last + 1 < reading.n and reading.pos[last + 1] == "PROPN":
        last += 1
    first = i
    while first > 0 and reading.pos[first - 1] == "PROPN":
        first -= 1
    return last > first and reading.lower[last] in _AS_NAME


@once
def place_words(reading: Reading) -> list[int]:
    """Tokens that head a mention of a place: nouns, names, and "home", "upstairs"."""
    named = {b - 1 for _, b in place_names(reading)}
    deictic = {
        i
        for i, word in enumerate(reading.lower)
        if word in _WHERE and reading.tag[i] == "RB" and reading.dep[i] in ("advmod", "pcomp")
    }
    return sorted({*place_nouns(reading), *named, *deictic})
