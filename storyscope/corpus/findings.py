"""What normalisation found in a corpus: what it took off, mended and left in, and what is not a story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storyscope.corpus.kinds import kind_of
from storyscope.corpus.normalise import Normalised

__all__ = ["Finding", "Findings", "finding_of"]

_EXAMPLES = 20  # ids shown of each finding


@dataclass
class Finding:
    """One thing found: in how many stories, how much of it, and the ids of the first twenty.

    Attributes
    ----------
    stories : int
    amount : int
        Words taken off, or places mended; 0 for what was left in and for kinds of text.
    ids : list of str
    """

    stories: int = 0
    amount: int = 0
    ids: list[str] = field(default_factory=list)


@dataclass
class Findings:
    """What was found in all stories of a corpus, by what was done with it.

    Attributes
    ----------
    off, mended, left, kinds : dict of str to Finding
        What was taken off as no part of a story; what was mended; what was left in, because it
        could not be told safely; and texts that are not stories in prose, by `kinds.KINDS`.

    Examples
    --------
    >>> from storyscope.corpus.normalise import normalise
    >>> found = Findings()
    >>> found.add("a", finding_of(normalise("<think>A gate?</think>The gate was open.")))
    >>> print(*found.sentences())
    Taken off: a model's thinking in 1 story (2 words).
    """

    off: dict[str, Finding] = field(default_factory=dict)
    mended: dict[str, Finding] = field(default_factory=dict)
    left: dict[str, Finding] = field(default_factory=dict)
    kinds: dict[str, Finding] = field(default_factory=dict)

    def add(self, story_id: str, found: Mapping[str, Any]) -> None:
        """Count what `finding_of` says of one story."""
        for group in ("off", "mended"):
            for what, amount in found[group].items():
                _count(getattr(self, group), what, story_id, amount)
        for group in ("left", "kinds"):
            for what in found[group]:
                _count(getattr(self, group), what, story_id, 0)

    def join(self, later: Mapping[str, Any]) -> None:
        """Count what was found in stories that come after these, given as `asdict` gives it.

        >>> from dataclasses import asdict
        >>> both = Findings(off={"notes": Finding(1, 5, ["a"])})
        >>> both.join(asdict(Findings(off={"notes": Finding(2, 3, ["b", "c"])})))
        >>> both.off
        {'notes': Finding(stories=3, amount=8, ids=['a', 'b', 'c'])}
        """
        for group, found in later.items():
            mine: dict[str, Finding] = getattr(self, group)
            for what, other in found.items():
                finding = mine.setdefault(what, Finding())
                finding.stories += other["stories"]
                finding.amount += other["amount"]
                finding.ids += other["ids"][: _EXAMPLES - len(finding.ids)]

    def sentences(self) -> list[str]:
        """One sentence for each group that holds something."""
        told = []
        for group, opening, unit in (
            ("off", "Taken off", "word"),
            ("mended", "Mended", "place"),
            ("left", "Left in, worth a look", ""),
            ("kinds", "No stories in prose", ""),
        ):
            found: dict[str, Finding] = getattr(self, group)
            if found:
                told.append(f"{opening}: {', '.join(_told(found, unit))}.")
        return told


def finding_of(normalised: Normalised) -> dict[str, Any]:
    """What was found in one story, as plain data."""
    return {
        "off": normalised.off,
        "mended": normalised.mended,
        "left": list(normalised.left),
        "kinds": list(kind_of(normalised.text)),
    }


def _count(found: dict[str, Finding], what: str, story_id: str, amount: int) -> None:
    finding = found.setdefault(what, Finding())
    finding.stories += 1
    finding.amount += amount
    if len(finding.ids) < _EXAMPLES:
        finding.ids.append(story_id)


def _told(found: dict[str, Finding], unit: str) -> Iterable[str]:
    for what, f in found.items():
        stories = f"{f.stories:,} {'story' if f.stories == 1 else 'stories'}"
        amount = f" ({f.amount:,} {unit}{'s' * (f.amount != 1)})" if unit else f" ({f.ids[0]})"
        yield f"{what} in {stories}{amount}"
