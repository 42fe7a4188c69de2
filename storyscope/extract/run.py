"""A corpus measured: shards, workers, progress, and going on after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import Codebook, default_codebook
from storyscope.corpus import Corpus, Normalisation, Story, normalise
from storyscope.corpus.findings import Findings, finding_of
from storyscope.errors import CorpusError, StoryscopeError, TableError
from storyscope.paths import written_whole
from storyscope.table import KEYS, check_table, write_table
from storyscope.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MEASURES_VERSION", "Progress", "Settings", "measured_ids", "score", "score_to_file"]

MEASURES_VERSION = 1
"""Raised whenever any measure may give another value than before; tables record it."""

SHARD_WORDS = 20_000
"""Words in a shard: what is lost at most when a run is killed, for each worker."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides a value, apart from the text.

    Attributes
    ----------
    features : tuple of str
        Feature ids to measure.
    pipeline : str or None
        spaCy pipeline by name; None is the default one.
    normalisation : Normalisation
        What is brought to one form first.
    """

    features: tuple[str, ...]
    pipeline: str | None = None
    normalisation: Normalisation = field(default_factory=Normalisation)


@dataclass(frozen=True)
class Progress:
    """How far a run is; `total` is None while it is being counted."""

    stories: int
    words: int
    total_stories: int
    total_words: int
    resumed: int


Watcher = Callable[[Progress], None]


def measured_ids(
    codebook: Codebook, only: Iterable[str] = (), dimensions: Iterable[str] = ()
) -> tuple[str, ...]:
    """Feature ids to measure: all that can be, or those named by id or dimension.

    Raises
    ------
    UnknownFeature, CodebookError
        For a name that is none, or a feature that only a judge answers.
    """
    measured = codebook.ids(answered_by="measure")
    wanted: dict[str, None] = {}
    for feature_id in only:
        if "measure" not in codebook[feature_id].answered_by:
            raise StoryscopeError(
                f"{feature_id} is not measured but judged; it is answered by `score --judge`."
            )
        wanted[feature_id] = None
    for dimension in dimensions:
        wanted.update(dict.fromkeys(codebook.ids(dimension=dimension, answered_by="measure")))
    return tuple(f for f in measured if f in wanted) if wanted else tuple(measured)


def score(
    corpus: Corpus,
    *,
    only: Iterable[str] = (),
    dimensions: Iterable[str] = (),
    spacy_model: str | None = None,
    workers: int = 1,
    watch: Watcher | None = None,
) -> pd.DataFrame:
    """Measure every story of a corpus.

    Parameters
    ----------
    corpus : Corpus
        As `read_corpus` gives it.
    only, dimensions : iterables of str
        Feature ids and dimensions to measure; default everything that is measured.
    spacy_model : str, optional
        Any English pipeline; default the one that ships with the package.
    workers : int
        Processes; 0 takes one for each processor.
    watch : callable, optional
        Called with a `Progress` after every shard.

    Returns
    -------
    DataFrame
        A row a story: `story_id`, `source`, `prompt_id`, the corpus's other short columns,
        ``words``, then a column a feature.

    Examples
    --------
    >>> tales = Corpus.from_stories([Story("a", "He ran. " * 90, "human", "p")])
    >>> table = score(tales, only=["EVT_DEN_01"])
    >>> table.loc[0, "story_id"], int(table.loc[0, "words"])
    ('a', 180)
    """
    settings = Settings(measured_ids(default_codebook(), only, dimensions), spacy_model)
    counted = _count(corpus)
    rows: list[dict[str, Any]] = []
    for shard in _measured(corpus, settings, workers, counted, set(), watch):
        rows += shard
    return _assemble(rows, settings)


def score_to_file(
    corpus: Corpus,
    target: str | Path,
    *,
    only: Iterable[str] = (),
    dimensions: Iterable[str] = (),
    spacy_model: str | None = None,
    workers: int = 1,
    resume: bool = False,
    watch: Watcher | None = None,
) -> pd.DataFrame:
    """Measure a corpus into a file, shard by shard, so that a killed run can go on.

    Finished shards lie in ``TARGET.parts`` until the table is written.

    Raises
    ------
    StoryscopeError
        If an unfinished run with other settings, or without `resume`, lies there.
    """
    target = Path(target)
    if target.suffix.lower() not in (".parquet", ".csv"):
        raise TableError(f"A table is written as .parquet or .csv, not {target.name!r}.")
    if not target.parent.is_dir():
        raise TableError(f"The folder {target.parent} does not exist; make it first.")
    settings = Settings(measured_ids(default_codebook(), only, dimensions), spacy_model)
    parts = target.with_name(target.name + ".parts")
    done = _resumed(parts, settings, resume)
    counted = _count(corpus)
    number = len(list(parts.glob("*.jsonl")))
    for shard in _measured(corpus, settings, workers, counted, done, watch):
        number += 1
        _write_whole(parts / f"{number:06d}.jsonl", "".join(_dumps(row) + "\n" for row in shard))
    rows = [
        json.loads(line)
        for part in sorted(parts.glob("*.jsonl"))
        for line in part.read_text(encoding="utf-8").splitlines()
    ]
    table = _assemble([row for row in rows if row["story_id"] in counted.ids], settings)
    write_table(table, target)
    shutil.rmtree(parts)
    return table


# ---------------------------------------------------------------- before the work


@dataclass
class _Counted:
    """What a first pass over the corpus found, before hours go into it."""

    ids: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)


def _count(corpus: Corpus) -> _Counted:
    counted = _Counted()
    for number, story in enumerate(corpus):
        counted.ids[story.id] = number
        counted.words[story.id] = len(story.text.split())
    if not counted.ids:
        raise CorpusError(f"The corpus {corpus.name!r} has no story to score.")
    return counted


def _fingerprint(settings: Settings) -> str:
    plain = {
        "settings": asdict(settings),
        "codebook": default_codebook().version,
        "measures": MEASURES_VERSION,
    }
    canonical = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _resumed(parts: Path, settings: Settings, resume: bool) -> set[str]:
    """Ids already measured by an unfinished run with the same settings."""
    mark = parts / "settings.txt"
    fingerprint = _fingerprint(settings)
    if parts.is_dir() and any(parts.glob("*.jsonl")):
        if not resume:
            raise StoryscopeError(
                f"An unfinished run lies in {parts}; go on with --resume, or delete that folder "
                "to begin anew."
            )
        if not mark.exists() or mark.read_text(encoding="utf-8") != fingerprint:
            raise StoryscopeError(
                f"The unfinished run in {parts} was made with other features, another codebook or "
                "another spaCy model; delete that folder to begin anew."
            )
    parts.mkdir(exist_ok=True)
    _write_whole(mark, fingerprint)
    return {
        json.loads(line)["story_id"]
        for part in sorted(parts.glob("*.jsonl"))
        for line in part.read_text(encoding="utf-8").splitlines()
    }


def _write_whole(path: Path, text: str) -> None:
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _dumps(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, allow_nan=True)


# ---------------------------------------------------------------- the work


def _shards(corpus: Corpus, done: set[str], size: int) -> Iterator[list[Story]]:
    """Stories that are still to be measured, in batches of about so many words."""
    shard: list[Story] = []
    words = 0
    for story in corpus:
        if story.id in done:
            continue
        shard.append(story)
        words += len(story.text.split())
        if words >= size:
            yield shard
            shard, words = [], 0
    if shard:
        yield shard


def _measured(
    corpus: Corpus,
    settings: Settings,
    workers: int,
    counted: _Counted,
    done: set[str],
    watch: Watcher | None,
) -> Iterator[list[dict[str, Any]]]:
    """Measured shards in order, watched."""
    finished = [story_id for story_id in counted.ids if story_id in done]
    stories, words = len(finished), sum(counted.words[s] for s in finished)
    total_words = sum(counted.words.values())
    workers = workers or os.cpu_count() or 1

    def tell() -> None:
        if watch is not None:
            watch(Progress(stories, words, len(counted.ids), total_words, len(finished)))

    tell()
    left = total_words - words
    run = _in_processes if workers > 1 and left > 2 * SHARD_WORDS else _here
    # Small corpora are cut finer, so that no process waits long for the last one.
    size = min(SHARD_WORDS, left // (8 * workers))
    for shard in run(_shards(corpus, done, size), settings, workers):
        for row in shard:
            row["_order"] = counted.ids[row["story_id"]]
            stories += 1
            words += counted.words[row["story_id"]]
        yield shard
        tell()


def _here(
    shards: Iterator[list[Story]], settings: Settings, workers: int
) -> Iterator[list[dict[str, Any]]]:
    for shard in shards:
        yield _measure_shard(shard, settings)


def _in_processes(
    shards: Iterator[list[Story]], settings: Settings, workers: int
) -> Iterator[list[dict[str, Any]]]:
    """Shards over processes, a few ahead at most, handed back in order."""
    import multiprocessing
    from collections import deque
    from concurrent.futures import Future, ProcessPoolExecutor

    from storyscope.extract.pipeline import load_pipeline

    load_pipeline(settings.pipeline)  # a missing model is told here, not in every worker
    with (
        _one_thread_each(),
        ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        waiting: deque[Future[list[dict[str, Any]]]] = deque()
        try:
            for shard in shards:
                waiting.append(pool.submit(_measure_shard, shard, settings))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Keep the numeric libraries of worker processes to one thread each."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _measure_shard(shard: list[Story], settings: Settings) -> list[dict[str, Any]]:
    """Rows of one shard; parses stay in the process that made them."""
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.extract.reading import Reading
    from storyscope.extract.story import measure_reading

    pipeline = load_pipeline(settings.pipeline)
    normalised = [normalise(story.text, settings.normalisation) for story in shard]
    rows = []
    docs = pipeline.parse((n.text for n in normalised), cache=True)
    for story, text, doc in zip(shard, normalised, docs, strict=True):
        reading = Reading(doc)
        try:
            values = {f: m.value for f, m in measure_reading(reading, settings.features).items()}
        except Exception as error:
            error.add_note(f"in the story {story.id!r}")
            raise
        rows.append(
            {
                "story_id": story.id,
                "source": story.source,
                "prompt_id": story.prompt_id,
                **_short_meta(story, values),
                "words": reading.n_words,
                **values,
                "_changes": dict(text.changes),
                "_found": finding_of(text),
                "_pipeline": pipeline.label,
            }
        )
    return rows


def _short_meta(story: Story, values: dict[str, Any]) -> dict[str, Any]:
    """Other columns of the corpus that are short enough to be labels; prompts stay out."""
    return {
        str(name): value
        for name, value in story.meta.items()
        if isinstance(value, str | int | float | bool | None)
        and len(str(value)) <= 100
        and name not in (*KEYS, "words")
        and name not in values
        and not str(name).startswith("_")
    }


# ---------------------------------------------------------------- after the work


def _assemble(rows: list[dict[str, Any]], settings: Settings) -> pd.DataFrame:
    """Rows in corpus order as a checked table that records what made it."""
    import pandas as pd

    rows = sorted(rows, key=lambda row: row["_order"])
    changes: Counter[str] = Counter()
    found = Findings()
    for row in rows:
        changes.update(row.pop("_changes"))
        found.add(row["story_id"], row.pop("_found"))
        row.pop("_order")
    pipelines = sorted({row.pop("_pipeline") for row in rows})
    columns = dict.fromkeys(name for row in rows for name in row)
    meta = [c for c in columns if c not in KEYS and c not in settings.features and c != "words"]
    order = [*KEYS, *meta, "words", *settings.features]
    table = pd.DataFrame.from_records(rows, columns=order)
    table.attrs["storyscope"] = {
        "storyscope": __version__,
        "codebook": default_codebook().version,
        "measures": MEASURES_VERSION,
        "pipeline": pipelines[0] if len(pipelines) == 1 else pipelines,
        "normalisation": asdict(settings.normalisation),
        "normalised": dict(sorted(changes.items())),
        "found": asdict(found),
        "meta": meta,
        "stories": len(rows),
    }
    return check_table(table)
