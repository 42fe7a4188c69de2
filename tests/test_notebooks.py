"""The notebooks run from beginning to end, show what they announce, and lie in git without output."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

import storyscope

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def test_there_is_a_notebook():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_output_is_stripped(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs(path, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        kinds = [o.output_type for o in cell.outputs]
        pictures = ["image/png" in o.get("data", {}) for o in cell.outputs]
        assert "error" not in kinds
        if "draw_" in cell.source.replace("import", "") or "plt.show()" in cell.source:
            assert any(pictures) or "import" in cell.source, cell.source
        if re.search(r"\bprint\(", cell.source):
            said = [
                o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout"
            ]
            assert all(line.strip(" -.:") for line in "".join(said).splitlines() if line), (
                cell.source
            )
            assert "".join(said).strip(), cell.source
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert any("image/png" in o.get("data", {}) for o in outputs)


def test_the_first_notebook_shows_a_dream_and_says_which_it_misses():
    """Of the lines of the notebook that tell of a dream in words, those of the dream are likeliest."""
    cells = nbformat.read(NOTEBOOKS[0], as_version=4).cells
    text = next(c.source for c in cells if "ss.annotate(" in c.source)
    shown: dict = {}
    exec(text[text.index("told =") : text.index("for (start, end)")], {"ss": storyscope}, shown)
    told = shown["told"]
    assert told.passages("dream")
    start, end = told.sentences[int(np.argmax(told.chance["dream"]))]
    assert "dream" in told.text[start:end]
