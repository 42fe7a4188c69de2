"""Cue lists: YAML files of words and patterns, each with a comment on where it comes from."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from storyscope.extract.lexicon.spelling import settled

__all__ = ["entries", "settled", "words"]


@cache
def _file(name: str) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (files(__package__) / f"{name}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.load(text, Loader=loader)
    return content


def entries(file: str, key: str) -> Any:
    """One list or mapping of a cue file, as written."""
    return _file(file)[key]


@cache
def words(file: str, *keys: str) -> frozenset[str]:
    """Words of one or more lists of a cue file, joined, with the spelling lemmas are settled to.

    >>> "whisper" in words("verbs", "speech")
    True
    """
    found = {str(word) for key in keys for word in entries(file, key)}
    return frozenset(found | {settled(word) for word in found})
