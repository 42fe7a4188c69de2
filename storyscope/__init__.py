"""StoryScope: see how stories are built, not only how they are worded.

>>> import storyscope as ss
>>> tales = ss.Corpus.from_stories([ss.Story("a", "He ran to the door. " * 40, "human", "p")])
>>> ss.score(tales, only=["EVT_DEN_01"]).columns.tolist()
['story_id', 'source', 'prompt_id', 'words', 'EVT_DEN_01']
"""

from typing import Any

__version__ = "0.1.0"

# The verbs are imported here, at once, because packages of the same name exist: whichever comes
# last gives the name its meaning, and these functions import what is heavy when they are called.
from storyscope.codebook import Codebook, Feature, default_codebook, load_codebook
from storyscope.compare import compare
from storyscope.corpus import Corpus, Story, normalise, read_corpus, write_corpus
from storyscope.errors import StoryscopeError
from storyscope.extract import score
from storyscope.fingerprint import fingerprint
from storyscope.report import report
from storyscope.table import read_table, write_table

__all__ = [
    "Attributor",
    "Codebook",
    "Corpus",
    "Feature",
    "Story",
    "StoryscopeError",
    "compare",
    "default_codebook",
    "evaluate",
    "fingerprint",
    "load_codebook",
    "normalise",
    "read_corpus",
    "read_table",
    "report",
    "score",
    "write_corpus",
    "write_table",
]


def __getattr__(name: str) -> Any:
    """Import the attributor, and scikit-learn with it, when it is first asked for."""
    if name in ("Attributor", "evaluate"):
        from storyscope import attribute

        return getattr(attribute, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
