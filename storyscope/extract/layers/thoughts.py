"""Inner life told from inside: what people in the story think, want and feel, and by what channel.

Only narration counts. What a character says, or is reported to have said, that they think is
speech; "I think it was Monday" is a hedge; the "we believe" of letters and essays is nobody's mind.
"""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.clauses import Clause
from storyscope.extract.layers.speakers import turns
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, once

__all__ = [
    "COGNITION",
    "VOLITION",
    "Thought",
    "memories",
    "people_clauses",
    "reported_speech",
    "thoughts",
]

COGNITION = words("verbs", "cognition")
VOLITION = words("verbs", "volition")
FEELING = words("verbs", "feeling")
_REMEMBER = frozenset({"remember", "recall", "recollect", "reminisce"})
_SAYING = words("verbs", "say_report") | frozenset({"write", "reply", "answer", "shout", "repeat"})
_STATES = words("people", "minded")
_MIND, _IN_MIND = words("people", "mind"), words("people", "thought_things")
_STRUCK = words("people", "strikes")
_HEDGES = frozenset(
    "trust think suppose guess believe mean hope reckon imagine assume expect".split()
)
_FORMULAS = frozenset({"hope", "trust", "guess", "suppose", "mean", "wish"})
_DEEDS = frozenset({"choose", "plan", "figure", "notice", "reason", "decide", "calculate", "learn"})
_FELT = frozenset(words("body", "emotion_nouns")) | frozenset(
    "urge need pull weight loss absence presence warmth chill ache pang sense certainty hope pressure".split()
)
_POSSESSIVE = frozenset("his her my their our".split())
_GENERAL = frozenset(
    "you one anyone everyone people nobody everybody anybody someone somebody".split()
)


class Thought(NamedTuple):
    """Tokens [start, end) that tell an inner state, its channel, and the token of whose it is.

    `channel` is "bare" (a verb alone), "report" (a verb with the whole thought), "state" (being
    sure or aware), "mind" (thoughts as things) or "question" (one that the narration asks in a
    character's stead; `owner` is then -1).
    """

    start: int
    end: int
    channel: str
    owner: int


@once
def people_clauses(reading: Reading) -> list[Clause]:
    """Narrated clauses with a person as subject, "you" and "one" apart."""
    persons = reading.cast.persons
    return [
        c
        for c in reading.clauses
        if not c.quoted and c.subject in persons and reading.lower[c.subject] not in _GENERAL
    ]


@once
def thoughts(reading: Reading) -> list[Thought]:
    """Inner states in order of place.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = 'Tom wondered whether she knew. "I wonder," said Tom. He felt along the wall.'
    >>> [(reading.text_of(t[:2]), t.channel) for reading in [read(story)] for t in thoughts(reading)]
    [('wondered', 'report')]
    """
    past = _told_in_past(reading)
    found = [t for c in people_clauses(reading) if (t := _of_clause(reading, c, past)) is not None]
    found += _things(reading)
    found += _questions(reading)
    return sorted(found)


@once
def memories(reading: Reading) -> list[int]:
    """Where somebody remembers: the verbs, and the noun "memory", in narration."""
    found = [
        c.verb
        for c in reading.clauses
        if not c.quoted and reading.lemma[c.verb] in _REMEMBER and not c.negated
    ]
    found += [
        i
        for i, lemma in enumerate(reading.lemma)
        if lemma in ("memory", "recollection")
        and not reading.quoted[i]
        and reading.dep[i] != "compound"
    ]
    return sorted(found)


@once
def _tags(reading: Reading) -> frozenset[int]:
    """Verbs that tag a quotation: "Five, perhaps," he guessed."""
    return frozenset(t.verb for t in turns(reading))


def _told_in_past(reading: Reading) -> bool:
    tenses = [c.tense for c in reading.clauses if c.main and not c.quoted]
    return tenses.count("past") >= tenses.count("present")


def _of_clause(reading: Reading, clause: Clause, past: bool) -> Thought | None:
    """The inner state that a clause tells by its verb or predicate, None where it tells none."""
    verb, subject = clause.verb, clause.subject
    if verb in _tags(reading):
        return None
    lemma, word = reading.lemma[verb], reading.lower[subject]
    if clause.tense == "modal" and (clause.modal != "could" or clause.perfect):
        return None
    if word == "we" and reading.lower[subject + 1] == "all":
        return None
    if clause.mark in ("if", "whether", "unless") or (
        lemma in ("learn", "forget") and reading.child(verb, "xcomp")
    ):
        return None
    if reported_speech(reading, verb) or (
        reading.tag[subject] == "NNS" and not reading.children[subject]
    ):
        return None
    whole = reading.child(verb, "ccomp")
    if lemma == "be" and clause.tense == "present" and word == "i" and _to_reader(reading, verb):
        return None
    if lemma == "be":
        state = reading.child(verb, "acomp")
        if state is not None and reading.lower[state] in _STATES:
            return Thought(state, state + 1, "state", subject)
        return None
    if clause.passive:
        return None
    if lemma == "feel":
        if whole is not None and not _finite(reading, whole):
            return None  # "felt it settle" is a sense
        told = reading.child(verb, "acomp", "oprd", "ccomp")
        felt = reading.child(verb, "dobj")
        if told is None and (felt is None or reading.lemma[felt] not in _FELT):
            return None
        return Thought(verb, verb + 1, "report" if whole is not None else "bare", subject)
    if lemma not in COGNITION and lemma not in VOLITION and lemma not in FEELING:
        return None
    if clause.tense == "present" and word == "we":
        return None
    if (
        clause.tense == "present"
        and word == "i"
        and (lemma in _FORMULAS or (past and lemma in _HEDGES))
    ):
        return None
    if clause.tense == "present" and word == "i" and _to_reader(reading, verb):
        return None
    if lemma in _DEEDS and whole is None and reading.child(verb, "xcomp", "prep") is None:
        return None
    return Thought(verb, verb + 1, "bare" if whole is None else "report", subject)


def _to_reader(reading: Reading, verb: int) -> bool:
    """Whether the sentence speaks to a "you", so that "I" is a narrator's word and nobody's mind."""
    start, end = reading.sentence(verb)
    return "you" in reading.lower[start:end]


def _finite(reading: Reading, verb: int) -> bool:
    return reading.tag[verb] in ("VBD", "VBZ", "VBP") or any(
        reading.dep[c] == "aux" and reading.tag[c] in ("MD", "VBD", "VBZ", "VBP")
        for c in reading.children[verb]
    )


def reported_speech(reading: Reading, verb: int) -> bool:
    """Whether a clause is what somebody says or asks."""
    for _ in range(3):
        head = reading.head[verb]
        if reading.dep[verb] == "ccomp" and reading.lemma[head] in _SAYING:
            return verb > head or reading.lower[verb - 1] != ","
        if head == verb or reading.dep[verb] not in ("ccomp", "conj", "xcomp", "advcl"):
            return False
        verb = head
    return False


def _things(reading: Reading) -> list[Thought]:
    """Thoughts as things: "it occurred to him", "his mind raced", "in her heart"."""
    lower, lemma, dep, head = reading.lower, reading.lemma, reading.dep, reading.head
    persons, quoted = reading.cast.persons, reading.quoted
    found = []
    for i, word in enumerate(lemma):
        if quoted[i]:
            continue
        if word in _MIND and reading.pos[i] == "NOUN":
            owner = reading.child(i, "poss")
            if (
                owner is None
                or lower[owner] == "your"
                or not (lower[owner] in _POSSESSIVE or owner in persons)
            ):
                continue
            if any(lower[c] in ("a", "an", "any", "every", "one") for c in reading.children[owner]):
                continue  # "a person's imagination" is nobody's
            acts = dep[i] == "nsubj" and reading.pos[head[i]] in ("VERB", "AUX")
            inside = dep[i] == "pobj" and lower[head[i]] in (
                "in",
                "through",
                "on",
                "into",
                "from",
                "at",
            )
            if word in _IN_MIND or (word != "heart" and acts) or (inside and word != "head"):
                found.append(Thought(i, i + 1, "mind", owner))
        elif word in _STRUCK and reading.pos[i] == "VERB":
            subject = reading.child(i, "nsubj")
            if subject is None or (lower[subject] != "it" and lemma[subject] not in _IN_MIND):
                continue
            to = next((c for c in reading.children[i] if lower[c] == "to"), None)
            whom = reading.child(i, "dobj") if to is None else reading.child(to, "pobj")
            if whom is not None and whom in persons:
                found.append(Thought(i, i + 1, "mind", whom))
    return found


def _questions(reading: Reading) -> list[Thought]:
    """Questions in a story told in the past that share its tense, and that no "you" is asked."""
    found = []
    for start, end in reading.narrated_sentences if _told_in_past(reading) else ():
        if reading.lower[end - 1] != "?" or end - start <= 2:
            continue
        told = reading.tag[start:end]
        if any(w in ("you", "your", "reader", "(") for w in reading.lower[start:end]):
            continue
        if "VBD" in told or "MD" in told or not ("VBZ" in told or "VBP" in told):
            found.append(Thought(start, end, "question", -1))
    return found
