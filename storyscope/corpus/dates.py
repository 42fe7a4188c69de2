"""Dates in any common order and script: 3 March, March 3rd, 1892-03-03, 3/3/92, 3.III.1892."""

from __future__ import annotations

import re

__all__ = ["DATE", "DATE_LINE", "is_date_line", "opening_date"]

_MONTHS = (
    "jan(?:uary|\\.)?|feb(?:ruary|\\.)?|mar(?:ch|\\.)?|apr(?:il|\\.)?|may|june?\\.?|july?\\.?|"
    "aug(?:ust|\\.)?|sept?(?:ember|\\.)?|oct(?:ober|\\.)?|nov(?:ember|\\.)?|dec(?:ember|\\.)?"
)
MONTH = rf"(?-i:(?=[A-Z]))(?:{_MONTHS})(?![a-z])"
_WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|tues?|wed|thur?s?|fri|sat|sun)\b\.?)"
)
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|"
    r"thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|"
    r"twenty[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirtieth|"
    r"thirty[ -]first)"
)
_DAY = rf"(?:[0-3]?\d(?:st|nd|rd|th|\.)?|{_ORDINAL})(?![\d:])"
_YEAR = r"(?:1\d{3}|2[01]\d{2}|['’]\d\d|\d{2})(?!\d)"
_ROMAN_MONTH = r"(?:x[i]{0,2}|i[vx]|v?i{1,3}|v)"

DATE = re.compile(
    rf"(?<![\w/.-])(?:"
    rf"(?:{_WEEKDAY},? )?(?:the )?{_DAY}(?: day)?(?:,? of |[ -]| ?, ?){MONTH}(?:,?[ -]{_YEAR})?"
    rf"|(?:{_WEEKDAY},? )?{MONTH}[ -](?:the )?{_DAY}(?:,? {_YEAR})?"
    rf"|(?:1\d{{3}}|2[01]\d{{2}})(?:-[01]?\d-[0-3]?\d|/[01]?\d/[0-3]?\d|\.[01]?\d\.[0-3]?\d)"
    rf"|(?:1\d{{3}}|2[01]\d{{2}}),? {MONTH} {_DAY}"
    rf"|(?:{_WEEKDAY},? )?[0-3]?\d(?:/[0-3]?\d/|\.[0-3]?\d\.|-[0-3]?\d-)(?:\d{{4}}|\d{{2}})"
    rf"|[0-3]?\d[./ -]{_ROMAN_MONTH}[./ -](?:\d{{4}}|\d{{2}})"
    rf"|{MONTH},? (?:1\d{{3}}|2[01]\d{{2}})"
    r"|\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?"
    r")(?![\w/-])",
    re.IGNORECASE,
)
"""A date within a text, with its day."""

_SHORT = rf"[0-3]?\d[/.][01]?\d\.?|{MONTH}|{_WEEKDAY}|(?:1\d{{3}}|2[01]\d{{2}})"
_TIME = (
    r"(?:(?:at |about )?\d{1,2}(?:[:.]\d\d)?(?: ?(?:[ap]\.?m\.?|o['’]clock|hours|h))|"
    r"\d{1,2}[:.]\d\d|(?:early |late )?(?:dawn|morning|noon|afternoon|evening|night|midnight))"
)
DATE_LINE = re.compile(
    rf"[\s*_#\[(]*(?:(?P<place>[A-Z][\w.'’]*(?: [A-Z][\w.'’]*){{0,3}}),? )?"
    rf"(?:(?i:{DATE.pattern})|(?i:{_SHORT})(?![\w-])|(?i:{_WEEKDAY},? {_TIME}))"
    rf"(?:[,.;]? ?(?:(?i:{_WEEKDAY})|(?i:{_TIME})|[A-Z][\w'’]*(?: [A-Z][\w'’]*)?))?"
    r"(?P<end>[*_\])]*[.:]?[*_\s]*$|[*_\])]*(?:[.:]| ?—|\.—)[*_]*(?=\s))"
)
"""A line that is a date, or that begins with one as an entry in a diary does."""


def is_date_line(line: str) -> bool:
    """Whether a line is nothing but a date, or opens with one and a point, as diaries do.

    >>> [is_date_line(line) for line in ("3rd March", "Jan. 1st, 1893", "1892-03-04", "3.IV.92")]
    [True, True, True, True]
    >>> is_date_line("4 March: Snow."), is_date_line("March 4th was cold."), is_date_line("May")
    (True, False, True)
    """
    return opening_date(line) > 0


def opening_date(line: str) -> int:
    """Length of the date that a line is or opens with, as entries of a diary do; 0 without one.

    >>> opening_date("4 March: Snow."), opening_date("March 4th was cold.")
    (8, 0)
    """
    match = DATE_LINE.match(line)
    if match is None or (match["place"] and match["end"].strip(" .:*_)]") == "—"):
        return 0
    return match.end()
