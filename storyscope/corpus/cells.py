"""What stands in one cell of a row: plain values, labels, and lists of samples."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from datetime import date, time

__all__ = ["HALVES", "TOO_DEEP", "label_of", "plain_of", "samples_in", "too_deep", "whole_letters"]

_DEEPEST = 60  # levels of lists and objects within a field
TOO_DEEP = f"a field holds lists or objects over {_DEEPEST} levels deep; take it out"

HALVES = "halves of characters, which no file can hold, became U+FFFD"
_SURROGATES = re.compile("[\ud800-\udfff]+")


def whole_letters(fields: Mapping[str, object]) -> tuple[dict[str, object], int]:
    r"""Fields with U+FFFD for every half of a character, in texts and lists of texts; how many.

    JSON can spell a half (``\ud83d``) that UTF-8 cannot write; two that belong together are one
    letter.

    >>> whole_letters({"text": "A gull \ud83d flew."})
    ({'text': 'A gull \ufffd flew.'}, 1)
    """
    count = 0

    def mended(match: re.Match[str]) -> str:
        nonlocal count
        found = match.group().encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        count += found.count("\ufffd")
        return found

    def whole(value: object) -> object:
        if isinstance(value, str):
            return value if value.isascii() else _SURROGATES.sub(mended, value)
        return [whole(item) for item in value] if isinstance(value, list) else value

    return {name: whole(value) for name, value in fields.items()}, count


def label_of(value: object) -> str:
    """Write an id, name or prompt as text: 411.0, as pandas has it, is "411"."""
    value = plain_of(value)
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else str(value)


def plain_of(value: object) -> object:
    """Make a value one that JSON can hold, missing and not-a-number being None."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_of(item) for item in value]
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def samples_in(value: object) -> object:
    """A list of samples that was written into a cell as JSON or as Python prints it."""
    if (
        not isinstance(value, str)
        or value[:2] not in ("['", '["')
        or value[-2:] not in ("']", '"]')
    ):
        return value
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return found
    return value


def too_deep(value: object) -> bool:
    """Whether lists or objects lie within one another beyond all use."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for item in level
            if isinstance(item, list | dict)
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, list | dict)
        ]
        if not level:
            return False
    return True
