"""Dreams and visions that are told, as against the word "dream"."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.clauses import Clause
from storyscope.extract.layers.phrases import Phrases
from storyscope.extract.layers.tense import Told, dynamic, told
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["Dream", "doubts", "dream_words", "dreams", "visions", "wakings"]

WAKE = words("verbs", "wake")
SLEEP = words("verbs", "sleep")
DREAM = frozenset({"dream", "nightmare", "dreamt"})
_WAKING = Phrases(words("time", "waking"))
_ASLEEP = Phrases(words("time", "asleep"))
_DOUBT = Phrases(words("time", "doubt_of_waking"))
_PERSONAL = frozenset("i he she we they you".split())
_ABOVE = frozenset("in during inside within throughout".split())
_HAPPENS = frozenset("begin come return start be go open visit change follow take".split())
_RINGS = frozenset("phone telephone clock alarm bell radio".split())
_RINGING = frozenset("click ring buzz go blare beep sound shrill chirp vibrate trill".split())
_EYES = frozenset("open fly snap flutter shoot blink spring pop".split())
_VISITS = frozenset("visit come appear see meet speak return".split())
_AGAIN = frozenset("often always sometimes never usually every ever perhaps maybe if".split())
_DOING = words("verbs", "motion", "speech", "see", "harm", "urgent")
_RETURNS = frozenset("now today".split())
LEAST = 3
"""Finite clauses of what happens that make a telling."""
REACH = 30
"""Sentences that a dream is followed at most."""


class Dream(NamedTuple):
    """One dream told: tokens [start, end), where its waking stands (-1 if untold), the way in."""

    start: int
    end: int
    waking: int
    entry: str


@once
def dream_words(reading: Reading) -> list[int]:
    """Every word of dreaming, told or merely mentioned, in narration."""
    return [i for i, lemma in enumerate(reading.lemma) if lemma in DREAM and not reading.quoted[i]]


@once
def dreams(reading: Reading) -> list[Dream]:
    """Dreams told as scenes, in order, not overlapping.

    Two ways in: a word of dreaming that opens a telling ("she dreamed that", "in the dream", a
    dream that begins); a waking in bed out of what was told as if it happened.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = "That night she dreamed. The stairs went on. She climbed. Her father waited above."
    >>> len(dreams(read(told))), len(dreams(read("She dreamed of becoming a doctor.")))
    (1, 0)
    """
    found = [d for i in _entries(reading) if (d := _told_after(reading, i)) is not None]
    found += _woken_from(reading)
    found += _slept_through(reading)
    found += _slept_between(reading)
    found += _impossible(reading)
    kept: list[Dream] = []
    for dream in sorted(found, key=lambda d: (d.start, -d.end)):
        if not kept or dream.start >= kept[-1].end:
            kept.append(dream)
    return kept


# ---------------------------------------------------------------- by a word of dreaming


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
    if _often(reading, reading.sentence(i)) or any(c.modal for c in tells.mains[:1]):
        return False
    return reading.tag[i] == "NN" or not any(c.tense == "present" for c in tells.mains)


def _often(reading: Reading, sentence: Span) -> bool:
    """Whether a sentence says that something comes again and again."""
    return bool(_AGAIN & set(reading.lower[sentence.start : sentence.end]))


def _negated(reading: Reading, i: int) -> bool:
    return any(reading.dep[c] == "neg" or reading.tag[c] == "MD" for c in reading.children[i])


def _tells(reading: Reading, i: int) -> bool:
    """Whether a form of the verb "dream" opens a telling: finite, personal, not of an ambition."""
    if reading.tag[i] not in ("VBD", "VBP", "VBZ", "VBN", "VBG"):
        return False
    if reading.dep[i] in ("relcl", "acl", "amod", "advcl", "ccomp", "xcomp"):
        return False
    if _often(reading, reading.sentence(i)) or "?" in reading.lower[slice(*reading.sentence(i))]:
        return False
    subject = reading.child(i, "nsubj")
    if subject is None and reading.dep[i] == "conj":
        subject = reading.child(reading.head[i], "nsubj")
    if subject is None or not (
        subject in reading.cast.persons or reading.lower[subject] in _PERSONAL
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
            if _wakes(reading, sentence, tellings[k]):
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


# ---------------------------------------------------------------- by sleeping and waking


def _sleeper(reading: Reading, sentence: Span, tells: Told) -> int:
    """Token of somebody who falls asleep or sleeps in a sentence, -1 for nobody."""
    for c in tells.clauses:
        if (
            c.negated
            or c.modal
            or c.subject < 0
            or (c.pluperfect and "before" not in tells.words and "sooner" not in tells.words)
        ):
            continue
        if not (reading.lower[c.subject] in _PERSONAL or c.subject in reading.cast.persons):
            continue
        if reading.lemma[c.verb] in SLEEP or reading.lemma[c.verb] == "snore":
            return c.subject
        following = reading.lower[c.verb : c.verb + 4]
        if "asleep" in following and reading.lemma[c.verb] in ("fall", "be", "drift", "drop"):
            return c.subject
        if reading.lemma[c.verb] in ("drift", "doze", "nod", "drop", "slip") and following[1:2] == [
            "off"
        ]:
            return c.subject
        nods = reading.lemma[c.verb] == "nod" and following[1:2] in (["over"], ["beside"])
        if nods and not {"head", "to"} & set(following):
            return c.subject
        if reading.lemma[c.verb] == "lie" and following[1:2] == ["down"]:
            return c.subject
        child = reading.child(c.verb, "xcomp")
        if child is not None and reading.lemma[child] in SLEEP | {"snore"}:
            return c.subject
    return -1


def _slept_through(reading: Reading) -> list[Dream]:
    """Somebody falls asleep, and a start or opened eyes end what is told then."""
    tellings = told(reading)
    found = []
    for k, sentence in enumerate(reading.sentences[:-1]):
        if _sleeper(reading, sentence, tellings[k]) < 0 and not _taken(reading, tellings[k]):
            continue
        inside = 0
        paragraph = reading.paragraph_of[sentence.start]
        for j in range(k + 1, min(len(tellings), k + REACH)):
            span = reading.sentences[j]
            if reading.paragraph_of[span.start] > paragraph + 1 or _time_passes(reading, span):
                break
            if _START & set(reading.lower[span.start : span.end]) and _wakes(
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


def _slept_between(reading: Reading) -> list[Dream]:
    """Somebody falls asleep, lies down or goes to bed, acts all the same, and wakes.

    Going to bed and lying are no sleep yet, so that what comes then must open a paragraph, and
    nobody may lie awake or get up again. What is told of a sleeper who only sleeps is no dream.
    """
    tellings = told(reading)
    found: list[Dream] = []
    k = 0
    while k < len(tellings) - 1:
        sentence = reading.sentences[k]
        asleep = _sleeper(reading, sentence, tellings[k]) >= 0 or _taken(reading, tellings[k])
        bed = not asleep and _to_bed(reading, tellings[k])
        k += 1
        if not (asleep or bed) or reading.quoted[sentence.start] or _often(reading, sentence):
            continue
        first = reading.sentences[k].start
        if bed and first not in _paragraph_starts(reading):
            continue
        before, after = tellings[k - 1].mains, tellings[k].mains
        if before and after and before[-1].tense != after[0].tense:
            continue  # an act of a play in the present, and who played in it
        sleeper = _names_of(reading, _sleeper(reading, sentence, tellings[k - 1]))
        inside, acts, own, odd, j = 0, 0, 0, 0, k
        alone = -1  # where the sleeper's paragraph ends, and what was told up to there
        while j < min(len(tellings), k + REACH):
            span, tells = reading.sentences[j], tellings[j]
            if _wakes(reading, span, tells) or _starts_up(reading, tells):
                break
            if _time_passes(reading, span) or _AWAKE & set(tells.words):
                inside = -REACH
                break
            if j > k and (_sleeper(reading, span, tells) >= 0 or _to_bed(reading, tells)):
                inside = -REACH
                break
            if j > k and alone < 0 and span.start in _paragraph_starts(reading):
                alone = j if own and acts > own and inside >= LEAST else 0
            inside += len(tells.mains)
            doers = [c for c in tells.clauses if c.subject >= 0 and _acts_in(reading, c)]
            acts += len(doers)
            own += sum(
                c.subject >= 0
                and reading.lower[c.subject] in sleeper
                and (
                    c in doers or reading.lemma[c.verb] in ("think", "see", "know", "want", "feel")
                )
                for c in tells.clauses
            )
            odd += _odd(reading, span, tells)
            j += 1
        if alone < 0 and own and acts > own and inside >= LEAST:
            alone = j
        woken = j < len(tellings) and j < k + REACH
        strange = odd >= 1 and asleep
        if not woken and asleep and alone > 0 and inside > 0:
            j = alone
            strange = True
            acts = max(acts, 2)
        if inside >= LEAST and ((woken and acts >= 2) or (strange and acts + odd >= 2)):
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
    return frozenset({word} if word in _PERSONAL else {word, "he", "she"})


@once
def _paragraph_starts(reading: Reading) -> frozenset[int]:
    return frozenset(p.start for p in reading.paragraphs)


def _acts_in(reading: Reading, clause: Clause) -> bool:
    """Whether a person acts or speaks in a clause, and does not merely sleep."""
    who = reading.lower[clause.subject]
    person = who in _PERSONAL or clause.subject in reading.cast.persons
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


def _to_bed(reading: Reading, tells: Told) -> bool:
    """Whether somebody goes to bed, lies down, shuts their eyes or sits down for a moment."""
    for c in tells.mains:
        if c.negated or c.modal or c.pluperfect or c.subject < 0:
            continue
        if reading.lower[c.subject] not in _PERSONAL and c.subject not in reading.cast.persons:
            continue
        lemma, near = reading.lemma[c.verb], set(reading.lower[c.verb : c.verb + 5])
        goes = lemma in ("go", "climb", "crawl", "lie") or (
            lemma == "get" and near & {"in", "into", "to"}
        )
        if goes and near & {"bed", "bunk"}:
            return True
        if lemma in ("shut", "close") and "eyes" in near:
            return True
    return False


_STIRS = WAKE | SLEEP | frozenset("stir snore murmur mumble shift roll toss turn rise".split())
_AWAKE = frozenset("awake sleepless insomnia wakeful".split())


def _starts_up(reading: Reading, tells: Told) -> bool:
    """Say, "His chin struck the blotter": a sleeper's own head, or blankets, end it."""
    return any(
        c.subject >= 0
        and reading.lemma[c.subject] in ("chin", "head", "forehead", "elbow")
        and reading.lemma[c.verb] in ("strike", "hit", "jerk", "drop", "knock", "snap", "slip")
        for c in tells.clauses
    )


# ---------------------------------------------------------------- by what cannot be

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


def _odd(reading: Reading, sentence: Span, tells: Told) -> int:
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
            lower[c.subject] in _PERSONAL or c.subject in reading.cast.persons
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


def _impossible(reading: Reading) -> list[Dream]:
    """A stretch in which things happen that cannot, and that a bed, a waking or the morning ends.

    Nothing of the kind may be told elsewhere: in a story where walls are walked through they are
    walked through.
    """
    tellings = told(reading)
    odd = [
        k
        for k, (s, t) in enumerate(zip(reading.sentences, tellings, strict=True))
        if _odd(reading, s, t)
    ]
    if not odd or odd[-1] - odd[0] > REACH:
        return []
    for j in range(odd[-1] + 1, min(odd[-1] + REACH // 2, len(tellings))):
        sentence, tells = reading.sentences[j], tellings[j]
        if not tells.words or _time_passes(reading, sentence):
            continue
        woken = _wakes(reading, sentence, tells) or _starts_up(reading, tells)
        light = len(odd) >= 2 and _MORNING & set(tells.words) and _IN_PLACE & set(tells.words)
        if not (woken or light or _EXITS & set(tells.words)):
            continue
        begin = odd[0]
        while begin > 0 and reading.sentences[begin].start not in _paragraph_starts(reading):
            begin -= 1
        inside = sum(len(t.mains) for t in tellings[begin:j])
        if inside >= LEAST:
            start = reading.sentences[begin].start
            return [Dream(start, reading.sentences[j - 1].end, sentence.start, "impossible")]
    return []


_IN_PLACE = frozenset("window chair curtains shutters room".split())


def _taken(reading: Reading, tells: Told) -> bool:
    """Say, "Sleep took her", "the fever carried him off"."""
    return any(
        c.subject >= 0
        and reading.lemma[c.subject] in ("sleep", "slumber", "fever", "drowsiness")
        and reading.lemma[c.verb] in ("take", "claim", "overtake", "come", "find", "carry")
        for c in tells.mains
    )


_START = frozenset(
    "gasp gasping gasped start startled sweat sweating drenched screaming scream screamed upright jolt "
    "jolted bolt bolted pounding racing hammering panting trembling".split()
)


def _time_passes(reading: Reading, sentence: Span) -> bool:
    opening = reading.lower[sentence.start : sentence.start + 4]
    return bool({"morning", "dawn", "later", "daylight", "sunrise", "next"} & set(opening))


def _woken_from(reading: Reading) -> list[Dream]:
    """Somebody who was doing things wakes: what was told in the paragraph was dreamed.

    Nobody falls asleep, faints or goes to bed in it, and no time passes.
    """
    tellings = told(reading)
    found = []
    for k, sentence in enumerate(reading.sentences):
        if k < 2 or not _wakes(reading, sentence, tellings[k]) or _often(reading, sentence):
            continue
        if _time_passes(reading, sentence) or any(
            reading.lemma[c.verb] in WAKE and not c.main and c.mark != "because"
            for c in tellings[k].clauses
        ):
            continue
        paragraph = reading.paragraph_of[sentence.start]
        if not (_BED | _RINGS) & set(reading.lower[sentence.start : sentence.end]):
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


_BED = frozenset(
    "alarm pillow bed sheets blankets blanket mattress bedroom covers duvet quilt couch sofa".split()
)


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


_LYING = frozenset(
    "sleepy bed tired exhausted exhaustion fainted faint unconscious unconsciousness passed "
    "blackness black blackout drugged drunk coma night nights tonight midnight morning mornings "
    "hours days weeks months years rest rested nap anesthesia surgery hospital consciousness collapsed closed".split()
)


# ---------------------------------------------------------------- waking and doubt


def _wakes(reading: Reading, sentence: Span, tells: Told) -> bool:
    """Whether somebody wakes in a sentence of narration."""
    for c in tells.clauses:
        if c.modal or c.negated or c.pluperfect:
            continue
        lemma = reading.lemma[c.verb]
        # "He woke her": the sleeper is the object, and it is a waking all the same.
        wakes = lemma in WAKE and lemma != "rouse" and (lemma != "jolt" or "awake" in tells.words)
        if wakes and c.subject >= 0 and not (c.mark and c.tense == "present"):
            return True
        subject = reading.lemma[c.subject] if c.subject >= 0 else ""
        if (
            subject in _RINGS
            and lemma in _RINGING
            and {"pillow", "bed", "nightstand", "bedside", "locker", "head"} & set(tells.words)
        ):
            return True
        if (
            lemma in _EYES
            and subject == "eye"
            and (lemma == "open" or "open" in reading.lower[c.verb : c.verb + 3])
        ):
            return lemma != "open" or reading.child(c.verb, "dobj") is None
        if (
            lemma == "open"
            and c.mark == "when"
            and {"eye", "eyes", "them"} & set(reading.lower[c.verb : c.verb + 4])
        ):
            return True
        near = reading.lower[c.verb : c.verb + 4]
        if lemma in ("sit", "bolt", "jerk", "snap", "start", "come") and (
            "awake" in near
            or ("upright" in near and "bed" in tells.words)
            or (near[:3] in (["sat", "up", "gasping"], ["sits", "up", "gasping"]))
        ):
            return True
    return bool(_WAKING.find(tells.words))


@once
def wakings(reading: Reading) -> list[Span]:
    """Narrated sentences in which somebody wakes.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> story = read("She woke at dawn. The noise would have woken her. It was a wake.")
    >>> [story.text_of(s) for s in wakings(story)]
    ['She woke at dawn.']
    """
    return [
        s
        for s, t in zip(reading.sentences, told(reading), strict=True)
        if t.words and _wakes(reading, s, t) and _somebody_wakes(reading, t)
    ]


def _somebody_wakes(reading: Reading, tells: Told) -> bool:
    """Whether it is a person who wakes, and more than opened eyes say so."""
    if _WAKING.find(tells.words):
        return True
    for c in tells.clauses:
        lemma = reading.lemma[c.verb]
        flew_open = lemma in _EYES - {"open"} and "open" in reading.lower[c.verb : c.verb + 3]
        if flew_open or (lemma in WAKE and not c.modal and not c.negated):
            woken = [c.subject, *(x for x in reading.children[c.verb] if reading.dep[x] == "dobj")]
            if flew_open or any(
                i >= 0 and (reading.lower[i] in _PERSONAL or i in reading.cast.persons)
                for i in woken
            ):
                return True
    return False


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
