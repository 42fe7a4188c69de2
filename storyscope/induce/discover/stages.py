"""A file for every stage: JSON lines, a head first, to be read, edited, or deleted and made again."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyscope.errors import ModelError, OutputError
from storyscope.paths import written_whole

__all__ = [
    "STAGES", "Made", "Stage", "digest", "failures", "is_stage", "made_stage", "read_stage", "some",
    "stage_path", "stage_rows", "write_stage",
]  # fmt: skip

MADE_BY = "storyscope induce --model"
STAGES = ("split", "templates", "letters", "comparisons", "questions", "merged", "gate", "pilot",
          "tests")  # fmt: skip
"""In the order in which they are made."""
Made = tuple[dict[str, Any], list[dict[str, Any]]]
"""The counts of a stage and its rows."""


@dataclass(frozen=True)
class Stage:
    """What a stage came to.

    Attributes
    ----------
    head : dict
        What it was made from, and its counts.
    rows : list of dict
    digest : str
        Of the file's content; what is made from it goes by this.
    """

    head: dict[str, Any]
    rows: list[dict[str, Any]]
    digest: str


def digest(*parts: Any) -> str:
    """Short hash of plain data.

    >>> digest("a", [1]) == digest("a", [1]), digest("a") == digest("b")
    (True, False)
    """
    plain = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def stage_path(folder: Path, name: str) -> Path:
    """Where a stage lies; numbers keep them in order.

    >>> stage_path(Path("x"), "templates").name
    '2_templates.jsonl'
    """
    return folder / f"{STAGES.index(name) + 1}_{name}.jsonl"


def read_stage(folder: Path, name: str, made_from: str | None) -> Stage | None:
    """A stage on disk; None if it is not there or was made from something else.

    Parameters
    ----------
    folder : Path
    name : str
    made_from : str or None
        What it must have been made from; None takes it as it is.

    Raises
    ------
    OutputError
        If its file is damaged.
    """
    path = stage_path(folder, name)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    rows = []
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise OutputError(
                f"{path} is damaged in line {number}; mend it, or delete it to have it made again "
                "from the replies on disk."
            )
        rows.append(row)
    if not rows or made_from not in (None, rows[0].get("made_from")):
        return None
    return Stage(rows[0], rows[1:], hashlib.sha256(content).hexdigest()[:16])


def write_stage(
    folder: Path, name: str, made_from: str, head: dict[str, Any], rows: Iterable[dict[str, Any]]
) -> None:
    """Write a stage, whole or not at all."""
    first = {"made_by": MADE_BY, "stage": name, "made_from": made_from, **head}
    text = "".join(json.dumps(r, ensure_ascii=False, default=str) + "\n" for r in [first, *rows])
    with written_whole(stage_path(folder, name), is_stage) as partial:
        partial.write_text(text, encoding="utf-8", errors="surrogatepass")


def is_stage(path: Path) -> bool:
    """Whether a file is a stage, by its first line."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline().startswith(f'{{"made_by": "{MADE_BY}"')
    except OSError:
        return False


def made_stage(folder: Path, name: str, made_from: str, make: Callable[[], Made]) -> Stage:
    """A stage from its file, or made and written."""
    kept = read_stage(folder, name, made_from)
    if kept is None:
        head, rows = make()
        write_stage(folder, name, made_from, head, rows)
        kept = read_stage(folder, name, made_from)
    assert kept is not None
    return kept


def stage_rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """Rows of a stage that was made before."""
    stage = read_stage(folder, name, None)
    return stage.rows if stage is not None else []


def failures(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How many requests led nowhere, for the head of a stage.

    >>> failures([{"failed": "refusal"}, {}]), failures([{}])
    ({'failed': 1}, {})
    """
    failed = sum("failed" in r for r in rows)
    return {"failed": failed} if failed else {}


def some(stage: Stage, said: str) -> Stage:
    """The stage, unless every request of it led nowhere."""
    if stage.rows and all("failed" in r for r in stage.rows):
        why = Counter(r["failed"].partition(":")[0] for r in stage.rows)
        told = ", ".join(f"{n} {reason}" for reason, n in why.most_common())
        raise ModelError(
            f"{said} ({told}). Replies are kept; --ask-again asks once more, another --model may do "
            "better, and stories that are too long for a model have to be left out."
        )
    return stage
