"""British and American spelling: lemmas settled to one of them, and texts set in the other."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["american", "british", "settled"]

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
_ISE_MORE = (
    "agon antagon brutal capital categor character colon commercial crystall energ equal familiar "
    "fantas fertil general global harmon human immun legal material mesmer modern monopol neutral "
    "normal penal personal plural polar popular pressur random rational romant sanit sensational "
    "social special stabil standard steril stigmat subsid sympath synthes terror theor traumat "
    "util vandal vapor vocal winter maxim jeopard galvan victim euphem bapt ostrac chast"
).replace(" ", "|")
_WORDS_TO_AMERICAN = tuple(
    (re.compile(f"^{pattern}$", re.IGNORECASE), replacement)
    for pattern, replacement in (
        (rf"({_OUR})our(s|ed|ing|less|able|hood|ful|fully|ite|ites|ly|er|ers|y)?", r"\1or\2"),
        (rf"({_ISE}|{_ISE_MORE})is(e[ds]?|ing|ations?|ers?)", r"\1iz\2"),
        (r"(anal|paral|catal)ys(e[ds]?|ing)", r"\1yz\2"),
        (rf"({_RE}|met|kilomet|centimet|millimet)re(s)?", r"\1er\2"),
        (rf"({_RE})red", r"\1ered"),
        (rf"({_DOUBLED}|fuel|dial|counsel|shrivel|swivel|tunnel|shovel)l(ed|ing|ers?)", r"\1\2"),
        (r"(g)rey(s|ed|ing|er|est|ish|ness)?", r"\1ray\2"),
        (r"(def|off|pret|lic)ence(s|less)?", r"\1ense\2"),
        (r"(to|for|back|after|up|down|in|out)wards", r"\1ward"),
        (r"(m)um(my|s)?", r"\1om\2"),
        (r"(pl)ough(s|ed|ing|man)?", r"\1ow\2"),
        (r"(jewel)lery", r"\1ry"),
        (r"(p)yjamas", r"\1ajamas"),
        (r"(program)me(s)?", r"\1\2"),
        (r"(t)yre(s)?", r"\1ire\2"),
        (r"(m|sm)ould(s|ed|y|ing|er|ering|ered|ers)?", r"\1old\2"),
        (r"(s)cept(ic|ics|ical|ically|icism)", r"\1kept\2"),
    )
)


@cache
def american(word: str) -> str:
    """A word as it is written in America; only words with a known British form change.

    >>> [american(w) for w in "Harbour realised grey towards travelled rise four promise".split()]
    ['Harbor', 'realized', 'gray', 'toward', 'traveled', 'rise', 'four', 'promise']
    """
    for pattern, replacement in _WORDS_TO_AMERICAN:
        if pattern.match(word):
            return pattern.sub(replacement, word)
    return word


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
