"""JSON in a reply: found wherever it stands, and held against its schema here.

Some servers take a schema and do not keep to it, some write what they think before the answer, and
some put it in a block of code. Whatever a server promises, a reply counts only if this module finds
in it what was asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["find_json", "problem", "without_thought"]

_THOUGHT = re.compile(r"^\s*<(think|thinking|thought|reasoning)>.*?</\1>\s*", re.DOTALL)
_UNOPENED = re.compile(r"^.*?</(?:think|thinking|thought|reasoning)>\s*", re.DOTALL)
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "number": (int, float),
    "integer": int, "null": type(None),
}  # fmt: skip
_TRIED = 200
"""Opening brackets of one reply that are tried as the beginning of its JSON."""


def without_thought(text: str) -> str:
    """A reply without what a model thought aloud before it.

    >>> without_thought("<think>A lamp? No.</think> The gate was open.")
    'The gate was open.'
    >>> without_thought("a lamp, no.</think>The gate was open.")
    'The gate was open.'
    >>> without_thought("<think>A lamp, or perhaps")
    ''
    """
    text, found = _THOUGHT.subn("", text)
    if found:
        return text
    if re.match(r"\s*<(think|thinking|thought|reasoning)>", text):
        return ""
    return _UNOPENED.sub("", text, count=1)


def find_json(text: str) -> Any:
    r"""The last whole JSON object of a reply, after its thoughts; None if there is none.

    >>> find_json('Well. {"a": 1} is wrong, so: ```json\n{"a": {"b": 2}}\n```')
    {'a': {'b': 2}}
    >>> find_json('{"a": ') is None
    True
    """
    text = without_thought(text)
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, dict) else None
    except (ValueError, RecursionError):
        return max(_objects(text), key=lambda found: found[0], default=(0, None))[1]


def _objects(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Whole objects in a text, none within another, each with its place."""
    decoder, place = json.JSONDecoder(), 0
    for _ in range(_TRIED):
        start = text.find("{", place)
        if start < 0:
            return
        try:
            found, place = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            place = start + 1
            continue
        yield start, found


def problem(data: Any, schema: Mapping[str, Any], where: str = "the reply") -> str:
    """What in some JSON does not keep to its schema; empty if all does.

    Knows the words that our schemas use: type, enum, properties, required, additionalProperties,
    items, minItems, maxItems, minimum, maximum, anyOf.

    >>> problem({"n": 7}, {"type": "object", "properties": {"n": {"type": "integer", "maximum": 5}}})
    'the reply.n is over 5'
    """
    if choices := schema.get("anyOf"):
        found = [problem(data, choice, where) for choice in choices]
        return found[0] if all(found) else ""
    if (kind := schema.get("type")) is not None:
        wrong = not isinstance(data, _TYPES[kind])
        if wrong or (isinstance(data, bool) and kind in ("number", "integer")):
            return f"{where} is not of the type {kind}"
    if "enum" in schema and data not in schema["enum"]:
        return f"{where} is none of {', '.join(map(str, schema['enum']))}"
    if isinstance(data, int | float):
        if data < schema.get("minimum", data):
            return f"{where} is under {schema['minimum']}"
        if data > schema.get("maximum", data):
            return f"{where} is over {schema['maximum']}"
    if isinstance(data, list):
        return _problem_of_list(data, schema, where)
    return _problem_of_object(data, schema, where) if isinstance(data, dict) else ""


def _problem_of_list(data: list[Any], schema: Mapping[str, Any], where: str) -> str:
    low, high = schema.get("minItems", 0), schema.get("maxItems", len(data))
    if not low <= len(data) <= high:
        return f"{where} has {len(data)} entries"
    found = (problem(x, schema.get("items", {}), f"{where}[{i}]") for i, x in enumerate(data))
    return next((p for p in found if p), "")


def _problem_of_object(data: dict[str, Any], schema: Mapping[str, Any], where: str) -> str:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in data:
            return f"{where} lacks {name!r}"
    if schema.get("additionalProperties") is False:
        for name in data:
            if name not in known:
                return f"{where} has an entry {name[:40]!r}, which was not asked for"
    found = (problem(data[n], s, f"{where}.{n}") for n, s in known.items() if n in data)
    return next((p for p in found if p), "")
