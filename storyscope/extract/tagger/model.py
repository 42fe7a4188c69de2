"""The shipped tagger: files checked, loaded once, and run window by window."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.errors import MissingTagger
from storyscope.extract.tagger.cues import CUES, sentence_cues
from storyscope.extract.tagger.labels import CHOICES, DIRECTIONS, FAMILIES, SCALES, SIZES
from storyscope.extract.tagger.story import story_numbers
from storyscope.extract.tagger.tags import Tags
from storyscope.extract.tagger.windows import pack, word_pieces
from storyscope.extract.tagger.words import words_read
from storyscope.paths import data_dir

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

    from storyscope.extract.reading import Reading

__all__ = ["FILES", "RECORD", "Tagger", "load_tagger"]

RECORD = "tagger.json"
FILES = ("encoder.onnx", "reader.onnx", "story.npz", "tokenizer.json")
LAYOUT = 3
"""Raised when the record, the words read, or the model's inputs and outputs change; others are refused."""


@dataclass(frozen=True)
class Tagger:
    """A loaded model.

    Attributes
    ----------
    version : str
        Hash of the record, and through it of all weights and settings.
    record : dict
        Thresholds and calibration, as training wrote them.
    lines : dict of str to ndarray
        The linear models of scales and choices over `story_numbers`.
    """

    version: str
    record: dict[str, Any]
    tokenizer: Tokenizer
    encoder: InferenceSession
    reader: InferenceSession
    lines: dict[str, NDArray[np.float64]]

    def tag(self, reading: Reading) -> Tags:
        """Tags of every sentence of a reading, and of the story.

        The result depends on this story alone: windows are read one by one, in one thread.
        """
        sentences, cues = reading.sentences, sentence_cues(reading)
        vectors, states = self.sentence_vectors(words_read(reading))
        if not sentences:  # a text without a word still has the answers of an empty story
            vectors = states = np.zeros((1, self.width), np.float32)
            cues = np.zeros((1, len(CUES)), np.float32)
        sentence, story = self.reader.run(None, {"vectors": vectors, "cues": cues})
        numbers = story_numbers(sentence, story, cues, states)
        return self._answers(sentence[: len(sentences)], numbers)

    @property
    def width(self) -> int:
        """Numbers in a sentence's vector."""
        return int(self.record["width"])

    def sentence_vectors(
        self, sentences: Sequence[str]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What the encoder makes of every sentence in its window.

        Returns
        -------
        two ndarrays of float32, shape (sentences, width)
            States after the last layer and after the frozen ones: the mean over the word pieces of
            a sentence, zeros for one without any.
        """
        pieces = word_pieces(self.tokenizer, sentences)
        shape = (len(sentences), self.width)
        total, lower = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for window in pack(pieces, int(self.record["window"])):
            states, frozen = self.encoder.run(None, {"ids": window.ids[None]})
            np.add.at(total, window.owner[1:-1], states[0][1:-1])
            np.add.at(lower, window.owner[1:-1], frozen[0][1:-1])
        counts = np.asarray([[max(len(p), 1)] for p in pieces], dtype=np.float32).reshape(-1, 1)
        return total / counts, lower / counts

    def to_bytes(self, tags: Tags) -> bytes:
        """Tags as they are kept on disk: numbers only, by the names of their fields."""
        file = io.BytesIO()
        np.savez(
            file,
            chance=tags.chance,
            tension=tags.tension,
            sizes=tags.sizes,
            directions=tags.directions,
            scales=np.asarray([tags.scales[s] for s in SCALES]),
            choices=np.asarray([tags.choices[c][a] for c in CHOICES for a in CHOICES[c]]),
        )
        return file.getvalue()

    def from_bytes(self, content: bytes) -> Tags:
        """Tags that were kept.

        Raises
        ------
        ValueError, KeyError, EOFError, zipfile.BadZipFile
            If the bytes are damaged.
        """
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            found = {name: kept[name] for name in kept.files}
        p = iter(found["choices"].tolist())
        return Tags(
            found["chance"],
            found["tension"],
            found["sizes"],
            found["directions"],
            dict(zip(SCALES, found["scales"].tolist(), strict=True)),
            {name: {a: next(p) for a in answers} for name, answers in CHOICES.items()},
            *self._fixed,
        )

    @property
    def _fixed(self) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """Thresholds, what opens a passage, and corrections, of every family."""
        known = self.record["families"]
        threshold, opens, correction = (
            {f: known[f][name] for f in FAMILIES} for name in ("threshold", "opens", "correction")
        )
        return threshold, opens, correction

    def _answers(self, sentence: NDArray[np.float32], numbers: NDArray[np.float64]) -> Tags:
        known, curve = self.record["families"], self.record["tension"]
        slope = np.asarray([known[f]["slope"] for f in FAMILIES])
        offset = np.asarray([known[f]["offset"] for f in FAMILIES])
        parts = np.split(sentence, np.cumsum([len(FAMILIES), 1, len(SIZES)]), axis=1)
        lines = self.lines
        standard = np.clip((numbers - lines["mean"]) / lines["deviation"], -5, 5)
        values = lines["scales"] @ standard + lines["scales_at"]
        heat = lines["choices"] @ standard + lines["choices_at"]
        scales = {
            name: round(float(min(max(value, low), high)), 3)
            for value, (name, (low, high)) in zip(values, SCALES.items(), strict=True)
        }
        choices, at = {}, 0
        for name, answers in CHOICES.items():
            p = _softmax(heat[None, at : at + len(answers)])[0]
            choices[name] = {a: round(float(x), 3) for a, x in zip(answers, p, strict=True)}
            at += len(answers)
        return Tags(
            _rounded(1 / (1 + np.exp(-(slope * parts[0] + offset)))),
            _rounded(np.clip(curve["slope"] * parts[1][:, 0] + curve["offset"], 0, 1)),
            _rounded(_softmax(parts[2])),
            _rounded(_softmax(parts[3][:, : len(DIRECTIONS)])),
            scales,
            choices,
            *self._fixed,
        )


def load_tagger(folder: str | Path | None = None) -> Tagger:
    """Load the tagger that ships with the package, or one from a folder.

    Raises
    ------
    MissingTagger
        If files are missing, damaged, or of another version; with the way out.
    """
    return _load(Path(folder) if folder else data_dir("corpora") / "tagger")


@lru_cache(maxsize=2)
def _load(folder: Path) -> Tagger:
    import onnxruntime
    from tokenizers import Tokenizer as Loader

    content = _contents(folder)
    record = json.loads(content[RECORD])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3

    def session(name: str) -> InferenceSession:
        return onnxruntime.InferenceSession(
            content[name], options, providers=["CPUExecutionProvider"]
        )

    tokenizer = Loader.from_str(content["tokenizer.json"].decode("utf-8"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with np.load(io.BytesIO(content["story.npz"]), allow_pickle=False) as kept:
        lines = {name: np.asarray(kept[name], dtype=np.float64) for name in kept.files}
    version = hashlib.sha256(content[RECORD]).hexdigest()[:12]
    return Tagger(
        version, record, tokenizer, session("encoder.onnx"), session("reader.onnx"), lines
    )


def _contents(folder: Path) -> dict[str, bytes]:
    """Bytes of all files, once their hashes are those of the record."""
    again = "reinstall storyscope, or score with --fast, which leaves the tagger out."
    content: dict[str, bytes] = {}
    for name in (RECORD, *FILES):
        try:
            content[name] = (folder / name).read_bytes()
        except OSError as error:
            raise MissingTagger(f"The tagger's file {name} cannot be read; {again}") from error
    try:
        record = json.loads(content[RECORD])
        layout, hashes = record["layout"], record["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise MissingTagger(f"The tagger's record {RECORD} is damaged; {again}") from error
    if layout != LAYOUT:
        raise MissingTagger(
            f"The tagger in {folder} has layout {layout}, this version of storyscope reads "
            f"layout {LAYOUT}; {again}"
        )
    for name in FILES:
        if hashlib.sha256(content[name]).hexdigest() != hashes.get(name):
            raise MissingTagger(f"The tagger's file {name} is damaged or not its own; {again}")
    return content


def _softmax(x: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True), dtype=np.float32)


def _rounded(x: NDArray[Any]) -> NDArray[np.float32]:
    """Four decimals, so that the last bit of a float decides nothing."""
    return np.round(x, 4).astype(np.float32)
