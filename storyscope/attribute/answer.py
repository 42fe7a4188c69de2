"""What an attribution says: plain data, no verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Attribution", "Contribution", "Passage", "Segment"]


@dataclass(frozen=True)
class Contribution:
    """What one feature adds to the case for the likeliest source.

    Attributes
    ----------
    feature, name, dimension : str
    style : bool
        Whether it is surface style.
    value : float or str or None
        This text's value.
    unit : str
    contribution : float
        Log-odds for the likeliest source against the mean of the others; negative argues against.
    percentiles : dict of str to float
        Share of each source's training texts with a lower value, 0 to 1; graded features only.
    """

    feature: str
    name: str
    dimension: str
    style: bool
    value: float | str | None
    unit: str
    contribution: float
    percentiles: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Passage:
    """A sentence that weighs in the answer: characters [start, end) of the text as given."""

    start: int
    end: int
    text: str
    weight: float
    features: tuple[str, ...]


@dataclass(frozen=True)
class Segment:
    """A stretch of a long text, with its own answer."""

    start: int
    end: int
    words: int
    probabilities: dict[str, float]


@dataclass(frozen=True)
class Attribution:
    """Who a text reads like, among the sources that a model knows.

    Attributes
    ----------
    probabilities : dict of str to float
        By source, summing to 1, likeliest first. They are about the sources of the reference only.
    confidence : float
        How likely the first of them is right, strangers allowed for: the largest probability times
        the chance that the writer is known at all; 0 for what is no story in English prose.
    set : tuple of str
        Sources that together hold the writer in `coverage` of texts like the reference; every
        source for what is no story in English prose.
    coverage : float
    unlike_reference : bool
        Whether the text is no story in English prose, unlike everything in the reference, or more
        like other writers than like those known, so that the probabilities say little.
    unknown : float
        Probability that the writer is none of the sources, were two texts in five by strangers; 0
        for a model that knows no others.
    novelty : float
        Share of reference texts of like length that are less unusual, 0 to 1.
    words : int
    feature_set : str
    features : tuple of Contribution
        Every feature that weighs, the weightiest first.
    dimensions : dict of str to float
        The same summed by dimension.
    passages : tuple of Passage
    segments : tuple of Segment
        For texts over `WHOLE` words.
    warnings : tuple of str
    operating : tuple of dict
        For a model with thresholds at fixed false-positive rates: the rate, the threshold, the
        recall seen on corpora held out, and whether this text reaches it.
    """

    probabilities: dict[str, float]
    confidence: float
    set: tuple[str, ...]
    coverage: float
    unlike_reference: bool
    novelty: float | None
    words: int
    feature_set: str
    features: tuple[Contribution, ...]
    dimensions: dict[str, float]
    passages: tuple[Passage, ...]
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...]
    unknown: float = 0.0
    operating: tuple[dict[str, Any], ...] = ()

    @property
    def likeliest(self) -> str:
        """The source with the largest probability."""
        return next(iter(self.probabilities))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as ``attribute --json`` prints it."""
        return asdict(self)
