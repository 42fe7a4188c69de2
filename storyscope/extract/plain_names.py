"""Stories whose people are called as times and virtues are, read as if they were called plainly.

"April put the kettle on" is another sentence to a parser and to the tagger than "Alice put the
kettle on". Where such a word names somebody, both read the story with a plain name in its place;
the words of the story stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyscope.extract.layers.cast import name_tokens
from storyscope.extract.layers.doubtful_names import DOUBTFUL
from storyscope.extract.layers.names import FEMALE, MALE, TITLES

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from storyscope.extract.reading import Reading

__all__ = ["plainly_named", "with_words_of"]

_PLAIN = {FEMALE: "Alice", MALE: "Thomas", "": "Alice"}
_SURNAME = "Forbes"


def plainly_named(reading: Reading) -> str | None:
    """The text with plain names for those that are times and virtues too; None where none is.

    >>> from storyscope.extract.reading import read
    >>> plainly_named(read("April put the kettle on. She watched June. 'Go,' said June."))
    "Alice put the kettle on. She watched Alice. 'Go,' said Alice."
    >>> plainly_named(read("In April it rained, and the hope was gone."))
    """
    doubtful = [i for i, word in enumerate(reading.lower) if word in DOUBTFUL]
    if not any(reading.doc[i].text[:1].isupper() for i in doubtful):
        return None
    named = name_tokens(reading)
    parts = [token.text_with_ws for token in reading.doc]
    changed = False
    for i in doubtful:
        if i in named:
            parts[i] = _plain(reading, i) + reading.doc[i].whitespace_
            changed = True
    return "".join(parts) if changed else None


def _plain(reading: Reading, i: int) -> str:
    before = reading.lower[i - 1] if i else ""
    if before in TITLES or i - 1 in name_tokens(reading):
        return _SURNAME
    entity = reading.cast.entity_of.get(i, -1)
    return _PLAIN[reading.cast.entities[entity].gender if entity >= 0 else ""]


def with_words_of(parsed: Doc, original: Doc) -> Doc | None:
    """A parse with the words of another text; None unless the two texts have as many."""
    from spacy.tokens import Doc

    if len(parsed) != len(original):
        return None
    attributes: list[int | str] = ["LEMMA", "TAG", "DEP", "HEAD", "POS", "ENT_IOB", "ENT_TYPE"]
    doc = Doc(
        original.vocab,
        words=[token.text for token in original],
        spaces=[bool(token.whitespace_) for token in original],
    )
    doc.from_array(attributes, parsed.to_array(attributes))  # type: ignore[arg-type]
    for token, other in zip(doc, parsed, strict=True):
        if token.text != other.text:
            token.lemma_ = token.text
    return doc
