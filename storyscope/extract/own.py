"""Measures of one's own: functions written outside the package, for a codebook of one's own.

What they find goes into a table of that codebook, and the table's record holds a code of the
functions beside `MEASURES_VERSION`, so that values made by different code are never joined.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import re
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator
from math import isfinite, isnan
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from storyscope.codebook import NUMERIC, Codebook, Feature, default_codebook
from storyscope.errors import CodebookError, MissingTagger, StoryscopeError
from storyscope.extract.identity import MEASURES_VERSION, bare
from storyscope.extract.measures import NOT_DEFINED, Measured

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = [
    "check_own",
    "files_of",
    "load_measures",
    "load_there",
    "measure",
    "measured_by",
    "measures_code",
]

Value = Measured | float | str | None
Measure = Callable[["Reading"], Value]

_OWN: dict[str, Measure] = {}
_NOT_OWN = [
    Path(__file__).resolve().parents[1],
    *(Path(sysconfig.get_path(k)).resolve() for k in ("stdlib", "purelib", "platlib")),
]
"""Where functions live that are not the user's own."""


def measure(feature_id: str) -> Callable[[Measure], Measure]:
    """Register a function as the measure of a feature in a codebook of your own.

    The function takes a `Reading` (a story's words, lemmas, sentences, quotations, clauses, cast,
    and what is told in it) and returns the value: a number, one of the feature's answers, or None
    where the feature does not apply to the story. To show what the value rests on, it returns a
    `Measured` with the value and the stretches of tokens [start, end).

    Parameters
    ----------
    feature_id : str
        An id that the shipped codebook does not have, as ``SEA_WTR_01``.

    Raises
    ------
    CodebookError
        If the feature ships with the package, or another function measures it already.

    Notes
    -----
    A table records a code made of the function, and of the functions, constants and modules of
    yours that it names. What a function reads from files is no part of that code; give the feature
    another id when such a file changes.

    Examples
    --------
    >>> import storyscope as ss
    >>> @ss.measure("SEA_WTR_01")
    ... def water(reading):
    ...     found = [i for i, lemma in enumerate(reading.lemma) if lemma in ("sea", "wave", "tide")]
    ...     return ss.Measured(1000 * len(found) / reading.n_words, [(i, i + 1) for i in found])
    >>> water_words = ss.Feature(
    ...     id="SEA_WTR_01", name="water words", dimension="setting", kind="number",
    ...     question="How often is the sea named?", evidence="sea, wave and tide", source="own",
    ...     answered_by=("measure",), range=(0, 50), unit="per 1,000 words",
    ... )
    >>> tales = ss.Corpus.from_stories([ss.Story("a", "The tide came in. " * 25, "human", "p")])
    >>> ss.score(tales, codebook=ss.Codebook([water_words], name="sea"))["SEA_WTR_01"].tolist()
    [250.0]
    """

    def register(function: Measure) -> Measure:
        if feature_id in default_codebook():
            raise CodebookError(
                f"{feature_id} is a feature that ships with the package and is measured there; "
                "give your feature an id of its own."
            )
        before = _OWN.get(feature_id, function)
        if _name(before) != _name(function):  # a cell or file that runs again may replace it
            raise CodebookError(
                f"{feature_id} is measured by {_name(before)} already; give the feature that "
                f"{_name(function)} measures an id of its own."
            )
        _OWN[feature_id] = function
        return function

    return register


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", repr(function))


def check_own(book: Codebook, ids: Iterable[str]) -> None:
    """Refuse a codebook whose features nothing measures, or that alters one of the package's.

    Raises
    ------
    CodebookError
        Naming the feature, and what to do.
    """
    shipped = default_codebook()
    if book.version == shipped.version:
        return
    for feature_id in ids:
        feature = book[feature_id]
        if feature_id in shipped:
            if Codebook([feature]).version != Codebook([shipped[feature_id]]).version:
                raise CodebookError(
                    f"{feature_id} ({feature.name}) has the id of a feature that ships with the "
                    "package but asks something else or answers otherwise; give it an id of its own."
                )
        elif feature_id not in _OWN:
            raise CodebookError(
                f"No measure is registered for {feature_id} ({feature.name}); write a function of a "
                f'reading under @storyscope.measure("{feature_id}"), on the command line in a file '
                "that --measures names."
            )


def measured_by(feature: Feature) -> Callable[[Reading], Measured] | None:
    """The measure of a feature of one's own, checked against its entry; None if there is none."""
    function = _OWN.get(feature.id)
    if function is None:
        return None

    def checked(reading: Reading) -> Measured:
        try:
            found = function(reading)
        except MissingTagger:
            return NOT_DEFINED  # read without the tagger, as the package's own measures
        found = found if isinstance(found, Measured) else Measured(found)
        value = _value(found.value, feature)
        spans = [(int(a), int(b)) for a, b in found.spans]
        if wrong := [s for s in spans if not 0 <= s[0] <= s[1] <= reading.n]:
            raise CodebookError(
                f"The measure of {feature.id} ({feature.name}) points at tokens {wrong[0]} of a "
                f"story that has {reading.n}; give stretches [start, end) of tokens."
            )
        return Measured(value, spans)

    return checked


def _value(value: Any, feature: Feature) -> float | str | None:
    """A value as its codebook entry allows it."""
    if value is None:
        return None
    if feature.kind in NUMERIC:
        if isinstance(value, bool | str) or not hasattr(value, "__float__"):
            raise _wrong(value, feature, "a number")
        number = float(value)
        if isnan(number):
            return None
        if not isfinite(number):
            raise _wrong(value, feature, "a finite number")
        return number
    answers = str(value).split("|") if feature.kind == "multi" else [value]
    if any(answer not in feature.levels for answer in answers):
        raise _wrong(value, feature, f"one of {', '.join(feature.levels)}")
    return str(value)


def _wrong(value: Any, feature: Feature, wanted: str) -> CodebookError:
    return CodebookError(
        f"The measure of {feature.id} ({feature.name}) gave {value!r}, and a {feature.kind} takes "
        f"{wanted}, or None where it does not apply."
    )


# ---------------------------------------------------------------- files


def load_measures(path: str | Path) -> None:
    """Run a Python file, so that the measures in it are registered.

    Raises
    ------
    StoryscopeError
        If there is no such file, or it cannot be run.
    """
    path = Path(path).resolve()
    if not path.is_file() or path.suffix != ".py":
        raise StoryscopeError(f"There is no Python file {path} with measures; check its path.")
    spec = importlib.util.spec_from_file_location(f"storyscope_measures_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # for what it imports from beside it
    try:
        spec.loader.exec_module(module)
    except StoryscopeError:
        raise
    except Exception as error:
        raise StoryscopeError(
            f"{path} cannot be run ({type(error).__name__}: {error}); mend it, or name another file."
        ) from error


def files_of(ids: Iterable[str]) -> tuple[str, ...]:
    """Files in which the measures of features stand, for processes that are to run them as well.

    Raises
    ------
    StoryscopeError
        If one stands in no file, such as one written in a notebook.
    """
    found: dict[str, None] = {}
    for feature_id in ids:
        if feature_id not in _OWN:
            continue
        path = inspect.unwrap(_OWN[feature_id]).__code__.co_filename
        if not Path(path).is_file() or Path(path).suffix != ".py":
            raise StoryscopeError(
                f"The measure of {feature_id} stands in no Python file, so that other processes "
                "cannot run it; score with workers=1, or put it in a file and import that."
            )
        found[path] = None
    return tuple(found)


def load_there(files: Iterable[str], ids: Collection[str], code: str) -> None:
    """Run files in a process that does not know their measures yet.

    Raises
    ------
    StoryscopeError
        If they are not those that the table records any more.
    """
    if all(f in _OWN or f in default_codebook() for f in ids):
        return
    for file in files:
        load_measures(file)
    if measures_code(ids) != code:
        raise StoryscopeError(
            f"{', '.join(files)} changed while the corpus was scored; score it again."
        )


# ---------------------------------------------------------------- which code made a value


def measures_code(ids: Iterable[str]) -> str:
    """The code of the measures behind features: `MEASURES_VERSION`, and that of one's own functions.

    >>> measures_code(["TMP_DRM_01"]) == MEASURES_VERSION
    True
    """
    own = sorted(f for f in ids if f in _OWN)
    if not own:
        return MEASURES_VERSION
    digest = hashlib.sha256()
    for feature_id in own:
        for part in (feature_id, *_written(feature_id, _OWN[feature_id])):
            digest.update(part.encode("utf-8", "backslashreplace") + b"\0")
    return f"{MEASURES_VERSION}+{digest.hexdigest()[:12]}"


def _written(feature_id: str, function: Any) -> list[str]:
    """A function, and what of one's own it names, as text without comments and layout."""
    parts: list[str] = []
    waiting: list[tuple[str, Any]] = [("", function)]
    seen: set[int] = set()
    while waiting:
        name, thing = waiting.pop(0)
        if isinstance(thing, FunctionType | type | ModuleType):
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            if not _is_own(thing):
                parts.append(f"{name} = {thing.__name__}")
                continue
            parts.append(f"{name} = {_source(feature_id, thing)}")
            waiting += _named(thing)
        else:
            parts.append(f"{name} = {_plain(thing)}")
    return parts


def _is_own(thing: Any) -> bool:
    """Whether a function, class or module is the user's own, not of an installed package."""
    try:
        path = Path(inspect.getfile(thing)).resolve()
    except (TypeError, OSError):
        return isinstance(thing, FunctionType)
    return not any(path.is_relative_to(home) for home in _NOT_OWN)


def _source(feature_id: str, thing: Any) -> str:
    try:
        return bare(textwrap.dedent(inspect.getsource(thing)))
    except (OSError, TypeError, SyntaxError):
        raise StoryscopeError(
            f"The source of {_name(thing)}, by which {feature_id} is measured, cannot be found, so "
            "that no table could record it; write it in a file or a notebook."
        ) from None


def _named(thing: Any) -> list[tuple[str, Any]]:
    """What a function names, apart from its arguments and built-in functions, in order of names."""
    if not isinstance(thing, FunctionType):
        return []
    code = thing.__code__
    around = dict(
        zip(code.co_freevars, (c.cell_contents for c in thing.__closure__ or ()), strict=True)
    )
    names = sorted(set(_names(code)))
    found = {n: thing.__globals__[n] for n in names if n in thing.__globals__} | around
    found |= {f"default {i}": v for i, v in enumerate(thing.__defaults__ or ())}
    found |= {f"default {k}": v for k, v in (thing.__kwdefaults__ or {}).items()}
    return sorted(found.items())


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _plain(value: Any) -> str:
    """A constant as text that is the same in every process; of anything else, its type."""
    if value is None or isinstance(value, str | int | float | bytes):
        return repr(value)
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(_plain, value)))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_plain, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_plain(k)}: {_plain(v)}' for k, v in value.items())}}}"
    if isinstance(value, re.Pattern):
        return f"{value.pattern!r} {value.flags}"
    return type(value).__qualname__
