"""How people are shown: outward looks and inner life."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.feelings import Feeling, bodily_feelings, named_feelings
from storyscope.extract.lexicon import words
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


def _subject(reading: Reading, verb: int) -> int:
    subject = reading.child(verb, "nsubj", "nsubjpass")
    if subject is None and reading.dep[verb] in ("conj", "xcomp", "advcl"):
        subject = reading.child(reading.head[verb], "nsubj", "nsubjpass")
    return subject if subject is not None and subject in reading.cast.persons else -1


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
