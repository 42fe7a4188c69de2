"""Where shipped data lie, in a checkout or an installed wheel, and how files are written whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["data_dir", "private_folder", "written_whole"]

_PACKAGE = Path(__file__).resolve().parent


def data_dir(name: str) -> Path:
    """Folder of shipped data, `name` being "features" or "corpora".

    A wheel carries both folders inside the package; a checkout has them at its top level.

    >>> sorted(p.name for p in data_dir("features").glob("e*.yaml"))
    ['events.yaml']
    """
    for folder in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"The folder {name!r} that belongs to storyscope is missing beside {_PACKAGE}; "
        "reinstall the package."
    )


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A hidden file beside `path` to write to; it takes the place of `path` once all is written.

    Whatever goes wrong, `path` stays as it was and the hidden file disappears. A killed process
    leaves it, under a name that begins with a dot and `path`'s name.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with written_whole(Path(folder) / "note.txt") as partial:
    ...         _ = partial.write_text("done")
    ...     [p.name for p in Path(folder).iterdir()]
    ['note.txt']
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # Made as any file is, so that the umask decides who may read it.
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield partial
        if path.exists():
            partial.chmod(path.stat().st_mode & 0o777)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner may look into; one that is there stays as it is.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home:
    ...     private_folder(Path(home) / "kept")
    ...     (Path(home) / "kept").is_dir()
    True
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
