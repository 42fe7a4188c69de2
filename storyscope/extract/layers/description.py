"""How people look: face, hair, eyes, build, clothing and voice, as they stay and not as they move.

A part of the body or a garment with an adjective of look, that somebody owns; a mark whose mere
presence is a look ("with a moustache"); a garment worn; a person noun with an adjective of build
or hair; compounds such as "red-haired". Passing states and gestures are left to `feelings`.
"""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.emotions import named_feelings
from storyscope.extract.layers.feelings import Feeling, bodily_feelings
from storyscope.extract.layers.thoughts import thoughts
from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, once

__all__ = ["REGION", "Feeling", "Look", "bodily_feelings", "looks", "named_feelings", "thoughts"]

REGION = {
    word: region
    for region in ("voice", "clothing", "build", "eyes", "hair", "face")
    for word in words("body", region)
}
"""Nouns of looks, by lemma, and the region of the body that each shows."""
LOOK = words("body", "look_adjectives")
PERSON_LOOK = words("body", "person_adjectives")
TRANSIENT = words("body", "transient")
_DRESS = words("body", "dress_adjectives")
_MARKS, _DONE_UP = words("body", "marks"), words("body", "done_up")
_FALLS = words("body", "hair_falls")
_COMPOUND = {w: region for region, ws in entries("body", "compound_looks").items() for w in ws}
_NO_LOOK, _IDIOMS = words("body", "no_look"), words("body", "idioms")
_OTHER = frozenset(
    "other own new next last first second third same such more most few several many much good bad "
    "better best worst favorite favourite clean extra spare left right free whole empty entire only "
    "upper lower inner outer missing remaining discarded stupid damn damned bloody rightful usual "
    "borrowed single human real dear poor little sheer mere familiar similar different certain "
    "various open closed proper possible ready able nice great perfect".split()
)
_VOICE_LOOK = frozenset(
    "deep low high hoarse gravelly raspy husky thin reedy nasal rich rough shrill melodious "
    "sonorous booming gruff silky smooth throaty musical lilting clipped accented thick foreign "
    "southern northern french german russian irish scottish british italian spanish".split()
)
_PASSING_VOICE = frozenset("low high hoarse thin rough shrill husky thick smooth".split())
_LIMBS = frozenset("body head hand arm leg foot finger eye back stomach chest".split())
_VAGUE = frozenset("wide full flat open old young ancient".split())
_VAGUE_OF_LIMBS = _VAGUE | frozenset("heavy light straight great".split())
_ANY = frozenset("every any no each such what another some".split())
_NOBODY = frozenset("someone anyone nobody everyone somebody anybody everybody you one".split())
_POSSESSIVE = frozenset("his her my their your our".split())
_HAVE = frozenset({"have", "wear", "sport", "don"})
_DRESSED = frozenset("dressed clothed clad swathed attired garbed draped wrapped".split())
_BEARS = frozenset(
    "be dress wear clothe appear stand come sit walk enter arrive lie emerge look step".split()
)
_SUBJECT = ("nsubj", "nsubjpass")
_NOUNS = frozenset({"NOUN", "PROPN"})


class Look(NamedTuple):
    """An outward description.

    Attributes
    ----------
    start, end : int
        Tokens [start, end) that carry it.
    region : str
        "face", "hair", "eyes", "build", "clothing" or "voice".
    owner : int
        Token of the mention that it belongs to, -1 where only the context tells whose it is.
    """

    start: int
    end: int
    region: str
    owner: int


@once
def looks(reading: Reading) -> list[Look]:
    """Outward descriptions of people, those spoken by characters included, in order.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> [k.region for k in looks(read("She had green eyes and wore a red coat. Her eyes widened."))]
    ['eyes', 'clothing']
    """
    finder = _Looks(reading)
    pos, persons = reading.pos, reading.cast.persons
    for i, lemma in enumerate(reading.lemma):
        if reading.lower[i] in _DRESSED and reading.tag[i] in ("VBN", "JJ", "VBD"):
            finder.of_dress(i)
        elif lemma in REGION:
            if pos[i] in _NOUNS and reading.dep[i] != "compound" and reading.lower[i - 1] != "-":
                finder.of_part(i, REGION[lemma])
        elif reading.lower[i] in _COMPOUND and reading.lower[i - 1] == "-":
            finder.of_compound(i)
        if i in persons:
            finder.of_person(i)
    return finder.in_order()


class _Looks:
    """Looks as they are found; no token is counted twice."""

    def __init__(self, reading: Reading):
        self.reading = reading
        self.felt = {i for f in bodily_feelings(reading) for i in range(f.start, f.end)}
        self.found: dict[int, Look] = {}

    def in_order(self) -> list[Look]:
        """Looks by place; of two that share a word, the first."""
        kept: list[Look] = []
        end = -1
        for look in sorted(self.found.values()):
            if look.start >= end:
                kept.append(look)
                end = look.end
        return kept

    def _add(self, a: int, b: int, region: str, owner: int) -> None:
        start, end = min(a, b), max(a, b) + 1
        if end - start <= 14:
            self.found.setdefault(b, Look(start, end, region, owner))

    # ---------------------------------------------------------------- a part or a garment

    def of_part(self, i: int, region: str) -> None:
        """A part with an adjective, a mark borne, a garment worn, or a part said to be so."""
        reading = self.reading
        if i in self.felt or self._likened(i):
            return
        verb = reading.head[i]
        if reading.pos[verb] == "VERB" and reading.child(verb, "neg") is not None:
            return
        fitting = self._fitting(i, region)
        owner, how = self._belongs(i)
        if reading.lemma[i] == "lock" and how == "near":
            return
        if (how == "worn" and region == "clothing" and (fitting or reading.lemma[i] != "ring")) or (
            how in ("had", "with") and reading.lemma[i] in _MARKS
        ):
            self._add(min([i, *fitting]), i, region, owner)
        elif how and fitting and (region not in ("clothing", "voice") or how in ("own", "with")):
            self._add(min(fitting), i, region, owner)
        elif how in ("own", "had", "with") and region != "clothing" and self._compared(i):
            self._add(i, i + 1, region, owner)
        elif how in ("own", "near"):
            self._said_to_be(i, region, owner)

    def _fitting(self, i: int, region: str) -> list[int]:
        """Modifiers of a part that say how it looks."""
        reading = self.reading
        lower, lemma = reading.lower, reading.lemma[i]
        found = []
        for c in reading.children[i]:
            if reading.dep[c] == "amod":
                found += [
                    c,
                    *(g for g in reading.children[c] if reading.dep[g] in ("conj", "amod")),
                ]
            elif (
                reading.dep[c] == "compound"
                and region in ("hair", "eyes", "clothing", "face")
                and lower[c] in LOOK
            ):
                found.append(c)
        if any(f"{lower[c]} {reading.lemma[i]}" in _IDIOMS for c in found):
            return []
        if region == "hair":
            if lemma == "lock" and reading.tag[i] != "NNS":
                return []
            return [c for c in found if self._plain(c) and lower[c] not in TRANSIENT | {"old"}]
        if region == "clothing":
            return [c for c in found if lower[c] in _DRESS or lower[c] in LOOK - TRANSIENT]
        if region == "voice":
            return [c for c in found if lower[c] in _VOICE_LOOK - _PASSING_VOICE]
        if region == "eyes":
            return [c for c in found if lower[c] in LOOK and lower[c] not in TRANSIENT]
        if lemma in ("brow", "forehead", "cheekbone", "nose"):
            return [
                c
                for c in found
                if lower[c] in LOOK - _VAGUE or lower[c] in ("high", "low", "sharp")
            ]
        if reading.lemma[i] == "figure" and reading.tag[i] == "NNS":
            return []
        found = [c for c in found if lower[c] != "set" or lower[c - 1] == "-"]
        vague = _VAGUE_OF_LIMBS if reading.lemma[i] in _LIMBS else _VAGUE
        return [c for c in found if lower[c] in LOOK and lower[c] not in vague]

    def _plain(self, c: int) -> bool:
        """Whether an adjective tells something, and is no comparative or mere pointer."""
        return self.reading.lower[c] not in _OTHER and self.reading.tag[c] not in ("JJR", "JJS")

    def _belongs(self, i: int) -> tuple[int, str]:
        """Whose a part is, and how that is told.

        "own" by a possessive, "had" by having, "worn" by wearing, "with" by a preposition, "near"
        by a person in the same clause; empty for nobody's.
        """
        reading = self.reading
        dep, lower, lemma, persons = reading.dep, reading.lower, reading.lemma, reading.cast.persons
        definite = False
        for c in reading.children[i]:
            if dep[c] == "poss":
                if lower[c] == "its" or (c not in persons and lower[c] not in _POSSESSIVE):
                    return -1, ""
                worn = dep[i] == "dobj" and lemma[reading.head[i]] in ("wear", "sport", "don")
                return c, "worn" if worn else "own"
            definite = definite or (dep[c] == "det" and lower[c] in ("the", "this", "that"))
            if dep[c] == "prep" and lower[c] == "of":
                whose = reading.child(c, "pobj")
                if whose is not None and whose in persons:
                    return whose, "own"
                if definite:
                    return -1, ""
        j = i
        for _ in range(5):
            head, relation = reading.head[j], dep[j]
            if head == j:
                break
            if relation in ("conj", "appos"):
                j = head
                continue
            if relation == "pobj":
                governor = reading.head[head]
                if governor in persons and lower[head] in ("with", "in"):
                    if self._likened(governor):
                        return -1, ""
                    return governor, "worn" if lower[head] == "in" else "with"
                if lower[head] in ("with", "in"):
                    who = self._subject(governor)
                    if who >= 0 and lemma[governor] in _BEARS:
                        return who, "worn" if lower[head] == "in" else "with"
                j = head
                continue
            if relation in ("dobj", "attr") and lemma[head] in _HAVE:
                who = self._subject(head)
                if who < 0 or lower[who] in _NOBODY:
                    return -1, ""
                return who, "had" if lemma[head] == "have" else "worn"
            if reading.pos[head] in ("VERB", "AUX"):
                who = self._subject(head)
                return (who, "near") if who >= 0 and (not definite or j == i) else (-1, "")
            j = head
        return -1, ""

    def _subject(self, verb: int) -> int:
        reading = self.reading
        for _ in range(3):
            subject = reading.child(verb, *_SUBJECT)
            if subject is not None:
                return subject if subject in reading.cast.persons else -1
            if reading.dep[verb] == "acl":
                verb = reading.head[verb]
                return verb if verb in reading.cast.persons else -1
            if reading.dep[verb] not in ("conj", "xcomp", "advcl"):
                return -1
            verb = reading.head[verb]
        return -1

    def _likened(self, i: int) -> bool:
        """Whether a noun is only what something is compared with."""
        reading = self.reading
        for _ in range(3):
            head = reading.head[i]
            if reading.dep[i] == "pobj":
                return reading.lower[head] in ("like", "as")
            if reading.dep[i] != "conj" or head == i:
                return False
            i = head
        return False

    def _compared(self, i: int) -> bool:
        """Whether a part is said to be like something, or the colour of something."""
        reading = self.reading
        for c in reading.children[i]:
            if reading.dep[c] == "prep" and reading.lower[c] == "like":
                return True
            if reading.lemma[c] in ("color", "colour") and reading.dep[c] in (
                "appos",
                "npadvmod",
                "nmod",
            ):
                return True
            if reading.dep[c] == "acl" and reading.tag[c] == "VBN" and reading.lemma[c] in _DONE_UP:
                return reading.lemma[c] not in ("wrinkle", "crease", "line", "stain")
        return False

    def _said_to_be(self, i: int, region: str, owner: int) -> None:
        """Parts said to be so: "Her hair was grey", "his face was lined"."""
        reading = self.reading
        lower, lemma = reading.lower, reading.lemma
        verb = reading.head[i]
        if reading.dep[i] not in _SUBJECT:
            return
        if lemma[verb] == "be":
            state = reading.child(verb, "acomp", "attr")
            if state is None or _hedged(reading, state, verb):
                return
            told = [state, *(c for c in reading.children[state] if reading.dep[c] == "conj")]
            if region == "voice":
                fits = any(lower[c] in _VOICE_LOOK - _PASSING_VOICE for c in told)
            else:
                fits = any(lower[c] in LOOK and lower[c] not in TRANSIENT for c in told)
            fits = fits or (
                reading.dep[state] == "attr"
                and region not in ("voice", "clothing")
                and any(lower[c] in LOOK - TRANSIENT for c in reading.children[state])
            )
            if fits:
                self._add(i, state, region, owner)
        elif region in ("hair", "face", "eyes", "build") and lemma[verb] in _DONE_UP:
            passive = any(reading.dep[c] == "auxpass" for c in reading.children[verb])
            if passive and region != "build" and not _hedged(reading, verb, verb):
                self._add(i, verb, region, owner)
        elif (
            region == "hair"
            and lemma[verb] in _FALLS
            and reading.child(verb, "prep", "dobj", "acomp", "prt", "advmod") is not None
        ):
            self._add(i, verb, region, owner)

    # ---------------------------------------------------------------- dress, compounds, persons

    def of_dress(self, i: int) -> None:
        """Dress told by a participle: "dressed in black", "clad in furs"."""
        reading = self.reading
        inside = next((c for c in reading.children[i] if reading.lower[c] == "in"), None)
        what = None if inside is None else reading.child(inside, "pobj")
        if what is None:
            return
        who = self._subject(reading.head[i] if reading.dep[i] in ("acomp", "oprd") else i)
        plain = reading.lower[i] in ("draped", "wrapped") and reading.lemma[what] not in REGION
        if who >= 0 and not plain:
            self.found.pop(what, None)
            self._add(i, what, "clothing", who)

    def of_compound(self, i: int) -> None:
        """Compounds such as "long-jawed", whoever they are said of, if a person at all."""
        reading = self.reading
        first = reading.lower[i - 2] if i >= 2 else ""
        region = _COMPOUND[reading.lower[i]]
        if not first.isalpha() or (
            (region != "hair" or reading.lower[i] == "headed") and first in _NO_LOOK
        ):
            return
        whom = reading.head[i]
        if reading.dep[i] in ("amod", "compound") and reading.pos[whom] in _NOUNS:
            if (
                whom not in reading.cast.persons
                or self._likened(whom)
                or reading.lemma[whom] == "monster"
            ):
                return
        elif reading.dep[i] in ("acomp", "oprd"):
            whom = self._subject(whom)
            if whom < 0:
                return
        elif reading.dep[i] not in ("conj", "ROOT", "appos", "advcl", "acl", "npadvmod", "dep"):
            return
        if reading.lower[i] in ("looking", "built") and first not in (
            "good",
            "ill",
            "odd",
            "rough",
            "well",
        ):
            return
        self._add(i - 2, i, region, whom)

    def _particular(self, i: int) -> bool:
        """Whether a person noun points to somebody: not "every man", "pretty girls", "my dear"."""
        reading = self.reading
        told = [c for c in reading.children[i] if reading.dep[c] in ("det", "poss", "nummod")]
        if any(reading.lower[c] in _ANY for c in told):
            return False
        if reading.quoted[i] and any(reading.lower[c] in ("my", "you") for c in told):
            return False
        return reading.tag[i] != "NNS" or bool(told)

    def of_person(self, i: int) -> None:
        """A person noun with an adjective of build, hair or beauty, or somebody said to be tall."""
        reading = self.reading
        lower = reading.lower
        if reading.pos[i] in _NOUNS and not self._likened(i) and self._particular(i):
            for c in reading.children[i]:
                if reading.dep[c] == "amod" and lower[c] in PERSON_LOOK:
                    self._add(c, i, "build", i)
                    return
        head = reading.head[i]
        if (
            reading.dep[i] == "nsubj"
            and lower[i] != "they"
            and reading.lemma[head] in ("be", "look")
        ):
            state = reading.child(head, "acomp")
            if state is None or _hedged(reading, state, head) or _asked(reading, head):
                return
            told = [state, *(c for c in reading.children[state] if reading.dep[c] == "conj")]
            for c in told:
                passing = lower[c] in ("pale", "hunched", "elegant", "short", "grey", "gray")
                if lower[c] in PERSON_LOOK and not (
                    passing and (lower[c] == "short" or reading.lemma[head] == "look")
                ):
                    self._add(i, c, "build", i)
                    return


def _hedged(reading: Reading, state: int, verb: int) -> bool:
    """Whether a state is said to be passing, excessive, compared, denied or only possible."""
    near = [*reading.children[state], *reading.children[verb]]
    return any(
        reading.lower[c]
        in ("too", "suddenly", "now", "enough", "not", "n't", "never", "as", "if", "when")
        or reading.tag[c] == "MD"
        for c in near
    )


def _asked(reading: Reading, verb: int) -> bool:
    sentence = reading.sentence(verb)
    return reading.lower[sentence.end - 1] == "?"
