"""Who appears in a story: mentions, the entities they name, their gender, and what pronouns mean.

A light, deterministic coreference: names by entity recognition and grammar (`names`), definite
role nouns by lemma, "he" and "she" by salience (`pronouns`). "They", "it" and "you" stay open.
Scores on LitBank are printed by ``storyscope validate``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.names import FEMALE, HE, MALE, find_named
from storyscope.extract.layers.pronouns import resolve
from storyscope.extract.lexicon import words
from storyscope.extract.reading import once

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = ["FEMALE", "MALE", "Cast", "Entity", "Mention", "find_cast", "name_tokens"]

_KIN = words("people", "kin_female", "kin_male", "kin_either")
_GENDER = {
    **dict.fromkeys(words("people", "kin_either", "generic_either", "role_either", "doubtful"), ""),
    **dict.fromkeys(words("people", "kin_female", "generic_female", "role_female"), FEMALE),
    **dict.fromkeys(words("people", "kin_male", "generic_male", "role_male"), MALE),
}
_DOUBTFUL = words("people", "doubtful")
_INDEFINITE = words("people", "indefinite")
# Never one particular person, whatever stands before them.
_MANY = frozenset(
    "person people folk human member figure creature party company pair couple family team crew "
    "local native crowd mob throng audience group class band bunch set rest gang tribe generation "
    "village town household staff army public population community congregation jury committee "
    "council board press police mankind humanity".split()
)
_WHO = frozenset({"who", "whom"})
_NEW = frozenset({"a", "an", "another", "some", "any", "every", "each", "no"})
_I = frozenset({"i", "me", "my", "mine", "myself"})
_WE = frozenset({"we", "us", "our", "ours", "ourselves"})
_YOU = frozenset({"you", "your", "yours", "yourself", "yourselves"})
_THEY = frozenset({"they", "them", "their", "theirs", "themselves"})
_PERSONAL = _I | _WE | _YOU | _THEY | frozenset(HE)
_HUMAN_ENDINGS = ("man", "woman", "boy", "girl", "maid", "master", "mistress", "keeper", "maker",
                  "wright", "smith", "monger", "wife", "ologist", "teer", "bearer", "holder",
                  "folk", "men", "women")  # fmt: skip
_HUMAN_VERBS = words("verbs", "cognition", "gesture") - frozenset(
    "freeze shake tremble shiver lean point blink wave bow swallow calculate reflect recognize recognise learn "
    "conclude infer deduce notice forget figure consider expect conceive".split()
) | frozenset(
    "say ask reply answer whisper mutter murmur shout explain insist admit agree tell want refuse "
    "greet argue complain apologize apologise laugh smile grin walk sit kneel listen watch stare "
    "glance wave wear speak talk".split()
)
_NOT_HUMAN = frozenset(
    "voice eye face mouth lip head heart mind thing one sign letter note book story word paper "
    "report message map hand part side law rule news radio screen text system machine dog cat "
    "horse bird animal house city world sea wind light sun moon fate name everything something "
    "body brain instinct gut look expression wall clock ship computer finger foot leg arm knee "
    "shoulder chest throat stomach back breath jaw tear hair memory thought silence door window "
    "tree engine gun phone car train road sky fire water year day night morning hour moment time "
    "app software program programme algorithm device sensor drone life death love fear truth "
    "history nature government company council smile laugh shadow "
    "figure wolf creature beast mouse rat horse fox bear snake cow sheep".split()
)
_QUANTITY = frozenset(
    "one some many most two three four five several few both each none another other others all "
    "any half neither either first second third last latter former".split()
)
_ELIDED = frozenset({"one", "another", "other", "others", "both", "some", "two", "three", "first",
                     "second", "latter", "former", "neither", "few", "many", "each"})  # fmt: skip


class Mention(NamedTuple):
    """One reference to somebody.

    Attributes
    ----------
    start, end, head : int
        Tokens [start, end) of name or noun, and its head token.
    kind : str
        "name", "noun" or "pronoun".
    entity : int
        Index into `Cast.entities`; -1 where it is not known who is meant.
    """

    start: int
    end: int
    head: int
    kind: str
    entity: int


@dataclass
class Entity:
    """Somebody in the story, with every mention that was tied to them."""

    label: str
    gender: str
    named: bool
    mentions: list[Mention] = field(default_factory=list)

    @property
    def n_explicit(self) -> int:
        """Mentions by name or noun, without pronouns."""
        return sum(m.kind != "pronoun" for m in self.mentions)


@dataclass
class Cast:
    """The people of a story.

    Attributes
    ----------
    mentions : list of Mention
        In order; every personal pronoun, person noun and name.
    entities : list of Entity
        In order of first mention. The narrator of a first-person story is labelled "I".
    entity_of : dict of int to int
        Entity of each mention's head token, where known.
    persons : set of int
        Head tokens of all mentions of people, known or not, and the "who" of their relative
        clauses.
    resolved : float
        Share of "he" and "she" outside quotations that found an entity; NaN without any.
    """

    mentions: list[Mention]
    entities: list[Entity]
    entity_of: dict[int, int]
    persons: set[int]
    narrator: int
    resolved: float

    def recurrent(self, times: int = 3) -> list[int]:
        """Entities mentioned at least so often, most mentioned first."""
        order = sorted(
            range(len(self.entities)), key=lambda e: (-len(self.entities[e].mentions), e)
        )
        return [e for e in order if len(self.entities[e].mentions) >= times]


def find_cast(reading: Reading) -> Cast:
    """Find the people of a story.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> cast = read("Noor Haddad opened the gate. She waved, and Noor laughed.").cast
    >>> [(e.label, e.gender, len(e.mentions)) for e in cast.entities]
    [('Noor Haddad', 'female', 3)]
    """
    names = find_named(reading)
    entities = [
        Entity(_label(reading, cluster, names.spans), gender, True)
        for cluster, gender in zip(names.clusters, names.genders, strict=True)
    ]
    entity_of: dict[int, int] = {}
    found: list[Mention] = []
    for e, cluster in enumerate(names.clusters):
        for k in cluster:
            start, end = names.spans[k]
            found.append(Mention(start, end, end - 1, "name", e))
            entity_of[end - 1] = e
    in_name = {i for start, end in names.spans for i in range(start, end)}
    _add_nouns(reading, in_name, entities, entity_of, found)
    narrator = _add_pronouns(reading, entities, entity_of, found)
    found.sort(key=lambda m: m.head)
    resolved = resolve(reading, found, entities, entity_of)
    order = _order(found, len(entities))
    renumber = {old: new for new, old in enumerate(order)}
    mentions = [
        Mention(start, end, head, kind, renumber.get(e, -1)) for start, end, head, kind, e in found
    ]
    ordered = [entities[old] for old in order]
    for mention in mentions:
        if mention.entity >= 0:
            ordered[mention.entity].mentions.append(mention)
    persons = {m.head for m in mentions}
    known = {token: renumber[e] for token, e in entity_of.items() if e in renumber}
    for who, whom in _relatives(reading):
        if whom in persons:
            persons.add(who)
            if whom in known:
                known[who] = known[whom]
    return Cast(mentions, ordered, known, persons, renumber.get(narrator, -1), resolved)


@once
def name_tokens(reading: Reading) -> frozenset[int]:
    """Tokens of personal names, which mean nothing else: Hope is no hope, and Mr. Friday no day.

    >>> from storyscope.extract.reading import read
    >>> story = read("Hope laughed. She had no hope. 'Go,' said Hope.")
    >>> sorted(story.lower[i] for i in name_tokens(story))
    ['hope', 'hope']
    """
    return frozenset(
        i for m in reading.cast.mentions if m.kind == "name" for i in range(m.start, m.end)
    )


def _order(found: list[Mention], n: int) -> list[int]:
    first: dict[int, int] = {}
    for mention in found:
        if mention.entity >= 0:
            first.setdefault(mention.entity, len(first))
    return sorted((e for e in range(n) if e in first), key=first.__getitem__)


def _label(reading: Reading, cluster: list[int], spans: list[tuple[int, int]]) -> str:
    texts = [reading.text_of(spans[k]) for k in cluster]
    return max(texts, key=lambda t: (len(t.split()), texts.count(t)))


def _relatives(reading: Reading) -> list[tuple[int, int]]:
    """Pairs of a relative "who" and the noun or pronoun that it stands for."""
    head, dep = reading.head, reading.dep
    relatives = [i for i, word in enumerate(reading.lower) if word in _WHO]
    return [(i, head[head[i]]) for i in relatives if dep[head[i]] == "relcl"]


# -------------------------------------------------------------------- person nouns


def _add_nouns(
    reading: Reading,
    in_name: set[int],
    entities: list[Entity],
    entity_of: dict[int, int],
    found: list[Mention],
) -> None:
    """Person nouns; definite singular ones of the same lemma (and owner) are one entity."""
    lower, lemma, tag, dep, pos = (
        reading.lower,
        reading.lemma,
        reading.tag,
        reading.dep,
        reading.pos,
    )
    told_by_who = {whom for _, whom in _relatives(reading)}
    proven = _proven(reading, told_by_who)
    by_role: dict[tuple[str, str], int] = {}
    for i in range(reading.n):
        kind = pos[i]
        if kind == "PRON" or kind == "NUM" or kind == "ADJ" or kind == "DET":
            if lower[i] in _INDEFINITE or (
                lower[i] in _QUANTITY and _some_people(reading, i, told_by_who)
            ):
                found.append(Mention(i, i + 1, i, "noun", -1))
            continue
        if kind not in ("NOUN", "PROPN") or i in in_name:
            continue
        word = lemma[i]
        if word in _DOUBTFUL:
            if not (
                _acts_human(reading, i, told_by_who) or (word in proven and _definite(reading, i))
            ):
                continue
        elif word in _INDEFINITE or lower[i] in _INDEFINITE:
            found.append(Mention(i, i + 1, i, "noun", -1))
            continue
        elif word not in _GENDER and not _human_noun(reading, i, told_by_who):
            if not (lower[i] in _QUANTITY and _some_people(reading, i, told_by_who)):
                continue
            found.append(Mention(i, i + 1, i, "noun", -1))
            continue
        if dep[i] == "compound" or (dep[i] == "amod" and pos[reading.head[i]] == "NOUN"):
            continue
        e = -1
        one = tag[i] in ("NN", "NNP") and word not in _MANY
        if one and dep[i] != "npadvmod" and not _predicative(reading, i):
            e = _apposition(reading, i, entity_of)
            if e < 0:
                e = _same_role(reading, i, word, by_role)
            if e < 0:
                e = len(entities)
                entities.append(Entity(word, _noun_gender(word), False))
            elif not entities[e].gender:
                entities[e].gender = _noun_gender(word)
            by_role[word, ""] = by_role[word, _owner(reading, i, word)] = e
        start = min([c for c in reading.children[i] if dep[c] in ("det", "poss", "amod")] + [i])
        found.append(Mention(start, i + 1, i, "noun", e))
        if e >= 0:
            entity_of[i] = e


def _same_role(reading: Reading, i: int, word: str, by_role: dict[tuple[str, str], int]) -> int:
    """Who was last called by the same noun (of the same owner, for kin); -1 for somebody new."""
    if any(reading.dep[c] == "det" and reading.lower[c] in _NEW for c in reading.children[i]):
        return -1
    owner = _owner(reading, i, word)
    return by_role.get((word, owner), -1)


def _owner(reading: Reading, i: int, word: str) -> str:
    """Whose kin: "my", "his" and so on, or a name; empty for nobody's and for other nouns."""
    if word not in _KIN:
        return ""
    for c in reading.children[i]:
        if reading.dep[c] == "poss":
            told = "" if not reading.quoted[i] or reading.lower[c] in HE else "said "
            return told + reading.lower[c]
    return ""


def _proven(reading: Reading, told_by_who: set[int]) -> frozenset[str]:
    """Doubtful nouns that act as people do twice or more in this story."""
    times: Counter[str] = Counter()
    for i in [i for i, word in enumerate(reading.lemma) if word in _DOUBTFUL]:
        if reading.pos[i] == "NOUN" and _definite(reading, i):
            times[reading.lemma[i]] += _acts_human(reading, i, told_by_who)
    return frozenset(word for word, n in times.items() if n >= 2)


def _definite(reading: Reading, i: int) -> bool:
    return reading.tag[i] in ("NN", "NNP") and any(
        reading.dep[c] == "det" and reading.lower[c] in ("the", "this", "that")
        for c in reading.children[i]
    )


def _human_noun(reading: Reading, i: int, told_by_who: set[int]) -> bool:
    """Whether a noun outside the lists is human by its ending or by what is said of it."""
    word = reading.lemma[i]
    if i in told_by_who or _people_of(reading, i):
        return True
    if word.endswith(_HUMAN_ENDINGS) and len(word) > 5:
        return word not in _NOT_HUMAN
    return (
        reading.dep[i] == "nsubj"
        and reading.lemma[reading.head[i]] in _HUMAN_VERBS
        and word not in _NOT_HUMAN
        and reading.tag[i] in ("NN", "NNP")
        and any(reading.dep[c] in ("det", "poss") for c in reading.children[i])
    )


def _people_of(reading: Reading, i: int) -> bool:
    """Whether a proper noun names a people or one of them ("the Magyars", "a German")."""
    return (
        reading.entity[i] == "NORP"
        and reading.tag[i] in ("NNP", "NNPS")
        and any(reading.dep[c] in ("det", "nummod") for c in reading.children[i])
    )


def _acts_human(reading: Reading, i: int, told_by_who: set[int]) -> bool:
    """Whether a noun such as "figure" or "company" is people here: it acts, speaks or is "who"."""
    if i in told_by_who:
        return True
    head = reading.head[i]
    if reading.lemma[i] == "youth":
        return _definite(reading, i) or any(reading.lower[c] == "a" for c in reading.children[i])
    if reading.dep[i] == "nsubj":
        return reading.lemma[head] in _HUMAN_VERBS or (
            reading.tag[head] in ("VBD", "VBZ", "VBP")
            and (reading.pos[head] == "VERB" and reading.child(head, "dobj") is not None)
        )
    of = next((c for c in reading.children[i] if reading.lower[c] == "of"), None)
    whom = None if of is None else reading.child(of, "pobj")
    return (
        whom is not None and reading.lemma[whom] in _GENDER and reading.lemma[whom] not in _DOUBTFUL
    )


def _some_people(reading: Reading, i: int, told_by_who: set[int]) -> bool:
    """Whether "one", "others" or "two" stands for people: "of the men", "who", or it acts."""
    if i in told_by_who:
        return True
    dep, lower = reading.dep, reading.lower
    if dep[i] in ("det", "amod", "nummod", "advmod", "compound", "predet", "poss", "quantmod"):
        return False
    if lower[i] == "one" and i and lower[i - 1] in ("no", "any", "every", "some"):
        return True
    for c in reading.children[i]:
        if lower[c] == "of":
            whom = reading.child(c, "pobj")
            return whom is not None and (
                (
                    lower[whom] in ("us", "them", "you")
                    and lower[i] != "all"
                    and dep[i].startswith("nsubj")
                )
                or (reading.lemma[whom] in _GENDER and reading.lemma[whom] not in _DOUBTFUL)
            )
    return (
        lower[i] in _ELIDED and dep[i] == "nsubj" and reading.lemma[reading.head[i]] in _HUMAN_VERBS
    )


def _noun_gender(lemma: str) -> str:
    if lemma in _GENDER:
        return _GENDER[lemma]
    if lemma.endswith(("woman", "girl", "mistress", "maid", "wife")):
        return FEMALE
    return MALE if lemma.endswith(("man", "boy")) else ""


def _predicative(reading: Reading, i: int) -> bool:
    """Whether a noun says what somebody is or is like, and so points to nobody new."""
    if reading.dep[i] in ("attr", "oprd", "conj"):
        return True
    if reading.dep[i] == "pobj":
        preposition = reading.head[i]
        if reading.lower[preposition] in ("like", "as"):
            return True
        return any(reading.lower[c] in ("a", "an") for c in reading.children[i]) and (
            reading.lower[preposition] == "of"
        )
    return any(reading.lower[c] in ("no", "any", "every", "each") for c in reading.children[i])


def _apposition(reading: Reading, i: int, entity_of: dict[int, int]) -> int:
    """Entity of a name in apposition, as in "her brother, Tariq" and "Tariq, the baker"."""
    for c in reading.children[i]:
        if reading.dep[c] == "appos" and c in entity_of:
            return entity_of[c]
    if reading.dep[i] == "appos":
        return entity_of.get(reading.head[i], -1)
    return -1


# -------------------------------------------------------------------- pronouns


def _add_pronouns(
    reading: Reading, entities: list[Entity], entity_of: dict[int, int], found: list[Mention]
) -> int:
    """Personal pronouns; "I" outside quotations is the narrator. Returns the narrator's entity."""
    narrator = -1
    for i in [i for i, word in enumerate(reading.lower) if word in _PERSONAL]:
        e = -1
        if reading.lower[i] in _I:
            if reading.pos[i] not in ("PRON", "DET"):
                continue
            if not reading.quoted[i]:
                if narrator < 0:
                    narrator = len(entities)
                    entities.append(Entity("I", "", False))
                e = entity_of[i] = narrator
        found.append(Mention(i, i + 1, i, "pronoun", e))
    return narrator
