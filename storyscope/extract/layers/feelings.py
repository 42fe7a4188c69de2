"""Feeling shown by the body: parts that act, states they fall into, deeds, sensations."""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.layers.causes import PARTS, OtherCauses
from storyscope.extract.lexicon import entries, words
from storyscope.extract.reading import Reading, once

__all__ = ["PARTS", "Feeling", "bodily_feelings"]

_DISPLAY = {group: frozenset(verbs) for group, verbs in entries("body", "display").items()}
_STATES = {group: frozenset(states) for group, states in entries("body", "states").items()}
_DEEDS = {verb: frozenset(parts) for verb, parts in entries("body", "deed").items()}
_LIKENED, _WHOLE, _TURNED = (
    words("body", "likened"),
    words("body", "whole"),
    words("body", "turned"),
)
_SEAT, _SENSATION = words("body", "seat"), words("body", "sensation")
_HAND_TO, _PART_OF = words("body", "hand_to"), words("body", "part_of")
_POSSESSIVE = frozenset("his her my their your our".split())
_BLOWS = frozenset(
    "crack slap strike smack hit punch slam fall land wave pass connect point".split()
)
_BUMPED = frozenset("forehead skin cheek head arm brow temple hand knee neck back face".split())
_BARE = {
    "come": ("wet",), "turn": ("belly",), "set": ("jaw",), "get": (), "give": ("leg",),
    "light": ("face", "eyes"), "rise": ("hair", "voice", "brow", "colour", "wet"),
    "lift": ("hair", "brow"),
}  # fmt: skip
"""Verbs that need more said of them, and the groups of which they say enough alone."""
_SENSED = ("feel", "have", "be", "get", "send", "hear", "know")
_GLANCES = frozenset("dart flicker drop lift turn swim fall hang climb burn blaze flash".split())
_GROW = frozenset("be go grow turn become get feel come fall wax run".split())
_WHERE = frozenset(
    "in at down through up behind below under along across over into inside around round between "
    "beneath to from on against".split()
)
_SUBJECT = ("nsubj", "nsubjpass")
_HUE = frozenset({"colour", "color", "shade"})


class Feeling(NamedTuple):
    """A feeling shown or named.

    Attributes
    ----------
    start, end : int
        Tokens [start, end).
    way : str
        "part" (a part of the body acts), "state" (it is in a state), "deed" (a person does it
        with a part), "whole" (the whole body), "seat" (a sensation sits somewhere), or "named".
    """

    start: int
    end: int
    way: str


# -------------------------------------------------------------------- feeling in the body


@once
def bodily_feelings(reading: Reading) -> list[Feeling]:
    """Feelings shown by the body, in narration.

    A part doing what parts do when moved ("her jaw tightened") or falling into a state ("his
    mouth went dry"), a person doing it with a part ("clenched his fists"), the whole body ("she
    flinched"), or a sensation seated in it ("a knot in his stomach"). Signs that work, illness,
    cold, smoke, sleep or acting close by explain are left out, and denied or supposed ones.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> [f.way for f in bodily_feelings(read("Her stomach knotted. He went home."))]
    ['part']
    """
    signs = _Signs(reading)
    lemma, pos, lower = reading.lemma, reading.pos, reading.lower
    parts = [i for i, word in enumerate(lemma) if word in PARTS and not reading.quoted[i]]
    for i in parts:
        if pos[i] in ("NOUN", "PROPN"):
            signs.of_part(i, PARTS[lemma[i]])
    for i, word in enumerate(lemma):
        if (
            (word in _DEEDS or word in _WHOLE or word in _GROW)
            and pos[i] in ("VERB", "AUX")
            and not reading.quoted[i]
        ):
            signs.of_verb(i, word)
        elif (word in _SENSATION or lower[i] in ("something", "it")) and not reading.quoted[i]:
            signs.of_sensation(i)
    return sorted(set(signs.found))


class _Signs:
    """Bodily signs as they are found, each unless something else explains it."""

    def __init__(self, reading: Reading):
        self.reading = reading
        self.found: list[Feeling] = []
        self.causes = OtherCauses(reading)

    def _add(self, a: int, b: int, way: str, kind: str) -> None:
        if self.causes.explain(a, kind):
            return
        self.found.append(Feeling(min(a, b), max(a, b) + 1, way))

    # ---------------------------------------------------------------- a part

    def of_part(self, i: int, group: str) -> None:
        """What a part of somebody's body does or is."""
        reading = self.reading
        dep, head = reading.dep[i], reading.head[i]
        outer = self._outer(i)
        if outer != i:
            dep, head = reading.dep[outer], reading.head[outer]
        if dep in _SUBJECT:
            self._subject(i, outer, head, group)
        elif dep == "conj" and reading.dep[head] in _SUBJECT and reading.lemma[head] in PARTS:
            self._subject(i, outer, reading.head[head], group)
        elif dep == "attr" and group in ("wet", "colour"):
            return
        if group == "hand":
            self._hand_to(i)

    def _outer(self, i: int) -> int:
        """The noun that names a part by way of this one: "back" in "the back of his neck"."""
        reading = self.reading
        head = reading.head[i]
        if reading.dep[i] == "pobj" and reading.lower[head] == "of":
            outer = reading.head[head]
            if reading.lemma[outer] in _PART_OF:
                return outer
        return i

    def _subject(self, i: int, outer: int, verb: int, group: str) -> None:
        reading = self.reading
        if reading.pos[verb] not in ("VERB", "AUX") or not self._owned(i, group, verb):
            return
        verbs = [verb, *(c for c in reading.children[verb] if reading.dep[c] == "conj" and reading.pos[c] == "VERB"
                         and reading.child(c, *_SUBJECT) is None)]  # fmt: skip
        for v in verbs:
            if self._unreal(v):
                continue
            begun = reading.child(v, "xcomp") if reading.lemma[v] in ("begin", "start") else None
            v = v if begun is None else begun
            word = reading.lemma[v]
            moves = word in _DISPLAY.get(group, ()) and self._moves_itself(v, group, word)
            if moves or self._comes_over(i, v, group):
                self._add(outer, v, "part", group)
            elif word in _GROW:
                self._state(i, v, group)

    def _comes_over(self, i: int, verb: int, group: str) -> bool:
        """Whether blood leaves a face, shoulders come down, or a voice comes out otherwise."""
        reading = self.reading
        word, children = reading.lemma[verb], reading.children[verb]
        if reading.lemma[i] == "blood":
            return word in ("go", "leave", "come", "flood", "climb") and self._part_after(verb)
        if word != "come":
            return False
        told = {reading.lower[c] for c in children}
        if group == "trunk":
            return bool(told & {"down", "up"}) and reading.lemma[i] == "shoulder"
        how = any(reading.dep[c] in ("acomp", "advmod", "oprd") for c in children)
        return group == "voice" and "out" in told and how

    def _part_after(self, verb: int) -> bool:
        """Whether a part of somebody's body follows soon after a verb."""
        reading = self.reading
        ahead = range(verb + 1, min(verb + 9, reading.sentence(verb).end))
        return any(
            reading.lemma[g] in PARTS and reading.child(g, "poss") is not None for g in ahead
        )

    def _moves_itself(self, verb: int, group: str, word: str) -> bool:
        """Whether the verb is about the part: it has no other object, and no aim."""
        reading = self.reading
        for c in reading.children[verb]:
            relation, told = reading.dep[c], reading.lower[c]
            if (
                relation == "dobj"
                and reading.lemma[c] not in PARTS
                and told not in ("itself", "themselves", "shut")
            ):
                return group == "wet" or (group == "hand" and word in ("clutch", "claw", "tighten"))
            if (
                relation == "prep"
                and group in ("eyes", "head", "trunk")
                and told in ("to", "toward", "towards", "at", "over", "across")
                and word in _GLANCES
            ):
                return False
            if relation == "agent" or (
                relation == "prt"
                and word in ("close", "set", "work", "turn")
                and told in ("up", "out")
            ):
                return False
        if word in _BARE and not any(
            reading.dep[c] in ("prt", "advmod", "prep", "acomp", "oprd", "advcl")
            for c in reading.children[verb]
        ):
            return group in _BARE[word]
        if word == "come" and group == "breath":
            return any(
                reading.lower[c] in ("quick", "quicker", "fast", "faster", "ragged", "shallow")
                or reading.lemma[reading.child(c, "pobj") or c] in ("gasp", "sob", "burst", "hitch")
                for c in reading.children[verb]
            )
        if word == "come":
            return group in ("wet", "colour")
        return True

    def _state(self, i: int, verb: int, group: str) -> None:
        reading = self.reading
        state = reading.child(verb, "acomp", "oprd", "attr", "advmod")
        if state is None:
            hue = reading.child(verb, "dobj")
            if hue is not None and group == "face" and reading.lemma[hue] in _HUE:
                self._add(i, hue, "state", group)
            elif reading.lemma[i] in _LIKENED:
                self._likened(i, verb)
            return
        word = reading.lower[state]
        if word in _STATES.get(group, ()) and not self._lasting(verb, state, group):
            self._add(i, state, "state", group)
        elif reading.lemma[i] in _LIKENED and reading.dep[state] == "attr":
            self._likened(i, verb)

    def _lasting(self, verb: int, state: int, group: str) -> bool:
        """Whether a state is a look that stays ("her eyes were wide") rather than a change."""
        reading = self.reading
        if reading.lemma[verb] != "be":
            return False
        if group == "eyes":
            joined = reading.child(state, "conj")
            if joined is not None and reading.lower[joined] not in _STATES["eyes"]:
                return True
            return reading.lower[state] not in (
                "wet",
                "moist",
                "damp",
                "glassy",
                "bright",
                "shiny",
                "wide",
                "huge",
            )
        return group in ("face", "hand", "lips") and reading.lower[state] in (
            "pale", "pink", "red", "drawn", "white", "blank", "cold", "warm", "limp", "tight", "rough",
        )  # fmt: skip

    def _likened(self, i: int, verb: int) -> None:
        """A part said to be or become a thing: "her legs were string", "turned to water"."""
        reading = self.reading
        attribute = reading.child(verb, "attr")
        if attribute is None:
            to = next(
                (c for c in reading.children[verb] if reading.lower[c] in ("to", "like")), None
            )
            attribute = None if to is None else reading.child(to, "pobj")
        if (
            attribute is not None
            and reading.pos[attribute] == "NOUN"
            and reading.lemma[attribute] not in PARTS
        ):
            self._add(i, attribute, "state", PARTS[reading.lemma[i]])

    def _hand_to(self, i: int) -> None:
        """A hand that goes to mouth, throat or heart."""
        reading = self.reading
        head = reading.head[i]
        places = [i, head] if reading.dep[i] in (*_SUBJECT, "dobj") else [i]
        for place in places:
            for c in reading.children[place]:
                if (
                    reading.lower[c] in ("to", "over", "against", "across")
                    and reading.dep[c] == "prep"
                ):
                    target = reading.child(c, "pobj")
                    if reading.pos[head] == "VERB" and reading.lemma[head] in _BLOWS:
                        continue
                    if (
                        target is not None
                        and reading.lemma[target] in _HAND_TO
                        and self._owned(target, "face", head)
                    ):
                        if reading.tag[i] == "NN" or reading.lemma[i] != "hand":
                            self._add(i, target, "deed", "hand")
                        return

    # ---------------------------------------------------------------- a person

    def of_verb(self, verb: int, word: str) -> None:
        """What a person does with a part, or with the whole body."""
        reading = self.reading
        if self._unreal(verb):
            return
        if word in _DEEDS:
            part = reading.child(verb, "dobj")
            if word == "roll" and any(
                reading.lower[c] in ("back", "up") for c in reading.children[verb]
            ):
                return
            if part is None and word in ("bite", "chew", "gnaw"):
                part = self._bitten(verb)
            if (
                part is not None
                and reading.lemma[part] in _DEEDS[word]
                and self._owned(part, "", verb, loose=True)
            ):
                self._add(verb, part, "deed", PARTS.get(reading.lemma[part], "face"))
                return
        subject = self._person(verb)
        if subject < 0:
            return
        if word in _WHOLE and reading.tag[verb] != "VBN":
            if reading.child(verb, "dobj", "ccomp") is None and not self._exclaims(verb, word):
                self._add(subject, verb, "whole", word)
        elif word in _GROW and word not in ("be", "feel", "come", "fall", "run"):
            state = reading.child(verb, "acomp", "oprd")
            if state is not None and reading.lower[state] in _TURNED:
                self._add(subject, state, "whole", "face")

    def _exclaims(self, verb: int, word: str) -> bool:
        """Whether "cried" or "gasped" says something: it tags a quotation, or cries out."""
        reading = self.reading
        if word not in ("cry", "gasp", "sob", "whimper", "scowl", "glare"):
            return False
        if word == "gasp" and reading.tag[verb] == "VBG":
            return True  # of breath, as often as not
        near = reading.quoted[max(verb - 3, 0) : verb + 4].any()
        return bool(near) or any(
            reading.lower[c] in ("out", "aloud") for c in reading.children[verb]
        )

    def _bitten(self, verb: int) -> int | None:
        """What is bitten through, into or on: "through the inside of her cheek"."""
        reading = self.reading
        for c in reading.children[verb]:
            if reading.dep[c] == "prep" and reading.lower[c] in ("through", "into", "on", "at"):
                return reading.child(c, "pobj")
        return None

    def _person(self, verb: int) -> int:
        reading = self.reading
        subject = reading.child(verb, *_SUBJECT)
        if subject is None and reading.dep[verb] in ("conj", "advcl"):
            subject = reading.child(reading.head[verb], *_SUBJECT)
        if subject is None or reading.lower[subject] in ("nobody", "none"):
            return -1
        if any(reading.lower[c] == "no" for c in reading.children[subject]):
            return -1
        return subject if subject in reading.cast.persons else -1

    # ---------------------------------------------------------------- a sensation

    def of_sensation(self, i: int) -> None:
        """A sensation that sits in a part or moves through it."""
        reading = self.reading
        lower, dep, head = reading.lower, reading.dep[i], reading.head[i]
        anything = lower[i] in ("something", "it")
        if lower[i] == "something" and lower[i + 1 : i + 2] == ["in"]:
            self._stirs_in(i)
            return
        if not anything and reading.pos[i] != "NOUN":
            return
        seats = [] if anything else [self._seat(c) for c in reading.children[i]]
        if reading.pos[head] in ("VERB", "AUX") and not self._unreal(head):
            if dep in _SUBJECT and not anything:
                seats += [self._seat(c) for c in reading.children[head]]
                target = reading.child(head, "dobj")
                if (
                    target is not None
                    and reading.lemma[target] in _SEAT
                    and self._owned(target, "", head)
                ):
                    seats.append(target)
            elif dep in ("dobj", "attr") and reading.lemma[head] in (
                ("feel", "hear") if anything else _SENSED
            ):
                seats += [self._seat(c) for c in reading.children[head]]
        seat = next((s for s in seats if s >= 0), -1)
        if reading.lemma[i] in ("lump", "knot", "ball") and reading.lemma[seat] in _BUMPED:
            return
        if seat >= 0:
            self._add(i, seat, "seat", PARTS.get(reading.lemma[seat], "skin"))

    def _stirs_in(self, i: int) -> None:
        """Something in somebody's chest that moves: "something in my chest twisted"."""
        reading = self.reading
        within = i + 1 if reading.head[i + 1] == i else -1
        part = None if within < 0 else reading.child(within, "pobj")
        if (
            part is None
            or reading.lemma[part] not in _SEAT
            or not self._owned(part, "", i, loose=True)
        ):
            return
        if part + 1 < reading.n and reading.pos[part + 1] == "VERB":
            self._add(i, part, "seat", PARTS.get(reading.lemma[part], "skin"))

    def _seat(self, preposition: int) -> int:
        """The part of the body that a prepositional phrase names, -1 if none."""
        reading = self.reading
        if (
            reading.dep[preposition] not in ("prep", "prt", "advmod")
            or reading.lower[preposition] not in _WHERE
        ):
            return -1
        part = reading.child(preposition, "pobj")
        if part is None:
            inner = reading.child(preposition, "prep")
            part = None if inner is None else reading.child(inner, "pobj")
        for _ in range(2):
            if part is None:
                return -1
            if reading.lemma[part] in _SEAT:
                return part if self._owned(part, "", preposition, loose=True) else -1
            of = next((c for c in reading.children[part] if reading.lower[c] == "of"), None)
            part = (
                None
                if of is None or reading.lemma[part] not in _PART_OF
                else reading.child(of, "pobj")
            )
        return -1

    # ---------------------------------------------------------------- small questions

    def _owned(self, noun: int, group: str, verb: int, *, loose: bool = False) -> bool:
        """Whether a person owns this part of the body."""
        reading = self.reading
        if group == "wet":
            return True
        bare = True
        for c in reading.children[noun]:
            relation = reading.dep[c]
            if relation == "poss":
                named = reading.tag[c] == "NNP" and reading.entity[c] not in ("LOC", "DATE")
                return reading.lower[c] in _POSSESSIVE or named or c in reading.cast.persons
            if relation == "det":
                if reading.lower[c] in ("the", "that", "both", "all") and (
                    loose or self._owner_near(verb)
                ):
                    return True
                if reading.lemma[noun] == "blood" and self._part_after(verb):
                    return True
                if reading.lemma[noun] in ("muscle", "vein", "nerve", "pulse"):
                    return self._owner_near(verb)
                bare = False
            elif relation == "prep" and reading.lower[c] in ("of", "under", "in", "at"):
                owner = reading.child(c, "pobj")
                if owner is not None and (
                    reading.lower[c] == "of" or reading.lemma[owner] in PARTS
                ):
                    return owner in reading.cast.persons or self._owned(owner, "", verb)
        if group == "colour":
            return self._owner_near(verb) or self._part_after(verb)
        return loose and bare

    def _owner_near(self, verb: int) -> bool:
        """Whether another part of the body in the same clause is somebody's."""
        reading = self.reading
        for c in reading.children[verb]:
            if reading.dep[c] == "prep":
                part = reading.child(c, "pobj")
                if part is not None and (
                    reading.lemma[part] in PARTS or reading.lemma[part] in _PART_OF
                ):
                    inner = [
                        part,
                        *(
                            g
                            for p in reading.children[part]
                            if reading.lower[p] == "of"
                            for g in reading.children[p]
                        ),
                    ]
                    if any(reading.dep[g] == "poss" for q in inner for g in reading.children[q]):
                        return True
            elif reading.dep[c] == "dobj" and any(
                reading.dep[g] == "poss" for g in reading.children[c]
            ):
                return True
        return False

    def _unreal(self, verb: int) -> bool:
        """Whether a clause is denied, supposed or only possible."""
        reading = self.reading
        for c in reading.children[verb]:
            if reading.dep[c] == "neg" or reading.lower[c] in ("never", "if", "unless"):
                return True
            if reading.tag[c] == "MD":
                start, end = reading.sentence(verb)
                if (
                    reading.lower[c] not in ("could", "'d", "would")
                    or "if" in reading.lower[start:end]
                ):
                    return True
        return False
