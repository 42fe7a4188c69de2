"""What a text is, where it is no story in prose: verse, code, figures, a script, repetition.

The rules look at lines and signs only. They are written so that stories in prose pass, hard-wrapped
or full of dialogue as they may be; an essay or a news report passes too, and is left to novelty.
"""

from __future__ import annotations

import itertools
import re

from storyscope.corpus.suspects import is_foreign, words

__all__ = ["unlike_a_story"]

LOOKED_AT = 60_000
"""Characters that are looked at."""
NARROWEST = 40
"""Characters in a line under which prose is hardly ever set."""
_SENTENCE_ENDS = tuple(".!?…\"'”’)*_")
_CODE = re.compile(
    r"[;{}]\s*$|^\s*(?:def|class|import|from|return|if|for|while|elif|else|function|const|let|var|"
    r"public|private|static|void|#include|SELECT|INSERT)\b.*[:;({)]|=>|==|!=|\w+\([^)]*\)\s*[;{:]?$"
    r"|^\s*(?://|#|/\*|<\w+[^>]*>)|\w+\s*=\s*[\w\"'\[{(]"
)
_SPEAKER = re.compile(
    r"^\s*[A-Z][A-Z .'’]{1,30}(?:\([^)]*\))?\s*:?\s*$|^\s*[A-Z][\w .'’]{0,24}:\s+\S"
)


def unlike_a_story(text: str) -> list[str]:
    r"""Reasons, one sentence each, why a text is no English story in prose; none for a story.

    Parameters
    ----------
    text : str
        As it was given, with its line breaks.

    Examples
    --------
    >>> unlike_a_story("She opened the door and looked at the rain for a while. " * 9)
    ['Most of the text repeats the same few sentences.']
    >>> unlike_a_story("for x in y:\n    total = total + x\nprint(total)\n" * 20)
    ['The text looks like program code.']
    """
    text = text[:LOOKED_AT]
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if not lines:
        return []
    if _is_code(lines):
        return ["The text looks like program code."]
    if _is_figures(text):
        return ["The text consists of figures and signs more than of sentences."]
    if is_foreign(words(text)):
        return ["The text does not look like English, and the measures are for English."]
    found = []
    if _is_verse(lines):
        found.append("The text looks like verse, and the reference holds prose only.")
    elif _is_script(lines):
        found.append("The text looks like a script or a chat, with a speaker named on each line.")
    if _is_repeated(text):
        found.append("Most of the text repeats the same few sentences.")
    return found


def _is_code(lines: list[str]) -> bool:
    return len(lines) >= 5 and sum(bool(_CODE.search(line)) for line in lines) > 0.4 * len(lines)


def _is_figures(text: str) -> bool:
    visible = [c for c in text if not c.isspace()]
    return sum(not (c.isalpha() or c in ".,!?\"'“”‘’—–-…;:*") for c in visible) > 0.2 * len(visible)


def _is_verse(lines: list[str]) -> bool:
    """Short lines of uneven length, many of which end in the middle of a sentence."""
    if len(lines) < 8:
        return False
    lengths = sorted(len(line.split()) for line in lines)
    open_ended = sum(not line.endswith(_SENTENCE_ENDS) for line in lines)
    in_long_lines = sum(n for n in lengths if n > 12)
    if lengths[len(lines) // 2] > 10 or in_long_lines > 0.4 * sum(lengths):
        return False
    if open_ended < 0.4 * len(lines):
        return False
    return not _is_wrapped(lines)


def _is_wrapped(lines: list[str]) -> bool:
    """Whether lines end where the next word would not have fitted, as in prose set to a width."""
    width = max(map(len, lines))
    if width < NARROWEST:
        return False
    pairs = [
        (line, following.split()[0])
        for line, following in itertools.pairwise(lines)
        if not line.endswith(_SENTENCE_ENDS)
    ]
    full = sum(len(line) + 1 + len(word) >= width for line, word in pairs)
    return full > 0.7 * len(pairs)


def _is_script(lines: list[str]) -> bool:
    return len(lines) >= 8 and sum(bool(_SPEAKER.match(line)) for line in lines) > 0.4 * len(lines)


def _is_repeated(text: str) -> bool:
    sentences = [s.strip().lower() for s in re.split(r"(?<=[.!?])\s+", text) if len(s) > 15]
    return len(sentences) >= 6 and len(set(sentences)) < 0.5 * len(sentences)
