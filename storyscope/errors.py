"""What can go wrong, each with the way out.

Every error a user can put right derives from `StoryscopeError`; the command line shows it as one
line. Anything else that is raised is a defect of this package and keeps its traceback.
"""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "CodebookError",
    "CorpusError",
    "CostLimit",
    "MissingPipeline",
    "ModelError",
    "ModelMismatch",
    "OutputError",
    "PullError",
    "StoryscopeError",
    "TableError",
    "TooLittleData",
    "UnknownFeature",
    "UnusableText",
]


class StoryscopeError(Exception):
    """Something the user can put right; its text says what, where and what to do next."""


class CorpusError(StoryscopeError):
    """A corpus that cannot be read, or that holds nothing to read."""


class UnusableText(StoryscopeError):
    """A text that cannot be measured: empty, not text, or far too short."""


class CodebookError(StoryscopeError):
    """A codebook file that breaks the schema, or two features that share an id."""


class UnknownFeature(CodebookError):
    """A feature id that is not in the codebook.

    >>> str(UnknownFeature("EVT_ESC_1", ["EVT_ESC_01", "TMP_DRM_01"]))
    "There is no feature 'EVT_ESC_1'. Did you mean 'EVT_ESC_01'? `storyscope features` lists all 2."
    """

    def __init__(self, name: str, known: Iterable[str]):
        self.name = name
        known = list(known)
        near = get_close_matches(name, known, n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(
            f"There is no feature {name!r}.{guess} `storyscope features` lists all {len(known)}."
        )


class MissingPipeline(StoryscopeError):
    """The spaCy pipeline that was asked for is not installed, or is not what it should be."""


class MissingTagger(StoryscopeError):
    """The tagger's files are missing, damaged or of another version, or it was left out of a run."""


class TableError(StoryscopeError):
    """A feature table with columns or values that its codebook does not know."""


class TooLittleData(StoryscopeError):
    """Too few stories, prompts or sources for what was asked."""


class ModelMismatch(StoryscopeError):
    """A saved model that does not fit the codebook or the table in hand."""


class OutputError(StoryscopeError):
    """A place where a result cannot go: no folder, another run at it, or something of the user's."""


class PullError(StoryscopeError):
    """A corpus that cannot be fetched, is not what its card says, or may not be fetched at all."""


class ModelError(StoryscopeError):
    """A model that cannot be asked: no key, no price, no connection, a damaged file of answers."""


class CostLimit(ModelError):
    """The next request might have passed the limit that the user set."""
