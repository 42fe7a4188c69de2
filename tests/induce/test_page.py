"""The part of docs/induce.md that a script writes."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from storyscope.corpus import Story
from storyscope.induce import induce

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def maker():
    spec = spec_from_file_location("make_induce", ROOT / "docs/make_induce.py")
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def found():
    """One of two sources ends each story with speech."""
    ends = {"m-alder": "“Come in,” said Ivo.", "m-birch": "The door stood open."}
    stories = [
        Story(f"{source}{n}", f"Ivo lifted the lamp. He went down to the river. {end}", source, f"p{n}")
        for n in range(24)
        for source, end in ends.items()
    ]  # fmt: skip
    return induce(stories)


def test_the_page_gets_every_mark_with_its_figures(maker, found):
    assert found.kept
    told = maker.section(found, found)
    rows = [line for line in told.splitlines() if line.startswith("| m-")]
    assert len(rows) == len(found.kept)
    assert all(row.endswith("| yes |") for row in rows)
    assert (
        f"Two models on the same 24 prompts, 48 stories, {len(found.table.patterns)} patterns"
        in told
    )
    page = maker.PAGE.read_text(encoding="utf-8")
    made = maker.written(page, told, maker.lengths(found))
    assert told in made
    assert "(m-alder 14, m-birch 14 words on average)" in made
    assert "claude-sonnet-4-5 | more" not in made
    for text in ("### Whether it finds what is there", "## With a model", "Sources are contrasted"):
        assert text in made


def test_what_is_written_twice_is_the_same(maker, found):
    page = maker.PAGE.read_text(encoding="utf-8")
    told, words = maker.section(found, found), maker.lengths(found)
    once = maker.written(page, told, words)
    assert maker.written(once, told, words) == once


def test_the_committed_page_has_the_form_that_the_script_writes(maker):
    page = maker.PAGE.read_text(encoding="utf-8")
    assert "| " + " | ".join(maker.COLUMNS) + " |" in page
