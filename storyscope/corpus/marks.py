"""Formatting that may give a story's source away, each mark a yes or no for a story."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from storyscope.corpus.chatter import chatter
from storyscope.corpus.edits import Edit
from storyscope.corpus.headings import headings, is_scene_break, lines, opening_lines
from storyscope.corpus.markup import apparatus, emphasis, entities, escapes, tags
from storyscope.corpus.tokenised import is_tokenised
from storyscope.corpus.typography import all_printable

__all__ = ["MARKS", "marks_of"]

_TURN = re.compile(r"^[\W_]*(?:human|assistant|user|ai)\s*:", re.IGNORECASE | re.MULTILINE)
_UNFORMATTED = 1500  # characters that hardly ever pass without a new paragraph


def _has_scene_break(text: str) -> bool:
    return any(is_scene_break(text[start:end]) for start, end in lines(text) if end - start < 60)


def _finds(*finders: Callable[[str], Iterator[Edit]]) -> Callable[[str], bool]:
    """Whether any of the normaliser's steps would change something."""

    def any_edit(text: str) -> bool:
        return any(next(find(text), None) is not None for find in finders)

    return any_edit


MARKS: Mapping[str, Callable[[str], bool]] = {
    "opens with a heading": lambda text: opening_lines(text) > 0,
    "heading or chapter number": _finds(headings),
    "scene-break glyphs": _has_scene_break,
    "bold or italic marks": _finds(emphasis),
    "words about the task": _finds(chatter),
    "chat turns": lambda text: ":" in text and len(_TURN.findall(text)) > 1,
    "HTML or Markdown code": _finds(tags, entities, escapes),
    "edition or forum apparatus": _finds(apparatus),
    "tokenised": is_tokenised,
    "curly double quotes": lambda text: "“" in text or "”" in text,
    "straight double quotes": lambda text: '"' in text,
    "curly apostrophes": lambda text: "’" in text,
    "straight apostrophes": lambda text: "'" in text,
    "em dashes": lambda text: "—" in text,
    "en dashes": lambda text: "–" in text,
    "double hyphens": lambda text: "--" in text,
    "hyphens for dashes": lambda text: " - " in text,
    "one-character ellipses": lambda text: "…" in text,
    "three-dot ellipses": lambda text: "..." in text or ". . ." in text,
    "double blanks": lambda text: "  " in text,
    "blanks at line ends": lambda text: " \n" in text,
    "several blank lines": lambda text: "\n\n\n" in text,
    "no paragraphs": lambda text: "\n" not in text.strip() and len(text) > _UNFORMATTED,
    "unprintable characters": lambda text: not all_printable(text),
}
"""Marks by name, with the question that each asks of a text."""


def marks_of(text: str) -> frozenset[str]:
    r"""Names of the marks that a text bears.

    >>> sorted(marks_of("# Dawn\n\nIt *was* dawn — almost."))
    ['bold or italic marks', 'em dashes', 'heading or chapter number', 'opens with a heading']
    """
    return frozenset(name for name, bears in MARKS.items() if bears(text))
