"""What a text is, where it is not a story in prose: a play, verse, code, an interview, a list.

The rules look at lines, signs and a few words only. They are written so that stories in prose pass,
hard-wrapped, in letters or full of dialogue as they may be.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter

from storyscope.corpus.suspects import is_foreign, words

__all__ = ["KINDS", "kind_of", "unlike_a_story"]

KINDS = {
    "code": "The text looks like program code.",
    "figures": "The text consists of figures and signs more than of sentences.",
    "not English": "The text does not look like English, and the measures are for English.",
    "script": "The text looks like a script (a play or screenplay), with speakers named beside their lines.",
    "chat": "The text looks like a script or a chat, with a speaker named on each line.",
    "interview": "The text looks like an interview, in questions and answers.",
    "list": "The text looks like a list or an outline, item by item.",
    "verse": "The text looks like verse, and the reference holds prose only.",
    "essay": "The text looks like an essay, article or manual: it explains and tells no events.",
    "repetition": "Most of the text repeats the same few sentences.",
}
"""Kinds of text that are not stories in prose, with what is said of them."""

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
_CAPITALS = r"(?-i:[A-Z][A-Z .'’&-]{1,30})"
_SPEECH_BY_NAME = re.compile(
    rf"{_CAPITALS}(?:\s*[(\[][^)\]\n]{{0,120}}[)\]])?\s*(?:[:.—–-]+\s*(?=\S)|[:.]?$)"
    r"|(?P<name>[A-Z][\w.'’]*(?: [A-Z0-9][\w.'’]*){0,2})\s*(?:[(\[][^)\]\n]{0,80}[)\]])?\s*:\s*\S"
    r"|[*_]{1,2}(?P<bold>[A-Z][\w .'’]{0,30}?)(?::[*_]{1,2}|[*_]{1,2}:?)\s*(?:\S|$)"
)
_STAGE = re.compile(
    r"[(\[][^()\[\]\n]{3,400}[)\]]$|(?:enter|exit|exeunt|curtain|blackout|lights (?:up|down|fade))\b"
    r"|(?:INT|EXT|INT\./EXT|I/E)[./ -]|(?:FADE|CUT|DISSOLVE|SMASH CUT|MATCH CUT) (?:IN|OUT|TO)\b"
    r"|(?-i:ACT|SCENE) (?:[IVX]+|\d+|[A-Z]+)\b|(?:dramatis personae|cast of characters|characters:|setting:|at rise)",
    re.IGNORECASE,
)
_SLUG = re.compile(r"^[ \t*_#]*(?:\d+[. ]+)?(?:INT|EXT|INT\./EXT|I/E)[./ ]\S", re.MULTILINE)
_QUESTIONER = re.compile(
    r"[*_]{0,2}(?:q|a|question|answer|interviewer|interviewee)\d{0,3}[*_]{0,2}\s*[:.)—–]",
    re.IGNORECASE,
)
_STAMP = re.compile(
    r"[\[(<]?\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]m)?[\])>]?[ ,-]*|[\[(]?\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4},? "
    r"\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]m)?[\])]?[ -]*",
    re.IGNORECASE,
)
_CHATTER_NAME = re.compile(r"(?:<[\w .~-]{1,24}>|[@~]?[\w.-]{1,20}(?: [A-Z]\w{0,15})?:)\s*\S")
_ITEM = re.compile(
    r"\s*(?:[-*•‣◦·+–]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|[ivx]{1,4}[.)]|\[[ xX]?\])\s+\S"
)

# What tells events, and what explains. Stories in the present tense or without people are rare, and
# hold more of the first than of the second all the same.
_TELLING = frozenset(
    words(
        """he she him her his hers they me my i was were had did said asked looked turned went came
        took stood sat saw felt knew thought told walked ran opened closed door eyes face hand hands
        head voice night back away down until again"""
    )
)
_EXPLAINING = frozenset(
    words(
        """is are can may should must will these this which such many most often more than people
        society human humans example however therefore thus moreover furthermore additionally
        conclusion important importance research study studies evidence argue argues argument
        according between both while include includes including provide provides process system
        systems use used using uses ensure additionally social economic political cultural culture
        individuals individual development impact role key data analysis results significant
        approach benefits challenges various understanding reader readers author novel essay paper
        note following value values type default"""
    )
)
_FEWEST_WORDS = 200
_ESSAYS = ((0.025, 0.055), (0.04, 0.1))  # shares of telling words below, of explaining ones above


def kind_of(text: str) -> tuple[str, ...]:
    r"""Kinds of `KINDS` that a text belongs to; none for a story in English prose.

    Examples
    --------
    >>> kind_of("She opened the door and looked at the rain for a while. " * 9)
    ('repetition',)
    >>> kind_of("for x in y:\n    total = total + x\nprint(total)\n" * 20)
    ('code',)
    >>> kind_of("ANNA. You came.\n\nPIET. (Laughing.) I did.\n\n(They sit.)\n\n" * 4)[0]
    'script'
    """
    text = text[:LOOKED_AT]
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ()
    if _is_code(lines):
        return ("code",)
    if _is_figures(text) and not _is_chat(lines):
        return ("figures",)
    told = words(text)
    if is_foreign(told):
        return ("not English",)
    found = [form] if (form := _form(text, lines)) else []
    if not found and _explains(told, text):
        found.append("essay")
    if _is_repeated(text):
        found.append("repetition")
    return tuple(found)


def unlike_a_story(text: str) -> list[str]:
    """Reasons, one sentence each, why a text is no English story in prose; none for a story.

    Parameters
    ----------
    text : str
        As it was given or normalised, with its line breaks.

    Examples
    --------
    >>> unlike_a_story("17.2 33 4 | 9 " * 60)
    ['The text consists of figures and signs more than of sentences.']
    """
    return [KINDS[kind] for kind in kind_of(text)]


def _form(text: str, lines: list[str]) -> str:
    """The form that lines give away."""
    if _is_interview(lines):
        return "interview"
    if _is_script(text, lines):
        return "script"
    if _is_chat(lines):
        return "chat"
    if _is_list(lines):
        return "list"
    return "verse" if _is_verse(lines) else ""


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


def _is_script(text: str, lines: list[str]) -> bool:
    """Speakers named beside or above their lines, the same few again and again, or stage directions."""
    if len(lines) < 8:
        return False
    if len(_SLUG.findall(text)) >= 2:
        return True
    names: Counter[str] = Counter()
    stage = 0
    for line in lines:
        bare = line.strip(" \t*_#>")
        stage += bool(_STAGE.match(bare))
        if _SPEECH_BY_NAME.match(line.strip(" \t#>")):
            names[re.split(r"[:.(\[*]", line.strip(" \t*_#>"))[0].strip().upper()] += 1
    speeches = sum(n for n in names.values() if n > 1)
    return speeches > 0.4 * len(lines) or (
        stage > 0.1 * len(lines) and speeches > 0.25 * len(lines)
    )


def _is_interview(lines: list[str]) -> bool:
    asked = sum(bool(_QUESTIONER.match(line.strip())) for line in lines)
    return len(lines) >= 6 and asked >= 4 and asked > 0.4 * len(lines)


def _is_chat(lines: list[str]) -> bool:
    if len(lines) < 8:
        return False
    stamped = sum(bool(_STAMP.match(line.strip())) for line in lines)
    named: Counter[str] = Counter()
    for line in lines:
        bare = _STAMP.sub("", line.strip(), count=1).lstrip()
        if match := _CHATTER_NAME.match(bare):
            named[match.group().rstrip()[:-1].strip().lower()] += 1
    turns = sum(n for n in named.values() if n > 1)
    return turns > 0.4 * len(lines) or stamped > 0.5 * len(lines)


def _is_list(lines: list[str]) -> bool:
    """Items with marks or numbers, short ones, over half of the text."""
    items = [line for line in lines if _ITEM.match(line)]
    if len(items) < 6:
        return False
    inside = sum(len(line.split()) for line in items)
    return inside > 0.5 * sum(len(line.split()) for line in lines) and len(items) > 0.4 * len(lines)


def _explains(told: list[str], text: str) -> bool:
    """Whether hardly anything is told, and much is explained, by how often words of each occur."""
    if len(told) < _FEWEST_WORDS or text.count('"') + text.count("“") > len(told) / 40:
        return False
    tells = sum(word in _TELLING for word in told) / len(told)
    explains = sum(word in _EXPLAINING for word in told) / len(told)
    return any(tells < low and explains > high for low, high in _ESSAYS)


def _is_repeated(text: str) -> bool:
    sentences = [s.strip().lower() for s in re.split(r"(?<=[.!?])\s+", text) if len(s) > 15]
    return len(sentences) >= 6 and len(set(sentences)) < 0.5 * len(sentences)
