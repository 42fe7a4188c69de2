"""Everything that decides a value apart from the text, and how it is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from storyscope.codebook import Codebook, default_codebook
from storyscope.corpus import Normalisation
from storyscope.errors import CodebookError, StoryscopeError
from storyscope.extract.identity import MEASURES_VERSION

__all__ = [
    "Settings",
    "differences",
    "measured_ids",
    "record_of",
    "settings_for",
]


@dataclass(frozen=True)
class Settings:
    """Everything that decides a value, apart from the text.

    Attributes
    ----------
    features : tuple of str
        Feature ids to measure.
    pipeline : str or None
        spaCy pipeline by name; None is the default one.
    normalisation : Normalisation
        What is brought to one form first.
    tagger : str or None
        Version of the tagger; None leaves it out, and features that rest on it are undefined.
    evidence : bool
        Whether the passages behind the values are kept; decides no value.
    codebook : Codebook or None
        What the features are; None is the shipped one.
    measures : str
        Code of what measures them, see `storyscope.extract.own.measures_code`.
    files : tuple of str
        Python files with measures of one's own, which other processes run first.
    """

    features: tuple[str, ...]
    pipeline: str | None = None
    tagger: str | None = None
    normalisation: Normalisation = field(default_factory=Normalisation)
    evidence: bool = False
    codebook: Codebook | None = None
    measures: str = MEASURES_VERSION
    files: tuple[str, ...] = ()

    @property
    def book(self) -> Codebook:
        """The codebook that the features stand in."""
        return self.codebook or default_codebook()


def measured_ids(
    codebook: Codebook, only: Iterable[str] = (), dimensions: Iterable[str] = ()
) -> tuple[str, ...]:
    """Feature ids to measure: all that can be, or those named by id or dimension.

    Raises
    ------
    UnknownFeature, CodebookError
        For a name that is none, or a feature that only a judge answers.
    """
    measured = codebook.ids(answered_by="measure")
    wanted: dict[str, None] = {}
    for feature_id in only:
        if "measure" not in codebook[feature_id].answered_by:
            raise StoryscopeError(
                f"{feature_id} is not measured but judged; it is answered by `score --judge`."
            )
        wanted[feature_id] = None
    for dimension in dimensions:
        wanted.update(dict.fromkeys(codebook.ids(dimension=dimension, answered_by="measure")))
    return tuple(f for f in measured if f in wanted) if wanted else tuple(measured)


def settings_for(
    only: Iterable[str],
    dimensions: Iterable[str],
    spacy_model: str | None,
    tagger: bool,
    normalisation: Normalisation | None,
    evidence: bool = False,
    codebook: Codebook | None = None,
    workers: int = 1,
) -> Settings:
    """Settings with the ids of all features asked for and the version of the tagger.

    Raises
    ------
    CodebookError, StoryscopeError
        If a codebook of one's own names what nothing measures, or processes could not measure it.
    """
    from storyscope.extract.tagger import load_tagger

    book = codebook or default_codebook()
    ids = measured_ids(book, only, dimensions)
    version = load_tagger().version if tagger else None
    settings = Settings(ids, spacy_model, version, normalisation or Normalisation(), evidence)
    if codebook is None:
        return settings
    from storyscope.extract.own import check_own, files_of, measures_code

    if not ids:
        raise CodebookError(
            f"The codebook {book.name} has no feature that is measured; say answered_by: measure in "
            "its entries, or put its questions to a model with `score --judge`."
        )
    check_own(book, ids)
    return replace(
        settings,
        codebook=book,
        measures=measures_code(ids),
        files=files_of(ids) if workers != 1 else (),
    )


def record_of(settings: Settings) -> dict[str, Any]:
    """Settings as plain data, with the versions of codebook and measures."""
    plain = asdict(replace(settings, codebook=None))
    del plain["files"]  # where the measures stand decides no value
    return {
        **plain,
        "features": list(settings.features),
        "codebook": settings.book.version,
        "measures": settings.measures,
    }


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What made an earlier run another one, in words that follow "was made".

    >>> differences({"tagger": None, "pipeline": "a"}, {"tagger": "3f2a", "pipeline": "a"})
    ['without the tagger (--fast)']
    """
    told = []
    if before.get("tagger") != now.get("tagger"):
        if before.get("tagger") is None:
            told.append("without the tagger (--fast)")
        elif now.get("tagger") is None:
            told.append("with the tagger (without --fast)")
        else:
            told.append("with another version of the tagger")
    if before.get("normalisation") != now.get("normalisation"):
        told.append("with texts normalised in another way (--as-is)")
    if bool(before.get("evidence")) != bool(now.get("evidence")):
        told.append(
            "with passages kept (--evidence)"
            if before.get("evidence")
            else "without passages kept (--evidence)"
        )
    for key, what in (
        ("features", "with other features"),
        ("pipeline", "with another spaCy model"),
        ("codebook", "with another codebook"),
        ("measures", "with another version of the measures"),
    ):
        if before.get(key) != now.get(key):
            told.append(what)
    return told
