"""What a worker of a cluster does: look through a piece of the corpus, and measure it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from storyscope.corpus import Story
from storyscope.corpus.files import brief
from storyscope.corpus.ids import LaterIds
from storyscope.corpus.pieces import Cut, Piece, read_piece
from storyscope.corpus.story import BadRow
from storyscope.errors import CorpusError, StoryscopeError
from storyscope.extract.rows import like_a_feature, measure_shard, short_meta
from storyscope.extract.run import story_digest
from storyscope.extract.settings import Settings, differences, record_of
from storyscope.table import encodable

__all__ = ["Rows", "Seen", "Task", "look", "measure"]

ATTEMPTS = 2
"""Times that a story is tried which raises an error."""


class Seen(NamedTuple):
    """What is known of a piece before it is measured; no text."""

    ids: LaterIds
    lines: list[int]
    problems: list[BadRow]
    notes: Mapping[str, int]
    sources: set[str]
    words: list[int]
    digest: str
    meta: dict[str, dict[str, Any]]
    left_out: list[str]


class Task(NamedTuple):
    """A piece to be measured, with the ids that its stories have; None leaves a story out."""

    whole: Cut
    piece: Piece
    names: list[str | None]
    digest: str
    settings: Settings
    made: dict[str, Any]


class Rows(NamedTuple):
    """What is measured of a piece."""

    rows: list[dict[str, Any]]
    skipped: list[dict[str, str]]


_one = threading.Lock()
"""A process measures one piece at a time, however many threads a worker has."""


def look(whole: Cut, piece: Piece, features: frozenset[str]) -> Seen:
    """What a piece holds, without its texts."""
    read = read_piece(whole, piece)
    meta: dict[str, dict[str, Any]] = {}
    left_out: dict[str, None] = {}
    for story in read.stories:
        left_out.update(dict.fromkeys(filter(like_a_feature, map(str, story.meta))))
        for name, value in short_meta(story, features).items():
            meta.setdefault(name, {}).setdefault(_kind(value), value)
    return Seen(
        read.ids,
        read.lines,
        read.problems,
        dict(read.notes),
        {story.source for story in read.stories},
        [len(story.text.split()) for story in read.stories],
        _digest(read.stories),
        meta,
        list(left_out),
    )


def _kind(value: Any) -> str:
    """What of a value decides how its column is kept, see `storyscope.table.textual`."""
    if isinstance(value, str):
        return "text" if encodable(value) == value else "halves"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"int {abs(value) > 2**53} {value.bit_length() > 62} {value < 0}"
    return type(value).__name__


def _digest(stories: list[Story]) -> str:
    return hashlib.sha256("".join(map(story_digest, stories)).encode()).hexdigest()[:32]


def measure(task: Task, chosen: list[int] | None = None) -> Rows:
    """Rows of a piece, or of some of its stories; one that raises an error is left out."""
    mine = {**record_of(task.settings), "tagger": _tagger(task.settings)}
    if told := differences(task.made, mine):
        raise StoryscopeError(
            f"A worker measures {' and '.join(told)} than this machine; install the same version of "
            "storyscope on all."
        )
    with _one:
        found = read_piece(task.whole, task.piece).stories
        if len(found) != len(task.names) or _digest(found) != task.digest:
            raise CorpusError(
                f"The corpus {task.whole.url} changed while it was scored; score it again when "
                "nothing writes to it any more."
            )
        rows, skipped = [], []
        for number in chosen if chosen is not None else range(len(found)):
            name, story = task.names[number], found[number]
            if name is None:
                continue
            story = Story(
                name, story.text, story.source, story.prompt_id or name, story.prompt, story.title,
                story.meta,
            )  # fmt: skip
            try:
                rows += _tried(story, task.settings)
            except StoryscopeError:
                raise  # what a worker lacks, it lacks for all stories
            except Exception as error:
                reason = f"{type(error).__name__}: {brief(error)}"[:200]
                skipped.append({"id": name, "reason": reason})
    return Rows(rows, skipped)


def _tagger(settings: Settings) -> str | None:
    """Version of this machine's tagger, where one is used."""
    from storyscope.extract.tagger import load_tagger

    return load_tagger().version if settings.tagger is not None else None


def _tried(story: Story, settings: Settings) -> list[dict[str, Any]]:
    for _ in range(ATTEMPTS - 1):
        with suppress(Exception):
            return measure_shard([story], settings)
    return measure_shard([story], settings)
