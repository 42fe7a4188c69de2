"""The request for a story, where it stands before the story without any role or mark."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyscope.corpus.edits import Edit
from storyscope.corpus.headings import lines

__all__ = ["requests"]

_LABELLED = re.compile(
    r"[\W_]*(?:(?:writing|story|original|user) )?(?:prompt|request|instructions?|task|assignment)"
    r"[*_]{0,3} ?[:：]",
    re.IGNORECASE,
)
_TAGGED = re.compile(r"[*_\s]*\[ ?(?:WP|SP|EU|CW|RF|TT|PI|IP|MP|PM|OT|CC) ?\]")
_ASKED = re.compile(
    r"[\W_]*(?:please |can you |could you |i want you to |i['’]d like you to |now )*"
    r"(?:write|compose|create|generate|craft|tell me|draft|produce)\b (?:me |us )?"
    r"(?:an?|the|this|your|my|one|some|another|\d+|up to|about|in)\b[^\n]{0,200}?"
    r"\b(?:story|stories|scene|tale|narrative|fiction|chapter|vignette|fable|prose|novel|words)\b",
    re.IGNORECASE,
)
_MOST = 12  # lines of a request
_LONGEST = 2000
_SHARE = 0.4  # of the text


def requests(text: str) -> Iterator[Edit]:
    """The paragraph that asks for the story, and nothing after it.

    >>> from storyscope.corpus.edits import apply
    >>> reply = "Write a short story about rain, in 20 words.\\n\\nIt rained, and then it rained on."
    >>> apply(reply, list(requests(reply)))
    'It rained, and then it rained on.'
    """
    spans = lines(text)
    if len(spans) < 2:
        return
    start, end = spans[0]
    line = text[start:end]
    if end - start > _LONGEST or '"' in line[:3] or end > _SHARE * len(text) + 60:
        return
    labelled = _LABELLED.match(line)
    if not (labelled or _TAGGED.match(line) or _ASKED.match(line)):
        return
    k = 1
    if labelled and labelled.end() == len(line):  # the request stands below its name
        k = 2
    while k < min(len(spans), _MOST) and text.count("\n", spans[k - 1][1], spans[k][0]) == 1:
        k += 1  # a request of several lines
    if k < len(spans) and spans[k][0] <= _SHARE * len(text) + 60 and k < _MOST:
        yield 0, spans[k][0], ""
