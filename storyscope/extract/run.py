"""A corpus measured: shards, progress, and going on after a kill."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Container, Generator, Iterable, Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.corpus import Corpus, Normalisation, Story
from storyscope.errors import CorpusError, TableError
from storyscope.extract.evidence import check_evidence, is_evidence, write_evidence
from storyscope.extract.parts import (
    begin,
    check_parts,
    clear,
    how_to_go_on,
    in_order,
    keep,
    last_number,
    rows_of,
    stands,
)
from storyscope.extract.rows import like_a_feature, measure_shard, table_of
from storyscope.extract.settings import Settings, settings_for
from storyscope.extract.workers import in_processes
from storyscope.paths import claimed
from storyscope.table import (
    MADE_BY,
    check_target,
    is_table,
    judged_columns,
    provenance,
    write_table,
)

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.codebook import Codebook

__all__ = ["Progress", "Watcher", "score", "score_to_file", "story_digest"]

SHARD_WORDS = 20_000
"""Words in a shard: what is lost at most when a run is killed, for each worker. A process for less
than half of that would take longer to start than it saves."""


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


def score(
    corpus: Corpus,
    *,
    only: Iterable[str] = (),
    dimensions: Iterable[str] = (),
    spacy_model: str | None = None,
    tagger: bool = True,
    normalisation: Normalisation | None = None,
    workers: int = 1,
    watch: Watcher | None = None,
    codebook: Codebook | None = None,
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
    normalisation : Normalisation, optional
        What is brought to one form first; default everything. `AS_IS` takes nothing off and mends
        nothing. Tables record it.
    workers : int
        Processes; 0 takes one for each processor.
    watch : callable, optional
        Called with a `Progress` after every shard.
    codebook : Codebook, optional
        One of your own, whose features are measured instead of the shipped ones; for both,
        ``Codebook([*default_codebook(), *own])``. Its measures are registered with
        `storyscope.measure`. The table records the codebook and a code of these functions, and
        does not join tables of another.

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
    settings = settings_for(
        only, dimensions, spacy_model, tagger, normalisation, codebook=codebook, workers=workers
    )
    counted = _count(corpus)
    rows: list[dict[str, Any]] = []
    for shard in _measured(corpus, settings, workers, counted, {}, watch):
        rows += shard
    return table_of(rows, settings, counted.ids, counted.left_out)


def score_to_file(
    corpus: Corpus,
    target: str | Path,
    *,
    only: Iterable[str] = (),
    dimensions: Iterable[str] = (),
    spacy_model: str | None = None,
    tagger: bool = True,
    normalisation: Normalisation | None = None,
    workers: int = 1,
    resume: bool = False,
    watch: Watcher | None = None,
    add: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    evidence: str | Path | None = None,
    codebook: Codebook | None = None,
) -> pd.DataFrame:
    """Measure a corpus into a file, shard by shard, so that a killed run can go on.

    Finished shards lie in ``TARGET.parts`` until the table is written. A run that goes on takes
    from there the rows of stories that are still the same, text and columns, and measures the
    others.

    Parameters
    ----------
    add : callable, optional
        Given the table before it is written; what it returns is written.
    evidence : str or Path, optional
        Parquet file for the passages that the values rest on: ``story_id``, ``feature``, ``start``
        and ``end`` (characters of the story as it was given), ``probability`` (0 to 1, where the
        tagger gives one). It holds no text.
    codebook : Codebook, optional
        As `score` takes it.

    Raises
    ------
    StoryscopeError
        If an unfinished run with other settings, or without `resume`, lies there; if something
        lies there that is not a table; if another run works on the same target; or if the corpus
        changes while it is measured.
    TableError
        If a table with a judge's answers lies there and nobody has said what becomes of them.
    """
    target = check_target(target)
    if add is None:
        _keep_judged(target, codebook)
    if evidence is not None:
        evidence = check_evidence(evidence, target)
    settings = settings_for(
        only,
        dimensions,
        spacy_model,
        tagger,
        normalisation,
        evidence is not None,
        codebook,
        workers,
    )
    parts = target.with_name(target.name + ".parts")
    with (
        claimed(target, is_table),
        claimed(evidence, is_evidence) if evidence is not None else nullcontext(),
    ):
        check_parts(parts, settings, resume)
        counted = _count(corpus)
        begin(parts, settings)
        done = {row["story_id"]: row["_digest"] for row in rows_of(parts)}
        number = last_number(parts)
        try:
            with closing(_measured(corpus, settings, workers, counted, done, watch)) as shards:
                for shard in shards:
                    number += 1
                    keep(parts, number, shard)
            rows = []
            for row in rows_of(parts):
                if stands(row, counted.digests):
                    row.pop("_evidence", None)  # it would fill the memory
                    rows.append({**row, "_order": counted.ids[row["story_id"]]})  # as it stands now
            table = table_of(rows, settings, counted.ids, counted.left_out)
            if evidence is not None:
                kept = in_order(parts, counted.ids, counted.digests)
                write_evidence(
                    ((row["story_id"], row["_evidence"]) for row in kept), evidence, _made(table)
                )
            table = add(table) if add is not None else table
            write_table(table, target)
        except BaseException as stop:
            stop.add_note(how_to_go_on(parts, counted.digests))
            raise
        clear(parts)
    return table


def _made(table: pd.DataFrame) -> dict[str, Any]:
    """What decides the passages of a table's values."""
    return {key: value for key, value in provenance(table).items() if key in MADE_BY}


# ---------------------------------------------------------------- before the work


def _keep_judged(target: Path, codebook: Codebook | None) -> None:
    """Refuse to replace what was paid for."""
    if paid := judged_columns(target, codebook):
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
        counted.digests[story.id] = story_digest(story)
        counted.left_out.update(dict.fromkeys(filter(like_a_feature, map(str, story.meta))))
    if not counted.ids:
        raise CorpusError(f"The corpus {corpus.name!r} has no story to score.")
    return counted


def story_digest(story: Story) -> str:
    """What a row rests on: the text and every column, in their order."""
    columns = [story.id, story.source, story.prompt_id, story.prompt, story.title]
    plain = [*columns, story.text, {str(k): v for k, v in story.meta.items()}]
    return hashlib.sha256(json.dumps(plain, default=str).encode()).hexdigest()[:32]


def _unchanged(corpus: Corpus, counted: _Counted) -> Iterator[Story]:
    """The stories of a second pass, held against the first."""
    left = set(counted.ids)
    for story in corpus:
        if counted.digests.get(story.id) != story_digest(story):
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

    def tell() -> None:
        if watch is not None:
            total = len(counted.ids)
            watch(Progress(stories, words, total, total_words, len(finished), stale))

    tell()
    left = total_words - words
    workers = max(1, min(workers or os.cpu_count() or 1, 2 * left // SHARD_WORDS))
    # Small corpora are cut finer, so that no process waits long for the last one.
    shards = _shards(_unchanged(corpus, counted), finished, min(SHARD_WORDS, left // (8 * workers)))
    if workers > 1:
        measured = in_processes(measure_shard, shards, settings, workers)
    else:
        measured = (measure_shard(shard, settings) for shard in shards)
    for shard in measured:
        for row in shard:
            row["_order"] = counted.ids[row["story_id"]]
            row["_digest"] = counted.digests[row["story_id"]]
            stories += 1
            words += counted.words[row["story_id"]]
        yield shard
        tell()
