"""What all questions about one story cost, by the accounts of the test server.

python benchmarks/judge_cost.py [CORPUS]

The story has 5,000 words; of a corpus, the one nearest to that is taken. The real SDK asks a server
on loopback that keeps the accounts of a prompt cache; nothing leaves the machine. Compared are ten
separate calls (one a dimension, nothing cached, nothing batched), the same calls with the story
cached, and the same in a batch. Shares are of what the prompts of the ten separate calls cost.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from storyscope.codebook import Codebook, default_codebook
from storyscope.corpus import Corpus, Story
from storyscope.judge.run import roots
from storyscope.judge.work import Judging
from storyscope.providers.money import Usage, load_prices

ROOT = Path(__file__).resolve().parents[1]
WORDS = 5_000
CHARACTERS = 5.7
"""Characters a word, blanks included: magazine fiction of 1930-1960 has 5.70, of models 5.82."""


def load_server():
    """The server of the tests."""
    sys.path.insert(0, str(ROOT / "tests"))
    from servers import messages

    return messages


def story(words: int = WORDS, characters: float = CHARACTERS) -> Story:
    """A story of this length, from those that ship with the package.

    Their words are shorter than usual, so that short ones are passed over until the mean is right.
    """
    import json

    lines = (ROOT / "corpora/sampler/stories.jsonl").read_text(encoding="utf-8").splitlines()
    text: list[str] = []
    size = 0
    for word in (word for line in lines * 50 for word in json.loads(line)["text"].split()):
        if len(text) == words:
            break
        if len(word) < 4 and size < (characters - 1) * len(text):
            continue
        text.append(word)
        size += len(word)
    return Story("s", " ".join(text), "human", "p")


def nearest_of(corpus: Path, words: int = WORDS) -> Story:
    """The story of a corpus whose length is nearest to this."""
    from storyscope.corpus import read_corpus

    return min(read_corpus(corpus), key=lambda s: abs(len(s.text.split()) - words))


def billed(tale: Story, model: str, codebook: Codebook, *, batch: bool, ttl: str | None) -> Usage:
    """Usage as the server billed it for all questions about one story."""
    server = load_server()
    with server.serving() as state, TemporaryDirectory() as folder:
        before = {k: os.environ.get(k) for k in ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY")}
        os.environ.update(ANTHROPIC_BASE_URL=state.url, ANTHROPIC_API_KEY="none")
        try:
            asked = Judging.of(
                Corpus.from_stories([tale]), model, codebook=codebook,
                answers=Path(folder) / "answers.sqlite", ttl="5m",
            )  # fmt: skip
            asked.ttl = ttl
            if batch:
                asked.ask_in_batches()
                asked.ask_in_batches()
            else:
                asked.ask()
            usage, _, outcomes = asked.answers.spent(roots(asked.corpus, asked.plan))
            asked.answers.close()
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        assert outcomes == {"answered": usage.requests}, outcomes
        assert usage.requests == len(asked.plan.dimensions)
    return usage


def shares(tale: Story, model: str, codebook: Codebook) -> dict[str, float]:
    """Billed input as a share of ten separate uncached calls."""
    price = load_prices().of(model)
    apart = billed(tale, model, codebook, batch=False, ttl=None)
    whole = price.input_cost(apart)
    return {
        "prompt tokens": float(apart.prompt),
        "dollars apart": whole,
        "cached": price.input_cost(billed(tale, model, codebook, batch=False, ttl="5m")) / whole,
        "cached, batched": price.input_cost(
            billed(tale, model, codebook, batch=True, ttl="5m"), batch=True
        ) / whole,
        "cached 1 h, batched": price.input_cost(
            billed(tale, model, codebook, batch=True, ttl="1h"), batch=True
        ) / whole,
        "batched, never in the cache": price.input_cost(
            Usage(write_5m=apart.prompt, requests=2), batch=True
        ) / whole,
    }  # fmt: skip


def main() -> None:
    """Print a line a model."""
    book = default_codebook()
    tale = nearest_of(Path(sys.argv[1])) if len(sys.argv) > 1 else story()
    questions = len(book.ids(answered_by="judge"))
    size = len(tale.text.split())
    print(
        f"{questions} questions, codebook {book.version}; {size:,} words of "
        f"{len(tale.text) / size:.2f} characters"
    )
    for model in load_prices().models:
        if not model.startswith("claude"):
            continue  # batches and marked caches are Claude's
        found = shares(tale, model, book)
        print(
            f"{model:18} {found['prompt tokens']:,.0f} tokens, ${found['dollars apart']:.4f} apart; "
            + ", ".join(
                f"{k} {v:.2%}" for k, v in found.items() if "apart" not in k and "tok" not in k
            )
        )


if __name__ == "__main__":
    main()
