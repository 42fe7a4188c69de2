"""What a pattern is, and the closed question that asks for it in words a reader understands.

A pattern is made of words fixed here and of verbs in their base form. No name of a person or of a
source enters one, and nothing in it depends on gender or grammatical person.
"""

from __future__ import annotations

from typing import NamedTuple

from storyscope.extract.lexicon import words

__all__ = ["ACTS", "CODES", "FAMILY", "KINDS", "WHO", "Pattern", "act_of"]

KINDS = ("chain", "frame", "order", "opening", "ending", "naming")
CODES = dict(zip(KINDS, ("CHN", "FRM", "ORD", "OPN", "END", "NAM"), strict=True))
"""Middle part of a candidate's id, by kind."""

FAMILY = {
    "dream": "a dream",
    "unreal": "a scene that does not really happen",
    "flashback": "a flashback",
    "flashforward": "a flash-forward",
    "skip": "a time skip",
    "habit": "what is usually done",
    "looks": "how a character looks",
    "bodily": "a feeling shown in the body",
    "conflict": "conflict",
    "theme": "a stated theme",
    "insight": "an insight of a character",
    "address": "a turn to the reader",
    "turn": "a turning point",
}
"""What the tagger finds, as a question says it."""

WHO = {
    "protagonist": "the protagonist",
    "character": "another character",
    "body": "a part of somebody's body",
    "thing": "a thing",
    "abstract": "something that cannot be touched",
}
"""Types of subjects and objects; whoever is only an open “they” or “you” has none."""

ACTS = {
    "waking": words("verbs", "wake"),
    "gesture": words("verbs", "gesture"),
    "thinking": words("verbs", "cognition"),
    "perceiving": words("verbs", "see", "hear", "smell", "taste"),
    "speaking": words("verbs", "speech"),
    "feeling": words("verbs", "feeling"),
    "handling": frozenset(
        "take hold pick put lift set pull push open close carry place drop reach touch press fold "
        "wipe pour turn".split()
    ),
    "helping": words("verbs", "cooperation"),
    "moving": words("verbs", "motion"),
    "harm": words("verbs", "harm"),
    "opposing": words("verbs", "conflict"),
    "deciding": words("verbs", "decide"),
}
"""Classes of verbs; a verb of several belongs to the first."""

_ACT_OF = {verb: act for act in reversed(ACTS) for verb in ACTS[act]}

_MOVES = {
    "speech": ("speech in the {place} sentence", "Does the {place} sentence hold speech?"),
    "name": (
        "a character's name in the {place} sentence",
        "Does the {place} sentence name a character?",
    ),
    "time": ("a time in the {place} sentence", "Does the {place} sentence say when it happens?"),
    "place": (
        "a place or the weather in the {place} sentence",
        "Does the {place} sentence name a place, a landscape or the weather?",
    ),
    "event": (
        "an event in the {place} sentence",
        "Does something happen in the {place} sentence, rather than being described?",
    ),
    "alone": (
        "a {place} sentence that is a paragraph",
        "Does the {place} sentence stand as a paragraph of its own?",
    ),
}
_NAMING = {
    "by name": ("characters called by name", "Are the characters mostly called by their names?"),
    "by noun": (
        "characters called by what they are",
        "Are the characters mostly called by what they are, such as “the doctor”?",
    ),
    "protagonist by name": (
        "a protagonist called by name",
        "Is the protagonist mostly called by name, rather than by a pronoun or a noun?",
    ),
    "protagonist named": ("a protagonist with a name", "Does the protagonist have a name?"),
    "named at once": (
        "the protagonist's name in the first sentence",
        "Does the first sentence name the protagonist?",
    ),
    "pronoun first": (
        "a protagonist met as a pronoun",
        "Is the protagonist first mentioned by a pronoun?",
    ),
    "full name first": (
        "a protagonist met by a full name",
        "Where the protagonist is first named, is it by two names or more?",
    ),
    "others named": (
        "recurring characters with a name",
        "Do most of the characters who come back have a name?",
    ),
}
_SHARES = {
    "by name": "mentions",
    "by noun": "mentions",
    "protagonist by name": "the protagonist's mentions",
    "others named": "recurring characters",
}
"""Habits of naming that are a share within a story, with what of; the others are yes or no."""


def act_of(verb: str) -> str:
    """Class of a verb in its base form; empty for one of none.

    >>> act_of("whisper"), act_of("walk"), act_of("be")
    ('speaking', 'moving', '')
    """
    return _ACT_OF.get(verb, "")


class Pattern(NamedTuple):
    """Something that a story may hold.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    parts : tuple of str
        What it is made of: the acts or verbs of a chain; subject, verb and object of a frame; what
        is told, and in which order; the move of an opening or ending; the habit of naming. A verb
        stands in base form with "to " before it, an act without.

    Examples
    --------
    >>> Pattern("frame", ("abstract", "to settle", "")).name
    'something that cannot be touched as subject of the verb “settle”'
    >>> print(Pattern("order", ("first", "flashback", "conflict")).question)
    Of a story that tells both: does it tell a flashback before it first tells conflict?
    """

    kind: str
    parts: tuple[str, ...]

    @property
    def key(self) -> str:
        """Kind and parts as one text."""
        return f"{self.kind}: {' > '.join(p or '-' for p in self.parts)}"

    @property
    def unit(self) -> str:
        """Of its value in one story."""
        if self.kind in ("chain", "frame") or self.parts[0] == "next":
            return "times per 1,000 words"
        if self.kind in ("opening", "ending") and self.parts[0] == "told":
            return "share of sentences there"
        if self.kind == "naming" and self.parts[0] in _SHARES:
            return f"share of {_SHARES[self.parts[0]]}"
        return "share of stories"

    @property
    def counted(self) -> bool:
        """Whether it may come several times in a story."""
        return self.unit.startswith("times")

    @property
    def name(self) -> str:
        """A noun phrase."""
        parts = self.parts
        if self.kind == "chain":
            return ", then ".join(f"“{p[3:]}”" if p.startswith("to ") else p for p in parts)
        if self.kind == "frame":
            name = f"{WHO[parts[0]]} as subject of {_verb(parts[1])}"
            return f"{name}, {WHO[parts[2]]} as object" if parts[2] else name
        if self.kind == "order":
            how, *told = parts[0], *(FAMILY[p] for p in parts[1:])
            if how == "last":
                return f"{told[0]} told last"
            return f"{told[0]} before {told[1]}" if how == "first" else f"{told[1]} after {told[0]}"
        if self.kind == "naming":
            return _NAMING[parts[0]][0]
        if parts[0] == "told":
            return f"{FAMILY[parts[1]]} in the {self.kind}"
        if parts[0] == "act":
            return f"{parts[1]} as the {self._edge} event"
        return _MOVES[parts[0]][0].format(place=self._edge)

    @property
    def _edge(self) -> str:
        return "first" if self.kind == "opening" else "last"

    @property
    def question(self) -> str:
        """The closed question that a reader could be asked."""
        parts = self.parts
        if self.kind == "chain":
            steps = ", and the next one by ".join(map(_verb, parts))
            return f"How often is an event of the narration told by {steps}?"
        if self.kind == "frame":
            object_ = f"with {WHO[parts[2]]} as its object" if parts[2] else "without an object"
            return (
                f"How often is {WHO[parts[0]]} the subject of {_verb(parts[1])}, {object_}, "
                "outside speech?"
            )
        if self.kind == "order":
            return self._order()
        if self.kind == "naming":
            return _NAMING[parts[0]][1]
        if parts[0] == "told":
            return f"Does the {self._edge} tenth of the story tell {FAMILY[parts[1]]}?"
        if parts[0] == "act":
            return f"Is the {self._edge} event of the narration told by {_verb(parts[1])}?"
        return _MOVES[parts[0]][1].format(place=self._edge)

    def _order(self) -> str:
        kind, *told = self.parts
        a, *b = (FAMILY[t] for t in told)
        if kind == "first":
            return f"Of a story that tells both: does it tell {a} before it first tells {b[0]}?"
        if kind == "next":
            return (
                f"How often is {a} followed within five sentences by {b[0]}, with no dream, memory, "
                "conflict, insight or other such passage between?"
            )
        return (
            f"Of all its dreams, memories, skips, conflicts, insights and other such passages: does "
            f"the story tell {a} last?"
        )

    @property
    def condition(self) -> str:
        """When a story has no value for it; empty where every story has one."""
        if self.kind == "order" and self.parts[0] == "first":
            return "the story tells both, in different sentences"
        naming = self.kind == "naming" and "protagonist" in self.question
        return "it can be told who the protagonist is" if naming else ""


def _verb(part: str) -> str:
    verb = part.removeprefix("to ")
    return f"the verb “{verb}”" if verb != part else f"a verb of {part}"
