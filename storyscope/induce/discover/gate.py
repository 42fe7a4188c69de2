"""Which candidates are good questions, by rules and by a reader, without a look at any source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from storyscope.codebook import Feature, typed_feature
from storyscope.errors import CodebookError
from storyscope.generate.infer import leaks
from storyscope.validate.questions import CHECKS, check_questions

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["CODES", "CRITERIA", "entry_of", "faults", "feature_of", "refused"]

CODES = {
    "agents": "AGE", "social networks": "SOC", "events": "EVT", "plot": "PLT", "setting": "SET",
    "temporal structure": "TMP", "revelation": "REV", "perspective": "PER", "situatedness": "SIT",
}  # fmt: skip
CRITERIA = ("answerable", "about_telling", "general", "one_thing", "answers_clear")
"""What a reader is asked of every question; one no is enough."""
_EXAMPLES = ("no example", "stray example")
"""Checks that a question without worked examples cannot meet."""


def entry_of(candidate: Mapping[str, Any], feature_id: str) -> dict[str, Any]:
    """A candidate as an entry of a codebook."""
    values = {
        str(a["value"]).strip(): " ".join(str(a["meaning"]).split()) for a in candidate["answers"]
    }
    if candidate["kind"] == "binary":
        values = {k.lower(): v for k, v in values.items()}
    name = " ".join(candidate["name"].split())
    entry: dict[str, Any] = {
        "id": feature_id,
        "name": name[:1].upper() + name[1:],
        "question": " ".join(candidate["question"].split()),
        "kind": candidate["kind"],
        "values": values,
        "evidence": " ".join(candidate["evidence"].split()),
        "answered_by": "judge",
        "source": "found by blind comparison of stories of the same prompts (storyscope induce)",
    }
    if condition := " ".join(candidate["condition"].split()):
        entry["condition"] = condition
    return entry


def feature_of(candidate: Mapping[str, Any], feature_id: str) -> Feature | str:
    """The candidate as a feature, or why it is none."""
    try:
        return typed_feature(entry_of(candidate, feature_id), "induced", "a candidate")
    except CodebookError as error:
        return str(error).partition(": ")[2] or str(error)


def faults(
    features: Sequence[Feature], texts: Sequence[str], *, nlp: Language | None = None
) -> dict[str, list[str]]:
    """What rules find wrong with each feature, by id.

    Parameters
    ----------
    features : sequence of Feature
    texts : sequence of str
        Stories whose names no question may hold.
    nlp : spaCy Language, optional
        See `check_questions`.
    """
    found: dict[str, list[str]] = {f.id: [] for f in features}
    told = "\n\n".join(texts)
    for fault in check_questions(features, nlp=nlp):
        if fault.check not in _EXAMPLES:
            found[fault.feature].append(f"{CHECKS[fault.check]} ({fault.detail})")
    for feature in features:
        if feature.kind == "ordinal" and not 3 <= len(feature.values) <= 5:
            found[feature.id].append(f"{len(feature.values)} answers, not three to five")
        said = ". ".join(
            (feature.question, feature.evidence, feature.condition, *feature.values.values())
        )
        names = [x for x in leaks(said, told) if " " not in x]
        if names:
            found[feature.id].append(f"it names {', '.join(names[:3])}")
    return found


def refused(check: Mapping[str, Any]) -> str:
    """Why a reader refused a question; empty if every criterion is met."""
    failing = [c for c in CRITERIA if check[c] != "yes"]
    if not failing:
        return ""
    why = " ".join(str(check["why"]).split())
    return f"not {failing[0].replace('_', ' ')}" + (f": {why}" if why else "")
