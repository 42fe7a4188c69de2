"""Stories that are probably not what a corpus should hold: cut short, refused, not English."""

from __future__ import annotations

import re

__all__ = ["is_foreign", "is_refusal", "is_truncated", "words"]

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_FEWEST_WORDS = 30
_ENGLISH = 0.15
"""Share of common function words: over 0.3 in English stories, 0.2 in lists and reports in English,
under 0.1 in other languages and in text that has come apart."""

_ENDS = frozenset(".!?…\"'”’)]»*—:;%")
_UNABLE = r"(?:can['’]?t|cannot|can not|won['’]t|will not|must decline to|decline to)"
_WORK = (
    r"(?:assist|write|create|generate|provide|fulfill|comply|engage in|"
    r"help (?:you|with|write|create))"
)
_REFUSALS = re.compile(
    rf"\bI(?:['’]m| am) (?:sorry|afraid),? (?:but )?I (?:{_UNABLE}|am (?:not able|unable) to) \w+"
    rf"|\bI(?:['’]m| am) (?:unable|not able) to {_WORK}\b|\bI {_UNABLE} {_WORK}\b"
    r"|\bI(?:['’]m| am) not comfortable (?:writing|creating|generating|with (?:this|that|writing))"
    r"|\bas an? (?:AI|artificial intelligence)(?: (?:language )?model| assistant| chatbot)?,? "
    r"I (?:can|am|do|must|will)|\bI apologi[sz]e,? but I\b"
    r"|\bagainst my (?:guidelines|programming)\b|\bcontent polic(?:y|ies)\b",
    re.IGNORECASE,
)
_REFUSED_EARLY = 400
_REFUSED_SHORT = 300


def words(text: str) -> list[str]:
    """Words of a text in lower case.

    >>> words("“Don't,” she said — twice.")
    ["don't", 'she', 'said', 'twice']
    """
    return _WORD.findall(text.lower())


_FUNCTION_WORDS = frozenset(
    words(
        """the and a an to of in on at for with by from as is was were be been are had has have do
        did not but or if so that this these those it its he him his she her they them their we us
        our i me my you your there what which who when where how all one out up into over then than
        no would could will can said just like"""
    )
)


def is_truncated(text: str) -> bool:
    """Whether a text stops in the middle of a sentence, by its last character.

    >>> is_truncated("He opened the door and"), is_truncated('"Stay," he said.')
    (True, False)
    """
    stripped = text.rstrip()
    return bool(stripped) and stripped[-1] not in _ENDS


def is_refusal(text: str, count: int) -> bool:
    """Whether a text of `count` words declines to be a story.

    Only a short text is suspected, and only for what it says near its beginning and outside
    quotation marks: people and machines in stories refuse things too.

    >>> is_refusal("I'm sorry, but I can't help with that request.", 9)
    True
    >>> is_refusal('"I cannot help you," said the ferryman.', 7)
    False
    """
    if count > _REFUSED_SHORT:
        return False
    match = _REFUSALS.search(text[:_REFUSED_EARLY])
    return match is not None and not _quoted(text, match.start())


def is_foreign(story_words: list[str]) -> bool:
    """Whether a text is probably not English, by its share of common function words.

    >>> is_foreign("der Hund lief über die Straße und bellte laut".split() * 5)
    True
    """
    if len(story_words) < _FEWEST_WORDS:
        return False
    return sum(word in _FUNCTION_WORDS for word in story_words) / len(story_words) < _ENGLISH


def _quoted(text: str, position: int) -> bool:
    """Whether a place stands after an odd number of quotation marks in its paragraph."""
    paragraph = text[text.rfind("\n", 0, position) + 1 : position]
    marks = paragraph.count('"') + paragraph.count("“") + paragraph.count("”")
    return marks % 2 == 1
