"""Who may read what is written."""

import os
import stat

import pytest

from storyscope.extract.cache import ParseCache
from storyscope.extract.pipeline import load_pipeline
from storyscope.paths import written_whole
from storyscope.providers.money import Usage
from storyscope.providers.store import Answers

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of files")


@pytest.fixture(params=[0o022, 0o077, 0o027])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_outputs_keep_to_the_umask(umask, tmp_path):
    path = tmp_path / "table.csv"
    with written_whole(path) as partial:
        partial.write_text("a")
        assert mode(partial) == 0o666 & ~umask
    assert mode(path) == 0o666 & ~umask


def test_a_private_output_stays_private_when_it_is_replaced(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a")
    path.chmod(0o600)
    with written_whole(path) as partial:
        partial.write_text("b")
    assert (path.read_text(), mode(path)) == ("b", 0o600)


def test_parses_are_for_their_owner_only(umask, tmp_path):
    pipeline = load_pipeline()
    cache = ParseCache(tmp_path / "new" / "parses", pipeline.label)
    cache.put("He ran.", next(pipeline.parse(["He ran."])))
    assert cache.get("He ran.", pipeline.nlp.vocab) is not None
    kept = cache.path("He ran.")
    assert [mode(p) for p in (kept, kept.parent, cache.folder)] == [0o600, 0o700, 0o700]


def test_answers_are_for_their_owner_only(umask, tmp_path):
    answers = Answers(tmp_path / "new" / "answers.sqlite")
    answers.keep("k", "k", "{}", {}, "m", Usage())
    files = sorted((tmp_path / "new").iterdir())
    assert len(files) == 3  # SQLite's own two beside it
    assert {mode(p) for p in files} == {0o600}
    assert mode(tmp_path / "new") == 0o700
    answers.close()
