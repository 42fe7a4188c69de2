"""What ships: the wheel holds code and data, imports are light, the shipped files are sound."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built here without isolation so that nothing is fetched."""
    folder = tmp_path_factory.mktemp("dist")
    code = (
        "import os, sys; from hatchling.build import build_wheel; "
        f"os.chdir({str(ROOT)!r}); print(build_wheel({str(folder)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return folder / done.stdout.strip().splitlines()[-1]


def test_the_wheel_holds_code_codebook_and_corpora(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "storyscope/cli/__init__.py",
        "storyscope/report/templates/page.html",
        "storyscope/report/templates/ground.css",
        "storyscope/report/templates/story.css",
        "storyscope/report/templates/story.html",
        "storyscope/report/templates/story.js",
        "storyscope/extract/lexicon/verbs.yaml",
        "storyscope/extract/layers/events.json",
        "storyscope/data/features/events.yaml",
        "storyscope/data/features/validity.json",
        "storyscope/data/corpora/sampler/stories.jsonl",
        "storyscope/data/corpora/model/answer.json",
        "storyscope/data/corpora/model/people/model.json",
        "storyscope/data/corpora/tagger/encoder.onnx",
        "storyscope/data/corpora/tagger/reader.onnx",
        "storyscope/data/corpora/tagger/story.npz",
        "storyscope/data/corpora/tagger/tagger.json",
        "storyscope/data/corpora/tagger/tokenizer.json",
        "storyscope/data/corpora/meaning/upper.onnx",
        "storyscope/data/corpora/meaning/meaning.json",
        "storyscope/data/corpora/cards/storyscope.yaml",
    ):
        assert name in names
    assert not [n for n in names if n.startswith("tests/")]
    weights = sum(
        i.compress_size for i in zipfile.ZipFile(wheel).infolist() if i.filename.endswith(".onnx")
    )
    assert weights < 29_000_000
    assert wheel.stat().st_size - weights < 15_000_000


def test_the_demo_runs_from_an_installed_wheel(wheel, tmp_path):
    """Installed beside the dependencies of this environment, run from an empty folder and home."""
    site, work, home = tmp_path / "site", tmp_path / "work", tmp_path / "home"
    for folder in (site, work, home):
        folder.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        f"import sys; sys.path[:] = [{str(site)!r}] + [p for p in sys.path if p not in ('', {str(ROOT)!r})]; "
        "import storyscope; assert storyscope.__file__.startswith(sys.path[0]), storyscope.__file__; "
        "sys.argv = ['storyscope', 'demo']; from storyscope.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-s", "-c", code],
        cwd=work,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "STORYSCOPE_CACHE": "off"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    page = work / "storyscope-report.html"
    assert str(page) in done.stdout
    html = page.read_text(encoding="utf-8")
    assert "<svg" in html
    assert 'src="http' not in html
    assert 'href="http' not in html


@pytest.mark.parametrize(
    "code",
    [
        "import storyscope",
        "import sys; sys.argv = ['storyscope', '--help']; from storyscope.cli import main; main()",
    ],
    ids=["import", "help"],
)
def test_heavy_libraries_are_imported_where_they_are_used(code):
    probe = (
        "import sys, atexit; heavy = {'spacy', 'pandas', 'sklearn', 'xgboost', 'matplotlib', "
        "'anthropic', 'pyarrow', 'scipy'}; "
        "atexit.register(lambda: print('HEAVY', sorted(heavy & set(sys.modules))));" + code
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False
    )
    assert "HEAVY []" in done.stdout, done.stdout[-300:] + done.stderr[-2000:]


def test_no_pickles_and_no_machine_paths():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not listed:
        pytest.skip("needs a git checkout")
    assert not [n for n in listed if n.endswith((".pkl", ".pickle", ".joblib"))]
