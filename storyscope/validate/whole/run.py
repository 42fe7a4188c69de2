"""What is told where, against stories that were read whole, as plain data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyscope.errors import CorpusError
from storyscope.extract.tagger.folds import read_folds, read_trained
from storyscope.validate.whole.figures import figures, figures_by_group
from storyscope.validate.whole.predict import by_model, on_folds, shipped_folds
from storyscope.validate.whole.stories import SECOND, Story, find_texts, read_stories

if TYPE_CHECKING:
    from storyscope.extract.pipeline import Pipeline

__all__ = ["whole_figures"]

Progress = Callable[[str, int, int], None]
FEW = 10
"""Sentences of a family under which two readings say nothing about how far they agree."""


def whole_figures(
    readings: Path,
    corpora: Path | None,
    pipeline: Pipeline | None = None,
    progress: Progress | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """What is told where, against stories that were read whole.

    Parameters
    ----------
    readings : Path
        Folder of the readings.
    corpora : Path or None
        Folder of the texts. Only the shipped tagger reads them; otherwise it is checked that they
        are those that were read.
    pipeline : Pipeline, optional
        Lets the shipped tagger read the stories that it was not trained on. Without it, figures
        come from predictions on folds: each story's by a model that never saw it.
    progress : callable, optional
    seed : int
        Of the resampling of stories.

    Returns
    -------
    dict
        ``from`` ("folds" or "model"), ``stories``, ``sentences``, ``left_out`` (stories the tagger
        was trained on; of folds, those whose fold was not run), ``rows`` (see
        `storyscope.validate.whole.figures.figures`; each with ``again``, what a second reading
        reaches against the first, where there are such) and ``groups``.

    Raises
    ------
    CorpusError
        If readings, texts or predictions are missing, or no story is left.
    """

    def tell(done: int) -> None:
        if progress is not None:
            progress("stories", done, len(stories))

    every = stories = read_stories(readings)
    if pipeline is not None:
        stories = _not_learned(stories, shipped_folds())
    else:
        not_run = read_trained(shipped_folds()) - set(read_folds(shipped_folds()))
        stories = [s for s in stories if s.id not in not_run]
    texts = find_texts(stories, corpora) if corpora is not None else {}
    if pipeline is None:
        predictions = on_folds(stories, shipped_folds())
    elif corpora is None:
        raise CorpusError(
            "The tagger reads texts and the readings hold none; name the folder of the corpora "
            "with --corpora."
        )
    else:
        predictions = by_model(stories, texts, pipeline, tell)
    rows = figures(stories, predictions, seed)
    again = _second_reading(readings, every, seed)
    for row in rows:
        row["again"] = again.get(row["name"])
    return {
        "from": "folds" if pipeline is None else "model",
        "stories": len(stories),
        "sentences": sum(len(s.sentences) for s in stories),
        "left_out": len(every) - len(stories),
        "rows": rows,
        "groups": figures_by_group(stories, predictions, seed, progress),
    }


def _not_learned(stories: list[Story], folds: Path) -> list[Story]:
    """Stories that the shipped tagger was not trained on."""
    learned = read_trained(folds) if folds.is_file() else set()
    left = [s for s in stories if s.id not in learned]
    if not left:
        raise CorpusError(
            f"The tagger was trained on all {len(stories)} stories of these readings, so its own "
            "word on them proves nothing; leave --model out to use predictions on folds."
        )
    return left


def _second_reading(readings: Path, stories: list[Story], seed: int) -> dict[str, dict[str, Any]]:
    """The same figures of a second reading held against the first, by name; empty without one.

    A family told in fewer than `FEW` sentences of those stories is left out.
    """
    if not (readings / SECOND).is_file():
        return {}
    first = {s.id: s for s in stories}
    second = [
        s
        for s in read_stories(readings, SECOND)
        if s.id in first and s.sentences == first[s.id].sentences
    ]
    if not second:
        return {}
    rows = figures([first[s.id] for s in second], [s.as_prediction() for s in second], seed)
    return {
        row["name"]: {
            "stories": len(second),
            **{k: v for k, v in row.items() if k.removesuffix("_interval") in _AGAIN},
        }
        for row in rows
        if row.get("sentences", FEW) >= FEW
    }


_AGAIN = ("f1", "kappa", "rho", "error", "accuracy", "r", "slope_rho")
"""Figures that mean something between two readers, who give no probabilities."""
