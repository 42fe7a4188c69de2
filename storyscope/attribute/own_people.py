"""The user's own people: how much their texts look like a model's, and where that puts the cut.

What a model learned about people at large says little about how often it errs on the people whose
texts are in hand. A few dozen of their texts say it: a new text is ranked among them. Ranks need no
assumption but one, that the new text, were it by one of these people, is like the others drawn.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from storyscope.attribute.material import Material, of_row, of_text
from storyscope.attribute.rates import allowed, cut_at, exact_interval, least_texts, percent
from storyscope.attribute.seen import row_digests
from storyscope.attribute.segments import WHOLE
from storyscope.attribute.storage import checked
from storyscope.errors import ModelMismatch, TooLittleData, UnusableText
from storyscope.paths import folder_written_whole
from storyscope.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from storyscope.attribute.model import Attributor, Judged
    from storyscope.attribute.panel import Panel
    from storyscope.extract.pipeline import Pipeline

__all__ = [
    "FILE",
    "LEAST",
    "RATES",
    "Given",
    "OwnPeople",
    "calibrate",
    "digest_of",
    "judge_of",
    "likeness",
    "read_own",
    "save_calibrated",
    "standing_of",
]

FILE = "own_people.json"
"""File of a calibrated model, beside those that were copied."""
FORMAT = 1
RATES = (0.1, 0.05, 0.01)
"""Rates of false alarms for which a cut is looked for."""
LEAST = least_texts(RATES[0])
"""Texts under which there is no cut worth the name."""
LIKE_LENGTH = 2.0
"""Texts are of about one length if neither has more than so many times the words of the other."""
MOST_BYTES = 50_000_000


class Given(NamedTuple):
    """One text by the user's people: its name, and the text or its row in a feature table."""

    name: str
    text: str | None = None
    row: pd.DataFrame | None = None


@dataclass(frozen=True)
class OwnPeople:
    """Scores of the user's people, by one model.

    Attributes
    ----------
    scores : tuple of float
        Log odds of a model as the writer, before any calibration; ascending.
    words : tuple of int
        Lengths of the same texts.
    digests : tuple of str
        Of what was measured in each, see `seen.row_digests`; empty where too little was.
    rates : tuple of float
        Rates of false alarms that were wished for.
    left_out : dict of str to int
        Texts that do not count, by reason: ``repeated``, ``learned from``, ``unusable``.
    made : dict
        The record of a calibrated model: version, where the texts came from, and a digest of the
        model.
    problems : tuple of str
        Texts that could not be used, a sentence each; not kept on disk.
    """

    scores: tuple[float, ...]
    words: tuple[int, ...]
    digests: tuple[str, ...]
    rates: tuple[float, ...] = RATES
    left_out: dict[str, int] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def cuts(self) -> list[dict[str, Any]]:
        """For each rate the cut, and how often further texts by these people would pass it.

        Returns
        -------
        list of dict
            ``rate``; ``cut``, a score, and ``above``, how many of the texts have more; the
            ``expected`` share of further texts above it, and the range ``low`` to ``high`` in which
            it lies for 95 in 100 draws of so many texts; all None where ``needs`` is more than
            there are.

        Examples
        --------
        >>> people = OwnPeople(tuple(range(53)), (900,) * 53, ("",) * 53)
        >>> [(c["rate"], c["cut"], c["above"], c["needs"]) for c in people.cuts()]
        [(0.1, 48.0, 4, 9), (0.05, 51.0, 1, 19), (0.01, None, None, 99)]
        """
        from scipy.stats import beta

        n, found = len(self.scores), []
        for rate in self.rates:
            above = allowed(n, rate)
            row: dict[str, Any] = {"rate": rate, "needs": least_texts(rate)}
            row |= dict.fromkeys(("cut", "above", "expected", "low", "high"))
            if above >= 0:
                low, high = beta.ppf([0.025, 0.975], above + 1, n - above)
                row["cut"] = cut_at(np.array(self.scores), rate)
                row["above"] = int((np.array(self.scores) > row["cut"]).sum())
                row["expected"] = round((above + 1) / (n + 1), 4)
                row["low"], row["high"] = round(float(low), 4), round(float(high), 4)
            found.append(row)
        return found

    def too_few(self) -> str:
        """A sentence about the rates that so few texts cannot support; empty if there is none.

        >>> OwnPeople((0.0,) * 53, (900,) * 53, ("",) * 53).too_few()
        'Too few texts for 1%: 53 texts support rates down to 1.9%; 1% needs 99.'
        """
        n = len(self.scores)
        lacking = [rate for rate in self.rates if allowed(n, rate) < 0]
        if not lacking:
            return ""
        down = percent(ceil(1000 / (n + 1)) / 1000)
        needs = ", ".join(f"{percent(r)} needs {least_texts(r):,}" for r in lacking)
        rates = " and ".join(percent(r) for r in lacking)
        return f"Too few texts for {rates}: {n} texts support rates down to {down}; {needs}."

    def standing(self, score: float, words: float, digest: str = "") -> dict[str, Any]:
        """Where a text stands among those of the user's people.

        Parameters
        ----------
        score : float
            Its log odds of a model as the writer, by the same model.
        words : float
            Its length; NaN where unknown.
        digest : str
            Of what was measured in it; a text that is one of these people's is not compared with
            itself.

        Returns
        -------
        dict
            ``texts`` compared with; ``at_least``, how many of them look at least as much like a
            model's; their ``share`` with its exact 95% interval, ``low`` to ``high``; ``rank``,
            the share when the text is counted as one more of them; ``of_like_length``, how many
            are; ``cuts`` with ``rate`` and ``reached`` (None where the texts are too few); and
            ``said``, the same in sentences. Where no text is of like length, there are no figures.

        Examples
        --------
        >>> people = OwnPeople(tuple(range(53)), (900,) * 53, ("",) * 53)
        >>> people.standing(50.5, 1000)["said"][0][:76]
        'Of 100 texts by your people, about 4 would look at least this much like a mo'
        """
        others = [k for k, d in enumerate(self.digests) if not digest or d != digest]
        scores, lengths = np.array(self.scores)[others], np.array(self.words, float)[others]
        n = len(scores)
        found: dict[str, Any] = {"texts": n, "of_like_length": None, "cuts": [], "said": []}
        found |= dict.fromkeys(("at_least", "share", "low", "high", "rank"))
        said: list[str] = found["said"]
        if n < len(self.scores):
            said.append(
                "This text is one of those by your people, and is not compared with itself."
            )
        alike = n
        if np.isfinite(words):
            ratio = np.maximum(lengths, words) / np.maximum(np.minimum(lengths, words), 1)
            alike = found["of_like_length"] = int((ratio <= LIKE_LENGTH).sum())
            spread = f"this text has {words:,.0f} words, yours have {_spread(lengths)}"
            if not alike:
                said.append(
                    f"None of your people's {n} texts is of about this length ({spread}), so nothing "
                    "is said about how many would look like it."
                )
                return found
        k = int((scores >= score).sum())
        low, high = exact_interval(k, n)
        found |= {
            "at_least": k,
            "share": round(k / n, 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "rank": round((k + 1) / (n + 1), 4),
        }
        said.append(_in_words(k, n, low, high))
        for cut in self.cuts():
            reached = None if cut["cut"] is None else bool(score > cut["cut"])
            found["cuts"].append({"rate": cut["rate"], "reached": reached})
            if reached is not None:
                said.append(
                    f"Your cut for {percent(cut['rate'])} false alarms is "
                    f"{'' if reached else 'not '}passed."
                )
        if few := self.too_few():
            said.append(few)
        if alike < LEAST:
            said.append(
                f"Only {alike} of your people's {n} texts are of about this length ({spread}), so "
                "the figures may not hold for it."
            )
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain data, without the problems."""
        return {
            "format": FORMAT,
            "scores": list(self.scores),
            "words": list(self.words),
            "digests": list(self.digests),
            "rates": list(self.rates),
            "left_out": self.left_out,
            "made": self.made,
        }


def _in_words(k: int, n: int, low: float, high: float) -> str:
    if not k:
        return (
            f"None of your people's {n} texts looks this much like a model's: of 100, up to "
            f"{ceil(100 * high)} would (95%)."
        )
    share = 100 * k / n
    about = f"{share:.0f}" if share >= 1 else "1"
    return (
        f"Of 100 texts by your people, about {about} would look at least this much like a model's "
        f"({int(100 * low)} to {ceil(100 * high)}, 95%): {k} of your {n} "
        f"{'does' if k == 1 else 'do'}."
    )


def _spread(words: NDArray[np.float64]) -> str:
    return f"{words.min():,.0f} to {words.max():,.0f}"


# -------------------------------------------------------------------- setting the cut


def judge_of(model: Panel | Attributor) -> Attributor:
    """The one model that says person or model.

    Raises
    ------
    ModelMismatch
        If it knows no source ``human``.
    """
    people: Attributor | None = getattr(model, "people", None)
    found = cast("Attributor", model) if people is None else people
    names = [str(c) for c in found.classes_]
    if "human" not in names:
        raise ModelMismatch(
            f"The model knows no source 'human' (its sources are {', '.join(names)}), so it cannot "
            "say person or model; train one on a table in which people are called human."
        )
    return found


def likeness(judge: Attributor, judged: Judged) -> float:
    """Log odds of a model as the writer, the mean over the stretches of a text."""
    from scipy.special import logsumexp

    human = [str(c) for c in judge.classes_].index("human")
    others = logsumexp(np.delete(judged.margins, human, axis=1), axis=1)
    return round(float((others - judged.margins[:, human]).mean()), 5)


def digest_of(judged: Judged) -> str:
    """Of what was measured in a text: that of its row, or those of its stretches joined."""
    return "".join(row_digests(judged.matrix))


def standing_of(judge: Attributor, judged: Judged, words: int) -> dict[str, Any] | None:
    """Where a text stands among the user's people; None for a model without them."""
    people = judge.own_people_
    if people is None:
        return None
    return people.standing(likeness(judge, judged), words or float("nan"), digest_of(judged))


def calibrate(
    model: Panel | Attributor,
    texts: Iterable[Given],
    *,
    rates: tuple[float, ...] = RATES,
    pipeline: Pipeline | None = None,
    progress: Callable[[int], None] | None = None,
) -> OwnPeople:
    """Score texts by the user's people, so that new texts can be ranked among them.

    Parameters
    ----------
    model : Panel or Attributor
        The shipped models, or a model that knows a source ``human``.
    texts : iterable of Given
        All by people. Versions of one text count once; texts that the model learned from, and
        those for which there is no ground, do not count.
    rates : tuple of float
        Rates of false alarms that are wished for, over 0 and under 1.
    pipeline : Pipeline, optional
        Default that of `load_pipeline`.
    progress : callable, optional
        Called with how many texts are done.

    Raises
    ------
    TooLittleData
        If fewer than `LEAST` texts count.
    ModelMismatch
        If the model knows no source ``human``.
    """
    from storyscope.corpus.duplicates import Duplicates, signature

    judge = judge_of(model)
    versions, digests = Duplicates(), set()
    kept: list[tuple[float, int, str]] = []
    out: Counter[str] = Counter()
    problems: list[str] = []
    for done, given in enumerate(texts):
        if progress is not None:
            progress(done)
        if given.text is not None:
            signed = signature(given.text.casefold().split())
            if versions.find(given.name, signed):
                out["repeated"] += 1
                continue
        try:
            found = _material(judge, given, pipeline)
        except UnusableText as error:
            problems.append(f"{given.name}: {error}")
            continue
        if found.no_ground:
            problems.append(f"{given.name}: {found.no_ground[0]}")
            continue
        judged = judge.judge(found.table)
        digest = digest_of(judged)
        if digest and digest in digests:
            out["repeated"] += 1
        elif digest and digest in judge.seen_:
            out["learned from"] += 1
        else:
            digests.add(digest)
            kept.append((likeness(judge, judged), found.words, digest))
    if problems:
        out["unusable"] = len(problems)
    if len(kept) < LEAST:
        raise TooLittleData(_too_little(len(kept), out, problems))
    kept.sort()
    scores, words, names = zip(*kept, strict=True)
    return OwnPeople(scores, words, names, tuple(rates), dict(out), problems=tuple(problems))


def _material(judge: Attributor, given: Given, pipeline: Pipeline | None) -> Material:
    if given.text is not None:
        return of_text(judge, judge.feature_ids_, given.text, pipeline=pipeline)
    assert given.row is not None
    found = of_row(judge, judge.feature_ids_, given.row)
    if found.words > WHOLE:
        raise UnusableText(
            f"A row for {found.words:,} words: texts of over {WHOLE:,} words are read in stretches, "
            "and rows of a table are not; give the text itself."
        )
    return found


def _too_little(n: int, out: Counter[str], problems: list[str]) -> str:
    counted = "1 text by your people sets" if n == 1 else f"{n} texts by your people set"
    said = {
        "repeated": "{} repeat others",
        "learned from": "{} are among what the model learned from",
        "unusable": "{} cannot be used",
    }
    left = ", ".join(said[reason].format(k) for reason, k in out.items())
    first = f"; the first: {problems[0]}" if problems else ""
    needs = ", ".join(f"{percent(r)} false alarms needs {least_texts(r)}" for r in RATES)
    return (
        f"{counted} no cut: {needs}; give more texts."
        + (f" Left out: {left}{first}" if left else "")
    ).rstrip(".") + "."


# -------------------------------------------------------------------- on disk


def save_calibrated(
    people: OwnPeople, model: str | Path, folder: str | Path, origin: Iterable[str] = ()
) -> Path:
    """Write a copy of a model with the user's people beside it, whole or not at all.

    Parameters
    ----------
    people : OwnPeople
    model : str or Path
        Folder of the model that scored them; it is checked before it is copied.
    folder : str or Path
    origin : iterable of str
        Names of what the texts were read from, for the record.

    Raises
    ------
    ModelMismatch
        If the model is damaged.
    OutputError
        If the folder holds other things than a model as it was saved, or another run writes there.
    """
    model = Path(model)
    with folder_written_whole(folder, "model") as partial:
        for path in _parts(model):
            target = partial / path.relative_to(model)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        plain = people.to_dict()
        plain["made"] = {
            "storyscope": __version__,
            "model": _digest(partial),
            "from": list(origin),
        }
        text = json.dumps(plain, ensure_ascii=False, indent=1)
        (partial / FILE).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    return Path(folder)


def read_own(folder: str | Path) -> OwnPeople | None:
    """The user's people of a calibrated model; None for a model that was not calibrated.

    Raises
    ------
    ModelMismatch
        If their file is damaged, or belongs to another model.
    """
    folder = Path(folder)
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("it is far too large")
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain["format"] != FORMAT:
            raise ValueError(f"it has layout {plain['format']}, this version reads {FORMAT}")
        scores = tuple(float(v) for v in plain["scores"])
        words = tuple(int(v) for v in plain["words"])
        digests = tuple(str(v) for v in plain["digests"])
        rates = tuple(float(v) for v in plain["rates"])
        if not len(scores) == len(words) == len(digests) >= LEAST:
            raise ValueError("scores, words and digests do not match")
        if not np.isfinite(scores).all() or list(scores) != sorted(scores):
            raise ValueError("scores are not ascending numbers")
        if not all(0 < rate < 1 for rate in rates):
            raise ValueError("a rate is none")
        found = OwnPeople(
            scores, words, digests, rates, dict(plain["left_out"]), dict(plain["made"])
        )
    except (ValueError, LookupError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise ModelMismatch(
            f"{path} is damaged ({error}); calibrate anew with `storyscope calibrate`."
        ) from error
    if found.made.get("model") != _digest(folder):
        raise ModelMismatch(
            f"{path} was made for another model than the one in {folder}; calibrate anew with "
            "`storyscope calibrate`."
        )
    return found


def _records(folder: Path) -> list[Path]:
    """The records of the models in a folder, its own or those of its parts."""
    return sorted([*folder.glob("model.json"), *folder.glob("*/model.json")])


def _parts(folder: Path) -> Iterator[Path]:
    """All files of a model, after a check of each."""
    for record in _records(folder):
        checked(record.parent)
        yield record
        names = json.loads(record.read_text(encoding="utf-8"))["files"]
        yield from (record.parent / name for name in names)
    yield from (path for path in (folder / "answer.json", folder / "README.md") if path.is_file())


def _digest(folder: Path) -> str:
    """Of the records of the models in a folder, which have digests of their other files."""
    found = hashlib.sha256()
    for record in _records(folder):
        found.update(record.relative_to(folder).as_posix().encode() + record.read_bytes())
    return found.hexdigest()
