"""Names from outside the story: real places and people, works, myth, ages, machines, fiction."""

from __future__ import annotations

from functools import cache

from storyscope.extract.layers.person import spoken
from storyscope.extract.layers.phrases import Phrases
from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, once

__all__ = ["dated", "likened_to_fiction", "machines_used", "named", "works_read"]

FICTION, MACHINES = words("world", "fiction"), words("world", "machines")
_READ = frozenset("read reread translate quote recite perform".split())
_KINDS = frozenset({"kind", "sort", "stuff", "something", "straight", "page", "scene", "character"})
_ROLES = frozenset("star hero heroine villain scene character set plot ending movie".split())
_USE = frozenset(
    "use drive ride take answer pick check dial call type ring turn switch press board start grab "
    "hold raise fire load open close light drop lift park send text watch".split()
)


@cache
def _phrases(kind: str) -> Phrases:
    return Phrases(str(name) for name in entries("world", kind))


@once
def _own_people(reading: Reading) -> frozenset[int]:
    """Tokens in names of people who take part in the story, so that no outsider is meant."""
    cast = reading.cast
    return frozenset(
        i
        for entity in cast.entities
        if entity.named and entity.n_explicit >= 3
        for m in entity.mentions
        if m.kind == "name"
        for i in range(m.start, m.end)
    )


@once
def _capitals(reading: Reading) -> list[int]:
    """Tokens written with a capital."""
    import numpy as np

    flags = reading.doc.to_array(["IS_TITLE", "IS_UPPER"])
    indices: list[int] = np.flatnonzero(flags.any(axis=1)).tolist() if reading.n else []
    return indices


def named(reading: Reading, kind: str) -> list[tuple[int, int]]:
    """Names of a list of the gazetteer, spoken ones included, as stretches of tokens.

    A name counts where it is written with a capital and is nobody's in the story.

    Parameters
    ----------
    reading : Reading
    kind : str
        "places", "people", "works", "myth" or "ages".

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("He read the Odyssey in Paris, and she sang like Orpheus.")
    >>> [reading.text_of(s) for k in ("places", "works", "myth") for s in named(reading, k)]
    ['Paris', 'Odyssey', 'Orpheus']
    """
    own = _own_people(reading)
    found = []
    for start, end in _phrases(kind).find(reading.lower, _capitals(reading)):
        if any(i in own for i in range(start, end)):
            continue
        if end - start == 1 and kind != "ages":
            if reading.tag[start] not in ("NNP", "NNPS"):
                continue
            oath = reading.lower[start + 1 : start + 2] in (["!"], [","], ["."])
            if oath and reading.lower[start] in ("jesus", "christ"):
                continue
            if kind == "places" and reading.entity[start] == "PERSON":
                continue
        found.append((start, end))
    return found


@once
def works_read(reading: Reading) -> list[tuple[int, int]]:
    """Works and authors that the story names outright, and works that somebody reads or writes.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("She was reading the Odyssey. He quoted Keats. He read the letter.")
    >>> [reading.text_of(s) for s in works_read(reading)]
    ['Odyssey', 'Keats']
    """
    found = set(named(reading, "works"))
    for span in named(reading, "people"):
        last = span[1] - 1
        head = reading.head[last]
        quoted = reading.lemma[head] in _READ and reading.dep[last] == "dobj"
        if quoted or (reading.lower[head] == "by" and reading.dep[last] == "pobj"):
            found.add(span)
    taken = {i for a, b in found for i in range(a, b)}
    for i, word in enumerate(reading.lemma):
        if word not in _READ or reading.pos[i] != "VERB":
            continue
        what = reading.child(i, "dobj")
        if what is None or what in taken or reading.tag[what] not in ("NNP", "NNPS"):
            continue
        reader = reading.child(i, "nsubj")
        if reading.entity[what] != "WORK_OF_ART" or reader not in reading.cast.persons:
            continue
        found.add((what, what + 1))
    return sorted(found)


@once
def likened_to_fiction(reading: Reading) -> list[int]:
    """Nouns of fiction by which the telling likens its matter to one or speaks of its kind.

    "Like something out of a novel", "in fairy tales"; a book on a shelf is none.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("It was like something out of a novel. In movies the bomb is red. "
    ...                "A novel lay on the shelf.")
    >>> [reading.lower[i] for i in likened_to_fiction(reading)]
    ['novel', 'movies']
    """
    found = []
    masked, lower, tag = spoken(reading), reading.lower, reading.tag
    for i, word in enumerate(lower):
        if word not in FICTION or masked[i] or not tag[i].startswith("NN"):
            continue
        if reading.dep[i] not in ("pobj", "poss") and not (
            reading.dep[i] == "compound" and reading.lemma[reading.head[i]] in _ROLES
        ):
            continue
        start = reading.sentence(i).start
        before = lower[max(start, i - 7) : i]
        near = lower[max(start, i - 4) : i]
        definite = {"the", "this", "that", "his", "her", "my", "their", "our", "your"} & set(
            lower[max(start, i - 2) : i]
        )
        if definite and "those" not in near:
            continue
        alike = "like" in before or "straight" in before or ("out" in near and "of" in near)
        kind = bool(_KINDS & set(before)) and ("of" in near or "from" in near)
        plural = tag[i] == "NNS" and lower[i - 1] in ("in", "from", "those") and i > start
        if alike or kind or plural:
            found.append(i)
    return found


@once
def dated(reading: Reading) -> list[tuple[int, int]]:
    """Years, decades, wars and ages by name: what dates the story's world.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("In 1943, before the Cold War, he sold 1200 hats.")
    >>> [reading.text_of(s) for s in dated(reading)]
    ['1943', 'Cold War']
    """
    found = set(named(reading, "ages"))
    lower, entity = reading.lower, reading.entity
    for i, word in enumerate(lower):
        if not word[:1].isdigit():
            continue
        core = word.rstrip("s").rstrip("'")
        if len(core) == 4 and core.isdigit() and "1000" <= core <= "2999":
            by = lower[i - 1] if i else ""
            if entity[i] == "DATE" and by in ("in", "of", "since", "by", ",", "the", "from", "until",
                                              "around", "before", "after", "late", "early"):  # fmt: skip
                found.add((i, i + 1))
    return sorted(found)


@once
def machines_used(reading: Reading) -> list[int]:
    """Datable machines that somebody uses in narration: answers a phone, drives a truck.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("She answered the phone and drove a truck. Robots are a topic.")
    >>> [reading.lower[i] for i in machines_used(reading)]
    ['phone', 'truck']
    """
    masked = spoken(reading)
    found = []
    for i, word in enumerate(reading.lemma):
        if word in MACHINES and not masked[i] and reading.dep[i] in ("dobj", "pobj", "nsubjpass"):
            verb = reading.head[i]
            if reading.dep[i] == "pobj":
                verb = reading.head[verb]
            if reading.lemma[verb] in _USE:
                found.append(i)
    return found
