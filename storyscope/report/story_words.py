"""An answer about one story in sentences: how sure, which family, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from storyscope.attribute.answer import Attribution, Contribution
    from storyscope.codebook import Codebook

__all__ = ["CAVEAT", "called", "chance", "headline", "reason", "reasons", "side"]

CAVEAT = (
    "A probability is about likeness to the sources of the reference, not about the world: it is no "
    "proof of who wrote a text, and must not be used as one."
)
_CALLED = {"human": "a person", "ai": "a model", "other": "some other model"}
_TEXTS = {"human": "people’s texts", "ai": "models’ texts"}


def called(source: str, shipped: bool = True) -> str:
    """A source as a sentence calls it.

    >>> called("human"), called("other"), called("claude"), called("other", shipped=False)
    ('a person', 'some other model', 'claude', 'other')
    """
    return _CALLED.get(source, source) if shipped or source == "human" else source


def side(answer: Attribution) -> str:
    """Whom the reasons speak for, in words."""
    return called(answer.speaks_for, answer.ai is not None)


def chance(share: float) -> str:
    """A probability for reading; never all or nothing.

    >>> chance(0.873), chance(0.9999), chance(0.0002)
    ('87%', 'over 99%', 'under 1%')
    """
    if share > 0.99:
        return "over 99%"
    return "under 1%" if share < 0.01 else f"{share:.0%}"


def headline(answer: Attribution) -> dict[str, Any]:
    """What the page says first.

    Returns
    -------
    dict
        ``says``: the answer in a few words; ``family``: the likeliest family with its probability,
        where a model is likelier than a person; ``sentences``: error rates, the prediction set and
        the nearest versions.
    """
    if answer.probabilities is None or answer.reads_like is None:
        return {
            "says": "No probability is given for this text",
            "family": "",
            "sentences": list(answer.no_ground),
        }
    shipped = answer.ai is not None
    if answer.ai is None:
        return {
            "says": f"Reads like {answer.reads_like}: {chance(answer.confidence)}",
            "family": "",
            "sentences": [*_cuts(answer), _set(answer)],
        }
    whose = "a model’s" if answer.ai >= 0.5 else "a person’s"
    family = ""
    if answer.reads_like != "human":
        family = (
            f"Of the families, {called(answer.reads_like)} is the likeliest: "
            f"{chance(answer.confidence)}."
        )
    found = [*_cuts(answer), _set(answer)]
    if answer.versions:
        near = [f"{v} ({share:.0%})" for v, share in list(answer.versions.items())[:3]]
        found.append(
            f"Nearest versions of {called(answer.reads_like, shipped)}: {', '.join(near)}. A "
            "neighbour is no finding: a new version is none of them."
        )
    return {
        "says": f"Reads like {whose} story: {chance(max(answer.ai, 1 - answer.ai))}",
        "family": family,
        "sentences": found,
    }


def _cuts(answer: Attribution) -> list[str]:
    """The strictest cut that a text reaches, or the mildest that it does not."""
    points = sorted(answer.operating, key=lambda p: p["false_positive_rate"])
    reached = next((p for p in points if p["reached"]), None)
    if reached is not None:
        return [
            f"It reaches the cut that {_rate(reached['false_positive_rate'])} of people’s texts and "
            f"{reached['recall']:.0%} of models’ texts reach, on corpora held out."
        ]
    if points:
        point = points[-1]
        return [
            f"It does not reach the cut that {_rate(point['false_positive_rate'])} of people’s texts "
            f"and {point['recall']:.0%} of models’ texts reach, on corpora held out."
        ]
    return []


def _rate(rate: float) -> str:
    """A rate with the digits it needs.

    >>> _rate(0.05), _rate(0.001)
    ('5%', '0.1%')
    """
    return f"{100 * rate:g}%"


def _set(answer: Attribution) -> str:
    names = [called(s, answer.ai is not None) for s in answer.set]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return (
        f"In {answer.coverage:.0%} of texts like the reference, the writer is in the set named for it; "
        f"here: {listed}."
    )


# ---------------------------------------------------------------- reasons


def reasons(answer: Attribution, codebook: Codebook, *, style: bool) -> list[dict[str, Any]]:
    """What an answer rests on, by dimension, weightiest first, with the features of each.

    Parameters
    ----------
    answer : Attribution
    codebook : Codebook
        Whose `reads` are used.
    style : bool
        Surface style, or narrative features.

    Returns
    -------
    list of dict
        ``dimension``, ``contribution`` (log-odds, summed), ``says``, and ``features``: a list of
        dicts with ``feature``, ``name``, ``contribution``, ``speaks_for`` (bool) and ``says``.
    """
    groups: dict[str, list[Contribution]] = {}
    for c in answer.features:
        if c.style == style:
            groups.setdefault(c.dimension, []).append(c)
    found: list[dict[str, Any]] = [
        {
            "dimension": dimension,
            "contribution": round(sum(c.contribution for c in inside), 4),
            "features": [_plain(c, codebook, answer.speaks_for) for c in inside],
        }
        for dimension, inside in groups.items()
    ]
    for group in found:
        how = "speaks for" if group["contribution"] > 0 else "speaks against"
        group["says"] = f"{how} {side(answer)}"
    return sorted(found, key=lambda g: -abs(g["contribution"]))


def _plain(c: Contribution, codebook: Codebook, top: str) -> dict[str, Any]:
    return {
        "feature": c.feature,
        "name": c.name,
        "contribution": c.contribution,
        "speaks_for": c.contribution > 0,
        "says": reason(c, codebook, top),
    }


def reason(c: Contribution, codebook: Codebook, top: str) -> str:
    """One feature of a story in words: how it stands among the texts of the other side.

    >>> from storyscope.attribute.answer import Contribution
    >>> from storyscope.codebook import default_codebook
    >>> more = Contribution("TMP_ORD_02", "Flashbacks", "temporal structure", False, 4.0, "", 0.3,
    ...                     {"human": 0.96, "ai": 0.8})
    >>> reason(more, default_codebook(), "ai")
    'More flashbacks than in 96% of people’s texts.'
    >>> dream = Contribution("TMP_DRM_01", "Dream told", "temporal structure", False, "no", "", 0.3)
    >>> reason(dream, default_codebook(), "ai")
    'Dream told: no (dreams are missing or merely mentioned).'
    """
    feature = codebook[c.feature] if c.feature in codebook else None  # noqa: SIM401 (no dict)
    if c.value is None:
        return f"{c.name}: no value for this text."
    others = {source: share for source, share in c.percentiles.items() if source != top}
    if feature is None or not others or feature.kind in ("binary", "categorical", "multi"):
        shown = c.value if isinstance(c.value, str) else format(c.value, ".3g")
        meaning = feature.values.get(shown, "") if feature is not None else ""
        return f"{c.name}: {shown}{f' ({meaning})' if meaning else ''}."
    share = float(np.mean(list(others.values())))
    more = share >= 0.5
    whose = (
        _TEXTS.get(next(iter(others)), f"texts by {next(iter(others))}")
        if len(others) == 1
        else "the others’ texts"
    )
    said = feature.says(more)
    rank = share if more else 1 - share
    how = f"in {chance(rank)} of" if rank < 0.995 else "in nearly all"
    return f"{said[:1].upper()}{said[1:]} than {how} {whose}."
