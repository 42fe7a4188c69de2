"""No value of the sampler changes unseen: every feature of every piece is as it was written down.

After a change that is meant: ``python tests/test_frozen_values.py`` writes the values down again;
look at the difference before you commit it, and say in the CHANGELOG what moved.
"""

import json
from pathlib import Path

import pytest

from storyscope.extract.story import measure_text
from storyscope.paths import data_dir

FROZEN = Path(__file__).with_name("frozen_values.json")
STORIES = {
    row["id"]: row["text"]
    for row in map(
        json.loads,
        (data_dir("corpora") / "sampler/stories.jsonl").read_text(encoding="utf-8").splitlines(),
    )
}


def values(text):
    """Values of a text as JSON keeps them: numbers to six digits."""
    return {
        name: float(f"{value:.6g}") if isinstance(value, int | float) else value
        for name, value in measure_text(text).values.items()
    }


@pytest.mark.parametrize("story", STORIES)
def test_values_are_as_they_were(story):
    before, now = json.loads(FROZEN.read_text(encoding="utf-8"))[story], values(STORIES[story])
    assert before.keys() == now.keys()
    moved = {
        name: (before[name], now[name])
        for name in now
        if now[name]
        != (
            pytest.approx(before[name], rel=1e-4, abs=1e-6)
            if isinstance(now[name], float) and before[name] is not None
            else before[name]
        )
    }
    assert not moved


if __name__ == "__main__":
    FROZEN.write_text(
        json.dumps({k: values(t) for k, t in STORIES.items()}, indent=0, sort_keys=True) + "\n",
        encoding="utf-8",
    )
