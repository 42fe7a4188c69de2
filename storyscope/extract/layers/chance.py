"""Where a story says that chance, accident or mistake had a hand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.phrases import Phrases
from storyscope.extract.lexicon import words
from storyscope.extract.reading import Reading, Span, once

if TYPE_CHECKING:
    from storyscope.extract.layers.clauses import Clause

__all__ = ["ChanceCue", "chance_cues", "coincidences"]

WEIGHTS = {
    "chance": 1.5, "word": 0.5, "unlikely": 1.0, "among_all": 0.5, "exchange": 1.0,
    "befall": 0.5, "emerge": 0.75,
    "unplanned": 0.5, "meanwhile": 0.25, "planned": -1.0,
}  # fmt: skip
_KIND = {phrase: kind for kind in WEIGHTS for phrase in words("chance", kind)}
_PHRASES = Phrases(_KIND)
_TAME_WRONG, _TAME_SAME = words("chance", "tame_wrong"), words("chance", "tame_same")
_SHELTER, _KIN = words("chance", "shelter_from"), words("chance", "kin")
_MEET = words("verbs", "see", "hear", "place_change") | frozenset({"find", "meet", "pass", "come"})
NEARBY = 60
"""Tokens up to which two cues speak of the same turn of events."""
ENOUGH = 1.0
WEAK = 1.25
"""What cues must add up to, and what they must where each is weak."""


class ChanceCue(NamedTuple):
    """Tokens [start, end) that name chance, the kind of cue, and its weight."""

    start: int
    end: int
    kind: str
    weight: float


@once
def chance_cues(reading: Reading) -> list[ChanceCue]:
    """Cues of chance in narration and speech, in order; arrangement counts against it.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> [c.kind for c in chance_cues(read("By sheer luck she took the wrong train."))]
    ['chance', 'wrong one']
    """
    found = []
    for start, end in _PHRASES.find(reading.lower):
        kind = _KIND[" ".join(reading.lower[start:end])]
        # What somebody says of chance, or what only might be chance, is weaker.
        weak = kind != "planned" and (reading.quoted[start] or _unreal(reading, start))
        found.append(ChanceCue(start, end, kind, WEIGHTS[kind] / (2 if weak else 1)))
    for clause in reading.clauses:
        if clause.pluperfect and not clause.quoted and _near_miss(reading, clause):
            # "If the wheel had not broken" is chance; "if she had not told him" is somebody's doing.
            weight = 0.5 if clause.subject in reading.cast.persons else 1.0
            found.append(ChanceCue(clause.finite, clause.verb + 1, "near miss", weight))
    for i, lemma in enumerate(reading.lemma):
        rule = _RULES.get(lemma)
        if rule is not None and (cue := rule(reading, i)) is not None:
            found.append(cue)
    return sorted(found)


def _unreal(reading: Reading, i: int) -> bool:
    """Whether a phrase belongs to what is denied, possible, supposed or wished."""
    for _ in range(4):
        if reading.pos[i] in ("VERB", "AUX"):
            parts = [c for c in reading.children[i] if c < i]
            if any(
                reading.tag[c] in ("MD", "TO")
                or reading.dep[c] == "neg"
                or reading.lower[c] in _SUPPOSED
                for c in parts
            ):
                return True
        if reading.head[i] == i:
            return False
        i = reading.head[i]
    return False


_STATES = words("verbs", "stative") | {"happen", "do"}
_SUPPOSED = frozenset({"if", "whether", "unless", "as", "though", "lest", "even"})


def _near_miss(reading: Reading, clause: Clause) -> bool:
    """Whether "if it had" or "had it not" is answered by "would have"."""
    if reading.dep[clause.verb] != "advcl" or reading.lemma[clause.verb] in _STATES:
        return False
    inverted = clause.mark == "" and 0 <= clause.finite < clause.subject
    main = reading.head[clause.verb]
    parts = {reading.lower[c] for c in reading.children[main]}
    would = bool(parts & {"would", "'d", "could", "might"}) and bool(parts & {"have", "'ve", "of"})
    return would and (clause.mark == "if" or inverted)


def _wrong(reading: Reading, i: int) -> ChanceCue | None:
    """Something taken for another ("the wrong one"), weaker in speech."""
    noun = reading.head[i]
    if reading.dep[i] != "amod" or reading.lemma[noun] in _TAME_WRONG or noun < i:
        return None
    definite = any(reading.lower[c] in ("the", "a") for c in reading.children[noun])
    if not definite or reading.dep[noun] not in ("dobj", "pobj", "attr", "nsubj", "appos"):
        return None
    verb = reading.head[noun]
    verb = reading.head[verb] if reading.dep[noun] == "pobj" else verb
    taken = reading.lemma[verb] in _TAKING and not _unreal(reading, noun)
    said = reading.dep[noun] == "attr" and reading.dep[verb] == "ROOT"
    told = (taken or said) and not reading.quoted[i]
    return ChanceCue(i, noun + 1, "wrong one", 1.0 if told else 0.25)


_TAKING = frozenset(
    "have take open enter call dial ring board press pick send deliver knock choose turn marry wear bring "
    "arrest kill shoot hit put grab seize catch drink swallow sign route address bury hang".split()
)


def _happen(reading: Reading, i: int) -> ChanceCue | None:
    """What is met with unsought: "happened to see", "chanced upon"."""
    if reading.pos[i] != "VERB" or reading.quoted[i]:
        return None
    if reading.tag[i] not in ("VBD", "VBZ", "VBP", "VBN") or _asked(reading, i):
        return None
    for c in reading.children[i]:
        if reading.dep[c] == "xcomp":
            met = reading.lemma[c] in _MEET
            return ChanceCue(i, c + 1, "encounter", 1.0 if met else 0.5)
        met_with = reading.lower[c] in ("upon", "on", "across") and reading.dep[c] == "prep"
        if met_with and reading.child(c, "pobj") is not None:
            return ChanceCue(i, c + 1, "encounter", 1.0)
    return None


def _asked(reading: Reading, i: int) -> bool:
    """Whether nobody in the story does it: asked of "you", said of things, or only possible."""
    j = i
    while (subject := reading.child(j, "nsubj")) is None and reading.dep[j] in ("conj", "advcl"):
        j = reading.head[j]
    if subject is None or subject not in reading.cast.persons or reading.lower[subject] == "you":
        return True
    return any(reading.tag[c] == "MD" or reading.dep[c] == "neg" for c in reading.children[i])


def _stumble(reading: Reading, i: int) -> ChanceCue | None:
    """What one comes upon: "stumbled upon", "came across", "ran into" somebody."""
    if reading.pos[i] != "VERB" or reading.quoted[i] or _asked(reading, i):
        return None
    for c in reading.children[i]:
        if reading.dep[c] != "prep":
            continue
        goal = reading.child(c, "pobj")
        if goal is None:
            continue
        if reading.lower[c] in ("across", "upon") and reading.lemma[i] in (
            "stumble",
            "come",
            "blunder",
        ):
            weight = 0.25 if reading.lemma[i] == "come" else 1.0
            return ChanceCue(i, c + 1, "encounter", weight)
        if (
            reading.lower[c] == "into"
            and reading.lemma[i] in ("run", "bump")
            and goal in reading.cast.persons
        ):
            return ChanceCue(i, goal + 1, "encounter", 0.5)
    return None


def _mistake(reading: Reading, i: int) -> ChanceCue | None:
    """Somebody taken for another: "mistook her for the maid"."""
    taken = reading.child(i, "dobj", "nsubjpass")
    if reading.pos[i] != "VERB" or taken is None or taken not in reading.cast.persons:
        return None
    if any(reading.lower[c] in ("for", "as") for c in reading.children[i]):
        weak = reading.quoted[i] or _unreal(reading, i)
        return ChanceCue(i, i + 1, "wrong one", 0.5 if weak else 1.0)
    return None


def _same(reading: Reading, i: int) -> ChanceCue | None:
    """Two lives that meet in one thing, as "the same street"; weak."""
    noun = reading.head[i]
    if reading.dep[i] != "amod" or reading.pos[noun] != "NOUN" or reading.lemma[noun] in _TAME_SAME:
        return None
    very = i > 0 and reading.lower[i - 1] == "very"
    return ChanceCue(i, noun + 1, "sameness", 0.75 if very else 0.5)


def _own(reading: Reading, i: int) -> ChanceCue | None:
    """Somebody who turns out to be kin, as "her own brother"; weak."""
    noun = reading.head[i]
    if (
        noun < i
        or reading.lemma[noun] not in _KIN
        or reading.dep[noun] not in ("attr", "dobj", "pobj")
    ):
        return None
    return ChanceCue(i, noun + 1, "sameness", 0.5)


def _only(reading: Reading, i: int) -> ChanceCue | None:
    """How little it hung on: "only to get out of the rain", "the one free seat"; weak."""
    after = reading.lower[i + 1] if i + 1 < reading.n else ""
    if reading.quoted[i]:
        return None
    if reading.lower[i] == "only" and after in ("to", "because"):
        purpose = reading.head[i]
        follows = purpose > i and reading.dep[purpose] in ("advcl", "xcomp")
        if follows and reading.tag[purpose] == "VB" and _sheltering(reading, purpose):
            return ChanceCue(i, purpose + 1, "unplanned", 0.5)
        return None
    if reading.lower[i - 1] == "the" and reading.pos[reading.head[i]] == "NOUN":
        noun = reading.head[i]
        if i < noun and any(
            reading.lower[c] in ("free", "empty", "other", "vacant") for c in reading.children[noun]
        ):
            return ChanceCue(i, noun + 1, "only one", 0.5)
        if i < noun and any(
            reading.lower[c] in ("in", "of", "on") or reading.dep[c] == "relcl"
            for c in reading.children[noun]
        ):
            return ChanceCue(i, noun + 1, "only one", 0.25)
    return None


def _sheltering(reading: Reading, i: int) -> bool:
    return reading.lemma[i] in ("get", "be", "escape", "shelter", "warm", "dry", "pass", "kill")


def _weather(reading: Reading, i: int) -> ChanceCue | None:
    """Shelter as the reason for being somewhere: "out of the rain"; weak."""
    prep = reading.head[i]
    before = reading.lower[max(0, prep - 1)]
    if reading.dep[i] == "pobj" and (before, reading.lower[prep]) in (
        ("out", "of"),
        ("away", "from"),
    ):
        return ChanceCue(prep - 1, i + 1, "shelter", 0.5)
    return None


def _out_of(reading: Reading, i: int) -> ChanceCue | None:
    """One among so many: "out of nine hundred rooms"."""
    if i + 2 >= reading.n or reading.lower[i + 1] != "of":
        return None
    many = reading.lower[i + 2]
    if reading.pos[i - 1] == "NUM" or many[0].isdigit():
        return None
    if reading.pos[i + 2] == "NUM" and many not in ("one", "two", "three", "four", "five", "ten"):
        return ChanceCue(i, i + 3, "unlikely", 1.0)
    if many in ("hundreds", "thousands", "millions") or _all_the(reading, i + 2):
        return ChanceCue(i, i + 3, "unlikely", 1.0)
    return None


def _of_all(reading: Reading, i: int) -> ChanceCue | None:
    """One among all there are: "of all the inns in the town", where a phrase begins."""
    opens = i == 0 or not reading.lower[i - 1][0].isalnum()
    if opens and not reading.quoted[i] and _all_the(reading, i + 1):
        return ChanceCue(i, i + 4, "unlikely", 1.0)
    return None


def _all_the(reading: Reading, i: int) -> bool:
    """Whether "all the inns" stands at token `i`: many of a kind that can be counted."""
    return (
        i + 2 < reading.n
        and reading.lower[i] == "all"
        and reading.lower[i + 1] in ("the", "those", "these")
        and reading.tag[i + 2] == "NNS"
        and reading.lemma[i + 2] not in ("kind", "time", "way", "thing", "sort", "year", "day")
    )


_RULES = {
    "wrong": _wrong, "happen": _happen, "chance": _happen, "stumble": _stumble, "come": _stumble,
    "blunder": _stumble, "run": _stumble, "bump": _stumble, "mistake": _mistake, "same": _same,
    "own": _own, "of": _of_all, "only": _only, "one": _only, "out": _out_of, **dict.fromkeys(_SHELTER, _weather),
}  # fmt: skip


@once
def coincidences(reading: Reading) -> list[Span]:
    """Stretches whose cues of chance add up to enough."""
    found: list[Span] = []
    group: list[ChanceCue] = []
    for cue in [*chance_cues(reading), None]:
        if cue is not None and (not group or cue.start - group[-1].end <= NEARBY):
            group.append(cue)
            continue
        if group and _weight(group) >= (ENOUGH if any(c.weight >= 1 for c in group) else WEAK):
            found.append(Span(group[0].start, max(c.end for c in group)))
        group = [cue] if cue is not None else []
    return found


def _weight(group: list[ChanceCue]) -> float:
    """Weight of cues that stand together; a weak kind counts once, however often it comes."""
    weak = {c.kind: c.weight for c in sorted(group, key=lambda c: c.weight) if 0 < c.weight < 1}
    return sum(weak.values()) + sum(c.weight for c in group if not 0 < c.weight < 1)
