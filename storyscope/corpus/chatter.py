"""What a model, or its author on a forum, says around the story."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyscope.corpus.edits import Edit
from storyscope.corpus.headings import is_scene_break, lines

__all__ = ["chatter"]

_WORK = r"(?:story|scene|chapter|draft|narrative|piece|excerpt|version|tale)"

# Before the story: "Sure!", "Here's", and a sign that it answers a request.
_YES = r"(?:sure(?: thing)?|okay|ok|certainly|of course|absolutely|great|alright|understood)"
_HERE = r"(?:here(?:['’]s| is| are| goes)|below is|this is)"
_ANSWERS = re.compile(
    rf"[\W_]*(?P<yes>{_YES}\b[^\n]{{0,80}}?[.!,:—-]+ *)?(?P<here>{_HERE}\b)?", re.I
)
_ASKED = re.compile(
    r"\b(?:(?:the|your|that|this) (?:\w+ )?(?:prompt|request|instructions)\b"
    r"|(?:you|you['’]ve|you have) (?:requested|asked|described|outlined|provided)\b|\brequested\b"
    r"|(?:around|approximately|roughly|about|aiming for|a|an) [\d,]{3,}[ -]?words?\b"
    r"|this response\b)",
    re.IGNORECASE,
)
_TRIED = re.compile(
    r"\bI(?:['’]ve| have) (?:tried|aimed|attempted|focused|included)\b|\blet me know\b",
    re.IGNORECASE,
)
_OFFERED = re.compile(
    rf"[\W_]*{_HERE} (?:an?|the|my|your) (?:[\w-]+ ){{0,3}}?(?:{_WORK}|attempt|continuation|"
    r"exploration|narration)\b[^\n]*:[\W_]*$",
    re.IGNORECASE,
)
_RETOLD = re.compile(r"\b(?:told|tell|tells|heard|remember|know|knew|swear|truth)\b", re.IGNORECASE)
_PROMISED = re.compile(
    rf"I['’]ll (?:do my best to |help |try to )?(?:craft|create) [^\n]*\b{_WORK}\b", re.IGNORECASE
)
_WARNED = re.compile(r"[\W_]*(?:content|trigger) (?:warning|note)s?\b[\W_]*:", re.IGNORECASE)
_PREFACE = re.compile(
    r"\s*here(?:['’]s| is) the (?:\w+ ){0,2}(?:paragraph|version|text)\b[^.:\n]{0,80}:\s*", re.I
)

# After the story: an offer, a judgement, a count, an end mark, notes.
_OFFERS = re.compile(
    r"[\W_]*(?:(?:now, )?would you like|do you want|shall i|(?:please )?let me know|feel free|"
    r"(?:i )?hope (?:this|that|you)|hopefully,? (?:this|that)|if you(?:['’]d| would) like)\b",
    re.IGNORECASE,
)
_ABOUT_WORK = re.compile(
    r"\blet me know (?:if|what|how|whether|your)\b|\b(?:like|want) me to\b"
    r"|\byour (?:request|prompt|requirements|needs|vision)\b"
    rf"|\b(?:this|the|your) (?:{_WORK}|prompt)\b|\badjust|\bmodif|\brevis(?:e|ion)|\bfeedback\b"
    rf"|\bany questions\b|\banother {_WORK}\b",
    re.IGNORECASE,
)
_JUDGED = re.compile(
    rf"[\W_]*(?:the|this) {_WORK} (?:captures|aims|attempts|incorporates|maintains|balances|"
    r"explores|highlights)\b.*",
    re.IGNORECASE,
)
_NOTE = re.compile(
    rf"[\W_]*(?:note|disclaimer)s?\b[\W_]*(?=.*\b(?:this (?:{_WORK}|idea)|idea for this|"
    r"i can continue|i am an ai|requested|prompt)\b).*",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"[\W_]*(?:(?:approx\w*|total|final)\.? )?(?:word ?count|words)[\W_]*"
    r"(?:approx\w*|about|around|exactly|roughly)?[\W_]*[\d,]+[\W_]*(?:words)?[\W_]*"
    r"|[\W_]*(?:approx\w*\.? |about |~ ?|exactly )?[\d,]{2,} words[\W_]*",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"[\W_]*(?:the end|(?:end|end of) (?:scene|chapter|story|part|act|excerpt|draft)(?: \w+)?|fin|"
    r"(?:scene|chapter|story) ends?|to be continued|fade out|fade to black|end)[\W_]*",
    re.IGNORECASE,
)
_FORUM = re.compile(
    r"[\W_]*(?:edit ?\d* ?[:-].*|thank(?:s| you) (?:so much )?for reading\b.*|should i (?:continue|"
    r"keep going)\b.*|sorry\b.*\b(?:mobile|phone|formatting)\b.*|feel free to pm\b.*)",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:feedback|critique|criticism|advice) (?:(?:is|are|would be) )?(?:always |very |much )*"
    r"(?:welcome|appreciated|great)\b|\b(?:liked|loved|love) (?:this|the) prompt\b",
    re.IGNORECASE,
)
_NOTES = re.compile(
    r"[\W_]*(?:(?:important|content|author['’]?s?|further|additional|potential|possible|some|story|"
    r"future|writing|key) )*(?:notes|disclaimers?|(?:content|trigger) warnings?|expansion points|"
    r"directions|considerations|author['’]?s note)\b(?: (?:&|and|on|for|about) [^\n]{0,60})?[\W_]*"
    r"(?::.*|$)",
    re.IGNORECASE,
)
_LONGEST_REPLY = 1200
_TAIL = 0.45  # notes on a story stand in the last part of the reply


def chatter(text: str) -> Iterator[Edit]:
    """Words before and after a story: an answer, an offer, a word count, notes, an end mark.

    Only whole lines at the two ends go, and only with a sign that they speak about the task: a
    narrator may say "Okay, slowly now" or "Would you like some soup?".
    """
    spans = lines(text)
    first, last = 0, len(spans)
    while first < last and _is_answer(text[slice(*spans[first])]):
        first += 1
    last = _notes_begin(text, spans, first, last)
    while last > first and (
        _is_closing(text[slice(*spans[last - 1])])
        or (last < len(spans) and is_scene_break(text[slice(*spans[last - 1])]))
    ):
        last -= 1
    if first == last:
        return  # nothing but talk: it is for the audit to say so
    start = spans[first - 1][1] if first else 0
    if match := _PREFACE.match(text, start):
        start = match.end()
    if start:
        yield 0, start, ""
    if last < len(spans):
        yield spans[last][0], len(text), ""


def _is_answer(line: str) -> bool:
    """Whether an opening line answers a request instead of telling a story.

    >>> _is_answer("Okay, here's a tale for your prompt."), _is_answer("Okay, slowly now.")
    (True, False)
    >>> _is_answer("Here's the story as my aunt told it:")
    False
    """
    if len(line) > _LONGEST_REPLY:
        return False
    match = _ANSWERS.match(line)
    yes, here = match and match["yes"], match and match["here"]
    if match and (yes or here) and _ASKED.search(line):
        return True
    if match and here and _OFFERED.match(line, match.start("here")) and not _RETOLD.search(line):
        return True
    if _WARNED.match(line) or _PROMISED.match(line):
        return True
    return bool(yes and here and _TRIED.search(line))


def _is_closing(line: str) -> bool:
    """Whether a closing line speaks about the story instead of telling it.

    >>> _is_closing("Let me know if you'd like any changes."), _is_closing("Let me know his name.")
    (True, False)
    """
    if len(line) > _LONGEST_REPLY:
        return False
    whole = (_ENDED, _COUNTED, _NOTE, _JUDGED, _FORUM)
    if any(pattern.fullmatch(line) for pattern in whole):
        return True
    if _OFFERS.match(line) and _ABOUT_WORK.search(line):
        return True
    return '"' not in line and _ASKING.search(line) is not None


def _notes_begin(text: str, spans: tuple[tuple[int, int], ...], first: int, last: int) -> int:
    """Index of the line with which notes on the story begin, `last` if there are none."""
    for i in range(max(first, 1), last):
        start, end = spans[i]
        if start < (1 - _TAIL) * len(text):
            continue
        line = text[start:end]
        set_off = line.startswith(("**", "#")) or is_scene_break(text[slice(*spans[i - 1])])
        if set_off and len(line) <= _LONGEST_REPLY and _NOTES.fullmatch(line):
            return i
    return last
