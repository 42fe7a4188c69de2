"""What in a normalised text may still be no story, or damage, and could not be told safely."""

from __future__ import annotations

import re

from storyscope.corpus.headings import lines
from storyscope.corpus.suspects import words

__all__ = ["leftovers"]

_EDGE = 3000  # characters at either end in which apparatus stands
_THOUGHT = re.compile(
    r"\s*(?:okay|ok|alright|hmm+|let me|we need to|i need to|i should|first)\b[^\n]{0,120}"
    r"\b(?:the user|user wants|the prompt|the request|write a|the story should|think about|plan)\b"
    r"|\s*(?:the user|user) (?:wants|asks|is asking|asked)\b",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][\w:-]{0,20}(?:\s[^<>\n]{0,200})?/?>")
_TOKEN = re.compile(r"<[|｜][^<>|｜\n]{1,40}[|｜]>|\[/?INST\]")
_ROLE = re.compile(
    r"^[ \t#*_]*(?:user|human|assistant|ai|system|instruction|response|prompt)[ \t*_]*:",
    re.IGNORECASE | re.MULTILINE,
)
_LIBRARY = re.compile(
    r"project gutenberg|transcriber['’]?s note|all rights reserved|isbn[ :]?\d", re.IGNORECASE
)
_JSON = re.compile(r"\s*[{\[]\s*[\"'][\w ]+[\"']\s*[:,]")
_SPELLED = re.compile(r"\\[nrt\"]|\\u[0-9a-fA-F]{4}")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+\.\S+|\b[\w.+-]+@[\w-]+\.\w{2,}")
_NUMBER = re.compile(r"\d{1,4}")
_SAYING = frozenset("said asked replied answered whispered shouted cried".split())
_OFTEN = 0.2


def leftovers(text: str) -> tuple[str, ...]:
    r"""Name what a reader should look at in a normalised text.

    Examples
    --------
    >>> leftovers("Okay, the user wants a tale of rain.\n\nIt rained, and it went on.")
    ("an opening that reads like a model's thinking",)
    >>> leftovers("It rained, and it went on.")
    ()
    """
    found = []
    if _THOUGHT.match(text):
        found.append("an opening that reads like a model's thinking")
    if _JSON.match(text):
        found.append("JSON")
    if _TOKEN.search(text) or len(set(m.group().lower() for m in _ROLE.finditer(text))) > 1:
        found.append("roles of a chat")
    if "<" in text and not found and _TAG.search(text):
        found.append("tags")
    if _LIBRARY.search(text[:_EDGE]) or _LIBRARY.search(text[-_EDGE:]):
        found.append("a library's notice")
    if _ADDRESS.search(text):
        found.append("web addresses")
    if _SPELLED.search(text):
        found.append("line breaks or marks spelled out")
    if "\ufffd" in text or _is_garbled(text):
        found.append("letters lost or decoded wrongly")
    spans = lines(text)
    if (
        sum(_NUMBER.fullmatch(text, *span) is not None for span in spans if span[1] - span[0] < 5)
        > 1
    ):
        found.append("lines that are numbers")
    if _broken(text, spans):
        found.append("line ends within sentences")
    if '"' not in text and "'" not in text and "—" not in text:
        told = words(text)
        if sum(word in _SAYING for word in told) > 2 + len(told) / 200:
            found.append("speech without marks")
    elif _unbalanced(text):
        found.append("quotation marks that do not pair")
    return tuple(found)


def _is_garbled(text: str) -> bool:
    if text.isascii():
        return False
    from ftfy.badness import is_bad

    return bool(is_bad(text))


def _broken(text: str, spans: tuple[tuple[int, int], ...]) -> bool:
    """Whether many lines go on in lower case without a sentence's end before."""
    pairs = list(zip(spans, spans[1:], strict=False))
    broken = sum(
        text[after[0]].islower() and (text[before[1] - 1].isalnum() or text[before[1] - 1] == ",")
        for before, after in pairs
    )
    return broken > 3 and broken > _OFTEN * len(pairs)


def _unbalanced(text: str) -> bool:
    """Whether many paragraphs hold an odd number of marks, and the next does not go on quoting."""
    paragraphs = [text[slice(*span)] for span in lines(text)]
    quoting = odd = 0
    for k, paragraph in enumerate(paragraphs):
        marks = paragraph.count('"')
        quoting += marks > 0
        following = paragraphs[k + 1] if k + 1 < len(paragraphs) else ""
        odd += marks % 2 == 1 and not following.startswith('"')
    return odd > 2 and odd > _OFTEN * quoting
