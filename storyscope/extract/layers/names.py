"""Personal names: which capitalised words name people, and which names mean the same person.

The small model's entity labels are right in running prose and wrong for many an isolated given
name, so they are one witness among several: what a word does, owns, is called and is told speaks
louder. Evidence is summed over all places where a word stands.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from storyscope.extract.layers.doubtful_names import DOUBTFUL, named_persons, stands_as_time
from storyscope.extract.lexicon import words

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = ["FEMALE", "HE", "MALE", "TITLES", "Named", "find_named"]

FEMALE, MALE = "female", "male"
HE = {"he": MALE, "him": MALE, "his": MALE, "himself": MALE,
      "she": FEMALE, "her": FEMALE, "hers": FEMALE, "herself": FEMALE}  # fmt: skip
TITLES = {
    **dict.fromkeys(words("people", "title_either"), ""),
    **dict.fromkeys(words("people", "title_female"), FEMALE),
    **dict.fromkeys(words("people", "title_male"), MALE),
}
_PROPER = frozenset({"NNP", "NNPS"})
# How strongly an entity label speaks against a person: each time, and at most. The small model
# repeats itself, and calls many a given name a town all through a story.
_AGAINST = {"ORG": (0.5, 1.5), "GPE": (1.0, 3.0), "LOC": (2.0, 4.0), "FAC": (2.0, 4.0),
            "NORP": (2.0, 4.0), "PRODUCT": (1.0, 2.0), "WORK_OF_ART": (1.0, 1.5),
            "LANGUAGE": (3.0, 6.0), "EVENT": (1.0, 2.0), "DATE": (3.0, 6.0), "TIME": (3.0, 6.0)}  # fmt: skip
_ALSO_BY_THINGS = frozenset(
    "begin continue finish resume return call offer pursue echo interrupt demand suggest order "
    "repeat hum sing thunder pipe hiss roar groan moan sigh wink add snap break lie conclude point "
    "present wave shake freeze pace consider mean need regret expect figure reflect threaten "
    "promise eye face state note observe respond breathe bark growl bellow gasp shiver tremble".split()
)
_DONE_BY_PEOPLE = (
    words("verbs", "speech", "cognition", "volition", "gesture", "feeling", "see") - _ALSO_BY_THINGS
)
_DONE_MOSTLY_BY_PEOPLE = (
    words("verbs", "person_subject", "motion", "hear", "touch") | _ALSO_BY_THINGS
)
_DONE_TO_PEOPLE = frozenset(
    "tell ask thank kiss hug embrace marry greet beg thank forgive remind warn assure invite "
    "introduce comfort scold blame interrupt hand give show teach hate love trust pity envy miss "
    "call meet visit persuade convince urge follow hire arrest murder".split()
)
_OWNED = words("people", "owned")
_KIN = words("people", "kin_female", "kin_male", "kin_either", "friends")
_PERSON_NOUNS = words(
    "people", "kin_female", "kin_male", "kin_either", "generic_female", "generic_male",
    "generic_either", "role_female", "role_male", "role_either",
)  # fmt: skip
_NOT_NAMES = frozenset(
    "god lord christ jesus heaven monday tuesday wednesday thursday friday saturday sunday january "
    "february march april may june july august september october november december christmas "
    "easter earth moon mars english french german chapter part book act scene yes no oh ah okay ok "
    "hello hi hey well sir madam ma'am miss mister mr mrs ms dr internet tv please thanks sorry "
    "damn hell man mom dad mum mother father mama papa ma pa".split()
)
_PLACE_PREPOSITIONS = {"in": 2.0, "into": 2.0, "near": 1.0, "through": 2.0, "across": 1.0,
                       "over": 1.0, "at": 1.0, "from": 0.5}  # fmt: skip
_PAUSE = frozenset({",", ".", "!", "?", "...", "-", "--", "—", ";", '"', "'"})
_ENOUGH = 1.5
_ENOUGH_IF_COMMON = 4.0
"""Evidence asked of a word that the story also writes with a small letter ("Hope", "Dark")."""


class Named(NamedTuple):
    """Names in order, those that mean one person together, and what gender each has ("" unknown).

    Attributes
    ----------
    spans : list of (int, int)
        Tokens [start, end) of each name, titles included, possessive endings not.
    clusters : list of list of int
        Indices into `spans`.
    genders : list of str
        Of each cluster.
    """

    spans: list[tuple[int, int]]
    clusters: list[list[int]]
    genders: list[str]


def find_named(reading: Reading) -> Named:
    """Find every personal name of a story and who bears it.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> reading = read("Mrs. Ada Quill frowned. 'No,' said Ada. The Thames froze.")
    >>> named = find_named(reading)
    >>> [reading.text_of(s) for s in named.spans], named.clusters, named.genders
    (['Mrs. Ada Quill', 'Ada'], [[0, 1]], ['female'])
    """
    names = _Names(reading)
    clusters, titles = _aliases(reading, names)
    voted = _Votes(reading, names.spans)
    genders = [title or voted.gender(c) for c, title in zip(clusters, titles, strict=True)]
    return Named(names.spans, clusters, genders)


# -------------------------------------------------------------------- which words name people


class _Names:
    """Spans of personal names, and the words in them that are titles here."""

    def __init__(self, reading: Reading):
        self.reading = reading
        from spacy.attrs import LOWER, ORTH

        spelt = reading.doc.to_array([ORTH, LOWER])
        self.capital: list[bool] = (spelt[:, 0] != spelt[:, 1]).tolist() if reading.n else []
        tag = reading.tag
        self.proper = [i for i, t in enumerate(tag) if t in _PROPER]
        self.surnames = self._titles_used_as_surnames()
        self.doubtful = named_persons(reading, self.capital)
        self.people = self._people()
        self.spans = self._spans()

    def is_title(self, i: int) -> bool:
        word = self.reading.lower[i]
        return word in TITLES and word not in self.surnames

    def core(self, span: tuple[int, int]) -> tuple[str, ...]:
        """Lower-case parts of a name without its titles."""
        lower = self.reading.lower
        parts = tuple(lower[k] for k in range(*span) if not self.is_title(k))
        return parts or (lower[span[1] - 1],)

    def _titles_used_as_surnames(self) -> frozenset[str]:
        """Words such as "Baron" that close the full name of somebody ("James Baron")."""
        lower, entity, tag = self.reading.lower, self.reading.entity, self.reading.tag
        return frozenset(
            lower[i]
            for i in self.proper
            if lower[i] in TITLES
            and i > 0
            and tag[i - 1] == "NNP"
            and lower[i - 1] not in TITLES
            and entity[i] == entity[i - 1] == "PERSON"
            and (i + 1 >= len(tag) or tag[i + 1] not in _PROPER)
        )

    def _people(self) -> set[str]:
        lower, entity = self.reading.lower, self.reading.entity
        for_it: defaultdict[str, float] = defaultdict(float)
        against: defaultdict[str, float] = defaultdict(float)
        labels: Counter[tuple[str, str]] = Counter()
        for i in self.proper:
            word = lower[i]
            pro, contra = self._evidence(i)
            for_it[word] += pro
            against[word] += contra
            labels[word, entity[i]] += 1
        for (word, label), times in labels.items():
            if label in _AGAINST:
                each, most = _AGAINST[label]
                against[word] += min(each * times, most)
        for i, weight in self._bound_pronouns():
            for_it[lower[i]] += weight
        common = {w for w, capital in zip(lower, self.capital, strict=True) if not capital}
        return {
            word
            for word, votes in for_it.items()
            if votes > against[word]
            and votes >= (_ENOUGH_IF_COMMON if word in common or word in _PERSON_NOUNS else _ENOUGH)
            and word not in _NOT_NAMES
            and word[:1].isalpha()
        } | self.doubtful

    def _evidence(self, i: int) -> tuple[float, float]:
        """What the place of a capitalised word says for and against its naming a person."""
        reading = self.reading
        lower, dep, lemma, entity = reading.lower, reading.dep, reading.lemma, reading.entity
        relation, head = dep[i], reading.head[i]
        pro = contra = 0.0
        opens = i == 0 or reading.sentences[reading.sentence_of[i]].start >= i - 1
        if entity[i] == "PERSON":
            pro += self._label_weight(i, opens)
        if self._initials(i):
            contra += 2
        if reading.quoted[i] != reading.quoted[head]:
            relation = ""  # a word of speech is no subject of the verb that reports it
        if relation in ("nsubj", "nsubjpass"):
            if lemma[head] in _DONE_BY_PEOPLE:
                pro += 3
            elif lemma[head] in _DONE_MOSTLY_BY_PEOPLE:
                pro += 1 if opens else 1.5
            elif reading.pos[head] == "VERB":
                pro += 0.5  # whoever does something is likelier a person than not
            elif lemma[head] == "be":
                state = reading.child(head, "attr")
                if state is not None and lemma[state] in _PERSON_NOUNS:
                    pro += 2
                elif state is None and reading.child(head, "acomp") is not None:
                    pro += 0.5
        elif relation == "pobj":
            if lower[head] in _PLACE_PREPOSITIONS:
                contra += _PLACE_PREPOSITIONS[lower[head]]
            elif lower[head] == "of" and lemma[reading.head[head]] in _KIN:
                pro += 2
        elif relation == "poss":
            if lemma[head] in _OWNED:
                pro += 2
        elif relation in ("dobj", "dative"):
            if lemma[head] in _DONE_TO_PEOPLE:
                pro += 1
        elif relation == "appos":
            pro += 3 * (lemma[head] in _PERSON_NOUNS)
        elif relation == "conj":
            pro += 1.5 * (lemma[head] in _PERSON_NOUNS or lower[head] in ("i", "he", "she"))
        elif relation in ("attr", "oprd"):
            named = reading.child(head, "nsubj") if relation == "attr" else head
            pro += 3 * (named is not None and lemma[named] in ("name", "call"))
        elif relation == "compound" and reading.tag[head] in ("NN", "NNS"):
            if lemma[head] in _PERSON_NOUNS:
                pro += 0.5
            else:
                contra += 1
        if reading.quoted[i]:
            pro += self._called(i)
        before = lower[i - 1] if i else ""
        if before in TITLES and reading.tag[i - 1] in _PROPER and before not in self.surnames:
            pro += 3
        elif before == "the" and lower[i] not in TITLES:
            contra += 2.5
        elif before in ("a", "an"):
            contra += 1.5
        for c in reading.children[i]:
            if (dep[c] == "appos" and lemma[c] in _PERSON_NOUNS) or (
                dep[c] == "relcl" and any(lower[g] == "who" for g in reading.children[c])
            ):
                pro += 2
        return pro, contra

    def _initials(self, i: int) -> bool:
        """Whether a word is a few capital letters, as institutions and devices are called."""
        word = str(self.reading.doc[i])
        return word.isupper() and 1 < len(word) <= 5

    def _label_weight(self, i: int, opens: bool) -> float:
        """How far the model's label PERSON is believed: less for one word that opens a sentence."""
        reading = self.reading
        paired = any(
            0 <= k < reading.n and reading.entity[k] == "PERSON" and reading.tag[k] in _PROPER
            for k in (i - 1, i + 1)
        )
        return 1.0 if opens and not paired else 2.0

    def _called(self, i: int) -> float:
        """Evidence of a vocative: "Come here, Ilse." and, less sure, "Ilse, come here."."""
        reading = self.reading
        lower = reading.lower
        if (
            not 0 < i < reading.n - 2
            or lower[i + 1] not in _PAUSE
            or reading.dep[i] in ("conj", "appos")
        ):
            return 0.0
        if lower[i - 1] == ",":
            return 1.5
        opens = (
            lower[i - 1] in ('"', "'") and lower[i + 1] == "," and lower[i + 2] not in ('"', "'")
        )
        return 1.0 if opens else 0.0

    def _bound_pronouns(self) -> list[tuple[int, float]]:
        """Capitalised subjects whose own clause says "his", "her" or "himself" of them."""
        reading = self.reading
        lower, head, dep, tag = reading.lower, reading.head, reading.dep, reading.tag
        found = []
        for i in [i for i, word in enumerate(lower) if word in HE]:
            if dep[i] in ("nsubj", "nsubjpass"):
                continue
            verb = i
            for _ in range(4):
                verb = head[verb]
                if reading.pos[verb] in ("VERB", "AUX"):
                    break
            subject = reading.child(verb, "nsubj", "nsubjpass")
            if subject is not None and tag[subject] in _PROPER and subject < i:
                found.append((subject, 2.0))
        return found

    def _spans(self) -> list[tuple[int, int]]:
        reading, people = self.reading, self.people
        lower, tag, entity, capital = reading.lower, reading.tag, reading.entity, self.capital

        def named(k: int) -> bool:
            if not capital[k] or (lower[k] in DOUBTFUL and stands_as_time(reading, k)):
                return False
            if lower[k] in self.doubtful:
                return True
            if lower[k] in people:
                return tag[k] in _PROPER or tag[k] in (
                    "NN",
                    "NNS",
                    "UH",
                    "JJ",
                    "FW",
                    "VB",
                    "VBP",
                    "RB",
                )
            return tag[k] in _PROPER and entity[k] == "PERSON" and lower[k] not in _NOT_NAMES

        spans: list[tuple[int, int]] = []
        end = 0
        for i in [i for i, large in enumerate(capital) if large]:
            if i < end:
                continue
            titled = self.is_title(i) and tag[i] in _PROPER
            if not (lower[i] in people and named(i)) and not titled:
                continue
            j = i
            while j < reading.n and (named(j) or (self.is_title(j) and tag[j] in _PROPER)):
                j += 1
            parts = [k for k in range(i, j) if not self.is_title(k)]
            if parts:
                spans.append((i, parts[-1] + 1))
            end = max(j, i + 1)
        return spans


# -------------------------------------------------------------------- which names mean one person


def _aliases(reading: Reading, names: _Names) -> tuple[list[list[int]], list[str]]:
    """Clusters of name spans that mean the same person, and the gender their titles tell.

    Names of two parts or more found clusters. Then bare names join by their first part; then
    titles with a last name join the one cluster that ends so and agrees in gender, by title or by
    the pronouns around it; then bare names join by a last part that only one cluster has.
    """
    votes = _Votes(reading, names.spans)
    people = _People(names, votes)
    by_parts: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for k, span in enumerate(names.spans):
        core = names.core(span)
        if len(core) > 1:
            people.join(k, people.of_full_name(core), core)
        else:
            titled = any(names.is_title(i) for i in range(*span))
            by_parts[1 if titled else 0].append(k)
    for k in by_parts[0]:
        core = names.core(names.spans[k])
        home = people.by_first(core[0])
        if home is None:
            by_parts[2].append(k)
        else:
            people.join(k, home, core)
    for k in by_parts[1]:
        core = names.core(names.spans[k])
        people.join(k, people.of_title(core[0], _title_gender(names, names.spans[k])), core)
    for k in by_parts[2]:
        core = names.core(names.spans[k])
        people.join(k, people.by_bare(core[0]), core)
    return people.clusters, people.titles


class _People:
    """Clusters of names as they grow."""

    def __init__(self, names: _Names, votes: _Votes):
        self.names, self.votes = names, votes
        self.clusters: list[list[int]] = []
        self.full: list[tuple[str, ...]] = []  # longest core of each cluster
        self.titles: list[str] = []
        self.same: dict[tuple[str, ...], int] = {}

    def join(self, k: int, home: int | None, core: tuple[str, ...]) -> None:
        """Put name `k` into a cluster, or into a new one."""
        if home is None:
            home = len(self.clusters)
            self.clusters.append([])
            self.full.append(core)
            self.titles.append("")
        if len(core) > 1:
            self.same[core] = home
        self.clusters[home].append(k)
        self.titles[home] = self.titles[home] or _title_gender(self.names, self.names.spans[k])

    def of_full_name(self, core: tuple[str, ...]) -> int | None:
        home = self.same.get(core)
        if home is None:
            home = next(
                (c for c, f in enumerate(self.full) if f[0] == core[0] and f[-1] == core[-1]), None
            )
        return home

    def by_first(self, word: str) -> int | None:
        return next((c for c, f in enumerate(self.full) if f[0] == word), None)

    def of_title(self, word: str, gender: str) -> int | None:
        """The one who ends so, else who begins so ("Miss Ada"), if title and pronouns agree."""
        last = [c for c, f in enumerate(self.full) if f[-1] == word]
        first = [c for c, f in enumerate(self.full) if f[0] == word and len(f) > 1]
        for options in (last, first):
            agreeing = [c for c in options if self._agrees(c, gender)]
            if len(agreeing) == 1:
                return agreeing[0]
        return None

    def _agrees(self, c: int, gender: str) -> bool:
        """A title of the same gender, or none and no pronouns of the other; wives need proof."""
        told = self.titles[c] or self.votes.gender(self.clusters[c], ratio=1)
        return told == gender or (told == "" and gender != FEMALE) or gender == ""

    def by_bare(self, word: str) -> int | None:
        whole = [c for c, f in enumerate(self.full) if f == (word,)]
        last = [c for c, f in enumerate(self.full) if f[-1] == word]
        if whole:
            return whole[0]
        return last[0] if len(last) == 1 else None


def _title_gender(names: _Names, span: tuple[int, int]) -> str:
    lower = names.reading.lower
    return next((g for i in range(*span) if names.is_title(i) and (g := TITLES[lower[i]])), "")


class _Votes:
    """Gender by the pronouns that follow a name in sentences which name nobody else."""

    def __init__(self, reading: Reading, spans: list[tuple[int, int]]):
        self.reading, self.spans = reading, spans
        self.holders: defaultdict[int, set[str]] = defaultdict(set)
        for start, end in spans:
            self.holders[reading.sentence_of[start]].add(reading.lower[end - 1])

    def gender(self, cluster: list[int], ratio: float = 2) -> str:
        """The gender with more than `ratio` times the other's votes, "" if neither has."""
        reading, holders = self.reading, self.holders
        votes = {FEMALE: 0.0, MALE: 0.0}
        for k in cluster:
            start, end = self.spans[k]
            s = reading.sentence_of[start]
            if len(holders[s]) > 1:
                continue
            stop = reading.sentences[s].end
            if s + 1 < len(reading.sentences) and s + 1 not in holders:
                stop = reading.sentences[s + 1].end
            weight = 1.0
            for i in range(end, stop):
                told = HE.get(reading.lower[i])
                if told and bool(reading.quoted[i]) == bool(reading.quoted[start]):
                    votes[told] += weight
                    weight *= 0.5
        high, low = (FEMALE, MALE) if votes[FEMALE] >= votes[MALE] else (MALE, FEMALE)
        return high if votes[high] > ratio * votes[low] and votes[high] >= 1 else ""
