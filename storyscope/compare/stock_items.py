"""What stories are stocked with, found in their text: names, places, occupations, first and last moves.

Items are what stands in the parse, not a judgement: a given name, the noun that the first sentence
is about. What the prompt itself names is nobody's choice and does not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from storyscope.extract.layers.names import find_named
from storyscope.extract.lexicon import words

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.corpus import Story
    from storyscope.extract.reading import Reading, Span

__all__ = ["KINDS", "find_items", "items_of"]

KINDS = {
    "given name": "first names of people named at least twice",
    "family name": "last names of people named at least twice with both",
    "place name": "names of towns, countries, landscapes and buildings",
    "kind of place": "nouns for rooms, buildings and landscapes that something is in, at or on",
    "occupation": "occupations, ranks and offices that somebody is called by",
    "opening words": "the first two words",
    "opening subject": "what the first sentence is about: speech, a pronoun, a named person, a noun",
    "ending subject": "what the last sentence is about, in the same way",
}
"""Every kind of item with what it means."""

_PLACES = words("place", "interior", "exterior")
_ROLES = words("people", "role_female", "role_male", "role_either")
_TITLES = words("people", "title_female", "title_male", "title_either")
_NO_WORK = frozenset(
    "god goddess ghost creature monster vampire werewolf dwarf elf fairy mermaid angel demon devil "
    "dragon spirit phantom wraith specter spectre giant zombie robot android alien martian "
    "team crew crowd audience throng mob adult local native resident stranger dear darling coward "
    "idiot genius drunk captive corpse opponent creditor debtor witness suspect master mate boss "
    "owner expert champion watcher listener speaker dreamer wanderer walker smoker drinker".split()
)
"""Words for beings, groups and passing roles: nobody's work."""
_OFFICES = frozenset(
    "accounting accounts admissions billing compliance dispatch engineering facilities finance hr "
    "legal logistics maintenance marketing operations payroll personnel procurement purchasing "
    "reception records sales security shipping".split()
) | {"human resources", "customer service", "public relations"}
"""Parts of a firm, which the parser takes for towns: "Marta from Accounting"."""
_WHERE = frozenset("in at on into onto inside outside through across near beside behind".split())
_WORD = re.compile(r"[^\W\d_]+(?:'(?!s\b)[^\W\d_]+)?")
"""A word, without what makes it a genitive."""
_SUBJECT = ("nsubj", "nsubjpass", "csubj", "expl")
_PRONOUNS = frozenset("i we you he she they it".split())


def find_items(
    stories: Iterable[Story], *, progress: Callable[[str, int, int], None] | None = None
) -> pd.DataFrame:
    """Find the items of all stories, one parse a story (kept in the cache of parses).

    Parameters
    ----------
    stories : iterable of Story
    progress : callable, optional
        Told how many stories are done.

    Returns
    -------
    DataFrame
        Columns `story_id`, `kind` and `item`, as `storyscope.compare.stock.stock` takes them.
    """
    import pandas as pd

    from storyscope.corpus import normalise
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.extract.reading import Reading

    told = list(stories)
    docs = load_pipeline().parse((normalise(s.text).text for s in told), cache=True)
    rows: list[tuple[str, str, str]] = []
    for done, (story, doc) in enumerate(zip(told, docs, strict=True), start=1):
        rows += [(story.id, kind, item) for kind, item in items_of(Reading(doc), story.prompt)]
        if progress:
            progress("stock", done, len(told))
    return pd.DataFrame(rows, columns=["story_id", "kind", "item"]).drop_duplicates()


def items_of(reading: Reading, prompt: str = "") -> Iterator[tuple[str, str]]:
    """Kind and item, for everything one story is stocked with.

    >>> from storyscope.extract.reading import read
    >>> text = "The rain fell on the harbor. Ada Quill ran. Ada knew the fisherman. 'Go,' he said."
    >>> found = set(items_of(read(text)))
    >>> sorted(item for kind, item in found if kind in ("given name", "kind of place", "occupation"))
    ['ada', 'fisherman', 'harbor']
    >>> sorted(item for kind, item in found if kind.startswith("opening"))
    ['rain', 'the rain']
    """
    asked = _WORD.findall(prompt.lower().replace("\u2019", "'"))
    line, known = " ".join(asked), set(asked) - _PRONOUNS
    for kind, item in _all(reading):
        named = item in line if kind == "opening words" else bool(known & set(_WORD.findall(item)))
        if item and not named:
            yield kind, item


def _all(reading: Reading) -> Iterator[tuple[str, str]]:
    yield from _names(reading)
    yield from _place_names(reading)
    for i, lemma in enumerate(reading.lemma):
        there = lemma in _PLACES and reading.pos[i] == "NOUN" and reading.dep[i] == "pobj"
        if there and reading.lower[reading.head[i]] in _WHERE:
            yield "kind of place", lemma
    for mention in reading.cast.mentions:
        lemma = reading.lemma[mention.head]
        if mention.kind == "noun" and lemma in _ROLES and lemma not in _NO_WORK:
            yield "occupation", lemma
    first = [reading.lower[i] for i in range(min(reading.n, 12)) if reading.is_word[i]][:2]
    if len(first) == 2:
        yield "opening words", " ".join(first)
    if reading.sentences:
        yield "opening subject", _subject(reading, reading.sentences[0])
        yield "ending subject", _subject(reading, reading.sentences[-1])


def _names(reading: Reading) -> Iterator[tuple[str, str]]:
    named = find_named(reading)
    for cluster in named.clusters:
        if len(cluster) < 2:
            continue
        parts = [
            [w for w in reading.lower[slice(*named.spans[k])] if w.strip(".") not in _TITLES]
            for k in cluster
        ]
        titled = [len(p) < named.spans[k][1] - named.spans[k][0]
                  for p, k in zip(parts, cluster, strict=True)]  # fmt: skip
        longest = max(parts, key=len)
        if len(longest) > 1:
            yield "given name", longest[0]
            yield "family name", longest[-1]
        elif longest:
            # "Mrs Quill" alone tells the last name, "Ada" alone the first.
            yield ("family name" if all(titled) else "given name"), longest[0]


def _place_names(reading: Reading) -> Iterator[tuple[str, str]]:
    persons = reading.cast.persons
    start = None
    for i in range(reading.n + 1):
        inside = i < reading.n and reading.entity[i] in ("GPE", "LOC", "FAC")
        same = inside and start is not None and reading.entity[i] == reading.entity[start]
        if start is not None and not same:
            span = range(start, i)
            text = [reading.lower[k] for k in span if reading.lower[k] != "the"]
            if not persons.intersection(span) and any(reading.pos[k] == "PROPN" for k in span):
                name = " ".join(w for w in text if w[0].isalnum())
                if len(name) > 2 and name not in _OFFICES:
                    yield "place name", name
            start = None
        if inside and start is None:
            start = i


def _subject(reading: Reading, sentence: Span) -> str:
    """What a sentence is about."""
    tokens = range(*sentence)
    spoken = [i for i in tokens if reading.quoted[i] and reading.is_word[i]]
    if len(spoken) * 2 > sum(bool(reading.is_word[i]) for i in tokens):
        return "speech"
    root = next((i for i in tokens if reading.head[i] == i or reading.head[i] not in tokens), None)
    subject = None if root is None else reading.child(root, *_SUBJECT)
    if subject is None:
        return "no subject"
    if reading.lower[subject] in _PRONOUNS:
        return reading.lower[subject]
    if reading.pos[subject] == "PROPN":
        return "named person" if subject in reading.cast.persons else "other name"
    return reading.lemma[subject]
