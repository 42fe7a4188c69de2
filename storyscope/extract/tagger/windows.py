"""Sentences as word pieces, packed into the windows that the encoder reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

__all__ = ["LIMIT", "Window", "pack", "word_pieces"]

LIMIT = 256
"""Word pieces in a window, its first and last mark included."""

FIRST, LAST = 101, 102  # [CLS] and [SEP] in the vocabulary of the base model


@dataclass(frozen=True)
class Window:
    """A stretch of sentences that are read together.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Word pieces between the two marks.
    owner : ndarray of int64, shape (n,)
        Index of the sentence of each piece; -1 for the marks.
    """

    ids: NDArray[np.int64]
    owner: NDArray[np.int64]


def word_pieces(tokenizer: Tokenizer, sentences: Sequence[str]) -> list[list[int]]:
    """Word pieces of every sentence, without marks."""
    return [e.ids for e in tokenizer.encode_batch(list(sentences), add_special_tokens=False)]


def pack(pieces: Sequence[Sequence[int]], limit: int = LIMIT, first: int = 0) -> list[Window]:
    """Pack sentences in order into windows of at most `limit` pieces.

    Parameters
    ----------
    pieces : sequence of sequences of int
        Word pieces of every sentence; a sentence without any is in no window.
    limit : int
        Pieces in a window, marks included.
    first : int
        Room for the first window, where it is smaller; only training moves the seams.

    Returns
    -------
    list of Window
        A sentence longer than a window stands in several; all others are whole.

    Examples
    --------
    >>> [w.owner.tolist() for w in pack([[7, 8], [9], [5, 5, 5]], limit=5)]
    [[-1, 0, 0, 1, -1], [-1, 2, 2, 2, -1]]
    """
    windows: list[Window] = []
    ids: list[int] = []
    owner: list[int] = []
    room = (first or limit) - 2

    def close() -> None:
        nonlocal ids, owner, room
        if ids:
            windows.append(
                Window(
                    np.asarray([FIRST, *ids, LAST], dtype=np.int64),
                    np.asarray([-1, *owner, -1], dtype=np.int64),
                )
            )
        ids, owner, room = [], [], limit - 2

    for number, sentence in enumerate(pieces):
        if len(sentence) > room - len(ids):
            close()
        for start in range(0, len(sentence), limit - 2):
            part = list(sentence[start : start + limit - 2])
            if len(part) > room - len(ids):
                close()
            ids += part
            owner += [number] * len(part)
    close()
    return windows
