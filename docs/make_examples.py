"""Write docs/examples.json: each measured feature in the pieces of the sampler.

    python docs/make_examples.py
    python docs/make_features.py

For a feature it holds the piece with the highest value and, where the measure names passages, a
sentence of that piece with the passage between asterisks.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from storyscope.codebook import default_codebook
from storyscope.corpus import read_corpus
from storyscope.extract.story import StoryMeasures, measure_text
from storyscope.paths import data_dir

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE / "examples.json"
WIDEST = 180
"""Characters of a quotation, about."""


def main() -> None:
    """Measure the sampler and keep an example of each feature."""
    stories = list(read_corpus(data_dir("corpora") / "sampler" / "stories.jsonl"))
    read = [(story, measure_text(story.text)) for story in stories]
    found: dict[str, dict[str, Any]] = {}
    for feature in default_codebook().ids(answered_by="measure"):
        defined = [(s, m) for s, m in read if m.values[feature] is not None]
        shown = [(s, m) for s, m in defined if m.evidence(feature, limit=1)] or defined
        if not shown:
            continue
        story, measured = max(shown, key=lambda pair: _size(pair[1].values[feature]))
        value = measured.values[feature]
        found[feature] = {
            "piece": story.title,
            "value": round(value, 4) if isinstance(value, float) else value,
            "passage": _passage(measured, feature),
        }
    text = json.dumps(found, indent=0, ensure_ascii=False, sort_keys=True)
    EXAMPLES.write_text(text + "\n", encoding="utf-8")


def _size(value: float | str | None) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _passage(measured: StoryMeasures, feature: str) -> str | None:
    """The first passage in its sentence, or as much of the two as there is room for."""
    spans = sorted((int(a), int(b)) for a, b in measured.measured[feature].spans if b > a)
    if not spans:
        return None
    doc = measured.reading.doc
    first, last = min(spans, key=lambda span: (len(doc[span[0] : span[1]].text) > WIDEST, span))
    passage = doc[first:last].text
    if len(passage) > WIDEST:
        return f"*{_line(passage[:WIDEST].rsplit(' ', 1)[0])}* …"
    before = doc[doc[first].sent.start : first].text_with_ws
    after = doc[last - 1].whitespace_ + doc[last : doc[last - 1].sent.end].text
    spare = (WIDEST - len(passage)) // 2
    if len(before) > spare:
        before = "… " + before[-spare:].split(" ", 1)[-1]
    if len(after) > spare:
        after = after[:spare].rsplit(" ", 1)[0] + " …"
    return f"{_line(before)}*{_line(passage)}*{_line(after)}".strip()


def _line(text: str) -> str:
    """The text in one line, without what Markdown takes for marks."""
    return re.sub(r"\s+", " ", text.replace("*", ""))


if __name__ == "__main__":
    main()
