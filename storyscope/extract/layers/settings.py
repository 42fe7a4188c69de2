"""Places as they are described: sentences of the narration that show a setting in its own right."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.places import PLACE
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = [
    "SettingSentence",
    "scenic_sentences",
    "setting_passages",
    "setting_scores",
    "setting_sentences",
]

WEATHER = words("place", "weather")
THINGS = words("place", "scenery", "structure", "terrain")
_VAGUE = frozenset(
    "sign sound noise silence smell scent odor painting paint metal shadow darkness school storm fire heat "
    "cold current root spring drift trunk quarter bank star wave foot pass track rose bee fall".split()
)
SCENIC = (PLACE | WEATHER | THINGS) - _VAGUE
"""Nouns that make scenery where they are the subject, bar those that as often mean other things."""
POSTURE, LASTING = words("place", "posture"), words("place", "lasting")
RESULT = words("verbs", "result")
SENSED = words("place", "smell_or_sound")
_NO_THING = words("place", "no_thing")
_LOCATIVE = frozenset(
    (
        "in on at under over above below beneath behind beside between beyond along across against "
        "around round "
        "through from inside outside near by up down into before upon amid among "
        "off toward towards overhead to of"
    ).split()
)
_STRONG_PLACE = _LOCATIVE - frozenset({"of", "to", "by", "from", "into", "at", "before"})
_AHEAD = frozenset(
    (
        "ahead above below overhead beyond behind outside inside underfoot everywhere around "
        "somewhere nearby beneath"
    ).split()
)
_GENERIC = frozenset(
    {"you", "one", "your", "nobody", "someone", "somebody", "anyone", "everyone", "anybody"}
)
_IT = frozenset({"it", "they", "this", "these", "some", "each", "both", "all", "none", "others"})
ENOUGH = 1.5
"""Points from which a sentence describes a setting."""
SOME = 1.0
"""Points from which a sentence goes on with a description."""
PASSAGE = 2.25
"""Points together from which neighbouring sentences are a passage of description."""


class SettingSentence(NamedTuple):
    """Tokens [start, end) of one describing sentence, and its points."""

    start: int
    end: int
    points: float


@once
def setting_scores(reading: Reading) -> list[SettingSentence]:
    """Points of every narrated sentence as a description of a setting, 0 where people act in it.

    A sentence earns points for scenery as its subject, for a verb of standing, lying, spreading or
    lasting look, for "there was", inverted order, words of where, and adjectives at scenery; it
    loses some for a change of state.
    """
    by_sentence: dict[int, list[int]] = {}
    for clause in reading.clauses:
        if clause.main and not clause.quoted:
            by_sentence.setdefault(reading.sentence_of[clause.verb], []).append(clause.verb)
    negated = {c.verb for c in reading.clauses if c.tense == "modal"}
    found: list[SettingSentence] = []
    last_end, last_good = -1, False
    for span in reading.narrated_sentences:
        mains = by_sentence.get(reading.sentence_of[span.start], [])
        after = last_good and 0 <= span.start - last_end <= 3
        points = 0.0
        asked = "?" in reading.lower[max(span.start, span.end - 2) : span.end]
        if not asked and not _peopled(reading, span):
            mains = mains or _bare_root(reading, span)
            if mains:
                points = max(_clause_points(reading, v, after) for v in mains)
                points -= 0.5 * sum(v in negated for v in mains)
            points += _phrase_points(reading, span, bool(mains))
        found.append(SettingSentence(span.start, span.end, max(points, 0.0)))
        last_end, last_good = span.end, points >= ENOUGH
    return found


@once
def setting_sentences(reading: Reading) -> list[Span]:
    """Narrated sentences that describe a place, room, landscape or weather, in order.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read("Grey houses lined the road. She ran down it. Beyond the last one lay the marsh.")
    >>> [told.text_of(s) for s in setting_sentences(told)]
    ['Grey houses lined the road.', 'Beyond the last one lay the marsh.']
    """
    return [Span(s.start, s.end) for s in setting_scores(reading) if s.points >= ENOUGH]


@once
def scenic_sentences(reading: Reading) -> list[Span]:
    """Sentences with `SOME` points or more: description in a wider, less sure sense."""
    return [Span(s.start, s.end) for s in setting_scores(reading) if s.points >= SOME]


@once
def setting_passages(reading: Reading) -> list[Span]:
    """Runs of neighbouring sentences that describe, of `PASSAGE` points or more together."""
    found: list[Span] = []
    run: list[SettingSentence] = []
    for sentence in [*setting_scores(reading), None]:
        joined = sentence is not None and (not run or sentence.start - run[-1].end <= 3)
        if sentence is not None and sentence.points >= SOME and joined:
            run.append(sentence)
            continue
        if sum(s.points for s in run) >= PASSAGE and max(s.points for s in run) >= ENOUGH:
            found.append(Span(run[0].start, run[-1].end))
        run = [sentence] if sentence is not None and sentence.points >= SOME else []
    return found


_SOMEBODY = frozenset(
    "i me my mine your he him his she her hers we us our myself himself herself".split()
)


def _peopled(reading: Reading, span: Span) -> bool:
    """Whether somebody in the story acts or is looked at in a sentence.

    Generic "you" and "one", and unnamed people that are no subject, do not count.
    """
    persons, lower = reading.cast.persons, reading.lower
    for i in range(span.start, span.end):
        if lower[i] in _SOMEBODY:
            return True
        if i not in persons or lower[i] in _GENERIC or reading.tag[i] in ("WP", "WDT"):
            continue
        if reading.dep[i] in ("nsubj", "nsubjpass", "ROOT", "conj") or reading.pos[i] == "PROPN":
            return True
    return False


def _bare_root(reading: Reading, span: Span) -> list[int]:
    """The root of a sentence that the parser takes for a participle: "from the beams hung hams"."""
    for i in range(span.start, span.end):
        if reading.dep[i] == "ROOT":
            return [i] if reading.pos[i] == "VERB" and reading.tag[i] in ("VBN", "VBD") else []
    return []


def _clause_points(reading: Reading, verb: int, after: bool) -> float:
    dep, lemma, lower = reading.dep, reading.lemma, reading.lower
    subject = reading.child(verb, "nsubj", "nsubjpass")
    expletive = reading.child(verb, "expl") is not None
    if expletive:
        subject = reading.child(verb, "attr", "dobj", "nsubj")
    if subject is None and lemma[verb] in POSTURE:
        subject = reading.child(verb, "attr", "dobj")  # "On every column stood a saucer."
    if subject is None and dep[verb] == "conj":
        subject = reading.child(reading.head[verb], "nsubj", "nsubjpass")
    if subject is None:
        return 0.0
    subject = _measured(reading, subject)
    if lemma[verb] == "be" and _defines(reading, verb, subject):
        return 0.0
    noun = lemma[subject]
    scenic = (
        noun in SCENIC
        and reading.pos[subject] in ("NOUN", "PROPN")
        and not _owned(reading, subject)
    )
    points = 0.0
    lasting = lemma[verb] in POSTURE or lemma[verb] in LASTING
    if dep[subject] == "nsubjpass" and reading.child(verb, "agent") is None:
        lasting = True  # "Shutters were closed along the street": a state.
    if expletive:
        if noun in _NO_THING or reading.pos[subject] == "PRON":
            return 0.0
        points += 1.5 if scenic else 1.0
    elif (
        subject > verb and lower[subject] not in _IT and reading.pos[subject] != "PRON" and lasting
    ):
        points += 1.5 if scenic else 1.0
    elif scenic:
        points += 1.5 if lemma[verb] in POSTURE or noun in WEATHER else 1.0 if lasting else 0.5
    elif lower[subject] in _IT or noun in SENSED:
        if after and lasting:
            points += 0.5 if lemma[verb] == "be" and not _is_place(reading, verb) else 1.5
        elif lower[subject] == "it" and (lemma[verb] == "smell" or _is_place(reading, verb)):
            points += 1.5
        elif noun in SENSED and lasting:
            points += 1.0
        elif lower[subject] == "it" and lemma[verb] in (
            "rain",
            "snow",
            "drizzle",
            "freeze",
            "thaw",
            "hail",
        ):
            points += 1.5
        else:
            return 0.0
    elif lasting and after:
        points += 0.5
    else:
        return 0.0
    if lemma[verb] in RESULT and not lasting and not expletive:
        points -= 1.0
    if verb in _happening(reading) and not (lasting or expletive):
        points -= 0.5
    return points


_AMOUNT = frozenset(
    "row line rank pile heap cluster clump group pair couple number string strip stretch patch mass "
    "bank layer tangle maze web dozen handful hundred series sea wall carpet blanket band".split()
)


def _measured(reading: Reading, noun: int) -> int:
    """What there is an amount of: the poplars in "a row of poplars"."""
    if reading.lemma[noun] in _AMOUNT:
        of = next((c for c in reading.children[noun] if reading.lower[c] == "of"), None)
        what = None if of is None else reading.child(of, "pobj")
        if what is not None:
            return what
    return noun


def _defines(reading: Reading, verb: int, subject: int) -> bool:
    """Whether "is" defines or denies: "a city is no set of houses", "this was not a room"."""
    if reading.child(verb, "neg") is not None:
        return True
    what = reading.child(verb, "attr")
    indefinite = any(reading.lower[c] in ("a", "an") for c in reading.children[subject])
    return what is not None and indefinite and subject < verb


@once
def _happening(reading: Reading) -> frozenset[int]:
    return frozenset(reading.events)


def _is_place(reading: Reading, verb: int) -> bool:
    """Whether "it was" goes on with a kind of place or a look of light and weather."""
    what = reading.child(verb, "attr", "acomp")
    if what is None or reading.lemma[verb] != "be":
        return False
    return reading.lemma[what] in SCENIC or reading.lower[what] in _AIR


_AIR = frozenset(
    (
        "white black red green blue grey gray brown yellow empty wide narrow high low steep flat dim "
        "dark light cold warm hot cool damp humid quiet silent bright sunny misty foggy windy rainy "
        "stuffy chilly airy gloomy cramped spacious"
    ).split()
)


def _owned(reading: Reading, i: int) -> bool:
    """Whether a thing is a part of somebody or belongs to what is no place."""
    of = next((c for c in reading.children[i] if reading.lower[c] == "of"), None)
    if of is not None:
        whole = reading.child(of, "pobj")
        if whole is not None and reading.pos[whole] == "NOUN" and reading.lemma[whole] in _ABSTRACT:
            return True
    return any(reading.dep[c] == "poss" and c in reading.cast.persons for c in reading.children[i])


_ABSTRACT = words("plot", "abstract") - {
    "home",
    "world",
    "universe",
    "light",
    "darkness",
    "silence",
} | frozenset(
    "body voice face hand eye hair mind heart thought emotion feeling applause laughter conversation".split()
)


def _phrase_points(reading: Reading, span: Span, has_verb: bool) -> float:
    """Points for words of where, for scenery with adjectives, and for verbless notes of scenery."""
    where = looked = named = 0
    for i in range(span.start, span.end):
        word = reading.lower[i]
        if reading.pos[i] == "NOUN" and reading.lemma[i] in SCENIC:
            named += not _owned(reading, i)
            head = reading.head[i]
            if reading.dep[i] == "pobj" and reading.lower[head] in _STRONG_PLACE:
                where += 1
            looked += any(
                reading.dep[c] in ("amod", "compound", "acl") for c in reading.children[i]
            )
        elif word in _AHEAD and reading.dep[i] == "advmod":
            where += 1
    if has_verb:
        return 0.5 * min(where, 2) + 0.25 * min(looked, 2) + (0.25 if named >= 3 else 0.0)
    first = reading.lower[span.start]
    if first in _DENYING or (first in _LOCATIVE and not looked):
        return 0.0
    return 0.75 * min(named, 3) + 0.5 * min(looked, 1)


_DENYING = frozenset("not no just only like as than if but except perhaps maybe".split())
