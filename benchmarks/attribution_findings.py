"""Every figure of docs/findings_attribution.md, from the reference tables and the corpora.

    python benchmarks/attribution_findings.py ../shared/corpora --train

Texts that the reference lacks (first 700 words, edited drafts, stories in another dress) are
measured into ``--work`` and kept there; ``--train`` trains the shipped models anew. Results go to
benchmarks/results/attribution.json and .md, and the reliability diagram to docs/figures. With
names of tasks behind the folder only these are run, and the other results stay.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from attribution_page import write_page
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import GroupKFold

from storyscope.attribute import Attributor, evaluate
from storyscope.attribute.calibration import expected_calibration_error
from storyscope.attribute.evaluation import judged
from storyscope.attribute.novelty import UNLIKE, fit_novelty
from storyscope.attribute.reference import (
    OTHER,
    family_of,
    maker_of,
    read_reference,
    six_way,
    two_way,
    weights,
)
from storyscope.attribute.stability import core_features, fingerprint_features
from storyscope.attribute.transfer import transfer
from storyscope.codebook import default_codebook
from storyscope.corpus import Corpus, Story
from storyscope.extract import score_to_file
from storyscope.table import feature_ids, read_table
from storyscope.validate.dresses import dress

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "corpora" / "reference"))
import build  # noqa: E402
import train  # noqa: E402

FAMILIES = ("claude", "deepseek", "gemini", "gpt", "kimi")
TESTED = ("wp_human", "hanna_llm", "glimpse_wp")
"""Corpora that hold both people and models, so that one held out says what carries over."""
RECIPES: dict[str, dict[str, Any]] = {
    "trees of depth 2 and a line": {"depth": 2, "linear": 0.4},
    "trees of depth 3 and a line": {"depth": 3, "linear": 0.4},
    "mostly a line": {"depth": 3, "linear": 0.7},
}
FEW = {k: RECIPES[k] for k in ("trees of depth 3 and a line", "mostly a line")}
OTHERS: dict[str, dict[str, Any]] = {
    "trees alone": {"linear": 0.0},
    "trees alone, without noise": {"linear": 0.0, "jitter": 0.0, "copies": 1},
    "a line alone": {"linear": 1.0, "trees": 1},
}
REMOVED = 10
"""Features that are taken away to see whether an explanation is true."""
PER_SOURCE = 12
"""Stories of each source that are set in another dress."""


# -------------------------------------------------------------------- texts measured here


def no_dashes(text: str) -> str:
    """Commas for dashes."""
    import re

    return re.sub(r"\s*[—–]\s*|\s+--?\s+|--", ", ", text)


def shuffled(text: str) -> str:
    """Paragraphs in another order."""
    parts = [p for p in text.split("\n\n") if p.strip()]
    return "\n\n".join(parts[k] for k in np.random.default_rng(len(text)).permutation(len(parts)))


DRESSES: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "British spelling": lambda text: dress(text, "British spelling"),
    "dashes removed": no_dashes,
    "paragraphs shuffled": shuffled,
    "first half": lambda text: build.first_words(text, len(text.split()) // 2),
}


def first700(corpora: Path) -> Iterator[Story]:
    """Beginnings of the stories of five families."""
    for story in build.reference(corpora, "slop5"):
        yield Story(
            story.id, build.first_words(story.text, 700), story.source, story.prompt_id,
            meta=story.meta,
        )  # fmt: skip


def edited(corpora: Path) -> Iterator[Story]:
    """Drafts by models and what editors made of them."""
    seen: dict[str, int] = {}
    for row in build.rows(corpora, "lamp_edit"):
        yield build.story("lamp_edit", row, row["source"], seen)


def dressed(corpora: Path) -> Iterator[Story]:
    """Stories of each family and of people, as they are and in every other form."""
    chosen: dict[str, list[Story]] = {}
    for name in ("slop5", "wp_human", "litbank_chunks", "hanna_llm"):
        for story in build.reference(corpora, name):
            if len(story.text.split()) > 400:
                chosen.setdefault(f"{name}/{story.source}", []).append(story)
    for key, stories in sorted(chosen.items()):
        number = PER_SOURCE if key.startswith("slop5") else PER_SOURCE // 3
        for k in np.linspace(0, len(stories) - 1, number).round().astype(int):
            for form, change in DRESSES.items():
                yield Story(
                    f"{stories[k].id}@{form}", change(stories[k].text), stories[k].source,
                    stories[k].prompt_id, meta={**stories[k].meta, "form": form},
                )  # fmt: skip


MEASURED = {"first700": first700, "lamp_edit": edited, "dressed": dressed}


def measure(corpora: Path, work: Path) -> None:
    """The tables of `MEASURED`, made or completed."""
    for name, stories in MEASURED.items():
        corpus = Corpus.from_stories(list(stories(corpora)), name=name)
        target = work / f"{name}.parquet"
        if target.exists() and _codebook(target) == default_codebook().version:
            continue
        table = score_to_file(corpus, target, workers=2, resume=True, watch=lambda p: None)
        print(f"{name}: {len(table)} texts measured", flush=True)


def _codebook(path: Path) -> str:
    return str(read_table(path).attrs.get("storyscope", {}).get("codebook"))


# -------------------------------------------------------------------- tasks


class Given:
    """Where everything is."""

    def __init__(self, corpora: Path, tables: Path, models: Path, work: Path):
        self.corpora = corpora
        self.tables = tables
        self.models = models
        self.work = work

    def table(self, name: str) -> pd.DataFrame:
        """A reference table, or one measured here."""
        here = self.work / f"{name}.parquet"
        return read_table(here if name in MEASURED else self.tables / f"{name}.parquet")

    def held_out(self, name: str) -> pd.DataFrame:
        """What a shipped model's fits said of texts that they had not seen."""
        return pd.read_parquet(self.work / "held_out" / f"{name}.parquet")

    def texts(self, name: str) -> dict[str, str]:
        """Texts of a reference table, or of one measured here, by id."""
        if name in MEASURED:
            return {s.id: s.text for s in MEASURED[name](self.corpora)}
        return {s.id: s.text for s in build.reference(self.corpora, name)}


def five_way(given: Given) -> Any:
    """The five families on the same prompts, whole stories, settings chosen in each fold."""
    return _plain(evaluate(given.table("slop5"), texts=given.texts("slop5"), tuned=True))


def five_way_700(given: Given) -> Any:
    """The same on the first 700 words."""
    return _plain(evaluate(given.table("first700"), texts=given.texts("first700")))


def glimpse(given: Given) -> Any:
    """People and five older models on the same prompts, about 160 words each."""
    machines = given.table("machines")
    table = pd.concat(
        [given.table("glimpse_wp"), machines[machines["corpus"] == "glimpse_wp"]],
        ignore_index=True,
    )
    texts = given.texts("glimpse_wp") | {s.id: s.text for s in build.machines(given.corpora)}
    return _plain(evaluate(table, texts=texts))


def dimensions(given: Given) -> Any:
    """Five families from the narrative features of one dimension, and from all but one."""
    table = given.table("slop5")
    book = default_codebook()
    ids = feature_ids(table, book, "narrative")
    found = {}
    for dimension in sorted({book[f].dimension for f in ids}):
        inside = [f for f in ids if book[f].dimension == dimension]
        alone = _narrative_f1(table.drop(columns=[f for f in ids if f not in inside]))
        without = _narrative_f1(table.drop(columns=inside))
        found[dimension] = {"features": len(inside), "alone": alone, "left_out": without}
    return found


def _narrative_f1(table: pd.DataFrame) -> dict[str, float]:
    figure = evaluate(table, feature_sets=("narrative",), tuned=False)[0].to_dict()["metrics"][
        "macro_f1"
    ]
    return dict(figure)


def _plain(evaluations: list[Any]) -> list[dict[str, Any]]:
    return [e.to_dict() for e in evaluations]


def reference(given: Given) -> Any:
    """The shipped models on texts held out: figures, and how sure they are by length."""
    found = {}
    for name in train.MODELS:
        told = given.held_out(name)
        sources = [c.removeprefix("p ") for c in told if c.startswith("p ")]
        told = told[told["source"].isin(sources)].reset_index(drop=True)
        truth = told["source"].map({s: k for k, s in enumerate(sources)}).to_numpy()
        whole = told["cut"].isna().to_numpy()
        group = told["prompt_id"].to_numpy(str)
        if "human_ai" in name:
            group = train.corpora_together(told)
        margins = told[[f"margin {s}" for s in sources]].to_numpy(float)
        words = told["words"].to_numpy(float)
        folds = min(5, len(set(group[whole])))
        splits = list(GroupKFold(folds).split(truth[whole], truth[whole], group[whole]))
        prompts = told["prompt_id"].to_numpy(str)[whole]
        one = judged(
            train.MODELS[name][1], margins[whole], truth[whole], prompts, words[whole], sources,
            splits,
        )  # fmt: skip
        p = told[[f"p {s}" for s in sources]].to_numpy(float)
        model = Attributor.load(given.models / name)
        found[name] = {
            "evaluation": one.to_dict(),
            "lengths": _lengths(model, p, truth, told),
            **{k: v for k, v in model.training_.items() if k in ("transfer", "operating")},
        }
    return found


def _lengths(
    model: Attributor, p: np.ndarray, truth: np.ndarray, told: pd.DataFrame
) -> list[dict[str, Any]]:
    """Openings of each length, and whole texts, each text weighing as its source does."""
    words = told["words"].to_numpy(float)
    sets = model.calibration_.sets(p, words)
    found = []
    for cut in (*build.OPENINGS, None):
        rows = (told["cut"].isna() if cut is None else told["cut"] == cut).to_numpy()
        if rows.sum() < 30:
            continue
        share = np.bincount(truth[rows], minlength=p.shape[1])
        weight = 1 / share[truth[rows]]
        named = p[rows].argmax(axis=1) == truth[rows]
        found.append(
            {
                "words": cut or "whole",
                "texts": int(rows.sum()),
                "right": float(np.average(named, weights=weight)),
                "confidence": float(np.average(p[rows].max(axis=1), weights=weight)),
                "ece": expected_calibration_error(p[rows], truth[rows], weight=weight),
                "coverage": float(
                    np.average(sets[rows][np.arange(rows.sum()), truth[rows]], weights=weight)
                ),
                "set_size": float(np.average(sets[rows].sum(axis=1), weights=weight)),
            }
        )
    return found


def strangers(given: Given) -> Any:
    """Models by other makers, none of whose texts the judging fit had seen."""
    found = {}
    for name in ("model", "model_all"):
        told = given.held_out(name)
        told = told[told["cut"].isna()]
        p = told[[c for c in told if c.startswith("p ")]].to_numpy(float)
        other = (told["source"] == OTHER).to_numpy()
        unknown = told["unknown"].to_numpy(float)
        sure = p.max(axis=1) * (1 - unknown)
        makers = told["model"].fillna("").map(maker_of).to_numpy(str)
        found[name] = {
            "auroc_unknown": float(roc_auc_score(other, unknown)),
            "auroc_probability": float(roc_auc_score(other, -p.max(axis=1))),
            "auroc_unusual": _unusual(given, train.MODELS[name][1]),
            "known_flagged": float((unknown[~other] >= 0.5).mean()),
            "people_flagged": float(
                (unknown[(told["source"] == "human").to_numpy()] >= 0.5).mean()
            ),
            "known_over_0.9": float((sure[~other] > 0.9).mean()),
            "strangers_flagged": float((unknown[other] >= 0.5).mean()),
            "strangers_over_0.9": float((sure[other] > 0.9).mean()),
            "strangers_over_0.9_unguarded": float((p.max(axis=1)[other] > 0.9).mean()),
            "makers": {
                str(m): {
                    "texts": int((other & (makers == m)).sum()),
                    "flagged": float((unknown[other & (makers == m)] >= 0.5).mean()),
                    "over_0.9": float((sure[other & (makers == m)] > 0.9).mean()),
                }
                for m in sorted(set(makers[other]))
            },
            "corpora": {
                str(c): {
                    "texts": int((other & (told["corpus"] == c)).sum()),
                    "flagged": float((unknown[other & (told["corpus"] == c)] >= 0.5).mean()),
                    "over_0.9": float((sure[other & (told["corpus"] == c)] > 0.9).mean()),
                }
                for c in sorted(set(told["corpus"][other]))
            },
        }
    return found


def _unusual(given: Given, features: str) -> dict[str, float]:
    """What distance alone finds: known texts of prompts held out against strangers."""
    table = six_way(read_reference(given.tables))
    table = table[table["cut"].isna()].reset_index(drop=True)
    book = default_codebook()
    matrix = book.encode(table, feature_ids(table, book, features)).to_numpy(float)
    words, other = table["words"].to_numpy(float), (table["source"] == OTHER).to_numpy()
    score = np.full(len(table), np.nan)
    prompts = table["prompt_id"].to_numpy(str)
    for fit, test in GroupKFold(4, shuffle=True, random_state=0).split(matrix, groups=prompts):
        novelty = fit_novelty(matrix[fit][~other[fit]], words[fit][~other[fit]])
        score[test] = novelty.score(matrix[test], words[test])
    return {
        "auroc": float(roc_auc_score(other, score)),
        "known_flagged": float((score[~other] >= UNLIKE).mean()),
        "strangers_flagged": float((score[other] >= UNLIKE).mean()),
    }


def siblings(given: Given) -> Any:
    """Other models by the makers of the five families: is the family named?"""
    table = read_reference(given.tables)
    table = table[
        table["family"].isin(FAMILIES) & (table["corpus"] != "slop5") & table["cut"].isna()
    ]
    found = {}
    for name in ("model", "model_all"):
        model = Attributor.load(given.models / name)
        p = model.predict_proba(table)
        unknown = model.unknown(table)
        named = model.classes_[p.argmax(axis=1)]
        members = model.calibration_.sets(p, table["words"].to_numpy(float))
        rows = []
        for (corpus, written_by), places in table.groupby(["corpus", "model"]).indices.items():
            family = family_of(str(written_by))
            k = list(model.classes_).index(family)
            rest = pd.Series(named[places][named[places] != family]).value_counts()
            rows.append(
                {
                    "corpus": corpus,
                    "model": written_by,
                    "family": family,
                    "texts": len(places),
                    "family_named": float((named[places] == family).mean()),
                    "in_set": float(members[places, k].mean()),
                    "unknown": float((unknown[places] >= 0.5).mean()),
                    "otherwise": str(rest.index[0]) if len(rest) else "",
                }
            )
        found[name] = rows
    return found


def edits(given: Given) -> Any:
    """Drafts by models before and after editing, by the model of people against models."""
    table = given.table("lamp_edit")
    found = {}
    for name in ("model_human_ai_all", "model_human_ai"):
        model = Attributor.load(given.models / name)
        ai = model.predict_proba(table)[:, list(model.classes_).index("ai")]
        points = model.training_["operating"]
        found[name] = {
            str(source): {
                "texts": int((table["source"] == source).sum()),
                "mean": float(ai[table["source"] == source].mean()),
                **{
                    f"over {point['false_positive_rate']:.1%}": float(
                        (ai[table["source"] == source] >= point["threshold"]).mean()
                    )
                    for point in points
                },
            }
            for source in sorted(table["source"].unique())
        }
    return found


def forms(given: Given) -> Any:
    """Stories in another dress, by fits that had seen none of their prompts; faithfulness too."""
    table = given.table("dressed")
    whole = read_reference(given.tables)
    whole = whole[~whole["prompt_id"].isin(set(table["prompt_id"]))]
    found: dict[str, Any] = {}
    for name in ("model", "model_all", "model_human_ai_all"):
        kind, features = train.MODELS[name]
        learned = (six_way if kind == "six" else two_way)(whole)
        settings = train.SIX if kind == "six" else train.TWO
        model = Attributor(features, folds=0, **settings).fit(  # type: ignore[arg-type]
            learned, sample_weight=weights(learned, bands=kind == "two")
        )
        model.calibration_ = Attributor.load(given.models / name).calibration_
        truth = table["source"].to_numpy(str)
        if kind == "two":
            truth = np.where(truth == "human", "human", "ai")
        p = model.predict_proba(table)
        right = p[np.arange(len(p)), np.searchsorted(model.classes_, truth)]
        named = p.argmax(axis=1)
        form = table["form"].to_numpy(str)
        stem = [s.rpartition("@")[0] for s in table["story_id"]]
        base = {stem[i]: i for i in np.flatnonzero(form == "as it is")}
        before = np.array([base[s] for s in stem])
        found[name] = {
            "forms": {
                f: {
                    "texts": int((form == f).sum()),
                    "right": float((model.classes_[named] == truth)[form == f].mean()),
                    "probability": float(right[form == f].mean()),
                    "moved": float(np.abs(right - right[before])[form == f].mean()),
                    "named_otherwise": float((named != named[before])[form == f].mean()),
                }
                for f in DRESSES
            },
            "faithfulness": faithfulness(model, table[form == "as it is"]),
        }
    return found


def faithfulness(model: Attributor, table: pd.DataFrame, seed: int = 0) -> dict[str, float]:
    """How far the likeliest source's probability falls when features are taken away."""
    p = model.predict_proba(table)
    top = p.argmax(axis=1)
    values = model.contributions(table)[:, :, :-1]
    rng = np.random.default_rng(seed)
    falls: dict[str, list[float]] = {"top": [], "random": [], "against": []}
    for i in range(len(table)):
        gain = values[i, top[i]] - np.delete(values[i], top[i], axis=0).mean(axis=0)
        sizes = [len(model.codebook_[f].columns) for f in model.feature_ids_]
        by_feature = np.add.reduceat(gain, np.cumsum([0, *sizes[:-1]]))
        present = np.flatnonzero(table.iloc[i][list(model.feature_ids_)].notna().to_numpy())
        order = present[np.argsort(-by_feature[present], kind="stable")]
        taken = {
            "top": order[:REMOVED],
            "random": rng.choice(present, REMOVED, replace=False),
            "against": order[-REMOVED:],
        }
        for which, features in taken.items():
            row = table.iloc[[i]].copy()
            for k in features:
                row[model.feature_ids_[k]] = None
            falls[which].append(float(p[i, top[i]] - model.predict_proba(row)[0, top[i]]))
    found = {which: float(np.mean(fall)) for which, fall in falls.items()}
    more = np.array(falls["top"]) > np.array(falls["random"])
    return {**found, "top_more_than_random": float(more.mean()), "texts": len(table)}


def sets(given: Given) -> Any:
    """Core, fingerprint and all features, chosen inside each training fold."""
    table = read_reference(given.tables)
    table = table[(table["family"] == "human") | (table["corpus"] == "slop5")]
    table = table[table["cut"].isna()].reset_index(drop=True)
    prompts = table["prompt_id"].to_numpy(str)
    six = table["source"].to_numpy(str)
    two = np.where(six == "human", "human", "ai")
    named = {k: np.empty(len(table), object) for k in product(("two", "six"), ("c", "cf", "all"))}
    sizes = []
    for fit, test in GroupKFold(3, shuffle=True, random_state=0).split(six, six, prompts):
        rows = table.iloc[fit].reset_index(drop=True)
        core = core_features(rows, refits=16)
        marks = fingerprint_features(rows, refits=16)
        both = sorted(set(core).union(*marks.values()))
        sizes.append((len(core), len(both)))
        for (task, which), answers in named.items():
            chosen = {
                "c": core,
                "cf": both,
                "all": feature_ids(table, default_codebook(), "narrative"),
            }
            if not chosen[which]:  # nothing was stable in this fold: the commonest class
                answers[test] = "human"
                continue
            columns = ["story_id", "source", "prompt_id", "words", *chosen[which]]
            model = Attributor("narrative", folds=0)
            model.fit(rows[columns], (two if task == "two" else six)[fit])
            answers[test] = model.predict(table[columns].iloc[test])
    whole = table
    core, marks = core_features(whole), fingerprint_features(whole)
    book = default_codebook()
    return {
        "macro_f1": {
            f"{task} {which}": float(
                f1_score(two if task == "two" else six, answers.astype(str), average="macro")
            )
            for (task, which), answers in named.items()
        },
        "sizes": {"core": [c for c, _ in sizes], "core and fingerprint": [b for _, b in sizes]},
        "core": [[f, book[f].name] for f in core],
        "fingerprint": marks,
    }


def carried_over(given: Given) -> Any:
    """People against models on a corpus held out: recipes, and the one the others choose."""
    table = two_way(read_reference(given.tables))
    table = table[table["cut"].isna()].reset_index(drop=True)
    found = {}
    for features, recipes, others in (("all", RECIPES, OTHERS), ("narrative", FEW, {})):
        scores: dict[tuple[str, str, str], float] = {}
        tested: dict[str, list[dict[str, Any]]] = {}
        chosen = []
        for corpus in TESTED:
            for inner in (c for c in TESTED if c != corpus):
                for recipe, settings in recipes.items():
                    known = table[~table["corpus"].isin((corpus, inner))]
                    told = _scored(known, table[table["corpus"] == inner], features, settings)
                    scores[corpus, inner, recipe] = float(told["auc"])
        for recipe, settings in {**recipes, **others}.items():
            tested[recipe] = [
                _scored(
                    table[table["corpus"] != c], table[table["corpus"] == c], features, settings
                )
                for c in TESTED
            ]
        unweighted = [
            _scored(
                table[table["corpus"] != c], table[table["corpus"] == c], features,
                RECIPES["trees of depth 3 and a line"], even=True,
            )
            for c in TESTED
        ]  # fmt: skip
        for k, corpus in enumerate(TESTED):
            mean = {
                r: float(np.mean([v for (c, _, q), v in scores.items() if (c, q) == (corpus, r)]))
                for r in recipes
            }
            best = max(mean, key=lambda r: (mean[r], r))
            chosen.append({**tested[best][k], "recipe": best})
        found[features] = {
            "nested": chosen,
            "recipes": {**tested, "depth 3 and a line, unweighted": unweighted},
        }
    return found


def _scored(
    known: pd.DataFrame,
    judged_on: pd.DataFrame,
    features: str,
    settings: dict[str, Any],
    *,
    even: bool = False,
) -> dict[str, Any]:
    model = Attributor(features, folds=0, **{**train.TWO, **settings})  # type: ignore[arg-type]
    model.fit(known, sample_weight=None if even else weights(known))
    ai = model.predict_proba(judged_on)[:, list(model.classes_).index("ai")]
    machine = (judged_on["source"] == "ai").to_numpy()
    corpus, words = judged_on["corpus"].to_numpy(str), judged_on["words"].to_numpy(float)
    return transfer(ai, machine, corpus, words)[0]


TASKS: tuple[Callable[[Given], Any], ...] = (
    five_way, carried_over, sets, dimensions, forms, glimpse, five_way_700, strangers, reference,
    siblings, edits,
)  # fmt: skip
"""The longest first, since two run at a time."""


def run(name: str, given: Given) -> tuple[Any, float]:
    """One task and its seconds."""
    warnings.simplefilter("ignore")
    began = time.perf_counter()
    task = next(t for t in TASKS if t.__name__ == name)
    return task(given), time.perf_counter() - began


def main() -> None:
    """Run everything that was asked for and write it down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path, help="folder of gzipped JSON lines")
    parser.add_argument("tasks", nargs="*", help=f"of {', '.join(t.__name__ for t in TASKS)}")
    parser.add_argument("--tables", type=Path, default=ROOT / "corpora" / "reference")
    parser.add_argument("--models", type=Path, default=ROOT / "corpora")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "attribution")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--figures", type=Path, default=ROOT / "docs" / "figures")
    parser.add_argument("--train", action="store_true", help="train the shipped models first")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    given = Given(options.corpora, options.tables, options.models, options.work)
    measure(options.corpora, options.work)
    if options.train:
        script = [sys.executable, str(ROOT / "corpora" / "reference" / "train.py"), "--tables",
                  str(options.tables), "--into", str(options.models), "--held-out",
                  str(options.work / "held_out")]  # fmt: skip
        halves = (("model", "model_human_ai"), ("model_all", "model_human_ai_all"))
        running = [subprocess.Popen([*script, *half]) for half in halves]
        if any(process.wait() for process in running):
            raise SystemExit("Training failed.")
    options.results.mkdir(parents=True, exist_ok=True)
    target = options.results / "attribution.json"
    results = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    names = options.tasks or [t.__name__ for t in TASKS]
    with ProcessPoolExecutor(2) as pool:
        futures = {pool.submit(run, name, given): name for name in names}
        for future in as_completed(futures):
            found, seconds = future.result()
            results[futures[future]] = found
            results["codebook"] = default_codebook().version
            text = json.dumps(_rounded(results), indent=1, sort_keys=True)
            target.write_text(text + "\n", "utf-8")
            print(f"{futures[future]}: {seconds:.0f} s", flush=True)
    write_page(results, options.results / "attribution.md", options.figures)


def _rounded(value: Any) -> Any:
    """Floats to four places, what is no number as None."""
    if isinstance(value, dict):
        return {str(k): _rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), 4) if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


if __name__ == "__main__":
    main()
