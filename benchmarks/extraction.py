"""How much measuring costs on top of parsing, what workers give, and what kept parses give.

    python benchmarks/extraction.py stories.jsonl.gz --stories 100

Everything is measured in one run on the same stories, and printed as ratios: the machine may be
slow or busy, but then it is so for all. The rounds of bare parsing and of scoring alternate, and
the smallest time of each is taken.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from storyscope.corpus import Corpus, normalise, read_corpus
from storyscope.extract import score
from storyscope.extract.pipeline import load_pipeline


def timed(function: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def parse_all(texts: list[str]) -> int:
    """Parse texts and throw the parses away; how many tokens they had."""
    return sum(len(doc) for doc in load_pipeline().nlp.pipe(texts, batch_size=4))


def bare_in_processes(texts: list[str], workers: int, rounds: int) -> float:
    """Smallest wall time of parsing in several processes that have loaded the pipeline already."""
    shards = [texts[k :: workers * 4] for k in range(workers * 4)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        list(pool.map(parse_all, [texts[:8]] * workers * 2))  # every process has loaded it
        return min(timed(lambda: list(pool.map(parse_all, shards))) for _ in range(rounds))


def main() -> None:
    """Print the ratios."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("corpus", type=Path)
    options.add_argument("--stories", type=int, default=100)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--workers", type=int, default=2)
    chosen = options.parse_args()
    stories = [story for story, _ in zip(read_corpus(chosen.corpus), range(chosen.stories))]  # noqa: B905
    corpus = Corpus.from_stories(stories)
    texts = [normalise(story.text).text for story in stories]
    words = sum(len(text.split()) for text in texts)
    nlp = load_pipeline().nlp
    print(f"{len(stories)} stories, {words:,} words, components {', '.join(nlp.pipe_names)}")

    os.environ["STORYSCOPE_CACHE"] = "off"
    score(Corpus.from_stories(stories[:2]))  # everything is loaded once before the clock runs

    def bare() -> None:
        for _ in nlp.pipe(texts, batch_size=4):
            pass

    parse, scored = [], []
    for _ in range(chosen.rounds):
        parse.append(timed(bare))
        scored.append(timed(lambda: score(corpus)))
    one = min(scored)
    print(f"bare nlp.pipe            {min(parse):8.2f} s  {words / min(parse):8.0f} words/s")
    print(f"score, parses not kept   {one:8.2f} s  {one / min(parse):8.2f} x bare nlp.pipe")

    ceiling = min(parse) / bare_in_processes(texts, chosen.workers, chosen.rounds)
    many = min(timed(lambda: score(corpus, workers=chosen.workers)) for _ in range(chosen.rounds))
    print(
        f"score, {chosen.workers} workers         {many:8.2f} s  {one / many:8.2f} x as fast as one, "
        f"their start and loading counted"
    )
    print(
        f"bare nlp.pipe, {chosen.workers} processes, loaded      {ceiling:8.2f} x as fast as one: "
        f"what this machine can give"
    )

    with tempfile.TemporaryDirectory() as folder:
        os.environ["STORYSCOPE_CACHE"] = folder
        first = timed(lambda: score(corpus))
        second = min(timed(lambda: score(corpus)) for _ in range(chosen.rounds))
    print(f"score, keeping parses    {first:8.2f} s  {first / one:8.2f} x score")
    print(f"score, parses kept       {second:8.2f} s  {first / second:8.2f} x as fast")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"peak memory              {peak:8.2f} GiB")


if __name__ == "__main__":
    main()
