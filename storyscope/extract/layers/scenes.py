"""Scenes: stretches of a story between breaks of time, place and cast."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.cast import name_tokens
from storyscope.extract.layers.times import entries_by_date
from storyscope.extract.lexicon import words

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = ["Scene", "find_scenes", "place_of", "sentence_skips"]

LEAST_WORDS = 60
"""Words under which a stretch is no scene of its own but part of the one before."""
CHANGED_CAST = 0.2
"""Jaccard index of the people before and after, up to which the cast counts as changed."""
PLACE = words("place", "interior", "exterior")
_INTO = frozenset(
    "in at into inside outside on onto to through beyond across near under behind".split()
)
_FRONTED = frozenset(
    "at in inside outside back across on beyond down up aboard upstairs downstairs below above".split()
)
_ARRIVE = frozenset("arrive reach return emerge enter".split())
# Seconds pass inside a scene.
_UNIT = (
    "(?:(?:hour|day|night|evening|morning|afternoon|week|weekend|fortnight|month|season|year|"
    "decade|summer|winter|spring|autumn)s?|centuries)"
)
_POINT = (
    "(?:dawn|daybreak|sunrise|morning|noon|midday|lunchtime|afternoon|evening|dusk|sunset|nightfall|"
    "night|midnight)"
)
_DATE = (
    "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|april|june|july|"
    "august|september|october|november|december|christmas|easter|spring|summer|autumn|winter)"
)
_OPENS = re.compile(
    "(?:(?:and|but|then|so|perhaps|nearly|almost|about|just|only|,) )*(?:"
    rf"(?:[\w-]+ ){{0,4}}(?:{_UNIT}|minutes) (?:later|afterwards?|on|hence)\b"
    rf"|(?:[\w-]+ ){{0,5}}(?:{_UNIT}|minutes|time) "
    r"(?:passed|pass|went by|slipped by|flew by|elapsed|turned into|became|bled into)\b"
    rf"|(?:early |late )?(?:the|that) (?:very )?(?:next|following) (?:{_UNIT}|{_POINT}|{_DATE}|time)\b"
    rf"|by (?:the (?:next|following|end of the) )?(?:{_POINT}|{_DATE}|week|month|year|then)\b"
    rf"|(?:after|within) (?:(?:the|next|a|an|some|several|many|few|couple|of|two|three|four|five|six|ten) )+"
    rf"(?:{_UNIT}|minutes)\b"
    r"|when (?:\w+ ){1,3}(?:woke|wakes|awoke|came to)\b"
    rf"|one (?:{_POINT}|day)\b|(?:on|in) {_DATE}\b"
    rf"|(?:the )?(?:{_POINT}|{_DATE}) (?:came|arrived|broke|fell|dawned)\b"
    r"|(?:much |some time |long |a little |a while )?(?:later|afterwards?) ,)"
)
"""How a sentence opens that says time has passed."""
_OPENS_PARAGRAPH = re.compile(
    rf"(?:(?:later |late |early )?that|the same) (?:{_POINT}|{_DATE}|{_UNIT})\b"
    rf"|(?:{_DATE}|{_POINT}) ?[,.:]|at {_POINT}\b|on the \w+ (?:{_UNIT}|{_POINT})\b"
)
_INSIDE = re.compile(
    rf"\b(?:[\w-]+ ){{1,3}}{_UNIT} (?:later|afterwards?)\b"
    rf"|\b(?:the|that) (?:next|following) (?:{_POINT}|{_UNIT})\b"
)


class Scene(NamedTuple):
    """Tokens [start, end) of one scene, and what parts it from the one before.

    `why` is "opening", "break" (a line of glyphs), "time" (the telling skips ahead) or "place"
    (another place with other people).
    """

    start: int
    end: int
    why: str


def find_scenes(reading: Reading) -> list[Scene]:
    r"""Scenes in order, which together cover the story.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> wait = "Ines sat by the stove and waited for the post and counted the spoons again. " * 5
    >>> read(wait + "\n\nTwo days later she left. " + wait).scenes[1].why
    'time'
    """
    paragraphs = reading.paragraphs
    if not paragraphs:
        return [Scene(0, reading.n, "opening")] if reading.n else []
    bounds: dict[int, str] = {}
    for k, paragraph in enumerate(paragraphs[:-1]):
        if not reading.is_word[paragraph.start : paragraph.end].any():
            bounds[paragraphs[k + 1].start] = "break"
    for start in sentence_skips(reading):
        bounds.setdefault(start, "time")
    for start in _moves(reading):
        bounds.setdefault(start, "place")
    return _cut(reading, bounds)


def _cut(reading: Reading, bounds: dict[int, str]) -> list[Scene]:
    """Scenes between the bounds, dropping bounds too near the one before or the end."""
    scenes: list[Scene] = []
    start, why = 0, "opening"
    so_far = reading.is_word.cumsum()
    for bound in sorted(bounds):
        near = so_far[bound - 1] - (so_far[start - 1] if start else 0) if bound else 0
        left = so_far[-1] - so_far[bound - 1] if bound else 0
        if near < LEAST_WORDS or left < LEAST_WORDS:
            continue
        scenes.append(Scene(start, bound, why))
        start, why = bound, bounds[bound]
    scenes.append(Scene(start, reading.n, why))
    return scenes


def sentence_skips(reading: Reading) -> list[int]:
    """Where sentences begin that say, in narration, that time has passed.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = read("He sat down. Two years later he sold it. If she came two years later, he sat.")
    >>> [story.text_of(story.sentence(i)) for i in sentence_skips(story)]
    ['Two years later he sold it.']
    """
    opened = {p.start for p in reading.paragraphs}
    found = []
    for start, end in reading.sentences[1:]:
        if reading.quoted[start] or reading.lower[start] == "if":
            continue
        if start in entries_by_date(reading):
            found.append(start)
            continue
        opening = range(start, min(start + 12, end))
        if any(reading.tag[i] == "MD" for i in opening):
            continue
        said = " ".join(reading.lower[i] for i in range(start, end) if not reading.quoted[i])
        by_name = start in name_tokens(reading)  # "April came in"
        if (
            (not by_name and _OPENS.match(said))
            or (not by_name and start in opened and _OPENS_PARAGRAPH.match(said))
            or (_INSIDE.search(said) and "MD" not in reading.tag[start:end])
        ):
            found.append(start)
    return found


# ---------------------------------------------------------------- place and cast


def place_of(reading: Reading, start: int, end: int) -> str:
    """Lemma of the first place that something happens in, into or at, "" where none is named."""
    for i in range(start, end):
        if (
            reading.lemma[i] in PLACE
            and reading.dep[i] == "pobj"
            and reading.lower[reading.head[i]] in _INTO
        ):
            return reading.lemma[i]
    return ""


def _moves(reading: Reading) -> list[int]:
    """Paragraphs that open in a new place with other people than the paragraphs before."""
    found = []
    paragraphs = reading.paragraphs
    casts = _casts(reading)
    last_place = ""
    for k, paragraph in enumerate(paragraphs):
        first = reading.sentence(paragraph.start)
        place = "" if reading.quoted[paragraph.start] else place_of(reading, first.start, first.end)
        if place and k >= 2 and place != last_place and _sets_out(reading, first):
            before = frozenset().union(*casts[max(0, k - 3) : k])
            after = frozenset().union(*casts[k : k + 3])
            if before and after and len(before & after) <= CHANGED_CAST * len(before | after):
                found.append(paragraph.start)
        last_place = place or last_place
    return found


def _sets_out(reading: Reading, sentence: tuple[int, int]) -> bool:
    """Whether a sentence opens with a place or arrives at one."""
    start, end = sentence
    if reading.lower[start] in _FRONTED:
        return any(reading.lemma[i] in PLACE for i in range(start, min(start + 8, end)))
    return any(reading.lemma[i] in _ARRIVE and reading.pos[i] == "VERB" for i in range(start, end))


def _casts(reading: Reading) -> list[frozenset[int]]:
    """Entities of every paragraph."""
    casts: list[set[int]] = [set() for _ in reading.paragraphs]
    cast = reading.cast
    for mention in cast.mentions:
        if mention.entity >= 0 and mention.entity != cast.narrator:
            casts[reading.paragraph_of[mention.head]].add(mention.entity)
    return [frozenset(people) for people in casts]
