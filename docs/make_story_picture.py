"""Draw docs/figures/story_page.png from a piece of the sampler: `python docs/make_story_picture.py`.

Needs chromium. The part shown rests on the tagger alone, so that the picture does not change with
the models of the attributor.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from storyscope.attribute.answer import Attribution
from storyscope.corpus import read_corpus
from storyscope.paths import data_dir
from storyscope.report import story_page

FIGURE = Path(__file__).parent / "figures" / "story_page.png"
PIECE = "s04"
HIDDEN = "<style>#who, #why, #beside, nav, .choose fieldset + fieldset { display: none }</style>"
"""Hides what the attributor says."""


def main() -> None:
    """Write the page of one piece, and have the browser draw a part of it."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        sys.exit("chromium is missing; install it, or put it on the PATH")
    stories = read_corpus(data_dir("corpora") / "sampler" / "stories.jsonl")
    story = next(s for s in stories if s.id == PIECE)
    answer = Attribution(None, None, 0.0, (), 0.9, len(story.text.split()), "all")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        story_page(story.text, page, name=story.title, answer=answer)
        html = page.read_text(encoding="utf-8").replace("</head>", HIDDEN + "</head>")
        page.write_text(html, encoding="utf-8")
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={folder}/profile", "--window-size=1080,1480",
             f"--screenshot={FIGURE}", page.as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
