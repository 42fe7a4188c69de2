"""The measures as a spaCy component: ``nlp.add_pipe("storyscope")``, values on ``doc._.storyscope``.

It reads a parse as the pipeline made it. What `storyscope.score` does to a text before the parse,
the pipeline's user does, to have the same values: give it ``storyscope.normalise(text).text``, and let
every paragraph begin a sentence with ``nlp.add_pipe("storyscope_paragraphs", before="parser")``.
"""

from spacy.language import Language
from spacy.tokens import Doc, Span

from storyscope.errors import MissingPipeline
from storyscope.extract.pipeline import _start_paragraphs as start_paragraphs

__all__ = ["PASSAGES", "StoryFeatures", "make_component", "start_paragraphs"]

PASSAGES = "storyscope"
"""Group of ``doc.spans`` that holds the passages behind the values, labelled by feature id."""

_NEEDS = {"TAG": "tagger", "DEP": "parser", "LEMMA": "lemmatizer", "ENT_IOB": "ner"}


class StoryFeatures:
    """Measures every document as one story.

    Parameters
    ----------
    only : list of str
        Feature ids; empty for all that are measured.
    tagger : bool
        Whether what is told (dreams, flashbacks, conflict ...) is read; without it, features that
        rest on that are None.
    """

    def __init__(self, only: list[str], tagger: bool):
        from storyscope.codebook import default_codebook
        from storyscope.extract.settings import measured_ids
        from storyscope.extract.tagger import load_tagger

        self.features = measured_ids(default_codebook(), only)
        self._tagger = load_tagger() if tagger else None

    def __call__(self, doc: Doc) -> Doc:
        """Fill ``doc._.storyscope`` with the values by feature id, and ``doc.spans["storyscope"]``.

        Raises
        ------
        MissingPipeline
            If the parse lacks what the measures read.
        """
        from storyscope.extract.reading import Reading
        from storyscope.extract.story import measure_reading

        if not any(token.is_alpha for token in doc):
            doc._.storyscope, doc.spans[PASSAGES] = dict.fromkeys(self.features), []
            return doc
        if lacking := [part for what, part in _NEEDS.items() if not doc.has_annotation(what)]:
            raise MissingPipeline(
                f"The component storyscope needs what {' and '.join(lacking)} would have set before "
                'it; add it at the end of a whole English pipeline, such as spacy.load("en_core_web_sm").'
            )
        reading = Reading(doc, self._tagger.tag if self._tagger else None)
        found = measure_reading(reading, self.features)
        doc._.storyscope = {
            feature: float(m.value) if isinstance(m.value, float) else m.value
            for feature, m in found.items()
        }
        doc.spans[PASSAGES] = [
            Span(doc, start, end, label=feature)
            for feature, m in found.items()
            for start, end in sorted({(int(a), int(b)) for a, b in m.spans if b > a})
        ]
        return doc


@Language.factory(
    "storyscope",
    assigns=["doc._.storyscope", "doc.spans"],
    requires=["token.tag", "token.dep", "token.lemma", "doc.ents"],
    default_config={"only": [], "tagger": True},
)
def make_component(nlp: Language, name: str, only: list[str], tagger: bool) -> StoryFeatures:
    """The component, as ``nlp.add_pipe("storyscope", config={"only": ["TMP_ORD_02"]})`` makes it.

    Raises
    ------
    UnknownFeature
        For a name in `only` that is no feature.
    MissingTagger
        If the tagger's files are missing or damaged.

    Examples
    --------
    >>> from storyscope.extract.pipeline import DEFAULT_PIPELINES
    >>> import spacy.util
    >>> installed = next(p for p in DEFAULT_PIPELINES if spacy.util.is_package(p))
    >>> nlp = spacy.load(installed)
    >>> _ = nlp.add_pipe("storyscope", config={"only": ["EVT_DEN_01"], "tagger": False})
    >>> doc = nlp("She ran to the door. " * 20)
    >>> list(doc._.storyscope), doc.spans["storyscope"][0].text
    (['EVT_DEN_01'], 'ran')
    """
    if not Doc.has_extension("storyscope"):
        Doc.set_extension("storyscope", default=None)
    return StoryFeatures(only, tagger)


if "storyscope_paragraphs" not in Language.factories:
    Language.component("storyscope_paragraphs", func=start_paragraphs)
