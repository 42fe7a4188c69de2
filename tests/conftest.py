"""What tests hold in their hands."""

from __future__ import annotations

import json
import os
import socket
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
_HOMES = count()


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Nothing but loopback can be reached from a test."""
    real = socket.socket.connect

    def connect(self, address):
        host = address[0] if isinstance(address, tuple) else ""
        if host not in ("127.0.0.1", "::1", "localhost", ""):
            raise RuntimeError(f"A test tried to reach {host}.")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path_factory):
    """No test touches the user's own folders."""
    folder = tmp_path_factory.getbasetemp() / f"home-{next(_HOMES)}"  # mktemp counts all there are
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    return folder


@pytest.fixture(scope="session")
def shared():
    """Real corpora beside the checkout, where there are any."""
    if not (SHARED / "corpora").is_dir():
        pytest.skip("needs the corpora beside the checkout (../shared/corpora)")
    return SHARED


@pytest.fixture(scope="session")
def sampler():
    """The shipped sampler, row by row."""
    lines = (ROOT / "corpora/sampler/stories.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def tale():
    """A story of a few hundred words with a bit of everything."""
    return (
        "Noor Haddad woke before dawn. The kitchen smelled of rain. Her brother Tariq stood by the "
        "window, a tall man in a grey coat, and he did not turn.\n\n"
        '"You came back," she said.\n\n"I came for the ring," he said. His jaw tightened.\n\n'
        "Ten years earlier he had sold the boat. He had counted the notes twice. He had laughed at "
        "her, and she had thrown a cup at him, and it had struck the wall. Now the wall was "
        "white again.\n\n"
        "She felt a sudden shame. She wondered whether he knew. He seized the drawer and pulled it "
        "out, and the knives fell, and she ran to the door.\n\n"
        '"Stop!" he shouted. She opened the door and fled down the street. Two hours later it was '
        "raining hard, and she was afraid no longer. She understood that homes are only borrowed."
    ) * 2


def _make_table(sources=("human", "m1", "m2"), prompts=20, samples=1, shift=1.0, seed=0):
    """A small feature table whose sources differ by `shift` standard deviations."""
    from storyscope.codebook import default_codebook

    rng = np.random.default_rng(seed)
    book = default_codebook()
    ids = [f.id for f in book if f.kind in ("number", "share") and f.range is not None][:24]
    style = [i for i in book.ids("style") if book[i].kind in ("number", "share")][:6]
    rows = []
    for p in range(prompts):
        base = rng.normal(size=len(ids) + len(style))
        for s, source in enumerate(sources):
            for k in range(samples):
                tilt = np.zeros(len(base))
                tilt[s :: len(sources)] = shift
                z = base * 0.4 + tilt + rng.normal(size=len(base)) * 0.6
                row = {"story_id": f"{p}-{source}-{k}", "source": source, "prompt_id": f"p{p:03d}",
                       "words": int(rng.integers(400, 1600))}  # fmt: skip
                for feature_id, value in zip([*ids, *style], z, strict=True):
                    low, high = book[feature_id].range
                    row[feature_id] = low + (high - low) / (1 + np.exp(-value))
                row["TMP_DRM_01"] = "yes" if rng.random() < 0.1 + 0.2 * s else "no"
                row["TMP_TNS_01"] = rng.choice(["past", "present", "mixed"])
                rows.append(row)
    return pd.DataFrame(rows)


@pytest.fixture
def make_table():
    """Makes small feature tables whose sources differ by so many standard deviations."""
    return _make_table


@pytest.fixture
def table():
    """Sixty stories, three sources, twenty shared prompts."""
    return _make_table()


@pytest.fixture(scope="session")
def big_table():
    """Four hundred stories, four sources, a hundred shared prompts."""
    return _make_table(("human", "m1", "m2", "m3"), prompts=100, seed=3)


def run_cli(*arguments, stdin=None):
    """The command line in this process: exit status, standard output, standard error."""
    import contextlib
    import io
    import sys

    from storyscope.cli import main

    out, err = io.StringIO(), io.StringIO()
    before = sys.argv, sys.stdin
    sys.argv = ["storyscope", *map(str, arguments)]
    if stdin is not None:
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
                status = 0
            except SystemExit as stop:
                status = stop.code or 0
    finally:
        sys.argv, sys.stdin = before
    return status, out.getvalue(), err.getvalue()


@pytest.fixture
def cli():
    """Run a command: `status, out, err = cli("features", "--json")`."""
    os.environ["COLUMNS"] = "160"
    return run_cli
