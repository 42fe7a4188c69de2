"""The shipped models as one answer: person or model, then which family, then which version.

Five models and a record lie in one folder:

- ``people``: person or model, from all features; it heads the answer;
- ``built`` and ``worded``: the same question from narrative features and from surface style alone;
- ``family``: which family, learned from texts of models only, whole versions held out; its
  background is models of none of the families;
- ``family_built``: the same from narrative features, for comparison only;
- ``answer.json``: prediction sets of the whole answer, and what tells versions of a family apart.

Probability of a family is that of a model times that of the family among models.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.answer import Attribution
from storyscope.attribute.calibration import Calibration
from storyscope.attribute.explain import (
    by_dimension,
    contributions,
    course,
    operating,
    passages_of,
    unusual,
    weighing,
)
from storyscope.attribute.linear import normal_scores
from storyscope.attribute.material import Material, of_row, of_text
from storyscope.attribute.model import Attributor
from storyscope.attribute.novelty import UNLIKE
from storyscope.attribute.own_people import judge_of, read_own, standing_of
from storyscope.attribute.storage import what_is_wrong
from storyscope.attribute.versions import Versions
from storyscope.errors import ModelMismatch, UnusableText
from storyscope.paths import data_dir

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from storyscope.attribute.model import Judged
    from storyscope.codebook import Codebook
    from storyscope.extract.pipeline import Pipeline
    from storyscope.extract.story import StoryMeasures

__all__ = ["MEMBERS", "RECORD", "Panel", "compose", "people_score", "shipped"]

RECORD = "answer.json"
FORMAT = 1
MEMBERS = ("people", "built", "worded", "family", "family_built")
"""Folders of the models."""
NAMED = 0.05
"""Share from which a version is listed."""


class Panel:
    """The models of one folder; each is read when it is first asked.

    Parameters
    ----------
    folder : str or Path

    Raises
    ------
    ModelMismatch
        If the folder holds no such models, or they are damaged.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        try:
            plain = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
            if plain["format"] != FORMAT:
                raise ModelMismatch(
                    f"The models in {self.folder} have layout {plain['format']}, this version reads "
                    f"{FORMAT}; train them anew."
                )
            self.rows = tuple(map(str, plain["rows"]))
            self.calibration = Calibration.from_dict(plain["sets"])
            self.versions = Versions.from_dict(plain["versions"])
            self.training = dict(plain["training"])
        except FileNotFoundError:
            raise ModelMismatch(
                f"There are no models in {self.folder}; make them with "
                "`python corpora/reference/train.py`."
            ) from None
        except (ValueError, LookupError, TypeError, AttributeError, OSError) as error:
            raise ModelMismatch(
                f"The models in {self.folder} are damaged: {what_is_wrong(error)}. Copy the folder "
                "again, or train them anew."
            ) from error

    @cached_property
    def people(self) -> Attributor:
        """Person or model, from all features."""
        return Attributor.load(self.folder / "people")

    @cached_property
    def built(self) -> Attributor:
        """Person or model, from narrative features."""
        return Attributor.load(self.folder / "built")

    @cached_property
    def worded(self) -> Attributor:
        """Person or model, from surface style."""
        return Attributor.load(self.folder / "worded")

    @cached_property
    def family(self) -> Attributor:
        """Which family, among models."""
        return Attributor.load(self.folder / "family")

    @property
    def codebook_(self) -> Codebook:
        """By which rows are read."""
        return self.people.codebook_

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Every feature that any of them reads."""
        models = (self.people, self.built, self.worded, self.family)
        return tuple(dict.fromkeys(f for m in models for f in m.feature_ids_))

    def score(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Log odds of a model as the writer before calibration, by all features, shape (n,)."""
        margins = self.people.margins(table)
        ai = _ai(self.people)
        found: NDArray[np.float64] = margins[:, ai] - margins[:, 1 - ai]
        return found

    def attribute(
        self,
        text: str,
        *,
        pipeline: Pipeline | None = None,
        passages: int = 6,
        measured: StoryMeasures | None = None,
    ) -> Attribution:
        """The answer for one text; parameters and errors are those of `explain.attribute_text`."""
        found = of_text(self.people, self.features, text, pipeline=pipeline, measured=measured)
        return self._answer(found, passages)

    def attribute_row(self, row: pd.DataFrame) -> Attribution:
        """The answer for one row of a feature table; errors are those of `explain.attribute_row`."""
        return self._answer(of_row(self.people, self.features, row), 0)

    def _answer(self, found: Material, passages: int) -> Attribution:
        held = [row["holds"] for row in self.training.get("coverage", ())]
        plain: dict[str, Any] = {
            "coverage": self.calibration.coverage,
            "coverage_seen": (min(held), max(held)) if held else None,
            "words": found.words,
            "feature_set": self.people.features,
            "no_ground": found.no_ground,
        }
        if found.no_ground:
            return Attribution(
                None, None, 0.0, self.rows, unlike_reference=True, warnings=found.warnings, **plain
            )
        judged = self.people.judge(found.table)
        ai = judged.probabilities[:, _ai(self.people)]
        families = self.family.judge(found.table)
        shares = compose(ai, families.probabilities, families.unknown)
        mean, chance = shares.mean(axis=0), float(ai.mean())
        order = np.argsort(-mean, kind="stable")
        whole = [self.rows[c] for c in order]
        reads_like = "human" if chance < 0.5 else next(s for s in whole if s != "human")
        novelty, warnings = unusual(self.people, judged, found)
        strange = novelty is not None and novelty >= UNLIKE
        weights = contributions(
            self.people,
            found.table,
            judged,
            _ai(self.people) if chance >= 0.5 else 1 - _ai(self.people),
        )
        words = float(np.median(judged.words))
        inside = self.calibration.sets(mean[None], np.array([words]))[0]
        members = {self.rows[c] for c in np.flatnonzero(inside)}
        return Attribution(
            reads_like=reads_like,
            probabilities={self.rows[c]: round(float(mean[c]), 6) for c in order},
            confidence=round(float(mean[self.rows.index(reads_like)]), 6),
            ai=round(chance, 6),
            built=_chance(self.built, found),
            worded=_chance(self.worded, found),
            versions=self._versions(reads_like, families),
            set=tuple(s for s in whole if strange or s in members or s == reads_like),
            unlike_reference=strange,
            novelty=novelty,
            dimensions=by_dimension(weights),
            features=weighing(weights),
            family_features=self._family_features(reads_like, found, families),
            passages=passages_of(found.stories, weights, passages),
            segments=course(found, judged.words, shares, self.rows, order),
            warnings=(*found.warnings, *warnings),
            operating=operating(self.people, judged.probabilities.mean(axis=0)),
            own_people=standing_of(self.people, judged, found.words),
            **plain,
        )

    def _family_features(self, reads_like: str, found: Material, families: Judged) -> Any:
        named = [str(c) for c in self.family.classes_]
        if reads_like not in named:
            return ()
        return weighing(contributions(self.family, found.table, families, named.index(reads_like)))

    def _versions(self, reads_like: str, families: Judged) -> dict[str, float]:
        """The nearest versions of a family, nearest first."""
        if reads_like not in self.versions.names or self.family.line_ is None:
            return {}
        scores = normal_scores(families.matrix, self.family.line_.knots)
        shares = self.versions.shares(reads_like, scores).mean(axis=0)
        names = self.versions.names[reads_like]
        order = np.argsort(-shares, kind="stable")
        return {names[v]: round(float(shares[v]), 4) for v in order if shares[v] >= NAMED}


def compose(
    ai: NDArray[np.float64], families: NDArray[np.float64], unknown: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probabilities of people, each family, and models of no known family, shape (n, families + 2).

    Parameters
    ----------
    ai : array of shape (n,)
        Probability of a model as the writer.
    families : array of shape (n, families)
        Of each family, if one of them wrote it.
    unknown : array of shape (n,)
        Of none of them, if a model wrote it.

    Examples
    --------
    >>> compose(np.array([0.8]), np.array([[0.75, 0.25]]), np.array([0.5])).round(2).tolist()
    [[0.2, 0.3, 0.1, 0.4]]
    """
    return np.column_stack([1 - ai, families * ((1 - unknown) * ai)[:, None], unknown * ai])


def shipped(folder: str | Path | None = None) -> Panel | Attributor:
    """The shipped models, or those of a folder: several that make one answer, or one of your own.

    Raises
    ------
    ModelMismatch
        If the folder holds neither.
    """
    if folder is None:
        return Panel(data_dir("corpora") / "model")
    folder = Path(folder)
    found = Panel(folder) if (folder / RECORD).is_file() else Attributor.load(folder)
    if (own := read_own(folder)) is not None:
        judge_of(found).own_people_ = own
    return found


def people_score(
    what: str | pd.DataFrame,
    *,
    panel: Panel | None = None,
    pipeline: Pipeline | None = None,
) -> NDArray[np.float64]:
    """How much texts read like a model's rather than a person's, before any calibration.

    Parameters
    ----------
    what : str or DataFrame
        One text, or rows of a feature table.
    panel : Panel, optional
        Default the shipped models.
    pipeline : Pipeline, optional
        Default that of `load_pipeline`.

    Returns
    -------
    array of shape (n,)
        Log odds by all features; 1 value for a text, the mean over the stretches of a long one.

    Raises
    ------
    UnusableText
        For a text that is too short, or for which there is no ground.
    """
    panel = panel or Panel(data_dir("corpora") / "model")
    if not isinstance(what, str):
        return panel.score(what)
    found = of_text(panel.people, panel.people.feature_ids_, what, pipeline=pipeline)
    if found.no_ground:
        raise UnusableText(" ".join(found.no_ground))
    return np.array([panel.score(found.table).mean()])


def _ai(model: Attributor) -> int:
    return [str(c) for c in model.classes_].index("ai")


def _chance(model: Attributor, found: Material) -> float:
    """Probability that a model wrote it, by one of the two-way models."""
    return round(float(model.predict_proba(found.table)[:, _ai(model)].mean()), 6)
