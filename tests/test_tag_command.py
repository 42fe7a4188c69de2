"""`storyscope tag` on a small corpus."""

import json

import pytest
from typer.testing import CliRunner

from storyscope.cli import app, commands  # noqa: F401  (registers the commands)

STORY = "She slept. In the dream the stairs were wet and the goat asked for her ticket. She woke."
FRENCH = (
    "Il était une fois une vieille femme qui vivait au bord de la mer et ne parlait à personne. "
)


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "s.jsonl"
    rows = [{"id": "a", "text": STORY}, {"id": "b", "text": "“Go,” he said."}]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def run(*words):
    return CliRunner().invoke(app, ["tag", *map(str, words)])


def test_a_line_a_story_with_places_in_the_text_as_given(corpus, tmp_path):
    result = run(corpus, "-o", tmp_path / "tags.jsonl")
    assert result.exit_code == 0, result.output
    first, second = map(json.loads, (tmp_path / "tags.jsonl").read_text().splitlines())
    keys = ["id", "sentences", "told", "chance", "tension", "scales", "choices"]
    assert list(first) == list(second) == keys
    assert next(STORY[a:b] for a, b in first["sentences"]) == "She slept."
    assert len(first["tension"]) == len(first["chance"]["dream"]) == len(first["sentences"])


def test_another_run_replaces_its_own_output_and_no_file_of_others(corpus, tmp_path):
    target = tmp_path / "tags.jsonl"
    assert run(corpus, "-o", target).exit_code == 0
    first = target.read_bytes()
    assert run(corpus, "-o", target).exit_code == 0
    assert target.read_bytes() == first
    target.write_text("my own notes\n")
    assert run(corpus, "-o", target).exit_code != 0
    assert target.read_text() == "my own notes\n"


def test_the_corpus_is_never_replaced(corpus):
    before = corpus.read_bytes()
    assert run(corpus, "-o", corpus).exit_code != 0
    assert corpus.read_bytes() == before


def test_another_language_is_said(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_text(json.dumps({"id": "fr", "text": FRENCH * 10}) + "\n", encoding="utf-8")
    result = run(path, "-o", tmp_path / "tags.jsonl")
    assert "not English" in result.output
