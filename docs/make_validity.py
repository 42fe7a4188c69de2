"""Write features/validity.json and the tables of docs/validity.md.

    storyscope validate --readings gold --json > readings.json
    storyscope validate --litbank litbank_gold.tar.gz --json > main.json
    storyscope validate --table slop5.parquet --table wp_human.parquet --json > tables.json
    storyscope validate --invariance slop5.jsonl.gz --stories 40 --json > variants.json
    python docs/make_validity.py readings.json main.json tables.json variants.json

Figures of what measures rest on go to ``features/validity.json``, those of groups of stories and of
whole tables to ``docs/validity.json``; without a file named, only the tables of the page are made
anew. Readings that were kept aside (``--model``) stand beside the others.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from storyscope.codebook import default_codebook
from storyscope.codebook_validity import rests_on, row_name
from storyscope.extract.tagger.labels import CHOICES, FAMILIES, SCALES

HERE = Path(__file__).resolve().parent
FIGURES = HERE.parent / "features" / "validity.json"
TABLES = HERE / "validity.json"
PAGE = HERE / "validity.md"
PARTS = {"folds": "whole", "model": "aside"}
"""Key of a row by where the predictions come from."""
MAIN = {"family": "kappa", "scale": "rho", "choice": "kappa", "tension": "r"}
"""The figure that stands for a row where there is room for one."""
STRONG = 0.3
"""Rank correlation with length from which a feature is listed."""
_KEPT = ("n", "texts", "precision", "precision_interval", "recall", "recall_interval", "f1", "r")


def rows_of(found: dict[str, Any]) -> dict[str, Any]:
    """Figures by the name of what was tested, from what `storyscope validate --json` prints."""
    rows: dict[str, Any] = {}
    whole = found.get("whole", {"rows": []})
    for row in whole["rows"]:
        part = PARTS[whole["from"]]
        rows.setdefault(row["name"], {})[part] = {k: v for k, v in row.items() if k != "name"}
    for row in found.get("passages", []):
        figures = {k: v for k, v in row.items() if k not in ("family", "part")}
        rows.setdefault(row_name(row["family"]), {})[row["part"]] = figures
    for row in found.get("readings", []):
        figures = {k: v for k, v in row.items() if k not in ("family", "interval")}
        rows.setdefault(row_name(row["family"]), {})["readings"] = {
            **figures,
            "precision_interval": row["interval"],
        }
    for row in found.get("gold", []):
        figures = {k: _round(row[k]) for k in _KEPT if k in row}
        key = "f1_interval" if "f1" in row else "r_interval"
        rows.setdefault(row["name"], {})["gold"] = {**figures, key: _round(row["interval"])}
    return rows


def tables_of(found: dict[str, Any]) -> dict[str, Any]:
    """Groups of readings, findings, ties to length and invariance, as far as they were printed."""
    kept: dict[str, Any] = {}
    if "whole" in found:
        whole = found["whole"]
        kept["whole"] = {
            PARTS[whole["from"]]: {
                **{k: whole[k] for k in ("stories", "sentences", "left_out")},
                "groups": [_group(g) for g in whole["groups"]],
            }
        }
    for path, rows in found.get("findings", {}).items():
        name = Path(path).stem
        kept.setdefault("findings", {})[name] = [
            {k: _round(r[k]) for k in ("who", "claim", "feature", "sign", "delta", "low", "high",
                                       "verdict", "n", "n_others")}
            for r in rows
        ]  # fmt: skip
    for path, rows in found.get("length", {}).items():
        strong = [
            {k: _round(r[k]) for k in ("feature", "name", "style", "r")}
            for r in rows
            if abs(r["r"]) >= STRONG
        ]
        largest = max((abs(r["r"]) for r in rows), default=0.0)
        kept.setdefault("length", {})[Path(path).stem] = {
            "features": len(rows),
            "largest": _round(largest),
            "strong": strong,
        }
    if "invariance" in found:
        rows = found["invariance"]
        kept["invariance"] = {
            "stories": max((r["stories"] for r in rows), default=0),
            "pairs": _count(rows),
            "stands": _count(r for r in rows if r["stands"]),
            "fallen": [
                {k: _round(r[k]) for k in ("variant", "feature", "mean", "moved", "defined")}
                for r in rows
                if not r["stands"]
            ],
        }
    return kept


def _group(group: dict[str, Any]) -> dict[str, Any]:
    """A group of stories with one figure a row."""
    figures = {}
    for row in group["rows"]:
        if key := MAIN.get(row["kind"]):
            figures[row["name"]] = {k: row[k] for k in (key, f"{key}_interval")}
    return {**{k: group[k] for k in ("by", "name", "stories", "sentences")}, "figures": figures}


def _count(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """How many rows of each variant, by what the value rests on."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        of = counts.setdefault(row["variant"], {})
        of[row["basis"]] = of.get(row["basis"], 0) + 1
    return counts


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    return [_round(v) for v in value] if isinstance(value, list | tuple) else value


# ---------------------------------------------------------------- tables of the page


def _table(columns: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def _with(figures: dict[str, Any] | None, key: str) -> str:
    if not figures or figures.get(key) is None:
        return ""
    pair = figures.get(f"{key}_interval")
    return f"{figures[key]:.2f}" + (f" ({pair[0]:.2f}–{pair[1]:.2f})" if pair else "")


def blocks(figures: dict[str, Any], tables: dict[str, Any]) -> dict[str, str]:
    """Every generated table of the page by its name."""
    rows = figures["rows"]
    families = {k: v for k, v in rows.items() if "open" in v}
    made = {
        **_whole(rows, tables.get("whole", {})),
        "state": f"Figures of {figures['date']}, codebook `{figures['codebook']}`.",
        "gold": _table(
            ["layer", "n", "precision", "recall", "F1 or r"],
            [
                [name, g["n"], _with(g, "precision"), _with(g, "recall"), _with(g, "f1") or _with(g, "r")]
                for name, row in rows.items()
                if (g := row.get("gold"))
            ],
        ),
        "readings": _table(
            ["family", "hits right", "precision", "near misses that have it", "readings agree"],
            [
                [name, f"{r['right']} of {r['hits']}", _with(r, "precision"), f"{r['missed']} of {r['near']}",
                 f"{r['agreement']:.2f}" if r.get("agreement") is not None else ""]
                for name, row in rows.items()
                if (r := row.get("readings")) and r["hits"]
            ],
        ),
    }  # fmt: skip
    for part in ("open", "sealed"):
        made[part] = _table(
            ["family", "with it", "without", "precision", "recall", "F1"],
            [
                [name, p["positives"], p["negatives"], _with(p, "precision"), _with(p, "recall"), _with(p, "f1")]
                for name, row in families.items()
                if (p := row.get(part))
            ],
        )  # fmt: skip
    made["cards"] = _cards(rows)
    if "findings" in tables:
        made["verdicts"], made["findings"] = _findings(tables["findings"])
    if "length" in tables:
        made["length"] = _length(tables["length"])
    if "invariance" in tables:
        made["invariance"], made["fallen"] = _invariance(tables["invariance"])
    return made


SHOWN = {
    "told": ("family", {"sentences": "sentences", "precision": "precision", "recall": "recall", "f1": "F1",
                        "ap": "average precision", "kappa": "kappa"}, "kappa"),
    "presence": ("family", {"stories": "stories", "presence_precision": "precision", "presence_recall": "recall",
                            "presence_auc": "AUC", "rho": "rho of share"}, "rho"),
    "scales": ("scale", {"rho": "rho", "error": "mean absolute error"}, "rho"),
    "choices": ("choice", {"accuracy": "accuracy", "commonest": "commonest answer", "kappa": "kappa"}, "kappa"),
    "tension": ("tension", {"r": "r within a story", "rho": "rho of level", "slope_rho": "rho of slope"}, "r"),
    "mean_kappa": ("mean", {"kappa": "kappa"}, "kappa"),
    "mean_rho": ("mean", {"rho": "rho"}, "rho"),
}  # fmt: skip
"""Tables of readings: kind of row, figures with their headings, figure of two readings."""


def _whole(rows: dict[str, Any], about: dict[str, Any]) -> dict[str, str]:
    """Tables of what is told where against whole readings; a line where there are none yet."""
    made = {name: _read(rows, "whole", name) for name in SHOWN}
    made["read"] = _extent(about, "whole")
    made["groups"] = _groups(about.get("whole", {}).get("groups", []))
    aside = [_read(rows, "aside", name) for name in SHOWN] if "aside" in about else []
    made["aside"] = "\n\n".join([_extent(about, "aside"), *aside])
    return made


def _extent(about: dict[str, Any], part: str) -> str:
    if part not in about:
        return "Not run yet."
    return f"{about[part]['stories']} stories, {about[part]['sentences']} sentences."


def _read(rows: dict[str, Any], part: str, table: str) -> str:
    kind, figures, again = SHOWN[table]
    lines = [
        [name, *(_cell(r, key) for key in figures), _with(r.get("again"), again)]
        for name, row in rows.items()
        if (r := row.get(part)) and r["kind"] == kind and not set(figures) - set(r)
    ]
    return _table([kind, *figures.values(), "two readings"], lines)


def _cell(figures: dict[str, Any], key: str) -> str:
    return str(figures[key]) if isinstance(figures[key], int) else _with(figures, key)


def _groups(groups: list[dict[str, Any]]) -> str:
    lines = []
    for name, first in (groups[0]["figures"] if groups else {}).items():
        key = next(iter(first))
        lines.append([name, key, *(_with(g["figures"][name], key) for g in groups)])
    return _table(["name", "figure", *(f"{g['name']} ({g['stories']})" for g in groups)], lines)


def _cards(rows: dict[str, Any]) -> str:
    """How many measured features rest on what."""
    book = default_codebook()
    cards = {f: book[f].card for f in book.ids(answered_by="measure")}
    gold = {n for n, r in rows.items() if "gold" in r}
    told = {*FAMILIES, *SCALES, *CHOICES, "tension"}
    named = [set(rests_on(book[f])) for f in cards]
    return _table(
        ["measured features", "number"],
        [
            ["all", len(cards)],
            ["rest on what the tagger finds", sum(bool(n & told) for n in named)],
            ["rest on a layer held against LitBank", sum(bool(n & gold) for n in named)],
            [
                "rest on a rule with passages and readings of its own",
                sum(bool(n - gold - told) for n in named),
            ],
            ["rest on none of these: small texts and structure only", sum(not n for n in named)],
            ["marked as a graded signal", sum(c.get("signal") == "graded" for c in cards.values())],
        ],
    )


def _findings(found: dict[str, Any]) -> tuple[str, str]:
    names = list(found)
    verdicts = ["confirmed", "absent", "reversed"]
    counts = {n: Counter(r["verdict"] for r in found[n]) for n in names}
    short = _table(
        ["table", "findings tested", *verdicts],
        [[n, len(found[n]), *(counts[n][v] for v in verdicts)] for n in names],
    )
    every: dict[tuple[str, str, str], dict[str, str]] = {}
    for name in names:
        for r in found[name]:
            cell = f"{r['verdict']} {r['delta']:+.2f} ({r['low']:+.2f} to {r['high']:+.2f})"
            every.setdefault((r["who"], r["claim"], r["feature"]), {})[name] = cell
    long = _table(
        ["of", "published", "feature", *names],
        [[*key, *(cells.get(n, "") for n in names)] for key, cells in every.items()],
    )
    return short, long


def _length(found: dict[str, Any]) -> str:
    return _table(
        ["table", "features", "largest", f"{STRONG} and more"],
        [
            [n, t["features"], t["largest"],
             ", ".join(f"{s['feature']} ({s['r']:+.2f})" for s in t["strong"]) or "none"]
            for n, t in found.items()
        ],
    )  # fmt: skip


def _invariance(found: dict[str, Any]) -> tuple[str, str]:
    fallen: dict[str, list[str]] = {}
    for row in found["fallen"]:
        fallen.setdefault(row["variant"], []).append(row["feature"])
    bases = {
        "rules": "measures by rule",
        "tagger": "over what the tagger found",
        "tags": "the tagger itself",
    }
    short = _table(
        ["changed", *(f"{what}: stand" for what in bases.values())],
        [[variant, *(f"{found['stands'].get(variant, {}).get(b, 0)} of {pairs.get(b, 0)}" for b in bases)]
         for variant, pairs in found["pairs"].items()],
    )  # fmt: skip
    long = _table(
        ["changed", "features that move"], [[d, ", ".join(sorted(f))] for d, f in fallen.items()]
    )
    return short, long


def page(text: str, made: dict[str, str]) -> str:
    """The page with its tables made anew; each stands between two comments that name it."""
    for name, table in made.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        if not re.search(pattern, text, re.DOTALL):
            raise SystemExit(f"docs/validity.md has no place for {name!r}.")
        text = re.sub(pattern, lambda m, t=table: f"{m[1]}\n{t}\n\n{m[2]}", text, flags=re.DOTALL)
    return text


def _load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _save(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Rows with the parts that were measured anew; a part is always measured for all its rows."""
    anew = {part for row in new.values() for part in row}
    names = dict.fromkeys([*FAMILIES, *SCALES, *CHOICES, *old, *new])
    rows = {
        n: {**{k: v for k, v in old.get(n, {}).items() if k not in anew}, **new.get(n, {})}
        for n in names
    }
    return {n: row for n, row in rows.items() if row}


def main(paths: list[str]) -> None:
    """Take in what was printed, and write the page."""
    figures, tables = _load(FIGURES), _load(TABLES)
    for path in paths:
        found = _load(Path(path))
        if rows := rows_of(found):
            figures = {
                "date": datetime.date.today().isoformat(),
                "codebook": default_codebook().version,
                "rows": _merged(figures.get("rows", {}), rows),
            }
        for key, value in tables_of(found).items():
            by_name = key in ("findings", "length", "whole")
            tables[key] = {**tables.get(key, {}), **value} if by_name else value
    _save(FIGURES, figures)
    _save(TABLES, tables)
    if PAGE.exists():
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(page(text, blocks(figures, tables)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
