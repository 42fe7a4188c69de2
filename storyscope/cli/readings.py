"""Tables of `storyscope validate --readings`."""

from __future__ import annotations

from typing import Any

from storyscope.cli.output import console, grid

__all__ = ["print_readings"]

_FROM = {
    "folds": "each story's predictions by a model that never saw it",
    "model": "the shipped tagger on stories it has not learned from",
}
_MAIN = {"family": "kappa", "scale": "rho", "choice": "kappa", "tension": "r"}
"""The figure that stands for a row where there is room for one."""


def print_readings(found: dict[str, Any]) -> None:
    """Print what was found on stories that were read whole."""
    why = {"folds": "whose fold was not run", "model": "it was trained on"}[found["from"]]
    left = f"; {found['left_out']} {why} are left out" if found["left_out"] else ""
    console().print(
        f"{found['stories']} stories, {found['sentences']} sentences: {_FROM[found['from']]}{left}. "
        "95% intervals over stories in brackets; “again” is a second reading against the first."
    )
    rows = found["rows"]
    _families([r for r in rows if r["kind"] == "family"])
    _scales([r for r in rows if r["kind"] == "scale"])
    _choices([r for r in rows if r["kind"] == "choice"])
    _tension([r for r in rows if r["kind"] == "tension"])
    for row in rows:
        if row["kind"] == "mean":
            key = "kappa" if "kappa" in row else "rho"
            console().print(f"{row['name']}: {key} {_with(row, key)}, again {_again(row, key)}")
    if found["groups"]:
        _groups(found["groups"])


def _families(rows: list[dict[str, Any]]) -> None:
    by_sentence = [
        (r["name"], r["sentences"], _with(r, "precision"), _with(r, "recall"), _with(r, "f1"),
         _with(r, "ap"), _with(r, "kappa"), _again(r, "kappa"))
        for r in rows
    ]  # fmt: skip
    columns = ["family", "#with it", "#precision", "#recall", "#F1", "#average precision", "#kappa",
               "#again"]  # fmt: skip
    console().print(grid(columns, by_sentence, "What is told where, by sentence"))
    by_story = [
        (r["name"], r["stories"], _with(r, "presence_precision"), _with(r, "presence_recall"),
         _with(r, "presence_auc"), _with(r, "rho"), _again(r, "rho"))
        for r in rows
    ]  # fmt: skip
    columns = ["family", "#with it", "#precision", "#recall", "#AUC", "#rho of share", "#again"]
    console().print(grid(columns, by_story, "Whether it is told, and how much of it, by story"))


def _scales(rows: list[dict[str, Any]]) -> None:
    shown = [
        (r["name"], _with(r, "rho"), _again(r, "rho"), _with(r, "error"), _again(r, "error"))
        for r in rows
    ]
    columns = ["scale", "#rho", "#again", "#mean absolute error", "#again"]
    console().print(grid(columns, shown, "Scales of the whole story"))


def _choices(rows: list[dict[str, Any]]) -> None:
    shown = [
        (r["name"], _with(r, "accuracy"), _with(r, "commonest"), _again(r, "accuracy"),
         _with(r, "kappa"), _again(r, "kappa"))
        for r in rows
    ]  # fmt: skip
    columns = ["choice", "#accuracy", "#commonest answer", "#again", "#kappa", "#again"]
    console().print(grid(columns, shown, "Choices for the whole story"))


def _tension(rows: list[dict[str, Any]]) -> None:
    what = {
        "r": "r within a story, over its tenths",
        "rho": "rho of its level",
        "slope_rho": "rho of its slope",
    }
    shown = [(label, _with(r, key), _again(r, key)) for r in rows for key, label in what.items()]
    console().print(grid(["tension", "#figure", "#again"], shown, "Tension"))


def _groups(groups: list[dict[str, Any]]) -> None:
    names = [f"{g['name']} ({g['stories']})" for g in groups]
    by_name = [{r["name"]: r for r in g["rows"]} for g in groups]
    kinds = {r["name"]: r["kind"] for r in groups[0]["rows"] if r["kind"] in _MAIN}
    shown = [
        (name, _MAIN[kind], *(_plain(rows[name][_MAIN[kind]]) for rows in by_name))
        for name, kind in kinds.items()
    ]
    columns = ["name", "figure", *(f"#{n}" for n in names)]
    console().print(grid(columns, shown, "By writer, corpus and length (stories in brackets)"))


def _with(row: dict[str, Any], key: str) -> str:
    pair = row.get(f"{key}_interval")
    return _plain(row.get(key)) + (f" ({pair[0]:.2f} to {pair[1]:.2f})" if pair else "")


def _again(row: dict[str, Any], key: str) -> str:
    return _plain((row.get("again") or {}).get(key))


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
