"""Names of sources that suggest that something went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

__all__ = ["note_sources"]


def note_sources(sources: Iterable[str], notes: Counter[str]) -> None:
    """Note sources whose names are nearly one, and sources that bear a number for a name.

    >>> notes = Counter()
    >>> note_sources(["GPT-4", "gpt-4 "], notes)
    >>> "'GPT-4', 'gpt-4 '" in next(iter(notes))
    True
    """
    sources = set(sources)
    alike: dict[str, list[str]] = {}
    for name in sorted(sources):
        alike.setdefault("".join(filter(str.isalnum, name.casefold())), []).append(name)
    for names in alike.values():
        if len(names) > 1:
            notes[
                "sources kept apart whose names differ only in capitals, blanks or signs: "
                f"{', '.join(map(repr, names))}; if they are one, write one name in the corpus"
            ] = len(names)
    if sources and sources <= {"0", "1", "0.0", "1.0", "True", "False", "true", "false"}:
        notes[
            f"sources with a number or truth value for a name ({', '.join(sorted(sources))}); "
            "results are clearer with names, and people are expected as 'human'"
        ] = len(sources)
