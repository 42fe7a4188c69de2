"""Variants of one story: other typography, markup, spelling, paragraph breaks or names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from storyscope.extract.lexicon.spelling import british
from storyscope.extract.reading import Reading

__all__ = ["OTHER_NAMES", "VARIANTS", "rename", "variant"]

OTHER_NAMES = "other names"

_FEMALE = (
    "Hannah",
    "Laura",
    "Ruth",
    "Emily",
    "Judith",
    "Alice",
    "Martha",
    "Helen",
    "Joan",
    "Nancy",
)
_MALE = (
    "Peter",
    "Walter",
    "George",
    "Daniel",
    "Frank",
    "Martin",
    "Robert",
    "Simon",
    "Hugh",
    "Edwin",
)
_FAMILY = (
    "Walker",
    "Barnes",
    "Turner",
    "Fletcher",
    "Hughes",
    "Porter",
    "Ellis",
    "Morgan",
    "Dawson",
)


def _curly(text: str) -> str:
    # After a dash a mark opens only if a word follows it at once: "How —" he began.
    text = re.sub(r'(^|[\s([])"|(?<=[—-])"(?=\w)', r"\1“", text, flags=re.MULTILINE)
    text = text.replace('"', "”")
    return re.sub(r"(^|[\s([“])'|(?<=[—-])'(?=\w)", r"\1‘", text, flags=re.M).replace("'", "’")


def _markdown(text: str) -> str:
    starred = re.sub(r"\b(very|never|always|nothing|everything|only)\b", r"*\1*", text)
    return f"# A Tale\n\n{starred}"


def _tokenised(text: str) -> str:
    text = re.sub(r"(\w)n't\b", r"\1 n't", text)
    text = re.sub(r"(\w)'(s|re|ve|ll|d|m)\b", r"\1 '\2", text)
    text = re.sub(r'(^|[\s(])"(?=\S)', r"\1`` ", text, flags=re.MULTILINE)
    text = re.sub(r'(?<=\S)"', " ''", text)
    return re.sub(r"(?<=\w)([,.!?;:])(?=\s|$)", r" \1", text)


VARIANTS: dict[str, Callable[[str], str]] = {
    "curly quotation marks": _curly,
    "doubled hyphens": lambda text: re.sub(r"\s*[—–]\s*", "--", text),
    "Markdown": _markdown,
    "British spelling": british,
    "single line breaks": lambda text: re.sub(r"\n\s*\n", "\n", text),
    "trailing blanks and CRLF": lambda text: re.sub(r"[ \t]*\n", "  \r\n", text) + " \r\n",
    "tokenised": _tokenised,
}
"""Ways to set the same story, by name; renaming is done with the cast at hand."""


def rename(text: str, reading: Reading) -> str:
    """Give every character another name of like gender, the same everywhere.

    A character is whoever is named twice or more: who is named once is as often a thinker or a
    president, whose name is not a matter of taste.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> text = "Greta Holm sat down. Greta smiled at Otto, and Otto said nothing to her."
    >>> rename(text, read(text))
    'Hannah Walker sat down. Hannah smiled at Peter, and Peter said nothing to her.'
    """
    free = {"female": list(_FEMALE), "male": list(_MALE), "family": list(_FAMILY)}
    chosen: dict[str, str] = {}
    named = Counter(m.entity for m in reading.cast.mentions if m.kind == "name")
    for mention in reading.cast.mentions:
        if mention.kind != "name" or mention.entity < 0 or named[mention.entity] < 2:
            continue
        names = [
            i for i in range(mention.start, mention.end)
            if reading.tag[i] in ("NNP", "NNPS") and reading.doc[i].text[:1].isupper()
            and reading.doc[i].text.isalpha() and len(reading.doc[i].text) > 2
            and reading.lower[i] not in _TITLES
        ]  # fmt: skip
        for place, i in enumerate(names):
            word = reading.doc[i].text
            if word in chosen:
                continue
            last = place > 0 and place == len(names) - 1
            who = reading.cast.entities[mention.entity]
            pool = free["family" if last else who.gender or "male"]
            chosen[word] = next((n for n in pool if n not in text), word)
            if chosen[word] in pool:
                pool.remove(chosen[word])
    if not chosen:
        return text
    pattern = re.compile(
        r"\b(" + "|".join(map(re.escape, sorted(chosen, key=len, reverse=True))) + r")\b"
    )
    return pattern.sub(lambda m: chosen[m.group()], text)


_TITLES = frozenset(
    "mr mrs ms miss dr sir lady lord captain aunt uncle father mother sister brother "
    "professor doctor king queen prince princess old young saint st mister madam inspector".split()
)  # fmt: skip


def variant(text: str, name: str, reading: Reading | None = None) -> str:
    """A variant of one story; `OTHER_NAMES` needs its reading."""
    if name == OTHER_NAMES:
        assert reading is not None
        return rename(text, reading)
    return VARIANTS[name](text)
