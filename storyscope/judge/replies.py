"""A reply read: answers that the codebook allows, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from storyscope.codebook import Feature
from storyscope.judge.prompts import NOT_APPLICABLE
from storyscope.providers.schema import find_json

__all__ = ["Checked", "Item", "check"]


class Item(BaseModel):
    """One answer as the schema has it."""

    model_config = ConfigDict(extra="forbid")

    feature_id: str
    value: str
    quotes: list[str]
    confidence: Literal["low", "medium", "high"]

    @field_validator("value", mode="before")
    @classmethod
    def _number_as_text(cls, value: Any) -> Any:
        return f"{value:g}" if isinstance(value, int | float) and value is not True else value


@dataclass
class Checked:
    """What a reply holds.

    Attributes
    ----------
    items : dict of str to Item
        Sound answers by feature id.
    values : dict of str to (float, str or None)
        Their values as the feature table holds them; None where the question does not apply.
    wrong : dict of str to str
        For every other question that was asked, why it has no answer.
    unasked : int
        Answers to questions that were not asked; they are passed over.
    readable : bool
        Whether the reply is the JSON that was asked for, whatever its answers.
    """

    items: dict[str, Item] = field(default_factory=dict)
    values: dict[str, float | str | None] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    unasked: int = 0
    readable: bool = True


def check(reply: str, features: Sequence[Feature]) -> Checked:
    """Read a reply against the questions it answers; nothing is guessed or rounded.

    Parameters
    ----------
    reply : str
        The text of the model's message.
    features : sequence of Feature
        What was asked.

    Examples
    --------
    >>> from storyscope.codebook import default_codebook
    >>> book = default_codebook()
    >>> said = '{"answers": [{"feature_id": "TMP_DRM_01", "value": "perhaps", "quotes": [], '
    >>> said += '"confidence": "low"}]}'
    >>> check(said, [book["TMP_DRM_01"]]).wrong
    {'TMP_DRM_01': "'perhaps' is none of yes, no"}
    """
    asked = {f.id: f for f in features}
    checked = Checked()
    entries = _entries(find_json(reply), asked)
    if entries is None:
        checked.readable = False
        checked.wrong = dict.fromkeys(asked, "the reply is not the JSON that was asked for")
        return checked
    for entry in entries:
        feature_id = str(entry.get("feature_id")) if isinstance(entry, dict) else ""
        feature = asked.get(feature_id)
        if feature is None:
            checked.unasked += 1
            continue
        _take(checked, feature, entry)
    for feature_id in asked:
        if feature_id not in checked.items and feature_id not in checked.wrong:
            checked.wrong[feature_id] = "the answer is missing"
    return checked


def _entries(content: Any, asked: Mapping[str, Feature]) -> list[Any] | None:
    """Answers of either form: a list of them, or one by the id of each question."""
    if not isinstance(content, dict):
        return None
    if isinstance(content.get("answers"), list):
        return list(content["answers"])
    if not any(name in asked for name in content):
        return None
    return [
        {"feature_id": name, **entry} if isinstance(entry, dict) else entry
        for name, entry in content.items()
    ]


def _take(checked: Checked, feature: Feature, entry: dict[str, Any]) -> None:
    """Add one answer, or the reason why it cannot stand."""
    try:
        item = Item.model_validate(entry)
        value = _value(item.value, feature)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "answer"
        _reject(checked, feature.id, f"{place}: {first['msg']}")
        return
    except ValueError as error:
        _reject(checked, feature.id, str(error))
        return
    if feature.id in checked.wrong:
        return
    if feature.id in checked.items and checked.values[feature.id] != value:
        _reject(checked, feature.id, "two different answers")
        return
    checked.items.setdefault(feature.id, item)
    checked.values.setdefault(feature.id, value)


def _reject(checked: Checked, feature_id: str, why: str) -> None:
    checked.items.pop(feature_id, None)
    checked.values.pop(feature_id, None)
    checked.wrong.setdefault(feature_id, why)


def _value(given: str, feature: Feature) -> float | str | None:
    """The value as the table holds it; None for a question that does not apply.

    Raises
    ------
    ValueError
        Saying what is not allowed.
    """
    given = given.strip()
    if given.casefold() == NOT_APPLICABLE:
        if feature.condition:
            return None
        raise ValueError(f"{NOT_APPLICABLE!r} is not on offer")
    if feature.range is not None:
        return _number(given, feature)
    allowed = {level.casefold(): level for level in feature.levels}
    parts = given.split("|") if feature.kind == "multi" else [given]
    chosen = []
    for part in parts:
        level = allowed.get(part.strip().casefold())
        if level is None:
            raise ValueError(f"{part.strip()[:60]!r} is none of {', '.join(feature.levels)}")
        chosen.append(level)
    return "|".join(level for level in feature.levels if level in chosen)


def _number(given: str, feature: Feature) -> float:
    assert feature.range is not None
    low, high = feature.range
    try:
        number = float(given)
    except ValueError:
        raise ValueError(f"{given[:60]!r} is not a number") from None
    if not low <= number <= high:
        raise ValueError(f"{given[:60]!r} is not within {low:g} to {high:g}")
    if feature.kind in ("scale", "count") and number != int(number):
        raise ValueError(f"{given[:60]!r} is not a whole number")
    return number
