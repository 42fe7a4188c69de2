"""StoryScope: see how stories are built, not only how they are worded.

>>> import storyscope as ss
>>> tales = ss.Corpus.from_stories([ss.Story("a", "He ran to the door. " * 40, "human", "p")])
>>> ss.score(tales, only=["EVT_DEN_01"]).columns.tolist()
['story_id', 'source', 'prompt_id', 'words', 'EVT_DEN_01']
"""

from typing import TYPE_CHECKING, Any

# `attribute`, `compare` and `report` are packages too. Importing the functions here, at once, gives
# the names their meaning for good; the packages import what is heavy when they are called.
from storyscope.attribute import attribute
from storyscope.compare import compare
from storyscope.report import report
from storyscope.version import __version__

if TYPE_CHECKING:
    from storyscope.attribute import Attributor, evaluate
    from storyscope.changes import diff
    from storyscope.codebook import Codebook, Feature, default_codebook, load_codebook
    from storyscope.compare.tidy import write_csv
    from storyscope.corpus import (
        Corpus,
        Story,
        normalise,
        read_corpus,
        read_manuscript,
        sampler,
        write_corpus,
    )
    from storyscope.errors import StoryscopeError
    from storyscope.extract import score
    from storyscope.extract.annotate import Annotation, annotate
    from storyscope.extract.measures import Measured
    from storyscope.extract.own import measure
    from storyscope.extract.story import StoryMeasures, measure_text
    from storyscope.fingerprints import fingerprint
    from storyscope.report import story_page
    from storyscope.table import matched_tables, read_table, reference_table, write_table

__all__ = [
    "Annotation",
    "Attributor",
    "Codebook",
    "Corpus",
    "Feature",
    "Measured",
    "Story",
    "StoryMeasures",
    "StoryscopeError",
    "__version__",
    "annotate",
    "attribute",
    "compare",
    "default_codebook",
    "diff",
    "evaluate",
    "fingerprint",
    "load_codebook",
    "matched_tables",
    "measure",
    "measure_text",
    "normalise",
    "read_corpus",
    "read_manuscript",
    "read_table",
    "reference_table",
    "report",
    "sampler",
    "score",
    "story_page",
    "write_corpus",
    "write_csv",
    "write_table",
]

_HOMES = {
    "Attributor": "attribute",
    "evaluate": "attribute",
    "diff": "changes",
    "write_csv": "compare.tidy",
    "Codebook": "codebook",
    "Feature": "codebook",
    "default_codebook": "codebook",
    "load_codebook": "codebook",
    "Corpus": "corpus",
    "Story": "corpus",
    "normalise": "corpus",
    "read_corpus": "corpus",
    "read_manuscript": "corpus",
    "sampler": "corpus",
    "write_corpus": "corpus",
    "StoryscopeError": "errors",
    "Annotation": "extract.annotate",
    "annotate": "extract.annotate",
    "Measured": "extract.measures",
    "measure": "extract.own",
    "StoryMeasures": "extract.story",
    "measure_text": "extract.story",
    "score": "extract",
    "fingerprint": "fingerprints",
    "story_page": "report",
    "matched_tables": "table",
    "read_table": "table",
    "reference_table": "table",
    "write_table": "table",
}


def __getattr__(name: str) -> Any:
    """Import the other names' modules when they are first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
