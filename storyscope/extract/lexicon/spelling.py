"""British and American spelling: lemmas settled to one of them, and texts set in the other."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["british", "settled"]

_OUR = "|".join((
    "col hon harb fav lab neighb rum hum od vap arm glam parl splend ferv vig endeav behavi sav flav "
    "rig cand clam val tum"
).split())  # fmt: skip
_ISE = "|".join((
    "real recogn organ apolog memor hypnot agon patron scrutin symbol civil author emphas item minim "
    "maxim final summar critic local visual"
).split())  # fmt: skip
_DOUBLED = "travel|cancel|signal|level|model|label|marvel|channel|quarrel"
_RE = "cent|theat|lit|fib|sab|spect|lust|meag|somb|calib"

_TO_AMERICAN = tuple(
    (re.compile(f"^{pattern}$"), replacement)
    for pattern, replacement in (
        (rf"({_OUR})our(ing|less|able|hood|ful|ite)?", r"\1or\2"),
        (rf"({_ISE})is(e|ing|ation)", r"\1iz\2"),
        (rf"({_RE})re", r"\1er"),
        (rf"({_DOUBLED})l(ing|er)", r"\1\2"),
        (r"grey(ish)?", r"gray\1"),
        (r"(def|off|pret)ence", r"\1ense"),
        (r"plough", "plow"),
        (r"jewellery", "jewelry"),
    )
)
_TO_BRITISH = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (rf"\b({_OUR})or(s|ed|ing|less|able|hood|ful|ite)?\b", r"\1our\2"),
        (rf"\b({_ISE})iz(e|es|ed|ing|ation)\b", r"\1is\2"),
        (rf"\b({_RE}|met)er(s|ed)?\b", r"\1re\2"),
        (rf"\b({_DOUBLED})(ed|ing|er)\b", r"\1l\2"),
        (r"\b(g)ray(s|ed|ing|er|ish)?\b", r"\1rey\2"),
        (r"\b(toward)\b", r"\1s"),
        (r"\b(def|off|pret)ense\b", r"\1ence"),
        (r"\b(m)om(my|s)?\b", r"\1um\2"),
        (r"\b(pl)ow(s|ed|ing)?\b", r"\1ough\2"),
        (r"\b(jewel)ry\b", r"\1lery"),
        (r"\b(p)ajamas\b", r"\1yjamas"),
    )
)


@cache
def settled(lemma: str) -> str:
    """A lemma in one spelling, so that British and American texts are read alike.

    >>> settled("neighbour"), settled("realise"), settled("grey"), settled("four")
    ('neighbor', 'realize', 'gray', 'four')
    """
    for pattern, replacement in _TO_AMERICAN:
        if pattern.match(lemma):
            return pattern.sub(replacement, lemma)
    return lemma


def british(text: str) -> str:
    """A text with its American spellings made British, to see what that moves.

    >>> british("The gray harbor. He realized it was the color of pajamas.")
    'The grey harbour. He realised it was the colour of pyjamas.'
    """
    for pattern, replacement in _TO_BRITISH:
        text = pattern.sub(replacement, text)
    return text
