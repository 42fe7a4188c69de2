"""Models on disk: a folder of JSON and UBJ files, written whole or not at all, never pickles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyscope.attribute.calibration import Calibration, Gate
from storyscope.attribute.linear import Linear
from storyscope.attribute.novelty import Novelty
from storyscope.codebook import Codebook, default_codebook, load_codebook
from storyscope.codebook_convert import save_codebook
from storyscope.errors import ModelMismatch
from storyscope.paths import folder_written_whole

if TYPE_CHECKING:
    from storyscope.attribute.model import Attributor

__all__ = ["FORMAT", "checked", "load_model", "save_model", "what_is_wrong"]

FORMAT = 2
"""Version of the model folder's layout."""
OWN_CODEBOOK = "codebook"
"""Folder, within a model's, with the codebook of a model that was not made with the shipped one."""


_READ = ("booster.ubj", "reference.json", "line.json", "novelty.json")
"""Files of a model that are read, beside its record and its codebook."""


def save_model(
    model: Attributor, folder: str | Path, summary: dict[str, Any] | None = None
) -> Path:
    """Write a fitted model into a folder.

    Parameters
    ----------
    model : Attributor
        Fitted on a feature table.
    folder : str or Path
        Made if it is not there; an older model in it is replaced.
    summary : dict, optional
        How it was trained and how well it did; kept as it is.

    Raises
    ------
    ModelMismatch
        If the model was fitted on an array.
    OutputError
        If the folder holds other things than a model as it was saved, or another run writes there.
    """
    if not hasattr(model, "codebook_"):
        raise ModelMismatch("Only a model fitted on a feature table can be saved.")
    with folder_written_whole(folder, "model") as partial:
        (partial / "booster.ubj").write_bytes(model.booster_.save_raw("ubj"))
        if model.codebook_.version != default_codebook().version:
            save_codebook(model.codebook_, partial / OWN_CODEBOOK)
        _dump(partial / "reference.json", {"percentiles": model.references_})
        if model.line_ is not None:
            _dump(partial / "line.json", model.line_.to_dict())
        if model.novelty_ is not None:
            model.novelty_.save(partial / "novelty.json")
        record = _description(model, summary) | {"files": _digests(partial)}
        _dump(partial / "model.json", record)
    return Path(folder)


def _description(model: Attributor, summary: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "features": model.features,
        "settings": {k: v for k, v in model.get_params().items() if k != "features"},
        "sources": [str(c) for c in model.classes_],
        "columns": list(model.columns_),
        "codebook": model.codebook_.version,
        "encodings": [model.codebook_[f].encoding for f in model.feature_ids_],
        "table": model.table_,
        "calibration": model.calibration_.to_dict(),
        "gate": model.gate_.to_dict() if model.gate_ is not None else None,
        "training": summary or {},
        "seen": sorted(model.seen_),
    }


def load_model(
    kind: type[Attributor], folder: str | Path, codebook: Codebook | None = None
) -> Attributor:
    """Read a model of this kind, written by `save_model`.

    Raises
    ------
    ModelMismatch
        If there is no model, it is damaged, or its features have other definitions in this
        codebook; the difference is listed.
    """
    folder = Path(folder)
    plain, book = checked(folder, codebook)
    try:
        return _restored(kind, folder, plain, book)
    except (ValueError, LookupError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise ModelMismatch(
            f"The model in {folder} is damaged: {what_is_wrong(error)}. Copy the folder again, or "
            "train the model anew."
        ) from error


def checked(folder: Path, codebook: Codebook | None = None) -> tuple[dict[str, Any], Codebook]:
    """Read the record of a model and its codebook, after a check of every file.

    Raises
    ------
    ModelMismatch
        As `load_model` does.
    """
    try:
        plain = _load(folder / "model.json")
        if not isinstance(plain, dict):
            raise ValueError("model.json holds no mapping")
    except FileNotFoundError:
        raise ModelMismatch(
            f"There is no model in {folder}; make one with "
            "`storyscope train table.parquet -o model/`."
        ) from None
    except (ValueError, OSError, RecursionError) as error:
        raise ModelMismatch(f"The model in {folder} is damaged: {error}") from error
    if plain.get("format") != FORMAT:
        raise ModelMismatch(
            f"The model in {folder} has layout {plain.get('format')}, this version reads "
            f"{FORMAT}; train it anew."
        )
    _check_files(folder, plain.get("files"))
    own = folder / OWN_CODEBOOK
    book = codebook or (load_codebook(own) if own.is_dir() else default_codebook())
    try:
        differences = _differences(plain["encodings"], book)
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelMismatch(
            f"The model in {folder} is damaged: {what_is_wrong(error)}. Copy the folder again, or "
            "train the model anew."
        ) from error
    if differences:
        raise ModelMismatch(
            f"The model in {folder} was made with another codebook ({plain.get('codebook')}, now "
            f"{book.version}): {'; '.join(differences[:5])}"
            + (f"; and {len(differences) - 5} more" if len(differences) > 5 else "")
            + ". Train it anew."
        )
    return plain, book


def _digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a model that is read beside its record, by its path in the folder."""
    files = [*(folder / name for name in _READ), *sorted((folder / OWN_CODEBOOK).glob("*.yaml"))]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


def _check_files(folder: Path, stated: Any) -> None:
    """Refuse files that are not those the model was saved with, before any library reads them.

    What XGBoost makes of a damaged file is anything up to a crash of the process.
    """
    if not isinstance(stated, dict) or "booster.ubj" not in stated:
        raise ModelMismatch(
            f"The model in {folder} does not say what its files should be; train it anew."
        )
    try:
        found = _digests(folder)
    except OSError as error:
        raise ModelMismatch(f"The model in {folder} cannot be read: {error.strerror}.") from error
    wrong = sorted(n for n in stated.keys() | found.keys() if stated.get(n) != found.get(n))
    if wrong:
        raise ModelMismatch(
            f"The model in {folder} is damaged: {wrong[0]} is not the file it was saved with. Copy "
            "the folder again, or train the model anew."
        )


def _restored(
    kind: type[Attributor], folder: Path, plain: dict[str, Any], book: Codebook
) -> Attributor:
    import xgboost

    model = kind(plain["features"], **plain["settings"])
    model.classes_ = np.array(plain["sources"])
    model.columns_ = tuple(plain["columns"])
    model.feature_ids_ = tuple(e["id"] for e in plain["encodings"])
    model.n_features_in_ = len(model.columns_)
    model.codebook_ = book
    model.table_ = plain["table"]
    model.training_ = plain["training"]
    # Models saved before do not keep it.
    model.seen_ = frozenset(map(str, plain.get("seen", ())))
    model.calibration_ = Calibration.from_dict(plain["calibration"])
    model.gate_ = Gate.from_dict(plain["gate"]) if plain["gate"] else None
    model._n_margins = len(model.classes_) + (model.gate_ is not None)
    model.references_ = _load(folder / "reference.json")["percentiles"]
    model.booster_ = xgboost.Booster()
    try:
        model.booster_.load_model(folder / "booster.ubj")
    except xgboost.core.XGBoostError as error:
        raise ValueError("booster.ubj cannot be read") from error
    line = folder / "line.json"
    model.line_ = Linear.from_dict(_load(line)) if model.linear > 0 else None
    novelty = folder / "novelty.json"
    model.novelty_ = Novelty.load(novelty) if novelty.exists() else None
    return model


def _differences(encodings: Iterable[dict[str, Any]], book: Codebook) -> list[str]:
    """How the features of a model differ from those of a codebook, one phrase each."""
    found = []
    for made in encodings:
        if made["id"] not in book:
            found.append(f"{made['id']} is gone")
            continue
        now = book[made["id"]].encoding
        changed = [k for k in made if made[k] != now[k]]
        found += [f"{made['id']} has {k} {now[k]} instead of {made[k]}" for k in changed]
    return found


def what_is_wrong(error: Exception) -> str:
    """What a record of a model lacks, in words.

    >>> what_is_wrong(KeyError("encodings")), what_is_wrong(TypeError("x"))
    ("its record lacks 'encodings'", 'its record holds something of another kind than was saved (x)')
    """
    if isinstance(error, KeyError):
        return f"its record lacks {error.args[0]!r}"
    return f"its record holds something of another kind than was saved ({error})"


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _dump(path: Path, plain: dict[str, Any]) -> None:
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
