"""The results of attribution_findings.py as tables for reading, and the reliability diagram."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

NAMES = {
    "model": "six-way, narrative",
    "model_all": "six-way, all",
    "model_human_ai": "people or model, narrative",
    "model_human_ai_all": "people or model, all",
}


def write_page(results: dict[str, Any], target: Path, figures: Path) -> None:
    """Everything that is in the results, as Markdown; the diagram as SVG."""
    parts = [
        f"Figures by benchmarks/attribution_findings.py, codebook {results['codebook']}. Intervals "
        "are 95%, over prompts. Sets of features: `narrative`, `style`, `all`.\n"
    ]
    for name, section in SECTIONS.items():
        if name in results:
            parts += section(results[name])
    target.write_text("\n".join(parts) + "\n", encoding="utf-8")
    if "reference" in results:
        figures.mkdir(parents=True, exist_ok=True)
        draw_reliability(results["reference"]).savefig(
            figures / "attribution_reliability.svg", metadata={"Date": None}
        )


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; figures with three decimals."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(v) for v in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _interval(metric: dict[str, float] | None) -> str:
    if metric is None or metric["value"] is None:
        return "–"
    return f"{metric['value']:.3f} [{metric['low']:.3f}, {metric['high']:.3f}]"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def evaluations(title: str) -> Any:
    """A section of one cross-validation."""

    def section(found: list[dict[str, Any]]) -> list[str]:
        first = found[0]
        m = [e["metrics"] for e in found]
        learned = [e for e in found if e["n_features"]] or found
        return [
            f"### {title}\n",
            f"{first['n_stories']} texts, {first['n_prompts']} prompts, {first['folds']} folds.\n",
            table(
                ["learned from", "features", "macro-F1", "accuracy", "log loss", "Brier"],
                [
                    (
                        e["name"],
                        e["n_features"] or "",
                        _interval(x["macro_f1"]),
                        _interval(x["accuracy"]),
                        _interval(x["log_loss"]),
                        _interval(x["brier"]),
                    )
                    for e, x in zip(found, m, strict=True)
                ],
            ),
            table(
                [
                    "learned from",
                    "ECE before",
                    "ECE after",
                    "ECE by chance",
                    "AUC",
                    "AUC, equal length",
                    "score and length",
                ],
                [
                    (
                        e["name"],
                        e["ece_before"],
                        _interval(x["ece"]),
                        e["ece_chance"],
                        _interval(x["auc"]),
                        _interval(x.get("auc_matched")),
                        e["length_lean"],
                    )
                    for e, x in zip(found, m, strict=True)
                ],
            ),
            table(
                ["F1 of", *(e["name"] for e in learned)],
                [
                    (s, *(_interval(e["metrics"][f"f1 {s}"]) for e in learned))
                    for s in first["sources"]
                ],
            ),
            _confusion(first),
        ]

    return section


def _confusion(evaluation: dict[str, Any]) -> str:
    rows = [
        (source, *(f"{100 * n / max(sum(row), 1):.0f}" for n in row))
        for source, row in zip(evaluation["sources"], evaluation["confusion"], strict=True)
    ]
    head = [f"named as (%), {evaluation['name']}", *evaluation["sources"]]
    return table(head, rows)


def dimensions(found: dict[str, Any]) -> list[str]:
    """Each dimension alone, and left out."""
    rows = [
        (d.replace("_", " "), f["features"], _interval(f["alone"]), _interval(f["left_out"]))
        for d, f in sorted(found.items(), key=lambda df: -df[1]["alone"]["value"])
    ]
    return [
        "### Five families, by dimension (narrative features, macro-F1)\n",
        table(["dimension", "features", "alone", "all others"], rows),
    ]


def reference(found: dict[str, Any]) -> list[str]:
    """The shipped models on texts held out."""
    parts = []
    for name, one in found.items():
        parts += evaluations(f"Reference, {NAMES[name]}: `{name}`")([one["evaluation"]])
        parts.append(
            table(
                ["words", "texts", "right", "mean confidence", "ECE", "90% sets hold the writer",
                 "sources in a set"],
                [
                    (x["words"], x["texts"], x["right"], x["confidence"], x["ece"], x["coverage"],
                     x["set_size"])
                    for x in one["lengths"]
                ],
            )
        )  # fmt: skip
        if "transfer" in one:
            parts.append(transfer_rows(one["transfer"]))
            parts.append(
                table(
                    ["false positives", "threshold", "recall", "people above it", "people"],
                    [
                        (_percent(x["false_positive_rate"]), f"{x['threshold']:.4f}",
                         _percent(x["recall"]), x["others_through"], x["texts"])
                        for x in one["operating"]
                    ],
                )
            )  # fmt: skip
    return parts


def transfer_rows(rows: list[dict[str, Any]]) -> str:
    """Corpora held out."""
    return table(
        ["held out", "people", "models", "models from", "AUC", "AUC, equal length",
         "score and length"],
        [
            (r["corpus"], r["people"], r["models"], r["models_from"], r["auc"], r["auc_matched"],
             r["length_lean"])
            for r in rows
        ],
    )  # fmt: skip


def carried_over(found: dict[str, Any]) -> list[str]:
    """Recipes for people against models, on a corpus held out."""
    parts = ["### People or model on a corpus held out: recipes (AUC / AUC at equal length)\n"]
    for features, one in found.items():
        corpora = [r["corpus"] for r in one["nested"]]
        rows = [
            (recipe, *(f"{r['auc']:.3f} / {r['auc_matched']:.3f} ({r['length_lean']:+.2f})"
                       for r in cells))
            for recipe, cells in one["recipes"].items()
        ]  # fmt: skip
        rows.append(
            (
                "**chosen by the two other corpora**",
                *(
                    f"{r['auc']:.3f} / {r['auc_matched']:.3f} ({r['recipe']})"
                    for r in one["nested"]
                ),
            )
        )
        parts.append(table([f"{features} features", *corpora], rows))
    return parts


def strangers(found: dict[str, Any]) -> list[str]:
    """Makers that were held out."""
    parts = ["### Strangers: models by makers that the judging fit had not seen\n"]
    labels = {
        "auroc_unknown": "AUROC, probability of an unknown writer",
        "auroc_probability": "AUROC, largest probability",
        "strangers_flagged": "strangers told to be unlike the reference",
        "known_flagged": "known writers told so",
        "people_flagged": "people told so",
        "strangers_over_0.9": "strangers with confidence over 0.9",
        "strangers_over_0.9_unguarded": "the same, were strangers not allowed for",
        "known_over_0.9": "known writers with confidence over 0.9",
    }
    rows = [
        (label, *(one[key] if "auroc" in key else _percent(one[key]) for one in found.values()))
        for key, label in labels.items()
    ]
    rows += [
        (f"distance alone: {label}", *(
            one["auroc_unusual"][key] if key == "auroc" else _percent(one["auroc_unusual"][key])
            for one in found.values()))
        for key, label in (
            ("auroc", "AUROC"), ("strangers_flagged", "strangers flagged"),
            ("known_flagged", "known flagged"))
    ]  # fmt: skip
    parts.append(table(["", *(NAMES[n] for n in found)], rows))
    for kind in ("corpora", "makers"):
        first = next(iter(found.values()))[kind]
        parts.append(
            table(
                [kind, "texts",
                 *(f"{what}, {NAMES[n]}" for n in found for what in ("flagged", "over 0.9"))],
                [
                    (k, first[k]["texts"],
                     *(_percent(found[n][kind][k][w]) for n in found for w in ("flagged", "over_0.9")))
                    for k in first
                ],
            )
        )  # fmt: skip
    return parts


def siblings(found: dict[str, Any]) -> list[str]:
    """Other models of the same makers."""
    names = list(found)
    rows = [
        (r["model"], r["corpus"], r["family"], r["texts"],
         *(v for n in names for v in (
             _percent(found[n][k]["family_named"]), _percent(found[n][k]["in_set"]),
             _percent(found[n][k]["unknown"]), found[n][k]["otherwise"])))
        for k, r in enumerate(found[names[0]])
    ]  # fmt: skip
    what = ("named", "in 90% set", "unlike", "else")
    return [
        "### Siblings: other models of the five makers\n",
        table(["model", "corpus", "family", "texts", *(f"{w}, {NAMES[n].split(', ')[1]}"
               for n in names for w in what)], rows),
    ]  # fmt: skip


def edits(found: dict[str, Any]) -> list[str]:
    """Drafts before and after editing."""
    parts = ["### Edited drafts: probability of a model as the writer\n"]
    for name, one in found.items():
        over = [k for k in next(iter(one.values())) if k.startswith("over")]
        parts.append(
            table(
                [NAMES[name], "texts", "mean", *(f"{k} threshold" for k in over)],
                [
                    (s, x["texts"], x["mean"], *(_percent(x[k]) for k in over))
                    for s, x in one.items()
                ],
            )
        )
    return parts


def forms(found: dict[str, Any]) -> list[str]:
    """Stories in another dress, and whether explanations are true."""
    parts = ["### Stories in another dress (fits without their prompts)\n"]
    for name, one in found.items():
        rows = [
            (form, x["texts"], _percent(x["right"]), x["probability"], x["moved"],
             _percent(x["named_otherwise"]))
            for form, x in one["forms"].items()
        ]  # fmt: skip
        parts.append(
            table(
                [NAMES[name], "texts", "named right", "mean probability of the writer",
                 "mean change", "named otherwise than before"],
                rows,
            )
        )  # fmt: skip
    parts.append(
        "### Faithfulness: fall of the likeliest source's probability, ten features gone\n"
    )
    parts.append(
        table(
            ["", "texts", "strongest for", "random", "strongest against", "strongest over random"],
            [
                (NAMES[n], f["texts"], f["top"], f["random"], f["against"],
                 _percent(f["top_more_than_random"]))
                for n, f in ((n, one["faithfulness"]) for n, one in found.items())
            ],
        )
    )  # fmt: skip
    return parts


def sets(found: dict[str, Any]) -> list[str]:
    """Core, fingerprint and all."""
    f1 = found["macro_f1"]
    labels = {"c": "core", "cf": "core and fingerprint", "all": "all narrative"}
    rows = [
        (label, ", ".join(map(str, sorted(set(found["sizes"].get(label, []))))) or "all",
         f1[f"two {k}"], f1[f"six {k}"])
        for k, label in labels.items()
    ]  # fmt: skip
    marks = [(s, len(chosen), ", ".join(chosen)) for s, chosen in found["fingerprint"].items()]
    return [
        "### Core and fingerprint sets, chosen inside each training fold (macro-F1)\n",
        table(["set", "features in the folds", "people or model", "six-way"], rows),
        "Core (all stories): " + (", ".join(f"{f} {n}" for f, n in found["core"]) or "none") + "\n",
        table(["source", "features", "fingerprint (all stories), strongest first"], marks),
    ]


def draw_reliability(found: dict[str, Any]) -> Figure:
    """Confidence against the share right, one panel a model, ten bins of equal count."""
    figure = Figure(figsize=(9.5, 2.9), layout="constrained")
    for k, (name, one) in enumerate(found.items()):
        axes = figure.add_subplot(1, len(found), k + 1)
        bins = one["evaluation"]["reliability"]
        axes.plot([0, 1], [0, 1], color="#aaaaaa", linewidth=0.8)
        axes.plot([b["confidence"] for b in bins], [b["right"] for b in bins], "o-",
                  color="#27508a", markersize=4, linewidth=1)  # fmt: skip
        axes.set(xlim=(0.2, 1.02), ylim=(0.2, 1.02), aspect="equal", xlabel="confidence")
        axes.set_title(NAMES[name], fontsize=9)
        if k == 0:
            axes.set_ylabel("share right")
    return figure


SECTIONS = {
    "five_way": evaluations("Five families on the same prompts, whole stories"),
    "five_way_700": evaluations("The same, first 700 words"),
    "dimensions": dimensions,
    "reference": reference,
    "carried_over": carried_over,
    "glimpse": evaluations("People and five older models, about 160 words"),
    "strangers": strangers,
    "siblings": siblings,
    "edits": edits,
    "forms": forms,
    "sets": sets,
}
