"""Parses kept on disk: the same again, safely."""

import os
import time

import pytest

from storyscope.extract.cache import ParseCache, default_folder
from storyscope.extract.pipeline import Pipeline, load_pipeline
from storyscope.extract.reading import Reading

TEXT = "He ran to the gate.\n\nShe waited in Lisbon with Noor."


@pytest.fixture
def cache(tmp_path):
    return ParseCache(tmp_path / "parses", "p 1")


def test_a_parse_comes_back_as_it_was(cache):
    pipeline = load_pipeline()
    doc = next(pipeline.parse([TEXT]))
    assert cache.get(TEXT, pipeline.nlp.vocab) is None
    cache.put(TEXT, doc)
    one, two = Reading(doc), Reading(cache.get(TEXT, pipeline.nlp.vocab))
    for name in ("lower", "lemma", "tag", "dep", "pos", "entity", "head", "sentences"):
        assert getattr(one, name) == getattr(two, name), name
    assert two.doc.text == TEXT


def test_the_key_is_text_and_pipeline(tmp_path):
    one, two = ParseCache(tmp_path, "p 1"), ParseCache(tmp_path, "p 2")
    assert one.path(TEXT) != two.path(TEXT)
    assert one.path(TEXT) != one.path(TEXT + " ")


def test_a_damaged_file_is_parsed_anew(cache):
    pipeline = load_pipeline()
    cache.put(TEXT, next(pipeline.parse([TEXT])))
    cache.path(TEXT).write_bytes(b"half")
    assert cache.get(TEXT, pipeline.nlp.vocab) is None
    assert not cache.path(TEXT).exists()


def test_the_folder_stays_within_its_limit(cache):
    pipeline = load_pipeline()
    texts = [f"He ran to gate {k}." for k in range(6)]
    for k, text in enumerate(texts):
        cache.put(text, next(pipeline.parse([text])))
        os.utime(cache.path(text), (time.time() + k, time.time() + k))
    size = cache.path(texts[0]).stat().st_size
    cache.limit = int(size * 3.5)
    cache.trim()
    assert [cache.path(t).exists() for t in texts] == [False] * 3 + [True] * 3


def test_scoring_parses_once(monkeypatch, tmp_path):
    from storyscope.corpus import Corpus, Story
    from storyscope.extract import score

    monkeypatch.setenv("STORYSCOPE_CACHE", str(tmp_path / "c"))
    parsed, real = [], Pipeline._parse
    monkeypatch.setattr(
        Pipeline, "_parse", lambda self, text: parsed.append(text) or real(self, text)
    )
    corpus = Corpus.from_stories([Story("a", "He ran home. " * 30, "m", "p")])
    first = score(corpus, only=["EVT_DEN_01"])
    second = score(corpus, only=["EVT_DEN_01"])
    assert len(parsed) == 1
    assert first.equals(second)


def test_the_cache_can_be_turned_off(monkeypatch):
    monkeypatch.setenv("STORYSCOPE_CACHE", "off")
    assert default_folder() is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = ParseCache(blocked, "p 1")
    pipeline = load_pipeline()
    cache.put(TEXT, next(pipeline.parse([TEXT])))
    assert cache.get(TEXT, pipeline.nlp.vocab) is None
