"""Write what the commands of docs/tutorial.md print into it: `python docs/make_tutorial.py`.

Each block between `<!-- output N: storyscope ... -->` and `<!-- /output -->` gets the first N lines
of that command, run in a folder of its own beside the shipped corpora.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tutorial.md"
PIECE = 3
"""Which piece of the sampler, counted from 0, `story.txt` is."""
BLOCK = re.compile(r"(<!-- output (\d+): storyscope (.+?) -->\n).*?(<!-- /output -->)", re.DOTALL)


def main() -> None:
    """Run every command of the page, in order."""
    from storyscope.corpus import read_corpus

    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "corpora").symlink_to(ROOT / "corpora")
        story = list(read_corpus(ROOT / "corpora/sampler/stories.jsonl"))[PIECE]
        (here / "story.txt").write_text(story.text, encoding="utf-8")

        def filled(found: re.Match[str]) -> str:
            lines = printed(shlex.split(found[3]), here)[: int(found[2])]
            return f"{found[1]}\n```text\n" + "\n".join(lines) + f"\n```\n\n{found[4]}"

        PAGE.write_text(BLOCK.sub(filled, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def printed(arguments: list[str], folder: Path) -> list[str]:
    """Lines of a command that are not blank."""
    run = subprocess.run(
        [sys.executable, "-c", "from storyscope.cli import main; main()", *arguments],
        cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, "COLUMNS": "130", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return [line.rstrip() for line in run.stdout.splitlines() if line.strip()]


if __name__ == "__main__":
    main()
