"""Dreams and visions that are told, as against the word "dream"."""

from __future__ import annotations

from storyscope.extract.layers.phrases import Phrases
from storyscope.extract.layers.sleep import LEAST, PERSONAL, REACH, Dream, often, wakes, wakings
from storyscope.extract.layers.tense import Told, told
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["Dream", "doubts", "dream_words", "dreams", "visions", "wakings"]

DREAM = frozenset({"dream", "nightmare", "dreamt"})
_ASLEEP = Phrases(words("time", "asleep"))
_DOUBT = Phrases(words("time", "doubt_of_waking"))
_ABOVE = frozenset("in during inside within throughout".split())
_HAPPENS = frozenset("begin come return start be go open visit change follow take".split())
_VISITS = frozenset("visit come appear see meet speak return".split())
_DOING = words("verbs", "motion", "speech", "see", "harm", "urgent")
_RETURNS = frozenset("now today".split())


@once
def dream_words(reading: Reading) -> list[int]:
    """Every word of dreaming, told or merely mentioned, in narration."""
    return [i for i, lemma in enumerate(reading.lemma) if lemma in DREAM and not reading.quoted[i]]


@once
def dreams(reading: Reading) -> list[Dream]:
    """Dreams told as scenes, in order, not overlapping.

    The way in is a word of dreaming that opens a telling: "she dreamed that", "in the dream", a
    dream that begins. What only a waking shows to have been dreamed is not found: of the places in
    real stories that sleep, waking or impossible things pointed to, few were dreams (2 of 16 read).

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "That night she dreamed. The stairs went on. She climbed. Her father waited above."
    >>> len(dreams(read(told))), len(dreams(read("She dreamed of becoming a doctor.")))
    (1, 0)
    """
    found = [d for i in _entries(reading) if (d := _told_after(reading, i)) is not None]
    kept: list[Dream] = []
    for dream in sorted(found, key=lambda d: (d.start, -d.end)):
        if not kept or dream.start >= kept[-1].end:
            kept.append(dream)
    return kept


def _entries(reading: Reading) -> list[int]:
    """Words by which a telling of a dream may begin."""
    entries = []
    dep, lower, lemma, tag = reading.dep, reading.lower, reading.lemma, reading.tag
    for i in dream_words(reading):
        if reading.pos[i] == "VERB":
            if _tells(reading, i):
                entries.append(i)
            continue
        if reading.pos[i] != "NOUN":
            continue
        sentence = reading.sentence(i)
        if dep[i] in ("compound", "amod") or "?" in lower[sentence.start : sentence.end]:
            continue
        if lower[i + 1 : i + 3] == ["come", "true"] or lower[sentence.start] in ("like", "as"):
            continue
        if _wished(reading, i) or "no" in lower[i - 3 : i] or not _once_told(reading, i):
            continue
        head = reading.head[i]
        barred = dep[head] in ("advcl", "relcl", "acl", "ccomp") or _negated(reading, head)
        if dep[i] == "pobj" and lower[head] in _ABOVE and i - sentence.start <= 6:
            first = head - sentence.start <= 1 or (
                tag[i] == "NN" and reading.pos[reading.head[head]] in ("VERB", "AUX")
            )
            if first and any(
                dep[c] in ("det", "poss") and lower[c] != "its" for c in reading.children[i]
            ):
                entries.append(i)
        elif barred:
            continue
        elif dep[i] == "dobj" and lemma[head] in ("have", "dream", "remember"):
            if tag[i] == "NN" and tag[head] in ("VBD", "VBP", "VBZ", "VBN"):
                entries.append(i)
        elif dep[i] in ("nsubj", "nsubjpass") and lemma[head] in _HAPPENS:
            # "The dream was to sail" is a wish; "the dream was always the same" is told.
            same = lemma[head] != "be" or "same" in lower[head : head + 5]
            told_of = lemma[i] == "dream" or "same" in lower[head : head + 5]
            if tag[i] == "NN" and same and told_of and lower[i + 1 : i + 2] != ["of"]:
                entries.append(i)
    return sorted(entries + _visits(reading))


def _visits(reading: Reading) -> list[int]:
    """Say, "In her sleep", where somebody comes, speaks or is seen in it."""
    return [
        i
        for i, lemma in enumerate(reading.lemma)
        if lemma == "sleep"
        and reading.pos[i] == "NOUN"
        and reading.lower[reading.head[i]] == "in"
        and reading.child(i, "poss") is not None
        and reading.lemma[reading.head[reading.head[i]]] in _VISITS
        and not reading.quoted[i]
    ]


def _wished(reading: Reading, i: int) -> bool:
    """Whether a dream is one of doing something: an ambition."""
    return any(
        (reading.dep[c] == "prep" and any(reading.dep[o] == "pcomp" for o in reading.children[c]))
        or (reading.dep[c] == "acl" and reading.tag[c] == "VB")
        for c in reading.children[i]
    )  # fmt: skip


def _once_told(reading: Reading, i: int) -> bool:
    """Whether the sentence of a dream's noun tells of one dream and not of what dreams are like."""
    tells = told(reading)[reading.sentence_of[i]]
    if "same" in tells.words:
        return True
    if often(reading, reading.sentence(i)) or any(c.modal for c in tells.mains[:1]):
        return False
    return reading.tag[i] == "NN" or not any(c.tense == "present" for c in tells.mains)


def _negated(reading: Reading, i: int) -> bool:
    return any(reading.dep[c] == "neg" or reading.tag[c] == "MD" for c in reading.children[i])


def _tells(reading: Reading, i: int) -> bool:
    """Whether a form of the verb "dream" opens a telling: finite, personal, not of an ambition."""
    if reading.tag[i] not in ("VBD", "VBP", "VBZ", "VBN", "VBG"):
        return False
    if reading.dep[i] in ("relcl", "acl", "amod", "advcl", "ccomp", "xcomp"):
        return False
    if often(reading, reading.sentence(i)) or "?" in reading.lower[slice(*reading.sentence(i))]:
        return False
    subject = reading.child(i, "nsubj")
    if subject is None and reading.dep[i] == "conj":
        subject = reading.child(reading.head[i], "nsubj")
    if subject is None or not (
        subject in reading.cast.persons or reading.lower[subject] in PERSONAL
    ):
        return False
    for c in reading.children[i]:
        if (
            reading.lower[c] == "still"
            or reading.dep[c] in ("neg", "prt")
            or reading.tag[c] == "MD"
            or reading.lower[c] == "always"
        ):
            return False
        if reading.dep[c] == "dobj" and reading.lemma[c] in ("night", "time"):
            continue
        if reading.dep[c] == "dobj" and (reading.lemma[c] not in DREAM or reading.tag[c] == "NNS"):
            return False
        if reading.dep[c] == "prep" and reading.lower[c] not in ("of", "about"):
            return False
        if reading.dep[c] == "prep" and reading.lower[c] in ("of", "about"):
            if reading.lower[subject] in ("we", "they"):
                return False  # what several dream of is a hope
            if any(reading.dep[o] == "pcomp" for o in reading.children[c]):
                return False
    return True


def _told_after(reading: Reading, entry: int) -> Dream | None:
    """What is told of the dream that a word opens, or None where too little is.

    The word may stand in a sentence that names the dream only ("dreamed of her mother"); then
    what follows must not go on with the day.
    """
    tellings = told(reading)
    first = reading.sentence_of[entry]
    paragraph = reading.paragraph_of[entry]
    # "Dreamed of the sea" may be all that is told: the scene must follow at once.
    topic = reading.child(entry, "prep") is not None
    lasting = reading.lower[reading.head[entry]] in _ABOVE and reading.dep[entry] == "pobj"
    end, waking, inside = first, -1, 0
    for k in range(first, min(len(tellings), first + REACH)):
        sentence = reading.sentences[k]
        here = reading.paragraph_of[sentence.start]
        if k > first:
            if here > paragraph + (1 if not topic and (inside < LEAST or lasting) else 0):
                break
            if wakes(reading, sentence, tellings[k]):
                waking = sentence.start
                break
            if reading.lower[sentence.start] in _RETURNS or _goes_on(
                reading, entry, k, tellings[k]
            ):
                break
        inside += sum(c.verb > entry and c.tense != "modal" for c in tellings[k].clauses)
        end = k
    if inside < LEAST or (end == first and not _own_scene(reading, entry, tellings[first])):
        return None
    return Dream(reading.sentences[first].start, reading.sentences[end].end, waking, "word")


def _own_scene(reading: Reading, entry: int, tells: Told) -> bool:
    """Whether the sentence of the word tells the dream by itself, in clauses that hang on it."""
    span = reading.subtree(entry)
    return sum(span.start <= c.verb < span.end and c.verb != entry for c in tells.clauses) >= LEAST


def _goes_on(reading: Reading, entry: int, k: int, tells: Told) -> bool:
    """Whether a sentence goes on with the dreamer's day after a dream in the past perfect."""
    mains = told(reading)[reading.sentence_of[entry]].mains
    if not mains or not mains[0].pluperfect:
        return False
    return bool(tells.mains) and not any(c.pluperfect for c in tells.mains)


@once
def doubts(reading: Reading) -> list[Span]:
    """Narrated sentences that ask or deny whether what is told was dreamed or imagined."""
    return [
        s
        for s, t in zip(reading.sentences, told(reading), strict=True)
        if t.words and _DOUBT.find(t.words)
    ]


@once
def visions(reading: Reading) -> list[int]:
    """Visions, hallucinations, apparitions and mirages that somebody has or sees."""
    found = []
    for i, lemma in enumerate(reading.lemma):
        if lemma in ("hallucinate", "hallucination", "apparition", "mirage"):
            if not reading.quoted[i]:
                found.append(i)
        elif lemma == "vision" and not reading.quoted[i] and reading.dep[i] in ("dobj", "nsubj"):
            head = reading.lemma[reading.head[i]]
            modified = any(
                reading.dep[c] in ("amod", "poss", "compound") for c in reading.children[i]
            )
            if (
                head in ("have", "see", "come", "appear", "begin", "fade", "return")
                and not modified
            ):
                found.append(i)
    return found
