"""Open conflict between people: blows, threats, insults, accusations, refusals and orders.

Every sign has a weight; a clash is a stretch where enough of them stand together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

__all__ = ["Sign", "clashes", "conflict_signs"]

ATTACK = words("conflict", "attack")
CONTEND = words("conflict", "contend")
OPPOSE = words("conflict", "oppose")
HOSTILE_SPEECH = words("conflict", "hostile_speech")
WEAPON, WIELD = words("conflict", "weapon"), words("conflict", "wield")
INSULT, ABUSE = words("conflict", "insult"), words("conflict", "abuse")
WRONG, PUSH = words("conflict", "wrong"), words("conflict", "push_away")
NO_FOE = words("conflict", "no_foe")
HARD_THREAT = words("conflict", "hard_blow", "threaten_with")
BODY = words("body", "face", "hair", "eyes", "build") | {
    "throat",
    "rib",
    "collar",
    "lapel",
    "sleeve",
}
_TOWARD = frozenset({"at", "against", "upon", "on", "toward", "towards", "into", "from"})
_OTHERS = frozenset({"he", "she", "they", "him", "her", "them", "me", "us", "you", "who", "whom"})
_POSSESSIVE = frozenset({"his", "her", "my", "your", "their", "our"})


class Sign(NamedTuple):
    """One sign of conflict: tokens [start, end), its kind and weight.

    Kinds: "blow", "contest", "opposition", "weapon"; and in speech "tone", "threat", "insult",
    "accusation", "refusal", "order".
    """

    start: int
    end: int
    kind: str
    weight: float


@once
def conflict_signs(reading: Reading) -> list[Sign]:
    """Signs of open conflict between people, in order.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> told = read('She struck him in the face. "If you touch her again I will kill you," he said.')
    >>> [s.kind for s in conflict_signs(told)]
    ['blow', 'threat']
    """
    return sorted([*_deeds(reading), *_words(reading)])


# ---------------------------------------------------------------- deeds


def _deeds(reading: Reading) -> list[Sign]:
    found = []
    told = _acted_out(reading)
    lemma = reading.lemma
    for i, pos in enumerate(reading.pos):
        if reading.quoted[i] or (pos == "VERB" and not told(i)):
            continue
        word = lemma[i]
        if pos == "VERB":
            sign = _blow(reading, i) if word in ATTACK or word in _COME else None
            sign = sign or _unaimed(reading, i)
            if sign is None and word in CONTEND:
                sign = _contest(reading, i)
            if sign is None and word in OPPOSE:
                sign = _opposition(reading, i)
            if sign is None and word in WIELD:
                sign = _weapon(reading, i)
            if sign is not None:
                found.append(sign)
        elif word in WEAPON and pos == "NOUN" and _weapon_out(reading, i):
            found.append(Sign(i, i + 1, "weapon", 1.0))
    return found


def _acted_out(reading: Reading) -> Callable[[int], bool]:
    """Whether a verb tells what is done here and now: not denied, possible, wished or done before."""
    finite = {c.verb: c for c in reading.clauses}

    def here(i: int) -> bool:
        clause = finite.get(i)
        if clause is not None:
            unreal = clause.negated or clause.tense == "modal" or clause.perfect
            return (
                not unreal
                and clause.mark not in ("if", "unless", "whether", "why", "how")
                and reading.dep[i] != "relcl"
            )
        if reading.tag[i] == "VB":
            return (
                reading.dep[i] == "xcomp"
                and reading.lemma[reading.head[i]] in _BEGIN
                and here(reading.head[i])
            )
        if reading.child(i, "aux", "auxpass") is not None or reading.dep[i] in (
            "pcomp",
            "acl",
            "relcl",
            "amod",
            "csubj",
        ):
            return False
        return reading.tag[i] in ("VBG", "VBN") and (reading.head[i] == i or here(reading.head[i]))

    return here


_BEGIN = frozenset("begin start try come turn continue proceed move attempt".split())
_COME = frozenset({"come", "go", "rush", "leap", "spring", "fly", "run", "throw", "fling", "close"})
HARD = words("conflict", "hard_blow")
_KINDLY = frozenset("hug kiss embrace help comfort hold laugh smile".split())
_SLIGHT = frozenset("beat kick slap bite jab tackle poke shove cuff whip club".split())
"""Blows that are as often slight, playful or figurative: they need another sign beside them."""
_LASTING = frozenset({"stab", "shoot", "strangle", "throttle"})


def _blow(reading: Reading, i: int) -> Sign | None:
    """A blow, a grip or a rush at somebody."""
    dep, lower, lemma = reading.dep, reading.lower, reading.lemma
    persons = reading.cast.persons
    subject = _subject_of(reading, i)
    if subject >= 0 and lower[subject] == "you" and lemma[i] in ("wound", "hurt", "kill", "beat"):
        return None
    rush = lemma[i] in _COME
    if any(lower[c] in _GENTLY or dep[c] in ("xcomp", "ccomp") for c in reading.children[i]):
        return None
    if any(lower[c] == "as" and dep[c] == "prep" for c in reading.children[i]):
        return None  # "he struck her as odd"
    if any(dep[c] == "conj" and lemma[c] in _KINDLY for c in reading.children[i]):
        return None  # "took him by the collar and kissed him"
    for c in reading.children[i]:
        if dep[c] in ("dobj", "nsubjpass") and not rush:
            if not _foe(reading, c, subject):
                continue
            if dep[c] == "nsubjpass" and not _done_by_somebody(reading, i):
                continue
            if dep[c] == "dobj" and subject >= 0 and not _doer(reading, subject):
                return None
            if dep[c] == "dobj" and lemma[c] in _CROWD:
                return None
            if any(
                dep[p] == "prt" and lower[p] in ("up", "off", "in") for p in reading.children[i]
            ):
                return None
            weight = 2.0 if lemma[i] in HARD - _SLIGHT else 1.25 if lemma[i] in HARD else 1.0
            if dep[c] == "nsubjpass" and reading.child(i, "agent") is None:
                weight = min(weight, 1.25)
            return Sign(min(i, c), max(i, c) + 1, "blow", weight)
        if dep[c] == "prep" and lower[c] in (
            ("at", "for", "upon") if rush else _TOWARD - {"into", "from"}
        ):
            if rush and lower[c] == "for" and lemma[i] != "go":
                continue
            target = reading.child(c, "pobj")
            if (
                target is not None
                and subject >= 0
                and _doer(reading, subject)
                and (target in persons and _other(reading, target, subject))
            ):
                if lemma[i] in ("go", "run", "fly") and lower[c] != "at":
                    continue
                return Sign(min(i, target), max(i, target) + 1, "blow", 1.5)
    return None


_BACK = frozenset({"back", "first", "out", "again"})


def _unaimed(reading: Reading, i: int) -> Sign | None:
    """A blow without a named goal, and holds: "she struck first", "he got her by the wrist"."""
    lower, lemma, dep = reading.lower, reading.lemma, reading.dep
    subject = _subject_of(reading, i)
    if subject < 0 or not _doer(reading, subject):
        return None
    target = reading.child(i, "dobj")
    if lemma[i] in _HOLD and target is not None and target in reading.cast.persons:
        by = next((c for c in reading.children[i] if lower[c] in ("by", "round", "around")), None)
        part = None if by is None else reading.child(by, "pobj")
        if part is not None and lemma[part] in _LIMB and _other(reading, target, subject):
            return Sign(i, part + 1, "blow", 1.5)
    if (
        lemma[i] in _HOLD
        and target is not None
        and lemma[target] in _LIMB
        and _foe(reading, target, subject)
    ):
        return Sign(i, target + 1, "blow", 1.0)
    if lemma[i] in _STRIKE and target is None:
        if any(lower[c] in _BACK and dep[c] in ("advmod", "prt") for c in reading.children[i]):
            return Sign(i, i + 1, "blow", 1.5)
    if lemma[i] == "open" and target is not None and lemma[target] == "fire":
        return Sign(i, target + 1, "blow", 2.0)
    if lemma[i] in ("spit", "poke", "prod", "kick", "punch", "stab", "bite"):
        into = next((c for c in reading.children[i] if lower[c] in ("in", "into", "on")), None)
        part = None if into is None else reading.child(into, "pobj")
        if part is not None and _foe(reading, part, subject):
            return Sign(i, part + 1, "blow", 1.5)
    return None


_HOLD = frozenset("get catch hold have take grip grasp seize grab hoist lift".split())
_LIMB = frozenset("arm wrist throat collar sleeve hair neck shoulder ankle ear lapel leg".split())
_STRIKE = frozenset(
    "swing strike hit shoot fire lash kick punch push shove fight spit attack".split()
)


def _subject_of(reading: Reading, i: int) -> int:
    """Subject of a verb, if need be through what it is joined to; -1 without one."""
    for _ in range(3):
        subject = reading.child(i, "nsubj", "nsubjpass")
        if subject is not None:
            return subject
        if reading.dep[i] not in ("conj", "advcl", "xcomp", "dep"):
            return -1
        i = reading.head[i]
    return -1


def _done_by_somebody(reading: Reading, i: int) -> bool:
    """Whether a passive blow is somebody's: by a person, a hand or a weapon, or deadly in itself."""
    agent = reading.child(i, "agent")
    if agent is None:
        return reading.lemma[i] in _LASTING
    by = reading.child(agent, "pobj")
    return by is not None and (
        by in reading.cast.persons or reading.lemma[by] in WEAPON or reading.lemma[by] in BODY
    )


def _doer(reading: Reading, subject: int) -> bool:
    if reading.lemma[subject] in BODY:
        return False
    return subject in reading.cast.persons or reading.lemma[subject] in WEAPON


def _foe(reading: Reading, i: int, subject: int) -> bool:
    """Whether a token is somebody other than the subject, or part of somebody other."""
    if i in reading.cast.persons:
        return _other(reading, i, subject)
    if reading.lemma[i] in BODY:
        owner = reading.child(i, "poss")
        return (
            owner is not None
            and owner in reading.cast.persons
            and _other(reading, owner, subject, own=True)
        )
    return False


_GENTLY = frozenset(
    "gently playfully lightly softly tenderly affectionately fondly up off together always often sometimes usually never accidentally".split()
)
_CROWD = frozenset("people folk everyone everybody anyone nobody humanity mankind".split())
_SAME = {"he": "his", "she": "her", "i": "my", "they": "their", "we": "our", "you": "your"}


def _other(reading: Reading, i: int, subject: int, *, own: bool = False) -> bool:
    """Whether two mentions are of different people; in doubt a possessive is the subject's own."""
    a, b = reading.lower[i], reading.lower[subject] if subject >= 0 else ""
    if a.endswith(("self", "selves")) or a in ("it", "its") or _SAME.get(b) == a:
        return False
    if subject < 0:
        return not own
    if not own:  # A plain object is never the subject of its own verb.
        return True
    known = reading.cast.entity_of
    if i in known and subject in known:
        return known[i] != known[subject]
    if own and a in _POSSESSIVE and b not in _SAME:
        return False
    return a != b


_TUSSLE = frozenset("fight wrestle grapple brawl scuffle tussle duel".split())


def _contest(reading: Reading, i: int) -> Sign | None:
    """Two against each other: "they fought", "he argued with her"."""
    weight = 2.0 if reading.lemma[i] in _TUSSLE else 1.25
    dep, lower = reading.dep, reading.lower
    subject = _subject_of(reading, i)
    if subject < 0 or subject not in reading.cast.persons:
        return None
    for c in reading.children[i]:
        if dep[c] in ("xcomp", "neg", "ccomp") or lower[c] in _GENTLY:
            return None
        if dep[c] == "dobj":
            real = reading.pos[c] != "NOUN" or any(dep[d] in ("det", "poss") for d in reading.children[c])
            return Sign(i, c + 1, "contest", weight) if real and c in reading.cast.persons else None
        if dep[c] == "prep" and lower[c] in ("with", "against"):
            target = reading.child(c, "pobj")
            if target is not None and target in reading.cast.persons:
                return Sign(min(i, target), max(i, target) + 1, "contest", weight)
            return None
        if dep[c] == "prep" and lower[c] in ("for", "through"):
            return None
    if (
        lower[subject] in ("they", "we", "both", "two")
        or any(dep[c] == "conj" for c in reading.children[subject])
        or (reading.tag[subject] in ("NNS", "NNPS"))
    ):
        return Sign(min(i, subject), max(i, subject) + 1, "contest", weight)
    return None


_MILD_OPPOSITION = frozenset(
    "warn interrupt silence dismiss reject challenge refuse fire confront resist".split()
)


def _opposition(reading: Reading, i: int) -> Sign | None:
    target = reading.child(i, "dobj", "nsubjpass", "dative")
    if target is None or target not in reading.cast.persons or reading.child(i, "neg") is not None:
        return None
    subject = _subject_of(reading, i)
    if reading.dep[target] == "dobj" and (subject < 0 or subject not in reading.cast.persons):
        return None
    if not _other(reading, target, -1 if subject == target else subject):
        return None
    weight = 0.75 if reading.lemma[i] in _MILD_OPPOSITION else 1.5
    return Sign(min(i, target), max(i, target) + 1, "opposition", weight)


_EVERYDAY = frozenset(
    "chair bottle rock stone stick cane staff bat boot fist butt hammer shovel spade brick club bow barrel".split()
)


def _weapon(reading: Reading, i: int) -> Sign | None:
    """Somebody raises, draws or points what can hurt."""
    weapon = reading.child(i, "dobj")
    if weapon is None or reading.lemma[weapon] not in WEAPON:
        return None
    subject = _subject_of(reading, i)
    if subject < 0 or subject not in reading.cast.persons:
        return None
    word = reading.lemma[i]
    if reading.lemma[weapon] in _EVERYDAY and word not in (
        "swing",
        "brandish",
        "wield",
        "hurl",
        "shake",
    ):
        return None
    if word in ("lower", "hold", "lay", "press", "grab", "reach"):
        return Sign(min(i, weapon), max(i, weapon) + 1, "weapon", 0.5)
    return Sign(min(i, weapon), max(i, weapon) + 1, "weapon", 1.5)


def _weapon_out(reading: Reading, i: int) -> bool:
    """A weapon that moves by itself or is out: "the axe came down", "he had the gun out"."""
    head = reading.head[i]
    if reading.lemma[i] in _EVERYDAY:
        return False
    if reading.dep[i] == "nsubj":
        return reading.lemma[head] in (
            "come",
            "swing",
            "crash",
            "flash",
            "fall",
            "strike",
            "press",
            "point",
        )
    return (
        reading.dep[i] in ("dobj", "nsubj")
        and reading.lemma[head] in ("have", "get")
        and any(
            reading.lower[c] in ("out", "up", "half")
            for c in (*reading.children[head], *reading.children[i])
        )
    )


# ---------------------------------------------------------------- words


def _words(reading: Reading) -> list[Sign]:
    """Signs inside quotations, and how they are said."""
    found: list[Sign] = []
    before = ""
    last_end = -1000
    for quotation in reading.quotations:
        if quotation.start - last_end > 80:
            before = ""
        opening = True
        for start, end in _utterances(reading, quotation.start, quotation.end):
            kind, weight = _speech_act(reading, start, end, before if opening else "")
            if weight:
                found.append(Sign(start, end, kind, weight))
            before = (
                "question"
                if "?" in reading.lower[max(start, end - 2) : end]
                else kind or "statement"
            )
            opening = False
        last_end = quotation.end
        tag = _said_how(reading, quotation.start, quotation.end)
        if tag >= 0 and not any(s.start == tag for s in found):
            found.append(Sign(tag, tag + 1, "tone", 0.5))
    return found


def _utterances(reading: Reading, start: int, end: int) -> list[Span]:
    """Pieces of a quotation between full stops, question and exclamation marks."""
    pieces, first = [], start
    for i in range(start, end):
        if reading.lower[i][0] in ".?!" or i == end - 1:
            if any(reading.is_word[first : i + 1]):
                pieces.append(Span(first, i + 1))
            first = i + 1
    return pieces


def _said_how(reading: Reading, start: int, end: int) -> int:
    """The hostile speech verb just before or after a quotation, -1 without one."""
    near = [*range(end, min(end + 5, reading.n)), *range(max(0, start - 5), start)]
    for i in near:
        if (
            reading.pos[i] == "VERB"
            and reading.lemma[i] in HOSTILE_SPEECH
            and not reading.quoted[i]
        ):
            if reading.child(i, "dobj") is not None:
                continue
            if (
                reading.tag[i] in ("VBD", "VBZ", "VBP")
                and _subject_of(reading, i) in reading.cast.persons
            ):
                return i
    return -1


_THREATS = (
    " you dare ", " you would n't dare ", " you would not dare ", " how dare ", " try me ", " make me ", " my dead body ", " your dead body ", " watch me ", " last warning ", " warning you ",
    " one more word ", " say that again ", " have to shoot ", " have to kill ", " you wo n't leave ",
    " wo n't get away ", " pay for this ", " pay for that ", " be sorry ", " or else ", " do n't make me ", " i swear to god ",
)  # fmt: skip
_DENIALS = (
    " not true ", " a lie ", " are lying ", " 're lying ", " are wrong ", " 're wrong ", " no right ", " none of your ",
    " your fault ", " blame you ", " because of you ", " hate you ", " how could you ", " leave me alone ", " 're dismissed ", " 're fired ",
    " are dismissed ", " are fired ", " under arrest ", " re a disgrace ", " what 's wrong with you ",
    " let go of ", " let me go ", " get out of ", " sick of you ", " enough of you ", " what have you done ", " you did this ", " you promised ",
    " what did you do ",
)  # fmt: skip
_PROHIBIT = (" you 'll not ", " you shall not ", " you 're not going ",
             " you are not going ", " you have no right ")  # fmt: skip
_REFUSE = (" i wo n't ", " i will not ", " we wo n't ", " we will not ", " i refuse ", " we refuse ", " i shan't ",
           " i sha n't ", " i 'd rather die ", " i 'm not going ", " i am not going ", " i do n't care ", " i 'll not ")  # fmt: skip
_REGRET = frozenset("regret pay sorry die hang suffer rot burn".split())
_KIND_DONT = frozenset("worry be cry mind forget fret thank mention bother tell know".split())
_PERSONAL = frozenset({"you", "your", "him", "her", "them", "ye", "thee", "it"})


def _speech_act(reading: Reading, start: int, end: int, before: str) -> tuple[str, float]:
    """The hostile act that one utterance performs, and its weight."""
    told = [
        reading.lower[i]
        for i in range(start, end)
        if reading.lower[i] not in ('"', "'", ",", "—", "...")
    ]
    text = f" {' '.join(told)} "
    question = "?" in told[-2:]
    if any(p in text for p in _THREATS) or _threatens(reading, start, end, told):
        strong = (" dare " in text and " do n't you dare " not in text) or " shoot " in text
        return "threat", 0.75 if question else 2.0 if strong else 1.25
    if _insults(reading, start, end, told, text):
        return "insult", 1.5
    if " please " in text:
        return "", 0.0
    if any(p in text and f" n't{p}" not in text and f" not{p}" not in text for p in _DENIALS):
        return "accusation", 1.25
    if not question:
        accused = _accuses(reading, start, end)
        if accused:
            return "accusation", accused
        if any(p in text and f"{p}be " not in text for p in _REFUSE) or any(
            p in text for p in _PROHIBIT
        ):
            return "refusal", 1.0
        if told and told[0] in ("no", "never", "nope") and before and before != "question":
            return "refusal", 1.25 if before == "order" else 0.5 if "!" in told[-2:] else 0.25
        ordered = _orders(reading, start, end, told)
        if ordered:
            return "order", ordered
    return "", 0.0


def _threatens(reading: Reading, start: int, end: int, told: list[str]) -> bool:
    """ "I'll kill you", "or we shoot", "you will regret it"."""
    will = any(w in ("'ll", "will", "gonna", "going", "shall") for w in told)
    for i in range(start, end):
        if reading.pos[i] != "VERB" and reading.lemma[i] != "sorry":
            continue
        subject = _subject_of(reading, i)
        who = reading.lower[subject] if subject >= 0 else ""
        if who == "you" and will and reading.lemma[i] in _REGRET:
            return True
        if who in ("i", "we", "they", "he") and will and reading.lemma[i] in HARD_THREAT:
            target = reading.child(i, "dobj")
            if (
                reading.child(i, "neg") is None
                and target is not None
                and (reading.lower[target] in _PERSONAL or reading.lemma[target] in BODY)
            ):
                return True
    return len(told) > 2 and told[0] == "or" and told[1] in _WE and will


_WE = frozenset({"i", "we", "they", "he", "she"})


def _insults(reading: Reading, start: int, end: int, told: list[str], text: str) -> bool:
    for k, i in enumerate(range(start, end)):
        if reading.lower[i].rstrip("s") in INSULT or reading.lower[i] in INSULT:
            near = reading.lower[max(start, i - 3) : i]
            if (
                "you" in near
                or len(told) <= 3
                and reading.dep[i] in ("ROOT", "npadvmod", "intj", "vocative")
            ):
                if not {"not", "n't", "no", "guinea"} & set(near):
                    return True
    return any(f" {p} " in text for p in ABUSE)


def _accuses(reading: Reading, start: int, end: int) -> float:
    """Weight of "you lied", "you're trying to", "you never listen", "you took my"."""
    blamed = 0
    for i in range(start, end):
        if reading.lower[i] != "you" or reading.dep[i] != "nsubj":
            continue
        verb = reading.head[i]
        if not start <= verb < end:
            continue
        if (
            reading.pos[verb] == "VERB"
            and reading.tag[verb] in ("VBD", "VBP", "VBN")
            and (not any(reading.tag[c] == "MD" for c in reading.children[verb]))
        ):
            blamed += reading.tag[verb] == "VBD" and reading.lemma[verb] in WRONG
            mine = reading.child(verb, "dobj")
            if mine is not None and any(
                reading.lower[c] in ("my", "our") for c in reading.children[mine]
            ):
                return 0.75
        adverbs = {reading.lower[c] for c in reading.children[verb]}
        if reading.pos[verb] == "VERB" and (
            "never" in adverbs or "always" in adverbs and reading.lemma[verb] in WRONG
        ):
            return 1.0
        past = reading.tag[verb] == "VBD" or (
            reading.tag[verb] in ("VBN", "VBG")
            and any(reading.lemma[c] in ("have", "be") for c in reading.children[verb])
        )
        if past and reading.pos[verb] == "VERB" and verb > i:
            if reading.lemma[verb] in WRONG and not reading.child(verb, "mark"):
                return 0.75
    return 0.75 if blamed >= 2 else 0.0


def _orders(reading: Reading, start: int, end: int, told: list[str]) -> float:
    """Weight of an imperative that pushes somebody away or holds them down."""
    skip = ("then", "now", "just", "so", "and", "well", "but")
    first = next(
        (i for i in range(start, end) if reading.is_word[i] and reading.lower[i] not in skip), -1
    )
    if first < 0:
        return 0.0
    loud = 0.25 if "!" in told[-2:] else 0.0
    if (
        reading.lower[first] == "do"
        and first + 1 < end
        and reading.lower[first + 1] in ("n't", "not")
    ):
        verb = reading.head[first] if reading.dep[first] == "aux" else first + 2
        return 0.0 if reading.lemma[min(verb, reading.n - 1)] in _KIND_DONT else 0.5 + loud
    if (
        reading.tag[first] in ("VB", "VBP")
        and reading.lemma[first] in PUSH
        and reading.dep[first] in ("ROOT", "ccomp")
    ):
        if reading.child(first, "nsubj") is None and len(told) <= 9:
            hard = any(f" {p} " in f" {' '.join(told)} " for p in _AWAY) or len(told) <= 2
            return (0.75 if hard else 0.25) + loud
    return 0.0


_AWAY = ("get out", "get off", "get away", "get back", "let go", "let me go", "drop it", "drop the", "stop it", "stop that",
         "back off", "stand back", "stay back", "stay away", "keep away", "hands up", "put it down", "put that down",
         "put the", "give it back", "give me that", "shut up", "shut it", "leave me", "leave us", "move aside", "stand aside")  # fmt: skip

# ---------------------------------------------------------------- clashes

NEARBY = 60
"""Tokens between two signs up to which they belong to one clash."""
ENOUGH = 2.0
PLAY = words("conflict", "play")


@once
def clashes(reading: Reading) -> list[Span]:
    """Stretches of open conflict: signs near one another whose weights add up to two or more.

    A stretch with two words of play, practice or laughter needs twice as much.
    """
    found: list[Span] = []
    group: list[Sign] = []
    for sign in [*conflict_signs(reading), None]:
        if sign is not None and (not group or sign.start - max(s.end for s in group) <= NEARBY):
            group.append(sign)
            continue
        if group:
            found += _clash(reading, group)
        group = [sign] if sign is not None else []
    return found


def _clash(reading: Reading, group: list[Sign]) -> list[Span]:
    start, end = group[0].start, max(s.end for s in group)
    first, last = reading.sentence(start).start, reading.sentence(end - 1).end
    playful = sum(w in PLAY for w in reading.lemma[first:last])
    need = ENOUGH * (2 if playful >= 2 else 1)
    if all(s.kind == "blow" and s.weight <= 1 for s in group):
        need += 1
    return [Span(start, end)] if sum(s.weight for s in group) >= need else []
