"""Evidence kept: a file with a row for each passage that a value of a corpus rests on.

It holds places and probabilities, never text, so that it may travel where the stories may not; the
text of a passage is ``story.text[start:end]``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.codebook import default_codebook
from storyscope.codebook_validity import rests_on
from storyscope.errors import OutputError
from storyscope.extract.tagger.labels import FAMILIES
from storyscope.paths import written_whole

if TYPE_CHECKING:
    import pyarrow as pa

    from storyscope.extract.reading import Reading
    from storyscope.extract.story import StoryMeasures

__all__ = ["chance_of", "check_evidence", "is_evidence", "passages_of", "write_evidence"]

_METADATA = b"storyscope.passages"
_AT_ONCE = 200_000
"""Passages held in memory while a file is written."""


@lru_cache
def _families(feature_id: str) -> tuple[str, ...]:
    """Families of the tagger that a feature rests on, by its card."""
    if feature_id not in default_codebook():
        return ()
    named = rests_on(default_codebook()[feature_id])
    return tuple(f for f in FAMILIES if f in named)


def chance_of(reading: Reading, feature_id: str, span: tuple[int, int]) -> float | None:
    """How likely a passage tells what its feature is about, as the tagger gives it.

    Parameters
    ----------
    reading : Reading
    feature_id : str
    span : (int, int)
        Tokens [start, end), at least one.

    Returns
    -------
    float or None
        The highest calibrated probability, 0 to 1, of the families that the feature rests on,
        among the sentences of the passage; None for a feature that rests on none.
    """
    families = _families(feature_id)
    if not families or not reading.tagged:
        return None
    first, last = reading.sentence_of[span[0]], reading.sentence_of[span[1] - 1]
    return round(max(float(reading.chance(f)[first : last + 1].max()) for f in families), 4)


def passages_of(story: StoryMeasures) -> list[tuple[str, int, int, float | None]]:
    """Every passage behind a story's values: feature, start, end, probability.

    Characters [start, end) are those of the text as it was given.

    Examples
    --------
    >>> from storyscope.extract.story import measure_text
    >>> text = "She ran to the door. " * 20
    >>> found = passages_of(measure_text(text, features=["EVT_DEN_01"], tagger=False))
    >>> feature, start, end, probability = found[0]
    >>> feature, text[start:end], probability
    ('EVT_DEN_01', 'ran', None)
    """
    place = lru_cache(None)(lambda span: story.place(span)[:2])
    return [
        (feature, *place(span), chance_of(story.reading, feature, span))
        for feature, measured in story.measured.items()
        for span in sorted({(int(a), int(b)) for a, b in measured.spans if b > a})
    ]


def check_evidence(path: str | Path, table: str | Path) -> Path:
    """The path of a file of passages to be written beside a table.

    Raises
    ------
    OutputError
        If it does not end in ``.parquet``, or is the table.
    """
    path = Path(path)
    if path.suffix.lower() != ".parquet":
        raise OutputError(f"Passages are written as .parquet, not {path.name!r}; name such a file.")
    if path.resolve() == Path(table).resolve():
        raise OutputError(
            f"{path} is the table that is to be written; name another file for the passages."
        )
    return path


def is_evidence(path: Path) -> bool:
    """Whether a file holds passages as `write_evidence` writes them, by what it says itself."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return _METADATA in (pq.read_metadata(path).metadata or {})
    except (pa.ArrowException, OSError, ValueError):
        return False


def write_evidence(
    stories: Iterable[tuple[str, Iterable[Any]]], path: Path, made: Mapping[str, Any]
) -> int:
    """Write the passages of stories, whole or not at all, and say how many there are.

    Parameters
    ----------
    stories : iterable of (story id, passages)
        Passages as `passages_of` gives them.
    path : Path
    made : mapping
        What made the values, for the file's metadata.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("story_id", pa.string()),
            ("feature", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("probability", pa.float32()),
        ],
        {_METADATA: json.dumps(made, sort_keys=True).encode()},
    )
    rows = ((story_id, *passage) for story_id, found in stories for passage in found)
    written = 0
    with (
        written_whole(path, is_evidence) as partial,
        pq.ParquetWriter(partial, schema, compression="zstd") as file,
    ):
        for block in _blocks(rows, schema):
            file.write_table(block)
            written += block.num_rows
    return written


def _blocks(rows: Iterator[tuple[Any, ...]], schema: pa.Schema) -> Iterator[pa.Table]:
    import pyarrow as pa

    while block := list(islice(rows, _AT_ONCE)):
        columns = zip(*block, strict=True)
        yield pa.table(
            [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema
        )
