"""What marks each source off from the others and from people, with intervals and stability.

Only what is real is a mark: its interval excludes none, and its q over all features, from labels
shuffled within prompts, is below 0.05. A source may have no mark at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from storyscope.codebook import Codebook, FeatureSet, default_codebook
from storyscope.compare.features import shuffled
from storyscope.compare.multiplicity import BOUND, benjamini_hochberg
from storyscope.compare.resample import MIN_PROMPTS
from storyscope.errors import TooLittleData
from storyscope.table import feature_ids

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Contrast", "Fingerprint", "Mark", "cliffs_delta", "fingerprint", "shows"]

TOP = 15
"""Marks that are listed, and among which a mark must come again to count as stable."""
RESAMPLES = 300
LEAST = 10
"""Stories of a source with a value, under which it is not described by that feature."""
MOST_FOR_INTERVALS = 6000
"""Stories that intervals are drawn from at most; of a larger table, a seeded sample of prompts."""


@dataclass(frozen=True)
class Contrast:
    """One source's stories against others': Cliff's delta with its 95% interval over prompts.

    Delta is the chance that a story of this source has the higher value minus the chance that it
    has the lower: -1 to 1, 0 where the two do not differ.
    """

    delta: float
    low: float
    high: float
    others: float
    n_others: int


@dataclass(frozen=True)
class Mark:
    """One thing that a source does more or less of.

    Attributes
    ----------
    feature : str
        Feature id.
    value : str
        The answer it is about, for a categorical or multi feature; otherwise empty.
    name, dimension, unit, style
        From the codebook.
    mean : float
        Mean over this source's stories; for an answer, its share.
    share : float
        Share of this source's stories that show the mark, as `shows` has it.
    models : Contrast
        Against the other models, each weighing the same.
    people : Contrast or None
        Against people; None where the table has none.
    stable : float
        Share of resamples in which it is among the `TOP` marks of the source.
    n : int
        Stories of the source with a value.
    q : float
        Of the contrast with the models, corrected over all features of the source (Benjamini and
        Hochberg).
    """

    feature: str
    value: str
    name: str
    dimension: str
    unit: str
    style: bool
    mean: float
    share: float
    models: Contrast
    people: Contrast | None
    stable: float
    n: int
    q: float

    @property
    def label(self) -> str:
        """Name, with the answer where it is about one."""
        return f"{self.name}: {self.value}" if self.value else self.name


@dataclass(frozen=True)
class Fingerprint:
    """The real marks of every source, those first whose whole interval lies farthest from none.

    Attributes
    ----------
    feature_set : str
    marks : dict of str to tuple of Mark
        By source; none where nothing marks it.
    human : str or None
        The source that stands for people, if the table has it.
    n_stories, n_prompts : int
    matched : bool
        Whether people and models answered the same prompts; otherwise contrasts with people also
        hold whatever else differs between the corpora.
    notes : tuple of str
    """

    feature_set: str
    marks: dict[str, tuple[Mark, ...]]
    human: str | None
    n_stories: int
    n_prompts: int
    matched: bool
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def _repr_html_(self) -> str:
        from storyscope.shown import in_html

        rows = [
            (source, m.label, m.models.delta, f"{m.models.low:+.2f} to {m.models.high:+.2f}")
            for source, marks in self.marks.items()
            for m in marks[:2]
        ]
        marked = sum(bool(marks) for marks in self.marks.values())
        return in_html(
            f"Fingerprints: {marked} of {len(self.marks)} sources are marked off, the first marks each",
            lines=self.notes,
            columns=("source", "mark", "#delta to other models", "#95% interval"),
            rows=rows,
        )


def shows(
    values: NDArray[np.float64], others: NDArray[np.float64], *, more: bool
) -> NDArray[np.bool_]:
    """Which stories show a mark: those beyond the middle of the others, or at it if that is the end.

    Parameters
    ----------
    values, others : array
        Of the stories that are asked about and of those that a source is held against.
    more : bool
        Whether the mark is to have more.

    Examples
    --------
    >>> import numpy as np
    >>> none, some = np.zeros(3), np.array([0.0, 0.0, 2.0])
    >>> shows(some, none, more=True).tolist(), shows(some, none, more=False).tolist()
    ([False, False, True], [True, True, False])
    """
    import numpy as np

    middle = np.nanmedian(others)
    if more:
        return values >= middle if middle == np.nanmax(values) else values > middle
    return values <= middle if middle == np.nanmin(values) else values < middle


def fingerprint(
    table: pd.DataFrame,
    *,
    features: FeatureSet = "narrative",
    human: str = "human",
    top: int = TOP,
    resamples: int = RESAMPLES,
    seed: int = 0,
    codebook: Codebook | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Fingerprint:
    """Find what marks each source of a table.

    Parameters
    ----------
    table : DataFrame
        A feature table with two sources or more.
    features : {"narrative", "style", "all"}
    human : str
        The source that stands for people.
    top : int
        Marks of a source at most.
    resamples, seed : int
        Of the bootstrap over prompts.
    codebook : Codebook, optional
        Default the shipped one.
    progress : callable, optional
        Called with a stage, what is done, and of how much.

    Raises
    ------
    TooLittleData
        If fewer than two sources have `LEAST` stories.
    """
    import numpy as np

    book = codebook or default_codebook()
    table = table.copy(deep=False)
    table.attrs = {}  # pandas would copy them anew with every column
    sources = table["source"].astype(str).to_numpy()
    counts = {s: int((sources == s).sum()) for s in sorted(set(sources))}
    known = [s for s, n in counts.items() if n >= LEAST]
    notes = [
        f"{s} has {n} of the {LEAST} stories that a fingerprint needs, and is not described; score "
        "more stories of it."
        for s, n in counts.items()
        if n < LEAST
    ]
    models = [s for s in known if s != human]
    if len(known) < 2:
        raise TooLittleData(
            f"Fingerprints need two sources with at least {LEAST} stories each; the table has "
            f"{len(known)} ({_counted(counts)}). Score more stories of the others and join the "
            "tables, or give sources that belong together one name; `storyscope compare` tells "
            "sources of 5 stories apart."
        )
    ids = [f for f in feature_ids(table, book, features) if table[f].notna().any()]
    encoded = book.encode(table, ids)
    prompts, prompt_of = np.unique(table["prompt_id"].astype(str).to_numpy(), return_inverse=True)
    weights, rows = _draws(prompt_of, len(prompts), resamples, seed)
    if len(rows) < len(table):
        notes.append(f"Intervals come from a sample of {len(rows)} stories, drawn by prompt.")
    columns = [(book[f], c) for f in ids for c in book[f].columns]
    found: dict[str, list[tuple[float, Any]]] = {s: [] for s in known}
    strength: dict[str, list[NDArray[np.float64]]] = {s: [] for s in known}
    for k, (feature, column) in enumerate(columns):
        values = encoded[column].to_numpy(float)
        for source in known:
            others = [m for m in models if m != source]
            mark = _mark(values, sources, prompt_of, source, others,
                         human if human in known else None, weights, rows, feature, column)  # fmt: skip
            if mark is not None:
                plain, resampled = mark
                found[source].append((_surely(plain["models"]), plain))
                # Rounded, so that equal contrasts rank the same however they were summed.
                strength[source].append(np.abs(resampled).round(9))
        if progress is not None:
            progress("fingerprints", k + 1, len(columns))
    marks = {}
    for source in known:
        stable = _stability(strength[source], top)
        q = benjamini_hochberg([plain.pop("p") for _, plain in found[source]])
        real = [
            (sure, Mark(**plain, stable=round(s, 3), q=float(f"{one:.4g}")))
            for (sure, plain), s, one in zip(found[source], stable, q, strict=True)
            if sure > 0 and one is not None and one < BOUND
        ]
        real.sort(key=lambda one: (-one[0], one[1].feature, one[1].value))
        marks[source] = tuple(mark for _, mark in real[:top])
    if len(prompts) < MIN_PROMPTS:
        notes.append(
            f"The table has {len(prompts)} prompts; with fewer than {MIN_PROMPTS} nothing can be "
            "told from chance, and no marks are listed. Add stories on other prompts; stories that "
            "share none need a `prompt_id` each."
        )
    shared = table.groupby("prompt_id")["source"].agg(set)
    matched = human in known and bool(
        np.mean([human in s and len(s) > 1 for s in shared if human in s]) > 0.5
    )
    return Fingerprint(
        features, marks, human if human in known else None, len(table), len(prompts), matched,
        tuple(notes),
    )  # fmt: skip


def _counted(counts: dict[str, int], most: int = 4) -> str:
    """How many stories each source has, the fewest first.

    >>> _counted({"a": 12, "b": 3})
    'b 3, a 12'
    """
    told = [f"{source} {n}" for source, n in sorted(counts.items(), key=lambda item: item[1])]
    return ", ".join(told[:most]) + (f" and {len(told) - most} more" if len(told) > most else "")


def _draws(
    prompt_of: NDArray[np.int64], n_prompts: int, resamples: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """How often each story counts in each resample of prompts, and the stories used."""
    import numpy as np

    rng = np.random.default_rng(seed)
    rows = np.arange(len(prompt_of))
    if len(rows) > MOST_FOR_INTERVALS:
        kept = rng.permutation(n_prompts)[: int(n_prompts * MOST_FOR_INTERVALS / len(rows))]
        rows = np.flatnonzero(np.isin(prompt_of, kept))
    present, local = np.unique(prompt_of[rows], return_inverse=True)
    draws = rng.multinomial(len(present), np.full(len(present), 1 / len(present)), size=resamples)
    return draws[:, local].astype(float), rows


def _mark(
    values: NDArray[np.float64],
    sources: NDArray[Any],
    prompt_of: NDArray[np.int64],
    source: str,
    others: list[str],
    human: str | None,
    weights: NDArray[np.float64],
    rows: NDArray[np.int64],
    feature: Any,
    column: str,
) -> tuple[dict[str, Any], NDArray[np.float64]] | None:
    """One feature column of one source with its p, and its deltas over the resamples."""
    import numpy as np
    from scipy.stats import rankdata

    known = np.isfinite(values)
    mine = known & (sources == source)
    against = others or ([human] if human else [])
    theirs = known & np.isin(sources, against)
    if mine.sum() < LEAST or theirs.sum() < LEAST:
        return None
    contrast, resampled = _contrast(values, mine, theirs, sources, weights, rows)
    people = None
    if human is not None and source != human and others:
        crowd = known & (sources == human)
        if crowd.sum() >= LEAST:
            people, _ = _contrast(values, mine, crowd, sources, weights, rows)
    either = mine | theirs
    ranks = rankdata(values[either])[:, None]
    side = shows(values, values[theirs], more=contrast.delta >= 0)[mine]
    return {
        "feature": feature.id,
        "value": column.partition("=")[2],
        "name": feature.name,
        "dimension": feature.dimension,
        "unit": feature.unit,
        "style": feature.style,
        "mean": round(float(values[mine].mean()), 5),
        "share": round(float(side.mean()), 4),
        "models": contrast,
        "people": people,
        "n": int(mine.sum()),
        "p": shuffled(ranks, mine[either], prompt_of[either]),
    }, resampled


def _contrast(
    values: NDArray[np.float64],
    mine: NDArray[np.bool_],
    theirs: NDArray[np.bool_],
    sources: NDArray[Any],
    weights: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> tuple[Contrast, NDArray[np.float64]]:
    """Cliff's delta, other sources weighing the same, with an interval over prompts."""
    import numpy as np

    even = np.zeros(len(values))
    for other in np.unique(sources[theirs]):
        group = theirs & (sources == other)
        even[group] = 1 / group.sum()
    point = cliffs_delta(values, mine.astype(float)[None], even[None])[0]
    some = np.flatnonzero((mine | theirs)[rows])
    drawn, rows = weights[:, some], rows[some]
    spread = cliffs_delta(values[rows], drawn * mine[rows], drawn * even[rows])
    spread = spread[np.isfinite(spread)]
    low, high = np.percentile(spread, [2.5, 97.5]) if len(spread) else (np.nan, np.nan)
    mean = float(np.average(values[theirs], weights=even[theirs]))
    return (
        Contrast(
            round(float(point), 4),
            round(float(low), 4),
            round(float(high), 4),
            round(mean, 5),
            int(theirs.sum()),
        ),
        spread,
    )


def cliffs_delta(
    values: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Cliff's delta of weighted groups, for every row of weights, ties counting half.

    Parameters
    ----------
    values : array of shape (n,)
    first, second : arrays of shape (resamples, n)
        Weights of the two groups, 0 for stories outside.
    """
    import numpy as np

    given = np.isfinite(values)
    one, two = (np.flatnonzero(side.any(axis=0) & given) for side in (first, second))
    two = two[np.argsort(values[two], kind="stable")]
    a = first[:, one]
    upto = np.zeros((len(second), len(two) + 1))  # weight of the second group below each place
    np.cumsum(second[:, two], axis=1, out=upto[:, 1:])
    low, high = (np.searchsorted(values[two], values[one], side) for side in ("left", "right"))
    with np.errstate(invalid="ignore", divide="ignore"):
        wins = (a * (upto[:, low] + upto[:, high])).sum(axis=1) / (2 * a.sum(axis=1) * upto[:, -1])
    deltas: NDArray[np.float64] = 2 * wins - 1
    return deltas


def _surely(contrast: Contrast) -> float:
    """Size of the contrast at the end of its interval that lies nearer to none."""
    if contrast.low > 0:
        return contrast.low
    return -contrast.high if contrast.high < 0 else 0.0


def _stability(strength: list[NDArray[np.float64]], top: int) -> list[float]:
    """Share of resamples in which each mark is among the strongest."""
    import numpy as np

    if not strength:
        return []
    n = min(map(len, strength))
    if n == 0:
        return [0.0] * len(strength)
    grid = np.vstack([s[:n] for s in strength])
    ranks = np.argsort(np.argsort(-grid, axis=0, kind="stable"), axis=0)
    return [float(v) for v in (ranks < top).mean(axis=1)]
