"""What leads back to an earlier time: distances, ages and youth, memories, the day that it was."""

from __future__ import annotations

import itertools
import re

from storyscope.extract.layers.tense import Told, told
from storyscope.extract.layers.times import FEAST, MONTH, SEASON, UNITS, WEEKDAY, unit_before
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = [
    "PAST_YEAR",
    "PERSONAL",
    "REMEMBER",
    "aged",
    "anchored",
    "back_again",
    "carried_back",
    "dated_memory",
    "distance_back",
    "it_had_been",
    "it_was_when",
    "memories",
    "opens_far_back",
    "remembered_scene",
    "young_there",
]

REMEMBER = words("time", "remember")
YOUTH = words("time", "youth")
YOUNG = words("time", "young")
_YOUNG_AGE = words("time", "young_age")
PAST_YEAR = re.compile(r"1[5-9]\d\d|20[0-3]\d")
PERSONAL = frozenset("i he she they we you".split())
_SURFACES = frozenset(
    "come return flood surface rise flash strike hit wash rush wash stir bring play".split()
)
_MEASURED = frozenset(
    "feet foot inches miles of in to percent o'clock minutes hours days late early".split()
)
_DATED = WEEKDAY | MONTH | SEASON | FEAST
_DAYS = frozenset(
    "day night morning evening afternoon week month summer winter spring year".split()
)
_TEENS = frozenset("thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split())


def distance_back(reading: Reading, sentence: Span) -> bool:
    """Whether a sentence says how far back it goes: years ago, as a child, that summer."""
    lower, lemma, quoted = reading.lower, reading.lemma, reading.quoted
    mains = {c.verb for c in told(reading)[reading.sentence_of[sentence.start]].mains}
    for i in range(sentence.start, sentence.end):
        if quoted[i] or not (i - sentence.start <= 6 or _hangs_on(reading, i, mains)):
            continue
        word = lower[i]
        if word in ("ago", "earlier", "before", "previously", "since"):
            if unit_before(reading, i, UNITS["hour"]) is not None or word == "previously":
                return True
            if word == "before" and lower[i - 1] in (
                "night",
                "day",
                "year",
                "morning",
                "week",
                "long",
            ):
                return True
            if word == "ago" and lower[i - 1] == "long":
                return True
        elif word in ("yesterday", "once") and i - sentence.start <= 2:
            if lower[i - 1] not in ("for", "at", "only", "just", "than", "all") and lower[
                i + 1 : i + 2
            ] not in (["again"], ["more"]):
                return True
        elif word in ("last", "previous") and lemma[i + 1 : i + 2]:
            if lemma[i + 1] in UNITS or lower[i + 1] in _DATED:
                return True
        elif word == "that" and i - sentence.start <= 1 and lemma[i + 1 : i + 2]:
            if UNITS.get(lemma[i + 1], 0.0) >= UNITS["night"] and lower[i + 1] != "moment":
                return True
        elif _in_youth(reading, i, sentence.end) or (
            PAST_YEAR.fullmatch(word) and reading.entity[i] == "DATE" and i - sentence.start <= 3
        ):
            return True
    return False


def _in_youth(reading: Reading, i: int, end: int) -> bool:
    """Say, "as a boy", "when she was nine", "in his childhood"."""
    word, lower = reading.lower[i], reading.lower
    if word == "as":
        return bool(lower[i + 1 : i + 2]) and _youth_after(reading, i + 1, end)
    if word == "when":
        return _young_after(reading, i + 1, end)
    young = word in ("childhood", "boyhood", "girlhood", "youth")
    return young and lower[i - 1] in ("my", "his", "her", "their")


def opens_far_back(reading: Reading, sentence: Span) -> bool:
    """Whether a sentence opens with its distance: "ten years earlier", "as a boy", "once, when"."""
    lower = reading.lower
    opening = lower[sentence.start : sentence.start + 7]
    for k, word in enumerate(opening):
        i = sentence.start + k
        if reading.quoted[i]:
            return False
        if word in ("earlier", "before", "ago"):
            unit = unit_before(reading, i, UNITS["day"])
            if unit is not None and unit - sentence.start <= 1:
                return True
        if k <= 1 and word == "when" and _young_after(reading, i + 1, sentence.end):
            return True
        if k <= 1 and word == "as" and _youth_after(reading, i + 1, sentence.end):
            return True
    if (
        _at_an_age(reading, sentence)
        or _in_the_time_of(reading, sentence)
        or _the_summer_of(reading, sentence)
    ):
        return True
    return opening[0] == "once" and opening[1:2] in ([","], ["when"])


def _at_an_age(reading: Reading, sentence: Span) -> bool:
    """Say, "At seventeen he", "at the age of nine", "at nine she was" (not "at nine she left")."""
    lower = reading.lower[sentence.start : sentence.start + 6]
    if lower[0] != "at" or len(lower) < 4:
        return False
    if lower[1:4] == ["the", "age", "of"]:
        return True
    if lower[1] not in _YOUNG_AGE or (lower[2] not in PERSONAL and lower[2] != ","):
        return False
    mains = told(reading)[reading.sentence_of[sentence.start]].mains
    return lower[1] in _TEENS or bool(mains and reading.lemma[mains[0].verb] in ("be", "have"))


def _the_summer_of(reading: Reading, sentence: Span) -> bool:
    """Say, "The summer I turned twelve he ...", "the year that the bridge fell they ..."."""
    i = sentence.start
    if reading.lower[i] not in ("the", "that") or i + 2 >= sentence.end:
        return False
    if reading.lemma[i + 1] not in SEASON | {"year"} or reading.dep[i + 1] in ("nsubj", "attr"):
        return False
    inside = reading.dep[i + 1] == "npadvmod" and reading.dep[reading.head[i + 1]] in (
        "ccomp",
        "advcl",
    )
    return inside or reading.child(i + 1, "relcl", "acl", "advcl") is not None


def _in_the_time_of(reading: Reading, sentence: Span) -> bool:
    """Say, "In her grandfather's time", "in my mother's day"."""
    opening = reading.lower[sentence.start : sentence.start + 6]
    return opening[0] == "in" and any(
        a in ("'s", "’s") and b in ("time", "day", "days", "youth", "childhood", "reign")
        for a, b in itertools.pairwise(opening)
    )


def anchored(reading: Reading, sentence: Span) -> bool:
    """Whether a sentence fixes a day, by its name or as "that day"."""
    lower = reading.lower
    for i in range(sentence.start, sentence.end - 1):
        if lower[i] in ("that", "the", "one") and reading.lemma[i + 1] in _DAYS | WEEKDAY:
            before = lower[i + 2 : i + 3] == ["before"]
            if lower[i] != "the" or lower[i + 1] in WEEKDAY or before:
                return True
        after = reading.lemma[i + 2 : i + 3]
        if lower[i] in ("on", "in") and lower[i + 1] in _DATED and not _DAYS & set(after):
            return True
    return False


def _hangs_on(reading: Reading, i: int, verbs: set[int]) -> bool:
    """Whether at most three steps up from token `i` stands one of these verbs."""
    for _ in range(3):
        i = reading.head[i]
        if i in verbs:
            return True
    return False


def _youth_after(reading: Reading, i: int, end: int) -> bool:
    """Say, "(as) a boy", "(as) a young widow", "(as) children"."""
    for j in range(i, min(i + 4, end)):
        if reading.lemma[j] in YOUTH:
            return True
        if reading.pos[j] not in ("DET", "ADJ") or reading.lower[j] == "the":
            return False
    return False


def _young_after(reading: Reading, i: int, end: int) -> bool:
    """Say, "(when) she was nine", "(when) we were little"."""
    if i + 2 >= end or reading.lower[i] not in PERSONAL or reading.lemma[i + 1] != "be":
        return False
    word = reading.lower[i + 2]
    return (
        word in YOUNG
        or word == "new"
        or word in _YOUNG_AGE
        or word.isdigit()
        or _youth_after(reading, i + 2, end)
        or (word in ("still", "about", "only", "just", "in") and i + 3 < end)
    )


def young_there(reading: Reading, sentence: Span) -> bool:
    """Whether a sentence opens with somebody's youth: "when she was nine"."""
    return any(
        reading.lower[i] == "when" and _young_after(reading, i + 1, sentence.end)
        for i in range(sentence.start, min(sentence.start + 6, sentence.end))
    )


@once
def memories(reading: Reading) -> list[int]:
    """Where somebody remembers: the verbs, and the noun "memory", in narration."""
    found = [
        c.verb
        for c in reading.clauses
        if not c.quoted and reading.lemma[c.verb] in REMEMBER and not c.negated
    ]
    for i, lemma in enumerate(reading.lemma):
        if (
            lemma in ("memory", "recollection")
            and not reading.quoted[i]
            and reading.dep[i] != "compound"
        ):
            found.append(i)
    return sorted(found)


def remembered_scene(reading: Reading, sentence: Span, tells: Told) -> bool:
    """Whether a sentence calls up somebody or something in particular, and no mere fact."""
    for i in memories(reading):
        if not sentence.start <= i < sentence.end:
            continue
        if reading.pos[i] == "VERB":
            what = reading.child(i, "dobj")
            if what is not None and reading.pos[what] in ("NOUN", "PROPN"):
                return True
            if reading.child(i, "pcomp", "xcomp") is not None:
                return True
        elif reading.dep[i] == "nsubj" and reading.lemma[reading.head[i]] in _SURFACES:
            return True
    lower = tells.words
    for c in tells.mains:
        came = next((x for x in (c.verb, c.subject) if x >= 0 and _comes_back(reading, x)), -1)
        if came >= 0 and dated_memory(tells):
            return True
    return "thought back" in " ".join(lower) or "mind went back" in " ".join(lower)


def dated_memory(tells: Told) -> bool:
    """Whether the day, the night or the summer of something is named."""
    words_ = tells.words
    return any(
        a in ("the", "that") and b in _DAYS and c in ("of", "when", "that", "in", "at", "they")
        for a, b, c in zip(words_, words_[1:], words_[2:], strict=False)
    )


def _comes_back(reading: Reading, i: int) -> bool:
    """Say, "What came back to him": no person's coming, and somebody it comes to."""
    if reading.lemma[i] != "come" or reading.lower[i + 1 : i + 3] != ["back", "to"]:
        return False
    subject = reading.child(i, "nsubj")
    return subject is None or not (
        reading.lower[subject] in PERSONAL or subject in reading.cast.persons
    )


def aged(reading: Reading, sentence: Span, tells: Told) -> bool:
    """A short sentence that says how old somebody was, and that was young."""
    if sentence.end - sentence.start > 9 or len(tells.mains) != 1 or tells.spoken:
        return False
    main = tells.mains[0]
    if reading.lemma[main.verb] != "be" or main.subject < 0 or main.tense != "past":
        return False
    if reading.lower[main.subject] not in PERSONAL:
        return False
    after = reading.lower[main.verb + 1 : sentence.end]
    ages = [w for w in after if w in _YOUNG_AGE or (w.isdigit() and int(w) <= 20)]
    return (
        bool(ages)
        and "-" not in after
        and after.index(ages[0]) <= 1
        and not set(after[:6]) & _MEASURED
    )


def back_again(reading: Reading, tells: Told) -> bool:
    """Say, "She was again in the schoolroom", "he was back on the ice", "I was nine again"."""
    for main in tells.mains:
        if (
            reading.lemma[main.verb] != "be"
            or main.tense != "past"
            or main.perfect
            or main.subject < 0
        ):
            continue
        if reading.lower[main.subject] not in PERSONAL and main.subject not in reading.cast.persons:
            continue
        near = reading.lower[main.verb + 1 : main.verb + 5]
        if near[:1] == ["again"] and near[1:2] in (["in"], ["at"], ["on"]):
            return True
        if "again" in near and _YOUNG_AGE & set(near):
            return True
    return False


def carried_back(reading: Reading, tells: Told) -> bool:
    """Say, "The smell took him straight back to the camp"."""
    return any(
        reading.lemma[c.verb] in ("take", "bring", "carry", "throw")
        and "back" in reading.lower[c.verb + 1 : c.verb + 5]
        and "to" in reading.lower[c.verb + 1 : c.verb + 6]
        and c.subject >= 0
        and reading.lower[c.subject] not in PERSONAL
        and c.subject not in reading.cast.persons
        for c in tells.mains
    )


def it_had_been(reading: Reading, tells: Told) -> bool:
    """Say, "It had been on a morning like this that ...", "it had started with ..."."""
    return any(
        c.pluperfect and c.subject >= 0 and reading.lower[c.subject] == "it"
        and reading.lemma[c.verb] in ("be", "begin", "start", "happen")
        and any(reading.lemma[i] in UNITS for i in range(c.verb, min(c.verb + 6, reading.n)))
        and "since" not in tells.words and "for" not in tells.words[:4]
        for c in tells.mains
    )  # fmt: skip


def it_was_when(reading: Reading, tells: Told) -> bool:
    """Say, "It was the night of the fire", "that was the summer when ..."."""
    for c in tells.mains[:1]:
        if c.perfect or c.tense != "past" or reading.lemma[c.verb] != "be" or c.subject < 0:
            continue
        if reading.lower[c.subject] not in ("it", "that"):
            continue
        attr = reading.child(c.verb, "attr")
        if attr is None:
            continue
        if UNITS.get(reading.lemma[attr], 0.0) < UNITS["night"] and reading.lemma[attr] != "time":
            continue
        definite = any(reading.lower[x] == "the" for x in reading.children[attr])
        told_of = any(reading.dep[x] in ("relcl", "acl", "prep") for x in reading.children[attr])
        words = {reading.lower[x] for x in reading.children[attr]}
        if reading.lemma[attr] == "time" and words & {"first", "last", "only", "right"}:
            continue
        if definite and told_of:
            return True
    return False
