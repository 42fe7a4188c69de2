"""Text that a tokeniser took apart ("did n't", "Rain , rain"), put together again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyscope.corpus.edits import Edit

__all__ = ["is_tokenised", "loose_points", "open_quotes", "taken_apart"]

_ENDINGS = r"(?:s|t|re|ve|ll|m|d)\b"
_APOSTROPHE = re.compile(rf"['’] ?{_ENDINGS}", re.IGNORECASE)
_POINT = re.compile(r" (?=(?:[,;:!?]|\.(?!\.))(?:[\s\"'”’*]|$)|”)")
_OPENED = re.compile("(?<=“) +")
_APART = re.compile(
    rf"(?<=[a-z])[ ](?=n['’] ?t\b|['’] ?{_ENDINGS})|(?<=\w[ ]['’])[ ](?={_ENDINGS})"
    rf"|(?<=\w['’])[ ](?={_ENDINGS})"
    r"|(?<=\bgon)[ ](?=na\b)|(?<=\bwan)[ ](?=na\b)|(?<=\bgot)[ ](?=ta\b)|(?<=\bcan)[ ](?=not\b)"
    r"|(?<=\bgim)[ ](?=me\b)|(?<=\blem)[ ](?=me\b)|(?<=\bdun)[ ](?=no\b)"
    r"|(?<=[.,!?])[ ](?=['’](?:\s|$))|(?<=[(\[])[ ]|[ ](?=[)\]])|(?<=[$£])[ ](?=\d)|[ ](?=%)",
    re.IGNORECASE,
)
_OFTEN = 0.3  # share of contractions or points that stand apart; ordinary texts have next to none
_QUOTE = re.compile(r"\n[ \t]*\n|``|''|[“”\"]")


def is_tokenised(text: str) -> bool:
    """Whether a tokeniser took the text apart, by how often words and points stand apart.

    >>> is_tokenised("I do n't know , he said . We 'll see .")
    True
    >>> is_tokenised("Rock 'n' roll, he said.")
    False
    """
    if "`` " in text:
        return True
    loose = sum(map(text.count, (" , ", " . ", " ? ", " ! ")))
    if loose > 2 and loose >= _OFTEN * sum(map(text.count, (", ", ". ", "? ", "! "))):
        return True
    if not (" '" in text or " ’" in text or " n't" in text or " n’t" in text):
        return False
    apart = together = 0
    for match in _APOSTROPHE.finditer(text):
        start = match.start()
        before = text[max(0, start - 2) : start]
        apart += before.endswith(" ") or before == " n"
        together += before[-1:].isalpha() and before != " n"
    return apart > 1 and apart >= _OFTEN * (apart + together)


def loose_points(text: str) -> Iterator[Edit]:
    """Blanks before a comma, full stop or other point, or before a curly mark that closes.

    English never has them on purpose, so that they go from every text.
    """
    if not any(pair in text for pair in (" ,", " .", " ?", " !", " ;", " :", " ”")):
        return
    for match in _POINT.finditer(text):
        start = match.start()
        while start and text[start - 1] == " ":
            start -= 1
        if start and not text[start - 1].isspace() and text[start - 1] not in ".—–-“":
            yield start, match.end(), ""


def open_quotes(text: str) -> Iterator[Edit]:
    """Blanks after a curly quotation mark that opens."""
    if "“ " in text:
        for match in _OPENED.finditer(text):
            yield match.start(), match.end(), ""


def taken_apart(text: str) -> Iterator[Edit]:
    """Blanks within contractions, quotation marks and brackets, in a text that was tokenised."""
    if not is_tokenised(text):
        return
    spans = {match.span() for match in _APART.finditer(text)}
    spans.update(_around_quotes(text))
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            yield start, end, ""
            done = end


def _around_quotes(text: str) -> Iterator[tuple[int, int]]:
    """Blanks on the inner side of quotation marks; a mark that may be either takes its turn."""
    inside = False
    for match in _QUOTE.finditer(text):
        start, end = match.span()
        mark = match.group()
        if mark.startswith("\n"):
            inside = False
            continue
        opens = mark in ("``", "“") or (mark in ("''", '"') and not inside)
        inside = opens
        if opens and text[end : end + 1] == " ":
            yield end, end + 1
        elif not opens and start and text[start - 1] == " ":
            yield start - 1, start
