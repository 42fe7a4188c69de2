"""What the parse says of each sentence, as numbers beside the words that the encoder reads.

Rules stay where grammar decides: speech, tense, person, place in the story. The reader over
sentences takes them as they are and learns what they are worth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storyscope.extract.reading import Reading

__all__ = ["CUES", "sentence_cues"]

_WORDS: dict[str, frozenset[str]] = {
    "first_person": frozenset("i me my mine myself".split()),
    "we": frozenset("we us our ours ourselves".split()),
    "you": frozenset("you your yours yourself".split()),
    "third_person": frozenset("he she him her his hers himself herself they them their".split()),
    "would": frozenset({"would", "'d"}),
    "will": frozenset({"will", "'ll", "wo", "shall"}),
    "not": frozenset({"not", "n't", "never", "no", "nothing", "nobody", "none"}),
    "question": frozenset({"?"}),
    "exclamation": frozenset({"!"}),
}
_TAGS: dict[str, frozenset[str]] = {
    "past": frozenset({"VBD"}),
    "present": frozenset({"VBZ", "VBP"}),
    "participle": frozenset({"VBN"}),
    "ing": frozenset({"VBG"}),
    "bare": frozenset({"VB"}),
    "modal": frozenset({"MD"}),
}
_POS: dict[str, frozenset[str]] = {
    "adjective": frozenset({"ADJ"}),
    "adverb": frozenset({"ADV"}),
    "noun": frozenset({"NOUN"}),
    "name": frozenset({"PROPN"}),
}
_ENTITIES: dict[str, frozenset[str]] = {
    "person_named": frozenset({"PERSON"}),
    "time_named": frozenset({"DATE", "TIME"}),
}

CUES = (
    "length",
    "starts_paragraph",
    "no_word",
    "where",
    "start_near",
    "end_near",
    "story_length",
    "quoted",
    "had_done",
    *_TAGS,
    *_WORDS,
    *_POS,
    *_ENTITIES,
)
"""Names of the columns."""


def sentence_cues(reading: Reading) -> NDArray[np.float32]:
    """Cues of every sentence of a story.

    Returns
    -------
    ndarray of float32, shape (sentences, len(CUES))
        Counts as a share of the sentence's words, places from 0 to 1, all between 0 and 1.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> cues = sentence_cues(read("She had gone. He waits."))
    >>> cues[:, CUES.index("had_done")].astype(float).round(2).tolist(), cues.shape == (2, len(CUES))
    ([0.33, 0.0], True)
    """
    sentences = reading.sentences
    n = len(sentences)
    starts = np.asarray([s.start for s in sentences], dtype=np.int64)
    ends = np.asarray([s.end for s in sentences], dtype=np.int64)

    def total(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        sums = np.concatenate([[0], np.cumsum(mask)])
        return np.asarray(sums[ends] - sums[starts], dtype=np.float64)

    def among(column: list[str], wanted: frozenset[str]) -> NDArray[np.bool_]:
        return np.fromiter((c in wanted for c in column), dtype=bool, count=reading.n)

    words = total(reading.is_word)
    least = np.maximum(words, 1)
    place = (np.arange(n) + 0.5) / max(n, 1)
    opens = {p.start for p in reading.paragraphs}
    columns = {
        "length": np.minimum(np.log1p(words) / 4, 1),
        "starts_paragraph": np.fromiter((s.start in opens for s in sentences), float, count=n),
        "no_word": (words == 0).astype(float),
        "where": place,
        "start_near": 1 / (1 + np.arange(n)),
        "end_near": 1 / (1 + np.arange(n)[::-1]),
        "story_length": np.full(n, min(np.log1p(n) / 8, 1)),
        "quoted": total(reading.quoted & reading.is_word) / least,
        "had_done": total(_pluperfect(reading)) / least,
    }
    column: Callable[[str], list[str]] = {
        "tag": reading.tag,
        "lower": reading.lower,
        "pos": reading.pos,
        "entity": reading.entity,
    }.__getitem__
    for source, groups in (("tag", _TAGS), ("lower", _WORDS), ("pos", _POS), ("entity", _ENTITIES)):
        for name, wanted in groups.items():
            columns[name] = total(among(column(source), wanted)) / least
    table = np.stack([columns[name] for name in CUES], axis=1) if n else np.zeros((0, len(CUES)))
    return np.clip(table, 0, 1).astype(np.float32)


def _pluperfect(reading: Reading) -> NDArray[np.bool_]:
    """Past participles with "had" within three tokens before them."""
    had = np.fromiter((w in ("had", "'d") for w in reading.lower), dtype=bool, count=reading.n)
    near = had.copy()
    for step in (1, 2, 3):
        near[step:] |= had[:-step]
    participle = np.fromiter((t == "VBN" for t in reading.tag), dtype=bool, count=reading.n)
    return participle & near
