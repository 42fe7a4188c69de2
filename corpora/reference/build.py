"""Measure the reference tables anew: figures only, from corpora that the user has.

    python corpora/reference/build.py ../shared/corpora

Each source corpus is gzipped JSON lines with the columns corpus, prompt_id, source, prompt, text.
One table is written beside this file for each; sources are "human" and the five model families.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from storyscope.corpus import Corpus, Story
from storyscope.extract import Progress, score_to_file

HERE = Path(__file__).resolve().parent
PEOPLE = ("wp_human", "hanna_llm", "glimpse_wp", "style_mimic", "magazine_sf", "litbank_chunks")
MODELS = ("slop5",)


def stories(path: Path, name: str) -> Iterator[Story]:
    """Stories that belong to the reference, with ids that are unique over all corpora."""
    seen: dict[str, int] = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if name in PEOPLE and row["source"] != "human":
                continue
            source = row.get("family", "human") if name in MODELS else "human"
            model = row["source"] if name in MODELS else ""
            stem = f"{name}/{row['prompt_id']}/{source}"
            seen[stem] = seen.get(stem, 0) + 1
            number = f"#{seen[stem]}" if seen[stem] > 1 else ""
            yield Story(
                stem + number,
                row["text"],
                source,
                f"{name}/{row['prompt_id']}",
                meta={"corpus": name, "model": model},
            )


def main(folder: Path) -> None:
    """Score every corpus of the reference."""
    for name in (*MODELS, *PEOPLE):
        corpus = Corpus.from_stories(stories(folder / f"{name}.jsonl.gz", name), name=name)

        def watch(p: Progress, name: str = name) -> None:
            print(f"\r{name}: {p.stories}/{p.total_stories}", end="", file=sys.stderr, flush=True)

        table = score_to_file(corpus, HERE / f"{name}.parquet", workers=0, resume=True, watch=watch)
        print(f"\r{name}: {len(table)} stories, {int(table['words'].sum()):,} words")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
