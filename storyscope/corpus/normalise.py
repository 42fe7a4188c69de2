"""One typographic form for all stories, so that no edition, tokeniser or markup gives them away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from storyscope.corpus import chatter, headings, markup, paragraphs, tokenised, typography
from storyscope.corpus.edits import Edit, Trace, apply

__all__ = ["Normalisation", "Normalised", "normalise"]


@dataclass(frozen=True, slots=True)
class Normalisation:
    r"""What is brought to one form; all of it by default.

    Attributes
    ----------
    invisible : bool
        Byte order marks, zero-width and control characters and soft hyphens go; half a surrogate
        pair becomes U+FFFD.
    unicode : bool
        Composed characters (NFC); letters for ligatures; plain blanks and hyphens for others.
    markup : bool
        HTML tags and entities, models' control tokens, Markdown's escapes and quote marks go.
    paragraphs : bool
        ``\n`` as line end, one blank line between paragraphs; lines wrapped at a page's width are
        joined, and paragraphs that a tokeniser ran together are parted again.
    apparatus : bool
        Illustration notes, page numbers in brackets, forum tags (``[WP]``) and Project
        Gutenberg's licence go.
    chatter : bool
        What a model or a forum's author says before and after the story goes, notes and word counts
        included, and so does "THE END" on a line of its own.
    headings : bool
        Titles at the beginning go; a chapter's heading or number within becomes a scene break. A
        heading that gives a date or a time is told, and stays.
    scene_breaks : bool
        Every scene break is the line ``* * *`` between blank lines; none at either end.
    emphasis : bool
        Stars and underscores around words go, the words stay.
    tokenised : bool
        "Rain , rain" is "Rain, rain"; in a text that a tokeniser took apart, also "did n't" is
        "didn't" and quotation marks and brackets close up.
    quotes : bool
        ``"`` for every double quotation mark, ``'`` for every single one and apostrophe.
    dashes : bool
        An em dash with a blank on each side (``word — word``, ``"What —"``); a hyphen between
        figures.
    ellipses : bool
        Three dots, directly after a word.
    blanks : bool
        One blank between words, none at the ends of lines or of the text.
    """

    invisible: bool = True
    unicode: bool = True
    markup: bool = True
    paragraphs: bool = True
    apparatus: bool = True
    chatter: bool = True
    headings: bool = True
    scene_breaks: bool = True
    emphasis: bool = True
    tokenised: bool = True
    quotes: bool = True
    dashes: bool = True
    ellipses: bool = True
    blanks: bool = True


_STEPS: tuple[tuple[str, Callable[[str], Iterator[Edit]]], ...] = (
    ("markup", markup.tags),
    ("markup", markup.entities),
    ("invisible", typography.invisible),
    ("unicode", typography.characters),
    ("unicode", typography.composed),
    ("paragraphs", paragraphs.line_ends),
    ("paragraphs", paragraphs.flattened),
    ("paragraphs", paragraphs.wrapped),
    ("paragraphs", paragraphs.unparted),
    ("markup", markup.escapes),
    ("apparatus", markup.apparatus),
    ("chatter", chatter.chatter),
    ("headings", headings.headings),
    ("scene_breaks", headings.scene_breaks),
    ("emphasis", markup.emphasis),
    ("tokenised", tokenised.taken_apart),
    ("tokenised", tokenised.open_quotes),
    ("tokenised", tokenised.loose_points),
    ("quotes", typography.doubled_quotes),
    ("quotes", typography.guillemet_blanks),
    ("quotes", typography.quotes),
    ("dashes", typography.dashes),
    ("ellipses", typography.ellipses),
    ("blanks", typography.blanks),
    ("paragraphs", paragraphs.blank_lines),
    ("blanks", typography.edges),
)
"""In this order, which matters: markup hides characters, and breaks are seen before emphasis."""

_MOST_ROUNDS = 100  # two do for a real text; each further one peels a nesting deeper


@dataclass(frozen=True)
class Normalised:
    r"""A text in its one form, with the way back to the original.

    Attributes
    ----------
    text, original : str
    changes : dict of str to int
        Places changed, by the field of `Normalisation` that asked for it.

    Examples
    --------
    >>> result = normalise("# The Door\n\n“It *was* open,” he said — twice.")
    >>> result.text
    '"It was open," he said — twice.'
    >>> result.changes
    {'headings': 1, 'emphasis': 2, 'quotes': 2, 'blanks': 1}
    >>> start, end = result.offset(4, 7)
    >>> result.text[4:7], result.original[start:end]
    ('was', 'was')
    """

    text: str
    original: str
    changes: dict[str, int]
    edits: tuple[list[Edit], ...] = field(repr=False, default=())

    def offset(self, start: int, end: int) -> tuple[int, int]:
        """Where characters [start, end) of `text` stand in `original`.

        The place in the original begins with what became the first character and ends with what
        became the last one.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(
                f"[{start}, {end}) is no place in a text of {len(self.text)} characters; "
                "give 0 <= start <= end <= length."
            )
        for trace in reversed(self._traces):
            start, end = trace.back(start, end)
        return start, end

    @cached_property
    def _traces(self) -> list[Trace]:
        return [Trace(edits) for edits in self.edits]


def normalise(text: str, options: Normalisation = Normalisation()) -> Normalised:
    r"""Bring a text to one typographic form.

    Parameters
    ----------
    text : str
        Any text; none makes it fail.
    options : Normalisation
        What to bring to one form; default everything.

    Returns
    -------
    Normalised
        Its text, normalised again, stays as it is.

    Examples
    --------
    >>> normalise("`` Do n't , '' she said -- and left .").text
    '"Don\'t," she said — and left.'
    """
    original = text
    changes: Counter[str] = Counter()
    history: list[list[Edit]] = []
    steps = [step for name, step in _STEPS if getattr(options, name)]
    names = [name for name, _ in _STEPS if getattr(options, name)]
    for _ in range(_MOST_ROUNDS):
        before = text
        made: list[tuple[str, list[Edit]]] = []
        for name, step in zip(names, steps, strict=True):
            if edits := list(step(text)):
                text = apply(text, edits)
                made.append((name, edits))
        if text == before:
            break  # a round in which one step took back what another did changed nothing
        for name, edits in made:
            history.append(edits)
            changes[name] += len(edits)
    return Normalised(text, original, dict(changes), tuple(history))
