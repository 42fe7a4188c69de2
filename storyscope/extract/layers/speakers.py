"""Who speaks each quotation.

A sieve from sure to less sure, after He, Barbosa and Kondrak (2013) and Muzny and others (2017):
a verb of saying beside the quotation; another part of the same turn; what somebody does in the
same paragraph; the taking of turns. What none of these decides stays open.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, once

if TYPE_CHECKING:
    from storyscope.extract.layers.quotations import Quotation

__all__ = ["APART", "HOW", "Turn", "called", "turns"]

HOW = ("tag after", "tag before", "same turn", "beat", "alternation", "")
"""Ways in which a speaker was found; empty where nobody was."""
SPEECH = words("verbs", "speech")
_SUBJECT = ("nsubj", "nsubjpass")
_FINITE = frozenset({"VBD", "VBZ", "VBP"})
_REACH = 10
"""Tokens from a quotation to its verb of saying."""
APART = 60
"""Narrated words between two quotations beyond which turns are no longer taken."""
_CLOSE = 12
"""Narrated words between two turns up to which the second answers the first."""
_MEMORY = 400
"""Tokens back that an earlier speaker is remembered."""
_PAUSE = frozenset({",", ".", "!", "?", "...", "-", "--", "—", ";", '"', "'"})


class Turn(NamedTuple):
    """One quotation and who speaks it.

    Attributes
    ----------
    quotation : Quotation
        Its tokens [start, end).
    entity : int
        Index into `Cast.entities`; -1 where it is not known who speaks.
    how : str
        One of `HOW`.
    verb : int
        Token of the verb of saying, -1 without one.
    block : int
        Quotations of one paragraph, or of one uninterrupted turn, share a number.
    """

    quotation: Quotation
    entity: int
    how: str
    verb: int
    block: int


@once
def turns(reading: Reading) -> list[Turn]:
    r"""Every quotation with its speaker.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = '"Where is it?" Mara asked.\n"Gone," said Tom.\n"When?"\n"At noon."'
    >>> reading = read(story)
    >>> cast = reading.cast
    >>> [(cast.entities[t.entity].label, t.how) for t in turns(reading)]
    [('Mara', 'tag after'), ('Tom', 'tag after'), ('Mara', 'alternation'), ('Tom', 'alternation')]
    """
    quotations = reading.quotations
    found: list[_Found] = []
    for k in range(len(quotations)):
        found.append(_tagged(reading, k, found))
    blocks = _blocks(reading, found)
    _correct_pronouns(reading, blocks, found)
    _spread(found, blocks)
    _beats(reading, blocks, found)
    _spread(found, blocks)
    _look_ahead(reading, blocks, found)
    _spread(found, blocks)
    _alternate(reading, blocks, found)
    _spread(found, blocks)
    return [
        Turn(quotation, entity, how, verb, block)
        for quotation, block, (entity, how, verb) in zip(quotations, blocks, found, strict=True)
    ]


_Found = tuple[int, str, int]


def _blocks(reading: Reading, found: list[_Found]) -> list[int]:
    """Number of the turn that each quotation belongs to.

    A new turn begins at every paragraph and where no word stands between two quotations. In a
    text whose paragraphs were joined, it also begins after a question or after several sentences.
    """
    quotations, paragraph_of = reading.quotations, reading.paragraph_of
    joined = _joined(reading)
    blocks = [0] * len(quotations)
    speaker = -1
    for k in range(1, len(quotations)):
        before, quotation = quotations[k - 1], quotations[k]
        new = paragraph_of[quotation.start] != paragraph_of[before.start]
        if not new:
            new = not reading.is_word[before.end : quotation.start].any()
        entity, how, _ = found[k - 1]
        if how:
            speaker = entity
        if not new and joined:
            new = _likely_break(reading, k, speaker, found[k])
        blocks[k] = blocks[k - 1] + new
        if new:
            speaker = -1
    return blocks


def _joined(reading: Reading) -> bool:
    """Whether quotations follow one another inside paragraphs, so that breaks have been lost."""
    quotations = reading.quotations
    touching = sum(
        reading.paragraph_of[a.start] == reading.paragraph_of[b.start]
        and not reading.is_word[a.end : b.start].any()
        for a, b in pairwise(quotations)
    )
    return touching >= 2 and touching >= 0.05 * len(quotations)


def _likely_break(reading: Reading, k: int, speaker: int, now: _Found) -> bool:
    """Whether a paragraph probably began between a quotation and the one before it.

    Where the narration between them closes a sentence, a question waits for somebody else, and a
    quotation with a tag of its own is a turn of its own, as is one that calls the last speaker by
    name or follows somebody else's doing.
    """
    before, quotation = reading.quotations[k - 1], reading.quotations[k]
    lower = reading.lower[before.end : quotation.start]
    stops = sum(w in (".", "!", "?") for w in lower)
    if not stops:
        return False
    if speaker >= 0 and speaker in called(reading, quotation):
        return True
    if lower[-1] not in (".", "!", "?"):
        return now[1] != "tag before" or now[0] != speaker
    if reading.lower[before.end - 2] == "?" or stops >= 3 or len(lower) > 30:
        return True
    if now[1] == "tag after":
        return True
    actor = _last_actor(reading, before.end, quotation.start)
    return actor >= 0 and speaker >= 0 and actor != speaker


def _last_actor(reading: Reading, start: int, end: int) -> int:
    """Entity that is subject of the last narrated main clause in [start, end), -1 if not known."""
    subjects = _subjects(reading)
    for i in range(end - 1, start - 1, -1):
        if subjects.get(i, -1) >= start:
            return reading.cast.entity_of.get(subjects[i], -1)
    return -1


@once
def _subjects(reading: Reading) -> dict[int, int]:
    """Subject of every narrated main clause, by its verb."""
    return {c.verb: c.subject for c in reading.clauses if c.main and not c.quoted}


def _tagged(reading: Reading, k: int, before: list[_Found]) -> _Found:
    """The speaker by the turn that runs on, else by a verb of saying after or before."""
    quotation = reading.quotations[k]
    if k and before[-1][1] and _runs_on(reading, k):
        return before[-1][0], "same turn", -1
    verb = _verb_after(reading, quotation, k)
    if verb >= 0:
        entity = _speaker(reading, verb, quotation)
        if entity is not None:
            return entity, "tag after", verb
    verb = _verb_before(reading, quotation, k)
    if verb >= 0:
        entity = _speaker(reading, verb, quotation)
        if entity is not None:
            return entity, "tag before", verb
    return -1, "", -1


def _runs_on(reading: Reading, k: int) -> bool:
    """Whether a quotation goes on after a tag inside the sentence: "No," he said, "not now."."""
    a, b = reading.quotations[k - 1].end, reading.quotations[k].start
    same = reading.paragraph_of[a - 1] == reading.paragraph_of[b]
    words_between = bool(reading.is_word[a:b].any())
    return same and words_between and not any(w in (".", "!", "?", ":") for w in reading.lower[a:b])


def _verb_after(reading: Reading, quotation: Quotation, k: int) -> int:
    """The verb of saying that closes on a quotation from the right, -1 without one."""
    start = quotation.end
    stop = min(start + _REACH, reading.n)
    if reading.lower[start - 2] == "." and reading.lower[start - 1] in ('"', "'", "''"):
        return -1  # the sentence is over: what follows is no tag
    if k + 1 < len(reading.quotations):
        stop = min(stop, reading.quotations[k + 1].start)
    paragraph = reading.paragraph_of[quotation.end - 1]
    for i in range(start, stop):
        if reading.paragraph_of[i] != paragraph or (
            i > start and reading.lower[i] in (".", "!", "?", ";")
        ):
            return -1
        opens = not reading.is_word[start:i].any()
        if reading.pos[i] != "VERB" or (
            reading.tag[i] in ("VBG", "VB", "VBN") and reading.dep[i] != "ROOT" and not opens
        ):
            continue
        if reading.lemma[i] in SPEECH:
            return -1 if not opens and _reports(reading, i) else i
        if _inverted(reading, i, start) or _bare(reading, i, start):
            return i
    return -1


def _reports(reading: Reading, verb: int) -> bool:
    """Whether a verb of saying has its words after it, so that it is no tag: "He said that..."."""
    after = reading.lower[verb + 1] if verb + 1 < reading.n else ""
    return after in ("that", "whether", "if") or (
        reading.child(verb, "ccomp") is not None and ((reading.child(verb, "ccomp") or 0) > verb)
    )


def _bare(reading: Reading, verb: int, start: int) -> bool:
    """Whether "he persisted." with nothing else stands right after a quotation."""
    return (
        verb == start + 1
        and reading.lower[start] in ("he", "she", "i", "they")
        and verb + 1 < reading.n
        and reading.lower[verb + 1] in (".", ",", ";", ":")
    )


def _inverted(reading: Reading, verb: int, start: int) -> bool:
    """Whether an unlisted verb opens on its subject right after a quotation: "faltered Ann"."""
    subject = reading.child(verb, *_SUBJECT)
    opens = not reading.is_word[start:verb].any()
    return opens and subject is not None and subject > verb and subject in reading.cast.persons


def _verb_before(reading: Reading, quotation: Quotation, k: int) -> int:
    """The verb of saying that leads up to a quotation by comma, colon or dash, -1 without one."""
    last = quotation.start - 1
    if last < 0 or reading.lower[last] not in (",", ":", "-", "--", "—"):
        return -1
    floor = reading.quotations[k - 1].end if k else 0
    start = max(floor, last - 25, reading.sentences[reading.sentence_of[last]].start)
    for i in range(last - 1, start - 1, -1):
        if reading.lower[i] in (".", "!", "?", ";"):
            return -1
        if (
            reading.lemma[i] in SPEECH
            and reading.pos[i] == "VERB"
            and reading.tag[i] in (*_FINITE, "VBG")
        ):
            return i
    return -1


def _speaker(reading: Reading, verb: int, quotation: Quotation) -> int | None:
    """Entity that a verb of saying has as subject; -1 for somebody unknown, None for no subject."""
    cast = reading.cast
    subject = reading.child(verb, *_SUBJECT)
    up = verb
    while subject is None and reading.dep[up] in ("conj", "advcl", "xcomp"):
        up = reading.head[up]
        subject = reading.child(up, *_SUBJECT)
    inside = subject is not None and quotation.start <= subject < quotation.end
    if subject is None or inside or subject not in cast.persons:
        subject = _beside(reading, verb, quotation)
    if subject is None:
        return None
    return cast.entity_of.get(subject, -1)


def _beside(reading: Reading, verb: int, quotation: Quotation) -> int | None:
    """A mention of a person next to a verb of saying, where the parse gives it no subject."""
    persons, quoted = reading.cast.persons, reading.quoted
    opens = not reading.is_word[quotation.end : verb].any() and verb >= quotation.end
    objects = ("pobj",) if opens else ("pobj", "dobj", "dative")
    for i in (verb - 1, verb + 1, verb - 2, verb + 2, verb + 3):
        if 0 <= i < reading.n and i in persons and not quoted[i] and reading.dep[i] != "poss":
            if i > verb + 1 and reading.dep[i] in objects:
                continue
            return i
    return None


def _correct_pronouns(reading: Reading, blocks: list[int], found: list[_Found]) -> None:
    """Mend "he said" where it was tied to whom the quotation addresses, or to who spoke last.

    Two men who take turns are both "he": the pronoun of a new turn means the other one.
    """
    quotations, entities = reading.quotations, reading.cast.entities
    spoken: list[tuple[int, int, int]] = []
    for k, quotation in enumerate(quotations):
        entity, how, verb = found[k]
        if verb >= 0 and entity >= 0 and _by_pronoun(reading, verb):
            spoken_to = called(reading, quotation)
            near = spoken and int(
                reading.narrated[quotations[spoken[-1][2]].end : quotation.start].sum()
            ) <= _CLOSE  # fmt: skip
            last = spoken[-1] if near else None
            repeats = last is not None and last[0] != blocks[k] and last[1] == entity
            if entity in spoken_to or repeats:
                gender = entities[entity].gender
                for _, other, _ in reversed(spoken):
                    if (
                        other >= 0
                        and other != entity
                        and other not in spoken_to
                        and entities[other].gender in ("", gender)
                    ):
                        found[k] = (other, how, verb)
                        break
        if found[k][1] and (not spoken or spoken[-1][0] != blocks[k]):
            spoken.append((blocks[k], found[k][0], k))
        elif found[k][1]:
            spoken[-1] = (blocks[k], found[k][0], k)


def _by_pronoun(reading: Reading, verb: int) -> bool:
    """Whether the subject of a verb of saying is "he" or "she"."""
    subject = reading.child(verb, *_SUBJECT)
    return subject is not None and reading.lower[subject] in ("he", "she")


def _spread(found: list[_Found], blocks: list[int]) -> None:
    """Give the other quotations of a turn the speaker that one of them has."""
    known: dict[int, int] = {}
    for (entity, how, _), block in zip(found, blocks, strict=True):
        if how:
            known.setdefault(block, entity)
    for k, block in enumerate(blocks):
        if not found[k][1] and block in known:
            found[k] = (known[block], "same turn", -1)


def _beats(reading: Reading, blocks: list[int], found: list[_Found]) -> None:
    """Give an untagged quotation to whoever acts in the narration that belongs to its turn."""
    quotations, cast = reading.quotations, reading.cast
    tags = {verb for _, _, verb in found}
    acts = [
        c
        for c in reading.clauses
        if c.main and not c.quoted and c.subject in cast.persons and not reading.quoted[c.subject]
        and c.verb not in tags
    ]  # fmt: skip
    at = 0
    for k, quotation in enumerate(quotations):
        if found[k][1]:
            continue
        floor, ceiling = _narration(reading, blocks, k)
        while at < len(acts) and acts[at].verb < floor:
            at += 1
        best, nearest = -1, 60
        for clause in acts[at:]:
            if clause.verb >= ceiling:
                break
            before = clause.verb < quotation.start
            gap = quotation.start - clause.verb if before else clause.verb - quotation.end
            if gap < nearest:
                best, nearest = clause.subject, gap
        if best >= 0:
            entity = cast.entity_of.get(best, -1)
            if entity >= 0 and entity not in called(reading, quotation):
                found[k] = (entity, "beat", -1)


def _narration(reading: Reading, blocks: list[int], k: int) -> tuple[int, int]:
    """Tokens [start, end) around a quotation whose narration belongs to its turn."""
    quotations = reading.quotations
    quotation = quotations[k]
    paragraph = reading.paragraphs[reading.paragraph_of[quotation.start]]
    floor, ceiling = paragraph.start, paragraph.end
    if k:
        floor = max(floor, quotations[k - 1].end)
        if blocks[k - 1] != blocks[k] and floor > paragraph.start:
            # Breaks were lost: only the sentence right before is surely this turn's.
            floor = max(floor, reading.sentences[reading.sentence_of[quotation.start - 1]].start)
    if k + 1 < len(quotations):
        ceiling = min(ceiling, quotations[k + 1].start)
        if blocks[k + 1] != blocks[k] and ceiling < paragraph.end:
            ceiling = min(ceiling, reading.sentences[reading.sentence_of[quotation.end]].end)
    return floor, ceiling


def _alternate(reading: Reading, blocks: list[int], found: list[_Found]) -> None:
    """Give an open turn to whom the last speaker called, else to who spoke before that speaker."""
    quotations = reading.quotations
    spoken: list[tuple[int, int, int]] = []  # block, speaker, last quotation
    for k, quotation in enumerate(quotations):
        block = blocks[k]
        if not found[k][1]:
            entity = _next_speaker(reading, spoken, quotation)
            if entity >= 0:
                found[k] = (entity, "alternation", -1)
        if spoken and spoken[-1][0] == block:
            spoken[-1] = (block, found[k][0] if found[k][0] >= 0 else spoken[-1][1], k)
        else:
            spoken.append((block, found[k][0], k))


def _look_ahead(reading: Reading, blocks: list[int], found: list[_Found]) -> None:
    """Give an open turn to whoever speaks the turn after next, where the turns follow closely."""
    quotations = reading.quotations
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for k, block in enumerate(blocks):
        first.setdefault(block, k)
        last[block] = k
    count = reading.narrated.cumsum()

    def close(a: int, b: int) -> bool:
        start, end = quotations[last[a]].end, quotations[first[b]].start
        return int(count[end - 1] - count[start - 1]) <= _CLOSE

    for block in range(max(blocks, default=0) - 2, -1, -1):
        k = first[block]
        if found[k][1] or not (close(block, block + 1) and close(block + 1, block + 2)):
            continue
        after, next_but_one = found[first[block + 1]], found[first[block + 2]]
        entity = next_but_one[0]
        if (
            entity >= 0
            and entity != after[0]
            and next_but_one[1] in ("tag after", "tag before", "alternation")
            and entity not in called(reading, quotations[k])
        ):
            found[k] = (entity, "alternation", -1)


def _next_speaker(
    reading: Reading, spoken: list[tuple[int, int, int]], quotation: Quotation
) -> int:
    """Who takes the turn after those who have spoken, -1 where nobody plainly does."""
    if not spoken:
        return -1
    _, speaker, last = spoken[-1]
    previous = reading.quotations[last]
    if int(reading.narrated[previous.end : quotation.start].sum()) > APART:
        return -1
    spoken_to = called(reading, quotation)
    for entity in called(reading, previous):
        if entity != speaker and entity not in spoken_to and entity in _present(reading):
            return entity
    if speaker < 0:
        return -1
    for _, entity, k in reversed(spoken[:-1]):
        if reading.quotations[k].end < quotation.start - _MEMORY:
            break
        if entity >= 0 and entity != speaker and entity not in spoken_to:
            return entity
    return -1


@once
def _present(reading: Reading) -> frozenset[int]:
    """Entities that the narration mentions, and not only somebody's speech."""
    quoted = reading.quoted
    return frozenset(m.entity for m in reading.cast.mentions if not quoted[m.head])


def called(reading: Reading, quotation: Quotation) -> set[int]:
    """Entities that a quotation addresses, as in "Come here, Ilse."."""
    found = set()
    for i in range(quotation.start + 1, min(quotation.end, reading.n) - 1):
        entity = reading.cast.entity_of.get(i)
        if entity is None or reading.pos[i] not in ("PROPN", "NOUN"):
            continue
        first = i
        while first > quotation.start and reading.tag[first - 1] in ("NNP", "PRP$", "JJ"):
            first -= 1
        if reading.lower[first - 1] in _PAUSE and reading.lower[i + 1] in _PAUSE:
            found.add(entity)
    return found
