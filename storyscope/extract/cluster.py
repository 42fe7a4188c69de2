"""A corpus measured by the workers of a Dask cluster, into a folder of shards.

The workers read the corpus; this process is handed keys, counts and rows, never a text. It alone
writes, so that nothing needs to be shared between machines but the corpus.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.corpus import Normalisation
from storyscope.corpus.files import brief
from storyscope.corpus.findings import Findings
from storyscope.corpus.ids import Ids
from storyscope.corpus.pieces import PIECE, Cut, cut
from storyscope.corpus.sources import note_sources
from storyscope.corpus.story import MOST_PROBLEMS, BadRow, repeated
from storyscope.errors import CorpusError, StoryscopeError
from storyscope.extract.cluster_worker import Rows, Seen, Task, look, measure
from storyscope.extract.parts import MARK, begin, check_parts
from storyscope.extract.rows import table_of
from storyscope.extract.run import Progress, Watcher
from storyscope.extract.settings import Settings, record_of, settings_for
from storyscope.paths import claimed, folder_written_whole
from storyscope.table import (
    MANIFEST,
    encodable,
    joined_audits,
    read_record,
    textual,
    write_table,
)

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["Scored", "score_on_cluster"]

RETRIES = 2
"""Times that a piece is tried again which cannot be read."""


@dataclass(frozen=True)
class Scored:
    """What a run on a cluster made.

    Attributes
    ----------
    record : dict
        What made the table, as `storyscope.table.provenance` gives it.
    stories, words : int
    sources : dict of str to int
        Stories of each.
    skipped : list of dict
        Stories that could not be measured, ``id`` and ``reason``.
    problems : list of BadRow
        Rows kept out, the first thousand of them.
    bad_rows : int
        How many were kept out, listed or not.
    """

    record: dict[str, Any]
    stories: int
    words: int
    sources: dict[str, int]
    skipped: list[dict[str, str]]
    problems: list[BadRow]
    bad_rows: int

    @property
    def bad_lines(self) -> int:
        """Lines that went with the rows kept out: one each."""
        return self.bad_rows


def score_on_cluster(
    corpus: str,
    target: str | Path,
    *,
    scheduler: str,
    columns: Mapping[str, str] | None = None,
    source: str | None = None,
    only: Sequence[str] = (),
    dimensions: Sequence[str] = (),
    spacy_model: str | None = None,
    tagger: bool = True,
    normalisation: Normalisation | None = None,
    resume: bool = False,
    watch: Watcher | None = None,
    piece_bytes: int = PIECE,
) -> Scored:
    """Measure a corpus on a Dask cluster, into a folder that `read_table` reads.

    The corpus is cut into pieces (`storyscope.corpus.pieces`). A piece is read, normalised, parsed,
    tagged and measured by a worker, and its rows are written here as a shard, whole, in
    ``TARGET.parts`` until all are done. Ids and values are those that `score` gives.

    Parameters
    ----------
    corpus : str
        A path or an `fsspec` URL of JSON lines or Parquet, as the workers see it.
    target : str or Path
        The folder to write.
    scheduler : str
        Address, as ``tcp://10.0.0.1:8786``.
    columns, source
        As `read_corpus` takes them.
    only, dimensions, spacy_model, tagger, normalisation, watch
        As `score` takes them.
    resume : bool
        Go on with what a run that was stopped left in ``TARGET.parts``.
    piece_bytes : int
        Bytes of a piece.

    Raises
    ------
    StoryscopeError
        If Dask is not installed, no scheduler answers or it ends, or a worker has another version
        of storyscope; also as `score_to_file` raises it.
    CorpusError
        If the corpus cannot be cut, holds no story, or changes while it is scored.

    Notes
    -----
    A piece whose worker dies is done again by another. A story at which workers die, or which
    raises an error each time, is left out and named in ``manifest.json``; to find it, a piece at
    which several workers died is measured story by story, and what still kills a worker then is
    tried once more by itself, after everything else.
    """
    target = Path(target)
    settings = settings_for(only, dimensions, spacy_model, tagger, normalisation)
    if "://" not in corpus:
        corpus = str(Path(corpus).resolve())
    parts = target.with_name(target.name + ".parts")
    with claimed(target, folder=True), _connected(scheduler) as client:
        check_parts(parts, settings, resume)
        work = _planned(client, corpus, columns, source, piece_bytes, settings)
        begin(parts, settings)
        try:
            _Measuring(client, work, parts, watch).run()
        except BaseException as stop:
            kept = sum(work.is_done(parts, n) for n in range(len(work.seen)))
            stop.add_note(
                f"{kept} of {len(work.seen)} shards are measured and kept in {parts}; run the same "
                "command with --resume to go on."
            )
            raise
        scored = _joined(work, parts, target)
        for file in (*parts.glob("[0-9]" * 6 + ".parquet"), parts / MARK):
            file.unlink(missing_ok=True)
        with suppress(OSError):  # something of the user's lies in it
            parts.rmdir()
    return scored


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    try:
        from distributed import Client
    except ImportError:
        raise StoryscopeError(
            "--engine dask needs Dask distributed, which is not installed; run "
            "`python -m pip install 'storyscope[dask]'` here and on the workers."
        ) from None
    try:
        client = Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        raise StoryscopeError(
            f"No Dask scheduler answers at {scheduler!r} ({brief(error)}); start one with "
            "`dask scheduler` and give the address that it prints."
        ) from None
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=5)


# ---------------------------------------------------------------- what is to be done


@dataclass
class _Work:
    """A corpus cut and looked through: what each shard will hold."""

    whole: Cut
    settings: Settings
    seen: list[Seen]
    names: list[list[str | None]]
    order: dict[str, int]
    problems: list[BadRow]
    bad_rows: int
    notes: Counter[str]
    meta: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def task(self, number: int) -> Task:
        seen = self.seen[number]
        return Task(
            self.whole, self.whole.pieces[number], self.names[number], seen.digest, self.settings,
            record_of(self.settings),
        )  # fmt: skip

    def digest(self, number: int) -> str:
        """What the shard of a piece rests on."""
        plain = [self.seen[number].digest, self.names[number], self.meta, self.text]
        return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:32]

    def is_done(self, parts: Path, number: int) -> bool:
        """Whether a shard lies there that was measured from the piece as it is now."""
        try:
            record = read_record(_shard(parts, number))
        except (OSError, ValueError):
            return False
        return record.get("shard", {}).get("digest") == self.digest(number)

    def stories(self, number: int) -> int:
        return sum(name is not None for name in self.names[number])

    def words(self, number: int) -> int:
        pairs = zip(self.seen[number].words, self.names[number], strict=True)
        return sum(words for words, name in pairs if name is not None)


def _shard(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.parquet"


def _planned(
    client: Client,
    corpus: str,
    columns: Mapping[str, str] | None,
    source: str | None,
    size: int,
    settings: Settings,
) -> _Work:
    """Cut the corpus and look through it, on the workers, and give every story its id."""
    [whole] = _done(
        client, [_submit(client, cut, corpus, columns=columns, source=source, size=size)]
    )
    features = frozenset(settings.features)
    looks = [_submit(client, look, whole, piece, features) for piece in whole.pieces]
    seen: list[Seen] = list(_done(client, looks))
    ids = Ids()
    order: dict[str, int] = {}
    names: list[list[str | None]] = []
    problems: list[BadRow] = []
    bad_rows = 0
    notes = Counter(whole.notes)
    examples: dict[str, dict[str, Any]] = {}
    for piece in seen:
        named = piece.ids.named(ids)
        bad = list(piece.problems)
        for name, line, (given, _) in zip(named, piece.lines, piece.ids.asked, strict=True):
            if name is None:
                where = whole.url.rsplit("/", 1)[-1]
                bad.append(BadRow(where, line, repeated(given, ids.seen)))
            else:
                order[name] = len(order)
        bad_rows += len(bad)
        problems += sorted(bad, key=lambda row: row.line)[: MOST_PROBLEMS - len(problems)]
        names.append(named)
        notes.update(piece.notes)
        for column, kinds in piece.meta.items():
            examples.setdefault(column, {}).update(kinds)
    if not order:
        first = f" The first problem: {problems[0]}." if problems else ""
        raise CorpusError(f"{corpus} holds no story that could be read.{first}")
    note_sources({s for piece in seen for s in piece.sources}, notes)
    work = _Work(whole, settings, seen, names, order, problems, bad_rows, notes)
    work.meta = list(examples)
    work.text = [c for c, kinds in examples.items() if textual(list(kinds.values())) is not None]
    return work


# ---------------------------------------------------------------- the work


def _submit(client: Client, function: Callable[..., Any], *given: Any, **named: Any) -> Future:
    return client.submit(function, *given, pure=False, retries=RETRIES, **named)


def _done(client: Client, futures: list[Future]) -> Iterator[Any]:
    """Results in order, as they come."""
    for future in futures:
        try:
            yield future.result()
        except StoryscopeError:
            raise
        except Exception as error:
            raise _failed(client, error) from error


def _failed(client: Client, error: BaseException) -> StoryscopeError:
    from distributed import KilledWorker
    from distributed.client import FuturesCancelledError

    if client.status != "running" or isinstance(error, FuturesCancelledError):
        return StoryscopeError("The connection to the Dask scheduler is lost.")
    if isinstance(error, KilledWorker):
        return StoryscopeError(
            "Several workers died while they read the corpus, most likely for want of memory; give "
            "each more of it."
        )
    return StoryscopeError(f"A worker failed: {type(error).__name__}: {brief(error)}.")


class _Measuring:
    """All shards that are not there yet, asked for, and written as soon as they are measured.

    A piece at which workers die is asked for story by story. What still kills a worker then is a
    suspect, and asked for once more when nothing else is measured.
    """

    def __init__(self, client: Client, work: _Work, parts: Path, watch: Watcher | None):
        from distributed import as_completed

        self.client, self.work, self.parts, self.watch = client, work, parts, watch
        done = {n for n in range(len(work.seen)) if work.is_done(parts, n)}
        self.stories = self.resumed = sum(map(work.stories, done))
        self.words = sum(map(work.words, done))
        self.total_words = sum(map(work.words, range(len(work.seen))))
        self.asked: dict[Future, tuple[int, int | None]] = {}
        self.pending: dict[int, dict[int, Rows]] = {}
        self.suspects: list[tuple[int, int]] = []
        self.results = as_completed(loop=client.loop)
        self.left = sorted(set(range(len(work.seen))) - done)

    def run(self) -> None:
        """Measure until nothing is left."""
        from distributed import KilledWorker

        self.tell()
        for number in self.left:
            self.ask(number)
        while self.asked or self.suspects:
            alone = not self.asked  # all others are done: a worker that dies now dies of this story
            if alone:
                self.ask(*self.suspects.pop())
            future = next(self.results)
            number, story = self.asked.pop(future)
            try:
                self.take(number, story, future.result())
            except StoryscopeError:
                raise
            except KilledWorker:
                self.died(number, story, alone)
            except Exception as error:
                raise _failed(self.client, error) from error

    def tell(self) -> None:
        if self.watch is not None:
            total = len(self.work.order)
            self.watch(Progress(self.stories, self.words, total, self.total_words, self.resumed))

    def ask(self, number: int, story: int | None = None) -> None:
        chosen = None if story is None else [story]
        future = _submit(self.client, measure, self.work.task(number), chosen)
        self.asked[future] = number, story
        self.results.add(future)

    def take(self, number: int, story: int | None, found: Rows) -> None:
        """Write a shard, once all of it is measured."""
        if story is not None:
            self.pending[number][story] = found
            if len(self.pending[number]) < len(self.work.names[number]):
                return
            singles = [single for _, single in sorted(self.pending.pop(number).items())]
            found = Rows(
                [row for single in singles for row in single.rows],
                [skip for single in singles for skip in single.skipped],
            )
        _keep(self.work, number, found, self.parts)
        self.stories += self.work.stories(number)
        self.words += self.work.words(number)
        self.tell()

    def died(self, number: int, story: int | None, alone: bool) -> None:
        """Go on after workers died of a piece or of one of its stories."""
        if story is None:
            self.pending[number] = {}
            for k in range(len(self.work.names[number])):
                self.ask(number, k)
        elif not alone:
            self.suspects.append((number, story))
        else:
            reason = "the workers that measured it died, also when nothing else was measured"
            skip = {"id": str(self.work.names[number][story]), "reason": reason}
            self.take(number, story, Rows([], [skip]))


def _keep(work: _Work, number: int, found: Rows, parts: Path) -> None:
    """Write the rows of a shard, whole, with the same columns as all shards have."""
    for row in found.rows:
        row["_order"], row["_digest"] = work.order[row["story_id"]], ""
        for name in work.meta:
            value = row.setdefault(name, None)
            if name in work.text:
                row[name] = None if value is None or value != value else encodable(str(value))
    left_out = dict.fromkeys(name for seen in work.seen for name in seen.left_out)
    ids = [row["story_id"] for row in found.rows]
    table = table_of(found.rows, work.settings, ids, left_out)
    record = table.attrs["storyscope"]
    record["notes"] = list(dict.fromkeys([
        *record.get("notes", []),
        *(
            f"column {encodable(name)} is kept as text, since its values are of several kinds or no "
            "file could hold them"
            for name in work.text
        ),
        "copies were sought within each shard only",
    ]))  # fmt: skip
    if not ids:
        del record["pipeline"]
    record["shard"] = {
        "digest": work.digest(number),
        "skipped": found.skipped,
        "words": int(table["words"].sum()),
        "sources": {str(k): int(v) for k, v in table["source"].value_counts().items()},
    }
    write_table(table, _shard(parts, number))


def _joined(work: _Work, parts: Path, target: Path) -> Scored:
    """Put all shards in place as one folder, with a manifest of them."""
    records = [read_record(_shard(parts, n)) for n in range(len(work.seen))]
    shards = [record.pop("shard") for record in records]
    found, changes, sources = Findings(), Counter[str](), Counter[str]()
    for record, shard in zip(records, shards, strict=True):
        found.join(record["found"])
        changes.update(record["normalised"])
        sources.update(shard["sources"])
    skipped = [skip for shard in shards for skip in shard["skipped"]]
    whole = {
        **next((record for record in records if "pipeline" in record), records[0]),
        "normalised": dict(sorted(changes.items())),
        "found": asdict(found),
        "stories": sum(record["stories"] for record in records),
        "audit": joined_audits([record["audit"] for record in records]),
        "notes": list(dict.fromkeys(note for record in records for note in record["notes"])),
    }
    manifest = {
        "corpus": work.whole.url,
        "record": whole,
        "shards": [
            {"file": _shard(parts, n).name, "stories": records[n]["stories"], **piece._asdict()}
            for n, piece in enumerate(work.whole.pieces)
        ],
        "skipped": skipped,
        "bad_rows": work.bad_rows,
        "problems": [str(problem) for problem in work.problems],
    }
    with folder_written_whole(target, "shards of a table") as partial:
        for number in range(len(work.seen)):
            _linked(_shard(parts, number), _shard(partial, number))
        text = json.dumps(manifest, indent=1) + "\n"
        (partial / MANIFEST).write_text(text, encoding="utf-8")
    notes = [*whole["notes"], *(f"{n} {text}" for text, n in work.notes.items())]
    return Scored(
        {**whole, "notes": notes},
        whole["stories"],
        sum(shard["words"] for shard in shards),
        dict(sources),
        skipped,
        work.problems,
        work.bad_rows,
    )


def _linked(file: Path, other: Path) -> None:
    """The same file under another name, where the file system can do that; else a copy."""
    try:
        os.link(file, other)
    except OSError:
        shutil.copy2(file, other)
