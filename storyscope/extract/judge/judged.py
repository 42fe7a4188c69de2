"""Judged answers in the feature table, and everything behind them beside it.

A feature that only a judge answers has its column under its own id. One that is measured as well
keeps the measure under its id, and the judge's answer stands in a second column, ``ID@judge``,
with the same values. Analyses take the columns that are named by an id; `agreement` takes both.

Beside ``table.parquet`` lie ``table.judged.jsonl``, a line an answer (value, confidence, quotations
with their places, or why there is none), and ``table.usage.json``, what it all cost.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import JUDGED, Codebook, default_codebook
from storyscope.corpus import Corpus
from storyscope.errors import TableError
from storyscope.extract.judge.plan import Answer, Plan, read_answers
from storyscope.extract.judge.store import Answers
from storyscope.paths import written_whole
from storyscope.table import check_table
from storyscope.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["add_answers", "base_table", "column", "read_sidecar", "sidecar", "write_sidecar"]


def column(feature_id: str, codebook: Codebook) -> str:
    """Name of the column that holds a judged answer.

    >>> from storyscope.codebook import default_codebook
    >>> column("PLT_CON_01", default_codebook())
    'PLT_CON_01@judge'
    """
    measured = "measure" in codebook[feature_id].answered_by
    return f"{feature_id}{JUDGED}" if measured else feature_id


def sidecar(table: str | Path, what: str) -> Path:
    """Where what belongs to a table lies: ``judged.jsonl`` or ``usage.json``."""
    return Path(table).with_suffix(f".{what}")


def write_sidecar(
    corpus: Corpus, plan: Plan, answers: Answers, path: Path
) -> tuple[dict[str, dict[str, Any]], Counter[str]]:
    """Write every answer about a corpus, a line each, whole or not at all.

    Returns
    -------
    dict
        For every story, the value of every answered question of the first reading.
    Counter
        Answers by status; unanswered ones by reason as well.
    """
    values: dict[str, dict[str, Any]] = {}
    tally: Counter[str] = Counter()
    with written_whole(path) as partial, partial.open("w", encoding="utf-8") as out:
        for story in corpus:
            row = values.setdefault(story.id, {})
            for answer in read_answers(answers, plan, story):
                tally[answer.status] += 1
                if answer.reason:
                    tally[f"unanswered: {answer.reason}"] += 1
                if answer.sample == 0 and answer.status == "answered":
                    row[answer.feature_id] = answer.value
                out.write(json.dumps(_line(story.id, answer), ensure_ascii=False) + "\n")
    return values, tally


def _line(story_id: str, answer: Answer) -> dict[str, Any]:
    plain = {"story_id": story_id, **asdict(answer)}
    return {k: v for k, v in plain.items() if v not in (None, "", ())}


def read_sidecar(table: str | Path) -> Iterator[dict[str, Any]]:
    """Answers behind a judged table, as written beside it.

    Raises
    ------
    TableError
        If no judged answers lie beside the table.
    """
    path = sidecar(table, "judged.jsonl")
    if not path.is_file():
        raise TableError(
            f"No judged answers lie beside {table} ({path.name} is missing); make them with "
            "`storyscope score CORPUS --judge MODEL`."
        )
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def base_table(corpus: Corpus) -> pd.DataFrame:
    """Keys and length of every story: what judged columns are added to if nothing is measured."""
    import pandas as pd

    from storyscope.corpus import normalise

    rows = [
        {
            "story_id": story.id,
            "source": story.source,
            "prompt_id": story.prompt_id,
            "words": len(normalise(story.text).text.split()),
        }
        for story in corpus
    ]
    table = pd.DataFrame(rows, columns=["story_id", "source", "prompt_id", "words"])
    table.attrs["storyscope"] = {
        "storyscope": __version__,
        "codebook": default_codebook().version,
        "pipeline": "not parsed",
        "normalised": {},
        "meta": [],
        "stories": len(rows),
    }
    return table


def add_answers(
    table: pd.DataFrame,
    values: dict[str, dict[str, Any]],
    plan: Plan,
    codebook: Codebook,
    about: dict[str, Any],
) -> pd.DataFrame:
    """The table with a column for every judged question, after those that it has.

    Parameters
    ----------
    table : DataFrame
        With `story_id`.
    values : dict
        As `write_sidecar` returns it.
    plan, codebook
        What was asked.
    about : dict
        Goes into the table's record of what made it, as ``judge``.

    Returns
    -------
    DataFrame
        Checked; missing where undefined or unanswered, which the sidecar tells apart.
    """
    import pandas as pd

    columns = {
        column(f.id, codebook): [values.get(s, {}).get(f.id) for s in table["story_id"]]
        for f in plan.features
    }
    judged = pd.DataFrame(columns, index=table.index, dtype=object)
    joined = pd.concat([table.drop(columns=list(columns), errors="ignore"), judged], axis=1)
    made_by = dict(table.attrs.get("storyscope", {}))
    joined.attrs["storyscope"] = {**made_by, "judge": about}
    return check_table(joined, codebook)
