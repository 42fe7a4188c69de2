"""Stories that are the same, or nearly, found in one pass and in little memory."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Duplicate", "Duplicates", "signature"]

_SHINGLE = 5  # words
_BINS = 64
_BAND = 4  # bins that must agree for two stories to be compared: about half of the shingles shared
_ALIKE = 0.6  # share of bins that agree, which estimates the share of shingles in common
_FEWEST_SHINGLES = 40
_EXACT = 16  # bytes of the digest
_STORED = "<u4"
_MIX = 0x9E3779B97F4A7C15  # the golden ratio in 64 bits, Fibonacci hashing's constant


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two stories that share most of their words in order.

    Attributes
    ----------
    first, second : str
        Story ids, in corpus order.
    similarity : float
        1 if all words are equal; otherwise the estimated share of five-word sequences in common,
        with a standard error of about 0.06.
    """

    first: str
    second: str
    similarity: float


def signature(words: list[str]) -> str:
    """What `Duplicates` knows a story by, in hexadecimal digits; the words cannot be read from it.

    A digest of all words, then the sketch: five-word sequences are hashed and sorted into 64 bins,
    of which the least hash is kept (one-permutation MinHash). A short text has no sketch.

    >>> len(signature(["word"] * 5)), len(signature([f"word{i}" for i in range(200)]))
    (32, 544)
    """
    exact = blake2b(" ".join(words).encode("utf-8", "replace"), digest_size=_EXACT).digest()
    return (exact + _sketch(words)).hex()


def _sketch(words: list[str]) -> bytes:
    import numpy as np

    count = len(words) - _SHINGLE + 1
    if count < _FEWEST_SHINGLES:
        return b""
    hashes = np.fromiter(map(_hash, words), dtype=np.uint64, count=len(words))
    mix = np.uint64(_MIX)
    shingles = np.zeros(count, dtype=np.uint64)
    for i in range(_SHINGLE):
        shingles = (shingles ^ hashes[i : i + count]) * mix
        shingles ^= shingles >> np.uint64(29)
    bins = (shingles >> np.uint64(58)).astype(np.intp)  # 64 bins by the six highest bits
    sketch = np.full(_BINS, np.iinfo(np.uint32).max, dtype=_STORED)
    np.minimum.at(sketch, bins, (shingles & np.uint64(0xFFFFFFFF)).astype(np.uint32))
    return sketch.tobytes()


@lru_cache(maxsize=1 << 17)
def _hash(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "replace"))


class Duplicates:
    """The stories seen so far, in a form that finds their likes.

    A story is compared with the first earlier one that has four neighbouring bins of its sketch in
    common. That takes about three kilobytes a story.

    >>> tales = Duplicates()
    >>> text = [f"word{i}" for i in range(200)]
    >>> tales.find("a", signature(text)), tales.find("b", signature(text))
    (None, Duplicate(first='a', second='b', similarity=1.0))
    >>> other = [*text[:190], *"then something quite different happened".split()]
    >>> found = tales.find("c", signature(other))
    >>> found.first, found.similarity > 0.8
    ('a', True)
    """

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._exact: dict[bytes, int] = {}
        self._sketches: list[np.ndarray | None] = []
        self._bands: dict[tuple[int, bytes], int] = {}

    def find(self, story_id: str, signed: str) -> Duplicate | None:
        """Find the earlier story most like this one, if any is, and remember this one."""
        import numpy as np

        number = len(self._ids)
        self._ids.append(story_id)
        held = bytes.fromhex(signed)
        key = held[:_EXACT]
        sketch = np.frombuffer(held, _STORED, offset=_EXACT) if held[_EXACT:] else None
        self._sketches.append(sketch)
        same = self._exact.setdefault(key, number)
        if same != number:
            return Duplicate(self._ids[same], story_id, 1.0)
        if sketch is None:
            return None
        best, similarity = -1, 0.0
        for other in self._candidates(sketch, number):
            known = self._sketches[other]
            if known is not None:
                alike = float((known == sketch).mean())
                if alike > similarity:
                    best, similarity = other, alike
        if similarity < _ALIKE:
            return None
        return Duplicate(self._ids[best], story_id, round(similarity, 3))

    def _candidates(self, sketch: np.ndarray, number: int) -> list[int]:
        found = []
        for start in range(0, _BINS, _BAND):
            band = (start, sketch[start : start + _BAND].tobytes())
            other = self._bands.setdefault(band, number)
            if other != number:
                found.append(other)
        return sorted(set(found))
