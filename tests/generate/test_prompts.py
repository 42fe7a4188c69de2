"""The shipped prompts are balanced, unlike one another, and give nothing away."""

import json
import re
from collections import Counter
from itertools import product

import pytest

from storyscope.generate.prompts import read_prompts
from storyscope.paths import data_dir

FILE = data_dir("corpora") / "prompts" / "prompts.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
SAME = re.compile(r"Tell it (?:in the second person|as 'we', in the voice of the)")
"""What a constraint says; it is worded alike on purpose."""
WORDS = [re.findall(r"[a-z']+", SAME.sub("", row["prompt"]).lower()) for row in ROWS]


def test_there_are_enough_and_they_can_be_read():
    assert len(read_prompts(FILE)) == len(ROWS) >= 150


@pytest.mark.parametrize(
    "pair", [("genre", "constraint"), ("genre", "words"), ("constraint", "words")]
)
def test_no_two_columns_go_together(pair):
    one, two = pair
    counts = Counter((row[one], row[two]) for row in ROWS)
    cells = list(product({row[one] for row in ROWS}, {row[two] for row in ROWS}))
    assert len({counts[cell] for cell in cells}) == 1
    assert len(cells) >= 25


def test_no_two_prompts_are_alike():
    runs = Counter()
    for words in WORDS:
        runs.update({tuple(words[i : i + 6]) for i in range(len(words) - 5)})
    assert [" ".join(run) for run, n in runs.items() if n > 1] == []
    for i, words in enumerate(WORDS):
        for other in WORDS[:i]:
            both = len(set(words) & set(other)) / len(set(words) | set(other))
            assert both < 0.5, (words, other)


def test_no_prompt_names_anybody():
    """A capital stands at the beginning of a sentence only; two tales personify, and say so."""
    for row in ROWS:
        inside = re.findall(r"(?<![.:?!] )(?<!^)\b[A-Z]\w+", row["prompt"])
        assert set(inside) <= {"Sunday", "Death", "Frost"}, row["id"]


def test_prompts_are_short_enough_to_leave_the_writer_room():
    lengths = [len(row["prompt"].split()) for row in ROWS]
    assert max(lengths) <= 45
    assert min(lengths) >= 8
