"""One text attributed by one model: who it reads like, how sure that is, and what says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.answer import Attribution, Contribution, Passage, Segment
from storyscope.attribute.material import Material, of_row, of_text
from storyscope.attribute.novelty import UNLIKE
from storyscope.attribute.own_people import digest_of, standing_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from storyscope.attribute.model import Attributor, Judged
    from storyscope.codebook import Feature
    from storyscope.extract.pipeline import Pipeline
    from storyscope.extract.story import StoryMeasures

__all__ = [
    "attribute_row",
    "attribute_text",
    "by_dimension",
    "contributions",
    "passages_of",
    "unusual",
    "weighing",
]

SHORT = 300
"""Words under which many features have no value."""
WEIGHS = 0.005
"""Log-odds from which a feature is listed."""


def attribute_text(
    model: Attributor,
    text: str,
    *,
    pipeline: Pipeline | None = None,
    passages: int = 6,
    measured: StoryMeasures | None = None,
) -> Attribution:
    """Attribute one text by one fitted model.

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
        For a text of fewer than `material.LEAST_WORDS` words.
    """
    found = of_text(model, model.feature_ids_, text, pipeline=pipeline, measured=measured)
    return _answer(model, found, passages)


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
    return _answer(model, of_row(model, model.feature_ids_, row), 0)


def _answer(model: Attributor, found: Material, passages: int) -> Attribution:
    """The answer for one text from the rows of its pieces."""
    judged = model.judge(found.table)
    shares = judged.probabilities * (1 - judged.unknown)[:, None]
    names = [str(c) for c in model.classes_]
    if model.gate_ is not None:
        shares = np.column_stack([shares, judged.unknown])
        names.append(model.background)
    mean = shares.mean(axis=0)
    order = np.argsort(-mean, kind="stable")
    novelty, warnings = unusual(model, judged, found)
    whole = [names[c] for c in order]
    plain: dict[str, Any] = {
        "coverage": model.calibration_.coverage,
        "words": found.words,
        "feature_set": model.features,
        "no_ground": found.no_ground,
        "novelty": novelty,
    }
    if found.no_ground:
        return Attribution(
            None, None, 0.0, tuple(whole), unlike_reference=True, warnings=found.warnings, **plain
        )
    top = int(judged.probabilities.mean(axis=0).argmax())
    weights = contributions(model, found.table, judged, top)
    strange = novelty is not None and novelty >= UNLIKE
    inside = model.calibration_.sets(
        judged.probabilities.mean(axis=0)[None], np.array([np.median(judged.words)])
    )[0]
    members = {str(c) for c, kept in zip(model.classes_, inside, strict=True) if kept}
    return Attribution(
        reads_like=whole[0],
        probabilities={names[c]: round(float(mean[c]), 6) for c in order},
        confidence=round(float(mean[order[0]]), 6),
        set=tuple(s for s in whole if strange or s in members or s == whole[0]),
        unlike_reference=strange,
        dimensions=by_dimension(weights),
        features=weighing(weights),
        passages=passages_of(found.stories, weights, passages),
        segments=course(found, judged.words, shares, names, order),
        warnings=(*found.warnings, *warnings),
        operating=operating(model, judged.probabilities.mean(axis=0)),
        own_people=standing_of(model, judged, found.words),
        **plain,
    )


def unusual(
    model: Attributor, judged: Judged, found: Material
) -> tuple[float | None, tuple[str, ...]]:
    """How unusual a text is among those that a model learned from, and what to say of that."""
    warnings = []
    novelty = None
    if model.novelty_ is not None:
        novelty = round(float(np.median(model.novelty_.score(judged.matrix, judged.words))), 4)
        if novelty >= UNLIKE:
            warnings.append(
                "The text is unlike everything in the reference, so the probabilities say little: "
                "its writer, genre or kind of text may not be among those known."
            )
    if digest_of(judged) in model.seen_:
        warnings.append(
            "The model has learned from this very text, so the answer is surer than it would be for "
            "a new one."
        )
    if np.isfinite(judged.words).all() and found.words < SHORT:
        warnings.append(
            f"A short text ({found.words} words): many features have no value at this length, and "
            "the answer is less certain than it would be for a whole story."
        )
    return novelty, tuple(warnings)


def course(
    found: Material,
    words: NDArray[np.float64],
    shares: NDArray[np.float64],
    names: Sequence[str],
    order: NDArray[np.int64],
) -> tuple[Segment, ...]:
    """An answer for each stretch of a text that was read in several."""
    if len(found.pieces) < 2:
        return ()
    return tuple(
        Segment(start, end, int(w), {names[c]: round(float(p[c]), 6) for c in order})
        for (start, end), w, p in zip(found.pieces, words, shares, strict=True)
    )


def operating(model: Attributor, mean: NDArray[np.float64]) -> tuple[dict[str, Any], ...]:
    """Cuts at fixed false-positive rates, and whether these probabilities reach them."""
    points = model.training_.get("operating", ()) if hasattr(model, "training_") else ()
    classes = [str(c) for c in model.classes_]
    return tuple(
        {**point, "reached": bool(mean[classes.index(point["source"])] >= point["threshold"])}
        for point in points
    )


# -------------------------------------------------------------------- reasons


def contributions(
    model: Attributor, table: pd.DataFrame, judged: Judged, top: int
) -> list[Contribution]:
    """What speaks for one class, by feature, weightiest first.

    Columns of a feature are summed, segments averaged.
    """
    values = judged.contributions.mean(axis=0)[:, :-1]
    others = np.delete(values, top, axis=0).mean(axis=0)
    gain = (values[top] - others) / float(model.calibration_.temperature(judged.words).mean())
    texts = getattr(model, "training_", {}).get("texts", {})
    found = []
    position = 0
    for feature_id in model.feature_ids_:
        feature = model.codebook_[feature_id]
        width = len(feature.columns)
        columns = slice(position, position + width)
        position += width
        value = _shown(feature, table[feature_id].tolist())
        places = (
            _percentiles(model, columns.start, judged.matrix[:, columns.start])
            if width == 1
            else {}
        )
        found.append(
            Contribution(
                feature_id,
                feature.name,
                feature.dimension,
                feature.style,
                value,
                feature.unit,
                round(float(gain[columns].sum()), 4),
                places,
                in_words(feature.name, value, places, str(model.classes_[top]), texts),
            )
        )
    return sorted(found, key=lambda c: (-abs(c.contribution), c.feature))


def weighing(found: list[Contribution]) -> tuple[Contribution, ...]:
    """Those that weigh at all."""
    return tuple(c for c in found if abs(c.contribution) >= WEIGHS)


_CALLED = {"human": "people's texts", "ai": "models' texts"}
FEW = 100
"""Texts under which a place is told in texts, since so few have no whole percentages."""


def in_words(
    name: str,
    value: float | str | None,
    places: Mapping[str, float],
    top: str,
    texts: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """Where a value stands among texts of the other sources, of which there are so many.

    >>> in_words("Dialogue share", 0.6, {"human": 0.96, "ai": 0.7}, "ai")
    "Dialogue share: more than in 96% of people's texts"
    >>> in_words("Dialogue share", 0.6, {"eliot": 0.76, "ai": 0.7}, "ai", {"eliot": 12, "ai": 90})
    'Dialogue share: more than in 9 of 12 texts by eliot'
    >>> in_words("Dream", "yes", {"human": 0.9}, "ai"), in_words("Dream", None, {}, "ai")
    ('Dream: yes', 'Dream: no value here')
    """
    others = [share for source, share in places.items() if source != top]
    if value is None:
        return f"{name}: no value here"
    if isinstance(value, str):
        return f"{name}: {value}"
    if not others:
        return f"{name}: {value:.3g}"
    names = [source for source in places if source != top]
    whose = (
        _CALLED.get(names[0], f"texts by {names[0]}") if len(names) == 1 else "the others' texts"
    )
    share = float(np.mean(others))
    side, most = ("more", share) if share >= 0.5 else ("less", 1 - share)
    n = sum(texts.get(source, FEW) for source in names)
    if n < FEW:
        return f"{name}: {side} than in {round(n * most)} of {n} {whose.removeprefix('the ')}"
    return f"{name}: {side} than in {min(100 * most, 99):.0f}% of {whose}"


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


def by_dimension(found: list[Contribution]) -> dict[str, float]:
    """Contributions summed by dimension, weightiest first."""
    sums: dict[str, float] = {}
    for c in found:
        sums[c.dimension] = sums.get(c.dimension, 0.0) + c.contribution
    return dict(sorted(((d, round(v, 4)) for d, v in sums.items()), key=lambda dv: -abs(dv[1])))


def passages_of(
    stories: list[StoryMeasures], found: list[Contribution], limit: int
) -> tuple[Passage, ...]:
    """Sentences that hold the evidence of the weightiest features, by the weight they carry.

    A feature's weight is shared out over its passages, so that one rare passage counts for more
    than one of many.
    """
    passages: list[Passage] = []
    strongest = [c for c in found if c.contribution > 0][:20]
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
            passages.append(Passage(*place, round(weight[s], 4), tuple(why[s])))
    return tuple(sorted(passages, key=lambda p: (-p.weight, p.start))[:limit])
