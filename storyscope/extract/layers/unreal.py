"""Dreams told by what cannot be: things behave, walls are walked through, and a waking ends it."""

from __future__ import annotations

from storyscope.extract.layers.sleep import (
    LEAST,
    PERSONAL,
    REACH,
    Dream,
    paragraph_starts,
    starts_up,
    time_passes,
    wakes,
)
from storyscope.extract.layers.tense import Told, told
from storyscope.extract.reading import Reading, Span

__all__ = ["impossible", "odd"]

_SOLID = frozenset(
    "wall ceiling mirror floor roof brick stone glass painting picture photograph".split()
)
_MOVES = frozenset("come fall walk step go climb pass float swim fly glide drift ride rise".split())
_PARTS = _SOLID | frozenset(
    "stair staircase corridor house door bed chair table lift clock river lake sea moon book figure "
    "statue machine tree street room number letter tooth hand furniture road bridge".split()
)
_BEHAVES = frozenset(
    "walk speak talk whisper laugh ask tell say nod bow kneel dance sit sing weep smile run beg "
    "breathe melt dissolve fly float hop read bend".split()
)
_STUFF = frozenset("bread wax ice paper glass hair water teeth sugar milk smoke".split())
_EXITS = frozenset("pillow blanket blankets sheet sheets alarm duvet quilt cushion".split())
_MORNING = frozenset("morning dawn daylight sunrise".split())
_IN_PLACE = frozenset("window chair curtains shutters room".split())


def odd(reading: Reading, sentence: Span, tells: Told) -> int:
    """How much of what a sentence tells cannot be.

    Things behave, walls are walked through, one is two people at once or turns into another.
    """
    count = 0
    lower, lemma = reading.lower, reading.lemma
    for c in tells.clauses:
        if c.negated or c.modal or c.mark == "if":
            continue
        verb = lemma[c.verb]
        prep = lower[c.verb + 1 : c.verb + 7]
        person = c.subject >= 0 and (
            lower[c.subject] in PERSONAL or c.subject in reading.cast.persons
        )
        if verb in _MOVES and "through" in prep:
            after = reading.lemma[c.verb + 1 + prep.index("through") :][:4]
            count += bool(_SOLID & set(after)) and "window" not in after
        elif not person and c.subject >= 0 and lemma[c.subject] in _PARTS and verb in _BEHAVES:
            count += not {"like", "as"} & set(prep[:4]) and "said" not in lower[c.verb : c.verb + 1]
        elif verb == "be" and {"also", "somehow"} & set(prep[:3]) and person:
            count += reading.child(c.verb, "attr") is not None
        elif verb == "turn" and prep[:1] == ["into"] and person:
            count += 1
        elif verb in ("have", "wear") and "face" in prep[:4] and {"my", "your"} & set(prep[:3]):
            count += c.subject >= 0 and lower[c.subject] in ("he", "she", "it")
    text = tells.words
    # "That night I was back in the house".
    count += text[:2] == ("that", "night") and any(
        lemma[c.verb] == "be" and "back" in lower[c.verb + 1 : c.verb + 2] for c in tells.mains
    )
    count += any(
        a == "made" and b == "of" and c in _STUFF
        for a, b, c in zip(text, text[1:], text[2:], strict=False)
    )
    spoken = any(
        a == "in" and b in ("my", "his", "her") and d in ("'s", "’s") and e == "voice"
        for a, b, d, e in zip(text, text[1:], text[3:], text[4:], strict=False)
    )
    return count + spoken


def impossible(reading: Reading) -> list[Dream]:
    """A stretch in which things happen that cannot, and that a bed, a waking or the morning ends.

    Nothing of the kind may be told elsewhere: in a story where walls are walked through they are
    walked through.
    """
    tellings = told(reading)
    marvels = [
        k
        for k, (s, t) in enumerate(zip(reading.sentences, tellings, strict=True))
        if odd(reading, s, t)
    ]
    if not marvels or marvels[-1] - marvels[0] > REACH:
        return []
    for j in range(marvels[-1] + 1, min(marvels[-1] + REACH // 2, len(tellings))):
        sentence, tells = reading.sentences[j], tellings[j]
        if not tells.words or time_passes(reading, sentence):
            continue
        woken = wakes(reading, sentence, tells) or starts_up(reading, tells)
        light = len(marvels) >= 2 and _MORNING & set(tells.words) and _IN_PLACE & set(tells.words)
        if not (woken or light or _EXITS & set(tells.words)):
            continue
        begin = marvels[0]
        while begin > 0 and reading.sentences[begin].start not in paragraph_starts(reading):
            begin -= 1
        inside = sum(len(t.mains) for t in tellings[begin:j])
        if inside >= LEAST:
            start = reading.sentences[begin].start
            return [Dream(start, reading.sentences[j - 1].end, sentence.start, "impossible")]
    return []
