"""LitBank's gold annotations: realis events, entities, quotations and speakers.

LitBank (Bamman, Popat and Shen 2019; Sims, Park and Bamman 2019; CC BY 4.0) annotates 100 texts of
about 2,000 words. It is read from the user's copy, a ``.tar.gz`` or a folder with the parts
``events/tsv``, ``entities/tsv``, ``quotations/tsv`` and ``coref/brat``.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.errors import CorpusError

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from storyscope.extract.pipeline import Pipeline

__all__ = ["GoldText", "parse_gold", "read_litbank", "share_interval"]


@dataclass(frozen=True)
class GoldText:
    """One annotated text, in LitBank's own tokens.

    Spans are token offsets [start, end). `mentions` are (start, end, type, form, entity), where
    type is PER, LOC, FAC, GPE, VEH or ORG, form is PROP, NOM or PRON, and entity is the
    coreference chain. `quotations` are (start, end, speaker).
    """

    name: str
    sentences: list[list[str]]
    events: set[int]
    entities: list[tuple[int, int, str]]
    mentions: list[tuple[int, int, str, str, str]] = field(default_factory=list)
    quotations: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """All tokens in order."""
        return [word for sentence in self.sentences for word in sentence]


def read_litbank(path: str | Path) -> list[GoldText]:
    """Read every annotated text, in order of name.

    Raises
    ------
    CorpusError
        If the path holds no LitBank annotations.
    """
    files = dict(_files(Path(path)))
    names = sorted(
        name.split("/")[-1][: -len("_brat.tsv")] for name in files if "events/tsv/" in name
    )
    if not names:
        raise CorpusError(
            f"{path} holds no LitBank annotations: expected events/tsv/*.tsv in a folder or .tar.gz."
        )
    return [_gold_text(name, files) for name in names]


def parse_gold(texts: list[GoldText], pipeline: Pipeline) -> Iterator[Doc]:
    """Parse LitBank's tokens as they stand; sentences are LitBank's, paragraphs are not marked."""
    from spacy.tokens import Doc

    plain = {"“": '"', "”": '"', "‘": "'", "’": "'", "``": '"', "''": "'", "'”": '"', "“'": '"'}
    for text in texts:
        starts: list[bool | int | None] = [
            i == 0 for sentence in text.sentences for i, _ in enumerate(sentence)
        ]
        raw = _directed(text.words)
        # A blank after every token except inside an opening and before a closing mark.
        tight_after = [w in ("“", "‘", "``", "(", "[") for w in raw]
        tight_before = [w in ("”", "''", ",", ".", "!", "?", ";", ":", ")", "]") for w in raw]
        spaces = [
            not (after or before)
            for after, before in zip(tight_after, [*tight_before[1:], False], strict=True)
        ]
        words = [plain.get(w, w.replace("’", "'")) for w in raw]
        doc = Doc(pipeline.nlp.vocab, words=words, spaces=spaces, sent_starts=starts)
        yield pipeline.nlp(doc)


def share_interval(right: Any, whole: Any) -> tuple[float, float]:
    """95% interval of a share over texts, the texts being drawn anew 2,000 times.

    Parameters
    ----------
    right, whole : array of shape (n_texts,)
        Right things of every text, and things they are a share of.

    Examples
    --------
    >>> low, high = share_interval([8, 9, 4], [10, 10, 8])
    >>> low < 0.75 < high
    True
    """
    right, whole = np.asarray(right, dtype=float), np.asarray(whole, dtype=float)
    draws = np.random.default_rng(0).integers(len(right), size=(2000, len(right)))
    shares = right[draws].sum(1) / np.maximum(whole[draws].sum(1), 1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)


def _directed(words: list[str]) -> list[str]:
    """Lone straight single quotes told apart: closing after punctuation, else opening."""
    directed, opened = [], False
    for i, word in enumerate(words):
        if word == "'":
            closes = opened and i > 0 and words[i - 1] in {",", ".", "!", "?", ";", "--", "—", "-"}
            if closes or not opened:
                opened = not closes
                word = "''" if closes else "‘"
        directed.append(word)
    return directed


def _files(path: Path) -> Iterator[tuple[str, str]]:
    parts = ("events/tsv/", "entities/tsv/", "quotations/tsv/", "coref/brat/")
    if path.is_dir():
        for file in sorted(path.rglob("*_brat.*")):
            name = file.relative_to(path).as_posix()
            if any(part in f"/{name}" for part in parts):
                yield name, file.read_text(encoding="utf-8")
        return
    if not path.is_file():
        raise CorpusError(f"There is no LitBank copy at {path}.")
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            if member.isfile() and any(part in member.name for part in parts):
                handle = archive.extractfile(member)
                if handle is not None:
                    yield member.name.removeprefix("./"), handle.read().decode("utf-8")


def _gold_text(name: str, files: dict[str, str]) -> GoldText:
    def find(part: str, ending: str) -> str:
        wanted = f"{part}/{name}_brat.{ending}"
        return next((text for file, text in files.items() if file.endswith(wanted)), "")

    sentences: list[list[str]] = []
    events: set[int] = set()
    n = 0
    current: list[str] = []
    for line in find("events/tsv", "tsv").split("\n"):
        if not line.strip():
            if current:
                sentences.append(current)
            current = []
            continue
        word, label = line.split("\t")[:2]
        if label == "EVENT":
            events.add(n)
        current.append(word)
        n += 1
    if current:
        sentences.append(current)
    return GoldText(
        name,
        sentences,
        events,
        _entities(find("entities/tsv", "tsv")),
        _mentions(find("coref/brat", "txt"), find("coref/brat", "ann")),
        _quotations(find("quotations/tsv", "txt"), find("quotations/tsv", "ann")),
    )


def _entities(tsv: str) -> list[tuple[int, int, str]]:
    """Nested entity layers, each in begin/inside/outside labels."""
    rows = [line.split("\t") for line in tsv.split("\n") if line.strip()]
    found: list[tuple[int, int, str]] = []
    for layer in range(1, max(map(len, rows), default=1)):
        start, kind = -1, ""
        for i, row in enumerate([*rows, []]):
            label = row[layer] if layer < len(row) else "O"
            if start >= 0 and not label.startswith("I-"):
                found.append((start, i, kind))
                start = -1
            if label.startswith("B-"):
                start, kind = i, label[2:]
    return sorted(found)


def _token_at(text: str) -> dict[int, int]:
    """Token index of every character that begins a token, tokens being split at blanks."""
    positions, n, inside = {}, 0, False
    for i, char in enumerate(text):
        if char.isspace():
            inside = False
        elif not inside:
            positions[i] = n
            n += 1
            inside = True
    return positions


def _mentions(text: str, ann: str) -> list[tuple[int, int, str, str, str]]:
    """Mentions stand twice in the file: once with form and type, once with the entity's name."""
    starts = _token_at(text)
    forms: list[tuple[int, int, str]] = []
    entity: dict[tuple[int, int], str] = {}
    for line in ann.split("\n"):
        fields = line.split("\t")
        if not line.startswith("T") or len(fields) < 3:
            continue
        label, begin, end = fields[1].split()[:3]
        a, b = int(begin), int(end)
        if a not in starts:
            continue
        if label.split("_")[0] in ("PROP", "NOM", "PRON") and label.count("_") == 1:
            forms.append((a, b, label))
        else:
            entity[a, b] = label
    found = []
    for a, b, label in forms:
        form, _, kind = label.partition("_")
        first = starts[a]
        name = entity.get((a, b), "")
        found.append((first, first + len(text[a:b].split()), kind, form, name))
    return sorted(set(found))


def _quotations(text: str, ann: str) -> list[tuple[int, int, str]]:
    line_starts, n = [], 0
    for line in text.split("\n"):
        line_starts.append(n)
        n += len(line.split())
    speakers: dict[str, str] = {}
    spans: dict[str, tuple[int, int]] = {}
    for line in ann.split("\n"):
        fields = line.split("\t")
        if fields[0] == "QUOTE":
            a_line, a, b_line, b = (int(f) for f in fields[2:6])
            spans[fields[1]] = (line_starts[a_line] + a, line_starts[b_line] + b + 1)
        elif fields[0] == "ATTRIB":
            speakers[fields[1]] = fields[2]
    return sorted((*span, speakers.get(key, "")) for key, span in spans.items())
