"""Cue lists: YAML files of words and patterns, each with a comment on where it comes from."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["entries", "settled", "words"]

_OUR = (
    "col hon harb fav lab neighb rum hum od vap arm glam parl splend ferv vig endeav behavi sav flav "
    "rig cand clam val tum"
).split()
_ISE = (
    "real recogn organ apolog memor hypnot agon patron scrutin symbol civil author emphas item minim "
    "maxim final summar critic local visual"
).split()
_TO_AMERICAN = tuple(
    (re.compile(f"^{pattern}$"), replacement)
    for pattern, replacement in (
        (rf"({'|'.join(_OUR)})our(ing|less|able|hood|ful|ite)?", r"\1or\2"),
        (rf"({'|'.join(_ISE)})is(e|ing|ation)", r"\1iz\2"),
        (r"(cent|theat|lit|fib|sab|spect|lust|meag|somb|calib)re", r"\1er"),
        (r"(travel|cancel|signal|level|model|label|marvel|channel|quarrel)l(ing|er)", r"\1\2"),
        (r"grey(ish)?", r"gray\1"),
        (r"(def|off|pret)ence", r"\1ense"),
        (r"plough", "plow"),
        (r"jewellery", "jewelry"),
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


@cache
def _file(name: str) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (files(__package__) / f"{name}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.load(text, Loader=loader)
    return content


def entries(file: str, key: str) -> Any:
    """One list or mapping of a cue file, as written."""
    return _file(file)[key]


@cache
def words(file: str, *keys: str) -> frozenset[str]:
    """Words of one or more lists of a cue file, joined, with the spelling lemmas are settled to.

    >>> "whisper" in words("verbs", "speech")
    True
    """
    found = {str(word) for key in keys for word in entries(file, key)}
    return frozenset(found | {settled(word) for word in found})
