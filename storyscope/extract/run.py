"""A corpus measured: shards, workers, progress, and going on after a kill."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Container, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import ID_PATTERN, JUDGED, Codebook, default_codebook
from storyscope.corpus import Corpus, Normalisation, Story
from storyscope.corpus.findings import Findings, finding_of
from storyscope.errors import CorpusError, OutputError, StoryscopeError, TableError
from storyscope.paths import claimed, written_whole
from storyscope.table import (
    KEYS,
    check_table,
    check_target,
    encodable,
    is_table,
    judged_columns,
    textual,
    write_table,
)
from storyscope.version import __version__

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import pandas as pd

__all__ = ["MEASURES_VERSION", "Progress", "Settings", "measured_ids", "score", "score_to_file"]

MEASURES_VERSION = 2
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
    tagger : str or None
        Version of the tagger; None leaves it out, and features that rest on it are undefined.
    """

    features: tuple[str, ...]
    pipeline: str | None = None
    tagger: str | None = None
    normalisation: Normalisation = field(default_factory=Normalisation)


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    stories, words : int
        Measured, by this run or the one that it goes on with.
    total_stories, total_words : int
        In the corpus.
    resumed : int
        Stories that an unfinished run had measured.
    stale : int
        Stories that it had measured too, but that are gone or not the same any more: their rows
        are thrown away, and they are measured anew.
    """

    stories: int
    words: int
    total_stories: int
    total_words: int
    resumed: int
    stale: int = 0


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


def _settings(
    only: Iterable[str], dimensions: Iterable[str], spacy_model: str | None, tagger: bool
) -> Settings:
    from storyscope.extract.tagger import load_tagger

    ids = measured_ids(default_codebook(), only, dimensions)
    return Settings(ids, spacy_model, load_tagger().version if tagger else None)


def score(
    corpus: Corpus,
    *,
    only: Iterable[str] = (),
    dimensions: Iterable[str] = (),
    spacy_model: str | None = None,
    tagger: bool = True,
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
    tagger : bool
        False leaves the tagger out, for very large corpora; what rests on it is undefined then.
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
    settings = _settings(only, dimensions, spacy_model, tagger)
    counted = _count(corpus)
    rows: list[dict[str, Any]] = []
    for shard in _measured(corpus, settings, workers, counted, {}, watch):
        rows += shard
    return _audited(_finished(rows, settings, counted), corpus, settings)


def score_to_file(
    corpus: Corpus,
    target: str | Path,
    *,
    only: Iterable[str] = (),
    dimensions: Iterable[str] = (),
    spacy_model: str | None = None,
    tagger: bool = True,
    workers: int = 1,
    resume: bool = False,
    watch: Watcher | None = None,
    add: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Measure a corpus into a file, shard by shard, so that a killed run can go on.

    Finished shards lie in ``TARGET.parts`` until the table is written. A run that goes on takes
    from there the rows of stories that are still the same, text and columns, and measures the
    others.

    Parameters
    ----------
    add : callable, optional
        Given the table before it is written; what it returns is written.

    Raises
    ------
    StoryscopeError
        If an unfinished run with other settings, or without `resume`, lies there; if something
        lies there that is no table; if another run works on the same target; or if the corpus
        changes while it is measured.
    TableError
        If a table with a judge's answers lies there and nobody has said what becomes of them.
    """
    target = check_target(target)
    if add is None:
        _keep_judged(target)
    settings = _settings(only, dimensions, spacy_model, tagger)
    parts = target.with_name(target.name + ".parts")
    with claimed(target, is_table):
        _check_parts(parts, settings, resume)
        counted = _count(corpus)
        parts.mkdir(exist_ok=True)
        _write_whole(parts / MARK, _fingerprint(settings))
        done = {row["story_id"]: row["_digest"] for row in _rows(parts)}
        number = max((int(file.stem) for file in _shard_files(parts)), default=0)
        try:
            with closing(_measured(corpus, settings, workers, counted, done, watch)) as shards:
                for shard in shards:
                    number += 1
                    text = "".join(_dumps(row) + "\n" for row in shard)
                    _write_whole(parts / f"{number:06d}.jsonl", text)
            rows = [_kept_row(row, counted) for row in _rows(parts) if _stands(row, counted)]
            table = _audited(_finished(rows, settings, counted), corpus, settings)
            table = add(table) if add is not None else table
            write_table(table, target)
        except BaseException as stop:
            stop.add_note(_how_to_go_on(parts, counted))
            raise
        _clear(parts)
    return table


# ---------------------------------------------------------------- before the work


def _keep_judged(target: Path) -> None:
    """Refuse to replace what was paid for."""
    if paid := judged_columns(target):
        raise TableError(
            f"{target} holds {len(paid)} columns with a judge's answers, which were paid for; name "
            "another table with -o, or add to this one with --judge."
        )


@dataclass
class _Counted:
    """What a first pass over the corpus found, before hours go into it."""

    ids: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, None] = field(default_factory=dict)


def _count(corpus: Corpus) -> _Counted:
    counted = _Counted()
    for number, story in enumerate(corpus):
        counted.ids[story.id] = number
        counted.words[story.id] = len(story.text.split())
        counted.digests[story.id] = _digest(story)
        counted.left_out.update(dict.fromkeys(filter(_like_a_feature, map(str, story.meta))))
    if not counted.ids:
        raise CorpusError(f"The corpus {corpus.name!r} has no story to score.")
    return counted


def _digest(story: Story) -> str:
    """What a row rests on: the text and every column, in their order."""
    columns = [story.id, story.source, story.prompt_id, story.prompt, story.title]
    plain = [*columns, story.text, {str(k): v for k, v in story.meta.items()}]
    return hashlib.sha256(json.dumps(plain, default=str).encode()).hexdigest()[:32]


def _unchanged(corpus: Corpus, counted: _Counted) -> Iterator[Story]:
    """The stories of a second pass, held against the first."""
    left = set(counted.ids)
    for story in corpus:
        if counted.digests.get(story.id) != _digest(story):
            raise _moved(corpus, story.id)
        left.remove(story.id)
        yield story
    if left:
        raise _moved(corpus, min(left))


def _moved(corpus: Corpus, story_id: str) -> CorpusError:
    return CorpusError(
        f"The corpus {corpus.path or corpus.name} changed while it was scored (story {story_id!r} "
        "is not the one that was counted); score it again when nothing writes to it any more."
    )


# ---------------------------------------------------------------- an unfinished run


MARK = "settings.txt"
"""File of an unfinished run that says what it measures and how."""


def _fingerprint(settings: Settings) -> str:
    plain = {
        "settings": asdict(settings),
        "codebook": default_codebook().version,
        "measures": MEASURES_VERSION,
    }
    canonical = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _check_parts(parts: Path, settings: Settings, resume: bool) -> None:
    """Refuse what an earlier run left, if this one does not go on with it."""
    if not parts.exists():
        return
    mark = parts / MARK
    if not parts.is_dir() or (_holds_anything(parts) and not mark.is_file()):
        raise OutputError(
            f"{parts}, where finished parts are kept, is something else; move it away, or name "
            "another output."
        )
    if not _shard_files(parts):
        return
    if not resume:
        raise StoryscopeError(
            f"An unfinished run lies in {parts}; go on with --resume, or delete that folder "
            "to begin anew."
        )
    if mark.read_text(encoding="utf-8") != _fingerprint(settings):
        raise StoryscopeError(
            f"The unfinished run in {parts} was made with other features, another codebook or "
            "another spaCy model; delete that folder to begin anew."
        )


def _holds_anything(parts: Path) -> bool:
    """Whether a folder holds more than what a killed run leaves under hidden names."""
    return any(not path.name.startswith(".") for path in parts.iterdir())


def _shard_files(parts: Path) -> list[Path]:
    return sorted(parts.glob("[0-9]" * 6 + ".jsonl"))


def _rows(parts: Path) -> Iterator[dict[str, Any]]:
    """Rows of all finished shards."""
    for part in _shard_files(parts):
        with part.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                try:
                    row = json.loads(line)
                    row["story_id"], row["_digest"]
                except (ValueError, KeyError, TypeError) as error:
                    raise StoryscopeError(
                        f"{part}, a part of an unfinished run, is damaged; delete that file, and "
                        "--resume measures its stories again."
                    ) from error
                yield row


def _stands(row: dict[str, Any], counted: _Counted) -> bool:
    """Whether a row is of a story that is still the same."""
    return counted.digests.get(row["story_id"]) == row["_digest"]


def _kept_row(row: dict[str, Any], counted: _Counted) -> dict[str, Any]:
    """A row read back, in the place where its story stands now."""
    return {**row, "_order": counted.ids[row["story_id"]]}


def _how_to_go_on(parts: Path, counted: _Counted) -> str:
    """What a run that is stopped leaves, in a sentence; a folder without any row is cleared away."""
    ids = {row["story_id"] for row in _rows(parts) if _stands(row, counted)}
    if not ids:
        _clear(parts)
        return "No story was measured yet."
    return (
        f"{len(ids)} of {len(counted.ids)} stories are measured and kept in {parts}; run the same "
        "command with --resume to go on."
    )


def _clear(parts: Path) -> None:
    """Delete what a finished run kept, and nothing else."""
    for file in (*_shard_files(parts), parts / MARK):
        file.unlink(missing_ok=True)
    with suppress(OSError):  # something of the user's lies in it
        parts.rmdir()


def _write_whole(path: Path, text: str) -> None:
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _dumps(row: dict[str, Any]) -> str:
    return json.dumps(row, allow_nan=True)


# ---------------------------------------------------------------- the work


def _shards(corpus: Iterable[Story], done: Container[str], size: int) -> Iterator[list[Story]]:
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
    done: Mapping[str, str],
    watch: Watcher | None,
) -> Generator[list[dict[str, Any]], None, None]:
    """Measured shards in order, watched; `done` has the digests of stories measured before."""
    finished = {s for s, digest in done.items() if counted.digests.get(s) == digest}
    stale = len(done) - len(finished)
    stories, words = len(finished), sum(counted.words[s] for s in finished)
    total_words = sum(counted.words.values())
    workers = workers or os.cpu_count() or 1

    def tell() -> None:
        if watch is not None:
            total = len(counted.ids)
            watch(Progress(stories, words, total, total_words, len(finished), stale))

    tell()
    left = total_words - words
    run = _in_processes if workers > 1 and left > 2 * SHARD_WORDS else _here
    # Small corpora are cut finer, so that no process waits long for the last one.
    size = min(SHARD_WORDS, left // (8 * workers))
    for shard in run(_shards(_unchanged(corpus, counted), finished, size), settings, workers):
        for row in shard:
            row["_order"] = counted.ids[row["story_id"]]
            row["_digest"] = counted.digests[row["story_id"]]
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
    from concurrent.futures.process import BrokenProcessPool

    from storyscope.extract.pipeline import load_pipeline

    load_pipeline(settings.pipeline)  # a missing model is told here, not in every worker
    spawn = multiprocessing.get_context("spawn")
    theirs, ours = spawn.Pipe(duplex=False)
    with (
        theirs,
        ours,
        _one_thread_each(),
        ProcessPoolExecutor(workers, spawn, _end_with_parent, (theirs,)) as pool,
    ):
        waiting: deque[Future[list[dict[str, Any]]]] = deque()
        try:
            for shard in shards:
                waiting.append(pool.submit(_measure_shard, shard, settings))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise StoryscopeError(
                "A worker process was ended from outside, most likely for want of memory; try "
                "fewer --workers."
            ) from None
        except BaseException:
            ours.close()  # nobody will take what the workers are at
            raise


def _end_with_parent(pipe: Connection) -> None:
    """Let a worker process end as soon as the one that started it does, whatever ends that.

    The other end of the pipe lies with the parent alone, so that it closes even if the parent is
    killed. Ctrl-C reaches the workers of a terminal too; what it means is left to the parent.
    """
    import signal
    import threading

    def watch() -> None:
        with suppress(EOFError, OSError):
            pipe.recv_bytes()
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=watch, daemon=True).start()


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
    """Rows of one shard; parses and tags stay in the process that made them."""
    from storyscope.extract.annotate import readings
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.extract.story import measure_reading

    pipeline = load_pipeline(settings.pipeline)
    opened = readings(
        (story.text for story in shard),
        pipeline=pipeline,
        tagger=settings.tagger is not None,
        normalisation=settings.normalisation,
        cache=True,
    )
    rows = []
    for story, (text, reading) in zip(shard, opened, strict=True):
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
        and not _like_a_feature(str(name))
        and not str(name).startswith("_")
    }


def _like_a_feature(name: str) -> bool:
    """Whether a column is named as a measured or judged feature is, so that it would pass for one."""
    return ID_PATTERN.fullmatch(name.removesuffix(JUDGED)) is not None


# ---------------------------------------------------------------- after the work


def _finished(rows: list[dict[str, Any]], settings: Settings, counted: _Counted) -> pd.DataFrame:
    """The table of a whole corpus, a row a story."""
    rows = list({row["story_id"]: row for row in rows}.values())
    if len(rows) != len(counted.ids):
        lacking = min(set(counted.ids) - {row["story_id"] for row in rows})
        raise StoryscopeError(
            f"{len(rows)} of {len(counted.ids)} stories have a row ({lacking!r} has none), so that "
            "no table is written."
        )
    for row in rows:
        row.pop("_digest")
    notes = _made_storable(rows)
    if counted.left_out:
        names = ", ".join(map(encodable, counted.left_out))
        notes.append(f"columns named as features are, left out: {names}")
    table = _assemble(rows, settings)
    if notes:
        table.attrs["storyscope"]["notes"] = notes
    return table


def _audited(table: pd.DataFrame, corpus: Corpus, settings: Settings) -> pd.DataFrame:
    """The table with what would spoil a comparison of its sources, in counts."""
    from storyscope.corpus import audit

    table.attrs["storyscope"]["audit"] = audit(corpus, settings.normalisation).counts()
    return table


def _made_storable(rows: list[dict[str, Any]]) -> list[str]:
    """Make columns of the corpus ones that any file can hold; what was done to which."""
    notes = []
    own = {*KEYS, "words"}
    names = dict.fromkeys(name for row in rows for name in row)
    for name in names:
        if name in own or name.startswith("_") or _like_a_feature(name):
            continue
        if (text := textual([row.get(name) for row in rows])) is not None:
            for row, value in zip(rows, text, strict=True):
                row[name] = value
            notes.append(
                f"column {encodable(name)} is kept as text, since its values are of several kinds "
                "or no file could hold them"
            )
        if (spelled := encodable(name)) != name:
            while spelled in names:
                spelled += "_"
            for row in rows:
                row[spelled] = row.pop(name, None)
            notes.append(f"column {spelled} has half a character in its name, written as an escape")
    return notes


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
        "tagger": settings.tagger,
        "normalisation": asdict(settings.normalisation),
        "normalised": dict(sorted(changes.items())),
        "found": asdict(found),
        "meta": meta,
        "stories": len(rows),
    }
    return check_table(table)
