"""A story as the measures see it: its parse, as plain lists, with the layers made from it once."""

from __future__ import annotations

import itertools
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from storyscope.errors import MissingTagger
from storyscope.extract.lexicon import settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from spacy.strings import StringStore
    from spacy.tokens import Doc

    from storyscope.extract.layers.cast import Cast
    from storyscope.extract.layers.clauses import Clause
    from storyscope.extract.layers.quotations import Quotation
    from storyscope.extract.layers.scenes import Scene
    from storyscope.extract.tagger.tags import Passage, Tags

__all__ = ["Reading", "Span", "once", "read"]

T = TypeVar("T")


class Span(NamedTuple):
    """Tokens [start, end) of a story."""

    start: int
    end: int


class Reading:
    """One parsed story. Layers are computed when first asked for and kept.

    Token attributes are plain lists indexed by token; sentences and paragraphs are lists of
    `Span`. "Narrated" means outside quotations.

    Parameters
    ----------
    doc : Doc
        Tagged, parsed, lemmatised and with entities, of normalised text.
    tags : Tags or callable, optional
        What the tagger says of its sentences, or a function of the reading that gives it when
        first asked for. Without it, whatever asks for tags raises `MissingTagger`.

    Examples
    --------
    >>> reading = read('"Go," she said. He went.')
    >>> [reading.text_of(s) for s in reading.sentences]
    ['"Go," she said.', 'He went.']
    >>> reading.n_words, reading.n_narrated
    (5, 4)
    """

    def __init__(self, doc: Doc, tags: Tags | Callable[[Reading], Tags] | None = None):
        from spacy.attrs import DEP, ENT_TYPE, HEAD, LEMMA, LOWER, POS, TAG

        self.doc = doc
        self._tags = tags
        self.n = len(doc)
        wanted = [LOWER, LEMMA, TAG, DEP, POS, ENT_TYPE, HEAD]
        columns = np.asarray(doc.to_array(wanted), dtype=np.uint64)
        strings = doc.vocab.strings
        texts = [_decode(columns[:, i], strings) for i in range(6)]
        self.lower, self.lemma, self.tag, self.dep, self.pos, self.entity = texts
        heads = columns[:, 6].astype(np.int64) + np.arange(self.n)
        self.head: list[int] = heads.tolist()
        # Quotes are plain after normalisation; a curly one left over must not make a new word.
        self.lower = [w.replace("’", "'") if "’" in w else w for w in self.lower]
        self.lemma = [settled(w.lower()) for w in self.lemma]

    # ---------------------------------------------------------------- words and their places

    @cached_property
    def is_word(self) -> NDArray[np.bool_]:
        """Tokens that hold a letter or digit and are no clitic such as "n't" or "'s"."""
        return np.fromiter(
            (w[0] not in "'’" and w != "n't" and any(map(str.isalnum, w)) for w in self.lower),
            dtype=bool,
            count=self.n,
        )

    @cached_property
    def n_words(self) -> int:
        """Words of the whole story."""
        return int(self.is_word.sum())

    @cached_property
    def narrated(self) -> NDArray[np.bool_]:
        """Words outside quotations."""
        return self.is_word & ~self.quoted

    @cached_property
    def n_narrated(self) -> int:
        """Words outside quotations, counted."""
        return int(self.narrated.sum())

    @cached_property
    def word_clock(self) -> NDArray[np.float64]:
        """Position of every token among all words, 0 at the first and 1 after the last."""
        return _clock(self.is_word)

    @cached_property
    def narrated_clock(self) -> NDArray[np.float64]:
        """Position of every token among narrated words, from 0 to 1."""
        return _clock(self.narrated)

    @cached_property
    def sentences(self) -> list[Span]:
        """Sentences without the blank tokens at their ends; paragraph breaks end a sentence."""
        starts = self.doc.to_array(["SENT_START"]).reshape(-1) == 1
        if self.n:
            starts[0] = True
        bounds = [*np.flatnonzero(starts).tolist(), self.n]
        spans = (self._strip(a, b) for a, b in itertools.pairwise(bounds))
        return [span for span in spans if span.end > span.start]

    @cached_property
    def sentence_of(self) -> list[int]:
        """Index of the sentence each token stands in; blanks belong to the one before."""
        return _owners(self.sentences, self.n)

    @cached_property
    def paragraphs(self) -> list[Span]:
        """Paragraphs: stretches between line breaks."""
        spans, start = [], 0
        for i, tag in enumerate(self.tag):
            if tag == "_SP" and "\n" in self.lower[i]:
                spans.append(self._strip(start, i))
                start = i + 1
        spans.append(self._strip(start, self.n))
        return [span for span in spans if span.end > span.start]

    @cached_property
    def paragraph_of(self) -> list[int]:
        """Index of the paragraph each token stands in."""
        return _owners(self.paragraphs, self.n)

    @cached_property
    def children(self) -> list[list[int]]:
        """Direct dependents of every token, in order."""
        leaf: list[int] = []  # most tokens have none, and share it
        children: list[list[int]] = [leaf] * self.n
        for i, head in enumerate(self.head):
            if head == i:
                continue
            if children[head] is leaf:
                children[head] = [i]
            else:
                children[head].append(i)
        return children

    # ---------------------------------------------------------------- layers

    @cached_property
    def quotations(self) -> list[Quotation]:
        """Passages in quotation marks that are speech."""
        from storyscope.extract.layers.quotations import find_quotations

        return find_quotations(self)

    @cached_property
    def quoted(self) -> NDArray[np.bool_]:
        """Tokens inside a quotation."""
        mask = np.zeros(self.n, dtype=bool)
        for quotation in self.quotations:
            mask[quotation.start : quotation.end] = True
        return mask

    @cached_property
    def narrated_sentences(self) -> list[Span]:
        """Sentences without a quoted token."""
        quoted = self.quoted
        return [s for s in self.sentences if not quoted[s.start : s.end].any()]

    @cached_property
    def clauses(self) -> list[Clause]:
        """Finite clauses, quoted ones included, in order of their verbs."""
        from storyscope.extract.layers.clauses import find_clauses

        return find_clauses(self)

    @cached_property
    def events(self) -> list[int]:
        """Tokens that depict a realis event, in order."""
        from storyscope.extract.layers.events import find_events

        return find_events(self)

    @cached_property
    def cast(self) -> Cast:
        """Who appears: mentions, entities, gender, pronouns."""
        from storyscope.extract.layers.cast import find_cast

        return find_cast(self)

    @cached_property
    def scenes(self) -> list[Scene]:
        """Stretches between breaks of time, place or cast."""
        from storyscope.extract.layers.scenes import find_scenes

        return find_scenes(self)

    # ---------------------------------------------------------------- what is told

    @cached_property
    def tags(self) -> Tags:
        """What the tagger says of every sentence and of the story.

        Raises
        ------
        MissingTagger
            If the story was read without the tagger.
        """
        if self._tags is None:
            raise MissingTagger(
                "This story was read without the tagger, so what it tells is not known; read it "
                "with storyscope.annotate, or score without --fast."
            )
        return self._tags(self) if callable(self._tags) else self._tags

    @property
    def tagged(self) -> bool:
        """Whether the story was read with the tagger."""
        return self._tags is not None

    def told(self, family: str) -> list[Passage]:
        """Passages in which something of a family is told, as runs of sentences, in order."""
        return self.tags.told(family)

    def chance(self, family: str) -> NDArray[np.float32]:
        """Calibrated probability of a family for every sentence: for evidence and validation."""
        return self.tags.of(family)

    @property
    def tension(self) -> NDArray[np.float32]:
        """How strained or dangerous the story is, from 0 to 1, for every sentence."""
        return self.tags.tension

    def span_of(self, passage: Passage) -> Span:
        """Tokens of a passage."""
        return Span(self.sentences[passage.first].start, self.sentences[passage.last].end)

    # ---------------------------------------------------------------- small questions

    def text_of(self, span: tuple[int, int]) -> str:
        """Text of tokens [start, end)."""
        return str(self.doc[span[0] : span[1]].text)

    def child(self, i: int, *deps: str) -> int | None:
        """First dependent of token `i` with one of these relations."""
        dep = self.dep
        for c in self.children[i]:
            if dep[c] in deps:
                return c
        return None

    def subtree(self, i: int) -> Span:
        """Smallest stretch of tokens that holds token `i` and everything below it."""
        low = high = i
        stack = [i]
        while stack:
            for c in self.children[stack.pop()]:
                low, high = min(low, c), max(high, c)
                stack.append(c)
        return Span(low, high + 1)

    def sentence(self, i: int) -> Span:
        """The sentence of token `i`."""
        return self.sentences[self.sentence_of[i]]

    def characters(self, span: tuple[int, int]) -> tuple[int, int]:
        """Character offsets [start, end) of tokens [start, end) in the parsed text."""
        first, last = self.doc[span[0]], self.doc[span[1] - 1]
        return first.idx, last.idx + len(last)

    def _strip(self, start: int, end: int) -> Span:
        while start < end and self.tag[start] == "_SP":
            start += 1
        while end > start and self.tag[end - 1] == "_SP":
            end -= 1
        return Span(start, end)


def read(text: str, pipeline: str | None = None) -> Reading:
    """Parse one text as it stands, without normalising it, and wrap the result."""
    from storyscope.extract.pipeline import load_pipeline

    return Reading(next(load_pipeline(pipeline).parse([text])))


def once(function: Callable[[Reading], T]) -> Callable[[Reading], T]:
    """Compute a layer of a reading when first asked for, and keep it with the reading."""
    key = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def cached(reading: Reading) -> T:
        kept: dict[str, Any] = reading.__dict__
        if key not in kept:
            kept[key] = function(reading)
        value: T = kept[key]
        return value

    return cached


def _decode(column: NDArray[np.uint64], strings: StringStore) -> list[str]:
    """Strings of a column of hashes, looking each distinct hash up once."""
    distinct, inverse = np.unique(column, return_inverse=True)
    names = np.array([strings[int(h)] if h else "" for h in distinct], dtype=np.object_)
    found: list[str] = names[inverse].tolist()
    return found


def _clock(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray((np.cumsum(mask) - mask) / max(int(mask.sum()), 1), dtype=np.float64)


def _owners(spans: list[Span], n: int) -> list[int]:
    owners = np.zeros(n, dtype=np.int64)
    for span in spans[1:]:
        owners[span.start] = 1
    found: list[int] = np.cumsum(owners).tolist()
    return found
