"""What a story is about, as a vector: a sentence encoder over its windows.

The encoder is all-MiniLM-L6-v2 in eight bits. Its word embeddings and lower layers are those that
the tagger ships (the tagger's training leaves them as they are), its upper layers lie in
``corpora/meaning``. A window of at most 256 word pieces, which is what the encoder was made for,
gets a vector; a story is the mean of its windows' vectors, brought to length 1. Nothing is fetched.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from storyscope.errors import MissingTagger
from storyscope.extract.cache import Cache, default_folder
from storyscope.extract.tagger import load_tagger
from storyscope.extract.tagger.windows import pack, word_pieces
from storyscope.paths import data_dir

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

    from storyscope.extract.tagger import Tagger

    Vectors = NDArray[np.float32]

__all__ = ["Encoder", "embed", "load_encoder"]

RECORD, UPPER = "meaning.json", "upper.onnx"
LAYOUT = 1
"""Raised when vectors of the same files come out otherwise."""
_SEAM = re.compile(r"(?<=[.!?…][\"'”’)\]])\s+|(?<=[.!?…])\s+|\n+")
"""Where a sentence may end; windows are cut there."""


@dataclass(frozen=True)
class Encoder:
    """The loaded encoder.

    Attributes
    ----------
    version : str
        Hash of its weights, lower and upper.
    """

    version: str
    tagger: Tagger
    upper: InferenceSession

    def vector(self, text: str) -> Vectors:
        """The vector of a normalised text, of length 1; zeros for a text without words.

        It depends on this text alone: windows are read one by one, in one thread.
        """
        import onnxruntime

        only = onnxruntime.RunOptions()
        only.only_execute_path_to_fetches = True  # the tagger's own upper layers are not needed
        pieces = word_pieces(self.tagger.tokenizer, _SEAM.split(text))
        total = np.zeros(self.tagger.width, np.float64)
        for window in pack(pieces):
            frozen = self.tagger.encoder.run(["frozen"], {"ids": window.ids[None]}, only)[0]
            total += self.upper.run(None, {"frozen": frozen})[0][0]
        length = float(np.linalg.norm(total))
        # Fewer decimals, so that the last bit of a float decides nothing.
        return np.round(total / length if length else total, 5).astype(np.float32)


def load_encoder() -> Encoder:
    """Load the encoder that ships with the package.

    Raises
    ------
    MissingTagger
        If files of it or of the tagger are missing or damaged; with the way out.
    """
    return _load(data_dir("corpora") / "meaning")


@lru_cache(maxsize=1)
def _load(folder: Path) -> Encoder:
    import onnxruntime

    tagger = load_tagger()
    try:
        record = json.loads((folder / RECORD).read_bytes())
        content = (folder / UPPER).read_bytes()
        known = record["sha256"][UPPER]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MissingTagger(
            f"The sentence encoder in {folder} cannot be read; reinstall storyscope."
        ) from error
    if hashlib.sha256(content).hexdigest() != known:
        raise MissingTagger(
            f"The sentence encoder's file {UPPER} in {folder} is damaged; reinstall storyscope."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    lower = tagger.record["sha256"]["encoder.onnx"]
    version = hashlib.sha256(f"{LAYOUT}|{lower}|{known}".encode()).hexdigest()[:12]
    upper = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return Encoder(version, tagger, upper)


def embed(
    texts: Iterable[str],
    *,
    cache: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Vectors:
    """Vectors of normalised texts by the shipped encoder.

    Parameters
    ----------
    texts : iterable of str
    cache : bool
        Whether vectors are kept beside the parses, by text and encoder, and taken from there.
    progress : callable, optional
        Told how many texts are done.

    Returns
    -------
    ndarray of float32, shape (texts, 384)
        Of length 1; their inner product is the likeness in meaning, -1 to 1.

    Examples
    --------
    >>> dog, hound, tax = embed(["The dog ran home.", "A hound raced back.", "Pay your tax."])
    >>> bool(dog @ hound > dog @ tax)
    True
    """
    encoder = load_encoder()
    folder = default_folder() if cache else None
    kept = Cache(folder) if folder else None
    found = []
    for done, text in enumerate(texts):
        vector = _held(kept, encoder, text) if kept else None
        if vector is None:
            vector = encoder.vector(text)
            if kept:
                kept.keep(_path(kept, encoder, text), vector.tobytes())
        found.append(vector)
        if progress:
            progress(done + 1)
    return np.stack(found) if found else np.zeros((0, encoder.tagger.width), np.float32)


def _path(kept: Cache, encoder: Encoder, text: str) -> Path:
    key = f"meaning {encoder.version}|{text}".encode("utf-8", "surrogatepass")
    name = hashlib.sha256(key).hexdigest()
    return kept.folder / name[:2] / f"{name}.vector"


def _held(kept: Cache, encoder: Encoder, text: str) -> Vectors | None:
    path = _path(kept, encoder, text)
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if len(content) != 4 * encoder.tagger.width:
        path.unlink(missing_ok=True)
        return None
    kept.touch(path)
    return np.frombuffer(content, np.float32)
