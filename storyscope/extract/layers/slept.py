"""Dreams told without a word of dreaming, by the sleep before them or the waking after them."""

from __future__ import annotations

from storyscope.extract.layers.clauses import Clause
from storyscope.extract.layers.sleep import (
    LEAST,
    PERSONAL,
    REACH,
    RINGS,
    SLEEP,
    START,
    WAKE,
    Dream,
    often,
    paragraph_starts,
    sleeper,
    starts_up,
    taken,
    time_passes,
    to_bed,
    wakes,
)
from storyscope.extract.layers.tense import Told, dynamic, told
from storyscope.extract.layers.unreal import odd
from storyscope.extract.reading import Reading, Span

__all__ = ["slept_between", "slept_through", "woken_from"]

_AWAKE = frozenset("awake sleepless insomnia wakeful".split())
_STIRS = WAKE | SLEEP | frozenset("stir snore murmur mumble shift roll toss turn rise".split())
_BED = frozenset(
    "alarm pillow bed sheets blankets blanket mattress bedroom covers duvet quilt couch sofa".split()
)
_LYING = frozenset(
    "sleepy bed tired exhausted exhaustion fainted faint unconscious unconsciousness passed "
    "blackness black blackout drugged drunk coma night nights tonight midnight morning mornings "
    "hours days weeks months years rest rested nap anesthesia surgery hospital consciousness collapsed closed".split()
)


def slept_through(reading: Reading) -> list[Dream]:
    """Somebody falls asleep, and a start or opened eyes end what is told then."""
    tellings = told(reading)
    found = []
    for k, sentence in enumerate(reading.sentences[:-1]):
        if sleeper(reading, sentence, tellings[k]) < 0 and not taken(reading, tellings[k]):
            continue
        inside = 0
        paragraph = reading.paragraph_of[sentence.start]
        for j in range(k + 1, min(len(tellings), k + REACH)):
            span = reading.sentences[j]
            if reading.paragraph_of[span.start] > paragraph + 1 or time_passes(reading, span):
                break
            if START & set(reading.lower[span.start : span.end]) and wakes(
                reading, span, tellings[j]
            ):
                if inside >= LEAST:
                    found.append(
                        Dream(
                            reading.sentences[k + 1].start,
                            reading.sentences[j - 1].end,
                            span.start,
                            "sleep",
                        )
                    )
                break
            inside += len(tellings[j].mains)
    return found


def slept_between(reading: Reading) -> list[Dream]:
    """Somebody falls asleep, lies down or goes to bed, acts all the same, and wakes.

    Going to bed and lying are no sleep yet, so that what comes then must open a paragraph, and
    nobody may lie awake or get up again. What is told of a sleeper who only sleeps is no dream.
    """
    tellings = told(reading)
    found: list[Dream] = []
    k = 0
    while k < len(tellings) - 1:
        sentence = reading.sentences[k]
        asleep = sleeper(reading, sentence, tellings[k]) >= 0 or taken(reading, tellings[k])
        bed = not asleep and to_bed(reading, tellings[k])
        k += 1
        if not (asleep or bed) or reading.quoted[sentence.start] or often(reading, sentence):
            continue
        first = reading.sentences[k].start
        if bed and first not in paragraph_starts(reading):
            continue
        before, after = tellings[k - 1].mains, tellings[k].mains
        if before and after and before[-1].tense != after[0].tense:
            continue  # an act of a play in the present, and who played in it
        names = _names_of(reading, sleeper(reading, sentence, tellings[k - 1]))
        inside, acts, own, marvels, j = 0, 0, 0, 0, k
        alone = -1  # where the sleeper's paragraph ends, and what was told up to there
        while j < min(len(tellings), k + REACH):
            span, tells = reading.sentences[j], tellings[j]
            if wakes(reading, span, tells) or starts_up(reading, tells):
                break
            if time_passes(reading, span) or _AWAKE & set(tells.words):
                inside = -REACH
                break
            if j > k and (sleeper(reading, span, tells) >= 0 or to_bed(reading, tells)):
                inside = -REACH
                break
            if j > k and alone < 0 and span.start in paragraph_starts(reading):
                alone = j if own and acts > own and inside >= LEAST else 0
            inside += len(tells.mains)
            doers = [c for c in tells.clauses if c.subject >= 0 and _acts_in(reading, c)]
            acts += len(doers)
            own += sum(
                c.subject >= 0
                and reading.lower[c.subject] in names
                and (
                    c in doers or reading.lemma[c.verb] in ("think", "see", "know", "want", "feel")
                )
                for c in tells.clauses
            )
            marvels += odd(reading, span, tells)
            j += 1
        if alone < 0 and own and acts > own and inside >= LEAST:
            alone = j
        woken = j < len(tellings) and j < k + REACH
        strange = marvels >= 1 and asleep
        if not woken and asleep and alone > 0 and inside > 0:
            j = alone
            strange = True
            acts = max(acts, 2)
        if inside >= LEAST and ((woken and acts >= 2) or (strange and acts + marvels >= 2)):
            end = reading.sentences[j - 1].end
            waking = reading.sentences[j].start if woken else -1
            found.append(Dream(first, end, waking, "sleep"))
            k = j
    return found


def _names_of(reading: Reading, i: int) -> frozenset[str]:
    """What a sleeper is called in what follows; any person's pronoun where that is unknown."""
    if i < 0:
        return frozenset({"i", "you", "he", "she"})
    word = reading.lower[i]
    return frozenset({word} if word in PERSONAL else {word, "he", "she"})


def _acts_in(reading: Reading, clause: Clause) -> bool:
    """Whether a person acts or speaks in a clause, and does not merely sleep."""
    who = reading.lower[clause.subject]
    person = who in PERSONAL or clause.subject in reading.cast.persons
    stirs = reading.lemma[clause.verb] in _STIRS or (
        reading.lemma[clause.verb] == "get" and "up" in reading.lower[clause.verb : clause.verb + 3]
    )
    return (
        person
        and not stirs
        and not clause.modal
        and not clause.pluperfect
        and dynamic(reading, clause)
    )


def woken_from(reading: Reading) -> list[Dream]:
    """Somebody who was doing things wakes: what was told in the paragraph was dreamed.

    Nobody falls asleep, faints or goes to bed in it, and no time passes.
    """
    tellings = told(reading)
    found = []
    for k, sentence in enumerate(reading.sentences):
        if k < 2 or not wakes(reading, sentence, tellings[k]) or often(reading, sentence):
            continue
        if time_passes(reading, sentence) or any(
            reading.lemma[c.verb] in WAKE and not c.main and c.mark != "because"
            for c in tellings[k].clauses
        ):
            continue
        paragraph = reading.paragraph_of[sentence.start]
        if not (_BED | RINGS) & set(reading.lower[sentence.start : sentence.end]):
            continue
        paragraph = min(paragraph, reading.paragraph_of[reading.sentences[k - 1].start])
        begin = k
        while begin > 0 and reading.paragraph_of[reading.sentences[begin - 1].start] >= paragraph:
            begin -= 1
        span = Span(reading.sentences[begin].start, sentence.start)
        if k - begin < 2 or _lies_down(reading, reading.sentences[begin : k + 1]):
            continue
        who = _waker(reading, tellings[k])
        if not who:
            continue
        deeds = [
            c
            for t in tellings[begin:k]
            for c in t.clauses
            if not c.modal and c.subject >= 0 and dynamic(reading, c)
        ]
        active = [c for c in deeds if reading.lower[c.subject] in who]
        inside = sum(len(t.mains) for t in tellings[begin:k])
        if (
            inside >= LEAST + 1
            and len(deeds) >= LEAST
            and active
            and not any(c.pluperfect for c in active)
        ):
            found.append(Dream(span.start, span.end, sentence.start, "waking"))
    return found


def _waker(reading: Reading, tells: Told) -> frozenset[str]:
    """What the one who wakes may be called; empty where that is unknown."""
    for c in tells.clauses:
        eyes = reading.lemma[c.verb] == "open" and reading.child(c.verb, "dobj") is not None
        if c.subject >= 0 and (eyes or reading.lemma[c.verb] in WAKE):
            word = reading.lower[c.subject]
            if word in ("i", "you"):
                return frozenset({word})
            if (reading.tag[c.subject] == "NNS" and reading.pos[c.subject] == "NOUN") or word in (
                "they",
                "we",
                "everyone",
            ):
                return frozenset()
            if word in ("he", "she"):
                return frozenset({word})
            return frozenset({word, "he", "she"})
    if "alarm" in tells.words or "dream" in tells.words or "pillow" in tells.words:
        return frozenset({"i", "you", "he", "she"})
    return frozenset()


def _lies_down(reading: Reading, sentences: list[Span]) -> bool:
    """Whether a word of sleep, faint, bed or the hour stands in what leads to a waking."""
    start, end = sentences[0].start, sentences[-1].start
    return bool(_LYING & set(reading.lower[start:end])) or any(
        reading.lemma[i] in SLEEP
        or reading.lemma[i] in WAKE
        or (
            reading.lower[i] == "asleep"
            and reading.dep[i] in ("acomp", "advmod")
            and reading.pos[reading.head[i]] in ("VERB", "AUX")
        )
        for i in range(start, end)
    )
