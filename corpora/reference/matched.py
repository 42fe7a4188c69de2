"""Measure the tables in which people and models answer the same prompts: figures only.

    python corpora/reference/matched.py ../shared/corpora
    python corpora/reference/matched.py ../shared/corpora --into FOLDER --workers 1

Each source corpus is gzipped JSON lines with the columns corpus, prompt_id, source, prompt, text.
One table, ``matched.parquet``, is written beside this file, or into ``--into``. Its column
``corpus`` tells the three apart:

- wq_calibration: a novelist, three trained writers and eleven models on the same 37 tasks of about
  300 words; of the models' texts, those that were given the whole task, as the writers were;
- glimpse_wp: forum stories of about 160 words, and five models that went on from their beginnings;
- hanna_llm: forum stories of about 500 words, and six open models on the same prompts.

People's texts are one block each in all three and most of the models' have paragraphs, so that line
breaks become blanks in every text. Where the writers at one prompt are known to be different people,
``author`` tells them apart within it; elsewhere it is empty.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from storyscope.corpus import Corpus, Story, audit
from storyscope.extract import Progress, score_to_file
from storyscope.table import MATCHED

HERE = Path(__file__).resolve().parent


def stories(folder: Path, name: str) -> Iterator[Story]:
    """Texts of one corpus by people and models, each as one block."""
    seen: Counter[str] = Counter()
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    for row in rows:
        if row.get("content", "more") != "more":
            continue
        prompt = f"{name}/{row['prompt_id']}"
        source = row["source"]
        seen[stem := f"{prompt}/{source}"] += 1
        number = seen[stem]
        author = ""
        if source == "human" and (kind := row.get("kind")):
            seen[writer := f"{row['prompt_id']}/{kind}"] += 1
            author = writer if kind == "expert" else f"{writer}{seen[writer]}"
        yield Story(
            id=stem if number == 1 else f"{stem}#{number}",
            text=one_block(row["text"]),
            source=source,
            prompt_id=prompt,
            meta={"corpus": name, "author": author},
        )


def one_block(text: str) -> str:
    r"""The text without line breaks.

    >>> one_block("She left.\n\n  Nobody followed.\n")
    'She left. Nobody followed.'
    """
    return re.sub(r"\s*\n\s*", " ", text).strip()


def main() -> None:
    """Score the three corpora into one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path, help="folder of gzipped JSON lines")
    parser.add_argument("--into", type=Path, default=HERE, help="default beside this file")
    parser.add_argument("--workers", type=int, default=0, help="processes; 0 is one a processor")
    given = parser.parse_args()
    parts = {name: list(stories(given.corpora, name)) for name in MATCHED}
    audits = {name: audit(Corpus.from_stories(part)).counts() for name, part in parts.items()}
    corpus = Corpus.from_stories([s for part in parts.values() for s in part], name="matched")

    def by_corpus(table: pd.DataFrame) -> pd.DataFrame:
        record = table.attrs["storyscope"]
        record.pop("audit")
        record["audits"] = audits
        return table

    def watch(p: Progress) -> None:
        print(f"\rmatched: {p.stories}/{p.total_stories}", end="", file=sys.stderr, flush=True)

    target = given.into / "matched.parquet"
    table = score_to_file(
        corpus, target, workers=given.workers, resume=True, watch=watch, add=by_corpus
    )
    print(f"\rmatched: {len(table)} stories, {int(table['words'].sum()):,} words")


if __name__ == "__main__":
    main()
