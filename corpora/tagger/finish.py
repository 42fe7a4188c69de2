"""From trained weights to what ships: calibration, thresholds, ONNX files, record, card figures."""

from __future__ import annotations

import hashlib
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
from prepare import Example, examples, folds
from safetensors.torch import load_file
from scipy.special import expit, log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score
from tokenizers import Tokenizer

from storyscope.extract.tagger.cues import CUES
from storyscope.extract.tagger.folds import ANSWERS, Prediction, write_folds
from storyscope.extract.tagger.labels import CHOICES, FAMILIES, SCALES
from storyscope.extract.tagger.model import FILES, LAYOUT, RECORD
from storyscope.extract.tagger.windows import LIMIT

HERE = Path(__file__).resolve().parent
SCARCE = 500
"""Gold sentences under which a family is rare, and its counts are corrected for known errors."""
N = len(FAMILIES)


class Answers:
    """Raw answers on folds, a row per gold sentence and per story, with what was read."""

    def __init__(self, found: list[Example], out: np.ndarray, work: Path, number: int):
        self.stories = [e for e in found if not e.rare]
        fold_of = {e.id: int(f) for e, f in zip(found, out, strict=True)}
        raw: dict[str, np.ndarray] = {}
        for k in range(number):
            with np.load(work / f"fold{k}.npz") as kept:
                raw |= {name: kept[name] for name in kept.files}
        rows = [
            np.where(e.place[:, None] >= 0, raw[f"{e.id}|sentence"][e.place], -9.0)
            for e in self.stories
        ]
        self.sentence = np.concatenate(rows)
        self.told = np.concatenate([e.gold.told for e in self.stories])
        self.owner = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
        self.story = np.stack([raw[f"{e.id}|story"] for e in self.stories])
        self.scales = np.stack([e.gold.scales for e in self.stories])
        self.choices = np.stack([e.gold.choices for e in self.stories])
        self.fold = np.array([fold_of[e.id] for e in self.stories])


class Settings:
    """Calibration and thresholds, learned from some of the stories."""

    def __init__(self, answers: Answers, stories: np.ndarray):
        rows = stories[answers.owner]
        self.families = {
            family: _family(answers.sentence[rows, k], answers.told[rows, k])
            for k, family in enumerate(FAMILIES)
        }
        self.scales = {}
        for k, (name, (low, high)) in enumerate(SCALES.items()):
            said = low + (high - low) * answers.story[stories, k]
            true = low + (high - low) * answers.scales[stories, k]
            slope, offset = np.polyfit(said, true, 1)
            error = float(np.std(true - (slope * said + offset)))
            self.scales[name] = {
                "slope": round(float(slope), 4),
                "offset": round(float(offset), 4),
                "error": round(error, 3),
            }
        self.choices, at = {}, len(SCALES)
        for k, (name, options) in enumerate(CHOICES.items()):
            logits, true = (
                answers.story[stories, at : at + len(options)],
                answers.choices[stories, k],
            )
            heats = np.geomspace(0.5, 5, 40)
            loss = [
                -log_softmax(logits / h, axis=1)[np.arange(len(true)), true].mean() for h in heats
            ]
            self.choices[name] = {"temperature": round(float(heats[int(np.argmin(loss))]), 3)}
            at += len(options)

    def predict(self, answers: Answers, story: int) -> Prediction:
        """What the settings make of the raw answers for one story."""
        raw = answers.sentence[answers.owner == story]
        known = [self.families[f] for f in FAMILIES]
        slope, offset = (np.array([f[x] for f in known]) for x in ("slope", "offset"))
        scales = [
            np.clip(
                self.scales[s]["offset"]
                + self.scales[s]["slope"] * (low + (high - low) * answers.story[story, k]),
                low,
                high,
            )
            for k, (s, (low, high)) in enumerate(SCALES.items())
        ]
        parts, at = [], len(SCALES)
        for name, options in CHOICES.items():
            heat = self.choices[name]["temperature"]
            parts.append(np.exp(log_softmax(answers.story[story, at : at + len(options)] / heat)))
            at += len(options)
        chosen = np.concatenate(parts)
        assert len(chosen) == ANSWERS
        return Prediction(
            expit(slope * raw[:, :N] + offset),
            np.clip(raw[:, N], 0, 1),
            np.array(scales),
            chosen,
            np.array([f["threshold"] for f in known]),
        )


def _family(logit: np.ndarray, told: np.ndarray) -> dict[str, float]:
    """A line from the network's logit to a calibrated one, and the threshold of best kappa."""
    line = LogisticRegression(C=1e4).fit(logit[:, None], told)
    slope, offset = float(line.coef_[0, 0]), float(line.intercept_[0])
    p = expit(slope * logit + offset)
    best = (-1.0, 0.5)
    for threshold in np.quantile(p, 1 - np.geomspace(0.0005, 0.4, 80)):
        kappa = _kappa(told > 0, p >= threshold)
        best = max(best, (kappa, float(threshold)))
    hit = p >= best[1]
    precision = float(told[hit].mean()) if hit.any() else 0.0
    recall = float(hit[told > 0].mean())
    scarce = told.sum() < SCARCE and recall > 0
    return {
        "slope": round(slope, 4),
        "offset": round(offset, 4),
        "threshold": round(best[1], 4),
        "correction": round(min(precision / recall, 3.0), 3) if scarce else 1.0,
    }


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
            opset_version=17, input_names=["ids"], output_names=["states"],
            dynamic_axes={"ids": {1: "n"}, "states": {1: "n"}},
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


def finish(base: Path, gold: Path, corpora: Path, work: Path, number: int = 3) -> None:
    """Write everything that ships, beside this file."""
    shutil.copyfile(base / "tokenizer.json", HERE / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    found = list(examples(gold, corpora, tokenizer))
    answers = Answers(found, folds(found, number), work, number)
    predictions = {}
    for fold in range(number):
        without = Settings(answers, answers.fold != fold)
        for k in np.flatnonzero(answers.fold == fold):
            predictions[answers.stories[k].id] = without.predict(answers, int(k))
    write_folds(HERE / "folds.npz", predictions)
    settings = Settings(answers, np.ones(len(answers.stories), dtype=bool))
    export(load_file(work / "all.safetensors"), HERE)
    record: dict[str, Any] = {
        "layout": LAYOUT,
        "base": "all-MiniLM-L6-v2, Apache-2.0",
        "readings": len(answers.stories),
        "readings_of_rare_things": len(found) - len(answers.stories),
        "folds": number,
        "width": WIDTH,
        "window": LIMIT,
        "families": settings.families,
        "scales": settings.scales,
        "choices": settings.choices,
        "sha256": {f: hashlib.sha256((HERE / f).read_bytes()).hexdigest() for f in FILES},
    }
    text = json.dumps(record, indent=1, sort_keys=True) + "\n"
    (HERE / RECORD).write_text(text, encoding="utf-8")
    every = np.array([predictions[e.id].told for e in answers.stories], dtype=object)
    hits = np.concatenate(list(every))
    for k, family in enumerate(FAMILIES):
        kappa = cohen_kappa_score(answers.told[:, k] > 0, hits[:, k])
        print(f"{family:13s} kappa {kappa:.3f}")
    print(
        f"{'mean':13s} kappa {np.mean([_kappa(answers.told[:, k] > 0, hits[:, k]) for k in range(N)]):.3f}"
    )
