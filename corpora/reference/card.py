"""The card of the shipped models, from what training saw and found out."""

from __future__ import annotations

from datetime import date
from typing import Any

from storyscope.attribute.rates import told

__all__ = ["card"]

AIMS = {"people": 0.96, "built": 0.90}
"""AUC that people against models was to reach on every corpus of people, by model."""
ECE_AIMS = {"whole": 0.03, "about 300 words": 0.05}
"""Calibration error that the whole answer was to stay under, by length."""
FILES = """\
| folder or file | holds |
|---|---|
| `people`, `built`, `worded` | person or model: from all features, from narrative ones, from surface style |
| `family`, `family_built` | which family among models: from all features, from narrative ones |
| `answer.json` | prediction sets of the whole answer, nearest versions, the figures below |
| in each folder | trees, line, settings, definitions of columns, calibration, percentiles, what is usual |
"""
CONFOUNDS = """\
## Confounds

- People and models share prompts only in `hanna_llm`, `glimpse_wp` and `wq_calibration`; elsewhere people's texts
  are of other periods, lengths and genres, and part of what says 'human' is that.
- Versions differ in the prompts and lengths that corpora gave them. Some were met in one corpus only, so a
  nearest version is a neighbour, and no finding about who wrote.
- Kimi is known by two versions on one set of prompts.
- Texts of a few hundred words are called with little confidence, and should be.
- English prose fiction only.

## Not to be used for

Deciding about a person: no grade, no accusation, no rejection, no payment may rest on it.
It says which of the reference's sources a text is like, with a probability; it is no proof of who or what
wrote it. Nor for texts that are no stories, for other languages, or as a score to write against.
"""


def card(record: dict[str, Any], models: dict[str, dict[str, Any]]) -> str:
    """The card as Markdown.

    Parameters
    ----------
    record : dict
        What ``answer.json`` holds.
    models : dict
        By name, what each ``model.json`` holds.
    """
    today = date.today()
    first = models["people"]
    found = record["training"]
    parts = [
        "# Person or model, which family, which version\n",
        f"Trained on {today.day} {today:%B %Y} by `python corpora/reference/train.py`, seed "
        f"{first['settings']['seed']}, codebook `{first['codebook']}`, on the tables of "
        "`corpora/reference` (their card says where the texts come from and on what licence). "
        "JSON and UBJ only.\n",
        FILES,
        _data(models),
        "## Person or model\n\nEach corpus of people is held out in turn, with the models that it is "
        "held against; whole texts. Cuts are those that 5% and 1% of this corpus's people pass (with "
        "under 100 people the second is the cut that none passes).\n",
        *(_people(name, models[name]["training"]) for name in ("people", "built", "worded")),
        _trivial(found["trivial"], first["training"]["people"]),
        _carry_over(found["carry_over"]),
        _operating(first["training"]["operating"]),
        detection(first["training"]["detection"]),
        _calibration(found, models),
        _versions(found["versions"]),
        _strangers(found["strangers"]),
        _sets(found["coverage"]),
        _nearest(found["nearest"], models["family"]["training"]["versions"]),
        CONFOUNDS,
    ]
    return "\n".join(parts)


def _data(models: dict[str, dict[str, Any]]) -> str:
    training = models["people"]["training"]
    settings = "; ".join(
        f"`{name}`: "
        + ", ".join(f"{k} {v}" for k, v in models[name]["settings"].items() if v != "")
        for name in ("people", "built", "family")
    )
    return (
        f"## Data\n\nTexts: {_counts(training['texts'])}; and {training['openings']:,} beginnings of "
        f"them. Corpora: {_counts(training['corpora'])}. Texts of models: "
        f"{_counts(models['family']['training']['texts'])}.\n\nSettings: {settings}.\n"
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in counts.items())


def _people(name: str, training: dict[str, Any]) -> str:
    rows = [
        (r["corpus"], r["people"], r["models"], r["models_from"], f"{r['auc']:.3f}",
         "" if r["auc_matched"] is None else f"{r['auc_matched']:.3f}",
         f"{r['found_at_0.05']:.0%}", f"{r['found_at_0.01']:.0%}")
        for r in training["people"]
    ]  # fmt: skip
    columns = ("held out", "people", "models", "models from", "AUC", "AUC, equal length",
               "models found at 5%", "at 1%")  # fmt: skip
    low = min(training["people"], key=lambda r: r["auc"])
    said = ""
    if name in AIMS:
        met = "is met" if low["auc"] >= AIMS[name] else "is **not** met"
        said = (
            f"\nThe aim was an AUC of {AIMS[name]:.2f} on each: it {met} "
            f"(lowest {low['auc']:.3f}, {low['corpus']}).\n"
        )
    return f"`{name}`:\n\n{_table(columns, rows)}{said}"


def _trivial(rows: list[dict[str, Any]], people: list[dict[str, Any]]) -> str:
    """The best measure that reads no story, by corpus, beside the model."""
    full = {r["corpus"]: r["auc"] for r in people}
    cells = []
    for row in rows:
        alone = {m["name"]: f"{m['auc']:.3f}" for m in row["measures"]}
        best = row["measures"][0]
        cells.append(
            (row["corpus"], f"{full[row['corpus']]:.3f}", f"{best['name']} {best['auc']:.3f}",
             *(alone[name] for name in sorted(alone)))
        )  # fmt: skip
    names = sorted(m["name"] for m in rows[0]["measures"])
    columns = ("held out", "`people`", "best trivial", *(f"{n} alone" for n in names))
    return (
        "AUC of one trivial measure alone, which way it points learned from the other corpora; the "
        "best of them is picked on the corpus itself, and so is a little flattered:\n\n"
        f"{_table(columns, cells)}"
    )


def _carry_over(rows: list[dict[str, Any]]) -> str:
    """How sets of features carry over to corpora held out."""
    corpora = list(rows[0]["auc"])
    cells = [
        (r["features"], r["count"], *(f"{r['auc'][c]:.3f}" for c in corpora),
         f"{sum(r['auc'].values()) / len(corpora):.3f}")
        for r in rows
    ]  # fmt: skip
    return (
        "What carries over: AUC on each corpus of people held out, of a straight line on narrative "
        "features that rest on the tagger's reading, on narrative features by rules of grammar and "
        "words alone, and on surface style.\n\n"
        f"{_table(('features', 'count', *corpora, 'mean'), cells)}"
    )


def _operating(points: list[dict[str, Any]]) -> str:
    rows = [
        (f"{r['false_positive_rate']:.1%}", f"{r['threshold']:.4f}", f"{r['recall']:.1%}",
         f"{r['others_through']} of {r['texts']:,}")
        for r in points
    ]  # fmt: skip
    columns = ("people that pass, aim", "cut on the probability of a model", "models found",
               "people that pass")  # fmt: skip
    return f"Cuts of `people` over all corpora held out, each counting alike:\n\n{_table(columns, rows)}"


def detection(rows: list[dict[str, Any]]) -> str:
    """Models' texts found at fixed rates of false alarms, all and by group."""
    figures = [(r, told(r)) for r in rows]
    rates = list(figures[0][1]["rates"]) if figures else []
    columns = ("by", "group", "people", "models", "models from", "AUC",
               *(f"found at {rate}" for rate in rates))  # fmt: skip
    cells = [
        (r["by"], r["group"], r["people"], r["models"], r["models_from"], t["auc"], *t["rates"].values())
        for r, t in figures
    ]  # fmt: skip
    return (
        "## Models' texts found, by corpus, family, version and length\n\nBy `people`, on corpora "
        "held out, whole texts; 95% intervals over prompts. A cut is such that a further text by "
        "these people passes it in at most so many cases; a corpus and a length have cuts of their "
        "own people, a family and a version that of all people, and groups under 10 texts are left "
        f"out.\n\n{_table(columns, cells)}"
    )


def _calibration(record: dict[str, Any], models: dict[str, dict[str, Any]]) -> str:
    found = {
        "person or model": models["people"]["training"]["errors"],
        "whole answer": record["errors"],
        "whole answer, versions never met": record["errors_never_met"],
        "whole answer, versions known": record["errors_known"],
        **{
            f"family among models, versions {name}": e
            for name, e in models["family"]["training"]["met"].items()
        },
    }
    rows = [
        (what, name, e["texts"], f"{e['right']:.3f}", f"{e['confidence']:.3f}", f"{e['ece']:.3f}",
         f"{e['by_chance']:.3f}")
        for what, errors in found.items()
        for name, e in errors.items()
    ]  # fmt: skip
    columns = ("answer", "texts of", "texts", "right", "confidence", "ECE", "by chance")
    return (
        "## Calibration\n\nExpected calibration error on texts held out, and what perfect answers "
        "would show by chance. Person or model is judged with the text's corpus held out. The answer "
        "does not know whether it has met the version that wrote a text, so its confidence in a "
        "family is set for a mixture: half of models' texts by versions and makers that it knows, on "
        "other prompts, half by such as it never met; were one in five of them by makers of none of "
        "the families. Known versions are therefore right more often than it says, and versions never "
        "met less often; both stand below. Each text is judged by a calibration made without its "
        "version or maker. A version may always be new, so by construction no family gets more than "
        "88%.\n\nThe aims for the whole answer, on the mixture, were 0.03 on whole texts and 0.05 at about "
        f"300 words: they are {_met(record['errors'])}.\n\n{_table(columns, rows)}"
    )


def _met(errors: dict[str, Any]) -> str:
    """Whether the aims of the whole answer are met, in words."""
    met = [errors[name]["ece"] <= aim for name, aim in ECE_AIMS.items()]
    return "met" if all(met) else "met in part" if any(met) else "**not** met"


def _versions(found: list[dict[str, Any]]) -> str:
    rows = [
        (r["family"], r["version"], r["texts"], f"{r['model']:.0%}", f"{r['right']:.0%}",
         f"{r['other']:.0%}", f"{r['wrong_and_sure']:.1%}")
        for r in found
    ]  # fmt: skip
    n = sum(r["texts"] for r in found)
    mean = {k: sum(r["texts"] * r[k] for r in found) / n for k in ("right", "wrong_and_sure")}
    half = sum(r["right"] >= 0.5 for r in found)
    columns = ("family", "version held out", "texts", "called a model", "right family",
               "some other model", "wrong with over 0.9 confidence")  # fmt: skip
    return (
        "## Versions never trained on\n\nEach version is judged by fits without it (and, for person or "
        f"model, without its corpus); whole texts.\n\n{_table(columns, rows)}\nOf all texts the "
        f"family is right for {mean['right']:.0%} and wrong with over 0.9 confidence for "
        f"{mean['wrong_and_sure']:.1%}; {half} of {len(found)} versions have the right family in at "
        "least half of their texts.\n"
    )


def _strangers(found: list[dict[str, Any]]) -> str:
    rows = [
        (r["maker"], r["texts"], f"{r['model']:.0%}", f"{r['other']:.0%}",
         f"{r['family_and_sure']:.1%}", f"{r['wrong_and_sure']:.1%}")
        for r in found
    ]  # fmt: skip
    n = sum(r["texts"] for r in found)
    mean = {
        k: sum(r["texts"] * r[k] for r in found) / n for k in ("family_and_sure", "wrong_and_sure")
    }
    columns = ("maker held out", "texts", "called a model", "some other model",
               "a family with over 0.9 confidence", "anything wrong with over 0.9")  # fmt: skip
    return (
        "## Models of none of the families\n\nEach maker is judged by fits without its models.\n\n"
        f"{_table(columns, rows)}\nOf all texts {mean['family_and_sure']:.1%} are called a family with "
        f"over 0.9 confidence (the aim was 5% at most), {mean['wrong_and_sure']:.1%} a family or a "
        "person.\n"
    )


def _sets(found: list[dict[str, Any]]) -> str:
    rows = [
        (r["corpus"], r["texts"], f"{r['holds']:.1%}", f"{r['never_met']:.1%}", f"{r['size']:.2f}")
        for r in found
    ]
    inside = sum(0.88 <= r["holds"] <= 0.92 for r in found)
    enough = sum(r["holds"] >= 0.88 for r in found)
    least = min(found, key=lambda r: r["holds"])
    columns = ("corpus held out", "texts", "90% sets hold the writer", "where versions are never met",
               "sources in a set")  # fmt: skip
    return (
        "## 90% sets on new corpora\n\nThresholds are such that in nine of ten corpora the sets hold "
        "the writer of 90% of texts, of which half by models are by versions known. Here they come "
        "from the other corpora; every fit had not seen the corpus (person or model), nor, for half "
        f"of the texts, the version.\n\n{_table(columns, rows)}\nAt least 88% on {enough} of "
        f"{len(found)}, within 88 to 92% on {inside}; least {least['holds']:.0%} ({least['corpus']}). "
        "So a 90% set cannot keep to 90% on a corpus that nobody has met: mostly it is wider than it need "
        "be, and it may hold the writer less often.\n"
    )


def _nearest(right: dict[str, float], texts: dict[str, dict[str, int]]) -> str:
    rows = [
        (family, ", ".join(f"{v} {n}" for v, n in texts[family].items()),
         f"{right[family]:.0%}" if family in right else "")
        for family in texts
        if family != "other"
    ]  # fmt: skip
    columns = ("family", "versions learned, texts", "nearest version is its own, prompts held out")
    return f"## Versions\n\n{_table(columns, rows)}"


def _table(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"
