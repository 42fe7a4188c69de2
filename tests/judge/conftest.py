"""A server on loopback, a small codebook with every kind of question, and stories to ask about."""

from __future__ import annotations

import pytest
from servers import messages as server

from storyscope.codebook import load_codebook
from storyscope.corpus import Corpus, Story
from storyscope.judge.work import Judging

KEY = "test-key-that-must-never-be-seen"
MODEL = "claude-sonnet-5-5"

PLOT = """
dimension: plot
features:
  - {id: PLT_TST_01, name: Ending, question: How does it end?, kind: categorical,
     values: {well: gains outweigh losses, badly: losses outweigh gains, open: it does not tell},
     evidence: The last scene., answered_by: judge, source: this test}
  - {id: PLT_TST_02, name: Stakes, question: How much is at stake?, kind: ordinal,
     values: {little: comfort, much: a livelihood, all: a life}, evidence: What is feared.,
     answered_by: judge, source: this test}
  - {id: PLT_TST_03, name: Lines, question: How many lines of action are there?, kind: scale,
     range: [1, 5], evidence: Goals pursued in turn., answered_by: judge,
     condition: somebody pursues something, source: this test}
"""
TIME = """
dimension: temporal structure
features:
  - {id: TMP_DRM_01, name: Dream, question: Is a dream told?, kind: binary,
     values: {'yes': one is told, 'no': none is}, evidence: What is dreamt., answered_by: both,
     source: this test}
  - {id: TMP_TST_02, name: Past, question: What share is set in an earlier time?, kind: share,
     evidence: Scenes of the past., answered_by: judge, source: this test}
"""
SETTING = """
dimension: setting
features:
  - {id: SET_TST_01, name: Places, question: Which places are shown?, kind: multi,
     values: {indoors: within walls, outdoors: under the sky, neither: no place},
     evidence: Where people stand., answered_by: judge, source: this test}
"""

SENTENCES = (
    "Ada Brook carried the lamp to the cellar and set it on the lowest step.",
    "Nobody had been down there since the flood, and the walls were still green.",
    '"Is it you?" somebody asked, and she let the lamp fall.',
    "In the dark she counted to twenty, as her father had taught her.",
    "When the light came back the door was open, and the key was gone.",
    "She walked up to the orchard, where the pickers were already at work.",
)


def tell(number, sentences=180):
    """A story of about 13 words a sentence, like no other."""
    lines = [SENTENCES[(i * (number + 1)) % len(SENTENCES)] for i in range(sentences)]
    return f"It was the year of the {number} herons.\n\n" + " ".join(lines)


@pytest.fixture
def book(tmp_path):
    folder = tmp_path / "book"
    folder.mkdir()
    for name, text in (("plot", PLOT), ("temporal_structure", TIME), ("setting", SETTING)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_codebook(folder)


@pytest.fixture
def corpus():
    return Corpus.from_stories(
        [Story(f"s{i}", tell(i), "human" if i % 2 else "m", f"p{i}") for i in range(3)]
    )


@pytest.fixture
def api(monkeypatch):
    """The server; the SDK is pointed at it and does not wait long between tries."""
    with server.serving() as state:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", state.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setattr("anthropic._base_client.INITIAL_RETRY_DELAY", 0.01)
        monkeypatch.setattr("anthropic._base_client.MAX_RETRY_DELAY", 0.02)
        yield state


@pytest.fixture
def judging(corpus, book, tmp_path):
    """Questions about three stories, one request a dimension; nothing is sent by this."""
    made = []

    def make(corpus=corpus, **options):
        options = {"answers": tmp_path / "answers.sqlite", "codebook": book, **options}
        made.append(Judging.of(corpus, MODEL, **options))
        return made[-1]

    yield make
    for each in made:
        each.answers.close()


@pytest.fixture
def statuses():
    """Status, or reason, of every answer by story and question."""
    from storyscope.judge.plan import read_answers

    def read(judging):
        return {
            (story.id, a.feature_id): a.reason or a.status
            for story in judging.corpus
            for a in read_answers(judging.answers, judging.plan, story)
        }

    return read
