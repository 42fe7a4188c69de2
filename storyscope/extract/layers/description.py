"""How people are shown: outward looks, bodily feeling, named feeling, inner life."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, once

__all__ = ["Feeling", "Look", "bodily_feelings", "looks", "named_feelings", "thoughts"]

FACE, HAIR, EYES = words("body", "face"), words("body", "hair"), words("body", "eyes")
BUILD, CLOTHING, VOICE = words("body", "build"), words("body", "clothing"), words("body", "voice")
REGION = {
    **dict.fromkeys(VOICE, "voice"),
    **dict.fromkeys(CLOTHING, "clothing"),
    **dict.fromkeys(BUILD, "build"),
    **dict.fromkeys(EYES, "eyes"),
    **dict.fromkeys(HAIR, "hair"),
    **dict.fromkeys(FACE, "face"),
}
LOOK = words("body", "look_adjectives")
PERSON_LOOK = words("body", "person_adjectives")
AGE = words("body", "age_adjectives")
TRANSIENT = words("body", "transient")
DISPLAY: dict[str, list[str]] = entries("body", "display")
DEED: dict[str, list[str]] = entries("body", "deed")
WHOLE = words("body", "whole")
SEAT, SENSATION = words("body", "seat"), words("body", "sensation")
FALSE_FRIENDS = words("body", "false_friends")
EMOTION_ADJ = words("body", "emotion_adjectives")
EMOTION_NOUN = words("body", "emotion_nouns")
EMOTION_VERB = words("body", "emotion_verbs")
COGNITION = words("verbs", "cognition")
VOLITION = words("verbs", "volition")
_OTHER = frozenset(
    "other own new next last first second same such more few several many good bad best favorite favourite clean extra spare left right free whole empty".split()
)
_COLOURS = frozenset(
    "black white red blue green grey gray brown gold golden silver yellow pink purple crimson scarlet navy".split()
)
_POSSESSIVE = frozenset("his her my their your our".split())


class Look(NamedTuple):
    """An outward description: the tokens that carry it, and which region of the body it shows."""

    start: int
    end: int
    region: str
    owner: int


class Feeling(NamedTuple):
    """A feeling shown or named: tokens, and the way ("part", "state", "deed", "whole", "seat")."""

    start: int
    end: int
    way: str


# ---------------------------------------------------------------- feeling in the body


@once
def bodily_feelings(reading: Reading) -> list[Feeling]:
    """Feelings shown by the body, in narration.

    A possessed part doing what parts do when moved ("her jaw tightened"), a person doing it with
    a part ("clenched his fists"), the whole body ("she flinched"), or a sensation seated in it
    ("a knot in his stomach"). Sentences of illness, weather and labour are left out.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> [f.way for f in bodily_feelings(read("Her stomach knotted. He went home."))]
    ['part']
    """
    found: list[Feeling] = []
    dep, lemma, children = reading.dep, reading.lemma, reading.children
    for i in range(reading.n):
        if reading.quoted[i]:
            continue
        word = lemma[i]
        if reading.pos[i] == "VERB":
            feeling = _part_moves(reading, i) or _deed(reading, i) or _whole_body(reading, i)
            if feeling is not None and not _bodily_cause(reading, i):
                found.append(feeling)
        elif word in SENSATION and reading.pos[i] == "NOUN":
            for c in children[i]:
                if dep[c] == "prep" and reading.lower[c] in (
                    "in",
                    "at",
                    "of",
                    "down",
                    "through",
                    "up",
                    "behind",
                ):
                    seat = reading.child(c, "pobj")
                    if (
                        seat is not None
                        and lemma[seat] in SEAT
                        and _owned(reading, seat, loose=True)
                    ):
                        if not _bodily_cause(reading, i):
                            found.append(Feeling(min(i, seat), max(i, seat) + 1, "seat"))
                        break
            else:
                head = reading.head[i]
                if dep[i] == "nsubj" and reading.pos[head] == "VERB":
                    for c in children[head]:
                        seat = (
                            reading.child(c, "pobj")
                            if dep[c] == "prep"
                            else c
                            if dep[c] == "dobj"
                            else None
                        )
                        if (
                            seat is not None
                            and lemma[seat] in SEAT
                            and _owned(reading, seat, loose=False)
                        ):
                            if not _bodily_cause(reading, i):
                                found.append(Feeling(i, max(i, seat) + 1, "seat"))
                            break
        elif word in DISPLAY and reading.pos[i] == "NOUN" and dep[i] == "nsubj":
            head = reading.head[i]
            if reading.pos[head] == "AUX" or lemma[head] in ("go", "grow", "turn", "become"):
                state = reading.child(head, "acomp", "oprd")
                if (
                    state is not None
                    and lemma[state] in _STATES.get(word, ())
                    and _owned(reading, i)
                    and not _bodily_cause(reading, i)
                ):
                    found.append(Feeling(i, state + 1, "state"))
    return sorted(found)


_STATES = {
    "mouth": ("dry",), "throat": ("dry", "tight", "raw"), "hand": ("unsteady", "shaky", "clammy", "cold", "sweaty"),
    "palm": ("damp", "sweaty", "clammy", "wet"), "face": ("pale", "white", "ashen", "red", "hot", "slack", "blank", "bloodless"),
    "cheek": ("hot", "red", "wet", "pink"), "eye": ("wet", "wide", "moist", "damp", "bright"), "voice": ("hoarse", "thick", "unsteady", "shaky", "tight", "small"),
    "chest": ("tight", "heavy"), "heart": ("heavy", "light", "full"), "stomach": ("tight", "hollow"), "knee": ("weak",), "leg": ("weak", "shaky"),
}  # fmt: skip


def _part_moves(reading: Reading, verb: int) -> Feeling | None:
    """A possessed body part as subject of what such a part does."""
    subject = reading.child(verb, "nsubj", "nsubjpass")
    if subject is None and reading.dep[verb] == "conj":
        subject = reading.child(reading.head[verb], "nsubj")
    if subject is None:
        return None
    part = reading.lemma[subject]
    if part in DISPLAY and reading.lemma[verb] in DISPLAY[part] and _owned(reading, subject):
        return Feeling(min(subject, verb), max(subject, verb) + 1, "part")
    return None


def _deed(reading: Reading, verb: int) -> Feeling | None:
    """A person doing with a part what one does when moved."""
    parts = DEED.get(reading.lemma[verb])
    if parts is None:
        return None
    part = reading.child(verb, "dobj")
    if part is None or reading.lemma[part] not in parts:
        return None
    return (
        Feeling(min(part, verb), max(part, verb) + 1, "deed")
        if _owned(reading, part, loose=True)
        else None
    )


def _whole_body(reading: Reading, verb: int) -> Feeling | None:
    """A person whose whole body moves with feeling."""
    if reading.lemma[verb] not in WHOLE or reading.tag[verb] == "VBN":
        return None
    subject = reading.child(verb, "nsubj")
    if subject is None and reading.dep[verb] in ("conj", "advcl"):
        subject = reading.child(reading.head[verb], "nsubj")
    if subject is None or subject not in reading.cast.persons:
        return None
    if reading.child(verb, "dobj", "neg") is not None:
        return None
    return Feeling(min(subject, verb), verb + 1, "whole")


def _owned(reading: Reading, noun: int, *, loose: bool = False) -> bool:
    """Whether a person owns this part of the body."""
    for c in reading.children[noun]:
        if reading.dep[c] == "poss":
            return reading.lower[c] in _POSSESSIVE or c in reading.cast.persons
        if loose and reading.dep[c] == "det" and reading.lower[c] in ("the", "that", "both"):
            return True
    return loose and not any(reading.dep[c] == "det" for c in reading.children[noun])


def _bodily_cause(reading: Reading, i: int) -> bool:
    sentence = reading.sentence(i)
    return any(w in FALSE_FRIENDS for w in reading.lemma[sentence.start : sentence.end])


# ---------------------------------------------------------------- feeling named


@once
def named_feelings(reading: Reading) -> list[Feeling]:
    """Feelings of somebody in the story that the narration names outright.

    Negated, wished, questioned and general statements are left out.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> len(named_feelings(read("She felt a sudden shame. People fear change.")))
    1
    """
    found: list[Feeling] = []
    dep, lemma, lower = reading.dep, reading.lemma, reading.lower
    persons = reading.cast.persons
    for i in range(reading.n):
        if reading.quoted[i]:
            continue
        word = lemma[i]
        owner = -1
        if reading.pos[i] == "ADJ" and word in EMOTION_ADJ and dep[i] in ("acomp", "oprd", "conj"):
            verb = reading.head[i] if dep[i] != "conj" else reading.head[reading.head[i]]
            owner = _subject(reading, verb)
        elif word in EMOTION_NOUN and reading.pos[i] == "NOUN":
            possessor = reading.child(i, "poss")
            head = reading.head[i]
            if dep[i] == "dobj" and lemma[head] in (
                "feel",
                "show",
                "hide",
                "know",
                "sense",
                "suppress",
                "swallow",
                "express",
            ):
                owner = _subject(reading, head)
            elif (
                possessor is not None
                and possessor in persons
                and lower[possessor] not in ("your", "their")
            ):
                owner = possessor
            elif dep[i] == "pobj" and lower[head] in ("with", "in", "from", "out", "of", "through"):
                verb = reading.head[head]
                if reading.pos[verb] in ("VERB", "ADJ") and (
                    lower[head] != "of" or lemma[verb] in ("full", "sick")
                ):
                    owner = _subject(reading, verb)
            elif dep[i] in ("nsubj", "nsubjpass") and reading.pos[head] == "VERB":
                target = reading.child(head, "dobj")
                if (
                    target is not None
                    and target in persons
                    and lower[target] not in ("you", "them", "us")
                ):
                    owner = target
        elif (
            reading.pos[i] == "VERB"
            and word in EMOTION_VERB
            and dep[i] in ("ROOT", "conj", "ccomp", "parataxis")
        ):
            owner = _subject(reading, i)
        if owner >= 0 and _in_the_story(reading, i, owner):
            found.append(Feeling(min(i, owner), max(i, owner) + 1, "named"))
    return found


def _subject(reading: Reading, verb: int) -> int:
    subject = reading.child(verb, "nsubj", "nsubjpass")
    if subject is None and reading.dep[verb] in ("conj", "xcomp", "advcl"):
        subject = reading.child(reading.head[verb], "nsubj", "nsubjpass")
    return subject if subject is not None and subject in reading.cast.persons else -1


def _in_the_story(reading: Reading, i: int, owner: int) -> bool:
    """Whether the feeling is somebody's here and now, not denied, wished or anybody's."""
    if reading.lower[owner] in ("you", "one", "anyone", "everyone", "someone", "people", "nobody"):
        return False
    if reading.tag[owner] == "NNS" and not any(
        reading.dep[c] in ("det", "poss", "nummod") for c in reading.children[owner]
    ):
        return False
    j = i
    for _ in range(4):
        for c in reading.children[j]:
            if (
                reading.dep[c] == "neg"
                or reading.tag[c] == "MD"
                or reading.lower[c] in ("if", "whether", "unless", "no", "without")
            ):
                return False
        if reading.dep[j] in ("relcl", "acl") or reading.head[j] == j:
            break
        j = reading.head[j]
    sentence = reading.sentence(i)
    return reading.lower[sentence.end - 1] != "?"


# ---------------------------------------------------------------- outward looks


@once
def looks(reading: Reading) -> list[Look]:
    """Outward descriptions of people in narration: stable looks, dress, voice; never gestures.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> [k.region for k in looks(read("She had green eyes and wore a red coat. Her eyes widened."))]
    ['eyes', 'clothing']
    """
    taken = {i for f in bodily_feelings(reading) for i in range(f.start, f.end)}
    found: list[Look] = []
    for i in range(reading.n):
        if reading.quoted[i] or reading.pos[i] not in ("NOUN", "PROPN", "PRON"):
            continue
        lemma = reading.lemma[i]
        look: Look | None = None
        if lemma in REGION and reading.pos[i] == "NOUN" and i not in taken:
            look = _part_looks(reading, i, REGION[lemma])
        if look is None and i in reading.cast.persons:
            look = _person_looks(reading, i)
        if look is not None:
            found.append(look)
    return found


def _part_looks(reading: Reading, i: int, region: str) -> Look | None:
    dep, lower, lemma = reading.dep, reading.lower, reading.lemma
    if dep[i] == "compound":
        return None
    modifiers = [c for c in reading.children[i] if dep[c] in ("amod", "compound", "nummod")]
    if region in ("hair", "clothing"):
        fitting = [c for c in modifiers if lower[c] not in _OTHER and dep[c] != "nummod"
                   and lower[c] not in TRANSIENT | {"old"}]  # fmt: skip
    elif region == "voice":
        fitting = [c for c in modifiers if lower[c] in _VOICE_LOOK]
    else:
        fitting = [c for c in modifiers if lower[c] in LOOK]
    owner = _attached(reading, i, region)
    if fitting and owner >= 0:
        return Look(min([*fitting, i]), i + 1, region, owner)
    if (
        region == "clothing"
        and owner >= 0
        and dep[i] == "dobj"
        and lemma[reading.head[i]] == "wear"
    ):
        return Look(reading.head[i], i + 1, region, owner)
    # "Her hair was grey", "his face was a mask of lines" stay with what is said outright.
    head = reading.head[i]
    if dep[i] == "nsubj" and lemma[head] == "be" and owner >= 0 and _own(reading, i):
        state = reading.child(head, "acomp", "attr")
        if state is None or _hedged(reading, state, head):
            return None
        if lower[state] in LOOK and lower[state] not in TRANSIENT - _COLOURS:
            return Look(i, state + 1, region, owner)
        if dep[state] == "attr" and any(lower[c] in LOOK for c in reading.children[state]):
            return Look(i, state + 1, region, owner)
    return None


_VOICE_LOOK = frozenset(
    "deep low high soft hoarse gravelly raspy husky thin reedy nasal rich warm rough gentle shrill "
    "melodious sonorous booming gruff silky smooth strong throaty musical lilting clipped accented".split()
)


def _own(reading: Reading, i: int) -> bool:
    return any(reading.dep[c] == "poss" and reading.lower[c] != "its" for c in reading.children[i])


def _hedged(reading: Reading, state: int, verb: int) -> bool:
    """Whether a state is said to be passing, excessive or denied."""
    near = [*reading.children[state], *reading.children[verb]]
    return any(
        reading.lower[c] in ("too", "suddenly", "now", "enough", "not", "n't", "never")
        or reading.tag[c] == "MD"
        for c in near
    )


def _attached(reading: Reading, i: int, region: str) -> int:
    """The person a part or garment belongs to, -1 for nobody's."""
    dep, lower, lemma = reading.dep, reading.lower, reading.lemma
    persons = reading.cast.persons
    for c in reading.children[i]:
        if dep[c] == "poss":
            return c if c in persons or lower[c] in _POSSESSIVE else -1
    j = i
    for _ in range(4):
        head = reading.head[j]
        if head == j:
            return -1
        if dep[j] == "conj":
            j = head
            continue
        if dep[j] == "pobj" and lower[head] in ("with", "in", "of", "under", "beneath"):
            governor = reading.head[head]
            if governor in persons:
                return governor
            if region != "clothing" and lower[head] in ("with",) or lower[head] == "in":
                who = reading.child(governor, "nsubj", "nsubjpass", "dobj")
                if (
                    who is not None
                    and who in persons
                    and lemma[governor]
                    in ("be", "dress", "wear", "clothe", "appear", "stand", "come", "sit")
                ):
                    return who
            return -1
        if dep[j] in ("dobj", "attr") and lemma[head] in ("have", "wear", "sport", "don"):
            who = _subject(reading, head)
            return who
        return -1
    return -1


def _person_looks(reading: Reading, i: int) -> Look | None:
    """A person noun with an adjective of build, hair or age, or somebody said to be tall."""
    dep, lower = reading.dep, reading.lower
    if reading.pos[i] == "NOUN":
        for c in reading.children[i]:
            if dep[c] == "amod" and lower[c] in PERSON_LOOK:
                return Look(c, i + 1, "build", i)
            if (
                dep[c] == "amod"
                and lower[c] in AGE
                and any(lower[d] in ("a", "an") for d in reading.children[i])
            ):
                return Look(c, i + 1, "build", i)
    if dep[i] == "nsubj" and reading.lemma[reading.head[i]] in ("be", "look"):
        head = reading.head[i]
        state = reading.child(head, "acomp")
        if state is not None and lower[state] in PERSON_LOOK and not _hedged(reading, state, head):
            return Look(i, state + 1, "build", i)
    return None


# ---------------------------------------------------------------- inner life


@once
def thoughts(reading: Reading) -> list[int]:
    """Verbs of thinking, wanting and feeling with somebody in the story as subject, in narration.

    Hedges such as "I think it was Monday" and generic "you know" are left out.
    """
    found = []
    persons = reading.cast.persons
    for clause in reading.clauses:
        lemma = reading.lemma[clause.verb]
        if clause.quoted or clause.subject not in persons or clause.tense == "modal":
            continue
        if reading.lower[clause.subject] == "you":
            continue
        if lemma in COGNITION or lemma in VOLITION:
            found.append(clause.verb)
        elif lemma == "feel" and reading.child(clause.verb, "ccomp", "acomp", "dobj") is not None:
            found.append(clause.verb)
    return found
