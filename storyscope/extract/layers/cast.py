"""Who appears in a story: mentions, the entities they name, their gender, and what pronouns mean.

A light, deterministic coreference: names by entity recognition and grammar, aliases by shared
name parts, definite role nouns by lemma, "he" and "she" by a small salience score. "They", "it"
and "you" stay open. Scores on LitBank are printed by ``storyscope validate``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.lexicon import words

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = ["FEMALE", "MALE", "Cast", "Entity", "Mention", "find_cast"]

FEMALE, MALE = "female", "male"

_TITLES = {
    **dict.fromkeys(words("people", "title_either"), ""),
    **dict.fromkeys(words("people", "title_female"), FEMALE),
    **dict.fromkeys(words("people", "title_male"), MALE),
}
_NOUNS = {
    **dict.fromkeys(words("people", "kin_either", "generic_either", "role_either"), ""),
    **dict.fromkeys(words("people", "kin_female", "generic_female", "role_female"), FEMALE),
    **dict.fromkeys(words("people", "kin_male", "generic_male", "role_male"), MALE),
}
_INDEFINITE = frozenset(
    "somebody someone everyone everybody anyone nobody person people folk human member "
    "figure creature party company pair couple family team crew local native".split()
)
_HE = {"he": MALE, "him": MALE, "his": MALE, "himself": MALE,
       "she": FEMALE, "her": FEMALE, "hers": FEMALE, "herself": FEMALE}  # fmt: skip
_I = frozenset({"i", "me", "my", "mine", "myself"})
_WE = frozenset({"we", "us", "our", "ours", "ourselves"})
_YOU = frozenset({"you", "your", "yours", "yourself", "yourselves"})
_THEY = frozenset({"they", "them", "their", "theirs", "themselves"})
# How strongly an entity label speaks against a person. The small model calls many an isolated
# given name an organisation or a town, so those weigh little against a verb of saying or moving.
_AGAINST = {"ORG": 0.5, "GPE": 1.0, "LOC": 2.0, "FAC": 2.0, "NORP": 2.0, "PRODUCT": 1.0,
            "WORK_OF_ART": 1.0, "LANGUAGE": 3.0, "EVENT": 1.0, "DATE": 3.0}  # fmt: skip
_PERSON_SUBJECT = words("verbs", "person_subject", "speech")
_HUMAN_ENDINGS = ("man", "woman", "boy", "girl", "maid", "master", "mistress", "keeper", "maker",
                  "wright", "smith", "monger", "wife", "ologist", "teer", "bearer", "holder")  # fmt: skip
_HUMAN_VERBS = frozenset(
    "say ask reply answer whisper mutter murmur shout nod shrug smile grin laugh frown sigh think "
    "wonder decide tell explain insist admit agree want refuse know believe remember".split()
)
_NOT_HUMAN = frozenset(
    "voice eye face mouth lip head heart mind thing one sign letter note book story word paper "
    "report message map hand part side law rule news radio screen text system machine dog cat "
    "horse bird animal house city world sea wind light sun moon fate name everything something "
    "body brain instinct gut look expression wall clock ship text computer".split()
)
_NOT_NAMES = frozenset(
    "god lord christ jesus heaven monday tuesday wednesday thursday friday saturday sunday january "
    "february march april may june july august september october november december christmas "
    "easter earth moon mars english french german chapter part book act scene yes no oh ah okay ok "
    "hello hi hey well sir madam ma'am miss mister mr mrs ms dr internet tv".split()
)
_PLACE_PREPOSITIONS = frozenset({"in", "at", "from", "into", "near", "through", "across"})
_OWNED = words("people", "kin_female", "kin_male", "kin_either") | frozenset(
    "face eye hand head hair voice heart mouth shoulder arm mind lip brow cheek back chest throat "
    "finger foot leg thought smile gaze shadow breath body name".split()
)
_REACH = 200
"""Tokens back that a pronoun looks for whom it means."""


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
        Head tokens of all mentions of people, known or not.
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
        order = sorted(range(len(self.entities)), key=lambda e: (-len(self.entities[e].mentions), e))
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
    names = _names(reading)
    clusters, genders = _aliases(reading, names)
    entities = [Entity(_label(reading, c, names), g, True) for c, g in zip(clusters, genders, strict=True)]
    entity_of: dict[int, int] = {}
    found: list[Mention] = []
    for e, cluster in enumerate(clusters):
        for k in cluster:
            start, end = names[k]
            found.append(Mention(start, end, end - 1, "name", e))
            entity_of[end - 1] = e
    in_name = {i for start, end in names for i in range(start, end)}
    _add_nouns(reading, in_name, entities, entity_of, found)
    narrator = _add_pronouns(reading, entities, entity_of, found)
    found.sort()
    resolved = _resolve(reading, found, entities, entity_of)
    order = _order(found, len(entities))
    renumber = {old: new for new, old in enumerate(order)}
    mentions = [m._replace(entity=renumber.get(m.entity, -1)) for m in found]
    ordered = [entities[old] for old in order]
    for mention in mentions:
        if mention.entity >= 0:
            ordered[mention.entity].mentions.append(mention)
    return Cast(
        mentions,
        ordered,
        {token: renumber[e] for token, e in entity_of.items() if e in renumber},
        {m.head for m in mentions},
        renumber.get(narrator, -1),
        resolved,
    )


def _order(found: list[Mention], n: int) -> list[int]:
    first: dict[int, int] = {}
    for mention in found:
        if mention.entity >= 0:
            first.setdefault(mention.entity, len(first))
    return sorted((e for e in range(n) if e in first), key=first.__getitem__)


# -------------------------------------------------------------------- names


def _names(reading: Reading) -> list[tuple[int, int]]:
    """Spans of personal names without titles' relatives or possessive endings, in order."""
    tag, lower, entity, doc = reading.tag, reading.lower, reading.entity, reading.doc
    proper = [t in ("NNP", "NNPS") for t in tag]
    person_votes: Counter[str] = Counter()
    other_votes: Counter[str] = Counter()
    for i in range(reading.n):
        if not proper[i]:
            continue
        word = lower[i]
        if entity[i] == "PERSON":
            person_votes[word] += 2
        elif entity[i] in _AGAINST:
            other_votes[word] += _AGAINST[entity[i]]
        head = reading.head[i]
        if reading.dep[i] in ("nsubj", "nsubjpass"):
            if reading.lemma[head] in _PERSON_SUBJECT:
                person_votes[word] += 3
        elif reading.dep[i] == "pobj" and lower[head] in _PLACE_PREPOSITIONS:
            other_votes[word] += 2
        elif reading.dep[i] == "poss" and reading.lemma[head] in _OWNED:
            person_votes[word] += 2
        elif reading.dep[i] in ("npadvmod", "intj") and reading.quoted[i]:
            person_votes[word] += 1  # "Come here, Ilse."
        if i and lower[i - 1] in _TITLES and proper[i - 1]:
            person_votes[word] += 3
    people = {
        w for w, v in person_votes.items() if v > other_votes[w] and w not in _NOT_NAMES
    }
    spans: list[tuple[int, int]] = []
    i = 0
    while i < reading.n:
        titled = proper[i] and lower[i] in _TITLES
        if not (proper[i] and (lower[i] in people or titled)):
            i += 1
            continue
        j = i
        while j < reading.n and proper[j] and (
            lower[j] in people or lower[j] in _TITLES or (entity[j] == "PERSON" and lower[j] not in _NOT_NAMES)
        ):
            j += 1
        core = [k for k in range(i, j) if lower[k] not in _TITLES]
        if core and doc[core[-1]].text[:1].isupper():
            spans.append((i, core[-1] + 1))
        i = max(j, i + 1)
    return spans


def _core(reading: Reading, span: tuple[int, int]) -> tuple[str, ...]:
    return tuple(
        reading.lower[k]
        for k in range(*span)
        if reading.lower[k] not in _TITLES and reading.tag[k] in ("NNP", "NNPS")
    )


def _aliases(
    reading: Reading, names: list[tuple[int, int]]
) -> tuple[list[list[int]], list[str]]:
    """Clusters of name spans that mean the same person, and the gender of each.

    Names of two parts or more found clusters; a title with a last name joins the one cluster that
    ends so and agrees in gender; a bare name joins by its first part, else by a last part that
    only one cluster has.
    """
    clusters: list[list[int]] = []
    full: list[tuple[str, ...]] = []  # longest core of each cluster
    titles: list[str] = []
    pending: list[int] = []
    by_core: dict[tuple[str, ...], int] = {}
    for k, span in enumerate(names):
        core = _core(reading, span)
        if len(core) < 2:
            pending.append(k)
            continue
        title = _title_gender(reading, span)
        home = by_core.get(core)
        if home is None:
            home = next((c for c, f in enumerate(full) if f[0] == core[0] and f[-1] == core[-1]), None)
        if home is None:
            home = len(clusters)
            clusters.append([])
            full.append(core)
            titles.append(title)
        by_core[core] = home
        clusters[home].append(k)
        titles[home] = titles[home] or title
    for k in pending:
        span = names[k]
        core = _core(reading, span)
        if not core:
            core = (reading.lower[span[1] - 1],)
        titled = any(reading.lower[i] in _TITLES for i in range(*span))
        gender = _title_gender(reading, span)
        key = (*core, gender) if titled else core
        home = by_core.get(key)
        if home is None:
            first = [c for c, f in enumerate(full) if f[0] == core[0]]
            last = [c for c, f in enumerate(full) if f[-1] == core[0] and len(f) > 1]
            if titled:
                agreeing = [c for c in last if not gender or titles[c] in ("", gender)]
                if gender == FEMALE:
                    agreeing = [c for c in agreeing if titles[c] == FEMALE]
                options = agreeing or ([c for c in first if len(full[c]) == 1] if not gender else first)
            else:
                options = first or last
            if len(options) == 1 or (options and first and not titled):
                home = options[0]
            else:
                home = len(clusters)
                clusters.append([])
                full.append(core)
                titles.append(gender)
            by_core[key] = home
        clusters[home].append(k)
        titles[home] = titles[home] or gender
    genders = [title or _voted_gender(reading, cluster, names) for title, cluster in zip(titles, clusters, strict=True)]
    return clusters, genders


def _title_gender(reading: Reading, span: tuple[int, int]) -> str:
    return next((g for i in range(*span) if (g := _TITLES.get(reading.lower[i], ""))), "")


def _voted_gender(reading: Reading, cluster: list[int], names: list[tuple[int, int]]) -> str:
    """Gender by the pronouns that follow in sentences which name nobody else."""
    holders: dict[int, set[int]] = _names_by_sentence(reading, names)
    votes = {FEMALE: 0.0, MALE: 0.0}
    for k in cluster:
        start, end = names[k]
        s = reading.sentence_of[start]
        if len(holders[s]) > 1:
            continue
        stop = reading.sentences[s].end
        if s + 1 < len(reading.sentences) and s + 1 not in holders:
            stop = reading.sentences[s + 1].end
        weight = 1.0
        for i in range(end, stop):
            gender = _HE.get(reading.lower[i])
            if gender and bool(reading.quoted[i]) == bool(reading.quoted[start]):
                votes[gender] += weight
                weight *= 0.5
    high, low = (FEMALE, MALE) if votes[FEMALE] >= votes[MALE] else (MALE, FEMALE)
    return high if votes[high] > 2 * votes[low] and votes[high] >= 1 else ""


def _names_by_sentence(reading: Reading, names: list[tuple[int, int]]) -> dict[int, set[int]]:
    cached: dict[int, set[int]] | None = reading.__dict__.get("_names_by_sentence")
    if cached is None:
        cached = defaultdict(set)
        for start, end in names:
            cached[reading.sentence_of[start]].add(hash(reading.lower[end - 1]))
        reading.__dict__["_names_by_sentence"] = cached
    return cached


def _label(reading: Reading, cluster: list[int], names: list[tuple[int, int]]) -> str:
    texts = [reading.text_of(names[k]) for k in cluster]
    return max(texts, key=lambda t: (len(t.split()), texts.count(t)))


# -------------------------------------------------------------------- person nouns


def _add_nouns(
    reading: Reading,
    in_name: set[int],
    entities: list[Entity],
    entity_of: dict[int, int],
    found: list[Mention],
) -> None:
    """Person nouns; definite singular ones of the same lemma (and owner) are one entity."""
    by_role: dict[str, int] = {}
    for i in range(reading.n):
        lemma = reading.lemma[i]
        if reading.pos[i] not in ("NOUN", "PROPN") or i in in_name:
            continue
        if lemma not in _NOUNS and not _human_noun(reading, i):
            continue
        if reading.dep[i] in ("compound", "npadvmod") or (
            reading.dep[i] == "amod" and reading.pos[reading.head[i]] == "NOUN"
        ):
            continue
        e = -1
        if reading.tag[i] in ("NN", "NNP") and lemma not in _INDEFINITE and not _predicative(reading, i):
            e = _apposition(reading, i, entity_of)
            if e < 0:
                e = by_role.get(lemma, -1)
                if e < 0:
                    e = by_role[lemma] = len(entities)
                    entities.append(Entity(lemma, _noun_gender(lemma), False))
            elif not entities[e].gender:
                entities[e].gender = _noun_gender(lemma)
        start = min([c for c in reading.children[i] if reading.dep[c] in ("det", "poss", "amod")] + [i])
        found.append(Mention(start, i + 1, i, "noun", e))
        if e >= 0:
            entity_of[i] = e


def _human_noun(reading: Reading, i: int) -> bool:
    """Whether a noun outside the lists is human by its ending or by what it is said to do."""
    if reading.pos[i] != "NOUN":
        return False
    if reading.lemma[i].endswith(_HUMAN_ENDINGS) and len(reading.lemma[i]) > 5:
        return True
    return (
        reading.dep[i] == "nsubj"
        and reading.lemma[reading.head[i]] in _HUMAN_VERBS
        and reading.lemma[i] not in _NOT_HUMAN
        and any(reading.dep[c] in ("det", "poss") for c in reading.children[i])
    )


def _noun_gender(lemma: str) -> str:
    if lemma in _NOUNS:
        return _NOUNS[lemma]
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
    for i, word in enumerate(reading.lower):
        if word in _HE or word in _THEY or word in _WE or word in _YOU:
            found.append(Mention(i, i + 1, i, "pronoun", -1))
        elif word in _I and reading.pos[i] in ("PRON", "DET"):
            e = -1
            if not reading.quoted[i]:
                if narrator < 0:
                    narrator = len(entities)
                    entities.append(Entity("I", "", False))
                e = entity_of[i] = narrator
            found.append(Mention(i, i + 1, i, "pronoun", e))
    return narrator


def _resolve(
    reading: Reading, found: list[Mention], entities: list[Entity], entity_of: dict[int, int]
) -> float:
    """Tie "he" and "she" to the most salient fitting entity; returns the share that was tied.

    Salience falls with distance and rises with how often somebody was mentioned, with standing as
    a subject and with a known, agreeing gender. An entity whose gender is open takes that of the
    majority of pronouns tied to it so far.
    """
    recent: list[tuple[int, int, float]] = []  # token, entity, bonus of the mention
    count: Counter[int] = Counter()
    leaning: Counter[int] = Counter()  # female minus male pronouns tied so far
    tied = total = 0
    quoted, sentence_of = reading.quoted, reading.sentence_of

    def gender_of(e: int) -> str:
        return entities[e].gender or (leaning[e] > 0) * FEMALE or (leaning[e] < 0) * MALE

    for k, mention in enumerate(found):
        i = mention.head
        gender = _HE.get(reading.lower[i]) if mention.kind == "pronoun" else None
        if gender is None:
            if mention.entity >= 0 and entities[mention.entity].label != "I":
                recent.append((i, mention.entity, _bonus(reading, i, mention.kind)))
                count[mention.entity] += 1
            continue
        total += not quoted[i]
        best, best_score = -1, -1e9
        for j in range(len(recent) - 1, -1, -1):
            token, e, bonus = recent[j]
            if i - token > _REACH:
                break
            known = gender_of(e)
            if known and known != gender:
                continue
            score = bonus - (i - token) / 15 - 0.3 * (sentence_of[i] - sentence_of[token])
            score += log(count[e] + 1) + (0.5 if known else 0.0)
            if quoted[token] != quoted[i]:
                score -= 4
            if _co_argument(reading, i, token):
                score -= 3
            if score > best_score:
                best, best_score = e, score
        if best < 0:  # nobody near: the one spoken of most so far
            fitting = [e for e in count if gender_of(e) in ("", gender)]
            best = max(fitting, key=lambda e: (count[e], -e), default=-1)
        if best >= 0:
            leaning[best] += 1 if gender == FEMALE else -1
            found[k] = mention._replace(entity=best)
            entity_of[i] = best
            tied += not quoted[i]
            recent.append((i, best, _bonus(reading, i, "pronoun")))
            count[best] += 1
    for e, entity in enumerate(entities):
        entity.gender = gender_of(e)
    return tied / total if total else float("nan")


def _bonus(reading: Reading, i: int, kind: str) -> float:
    bonus = 0.0
    if reading.dep[i] in ("nsubj", "nsubjpass"):
        bonus += 2
    elif reading.dep[i] in ("poss", "compound"):
        bonus -= 1
    if kind == "noun":
        bonus -= 0.5
    elif kind == "pronoun":
        bonus += 0.5
    return bonus


def _co_argument(reading: Reading, i: int, token: int) -> bool:
    """Whether both are arguments of one verb, which a plain pronoun cannot share."""
    return (
        reading.head[i] == reading.head[token]
        and not reading.lower[i].endswith("self")
        and reading.dep[i] not in ("poss", "nsubj")
    )
