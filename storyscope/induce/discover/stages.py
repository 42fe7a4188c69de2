"""A file for every stage: JSON lines, a head first, to be read, edited, or deleted and made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyscope.errors import OutputError
from storyscope.paths import written_whole

__all__ = ["STAGES", "Stage", "digest", "is_stage", "read_stage", "stage_path", "write_stage"]

MADE_BY = "storyscope induce --model"
STAGES = ("split", "templates", "letters", "comparisons", "questions", "merged", "gate", "pilot",
          "tests")  # fmt: skip
"""In the order in which they are made."""


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
