"""Where the codebook and the shipped corpora lie: in a checkout, or inside an installed wheel."""

from pathlib import Path

__all__ = ["data_dir"]

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
