"""The tagger's network in PyTorch: an encoder of word pieces and a reader over sentences.

Only training needs it; what ships is its ONNX export.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from storyscope.extract.tagger.cues import CUES
from storyscope.extract.tagger.labels import CHOICES, DIRECTIONS, FAMILIES, SCALES, SIZES

WIDTH, INNER, HEADS, LAYERS, PIECES = 384, 1536, 12, 6, 30522
"""Sizes of MiniLM-L6-H384."""
FROZEN = 3
"""Lower layers that stay as the base model has them."""
BLOCKED = -1e4
NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "n1": "attention.output.LayerNorm",
    "a": "intermediate.dense",
    "b": "output.dense",
    "n2": "output.LayerNorm",
}
"""Names of a layer's parts in the base model."""


class Layer(nn.Module):
    """One layer of BERT, with attention over a whole window."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.a, self.b = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.n1, self.n2 = (nn.LayerNorm(WIDTH, eps=1e-12) for _ in range(2))
        self.drop = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """States [windows, pieces, width]; `mask` is added to the attention."""
        b, t, _ = x.shape
        q, k, v = (
            f(x).view(b, t, HEADS, WIDTH // HEADS).transpose(1, 2) for f in (self.q, self.k, self.v)
        )
        mask = None if mask is None else mask.to(q.dtype)
        y = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.n1(x + self.drop(self.o(y.transpose(1, 2).reshape(b, t, WIDTH))))
        return self.n2(x + self.drop(self.b(nn.functional.gelu(self.a(x)))))


class Encoder(nn.Module):
    """MiniLM-L6, begun from the weights of a sentence encoder."""

    def __init__(self, weights: Path | None = None) -> None:
        super().__init__()
        self.word, self.pos = nn.Embedding(PIECES, WIDTH), nn.Embedding(512, WIDTH)
        self.kind = nn.Parameter(torch.zeros(WIDTH))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS)])
        if weights is not None:
            self._begin(load_file(weights))

    def _begin(self, w: dict[str, torch.Tensor]) -> None:
        def both(name: str) -> dict[str, torch.Tensor]:
            return {"weight": w[f"{name}.weight"], "bias": w[f"{name}.bias"]}

        with torch.no_grad():
            self.word.weight.copy_(w["embeddings.word_embeddings.weight"])
            self.pos.weight.copy_(w["embeddings.position_embeddings.weight"])
            self.kind.copy_(w["embeddings.token_type_embeddings.weight"][0])
            self.norm.load_state_dict(both("embeddings.LayerNorm"))
            for number, layer in enumerate(self.layers):
                for short, long in NAMES.items():
                    getattr(layer, short).load_state_dict(both(f"encoder.layer.{number}.{long}"))

    def lower(self, ids: torch.Tensor, mask: torch.Tensor, until: int) -> torch.Tensor:
        """States after the embeddings and the first `until` layers."""
        x = self.norm(self.word(ids) + self.kind + self.pos(torch.arange(ids.shape[1])))
        return self._through(x, mask, self.layers[:until])

    def upper(self, x: torch.Tensor, mask: torch.Tensor, since: int) -> torch.Tensor:
        """States after the layers from `since` on."""
        return self._through(x, mask, self.layers[since:])

    @staticmethod
    def _through(x: torch.Tensor, mask: torch.Tensor, layers: nn.ModuleList) -> torch.Tensor:
        added = ((1 - mask) * BLOCKED)[:, None, None, :].expand(-1, 1, x.shape[1], -1)
        for layer in layers:
            x = layer(x, added)
        return x

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """States of one window after all layers and after the frozen ones, as exported."""
        x = self.norm(self.word(ids) + self.kind + self.pos(torch.arange(ids.shape[1])))
        for layer in self.layers[:FROZEN]:
            x = layer(x, None)
        lower = x
        for layer in self.layers[FROZEN:]:
            x = layer(x, None)
        return x, lower


class Reader(nn.Module):
    """Two GRUs over a story's sentences, with answers for every sentence and for the story."""

    def __init__(self, hidden: int = 128, looks: int = 4, dropout: float = 0.3) -> None:
        super().__init__()
        self.inp = nn.Sequential(nn.Linear(WIDTH + len(CUES), 256), nn.GELU(), nn.LayerNorm(256))
        self.drop = nn.Dropout(dropout)
        self.gru = nn.GRU(256, hidden, 2, batch_first=True, bidirectional=True, dropout=0.2)
        wide = 256 + 2 * hidden
        self.sent = nn.Linear(wide, len(FAMILIES) + 1 + len(SIZES) + len(DIRECTIONS))
        self.att = nn.Linear(wide, looks)
        self.story = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(wide * (looks + 3), 192), nn.GELU(), nn.Dropout(0.3)
        )
        self.out = nn.Linear(192, len(SCALES) + sum(map(len, CHOICES.values())))

    def forward(
        self, vectors: torch.Tensor, cues: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Answers for sentences [n, ...] and for the story [...].

        The first and the last tenth of the sentences are seen apart, for openings and endings.
        """
        x = self.drop(self.inp(torch.cat([vectors, cues], -1)))[None]
        z = torch.cat([x, self.gru(x)[0]], -1)[0]
        weight = self.att(z).softmax(0)
        n = torch.tensor(z.shape[0])
        tenth = torch.clamp(n // 10, min=1)
        rank = torch.arange(z.shape[0])
        first = (rank < tenth).to(z.dtype) / tenth
        last = (rank >= n - tenth).to(z.dtype) / tenth
        pooled = torch.cat([(weight.T @ z).reshape(-1), z.mean(0), first @ z, last @ z])
        return self.sent(self.drop(z)), self.out(self.story(pooled))
