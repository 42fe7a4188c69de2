"""The words that the encoder reads: the story's own, with names and spelling made alike.

What is told does not depend on what people are called, nor on "colour" against "color"; a network
that sees such words takes them for signs. So every personal name is read as one of a few common
ones, in the order in which names first stand in the story, and every word in one spelling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyscope.extract.layers.names import TITLES
from storyscope.extract.lexicon.spelling import american

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = ["words_read"]

_GIVEN = (
    "Alex", "Robin", "Chris", "Jordan", "Sam", "Terry", "Kelly", "Jamie", "Taylor", "Drew", "Casey",
    "Leslie", "Morgan", "Francis", "Kim", "Ray",
)  # fmt: skip
_FAMILY = (
    "Smith", "Jones", "Wilson", "Clark", "Harris", "Martin", "Thompson", "Moore", "Allen", "Scott",
    "Adams", "Nelson", "Carter", "Mitchell", "Roberts", "Phillips",
)  # fmt: skip
"""Common names that stand whole in the vocabulary of the base model, and tell no gender."""


def words_read(reading: Reading) -> list[str]:
    """Every sentence as the encoder reads it.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> words_read(read("Mrs. Greta Holm sat down by the grey harbour. Otto saw Greta."))
    ['Mrs. Alex Smith sat down by the gray harbor.', 'Robin saw Alex.']
    """
    called = _called(reading)
    words = []
    for i, token in enumerate(reading.doc):
        word = called.get(i) or american(token.text)
        words.append(word + token.whitespace_)
    return ["".join(words[s.start : s.end]).strip() for s in reading.sentences]


def _called(reading: Reading) -> dict[int, str]:
    """The name that each token of a personal name is read as."""
    tokens: list[tuple[int, bool]] = []
    for mention in reading.cast.mentions:
        if mention.kind != "name":
            continue
        names = [i for i in range(mention.start, mention.end) if _is_name(reading, i)]
        tokens += [(i, place > 0) for place, i in enumerate(names)]
    given: dict[str, str] = {}
    taken = [0, 0]
    for i, after in sorted(tokens):
        if reading.lower[i] not in given:
            pool = (_GIVEN, _FAMILY)[after]
            given[reading.lower[i]] = pool[taken[after] % len(pool)]
            taken[after] += 1
    return {
        i: given[word]
        for i, word in enumerate(reading.lower)
        if word in given and _is_name(reading, i)
    }


def _is_name(reading: Reading, i: int) -> bool:
    return (
        reading.pos[i] == "PROPN"
        and reading.doc[i].text[:1].isupper()
        and reading.lower[i] not in TITLES
    )
