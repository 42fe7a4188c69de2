"""What an attribution says: plain data, no verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Attribution", "Contribution", "Passage", "Segment"]

APART = 0.4
"""Difference between how a text is built and how it is worded from which the two disagree."""


@dataclass(frozen=True)
class Contribution:
    """What one feature adds to the case for the answer.

    Attributes
    ----------
    feature, name, dimension : str
    style : bool
        Whether it is surface style.
    value : float or str or None
        This text's value.
    unit : str
    contribution : float
        Log-odds for the answer against the mean of the others; negative argues against.
    percentiles : dict of str to float
        Share of each source's training texts with a lower value, 0 to 1; graded features only.
    said : str
        The value's place among the other sources' texts, in words.
    """

    feature: str
    name: str
    dimension: str
    style: bool
    value: float | str | None
    unit: str
    contribution: float
    percentiles: dict[str, float] = field(default_factory=dict)
    said: str = ""


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
    """Who a text reads like, among the sources that are known.

    Where there is no ground for a number (`no_ground` says why), there is none: `probabilities`,
    `ai`, `built`, `worded` and `reads_like` are None, and `confidence` is 0.

    Attributes
    ----------
    reads_like : str or None
        ``human`` if a person is likelier than a model, else the likeliest family; of a model of
        one's own, the likeliest source.
    probabilities : dict of str to float, or None
        By source, summing to 1, likeliest first. In the shipped answer ``human``, the families, and
        ``other``, a model of none of these families; those of families sum to `ai`.
    confidence : float
        Probability of `reads_like`, 0 to 1.
    ai : float or None
        Probability that a model wrote it, 0 to 1; None for a model of one's own.
    built, worded : float or None
        The same by narrative features alone and by surface style alone.
    versions : dict of str to float
        The nearest versions within the family that it reads like, their shares summing to at most
        1, nearest first; empty where it reads like none with several known versions.
    set : tuple of str
        Sources that together hold the writer in `coverage` of texts like the reference; every
        source where there is no ground or the text is unlike the reference.
    coverage : float
    coverage_seen : tuple of (float, float), or None
        Lowest and highest share of texts whose writer such sets held, by corpus held out; None
        for a model of one's own.
    no_ground : tuple of str
        Why there are no numbers, a sentence each: the kind of text, its language, length or
        markup, or that its features were measured otherwise than those of the reference.
    unlike_reference : bool
        Whether there is no ground, or the features are unlike those of all texts in the reference,
        so that the numbers say little.
    novelty : float or None
        Share of reference texts of like length that are less unusual, 0 to 1.
    words : int
    feature_set : str
    dimensions : dict of str to float
        `features` summed by dimension, weightiest first.
    features : tuple of Contribution
        What speaks for a person or a model, whichever is likelier (of a model of one's own, for
        the likeliest source); every feature that weighs, the weightiest first.
    family_features : tuple of Contribution
        Where it reads like a family, what speaks for that family among models.
    passages : tuple of Passage
    segments : tuple of Segment
        For texts over `segments.WHOLE` words.
    warnings : tuple of str
    operating : tuple of dict
        Cuts at fixed false-positive rates: the rate, the cut, the share of models' texts over it on
        corpora held out, and whether this text reaches it.
    own_people : dict or None
        For a calibrated model, where the text stands among the texts of one's own people; see
        `own_people.OwnPeople.standing`.
    """

    reads_like: str | None
    probabilities: dict[str, float] | None
    confidence: float
    set: tuple[str, ...]
    coverage: float
    words: int
    feature_set: str
    ai: float | None = None
    built: float | None = None
    worded: float | None = None
    versions: dict[str, float] = field(default_factory=dict)
    coverage_seen: tuple[float, float] | None = None
    no_ground: tuple[str, ...] = ()
    unlike_reference: bool = False
    novelty: float | None = None
    dimensions: dict[str, float] = field(default_factory=dict)
    features: tuple[Contribution, ...] = ()
    family_features: tuple[Contribution, ...] = ()
    passages: tuple[Passage, ...] = ()
    segments: tuple[Segment, ...] = ()
    warnings: tuple[str, ...] = ()
    operating: tuple[dict[str, Any], ...] = ()
    own_people: dict[str, Any] | None = None

    @property
    def speaks_for(self) -> str:
        """What `features` speak for: ``human``, ``ai``, or a source of one's own model."""
        if self.ai is None:
            return self.reads_like or ""
        return "ai" if self.ai >= 0.5 else "human"

    @property
    def disagreement(self) -> str:
        """A sentence where how it is built and how it is worded say different things; else empty.

        >>> told = Attribution("gpt", {"gpt": 1.0}, 1.0, ("gpt",), 0.9, 800, "all", 0.8, 0.9, 0.2)
        >>> told.disagreement[:64]
        'It is built as models build and worded as people word (90% again'
        """
        if self.built is None or self.worded is None or abs(self.built - self.worded) < APART:
            return ""
        shares = f"({self.built:.0%} against {self.worded:.0%} for a model)"
        if self.built > self.worded:
            return (
                f"It is built as models build and worded as people word {shares}: so reads a "
                "model's story that a person retold or edited, and so does a person's story of a "
                "common build."
            )
        return (
            f"It is built as people build and worded as models word {shares}: so reads a person's "
            "story that a model reworded or edited, and so does a model's story of an uncommon build."
        )

    def _repr_html_(self) -> str:
        from storyscope.shown import in_html

        if self.probabilities is None:
            return in_html("No ground for an answer", lines=(*self.no_ground, *self.warnings))
        said = [f"Prediction set ({self.coverage:.0%}): {', '.join(self.set)}."]
        if self.ai is not None:
            said.append(f"A model wrote it: {self.ai:.0%}.")
        if self.built is not None and self.worded is not None:
            said.append(
                f"By how it is built {self.built:.0%}, by how it is worded {self.worded:.0%}."
            )
        said += [text for text in (self.disagreement, *self.warnings) if text]
        return in_html(
            f"Reads like {self.reads_like} ({self.confidence:.0%})",
            lines=said,
            columns=("what says so", "#for or against"),
            rows=[(c.said or c.name, c.contribution) for c in self.features[:6]],
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as ``attribute --json`` prints it."""
        return {**asdict(self), "disagreement": self.disagreement}
