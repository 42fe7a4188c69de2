"""Write what `induce --measured` finds in a corpus into docs/induce.md.

    python docs/make_induce.py slop5.jsonl.gz

All prompts are read, and 40 of them by themselves, so that the table says which marks hold on fewer. What
was parsed and tagged before is taken from the cache folder.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from storyscope.corpus import read_corpus
from storyscope.induce import induce
from storyscope.induce.report import Candidate, Induction

PAGE = Path(__file__).resolve().parent / "induce.md"
FEW = 40
COLUMNS = ("source", "has", "pattern", "unit", "it", "others", "difference (95%)", "delta", "q",
           "stable", f"on {FEW}")  # fmt: skip


def main(corpus: str) -> None:
    """Read the corpus twice and write the page."""
    stories = list(read_corpus(corpus))
    found, few = induce(stories), induce(stories, prompts=FEW)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(written(page, section(found, few), lengths(found)), encoding="utf-8")
    print(f"{len(found.kept)} marks kept, {len(few.kept)} on {FEW} prompts.")


def written(page: str, told: str, words: str) -> str:
    """The page with its part on a corpus, and the lengths of the stories."""
    begin = page.index("### slop5\n") + len("### slop5\n")
    end = page.index("What to know before believing it:")
    page = f"{page[:begin]}\n{told}\n{page[end:]}"
    made, changed = re.subn(
        r"The stories differ in length \(.*? words on average\)",
        f"The stories differ in length ({words} words on average)",
        page,
        flags=re.DOTALL,
    )
    assert changed == 1
    return made


def lengths(found: Induction) -> str:
    """Mean words, source by source."""
    words = found.summary()["mean words by source"]
    return ", ".join(f"{source} {n:,}" for source, n in words.items())


def section(found: Induction, few: Induction) -> str:
    """What was kept: a paragraph and a table."""
    about = found.summary()
    again = {_identity(c) for c in few.kept}
    both = sum(_identity(c) in again for c in found.kept)
    sources = found.cells.sources
    head = (
        f"{_number(len(sources))} models on the same {about['prompts']} prompts, {about['stories']:,} "
        f"stories, {about['patterns tested']} patterns tested, {about['kept']} marks kept, of "
        f"{len({c.pattern for c in found.kept})} patterns. Figures are\nheld-out ones. On {FEW} of these "
        f"prompts alone ({few.summary()['patterns tested']} patterns) {len(few.kept)} marks are kept, "
        f"{both} of them among those below; these are\nnamed in the last column. Fewer prompts find less: "
        f"half of {FEW} must show a pattern, and the other half confirm it.\n"
    )
    rows = [
        _row(c, _identity(c) in again) for s in sources for c in found.kept if c.mark.source == s
    ]
    lines = ["| " + " | ".join(row) + " |" for row in (COLUMNS, *rows)]
    return "\n".join([head, lines[0], "|---" * len(COLUMNS) + "|", *lines[1:], ""])


def _identity(candidate: Candidate) -> tuple[str, str, bool]:
    return candidate.mark.source, candidate.pattern.key, candidate.mark.more


def _row(candidate: Candidate, again: bool) -> tuple[str, ...]:
    mark = candidate.mark
    return (
        mark.source,
        "more" if mark.more else "less",
        candidate.pattern.name,
        candidate.pattern.unit,
        *mark.figures,
        "yes" if again else "",
    )


def _number(n: int) -> str:
    words = ("Two", "Three", "Four", "Five", "Six")
    return words[n - 2] if n < 7 else str(n)


if __name__ == "__main__":
    main(sys.argv[1])
