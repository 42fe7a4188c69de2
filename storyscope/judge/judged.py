"""Judged answers in the feature table, and everything behind them beside it.

A feature that only a judge answers has its column under its own id. One that is measured as well
keeps the measure under its id, and the judge's answer stands in a second column, ``ID@judge``,
with the same values. Analyses take the columns that are named by an id; `agreement` takes both.

Beside ``table.parquet`` lie ``table.judged.jsonl``, a line an answer (value, confidence, quotations
with their places, or why there is none), and ``table.usage.json``, what it all cost. Answers were
paid for: a judged table is only ever added to.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from storyscope.codebook import JUDGED, Codebook, default_codebook
from storyscope.corpus import Corpus
from storyscope.corpus.suspects import words as words_of
from storyscope.errors import TableError
from storyscope.judge.plan import Answer, Plan, read_answers
from storyscope.paths import written_whole
from storyscope.providers.store import Answers
from storyscope.table import check_table, judged_columns, read_table
from storyscope.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Earlier",
    "add_answers",
    "add_earlier",
    "base_table",
    "column",
    "earlier",
    "fingerprint",
    "read_sidecar",
    "sidecar",
    "write_sidecar",
]

NOT_PARSED = "not parsed"
"""Stands for the pipeline where nothing was measured."""


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


@dataclass(frozen=True)
class Earlier:
    """A judged table that lies where another is to be written; its answers were paid for.

    Attributes
    ----------
    table : DataFrame
    columns : list of str
        Those that hold answers.
    record : dict
        What its usage file says, or else its own record of the judge.
    """

    table: pd.DataFrame
    columns: list[str]
    record: dict[str, Any]


def earlier(target: str | Path, corpus: Corpus, plan: Plan, codebook: Codebook) -> Earlier | None:
    """The judged table at a path, which answers about this corpus can be added to.

    Raises
    ------
    TableError
        If adding would lose or mix answers: they are another model's, or about other stories.
    """
    target = Path(target)
    columns = judged_columns(target, codebook)
    if not columns:
        return None
    table = read_table(target, codebook)
    usage = sidecar(target, "usage.json")
    try:
        record = json.loads(usage.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = None
    if not isinstance(record, dict):
        record = dict(table.attrs["storyscope"].get("judge", {}))
    now = {"model": plan.model, "effort": plan.effort, "codebook": codebook.version}
    ids = frozenset(table["story_id"])
    texts, found = fingerprint(corpus, ids)
    differences = [
        f"its {name} is {record[name]!r}, not {value!r}"
        for name, value in now.items()
        if record.get(name, value) != value
    ]
    if lost := sorted(ids - found):
        differences.append(f"the corpus lacks {len(lost)} of its stories, as {lost[0]!r}")
    elif record.get("texts", texts) != texts:
        differences.append("texts of its stories have changed since")
    if differences:
        raise TableError(
            f"{target} holds a judge's answers, which were paid for, and these cannot be added to "
            f"it: {'; '.join(differences)}. Name another table with -o."
        )
    return Earlier(table, columns, record)


def fingerprint(corpus: Corpus, ids: frozenset[str]) -> tuple[str, frozenset[str]]:
    """A hash of the texts of some stories, whatever their order, and the ids that were found."""
    texts = {
        story.id: sha256(story.text.encode("utf-8", "surrogatepass")).hexdigest()
        for story in corpus
        if story.id in ids
    }
    return sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()[:16], frozenset(texts)


def add_earlier(table: pd.DataFrame, before: Earlier | None, codebook: Codebook) -> pd.DataFrame:
    """The table with the judged columns of an earlier one; with all, where nothing is measured."""
    if before is None:
        return table
    made_by = dict(table.attrs.get("storyscope", {}))
    measured = made_by.get("pipeline") != NOT_PARSED
    old = before.table.set_index("story_id")
    added = {
        name: old[name].reindex(table["story_id"]).to_numpy()
        for name in (before.columns if measured else old.columns)
        if name not in table.columns
    }
    joined = table.assign(**added)
    made_before = before.table.attrs.get("storyscope", {})
    if not measured:
        made_by = {**made_by, **made_before, "stories": len(table)}
    if "judge" in made_before:
        made_by["judge"] = made_before["judge"]
    joined.attrs["storyscope"] = made_by
    return check_table(joined, codebook)


def write_sidecar(
    corpus: Corpus, plan: Plan, answers: Answers, path: Path, *, add: bool = False
) -> tuple[dict[str, dict[str, Any]], Counter[str]]:
    """Write every answer about a corpus, a line each, whole or not at all.

    With `add`, answers that the file holds already stay in it, unless there is a newer one to the
    same question.

    Returns
    -------
    dict
        For every story, the value of every answered question of the first reading, None where it
        does not apply.
    Counter
        Answers of this plan by status; unanswered ones by reason as well.
    """
    values: dict[str, dict[str, Any]] = {}
    tally: Counter[str] = Counter()
    with (
        _Lines(path if add else None) as before,
        written_whole(path) as partial,
        partial.open("w", encoding="utf-8") as out,
    ):
        for story in corpus:
            row = values.setdefault(story.id, {})
            kept = {(x["feature_id"], x.get("sample", 0)): x for x in before.of(story.id)}
            lines = []
            for answer in read_answers(answers, plan, story):
                line = _line(story.id, answer)
                old = kept.pop((answer.feature_id, answer.sample), line)
                lines.append(old if answer.status == "unanswered" else line)
            for line in lines:
                tally[line["status"]] += 1
                if "reason" in line:
                    tally[f"unanswered: {line['reason']}"] += 1
            lines += kept.values()
            for line in lines:
                if line.get("sample", 0) == 0 and line["status"] != "unanswered":
                    row[line["feature_id"]] = line.get("value")
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
    return values, tally


class _Lines:
    """Lines of a file of answers by story; only where they lie is kept in memory."""

    def __init__(self, path: Path | None):
        self._file: IO[bytes] | None = path.open("rb") if path and path.is_file() else None
        self._places: dict[str, list[int]] = {}

    def __enter__(self) -> _Lines:
        if self._file is not None:
            place = 0
            for line in self._file:
                try:
                    story_id = json.loads(line)["story_id"]
                except (ValueError, KeyError, TypeError):
                    self._file.close()
                    raise TableError(
                        f"{self._file.name} is damaged at byte {place}; restore a copy of it, or move "
                        "it and its table away and run again."
                    ) from None
                self._places.setdefault(story_id, []).append(place)
                place += len(line)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def of(self, story_id: str) -> Iterator[dict[str, Any]]:
        """Answers about one story."""
        for place in self._places.get(story_id, ()):
            assert self._file is not None
            self._file.seek(place)
            yield json.loads(self._file.readline())


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


def base_table(corpus: Corpus, codebook: Codebook | None = None) -> pd.DataFrame:
    """Keys and length of every story: what judged columns are added to if nothing is measured."""
    import pandas as pd

    from storyscope.corpus import normalise

    rows = [
        {
            "story_id": story.id,
            "source": story.source,
            "prompt_id": story.prompt_id,
            "words": len(words_of(normalise(story.text).text)),
        }
        for story in corpus
    ]
    table = pd.DataFrame(rows, columns=["story_id", "source", "prompt_id", "words"])
    table.attrs["storyscope"] = {
        "storyscope": __version__,
        "codebook": (codebook or default_codebook()).version,
        "pipeline": NOT_PARSED,
        "normalised": {},
        "meta": [],
        "stories": len(rows),
    }
    if codebook is not None:
        table.attrs["storyscope"]["codebook_name"] = codebook.name
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
        Checked; missing where undefined or unanswered, which the sidecar tells apart. Where there
        is nothing newer, an answer that the table has already stays.
    """
    import pandas as pd

    def cells(feature_id: str, name: str) -> list[Any]:
        before = table[name].astype(object) if name in table else [None] * len(table)
        pairs = zip(table["story_id"], before, strict=True)
        return [values.get(story, {}).get(feature_id, old) for story, old in pairs]

    names = {f.id: column(f.id, codebook) for f in plan.features}
    columns = {name: cells(feature_id, name) for feature_id, name in names.items()}
    judged = pd.DataFrame(columns, index=table.index, dtype=object)
    joined = pd.concat([table.drop(columns=list(columns), errors="ignore"), judged], axis=1)
    made_by = dict(table.attrs.get("storyscope", {}))
    joined.attrs["storyscope"] = {**made_by, "judge": about}
    return check_table(joined, codebook)
