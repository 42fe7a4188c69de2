"""What writers on the web put around a story: headers of fields, notes, disclaimers, thanks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from storyscope.corpus.edits import Edit
from storyscope.corpus.headings import is_scene_break, lines

__all__ = ["notes"]

_FIELD = re.compile(
    r"[\W_]*(?:rat(?:ing|ed)|fandoms?|pairings?|ships?|relationships?|characters?|summary|warnings?|"
    r"archive warnings?|categor(?:y|ies)|(?:additional |freeform )?tags|genres?|stats|statistics|"
    r"published|updated|completed|status|words?|word ?count|chapters?|series|collections?|language|"
    r"beta(?:ed|'d|’d)?(?: by)?|spoilers?|disclaimers?|a/?n|author['’]?s?['’]? notes?|notes?|prompt|"
    r"written for|dedicat(?:ed|ion)(?: to)?|gift for|for|author|title|story|by|universe|timeline|"
    r"content (?:warning|note)s?|trigger warnings?|tw|cw|t/w|c/w|reviews|favs|follows|id|kudos|hits|bookmarks|comments|"
    r"crossposted|x-?posted|posted|date|feedback|archive|e-?mail|website|homepage|continuity)"
    r"(?:[*_]{0,3}[ ]?[:：]|[*_]{0,3} - )[^\n]*",
    re.IGNORECASE,
)
_SURE = re.compile(
    r"[\W_]*(?:rat(?:ing|ed)|fandoms?|pairings?|archive warnings?|additional tags|disclaimers?|a/?n|"
    r"author['’]?s?['’]? notes?|summary|relationships?|trigger warnings?|tw|cw|content (?:warning|note)s?|words?|word ?count)\b"
    r"[\W_]{0,4}[:：-]",
    re.IGNORECASE,
)
_A_N = re.compile(
    r"[\W_]*(?-i:A/?N|A\.N\.|an)[*_]{0,3}(?:[ ]?[:：~–—-]|\n)"
    r"|[\W_]*(?:author['’]?s?['’]?|writer['’]?s?['’]?|end|chapter(?: end)?|beginning|final|story) ?"
    r"(?:end ?)?notes?\b[\W_]{0,4}(?:[:：–—-]|$|\n)"
    r"|[\W_]*disclaimers?\b[\W_]{0,3}[:：–—-]|[\W_]*see the end of the (?:work|chapter)\b"
    r"|[\W_]*work text:?\W*$|[\W_]*chapter text\W*$",
    re.IGNORECASE,
)
_OWNED = re.compile(
    r"\bI (?:do not|don['’]t|own|owns) (?:own )?(?:any|nothing|none|the characters|these characters|the rights)\b"
    r"|\b(?:belongs?|belonging) to (?:their|its|his|her) (?:respective |rightful )?(?:owners?|creators?)\b",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"[\W_]*(?:(?:please |pls |don['’]t forget to |remember to )?(?:r ?& ?r|read (?:and|&) review|review|comment|leave (?:a |me a )?(?:review|comment|kudos|word)|"
    r"like and (?:subscribe|follow)|follow me|check out my|subscribe to)\b[^\"“]*"
    r"|thank(?:s| you)\b[^\"“]{0,40}\b(?:for (?:reading|the (?:prompt|gold|silver|award|feedback|kind))|everyone|reviewers|prompt)\b[^\"“]*"
    r"|(?:more|other|all) (?:of my )?(?:stories|writing|work)s? (?:at|on|in|over)\b[^\"“]*|(?:r|u|/r|/u)/\w+[^\"“]*"
    r"|(?:part|chapter) (?:\w+ )(?:is )?(?:here|below|up|in the comments|coming)\b[^\"“]*"
    r"|(?:to be continued|tbc|continued in)\b[^\"“]*|(?:first time (?:poster|posting|writing)|criticism|constructive criticism|cc|feedback|con-?crit)\b[^\"“]*"
    r"|(?:edit|update|eta|p\.?s\.? edit)\d* ?\d* ?[:：–-][^\"“]*|\(?cross-?posted\b[^\"“]*|(?:hope|i hope) you (?:all |guys )?(?:enjoy|liked?)\b[^\"“]*)",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"[ ]?[(\[]\s*(?:A/?N|author['’]?s? note)\s*[:：-][^()\[\]]{0,1000}[)\]]", re.IGNORECASE
)
_LONGEST = 1500
_MOST_NOTES = 6  # paragraphs of a note, before a line that parts it from the story
_SMALL = 0.35  # of a text


def notes(text: str) -> Iterator[Edit]:
    """Headers and notes of fan fiction and forums before, after and within a story.

    A note goes with all up to the line that parts it from the story; without such a line, only the
    paragraph that calls itself a note.

    >>> from storyscope.corpus.edits import apply
    >>> post = "Rating: T\\nSummary: It rains.\\n\\nA/N: My first!\\n\\nIt rained.\\n\\nPlease review!"
    >>> apply(post, list(notes(post))).strip()
    'It rained.'
    """
    first = _header(text)
    last = _footer(text, first)
    if not any(c.isalnum() for c in text[first:last]):
        return
    if first:
        yield 0, first, ""
    for match in _INLINE.finditer(text, first, last):
        yield match.start(), match.end(), ""
    if last < len(text):
        yield last, len(text), ""


def _header(text: str) -> int:
    """Where the story begins after fields and notes; 0 without them."""
    spans = lines(text)
    fields = sure = last = 0
    in_note = -1
    begin = 0
    for k, (start, end) in enumerate(spans):
        line = text[start:end].strip()
        if end - start > _LONGEST or start > max(_SMALL * len(text), 400):
            break
        if _A_N.match(line) or (in_note < 0 and _OWNED.search(line) and '"' not in line):
            in_note = k
            last = end
            sure += 1
            if _alone(line):
                continue
        elif _FIELD.fullmatch(line):
            fields += 1
            sure += bool(_SURE.match(line))
            last = end
        elif in_note >= 0 and is_scene_break(line):
            last, in_note = end, -1
        elif in_note >= 0 and k - in_note <= _MOST_NOTES and _parted_soon(text, spans, k):
            continue
        elif fields + sure and k == 0:
            continue
        else:
            break
    if (sure and fields + sure >= 1) or fields >= 3:
        begin = last
    return begin


def _alone(line: str) -> bool:
    """Whether a line is nothing but the word "Notes"."""
    return len(line.split()) <= 3


def _parted_soon(text: str, spans: Sequence[tuple[int, int]], k: int) -> bool:
    """Whether a line of glyphs follows within a few paragraphs."""
    return any(
        is_scene_break(text[a:b].strip()) for a, b in spans[k : k + _MOST_NOTES] if b - a < 60
    )


def _footer(text: str, first: int) -> int:
    """Where the story ends before notes and thanks; the text's end without them."""
    spans = [span for span in lines(text) if span[0] >= first]
    last = len(text)
    k = len(spans) - 1
    while k > 0:
        start, end = spans[k]
        line = text[start:end].strip()
        if end - start > _LONGEST:
            break
        if _THANKS.fullmatch(line) or (_OWNED.search(line) and '"' not in line):
            last = start
        elif _A_N.match(line):
            last = start
        elif is_scene_break(line) and last == (spans[k + 1][0] if k + 1 < len(spans) else -1):
            last = start
        elif not _note_above(text, spans, k):
            break
        k -= 1
    return last


def _note_above(text: str, spans: Sequence[tuple[int, int]], k: int) -> bool:
    """Whether a paragraph belongs to a note that began a little above, after a line of glyphs."""
    for j in range(k - 1, max(k - _MOST_NOTES, 0), -1):
        line = text[slice(*spans[j])].strip()
        if _A_N.match(line):
            return j == 0 or is_scene_break(text[slice(*spans[j - 1])].strip()) or _alone(line)
        if is_scene_break(line):
            return False
    return False
