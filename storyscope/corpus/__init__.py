"""Corpora of stories: reading and writing them, one typographic form, and a check of both.

Reading keeps a story's text as it was found. `normalise` brings it to one form before anything is
measured; `audit` says what that changed and what would give a source away.
"""

from storyscope.corpus.audit import GIVES_AWAY, Audit, Leak, Parallel, SourceAudit, audit
from storyscope.corpus.duplicates import Duplicate
from storyscope.corpus.headings import SCENE_BREAK
from storyscope.corpus.layout import COLUMNS
from storyscope.corpus.manuscripts import (
    MANUSCRIPTS,
    Manuscript,
    manuscript_of,
    read_manuscript,
)
from storyscope.corpus.normalise import AS_IS, Normalisation, Normalised, normalise
from storyscope.corpus.readers import ENDINGS, read_corpus, write_corpus
from storyscope.corpus.shipped import sampler
from storyscope.corpus.story import BadRow, Corpus, Story

__all__ = [
    "AS_IS",
    "COLUMNS",
    "ENDINGS",
    "GIVES_AWAY",
    "MANUSCRIPTS",
    "SCENE_BREAK",
    "Audit",
    "BadRow",
    "Corpus",
    "Duplicate",
    "Leak",
    "Manuscript",
    "Normalisation",
    "Normalised",
    "Parallel",
    "SourceAudit",
    "Story",
    "audit",
    "manuscript_of",
    "normalise",
    "read_corpus",
    "read_manuscript",
    "sampler",
    "write_corpus",
]
