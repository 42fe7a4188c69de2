"""What must not move a narrative feature: typography, markup, spelling variant, names, length.

Each story is measured as it is and again in another dress. A feature stands the test where the mean
shift is within a tenth of a standard deviation, few stories move by more than a fifth of one, and
labels hardly ever flip (the bounds of equivalence used throughout this project).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.codebook import NUMERIC, default_codebook
from storyscope.corpus import normalise
from storyscope.extract.lexicon.spelling import british
from storyscope.extract.reading import Reading
from storyscope.extract.story import measure_reading

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.extract.pipeline import Pipeline

__all__ = ["DRESSES", "Shift", "dress", "length_correlations", "rename", "shifts"]

MEAN_SHIFT = 0.1
"""Largest mean shift that passes, in standard deviations over the stories."""
MOVED = 0.2
"""A story has moved if its value shifts by more than this, in standard deviations."""
SHARE_MOVED = 0.05
FLIPPED = 0.02

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


@dataclass(frozen=True)
class Shift:
    """How one dress moves one feature.

    Attributes
    ----------
    dress, feature : str
    stories : int
        With a value in both.
    mean : float
        Mean shift in standard deviations over the stories; 0 for labels.
    moved : float
        Share of the stories that moved, or whose label flipped.
    defined : float
        Share of the stories whose value became undefined or stopped being so.
    """

    dress: str
    feature: str
    stories: int
    mean: float
    moved: float
    defined: float
    label: bool

    @property
    def stands(self) -> bool:
        """Whether the feature passes."""
        if self.label:
            return self.moved <= FLIPPED and self.defined <= FLIPPED
        return abs(self.mean) <= MEAN_SHIFT and self.moved <= SHARE_MOVED

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "stands": self.stands}


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


DRESSES: dict[str, Callable[[str], str]] = {
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
    president, whose name is no matter of taste.

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


def dress(text: str, name: str, reading: Reading | None = None) -> str:
    """One story in another dress; "other names" needs its reading."""
    if name == "other names":
        assert reading is not None
        return rename(text, reading)
    return DRESSES[name](text)


def shifts(
    texts: Iterable[str],
    pipeline: Pipeline,
    *,
    dresses: Iterable[str] = (*DRESSES, "other names"),
    spread: Mapping[str, float] | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Shift]:
    """Measure every text as it is and in each dress.

    Parameters
    ----------
    texts : iterable of str
        Stories as they were given.
    pipeline : Pipeline
    dresses : iterable of str
        Names of `DRESSES`, and "other names".
    spread : mapping of feature id to float, optional
        Standard deviations to measure shifts by; default those over the texts.
    progress : callable, optional
        Told how many texts are done.

    Returns
    -------
    list of Shift
        One for each dress and feature.
    """
    names = list(dresses)
    plain: list[dict[str, Any]] = []
    dressed: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for done, text in enumerate(texts, 1):
        settled = normalise(text).text
        reading = Reading(next(pipeline.parse([settled], cache=True)))
        plain.append({f: m.value for f, m in measure_reading(reading).items()})
        for name in names:
            other = normalise(dress(settled, name, reading)).text
            again = Reading(next(pipeline.parse([other], cache=True))) if other != settled else None
            dressed[name].append(
                plain[-1] if again is None
                else {f: m.value for f, m in measure_reading(again).items()}
            )  # fmt: skip
        if progress is not None:
            progress(done)
    book = default_codebook()
    found = []
    for feature in plain[0] if plain else ():
        numeric = book[feature].kind in NUMERIC
        before = [row[feature] for row in plain]
        scale = (spread or {}).get(feature) or _spread(before) if numeric else 1.0
        for name in names:
            after = [row[feature] for row in dressed[name]]
            found.append(_shift(name, feature, before, after, scale, numeric))
    return found


def _spread(values: list[Any]) -> float:
    given = [v for v in values if v is not None]
    return float(np.std(given)) if len(given) > 1 else 0.0


def _shift(
    name: str, feature: str, before: list[Any], after: list[Any], scale: float, numeric: bool
) -> Shift:
    both = [(a, b) for a, b in zip(before, after, strict=True) if a is not None and b is not None]
    broken = sum((a is None) != (b is None) for a, b in zip(before, after, strict=True))
    defined = broken / max(len(before), 1)
    if not numeric:
        flipped = sum(a != b for a, b in both) / max(len(both), 1)
        return Shift(name, feature, len(both), 0.0, flipped, defined, True)
    moves = np.array([b - a for a, b in both])
    if scale <= 0 or not len(moves):
        still = not len(moves) or not np.abs(moves).max() > 1e-9
        return Shift(
            name, feature, len(both), 0.0 if still else 1.0, 0.0 if still else 1.0, defined, False
        )
    moves = moves / scale
    share = float((np.abs(moves) > MOVED).mean())
    return Shift(
        name, feature, len(both), float(moves.mean()), share, defined, False
    )  # fmt: skip


def length_correlations(table: pd.DataFrame, *, within: str = "source") -> dict[str, float]:
    """Rank correlation of every graded feature with the number of words, within sources.

    Parameters
    ----------
    table : DataFrame
        A feature table with the column ``words``.
    within : str
        Column whose groups are taken apart, so that a source's habits do not pass for length.

    Returns
    -------
    dict of feature id to float
        Mean over the groups, weighted by their stories; labels are counted by their order, yes as 1.
    """
    from scipy.stats import rankdata

    book = default_codebook()
    found = {}
    for feature in (f for f in table.columns if f in book):
        entry = book[feature]
        if entry.kind in ("categorical", "multi"):
            continue
        values = table[feature]
        if entry.kind not in NUMERIC:
            values = values.astype(object).map(
                {level: k for k, level in enumerate(entry.levels)}, na_action="ignore"
            )
            if entry.kind == "binary":
                values = values.map({0: 1.0, 1: 0.0}, na_action="ignore")
        total = weight = 0.0
        for _, rows in table.assign(_value=values.astype(float)).groupby(within, observed=True):
            held = rows[rows["_value"].notna()]
            if len(held) < 20 or held["_value"].nunique() < 2 or held["words"].nunique() < 2:
                continue
            r = np.corrcoef(rankdata(held["_value"]), rankdata(held["words"]))[0, 1]
            total, weight = total + r * len(held), weight + len(held)
        if weight:
            found[feature] = total / weight
    return found
