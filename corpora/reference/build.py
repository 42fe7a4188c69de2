"""Measure the reference tables anew: figures only, from corpora that the user has.

    python corpora/reference/build.py ../shared/corpora
    python corpora/reference/build.py ../shared/corpora slop5 openings

Each source corpus is gzipped JSON lines with the columns corpus, prompt_id, source, prompt, text.
One table is written for each name (default all of them) beside this file, or into ``--into``:

- slop5: five families of models on the same prompts; the source is the family;
- wp_human, hanna_llm, glimpse_wp, style_mimic, magazine_sf, litbank_chunks: people;
- machines: texts of further models, whose source is the model's name;
- openings: the first words of texts of the above, cut to several lengths, so that what is
  learned holds for short texts too. A cut text keeps its prompt.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from storyscope.corpus import Corpus, Story
from storyscope.extract import Progress, score_to_file
from storyscope.table import REFERENCE

HERE = Path(__file__).resolve().parent
MODELS = ("slop5",)
MACHINES = ("slop_score", "eqbench_cw3", "hanna_llm", "glimpse_wp", "wp_human")
OPENINGS = (150, 400, 800, 1500)
"""Words to which texts are cut, each only where the text is at least a quarter longer."""
EVERY = {"litbank_chunks": 4, "slop5": 2}
"""Of a corpus much larger than the others, every so many-th text is cut."""
THINNED = {"slop_score": 2, "eqbench_cw3": 2}
"""Of a corpus of further models, every so many-th text is taken: models stay, with fewer texts."""
SAME_PROMPTS = {"slop_score": "slop5"}
"""Corpora that answer another corpus's prompts, so that folds keep them together."""
TABLES = (*REFERENCE, "machines", "openings")


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """Rows of one source corpus."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def story(name: str, row: dict[str, Any], source: str, seen: dict[str, int]) -> Story:
    """One row as a story, with an id that is unique over all corpora."""
    prompt = f"{SAME_PROMPTS.get(name, name)}/{row['prompt_id']}"
    stem = f"{name}/{row['prompt_id']}/{source}"
    seen[stem] = seen.get(stem, 0) + 1
    number = f"#{seen[stem]}" if seen[stem] > 1 else ""
    model = "" if source == "human" else str(row["source"])
    meta = {"corpus": name, "model": model}
    return Story(stem + number, row["text"], source, prompt, meta=meta)


def reference(folder: Path, name: str) -> Iterator[Story]:
    """The people of a corpus, or the families of a corpus of models."""
    seen: dict[str, int] = {}
    for row in rows(folder, name):
        if name in MODELS:
            yield story(name, row, row["family"], seen)
        elif row["source"] == "human":
            yield story(name, row, "human", seen)


def machines(folder: Path) -> Iterator[Story]:
    """Texts of models outside the five, none twice; of repeated samples, the first."""
    known = {row["text"] for row in rows(folder, "slop5")}
    seen: dict[str, int] = {}
    taken: dict[str, int] = {}
    for name in MACHINES:
        for row in rows(folder, name):
            if row["source"] == "human" or row["text"] in known:
                continue
            if str(row.get("iteration", "1")) != "1":
                continue
            known.add(row["text"])
            taken[name] = taken.get(name, 0) + 1
            if taken[name] % THINNED.get(name, 1) == 0:
                yield story(name, row, row["source"], seen)


def openings(folder: Path) -> Iterator[Story]:
    """Beginnings of reference texts, cut where a sentence ends."""
    for name in REFERENCE:
        for number, whole in enumerate(reference(folder, name)):
            if number % EVERY.get(name, 1):
                continue
            length = len(whole.text.split())
            for words in OPENINGS:
                if length >= 1.25 * words:
                    meta = {**whole.meta, "cut": words, "whole": whole.id}
                    text = first_words(whole.text, words)
                    yield Story(
                        f"{whole.id}@{words}", text, whole.source, whole.prompt_id, meta=meta
                    )


def first_words(text: str, words: int) -> str:
    """The first `words` words, and on to the end of their sentence if that is near.

    >>> first_words("One two. Three four five. Six.", 3)
    'One two. Three four five.'
    """
    for count, match in enumerate(re.finditer(r"\S+", text), start=1):
        ends = re.search(r"[.!?][\"'”’)\]*]*$", match.group())
        if count >= words and (ends or count >= words + 40):
            return text[: match.end()]
    return text


def main() -> None:
    """Score every table that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path, help="folder of gzipped JSON lines")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(TABLES)}; default all")
    parser.add_argument("--into", type=Path, default=HERE, help="default beside this file")
    parser.add_argument("--workers", type=int, default=0, help="processes; 0 is one a processor")
    given = parser.parse_args()
    if wrong := set(given.names) - set(TABLES):
        parser.error(f"there is no table {min(wrong)!r}")
    for name in given.names or TABLES:
        whole = {"machines": machines, "openings": openings}.get(name)
        found = list(whole(given.corpora) if whole else reference(given.corpora, name))
        corpus = Corpus.from_stories(found, name=name)

        def watch(p: Progress, name: str = name) -> None:
            print(f"\r{name}: {p.stories}/{p.total_stories}", end="", file=sys.stderr, flush=True)

        target = given.into / f"{name}.parquet"
        table = score_to_file(corpus, target, workers=given.workers, resume=True, watch=watch)
        print(f"\r{name}: {len(table)} stories, {int(table['words'].sum()):,} words")


if __name__ == "__main__":
    main()
