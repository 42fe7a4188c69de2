"""Which measures made a value: one short code for everything in this package that decides values.

Tables and models record it, and what was made with another code is not joined or compared: see
`storyscope.table.check_made_alike`. It is a digest of the code of normalisation, layers, lexicon,
measures and of how the tagger is asked; comments, docstrings and layout do not count. Weights of the
tagger, the spaCy pipeline and the codebook have codes of their own.

The code is written down here, so that nothing is read or parsed at run time, and a test computes
it and names the new one when values change.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

__all__ = ["MEASURES_VERSION", "bare", "computed"]

MEASURES_VERSION = "4b418d04ec24"

_ROOT = Path(__file__).resolve().parents[1]
_FOLDERS = ("extract/layers", "extract/measures", "extract/lexicon", "extract/tagger")
_FILES = (
    "extract/reading.py", "extract/pipeline.py", "extract/annotate.py", "extract/plain_names.py",
    "extract/series.py",
)  # fmt: skip
_READ = "corpus/normalise.py"
"""Where normalisation begins; what it imports counts with it."""


def computed() -> str:
    """The code of the files as they are now, 12 hexadecimal digits.

    >>> len(computed())
    12
    """
    digest = hashlib.sha256()
    for path in _files():
        digest.update(path.relative_to(_ROOT).as_posix().encode())
        digest.update(_bare(path).encode())
    return digest.hexdigest()[:12]


def _files() -> list[Path]:
    found = {_ROOT / name for name in _FILES}
    for folder in _FOLDERS:
        found.update(
            p for p in (_ROOT / folder).rglob("*") if p.suffix in (".py", ".yaml", ".json")
        )
    waiting = [_ROOT / _READ]
    while waiting:
        path = waiting.pop()
        found.add(path)
        waiting += [p for p in _imported(path) if p not in found]
    return sorted(found)


def _imported(path: Path) -> list[Path]:
    """Modules of `corpus` that a module imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("storyscope.corpus"):
            names += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    paths = (_ROOT.joinpath(*name.split(".")[1:]).with_suffix(".py") for name in names)
    return [p for p in paths if p.is_file()]


def _bare(path: Path) -> str:
    """A file without comments, docstrings and layout; of other files, the text."""
    text = path.read_text(encoding="utf-8")
    return bare(text) if path.suffix == ".py" else text


def bare(code: str) -> str:
    """Python code without comments, docstrings and layout.

    >>> bare("x = 1  # one") == bare("x=1")
    True
    """
    tree = ast.parse(code)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [n for n in body if not _is_text(n)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
