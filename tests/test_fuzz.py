"""What reads what others wrote does its work or refuses in a sentence; never anything else."""

import importlib.util
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[1]


def load():
    spec = importlib.util.spec_from_file_location("fuzz", ROOT / "benchmarks/fuzz.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fuzz = load()


@pytest.mark.parametrize("name", fuzz.TARGETS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1_000_000))
def test_a_damaged_input_is_read_or_refused(name, seed):
    began = time.process_time()
    fuzz.attempt(name, seed)
    assert time.process_time() - began < fuzz.SLOW


@pytest.mark.parametrize(
    ("name", "files"), [("readers", fuzz.corpora()), ("documents", fuzz.manuscripts())]
)
def test_the_inputs_that_are_damaged_are_sound(tmp_path, name, files):
    from storyscope.corpus import read_corpus, read_manuscript

    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
        if name == "readers":
            assert len(list(read_corpus(tmp_path / file))) == 2
        elif file.endswith((".txt", ".md", ".html", ".rtf")):
            assert read_manuscript(tmp_path / file).text
