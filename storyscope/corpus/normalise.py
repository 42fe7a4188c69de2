"""One typographic form for all stories, so that no edition, tokeniser or markup gives them away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from storyscope.corpus import (
    chatter,
    conventions,
    damage,
    editions,
    headings,
    markup,
    notes,
    pages,
    pagination,
    paragraphs,
    requests,
    roles,
    thinking,
    tokenised,
    typography,
    wrapping,
)
from storyscope.corpus.edits import Edit, Trace, apply
from storyscope.corpus.leftovers import leftovers

__all__ = ["AS_IS", "Normalisation", "Normalised", "normalise"]


@dataclass(frozen=True, slots=True)
class Normalisation:
    r"""What is brought to one form; all of it by default.

    Attributes
    ----------
    damage : bool
        Letters decoded wrongly (``â€œ``), line breaks spelled ``\\n``, lost apostrophes and words cut at
        line ends are mended.
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

    damage: bool = True
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


AS_IS = Normalisation(damage=False, markup=False, apparatus=False, chatter=False, headings=False)
"""Takes no word off and mends none: only marks, blanks, lines, breaks and emphasis get one form."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One kind of change: the option that asks for it, and what the audit calls it.

    What is taken off is counted in words, what is mended in places; of the many small changes the
    audit names none.
    """

    option: str
    find: Callable[[str], Iterator[Edit]]
    off: str = ""
    mended: str = ""


_STEPS = (
    _Step("invisible", typography.half_surrogates, mended="halves of characters"),
    _Step("apparatus", roles.json_wrapper, off="JSON around the story"),
    _Step("damage", damage.mojibake, mended="letters decoded wrongly"),
    _Step("apparatus", thinking.thoughts, off="a model's thinking"),
    _Step("apparatus", roles.turns, off="prompts and roles of a chat"),
    _Step("markup", pages.page, off="the rest of a web page"),
    _Step("apparatus", thinking.lone_tags, mended="thinking tags without their other half"),
    _Step("apparatus", thinking.answer_tags),
    _Step("markup", roles.special_tokens),
    _Step("markup", markup.tags),
    _Step("markup", markup.entities),
    _Step("damage", damage.spelled_out, mended="line breaks and marks spelled out"),
    _Step("damage", damage.lost_apostrophes, mended="lost apostrophes and quotation marks"),
    _Step("apparatus", pagination.pagination, off="page numbers and running heads"),
    _Step("paragraphs", paragraphs.line_ends),
    _Step("apparatus", requests.requests, off="prompts and roles of a chat"),
    _Step("apparatus", editions.licences, off="a library's header and licence"),
    _Step("apparatus", editions.credits, off="credits and rights"),
    _Step("apparatus", editions.contents, off="contents"),
    _Step("chatter", notes.notes, off="authors' notes and fields"),
    _Step("paragraphs", paragraphs.flattened),
    _Step("paragraphs", wrapping.wrapped, mended="lines wrapped at a page's width"),
    _Step("damage", wrapping.cut_words, mended="words cut at line ends"),
    _Step("invisible", typography.invisible),
    _Step("unicode", typography.characters),
    _Step("unicode", typography.composed),
    _Step("paragraphs", paragraphs.unparted),
    _Step("markup", markup.escapes),
    _Step("apparatus", markup.apparatus),
    _Step("chatter", chatter.chatter, off="words about the task"),
    _Step("headings", headings.headings),
    _Step("scene_breaks", headings.scene_breaks),
    _Step("emphasis", markup.emphasis),
    _Step("quotes", conventions.directions),
    _Step("tokenised", tokenised.taken_apart),
    _Step("tokenised", tokenised.open_quotes),
    _Step("tokenised", tokenised.loose_points),
    _Step("quotes", conventions.british, mended="single quotation marks around speech"),
    _Step("quotes", typography.doubled_quotes),
    _Step("quotes", typography.quotes),
    _Step("dashes", typography.dashes),
    _Step("ellipses", typography.ellipses),
    _Step("blanks", typography.blanks),
    _Step("paragraphs", paragraphs.blank_lines),
    _Step("blanks", typography.edges),
)
"""In this order, which matters: wrappers come off first, and markup hides characters; page numbers
are seen before lines are joined, and breaks before emphasis."""

_MOST_ROUNDS = 100  # two do for a real text; each further one peels a nesting deeper


@dataclass(frozen=True)
class Normalised:
    r"""A text in its one form, with the way back to the original.

    Attributes
    ----------
    text, original : str
    changes : dict of str to int
        Places changed, by the field of `Normalisation` that asked for it.
    off : dict of str to int
        Words taken off that are no story, by what they were.
    mended : dict of str to int
        Places where the text was damaged or set in another way, by what they were.

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
    off: dict[str, int] = field(default_factory=dict)
    mended: dict[str, int] = field(default_factory=dict)

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
    def left(self) -> tuple[str, ...]:
        """What may still be no story, and could not be told safely; see `leftovers`."""
        lone = "thinking tags without their other half"
        return (*((lone,) if lone in self.mended else ()), *leftovers(self.text))

    def told(self) -> list[str]:
        """Sentences about what was taken off and what was left in; none for a plain story.

        >>> normalise("<think>A gate?</think>The gate was open, and nobody kept it.").told()
        ["Left out as no part of the story: a model's thinking (2 words)."]
        """
        found = []
        if self.off:
            off = ", ".join(f"{what} ({n:,} word{'s' * (n != 1)})" for what, n in self.off.items())
            found.append(f"Left out as no part of the story: {off}.")
        if self.left:
            found.append(f"Left in, but worth a look: {', '.join(self.left)}.")
        return found

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
    off: Counter[str] = Counter()
    mended: Counter[str] = Counter()
    history: list[list[Edit]] = []
    steps = [step for step in _STEPS if getattr(options, step.option)]
    for _ in range(_MOST_ROUNDS):
        before = text
        made: list[tuple[_Step, list[Edit], int]] = []
        for step in steps:
            if edits := list(step.find(text)):
                words = _words_lost(text, edits) if step.off else 0
                text = apply(text, edits)
                made.append((step, edits, words))
        if text == before:
            break  # a round in which one step took back what another did changed nothing
        for step, edits, words in made:
            history.append(edits)
            changes[step.option] += len(edits)
            if words:
                off[step.off] += words
            if step.mended:
                mended[step.mended] += len(edits)
    return Normalised(text, original, dict(changes), tuple(history), dict(off), dict(mended))


def _words_lost(text: str, edits: list[Edit]) -> int:
    """Words that edits take out of a text."""
    return sum(len(text[start:end].split()) - len(new.split()) for start, end, new in edits)
