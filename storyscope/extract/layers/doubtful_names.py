"""People called as times, feasts and virtues are: April, Dawn, Summer, Mr. Friday, Hope and Joy.

Such a word is a name where it acts and is spoken to as people are, and a time where it stands as
times do ("in April", "April 3rd"). The small model's labels say little here, so they are not asked.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from storyscope.extract.lexicon import words

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = ["DOUBTFUL", "named_persons", "stands_as_time"]

_CALENDAR = words("time", "calendar", "weekday")  # with a capital letter, person or not
_TIMES = _CALENDAR | frozenset(
    "dawn summer autumn winter spring eve noel easter christmas midnight morning noon season".split()
)
DOUBTFUL = _TIMES | frozenset(
    "hope joy faith grace charity mercy patience prudence verity constance felicity honor honour "
    "justice temperance clemency amity love glory happy merry sunny destiny harmony serenity "
    "trinity liberty unity victory chastity modesty innocence bliss blessing precious comfort "
    "truth wisdom".split()
)
"""Words in small letters that are names, and times, feasts or virtues as well."""
_FIRST = frozenset("mr. mrs. ms. miss mr mrs ms sir lady lord uncle aunt auntie father mother sister brother "
                   "dr. dr doctor captain old little young dear poor".split())  # fmt: skip
_OF_THINGS = frozenset("the a an this that every each some any no much more in without".split())
_OF_TIMES = _OF_THINGS | frozenset(
    "on by since until till during last next early late mid before after from through throughout "
    "of another past come".split()
)
_BY_TIMES = frozenset(
    "come arrive pass go end begin break approach bring fall turn be have find near wear fade give "
    "return draw dawn lie follow become seem feel start move".split()
)
_SAYING = words("verbs", "speech")
_BY_PEOPLE = words("verbs", "speech", "cognition", "volition", "gesture", "feeling", "see")
_TO_PEOPLE = frozenset(
    "tell ask let watch follow thank kiss hug see help call marry greet beg remind with to beside "
    "and for at past behind like than".split()
)
_PAUSE = frozenset({",", ".", "!", "?", "...", "—"})
_SHE = frozenset({"he", "she"})
_HERS = frozenset({"he", "she", "his", "her", "him", "himself", "herself"})
_ENOUGH = 3.0


def named_persons(reading: Reading, capital: list[bool]) -> frozenset[str]:
    """Doubtful words that name somebody in this story.

    Parameters
    ----------
    reading : Reading
    capital : list of bool
        Whether each token is written with a capital letter.
    """
    votes: defaultdict[str, float] = defaultdict(float)
    for i in range(reading.n):
        word = reading.lower[i]
        if capital[i] and word in DOUBTFUL:
            votes[word] += -2.0 if stands_as_time(reading, i) else _for_person(reading, i)
    return frozenset(word for word, weight in votes.items() if weight >= _ENOUGH)


def stands_as_time(reading: Reading, i: int) -> bool:
    """Whether a word stands here as times and things do, so that it names nobody."""
    lower = reading.lower
    before = lower[i - 1] if i else ""
    after = lower[i + 1] if i + 1 < reading.n else ""
    if before in (_OF_TIMES if lower[i] in _TIMES else _OF_THINGS) and not _pair(reading, i):
        return True
    if lower[i] not in _TIMES:
        return False
    return (
        before[:1].isdigit()
        or after[:1].isdigit()
        or after in ("morning", "evening", "night", "afternoon", "day")
    )


def _pair(reading: Reading, i: int) -> bool:
    """Whether a full name stands after the word's article or preposition ("of April Jones")."""
    return (
        i + 1 < reading.n
        and reading.tag[i + 1] == "NNP"
        and reading.lower[i - 1] in ("of", "from", "before", "after")
    )


def _for_person(reading: Reading, i: int) -> float:
    """What the place of a word says for its naming a person."""
    lower, lemma, tag = reading.lower, reading.lemma, reading.tag
    before = lower[i - 1] if i else ""
    after = i + 1 if i + 1 < reading.n else i
    sentence = reading.sentence(i)
    opens = sentence.start == i or (sentence.start == i - 1 and before in ('"', "'"))
    weight = 0.0
    if before in _FIRST and i and reading.doc[i - 1].is_title:
        weight += 3
    elif i and (lemma[i - 1] in _SAYING or lemma[i - 1] in _TO_PEOPLE) and not opens:
        weight += 1.5
    elif not opens and lower[i] not in _CALENDAR:
        weight += 1
    if after > i:
        verb = after + (
            lemma[after] in ("have", "be", "do") and tag[min(after + 1, reading.n - 1)][:1] == "V"
        )
        if lemma[verb] in _BY_PEOPLE or (tag[after] == "VB" and i and lemma[i - 1] in _TO_PEOPLE):
            weight += 2
        elif tag[after] in ("VBD", "VBZ", "VBP", "MD", "VBN") or lower[after] in (
            "put",
            "let",
            "set",
            "cut",
            "was",
            "had",
        ):
            weight += 0.5 if lemma[after] in _BY_TIMES else 2
        elif lower[after] == "'s" and not opens:
            weight += 0.5
        elif reading.quoted[i] and lower[after] in _PAUSE and before in (",", '"', "'"):
            weight += 1.5
        elif lower[after] == "and" and tag[min(after + 1, reading.n - 1)] == "NNP":
            weight += 1
    if opens and _she_follows(reading, sentence.start):
        weight += 1
    return weight


def _she_follows(reading: Reading, start: int) -> bool:
    """Whether "her" or "he" follows in a sentence or opens the next one."""
    sentence = reading.sentence(start)
    if not _HERS.isdisjoint(reading.lower[sentence.start + 1 : sentence.end]):
        return True
    following = sentence.end
    return following < reading.n and reading.lower[following] in _SHE
