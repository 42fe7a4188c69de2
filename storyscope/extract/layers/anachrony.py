"""Where the telling leaves its now for an earlier time: scenes told back.

In a story told in the past, a scene told back opens in the past perfect, by a phrase of distance
or memory or by an age, and slides into the simple past until the telling returns; in one told in
the present it is a run in the past. Stock-taking ("he had lost everything") and single backward
glances are no scenes and stay out.
"""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.clauses import Clause
from storyscope.extract.layers.habits import habitual
from storyscope.extract.layers.looking_back import (
    PAST_YEAR,
    PERSONAL,
    REMEMBER,
    aged,
    anchored,
    back_again,
    carried_back,
    dated_memory,
    distance_back,
    it_had_been,
    it_was_when,
    opens_far_back,
    remembered_scene,
    young_there,
)
from storyscope.extract.layers.tense import Told, dynamic, past_share, told
from storyscope.extract.layers.times import UNITS
from storyscope.extract.reading import Reading, Span, once

__all__ = ["Passage", "flashbacks", "pluperfects"]

_NOBODY = frozenset("nobody none nothing one".split())
_NOW = frozenset("now today tonight".split())
_STANDING = frozenset("already always never ever long".split())
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


# ---------------------------------------------------------------- scenes in a past-tense story


def _told_back(reading: Reading, k: int, tellings: list[Told]) -> Passage | None:
    """A scene told back in a past-tense story that begins with sentence `k`."""
    here = tellings[k]
    sentence = reading.sentences[k]
    if not here.clauses or not (
        _has_now(tellings[:k])
        or (k == 0 and opens_far_back(reading, sentence))
        or carried_back(reading, here)
    ):
        return None
    reason = _reason(reading, k, tellings)
    if not reason:
        return None
    end = _return(reading, k, tellings, reason)
    span = Span(sentence.start, reading.sentences[end - 1].end)
    return (
        Passage(*span, reason)
        if end - k >= 2 and _happens(reading, span, 3 if reason == "past perfect" else 2)
        else None
    )


def _reason(reading: Reading, k: int, tellings: list[Told]) -> str:
    """What says that sentence `k` opens a scene told back; empty if nothing does."""
    here = tellings[k]
    memory = remembered_scene(reading, reading.sentences[k], here)
    if any(c.pluperfect for c in here.mains):
        return "past perfect" if _by_past_perfect(reading, k, tellings, memory) else ""
    follows = k + 1 < len(tellings) and any(c.pluperfect for c in tellings[k + 1].mains)
    if memory and follows and _people_then(reading, tellings[k : k + REACH]) >= 2:
        return "past perfect"
    return "remembered" if _by_memory(reading, k, tellings, memory) else ""


def _people_then(reading: Reading, window: list[Told]) -> int:
    """Deeds of people among the main clauses in the past perfect."""
    perfect = [c for t in window for c in t.mains if c.pluperfect and not c.mark]
    return sum(_personal(reading, c) for c in perfect if dynamic(reading, c))


def _by_past_perfect(reading: Reading, k: int, tellings: list[Told], memory: bool) -> bool:
    """Whether a sentence in the past perfect opens a scene: with a cue, a day, or enough deeds."""
    here, sentence, window = tellings[k], reading.sentences[k], tellings[k : k + REACH]
    if "?" in here.words or here.mains[0].modal:
        return False
    deeds, people = sum(t.pluperfect for t in window), _people_then(reading, window)
    slides = _slides(reading, k, tellings)
    first = here.mains[0].pluperfect or opens_far_back(reading, sentence)
    if memory or distance_back(reading, sentence):
        told_on = deeds >= 2 or (deeds and slides >= 2 and (memory or (first and k)))
        if told_on and (people >= 2 or people + slides >= 3 or (memory and slides >= 2)):
            return True
    named = it_had_been(reading, here) or it_was_when(reading, here)
    if named and (deeds >= 1 or slides >= 2):
        return True
    if deeds >= 4 and people >= 3 and _scenic(reading, window):
        return True
    if slides >= 2 and aged(reading, sentence, here):
        return True
    slid = first and deeds + people
    return bool(slid and _slid_from_a_day(reading, k, tellings, slides, people))


def _by_memory(reading: Reading, k: int, tellings: list[Told], memory: bool) -> bool:
    """Whether a sentence in the simple past opens a scene: remembered, or fixed by age or day."""
    here, sentence = tellings[k], reading.sentences[k]
    after = _deeds_after(reading, k, tellings)
    if after < 2:
        return False
    then = tellings[k + 1] if k + 1 < len(tellings) else here
    if memory and after >= 3 and (it_was_when(reading, then) or it_was_when(reading, here)):
        return True
    if not k:
        return False
    if aged(reading, sentence, here) or back_again(reading, here):
        return True
    if after < 3:
        return False
    if (
        carried_back(reading, here)
        or (memory and dated_memory(here))
        or young_there(reading, sentence)
        or (opens_far_back(reading, sentence) and reading.lower[sentence.start] != "once")
    ):
        return True
    before = tellings[k - 1]
    return it_was_when(reading, here) and (
        "back" in before.words or remembered_scene(reading, reading.sentences[k - 1], before)
    )


def _slid_from_a_day(
    reading: Reading, k: int, tellings: list[Told], slides: int, people: int
) -> bool:
    """Whether a past perfect is fixed to a day and slides into what people did then."""
    fixed = any(
        anchored(reading, reading.sentences[j]) for j in range(k, min(k + 2, len(tellings)))
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
        and (reading.lower[i] in PERSONAL or i in reading.cast.persons)
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
        or aged(reading, sentence, here)
        or it_was_when(reading, here)
    )
    if past_share(reading) > 0.5:
        if (
            reading.lower[sentence.start] == "that"
            and UNITS.get(reading.lemma[sentence.start + 1], 0.0) < UNITS["week"]
        ):
            return None  # "that night" goes on from where the telling was
        # Where most is told in the past, a glimpse of the present is the frame and not the now.
        lead = lead or remembered_scene(reading, before, tellings[k - 1])
        if (
            not lead
            or not _is_present(tellings[k - 1])
            or sum(t.past for t in tellings[max(0, k - 4) : k]) > 1
        ):
            return None
    elif not lead and not remembered_scene(reading, before, tellings[k - 1]):
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
        if PAST_YEAR.fullmatch(first) and after in ([], ["."], [":"], ["-"], ["—"]):
            headings.append((paragraph.start, int(first)))
    found = []
    latest = 0
    for n, (start, year) in enumerate(headings):
        end = headings[n + 1][0] if n + 1 < len(headings) else reading.n
        if year < latest:
            found.append(Passage(start, end, "earlier date"))
        latest = max(latest, year)
    return found
