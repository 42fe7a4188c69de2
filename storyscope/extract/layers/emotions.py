"""Feeling that the narration names outright: "she was afraid", "envy took him", "it frightened her".

Only what somebody in the story feels counts: not what is denied, wished, asked or supposed, nor what
people in general feel, nor the polite forms ("I am afraid we are out of sole").
"""

from __future__ import annotations

from storyscope.extract.layers.thoughts import reported_speech
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["EMOTION_ADJ", "EMOTION_NOUN", "EMOTION_VERB", "named_feelings"]

EMOTION_ADJ = words("body", "emotion_adjectives")
EMOTION_NOUN = words("body", "emotion_nouns")
EMOTION_VERB = words("body", "emotion_verbs")
_MOVES = words("body", "moving_verbs")
_SEIZES = words("body", "seizing_verbs")
_SHOWS = frozenset("feel show hide know sense suppress swallow express betray conceal".split())
_GENERAL = frozenset(
    "you one anyone everyone someone people nobody anybody everybody whoever".split()
)
_CARRIERS = frozenset(
    "sense feeling flicker wave surge pang stab mixture mix hint touch rush flash twinge jolt thrill "
    "flood moment bit kind sort fit burst glow spasm tinge ripple spark stirring".split()
)
_SEATS = frozenset(
    "face eye voice heart tone expression look gaze smile gut stomach chest throat mind soul bone "
    "vein belly breast spine brow laugh features stare frown tear".split()
)
"""What a feeling is shown in or sits in, as somebody's own."""
_SUBJECT = ("nsubj", "nsubjpass")
_COLLECTIVE = frozenset(
    "town village city crowd house household room street country nation".split()
)
_UNLESS = frozenset("if whether unless no without".split())


@once
def named_feelings(reading: Reading) -> list[Span]:
    """Feelings of somebody in the story that the narration names, from owner to word, in order.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> found = named_feelings(read("She felt a sudden shame. People fear change. Envy took Tom."))
    >>> len(found)
    2
    """
    found: list[Span] = []
    lemma, lower, pos, quoted = reading.lemma, reading.lower, reading.pos, reading.quoted
    for i, word in enumerate(lemma):
        owner = -1
        if word in EMOTION_NOUN and pos[i] in ("NOUN", "PROPN"):
            owner = _of_noun(reading, i)
        elif (word in EMOTION_ADJ or lower[i] in EMOTION_ADJ) and (
            pos[i] == "ADJ" or reading.tag[i] == "VBN"
        ):
            owner = _of_adjective(reading, i)
        felt = word in EMOTION_VERB or lower[i] == "hated" or word in _MOVES
        if owner < 0 and pos[i] == "VERB" and felt:
            owner = _of_verb(reading, i)
        if owner >= 0 and not quoted[i] and _in_the_story(reading, i, owner):
            found.append(Span(min(i, owner), max(i, owner) + 1))
    return found


def _of_adjective(reading: Reading, i: int) -> int:
    """Whose an adjective is: "she was afraid", "he sat, miserable, by the door"."""
    dep, head, lower = reading.dep, reading.head, reading.lower
    verb = head[i]
    if dep[i] == "conj" and dep[verb] in ("acomp", "oprd", "advcl", "amod"):
        verb = head[verb]
    elif dep[i] not in ("acomp", "oprd", "advcl", "conj", "ROOT", "ccomp", "relcl"):
        return -1
    if dep[i] in ("ROOT", "ccomp", "relcl") or (
        dep[i] in ("conj", "advcl") and _is_passive(reading, i)
    ):
        # "she was shocked" read as a passive
        if not _is_passive(reading, i):
            return -1
        verb = i
    if _polite(reading, i, verb):
        return -1
    owner = _subject(reading, verb)
    if owner < 0:
        owner = _collective(reading, verb)
    if lower[i] in ("sorry", "happy", "guilty", "calm", "bitter", "tender", "content", "hurt") and (
        (owner >= 0 and lower[owner] == "it") or any(lower[c] == "of" for c in reading.children[i])
    ):
        return -1
    return owner


def _is_passive(reading: Reading, i: int) -> bool:
    return any(reading.dep[c] == "auxpass" for c in reading.children[i])


def _polite(reading: Reading, i: int, verb: int) -> bool:
    """Polite forms: "He was sorry to have kept her", "there was, he was afraid, no eel"."""
    word = reading.lower[i]
    if word not in ("sorry", "afraid", "happy", "glad", "pleased"):
        return False
    if (
        reading.dep[verb] in ("parataxis", "ccomp")
        and reading.child(i, "ccomp", "xcomp", "prep") is None
    ):
        before = reading.child(verb, *_SUBJECT)
        if before is not None and before > 0 and reading.lower[before - 2 : before].count(","):
            return True
    to = reading.child(i, "xcomp")
    return (
        word == "sorry"
        and to is not None
        and any(reading.lemma[c] in ("have", "say", "hear") for c in (to, *reading.children[to]))
    )


def _of_noun(reading: Reading, i: int) -> int:
    """Whose a noun of feeling is."""
    lemma, lower = reading.lemma, reading.lower
    persons = reading.cast.persons
    if reading.dep[i] == "pobj" and lower[reading.head[i]] == "of":
        carrier = reading.head[reading.head[i]]
        if lemma[carrier] in _CARRIERS:  # "a sense of dread" is felt where the sense is
            i = carrier
    dep, head = reading.dep[i], reading.head[i]
    possessor = reading.child(i, "poss")
    if dep == "dobj" and lemma[head] in _SHOWS:
        return _subject(reading, head)
    if dep in _SUBJECT and reading.pos[head] == "VERB" and lemma[head] in _SEIZES:
        target = reading.child(head, "dobj")
        if target is None:
            through = next((c for c in reading.children[head] if reading.dep[c] == "prep"), None)
            target = None if through is None else reading.child(through, "pobj")
        target = -1 if target is None else _whose(reading, target)
        if target >= 0 and lower[target] not in ("you", "them", "us"):
            return target
    if dep == "attr" and any(reading.dep[c] == "expl" for c in reading.children[head]):
        return _seen_in(reading, i, head)
    if possessor is not None:
        if lemma[i] == "love" and reading.child(i, "prep") is None:
            return -1  # "his late love" is a person
        return (
            possessor if possessor in persons and lower[possessor] not in ("your", "their") else -1
        )
    if dep == "pobj" and lower[head] in ("with", "in", "from", "out", "of", "through"):
        verb = reading.head[head]
        if reading.pos[verb] in ("VERB", "ADJ", "AUX"):
            if lower[head] == "of" and lemma[verb] not in ("full", "sick", "out"):
                return -1
            return _subject(reading, verb if reading.pos[verb] != "ADJ" else reading.head[verb])
    return -1


def _whose(reading: Reading, i: int) -> int:
    """Somebody, or whose a face, a voice or a heart is; -1 for anything else."""
    if i in reading.cast.persons:
        return i
    owner = reading.child(i, "poss")
    shown = reading.lemma[i] in _SEATS and owner is not None and owner in reading.cast.persons
    return owner if owner is not None and shown else -1


def _seen_in(reading: Reading, i: int, verb: int) -> int:
    """Whose a feeling is in "there was anger in her voice"."""
    for prep in (*reading.children[i], *reading.children[verb]):
        if reading.dep[prep] == "prep" and reading.lower[prep] in ("in", "on", "behind"):
            where = reading.child(prep, "pobj")
            if where is not None and where not in reading.cast.persons:
                return _whose(reading, where)
    return -1


def _of_verb(reading: Reading, i: int) -> int:
    """Who fears and loves, or is frightened and delighted by what is the subject."""
    dep, lower = reading.dep[i], reading.lower
    if reading.lemma[i] in _MOVES:
        target = reading.child(i, "dobj")
        if _is_passive(reading, i):
            target = reading.child(i, "nsubjpass")
        if target is None or lower[target].endswith(("self", "selves")) or reading.tag[i] == "VBG":
            return -1
        return target if target in reading.cast.persons else -1
    if dep not in ("ROOT", "conj", "ccomp", "parataxis", "advcl", "relcl"):
        return -1
    if _is_passive(reading, i):
        return -1
    if reading.lemma[i] == "miss" and not _missed(reading, i):
        return -1
    owner = _subject(reading, i)
    polite = (
        owner >= 0
        and lower[owner] == "i"
        and reading.tag[i] == "VBP"
        and reading.child(i, "xcomp") is not None
    )
    if polite or (reading.lemma[i] == "regret" and reading.child(i, "xcomp") is not None):
        return -1
    return owner


def _missed(reading: Reading, verb: int) -> bool:
    """Whether what is missed is longed for: somebody, or something that was one's own."""
    what = reading.child(verb, "dobj")
    if what is None:
        return False
    return what in reading.cast.persons or any(
        reading.dep[c] == "poss" for c in reading.children[what]
    )


def _subject(reading: Reading, verb: int) -> int:
    for _ in range(3):
        subject = reading.child(verb, *_SUBJECT)
        if subject is not None:
            return _whose(reading, subject)
        if reading.dep[verb] not in ("conj", "xcomp", "advcl"):
            return -1
        verb = reading.head[verb]
    return -1


def _collective(reading: Reading, verb: int) -> int:
    """The subject, where it stands for many people: "The whole town was ashamed"."""
    subject = reading.child(verb, *_SUBJECT)
    return subject if subject is not None and reading.lemma[subject] in _COLLECTIVE else -1


@once
def _second_person(reading: Reading) -> bool:
    """Whether the narration tells what "you" do."""
    you = sum(
        not c.quoted and c.subject >= 0 and reading.lower[c.subject] == "you"
        for c in reading.clauses
    )
    told = sum(not c.quoted and c.subject in reading.cast.persons for c in reading.clauses)
    return you >= 2 and you >= 0.4 * told


def _in_the_story(reading: Reading, i: int, owner: int) -> bool:
    """Whether the feeling is somebody's here and now, not denied, wished or anybody's."""
    word = reading.lower[owner]
    if word in _GENERAL and not (word == "you" and _second_person(reading)):
        return False
    if reading.tag[owner] == "NNS" and not any(
        reading.dep[c] in ("det", "poss", "nummod") for c in reading.children[owner]
    ):
        return False
    if reported_speech(reading, i):
        return False
    if word == "we" and reading.tag[i] in ("VBP", "VB"):
        return False  # what we all love is nobody's feeling here
    j = i
    for _ in range(4):
        for c in reading.children[j]:
            if reading.dep[c] == "neg" or reading.tag[c] == "MD" or reading.lower[c] in _UNLESS:
                return False
        if reading.dep[j] in ("relcl", "acl") or reading.head[j] == j:
            break
        j = reading.head[j]
    sentence = reading.sentence(i)
    return reading.lower[sentence.end - 1] != "?"
