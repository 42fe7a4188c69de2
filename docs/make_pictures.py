"""Draw the pictures of the README: `python docs/make_pictures.py`, or one of them by its name.

Needs chromium. `report` is the head of the demo's page, `story_page` a part of the page of a piece
of the sampler. That part rests on the tagger alone, so that the picture does not change with the
models of the attributor.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from storyscope.attribute.answer import Attribution
from storyscope.corpus import read_corpus
from storyscope.paths import data_dir
from storyscope.report import story_page

FIGURES = Path(__file__).parent / "figures"
PIECE = "s04"
HIDDEN = "<style>#who, #why, #beside, nav, .choose fieldset + fieldset { display: none }</style>"
"""Hides what the attributor says."""
SIZES = {"report": (1080, 1080), "story_page": (1080, 1480)}
"""Width and height in pixels."""


def report(page: Path) -> None:
    """Write the demo's page."""
    command = "from storyscope.cli import main; main()"
    subprocess.run([sys.executable, "-c", command, "demo", "-o", str(page)], check=True)


def story(page: Path) -> None:
    """Write the page of one piece, without what the attributor says."""
    stories = read_corpus(data_dir("corpora") / "sampler" / "stories.jsonl")
    piece = next(s for s in stories if s.id == PIECE)
    answer = Attribution(None, None, 0.0, (), 0.9, len(piece.text.split()), "all")
    story_page(piece.text, page, name=piece.title, answer=answer)
    html = page.read_text(encoding="utf-8").replace("</head>", HIDDEN + "</head>")
    page.write_text(html, encoding="utf-8")


def draw(name: str, page: Path) -> None:
    """Have the browser draw the head of a page."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        sys.exit("chromium is missing; install it, or put it on the PATH")
    width, height = SIZES[name]
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         f"--user-data-dir={page.parent}/profile", f"--window-size={width},{height}",
         f"--screenshot={FIGURES / name}.png", page.as_uri()],
        check=True, capture_output=True,
    )  # fmt: skip
    with Image.open(FIGURES / f"{name}.png") as picture:
        few = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE)
    few.save(FIGURES / f"{name}.png", optimize=True)


def main(names: list[str]) -> None:
    """Draw all, or those named."""
    for name in names or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.html"
            {"report": report, "story_page": story}[name](page)
            draw(name, page)


if __name__ == "__main__":
    main(sys.argv[1:])
