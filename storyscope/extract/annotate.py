"""The one door from texts to readings: normalise, parse, tag, and keep both on disk.

Every command and the API read stories through `readings`, so that a text means the same
everywhere; `annotate` hands one story's annotation to whoever wants the marked text itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from storyscope.corpus import Normalisation, Normalised, normalise
from storyscope.errors import UnusableText
from storyscope.extract.plain_names import plainly_named, with_words_of
from storyscope.extract.reading import Reading
from storyscope.extract.tagger.labels import FAMILIES

if TYPE_CHECKING:
    from storyscope.extract.cache import ParseCache
    from storyscope.extract.pipeline import Pipeline
    from storyscope.extract.tagger import Tagger, Tags

__all__ = ["Annotation", "annotate", "check_text", "read_normalised", "readings"]


class Opened(NamedTuple):
    """A story that went through the door."""

    normalised: Normalised
    reading: Reading


def readings(
    texts: Iterable[str],
    *,
    pipeline: Pipeline | None = None,
    tagger: Tagger | bool = True,
    normalisation: Normalisation | None = None,
    cache: bool = False,
) -> Iterator[Opened]:
    """Normalise, parse and tag texts, one after another.

    Parameters
    ----------
    texts : iterable of str
        Whole stories, as they were given.
    pipeline : Pipeline, optional
        Default `load_pipeline()`.
    tagger : Tagger or bool
        True takes the shipped one; False reads without it, and whatever asks what is told raises
        `MissingTagger`.
    normalisation : Normalisation, optional
        Default all of it.
    cache : bool
        Whether parses and tags are kept on disk and taken from there.

    Yields
    ------
    Opened
        The normalised text, which maps places back to the text as given, and its reading. Tags
        are made when a reading is first asked for them. Nothing depends on the other texts.

    Raises
    ------
    MissingPipeline, MissingTagger
        If something that reads is missing or damaged; before the first text.
    """
    read = _reader(pipeline, tagger, cache)
    options = normalisation or Normalisation()
    for text in texts:
        normalised = normalise(text, options)
        yield Opened(normalised, read(normalised.text))


def read_normalised(
    text: str,
    *,
    pipeline: Pipeline | None = None,
    tagger: Tagger | bool = True,
    cache: bool = False,
) -> Reading:
    """Parse and tag a text, or a stretch of one, that was normalised before.

    Parameters are those of `readings`.
    """
    return _reader(pipeline, tagger, cache)(text)


def _reader(
    pipeline: Pipeline | None, tagger: Tagger | bool, cache: bool
) -> Callable[[str], Reading]:
    """Makes a reading of a normalised text."""
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.extract.tagger import load_tagger

    nlp = pipeline or load_pipeline()
    tags_by = (load_tagger() if tagger is True else tagger) or None
    kept = nlp.cache() if cache else None

    def as_it_stands(text: str) -> Reading:
        doc = next(nlp.parse([text], cache=cache))
        return Reading(doc, partial(_tags, tagger=tags_by, kept=kept) if tags_by else None)

    def read(text: str) -> Reading:
        reading = as_it_stands(text)
        plain = plainly_named(reading)
        if plain is None:
            return reading
        other = as_it_stands(plain)
        doc = with_words_of(other.doc, reading.doc)
        if doc is None:
            return reading
        return Reading(doc, (lambda _: other.tags) if tags_by else None)

    return read


def _tags(reading: Reading, tagger: Tagger, kept: ParseCache | None) -> Tags:
    if kept is None:
        return tagger.tag(reading)
    text = reading.doc.text
    tags = kept.get_tags(text, tagger)
    if tags is None or len(tags.tension) != len(reading.sentences):
        tags = tagger.tag(reading)
        kept.put_tags(text, tagger, tags)
    return tags


def check_text(text: str) -> None:
    """Refuse what holds no words at all.

    Raises
    ------
    UnusableText
        For an empty text or one without letters.
    """
    if not text.strip():
        raise UnusableText("The text is empty; give a story of at least a few hundred words.")
    if not any(c.isalpha() for c in text):
        raise UnusableText("The text has no letters in it, so there is nothing to measure.")


class Annotation:
    """What is told where in one story; places are characters of the text as it was given.

    Attributes
    ----------
    sentences : list of (int, int)
        Characters [start, end) of every sentence.
    told : dict of str to list of (int, int, float)
        For every family its passages: [start, end) and the highest probability in them.
    chance : dict of str to list of float
        For every family the calibrated probability of each sentence, 0 to 1.
    tension : list of float
        How strained or dangerous the story is at each sentence, 0 to 1.
    scales : dict of str to float
        Expected value of every scale for the whole story.
    choices : dict of str to dict
        For every choice its likeliest ``value`` and the ``probability`` of it.
    """

    def __init__(self, opened: Opened):
        normalised, reading = opened
        tags = reading.tags
        places = [normalised.offset(*reading.characters(s)) for s in reading.sentences]
        self.text = normalised.original
        self.sentences = places
        self.told = {
            family: [
                (places[p.first][0], places[p.last][1], round(p.chance, 4))
                for p in tags.told(family)
            ]
            for family in FAMILIES
        }
        self.chance = {f: [round(float(p), 4) for p in tags.of(f)] for f in FAMILIES}
        self.tension = [round(float(t), 4) for t in tags.tension]
        self.scales = dict(tags.scales)
        self.choices = {
            name: {"value": tags.choice(name), "probability": answers[tags.choice(name)]}
            for name, answers in tags.choices.items()
        }

    def passages(self, family: str) -> list[str]:
        """The text of every passage of a family, as it was given."""
        return [self.text[start:end] for start, end, _ in self.told[family]]

    def to_dict(self) -> dict[str, Any]:
        """The annotation as plain data, as a line of ``storyscope tag`` holds it."""
        return {
            "sentences": [list(s) for s in self.sentences],
            "told": {f: [list(p) for p in found] for f, found in self.told.items()},
            "chance": self.chance,
            "tension": self.tension,
            "scales": self.scales,
            "choices": self.choices,
        }

    def __repr__(self) -> str:
        found = ", ".join(f"{f} {len(p)}" for f, p in self.told.items() if p)
        return f"Annotation({len(self.sentences)} sentences; passages: {found or 'none'})"


def annotate(text: str, *, pipeline: Pipeline | None = None) -> Annotation:
    """Read one story and say what is told where.

    Parameters
    ----------
    text : str
        A story in English, as it is.
    pipeline : Pipeline, optional
        Default `load_pipeline()`.

    Raises
    ------
    UnusableText
        For a text without words.
    MissingTagger
        If the tagger's files are missing or damaged.

    Examples
    --------
    >>> story = annotate("She slept badly. In the dream the stairs were wet and went on down.")
    >>> len(story.sentences), sorted(story.told)[:3], len(story.tension)
    (2, ['address', 'bodily', 'conflict'], 2)
    """
    check_text(text)
    opened = next(readings([text], pipeline=pipeline))
    check_text(opened.normalised.text)
    return Annotation(opened)
