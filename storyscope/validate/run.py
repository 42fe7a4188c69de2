"""Everything that speaks for or against the measures, gathered as plain data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.errors import CorpusError
from storyscope.validate.families import FAMILIES
from storyscope.validate.passages import Passage, Score, read_passages, score_family, wilson

if TYPE_CHECKING:
    from storyscope.extract.pipeline import Pipeline

__all__ = ["gold_figures", "home", "passage_figures", "reading_figures"]

RESAMPLES = 2000
Progress = Callable[[str, int, int], None]


def home(named: Path | None, *below: str) -> Path:
    """The folder that was named, or the checkout's own.

    Raises
    ------
    CorpusError
        If neither is there: the passages do not travel with an installed package.
    """
    folder = named or Path(__file__).resolve().parents[2].joinpath("tests", "validation", *below)
    if not folder.is_dir():
        raise CorpusError(
            f"There are no validation data in {folder}; run this from a checkout of the project, "
            "or name their folder with --passages."
        )
    return folder


def passage_figures(
    folder: Path, pipeline: Pipeline, progress: Progress | None = None, seed: int = 0
) -> list[dict[str, Any]]:
    """Score every family on its passages, open and sealed ones apart.

    Returns
    -------
    list of dict
        ``family``, ``part`` ("open" or "sealed"), ``positives``, ``negatives``, ``precision``,
        ``recall`` (each with its 95% interval, ``precision_interval`` and ``recall_interval``),
        ``f1`` and ``f1_interval`` (95%, bootstrap over passages).
    """
    by_family: dict[str, list[Passage]] = {}
    for passage in read_passages(folder):
        by_family.setdefault(passage.family, []).append(passage)
    rows = []
    for done, (name, passages) in enumerate(sorted(by_family.items()), 1):
        if name in FAMILIES:
            for sealed in (False, True):
                score, said = score_family(passages, pipeline, sealed)
                rows.append(_row(score, said, seed))
        if progress is not None:
            progress("passages", done, len(by_family))
    return rows


def _row(score: Score, said: list[tuple[Passage, bool]], seed: int) -> dict[str, Any]:
    truth = np.array([p.label for p, _ in said])
    fired = np.array([f for _, f in said])
    alarms, positives = int(fired.sum()), int(truth.sum())
    return {
        "family": score.family,
        "part": score.part,
        "positives": positives,
        "negatives": int((~truth).sum()),
        "precision": round(score.precision, 3),
        "precision_interval": [round(v, 3) for v in wilson(score.hits, alarms)],
        "recall": round(score.recall, 3),
        "recall_interval": [round(v, 3) for v in wilson(score.hits, positives)],
        "f1": round(score.f1, 3),
        "f1_interval": [round(v, 3) for v in _f1_interval(truth, fired, seed)],
    }


def _f1_interval(truth: np.ndarray, fired: np.ndarray, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(truth), size=(RESAMPLES, len(truth)))
    t, f = truth[drawn], fired[drawn]
    hits = (t & f).sum(axis=1)
    f1 = 2 * hits / np.maximum(t.sum(axis=1) + f.sum(axis=1), 1)
    low, high = np.percentile(f1, [2.5, 97.5])
    return float(low), float(high)


def reading_figures(folder: Path) -> list[dict[str, Any]]:
    """What two blind readings of real stories said of each family's hits and near misses.

    Each file has a place of a story in a row: ``corpus``, ``story`` (``prompt_id/source#row``, rows
    counted from 0), ``start`` and ``end`` (characters of the normalised text), ``kind`` ("hit" or
    "near miss"), ``first`` and ``second`` (whether the trait is there, by either reading).

    Returns
    -------
    list of dict
        ``family``; ``hits`` and ``right`` (hits that hold by the first reading), ``precision``
        with its 95% ``interval``; ``near`` and ``missed`` (near misses that have the trait);
        ``agreement`` of the two readings.
    """
    rows = []
    for path in sorted(folder.glob("*.json")):
        # Files of another form are labels of whole stories.
        held = json.loads(path.read_text(encoding="utf-8"))
        drawn = [d for d in held if "kind" in d and d.get("first") is not None]
        if not drawn:
            continue
        hits = [d for d in drawn if d["kind"] == "hit"]
        near = [d for d in drawn if d["kind"] != "hit"]
        right = sum(bool(d["first"]) for d in hits)
        low, high = wilson(right, len(hits))
        twice = [d for d in drawn if d.get("second") is not None]
        rows.append(
            {
                "family": path.stem,
                "hits": len(hits),
                "right": right,
                "precision": round(right / len(hits), 3) if hits else None,
                "interval": [round(low, 3), round(high, 3)],
                "near": len(near),
                "missed": sum(bool(d["first"]) for d in near),
                "agreement": round(sum(d["first"] == d["second"] for d in twice) / len(twice), 3)
                if twice
                else None,
            }
        )
    return rows


def gold_figures(
    path: Path, pipeline: Pipeline, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Layers against LitBank's gold: a row each with n, precision, recall, F1 and intervals."""
    from storyscope.validate.events import events_gold
    from storyscope.validate.gold import people_gold

    rows: list[dict[str, Any]] = []
    for done, part in enumerate((events_gold, people_gold), 1):
        rows += part(path, pipeline)
        if progress is not None:
            progress("gold", done, 2)
    return rows


def finding_figures(path: Path, seed: int = 0) -> list[dict[str, Any]]:
    """Published findings on one table: a row each with claim, feature, delta and verdict."""
    from storyscope.table import read_table
    from storyscope.validate.findings import check_findings

    rows = []
    for outcome in check_findings(read_table(path), seed=seed):
        plain = outcome.to_dict()
        rows.append({**plain.pop("finding"), **plain})
    return rows


def length_figures(path: Path) -> list[dict[str, Any]]:
    """Every feature's rank correlation with length on one table, the strongest first."""
    from storyscope.codebook import default_codebook
    from storyscope.table import read_table
    from storyscope.validate.invariance import length_correlations

    book = default_codebook()
    found = length_correlations(read_table(path))
    ranked = sorted(found.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [
        {"feature": f, "name": book[f].name, "style": book[f].style, "r": round(r, 3)}
        for f, r in ranked
    ]


def invariance_figures(
    corpus: Path,
    pipeline: Pipeline,
    stories: int,
    progress: Progress | None = None,
    columns: dict[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Features of the same stories re-typeset, respelled or renamed: a row per variant and feature.

    Stories are taken evenly from the whole corpus.
    """
    from storyscope.corpus import read_corpus
    from storyscope.validate.invariance import shifts

    texts = [story.text for story in read_corpus(corpus, columns=columns)]
    step = max(len(texts) / max(stories, 1), 1)
    chosen = [texts[int(k * step)] for k in range(min(stories, len(texts)))]

    def tell(done: int) -> None:
        if progress is not None:
            progress("invariance", done, len(chosen))

    return [s.to_dict() for s in shifts(chosen, pipeline, progress=tell)]


def question_figures() -> list[dict[str, Any]]:
    """What the check of wording finds in the codebook's judged questions."""
    from storyscope.codebook import default_codebook
    from storyscope.validate.questions import check_questions

    return [
        {"feature": f.feature, "check": f.check, "what": str(f)}
        for f in check_questions(default_codebook())
    ]


def judge_figures(path: Path, readings: Path | None = None, seed: int = 0) -> dict[str, Any]:
    """How far a judge agrees with the measures, with the tagger and with readings.

    Parameters
    ----------
    path : Path
        Feature table with judged answers.
    readings : Path, optional
        Folder of readings of whole stories, against which twins are held as well.
    seed : int
        Of the resampling of stories.

    Returns
    -------
    dict
        ``judge``: a row for each feature that is measured and judged
        (`storyscope.judge.agreement`); ``twins``: see
        `storyscope.validate.twins.twin_figures`.

    Raises
    ------
    TooLittleData
        If the table has neither a feature from both nor a twin.
    """
    from storyscope.errors import TooLittleData
    from storyscope.judge.agree import agreement
    from storyscope.table import read_table
    from storyscope.validate.twins import twin_figures
    from storyscope.validate.whole.stories import read_stories

    table = read_table(path)
    twins = twin_figures(table, read_stories(readings) if readings else (), seed=seed)
    try:
        both = agreement(table).to_dict("records")
    except TooLittleData:
        if not twins:
            raise
        both = []
    return {"judge": both, "twins": twins}
