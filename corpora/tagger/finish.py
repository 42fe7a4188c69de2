"""From trained weights to what ships: calibration, thresholds, ONNX files, record, card figures."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from network import WIDTH, Encoder, Reader
from onnxruntime.quantization import QuantType, quantize_dynamic
from prepare import Example, examples
from safetensors.torch import load_file
from scipy.special import expit, log_softmax
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.model_selection import GroupKFold, cross_val_predict
from tokenizers import Tokenizer
from train import lower_states

from storyscope.extract.tagger.cues import CUES
from storyscope.extract.tagger.folds import ANSWERS, Prediction, write_folds
from storyscope.extract.tagger.labels import ALONE, CHOICES, FAMILIES, SCALES
from storyscope.extract.tagger.model import FILES, LAYOUT, RECORD
from storyscope.extract.tagger.story import story_numbers
from storyscope.extract.tagger.tags import runs_told
from storyscope.extract.tagger.windows import LIMIT, pack

HERE = Path(__file__).resolve().parent
SCARCE = 500
"""Gold sentences under which a family is rare, and its counts are corrected for known errors."""
TRUSTED = 0.7
"""Of the stories in which a passage of a rare family is found, the share that should tell it."""
SPARED = 0.02
"""Kappa that may be lost for that."""
TENTHS = 10
"""Parts of the stories, by prompt, each of which is left out of calibration, thresholds and lines in
turn; the network's answers come from folds of their own."""
STRENGTHS = tuple(np.geomspace(30, 30000, 16))
"""Strengths of the ridge that are tried, by leaving stories out."""
N = len(FAMILIES)


class Answers:
    """Raw answers on folds, a row per read sentence and per story, with what was read.

    `gold` says which stories are gold: calibration and thresholds rest on these alone.
    """

    def __init__(self, found: list[Example], work: Path, ran: list[int]):
        raw: dict[str, np.ndarray] = {}
        for k in ran:
            with np.load(work / f"fold{k}.npz") as kept:
                raw |= {name: kept[name] for name in kept.files}
        self.stories = [e for e in found if not e.rare and f"{e.id}|sentence" in raw]
        self.gold = np.array([not e.added for e in self.stories])
        rows = [on_gold(raw[f"{e.id}|sentence"], e.place) for e in self.stories]
        self.sentence = np.concatenate(rows)
        self.told = np.concatenate([e.gold.told for e in self.stories])
        self.tension = np.concatenate([e.gold.tension for e in self.stories])
        self.owner = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
        self.numbers = np.stack(
            [
                story_numbers(
                    raw[f"{e.id}|sentence"], raw[f"{e.id}|story"], e.cues, frozen_means(e)
                )
                for e in self.stories
            ]
        )
        self.scales = np.stack([e.gold.scales for e in self.stories])
        self.choices = np.stack([e.gold.choices for e in self.stories])


def on_gold(said: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Answers by gold sentence; one that none of ours overlaps tells nothing, at the usual tension."""
    nothing = np.full(said.shape[1], -9.0, dtype=said.dtype)
    nothing[N] = said[:, N].mean()
    return np.where(place[:, None] >= 0, said[place], nothing)


def frozen_means(example: Example) -> np.ndarray:
    """Mean states of the frozen layers for every sentence, as the product makes them."""
    total = np.zeros((len(example.pieces), WIDTH), dtype=np.float32)
    for window, states in zip(pack(example.pieces), example.lower[0], strict=True):
        np.add.at(total, window.owner[1:-1], states.float().numpy()[1:-1])
    counts = np.array([[max(len(p), 1)] for p in example.pieces], dtype=np.float32)
    return total / counts


class Settings:
    """Calibration and thresholds, learned from the gold ones of some stories; lines from all."""

    def __init__(self, answers: Answers, stories: np.ndarray):
        rows = (stories & answers.gold)[answers.owner]
        self.families = {
            family: _family(
                answers.sentence[rows, k], answers.told[rows, k], answers.owner[rows], family
            )
            for k, family in enumerate(FAMILIES)
        }
        # A mean over doubts is flatter than what was read: the spread of the curve is set right.
        said, read = answers.sentence[rows, N], answers.tension[rows] / 10
        slope = float(read.std() / max(said.std(), 1e-6))
        self.tension = {
            "slope": round(slope, 4),
            "offset": round(float(read.mean() - slope * said.mean()), 4),
        }
        x = answers.numbers[stories]
        self.mean, self.deviation = x.mean(0), np.maximum(x.std(0), 1e-6)
        z = np.clip((x - self.mean) / self.deviation, -5, 5)
        coefficients, at, self.scales = [], [], {}
        for k, (name, (low, high)) in enumerate(SCALES.items()):
            true = low + (high - low) * answers.scales[stories, k]
            line = RidgeCV(alphas=STRENGTHS).fit(z, true)
            coefficients.append(line.coef_)
            at.append(line.intercept_)
            left = cross_val_predict(Ridge(line.alpha_), z, true, cv=10) - true
            self.scales[name] = {"error": round(float(np.std(left)), 3)}
        self.lines, self.lines_at = np.array(coefficients), np.array(at)
        weights, offsets = [], []
        for k, options in enumerate(CHOICES.values()):
            w, b = _choice(z, answers.choices[stories, k], len(options))
            weights.append(w)
            offsets.append(b)
        self.odds, self.odds_at = np.concatenate(weights), np.concatenate(offsets)

    def predict(self, answers: Answers, story: int) -> Prediction:
        """What the settings make of the raw answers for one story."""
        raw = answers.sentence[answers.owner == story]
        known = [self.families[f] for f in FAMILIES]
        slope, offset = (np.array([f[x] for f in known]) for x in ("slope", "offset"))
        z = np.clip((answers.numbers[story] - self.mean) / self.deviation, -5, 5)
        bounds = np.array(list(SCALES.values()))
        heat, parts, at = self.odds @ z + self.odds_at, [], 0
        for options in CHOICES.values():
            parts.append(np.exp(log_softmax(heat[at : at + len(options)])))
            at += len(options)
        chosen = np.concatenate(parts)
        assert len(chosen) == ANSWERS
        return Prediction(
            expit(slope * raw[:, :N] + offset),
            np.clip(self.tension["slope"] * raw[:, N] + self.tension["offset"], 0, 1),
            np.clip(self.lines @ z + self.lines_at, *bounds.T),
            chosen,
            np.array([f["threshold"] for f in known]),
            np.array([f["opens"] for f in known]),
        )


def _choice(z: np.ndarray, true: np.ndarray, options: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights and offsets of every answer; an answer never read gets next to no chance."""
    known = true >= 0
    model = LogisticRegression(C=0.003, max_iter=2000).fit(z[known], true[known])
    weights, offsets = np.zeros((options, z.shape[1])), np.full(options, -12.0)
    if len(model.classes_) == 2:
        weights[model.classes_[1]], offsets[model.classes_[1]] = model.coef_[0], model.intercept_[0]
        offsets[model.classes_[0]] = 0.0
    else:
        weights[model.classes_], offsets[model.classes_] = model.coef_, model.intercept_
    return weights, offsets


def _family(
    logit: np.ndarray, told: np.ndarray, owner: np.ndarray, family: str
) -> dict[str, float]:
    """A line from the network's logit to a calibrated one, and the thresholds.

    A sentence counts from the threshold of best kappa. What opens a passage is the lowest
    probability from which `TRUSTED` of the stories that reach it do tell the thing, unless that
    costs more kappa than `SPARED`; then it is the threshold.
    """
    line = LogisticRegression(C=1e4).fit(logit[:, None], told)
    slope, offset = float(line.coef_[0, 0]), float(line.intercept_[0])
    p = expit(slope * logit + offset)
    best = (-1.0, 0.5)
    for threshold in np.quantile(p, 1 - np.geomspace(0.0005, 0.4, 80)):
        kappa = _kappa(told > 0, p >= threshold)
        best = max(best, (kappa, float(threshold)))
    stories = np.searchsorted(np.unique(owner), owner)
    top, tells = np.zeros(stories.max() + 1), np.zeros(stories.max() + 1)
    np.maximum.at(top, stories, p)
    np.maximum.at(tells, stories, told)
    opens, hit = best[1], p >= best[1]
    for limit in (opens, *np.sort(top[top > opens]).tolist()):
        if (tells[top >= limit] > 0).mean() >= TRUSTED:
            fewer = _told(p, best[1], limit, stories, family)
            if _kappa(told > 0, fewer) >= best[0] - SPARED:
                opens, hit = limit, fewer
            break
    precision = float(told[hit].mean()) if hit.any() else 0.0
    recall = float(hit[told > 0].mean())
    scarce = told.sum() < SCARCE and recall > 0
    return {
        "slope": round(slope, 4),
        "offset": round(offset, 4),
        "threshold": round(best[1], 4),
        "opens": round(opens, 4),
        "correction": round(min(precision / recall, 3.0), 3) if scarce else 1.0,
    }


def _told(
    p: np.ndarray, threshold: float, opens: float, owner: np.ndarray, family: str
) -> np.ndarray:
    """Sentences of the passages that are found, story by story."""
    counted = np.zeros(len(p), dtype=bool)
    for story in np.unique(owner[p >= opens]):
        at = np.flatnonzero(owner == story)
        for first, last in runs_told(p[at], threshold, opens, family in ALONE):
            counted[at[first : last + 1]] = True
    return counted


def _kappa(a: np.ndarray, b: np.ndarray) -> float:
    both, one, other = (a == b).mean(), a.mean(), b.mean()
    chance = one * other + (1 - one) * (1 - other)
    return float((both - chance) / (1 - chance)) if chance < 1 else 0.0


def export(state: dict[str, torch.Tensor], folder: Path) -> None:
    """Write encoder (eight bits, a scale per channel) and reader (as trained) as ONNX."""
    encoder, reader = Encoder(), Reader()
    encoder.load_state_dict({k[8:]: v for k, v in state.items() if k.startswith("encoder.")})
    reader.load_state_dict({k[7:]: v for k, v in state.items() if k.startswith("reader.")})
    encoder.eval()
    reader.eval()
    plain = folder / "encoder.plain.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            encoder, (torch.randint(1000, 20000, (1, 200)),), plain, dynamo=False,
            opset_version=17, input_names=["ids"], output_names=["states", "frozen"],
            dynamic_axes={"ids": {1: "n"}, "states": {1: "n"}, "frozen": {1: "n"}},
        )  # fmt: skip
        torch.onnx.export(
            reader, (torch.randn(120, WIDTH), torch.rand(120, len(CUES))),
            folder / "reader.onnx", dynamo=False, opset_version=17,
            input_names=["vectors", "cues"], output_names=["sentence", "story"],
            dynamic_axes={"vectors": {0: "n"}, "cues": {0: "n"}, "sentence": {0: "n"}},
        )  # fmt: skip
    quantize_dynamic(plain, folder / "encoder.onnx", weight_type=QuantType.QInt8, per_channel=True)
    plain.unlink()
    for name in ("encoder.onnx", "reader.onnx"):
        model = onnx.load(folder / name)
        model.producer_name, model.producer_version, model.doc_string = "storyscope", "", ""
        onnx.save(model, folder / name)


def finish(base: Path, gold: Path, corpora: Path, work: Path, number: int) -> None:
    """Write everything that ships, beside this file; figures are those of the folds that ran."""
    shutil.copyfile(base / "tokenizer.json", HERE / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    found = list(examples(gold, corpora, tokenizer))
    encoder = Encoder(base / "model.safetensors").eval()
    for example in found:
        if not example.rare:
            example.lower = lower_states(encoder, example, (0,))
    ran = [k for k in range(number) if (work / f"fold{k}.npz").exists()]
    answers = Answers(found, work, ran)
    predictions = {}
    groups = np.array([e.group for e in answers.stories])
    for others, own in GroupKFold(TENTHS, shuffle=True, random_state=0).split(
        groups, groups=groups
    ):
        without = Settings(answers, np.isin(np.arange(len(groups)), others))
        for k in own[answers.gold[own]].tolist():
            predictions[answers.stories[k].id] = without.predict(answers, k)
    write_folds(HERE / "folds.npz", predictions, trained=[e.id for e in found])
    settings = Settings(answers, np.ones(len(answers.stories), dtype=bool))
    export(load_file(work / "all.safetensors"), HERE)
    np.savez(
        HERE / "story.npz",
        mean=settings.mean.astype(np.float32),
        deviation=settings.deviation.astype(np.float32),
        scales=settings.lines.astype(np.float32),
        scales_at=settings.lines_at.astype(np.float32),
        choices=settings.odds.astype(np.float32),
        choices_at=settings.odds_at.astype(np.float32),
    )
    record: dict[str, Any] = {
        "layout": LAYOUT,
        "base": "all-MiniLM-L6-v2, Apache-2.0",
        "readings": sum(not e.rare and not e.added for e in found),
        "readings_of_rare_things": sum(e.rare for e in found),
        "readings_added": sum(e.added for e in found),
        "folds": f"{len(ran)} of {number}",
        "readings_on_folds": int(answers.gold.sum()),
        "added_readings_on_folds": int((~answers.gold).sum()),
        "width": WIDTH,
        "window": LIMIT,
        "families": settings.families,
        "tension": settings.tension,
        "scales": settings.scales,
        "sha256": {f: hashlib.sha256((HERE / f).read_bytes()).hexdigest() for f in FILES},
    }
    text = json.dumps(record, indent=1, sort_keys=True) + "\n"
    (HERE / RECORD).write_text(text, encoding="utf-8")
    show(answers, predictions)


def show(answers: Answers, predictions: dict[str, Prediction]) -> None:
    """Print how right the folds were, in short; `storyscope validate --readings` has the rest."""
    stories = [e for e in answers.stories if e.id in predictions]
    hits = np.concatenate([predictions[e.id].told for e in stories])
    told = answers.told[answers.gold[answers.owner]] > 0
    kappas = [_kappa(told[:, k], hits[:, k]) for k in range(N)]
    for family, kappa in zip((*FAMILIES, "mean"), (*kappas, np.mean(kappas)), strict=True):
        print(f"{family:14s} kappa {kappa:.3f}")
    courses = []
    for e in stories:
        ends = [0, *e.tenths]
        parts = [(a, b) for a, b in itertools.pairwise(ends) if b > a]
        said = [predictions[e.id].tension[a:b].mean() for a, b in parts]
        read = [e.gold.tension[a] for a, _ in parts]
        if np.std(read) > 0 and np.std(said) > 0:
            courses.append(np.corrcoef(said, read)[0, 1])
    print(f"{'tension':14s} r {np.mean(courses):.3f} within {len(courses)} stories")
    said = np.stack([predictions[e.id].scales for e in stories])
    rhos = [spearmanr(said[:, k], answers.scales[answers.gold, k])[0] for k in range(len(SCALES))]
    for scale, rho in zip(SCALES, rhos, strict=True):
        print(f"{scale:14s} rho {rho:.3f}")
    print(f"{'nine scales':14s} rho {np.mean(rhos[:9]):.3f}")
    at, choices = 0, answers.choices[answers.gold]
    chosen = np.stack([predictions[e.id].choices for e in stories])
    for k, (name, options) in enumerate(CHOICES.items()):
        right = (chosen[:, at : at + len(options)].argmax(1) == choices[:, k]).mean()
        usual = np.bincount(choices[:, k] + 1)[1:].max() / len(chosen)
        print(f"{name:14s} right {right:.3f}, commonest {usual:.3f}")
        at += len(options)
