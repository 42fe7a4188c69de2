"""The pilot: questions asked of other prompts' stories, and tested beyond the existing codebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.corpus import Corpus, Story
from storyscope.induce.discover.asking import Asker, Progress
from storyscope.induce.discover.comparing import stories_of
from storyscope.induce.discover.pilot import pilot_figures
from storyscope.induce.discover.questioning import passed
from storyscope.induce.discover.stages import Made, Stage, digest, made_stage
from storyscope.judge.plan import Plan, read_answers

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.induce.discover.run import Discovery

__all__ = ["MEASURED", "READINGS", "pilot", "tests"]

MEASURED = "measured.parquet"
"""The existing codebook's values of the pilot's stories."""
READINGS = 2
"""Of every story of the pilot."""


def pilot(work: Discovery, split: Stage, gate: Stage, asker: Asker) -> Stage:
    """Answers to the questions that passed the gate, twice for each story of the pilot."""
    features = passed(work, gate)
    entries = [[f.encoding, f.question, f.evidence] for f in features]
    made_from = digest("pilot", work.who, READINGS, entries, split.digest)

    def make() -> Made:
        if not features:
            return {"answers": 0}, []
        corpus = Corpus.from_stories(stories_of(work, split, "pilot"), name="pilot")
        reader = work.reader
        plan = Plan(reader.model, {"induced": tuple(features)}, READINGS, None, reader.service)
        asker.pilot(corpus, plan)
        rows = [
            {
                "story_id": story.id,
                "feature_id": a.feature_id,
                "sample": a.sample,
                "status": a.status,
                "value": a.value,
                **({"reason": a.reason} if a.reason else {}),
            }
            for story in corpus
            for a in read_answers(work.answers, plan, story)
        ]
        return dict(Counter(str(r["status"]) for r in rows)), rows

    return made_stage(work.folder, "pilot", made_from, make)


def tests(
    work: Discovery, split: Stage, gate: Stage, pilot: Stage, progress: Progress | None
) -> Stage:
    """What the answers say beyond the existing codebook; asks nothing."""
    import pandas as pd

    features = passed(work, gate)
    stories = stories_of(work, split, "pilot")
    keys = pd.DataFrame(
        [(s.id, s.source, s.prompt_id) for s in stories],
        columns=["story_id", "source", "prompt_id"],
    )
    known = _known(work, stories, progress) if features else None
    at = "" if known is None else digest(np.round(known, 9).tolist())
    made_from = digest("tests", work.settings.seed, pilot.digest, at)

    def make() -> Made:
        if known is None:
            return {"kept": 0, "tested": 0}, []
        found = pilot_figures(features, pilot.rows, keys, known, seed=work.settings.seed)
        rows = [_plain(t.to_dict()) for t in found]
        kept = sum(not t.why for t in found)
        return {"kept": kept, "tested": len(rows), "columns": known.shape[1]}, rows

    return made_stage(work.folder, "tests", made_from, make)


def _known(work: Discovery, stories: Sequence[Story], progress: Progress | None) -> Any:
    """The existing codebook's values of some stories, as numbers."""
    from storyscope.errors import TableError

    table = _measured(work, stories, progress) if work.table is None else work.table
    rows = table.set_index("story_id")
    if lacking := [s.id for s in stories if s.id not in rows.index]:
        raise TableError(
            f"The table has no row for {len(lacking)} stories of the pilot, as {lacking[0]!r}; "
            "score the same corpus, or leave --table out."
        )
    rows = rows.loc[[s.id for s in stories]]
    encoded = work.codebook.encode(rows, [c for c in rows.columns if c in work.codebook])
    return encoded.to_numpy(dtype=float)


def _measured(work: Discovery, stories: Sequence[Story], progress: Progress | None) -> pd.DataFrame:
    """What can be measured in the pilot's stories, kept in the folder."""
    from storyscope.extract import MEASURES_VERSION, score
    from storyscope.table import provenance, read_table, write_table

    path = work.folder / MEASURED
    made_from = digest(MEASURES_VERSION, [[s.id, s.text] for s in stories])
    if path.exists():
        table = read_table(path)
        if provenance(table).get("made_from") == made_from:
            return table
    watch = (
        None
        if progress is None
        else lambda p: progress("measuring (words)", p.words, p.total_words, "")
    )
    table = score(Corpus.from_stories(stories, name="pilot"), workers=work.workers, watch=watch)
    table.attrs["storyscope"]["made_from"] = made_from
    write_table(table, path)
    return table


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """NaN as None, which JSON can hold."""
    return {k: None if isinstance(v, float) and v != v else v for k, v in row.items()}
