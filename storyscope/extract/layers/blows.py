"""Deeds by which people set themselves against one another: blows, contests, drawn weapons."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading

__all__ = ["Sign", "hostile_deeds", "is_foe", "subject_of"]

ATTACK = words("conflict", "attack")
CONTEND = words("conflict", "contend")
OPPOSE = words("conflict", "oppose")
WEAPON, WIELD = words("conflict", "weapon"), words("conflict", "wield")
BODY = words("body", "face", "hair", "eyes", "build") | {
    "throat",
    "rib",
    "collar",
    "lapel",
    "sleeve",
}
_TOWARD = frozenset({"at", "against", "upon", "on", "toward", "towards", "into", "from"})
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


def hostile_deeds(reading: Reading) -> list[Sign]:
    """Blows, contests, opposition and weapons in narration, as they are done here and now."""
    found = []
    told = _acted_out(reading)
    lemma = reading.lemma
    for i, pos in enumerate(reading.pos):
        if reading.quoted[i] or (pos == "VERB" and not told(i)):
            continue
        word = lemma[i]
        if pos == "VERB":
            answered = word in ("shoot", "fire") and reading.lower[i + 1 : i + 2] == ["back"]
            if answered or _at_oneself(reading, i):
                continue  # "he shot back", "I was fighting myself"
            sign = _blow(reading, i) if word in ATTACK or word in _COME else None
            sign = sign or _unaimed(reading, i)
            if sign is None and word in CONTEND:
                sign = _contest(reading, i)
            if sign is None and word in OPPOSE:
                sign = _opposition(reading, i)
            if sign is None and word in WIELD:
                sign = _weapon(reading, i)
            if sign is None and word in _CROSSING:
                sign = _crossing(reading, i)
            if sign is not None:
                found.append(sign)
        elif word in WEAPON and pos == "NOUN" and _weapon_out(reading, i):
            found.append(Sign(i, i + 1, "weapon", 1.0))
    return found


def _at_oneself(reading: Reading, i: int) -> bool:
    target = reading.child(i, "dobj")
    return target is not None and reading.lower[target].endswith("self")


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
    subject = subject_of(reading, i)
    if subject >= 0 and lower[subject] == "you" and lemma[i] in ("wound", "hurt", "kill", "beat"):
        return None
    rush = lemma[i] in _COME
    if lemma[i] == "beat" and any(lower[c] in ("to", "at") for c in reading.children[i]):
        return None  # "beat me to the raft"
    if any(lower[c] in _GENTLY or dep[c] in ("xcomp", "ccomp") for c in reading.children[i]):
        return None
    if any(lower[c] == "as" and dep[c] == "prep" for c in reading.children[i]):
        return None  # "he struck her as odd"
    if any(dep[c] == "conj" and lemma[c] in _KINDLY for c in reading.children[i]):
        return None  # "took him by the collar and kissed him"
    for c in reading.children[i]:
        if dep[c] in ("dobj", "nsubjpass") and not rush:
            if not is_foe(reading, c, subject):
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
    subject = subject_of(reading, i)
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
        and is_foe(reading, target, subject)
    ):
        return Sign(i, target + 1, "blow", 1.0)
    back = any(lower[c] in _BACK and dep[c] in ("advmod", "prt") for c in reading.children[i])
    if lemma[i] in _STRIKE and target is None and back:
        return Sign(i, i + 1, "blow", 1.5)
    if lemma[i] == "open" and target is not None and lemma[target] == "fire":
        return Sign(i, target + 1, "blow", 2.0)
    if lemma[i] in ("spit", "poke", "prod", "kick", "punch", "stab", "bite"):
        into = next((c for c in reading.children[i] if lower[c] in ("in", "into", "on")), None)
        part = None if into is None else reading.child(into, "pobj")
        if part is not None and is_foe(reading, part, subject):
            return Sign(i, part + 1, "blow", 1.5)
    return None


_HOLD = frozenset("get catch hold have take grip grasp seize grab hoist lift".split())
_LIMB = frozenset("arm wrist throat collar sleeve hair neck shoulder ankle ear lapel leg".split())
_STRIKE = frozenset(
    "swing strike hit shoot fire lash kick punch push shove fight spit attack".split()
)


def subject_of(reading: Reading, i: int) -> int:
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


def is_foe(reading: Reading, i: int, subject: int) -> bool:
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
    (
        "gently playfully lightly softly tenderly affectionately fondly up off together always often "
        "sometimes usually never accidentally"
    ).split()
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
    subject = subject_of(reading, i)
    if subject < 0 or subject not in reading.cast.persons:
        return None
    for c in reading.children[i]:
        if dep[c] in ("xcomp", "neg", "ccomp") or lower[c] in _GENTLY:
            return None
        if dep[c] == "dobj":
            real = reading.pos[c] != "NOUN" or any(
                dep[d] in ("det", "poss") for d in reading.children[c]
            )
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
    subject = subject_of(reading, i)
    if reading.dep[target] == "dobj" and (subject < 0 or subject not in reading.cast.persons):
        return None
    if not _other(reading, target, -1 if subject == target else subject):
        return None
    weight = 0.75 if reading.lemma[i] in _MILD_OPPOSITION else 1.5
    return Sign(min(i, target), max(i, target) + 1, "opposition", weight)


_WRESTING = frozenset(
    "snatch grab wrench tear rip seize pull take knock twist pry wrest strike dash".split()
)
_SPOILING = frozenset(
    "tear burn smash break rip throw fling hurl cut kick shatter destroy crush".split()
)
_BARRING = frozenset("block bar".split())
_SPURNING = frozenset("glare scowl sneer glower snarl spit".split())
_CROSSING = (
    _WRESTING | _SPOILING | _BARRING | _SPURNING | {"step", "stand", "slam", "shake", "push"}
)


def _crossing(reading: Reading, i: int) -> Sign | None:
    """What crosses somebody without a blow: wresting, spoiling, barring the way, glaring."""
    lower, lemma, dep = reading.lower, reading.lemma, reading.dep
    persons = reading.cast.persons
    subject = subject_of(reading, i)
    if subject < 0 or subject not in persons:
        return None
    thing = reading.child(i, "dobj")
    word = lemma[i]
    for c in reading.children[i]:
        target = reading.child(c, "pobj") if dep[c] == "prep" else None
        if target is None:
            continue
        theirs = is_foe(reading, target, subject)
        wrested = theirs or lemma[target] in ("grasp", "grip")
        if word in _WRESTING and thing is not None and lower[c] in ("from", "out") and wrested:
            return Sign(i, target + 1, "opposition", 1.25)
        if word in _SPURNING and lower[c] == "at" and theirs:
            return Sign(i, target + 1, "opposition", 0.75)
        if word in ("step", "stand") and lower[c] in ("between", "before") and target in persons:
            return Sign(i, target + 1, "opposition", 0.75)
        if word == "push" and lower[c] == "past" and theirs:
            return Sign(i, target + 1, "opposition", 0.75)
        if word == "slam" and lower[c] in ("on", "in") and theirs:
            return Sign(i, target + 1, "blow", 1.25)
    if thing is None:
        return None
    if word in _BARRING and lemma[thing] in ("way", "path", "door", "doorway", "exit", "road"):
        return Sign(i, thing + 1, "opposition", 1.0)
    owner = reading.child(thing, "poss")
    whose = owner if owner is not None and owner in persons and thing not in persons else -1
    spoilt = word in _SPOILING and whose >= 0 and lemma[thing] not in BODY
    if spoilt and _other(reading, whose, subject, own=True):
        return Sign(i, thing + 1, "opposition", 1.0)
    return None


_EVERYDAY = frozenset(
    "chair bottle rock stone stick cane staff bat boot fist butt hammer shovel spade brick club bow barrel".split()
)


def _weapon(reading: Reading, i: int) -> Sign | None:
    """Somebody raises, draws or points what can hurt."""
    weapon = reading.child(i, "dobj")
    if weapon is None or reading.lemma[weapon] not in WEAPON:
        return None
    subject = subject_of(reading, i)
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
