"""Measure the reference tables anew: figures only, from corpora that the user has.

    python corpora/reference/build.py ../shared/corpora
    python corpora/reference/build.py ../shared/corpora slop5 openings

Each source corpus is gzipped JSON lines with the columns corpus, prompt_id, source, prompt, text.
One table is written for each name (default all of them) beside this file, or into ``--into``:

- slop5: five families of models on the same prompts; the source is the family;
- wp_human, hanna_llm, glimpse_wp, wq_calibration, magazine_sf, litbank_chunks: people;
- machines: texts of further models, whose source is the version; those that share prompts with
  people (hanna_llm, glimpse_wp, wq_calibration) have the same ``prompt_id`` as they;
- openings: the first words of texts of the above, cut to several lengths, so that what is
  learned holds for short texts too. A cut text keeps its prompt.

Every row has ``corpus``, ``family`` (human, claude, deepseek, gemini, gpt, kimi or other), ``maker``
(whose weights they are) and ``version`` (the model's own name; empty for people).
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
from typing import Any

from storyscope.attribute.reference import family_of, maker_of, version_of
from storyscope.corpus import Corpus, Story
from storyscope.extract import Progress, score_to_file
from storyscope.table import REFERENCE

HERE = Path(__file__).resolve().parent
MODELS = ("slop5",)
MACHINES = (
    "slop_score",
    "eqbench_cw3",
    "hanna_llm",
    "glimpse_wp",
    "wp_human",
    "wq_calibration",
    "story_bench",
    "hellobench",
    "ea_repeat",
)
OPENINGS = (150, 400, 800, 1500)
"""Words to which texts are cut, each only where the text is at least a quarter longer."""
EVERY = {"litbank_chunks": 4, "slop5": 2}
"""Of a corpus much larger than the others, every so many-th text is cut."""
THINNED = {"slop_score": 2, "eqbench_cw3": 2, "hellobench": 3}
"""Of a corpus of further models, every so many-th text is taken: models stay, with fewer texts."""
MOST = {"ea_repeat": 5}
"""Of a corpus that repeats one prompt, so many texts a model at most."""
SAME_PROMPTS = {"slop_score": "slop5"}
"""Corpora that answer another corpus's prompts, so that folds keep them together."""
TABLES = (*REFERENCE, "machines", "openings")


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """Rows of one source corpus."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    if name == "wq_calibration":
        # People's texts are one block each and models' have line breaks, which would tell them
        # apart; and only the half with the whole task is what people were given.
        found = [
            {**row, "text": re.sub(r"\s*\n\s*", " ", row["text"]).strip()}
            for row in found
            if row["content"] == "more"
        ]
    return [row for row in found if not row.get("cut")]


def story(name: str, row: dict[str, Any], source: str, seen: dict[str, int]) -> Story:
    """One row as a story, with an id that is unique over all corpora."""
    prompt = f"{SAME_PROMPTS.get(name, name)}/{row['prompt_id']}"
    stem = f"{name}/{row['prompt_id']}/{source}"
    seen[stem] = seen.get(stem, 0) + 1
    number = f"#{seen[stem]}" if seen[stem] > 1 else ""
    human = source == "human"
    version = "" if human else version_of(str(row["source"]))
    meta = {
        "corpus": name,
        "family": "human" if human else family_of(version),
        "maker": "" if human else maker_of(version),
        "version": version,
    }
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
    """Texts of further models, none twice; of repeated samples, the first."""
    known = {row["text"] for row in rows(folder, "slop5")}
    seen: dict[str, int] = {}
    taken: Counter[str] = Counter()
    of_model: Counter[tuple[str, str]] = Counter()
    for name in MACHINES:
        for row in rows(folder, name):
            if row["source"] == "human" or row["text"] in known:
                continue
            if str(row.get("iteration", "1")) != "1":
                continue
            known.add(row["text"])
            taken[name] += 1
            of_model[name, row["source"]] += 1
            if of_model[name, row["source"]] > MOST.get(name, 1000):
                continue
            if taken[name] % THINNED.get(name, 1) == 0:
                yield story(name, row, version_of(row["source"]), seen)


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
