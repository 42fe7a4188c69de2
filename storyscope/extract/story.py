"""One text measured: values, and on request the passages they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storyscope.codebook import Codebook, default_codebook
from storyscope.corpus import Normalisation, Normalised
from storyscope.extract.annotate import check_text, read_normalised, readings
from storyscope.extract.measures import NOT_DEFINED, TAGGED, Measured, all_measures
from storyscope.extract.own import check_own, measured_by
from storyscope.extract.reading import Reading

if TYPE_CHECKING:
    from storyscope.extract.pipeline import Pipeline

__all__ = ["Evidence", "StoryMeasures", "measure_reading", "measure_stretch", "measure_text"]


@dataclass(frozen=True)
class Evidence:
    """A passage that a value rests on.

    Attributes
    ----------
    feature : str
        Feature id.
    start, end : int
        Characters [start, end) of the text as it was given.
    text : str
        The passage, as it stands after normalisation.
    reason : str
        What it shows: the feature's name.
    """

    feature: str
    start: int
    end: int
    text: str
    reason: str


class StoryMeasures:
    """The values of one text, with the reading they come from.

    Examples
    --------
    >>> story = measure_text("She woke. In the dream the stairs went on. She climbed. He waited.")
    >>> story.values["TMP_DRM_01"] is None  # fourteen words are too few
    True
    """

    def __init__(
        self,
        reading: Reading,
        normalised: Normalised,
        measured: Mapping[str, Measured],
        start: int = 0,
        codebook: Codebook | None = None,
    ):
        self.reading = reading
        self.normalised = normalised
        self.measured = measured
        self.start = start  # of what was read, within the normalised text
        self.codebook = codebook or default_codebook()

    def place(self, span: tuple[int, int]) -> tuple[int, int, str]:
        """Tokens [start, end) as characters of the text as it was given, and their wording."""
        start, end = (self.start + k for k in self.reading.characters(span))
        return *self.normalised.offset(start, end), self.normalised.text[start:end]

    def _repr_html_(self) -> str:
        from storyscope.shown import in_html

        told = [(f, m) for f, m in self.measured.items() if m.value is not None]
        return in_html(
            f"{self.reading.n_words} words, {len(told)} of {len(self.measured)} features with a value",
            columns=("feature", "name", "value", "#passages"),
            rows=[
                (f, self.codebook[f].name, f"{m.value:.3g}" if isinstance(m.value, float) else m.value,
                 len(m.spans))
                for f, m in told
            ],
        )  # fmt: skip

    @property
    def values(self) -> dict[str, float | str | None]:
        """Value of every feature, None where it is undefined for this text."""
        return {feature: m.value for feature, m in self.measured.items()}

    def evidence(self, feature_id: str, limit: int | None = None) -> list[Evidence]:
        """Passages behind a value, in order, at most `limit` of them, widest first kept."""
        spans = sorted({(int(a), int(b)) for a, b in self.measured[feature_id].spans if b > a})
        if limit is not None and len(spans) > limit:
            step = len(spans) / limit
            spans = [spans[int(k * step)] for k in range(limit)]
        reason = self.codebook[feature_id].name
        return [Evidence(feature_id, *self.place(span), reason) for span in spans]


def measure_text(
    text: str,
    *,
    features: Iterable[str] | None = None,
    pipeline: Pipeline | None = None,
    normalisation: Normalisation | None = None,
    tagger: bool = True,
    codebook: Codebook | None = None,
) -> StoryMeasures:
    """Normalise, parse and measure one text.

    Parameters
    ----------
    text : str
        A story, as it is.
    features : iterable of str, optional
        Feature ids; default all that are measured.
    pipeline : Pipeline, optional
        Default `load_pipeline()`.
    normalisation : Normalisation, optional
        Default all of it.
    tagger : bool
        False leaves the tagger out; features that rest on it are undefined then.
    codebook : Codebook, optional
        One of your own, whose features are measured; see `storyscope.measure`.

    Raises
    ------
    UnusableText
        For a text without words.
    """
    check_text(text)
    opened = next(readings([text], pipeline=pipeline, tagger=tagger, normalisation=normalisation))
    check_text(opened.normalised.text)
    measured = measure_reading(opened.reading, features, codebook)
    return StoryMeasures(opened.reading, opened.normalised, measured, codebook=codebook)


def measure_stretch(
    normalised: Normalised,
    start: int,
    end: int,
    features: Iterable[str] | None = None,
    pipeline: Pipeline | None = None,
    codebook: Codebook | None = None,
) -> StoryMeasures:
    """Parse, tag and measure characters [start, end) of a normalised text.

    A long text is normalised as a whole and cut afterwards, so that no stretch holds what is no
    story, and evidence is still traced back to the text as it was given.
    """
    reading = read_normalised(normalised.text[start:end], pipeline=pipeline)
    measured = measure_reading(reading, features, codebook)
    return StoryMeasures(reading, normalised, measured, start, codebook)


def measure_reading(
    reading: Reading, features: Iterable[str] | None = None, codebook: Codebook | None = None
) -> dict[str, Measured]:
    """Every asked measure of one reading, by feature id; those of a codebook of one's own if given."""
    known = all_measures()
    if codebook is not None:
        features = codebook.ids(answered_by="measure") if features is None else list(features)
        check_own(codebook, features)
        own = {f: measured_by(codebook[f]) for f in features}
        known = {f: own[f] or known[f] for f in features}
    elif features is not None:
        book = default_codebook()
        known = {book[f].id: known[f] for f in features}
    found = {}
    for feature, measure in known.items():
        if feature in TAGGED and not reading.tagged:
            found[feature] = NOT_DEFINED
            continue
        try:
            found[feature] = measure(reading)
        except Exception as error:
            error.add_note(f"while measuring {feature}")
            raise
    return found
