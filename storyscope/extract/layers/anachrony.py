"""Where the telling leaves its now for an earlier time: scenes told back.

In a story told in the past, a scene told back opens in the past perfect, by a phrase of distance
or memory or by an age, and slides into the simple past until the telling returns; in one told in
the present it is a run in the past. Stock-taking ("he had lost everything") and single backward
glances are no scenes and stay out.
"""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from storyscope.extract.layers.clauses import Clause
from storyscope.extract.layers.habits import habitual
from storyscope.extract.layers.tense import Told, dynamic, past_share, told
from storyscope.extract.layers.times import FEAST, MONTH, SEASON, UNITS, WEEKDAY, unit_before
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["Passage", "distance_back", "flashbacks", "memories", "pluperfects"]

REMEMBER = words("time", "remember")
YOUTH = words("time", "youth")
YOUNG = words("time", "young")
_YOUNG_AGE = words("time", "young_age")
_PAST_YEAR = re.compile(r"1[5-9]\d\d|20[0-3]\d")
_PERSONAL = frozenset("i he she they we you".split())
_SURFACES = frozenset(
    "come return flood surface rise flash strike hit wash rush wash stir bring play".split()
)
_NOBODY = frozenset("nobody none nothing one".split())
_MEASURED = frozenset(
    "feet foot inches miles of in to percent o'clock minutes hours days late early".split()
)
_NOW = frozenset("now today tonight".split())
_DATED = WEEKDAY | MONTH | SEASON | FEAST
_DAYS = frozenset(
    "day night morning evening afternoon week month summer winter spring year".split()
)
_STANDING = frozenset("already always never ever long".split())
_TEENS = frozenset("thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split())
REACH = 5
"""Sentences within which a scene told back must have shown itself."""
LEAST_NOW = 1
"""Main clauses that must have told a now from which to look back."""
GAP = 4
"""Sentences without any past perfect after which a new paragraph no longer belongs to it."""


class Passage(NamedTuple):
    """Tokens [start, end) told from another time, and what gave it away."""

    start: int
    end: int
    reason: str


@once
def pluperfects(reading: Reading) -> list[Clause]:
    """Narrated main clauses in the past perfect, outside subordinate and reported ones."""
    return [c for c in reading.clauses if c.pluperfect and c.main and not c.quoted and not c.mark]


@once
def flashbacks(reading: Reading) -> list[Passage]:
    """Scenes told back, in order, not overlapping.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> text = (
    ...     "Ines shut the door. Ten years earlier she had sold the boat. She had wept and the "
    ...     "buyer had laughed at her. He had counted the notes twice. Now she made tea."
    ... )
    >>> [p.reason for p in flashbacks(read(text))]
    ['past perfect']
    """
    tellings = told(reading)
    present = past_share(reading) < 0.5
    passages = _dated(reading)
    if passages:
        return passages
    k = 0
    while k < len(tellings):
        passage = _past_in_present(reading, k, tellings)
        if passage is None and not present:
            passage = _told_back(reading, k, tellings)
        if passage is None:
            k += 1
            continue
        passages.append(passage)
        while k < len(tellings) and reading.sentences[k].start < passage.end:
            k += 1
    return passages


# ---------------------------------------------------------------- what leads back


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
        elif (
            (word == "as" and lower[i + 1 : i + 2] and _youth_after(reading, i + 1, sentence.end))
            or (word == "when" and _young_after(reading, i + 1, sentence.end))
            or (
                word in ("childhood", "boyhood", "girlhood", "youth")
                and lower[i - 1]
                in (
                    "my",
                    "his",
                    "her",
                    "their",
                )
            )
            or (
                _PAST_YEAR.fullmatch(word)
                and reading.entity[i] == "DATE"
                and i - sentence.start <= 3
            )
        ):
            return True
    return False


def _opens_far_back(reading: Reading, sentence: Span) -> bool:
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
    if lower[1] not in _YOUNG_AGE or (lower[2] not in _PERSONAL and lower[2] != ","):
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


def _anchored(reading: Reading, sentence: Span) -> bool:
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
    if i + 2 >= end or reading.lower[i] not in _PERSONAL or reading.lemma[i + 1] != "be":
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


def _young_there(reading: Reading, sentence: Span) -> bool:
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


def _remembered_scene(reading: Reading, sentence: Span, tells: Told) -> bool:
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
        if came >= 0 and _dated_memory(tells):
            return True
    return "thought back" in " ".join(lower) or "mind went back" in " ".join(lower)


def _dated_memory(tells: Told) -> bool:
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
        reading.lower[subject] in _PERSONAL or subject in reading.cast.persons
    )


def _aged(reading: Reading, sentence: Span, tells: Told) -> bool:
    """A short sentence that says how old somebody was, and that was young."""
    if sentence.end - sentence.start > 9 or len(tells.mains) != 1 or tells.spoken:
        return False
    main = tells.mains[0]
    if reading.lemma[main.verb] != "be" or main.subject < 0 or main.tense != "past":
        return False
    if reading.lower[main.subject] not in _PERSONAL:
        return False
    after = reading.lower[main.verb + 1 : sentence.end]
    ages = [w for w in after if w in _YOUNG_AGE or (w.isdigit() and int(w) <= 20)]
    return (
        bool(ages)
        and "-" not in after
        and after.index(ages[0]) <= 1
        and not set(after[:6]) & _MEASURED
    )


def _back_again(reading: Reading, tells: Told) -> bool:
    """Say, "She was again in the schoolroom", "he was back on the ice", "I was nine again"."""
    for main in tells.mains:
        if (
            reading.lemma[main.verb] != "be"
            or main.tense != "past"
            or main.perfect
            or main.subject < 0
        ):
            continue
        if (
            reading.lower[main.subject] not in _PERSONAL
            and main.subject not in reading.cast.persons
        ):
            continue
        near = reading.lower[main.verb + 1 : main.verb + 5]
        if near[:1] == ["again"] and near[1:2] in (["in"], ["at"], ["on"]):
            return True
        if "again" in near and _YOUNG_AGE & set(near):
            return True
    return False


def _carried_back(reading: Reading, tells: Told) -> bool:
    """Say, "The smell took him straight back to the camp"."""
    return any(
        reading.lemma[c.verb] in ("take", "bring", "carry", "throw")
        and "back" in reading.lower[c.verb + 1 : c.verb + 5]
        and "to" in reading.lower[c.verb + 1 : c.verb + 6]
        and c.subject >= 0
        and reading.lower[c.subject] not in _PERSONAL
        and c.subject not in reading.cast.persons
        for c in tells.mains
    )


# ---------------------------------------------------------------- scenes in a past-tense story


def _told_back(reading: Reading, k: int, tellings: list[Told]) -> Passage | None:
    """A scene told back in a past-tense story that begins with sentence `k`."""
    here = tellings[k]
    sentence = reading.sentences[k]
    if not here.clauses or not (
        _has_now(tellings[:k])
        or (k == 0 and _opens_far_back(reading, sentence))
        or _carried_back(reading, here)
    ):
        return None
    window = tellings[k : k + REACH]
    perfect = [c for t in window for c in t.mains if c.pluperfect and not c.mark]
    opens_back = any(c.pluperfect for c in here.mains)
    cue = distance_back(reading, sentence)
    memory = _remembered_scene(reading, sentence, here)
    reason = ""
    if opens_back:
        deeds = sum(t.pluperfect for t in window)
        slides = _slides(reading, k, tellings)
        people = sum(_personal(reading, c) for c in perfect if dynamic(reading, c))
        first = here.mains[0].pluperfect or _opens_far_back(reading, sentence)
        if "?" in here.words or here.mains[0].modal:
            return None
        if (
            (
                (cue or memory)
                and (deeds >= 2 or (deeds and slides >= 2 and (memory or (first and k))))
                and (people >= 2 or people + slides >= 3 or (memory and slides >= 2))
            )
            or (
                (_it_had_been(reading, here) or _it_was_when(reading, here))
                and (deeds >= 1 or slides >= 2)
            )
            or (deeds >= 4 and people >= 3 and _scenic(reading, window))
            or (_aged(reading, sentence, here) and slides >= 2)
            or (first and deeds + people and _slid_from_a_day(reading, k, tellings, slides, people))
        ):
            reason = "past perfect"
    elif memory and k + 1 < len(tellings) and any(c.pluperfect for c in tellings[k + 1].mains):
        people = sum(_personal(reading, c) for c in perfect if dynamic(reading, c))
        if people >= 2:
            reason = "past perfect"
    if not reason and not opens_back:
        after = _deeds_after(reading, k, tellings)
        then = tellings[k + 1] if k + 1 < len(tellings) else here
        if (
            (memory and (_it_was_when(reading, then) or _it_was_when(reading, here)) and after >= 3)
            or (k and (_aged(reading, sentence, here) or _back_again(reading, here)) and after >= 2)
            or (
                k
                and after >= 3
                and (
                    _carried_back(reading, here)
                    or (memory and _dated_memory(here))
                    or _young_there(reading, sentence)
                    or (
                        _opens_far_back(reading, sentence)
                        and reading.lower[sentence.start] != "once"
                    )
                )
            )
            or (
                k
                and _it_was_when(reading, here)
                and after >= 3
                and (
                    "back" in tellings[k - 1].words
                    or _remembered_scene(reading, reading.sentences[k - 1], tellings[k - 1])
                )
            )
        ):
            reason = "remembered"
    if not reason:
        return None
    end = _return(reading, k, tellings, reason)
    span = Span(sentence.start, reading.sentences[end - 1].end)
    return (
        Passage(*span, reason)
        if end - k >= 2 and _happens(reading, span, 3 if reason == "past perfect" else 2)
        else None
    )


def _slid_from_a_day(
    reading: Reading, k: int, tellings: list[Told], slides: int, people: int
) -> bool:
    """Whether a past perfect is fixed to a day and slides into what people did then."""
    fixed = any(
        _anchored(reading, reading.sentences[j]) for j in range(k, min(k + 2, len(tellings)))
    )
    lasting = _STANDING & set(tellings[k].words)
    return fixed and not lasting and slides >= 2 and people + slides >= 3


def _happens(reading: Reading, span: Span, least: int = 3) -> bool:
    """Whether people do at least so many things in a passage: a scene, no state of affairs."""
    events = _events(reading)
    return (
        sum(
            c.verb in events and not c.quoted and not c.passive and _personal(reading, c)
            for c in reading.clauses
            if span.start <= c.verb < span.end
        )
        >= least
    )


@once
def _events(reading: Reading) -> frozenset[int]:
    return frozenset(reading.events)


def _has_now(before: list[Told]) -> bool:
    """Whether a now has been told from which to look back."""
    return (
        sum(c.tense != "modal" and not c.pluperfect for t in before[-12:] for c in t.mains)
        >= LEAST_NOW
    )


def _personal(reading: Reading, clause: Clause) -> bool:
    i = clause.subject
    return (
        i >= 0
        and reading.lower[i] not in _NOBODY
        and (reading.lower[i] in _PERSONAL or i in reading.cast.persons)
    )


def _slides(reading: Reading, k: int, tellings: list[Told]) -> int:
    """Deeds in the simple past that follow on the past perfect within its paragraph."""
    paragraph = reading.paragraph_of[reading.sentences[k].start]
    deeds = 0
    for j in range(k, min(k + REACH + 2, len(tellings))):
        sentence = reading.sentences[j]
        if reading.paragraph_of[sentence.start] != paragraph or (
            j > k and _returns(reading, sentence)
        ):
            break
        deeds += sum(
            c.tense == "past" and not c.pluperfect and dynamic(reading, c) and j > k
            for c in tellings[j].mains
        )
    return deeds


def _scenic(reading: Reading, window: list[Told]) -> bool:
    """Whether past-perfect deeds of at least two people fill at least three sentences."""
    who, sentences = set(), 0
    for tells in window:
        deeds = [c for c in tells.mains if c.pluperfect and dynamic(reading, c)]
        sentences += bool(deeds)
        who |= {reading.lower[c.subject] for c in deeds if _personal(reading, c)}
    spoken = any(
        c.pluperfect
        and reading.lemma[c.verb] in ("say", "ask", "tell", "laugh", "whisper", "shout")
        for t in window
        for c in t.mains
    )
    return sentences >= 3 and (len(who) >= 2 or spoken)


def _it_had_been(reading: Reading, tells: Told) -> bool:
    """Say, "It had been on a morning like this that ...", "it had started with ..."."""
    return any(
        c.pluperfect and c.subject >= 0 and reading.lower[c.subject] == "it"
        and reading.lemma[c.verb] in ("be", "begin", "start", "happen")
        and any(reading.lemma[i] in UNITS for i in range(c.verb, min(c.verb + 6, reading.n)))
        and "since" not in tells.words and "for" not in tells.words[:4]
        for c in tells.mains
    )  # fmt: skip


def _it_was_when(reading: Reading, tells: Told) -> bool:
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


def _deeds_after(reading: Reading, k: int, tellings: list[Told]) -> int:
    return sum(
        dynamic(reading, c) and c.tense == "past"
        for t in tellings[k : k + REACH + 1]
        for c in t.mains
    )


def _returns(reading: Reading, sentence: Span) -> bool:
    """Whether a sentence says that the telling is back in its now."""
    lower = reading.lower
    opening = lower[sentence.start : sentence.start + 4]
    if opening[0] in _NOW or (
        opening[0] in ("and", "but", "even") and opening[1:2] and opening[1] in _NOW
    ):
        return True
    if (
        opening[0] == "that"
        and opening[1:2] in (["was"], ["had"])
        and {"ago", "then"} & set(lower[sentence.start : sentence.end])
    ):
        return True
    return opening[:2] in (["the", "memory"], ["the", "memories"], ["back", "in"]) or (
        "now" in lower[sentence.start : sentence.start + 6]
        and not {"by", "until", "till", "from", "even"} & set(opening)
    )


def _return(reading: Reading, k: int, tellings: list[Told], reason: str) -> int:
    """First sentence after the scene told back."""
    paragraph = reading.paragraph_of[reading.sentences[k].start]
    last = k
    j = k + 1
    while j < len(tellings):
        sentence = reading.sentences[j]
        here = reading.paragraph_of[sentence.start]
        if _returns(reading, sentence) or (tellings[j].present and not tellings[j].past):
            break
        if any(c.pluperfect for c in tellings[j].clauses):
            last = j
        elif here != paragraph and (j - last > GAP or not tellings[j].spoken):
            break
        paragraph = here
        j += 1
    return j


# ---------------------------------------------------------------- other ways


def _past_in_present(reading: Reading, k: int, tellings: list[Told]) -> Passage | None:
    """A scene in the past that begins with sentence `k`, after present-tense telling.

    It says how far back it goes or is remembered, or opens in the past perfect; and it has deeds
    of people in it, told once.
    """
    here = tellings[k]
    if not here.past + here.pluperfect or here.present:
        return None
    if not any(_is_present(t) for t in tellings[max(0, k - 3) : k]):
        return None
    sentence, before = reading.sentences[k], reading.sentences[k - 1]
    lead = (
        distance_back(reading, sentence)
        or _aged(reading, sentence, here)
        or _it_was_when(reading, here)
    )
    if past_share(reading) > 0.5:
        if (
            reading.lower[sentence.start] == "that"
            and UNITS.get(reading.lemma[sentence.start + 1], 0.0) < UNITS["week"]
        ):
            return None  # "that night" goes on from where the telling was
        # Where most is told in the past, a glimpse of the present is the frame and not the now.
        lead = lead or _remembered_scene(reading, before, tellings[k - 1])
        if (
            not lead
            or not _is_present(tellings[k - 1])
            or sum(t.past for t in tellings[max(0, k - 4) : k]) > 1
        ):
            return None
    elif not lead and not _remembered_scene(reading, before, tellings[k - 1]):
        return None
    habits = set(habitual(reading))
    end, deeds, people, j = k, 0, 0, k
    while j < len(tellings) and not tellings[j].present:
        for c in tellings[j].mains:
            if c.tense == "past" and dynamic(reading, c) and c.verb not in habits:
                deeds += 1
                people += _personal(reading, c)
                end = j + 1
        j += 1
    if end - k < 2 or deeds < 3 or people < 2:
        return None
    if not _happens(reading, Span(reading.sentences[k].start, reading.sentences[end - 1].end)):
        return None
    # Where no deed in the present follows, the telling has moved and not looked back.
    if past_share(reading) > 0.5 and not any(
        c.tense == "present" and dynamic(reading, c) and reading.lemma[c.verb] not in REMEMBER
        for t in tellings[j : j + 2]
        for c in t.mains
    ):
        return None
    return Passage(reading.sentences[k].start, reading.sentences[end - 1].end, "past in present")


def _is_present(tells: Told) -> bool:
    """Whether a main clause is in the present, "can" and "will" included."""
    return tells.present > 0 or any(c.modal in ("can", "will", "may", "must") for c in tells.mains)


def _dated(reading: Reading) -> list[Passage]:
    """Sections under the heading of an earlier year than the one before."""
    headings: list[tuple[int, int]] = []
    for paragraph in reading.paragraphs:
        first, after = (
            reading.lower[paragraph.start],
            reading.lower[paragraph.start + 1 : paragraph.start + 2],
        )
        if _PAST_YEAR.fullmatch(first) and after in ([], ["."], [":"], ["-"], ["—"]):
            headings.append((paragraph.start, int(first)))
    found = []
    latest = 0
    for n, (start, year) in enumerate(headings):
        end = headings[n + 1][0] if n + 1 < len(headings) else reading.n
        if year < latest:
            found.append(Passage(start, end, "earlier date"))
        latest = max(latest, year)
    return found
