"""The sampler: short pieces that ship with the package, each written to show certain things."""

from __future__ import annotations

from storyscope.corpus.readers import read_corpus
from storyscope.corpus.story import Corpus
from storyscope.paths import data_dir

__all__ = ["sampler"]


def sampler() -> Corpus:
    """The short pieces that ship with the package, for a first try.

    Returns
    -------
    Corpus
        Stories of a few hundred words; ``story.meta["shows"]`` says what each was written to show.

    Examples
    --------
    >>> next(iter(sampler())).title
    'A Coat for Helvi'
    """
    return read_corpus(data_dir("corpora") / "sampler" / "stories.jsonl")
