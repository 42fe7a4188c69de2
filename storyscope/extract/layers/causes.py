"""What else makes a body tremble or sweat: work, illness, cold, hunger, smoke, sleep, blows, acting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyscope.extract.lexicon import entries

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = ["PARTS", "OtherCauses"]

_GROUPS: dict[str, list[str]] = entries("body", "parts")
PARTS: dict[str, str] = {part: group for group, parts in _GROUPS.items() for part in parts}
"""Parts of the body and what moves like them, by lemma, and the group of each."""
_CAUSES = {
    word: cause for cause, causes in entries("body", "other_causes").items() for word in causes
}
_TELLING = frozenset(_CAUSES) | {"growl", "rumble", "eat", "cold", "ice"}
_EXPLAINS = {
    "work": frozenset(
        "heart breath arm leg trunk wet breast head gasp gulp sweat perspire tremble sag sway".split()
    ),
    "cold": frozenset(
        "hand arm jaw trunk skin ears face breath shiver tremble shudder quiver redden".split()
    ),
    "irritant": frozenset("eyes wet throat weep cry gag sniffle".split()),
    "hunger": frozenset("belly leg lips head breath hand".split()),
    "sleep": frozenset(_GROUPS) - {"heart"},
    "blow": frozenset("ears head eyes".split()),
}
"""Groups and verbs that another cause explains away; illness and acting explain all."""
_LIGHT = frozenset(
    "light lamp lamplight moon moonlight firelight candle candlelight dark sun sunlight".split()
)
_AIR = frozenset("it air night room water wind morning day house weather river floor".split())
_HABIT = frozenset({"always", "nowadays", "usually"})


class OtherCauses:
    """Where a story tells of causes other than feeling, by sentence.

    Parameters
    ----------
    reading : Reading
    """

    def __init__(self, reading: Reading):
        self.reading = reading
        self.near: dict[int, set[str]] = {}
        telling = [i for i, word in enumerate(reading.lemma) if word in _TELLING]
        telling += [i for i, word in enumerate(reading.lower) if word == "saw"]
        for i in telling:
            cause = self._cause(i, reading.lemma[i])
            if cause:
                sentence = reading.sentence_of[i]
                far = (
                    8 if cause == "acting" else 2 if cause in _EXPLAINS and cause != "hunger" else 4
                )
                for s in range(sentence - far, sentence + far + 1):
                    self.near.setdefault(s, set()).add(cause)

    def explain(self, i: int, kind: str) -> bool:
        """Whether a sign at token `i`, of a group of parts or a verb, need not be feeling.

        Neither what a body always does nor what a question asks is a feeling of the moment, and
        eyes shine in lamplight.
        """
        start, end = self.reading.sentence(i)
        told = self.reading.lower[start:end]
        if not _HABIT.isdisjoint(told) or ("days" in told and "these" in told):
            return True
        if told[-1] == "?" or (kind == "eyes" and not _LIGHT.isdisjoint(told)):
            return True
        causes = self.near.get(self.reading.sentence_of[i], ())
        return any(cause not in _EXPLAINS or kind in _EXPLAINS[cause] for cause in causes)

    def _cause(self, i: int, word: str) -> str:
        """What a word tells of other causes, empty for nothing."""
        reading = self.reading
        if reading.lower[i] == "saw":
            return "work" if i and reading.lower[i - 1] in ("the", "a", "his", "her") else ""
        if word == "eat":
            denied = reading.child(i, "neg") is not None and reading.tag[i] == "VBN"
            return "hunger" if denied else ""
        if word in ("cold", "ice"):
            return "cold" if self._is_weather(i) else ""
        if word in ("growl", "rumble"):
            return "hunger" if self._is_belly(i) else ""
        if word in _CAUSES and reading.pos[i] in ("NOUN", "VERB", "ADJ"):
            likened = reading.dep[i] == "pobj" and reading.lower[reading.head[i]] == "like"
            return "" if likened else _CAUSES[word]
        return ""

    def _is_weather(self, i: int) -> bool:
        """Whether it is cold, or there is ice, where the story is."""
        reading = self.reading
        subject = reading.child(reading.head[i], "nsubj", "expl")
        if subject is None or reading.lemma[reading.head[i]] != "be":
            return False
        if reading.lower[i] == "ice":
            return reading.dep[i] == "attr" and reading.lower[subject] == "there"
        return reading.dep[i] == "acomp" and reading.lemma[subject] in _AIR

    def _is_belly(self, verb: int) -> bool:
        subject = self.reading.child(verb, "nsubj")
        return subject is not None and PARTS.get(self.reading.lemma[subject]) == "belly"
