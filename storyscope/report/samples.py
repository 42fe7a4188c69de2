"""Texts shown in a report: their evidence marked, their attribution beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from storyscope.attribute import Attribution
    from storyscope.corpus import Story
    from storyscope.extract.story import Evidence, StoryMeasures

__all__ = ["Sample", "highlight", "sample_of"]


@dataclass(frozen=True)
class Sample:
    """One text, what was found in it, and who it reads like.

    Attributes
    ----------
    id, title, text : str
    shows : dict of str to str
        What the text was written to show, if anything.
    missed : dict of str to str
        What of it is known not to be found, and why.
    values : list of (feature id, name, value, unit)
    evidence : list of Evidence
        Passages to mark.
    attribution : Attribution or None
    """

    id: str
    title: str
    text: str
    shows: dict[str, str]
    values: list[tuple[str, str, str, str]]
    evidence: list[Evidence]
    attribution: Attribution | None
    missed: dict[str, str] = field(default_factory=dict)


def sample_of(
    story: Story,
    measured: StoryMeasures,
    features: Sequence[str],
    attribution: Attribution | None = None,
    shows: dict[str, str] | None = None,
    missed: dict[str, str] | None = None,
) -> Sample:
    """A sample of a measured story, with the evidence of some features."""
    from storyscope.codebook import default_codebook

    book = default_codebook()
    values = []
    for feature_id in features:
        value = measured.measured[feature_id].value
        shown = "none" if value is None else f"{value:.3g}" if isinstance(value, float) else value
        values.append((feature_id, book[feature_id].name, shown, book[feature_id].unit))
    evidence = [e for f in features for e in measured.evidence(f, limit=40)]
    return Sample(
        story.id,
        story.title or story.id,
        story.text,
        dict(shows or {}),
        values,
        evidence,
        attribution,
        dict(missed or {}),
    )


def highlight(text: str, evidence: Iterable[Evidence], colours: dict[str, int]) -> Markup:
    """The text as HTML with its evidence marked; passages may nest and cross.

    The text is cut wherever a passage begins or ends, so that crossing passages stay apart; each
    piece names every feature whose passage holds it. Paragraph breaks become paragraphs.

    >>> from storyscope.extract.story import Evidence
    >>> marks = [Evidence("A", 0, 2, "", "one"), Evidence("B", 1, 3, "", "two")]
    >>> for piece in str(highlight("a<b", marks, {"A": 0, "B": 1})).split("</mark>"):
    ...     print(piece)
    <p><mark class="m0" title="one">a
    <mark class="m0" title="one; two">&lt;
    <mark class="m1" title="two">b
    </p>
    """
    spans = sorted({(e.start, e.end, e.feature, e.reason) for e in evidence if e.end > e.start})
    cuts = sorted({0, len(text), *(s[0] for s in spans), *(s[1] for s in spans)})
    pieces: list[Markup] = []
    for start, end in itertools.pairwise(cuts):
        inside = [s for s in spans if s[0] <= start and s[1] >= end]
        parts = [escape(part) for part in text[start:end].split("\n\n")]
        if inside:
            narrowest = min(inside, key=lambda s: (s[1] - s[0], s))
            reasons = "; ".join(dict.fromkeys(s[3] for s in inside))
            mark = Markup('<mark class="m{}" title="{}">{}</mark>')
            colour = colours[narrowest[2]]
            parts = [mark.format(colour, reasons, part) if part else part for part in parts]
        pieces.append(Markup("</p><p>").join(parts))
    return Markup("<p>") + Markup("").join(pieces) + Markup("</p>")
