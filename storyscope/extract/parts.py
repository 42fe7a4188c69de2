"""What an unfinished run leaves on disk, and what of it another run may go on with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from storyscope.errors import OutputError, StoryscopeError
from storyscope.extract.settings import Settings, differences, record_of
from storyscope.paths import written_whole

__all__ = [
    "begin", "check_parts", "clear", "how_to_go_on", "in_order", "keep", "last_number", "rows_of",
    "stands",
]  # fmt: skip

MARK = "settings.txt"
"""File of an unfinished run that says what it measures and how."""


def check_parts(parts: Path, settings: Settings, resume: bool) -> None:
    """Refuse what an earlier run left, if this one does not go on with it."""
    if not parts.exists():
        return
    mark = parts / MARK
    if not parts.is_dir() or (_holds_anything(parts) and not mark.is_file()):
        raise OutputError(
            f"{parts}, where finished parts are kept, is something else; move it away, or name "
            "another output."
        )
    if not any(parts.glob("[0-9]" * 6 + ".*")):
        return
    if not resume:
        raise StoryscopeError(
            f"An unfinished run lies in {parts}; continue with --resume, or delete the "
            "folder to start over."
        )
    try:
        before = json.loads(mark.read_text(encoding="utf-8"))
        told = differences(before, record_of(settings))
    except (ValueError, AttributeError):  # written by another version of storyscope
        told = ["with other settings"]
    if told:
        raise StoryscopeError(
            f"The unfinished run in {parts} was made {', '.join(told)}; give the same options "
            "again to go on with it, or delete that folder to begin anew."
        )


def begin(parts: Path, settings: Settings) -> None:
    """Make the folder of parts, and say in it what is measured and how."""
    parts.mkdir(exist_ok=True)
    _write_whole(parts / MARK, json.dumps(record_of(settings), sort_keys=True))


def keep(parts: Path, number: int, shard: list[dict[str, Any]]) -> None:
    """Write the rows of a finished shard, whole."""
    text = "".join(json.dumps(row, allow_nan=True) + "\n" for row in shard)
    _write_whole(parts / f"{number:06d}.jsonl", text)


def last_number(parts: Path) -> int:
    """Number of the last shard; 0 where there is none."""
    return max((int(file.stem) for file in _shard_files(parts)), default=0)


def _holds_anything(parts: Path) -> bool:
    """Whether a folder holds more than what a killed run leaves under hidden names."""
    return any(not path.name.startswith(".") for path in parts.iterdir())


def _shard_files(parts: Path) -> list[Path]:
    return sorted(parts.glob("[0-9]" * 6 + ".jsonl"))


def rows_of(parts: Path) -> Iterator[dict[str, Any]]:
    """Rows of all finished shards."""
    for part in _shard_files(parts):
        with part.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                try:
                    row = json.loads(line)
                    row["story_id"], row["_digest"], row["_looked"]
                except (ValueError, KeyError, TypeError) as error:
                    raise StoryscopeError(
                        f"{part}, a part of an unfinished run, is damaged; delete that file, and "
                        "--resume measures its stories again."
                    ) from error
                yield row


def stands(row: Mapping[str, Any], digests: Mapping[str, str]) -> bool:
    """Whether a row is of a story that is still the same."""
    return digests.get(row["story_id"]) == row["_digest"]


def in_order(
    parts: Path, ids: Mapping[str, int], digests: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Rows of stories that are still the same, as the stories stand in the corpus, one in memory."""
    places: dict[str, tuple[Path, int]] = {}
    for part in _shard_files(parts):
        at = 0
        with part.open("rb") as lines:
            for line in lines:
                row = json.loads(line)
                if stands(row, digests):
                    places[row["story_id"]] = part, at
                at += len(line)
    for story_id in sorted(places, key=ids.__getitem__):
        part, at = places[story_id]
        with part.open("rb") as lines:
            lines.seek(at)
            yield json.loads(lines.readline())


def how_to_go_on(parts: Path, digests: Mapping[str, str]) -> str:
    """What a run that is stopped leaves, in a sentence; a folder without any row is cleared away."""
    ids = {row["story_id"] for row in rows_of(parts) if stands(row, digests)}
    if not ids:
        clear(parts)
        return "No story was measured yet."
    return (
        f"{len(ids)} of {len(digests)} stories are measured and kept in {parts}; run the same "
        "command with --resume to go on."
    )


def clear(parts: Path) -> None:
    """Delete what a finished run kept, and nothing else."""
    for file in (*_shard_files(parts), parts / MARK):
        file.unlink(missing_ok=True)
    with suppress(OSError):  # something of the user's lies in it
        parts.rmdir()


def _write_whole(path: Path, text: str) -> None:
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")
