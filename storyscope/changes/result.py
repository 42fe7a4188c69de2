"""The result of a diff: plain data, as sentences and as a table of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyscope.compare.layout import Table, between, plain, tail
from storyscope.compare.multiplicity import BOUND
from storyscope.compare.resample import Estimate
from storyscope.version import __version__

__all__ = ["Change", "Diff", "Passage", "Power", "Side"]

SCHEMA = "storyscope-diff/1"


@dataclass(frozen=True)
class Passage:
    """Where a story shows a feature.

    Attributes
    ----------
    side : str
        "old" or "new".
    story : str
        Its id.
    start, end : int
        Characters [start, end) of the text as it was given.
    text : str
        The passage; a short one in brackets, with what stands around it.
    """

    side: str
    story: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Change:
    """One feature, from old to new.

    Attributes
    ----------
    feature, name, dimension, kind, unit : str
        From the codebook.
    style : bool
    answer : str
        For categories and multi-selects the answer whose share differs most; else empty.
    old, new : float
        Mean of the value, of an ordinal's rank from 0, of yes as 1; the share of `answer`.
    measure : str
        "delta" (Cliff's: chance that a new story has more, less the chance that it has less) or
        "V" (Cramer's, for categories).
    size : Estimate
        With its 95% interval over prompts.
    p, q : float, or None
        By shuffling labels, and corrected over all features (Benjamini and Hochberg); None where
        the feature does not vary within prompts.
    real : bool
        q is below 0.05 and the interval of a delta excludes 0.
    passages : tuple of Passage
        From a typical story of each side; empty without texts.
    """

    feature: str
    name: str
    dimension: str
    kind: str
    unit: str
    style: bool
    answer: str
    old: float
    new: float
    measure: str
    size: Estimate
    p: float | None
    q: float | None
    real: bool
    passages: tuple[Passage, ...] = ()

    @property
    def label(self) -> str:
        """Name, with the answer where it is about one."""
        return f"{self.name}: {self.answer}" if self.answer else self.name


@dataclass(frozen=True)
class Side:
    """One of the two.

    Attributes
    ----------
    source : str
    stories, prompts : int
        Compared.
    left_out : int
        Stories on prompts that the other side lacks.
    made : dict
        Versions of what made its table; empty for a table from elsewhere.
    """

    source: str
    stories: int
    prompts: int
    left_out: int
    made: dict[str, Any]


@dataclass(frozen=True)
class Power:
    """What this design could have shown.

    Attributes
    ----------
    prompts : int
        Of the smaller side.
    delta : float, or None
        Change of a single feature that would be found in four of five such diffs; None where not
        even the largest would.
    """

    prompts: int
    delta: float | None

    def prompts_for(self, delta: float) -> int | None:
        """About how many prompts it takes to find a change as surely; the need falls with its square.

        >>> Power(20, 0.5).prompts_for(0.25)
        80
        """
        return None if self.delta is None else round(self.prompts * (self.delta / delta) ** 2)


@dataclass(frozen=True)
class Diff:
    """What `storyscope.changes.diff` found.

    Attributes
    ----------
    old, new : Side
    matched : bool
        Whether only stories on shared prompts are compared.
    features, codebook, codebook_name : str
        Feature set, version and name of the codebook.
    changes : list of Change
        Of every feature that varies, the largest first, real ones before all others.
    power : Power, or None
        None where no graded feature varies.
    notes : list of str
    seed : int
    """

    old: Side
    new: Side
    matched: bool
    features: str
    codebook: str
    codebook_name: str
    changes: list[Change]
    power: Power | None
    notes: list[str]
    seed: int

    @property
    def real(self) -> list[Change]:
        """The changes that chance does not give."""
        return [change for change in self.changes if change.real]

    def fails(self, condition: str) -> bool:
        """Whether the real changes meet a condition of ``--fail-if``.

        Parameters
        ----------
        condition : str
            "any", a number of features, or the name of a dimension or id of a feature that changed.
        """
        if condition == "any":
            return bool(self.real)
        if condition.isdecimal():
            return len(self.real) >= int(condition)
        return any(condition in (c.dimension, c.feature) for c in self.real)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"schema": SCHEMA, "storyscope": __version__, **plain(self)}

    def _repr_html_(self) -> str:
        from storyscope.shown import in_html

        first = next(iter(self.tables()), None)
        return in_html(
            f"From {self.old.source} to {self.new.source}",
            lines=self.lines(),
            columns=first.columns if first else (),
            rows=first.rows if first else (),
        )

    def lines(self) -> list[str]:
        """Tell what was compared, what could have been shown, and how much changed."""
        kind = "" if self.features == "all" else f"{self.features} "
        on = (
            f"on {self.old.prompts} shared prompts"
            if self.matched
            else f"on different prompts ({self.old.prompts} and {self.new.prompts})"
        )
        lines = [
            f"{self.old.source} (old, {self.old.stories} stories) and {self.new.source} (new, "
            f"{self.new.stories} stories) {on}, {len(self.changes)} {kind}features that vary "
            f"(codebook {self.codebook})."
        ]
        return [*lines, *self.caution(), self.answer(), *(f"Note. {note}" for note in self.notes)]

    def caution(self) -> list[str]:
        """What this design could have shown, and what else is part of every difference."""
        lines = [_power(self.power)] if self.power else []
        if not self.matched:
            lines.append(
                "The two share too few prompts, so that what the prompts ask for is part of every "
                "difference."
            )
        return lines

    def answer(self) -> str:
        """How much changed, in a sentence."""
        if self.real:
            n = len(self.real)
            what = "feature differs" if n == 1 else "features differ"
            return (
                f"{n} {what} beyond chance (q below {BOUND}, and an interval that excludes none)."
            )
        if self.power and self.power.delta is None:
            return "No feature differs beyond chance, which is no sign that the two are the same."
        return "Nothing distinguishes these two."

    def tables(self, *, full: bool = False) -> list[Table]:
        """The real changes, or with `full` all features, as a table of text."""
        columns: tuple[str, ...]
        rows: list[tuple[str, ...]]
        listed = self.changes if full else self.real
        rows = [
            (c.feature, c.label, c.dimension, _value(c, c.old), _value(c, c.new),
             f"{c.measure} {between(c.size, 2)}", tail(c.q), "yes" if c.real else "no")
            for c in listed
        ]  # fmt: skip
        columns = ("feature", "name", "dimension", "#old", "#new", "change", "#q", "real")
        if not full:  # all of them are
            columns, rows = columns[:-1], [row[:-1] for row in rows]
        note = (
            "delta: chance that a new story has more, less the chance that it has less; V: Cramer's. "
            "Means; of an ordinal its rank from 0; of an answer its share."
        )
        return [Table("From old to new", columns, rows, note)] if rows else []


def _value(change: Change, value: float) -> str:
    if change.answer or change.kind == "binary":
        return f"{100 * value:.0f}%"
    return f"{value:.3g}"


def _power(power: Power) -> str:
    if power.delta is None:
        return (
            f"{power.prompts} prompts are too few to show a change of one feature alone, however "
            "large, among so many; give more prompts."
        )
    further = ""
    if power.delta > 0.25:
        further = f"; a delta of 0.20 takes about {power.prompts_for(0.2)} prompts"
    return (
        f"{power.prompts} prompts would show a delta of {power.delta:.2f} in a single feature four "
        f"times in five{further}."
    )
