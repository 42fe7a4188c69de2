"""A parse made by a second process is the parse that would have been made here."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from storyscope.attribute import ahead
from storyscope.attribute.ahead import parsed_ahead
from storyscope.attribute.segments import stretches
from storyscope.corpus import normalise
from storyscope.extract.pipeline import Pipeline, load_pipeline

SENTENCE = "The ferryman counted his coins — twice — and said nothing to the girl who waited.\n"


@pytest.fixture
def two_processors(monkeypatch):
    monkeypatch.setattr(ahead, "_processors", lambda: 2)


def bodies(text):
    story = normalise(text).text
    return [story[a:b] for a, b in stretches(story)[0]]


def told(doc):
    return [(t.text, t.lemma_, t.tag_, t.dep_, t.head.i, t.ent_type_) for t in doc]


@pytest.mark.parametrize("sentences", [120, 330])
def test_the_parse_is_the_same_and_was_made_elsewhere(two_processors, monkeypatch, sentences):
    text = SENTENCE * sentences
    here = [told(doc) for doc in load_pipeline().parse(bodies(text))]
    assert len(here) == (1 if sentences == 120 else 4)
    with parsed_ahead(text) as feeding:
        fed = feeding(load_pipeline())
        monkeypatch.setattr(Pipeline, "_parse", lambda *_: pytest.fail("parsed here"))
        assert [told(doc) for doc in fed.parse(bodies(text))] == here


def test_a_process_that_cannot_parse_leaves_it_to_this_one(two_processors):
    text = SENTENCE * 120
    with parsed_ahead(text, "no_such_pipeline") as feeding:
        docs = list(feeding(load_pipeline()).parse(bodies(text)))
    assert [d.text for d in docs] == bodies(text)


def test_nothing_is_left_behind(two_processors, monkeypatch, tmp_path):
    monkeypatch.setattr(ahead.tempfile, "tempdir", str(tmp_path))
    with parsed_ahead(SENTENCE * 120):
        assert os.listdir(tmp_path)
    assert not os.listdir(tmp_path)
    context = parsed_ahead(SENTENCE * 120)
    context.__enter__()
    assert os.listdir(tmp_path)
    assert not context.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert not os.listdir(tmp_path)


KILLED = """
import sys, time
from storyscope.attribute import ahead
ahead._processors = lambda: 2
with ahead.parsed_ahead(sys.stdin.read()):
    print("begun", flush=True)
    time.sleep(600)
"""


def test_a_killed_process_takes_the_second_with_it(tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with run.stdin as pipe:
        pipe.write((SENTENCE * 30_000).encode())
    assert run.stdout.readline() == b"begun\n"
    assert os.listdir(tmp_path)
    time.sleep(1.5)  # so that the second process is at its work
    run.kill()
    run.wait()
    run.stdout.close()
    until = time.monotonic() + 30
    while os.listdir(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    assert not os.listdir(tmp_path)


def test_short_texts_and_single_processors_start_no_process(monkeypatch):
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda *_, **__: pytest.fail("started"))
    pipeline = load_pipeline()
    monkeypatch.setattr(ahead, "_processors", lambda: 2)
    with parsed_ahead(SENTENCE) as feeding:
        assert feeding(pipeline) is pipeline
    monkeypatch.setattr(ahead, "_processors", lambda: 1)
    with parsed_ahead(SENTENCE * 120) as feeding:
        assert feeding(pipeline) is pipeline
